"""Which pier is near: `Piers.nearest` beside `geopandas.sjoin_nearest`, one load, one answer.

Load: 400 piers on a coast of 90 by 90 km, 200,000 positions of which one in ten lies within 2 km of
a pier; reach 250 m; seed 1. Both start from degrees and work in metres; the peer projects by
pyproj, as its users do. Run: python tests/benchmarks/bench_piers.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import geopandas
import numpy as np
import polars as pl
import shapely

from geo.piers import Piers
from geo.plane import MetricPlane

REACH_M = 250.0
N_POINTS, N_PIERS = 200_000, 400
PLANE = MetricPlane(121.9, 29.2)
CRS = f"+proj=aeqd +lon_0={PLANE.lon0} +lat_0={PLANE.lat0} +ellps=WGS84"


def best_s(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of several runs, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def main() -> None:
    """Measure both, compare the answers, print the ratio."""
    rng = np.random.default_rng(1)
    corner = np.stack([rng.uniform(121.45, 122.35, N_PIERS), rng.uniform(28.8, 29.6, N_PIERS)], 1)
    boxes = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 1e-3, corner[:, 1] + 7e-4)
    lon, lat = rng.uniform(121.3, 122.5, N_POINTS), rng.uniform(28.7, 29.7, N_POINTS)
    near = np.arange(0, N_POINTS, 10)
    host = rng.integers(0, N_PIERS, len(near))
    lon[near] = corner[host, 0] + rng.uniform(-0.02, 0.02, len(near))
    lat[near] = corner[host, 1] + rng.uniform(-0.018, 0.018, len(near))
    piers = Piers(pl.DataFrame({"pier_id": [str(i) for i in range(N_PIERS)]}), boxes, PLANE)
    peer_piers = geopandas.GeoDataFrame({"pier": range(N_PIERS)}, geometry=boxes, crs=4326)
    peer_piers = peer_piers.to_crs(CRS)

    def peer() -> geopandas.GeoDataFrame:
        points = geopandas.points_from_xy(lon, lat, crs=4326).to_crs(CRS)
        frame = geopandas.GeoDataFrame({"row": np.arange(N_POINTS)}, geometry=points)
        return geopandas.sjoin_nearest(
            frame, peer_piers, max_distance=REACH_M, distance_col="distance_m"
        )

    index, metres = piers.nearest(lon, lat, REACH_M)
    theirs = peer().sort_values(["row", "pier"]).drop_duplicates("row")
    rows = np.flatnonzero(index >= 0)
    same = rows.tolist() == theirs["row"].tolist()
    same_pier = same and (index[rows] == theirs["pier"].to_numpy()).mean()
    largest_m = np.abs(metres[rows] - theirs["distance_m"].to_numpy()).max() if same else np.nan
    peer_s, ours_s = best_s(peer), best_s(lambda: piers.nearest(lon, lat, REACH_M))
    ones = [(lon[i : i + 1], lat[i : i + 1]) for i in range(500)]
    tick_s = best_s(lambda: [piers.nearest(a, b, REACH_M) for a, b in ones]) / len(ones)
    print(f"nearest pier within {REACH_M:g} m, {N_POINTS:,} positions × {N_PIERS} piers")
    print(f"  geopandas.sjoin_nearest  {peer_s:7.3f} s  {N_POINTS / peer_s / 1e6:6.2f} M/s")
    print(f"  geo.piers.Piers.nearest  {ours_s:7.3f} s  {N_POINTS / ours_s / 1e6:6.2f} M/s")
    print(f"  ratio {peer_s / ours_s:.1f}×; one position alone {tick_s * 1e6:.0f} µs")
    print(
        f"  answers: same {len(rows):,} positions near a pier: {same}; same pier: {same_pier:.2%};"
        f" largest difference of distance {largest_m:.1e} m"
    )


if __name__ == "__main__":
    main()
