"""What the scenes of one night share: its clock, its piers, who lies where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.fleet import Fleet
from simulate.place import Place

Float = NDArray[np.float64]

_AUDIBLE = 0.5  # of a station's range: where class B is heard well


class Night:
    """One night at one place; seconds count from the start of the recording.

    Parameters
    ----------
    place, fleet, dice
        Where, who, and chance.
    start_at
        The start, aware.
    end_s
        Its length in seconds.
    number
        Of the recording's nights, from 0.
    off
        Kinds of nuisance that are switched off.
    sea_state
        Douglas, 0 to 6.
    """

    def __init__(
        self,
        place: Place,
        fleet: Fleet,
        dice: Dice,
        start_at: datetime,
        end_s: int,
        *,
        number: int = 0,
        off: Collection[str] = (),
        sea_state: int = 2,
    ) -> None:
        self.place, self.fleet, self.dice = place, fleet, dice
        self.number, self.sea_state, self._off = number, sea_state, frozenset(off)
        self.start_at, self.end_s = start_at.astimezone(UTC), end_s
        local = start_at.astimezone(ZoneInfo(place.site.timezone))
        midnight = (local + timedelta(hours=12)).replace(hour=0, minute=0, second=0, microsecond=0)
        self.evening: date = midnight.date() - timedelta(days=1)
        self.midnight_s = int((midnight - local).total_seconds())
        self._slots: Counter[int] = Counter()
        self._piers = place.site.piers.table.to_dicts()
        centres = np.array([place.centre(i) for i in range(len(self._piers))])
        self._audible: list[bool] = self.audible(centres).tolist()

    @property
    def start_ms(self) -> int:
        """The start in Unix milliseconds."""
        return round(self.start_at.timestamp()) * 1000

    def on(self, kind: str) -> bool:
        """Whether a kind of nuisance is switched on."""
        return kind not in self._off

    def clock_s(self, hour: float) -> float:
        """Seconds at a local hour, counted from the night's midnight (−2 is ten in the evening)."""
        return self.midnight_s + 3600.0 * hour

    def utc(self, at_s: float) -> str:
        """A time as it is written in truth.json."""
        at = self.start_at + timedelta(seconds=round(at_s))
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def second(self, text: str) -> float:
        """The second of a time as `utc` wrote it."""
        return (datetime.fromisoformat(text) - self.start_at).total_seconds()

    def pier(self, index: int) -> dict[str, object]:
        """The register's row."""
        return dict(self._piers[index])

    def piers(self, *statuses: str, kinds: tuple[str, ...] = ()) -> list[int]:
        """Piers of these statuses (and kinds) at which class B is heard well."""
        return [
            i
            for i, row in enumerate(self._piers)
            if row["status"] in statuses
            and (not kinds or row["kind"] in kinds)
            and self._audible[i]
        ]

    def slot(self, pier: int) -> int:
        """A place at a pier that nobody has yet."""
        self._slots[pier] += 1
        return self._slots[pier] - 1

    def crowded(self, pier: int, within_m: float) -> bool:
        """True where a vessel lies at a pier near this one."""
        here = self.place.centre(pier)
        gaps = [((self.place.centre(other) - here) ** 2).sum() for other in self._slots]
        return bool(gaps and min(gaps) < within_m**2)

    def home(self, index: int | None, dice: Dice) -> int:
        """A boat's home pier, or any that is in use where that cannot be seen."""
        if index is not None and self._audible[index]:
            return index
        return dice.pick(self.piers("active", "low"))

    def audible(self, xy_m: Float) -> NDArray[np.bool_]:
        """Shape (n,): where class B is heard well, of spots of shape (n, 2)."""
        stations = self.place.site.stations
        x, y = self.place.plane.to_m(stations["lon"].to_numpy(), stations["lat"].to_numpy())
        reach = stations["range_m"].fill_null(0.0).to_numpy() * _AUDIBLE
        away = np.sqrt((xy_m[:, :1] - x) ** 2 + (xy_m[:, 1:] - y) ** 2)
        return np.asarray((away < reach).any(axis=1), np.bool_)
