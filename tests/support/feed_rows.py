"""Rows of all sensors for the models of the feeds, made by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import polars as pl

from core.schema import ALIVE, FACT, HEARD, OBSERVATION, RECEPTION, UTC_TIME, arriving, empty

T0_S = 1_772_380_800  # 2026-03-01T16:00:00Z
_SENSOR_TARGET = {
    "ais": "mmsi:412000001", "beidou": "beidou:0242407", "radar": "radar:R1:17",
    "vehicle": "terminal:13900000001", "camera": "plate:浙B12345", "barrier": None,
}  # fmt: skip


def row(at: float, sensor: str = "ais", source: str = "S1", **more: Any) -> dict[str, Any]:
    """One observation that arrives so many seconds after T0; `off_s` is observed minus arrived."""
    off_s = more.pop("off_s", 0.0)
    out = {
        "sensor": sensor,
        "source": source,
        "target": _SENSOR_TARGET[sensor],
        "observed_at": round((T0_S + at + off_s) * 1e6),
        "received_at": round((T0_S + at) * 1e6),
        "arrived_at": round((T0_S + at) * 1e6),
        "lon": 121.9,
        "lat": 29.2,
        "detail": "{}",
        **more,
    }
    said = repr(sorted((k, v) for k, v in out.items() if k != "arrived_at"))
    return {"key": hashlib.blake2b(said.encode(), digest_size=16).digest(), **out}


def frame(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """The rows as observations with their transport columns, in the order of arrival."""
    held = list(rows)
    schema = arriving(OBSERVATION)
    if not held:
        return empty(schema)
    raw = pl.Schema({n: pl.Int64() if t == UTC_TIME else t for n, t in schema.items()})
    made = pl.DataFrame(held, schema=raw)
    times = [n for n, t in schema.items() if t == UTC_TIME]
    return made.with_columns(
        pl.from_epoch(n, "us").dt.replace_time_zone("UTC").cast(UTC_TIME) for n in times
    ).sort("arrived_at", maintain_order=True)


def heard(
    ticks: Iterable[float], source: str | None = "S1", *, sensor: str = "ais", feed: str = "coast"
) -> pl.DataFrame:
    """One frame heard at each of the ticks, in seconds after T0."""
    rows = [(feed, sensor, source, T0_S + int(t), 1) for t in ticks]
    return pl.DataFrame(rows, schema=HEARD, orient="row")


def facts(*told: tuple[float, str, str, float]) -> pl.DataFrame:
    """Tick in seconds after T0, name, subject, value."""
    rows = [(T0_S + int(t), name, subject, value) for t, name, subject, value in told]
    return pl.DataFrame(rows, schema=FACT, orient="row")


def alive(ticks: Iterable[float], source: str) -> pl.DataFrame:
    """Keep-alives of a source."""
    rows = [(source, (T0_S + int(t)) * 1_000_000) for t in ticks]
    made = pl.DataFrame(rows, schema={"source": pl.String, "arrived_at": pl.Int64}, orient="row")
    return made.with_columns(_time("arrived_at")).cast(ALIVE)


def again(ticks: Iterable[float], source: str, lon: float, lat: float) -> pl.DataFrame:
    """Transmissions that a further station heard."""
    rows = [(source, "mmsi:412000001", at, lon, lat, at, 0) for at in _micro(ticks)]
    raw = pl.Schema({n: pl.Int64() if t == UTC_TIME else t for n, t in RECEPTION.items()})
    made = pl.DataFrame(rows, schema=raw, orient="row")
    return made.with_columns(_time("received_at"), _time("arrived_at"))


def _micro(ticks: Iterable[float]) -> list[int]:
    return [round((T0_S + t) * 1e6) for t in ticks]


def _time(name: str) -> pl.Expr:
    return pl.from_epoch(name, "us").dt.replace_time_zone("UTC").cast(UTC_TIME)
