"""What each sentence of a BeiDou terminal becomes."""

from __future__ import annotations

import json

import pytest
from nmea_feeds import AT, dwr, gga, heard, lines, place, rmc, run

from ingest.beidou import BeiDouDecoder
from ingest.decode import objects

LON, LAT = 121.975, 29.205


def decode(*parts: bytes, **options: object) -> list[dict[str, object]]:
    return list(objects(run(BeiDouDecoder(**options), lines(*parts))))  # type: ignore[arg-type]


@pytest.mark.parametrize("talker", [b"BD", b"GB", b"GN"])
def test_rmc_is_a_position_of_the_terminal_that_the_tag_block_names(talker: bytes) -> None:
    (row,) = decode(heard(b"0123456", rmc(LON, LAT, 62_528.5, talker=talker)))
    assert row["lon"] == pytest.approx(LON, abs=1e-9)
    assert row["lat"] == pytest.approx(LAT, abs=1e-9)
    assert row["target"] == "beidou:0123456"
    assert (row["source"], row["sensor"], row["kind"]) == ("0123456", "beidou", "position")
    assert row["observed_at"] == "2026-03-01T17:22:08.500Z"
    assert row["received_at"] == "2026-03-01T17:22:10Z"
    assert (row["speed_kn"], row["course_deg"], row["sigma_m"]) == (8.2, 45.0, None)
    assert row["detail"] == {"sentence": talker.decode() + "RMC", "mode": "A"}


def test_gga_and_gns_tell_how_good_they_are() -> None:
    gns = b"GNGNS,172210.00," + place(LON, LAT) + b",NNDA,11,1.5,3,8,,"
    rows = decode(
        heard(b"1", gga(LON, LAT, quality=1, hdop=0.8)),
        heard(b"2", gga(LON, LAT, quality=2, hdop=0.8)),
        heard(b"3", gga(LON, LAT, quality=6)),
        heard(b"4", gns),
        heard(b"5", gga(LON, LAT, hdop=99.9)),
    )
    assert [row["sigma_m"] for row in rows] == [4.0, 1.6, None, 3.0, None]
    assert rows[0]["detail"] == {"sentence": "BDGGA", "quality": 1, "satellites": 12}
    assert rows[3]["detail"] == {"sentence": "GNGNS", "mode": "NNDA", "satellites": 11}


def test_sentences_of_own_ship_and_other_kinds_give_nothing() -> None:
    got = run(
        BeiDouDecoder(),
        lines(
            heard(b"1", rmc(LON, LAT, talker=b"GP")),
            heard(b"1", b"BDGSV,1,1,01,01,30,046,22"),
            heard(b"1", b"BDVTG,45.0,T,,M,8.2,N,15.2,K,A"),
            b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A",
            b"# a comment",
        ),
    )
    assert got.observations.is_empty()
    assert got.refusals.is_empty()
    assert got.counts == {"message": 0, "other": 3, "velocity": 1, "no_fix": 0, "position": 0}


@pytest.mark.parametrize(
    "body",
    [
        rmc(LON, LAT, status=b"V"),
        rmc(LON, LAT).replace(b",,,A", b",,,N"),
        rmc(LON, LAT).replace(b",,,A", b",,,S"),
        gga(LON, LAT, quality=0),
        gga(LON, LAT, quality=7),
        gga(LON, LAT, quality=8),
        gga(0, 0),
        b"GNGNS,172210.00,,,,,NNNN,00,,,0.0,,",
        b"BDRMC,172210.00,A,,,,,,,010326,,,A",
    ],
)
def test_without_a_fix_there_is_no_position(body: bytes) -> None:
    got = run(BeiDouDecoder(), lines(heard(b"1", body)))
    assert (got.observations.height, got.refusals.height, got.counts["no_fix"]) == (0, 0, 1)


def test_a_sentence_takes_what_its_terminal_said_before_it_in_the_same_second() -> None:
    rows = decode(
        heard(b"1", rmc(LON, LAT, speed=5)),
        heard(b"2", rmc(LON, LAT, speed=7)),
        heard(b"1", b"BDVTG,90.0,T,,M,,N,18.52,K,A"),
        heard(b"1", gga(LON, LAT)),
        heard(b"1", rmc(LON, LAT, 62_530, speed=6)),
        heard(b"1", gga(LON, LAT, 62_531)),
    )
    assert [(row["speed_kn"], row["course_deg"], row["sigma_m"]) for row in rows] == [
        (5.0, 45.0, None),
        (7.0, 45.0, None),
        (10.0, 90.0, 4.0),
        (6.0, 45.0, 4.0),
        (None, None, 4.0),
    ]


def test_a_report_on_a_subordinate_terminal_names_the_vessel_in_its_address() -> None:
    (row,) = decode(heard(b"R01", dwr(-122.5, -29.25, flags=b"1,0,1")))
    assert (row["target"], row["source"], row["sigma_m"]) == ("beidou:0242407", "R01", 100.0)
    assert (row["lon"], row["lat"]) == (-122.5, -29.25)
    assert row["detail"] == {"sentence": "BDDWR", "type": 1, "precision": 1, "multiple": True}


def test_an_emergency_is_an_sos_with_a_place_or_without() -> None:
    nowhere = b"BDDWR,1,0242407,172210.00,,,,,,M,,M,0,1,0"
    rows = decode(heard(b"R", dwr(LON, LAT, flags=b"0,1,0")), heard(b"R", nowhere))
    assert [json.dumps(row["detail"]).count('"sos": true') for row in rows] == [1, 1]
    assert rows[1]["lon"] is rows[1]["lat"] is None
    assert rows[1]["target"] == "beidou:0242407"


def test_a_time_of_day_is_on_the_date_nearest_to_the_receipt() -> None:
    midnight = AT - AT % 86_400
    rows = decode(
        heard(b"1", dwr(LON, LAT, second=86_399), midnight + 2),
        heard(b"1", gga(LON, LAT, 1), midnight + 86_390),
    )
    assert rows[0]["observed_at"] == "2026-02-28T23:59:59Z"
    assert rows[1]["observed_at"] == "2026-03-02T00:00:01Z"


def test_a_time_after_its_receipt_is_refused_unless_the_source_is_known_to_be_off() -> None:
    line = heard(b"7", rmc(LON, LAT, 62_530 - 57_600))
    (refused,) = decode(line)
    assert refused["error"] == "future"
    (row,) = decode(line, skew_s={"7": 8 * 3600})
    assert row["observed_at"] == "2026-03-01T17:22:10Z"
    assert row["detail"] == {"sentence": "BDRMC", "mode": "A", "skew_s": 28_800}


def test_without_a_receipt_the_rmc_is_the_clock() -> None:
    bare = [line[line.rindex(b"$") :] for line in (
        heard(b"", gga(LON, LAT)), heard(b"", rmc(LON, LAT)), heard(b"", gga(LON, LAT, 62_531)),
    )]  # fmt: skip
    rows = decode(*bare, source="9")
    times = [(row["received_at"], row["observed_at"]) for row in rows]
    assert times == [
        (None, None),
        ("2026-03-01T17:22:10Z", "2026-03-01T17:22:10Z"),
        ("2026-03-01T17:22:10Z", "2026-03-01T17:22:11Z"),
    ]
    assert {row["target"] for row in rows} == {"beidou:9"}
    assert decode(*bare)[0]["target"] is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (rmc(LON, LAT).replace(b",N,", b",X,"), "bad_sentence"),
        (rmc(LON, LAT).replace(b"2912.3", b"9912.3"), "bad_sentence"),
        (rmc(LON, LAT).replace(b"2912.3", b"2960.3"), "bad_sentence"),
        (rmc(LON, LAT).replace(b"172210.00", b"252210.00"), "bad_sentence"),
        (dwr(LON, LAT, address=b"024240"), "bad_sentence"),
        (dwr(LON, LAT, address=b"02424X7"), "bad_sentence"),
        (dwr(LON, LAT, flags=b"0,2,0"), "bad_sentence"),
    ],
)
def test_a_sentence_that_says_the_impossible_is_refused(body: bytes, reason: str) -> None:
    good = heard(b"1", rmc(LON, LAT))
    rows = decode(heard(b"1", body), good)
    assert [row.get("error") for row in rows] == [reason, None]


def test_speeds_and_courses_out_of_range_are_not_reported() -> None:
    (row,) = decode(heard(b"1", rmc(LON, LAT, speed=102.3, course=360.0)))
    assert row["speed_kn"] is row["course_deg"] is None


def test_a_damaged_sentence_is_refused() -> None:
    line = heard(b"1", rmc(LON, LAT))
    rows = decode(line[:-1] + b"Z", line[:-3], line)
    assert [row.get("error") for row in rows] == ["bad_checksum", "no_checksum", None]


def test_a_nul_in_a_sentence_or_a_name_is_refused() -> None:
    rows = decode(
        heard(b"A\0B", rmc(LON, LAT)), heard(b"1", rmc(LON, LAT).replace(b",A,", b",A\0,"))
    )
    assert [row.get("error") for row in rows] == ["bad_sentence"] * 2


def test_a_call_for_help_with_half_a_place_has_none() -> None:
    body = dwr(121.95, 29.2, flags=b"1,1,0").replace(b",N,", b",?,")
    (row,) = run(BeiDouDecoder(), lines(heard(b"9", body))).observations.to_dicts()
    assert (row["lon"], row["lat"]) == (None, None)
