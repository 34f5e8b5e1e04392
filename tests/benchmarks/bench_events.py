"""The detectors of identity: rows a second flat out, and milliseconds of a live tick.

Load, seed 1: 3,000 vessels (two in three every 10 s, the others every 30 s; four in ten lie still)
for 40 minutes, in batches of ten minutes; one in a hundred is two boats under one number, thirty go
round on a ring, fifty are gear beacons, everyone claims a name and a length every six minutes. Then
30 ticks of one second. The tracks' own step is not counted. Whether the answer is right: the same
in other batches. Run: python tests/benchmarks/bench_events.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import shapely

from core.schema import empty
from core.settings import EventSettings, TrackSettings
from geo.land import Land
from geo.piers import Piers
from geo.plane import MetricPlane
from geo.visibility import Lookout
from models.events import (
    circle_spoofing,
    gear_beacons,
    identity_conflicts,
    impossible_motion,
    on_land,
)
from models.events.gear_beacons import LABEL
from models.events.identity_claims import CLAIM
from models.events.register_conflicts import Register
from models.fusion.schema import FusionOutput
from models.tracks.fold import TrackOutput, TrackState, advance
from models.tracks.positions import POSITION

BEGIN_S, LASTS_S, TICKS, VESSELS = 1_772_380_800, 2400, 30, 3000
SETTINGS, TRACKS, NOTHING = EventSettings(), TrackSettings(), FusionOutput.nothing()
PLANE = MetricPlane(121.9, 29.2)
Step = Callable[[Any, TrackOutput, pl.DataFrame, int], tuple[Any, pl.DataFrame]]


def coast() -> Land:
    """A shore of 20,000 vertices down the middle."""
    rng = np.random.default_rng(2)
    lat = np.linspace(28.5, 29.9, 20_000)
    lon = 121.65 + np.cumsum(rng.normal(0, 2e-4, len(lat)))
    shore = np.stack([lon, lat], 1)
    return Land([shapely.Polygon([*shore, (120.5, 29.9), (120.5, 28.5)]).buffer(0)], PLANE)


def traffic(land: Land) -> pl.DataFrame:
    """Rows of all vessels by time."""
    rng = np.random.default_rng(1)
    step = np.where(np.arange(VESSELS) % 3 == 0, 30, 10)
    counts = (LASTS_S + TICKS) // step
    v = np.repeat(np.arange(VESSELS), counts)
    nth = np.arange(len(v)) - np.repeat(np.cumsum(counts) - counts, counts)
    t_s = rng.integers(0, step)[v] + nth * step[v]
    kn = np.where(rng.random(VESSELS) < 0.4, 0.1, rng.uniform(3, 12, VESSELS))
    lon, lat = rng.uniform(121.7, 122.5, VESSELS), rng.uniform(28.7, 29.7, VESSELS)
    ashore = land.contains(lon, lat)
    lon[ashore] += 0.4
    away = np.where(kn > 1, kn * 0.5144, 0.0)[v] * t_s / 110_900
    x, y = lon[v], lat[v] + away
    ring, radius = v < 30, 0.01
    turn = kn.max() * 0.5144 * t_s / (radius * 110_900)
    x, y = (
        np.where(ring, x + radius * 1.14 * np.cos(turn), x),
        np.where(ring, lat[v] + radius * np.sin(turn), y),
    )
    twin = (v % 100 == 50) & (nth % 2 == 0)
    kn_said = np.where(ring, kn.max(), np.where((v >= 100) & (v < 150), 0.9, kn[v]))
    return (
        pl.DataFrame(
            {
                "target": np.char.add("mmsi:", (412_000_000 + v).astype(str)),
                "key": pl.repeat(b"", len(v), eager=True),
                "sensor": pl.repeat("ais", len(v), eager=True),
                "source": pl.repeat("S1", len(v), eager=True),
                "t_us": (BEGIN_S + t_s) * 1_000_000,
                "clock_s": BEGIN_S + t_s,
                "lon": x + 0.3 * twin,
                "lat": y,
                "sigma_m": pl.repeat(None, len(v), eager=True, dtype=pl.Float64),
                "speed_kn": kn_said.round(1),
                "course_deg": np.zeros(len(v)),
                "ais_type": np.full(len(v), 18),
            }
        )
        .cast(POSITION)
        .sort("t_us", "target")
    )


def claims() -> pl.DataFrame:
    """What everyone says every six minutes."""
    rng = np.random.default_rng(3)
    v = np.repeat(np.arange(VESSELS), (LASTS_S + TICKS) // 360)
    nth = np.tile(np.arange((LASTS_S + TICKS) // 360), VESSELS)
    at = BEGIN_S + rng.integers(0, 360, VESSELS)[v] + 360 * nth
    beacon = (v >= 100) & (v < 150)
    name = np.where(beacon, np.char.add(v.astype(str), "-80%"), np.char.add("BOAT ", v.astype(str)))
    return pl.DataFrame(
        {
            "target": np.char.add("mmsi:", (412_000_000 + v).astype(str)),
            "t_us": at * 1_000_000,
            "clock_s": at,
            "name": name,
            "call_sign": np.char.add("BY", (v // 2 * 2 + 10_000).astype(str)),
            "imo": pl.repeat(None, len(v), eager=True, dtype=pl.Int64),
            "length_m": np.where(beacon, np.nan, 30.0),
        },
        schema=CLAIM,
    ).with_columns(pl.col("length_m").fill_nan(None)).sort("clock_s")  # fmt: skip


def detectors(land: Land) -> dict[str, tuple[Any, Step]]:
    """Each with its first state."""
    piers = Piers(pl.DataFrame({"pier_id": []}), [], PLANE)
    register = Register(
        pl.DataFrame(
            {
                "vessel_id": [f"V{i}" for i in range(2000)],
                "mmsi": [str(412_000_000 + i) for i in range(2000)],
                "beidou_id": pl.repeat(None, 2000, eager=True, dtype=pl.String),
                "length_m": [29.0] * 2000,
            }
        )
    )
    none = empty(LABEL)
    s = SETTINGS
    return {
        "impossible_motion": (
            impossible_motion.ImpossibleState.initial(),
            lambda a, t, _c, u: impossible_motion.advance(a, t, NOTHING, u, s),
        ),
        "gear_beacon": (
            gear_beacons.BeaconState.initial(),
            lambda a, t, c, u: gear_beacons.advance(a, t, NOTHING, u, c, s),
        ),
        "on_land": (
            on_land.LandState.initial(),
            lambda a, t, _c, u: on_land.advance(a, t, NOTHING, u, land, piers, none, s),
        ),
        "circle_spoofing": (
            circle_spoofing.CircleState.initial(),
            lambda a, t, _c, u: circle_spoofing.advance(a, t, NOTHING, u, s),
        ),
        "identity_conflict": (
            identity_conflicts.ConflictState.initial(),
            lambda a, t, c, u: identity_conflicts.advance(
                a, t, NOTHING, u, c, register, s, Lookout()
            ),
        ),
    }


def run(
    rows: pl.DataFrame, told: pl.DataFrame, ends: list[int], land: Land
) -> tuple[dict[str, list[float]], dict[str, list[dict[str, Any]]]]:
    """CPU seconds of each batch, and what was said, by detector."""
    tracks, was = TrackState.initial(), 0
    states = detectors(land)
    taken: dict[str, list[float]] = {name: [] for name in states}
    said: dict[str, list[dict[str, Any]]] = {name: [] for name in states}
    for end in ends:
        new = pl.col("clock_s").is_between(was + 1, end)
        tracks, out = advance(tracks, rows.filter(new), end, TRACKS)
        mine = told.filter(new)
        for name, (state, step) in states.items():
            began = time.process_time()
            state, found = step(state, out, mine, end)
            taken[name].append(time.process_time() - began)
            states[name] = (state, step)
            said[name] += found.to_dicts()
        was = end
    return taken, said


def main() -> None:
    """Measure flat out, then live."""
    land = coast()
    rows, told = traffic(land), claims()
    flat_end = BEGIN_S + LASTS_S
    ticks = [flat_end + k for k in range(1, TICKS + 1)]
    tens = [*range(BEGIN_S + 600, flat_end + 1, 600)]
    taken, said = run(rows, told, [*tens, *ticks], land)
    _, other = run(rows, told, [*range(BEGIN_S + 1111, flat_end, 1111), ticks[-1]], land)
    n = int((rows["clock_s"] <= flat_end).sum())
    print(f"{n:,} rows of {VESSELS:,} vessels, {len(told):,} claims; CPU time of one pass")
    whole = 0.0
    for name, seconds in taken.items():
        flat, live = sum(seconds[: len(tens)]), seconds[len(tens) :]
        whole += sum(live) / len(live)
        key = ("clock_s", "matter", "phase", "from_us")
        order = [sorted(s[name], key=lambda r: [str(r[k]) for k in key]) for s in (said, other)]
        print(
            f"  {name:18} {flat:6.2f} s  {n / flat / 1e3:7,.0f} k rows/s; live"
            f" {np.median(live) * 1e3:5.1f} ms a tick; {len(said[name])} said, in other batches"
            f" the same: {order[0] == order[1]}"
        )
    print(f"  live, all five: {whole * 100:.1f} % of a core and pass")


if __name__ == "__main__":
    main()
