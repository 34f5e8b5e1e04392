"""Fields of sentences on arrays read as Python reads them one by one."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from nmea_lines import sentence

from ingest.nmea.clocks import clocks
from ingest.nmea.fields import DAY, Fields, nearest_date
from ingest.nmea.sentences import Lines, Sentences
from ingest.nmea.text import NONE, Text


def fields(*bodies: bytes) -> Fields:
    text = Text(b"".join(sentence(b"$XX" + body) + b"\n" for body in bodies))
    return Fields(Sentences.of(text, Lines.of(text)))


numbers = st.from_regex(r"-?[0-9]{0,12}(\.[0-9]{0,12})?", fullmatch=True)
anything = st.text(st.characters(codec="ascii", exclude_characters=",*$!\n\r\0"), max_size=20)

clock_texts = st.from_regex(r"[0-2][0-9][0-5][0-9][0-6][0-9](\.[0-9]{0,8})?", fullmatch=True)


@examples(300)
@given(st.lists(st.one_of(numbers, anything), min_size=1, max_size=6))
def test_decimal_numbers_are_pythons_own(texts: list[str]) -> None:
    got = fields(*(b"ABC,x," + text.encode() + b",9" for text in texts)).number(2)
    for text, value in zip(texts, got.tolist(), strict=True):
        digits = text.removeprefix("-")
        plain = set(digits) <= set("0123456789.") and digits.count(".") <= 1
        if plain and any(c.isdigit() for c in digits) and len(digits) <= 16:
            exact = len(digits.replace(".", "")) <= 15
            assert value == float(text) if exact else math.isclose(value, float(text))
        else:
            assert math.isnan(value)


@examples(200)
@given(
    st.one_of(
        anything, st.from_regex(r"[0-2][0-9][0-5][0-9][0-6][0-9](\.[0-9]{0,8})?", fullmatch=True)
    )
)
def test_times_of_day_are_read_to_the_microsecond(text: str) -> None:
    (got,) = fields(b"ABC," + text.encode()).time_of_day(1).tolist()
    whole, _, fraction = text.partition(".")
    good = len(whole) == 6 and whole.isdigit() and (not fraction or fraction[:6].isdigit())
    if good and int(whole[:2]) < 24 and int(whole[2:4]) < 60 and int(whole[4:]) <= 60:
        seconds = int(whole[:2]) * 3600 + int(whole[2:4]) * 60 + int(whole[4:])
        assert got == seconds * 1_000_000 + int(f"{fraction:0<6}"[:6])
    else:
        assert got == NONE


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        (b"2912.34567,N", 29 + 12.34567 / 60),
        (b"2912.34567,S", -(29 + 12.34567 / 60)),
        (b"9000.0,N", 90.0),
        (b"9000.1,N", math.nan),
        (b"9100.0,N", math.nan),
        (b"2960.0,N", math.nan),
        (b"-2912.3,N", math.nan),
        (b"2912.3,E", math.nan),
        (b"2912.3,", math.nan),
        (b",N", math.nan),
    ],
)
def test_degrees_need_minutes_below_sixty_and_the_right_hemisphere(
    text: bytes, degrees: float
) -> None:
    (got,) = fields(b"ABC," + text).degrees(1, "N", "S", 90).tolist()
    assert got == pytest.approx(degrees, abs=1e-12, nan_ok=True)


def test_missing_fields_are_empty() -> None:
    got = fields(b"ABC,1")
    assert got.digits(1).tolist() == [1]
    assert got.given(2).tolist() == got.given(40).tolist() == [False]
    assert got.word(3).tolist() == [0]


@examples(200)
@given(st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1)), st.floats(-0.49, 0.49))
def test_a_time_of_day_near_its_receipt_gets_its_date_back(when: datetime, days: float) -> None:
    time = (when.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )
    received = time + round(days * DAY)
    assert nearest_date(np.array([received]), np.array([time % DAY])).tolist() == [time]


def test_clocks_tell_the_time_of_the_last_rmc_or_zda() -> None:
    data = [
        sentence(b"$GPRMC,235960.50,A,,,,,,,311216,,,A"),  # a leap second
        sentence(b"$GPRMC,1200,A,,,,,,,311216,,,A"),
        sentence(b"$GPRMC,120000,A,,,,,,,310216,,,A"),
        sentence(b"$GNZDA,000001.25,01,01,2017,00,00"),
        sentence(b"$GNZDA,000009.25,01,01,2017,00,00")[:-1] + b"Z",
    ]
    text = Text(b"\n".join(data) + b"\n")
    rows, times = clocks(Sentences.of(text, Lines.of(text)), 7)
    new_year = datetime(2017, 1, 1, tzinfo=UTC).timestamp()
    assert rows.tolist() == [0, 3]
    assert times.tolist() == [7, (new_year + 0.5) * 1e6, (new_year + 1.25) * 1e6]


@examples(200)
@given(st.lists(st.from_regex(r"[0-9]{1,14}|[0-9]{0,4}[ -/:-~][0-9]{0,4}", fullmatch=True)))
def test_spans_of_one_to_thirteen_digits_are_whole_numbers(words: list[str]) -> None:
    text = Text(" ".join(words).encode())
    end = np.cumsum([len(word) + 1 for word in words], dtype=np.int64) - 1
    begin = end - np.array([len(word) for word in words], np.int64)
    expected = [int(word) if word.isdigit() and len(word) <= 13 else NONE for word in words]
    assert text.digits(begin, end).tolist() == expected
