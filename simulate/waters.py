"""The water as a grid: how far is land from here, and which way round does a vessel go.

Two grids in the site's metric plane. The fine one (50 m) knows the distance from land of each
cell; the coarse one (every third cell) carries the routes. A route is found once per hub
(a harbour, a corner of the sea) by Dijkstra with whole-number costs, so that it is the same on
every machine; then it is pulled straight and its corners are rounded where there is room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from geo.land import Land
from simulate.motion import resampled

Float = NDArray[np.float64]

CELL_M = 50.0
COARSE = 3  # fine cells to a routing cell
CLEAR_M = 75.0  # no route comes nearer to land than this, but for its last leg
_COST = ((1000.0, 1), (400.0, 2), (200.0, 4), (0.0, 9))  # from this distance off land: factor


def land_raster(
    rings: list[Float], origin_m: tuple[float, float], shape: tuple[int, int], cell_m: float
) -> NDArray[np.bool_]:
    """True where a cell's centre lies inside the rings (even-odd rule), or a ring runs through it.

    Parameters
    ----------
    rings
        Closed rings, each of shape (n, 2), in metres.
    origin_m
        The centre of the first cell; rows run north, columns east.
    shape
        Rows, columns.
    """
    rows, columns = shape
    toggle = np.zeros((rows, columns + 1), np.int32)
    for ring in rings:
        x = (ring[:, 0] - origin_m[0]) / cell_m
        y = (ring[:, 1] - origin_m[1]) / cell_m
        low, high = np.minimum(y[:-1], y[1:]), np.maximum(y[:-1], y[1:])
        first = np.clip(np.ceil(low), 0, rows).astype(np.int64)
        last = np.clip(np.ceil(high), 0, rows).astype(np.int64)  # not reached: half-open
        times = last - first
        edge = np.repeat(np.arange(len(times)), times)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(times) - times, times) + first[edge]
        share = (row - y[edge]) / (y[edge + 1] - y[edge])
        column = np.ceil(x[edge] + share * (x[edge + 1] - x[edge]))
        np.add.at(toggle, (row, np.clip(column, 0, columns).astype(np.int64)), 1)
    mask = np.cumsum(toggle[:, :-1], axis=1) % 2 == 1
    for ring in rings:
        _stamp_shore(mask, ring, origin_m, cell_m)
    return np.asarray(mask, np.bool_)


def _stamp_shore(
    mask: NDArray[np.bool_], ring: Float, origin_m: tuple[float, float], cell_m: float
) -> None:
    """The cells that a shore runs through are land too, so that no islet slips between centres."""
    length = np.sqrt(((ring[1:] - ring[:-1]) ** 2).sum(axis=1))
    count = np.ceil(length / (cell_m / 2)).astype(np.int64) + 1
    edge = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    spot = ring[edge] + (step / count[edge])[:, None] * (ring[edge + 1] - ring[edge])
    cell = np.rint((spot - np.array(origin_m)) / cell_m).astype(np.int64)
    inside = (cell >= 0).all(axis=1) & (cell < np.array([mask.shape[1], mask.shape[0]])).all(axis=1)
    mask[cell[inside, 1], cell[inside, 0]] = True


@dataclass(frozen=True, eq=False)
class Waters:
    """The sea around a site, in metres of its plane.

    Attributes
    ----------
    off_m
        Shape (rows, columns): distance of each fine cell from land; 0 on land.
    open_sea
        Shape (coarse rows, coarse columns): where routes may run, all of it connected.
    """

    origin_m: tuple[float, float]
    off_m: Float
    open_sea: NDArray[np.bool_]

    def distance_m(self, x_m: Float, y_m: Float) -> Float:
        """Distance from land by the fine grid, within a cell's diagonal; 0 outside the grid."""
        row = np.rint((np.asarray(y_m) - self.origin_m[1]) / CELL_M).astype(np.int64)
        column = np.rint((np.asarray(x_m) - self.origin_m[0]) / CELL_M).astype(np.int64)
        rows, columns = self.off_m.shape
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        found = self.off_m[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
        return np.where(inside, found, 0.0)

    def clear(self, a: Float, b: Float, off_m: float = CLEAR_M) -> bool:
        """True where the straight line from a to b keeps this far from land."""
        steps = int(np.ceil(np.sqrt(((b - a) ** 2).sum()) / (CELL_M / 2))) + 1
        share = np.linspace(0.0, 1.0, steps + 1)[:, None]
        line = a + share * (b - a)
        return bool((self.distance_m(line[:, 0], line[:, 1]) >= off_m).all())

    def node(self, x_m: float, y_m: float) -> int:
        """The routing cell nearest to a point (searched as far as 5 km); -1 where there is none."""
        columns = self.open_sea.shape[1]
        step = CELL_M * COARSE
        row = round((y_m - self.origin_m[1]) / step)
        column = round((x_m - self.origin_m[0]) / step)
        for reach in (2, 6, 33):
            r0, c0 = max(row - reach, 0), max(column - reach, 0)
            window = self.open_sea[r0 : row + reach + 1, c0 : column + reach + 1]
            near = np.argwhere(window)
            if len(near):
                gap = ((near + np.array([r0 - row, c0 - column])) ** 2).sum(axis=1)
                best = near[int(np.argmin(gap))]
                return int((best[0] + r0) * columns + best[1] + c0)
        return -1

    def point(self, nodes: NDArray[np.int64] | list[int]) -> Float:
        """Shape (n, 2): where routing cells lie."""
        row, column = np.divmod(np.asarray(nodes, np.int64), self.open_sea.shape[1])
        step = CELL_M * COARSE
        return np.stack([self.origin_m[0] + column * step, self.origin_m[1] + row * step], axis=1)


def survey(land: Land, west_south: tuple[float, float], east_north: tuple[float, float]) -> Waters:
    """Lay the grids over a box, given in metres of the land's plane."""
    rings = []
    for polygon in shapely.get_parts(np.array(land.polygons, object)):
        for ring in shapely.get_rings(polygon):
            lon, lat = shapely.get_coordinates(ring).T
            rings.append(np.stack(land.plane.to_m(lon, lat), axis=1))
    cells = [
        int((high - low) / CELL_M) + 1 for low, high in zip(west_south, east_north, strict=True)
    ]
    mask = land_raster(rings, west_south, (cells[1], cells[0]), CELL_M)
    off_m = distance_transform_edt(~mask) * CELL_M if mask.any() else np.full(mask.shape, 1e6)
    passable = off_m[::COARSE, ::COARSE] >= CLEAR_M
    parts, count = label(passable, structure=np.ones((3, 3), np.int64))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    return Waters(west_south, off_m, parts == int(np.argmax(sizes)))


@dataclass(frozen=True, eq=False)
class Routes:
    """Ways from everywhere to one hub."""

    waters: Waters
    hub: int
    before: NDArray[np.int32]

    def path(self, start: int) -> Float:
        """Shape (n, 2): from a routing cell to the hub, straightened and rounded."""
        nodes = [start]
        while nodes[-1] != self.hub:
            step = int(self.before[nodes[-1]])
            if step < 0:
                return np.empty((0, 2))
            nodes.append(step)
        return rounded(self.waters, straightened(self.waters, self.waters.point(nodes)))


def graph(waters: Waters, factor: NDArray[np.int64] | None = None) -> csr_matrix:
    """Steps between neighbouring routing cells.

    `factor` says how dear each cell is; without it cells near the shore are, so that vessels keep
    off.
    """
    rows, columns = waters.open_sea.shape
    if factor is None:
        off = waters.off_m[::COARSE, ::COARSE]
        factor = np.select([off >= low for low, _ in _COST], [cost for _, cost in _COST], 9)
    index = np.arange(rows * columns).reshape(rows, columns)
    parts: list[tuple[NDArray[np.int64], ...]] = []
    for dr, dc, length in ((0, 1, 10), (1, 0, 10), (1, 1, 14), (1, -1, 14)):
        a = (slice(0, rows - dr), slice(max(0, -dc), columns - max(0, dc)))
        b = (slice(dr, rows), slice(max(0, dc), columns - max(0, -dc)))
        both = waters.open_sea[a] & waters.open_sea[b]
        cost = length * (factor[a] + factor[b])
        parts.append((index[a][both], index[b][both], cost[both]))
    start, end, cost = (np.concatenate(column) for column in zip(*parts, strict=True))
    size = rows * columns
    return csr_matrix((cost.astype(np.float64), (start, end)), shape=(size, size))


def routes_to(waters: Waters, steps: csr_matrix, hub: int) -> Routes:
    """The cheapest ways from every routing cell to a hub."""
    _, before = dijkstra(steps, directed=False, indices=[hub], return_predecessors=True)
    return Routes(waters, hub, np.asarray(before[0], np.int32))


def straightened(waters: Waters, points: Float) -> Float:
    """Leave out what a straight line can skip without coming too near to land."""
    keep, here = [0], 0
    while here < len(points) - 1:
        reach, stride = here + 1, 1
        while reach + stride < len(points) and waters.clear(points[here], points[reach + stride]):
            reach, stride = reach + stride, stride * 2
        while stride >= 1:
            if reach + stride < len(points) and waters.clear(points[here], points[reach + stride]):
                reach += stride
            stride //= 2
        keep.append(reach)
        here = reach
    return points[keep]


def rounded(waters: Waters, points: Float, times: int = 3) -> Float:
    """Cut corners (Chaikin), where the cut keeps off land."""
    for _ in range(times):
        if len(points) < 3:
            break
        corner = points[1:-1]
        a = corner + 0.25 * (points[:-2] - corner)
        b = corner + 0.25 * (points[2:] - corner)
        fits = _all_clear(waters, a, b)
        pair = np.stack([np.where(fits[:, None], a, corner), b], axis=1)
        keep = np.stack([np.ones(len(fits), bool), fits], axis=1)
        points = np.concatenate([points[:1], pair[keep], points[-1:]])
    return points


def _all_clear(waters: Waters, a: Float, b: Float) -> NDArray[np.bool_]:
    """Shape (n,): where the straight line from a to b keeps off land."""
    length = np.sqrt(((b - a) ** 2).sum(axis=1))
    count = np.ceil(length / (CELL_M / 2)).astype(np.int64) + 2
    line = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    spot = a[line] + (step / (count[line] - 1))[:, None] * (b - a)[line]
    near = waters.distance_m(spot[:, 0], spot[:, 1]) < CLEAR_M
    return np.asarray(np.bincount(line, near, len(count)) == 0, np.bool_)


def from_elsewhere(waters: Waters, path: Float, shift_m: NDArray[np.int64]) -> Float:
    """A path whose sea end, its first point, is this far off, where the way from there is free."""
    start = path[0] + shift_m
    if len(path) > 1 and waters.clear(start, path[1], 2 * CLEAR_M):
        return np.concatenate([start[None, :], path[1:]])
    return path


def beside(waters: Waters, path: Float, share: float) -> Float:
    """A path beside this one, as another helmsman takes it: no two wakes are the same.

    Parameters
    ----------
    share
        From -1 to 1: to the left or right by up to a fifth of the room to the land, 250 m at most;
        near the land, and so at a berth, not at all.
    """
    points = resampled(path)
    if len(points) < 3:
        return path
    room = waters.distance_m(points[:, 0], points[:, 1])
    shift = share * np.minimum(0.2 * np.maximum(room - 120.0, 0.0), 250.0)
    ends = np.minimum(np.arange(len(points)), np.arange(len(points))[::-1]) / 40.0
    shift = _smooth(shift * np.minimum(ends, 1.0), 9)
    last = len(points) - 1
    index = np.arange(len(points))
    ahead = points[np.minimum(index + 6, last)] - points[np.maximum(index - 6, 0)]
    length = np.maximum(np.sqrt((ahead**2).sum(axis=1)), 1.0)
    across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / length[:, None]
    return np.asarray(points + shift[:, None] * across, np.float64)


def _smooth(values: Float, width: int) -> Float:
    """The running mean over an odd number of values, the ends repeated."""
    half = width // 2
    padded = np.concatenate([np.repeat(values[:1], half + 1), values, np.repeat(values[-1:], half)])
    total = np.cumsum(padded)
    return np.asarray((total[width:] - total[:-width]) / width, np.float64)
