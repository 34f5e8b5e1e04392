"""ASTERIX tracks: hand-worked frames, frames of libasterix, and frames that lie."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from asterix_lines import AT_S, SECOND_OF_DAY, asterix_line, block, track
from example_counts import examples
from golden_samples import agrees_with_golden
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pyproj import Geod

from core.errors import SetupError
from ingest.asterix import AsterixDecoder
from ingest.decoded import Decoded, concat

RADARS = pl.DataFrame(
    {
        "radar_id": ["R1"], "lon": [122.0], "lat": [29.0], "range_m": [40_000.0],
        "period_s": [3.0], "asterix": ["1/2"],
    }
)  # fmt: skip
CAT_048 = "300014d1140102778880050040000011002ec000"
CAT_010 = "0a0015d3600102017788800bb8f060001000000011"
CAT_062 = "3e00189b080102778880" + "00527d28" + "015b05b0" + "00100000" + "0011"
NORTH_MARKER = "220007c0010201"


def decode(data: bytes, size: int | None = None, **options: Any) -> Decoded:
    decoder = AsterixDecoder(options.pop("radars", RADARS), **options)
    step = size or max(len(data), 1)
    pieces = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return concat([*pieces, decoder.close()])


def same(one: Decoded, other: Decoded) -> None:
    assert_frame_equal(one.observations, other.observations)
    order = ["line", "reason", "detail"]
    assert_frame_equal(one.refusals.sort(order), other.refusals.sort(order))
    assert_frame_equal(one.alive.sort("arrived_at"), other.alive.sort("arrived_at"))
    assert one.counts == other.counts


def line(text: str, at_s: float = AT_S) -> bytes:
    return asterix_line(bytes.fromhex(text), at_s)


def test_a_polar_track_of_category_048_worked_by_hand() -> None:
    row = decode(line(CAT_048)).observations.row(0, named=True)
    lon, lat, _ = Geod(ellps="WGS84").fwd(122.0, 29.0, 90.0, 5 * 1852.0)
    assert row["target"] == "radar:R1:17"
    assert row["source"] == "R1"
    assert (row["lon"], row["lat"]) == pytest.approx((lon, lat), abs=1e-9)
    assert row["speed_kn"] == pytest.approx(46 / 16384 * 3600)
    assert row["course_deg"] == 270.0
    assert row["observed_at"] == datetime(2026, 3, 1, 17, 0, 1, tzinfo=UTC)
    assert row["received_at"] == datetime(2026, 3, 1, 17, 0, 2, tzinfo=UTC)
    assert row["sigma_m"] == pytest.approx(65.85, abs=0.01)  # of 9,260 m, as of a TTM
    assert row["detail"] == '{"category":48}'


def test_a_cartesian_track_of_category_010_worked_by_hand() -> None:
    row = decode(line(CAT_010)).observations.row(0, named=True)
    bearing, _, distance = Geod(ellps="WGS84").inv(122.0, 29.0, row["lon"], row["lat"])
    assert distance == pytest.approx(5000.0)
    assert bearing == pytest.approx(143.130102)
    assert row["speed_kn"] == pytest.approx(4 * 3600 / 1852)
    assert row["course_deg"] == 90.0


def test_a_system_track_of_category_062_needs_no_radar() -> None:
    row = decode(line(CAT_062), radars=RADARS.clear()).observations.row(0, named=True)
    assert row["target"] == "radar:1.2:17"
    assert (row["lon"], row["lat"]) == pytest.approx((122.0, 29.0), abs=3e-6)
    assert row["sigma_m"] is None
    assert row["speed_kn"] == pytest.approx(4 * 3600 / 1852)


@examples(60)
@given(
    st.integers(0, 4095), st.floats(0.1, 20), st.floats(0, 359.9), st.floats(0, 0.02),
    st.floats(0, 359.9),
)  # fmt: skip
def test_what_libasterix_wrote_is_read_back(
    number: int, range_nm: float, bearing: float, speed: float, course: float
) -> None:
    sent = track(number, range_nm, bearing,
                 **{"200": (("GSP", (speed, "NM/s")), ("HDG", (course, "°")))})  # fmt: skip
    row = decode(asterix_line(block(48, sent))).observations.row(0, named=True)
    back, _, distance = Geod(ellps="WGS84").inv(122.0, 29.0, row["lon"], row["lat"])
    assert row["target"] == f"radar:R1:{number}"
    assert distance == pytest.approx(range_nm * 1852, abs=1852 / 256)
    assert abs((back - bearing + 180) % 360 - 180) < 0.01
    assert row["speed_kn"] == pytest.approx(speed * 3600, abs=0.22)
    assert abs((row["course_deg"] - course + 180) % 360 - 180) < 0.01


def test_degrees_of_category_010_are_taken_before_metres_and_its_sigma_is_used() -> None:
    sent = {
        "000": 1, "140": SECOND_OF_DAY, "161": (0, ("TRK", 5)),
        "041": (("LAT", (29.01, "°")), ("LON", (122.02, "°"))),
        "042": (("X", (10.0, "m")), ("Y", (10.0, "m"))),
        "500": (("DEVX", (3.0, "m")), ("DEVY", (4.0, "m")), ("COVXY", 0)),
    }  # fmt: skip
    row = decode(asterix_line(block(10, sent))).observations.row(0, named=True)
    assert (row["lon"], row["lat"]) == pytest.approx((122.02, 29.01), abs=1e-6)
    assert row["sigma_m"] == pytest.approx((12.5) ** 0.5)


@pytest.mark.parametrize(
    ("received", "second", "observed"),
    [
        (datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC), 86_399.5, "2026-03-01 23:59:59.5"),
        (datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), 0.5, "2026-03-02 00:00:00.5"),
    ],
)
def test_a_time_of_day_is_of_the_date_nearest_to_the_receipt(
    received: datetime, second: float, observed: str
) -> None:
    sent = asterix_line(block(48, {**track(1, 5, 0), "140": second}), received.timestamp())
    got = decode(sent).observations["observed_at"][0]
    assert got.replace(tzinfo=None) == datetime.fromisoformat(observed)


def test_a_number_that_was_ended_names_a_new_vessel_when_it_comes_again() -> None:
    rows = [
        asterix_line(block(48, {**track(7, 5, 0), "140": SECOND_OF_DAY + n, **more}), AT_S + n)
        for n, more in enumerate([{}, {"170": (0, 0x40)}, {}, {}])
    ]
    got = decode(b"".join(rows)).observations
    assert got["target"].to_list() == ["radar:R1:7"] * 2 + ["radar:R1:7:2"] * 2
    assert json.loads(got["detail"][1]) == {"category": 48, "status": "L"}
    assert got["sigma_m"].is_null().to_list() == [False, True, False, False]


def test_plots_markers_and_other_categories_are_counted_and_show_that_the_radar_lives() -> None:
    plot = "30000c9801020a0020000fff"  # 10 NM, 45°, from the library's own example
    got = decode(line(plot) + line(NORTH_MARKER) + line(plot + NORTH_MARKER))
    assert got.counts == {"plot": 2, "other": 2}
    assert got.alive["source"].to_list() == ["R1"] * 4
    assert got.refusals.height == 0


def test_a_radar_ahead_of_its_receipt_is_corrected_refused_or_set_apart() -> None:
    sent = asterix_line(block(48, {**track(1, 5, 0), "140": SECOND_OF_DAY + 3600}))
    assert decode(sent).refusals["reason"].to_list() == ["future"]
    ahead = decode(sent, quarantine=True)
    assert (ahead.ahead.height, ahead.observations.height, ahead.refusals.height) == (1, 0, 0)
    right = decode(sent, skew_s={"R1": 3600}).observations.row(0, named=True)
    assert right["observed_at"] == datetime(2026, 3, 1, 17, 0, 1, tzinfo=UTC)
    assert json.loads(right["detail"])["skew_s"] == 3600


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{AT_S} 30ffff{CAT_048[6:]}", "bad_frame"), (f"{AT_S} 300003", "bad_frame"),
        (f"{AT_S} {CAT_048[:-2]}", "bad_frame"), (f"{AT_S} {CAT_048}30", "bad_frame"),
        (f"{AT_S} 300006ffffff", "bad_frame"), (f"{AT_S} 30", "bad_frame"),
        (f"{AT_S} {CAT_048}0", "not_hex"), (f"{AT_S} xyz", "not_hex"), (f"{AT_S} ", "not_hex"),
        (f"{AT_S}", "not_hex"), (f"now {CAT_048}", "no_time"), (f"12 {CAT_048}", "no_time"),
        (f"{AT_S} " + "00" * 9_100, "too_long"),
        (f"{AT_S} 30000551000005", "bad_frame"),
        (f"{AT_S} {block(48, track(1, 90, 0)).hex()}", "out_of_range"),
        (f"{AT_S} {CAT_048.replace('d1140102', 'd1140909')}", "unknown_radar"),
        (f"{AT_S} 30000740007788", "no_source"),
    ],
)  # fmt: skip
def test_a_bad_frame_is_refused_with_its_reason_and_the_next_goes_on(
    text: str, reason: str
) -> None:
    got = decode(text.encode() + b"\n" + line(CAT_048))
    assert got.refusals["reason"].to_list() == [reason]
    assert got.refusals["line"].to_list() == [1]
    assert got.observations["line"].to_list() == [2]


def test_a_frame_full_of_the_smallest_records_is_refused_before_it_takes_long() -> None:
    body = bytes.fromhex("80") + b"\x01\x02"
    data = b"\x30" + (3 + 2_900 * 3).to_bytes(2, "big") + body * 2_900
    decoder = AsterixDecoder(RADARS)
    began = time.perf_counter()
    got = decoder.feed(asterix_line(data))
    assert time.perf_counter() - began < 0.5
    assert got.refusals["reason"].to_list() == ["bad_frame"]


def test_without_the_extra_the_operator_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "asterix.generated", None)
    with pytest.raises(SetupError, match="--extra asterix"):
        AsterixDecoder()


def test_it_can_be_made_with_nothing() -> None:
    assert AsterixDecoder().feed(line(CAT_048)).refusals["reason"].to_list() == ["unknown_radar"]


PIECES = [
    line(CAT_048), line(CAT_048, AT_S + 1.5), line(CAT_010), line(CAT_062), line(NORTH_MARKER),
    line(CAT_048 + CAT_010), line(CAT_048, AT_S + 86_400), b"\n", b"# said\r\n", b"garbage\n",
    line(CAT_048[:-2]), b"9" * 20_000 + b"\n",
]  # fmt: skip


@examples(50)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), st.integers(1, 500))
def test_the_answer_does_not_depend_on_how_the_stream_is_cut(data: bytes, size: int) -> None:
    size = max(size, len(data) // 300)  # a call costs more than what it is given
    same(decode(data), decode(data, size))


@examples(150)
@given(st.sampled_from([CAT_048, CAT_010, CAT_062, CAT_048 + CAT_010]), st.data())
def test_damaged_frames_never_raise(text: str, data: st.DataObject) -> None:
    damaged = bytearray(bytes.fromhex(text))
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    got = decode(asterix_line(bytes(damaged)) + line(CAT_048))
    assert got.observations["line"].to_list()[-1:] == [2]


def test_the_samples_give_the_expected_objects() -> None:
    agrees_with_golden("tracks.asterix", decode)
