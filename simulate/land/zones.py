"""Where terminals have trouble: no network, houses on both sides, no sky. The same every night."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.land.roads import Roads, roads_of
from simulate.place import Place
from simulate.waters import Float


@dataclass(frozen=True, eq=False)
class Discs:
    """Round areas: `centre` of shape (n, 2) and `radius_m` of shape (n,)."""

    centre: Float
    radius_m: Float

    def hold(self, xy_m: Float) -> NDArray[np.bool_]:
        """Shape (m,): which spots, of shape (m, 2), lie in one of them."""
        inside = np.zeros(len(xy_m), np.bool_)
        for (x, y), radius in zip(self.centre.tolist(), self.radius_m.tolist(), strict=True):
            east, north = xy_m[:, 0] - x, xy_m[:, 1] - y
            inside |= east * east + north * north < radius * radius
        return inside


@dataclass(frozen=True)
class Zones:
    """Where there is no network; where houses reflect; where there is no sky (tunnels)."""

    dead: Discs
    houses: Discs
    tunnels: Discs


_MADE: WeakKeyDictionary[Place, Zones] = WeakKeyDictionary()


def zones_of(place: Place) -> Zones:
    """The zones of a place, made at the first call."""
    if place not in _MADE:
        _MADE[place] = _zones(place, roads_of(place))
    return _MADE[place]


def _zones(place: Place, roads: Roads) -> Zones:
    dice = Dice(zlib.crc32(place.site.name.encode()), "zones")
    hubs = list(range(len(roads.hubs)))
    towns = roads.depots + dice.child("towns").shuffled(hubs)[: len(hubs) // 8]
    status = place.site.piers.table["status"].to_list()
    coves = [i for i, word in enumerate(status) if word != "active" and roads.reaches(i)]
    quiet = dice.child("coves").shuffled(coves)[: len(coves) // 10]
    bare = [hub for hub in hubs if hub not in set(towns)]
    valleys = dice.child("valleys").shuffled(bare)[: len(bare) // 20]
    dead = [*(roads.hubs[hub] for hub in valleys), *(roads.point(roads.quay(p)) for p in quiet)]
    pierced = dice.child("tunnels").shuffled(bare)[: max(len(bare) // 30, 1)]
    return Zones(
        _discs(dead, dice.child("dead"), (500, 1_600)),
        _discs([roads.hubs[hub] for hub in towns], dice.child("houses"), (300, 900)),
        _discs([roads.hubs[hub] for hub in pierced], dice.child("sky"), (150, 600)),
    )


def _discs(centres: list[Float], dice: Dice, radius: tuple[int, int]) -> Discs:
    return Discs(
        np.array(centres, np.float64).reshape(-1, 2),
        dice.many(*radius, len(centres)).astype(np.float64),
    )
