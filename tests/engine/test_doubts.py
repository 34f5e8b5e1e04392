"""Names are in doubt while a conflict goes on that people were told of, and for hours after."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.schema import empty
from engine.doubts import LASTS_S, Doubts
from models.fusion.schema import HAPPENING

T_S = 1_772_380_800


def told(at_s: int, phase: str, *targets: str, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(HAPPENING.names())
    row |= {"kind": "identity_conflict", "matter": "m", "clock_s": T_S + at_s, "phase": phase}
    return {**row, "level": "watch", "targets": list(targets), **more}


def after(*rows: dict[str, Any]) -> Doubts:
    return Doubts().take(pl.DataFrame(list(rows), schema=HAPPENING))


def test_a_name_is_in_doubt_from_the_tick_at_which_it_was_told() -> None:
    doubts = after(told(100, "began", "mmsi:1", "mmsi:2"))
    assert not doubts.of(["mmsi:1"], T_S + 99)
    assert doubts.of(["mmsi:1"], T_S + 100)
    assert doubts.of(["beidou:9", "mmsi:2"], T_S + 10**6), "it goes on"
    assert not doubts.of(["mmsi:3"], T_S + 100)
    assert not Doubts().of(["mmsi:1"], T_S)


def test_it_ends_hours_after_the_conflict_and_is_forgotten_then() -> None:
    doubts = after(told(100, "began", "mmsi:1"), told(500, "ended", "mmsi:1"))
    last_s = T_S + 500 + LASTS_S
    assert doubts.of(["mmsi:1"], last_s - 1)
    assert not doubts.of(["mmsi:1"], last_s)
    assert len(doubts.forget(last_s - 1).rows) == 1
    assert doubts.forget(last_s).rows.is_empty()


def test_what_nobody_is_told_of_casts_no_doubt() -> None:
    two_sets = told(100, "began", "mmsi:1", level=None)
    assert after(two_sets, told(100, "began", "mmsi:1", kind="scout")).rows.is_empty()


def test_rows_taken_one_by_one_give_the_same() -> None:
    rows = [
        told(1, "began", "mmsi:1"),
        told(2, "changed", "mmsi:1"),
        told(3, "ended", "mmsi:1"),
        told(4, "began", "mmsi:1", matter="n"),
        told(9, "began", "mmsi:1"),
    ]
    doubts = Doubts(empty(Doubts().rows.schema))
    for row in rows:
        doubts = doubts.take(pl.DataFrame([row], schema=HAPPENING))
    assert doubts.rows.equals(after(*rows).rows)
    assert len(doubts.rows) == 3
