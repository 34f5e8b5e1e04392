"""Rows that are hard to believe, each with one reason. They are kept: cleaning judges tracks.

Judged by stretches (`engine.feeds`). Reasons, the first that holds: `too_old` (more than 36 h,
which nothing re-judges), `duplicate` (the target's newest row again under another key: two paths
into the house), `speed` (reported), `jump` (implied by the newest row before), and of the last row
of each target in a stretch its place: `on_land` for what floats, `at_sea` for what drives.

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
MOST_DEG_M: Final = 112_000.0  # no degree is longer
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
    """Judge the rows of some whole stretches.

    Parameters
    ----------
    rows
        `models.feeds.quarantine.RELEASED` with `stretch_s`, the tick that ends the row's stretch.

    Returns
    -------
    `NEWEST` and `core.schema.DOUBT`, whose tick is that of the stretch.
    """
    numbered = rows.with_row_index("i").with_columns(
        pl.col("observed_at").dt.epoch("us").alias("t_us")
    )
    aged = (pl.col("tick_s") * SECOND_US - pl.col("t_us") > TOO_OLD_S * SECOND_US).fill_null(False)
    old = numbered.filter(aged)
    moving = numbered.filter(
        ~aged, _fastest().is_not_null(), pl.col("target").is_not_null(),
        pl.col("lon").is_finite(), pl.col("lat").is_finite(), pl.col("t_us").is_not_null(),
    )  # fmt: skip
    if moving.is_empty():
        return newest, _doubts(old, "too_old", pl.lit(""))
    steps = _steps(moving, newest)
    fresh = steps.filter("fresh")
    last = fresh.filter((_h != _h.shift(-1)) | (_stretch != _stretch.shift(-1)) | _last_row())
    doubts = pl.concat([_doubts(old, "too_old", pl.lit("")), *_moved(fresh, rows)])
    placed = _placed(last, rows, land, piers).join(doubts, on=["key", "tick_s"], how="anti")
    ends = steps.filter((_h != _h.shift(-1)) | _last_row())
    newer = _whole(last.filter((_h != _h.shift(-1)) | _last_row()), rows)
    heard = _whole(ends, rows).select("target", pl.col("stretch_s").alias("heard_s"))
    after = (
        pl.concat([newest, newer.with_columns(_stretch.alias("tick_s")).select(NEWEST.names())])
        .unique("target", keep="last", maintain_order=True)
        .join(heard, on="target", how="left", maintain_order="left")
        .with_columns(pl.coalesce("heard_s", "tick_s").alias("tick_s"))
    )
    told = pl.concat([doubts, placed]).sort("tick_s", "key", "reason", "source")
    return after.select(NEWEST.names()), told


_h, _stretch = pl.col("h"), pl.col("stretch_s")


def _last_row() -> pl.Expr:
    return pl.int_range(pl.len()) == pl.len() - 1


def _fastest() -> pl.Expr:
    """The bound of the row's sensor; null for those that do not move."""
    chosen = pl.lit(None, pl.Float64)
    for sensor, knots in FASTEST_KN.items():
        chosen = pl.when(pl.col("sensor") == sensor).then(knots).otherwise(chosen)
    return chosen


def _whole(steps: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that some steps stand for, with what the steps say."""
    beside = [c for c in steps.columns if c not in rows.columns]
    return pl.concat([rows[steps["i"]], steps.select(beside)], how="horizontal")


def _steps(moving: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """The rows with the newest before them beside them; `fresh` are not older than that.

    Only numbers are moved about. A target that nothing was heard of for six hours begins anew:
    see `forget`.
    """
    ordered = moving.select(
        "i", pl.col("target").hash().alias("h"), "stretch_s", "t_us",
        pl.col("key").hash().alias("k"), "lon", "lat", pl.col("sigma_m").fill_null(0.0),
        "speed_kn", _fastest().alias("most_kn"),
    ).sort("h", maintain_order=True)  # fmt: skip
    back = (pl.col("t_us") <= pl.col("t_us").shift(1)) | (_stretch < _stretch.shift(1))
    late = back & (_h == _h.shift(1))
    odd = ordered.filter(late)["h"].unique().implode()
    if len(odd[0]):  # most come in order, and sorting by one column is half the work
        tied = ordered.filter(_h.is_in(odd)).sort("h", "stretch_s", "t_us", "k")
        ordered = pl.concat([ordered.filter(~_h.is_in(odd)), tied])
    known = newest.select(
        pl.col("target").hash().alias("h"), pl.col("key").hash().alias("was_k"),
        pl.col("sigma_m").fill_null(0.0).alias("was_sigma_m"),
        *(pl.col(c).alias(f"was_{c}") for c in ("t_us", "tick_s", "lon", "lat")),
    )  # fmt: skip
    joined = ordered.join(known, on="h", how="left", maintain_order="left")
    first = (_h != _h.shift(1)).fill_null(True)
    gap = _stretch - pl.when(first).then("was_tick_s").otherwise(_stretch.shift(1))
    run = joined.with_columns(
        first.alias("first"), ((gap >= MEMORY_S) | gap.is_null()).alias("anew")
    )
    was_t = pl.when("first").then("was_t_us").otherwise(pl.col("t_us").shift(1))
    stale = (pl.col("t_us") < was_t) & ~pl.col("anew")
    if run.select(stale.any()).item():
        top = (
            pl.when(pl.col("first") & ~pl.col("anew"))
            .then(pl.max_horizontal("t_us", "was_t_us"))
            .otherwise("t_us")
        )
        highest = top.cum_max().over("h", pl.col("anew").cum_sum())
        run = run.with_columns((pl.col("t_us") >= highest).alias("fresh"))
    else:
        run = run.with_columns(pl.lit(True).alias("fresh"))
    fresh = run.filter("fresh")
    first = (_h != _h.shift(1)).fill_null(True)
    before = [
        pl.when("anew").then(None).when(first).then(f"was_{c}").otherwise(pl.col(c).shift(1))
        for c in ("t_us", "lon", "lat", "sigma_m", "k")
    ]
    names = ("was_t_us", "was_lon", "was_lat", "was_sigma_m", "was_k")
    fresh = fresh.with_columns(e.alias(n) for e, n in zip(before, names, strict=True))
    stale_rows = run.filter(~pl.col("fresh"))
    if stale_rows.is_empty():
        return fresh
    return pl.concat([fresh, stale_rows], how="diagonal").sort("h", "stretch_s", "t_us", "k")


def _moved(steps: pl.DataFrame, rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Doubts of what a row says beside the row before."""
    dt_s = (pl.col("t_us") - pl.col("was_t_us")) * (1 / SECOND_US)
    there = (pl.col("lon") == pl.col("was_lon")) & (pl.col("lat") == pl.col("was_lat"))
    same = ((dt_s == 0) & there).fill_null(False)
    twice = steps.filter(same & (pl.col("k") != pl.col("was_k")))
    fast = (pl.col("speed_kn") > pl.col("most_kn")).fill_null(False) & ~same
    slack = pl.max_horizontal(
        pl.lit(SLACK_M), SIGMAS * (pl.col("sigma_m") + pl.col("was_sigma_m").fill_null(0.0))
    )
    step_s = pl.max_horizontal(dt_s, pl.lit(LEAST_STEP_S))
    reach = step_s * pl.col("most_kn") * KN_MS + slack
    degrees = (pl.col("lon") - pl.col("was_lon")).abs() + (pl.col("lat") - pl.col("was_lat")).abs()
    far = steps.filter((degrees * MOST_DEG_M > reach) & ~fast & ~same)  # the rest is near anyway
    away = distance_m(*(far[c].to_numpy() for c in ("was_lon", "was_lat", "lon", "lat")))
    jump = far.with_columns(
        pl.Series("step_m", away).fill_nan(None), step_s.alias("step_s"), reach.alias("reach_m")
    ).filter(pl.col("step_m") > pl.col("reach_m"))
    implied = (pl.col("step_m") / pl.col("step_s") * (1 / KN_MS)).round(1)
    metres = pl.col("step_m").round(0).cast(pl.Int64)
    return [
        _doubts(_whole(twice, rows), "duplicate", pl.lit("")),
        _doubts(_whole(steps.filter(fast), rows), "speed", pl.format("{} kn", "speed_kn")),
        _doubts(_whole(jump, rows), "jump", pl.format("{} m, {} kn", metres, implied)),
    ]


def _placed(
    last: pl.DataFrame, rows: pl.DataFrame, land: Land | None, piers: Piers
) -> pl.DataFrame:
    """Doubts of where the last rows are."""
    if land is None or not len(land.polygons) or last.is_empty():
        return empty(DOUBT)
    lon, lat = last["lon"].to_numpy(), last["lat"].to_numpy()
    drives = (last["most_kn"] == FASTEST_KN["vehicle"]).to_numpy()
    odd = np.flatnonzero(land.contains(lon, lat) != drives)
    away_m = land.shore_m(lon[odd], lat[odd])
    far = away_m > np.maximum(SLACK_M, SIGMAS * last["sigma_m"].to_numpy()[odd])
    if len(piers) and far.any():
        far[far] = piers.nearest(lon[odd[far]], lat[odd[far]], PIER_M)[0] < 0
    if not far.any():
        return empty(DOUBT)
    found = _whole(last[odd[far]], rows).with_columns(pl.Series("away_m", away_m[far]))
    away = pl.col("away_m").round(0)
    where = pl.format("{} m from the shore", away)
    road = pl.col("sensor") == "vehicle"
    return pl.concat(
        [
            _doubts(found.filter(~road), "on_land", where),
            _doubts(found.filter(road), "at_sea", where),
        ]
    )


def _doubts(rows: pl.DataFrame, reason: str, detail: pl.Expr) -> pl.DataFrame:
    if rows.is_empty():
        return empty(DOUBT)
    return rows.select(
        "sensor", "source", "target", "key", pl.col("stretch_s").alias("tick_s"),
        pl.lit(reason).alias("reason"), detail.cast(pl.String).alias("detail"),
    ).cast(DOUBT)  # fmt: skip


def forget(newest: pl.DataFrame, stretch_s: int) -> pl.DataFrame:
    """Drop who was not heard for six hours."""
    kept = newest.filter(pl.col("tick_s") > stretch_s - MEMORY_S)
    if len(kept) > MOST_TARGETS:
        kept = kept.sort("tick_s", "target", descending=[True, False])[:MOST_TARGETS]
    return kept.sort("target")
