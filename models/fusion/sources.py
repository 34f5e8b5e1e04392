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

from core.compiled import compiled
from core.settings import FusionSettings
from models.fusion.filters import SECOND_US, Bool, Estimates, Float, Int, carry
from models.fusion.ground import Ground
from models.fusion.register import Registered, numbers

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


@compiled
def position(serials: Int, serial: int) -> int:
    """Where a serial stands in a rising list, −1 if nowhere."""
    at = int(np.searchsorted(serials, serial))
    return at if at < len(serials) and serials[at] == serial else -1


@dataclass
class Rows:
    """The rows of a batch as arrays, by (instant, track, time)."""

    names: Columns  # track, target, sensor, source of each code
    serial: Int  # of each code, −1 while it has none
    code: Int
    kind: Int  # of each row
    t_us: Int
    instant_s: Int
    xy: Float
    velocity: Float  # NaN where there is none
    fresh: Bool
    stopped: Bool


class Sources:
    """Source tracks, as arrays in the order of their serials."""

    def __init__(self, text: Columns, column: Columns, places: Estimates) -> None:
        self.text, self.column, self.places = text, column, places

    @staticmethod
    def load(frame: pl.DataFrame, ground: Ground) -> Sources:
        """From the state; what the register says of each is asked anew."""
        text = {name: frame[name].to_numpy().astype(object) for name in _TEXTS}
        column = {name: frame[name].to_numpy().copy() for name in _ARRAYS}
        column |= _registered(text["target"], ground)
        return Sources(text, column, places_of(frame))

    def frame(self) -> pl.DataFrame:
        """For the state."""
        columns = {
            **{name: values.tolist() for name, values in self.text.items()},
            **{name: self.column[name] for name in _ARRAYS},
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
        return brought(self.places, self.column["stopped"], t_s, settings)

    @property
    def registered(self) -> Registered:
        """Their kinds, and their numbers and partners in the register."""
        return self.column["kind"], self.column["number"], self.column["partner"]

    def age_s(self, t_s: int) -> Int:
        """Seconds since each one's newest row, rounded up."""
        return -((self.places.t_us - t_s * SECOND_US) // SECOND_US)


def places_of(frame: pl.DataFrame) -> Estimates:
    """The columns `x`, `p` and `t_us` of a state."""
    n = len(frame)
    x, p = frame["x"].to_numpy().reshape(n, 4), frame["p"].to_numpy().reshape(n, 4, 4)
    return Estimates(x, p, frame["t_us"].to_numpy()).copy()


def agility(settings: FusionSettings) -> tuple[float, float, float, float]:
    """Spectral density of the acceleration, and damping, of what moves and of what lies still."""
    return (
        settings.manoeuvre, settings.damping_per_s,
        settings.moored_manoeuvre, settings.moored_damping_per_s,
    )  # fmt: skip


def brought(places: Estimates, lying: Bool, t_s: int, settings: FusionSettings) -> Estimates:
    """Places at an instant, by what was last known of them."""
    ahead = places.copy()
    _bring(ahead.x, ahead.p, ahead.t_us, lying, t_s * SECOND_US, agility(settings))
    return ahead


@compiled
def _bring(
    x: Float, p: Float, t_us: Int, lying: Bool, to_us: int, agile: tuple[float, ...]
) -> None:
    """Carry n states on to an instant, in place; those of a later one stay."""
    for i in range(len(x)):
        if t_us[i] < to_us:
            rest = 2 if lying[i] else 0
            carry(x[i], p[i], (to_us - t_us[i]) / SECOND_US, agile[rest], agile[rest + 1])
            t_us[i] = to_us


def _registered(targets: NDArray[np.object_], ground: Ground) -> Columns:
    number, partner = numbers(targets.tolist(), ground)
    return {"number": number, "partner": partner}


def found(sources: Sources, rows: Rows, first: Int, serial: int, ground: Ground) -> None:
    """Room for tracks of these first rows, one each, which are yet to be taken."""
    n, code, instant_s = len(first), rows.code[first], rows.instant_s[first]
    text = {name: values[code] for name, values in rows.names.items()}
    none = np.zeros(n, np.int64)
    column = {
        "serial": np.arange(serial, serial + n),
        "kind": rows.kind[first],
        "first_s": instant_s,
        "seen_s": instant_s,
        "rows": none,
        "stopped": rows.stopped[first],
        "bias_var": np.zeros(n),
        "vessel": none - 1,
        "since_s": instant_s,
        "waits_s": instant_s,
        "probability": np.zeros(n),
        "margin": np.full(n, np.nan),
        "instants": none,
        **_registered(text["target"], ground),
    }
    rows.serial[code] = column["serial"]
    places = Estimates.of(n)
    places.t_us[:] = rows.t_us[first] - 1
    sources.append({**text, "reason": np.full(n, "", object)}, column, places)
