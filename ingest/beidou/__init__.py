"""BeiDou vessel terminals: NMEA positions, reports on subordinate terminals, short messages."""

from ingest.beidou.decoder import BeiDouDecoder

__all__ = ["BeiDouDecoder"]
