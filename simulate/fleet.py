"""The vessels of the night: from the site's register, and strangers that are in none."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

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
_CLASS_A = {"cargo", "tanker", "sand_carrier", "passenger", "law_enforcement"}

UNDER_WAY, AT_ANCHOR, NOT_UNDER_COMMAND, MOORED, FISHING = 0, 1, 2, 5, 7


@dataclass(frozen=True)
class Boat:
    """A vessel and its transponder."""

    ship: Ship
    kind: str
    class_a: bool
    draught_m: float
    home: int | None  # index of its home pier

    @property
    def target(self) -> str:
        """What it claims to be."""
        return f"mmsi:{self.ship.mmsi}"


@dataclass(frozen=True)
class Voyage:
    """What one vessel does in the night.

    Attributes
    ----------
    silences
        Spans (from, to) in seconds in which its transponder says nothing.
    duties
        (from second, navigational status), in their order; class B sends none.
    """

    boat: Boat
    track: Track
    silences: tuple[tuple[float, float], ...] = ()
    duties: tuple[tuple[float, int], ...] = field(default=((0.0, UNDER_WAY),))


class Fleet:
    """Hands out boats, each once."""

    def __init__(self, site: Site, dice: Dice) -> None:
        rows = site.vessels.filter(pl.col("mmsi").is_not_null()).to_dicts()
        piers = {pier: i for i, pier in enumerate(site.piers.table["pier_id"])}
        self._dice = dice
        self._strangers = 0
        self._by_kind: dict[str, list[Boat]] = {}
        for row in dice.child("register").shuffled(rows):
            kind = str(row["type"] or "service")
            boat = _boat(row, kind, piers.get(str(row["home_pier"])), dice)
            self._by_kind.setdefault(kind, []).append(boat)

    def take(self, kind: str, shortest_m: int = 0, longest_m: int = 400) -> Boat:
        """The next boat of a kind and length from the register; a stranger where none is left."""
        left = self._by_kind.get(kind, [])
        for i, boat in enumerate(left):
            if shortest_m <= boat.ship.length_m <= longest_m:
                return left.pop(i)
        return self.stranger(kind, max(shortest_m, 20), min(longest_m, 90))

    def stranger(self, kind: str, shortest_m: int, longest_m: int) -> Boat:
        """A vessel that is in no register; told, like all of them, by its MMSI (41399…)."""
        self._strangers += 1
        row = {
            "mmsi": f"{413_998_000 + self._strangers}",
            "vessel_id": f"V{8000 + self._strangers}",
            "length_m": self._dice.between(shortest_m, longest_m),
            "draught_m": None,
        }
        return _boat(row, kind, None, self._dice)


def _boat(row: dict[str, object], kind: str, home: int | None, dice: Dice) -> Boat:
    mmsi = int(str(row["mmsi"]))
    length_m = round(float(str(row["length_m"] or 20)))
    given = row["draught_m"]
    draught_m = 0.4 + length_m * 0.055 if given is None else float(str(given))
    serial = "".join(c for c in str(row["vessel_id"]) if c.isdigit())[-4:].rjust(4, "0")
    throw = dice.child(f"boat {mmsi}")
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
    return Boat(ship, kind, class_a, draught_m, home)
