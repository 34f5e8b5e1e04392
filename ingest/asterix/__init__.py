"""Radar and system tracks as EUROCONTROL ASTERIX: categories 010, 048 and 062."""

from ingest.asterix.decoder import AsterixDecoder

__all__ = ["AsterixDecoder"]
