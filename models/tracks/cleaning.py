"""One target's rows become tracks: old rows left out, jumps kept and split off.

After the segmenter of Global Fishing Watch (pipe-segment): a row belongs to the nearest live
instance of its target that it can have come from without exceeding `max_speed_kn`; a row that
none can explain begins a new instance. Two ships under one MMSI so become two tracks, and a single
wild position becomes an instance of one row. Nothing is deleted.
"""

from __future__ import annotations

import math

import polars as pl

from core.settings import TrackSettings
from geo.plane import NAUTICAL_MILE_M, distance_m
from models.tracks.positions import (
    RADAR_BREAK_S,
    SECOND_US,
    SEGMENT_BREAK_S,
    break_us,
    is_radar,
    of_radar,
)

KN_MS = NAUTICAL_MILE_M / 3600
POSITION_SLACK_M = 100.0  # two fixes of a moored boat differ by this much (methods 7.2)
#: A radar's two positions differ by their noise: three sigmas of each (`ingest.radar.instances`
#: parts a number's vessels by the same rule), with a margin for what the first one's was.
NOISE_SIGMAS = 4.5
LEAST_DEG_M = 110_000.0  # no degree is shorter than 110.5 km, times cos(latitude) eastward
MAX_INSTANCES = 8  # of one target: a hostile feed must not grow the state


def newest_only(last: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out rows that are not newer than the newest used of their target.

    Parameters
    ----------
    last
        `TRACK`: the last row of each live track.
    rows
        `POSITION` in any order.

    Returns
    -------
    Rows by (target, clock, time), strictly increasing in time within a target.
    """
    newest = last.group_by("target").agg(pl.col("t_us").max().alias("newest_us"))
    ordered = rows.sort("target", "clock_s", "t_us", "key").join(
        newest, on="target", how="left", maintain_order="left"
    )
    before = pl.max_horizontal("newest_us", pl.col("t_us").cum_max().shift(1).over("target"))
    return ordered.filter(before.is_null() | (pl.col("t_us") > before)).drop("newest_us")


def _feasible(distance: pl.Expr, dt_us: pl.Expr, settings: TrackSettings) -> pl.Expr:
    dt_s = pl.max_horizontal(dt_us * (1 / SECOND_US), pl.lit(settings.min_jump_s))
    most_ms = of_radar(settings.radar_max_speed_kn * KN_MS, settings.max_speed_kn * KN_MS)
    return distance <= dt_s * most_ms + pl.max_horizontal(POSITION_SLACK_M, _noise_m())


def _noise_m() -> pl.Expr:
    return (pl.col("sigma_m") * of_radar(NOISE_SIGMAS, 0.0)).fill_nan(0.0).fill_null(0.0)


def split(last: pl.DataFrame, rows: pl.DataFrame, settings: TrackSettings) -> pl.DataFrame:
    """Give every row its track.

    Targets whose every step is possible (nearly all) are done as columns; the few with a jump or
    with several live instances are walked row by row.

    Returns
    -------
    The rows with `instance`, `track` and `jump` (true on the first row of a second instance).
    """
    live = last.select("target", "instance", "t_us", "lon", "lat").sort("target", "instance")
    single = live.group_by("target", maintain_order=True).agg(
        pl.len().alias("n"), pl.col("instance", "t_us", "lon", "lat").last().name.prefix("live_")
    )
    rows = rows.join(single, on="target", how="left", maintain_order="left")
    first = pl.col("target").ne_missing(pl.col("target").shift(1))
    previous = [
        pl.when(first).then(f"live_{name}").otherwise(pl.col(name).shift(1)).alias(f"was_{name}")
        for name in ("t_us", "lon", "lat")
    ]
    rows = rows.with_columns(previous)
    step = distance_m(*(rows[c].to_numpy() for c in ("was_lon", "was_lat", "lon", "lat")))
    gap = pl.col("t_us") - pl.col("was_t_us")
    broken = gap > break_us()
    odd = rows.with_columns(pl.Series("step", step)).select(
        "target",
        (
            (pl.col("n").fill_null(1) > 1)
            | (broken & (pl.col("live_instance").fill_null(1) != 1))
            | (~broken & ~_feasible(pl.col("step"), gap, settings))
        )
        .fill_null(False)
        .alias("odd"),
    )
    odd_targets = odd.filter("odd")["target"].unique()
    plain = pl.col("live_instance").fill_null(1).cast(pl.Int32)
    rows = rows.with_columns(plain.alias("instance"), pl.lit(False).alias("jump"))
    if len(odd_targets):
        is_odd = pl.col("target").is_in(odd_targets.implode())
        walked = _walk(live, rows.filter(is_odd), settings)
        rows = pl.concat([rows.filter(~is_odd), walked])
    name = (
        pl.when(pl.col("instance") == 1)
        .then("target")
        .otherwise(pl.format("{}{}{}", "target", of_radar("#", ":"), "instance"))
    )
    return rows.with_columns(name.alias("track")).select(pl.exclude(r"^(live|was)_.*$", "n"))


def _least_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres that two points are apart at least: what it rules out need not be measured."""
    east_deg = abs(math.remainder(lon2 - lon1, 360.0))
    east_deg *= math.cos(math.radians((lat1 + lat2) * 0.5))
    return max(east_deg, abs(lat2 - lat1)) * LEAST_DEG_M


def _walk(live: pl.DataFrame, rows: pl.DataFrame, settings: TrackSettings) -> pl.DataFrame:
    """The definition itself, one row after the other, for targets with a jump."""
    known: dict[str, dict[int, tuple[int, float, float]]] = {}
    for target, instance, t, lon, lat in live.iter_rows():
        known.setdefault(target, {})[instance] = (t, lon, lat)
    instances: list[int] = []
    jumps: list[bool] = []
    walked = rows.select("target", "t_us", "lon", "lat", _noise_m().alias("noise_m"))
    for target, t, lon, lat, noise_m in walked.iter_rows():
        mine = known.setdefault(target, {})
        radar = is_radar(target)
        vmax = (settings.radar_max_speed_kn if radar else settings.max_speed_kn) * KN_MS
        slack_m = max(POSITION_SLACK_M, noise_m)
        longest_us = (RADAR_BREAK_S if radar else SEGMENT_BREAK_S) * SECOND_US
        for instance in [i for i, at in mine.items() if t - at[0] > longest_us]:
            del mine[instance]
        reach = []
        for instance, (was_t, was_lon, was_lat) in mine.items():
            dt_s = max((t - was_t) * (1 / SECOND_US), settings.min_jump_s)
            most_m = dt_s * vmax + slack_m
            if _least_m(was_lon, was_lat, lon, lat) > most_m:
                continue  # measuring costs ten times as much
            metres = float(distance_m(was_lon, was_lat, lon, lat))
            if metres <= most_m:
                reach.append((metres, instance))
        if reach:
            chosen, jump = min(reach)[1], False
        elif len(mine) < MAX_INSTANCES:
            free = (i for i in range(1, MAX_INSTANCES + 1) if i not in mine)
            chosen, jump = next(free), bool(mine)
        else:
            chosen, jump = min(mine, key=lambda i: (mine[i][0], i)), True
        mine[chosen] = (t, lon, lat)
        instances.append(chosen)
        jumps.append(jump)
    return rows.with_columns(
        pl.Series("instance", instances, pl.Int32), pl.Series("jump", jumps, pl.Boolean)
    )
