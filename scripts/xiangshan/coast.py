"""The shore of the county: where it runs, which township is nearest, how sheltered it lies.

Townships are told by the nearest named place, neighbours across the county's limits among them;
so no boundary line is used, drawn or stored. The places are approximate, from general knowledge.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.land import Land
from geo.plane import MetricPlane
from simulate.waters import Waters, survey

Float = NDArray[np.float64]

PLANE = MetricPlane(121.9, 29.3)
LAND_BOX = (121.3, 28.7, 122.5, 29.8)
SEA_BOX = (121.42, 28.80, 122.42, 29.78)
STEP_M = 60.0  # between candidate places along the shore
REACH_M = 15_000.0  # farther from every named place, the shore is nobody's here
_RAYS, _RAY_STEP_M, _FETCH_M = 24, 100.0, 6_000.0

#: (township, lon, lat, how much likelier a pier is near it); a township may have several places.
PLACES: tuple[tuple[str, float, float, int], ...] = (
    ("石浦", 121.950, 29.210, 2), ("石浦", 122.040, 29.175, 1), ("石浦", 122.250, 28.880, 0),
    ("鹤浦", 121.920, 29.130, 2), ("高塘", 121.830, 29.120, 2), ("高塘", 121.815, 29.075, 1),
    ("定山", 121.810, 29.180, 3), ("定塘", 121.855, 29.200, 3), ("晓塘", 121.815, 29.255, 2),
    ("新桥", 121.830, 29.315, 1), ("新桥", 121.920, 29.310, 1), ("泗洲头", 121.765, 29.325, 1),
    ("茅洋", 121.785, 29.375, 1), ("东陈", 121.930, 29.430, 2), ("爵溪", 121.950, 29.500, 2),
    ("爵溪", 122.200, 29.430, 0), ("涂茨", 121.955, 29.580, 2), ("大徐", 121.850, 29.530, 1),
    ("贤庠", 121.880, 29.615, 3), ("黄避岙", 121.790, 29.580, 3), ("墙头", 121.770, 29.500, 1),
    ("西周", 121.660, 29.500, 3), ("西周", 121.590, 29.465, 3),
)  # fmt: skip
#: Places of the neighbours: the shore nearest to one of them is left out.
NEIGHBOURS: tuple[tuple[float, float], ...] = (
    (121.53, 29.42), (121.49, 29.49), (121.46, 29.40), (121.62, 29.56), (121.50, 29.60),
    (121.56, 29.56), (121.70, 29.60), (121.72, 29.66), (121.80, 29.70), (121.90, 29.75),
    (122.12, 29.72), (122.02, 29.73), (121.75, 29.255), (121.74, 29.18), (121.56, 29.22),
    (121.68, 29.10), (121.63, 29.04), (121.70, 29.00), (121.75, 28.97), (121.80, 29.00),
    (121.68, 29.58), (121.58, 29.50), (122.15, 29.62),
)  # fmt: skip


@dataclass(frozen=True)
class Shore:
    """Candidate places along the county's shore; arrays of one length, metres of `PLANE`."""

    x_m: Float
    y_m: Float
    out_x: Float  # unit vector from land to sea
    out_y: Float
    fetch_m: Float  # mean over the rays that leave the shore
    island_km2: Float
    township: NDArray[np.str_]
    seat_m: Float  # to the township's place
    favour: NDArray[np.int64]  # of that place


def read_land(text: bytes) -> list[shapely.Polygon]:
    """The land polygons, cut to the surroundings of the county, 5 decimals, west first."""
    box = shapely.box(*LAND_BOX)
    shapes = [
        shapely.geometry.shape(feature["geometry"]) for feature in json.loads(text)["features"]
    ]
    cut = shapely.intersection(np.array(shapes, object), box)
    parts = shapely.set_precision(shapely.get_parts(cut), 1e-5)
    parts = shapely.normalize(shapely.get_parts(parts))
    kept = [part for part in parts if isinstance(part, shapely.Polygon) and part.area > 1e-9]
    return sorted(kept, key=lambda part: part.bounds)


def survey_waters(land: Land) -> Waters:
    """The simulator's own view of the water, so that every pier can be reached there."""
    x, y = PLANE.to_m([SEA_BOX[0], SEA_BOX[2]], [SEA_BOX[1], SEA_BOX[3]])
    return survey(land, (float(x[0]), float(y[0])), (float(x[1]), float(y[1])))


def flat_rings(land: Land) -> list[Float]:
    """The outer rings in metres of `PLANE`, each of shape (n, 2)."""
    rings = [shapely.get_coordinates(shapely.get_exterior_ring(part)) for part in land.polygons]
    return [np.stack(PLANE.to_m(ring[:, 0], ring[:, 1]), axis=1) for ring in rings]


def townships(x_m: Float, y_m: Float) -> tuple[NDArray[np.str_], Float, NDArray[np.int64]]:
    """The township of each point ("" outside the county), the distance to its place, its favour."""
    px, py = PLANE.to_m([p[1] for p in PLACES], [p[2] for p in PLACES])
    nx, ny = PLANE.to_m([p[0] for p in NEIGHBOURS], [p[1] for p in NEIGHBOURS])
    names = np.array([p[0] for p in PLACES] + [""] * len(NEIGHBOURS))
    away = np.sqrt(
        (x_m[:, None] - np.concatenate([px, nx])) ** 2
        + (y_m[:, None] - np.concatenate([py, ny])) ** 2
    )
    best = away.argmin(axis=1)
    nearest = away[np.arange(len(best)), best]
    favour = np.array([p[3] for p in PLACES] + [0] * len(NEIGHBOURS))[best]
    return np.where(nearest <= REACH_M, names[best], ""), nearest, favour


def coast_length_km(land: Land) -> tuple[float, float]:
    """The county's shore in this data: all of it, and the part of it around islands."""
    total = islands = 0.0
    for ring in flat_rings(land):
        middle = (ring[1:] + ring[:-1]) / 2
        ours = townships(middle[:, 0], middle[:, 1])[0] != ""
        length = np.sqrt(((ring[1:] - ring[:-1]) ** 2).sum(axis=1))[ours].sum() / 1000
        total += float(length)
        islands += float(length) if shapely.Polygon(ring).area < 1e9 else 0.0
    return total, islands


def candidates(land: Land, waters: Waters) -> Shore:
    """Places every 60 m along the county's shore that have water in front and land behind."""
    rows: list[Float] = []
    for ring in flat_rings(land):
        area = shapely.Polygon(ring).area
        if area < 8_000.0:
            continue
        line = shapely.LineString(ring)
        along = np.arange(STEP_M / 2, line.length, STEP_M)
        here, ahead, behind = (
            shapely.get_coordinates(
                shapely.line_interpolate_point(line, np.mod(along + d, line.length))
            )
            for d in (0.0, 20.0, -20.0)
        )
        tangent = ahead - behind
        length = np.sqrt((tangent**2).sum(axis=1))
        good = length > 10.0
        tangent = tangent[good] / length[good, None]
        out = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
        rows.append(np.column_stack([here[good], out, np.full(good.sum(), area / 1e6)]))
    table = np.concatenate(rows)
    inland = table[:, :2] + 12.0 * table[:, 2:4]
    table[:, 2:4] *= np.where(land.contains(*PLANE.to_deg(*inland.T)), -1.0, 1.0)[:, None]
    township, seat_m, favour = townships(table[:, 0], table[:, 1])
    ours = (township != "") & _faces_water(land, table)
    table = table[ours]
    fetch_m = _fetch_m(waters, table)
    x_m, y_m, out_x, out_y, island_km2 = table.T
    return Shore(
        x_m, y_m, out_x, out_y, fetch_m, island_km2, township[ours], seat_m[ours], favour[ours]
    )


def _faces_water(land: Land, table: Float) -> NDArray[np.bool_]:
    def ashore(metres: float) -> NDArray[np.bool_]:
        spot = table[:, :2] + metres * table[:, 2:4]
        return land.contains(*PLANE.to_deg(*spot.T))

    good = ashore(-10.0)
    for metres in (8.0, 25.0, 45.0, 70.0, 100.0, 140.0):
        good &= ~ashore(metres)
    return good


def _fetch_m(waters: Waters, table: Float) -> Float:
    """Mean distance over water along rays, from 60 m off the shore, at most 6 km each."""
    start = table[:, :2] + 60.0 * table[:, 2:4]
    angles = [2.0 * np.pi * k / _RAYS for k in range(_RAYS)]
    total = np.zeros(len(table))
    for angle in angles:
        east, north = round(float(np.cos(angle)), 9), round(float(np.sin(angle)), 9)
        alive = np.ones(len(table), bool)
        for step in range(1, int(_FETCH_M / _RAY_STEP_M) + 1):
            x = start[:, 0] + step * _RAY_STEP_M * east
            y = start[:, 1] + step * _RAY_STEP_M * north
            alive &= waters.distance_m(x, y) > 0.0
            total += alive * _RAY_STEP_M
    return total / _RAYS
