"""The vessels of the night: from the site's register, and strangers that are in none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal

from geo.site import Site
from simulate.dice import Dice
from simulate.encode_ais import Ship
from simulate.motion import Track

_AIS_TYPE = {
    "fishing": 30, "aquaculture": 30, "cargo": 70, "tanker": 80, "sand_carrier": 70,
    "passenger": 60, "law_enforcement": 55, "service": 90, "leisure": 37,
}  # fmt: skip
_AIS_NAME = {
    "fishing": "ZXY YAN", "aquaculture": "ZXYZ YAN", "cargo": "XH YAN", "tanker": "XYO YAN",
    "sand_carrier": "XS YAN", "passenger": "XD YAN", "law_enforcement": "XX YAN",
    "service": "XG YAN", "leisure": "XYT YAN",
}  # fmt: skip
_SMALL = {"fishing", "aquaculture", "leisure"}
_CLASS_A = {"cargo", "tanker", "sand_carrier", "passenger", "law_enforcement"}

UNDER_WAY, AT_ANCHOR, NOT_UNDER_COMMAND, MOORED, FISHING = 0, 1, 2, 5, 7


@dataclass(frozen=True)
class Boat:
    """A vessel, what it carries, and how it looks to a radar.

    Attributes
    ----------
    ship
        What its AIS says; `mmsi` 0 where it has none.
    kind
        As in vessels.csv, or `gear_beacon`.
    home
        Index of its home pier.
    ais, beidou
        The class of its transponder; the seven digits of its BeiDou terminal. None without one.
    height_m, radar_m2
        Of the highest part above the water; radar cross-section broadside, X band.
    wooden
        Wood or plastic: a poor echo.
    vessel_id
        In the site's register; None for a stranger.
    """

    ship: Ship
    kind: str
    draught_m: float
    home: int | None
    ais: Literal["A", "B"] | None = "B"
    beidou: str | None = None
    height_m: float = 4.0
    radar_m2: float = 20.0
    wooden: bool = False
    vessel_id: str | None = None

    @property
    def class_a(self) -> bool:
        """Whether its transponder is of class A."""
        return self.ais == "A"

    @property
    def length_m(self) -> int:
        """Length over all."""
        return self.ship.length_m

    @property
    def target(self) -> str:
        """What it claims to be; a name of our own where it claims nothing."""
        if self.ais is not None:
            return f"mmsi:{self.ship.mmsi}"
        return f"vessel:{self.ship.name}" if self.beidou is None else f"beidou:{self.beidou}"


@dataclass(frozen=True)
class Voyage:
    """What one vessel does in the night.

    Attributes
    ----------
    silences
        Spans (from, to) in seconds in which its AIS says nothing.
    duties
        (from second, navigational status), in their order; class B sends none.
    beidou_silences
        Spans in which its BeiDou terminal says nothing.
    shown_mmsi
        The MMSI that its AIS sends instead of its own.
    ais_interval_s
        A beacon's own interval; None: by class and speed.
    """

    boat: Boat
    track: Track
    silences: tuple[tuple[float, float], ...] = ()
    duties: tuple[tuple[float, int], ...] = field(default=((0.0, UNDER_WAY),))
    beidou_silences: tuple[tuple[float, float], ...] = ()
    shown_mmsi: int | None = None
    ais_interval_s: int | None = None

    @property
    def shown(self) -> Ship:
        """What its AIS says of itself."""
        if self.shown_mmsi is None:
            return self.boat.ship
        return replace(self.boat.ship, mmsi=self.shown_mmsi)


class Fleet:
    """Hands out boats, each once.

    Parameters
    ----------
    site
        Whose register.
    dice
        What the register leaves open about a boat (its build, its class) is thrown with these.
    order
        In which order boats are handed out; None: as `dice` have it.
    silent
        Whether boats without AIS are among them.
    without
        Identifiers of vessels that are not to be had.
    strangers
        The number of the first vessel that is in no register.
    """

    def __init__(
        self,
        site: Site,
        dice: Dice,
        order: Dice | None = None,
        *,
        silent: bool = False,
        without: Collection[str] = (),
        strangers: int = 7_000,
    ) -> None:
        rows = site.vessels.to_dicts()
        piers = {pier: i for i, pier in enumerate(site.piers.table["pier_id"])}
        self._dice = dice if order is None else order
        self._strangers = strangers
        self._by_kind: dict[str, list[Boat]] = {}
        for row in self._dice.child("register").shuffled(
            [row for row in rows if silent or row["mmsi"] is not None]
        ):
            if row["vessel_id"] not in without:
                kind = str(row["type"] or "service")
                boat = _boat(row, kind, piers.get(str(row["home_pier"])), dice)
                self._by_kind.setdefault(kind, []).append(boat)

    def take(self, kind: str, shortest_m: int = 0, longest_m: int = 400) -> Boat:
        """The next boat of a kind and length from the register; a stranger where none is left."""
        boat = self.next(kind, shortest_m, longest_m)
        if boat is None:
            return self.stranger(kind, max(shortest_m, 20), min(longest_m, 90))
        return boat

    def next(self, kind: str, shortest_m: int = 0, longest_m: int = 400) -> Boat | None:
        """The next boat of a kind and length from the register; None where none is left."""
        left = self._by_kind.get(kind, [])
        for i, boat in enumerate(left):
            if shortest_m <= boat.ship.length_m <= longest_m:
                return left.pop(i)
        return None

    def rest(self, kind: str) -> list[Boat]:
        """All boats of a kind that are left."""
        return self._by_kind.pop(kind, [])

    def stranger(self, kind: str, shortest_m: int, longest_m: int) -> Boat:
        """A vessel that is in no register; told, like all of them, by its MMSI (41399…)."""
        self._strangers += 1
        return outsider(
            self._strangers, kind, self._dice.between(shortest_m, longest_m), self._dice
        )


def outsider(number: int, kind: str, length_m: int, dice: Dice) -> Boat:
    """A vessel that is in no register; `number`, 1 to 8,999, makes its MMSI (41399…)."""
    row = {
        "mmsi": f"{413_991_000 + number}",
        "vessel_id": f"V{1000 + number}",
        "length_m": length_m,
        "draught_m": None,
    }
    return _boat(row, kind, None, dice)


def _boat(row: dict[str, object], kind: str, home: int | None, dice: Dice) -> Boat:
    mmsi = int(str(row["mmsi"] or 0))
    length_m = round(float(str(row["length_m"] or 20)))
    given = row["draught_m"]
    draught_m = 0.4 + length_m * 0.055 if given is None else float(str(given))
    serial = "".join(c for c in str(row["vessel_id"]) if c.isdigit())[-4:].rjust(4, "0")
    throw = dice.child(f"boat {mmsi or row['vessel_id']}")
    class_a = kind in _CLASS_A or (kind in ("fishing", "service") and length_m >= 30)
    ship = Ship(
        mmsi=mmsi,
        name=f"{_AIS_NAME.get(kind, 'YAN')} {serial}",
        call_sign=f"BY{serial}",
        ship_type=_AIS_TYPE.get(kind, 0),
        length_m=length_m,
        beam_m=max(round(length_m * 0.22), 2),
        draught_dm=round(draught_m * 10),
        destination=throw.pick(("SHIPU", "XIANGSHAN", "NINGBO", "TAIZHOU", "")) if class_a else "",
    )
    wooden = kind in _SMALL and length_m < 24 and throw.chance(70)
    area_m2 = length_m * length_m * (0.02 if wooden else 0.15)
    return Boat(
        ship=ship,
        kind=kind,
        draught_m=draught_m,
        home=home,
        ais=("A" if class_a else "B") if mmsi else None,
        beidou=str(row["beidou_id"]) if row.get("beidou_id") else None,
        height_m=round(1.5 + length_m * 0.12, 1),
        radar_m2=round(area_m2, 1),
        wooden=wooden,
        vessel_id=str(row["vessel_id"]) if row.get("name") else None,
    )
