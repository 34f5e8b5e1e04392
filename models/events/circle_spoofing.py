"""Circle spoofing: positions that go round and round on a ring where no vessel is.

The rule of methods 1.3: a circle fits with a residual under a tenth of its radius, the radius is
0.1 to 10 km, more than 270° of it are covered, the speed is near constant. What else turns: a boat
at anchor swings on less than 0.1 km and hardly moves; a purse seiner goes round its net once and
then lies at it, hence two laps; a ferry's way is no ring.

Each track is sampled at several steps (its first row in every 10 s, 20 s, 40 s, ...), so that a lap
has 4 to 8 samples at one of them. Where samples go on turning to one side, the last 16 are fitted,
two to four laps: windows of fixed length, their sums written out, so that no cut of the input shows
in a last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import empty
from core.settings import EventSettings
from geo.plane import NAUTICAL_MILE_M
from models.events import stretches
from models.events.stretches import HIT, Described, Row
from models.fusion.schema import FusionOutput
from models.tracks.fold import TrackOutput
from models.tracks.positions import EXPIRY_S, SECOND_US

Float = NDArray[np.float64]

STEPS_S: Final = (10, 20, 40, 80, 160, 320, 640, 1280)
WINDOW: Final = 16  # samples
TURNS: Final = WINDOW - 2  # between their 15 chords
DEG_M: Final = 111_195.0  # of latitude; the same everywhere, for ratios of lengths only
SIN_LEAST: Final = 0.12  # 7°: less is going straight
COS_MOST: Final = -0.87  # 150°: more is going back
QUIET_S: Final = 3600
KN_MS: Final = NAUTICAL_MILE_M / 3600

#: The newest samples of each track and step: two, or as many as turned to one side, at most 16.
SAMPLE: Final = pl.Schema(
    {
        "track": pl.String(),
        "step_s": pl.Int64(),
        "target": pl.String(),
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "side": pl.Int64(),  # turned to the left (1), to the right (-1), neither
        "turns": pl.Int64(),  # so often to that side, this one included
    }
)
_SERIES: Final = ("track", "step_s")
LAST: Final = ("radius_m", "knots", "centre_lon", "centre_lat")
OPEN: Final = stretches.open_schema((), LAST)
AT_ONCE: Final = 8192  # windows: bounds the memory of an hour in which all turn
#: Of a ring, and more where several turn at once: this project's proposal, to be fitted.
NATS: Final = (3.0, 4.0)


@dataclass(frozen=True)
class CircleState:
    """Samples, and the rings that go on."""

    samples: pl.DataFrame
    open: pl.DataFrame

    @staticmethod
    def initial() -> CircleState:
        """Nothing seen yet."""
        return CircleState(empty(SAMPLE), empty(OPEN))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {"samples": self.samples.sort("track", "step_s", "t_us"), "open": self.open}

    @staticmethod
    def load(frames: dict[str, pl.DataFrame]) -> CircleState:
        """As it was saved."""
        return CircleState(frames["samples"], frames["open"])


def advance(
    state: CircleState,
    tracks: TrackOutput,
    _fused: FusionOutput,
    until_s: int,
    settings: EventSettings,
) -> tuple[CircleState, pl.DataFrame]:
    """Take what the tracks did; say who goes round on a ring, as `HAPPENING`."""
    rows = tracks.linked.filter(pl.col("sensor") == "ais")
    new = pl.concat([_sampled(rows, step_s) for step_s in STEPS_S])
    going_on = new.select(*_SERIES).unique()  # in seconds few boats have a sample at long steps
    held = state.samples.join(going_on, on=_SERIES, how="semi")
    frame = _turning(pl.concat([held, new], how="diagonal"))
    hits = _rings(frame, settings)
    open_, told = stretches.advance(
        state.open, hits, until_s, QUIET_S, pl.col("hits") > 0, last=LAST
    )
    told = _together(told, int(state.open["said"].sum()))
    resting = state.samples.join(going_on, on=_SERIES, how="anti").filter(_alive(until_s))
    after = CircleState(pl.concat([resting, _tail(frame, until_s)]), open_)
    return after, stretches.happenings(told, "circle_spoofing", _describe)


def _together(told: pl.DataFrame, before: int) -> pl.DataFrame:
    """How many others were on a ring at the tick at which each word is said."""
    change = pl.when(pl.col("phase") == "began").then(1).otherwise(-1)
    by_tick = told.group_by("clock_s").agg(change.sum().alias("change")).sort("clock_s")
    by_tick = by_tick.with_columns((pl.col("change").cum_sum() + before).alias("rings"))
    own = (pl.col("phase") == "began").cast(pl.Int64)
    joined = told.join(by_tick, on="clock_s", how="left", maintain_order="left")
    return joined.with_columns((pl.col("rings") - own).alias("together"))


def _describe(row: Row) -> Described:
    lap_m = 2.0 * np.pi * row["radius_m"]
    path_m = (row["t_us"] - row["from_us"]) / SECOND_US * row["knots"] * KN_MS
    own = {name: row[name] for name in (*LAST, "together")}
    return "watch", NATS[row["together"] > 0], {**own, "laps": round(path_m / lap_m, 1)}


def _sampled(rows: pl.DataFrame, step_s: int) -> pl.DataFrame:
    """The first row of each track in every step; a fresh row begins anew."""
    step_us = step_s * SECOND_US
    at, before = pl.col("t_us") // step_us, pl.col("was_t_us") // step_us
    first = pl.col("fresh") | before.is_null() | (at != before)
    return rows.filter(first).select(
        "track", "target", "t_us", "clock_s", "lon", "lat", "fresh",
        pl.lit(step_s, pl.Int64).alias("step_s"),
    )  # fmt: skip


def _turning(frame: pl.DataFrame) -> pl.DataFrame:
    """Samples in order, with how each turned off the two before it and how often that way."""
    frame = frame.with_columns(pl.col("turns").is_not_null().alias("kept")).sort(
        "track", "step_s", "t_us"
    )
    other = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift(1)) for c in ("track", "step_s"))
    begins = other | pl.col("fresh").fill_null(False)
    frame = frame.with_columns(begins.cum_sum().alias("series"))
    series, (lon, lat) = pl.col("series"), (frame[c].to_numpy() for c in ("lon", "lat"))
    side = np.zeros(len(frame), np.int64)
    if len(frame) > 2:
        side[2:] = _side(lon, lat)
    known = (series == series.shift(2)).fill_null(False)
    turned = pl.when(known).then(pl.lit(pl.Series(side, dtype=pl.Int64))).otherwise(0)
    frame = frame.with_columns(pl.when("kept").then("side").otherwise(turned).alias("side"))
    again = (series == series.shift(1)) & (pl.col("side") == pl.col("side").shift(1))
    again = (again & ~pl.col("kept")).fill_null(False)
    here = np.arange(len(frame))
    new = ~frame.select(again).to_series().to_numpy()
    begin = np.maximum.accumulate(np.where(new, here, 0))  # the row at which each run begins
    before = pl.col("turns").gather(begin).fill_null((pl.col("side") != 0).cast(pl.Int64))
    turns = before + pl.lit(pl.Series(here - begin, dtype=pl.Int64))
    turns = pl.when(pl.col("side") == 0).then(0).otherwise(turns)
    return frame.with_columns(pl.when("kept").then("turns").otherwise(turns).alias("turns"))


def _side(lon: Float, lat: Float) -> NDArray[np.int64]:
    """To which side the second of two chords in a row turns, from the third point on."""
    narrow = np.cos(np.radians(lat[:-1]))
    east, north = np.diff(lon) * narrow * DEG_M, np.diff(lat) * DEG_M
    e1, n1, e2, n2 = east[:-1], north[:-1], east[1:], north[1:]
    cross, dot = e1 * n2 - n1 * e2, e1 * e2 + n1 * n2
    size = np.sqrt(e1 * e1 + n1 * n1) * np.sqrt(e2 * e2 + n2 * n2)
    turns = (np.abs(cross) > SIN_LEAST * size) & (dot > COS_MOST * size)
    return np.where(turns, np.sign(cross), 0.0).astype(np.int64)


def _tail(frame: pl.DataFrame, until_s: int) -> pl.DataFrame:
    """What the next batch needs of each track and step."""
    last = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift(-1)) for c in ("track", "step_s"))
    index = pl.int_range(pl.len())
    left = pl.when(last).then(index).backward_fill() - index
    most = pl.min_horizontal(pl.when(last).then(pl.col("turns") + 2).backward_fill(), WINDOW)
    of_last = pl.when(last).then("series").backward_fill() == pl.col("series")
    return frame.filter(left < most, of_last, _alive(until_s)).select(SAMPLE.names())


def _alive(until_s: int) -> pl.Expr:
    """Samples of AIS tracks that are not given up: `positions.expires_s` in integers alone."""
    return pl.col("t_us") > (until_s - EXPIRY_S) * SECOND_US


def _rings(frame: pl.DataFrame, settings: EventSettings) -> pl.DataFrame:
    """Windows that are rings, at their last samples, as `HIT`; one a track and time."""
    turned = frame.select((pl.col("turns") >= TURNS) & ~pl.col("kept")).to_series()
    ends = np.flatnonzero(turned.to_numpy())
    parts = [
        _rings_at(frame, ends[i : i + AT_ONCE], settings)
        for i in range(0, max(len(ends), 1), AT_ONCE)
    ]
    found = pl.concat(parts).sort("track", "t_us", "step_s")
    found = found.unique(["track", "t_us"], keep="first", maintain_order=True)
    return found.select(*HIT.names(), *LAST)


def _rings_at(
    frame: pl.DataFrame, ends: NDArray[np.int64], settings: EventSettings
) -> pl.DataFrame:
    """Those of the windows that end at these rows."""
    window = ends[:, None] - np.arange(WINDOW - 1, -1, -1)
    lon, lat, t_us = (frame[c].to_numpy()[window] for c in ("lon", "lat", "t_us"))
    deg_m = np.cos(np.radians(lat[:, :1])) * DEG_M
    east, north = (lon - lon[:, :1]) * deg_m, (lat - lat[:, :1]) * DEG_M
    x, y, radius_m, residual_m = fit(east, north)
    mean_ms, spread_ms, path_m = _speeds(east, north, (t_us - t_us[:, :1]) * 1e-6, radius_m)
    ring = (
        (residual_m < settings.circle_residual * radius_m)
        & (radius_m >= settings.circle_least_m)
        & (radius_m <= settings.circle_most_m)
        & (spread_ms < settings.circle_speed_spread * mean_ms)
        & (mean_ms >= settings.circle_least_kn * KN_MS)
        & (path_m >= radius_m * (2.0 * np.pi * settings.circle_laps))
    )
    k = np.flatnonzero(ring)
    k = k[covers_270(east[k] - x[k, None], north[k] - y[k, None])]
    said = {
        "radius_m": np.round(radius_m[k], 1),
        "knots": np.round(mean_ms[k] / KN_MS, 2),
        "centre_lon": np.round(lon[k, 0] + x[k] / deg_m[k, 0], 6),
        "centre_lat": np.round(lat[k, 0] + y[k] / DEG_M, 6),
    }
    return frame[ends[k]].with_columns(
        *(pl.Series(name, values, pl.Float64) for name, values in said.items()),
        pl.Series("from_us", t_us[k, 0], pl.Int64),
        pl.col("track").alias("subject"),
        pl.concat_list("target").alias("targets"),
        pl.lit("ais").alias("who"),
    )


def fit(x: Float, y: Float) -> tuple[Float, Float, Float, Float]:
    """The circle of each row of points (n, k) by least squares (Kåsa 1976): centre, radius and
    root mean square residual, each (n,). NaN or far away where the points lie on a line.

    >>> [v.round(6).tolist() for v in fit(np.array([[1.0, 0, -1, 0]]), np.array([[0.0, 1, 0, -1]]))]
    [[0.0], [0.0], [1.0], [0.0]]
    """
    n = 1.0 / x.shape[1]
    mx, my = _sum(x) * n, _sum(y) * n
    u, v = x - mx[:, None], y - my[:, None]
    uu, vv, uv, z = _sum(u * u), _sum(v * v), _sum(u * v), u * u + v * v
    zu, zv = _sum(z * u), _sum(z * v)
    with np.errstate(divide="ignore", invalid="ignore"):
        twice = 2.0 * (uu * vv - uv * uv)
        cu, cv = (zu * vv - zv * uv) / twice, (zv * uu - zu * uv) / twice
        away = np.sqrt((u - cu[:, None]) ** 2 + (v - cv[:, None]) ** 2)
        radius = _sum(away) * n
        off = away - radius[:, None]
        return cu + mx, cv + my, radius, np.sqrt(_sum(off * off) * n)


def _sum(columns: Float) -> Float:
    """Of each row, from left to right: the same however many rows there are."""
    total = columns[:, 0].copy()
    for k in range(1, columns.shape[1]):
        total += columns[:, k]
    return total


def _speeds(x: Float, y: Float, t_s: Float, radius: Float) -> tuple[Float, Float, Float]:
    """Mean and standard deviation of the speed along the ring between samples in m/s, and its
    length in metres."""
    dx, dy = np.diff(x, axis=1), np.diff(y, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.minimum(np.sqrt(dx * dx + dy * dy) / (2.0 * radius[:, None]), 1.0)
        z = half * half  # the arc's series: within 7 % up to 150°
        arc = 2.0 * radius[:, None] * half * (1.0 + z * (1 / 6 + z * (3 / 40 + z * (15 / 336))))
        speed = arc / np.diff(t_s, axis=1)
        mean = _sum(speed) * (1.0 / speed.shape[1])
        off = speed - mean[:, None]
        return mean, np.sqrt(_sum(off * off) * (1.0 / speed.shape[1])), _sum(arc)


def covers_270(x: Float, y: Float) -> NDArray[np.bool_]:
    """Whether points (n, k) around the origin leave no gap of 90°: each has another less than a
    quarter turn to its left. Without angles, hence exact.

    >>> square = np.array([[1.0, 0, -1, 0]]), np.array([[0.0, 1, 0, -1]])
    >>> star = np.array([[1.0, 0.3, -0.8, -0.8, 0.3]]), np.array([[0.0, 0.95, 0.6, -0.6, -0.95]])
    >>> covers_270(*square).tolist(), covers_270(*star).tolist()
    ([False], [True])
    """
    left = x[:, :, None] * y[:, None, :] - y[:, :, None] * x[:, None, :] > 0
    ahead = x[:, :, None] * x[:, None, :] + y[:, :, None] * y[:, None, :] > 0
    followed = np.any(left & ahead, axis=2)
    return np.asarray(np.all(followed, axis=1), np.bool_)
