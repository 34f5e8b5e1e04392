"""Rows that are hard to believe, each with one reason. They are kept: cleaning judges tracks.

Judged once a minute. Reasons, the first that holds: `too_old` (more than 36 h, which nothing
re-judges), `duplicate` (the target's newest row again under another key: two paths into the
house), `speed` (reported), `jump` (implied by the newest row before), and of the last row of each
target in a minute its place: `on_land` for what floats, `at_sea` for what drives.

Bounds: a vessel 60 kn (the fastest ferries do 50), a BeiDou terminal is a fisher's, 40 kn; a
radar's target 80 kn, since a speedboat does 70, with three sigmas of both places; a vehicle 110 kn
(200 km/h). Places err by 100 m or three sigmas, whichever is more.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from core.schema import DOUBT, empty
from core.times import SECOND_US
from geo.land import Land
from geo.piers import Piers
from geo.plane import NAUTICAL_MILE_M, distance_m

FASTEST_KN: Final = {"ais": 60.0, "beidou": 40.0, "radar": 80.0, "vehicle": 110.0}
TOO_OLD_S: Final = 36 * 3600
SLACK_M: Final = 100.0
SIGMAS: Final = 3.0
LEAST_STEP_S: Final = 2.0  # methods 1.3: shorter steps are not judged
MEMORY_S: Final = 6 * 3600  # after that a vessel may be anywhere
MOST_TARGETS: Final = 100_000
PIER_M: Final = 300.0  # quays that the land polygons leave out
KN_MS: Final = NAUTICAL_MILE_M / 3600

#: The newest row of each target.
NEWEST: Final = pl.Schema(
    {
        "target": pl.String(),
        "t_us": pl.Int64(),
        "tick_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "sigma_m": pl.Float64(),
        "key": pl.Binary(),
    }
)


def judge(
    newest: pl.DataFrame, rows: pl.DataFrame, land: Land | None, piers: Piers
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judge the rows of some whole minutes.

    Parameters
    ----------
    rows
        `models.feeds.quarantine.RELEASED` with `minute_s`, the tick that ends the row's minute.

    Returns
    -------
    `NEWEST` and `core.schema.DOUBT`, whose tick is that of the minute.
    """
    timed = rows.filter(pl.col("observed_at").is_not_null()).with_columns(
        pl.col("observed_at").dt.epoch("us").alias("t_us")
    )
    aged = pl.col("tick_s") * SECOND_US - pl.col("t_us") > TOO_OLD_S * SECOND_US
    old = timed.filter(aged)
    moving = timed.filter(
        ~aged, pl.col("sensor").is_in(list(FASTEST_KN)), pl.col("target").is_not_null(),
        pl.col("lon").is_not_null(), pl.col("lat").is_not_null(),
    )  # fmt: skip
    if moving.is_empty():
        return newest, _doubts(old, "too_old", pl.lit(""))
    steps = _steps(moving, newest)
    fresh = steps.filter("fresh")
    doubts = pl.concat([_doubts(old, "too_old", pl.lit("")), *_moved(fresh)])
    last = fresh.unique(["target", "minute_s"], keep="last", maintain_order=True)
    placed = _placed(last.join(doubts, on="key", how="anti"), land, piers)
    ends = steps.group_by("target").agg(pl.col("minute_s").max())
    newer = last.unique("target", keep="last").select(NEWEST.names())
    after = (
        pl.concat([newest, newer])
        .unique("target", keep="last", maintain_order=True)
        .join(ends, on="target", how="left", maintain_order="left")
        .with_columns(pl.coalesce("minute_s", "tick_s").alias("tick_s"))
    )
    told = pl.concat([doubts, placed]).sort("tick_s", "key", "reason", "source")
    return after.select(NEWEST.names()), told


def _steps(moving: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """The rows with the newest before them beside them; `fresh` are not older than that.

    A target that nothing was heard of for six hours begins anew: see `forget`.
    """
    hashed = moving.with_columns(pl.col("target").hash().alias("h"))
    ordered = hashed.sort("h", "minute_s", "t_us", "key").with_row_index("i")
    known = newest.select("target", pl.exclude("target").name.prefix("was_"))
    joined = ordered.join(known, on="target", how="left", maintain_order="left")
    first = pl.col("h").ne_missing(pl.col("h").shift(1))
    gap = pl.col("minute_s") - pl.when(first).then("was_tick_s").otherwise(
        pl.col("minute_s").shift(1)
    )
    anew = (gap >= MEMORY_S) | gap.is_null()
    top = pl.when(first & ~anew).then(pl.max_horizontal("t_us", "was_t_us")).otherwise("t_us")
    run = joined.with_columns(anew.alias("anew"), top.alias("top"))
    highest = pl.col("top").cum_max().over("h", pl.col("anew").cum_sum())
    run = run.with_columns((pl.col("t_us") >= highest).alias("fresh"))
    fresh = run.filter("fresh").with_columns(
        pl.when("anew")
        .then(None)
        .when(pl.col("h").ne_missing(pl.col("h").shift(1)))
        .then(f"was_{c}")
        .otherwise(pl.col(c).shift(1))
        .alias(f"was_{c}")
        for c in ("t_us", "lon", "lat", "sigma_m", "key")
    )
    away = distance_m(*(fresh[c].to_numpy() for c in ("was_lon", "was_lat", "lon", "lat")))
    fresh = fresh.with_columns(pl.Series("step_m", away).fill_nan(None))
    return pl.concat([fresh, run.filter(~pl.col("fresh"))], how="diagonal").sort("i")


def _moved(steps: pl.DataFrame) -> list[pl.DataFrame]:
    """Doubts of what a row says beside the row before."""
    fastest = pl.col("sensor").replace_strict(FASTEST_KN, return_dtype=pl.Float64)
    dt_s = (pl.col("t_us") - pl.col("was_t_us")) / SECOND_US
    same = (dt_s == 0) & (pl.col("step_m") == 0)
    twice = (same & (pl.col("key") != pl.col("was_key"))).fill_null(False)
    again = same.fill_null(False)
    fast = (pl.col("speed_kn") > fastest).fill_null(False) & ~again
    sigma = SIGMAS * (pl.col("sigma_m").fill_null(0.0) + pl.col("was_sigma_m").fill_null(0.0))
    slack = pl.max_horizontal(pl.lit(SLACK_M), sigma)
    reach = pl.max_horizontal(dt_s, pl.lit(LEAST_STEP_S)) * fastest * KN_MS + slack
    jump = (pl.col("step_m") > reach).fill_null(False) & ~again & ~fast
    implied = (pl.col("step_m") / pl.max_horizontal(dt_s, pl.lit(LEAST_STEP_S)) / KN_MS).round(1)
    return [
        _doubts(steps.filter(twice), "duplicate", pl.lit("")),
        _doubts(steps.filter(fast), "speed", pl.format("{} kn", "speed_kn")),
        _doubts(
            steps.filter(jump), "jump",
            pl.format("{} m, {} kn", pl.col("step_m").round(0).cast(pl.Int64), implied),
        ),
    ]  # fmt: skip


def _placed(last: pl.DataFrame, land: Land | None, piers: Piers) -> pl.DataFrame:
    """Doubts of where a row is."""
    if land is None or not len(land.polygons) or last.is_empty():
        return empty(DOUBT)
    lon, lat = last["lon"].to_numpy(), last["lat"].to_numpy()
    drives = (last["sensor"] == "vehicle").to_numpy()
    odd = np.flatnonzero(land.contains(lon, lat) != drives)
    if not len(odd):
        return empty(DOUBT)
    away_m = land.shore_m(lon[odd], lat[odd])
    sigma = last["sigma_m"].fill_null(0.0).to_numpy()[odd]
    far = away_m > np.maximum(SLACK_M, SIGMAS * sigma)
    if len(piers):
        far &= piers.nearest(lon[odd], lat[odd], PIER_M)[0] < 0
    rows = last[odd[far]].with_columns(pl.Series("away_m", away_m[far].round()))
    where = pl.format("{} m from the shore", pl.col("away_m").cast(pl.Int64, strict=False))
    road = pl.col("sensor") == "vehicle"
    return pl.concat(
        [
            _doubts(rows.filter(~road), "on_land", where),
            _doubts(rows.filter(road), "at_sea", where),
        ]
    )


def _doubts(rows: pl.DataFrame, reason: str, detail: pl.Expr) -> pl.DataFrame:
    if rows.is_empty():
        return empty(DOUBT)
    return rows.select(
        "sensor", "source", "target", "key", pl.col("minute_s").alias("tick_s"),
        pl.lit(reason).alias("reason"), detail.cast(pl.String).alias("detail"),
    ).cast(DOUBT)  # fmt: skip


def forget(newest: pl.DataFrame, minute_s: int) -> pl.DataFrame:
    """Drop who was not heard for six hours."""
    kept = newest.filter(pl.col("tick_s") > minute_s - MEMORY_S)
    if len(kept) > MOST_TARGETS:
        kept = kept.sort("tick_s", "target", descending=[True, False])[:MOST_TARGETS]
    return kept.sort("target")
