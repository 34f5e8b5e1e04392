"""The simulator's AIS encoder, read back with pyais."""

from __future__ import annotations

import pyais
from hypothesis import given, settings
from hypothesis import strategies as st
from pyais.messages import NMEASentenceFactory

from simulate.encode_ais import (
    Fix,
    Message,
    Ship,
    position_a,
    position_b,
    sentences,
    static_b,
    tag_block,
    voyage_a,
)

LETTERS = " !\"#$%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"
mmsis = st.integers(0, 999_999_999)
words = st.text(LETTERS, max_size=20).map(str.strip)  # a reader drops blanks at the ends
fixes = st.builds(
    Fix,
    lon=st.integers(-108_000_000, 108_000_000),
    lat=st.integers(-54_000_000, 54_000_000),
    speed=st.integers(0, 1022),
    course=st.integers(0, 3599),
    heading=st.integers(0, 359),
    second=st.integers(0, 59),
)
ships = st.builds(
    Ship,
    mmsi=mmsis,
    name=words,
    call_sign=words.map(lambda text: text[:7].strip()),
    ship_type=st.sampled_from([30, 37, 52, 55, 60, 70, 80, 90]),
    length_m=st.integers(6, 300),
    beam_m=st.integers(2, 60),
    draught_dm=st.integers(0, 255),
    destination=words,
)


def read(message: Message) -> dict[str, object]:
    return dict(pyais.decode(*sentences(message, "A", 3)).asdict())


@settings(max_examples=40)
@given(mmsi=mmsis, status=st.integers(0, 15), fix=fixes)
def test_a_class_a_position_reads_back(mmsi: int, status: int, fix: Fix) -> None:
    got = read(position_a(mmsi, status, fix))
    assert (got["msg_type"], got["mmsi"], got["status"]) == (1, mmsi, status)
    check_fix(got, fix)


@settings(max_examples=40)
@given(mmsi=mmsis, fix=fixes)
def test_a_class_b_position_reads_back(mmsi: int, fix: Fix) -> None:
    got = read(position_b(mmsi, fix))
    assert (got["msg_type"], got["mmsi"], got["cs"]) == (18, mmsi, True)
    check_fix(got, fix)


def check_fix(got: dict[str, object], fix: Fix) -> None:
    assert [got["lon"], got["lat"]] == [round(fix.lon / 600_000, 6), round(fix.lat / 600_000, 6)]
    assert [got["speed"], got["course"]] == [fix.speed / 10, fix.course / 10]
    assert [got["heading"], got["second"]] == [fix.heading, fix.second]


@settings(max_examples=40)
@given(ship=ships)
def test_class_a_static_data_reads_back_from_two_sentences(ship: Ship) -> None:
    assert len(sentences(voyage_a(ship), "B", 7)) == 2
    got = read(voyage_a(ship))
    assert (got["msg_type"], got["mmsi"], got["ship_type"]) == (5, ship.mmsi, ship.ship_type)
    assert [got["shipname"], got["callsign"], got["destination"]] == [
        ship.name,
        ship.call_sign,
        ship.destination,
    ]
    assert int(str(got["to_bow"])) + int(str(got["to_stern"])) == ship.length_m
    assert int(str(got["to_port"])) + int(str(got["to_starboard"])) == ship.beam_m
    assert got["draught"] == ship.draught_dm / 10


@settings(max_examples=40)
@given(ship=ships)
def test_class_b_static_data_reads_back_from_its_two_parts(ship: Ship) -> None:
    part_a, part_b = (read(part) for part in static_b(ship))
    assert [part_a["partno"], part_b["partno"]] == [0, 1]
    assert part_a["shipname"] == ship.name
    assert [part_b["callsign"], part_b["ship_type"]] == [ship.call_sign, ship.ship_type]
    assert int(str(part_b["to_bow"])) + int(str(part_b["to_stern"])) == ship.length_m


@settings(max_examples=40)
@given(ship=ships, fix=fixes)
def test_no_line_is_longer_than_the_standard_allows(ship: Ship, fix: Fix) -> None:
    for message in (position_a(1, 0, fix), position_b(1, fix), voyage_a(ship), *static_b(ship)):
        for line in sentences(message, "A", 9):
            assert len(line) + 2 <= 82
            assert pyais.NMEAMessage(line.encode()).is_valid


def test_a_tag_block_is_read_by_pyais() -> None:
    line = sentences(position_a(412_990_001, 5, Fix(0, 0, 0, 0, 0, 0)), "A", 0)[0]
    tag = tag_block("NANTIAN", 1_773_050_400_123)
    sentence = NMEASentenceFactory.produce((tag + line).encode())
    assert sentence.tag_block is not None
    sentence.tag_block.init()
    assert sentence.tag_block.source_station == "NANTIAN"
    assert str(sentence.tag_block.receiver_timestamp) == "1773050400123"
