"""How every source does, as the engine sees it at its tick."""

from __future__ import annotations

import polars as pl

from core.schema import FEED_HEALTH, empty
from engine.fold import EngineState


def health(state: EngineState) -> pl.DataFrame:
    """`FEED_HEALTH` of a state: one row a source."""
    return empty(FEED_HEALTH)
