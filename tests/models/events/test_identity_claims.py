"""Claims of identity: what is worth hearing, and a frame given again changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from core.schema import IDENTITY, UTC_TIME
from models.events.identity_claims import ARRIVED, CLAIM, claims, forget, newest_only

AT = datetime(2026, 3, 1, 16, tzinfo=UTC)


def test_blank_names_and_sentinels_say_nothing() -> None:
    told = pl.DataFrame(
        [
            {"target": "mmsi:1", "received_at": AT, "name": " zhe yu 1 ", "call_sign": "000000"},
            {"target": "mmsi:2", "received_at": AT, "name": "@@@ ", "length_m": 0.0},
            {"target": "mmsi:3", "received_at": AT, "destination": "SHIPU"},
            {"target": "mmsi:4", "received_at": None, "imo": 9074729},
        ],
        schema=IDENTITY,
    ).with_columns(pl.lit(AT).cast(UTC_TIME).alias("arrived_at"))
    found = claims(told)
    assert found.schema == ARRIVED
    assert found.select("target", "name", "call_sign", "length_m").rows() == [
        ("mmsi:1", "ZHE YU 1", None, None),
        ("mmsi:2", None, None, None),
    ]


said = st.tuples(
    st.sampled_from("ab"), st.integers(0, 5), st.integers(0, 9), st.sampled_from([None, "X", "Y"])
)


def frame(rows: list[tuple[str, int, int, str | None]]) -> pl.DataFrame:
    full = [(t, at, clock, name, None, None, None) for t, at, clock, name in rows]
    return pl.DataFrame(full, schema=CLAIM, orient="row")


@settings(max_examples=200, deadline=None)
@given(st.lists(said, max_size=12), st.integers(0, 9), st.integers(0, 11), st.integers(0, 3))
def test_claims_count_once_whatever_the_batches(
    rows: list[tuple[str, int, int, str | None]], cut: int, again: int, later: int
) -> None:
    told = frame(rows)
    _, whole = newest_only(frame([]), told)
    last, one = newest_only(frame([]), told.filter(pl.col("clock_s") <= cut))
    _, two = newest_only(forget(last, cut), told.filter(pl.col("clock_s") > cut))
    order = CLAIM.names()
    assert pl.concat([one, two]).sort(order).equals(whole.sort(order))
    repeated = told[again : again + 3].with_columns(pl.col("clock_s") + later)
    assert (
        newest_only(frame([]), pl.concat([told, repeated]))[1].sort(order).equals(whole.sort(order))
    )
