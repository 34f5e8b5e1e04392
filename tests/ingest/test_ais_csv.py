"""AIS history as CSV: both public column sets, by their headers, however the file is cut."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from example_counts import examples
from golden_samples import agrees_with_golden
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ingest.ais_csv import AisCsvDecoder
from ingest.ais_csv import memory as memory_module
from ingest.decoded import Decoded, concat

DMA = (
    b"# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,"
    b"IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,"
    b"Destination,ETA,Data source type,A,B,C,D\n"
)
OLD = (
    b"MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,"
    b"Width,Draft,Cargo,TransceiverClass\n"
)
NEW = (
    b"mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,"
    b"status,length,width,draft,cargo,transceiver\n"
)
CARGO = (
    b"01/09/2025 00:00:03,Class A,219024000,57.717413,10.586715,Engaged in fishing,-12.5,4.1,4.8,"
    b"309,9123456,OXAB,NORTH STAR,Fishing,,6,24,GPS,3.2,SKAGEN,,AIS,12,12,3,3\n"
)
EMPTY = (
    b"01/09/2025 00:00:04,Base Station,2190064,91.000000,0.000000,Unknown value,,,,,Unknown,"
    b"Unknown,,Undefined,,,,Undefined,,Unknown,,AIS,,,,\n"
)


def decode(data: bytes, size: int | None = None, source: str | None = None) -> Decoded:
    decoder = AisCsvDecoder(source)
    step = size or max(len(data), 1)
    pieces = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return concat([*pieces, decoder.close()])


def same(one: Decoded, other: Decoded) -> None:
    assert_frame_equal(one.observations, other.observations)
    assert_frame_equal(one.identities, other.identities)
    assert_frame_equal(one.heard_again, other.heard_again)
    order = ["line", "reason", "detail"]
    assert_frame_equal(one.refusals.sort(order), other.refusals.sort(order))
    assert one.counts == other.counts
    assert one.receptions == other.receptions


def test_a_danish_row_is_a_position_and_a_claim() -> None:
    got = decode(DMA + CARGO, source="dma")
    row = got.observations.drop("key").row(0, named=True)
    at = datetime(2025, 9, 1, 0, 0, 3, tzinfo=UTC)
    assert row == {
        "sensor": "ais", "source": "dma", "target": "mmsi:219024000", "observed_at": at,
        "received_at": at, "lon": 10.586715, "lat": 57.717413, "sigma_m": 30.0, "speed_kn": 4.1,
        "course_deg": 4.8, "heading_deg": 309.0,
        "detail": '{"type":1,"status":7,"rot_deg_min":-12.5}', "arrived_at": at, "line": 2,
    }  # fmt: skip
    claim = got.identities.drop("key", "source", "received_at", "arrived_at").row(0, named=True)
    assert claim == {
        "target": "mmsi:219024000", "name": "NORTH STAR", "call_sign": "OXAB", "imo": 9123456,
        "ship_type": 30, "length_m": 24.0, "beam_m": 6.0, "draught_m": 3.2,
        "destination": "SKAGEN", "line": 2,
    }  # fmt: skip


def test_what_is_unknown_is_null_and_claims_nothing() -> None:
    got = decode(DMA + EMPTY)
    row = got.observations.row(0, named=True)
    names = ("lon", "lat", "sigma_m", "speed_kn", "course_deg", "heading_deg")
    assert [row[name] for name in names] == [None] * 6
    assert (row["target"], row["detail"]) == ("mmsi:002190064", '{"type":4}')
    assert got.identities.height == 0
    assert got.refusals.height == 0


def test_both_column_names_of_marinecadastre_say_the_same() -> None:
    old = OLD + (
        b'367481660,2022-06-20T00:00:05,38.58858,-90.19843,0.0,360.0,511.0,"MISS, ANN",'
        b"IMO0000000,WDF1,52,0,22,8,2.7,57,A\n"
    )
    new = NEW + (
        b'367481660,2022-06-20 00:00:05,-90.19843,38.58858,0.0,360.0,511,"MISS, ANN",,WDF1,52,0,'
        b"22,8,2.7,57,A\n"
    )
    one, other = decode(old), decode(new)
    same(one, other)
    row = one.observations.row(0, named=True)
    assert (row["lon"], row["course_deg"], row["heading_deg"]) == (-90.19843, None, None)
    assert one.identities["name"].to_list() == ["MISS, ANN"]
    assert one.identities["imo"].to_list() == [None]
    assert one.identities["ship_type"].to_list() == [52]


@pytest.mark.parametrize(
    ("mobile", "expected", "speed"),
    [("Class A", 1, None), ("Class B", 18, None), ("Base Station", 4, None), ("AtoN", 21, None),
     ("SAR Airborne", 9, 150.0), ("Something new", 1, None)],
)  # fmt: skip
def test_kinds_of_mobile_are_types_of_message(
    mobile: str, expected: int, speed: float | None
) -> None:
    row = CARGO.replace(b"Class A", mobile.encode()).replace(b",4.1,", b",150.0,")
    got = decode(DMA + row).observations
    assert json.loads(got["detail"][0])["type"] == expected
    assert got["speed_kn"].to_list() == [speed]


def test_a_row_that_is_there_again_is_a_reception_and_a_claim_is_made_when_it_changes() -> None:
    later = CARGO.replace(b"00:00:03", b"00:00:13")
    renamed = later.replace(b"NORTH STAR", b"SOUTH STAR").replace(b"00:00:13", b"00:00:23")
    got = decode(DMA + CARGO * 3 + later + renamed + later.replace(b":13", b":33"), source="dma")
    assert got.receptions == got.heard_again.height == 2
    assert got.heard_again["line"].to_list() == [3, 4]
    assert got.observations["line"].to_list() == [2, 5, 6, 7]
    assert got.identities["name"].to_list() == ["NORTH STAR", "SOUTH STAR", "NORTH STAR"]
    assert got.observations["key"].n_unique() == 4


@pytest.mark.parametrize("size", [None, 333])
def test_rows_are_forgotten_at_every_epoch_wherever_the_file_is_cut(
    size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "EPOCH", 4)
    got = decode(DMA + CARGO * 9, size)
    lines = got.observations["line"].to_list()
    assert lines == got.identities["line"].to_list() == [2, 4, 8]


def test_byte_order_mark_carriage_returns_and_headers_between_the_rows_do_no_harm() -> None:
    other = OLD + b"367481660,2025-09-01T00:00:05,38.5,-90.1,0.0,1.0,2.0,,,,,,,,,,B\n"
    plain = decode(DMA + CARGO + b"\n" + DMA + EMPTY + other)
    same(decode(b"\xef\xbb\xbf" + (DMA + CARGO + b"\n" + DMA + EMPTY + other)
                .replace(b"\n", b"\r\n")), plain)  # fmt: skip
    assert plain.observations["line"].to_list() == [2, 5, 7]
    assert plain.counts == {"position": 3, "identity": 1, "header": 3}


def test_a_file_without_a_header_is_refused_once_in_a_sentence() -> None:
    for size in (None, 50):
        got = decode(CARGO * 4, size)
        assert got.refusals["reason"].to_list() == ["bad_header"]
        assert "Danish Maritime Authority" in got.refusals["detail"][0]
        assert got.counts == {"unread": 4}
        assert got.observations.height == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (CARGO.replace(b"219024000", b"0"), "bad_mmsi"),
        (CARGO.replace(b"219024000", b"9999999999"), "bad_mmsi"),
        (CARGO.replace(b"219024000", b"ship"), "bad_mmsi"),
        (CARGO.replace(b"01/09/2025", b"31/02/2025"), "bad_time"),
        (CARGO.replace(b"01/09/2025", b"01/09/1970"), "bad_time"),
        (CARGO.replace(b"57.717413", b"north"), "bad_number"),
        (CARGO.replace(b"57.717413", b"57,717413"), "bad_row"),
        (CARGO.replace(b"NORTH", b'"NORTH'), "bad_row"),
        (b"one,two\n", "bad_row"),
        (CARGO.replace(b"NORTH STAR", b"N" * 5000), "too_long"),
        (CARGO.replace(b"2025", b"2031"), "bad_receipt"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_its_reason_and_the_next_goes_on(row: bytes, reason: str) -> None:
    got = decode(DMA + EMPTY + row + CARGO)
    assert got.refusals["reason"].to_list() == [reason]
    assert got.refusals["line"].to_list() == [3]
    assert got.observations["line"].to_list() == [2, 4]


def test_numbers_that_cannot_be_are_not_reported() -> None:
    for wrong in (b"NaN", b"inf", b"1e999", b"-3", b"102.3", b"x"):
        row = decode(DMA + CARGO.replace(b",4.1,", b"," + wrong + b",")).observations
        assert row["speed_kn"].to_list() == [None]
    row = decode(DMA + CARGO.replace(b"57.717413", b"NaN").replace(b"\xff", b"")).observations
    assert row["lat"].to_list() == [None]


PIECES = [DMA, OLD, CARGO, CARGO, EMPTY, CARGO.replace(b"00:00:03", b"00:20:03"), b"\n",
          b"x,\xff\n", CARGO.replace(b"NORTH STAR", b'"STAR, NORTH"'),
          CARGO.replace(b"2025", b"2029"),
          CARGO.replace(b"\n", b"\r\n"), b'"' * 9 + b"\n", b"y" * 5000 + b"\n"]  # fmt: skip
FILES = st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)


@examples(60)
@given(FILES, st.booleans(), st.integers(40, 900))
def test_the_answer_does_not_depend_on_how_the_file_is_cut(
    data: bytes, begins: bool, size: int
) -> None:
    file = DMA * begins + data
    same(decode(file), decode(file, size))


@examples(80)
@given(FILES, st.data())
def test_damage_never_raises_and_every_line_is_accounted_for(
    rows: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(DMA + rows)
    for _ in range(data.draw(st.integers(0, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    got = decode(bytes(damaged))
    lines = [line for line in bytes(damaged).split(b"\n") if line.strip(b"\r")]
    told = got.observations.height + got.receptions + got.counts.get("header", 0)
    told += got.counts.get("unread", 0)
    refused = got.refusals.filter(got.refusals["reason"] != "bad_header").height
    assert told + refused == len(lines)


def test_it_reads_what_the_csv_module_reads() -> None:
    rows = [
        CARGO.replace(b"219024000", b"%d" % (219024000 + n)).replace(b"57.71", b"57.%02d" % n)
        for n in range(90)
    ]
    data = DMA + b"".join(rows)
    got = decode(data)
    expected = list(csv.DictReader(io.StringIO(data.decode())))
    assert got.observations["lat"].to_list() == [float(row["Latitude"]) for row in expected]
    assert got.observations["target"].to_list() == [f"mmsi:{row['MMSI']}" for row in expected]


@pytest.mark.parametrize("name", ["dma.csv", "marinecadastre.csv"])
def test_the_samples_give_the_expected_objects(name: str) -> None:
    agrees_with_golden(name, decode)
