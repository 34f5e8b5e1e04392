"""AIS: six-bit payloads become observations and identity claims."""

from ingest.ais.decoder import AisDecoder

__all__ = ["AisDecoder"]
