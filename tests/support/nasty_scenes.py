"""Input as bad as a coast sends it: stories that try what a fold can get wrong.

A scene is a list of stories, each one vessel drawn from a seed, so that a failing scene shrinks to
the story that matters. Times keep to what `ingest` lets through: observed at most 60 s ahead of
their arrival, and arriving within the allowed lateness unless a test delays them further.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.schema import OBSERVATION, UTC_TIME
from models.tracks.positions import POSITION

#: 20 minutes before midnight in UTC, and before midnight on the coast.
STARTS_S = [
    int(datetime(2026, 3, 1, 23, 40, tzinfo=UTC).timestamp()),
    int(datetime(2026, 3, 1, 15, 40, tzinfo=UTC).timestamp()),
]
FIRST_S, LAST_S = STARTS_S[1] - 3600, STARTS_S[1] + 6 * 86400
PIER_LON, PIER_LAT = 121.9001, 29.2
NORTH_DEG_M = 110_800.0
LATENESS_S = 120
BEIDOU_LATENESS_S = 900

Story = tuple[str, int]
KINDS = ("berth", "sparse", "clones", "wild", "edges", "jitter", "habit", "heard")
KINDS += ("terminal", "echo")
stories: st.SearchStrategy[list[Story]] = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 999)), min_size=1, max_size=4
)
_GAPS_S = [1, 2, 10, 30, 60, 179, 180, 181, 599, 600, 601, 900, 1800, 1801, 3600, 6 * 3600]
_DAYS_S = [
    6 * 3600 + 1,
    86399,
    86400,
    86401,
    87000,
    25 * 3600 - 1,
    25 * 3600,
    25 * 3600 + 1,
    108000,
]
_SPEEDS_KN = [None, 0.0, 0.1, 0.2, 0.3, 0.5, 0.51, 1.9, 6.0, 14.1, 44.0]
_NORTH_M = [0.0, 140.0, 149.0, 151.0, 160.0, 240.0, 249.0, 251.0, 260.0, 500.0, 3000.0]


def scene(parts: list[Story]) -> pl.DataFrame:
    """The rows of some stories as the engine gets them, with `t_us` (observed) and `arrived_s`."""
    frames = [_story(i, kind, seed) for i, (kind, seed) in enumerate(parts)]
    frame = pl.concat(frames)
    rng = np.random.default_rng([seed for _, seed in parts])
    frame = _again(frame, rng)
    keys = [rng.integers(0, 256, 16, np.uint8).tobytes() for _ in range(len(frame))]
    ahead_s = np.where(rng.random(len(frame)) < 0.05, rng.integers(0, 61, len(frame)), 0)
    arrived = -(-frame["t_us"].to_numpy() // 1_000_000) - ahead_s
    return frame.with_columns(
        pl.Series("key", keys, pl.Binary), pl.Series("arrived_s", arrived, pl.Int64)
    )


def delayed(frame: pl.DataFrame, seed: int, most_s: int = LATENESS_S) -> pl.DataFrame:
    """The rows, some arriving later: up to the allowed lateness after their time, to the second.

    `most_s` is that of AIS and radar; BeiDou's share of its own limit is the same.
    """
    rng = np.random.default_rng(seed)
    edge = rng.choice([0, 1, most_s // 2, most_s - 1, most_s], len(frame))
    wait = np.where(rng.random(len(frame)) < 0.4, edge, rng.integers(0, most_s + 1, len(frame)))
    by_satellite = frame["target"].str.starts_with("beidou:").to_numpy()
    wait = np.where(by_satellite, wait * BEIDOU_LATENESS_S // LATENESS_S, wait)
    latest = -(-frame["t_us"].to_numpy() // 1_000_000) + wait
    moved = np.where(rng.random(len(frame)) < 0.5, latest, frame["arrived_s"].to_numpy())
    return frame.with_columns(pl.Series("arrived_s", moved, pl.Int64))


def observations(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows as observations, in the order of their arrival."""
    at = pl.from_epoch("t_us", "us").dt.replace_time_zone("UTC").cast(UTC_TIME)
    arrived = pl.from_epoch("arrived_s", "s").dt.replace_time_zone("UTC").cast(UTC_TIME)
    kind = pl.lit('{"type":') + pl.col("ais_type").cast(pl.String) + "}"
    return (
        frame.with_columns(
            *_from_sensor(),
            at.alias("observed_at"),
            at.alias("received_at"),
            arrived.alias("arrived_at"),
            kind.fill_null('{"status":"T"}').alias("detail"),
            pl.lit(None).alias("heading_deg"),
        )
        .select(*OBSERVATION.names(), "arrived_at")
        .cast(OBSERVATION, strict=False)
        .sort("arrived_at", "key")
    )


def positions(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows as the track models get them: visible at the tick of their arrival."""
    told = frame.with_columns(pl.col("arrived_s").alias("clock_s"), *_from_sensor())
    return told.select(POSITION.names())


def _from_sensor() -> list[pl.Expr]:
    """Who saw it, by the target's name."""
    kind = pl.col("target").str.extract("^([a-z]+):")
    radar = kind == "radar"
    names = {"mmsi": "ais", "beidou": "beidou", "radar": "radar"}
    source = pl.when(radar).then(pl.lit("R1")).when(kind == "beidou").then(pl.lit("M"))
    return [
        kind.replace_strict(names, default="vehicle").alias("sensor"),
        source.otherwise(pl.lit("S1")).alias("source"),
        pl.when(radar).then(pl.lit(30.0)).alias("sigma_m"),
    ]


def _again(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Some rows heard by a second station: the same second, a little elsewhere, another key."""
    twice = frame.filter(pl.Series(rng.random(len(frame)) < 0.08))
    return pl.concat(
        [frame, twice.with_columns(pl.col("lon") + 1e-5, pl.lit(0.3).alias("speed_kn"))]
    )


def _story(index: int, kind: str, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng([index, KINDS.index(kind), seed])
    begin_s = int(rng.choice(STARTS_S)) + int(rng.integers(0, 90))
    east_m = float(rng.choice([-40.0, 0.0, 0.0, 120.0, 200.0, 1170.0]))
    t_s, north_m, speed_kn = {
        "berth": _berth,
        "sparse": _sparse,
        "clones": _berth,
        "wild": _berth,
        "edges": _edges,
        "jitter": _jitter,
        "habit": _habit,
        "heard": _heard,
        "terminal": _berth,
        "echo": _echo,
    }[kind](rng)
    lon = PIER_LON + east_m / 97_000.0 + rng.normal(0, 1e-5, len(t_s))
    if kind in ("clones", "wild"):
        share = 0.5 if kind == "clones" else rng.choice([0.03, 1.0])
        far = rng.random(len(t_s)) < share
        places = 1 if kind == "clones" else int(rng.choice([1, 3, 30]))
        lon = lon + np.where(far, 0.4 * rng.integers(1, places + 1, len(t_s)), 0.0)
    t_us = (np.asarray(t_s) + begin_s) * 1_000_000
    if rng.random() < 0.3:
        t_us = t_us + rng.integers(0, 1000, len(t_us)) * 1000
    target = f"mmsi:{412_000_001 + index}"
    if kind in ("terminal", "echo"):
        target = f"beidou:{1 + index:07}" if kind == "terminal" else f"radar:R1:{17 + index}"
    types = None if kind in ("terminal", "echo") else int(rng.choice([1, 18]))
    return pl.DataFrame(
        {
            "target": [target] * len(t_us),
            "t_us": pl.Series(t_us, dtype=pl.Int64),
            "lon": lon.round(6),
            "lat": (PIER_LAT - np.asarray(north_m) / NORTH_DEG_M).round(6),
            "speed_kn": pl.Series(speed_kn, dtype=pl.Float64),
            "course_deg": pl.Series(rng.choice([None, 10.0], len(t_us)).tolist(), dtype=pl.Float64),
            "ais_type": pl.Series([types] * len(t_us), dtype=pl.Int16),
        }
    )


Legs = tuple[NDArray[np.int64], NDArray[np.float64], list[float | None]]


def _speeds(rng: np.random.Generator, north_m: NDArray[np.float64]) -> list[float | None]:
    """Slow where it lies, fast where it moves, missing now and then."""
    moving = np.abs(np.diff(north_m, prepend=north_m[0])) > 20
    slow = rng.choice(np.array([0.0, 0.1, 0.3, 0.6]), len(north_m), p=[0.6, 0.25, 0.1, 0.05])
    lost = rng.random(len(north_m)) < 0.05
    return [
        None if no else 6.5 if m else float(s) for no, m, s in zip(lost, moving, slow, strict=True)
    ]


def _berth(rng: np.random.Generator) -> Legs:
    """Comes, lies, leaves; silent now and then."""
    step_s, lie_s = int(rng.choice([10, 30, 60])), int(rng.choice([120, 300, 1500, 4000, 12000]))
    t = np.arange(0, 2400 + lie_s, step_s * (1 if lie_s < 4000 else 4))
    away_s = np.maximum(1200 - t, 0) + np.maximum(t - 1200 - lie_s, 0)
    keep = rng.random(len(t)) > rng.choice([0.0, 0.4])
    for _ in range(int(rng.integers(0, 3))):
        dark = int(rng.integers(0, 2400 + lie_s))
        keep &= (t < dark) | (t > dark + int(rng.choice([300, 900, 2000, 4000])))
    keep[0] = True
    north_m = away_s[keep] * 3.3 + float(rng.choice([20.0, 145.0, 155.0]))
    return t[keep], north_m, _speeds(rng, north_m)


def _sparse(rng: np.random.Generator) -> Legs:
    """Days of few rows: gaps on the very edges of silences, segments and what is forgotten."""
    n = int(rng.integers(2, 30))
    gaps = rng.choice(np.array(_GAPS_S + _DAYS_S), n)
    gaps[np.cumsum(gaps) > 5 * 86400] = 1
    north_m = rng.choice(np.array(_NORTH_M), n)
    speeds = [_SPEEDS_KN[i] for i in rng.integers(0, len(_SPEEDS_KN), n)]
    return np.cumsum(gaps), north_m, speeds


def _edges(rng: np.random.Generator) -> Legs:
    """Rows on the hysteresis: 150 and 250 m, 0.2 and 0.5 kn."""
    n = int(rng.integers(5, 80))
    t = np.cumsum(rng.choice(np.array([0, 1, 20, 60, 179, 180, 181, 400]), n))
    north_m = rng.choice(
        np.array([100.0, 149.0, 151.0, 249.0, 251.0]), n, p=[0.4, 0.2, 0.2, 0.1, 0.1]
    )
    speeds = [_SPEEDS_KN[i] for i in rng.integers(0, 7, n)]
    return t, north_m, speeds


def _jitter(rng: np.random.Generator) -> Legs:
    """Dark in berth one night, then days there, now and then thrown out of reach and back."""
    begin = np.arange(0, 3600, 120)
    dark = float(rng.choice([0.0, 1500.0])), float(rng.choice([1500.0, 4200.0]))
    rest = np.arange(7200, int(rng.integers(1, 5)) * 86400, int(rng.choice([3000, 5400])))
    t = np.concatenate([begin[(begin < dark[0]) | (begin > dark[1]) | (begin < 300)], rest])
    thrown = rng.random(len(t)) < rng.choice([0.0, 0.1])
    north_m = np.where(thrown, 260.0, float(rng.choice([20.0, 145.0])))
    north_m[0] = 3000.0
    speeds: list[float | None] = [0.1] * len(t)
    return t, north_m, speeds


def _habit(rng: np.random.Generator) -> Legs:
    """Changes its own interval: long habits, then short ones, with gaps between."""
    parts = [
        np.full(int(rng.integers(2, 20)), int(rng.choice([30, 180, 700, 900, 2000])))
        for _ in range(int(rng.integers(1, 5)))
    ]
    gaps = np.concatenate(parts)
    t = np.cumsum(gaps)
    north_m = 100.0 + np.cumsum(rng.choice(np.array([0.0, 0.0, 400.0, -400.0]), len(t)))
    return t, north_m, _speeds(rng, north_m)


def _heard(rng: np.random.Generator) -> Legs:
    """A neighbour that is heard all night, so that reception is learned and nobody seems deaf."""
    t = np.arange(-1800, 5 * 3600, int(rng.choice([120, 300])))
    return t, np.full(len(t), 1500.0), [0.0] * len(t)


def _echo(rng: np.random.Generator) -> Legs:
    """What a radar sees: turn after turn, noisy, gone for a while, now and then elsewhere."""
    step_s, lie_s = int(rng.choice([5, 10])), int(rng.choice([120, 900, 2400]))
    t = np.arange(0, 1200 + lie_s, step_s)
    away_s = np.maximum(600 - t, 0) + np.maximum(t - 600 - lie_s, 0)
    keep = rng.random(len(t)) > rng.choice([0.0, 0.3])
    for _ in range(int(rng.integers(0, 3))):
        gone = int(rng.integers(0, 1200 + lie_s))
        keep &= (t < gone) | (t > gone + int(rng.choice([30, 599, 600, 601, 900, 1500])))
    keep[0] = True
    north_m = away_s[keep] * 3.3 + 40.0 + rng.normal(0, float(rng.choice([1.0, 30.0])), keep.sum())
    thrown = rng.random(len(north_m)) < rng.choice([0.0, 0.02])
    return t[keep], north_m + np.where(thrown, 5000.0, 0.0), _speeds(rng, north_m)
