"""The shore in segments: where a patrol may stand that nobody could have foreseen."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geo.site import Site

SEGMENT_M: Final = 500.0

#: Middle of each segment; `segment` is its row.
SEGMENT: Final = pl.Schema({"segment": pl.Int64(), "lon": pl.Float64(), "lat": pl.Float64()})


def segments(site: Site, within_m: float | None = None) -> pl.DataFrame:
    """The shore lines of the site's land cut into equal lengths of about 500 m; SEGMENT.

    A stretch between neighbouring piers belongs to it as the piers do. Without land the piers
    themselves are the segments.

    Parameters
    ----------
    within_m
        Only segments so near to a pier: the land of a site reaches farther than its patrols.
    """
    if site.land is None:
        found = site.piers.table.select("lon", "lat")
    else:
        rings = shapely.get_rings(shapely.get_parts(np.array(site.land.polygons, object)))
        flat = shapely.transform(
            rings, lambda xy: np.stack(site.plane.to_m(xy[:, 0], xy[:, 1]), axis=1)
        )
        spots = [_middles(length) for length in shapely.length(flat).tolist()]
        lines = np.repeat(flat, [len(at) for at in spots])
        at = np.concatenate([np.empty(0), *spots])
        points = shapely.get_coordinates(shapely.line_interpolate_point(lines, at))
        lon, lat = site.plane.to_deg(points[:, 0], points[:, 1])
        found = pl.DataFrame({"lon": lon.round(6), "lat": lat.round(6)})
        if within_m is not None:
            near, _ = site.piers.nearest(found["lon"], found["lat"], within_m)
            found = found.filter(pl.Series(near >= 0))
    return found.with_row_index("segment").cast(SEGMENT)


def _middles(length_m: float) -> NDArray[np.float64]:
    count = max(round(length_m / SEGMENT_M), 1)
    return np.asarray((np.arange(count) + 0.5) * (length_m / count), np.float64)
