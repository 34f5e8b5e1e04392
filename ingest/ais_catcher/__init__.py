"""AIS-catcher's JSON: messages with the sentences they were read from, or with fields alone."""

from ingest.ais_catcher.decoder import AisCatcherDecoder

__all__ = ["AisCatcherDecoder"]
