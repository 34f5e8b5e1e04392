"""Coastal radar: tracked targets as `$--TTM` and `$--TLL`."""

from ingest.radar.decoder import RadarDecoder

__all__ = ["RadarDecoder"]
