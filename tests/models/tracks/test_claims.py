"""What vessels say of their length, as of each tick."""

from __future__ import annotations

import polars as pl

from core.schema import empty
from models.tracks.claims import ARRIVED, CLAIM, MEMORY_S, as_of


def made(*rows: tuple[str, int, float]) -> pl.DataFrame:
    columns = [(target, s * 1_000_000, s, metres, s) for target, s, metres in rows]
    return pl.DataFrame(columns, schema=ARRIVED, orient="row")


def asked(*rows: tuple[str, int]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={"target": pl.String, "clock_s": pl.Int64}, orient="row")


def test_a_call_knows_the_last_length_claimed_by_its_tick_and_no_later_one() -> None:
    claims = made(("mmsi:1", 100, 20.0), ("mmsi:1", 200, 30.0), ("mmsi:2", 100, 9.0))
    _, told = as_of(
        empty(CLAIM), claims, asked(("mmsi:1", 99), ("mmsi:1", 150), ("mmsi:1", 200)), 300
    )
    assert told["claimed_length_m"].to_list() == [None, 20.0, 30.0]


def test_a_vessel_that_claimed_nothing_has_no_length() -> None:
    _, told = as_of(empty(CLAIM), made(("mmsi:1", 100, 20.0)), asked(("mmsi:3", 150)), 300)
    assert told["claimed_length_m"].to_list() == [None]


def test_the_last_claim_is_kept_for_two_days_in_any_batches() -> None:
    kept, _ = as_of(empty(CLAIM), made(("mmsi:1", 100, 20.0)), asked(), 300)
    assert kept["length_m"].to_list() == [20.0]
    still, told = as_of(kept, made(), asked(("mmsi:1", 100 + MEMORY_S)), 100 + MEMORY_S)
    assert told["claimed_length_m"].to_list() == [20.0]
    assert still.is_empty()
    _, told = as_of(kept, made(), asked(("mmsi:1", 101 + MEMORY_S)), 101 + MEMORY_S)
    assert told["claimed_length_m"].to_list() == [None]
