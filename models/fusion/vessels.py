"""The partition of source tracks into vessels: names, members, and what is said of both.

A vessel has at most one track of each kind (AIS, BeiDou, each radar). Its name is made when it is
first said and never changes; when two are found to be one, the older name stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.compiled import compiled
from core.keys import short_id
from core.settings import FusionSettings
from core.times import utc_text
from models.fusion.association import Pairs
from models.fusion.filters import SECOND_US, Bool, Estimates, Int
from models.fusion.ground import BEIDOU_KIND, RADARS_FROM, Ground
from models.fusion.neighbours import Ends
from models.fusion.sources import Columns, Sources, brought, places_of

VESSEL: Final = pl.Schema(
    {
        "serial": pl.Int64(),
        "vessel": pl.String(),
        "founded_s": pl.Int64(),
        "x": pl.Array(pl.Float64(), 4),
        "p": pl.Array(pl.Float64(), 16),
        "t_us": pl.Int64(),
        "row_us": pl.Int64(),  # time of the newest row that it rests on
        "stopped": pl.Boolean(),
    }
)
_ARRAYS: Final = ("serial", "founded_s", "row_us", "stopped")


class Vessels:
    """Vessels, as arrays in the order of their serials."""

    def __init__(self, name: NDArray[np.object_], column: Columns, places: Estimates) -> None:
        self.name, self.column, self.places = name, column, places

    @staticmethod
    def load(frame: pl.DataFrame) -> Vessels:
        """From the state."""
        column = {name: frame[name].to_numpy().copy() for name in _ARRAYS}
        return Vessels(frame["vessel"].to_numpy().astype(object), column, places_of(frame))

    def frame(self) -> pl.DataFrame:
        """For the state."""
        columns = {
            **self.column,
            "vessel": self.name.tolist(),
            "x": self.places.x,
            "p": self.places.p.reshape(len(self), 16),
            "t_us": self.places.t_us,
        }
        return pl.DataFrame({name: columns[name] for name in VESSEL}, schema=VESSEL)

    def __len__(self) -> int:
        return len(self.name)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.column[name]

    def index(self, serials: Int) -> Int:
        """Their positions; the serials are of vessels that live."""
        return np.searchsorted(self.column["serial"], serials).astype(np.int64)

    def keep(self, which: Bool) -> None:
        """End the others."""
        self.places = self.places.take(which)
        self.name = self.name[which]
        self.column = {name: values[which] for name, values in self.column.items()}

    def append(self, name: str, one: dict[str, int], places: Estimates) -> None:
        """A new vessel, whose serial is higher than all before."""
        self.name = np.append(self.name, np.array([name], object))
        for key, values in self.column.items():
            self.column[key] = np.append(values, np.array([one[key]], values.dtype))
        self.places = self.places.with_(places)

    def at(self, t_s: int, settings: FusionSettings, which: Int) -> Estimates:
        """Some of them at an instant, by what was last known of them."""
        return brought(self.places.take(which), self.column["stopped"][which], t_s, settings)


@compiled
def homes(vessel: Int, serial: Int) -> Int:
    """The positions of source tracks' vessels, −1 for those without, by the vessels' serials."""
    home = np.full(len(vessel), -1)
    for i in range(len(vessel)):
        if vessel[i] >= 0:
            home[i] = np.searchsorted(serial, vessel[i])
    return home


_NO_PAIR: Final = np.zeros(0, np.int64)


@dataclass
class Scene:
    """Everything at one instant: what the parts of fusion read and change.

    `links` collects what is said, `serial` is the next free number, `ends` are the positions of the
    pairs' tracks, `changes` counts how often a track joined or left a vessel, `look`
    is what `linking` last saw.
    """

    t_s: int
    sources: Sources
    vessels: Vessels
    pairs: Pairs
    ground: Ground
    settings: FusionSettings
    serial: int
    ends: Ends = (_NO_PAIR, _NO_PAIR)
    changes: int = 0
    look: Any = None
    links: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def now(self) -> Estimates:
        """The source tracks at the instant; first asked when it is known which are given up."""
        return self.sources.at(self.t_s, self.settings)

    @cached_property
    def live(self) -> Bool:
        """Source tracks that are heard: for AIS not silent yet, for a radar within a step."""
        sources, settings = self.sources, self.settings
        limits_s = (settings.live_s, settings.moored_live_s, settings.radar_live_s)
        return _live(
            sources["kind"], sources["stopped"], sources.places.t_us, self.t_s * SECOND_US, limits_s
        )

    def say(self, at: int, phase: str) -> None:
        """Put out a link of the source track `at` as it stands."""
        sources = self.sources
        vessel = self.vessels.index(sources["vessel"][at : at + 1])[0]
        margin = float(sources["margin"][at])
        self.links.append(
            {
                "vessel": self.vessels.name[vessel],
                **{
                    name: sources.text[name][at] for name in ("track", "target", "sensor", "source")
                },
                "clock_s": self.t_s,
                "phase": phase,
                "since_s": int(sources["since_s"][at]),
                "probability": round(float(sources["probability"][at]), 4),
                "margin": None if np.isnan(margin) else round(margin, 2),
                "instants": int(sources["instants"][at]),
                "reason": sources.text["reason"][at],
            }
        )

    def leave(self, at: int) -> None:
        """A source track is no longer of its vessel."""
        self.say(at, "left")
        self.changes += 1
        self.sources["vessel"][at] = -1
        self.sources["waits_s"][at] = self.t_s

    def join(
        self, at: int, vessel: int, reason: str, probability: float, margin: float, instants: int
    ) -> None:
        """A source track becomes one of the vessel with this serial."""
        sources = self.sources
        sources["vessel"][at] = vessel
        sources["since_s"][at] = self.t_s
        sources["probability"][at] = probability
        sources["margin"][at] = margin
        sources["instants"][at] = instants
        sources.text["reason"][at] = reason
        self.say(at, "joined")
        self.changes += 1

    def found(self, members: list[int]) -> int:
        """A new vessel of these source tracks, which have yet to join it; its serial."""
        first = members[0]
        tracks = sorted(str(self.sources.text["track"][at]) for at in members)
        name = short_id(["vessel", utc_text(self.t_s * SECOND_US) or "", tracks[0]])
        one = {
            "serial": self.serial,
            "founded_s": self.t_s,
            "row_us": int(self.sources.places.t_us[first]),
            "stopped": bool(self.sources["stopped"][first]),
        }
        self.vessels.append(name, one, self.now.take(np.array([first])))
        self.serial += 1
        return self.serial - 1

    def members(self, vessel: int) -> list[int]:
        """The source tracks of the vessel with this serial, by kind."""
        mine = (self.sources["vessel"] == vessel).nonzero()[0]
        order = np.lexsort((mine, self.sources["kind"][mine]))
        found: list[int] = mine[order].tolist()
        return found


@compiled
def _live(kind: Int, stopped: Bool, t_us: Int, now_us: int, limits_s: tuple[int, int, int]) -> Bool:
    """Which source tracks are heard; limits under way, moored or of BeiDou, and of radars."""
    live = np.empty(len(kind), np.bool_)
    for i in range(len(kind)):
        patient = stopped[i] or kind[i] == BEIDOU_KIND
        limit_s = limits_s[2] if kind[i] >= RADARS_FROM else limits_s[1 if patient else 0]
        live[i] = now_us - t_us[i] <= limit_s * SECOND_US
    return live
