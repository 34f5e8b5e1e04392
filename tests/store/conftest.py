"""Seeded rows for the tests of the store, and a run of each test's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from core.schema import OBSERVATION
from store.engine import Store

MakeObservations = Callable[..., pl.DataFrame]
_digests = itertools.count()


@pytest.fixture(scope="session")
def start() -> datetime:
    """A minute before midnight UTC."""
    return datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="session")
def observations(start: datetime) -> MakeObservations:
    """Makes n positions over two minutes around midnight, optional fields null at times."""

    def make(n: int, seed: int = 0, ships: int = 5, since: datetime = start) -> pl.DataFrame:
        dice = np.random.default_rng(seed)
        received = [since + timedelta(seconds=120 * i / n) for i in range(n)]
        optional = ("source", "target", "sigma_m", "speed_kn", "course_deg", "heading_deg")
        frame = pl.DataFrame(
            {
                "key": [dice.bytes(16) for _ in range(n)],
                "sensor": ["ais"] * n,
                "source": [f"岸站{i % 3}" for i in range(n)],
                "target": [f"mmsi:41234567{i % ships}" for i in range(n)],
                "observed_at": [at - timedelta(seconds=1.5) for at in received],
                "received_at": received,
                **{name: dice.random(n) for name in list(OBSERVATION)[6:12]},
                "detail": ['{"type":1,"注":"浙"}'] * n,
            },
            schema=OBSERVATION,
        )
        return frame.with_columns(
            pl.when(pl.Series(dice.random(n) < 0.2)).then(None).otherwise(pl.col(name)).alias(name)
            for name in optional
        )

    return make


@pytest.fixture
def run_id(store: Store) -> int:
    """A new run."""
    names = ("一夜", "xiangshan", True, f"digest {next(_digests)}", "象山", "Xiangshan")
    return store.open_run("replay", *names, "Asia/Shanghai")


@pytest.fixture(scope="session")
def alert() -> dict[str, Any]:
    """An alert in the contract's envelope."""
    return {
        "alert_id": "a" * 16, "revision": 1, "status": "new", "kind": "night_landing",
        "issued_at": "2026-03-01T17:22:10Z", "level": "watch", "posterior": 0.31,
        "prior_nats": -7.29, "severity": 0.62, "exercise": True, "pier_id": "P012",
        "lon": 121.9, "lat": 29.1, "berth_from": "2026-03-01T17:15:00Z", "berth_to": None,
        "targets": ["mmsi:412345678", "radar:R1:17"], "vehicles": ["plate:浙B12345"],
        "evidence": [
            {"block": "identity", "nats": 3.1, "code": "dark_approach",
             "params": {"silent_min": 74}, "sources": ["radar:R1"]}
        ],
        "not_covered": ["camera"],
    }  # fmt: skip
