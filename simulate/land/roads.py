"""The roads: hubs (road cameras and junctions), the ways between them, and a spur to each quay.

An illustrative network, grown from the land's shape and the site's name alone: one search from
all hubs at once gives every cell its nearest hub; where the realms of two hubs touch, a road
joins them; a quay's spur is the way to the hub of its realm. A road passes each of its cameras.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from simulate.dice import Dice
from simulate.land.ground import eased, ground, hills
from simulate.motion import length_m
from simulate.place import Place
from simulate.waters import CELL_M, COARSE, Float, Waters, graph

_BLOCK = 26  # routing cells: a junction about every 4 km
_NEAR_M = 6_000.0  # of a quay or a road camera: farther inland there are no junctions
_ASIDE_M = 400.0  # from a camera or quay to its cell
_DEPOTS_PER_QUAYS = 10
_DEPOT_NEAR_M = 7_000.0

Int = NDArray[np.int64]


@dataclass(frozen=True)
class Spot:
    """A place on the network: a hub, or `back_m` before the end of a pier's spur."""

    hub: int
    pier: int | None = None
    back_m: float = 0.0


class Roads:
    """The network of a place; use `roads_of`, which makes it once.

    Attributes
    ----------
    hubs
        Shape (n, 2): where they are; the first are road cameras.
    island
        Shape (n,): which network each belongs to; nothing leads from one to another.
    depots
        Hubs at which goods vehicles live.
    """

    def __init__(self, place: Place) -> None:
        assert place.site.land is not None
        self._place = place
        self._dice = Dice(zlib.crc32(place.site.name.encode()), "roads")
        self._grid = ground(place.site.land, place.waters)
        self._access = _accesses(place, self._grid)
        nodes, self.hubs, self._cameras = self._choose_hubs()
        shape = self._grid.open_sea.shape
        steps = graph(self._grid, hills((shape[0], shape[1]), self._dice.child("hills")))
        cost, before, source = dijkstra(
            steps, directed=False, indices=nodes, return_predecessors=True, min_only=True
        )
        self._before = np.asarray(before, np.int64)
        realm = np.full(len(cost), -1, np.int64)
        order = np.argsort(nodes, kind="stable")
        known = np.isfinite(cost)
        realm[known] = order[np.searchsorted(nodes[order], source[known])]
        self._edges = self._joined(steps, cost, realm)
        self._links()
        self._spurs = {pier: self._spur(pier, realm) for pier in sorted(self._access)}
        self.depots = self._choose_depots()

    def _choose_hubs(self) -> tuple[Int, Float, int]:
        """Cells of the hubs, their spots, and how many of them have a camera."""
        rows = self._place.cameras.filter(pl.col("kind") == "road")
        x, y = self._place.plane.to_m(rows["lon"].to_numpy(), rows["lat"].to_numpy())
        cells: dict[int, Float] = {}
        for spot in np.stack([x, y], axis=1):
            cell = _cell(self._grid, spot)
            if cell is not None:
                cells.setdefault(cell, spot)
        cameras = len(cells)
        marks = np.array([*cells.values(), *(spot for spot, _ in self._access.values())])
        for cell in self._junctions(marks.reshape(-1, 2)).tolist():
            cells.setdefault(cell, self._grid.point([cell])[0])
        spots = np.array([*cells.values()]).reshape(-1, 2)
        return np.array([*cells], np.int64), spots, cameras

    def _junctions(self, marks: Float) -> Int:
        """One cell of each block and island that has a quay or a camera near it."""
        cells = np.flatnonzero(self._grid.open_sea)
        rows, columns = self._grid.open_sea.shape
        step = CELL_M * COARSE
        wide = int(_NEAR_M // step)
        near = np.zeros((rows, columns), np.bool_)
        for x, y in marks.tolist():
            r = round((y - self._grid.origin_m[1]) / step)
            c = round((x - self._grid.origin_m[0]) / step)
            near[max(r - wide, 0) : r + wide + 1, max(c - wide, 0) : c + wide + 1] = True
        cells = cells[near.ravel()[cells]]
        block = (cells // columns // _BLOCK) * (columns // _BLOCK + 1) + cells % columns // _BLOCK
        shuffled = np.array(self._dice.child("junctions").shuffled(range(len(cells))), np.int64)
        _, first = np.unique(block[shuffled], return_index=True)
        chosen = cells[shuffled[first]]
        return np.concatenate([chosen, self._lonely(cells, chosen)])

    def _lonely(self, cells: Int, chosen: Int) -> Int:
        """A cell in the middle of each island that has none yet."""
        parts, _ = label(self._grid.open_sea, structure=np.ones((3, 3), np.int64))
        island = parts.ravel()[cells]
        missing = np.setdiff1d(np.unique(island), parts.ravel()[chosen])
        middles = [cells[island == part][int((island == part).sum()) // 2] for part in missing]
        return np.array(middles, np.int64)

    def _joined(self, steps: csr_matrix, cost: Float, realm: Int) -> dict[tuple[int, int], Float]:
        """The cheapest way between each two hubs whose realms touch."""
        pairs = steps.tocoo()
        a, b = realm[pairs.row], realm[pairs.col]
        across = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
        one, other = pairs.row[across], pairs.col[across]
        total = cost[one] + pairs.data[across] + cost[other]
        low, high = np.minimum(a, b)[across], np.maximum(a, b)[across]
        order = np.lexsort((np.maximum(one, other), np.minimum(one, other), total, high, low))
        code = (low * len(self.hubs) + high)[order]
        edges = {}
        for row in order[np.concatenate([[True], code[1:] != code[:-1]])].tolist():
            first, second = int(one[row]), int(other[row])
            if realm[first] != low[row]:
                first, second = second, first
            cells = [*self._chain(first)[::-1], *self._chain(second)]
            edges[int(low[row]), int(high[row])] = self._road(
                cells, self.hubs[low[row]], self.hubs[high[row]]
            )
        return edges

    def _chain(self, cell: int) -> list[int]:
        """Cells from one to the hub of its realm."""
        out = [cell]
        while self._before[out[-1]] >= 0:
            out.append(int(self._before[out[-1]]))
        return out

    def _road(self, cells: list[int], start: Float, end: Float) -> Float:
        middle = self._grid.point(cells)[1:-1]
        return eased(self._grid, np.concatenate([start[None], middle, end[None]]))

    def _links(self) -> None:
        """Shortest ways over the hubs, in whole metres."""
        n = len(self.hubs)
        ends = np.array([*self._edges], np.int64).reshape(-1, 2)
        metres = np.array([max(round(length_m(path)), 1) for path in self._edges.values()], float)
        links = csr_matrix((metres, (ends[:, 0], ends[:, 1])), shape=(n, n))
        _, self.island = connected_components(links, directed=False)
        self._far_m, before = dijkstra(links, directed=False, return_predecessors=True)
        self._next = np.asarray(before, np.int64)

    def _spur(self, pier: int, realm: Int) -> tuple[int, Float]:
        """A quay's hub, and the road from there to the quay."""
        spot, cell = self._access[pier]
        hub = int(realm[cell])
        cells = self._chain(cell)[::-1]
        path = self._road([*cells, cell], self.hubs[hub], self._grid.point([cell])[0])
        return hub, np.concatenate([path, spot[None]])

    def _choose_depots(self) -> list[int]:
        """For every ten quays of an island a hub near one, without a camera; at least one."""
        served = sorted({hub for hub, _ in self._spurs.values()})
        near = self._far_m[:, served].min(axis=1) < _DEPOT_NEAR_M
        quays = np.bincount(
            [self.island[hub] for hub, _ in self._spurs.values()], minlength=self.island.max() + 1
        )
        out = []
        for island in np.flatnonzero(quays).tolist():
            all_ = np.flatnonzero((self.island == island) & near).tolist()
            mine = [hub for hub in all_ if hub >= self._cameras] or all_
            order = self._dice.child(f"depots {island}").shuffled(mine)
            out += order[: max(int(quays[island]) // _DEPOTS_PER_QUAYS, 1)]
        return out

    def reaches(self, pier: int) -> bool:
        """Whether a road leads to a pier's quay."""
        return pier in self._spurs

    def quay(self, pier: int, back_m: float = 0.0) -> Spot:
        """A pier's quay, or a spot some way before it; only where a road leads there."""
        hub, path = self._spurs[pier]
        return Spot(hub, pier, min(back_m, length_m(path) * 0.8))

    def point(self, spot: Spot) -> Float:
        """Where a spot is."""
        if spot.pier is None:
            return np.asarray(self.hubs[spot.hub], np.float64)
        return np.asarray(self._ahead(spot)[-1], np.float64)

    def _ahead(self, spot: Spot) -> Float:
        """The road from a spot's hub to it."""
        if spot.pier is None:
            return np.asarray(self.hubs[spot.hub][None], np.float64)
        path = self._spurs[spot.pier][1]
        return _cut(path, length_m(path) - spot.back_m) if spot.back_m > 0.0 else path

    def distance_m(self, a: int, b: int) -> float:
        """By road between two hubs; inf where there is none."""
        return float(self._far_m[a, b])

    def near(self, hub: int, within_m: float) -> list[int]:
        """Other hubs within a distance by road; the nearest one where none is, itself if alone."""
        metres = self._far_m[hub].copy()
        metres[hub] = np.inf
        found = np.flatnonzero(metres <= max(within_m, float(metres.min())))
        return [int(other) for other in found if np.isfinite(metres[other])] or [hub]

    def far_from(self, hub: int) -> list[int]:
        """The farther half of the island's hubs, of those within 45 km."""
        others = self.near(hub, 45_000.0)
        order = sorted(others, key=lambda other: (self.distance_m(hub, other), other))
        return order[len(order) // 2 :]

    def depots_of(self, island: int) -> list[int]:
        """Depots of an island, or its first hub."""
        mine = [hub for hub in self.depots if self.island[hub] == island]
        return mine or np.flatnonzero(self.island == island)[:1].tolist()

    def way(self, a: Spot, b: Spot) -> Float:
        """The road from one spot to another of the same island, shape (n, 2)."""
        first, last = self._ahead(a), self._ahead(b)
        if a.pier is not None and a.pier == b.pier:
            return _between(self._spurs[a.pier][1], a.back_m, b.back_m)
        return np.concatenate([first[::-1], self._over(a.hub, b.hub), last[1:]])

    def _over(self, a: int, b: int) -> Float:
        """From hub to hub, without the first."""
        hubs = [b]
        while hubs[-1] != a:
            hubs.append(int(self._next[a, hubs[-1]]))
            assert hubs[-1] >= 0, "spots of one way are on one island"
        hubs.reverse()
        parts = [np.empty((0, 2))]
        for one, other in pairwise(hubs):
            edge = self._edges[min(one, other), max(one, other)]
            parts.append((edge if one < other else edge[::-1])[1:])
        return np.concatenate(parts)


_MADE: WeakKeyDictionary[Place, Roads] = WeakKeyDictionary()


def roads_of(place: Place) -> Roads:
    """The roads of a place, made at the first call."""
    if place not in _MADE:
        _MADE[place] = Roads(place)
    return _MADE[place]


def _accesses(place: Place, grid: Waters) -> dict[int, tuple[Float, int]]:
    """By pier: where its road reaches the quay, and the routing cell near it."""
    table = place.site.piers.table
    out = {}
    for pier, (lon, lat) in enumerate(table.select("access_lon", "access_lat").rows()):
        if lon is None:
            continue
        x, y = place.plane.to_m(lon, lat)
        spot = np.array([float(x), float(y)])
        cell = _cell(grid, spot)
        if cell is not None and not _wet(place.waters, spot, grid.point([cell])[0]):
            out[pier] = (spot, cell)
    return out


def _wet(waters: Waters, a: Float, b: Float) -> bool:
    """Whether a straight line leaves the land, but for its shore's own cells."""
    steps = int(np.sqrt(((b - a) ** 2).sum()) // (CELL_M / 4)) + 2
    line = a + np.linspace(0.0, 1.0, steps)[:, None] * (b - a)
    return bool((waters.distance_m(line[:, 0], line[:, 1]) > 0.0).any())


def _cell(grid: Waters, spot: Float) -> int | None:
    """The routing cell that belongs to a spot, where one is near."""
    cell = grid.node(float(spot[0]), float(spot[1]))
    if cell < 0:
        return None
    gap = grid.point([cell])[0] - spot
    return cell if float((gap * gap).sum()) <= _ASIDE_M * _ASIDE_M else None


def _cut(path: Float, keep_m: float) -> Float:
    """The first metres of a path."""
    steps = np.sqrt(((path[1:] - path[:-1]) ** 2).sum(axis=1))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    last = int(np.searchsorted(along, keep_m, side="right"))
    if last >= len(path):
        return path
    share = (keep_m - along[last - 1]) / (along[last] - along[last - 1])
    end = path[last - 1] + share * (path[last] - path[last - 1])
    return np.concatenate([path[:last], end[None]])


def _between(path: Float, back_a: float, back_b: float) -> Float:
    """Along one spur, from one distance before its end to another."""
    total = length_m(path)
    low, high = max(back_a, back_b), min(back_a, back_b)
    piece = _cut(path[::-1], low)[::-1] if low > 0.0 else path[-1:]
    piece = _cut(piece, min(low, total) - high)
    return piece if back_a >= back_b else piece[::-1]
