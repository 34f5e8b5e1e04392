"""What holds whatever comes: cuts do not matter, garbage does no harm, what was sent is read."""

from __future__ import annotations

import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from nmea_feeds import AT, dwr, gga, heard, lines, place, rmc, run, same
from nmea_lines import tag_block

from ingest.beidou import BeiDouDecoder
from ingest.decode import objects

LON, LAT = 121.975, 29.205
GOOD = heard(b"0123456", rmc(LON, LAT))
PIECES = [
    GOOD,
    heard(b"0123456", gga(LON, LAT)),
    heard(b"7", rmc(LON, LAT, speed=3)),
    heard(b"7", gga(LON, LAT, 62_531), AT + 1),
    heard(b"7", b"BDVTG,90.0,T,,M,4.0,N,,K,A"),
    heard(b"R", dwr(LON, LAT, flags=b"0,1,0")),
    heard(b"7", rmc(LON, LAT, status=b"V")),
    heard(b"7", rmc(LON, LAT), AT + 86_400),
    heard(b"R", b"BDTXR,1,0242407,0,," + "你好$!*".encode("gb18030")),
    GOOD[GOOD.rindex(b"$") :],
    heard(b"", gga(LON, LAT, 62_532))[-60:],
    heard(b"7", b"GNGNS,172210.00," + place(LON, LAT) + b",AN,11,1.5,3,8,,"),
    tag_block(b"s:8,c:%d" % (AT + 2)),
    b"# a comment", b"", b"garbage \xff", GOOD[:-4], GOOD + GOOD,
]  # fmt: skip
streams = st.lists(st.sampled_from(PIECES), max_size=8).map(lambda rows: lines(*rows))


@examples(50)
@given(streams, st.integers(9, 400))
def test_the_answer_does_not_depend_on_how_the_stream_is_cut(data: bytes, size: int) -> None:
    same(run(BeiDouDecoder(), data), run(BeiDouDecoder(), data, size))


@pytest.mark.parametrize("size", [100, 4095, 4098])
def test_a_line_without_end_is_cut_like_any_other(size: int) -> None:
    data = lines(GOOD, b"y" * 5000, GOOD, GOOD[:-1] + b"x" * 5000, GOOD)
    same(run(BeiDouDecoder(), data), run(BeiDouDecoder(), data, size))


@examples(60)
@given(st.binary(max_size=400), st.integers(7, 64))
def test_bytes_of_any_kind_do_no_harm(data: bytes, size: int) -> None:
    got = run(BeiDouDecoder(), data + b"\n" + lines(GOOD), size)
    assert got.observations["target"].to_list()[-1:] == ["beidou:0123456"]


FIELDS = st.lists(
    st.one_of(
        st.sampled_from([b"", b"A", b"N", b"E", b"172210.00", b"2912.3", b"12158.5", b"1", b"-"]),
        st.binary(max_size=20).filter(lambda field: not set(field) & set(b"\n\r$!")),
    ),
    max_size=18,
).map(b",".join)


@examples(150)
@given(st.sampled_from([b"RMC", b"GGA", b"GNS", b"VTG", b"DWR", b"TXR", b"TCI"]), FIELDS)
def test_a_whole_sentence_of_any_fields_is_read_or_refused(kind: bytes, fields: bytes) -> None:
    got = run(BeiDouDecoder(), lines(heard(b"1", b"BD" + kind + b"," + fields)))
    reasons = {"bad_sentence", "future", "bad_checksum", "no_checksum"}
    assert set(got.refusals["reason"]) <= reasons
    for row in objects(got):
        if "error" not in row and row["lat"] is not None:
            assert abs(float(str(row["lat"]))) <= 90
            assert abs(float(str(row["lon"]))) <= 180


@examples(100)
@given(
    st.floats(-180, 180), st.floats(-90, 90), st.floats(0, 102), st.floats(0, 359.9),
    st.floats(-300, 59),
)  # fmt: skip
def test_what_was_encoded_is_decoded(
    lon: float, lat: float, speed: float, course: float, ahead: float
) -> None:
    body = rmc(lon, lat, 62_530 + ahead, speed, course)
    got = run(BeiDouDecoder(), lines(heard(b"1", body)))
    if abs(lon) < 1e-7 and abs(lat) < 1e-7:
        assert got.counts["no_fix"] == 1
        return
    row = got.observations.row(0, named=True)
    assert row["lon"] == pytest.approx(lon, abs=1e-7)
    assert row["lat"] == pytest.approx(lat, abs=1e-7)
    assert row["speed_kn"] == pytest.approx(speed, abs=0.0051)
    assert row["course_deg"] == pytest.approx(course, abs=0.0051)
    assert row["observed_at"].timestamp() == pytest.approx(AT + ahead, abs=0.0051)
