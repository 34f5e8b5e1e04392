"""How far it is to each pier over water: round headlands and islands, not across them.

A grid of half a kilometre in the site's plane, with a way from every pier to every cell of water.
A cell is water where a third of it is, so that narrow channels stay open. Steps cost whole numbers
(5 straight, 7 aslant: within 8 % of the true length, and at most 1 % short), so the ways are the
same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from geo.land import Land
from geo.piers import Piers
from geo.plane import MetricPlane
from geo.site import Site

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

CELL_M: Final = 500.0
MARGIN_M: Final = 15_000.0  # of water around the outermost piers
LONGEST: Final = 1000  # steps' cost of the longest way that is kept: 100 km
MOST_CELLS: Final = 250_000  # of a sprawling site: its cells are larger
_FINE: Final = 3  # samples of land across a cell
_NODE: Final = 3  # cells between places that are projected: 2 cm off in between, a third the time
_NO_WAY: Final = 2**16 - 1
#: How much longer than the true way the grid's is, in the middle of its error.
_OCTILE: Final = 1.04


@dataclass(frozen=True, eq=False)
class Waterways:
    """Ways over water to the piers of a site; a pier's are laid when it is first asked for.

    Parameters
    ----------
    piers, land, plane
        Of a site; without land every way is straight.
    """

    piers: Piers
    land: Land | None
    plane: MetricPlane

    def distance_m(self, lon: Float, lat: Float, pier: Int) -> Float:
        """Metres from points to piers over water, pair by pair: never less than straight.

        Parameters
        ----------
        lon, lat, pier
            Shape (n,): degrees, and rows of the pier table.

        Returns
        -------
        Shape (n,): inf where no way over water leads there; straight beyond the grid.
        """
        x, y = self.plane.to_m(lon, lat)
        px, py = self._centres
        straight = np.hypot(x - px[pier], y - py[pier])
        if self.land is None or not len(pier):
            return np.asarray(straight, np.float64)
        west, south, cell_m, wide, high = self._grid
        column, row = (x - west) / cell_m, (y - south) / cell_m
        inside = (column >= 0) & (row >= 0) & (column < wide - 1) & (row < high - 1)
        i0 = np.where(inside, np.floor(row), 0).astype(np.int64)
        j0 = np.where(inside, np.floor(column), 0).astype(np.int64)
        best = np.full(len(x), np.inf)
        self._lay(pier[inside])
        for i, j in ((i0, j0), (i0, j0 + 1), (i0 + 1, j0), (i0 + 1, j0 + 1)):
            off_m = cell_m * np.sqrt((column - j) * (column - j) + (row - i) * (row - i))
            cost = np.full(len(x), float(_NO_WAY))
            cost[inside] = self._ways[pier[inside], (i * wide + j)[inside]]
            there = np.where(cost < _NO_WAY, cost * (cell_m / 5.0 / _OCTILE) + off_m, np.inf)
            best = np.minimum(best, there)
        near = straight < 2.0 * cell_m  # closer than the grid can tell
        way = np.maximum(best, straight)
        return np.asarray(np.where(near | ~inside, straight, way), np.float64)

    @cached_property
    def _centres(self) -> tuple[Float, Float]:
        table = self.piers.table
        return self.plane.to_m(table["lon"].to_numpy(), table["lat"].to_numpy())

    @cached_property
    def _grid(self) -> tuple[float, float, float, int, int]:
        x, y = self._centres
        west, south = float(x.min()) - MARGIN_M, float(y.min()) - MARGIN_M
        width, height = float(x.max()) + MARGIN_M - west, float(y.max()) + MARGIN_M - south
        cell_m = max(CELL_M, float(np.sqrt(width * height / MOST_CELLS)))
        return west, south, cell_m, int(width / cell_m) + 2, int(height / cell_m) + 2

    @cached_property
    def _wet(self) -> Bool:
        """Shape (rows, columns): cells of water, about each corner of the grid."""
        west, south, cell_m, wide, high = self._grid
        y, x = (
            first
            + cell_m * _NODE * (np.arange(-(-n // _NODE) + 1) - (_FINE - 1) / 2 / _FINE / _NODE)
            for first, n in ((south, high), (west, wide))
        )
        nodes = self.plane.to_deg(*np.meshgrid(x, y))
        lon, lat = (_between(_between(part).T).T[: high * _FINE, : wide * _FINE] for part in nodes)
        assert self.land is not None
        dry = self.land.contains(lon, lat).reshape(high, _FINE, wide, _FINE).sum(axis=(1, 3))
        return np.asarray(dry <= _FINE * _FINE * 2 // 3, np.bool_)

    @cached_property
    def _ways(self) -> NDArray[np.uint16]:
        """Shape (piers, cells): cost of the way along the grid; `_NO_WAY` where there is none.

        The rows of `_laid`; the others are not even in memory.
        """
        return np.empty((len(self.piers), self._wet.size), np.uint16)

    @cached_property
    def _laid(self) -> Bool:
        """The piers to which ways were laid: few are ever asked for."""
        return np.zeros(len(self.piers), bool)

    def _lay(self, pier: Int) -> None:
        """Lay the ways to some piers, where that was not done yet."""
        asked = np.zeros(len(self.piers), bool)
        asked[pier] = True
        new = np.flatnonzero(asked & ~self._laid)
        for first in range(0, len(new), 32):
            some = new[first : first + 32]
            cost = dijkstra(self._graph, indices=self._begins[some], limit=LONGEST)
            self._ways[some] = np.where(np.isfinite(cost), cost, _NO_WAY)
        self._laid[new] = True

    @cached_property
    def _graph(self) -> csr_matrix:
        return _graph(self._wet)

    @cached_property
    def _begins(self) -> Int:
        """The cell of water nearest to each pier."""
        west, south, cell_m, wide, _ = self._grid
        row, column = np.nonzero(self._wet)
        spots = shapely.points(west + cell_m * column, south + cell_m * row)
        tree = shapely.STRtree(np.asarray(spots, object))
        nearest = tree.nearest(shapely.points(*self._centres))
        return np.asarray(row[nearest] * wide + column[nearest], np.int64)


def _between(nodes: Float) -> Float:
    """The samples from each node to the next, linearly along the first axis."""
    parts = _NODE * _FINE
    share = (np.arange(parts) / parts)[None, :, None]
    steps = nodes[:-1, None] * (1.0 - share) + nodes[1:, None] * share
    return np.asarray(steps.reshape(-1, nodes.shape[1]), np.float64)


def _graph(wet: Bool) -> csr_matrix:
    """Steps from every cell of water to its eight neighbours that are water."""
    high, wide = wet.shape
    number = np.arange(high * wide).reshape(high, wide)
    steps = []
    for up, across, cost in ((0, 1, 5), (1, 0, 5), (1, 1, 7), (1, -1, 7)):
        left, right = max(0, -across), wide - max(0, across)
        a = number[: high - up, left:right]
        b = number[up:, left + across : right + across]
        both = (wet[: high - up, left:right] & wet[up:, left + across : right + across]).ravel()
        a, b = a.ravel()[both], b.ravel()[both]
        steps += [(a, b, cost), (b, a, cost)]
    starts = np.concatenate([a for a, _, _ in steps])
    ends = np.concatenate([b for _, b, _ in steps])
    costs = np.concatenate([np.full(len(a), c, np.float64) for a, _, c in steps])
    return csr_matrix((costs, (starts, ends)), shape=(high * wide, high * wide))


@lru_cache(maxsize=4)
def waterways(site: Site) -> Waterways:
    """The ways of a site, laid once."""
    return Waterways(site.piers, site.land, site.plane)
