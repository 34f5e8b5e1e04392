"""About four hundred piers on the real coast line, at sheltered places. All invented."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.land import Land
from simulate.waters import Waters
from xiangshan.coast import PLACES, PLANE, Float, Shore
from xiangshan.names import name_piers

COUNT = 400
SPACING_M = 520.0  # between piers; a third of it in the harbour towns
TOWN_M = 3_500.0
#: kind → share, length and width ranges (m), depth range (dm below chart datum), status shares.
KINDS: dict[str, tuple[int, tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, ...]]] = {
    "pier": (40, (30, 60), (8, 15), (10, 45), (28, 30, 36, 6)),
    "jetty": (20, (20, 45), (6, 10), (5, 25), (16, 30, 47, 7)),
    "ramp": (12, (20, 32), (6, 9), (-10, 8), (6, 26, 58, 10)),
    "beach": (14, (40, 60), (12, 15), (-20, -5), (0, 14, 74, 12)),
    "mudflat": (14, (40, 60), (12, 15), (-25, -10), (0, 12, 75, 13)),
}
STATUSES = ("active", "low", "idle", "unknown")


@dataclass(frozen=True)
class Pier:
    """One row of piers.geojson, with what the other files need of it."""

    pier_id: str
    name: str
    aliases: list[str]
    kind: str
    status: str
    township: str
    depth_m: float | None
    access: list[float] | None
    ring: list[list[float]]
    foot: tuple[float, float]  # lon, lat at the shore


def pick(weights: tuple[int, ...], dice: np.random.Generator) -> int:
    """An index, drawn in proportion to whole-number weights."""
    return int(np.searchsorted(np.cumsum(weights), dice.integers(sum(weights)), side="right"))


def choose(shore: Shore, waters: Waters, dice: np.random.Generator) -> NDArray[np.int64]:
    """Indices of the chosen places: sheltered ones first, a least distance apart."""
    tickets = np.select(
        [shore.fetch_m < low for low in (900, 1400, 2000, 2600)], [30, 28, 24, 12], 4
    )
    tickets = tickets * np.where(shore.seat_m < TOWN_M, np.maximum(shore.favour, 1), 1)
    tickets = np.where((shore.island_km2 < 0.25) | (shore.favour == 0), 2, tickets)
    head = np.stack([shore.x_m + 110 * shore.out_x, shore.y_m + 110 * shore.out_y], axis=1)
    chosen: list[int] = []
    for _ in range(12):
        for i in dice.permutation(len(tickets)):
            if len(chosen) == COUNT:
                return np.array(chosen)
            if dice.integers(400) >= tickets[i]:
                continue
            near = (
                SPACING_M / 3
                if shore.seat_m[i] < TOWN_M / 2 and shore.favour[i] == 2
                else SPACING_M
            )
            gap = (shore.x_m[chosen] - shore.x_m[i]) ** 2 + (shore.y_m[chosen] - shore.y_m[i]) ** 2
            if len(chosen) and gap.min() < near * near:
                continue
            if _reachable(waters, head[i]):
                chosen.append(int(i))
    return np.array(chosen)


def _reachable(waters: Waters, head: Float) -> bool:
    """The open sea's routing grid comes within 500 m, over water all the way."""
    node = waters.node(float(head[0]), float(head[1]))
    if node < 0:
        return False
    there = waters.point([node])[0]
    return bool(((there - head) ** 2).sum() < 500.0**2) and waters.clear(head, there, 1.0)


def make_piers(shore: Shore, waters: Waters, land: Land, dice: np.random.Generator) -> list[Pier]:
    """The piers, ordered by township and then from north to south."""
    places = list(dict.fromkeys(place[0] for place in PLACES))
    chosen = choose(shore, waters, dice)
    chosen = np.array(
        sorted(chosen, key=lambda i: (places.index(str(shore.township[i])), -shore.y_m[i]))
    )
    kinds = [_kind(float(shore.fetch_m[i]), dice) for i in chosen]
    named = name_piers(kinds, [str(shore.township[i]) for i in chosen], dice)
    return [
        _pier(number, int(i), kind, name, shore, land, dice)
        for number, (i, kind, name) in enumerate(zip(chosen, kinds, named, strict=True), 1)
    ]


def _kind(fetch_m: float, dice: np.random.Generator) -> str:
    weights = {kind: row[0] for kind, row in KINDS.items()}
    if fetch_m > 2_200:
        weights |= {"beach": 30, "mudflat": 2}
    elif fetch_m < 1_000:
        weights |= {"beach": 3, "mudflat": 22}
    return list(weights)[pick(tuple(weights.values()), dice)]


def _pier(
    number: int,
    i: int,
    kind: str,
    name: tuple[str, list[str]],
    shore: Shore,
    land: Land,
    dice: np.random.Generator,
) -> Pier:
    _, lengths, widths, depths, statuses = KINDS[kind]
    length = float(dice.integers(lengths[0], lengths[1] + 1))
    width = float(dice.integers(widths[0], widths[1] + 1))
    depth = float(dice.integers(depths[0], depths[1] + 1)) / 10
    out = np.array([shore.out_x[i], shore.out_y[i]])
    side = np.array([-out[1], out[0]])
    foot = np.array([shore.x_m[i], shore.y_m[i]])
    # A beach lies along the shore; whatever is built reaches from the shore into the water.
    across, inner, outer = (
        (length / 2, -width / 3, width * 2 / 3)
        if kind in ("beach", "mudflat")
        else (width / 2, -6.0, length - 6.0)
    )
    corners = [(-across, inner), (across, inner), (across, outer), (-across, outer)]
    flat = np.array([foot + a * side + b * out for a, b in [*corners, corners[0]]])
    ring = _degrees(flat)
    status = STATUSES[pick(statuses, dice)]
    return Pier(
        f"P{number:03d}",
        name[0],
        name[1],
        kind,
        status,
        str(shore.township[i]),
        None if dice.integers(100) < 6 else depth,
        _access(foot, out, kind, float(shore.island_km2[i]), land, dice),
        ring,
        (ring[0][0], ring[0][1]),
    )


def _access(
    foot: Float,
    out: Float,
    kind: str,
    island_km2: float,
    land: Land,
    dice: np.random.Generator,
) -> list[float] | None:
    back = foot - float(dice.integers(18, 56)) * out
    spot = _degrees(back[None, :])[0]
    wild = int(dice.integers(100)) < (35 if kind in ("beach", "mudflat") else 7)
    ashore = bool(land.contains([spot[0]], [spot[1]])[0])
    return spot if ashore and not wild and island_km2 >= 0.6 else None


def _degrees(flat: Float) -> list[list[float]]:
    lon, lat = PLANE.to_deg(flat[:, 0], flat[:, 1])
    return [[round(float(a), 6), round(float(b), 6)] for a, b in zip(lon, lat, strict=True)]
