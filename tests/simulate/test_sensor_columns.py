"""Lines made by columns are the lines that one would write one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.encode_ais import checksum, tag_block
from simulate.sensors.columns import (
    clock_digits,
    digits,
    in_order,
    lay,
    number,
    tag_blocks,
    with_checksum,
)

millis = st.integers(1_000_000_000_000, 4_000_000_000_000)


def texts(columns: np.ndarray) -> list[str]:
    return [bytes(line).replace(b"\0", b"").decode() for line in columns.T]


@given(st.lists(st.integers(0, 99_999), min_size=1, max_size=20))
def test_digits_keep_leading_zeros_and_numbers_drop_them(values: list[int]) -> None:
    array = np.array(values)
    assert texts(digits(array, 5)) == [f"{value:05d}" for value in values]
    assert texts(number(array, 5)) == [str(value) for value in values]
    assert texts(number(array, 3, 2)) == [f"{value / 100:.2f}" for value in values]


@given(st.lists(millis, min_size=1, max_size=10))
def test_tag_blocks_are_those_of_the_plain_encoder(times: list[int]) -> None:
    parts = tag_blocks(b"SHIPU", np.array(times))
    assert texts(lay(parts, len(times))) == [tag_block("SHIPU", at) for at in times]


@given(st.lists(millis, min_size=1, max_size=10))
def test_clocks_show_the_time_of_day_in_utc(times: list[int]) -> None:
    for said, at in zip(texts(clock_digits(np.array(times))), times, strict=True):
        moment = datetime.fromtimestamp(at // 1000, UTC)
        assert said == f"{moment:%H%M%S}.{at % 1000 // 10:02d}"


@given(st.lists(st.integers(0, 999), min_size=1, max_size=10))
def test_a_checksum_takes_no_notice_of_what_is_left_out(values: list[int]) -> None:
    body = lay([b"RATTM,", number(np.array(values), 3)], len(values))
    said = texts(lay(with_checksum(body, b"$", b""), len(values)))
    assert said == [f"$RATTM,{value}*{checksum(f'RATTM,{value}')}" for value in values]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 999)), max_size=30))
def test_lines_stand_in_the_order_of_receipt_and_keep_their_own_order_within(
    rows: list[tuple[int, int]],
) -> None:
    at_ms = np.array([at for at, _ in rows], np.int64)
    said = in_order("ais/X", at_ms, number(np.array([v for _, v in rows], np.int64), 3))
    expected = [f"{value}\n".encode() for _, value in sorted(rows, key=lambda row: row[0])]
    assert said.text == b"".join(expected)
    assert said.at_ms.tolist() == sorted(at_ms.tolist())
    assert np.diff(said.ends, prepend=0).tolist() == [len(line) for line in expected]
    assert said.in_order() == said.text
