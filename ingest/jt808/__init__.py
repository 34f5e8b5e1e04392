"""JT/T 808, the terminals of road vehicles: a codec, and a decoder that works on arrays."""

from ingest.jt808.decoder import Jt808Decoder

__all__ = ["Jt808Decoder"]
