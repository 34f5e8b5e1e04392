"""A patrol plan: which piers to watch in which windows, with a few teams on the road.

Windows are taken greedily by the landings that they are expected to meet beyond those that earlier
windows meet. What is met is submodular, so the greedy choice of windows alone would have 1 − 1/e of
the best (Nemhauser, Wolsey & Fisher 1978); with the way between windows there is no such promise.
Among windows that are about as good the lot decides, or quiet nights would always have the same.

One window in five is drawn by lot over all shore segments and hours: the plan cannot be learned by
watching it, and what is met there says what is missed elsewhere. Drawn windows are secret: only
their team sees them, and nobody else the seed. A plan is a proposal; an officer decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.times import SECOND_US
from geo.piers import Piers
from geo.plane import distance_m
from models.outlook.lots import Lots
from models.outlook.risk_hours import HOUR_US, Outlook

Float = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEAR_M: Final = 300.0  # a team sees what lands so near
ONE_IN: Final = 5  # windows is drawn by lot
AS_GOOD: Final = 0.95  # of the best: as good, and chosen among by lot
_TRIES: Final = 200

PLAN: Final = pl.Schema(
    {
        "team": pl.Int64(),
        "from_us": pl.Int64(),
        "to_us": pl.Int64(),
        "pier": pl.Int64(),  # null: a shore segment, or hidden
        "segment": pl.Int64(),  # null: a pier, or hidden
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "expected": pl.Float64(),  # landings met that no other window of the plan meets
        "secret": pl.Boolean(),
    }
)


@dataclass(frozen=True)
class Duty:
    """What there is to plan with.

    Attributes
    ----------
    from_h, to_h
        The shift, in hours after the night's noon: 8 is eight in the evening.
    speed_kmh, detour
        Between piers: the straight way times `detour` at this speed (1.2-1.3 on ordinary road
        networks, Newell 1980; 1.4 on a coast of bays is this project's proposal).
    bases
        Where each team sets out when the shift begins, longitude and latitude; none: it may begin
        anywhere.
    """

    teams: int = 3
    windows_each: int = 2
    window_min: int = 120
    step_min: int = 30
    from_h: float = 8.0
    to_h: float = 18.0
    speed_kmh: float = 40.0
    detour: float = 1.4
    bases: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        shift_min = (self.to_h - self.from_h) * 60
        counts = 0 <= self.teams <= 200 and 0 <= self.windows_each <= 48
        if not counts or not 0 < self.window_min <= shift_min <= 1_440 or self.step_min < 1:
            raise ValueError("windows should fit into the shift, 200 teams with 48 each at most")
        if not self.speed_kmh > 0 or not self.detour >= 1 or len(self.bases) not in (0, self.teams):
            raise ValueError("a speed above 0, a detour of 1 or more, and a base for each team")

    def way_us(self, metres: Float) -> Float:
        """Microseconds that a team needs from place to place."""
        return metres * self.detour / (self.speed_kmh / 3.6) * SECOND_US


@dataclass(frozen=True)
class Window:
    """A team at a place from when to when; `pier` or `segment`, both None where it is hidden."""

    team: int
    from_us: int
    to_us: int
    pier: int | None
    segment: int | None
    lon: float | None
    lat: float | None
    expected: float = 0.0
    secret: bool = False


@dataclass(frozen=True)
class Plan:
    """Windows by team and time. `seed` is None in what is shown to others than its keeper.

    `segments` and `starts_us`: among how many places and which hours a secret window was drawn,
    each as likely, but for those that its team could not have reached.
    """

    windows: tuple[Window, ...]
    seed: str | None
    segments: int
    starts_us: tuple[int, ...]

    def shown_to(self, team: int | None) -> Plan:
        """As a team sees it, or everybody (None): without the secret windows of others."""
        seen = tuple(w for w in self.windows if not w.secret or w.team == team)
        return replace(self, windows=seen, seed=None)

    def frame(self) -> pl.DataFrame:
        """PLAN."""
        rows = [[getattr(w, name) for name in PLAN.names()] for w in self.windows]
        return pl.DataFrame(rows, schema=PLAN, orient="row")


def plan(
    outlook: Outlook,
    piers: Piers,
    shore: pl.DataFrame,
    duty: Duty,
    seed: str,
    usual_stay_min: int,
) -> Plan:
    """The plan of a night.

    Parameters
    ----------
    shore
        `models.outlook.shore.SEGMENT`; empty: nothing is drawn by lot.
    seed
        Of this night's lots; the same seed gives the same plan. From a secret source, and logged.
    usual_stay_min
        How long a landing lies at its pier: a window meets one that began before it.
    """
    first = outlook.from_us + round(duty.from_h * HOUR_US)
    last = outlook.from_us + round(duty.to_h * HOUR_US) - duty.window_min * 60 * SECOND_US
    starts = list(range(first, last + 1, duty.step_min * 60 * SECOND_US))
    book = _Book(duty, first)
    lots = Lots(seed)
    _draw(book, shore, starts, lots)
    if len(piers):
        _fill(book, outlook, piers, starts, usual_stay_min, lots)
    ordered = tuple(sorted(book.windows, key=lambda w: (w.team, w.from_us)))
    return Plan(ordered, seed, len(shore), tuple(starts))


class _Book:
    """What each team does already, and what it could still reach."""

    def __init__(self, duty: Duty, first_us: int) -> None:
        self.duty, self._first_us = duty, first_us
        self.windows: list[Window] = []

    def free(self, team: int) -> bool:
        return sum(w.team == team for w in self.windows) < self.duty.windows_each

    def fits(self, team: int, starts: Sequence[int], lon: Float, lat: Float) -> Bools:
        """Shape (places, starts): where the team can be at a start, and go on in time."""
        begin = np.array(starts, np.float64)
        length_us = float(self.duty.window_min * 60 * SECOND_US)
        able = np.ones((len(lon), len(begin)), np.bool_)
        if self.duty.bases:
            way = self.duty.way_us(distance_m(*self.duty.bases[team], lon, lat))
            able &= begin[None, :] - self._first_us >= way[:, None]
        for window in self.windows:
            if window.team != team:
                continue
            assert window.lon is not None
            assert window.lat is not None
            way = self.duty.way_us(distance_m(window.lon, window.lat, lon, lat))[:, None]
            able &= (begin >= window.to_us + way) | (begin + length_us + way <= window.from_us)
        return able


def _draw(book: _Book, shore: pl.DataFrame, starts: Sequence[int], lots: Lots) -> None:
    """The windows of the lot: a fifth of all, the odd one by lot too."""
    duty = book.duty
    whole, odd = divmod(duty.teams * duty.windows_each, ONE_IN)
    count = whole + (lots.below(ONE_IN, "odd") < odd)
    if not len(shore) or not starts:
        return
    lon, lat = (shore[name].to_numpy() for name in ("lon", "lat"))
    for i in range(count):
        for k in range(_TRIES):
            place = lots.below(len(shore), "place", i, k)
            start = starts[lots.below(len(starts), "start", i, k)]
            here = slice(place, place + 1)
            able = [
                team for team in lots.order(duty.teams, "team", i)
                if book.free(team) and book.fits(team, [start], lon[here], lat[here])[0, 0]
            ]  # fmt: skip
            if able:
                to_us = start + duty.window_min * 60 * SECOND_US
                spot = float(lon[place]), float(lat[place])
                window = Window(able[0], start, to_us, None, place, *spot, secret=True)
                book.windows.append(window)
                break


def _fill(
    book: _Book,
    outlook: Outlook,
    piers: Piers,
    starts: Sequence[int],
    usual_stay_min: int,
    lots: Lots,
) -> None:
    """Window after window, the one that meets most of what is not met yet."""
    lon, lat = (piers.table[name].to_numpy() for name in ("lon", "lat"))
    near = _near(lon, lat)
    length_us = book.duty.window_min * 60 * SECOND_US
    left = outlook.by_hour(len(piers)).copy()
    begin = outlook.table["hour_from_us"].to_numpy()[: left.shape[1]]
    met = _overlap(begin, np.array(starts), length_us, usual_stay_min * 60 * SECOND_US)
    for k in range(book.duty.teams * book.duty.windows_each):
        gain = _gain(left, met, near)
        teams = [team for team in range(book.duty.teams) if book.free(team)]
        able = [np.where(book.fits(team, starts, lon, lat), gain, 0.0) for team in teams]
        most = max((float(open_.max()) for open_ in able), default=0.0)
        if most <= 0:
            return
        as_good = [np.flatnonzero(open_ >= most * AS_GOOD) for open_ in able]
        chosen = lots.below(sum(map(len, as_good)), "window", k)
        team, at = [(t, a) for t, found in zip(teams, as_good, strict=True) for a in found][chosen]
        pier, start = divmod(int(at), len(starts))
        worth = float(gain[pier, start])
        spot = float(lon[pier]), float(lat[pier])
        to_us = starts[start] + length_us
        book.windows.append(
            Window(team, starts[start], to_us, pier, None, *spot, expected=round(worth, 9))
        )
        for other in near[pier]:
            left[other] *= 1.0 - met[:, start]


def _overlap(begin: NDArray[np.int64], starts: NDArray[np.int64], length: int, stay: int) -> Float:
    """Shape (hours, starts): the share of an hour's landings that a window meets."""
    low = np.maximum(begin[:, None], starts[None, :] - stay)
    high = np.minimum(begin[:, None] + HOUR_US, starts[None, :] + length)
    return np.asarray(np.clip((high - low) / HOUR_US, 0.0, 1.0), np.float64)


def _gain(left: Float, met: Float, near: list[list[int]]) -> Float:
    """Shape (piers, starts): landings met. Hour by hour and pier by pier, in a fixed order: no
    matrix product, whose sums depend on the machine."""
    own = np.zeros((len(left), met.shape[1]))
    for hour in range(left.shape[1]):
        own = own + left[:, hour, None] * met[None, hour, :]
    total = own.copy()
    for pier, others in enumerate(near):
        for other in others:
            if other != pier:
                total[pier] = total[pier] + own[other]
    return np.round(total, 12)


def _near(lon: Float, lat: Float) -> list[list[int]]:
    """Of each pier those that a team there sees, itself among them."""
    apart = distance_m(lon[:, None], lat[:, None], lon[None, :], lat[None, :])
    return [np.flatnonzero(row <= NEAR_M).tolist() for row in apart]
