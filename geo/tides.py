"""Tides of a site: heights above chart datum, and when it is high water.

Harmonic prediction h(t) = z0 + r Σ f A cos(2π (V + u) - g), with the astronomical arguments V and
the nodal corrections f, u of `utide` (Codiga 2011, after Foreman). They are taken once a week, at
its middle, with the rates of that moment, never once a batch: a height does not depend on what
else was asked. Between weeks this leaves steps of about a millimetre.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_WEEK_US = 7 * 86_400_000_000
_HOUR_US = 3_600_000_000
_STEP_US = 600_000_000  # of the search for high water
_DATENUM_1970 = 719_163.0

#: Names of the TICON set that utide knows by others.
_OTHER_NAMES = {
    "LAMBDA2": "LDA2", "LAM2": "LDA2", "EP2": "EPS2", "SGM": "SIG1", "SIGMA1": "SIG1",
    "RHO": "RHO1", "NU": "NU2", "MU": "MU2",
}  # fmt: skip

#: Constituents of utide, by name: a site is read without utide, which is wanted only where a height
#: is asked for.
_UTIDE = """
2MK5 2MK6 2MN6 2MO5 2MP5 2MS6 2N2 2NM6 2NS2 2PO1 2Q1 2SK2 2SK5 2SM2 2SM6 2SN2 3KM5 3MK7 3MK8
3MN8 3MP5 3MS4 3MS8 4MK9 ALP1 BET1 CHI1 EPS2 ETA2 GAM2 H1 H2 J1 K1 K2 KN4 L2 LDA2 M10 M12 M2
M3 M4 M6 M7 M8 MF MK3 MK4 MKN6 MKS2 MM MN4 MNK5 MNO5 MO3 MS4 MSF MSK5 MSK6 MSM MSN2 MSN6 MU2
N2 N4 NK3 NO1 NO3 NSK6 NU2 O1 O2 OO1 OP2 OQ2 P1 PHI1 PI1 PSI1 Q1 R2 RHO1 S1 S2 S4 S6 SA SIG1
SK3 SK4 SKM2 SL4 SN4 SNK2 SO1 SO3 SP3 SSA T2 TAU1 THE1 UPS1 Z0
"""
_UTIDE_NAMES = frozenset(_UTIDE.split()) | {f"ST{i}" for i in range(1, 43)}

#: Constituents that utide has not: Doodson numbers (tau, s, h, p, N', p'), phase in cycles, and the
#: constituent whose nodal correction they share. M1, 3N2 and 3L2 are TICON's of the third degree
#: (Ray 2020); MA2 and MB2 the annual side lines of M2.
_FURTHER: dict[str, tuple[tuple[int, ...], float, str | None]] = {
    "M1": ((1, 0, 0, 0, 0, 0), 0.25, None),
    "MTM": ((0, 3, 0, -1, 0, 0), 0.0, "MF"),
    "MSQM": ((0, 4, -2, 0, 0, 0), 0.0, "MF"),
    "MA2": ((2, 0, -1, 0, 0, 0), 0.0, "M2"),
    "MB2": ((2, 0, 1, 0, 0, 0), 0.0, "M2"),
    "3N2": ((2, -1, 0, 0, 0, 0), 0.25, None),
    "3L2": ((2, 1, 0, 0, 0, 0), -0.25, None),
    "T3": ((3, 3, -4, 0, 0, 0), 0.5, None),
    "S3": ((3, 3, -3, 0, 0, 0), 0.0, None),
    "R3": ((3, 3, -2, 0, 0, 0), 0.5, None),
}


@dataclass(frozen=True)
class Constituent:
    """One harmonic constituent: its name, its amplitude in metres, its Greenwich phase lag."""

    name: str
    amplitude_m: float
    phase_deg: float


def known_constituent(name: str) -> bool:
    """Whether a constituent of this name can be predicted.

    >>> [known_constituent(name) for name in ("M2", "LAMBDA2", "MA2", "X9")]
    [True, True, True, False]
    """
    return name in _FURTHER or _OTHER_NAMES.get(name, name) in _UTIDE_NAMES


@dataclass(frozen=True)
class Tide:
    """The tide of a site by its station's constituents.

    Parameters
    ----------
    station
        Its name; a station far away is a stand-in, and screens say so.
    lon, lat
        Where it stands, in degrees.
    z0_m
        Mean sea level above chart datum.
    time_offset_min
        Added to the station's times.
    range_factor
        Multiplies the station's heights about mean sea level.
    constituents
        At least one; `known_constituent` names only.
    """

    station: str
    lon: float
    lat: float
    z0_m: float
    time_offset_min: float
    range_factor: float
    constituents: tuple[Constituent, ...]

    def __hash__(self) -> int:
        """Quick: heights are remembered by tide, and a tide has forty constituents."""
        return hash((self.lon, self.lat, self.z0_m, self.time_offset_min, self.range_factor))

    def height_m(self, times: ArrayLike) -> Float:
        """Heights above chart datum in metres, rounded to 1 mm.

        Parameters
        ----------
        times
            `datetime64` in UTC, any shape; NaT gives NaN.
        """
        at = np.asarray(times, "datetime64[us]")
        if not at.ndim and not np.isnat(at):
            return np.array(_height_m(self, int(at.astype(np.int64))))
        known = ~np.isnat(at)
        height = np.full(at.shape, np.nan)
        height[known] = np.round(self._exact_m(at[known].astype(np.int64)), 3)
        return height

    def high_waters(self, from_: datetime, to: datetime) -> list[tuple[datetime, float]]:
        """High waters from `from_` up to, and without, `to`: time (whole seconds) and height.

        A maximum between steps of ten minutes, refined by a parabola; the steps lie fixed in
        time, so that neighbouring windows agree.
        """
        first, last = (int(np.datetime64(_naive(t), "us").astype(np.int64)) for t in (from_, to))
        grid = np.arange(first // _STEP_US - 2, last // _STEP_US + 4, dtype=np.int64) * _STEP_US
        h = self._exact_m(grid)
        before, here, after = h[:-2], h[1:-1], h[2:]
        top = (here >= before) & (here > after)
        bend = (before - 2.0 * here + after)[top]
        shift = 0.5 * (before - after)[top] / bend
        peak_us = grid[1:-1][top] + np.rint(shift * (_STEP_US / 1e6)).astype(np.int64) * 1_000_000
        peak_us = peak_us[(peak_us >= first) & (peak_us < last)]
        heights = np.round(self._exact_m(peak_us), 3)
        return [
            (datetime.fromtimestamp(us // 1_000_000, UTC), height)
            for us, height in zip(peak_us.tolist(), heights.tolist(), strict=True)
        ]

    def _exact_m(self, at_us: Int) -> Float:
        at = at_us - round(self.time_offset_min * 60e6)
        week, which = np.unique(at // _WEEK_US, return_inverse=True)
        names = tuple(item.name for item in self.constituents)
        weekly = [_at_middle(w, names, self.lat) for w in week.tolist()]
        hours = (at - week[which] * _WEEK_US - _WEEK_US // 2) / _HOUR_US
        total = np.zeros(len(at))
        for i, item in enumerate(self.constituents):  # few; the times are many
            factor, cycles, per_hour = (np.array([w[k][i] for w in weekly]) for k in range(3))
            turns = cycles[which] + per_hour[which] * hours - item.phase_deg / 360.0
            total += factor[which] * item.amplitude_m * np.cos(2.0 * np.pi * turns)
        return np.asarray(self.z0_m + self.range_factor * total, np.float64)


@lru_cache(maxsize=1 << 14)
def _height_m(tide: Tide, at_us: int) -> float:
    """A single height: the water at a berthing is asked for each time that more is known of it."""
    return float(tide.height_m(np.array([at_us]).astype("datetime64[us]"))[0])


_IMPORTING: Final = Lock()


def _utide(part: str) -> Any:
    """A module of utide, without the solver that its package imports first: that draws
    scipy.signal and scipy.stats in, a second of every replay."""
    name = f"utide.{part}"
    with _IMPORTING:
        spec = find_spec("utide") if not {"utide", name} & set(sys.modules) else None
        if spec is not None:
            sys.modules["utide"] = module_from_spec(spec)
        try:
            return sys.modules.get(name) or import_module(name)
        finally:
            if spec is not None:
                del sys.modules["utide"]  # whoever wants the package gets it whole


@lru_cache(maxsize=1)
def _utide_rows() -> dict[str, int]:
    """Row of utide's tables by name."""
    return {str(name).strip(): i for i, name in enumerate(_utide("harmonics").const.name)}


@lru_cache(maxsize=1024)
def _at_middle(week: int, names: tuple[str, ...], lat: float) -> tuple[Float, Float, Float]:
    """Of each constituent amid a week since 1970: f, V + u in cycles, cycles an hour."""
    harmonics, ut_astron = _utide("harmonics"), _utide("astronomy").ut_astron
    middle = np.array([_DATENUM_1970 + 7 * week + 3.5])
    nodal_of = [_FURTHER[n][2] if n in _FURTHER else _OTHER_NAMES.get(n, n) for n in names]
    index = np.array([_utide_rows()[n or "S2"] for n in nodal_of])
    f, u, v = (part[0] for part in harmonics.FUV(middle, middle[0], index, lat, [False] * 4))
    per_hour = harmonics.linearized_freqs(middle)[index]
    arguments, rates = (part[:, 0] for part in ut_astron(middle))
    for i, name in enumerate(names):
        if name in _FURTHER:
            doodson, phase, nodal = _FURTHER[name]
            v[i] = np.dot(doodson, arguments) + phase
            per_hour[i] = np.dot(doodson, rates) / 24.0
            if nodal is None:
                f[i], u[i] = 1.0, 0.0
    return f, u + v, per_hour


def _naive(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
