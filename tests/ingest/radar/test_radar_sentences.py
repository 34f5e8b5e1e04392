"""Where TTM and TLL put a target, and what they say of it."""

from __future__ import annotations

import polars as pl
import pytest
from nmea_feeds import AT, heard, lines, run, tll, ttm
from nmea_lines import sentence, tag_block
from pyproj import Geod

from ingest.decode import objects
from ingest.radar import RadarDecoder

RADARS = pl.DataFrame(
    {
        "radar_id": ["R1", "R2"],
        "range_m": [32_000.0, None],
        "period_s": [3.0, None],
        "zero_deg": [None, 350.0],
        "lon": [121.99, 121.95],
        "lat": [29.19, 29.06],
    }
)


def decode(*parts: bytes, **options: object) -> list[dict[str, object]]:
    return list(objects(run(RadarDecoder(RADARS, **options), lines(*parts))))  # type: ignore[arg-type]


def at(radar: int, bearing_deg: float, range_m: float) -> tuple[float, float]:
    lon, lat = RADARS["lon"][radar], RADARS["lat"][radar]
    east, north, _ = Geod(ellps="WGS84").fwd(lon, lat, bearing_deg, range_m)
    return east, north


@pytest.mark.parametrize(("unit", "metres"), [(b"K", 1000.0), (b"N", 1852.0), (b"S", 1609.344)])
def test_a_true_bearing_leads_along_the_geodesic_and_the_unit_holds_for_range_and_speed(
    unit: bytes, metres: float
) -> None:
    (row,) = decode(heard(b"R1", ttm(17, 5.0, 62.5, unit=unit, speed=10)))
    assert (row["lon"], row["lat"]) == pytest.approx(at(0, 62.5, 5 * metres), abs=1e-9)
    assert row["speed_kn"] == pytest.approx(10 * metres / 1852)
    assert (row["target"], row["source"], row["course_deg"]) == ("radar:R1:17", "R1", 270.0)
    assert row["detail"] == {"sentence": "RATTM", "status": "T", "acquisition": "A"}
    assert row["heading_deg"] is None


def test_relative_bearings_and_courses_count_from_the_radars_zero() -> None:
    rows = decode(
        heard(b"R2", ttm(5, 4.0, 20.0, from_=b"R", course=30)),
        heard(b"R1", ttm(5, 4.0, 20.0, from_=b"R", course=30)),
    )
    assert (rows[0]["lon"], rows[0]["lat"]) == pytest.approx(at(1, 10.0, 4 * 1852), abs=1e-9)
    assert (rows[1]["lon"], rows[1]["lat"]) == pytest.approx(at(0, 20.0, 4 * 1852), abs=1e-9)
    assert [row["course_deg"] for row in rows] == [20.0, 30.0]
    assert rows[0]["target"] == "radar:R2:5"
    assert [row["detail"]["bearing"] for row in rows] == ["relative"] * 2  # type: ignore[index]


def test_a_sentence_without_a_time_was_observed_when_it_was_received() -> None:
    rows = decode(heard(b"R1", ttm(1, 5, 10)), heard(b"R1", ttm(1, 5, 10, second=62_529.25)))
    assert rows[0]["observed_at"] == rows[0]["received_at"] == "2026-03-01T17:22:10Z"
    assert rows[1]["observed_at"] == "2026-03-01T17:22:09.250Z"


def test_a_time_after_its_receipt_is_refused_unless_the_radar_is_known_to_be_off() -> None:
    line = heard(b"R1", ttm(1, 5, 10, second=62_530 + 61))
    assert decode(line)[0]["error"] == "future"
    (row,) = decode(line, skew_s={"R1": 61.0})
    assert (row["observed_at"], row["detail"]["skew_s"]) == ("2026-03-01T17:22:10Z", 61.0)  # type: ignore[index]


def test_tll_has_a_place_and_neither_speed_nor_course() -> None:
    (row,) = decode(heard(b"R1", tll(8, 122.05, 29.15)))
    assert (row["lon"], row["lat"]) == pytest.approx((122.05, 29.15), abs=1e-9)
    assert row["speed_kn"] is row["course_deg"] is None
    assert row["target"] == "radar:R1:8"
    assert row["observed_at"] == "2026-03-01T17:22:10Z"


def test_sigma_grows_with_range_and_is_missing_where_the_radar_guesses_or_is_unknown() -> None:
    near, far, lost, place, stranger = decode(
        heard(b"R1", ttm(1, 1.0, 10)),
        heard(b"R1", ttm(2, 10.0, 10)),
        heard(b"R1", ttm(3, 1.0, 10, status=b"L")),
        heard(b"R1", tll(4, *at(0, 10.0, 18_520))),
        heard(b"R9", tll(4, 122.05, 29.15)),
    )
    assert near["sigma_m"] == pytest.approx(15.6, abs=0.1)
    assert far["sigma_m"] == pytest.approx(131.7, abs=0.1)
    assert place["sigma_m"] == pytest.approx(131.7, abs=0.1)
    assert lost["sigma_m"] is stranger["sigma_m"] is None
    assert stranger["target"] == "radar:R9:4"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (heard(b"R9", ttm(1, 5, 10)), "unknown_radar"),
        (sentence(b"$" + ttm(1, 5, 10)), "unknown_radar"),
        (heard(b"R1", ttm(1, 20.8, 10)), "out_of_range"),
        (heard(b"R1", ttm(1, 9e6, 10)), "out_of_range"),
        (heard(b"R1", tll(1, 122.99, 29.19)), "out_of_range"),
        (heard(b"R1", ttm(1, 5, 10, unit=b"X")), "bad_sentence"),
        (heard(b"R1", ttm(1, 5, 10, from_=b"Q")), "bad_sentence"),
        (heard(b"R1", ttm(1, 5, 361)), "bad_sentence"),
        (heard(b"R1", ttm(1, -5, 10)), "bad_sentence"),
        (heard(b"R1", ttm(1, 5, 10).replace(b"TTM,01", b"TTM,A1")), "bad_sentence"),
        (heard(b"R1", tll(1, 122, 29).replace(b",N,", b",E,")), "bad_sentence"),
        (heard(b"R1", ttm(1, 5, 10))[:-1] + b"Z", "bad_checksum"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason_and_the_next_goes_on(
    line: bytes, reason: str
) -> None:
    rows = decode(line, heard(b"R1", ttm(1, 20.7, 10)))
    assert [row.get("error") for row in rows] == [reason, None]


def test_a_radar_without_a_range_refuses_nothing_for_it() -> None:
    assert "error" not in decode(heard(b"R2", ttm(1, 60, 10)))[0]


def test_a_source_given_names_sentences_that_name_no_radar() -> None:
    (row,) = decode(sentence(b"$" + ttm(1, 5, 10)), source="R2")
    assert (row["target"], row["source"], row["observed_at"]) == ("radar:R2:1", "R2", None)


def test_other_sentences_and_empty_targets_give_nothing() -> None:
    got = run(
        RadarDecoder(RADARS),
        lines(
            heard(b"R1", b"RARSD,1,2,3,4,,,,,0.5,90,6,N,N"),
            heard(b"R1", b"RATTM,05,,,T,,,T,,,N,,Q,,,M"),
            b"# a comment",
        ),
    )
    assert (got.observations.height, got.refusals.height) == (0, 0)
    assert got.counts == {"position": 0, "no_position": 1, "other": 1}


def test_speeds_and_courses_out_of_range_are_not_reported() -> None:
    (row,) = decode(heard(b"R1", ttm(1, 5, 10, speed=150, course=360)))
    assert row["speed_kn"] is row["course_deg"] is None


def test_the_arrival_that_the_archive_wrote_is_kept() -> None:
    archived = tag_block(b"a:%d500" % (AT + 3)) + heard(b"R1", ttm(1, 5, 10))
    got = run(RadarDecoder(RADARS), lines(archived))
    assert got.observations["arrived_at"][0].timestamp() == AT + 3.5
