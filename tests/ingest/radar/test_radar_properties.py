"""What holds whatever comes: cuts do not matter, garbage does no harm, what was sent is read."""

from __future__ import annotations

import polars as pl
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from nmea_feeds import AT, heard, lines, run, same, tll, ttm
from nmea_lines import sentence
from pyproj import Geod

from ingest.decode import objects
from ingest.radar import RadarDecoder

LON, LAT = 121.99, 29.19
RADARS = pl.DataFrame(
    {
        "radar_id": ["R1", "R2"], "range_m": [32_000.0, 30_000.0], "period_s": [3.0, None],
        "zero_deg": [None, 12.5], "lon": [LON, 121.955], "lat": [LAT, 29.065],
    }
)  # fmt: skip
GOOD = heard(b"R1", ttm(17, 5.0, 62.5))


def reports(draw: st.DrawFn) -> bytes:
    second = draw(st.integers(0, 60))
    number = draw(st.sampled_from([1, 2, 17]))
    radar = draw(st.sampled_from([b"R1", b"R2", b"R9"]))
    distance, bearing = draw(st.sampled_from([0.5, 5.0, 9.0, 30.0])), draw(st.integers(0, 3)) * 5.0
    status, from_ = (
        draw(st.sampled_from([b"T", b"T", b"L", b"Q"])),
        draw(st.sampled_from([b"T", b"R"])),
    )
    body = draw(
        st.sampled_from([
            ttm(number, distance, bearing, status=status, from_=from_),
            ttm(number, distance, bearing, status=status, second=62_530 + second),
            tll(number, LON + bearing / 100, LAT, 62_530 + second),
            b"RATTM,%02d,,,T,,,T,,,N,,L,,,A" % number,
        ])
    )  # fmt: skip
    line = heard(radar, body, AT + second)
    return draw(st.sampled_from([line, line, line, line[:-1], b"# x", sentence(b"$" + body)]))


streams = st.lists(st.composite(reports)(), max_size=25).map(lambda rows: lines(*rows))


@examples(60)
@given(streams, st.integers(20, 400))
def test_the_answer_does_not_depend_on_how_the_stream_is_cut(data: bytes, size: int) -> None:
    same(run(RadarDecoder(RADARS), data), run(RadarDecoder(RADARS), data, size))


@examples(60)
@given(st.binary(max_size=400), st.integers(7, 64))
def test_bytes_of_any_kind_do_no_harm(data: bytes, size: int) -> None:
    got = run(RadarDecoder(RADARS), data + b"\n" + lines(GOOD), size)
    assert got.observations["target"].to_list()[-1:] == ["radar:R1:17"]


FIELDS = st.lists(
    st.one_of(
        st.sampled_from([b"", b"T", b"R", b"N", b"17", b"5.0", b"172210.00", b"2912.3", b"-"]),
        st.binary(max_size=20).filter(lambda field: not set(field) & set(b"\n\r$!")),
    ),
    max_size=18,
).map(b",".join)


@examples(150)
@given(st.sampled_from([b"TTM", b"TLL"]), FIELDS)
def test_a_whole_sentence_of_any_fields_is_read_or_refused(kind: bytes, fields: bytes) -> None:
    got = run(RadarDecoder(RADARS), lines(heard(b"R1", b"RA" + kind + b"," + fields)))
    known = {"bad_sentence", "future", "bad_checksum", "no_checksum", "out_of_range"}
    assert set(got.refusals["reason"]) <= known
    for row in objects(got):
        if "error" not in row:
            assert abs(float(str(row["lat"]))) <= 90
            assert abs(float(str(row["lon"]))) <= 180


@examples(100)
@given(
    st.floats(0.001, 15), st.floats(0, 359.999), st.floats(0, 50), st.floats(0, 359.9),
    st.sampled_from([(b"K", 1000.0), (b"N", 1852.0), (b"S", 1609.344)]),
    st.sampled_from([(b"T", 0.0), (b"R", 12.5)]),
)  # fmt: skip
def test_what_was_encoded_is_decoded(
    distance: float, bearing: float, speed: float, course: float,
    unit: tuple[bytes, float], zero: tuple[bytes, float],
) -> None:  # fmt: skip
    body = ttm(3, distance, bearing, unit=unit[0], from_=zero[0], speed=speed, course=course)
    row = run(RadarDecoder(RADARS), lines(heard(b"R2", body))).observations.row(0, named=True)
    azimuth, _, range_m = Geod(ellps="WGS84").inv(121.955, 29.065, row["lon"], row["lat"])
    assert range_m == pytest.approx(distance * unit[1], abs=0.1)
    across = (azimuth - bearing - zero[1] + 180) % 360 - 180
    assert abs(across) * range_m / 57.3 < 0.3
    assert row["speed_kn"] == pytest.approx(speed * unit[1] / 1852, abs=0.006)
    turned = (row["course_deg"] - course - zero[1] + 180) % 360 - 180
    assert abs(turned) < 0.006
