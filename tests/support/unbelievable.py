"""What no decoder may ever give, whatever it was fed."""

from __future__ import annotations

import math

import polars as pl

from core.schema import ALIVE, IDENTITY, OBSERVATION, RECEPTION, REFUSAL, arriving
from ingest.decoded import Decoded
from ingest.reasons import REASONS

SENTINELS = {
    "lon": 181.0,
    "lat": 91.0,
    "speed_kn": 102.3,
    "course_deg": 360.0,
    "heading_deg": 511.0,
}
BOUNDS = {
    "lon": (-180, 180), "lat": (-90, 90), "sigma_m": (0, 1e6), "speed_kn": (0, 1100),
    "course_deg": (0, 360), "heading_deg": (0, 360),
}  # fmt: skip


def believable(got: Decoded) -> None:
    """Schemas, units and reasons of whatever came out."""
    schemas = (
        (got.observations, arriving(OBSERVATION)), (got.ahead, arriving(OBSERVATION)),
        (got.identities, arriving(IDENTITY)), (got.heard_again, RECEPTION), (got.alive, ALIVE),
        (got.refusals, REFUSAL),
    )  # fmt: skip
    for frame, schema in schemas:
        assert frame.schema == schema
    assert set(got.refusals["reason"]) <= REASONS.keys()
    assert (got.refusals["detail"].str.len_chars() <= 120).all()
    for frame in (got.observations, got.ahead):
        for name, (low, high) in BOUNDS.items():
            there = frame[name].drop_nulls()
            assert there.is_between(low, high).all(), (name, there)  # NaN is not between
            assert not (there == SENTINELS.get(name, math.inf)).any(), name
        assert (frame["lon"].is_null() == frame["lat"].is_null()).all()
        assert frame["key"].bin.size().eq(16).all()
    for column in got.identities.select(pl.col(pl.Float64)):
        assert column.drop_nulls().is_finite().all()
    assert len(got.observation_payloads) == got.observations.height
    assert len(got.identity_payloads) == got.identities.height
