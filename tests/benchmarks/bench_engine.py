"""The whole engine, flat out and live: rows a second, and milliseconds a tick.

Load, seed 1: 3,000 vessels (two in three every 10 s, the others every 30 s; four in ten lie still,
200 of them at one of 400 piers) for 40 minutes at night, and then 60 ticks of one second; three
radars see 600 of them each, every 3 s. Flat out the rows come in batches of ten minutes. Both
passes run, fast and settled, with fusion and every detector of events; processor time is told. No
peer does this work; bench_tracks.py has the parts that have one. That the answer is right: the same
input in other batches gives the same lines. Run: python tests/benchmarks/bench_engine.py
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from shapely.geometry import mapping

from core.schema import OBSERVATION, UTC_TIME
from core.settings import Settings
from engine.fold import Batch, EngineState, advance
from engine.place import Place
from geo.site import parse_site
from models.risk.evidence_table import parse_evidence
from models.risk.judgements import parse_judgements

RISK = Path(__file__).resolve().parents[2] / "models" / "risk"
BEGIN_S = 1_772_380_800  # midnight on the coast
VESSELS, PIERS, BERTHED, FLAT_S, LIVE_TICKS = 3000, 400, 200, 2400, 60
RADARS, ECHOES = 3, 600


def make_place(corner: np.ndarray) -> Place:
    """A coast with piers at these corners."""
    features = [
        {
            "type": "Feature",
            "properties": {"pier_id": f"P{i:03}", "status": "idle"},
            "geometry": mapping(shapely.box(lon, lat, lon + 3e-4, lat + 2e-4)),
        }
        for i, (lon, lat) in enumerate(corner)
    ]
    radars = [
        {
            "type": "Feature",
            "properties": {"radar_id": f"R{i}", "range_m": 60_000, "period_s": 3.0},
            "geometry": {"type": "Point", "coordinates": [121.6 + 0.3 * i, 29.2]},
        }
        for i in range(RADARS)
    ]
    toml = b'name = "bench"\ntitle_zh = "x"\ntitle_en = "x"\ntimezone = "Asia/Shanghai"\n'
    site = parse_site(
        {"site.toml": toml, "piers.geojson": _collection(features),
         "radars.geojson": _collection(radars)}
    )  # fmt: skip
    evidence = parse_evidence((RISK / "evidence.toml").read_bytes())
    judgements = parse_judgements((RISK / "judgements.toml").read_bytes())
    return Place(site, evidence, judgements, Settings(), exercise=True)


def _collection(features: list[dict[str, object]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def traffic(corner: np.ndarray) -> pl.DataFrame:
    """Observations of all vessels, in the order of their arrival."""
    rng = np.random.default_rng(1)
    boats = np.arange(VESSELS)
    seen = np.concatenate([rng.choice(boats, ECHOES, replace=False) for _ in range(RADARS)])
    who = np.concatenate([boats, seen])
    radar = np.repeat([-1, *range(RADARS)], [VESSELS, *[ECHOES] * RADARS])
    steps = np.where(radar >= 0, 3, np.where(who % 3 == 0, 30, 10))
    counts = (FLAT_S + LIVE_TICKS) // steps
    vessel = np.repeat(np.arange(len(who)), counts)
    nth = np.arange(len(vessel)) - np.repeat(np.cumsum(counts) - counts, counts)
    t_s = rng.integers(0, steps)[vessel] + nth * steps[vessel]
    kn = np.where(rng.random(VESSELS) < 0.4, 0.1, rng.uniform(3.0, 12.0, VESSELS))
    lon, lat = rng.uniform(121.5, 122.3, VESSELS), rng.uniform(28.9, 29.5, VESSELS)
    lon[:BERTHED], lat[:BERTHED] = (corner[:BERTHED] - 2e-4).T
    kn[:BERTHED] = 0.1
    names = [
        f"mmsi:{412_000_000 + v}" if r < 0 else f"radar:R{r}:{i}"
        for i, (v, r) in enumerate(zip(who, radar, strict=True))
    ]
    kn, lon, lat = kn[who], lon[who], lat[who]
    moved_deg = np.where(kn > 1, kn * 0.5144 / 110_900, 0.0)[vessel] * t_s
    echo = radar[vessel] >= 0
    noise_deg = np.where(echo, 2e-4, 2e-5) * rng.standard_normal((2, len(vessel)))
    frame = pl.DataFrame(
        {
            "target": np.array(names)[vessel],
            "sensor": np.where(echo, "radar", "ais"),
            "source": np.array(["S1", *(f"R{i}" for i in range(RADARS))])[radar[vessel] + 1],
            "sigma_m": np.where(echo, 25.0, 10.0),
            "at": (BEGIN_S + t_s) * 1_000_000,
            "lon": lon[vessel] + noise_deg[0],
            "lat": lat[vessel] + moved_deg + noise_deg[1],
            "speed_kn": kn[vessel].round(1),
            "key": [row.tobytes() for row in rng.integers(0, 256, (len(vessel), 16), np.uint8)],
        }
    )
    at = pl.from_epoch("at", "us").dt.replace_time_zone("UTC").cast(UTC_TIME)
    named = {"observed_at": at, "received_at": at, "arrived_at": at}
    said = {"detail": '{"type":18}', "course_deg": 0.0}
    rest = {"heading_deg": None}
    return (
        frame.with_columns(**named, **{k: pl.lit(v) for k, v in {**said, **rest}.items()})
        .select(*OBSERVATION.names(), "arrived_at")
        .cast(OBSERVATION)
        .sort("arrived_at", "key")
    )


def run(
    state: EngineState, rows: pl.DataFrame, ends: list[int], place: Place
) -> tuple[EngineState, list[str], list[float]]:
    """The state, the lines and the seconds of each batch."""
    lines, taken = [], []
    for end in ends:
        at = rows["arrived_at"].dt.epoch("s")
        batch = rows.filter((at > state.tick_s) & (at <= end))
        began = time.process_time()
        state, out = advance(state, Batch(batch, end), place)
        taken.append(time.process_time() - began)
        lines += [json.dumps(line) for line in (*out.alerts, *out.events)]
    return state, lines, taken


def main() -> None:
    """Measure both ways of running."""
    rng = np.random.default_rng(2)
    corner = np.stack([rng.uniform(121.5, 122.3, PIERS), rng.uniform(28.9, 29.5, PIERS)], 1)
    place, rows = make_place(corner), traffic(corner)
    flat_end = BEGIN_S + FLAT_S
    flat = rows.filter(rows["arrived_at"].dt.epoch("s") <= flat_end)
    tens = [*range(BEGIN_S + 600, flat_end, 600), flat_end]
    state, lines, taken = run(EngineState.initial(), flat, tens, place)
    best = sum(taken)
    _, other, _ = run(EngineState.initial(), flat, [BEGIN_S + 777, flat_end], place)
    print(f"the whole engine, {len(flat):,} rows of {VESSELS:,} vessels, {PIERS} piers, 3 radars")
    print(f"  flat out  {best:.2f} s, {len(flat) / best / 1e3:,.0f} k rows/s, both passes")
    print(f"  answers: {len(lines)} lines; in other batches the same: {lines == other}")
    ticks = [flat_end + k for k in range(1, LIVE_TICKS + 1)]
    _, _, live = run(state, rows, ticks, place)
    per_tick = (len(rows) - len(flat)) / LIVE_TICKS
    print(
        f"  live, {per_tick:.0f} rows a tick: {np.median(live) * 1e3:.0f} ms a tick in the median,"
    )
    print(f"  {np.quantile(live, 0.95) * 1e3:.0f} ms at 95 %, {max(live) * 1e3:.0f} ms at most,")
    print(f"  {np.mean(live) * 100:.0f} % of one core")


if __name__ == "__main__":
    main()
