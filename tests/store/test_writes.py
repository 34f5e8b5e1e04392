"""Writing twice is writing once, and what is written is what is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.schema import OBSERVATION
from store.engine import Store

pytestmark = pytest.mark.postgis
START = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


def observations(n: int, seed: int = 0, ships: int = 5) -> pl.DataFrame:
    """Seeded positions over two minutes around midnight UTC, every optional field null at times."""
    dice = np.random.default_rng(seed)
    received = [START + timedelta(seconds=120 * i / n) for i in range(n)]
    frame = pl.DataFrame(
        {
            "key": [dice.bytes(16) for _ in range(n)],
            "sensor": ["ais"] * n,
            "source": [f"岸站{i % 3}" for i in range(n)],
            "target": [f"mmsi:41234567{i % ships}" for i in range(n)],
            "observed_at": [at - timedelta(seconds=1.5) for at in received],
            "received_at": received,
            **{
                name: dice.random(n)
                for name in ("lon", "lat", "sigma_m", "speed_kn", "course_deg", "heading_deg")
            },
            "detail": ['{"type":1,"注":"浙"}'] * n,
        },
        schema=OBSERVATION,
    )
    return frame.with_columns(
        pl.when(pl.Series(dice.random(n) < 0.2)).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("source", "target", "sigma_m", "speed_kn", "course_deg", "heading_deg")
    )


def run_of(store: Store, digest: str) -> int:
    return store.open_run(
        "replay", "一夜", "xiangshan", True, digest, "象山", "Xiangshan", "Asia/Shanghai"
    )


def test_the_same_observations_twice_insert_nothing_the_second_time(store: Store):
    run_id = run_of(store, "twice")
    frame = observations(500)
    assert store.write_observations(run_id, frame) == 500
    assert store.write_observations(run_id, frame) == 0
    assert store.write_observations(run_id, pl.concat([frame, observations(10, seed=1)])) == 10
