"""Impossible motion: a target is heard where it cannot have come to.

The speed that two rows in a row of one target imply is above 45 kn (AIS, BeiDou) or 70 kn (radar);
steps under 2 s say nothing (methods 1.3: on real data they imply any speed). The cleaning of
tracks has given such rows an instance of their own, so only targets with several are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from core.schema import empty
from core.settings import EventSettings
from geo.plane import NAUTICAL_MILE_M, distance_m
from models.events import last_rows, stretches
from models.events.last_rows import LAST
from models.events.stretches import HIT, Described, Row, seen_by
from models.fusion.schema import FusionOutput
from models.tracks.cleaning import POSITION_SLACK_M
from models.tracks.fold import TrackOutput
from models.tracks.positions import SECOND_US, break_us, of_radar

MOST: Final = ("knots", "metres")
OPEN: Final = stretches.open_schema(MOST)
QUIET_S: Final = 1800  # jumps within half an hour of each other are one happening
KN_MS = NAUTICAL_MILE_M / 3600


@dataclass(frozen=True)
class ImpossibleState:
    """Where every target was, and the stretches of jumps that go on."""

    last: pl.DataFrame
    open: pl.DataFrame

    @staticmethod
    def initial() -> ImpossibleState:
        """Nothing seen yet."""
        return ImpossibleState(empty(LAST), empty(OPEN))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {"last": self.last.sort("target"), "open": self.open}

    @staticmethod
    def load(frames: dict[str, pl.DataFrame]) -> ImpossibleState:
        """As it was saved."""
        return ImpossibleState(frames["last"], frames["open"])


def advance(
    state: ImpossibleState,
    tracks: TrackOutput,
    _fused: FusionOutput,
    until_s: int,
    settings: EventSettings,
) -> tuple[ImpossibleState, pl.DataFrame]:
    """Take what the tracks did; say what could not be, as `HAPPENING`."""
    rows = tracks.linked.select(*LAST.names(), "sensor", "source", "jump")
    doubtful = pl.col("track") != pl.col("target")
    odd = pl.concat(
        [rows.filter(doubtful | pl.col("jump"))["target"], state.last.filter(doubtful)["target"]]
    ).unique()
    hits = empty(pl.Schema({**HIT, **dict.fromkeys(MOST, pl.Float64())}))
    if len(odd):
        hits = _hits(state.last, rows.filter(pl.col("target").is_in(odd.implode())), settings)
    open_, told = stretches.advance(
        state.open, hits, until_s, QUIET_S, pl.col("hits") > 0, most=MOST
    )
    last = last_rows.after(state.last, rows, until_s)
    said = stretches.happenings(told, "impossible_motion", _describe)
    return ImpossibleState(last, open_), said


def _hits(last: pl.DataFrame, rows: pl.DataFrame, settings: EventSettings) -> pl.DataFrame:
    """The steps that cannot be, at the row that they lead to."""
    kept = last.join(rows.select("target").unique(), on="target", how="semi")
    frame = pl.concat([kept.with_columns(pl.lit(True).alias("kept")), rows], how="diagonal")
    frame = frame.sort("target", "t_us")
    before = [pl.col(c).shift(1).over("target").alias(f"was_{c}") for c in ("t_us", "lon", "lat")]
    frame = frame.with_columns(before)
    metres = distance_m(*(frame[c].to_numpy() for c in ("was_lon", "was_lat", "lon", "lat")))
    dt_us = pl.col("t_us") - pl.col("was_t_us")
    dt_s = dt_us * (1 / SECOND_US)
    most_kn = of_radar(settings.impossible_radar_kn, settings.impossible_kn)
    frame = frame.with_columns(pl.Series("metres", np.round(metres, 1)).fill_nan(None))
    far = pl.col("metres") > dt_s * (most_kn * KN_MS) + POSITION_SLACK_M
    judged = (dt_s >= settings.impossible_min_s) & (dt_us <= break_us())
    return (
        frame.filter(pl.col("kept").is_null() & far & judged)
        .with_columns(
            (pl.col("metres") / dt_s * (1 / KN_MS)).round(1).alias("knots"),
            pl.col("target").alias("subject"),
            pl.concat_list("target").alias("targets"),
            seen_by(),
            pl.col("was_t_us").alias("from_us"),
        )
        .select(*HIT.names(), *MOST)
    )


def _describe(row: Row) -> Described:
    """An event only: wild positions are common, and two boats under a number have a kind."""
    detail = {"jumps": row["hits"], "knots": row["knots"], "metres": row["metres"]}
    return None, None, {**detail, "lasted_min": stretches.minutes(row)}
