"""A rehearsal before the first second: loops are compiled and maps drawn before anybody waits.

Compiled loops (ADR 0013) are read from where they are kept, or made anew where their source is
newer, when they are first called; what a radar sees is drawn when it is first asked. In a live
service that would be in its first minute, with everything behind it waiting.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from core.schema import OBSERVATION, arriving
from engine.fold import Batch, EngineState, advance
from engine.place import Place

_FROM_S: Final = int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp())
_LASTS_S: Final = 600
_EVERY_S: Final = 30
#: Sensor, source, target, detail, metres that it lies beside the boat that all of them are.
_HEARD: Final = (
    ("ais", "A1", "mmsi:412000001", '{"type": 18}', 0.0),
    ("radar", "R1", "radar:R1:1:1", '{"status": "T"}', 20.0),
    ("beidou", "B1", "beidou:1", "{}", 10.0),
    ("ais", "A1", "mmsi:412000002", '{"type": 1}', 900.0),
)
_M_A_DEGREE: Final = 111_195.0


def rehearse(place: Place) -> None:
    """Let the engine take ten minutes of two boats that there are not, and forget it."""
    frame = pl.DataFrame(_rows(place), schema=arriving(OBSERVATION), orient="row")
    advance(EngineState.initial(), Batch(frame, _FROM_S + _LASTS_S), place)


def _rows(place: Place) -> list[tuple[Any, ...]]:
    """What is heard of them off the first pier, southward."""
    pier = place.pier_rows[0] if place.pier_rows else {"lon": 0.0, "lat": 0.0}
    rows: list[tuple[Any, ...]] = []
    for second in range(_EVERY_S, _LASTS_S + 1, _EVERY_S):
        at = datetime.fromtimestamp(_FROM_S + second, UTC)
        lat = pier["lat"] - 0.1 + 4.0 * second / _M_A_DEGREE
        for sensor, source, target, detail, aside_m in _HEARD:
            lon = pier["lon"] + 0.1 + aside_m / _M_A_DEGREE
            key = len(rows).to_bytes(16, "big")
            moves = (30.0, 7.8, 0.0, None)  # its sigma, speed, course; no heading
            rows.append((key, sensor, source, target, at, at, lon, lat, *moves, detail, at, None))
    return rows
