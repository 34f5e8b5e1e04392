"""A refresh of 5,000 vessels on the screen: packed binary against a GeoJSON dictionary.

The peer is what a Dash callback does: a dictionary of features, written by Dash's own JSON. Ours
is what `/live` sends: the picture of the store's frame, packed. Both begin at the frame that the
store's read gives; that read is the same for both and not measured. Run as
`python tests/benchmarks/bench_screen_push.py`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from dash._utils import to_json

from dashboard.frames import unpacked
from dashboard.picture import Picture, messages, pictured
from store.reads import LATEST_POSITION

VESSELS, SECONDS = 5_000, 4.0
AT = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)


def world(step: int, share: float, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """Latest positions; after the first step so many of the vessels have moved."""
    dice = np.random.default_rng(step)
    if before is None:
        return pl.DataFrame(
            {
                "target": [f"mmsi:{412_000_000 + i}" for i in range(VESSELS)],
                "name": [f"浙象渔{i:05d}" for i in range(VESSELS)],
                "sensor": ["ais"] * VESSELS,
                "ship_type": dice.choice([30, 52, 70, 80], VESSELS),
                "register_type": [None] * VESSELS,
                "length_m": dice.uniform(8, 200, VESSELS).round(1),
                "lon": dice.uniform(121, 123, VESSELS),
                "lat": dice.uniform(28, 30, VESSELS),
                "speed_kn": dice.uniform(0, 14, VESSELS).round(1),
                "course_deg": dice.uniform(0, 359, VESSELS).round(1),
                "heading_deg": dice.uniform(0, 359, VESSELS).round(0),
                "observed_at": [AT] * VESSELS,
            },
            schema=LATEST_POSITION,
        )
    moved = pl.Series(dice.random(VESSELS) < share)
    return before.with_columns(
        pl.when(moved).then(pl.col("lon") + 1e-4).otherwise(pl.col("lon")).alias("lon"),
        pl.when(moved)
        .then(pl.lit(AT + timedelta(seconds=step)).cast(pl.Datetime("us", "UTC")))
        .otherwise(pl.col("observed_at"))
        .alias("observed_at"),
    )


def geojson_callback(frame: pl.DataFrame) -> bytes:
    """The peer: one dictionary a vessel, written as a callback's answer."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {
                "target": row["target"],
                "name": row["name"],
                "course": row["course_deg"],
                "heading": row["heading_deg"],
                "speed": row["speed_kn"],
            },
        }
        for row in frame.iter_rows(named=True)
    ]
    answer = {
        "response": {"vessels": {"data": {"type": "FeatureCollection", "features": features}}}
    }
    return str(to_json(answer)).encode()


def state(step: int) -> dict[str, object]:
    return {"run_id": 1, "at_ms": (AT + timedelta(seconds=step)).timestamp() * 1000}


def size(sent: list[str | bytes]) -> int:
    return sum(len(m if isinstance(m, bytes) else m.encode()) for m in sent)


def per_second(work: Callable[[], object]) -> float:
    """Runs a second, the best of four stretches: the machine is shared."""
    rates = []
    for _ in range(4):
        begin, n = time.perf_counter(), 0
        while time.perf_counter() - begin < SECONDS / 4:
            work()
            n += 1
        rates.append(n / (time.perf_counter() - begin))
    return max(rates)


def main() -> None:
    first = world(0, 0.0)
    seen = pictured(Picture(), state(0), first)
    moved = {share: world(1, share, first) for share in (1.0, 0.25)}

    def ours(share: float) -> list[str | bytes]:
        return messages(seen, pictured(seen, state(1), moved[share]))

    read = unpacked(next(m for m in ours(1.0) if isinstance(m, bytes)))
    peer = json.loads(geojson_callback(moved[1.0]))["response"]["vessels"]["data"]["features"]
    lonlat = np.array([feature["geometry"]["coordinates"] for feature in peer])
    assert len(read.arrays["lon"]) == VESSELS
    assert np.abs(read.arrays["lon"] / 1e7 - lonlat[:, 0]).max() <= 0.51e-7
    assert np.abs(read.arrays["lat"] / 1e7 - lonlat[:, 1]).max() <= 0.51e-7

    print(f"{VESSELS:,} vessels; the same positions; load {os.getloadavg()[0]:.1f}")
    answer = geojson_callback(moved[1.0])
    rows = [
        (
            "GeoJSON dictionary (peer)",
            per_second(lambda: geojson_callback(moved[1.0])),
            len(answer),
        ),
        ("binary, all have moved", per_second(lambda: ours(1.0)), size(ours(1.0))),
        ("binary, a quarter has moved", per_second(lambda: ours(0.25)), size(ours(0.25))),
    ]
    base_rate, base_bytes = rows[0][1:]
    for name, rate, n_bytes in rows:
        print(
            f"{name:29} {rate:9,.0f} a second ({rate / base_rate:5.1f}×)  "
            f"{n_bytes / 1000:8.1f} KB ({n_bytes / base_bytes:6.1%})"
        )


if __name__ == "__main__":
    main()
