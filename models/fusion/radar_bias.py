"""What is known of each radar's bias, between two instants: the state of `registration`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import empty
from models.fusion import residuals

RAD: Final = math.pi / 180.0
#: One sigma before anything is known: metres, radians, seconds. Wide: it only holds the sums. Most
#: devices keep time within half a minute (methods 7.2), forty seconds are nothing unusual.
PRIOR: Final = (200.0, 2.0 * RAD, 40.0)
#: A radar between two instants. `a…` and `b…` are sums of least squares.
STANDING: Final = pl.Schema(
    {
        "radar_id": pl.String(),
        "word": pl.String(),
        "since_s": pl.Int64(),
        "last_s": pl.Int64(),
        "voted_s": pl.Int64(),
        **{name: pl.Float64() for name in ("a00", "a11", "a22", "a02", "a12", "b0", "b1", "b2")},
        "known": pl.Boolean(),
        **{f"told_{name}": pl.Float64() for name in ("range", "bearing", "clock")},
    }
)
VOTES: Final = pl.Schema({"radar_id": pl.String(), "cell": pl.Int64(), "n": pl.Int64()})
PARTNERS: Final = pl.Schema(
    {"radar_id": pl.String(), "reference": pl.String(), "last_s": pl.Int64()}
)
_CELLS: Final = residuals.RANGE_BINS * residuals.BEARING_BINS
_NOTHING: Final = (0.0,) * 8


@dataclass(frozen=True)
class Estimate:
    """Range (m), bearing (radians) and clock (s) that a radar has too much, with their sigmas."""

    value: tuple[float, float, float]
    sigma: tuple[float, float, float]

    @staticmethod
    def of(sums: tuple[float, ...]) -> Estimate:
        """The solution of the sums of least squares, the prior among them."""
        held = tuple(1.0 / (sigma * sigma) for sigma in PRIOR)
        a00, a11, a22 = sums[0] + held[0], sums[1] + held[1], sums[2] + held[2]
        a02, a12, b0, b1, b2 = sums[3:]
        left = a22 - a02 * a02 / a00 - a12 * a12 / a11
        clock = (b2 - a02 / a00 * b0 - a12 / a11 * b1) / left
        variance = (
            1.0 / a00 + (a02 / a00) * (a02 / a00) / left,
            1.0 / a11 + (a12 / a11) * (a12 / a11) / left,
            1.0 / left,
        )
        value = ((b0 - a02 * clock) / a00, (b1 - a12 * clock) / a11, clock)
        sigmas = (math.sqrt(v) for v in variance)
        return Estimate(value, (next(sigmas), next(sigmas), next(sigmas)))


@dataclass(frozen=True, eq=False)
class Radar:
    """What is known of one radar: its word, the sums of its estimate, its votes and partners."""

    word: str = "learning"
    since_s: int = 0
    last_s: int = 0
    voted_s: int = 0
    sums: tuple[float, ...] = _NOTHING
    known: bool = False  # there is an estimate
    votes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_CELLS, np.int64))
    partners: Mapping[str, int] = field(default_factory=dict)
    told: tuple[float, float, float] | None = None

    @cached_property
    def estimate(self) -> Estimate | None:
        """None before the start."""
        return Estimate.of(self.sums) if self.known else None


@dataclass(frozen=True, eq=False)
class RegistrationState:
    """All radars that were heard; `fresh`: `REGISTRATION` rows of what the last instant changed."""

    radars: Mapping[str, Radar]
    fresh: tuple[dict[str, Any], ...] = ()

    @staticmethod
    def initial() -> RegistrationState:
        """Nothing heard yet."""
        return RegistrationState({})

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        standing, votes, partners = [], [empty(VOTES)], []
        for name, radar in sorted(self.radars.items()):
            head = (name, radar.word, radar.since_s, radar.last_s, radar.voted_s)
            standing.append((*head, *radar.sums, radar.known, *(radar.told or (None,) * 3)))
            cell = radar.votes.nonzero()[0]
            counted = {"radar_id": [name] * len(cell), "cell": cell, "n": radar.votes[cell]}
            votes.append(pl.DataFrame(counted, schema=VOTES))
            partners += [(name, who, last_s) for who, last_s in sorted(radar.partners.items())]
        return {
            "radars": pl.DataFrame(standing, schema=STANDING, orient="row"),
            "votes": pl.concat(votes),
            "partners": pl.DataFrame(partners, schema=PARTNERS, orient="row"),
        }

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> RegistrationState:
        """As it was saved; nothing is fresh."""
        partners: dict[str, dict[str, int]] = {}
        for name, who, last_s in frames["partners"].iter_rows():
            partners.setdefault(name, {})[who] = last_s
        counted = frames["votes"]
        radars = {}
        for name, word, since_s, last_s, voted_s, *sums, known, a, b, c in frames[
            "radars"
        ].iter_rows():
            mine = counted.filter(pl.col("radar_id") == name)
            votes = np.zeros(_CELLS, np.int64)
            votes[mine["cell"].to_numpy()] = mine["n"].to_numpy()
            told = None if a is None else (a, b, c)
            radars[name] = Radar(
                word, since_s, last_s, voted_s, tuple(sums), known, votes,
                partners.get(name, {}), told,
            )  # fmt: skip
        return RegistrationState(radars)
