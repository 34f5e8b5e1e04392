"""Source tracks with their filters: what one sensor calls one thing, one row of arrays each.

Tracks stand in the order in which they were first seen (by name within an instant), so that the
arrays are the same however the input was cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.settings import FusionSettings
from models.fusion.filters import (
    NOT_MEASURED,
    SECOND_US,
    Bool,
    Estimates,
    Float,
    Int,
    Measurements,
    begin,
    predict,
)
from models.fusion.ground import RADARS_FROM, Ground

FIRST_SPEED_MS: Final = 10.0  # spread of the velocity of what was seen once
RESTART: Final = 60.0  # squared distance in sigmas at which a filter begins anew

SOURCE: Final = pl.Schema(
    {
        "serial": pl.Int64(),
        "track": pl.String(),
        "target": pl.String(),
        "sensor": pl.String(),
        "source": pl.String(),
        "kind": pl.Int64(),
        "x": pl.Array(pl.Float64(), 4),
        "p": pl.Array(pl.Float64(), 16),
        "t_us": pl.Int64(),
        "first_s": pl.Int64(),  # the instant at which it was first seen
        "seen_s": pl.Int64(),  # the instant at which its newest row came
        "rows": pl.Int64(),
        "stopped": pl.Boolean(),
        "bias_var": pl.Float64(),  # m² of what its radar may still measure wrong here
        "vessel": pl.Int64(),  # serial; -1 while it has none
        "since_s": pl.Int64(),
        "waits_s": pl.Int64(),  # since when it has had no vessel
        "probability": pl.Float64(),
        "margin": pl.Float64(),
        "instants": pl.Int64(),
        "reason": pl.String(),
    }
)
_TEXTS: Final = ("track", "target", "sensor", "source", "reason")


_ARRAYS: Final = tuple(name for name in SOURCE if name not in (*_TEXTS, "x", "p", "t_us"))

Columns = dict[str, NDArray[Any]]


@dataclass
class Rows:
    """The rows of a batch as arrays, by (instant, track, time)."""

    names: Columns  # track, target, sensor, source of each code
    code: Int
    kind: Int  # of each row
    t_us: Int
    instant_s: Int
    xy: Float
    velocity: Float  # NaN where there is none
    fresh: Bool
    stopped: Bool
    bias_var: Float

    def at(self, part: slice | Bool | Int) -> Rows:
        """Some of them."""
        return Rows(
            self.names, self.code[part], self.kind[part], self.t_us[part], self.instant_s[part],
            self.xy[part], self.velocity[part], self.fresh[part], self.stopped[part],
            self.bias_var[part],
        )  # fmt: skip


class Sources:
    """Source tracks, as arrays in the order of their serials."""

    def __init__(self, text: Columns, column: Columns, places: Estimates) -> None:
        self.text, self.column, self.places = text, column, places

    @staticmethod
    def load(frame: pl.DataFrame) -> Sources:
        """From the state."""
        text = {name: frame[name].to_numpy().astype(object) for name in _TEXTS}
        column = {name: frame[name].to_numpy().copy() for name in _ARRAYS}
        return Sources(text, column, places_of(frame))

    def frame(self) -> pl.DataFrame:
        """For the state."""
        columns = {
            **{name: values.tolist() for name, values in self.text.items()},
            **self.column,
            "x": self.places.x,
            "p": self.places.p.reshape(len(self), 16),
            "t_us": self.places.t_us,
        }
        return pl.DataFrame({name: columns[name] for name in SOURCE}, schema=SOURCE)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.column[name]

    def index(self, serials: Int) -> Int:
        """Their positions; -1 for those that are gone."""
        have = self.column["serial"]
        if not len(have):
            return np.full(len(serials), -1, np.int64)
        at = np.minimum(np.searchsorted(have, serials), len(have) - 1)
        return np.where(have[at] == serials, at, -1).astype(np.int64)

    def keep(self, which: Bool) -> None:
        """Give up the others."""
        self.places = self.places.take(which)
        self.text = {name: values[which] for name, values in self.text.items()}
        self.column = {name: values[which] for name, values in self.column.items()}

    def append(self, text: Columns, column: Columns, places: Estimates) -> None:
        """New tracks, whose serials are higher than all before."""
        for mine, theirs in ((self.text, text), (self.column, column)):
            for name in mine:
                mine[name] = np.concatenate([mine[name], theirs[name]])
        self.places = self.places.with_(places)

    def at(self, t_s: int, settings: FusionSettings) -> Estimates:
        """All of them at an instant."""
        to_us = np.full(len(self), t_s * SECOND_US, np.int64)
        return predict(self.places, to_us, *agility(self.column["stopped"], settings))

    def age_s(self, t_s: int) -> Int:
        """Seconds since each one's newest row, rounded up."""
        return -((self.places.t_us - t_s * SECOND_US) // SECOND_US)


def places_of(frame: pl.DataFrame) -> Estimates:
    """The columns `x`, `p` and `t_us` of a state."""
    n = len(frame)
    x, p = frame["x"].to_numpy().reshape(n, 4), frame["p"].to_numpy().reshape(n, 4, 4)
    return Estimates.none().with_(Estimates(x, p, frame["t_us"].to_numpy()))


def agility(lying: Bool, settings: FusionSettings) -> tuple[Float, Float]:
    """Spectral density of the acceleration, and damping, of what lies still and of what moves."""
    return (
        np.where(lying, settings.moored_manoeuvre, settings.manoeuvre),
        np.where(lying, settings.moored_damping_per_s, settings.damping_per_s),
    )


def measured(rows: Rows, since_us: Int, ground: Ground, settings: FusionSettings) -> Measurements:
    """What rows say and how well, the row before having been `since_us` earlier.

    A tracker smooths: rows that are nearer in time than it smooths over are not independent, and
    count for less.
    """
    n = len(rows.code)
    radar = rows.kind >= RADARS_FROM
    along, range_m = ground.seen_along(rows.kind, rows.xy)
    since_s = np.maximum(since_us, 1) / SECOND_US
    again = np.where(radar, np.maximum(settings.tracker_s / since_s, 1.0), 1.0)
    bearing = settings.bearing_sigma_deg * (np.pi / 180.0)
    plain = settings.ais_sigma_m * settings.ais_sigma_m
    across = bearing * bearing * (range_m * range_m)
    known = np.isfinite(rows.velocity[:, 0])
    slow = np.where(radar, settings.radar_speed_sigma_ms, settings.ais_speed_sigma_ms)
    smooth = np.where(radar, np.maximum(settings.tracker_speed_s / since_s, 1.0), 1.0)
    return Measurements(
        rows.xy,
        along,
        np.where(radar, settings.range_sigma_m * settings.range_sigma_m, plain) * again,
        np.where(radar, across, plain) * again,
        np.where(known[:, None], rows.velocity, 0.0),
        np.where(known, slow * slow * smooth, np.full(n, NOT_MEASURED)),
        rows.t_us,
    )


def found(
    sources: Sources, rows: Rows, serial: int, ground: Ground, settings: FusionSettings
) -> None:
    """Begin tracks on their first rows, one each."""
    n = len(rows.code)
    seen = measured(rows, np.full(n, NOT_YET_US, np.int64), ground, settings)
    text = {name: values[rows.code] for name, values in rows.names.items()}
    column = {
        "serial": np.arange(serial, serial + n),
        "kind": rows.kind,
        "first_s": rows.instant_s,
        "seen_s": rows.instant_s,
        "rows": np.ones(n, np.int64),
        "stopped": rows.stopped,
        "bias_var": rows.bias_var,
        "vessel": np.full(n, -1, np.int64),
        "since_s": rows.instant_s,
        "waits_s": rows.instant_s,
        "probability": np.zeros(n),
        "margin": np.full(n, np.nan),
        "instants": np.zeros(n, np.int64),
    }
    sources.append({**text, "reason": np.full(n, "", object)}, column, begin(seen, FIRST_SPEED_MS))


NOT_YET_US: Final = 10**12  # the row before was so long ago that it does not matter


def ranks(code: Int) -> Int:
    """For what is in the order of its codes: how many of the same code came before."""
    n = len(code)
    first = (np.concatenate([[True], code[1:] != code[:-1]])[:n]).nonzero()[0]
    return np.arange(n) - np.repeat(first, np.diff(np.append(first, n)))
