"""How every source does, as the engine sees it at its tick."""

from __future__ import annotations

from typing import Final

import polars as pl

from core.schema import BIAS, FEED_HEALTH, UTC_TIME
from engine.fold import EngineState
from models.feeds import census, datum
from models.feeds.skew import suspicion
from models.fusion import registration

_ONE: Final = {"ais": "station", "radar": "radar", "cameras": "camera"}


def health(state: EngineState) -> pl.DataFrame:
    """`core.schema.FEED_HEALTH` of a state: one row for each feed and source.

    A source is silent where it, or its feed, has been called so; in quarantine while rows of it
    wait for its clock to be judged. `suspects`: `clock_8h` and its like, `gcj02`, and
    `unregistered`: a radar of which it is not known by how much it measures wrong; of the others
    it is told.
    """
    fed = state.feeds
    known = census.count(fed.counts, fed.heard)
    known = known.with_columns(census.per_min(known, state.tick_s)).sort("feed", "sensor", "source")
    named = known.join(_clocks(state), on=["sensor", "source"], how="left", nulls_equal=True)
    folder = pl.col("sensor").replace_strict(census.FOLDER, return_dtype=pl.String)
    lags = fed.lags.with_columns(folder).unique(["sensor", "source"], keep="last")
    lags = lags.select("sensor", "source", "lag_s")
    shifted = datum.suspected(fed.evidence)
    driven = (pl.col("sensor") == "vehicles") & pl.col("source").is_in(shifted.implode())
    silent = fed.watch.judged.filter("silent")["name"].implode()
    one = pl.concat_str(
        pl.col("sensor").replace_strict(_ONE, default=None, return_dtype=pl.String),
        pl.lit(":"),
        "source",
    )
    configured = pl.col("feed").is_in(list(fed.watch.configured))
    feed = pl.when(configured).then("feed").otherwise("sensor")
    down = one.is_in(silent).fill_null(False) | pl.concat_str(pl.lit("feed:"), feed).is_in(silent)
    bias = registration.said(state.fast.vessels.registration)
    sure = pl.col("state") == registration.REGISTERED
    unsure = bias.filter(~sure)["radar_id"]
    astray = (pl.col("sensor") == "radar") & pl.col("source").is_in(unsure.implode())
    doubts = (
        pl.when(doubt).then(pl.lit(code))
        for doubt, code in ((driven, "gcj02"), (astray, "unregistered"))
    )
    suspects = pl.concat_str("suspect", *doubts, separator=",", ignore_nulls=True)
    by_radar = bias.filter(sure).select(
        *BIAS, pl.col("radar_id").alias("source"), pl.lit("radar").alias("sensor")
    )
    return (
        named.join(lags, on=["sensor", "source"], how="left", nulls_equal=True)
        .join(by_radar, on=["sensor", "source"], how="left")
        .with_columns(
            pl.when(down)
            .then(pl.lit("silent"))
            .when(pl.col("waiting") > 0)
            .then(pl.lit("quarantine"))
            .otherwise(pl.lit("heard"))
            .alias("state"),
            _time("first_s").alias("first_at"),
            _time("last_s").alias("last_at"),
            pl.col("waiting").fill_null(0),
            suspects.alias("suspects"),
        )
        .sort("feed", "sensor", "source")
        .select(FEED_HEALTH.names())
        .cast(FEED_HEALTH)
    )


def _clocks(state: EngineState) -> pl.DataFrame:
    """What is known of clocks by the contract's folder and the source."""
    schema = {
        "sensor": pl.String, "source": pl.String, "skew_s": pl.Float64, "skew_sigma_s": pl.Float64,
        "waiting": pl.Int64, "suspect": pl.String,
    }  # fmt: skip
    held = state.feeds.quarantine
    waiting = held.waiting.group_by("sensor", "source").len().rows()
    counts = {(sensor, source or ""): n for sensor, source, n in waiting}
    rows: dict[tuple[str, str], tuple[float | None, float | None, int, str | None]] = {}
    for sensor, source in sorted({*held.clocks, *counts}):
        clock = held.clocks.get((sensor, source))
        skew = clock.skew_s if clock else 0.0
        n = counts.get((sensor, source), 0)
        found = (skew or None, clock.sigma_s if clock else None, n, suspicion(skew))
        rows.setdefault((census.FOLDER.get(sensor, sensor), source), found)
    table = [(sensor, source or None, *found) for (sensor, source), found in rows.items()]
    return pl.DataFrame(table, schema=schema, orient="row")


def _time(name: str) -> pl.Expr:
    at = pl.from_epoch(pl.col(name), "s").dt.replace_time_zone("UTC")
    return at.cast(UTC_TIME)
