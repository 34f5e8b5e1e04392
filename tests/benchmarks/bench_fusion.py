"""Fusion at the real rates of a large county: 3,000 live vessels and 3 radars.

Load: 3,000 vessels within 60 by 80 km, seed 1, half of them moored. 2,000 send AIS (class B: every
30 s under way, 180 s moored, methods 7.2), 500 BeiDou (180 s), 2,000 have an echo on the nearest
of three radars (an output every 3 s), 600 of these on two. Twenty minutes in batches of one second,
as the live service gives them, after five minutes to settle in. Prints the share of one core that
one pass and both passes take, and what the state holds.
Run: python tests/benchmarks/bench_fusion.py
"""

from __future__ import annotations

import json
import resource
import time

import numpy as np
import polars as pl

from core.settings import FusionSettings
from geo.site import Site, parse_site
from models.fusion.fold import ROW, FusionState, advance

VESSELS, BEGIN_S, SETTLE_S, MEASURED_S = 3_000, 1_772_380_800, 300, 1_200
RADARS = {"R1": (121.9, 29.2), "R2": (121.95, 29.0), "R3": (122.0, 29.5)}
SETTINGS = FusionSettings()


def site() -> Site:
    """A site with three radars."""
    features = [
        {
            "type": "Feature",
            "properties": {"radar_id": name, "range_m": 30_000.0, "period_s": 3.0},
            "geometry": {"type": "Point", "coordinates": list(at)},
        }
        for name, at in RADARS.items()
    ]
    points = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return parse_site({"site.toml": b'name = "load"', "radars.geojson": points})


def load(place: Site) -> pl.DataFrame:
    """All rows, by clock."""
    rng = np.random.default_rng(1)
    at = rng.uniform((-30_000, -40_000), (30_000, 40_000), (VESSELS, 2))
    moves = rng.random(VESSELS) < 0.5
    turn = rng.uniform(0, 2 * np.pi, VESSELS)
    speed = np.where(moves, rng.uniform(2, 6, VESSELS), 0.0)
    velocity = np.stack([np.sin(turn), np.cos(turn)], axis=1) * speed[:, None]
    posts = np.stack(place.plane.to_m(*zip(*RADARS.values(), strict=True)), axis=1)
    nearest = np.argsort(((at[:, None] - posts[None]) ** 2).sum(axis=2), axis=1)
    parts = []
    for v in range(VESSELS):
        sends = []
        if v < 2_000:
            sends.append((f"mmsi:412{v:06d}", "ais", None, 30.0 if moves[v] else 180.0, 5.0))
        if v % 6 == 0:
            sends.append((f"beidou:{v:07d}", "beidou", None, 180.0, 5.0))
        for k in range(1 + (v % 5 < 2)) if v % 3 else ():
            name = list(RADARS)[nearest[v, k]]
            sends.append((f"radar:{name}:{v}", "radar", name, 3.0, 40.0))
        for target, sensor, source, every_s, sigma_m in sends:
            t = np.arange(rng.uniform(0, every_s), SETTLE_S + MEASURED_S, every_s)
            xy = at[v] + velocity[v] * t[:, None] + rng.normal(0, sigma_m, (len(t), 2))
            parts.append((target, sensor, source, t, xy, speed[v] / 0.514444, np.degrees(turn[v])))
    return _rows(place, parts)


def _rows(place: Site, parts: list[tuple]) -> pl.DataFrame:  # type: ignore[type-arg]
    frames = []
    for target, sensor, source, t, xy, speed_kn, course in parts:
        n = len(t)
        lon, lat = place.plane.to_deg(xy[:, 0], xy[:, 1])
        frames.append(
            pl.DataFrame(
                {
                    "track": [target] * n, "target": [target] * n, "sensor": [sensor] * n,
                    "source": [source] * n, "t_us": ((BEGIN_S + t) * 1e6).astype(np.int64),
                    "clock_s": np.ceil(BEGIN_S + t).astype(np.int64), "lon": lon, "lat": lat,
                    "speed_kn": np.full(n, speed_kn), "course_deg": np.full(n, course),
                    "fresh": np.arange(n) == 0, "stopped": np.full(n, speed_kn < 0.5),
                },
                schema=ROW,
            )
        )  # fmt: skip
    return pl.concat(frames).sort("clock_s")


def main() -> None:
    """Measure and print."""
    place = site()
    rows = load(place)
    batches = rows.partition_by("clock_s", as_dict=True)
    state, taken, fixes = FusionState.initial(), 0.0, 0
    for tick in range(BEGIN_S, BEGIN_S + SETTLE_S + MEASURED_S + 1):
        batch = batches.get((tick,), rows.clear())
        began = time.process_time()
        state, said = advance(state, batch, tick, place, SETTINGS)
        if tick > BEGIN_S + SETTLE_S:
            taken += time.process_time() - began
            fixes += len(said.fixes)
    share = taken / MEASURED_S
    print(f"{len(rows) / (SETTLE_S + MEASURED_S):.0f} rows a second, {len(state.sources)} tracks,")
    print(f"{len(state.vessels)} vessels, {len(state.pairs)} pairs, {fixes} fixes")
    instants = MEASURED_S // SETTINGS.step_s
    print(f"CPU: {1000 * taken / instants:.0f} ms an instant with its 30 ticks;")
    print(f"{100 * share:.1f} % of one core for one pass, {200 * share:.1f} % for both")
    size = sum(frame.estimated_size() for frame in state.frames().values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"state {size / 1e6:.1f} MB; peak memory of the process {peak:.0f} MB, the load's too")


if __name__ == "__main__":
    main()
