"""A radar gives its target numbers again; another vessel is another target."""

from __future__ import annotations

import polars as pl
import pytest
from nmea_feeds import AT, heard, lines, run, tll, ttm

from ingest.radar import RadarDecoder, instances

RADARS = pl.DataFrame(
    {
        "radar_id": ["R1", "R2"],
        "period_s": [3.0, 2.5],
        "lon": [121.99, 121.95],
        "lat": [29.19, 29.0],
    }
)


def seen(second: float, *, radar: bytes = b"R1", number: int = 17, distance: float = 5.0,
         bearing: float = 90.0, status: bytes = b"T") -> bytes:  # fmt: skip
    """A report whose own time is `second` after the start."""
    body = ttm(number, distance, bearing, status=status, second=62_530 + second)
    return heard(radar, body, AT + second)


def targets(*parts: bytes) -> list[str]:
    return [
        target.removeprefix("radar:")
        for target in run(RadarDecoder(RADARS), lines(*parts)).observations["target"]
    ]


def test_a_target_keeps_its_name_while_it_is_tracked() -> None:
    assert set(targets(*(seen(3 * k, bearing=90 + k / 10) for k in range(20)))) == {"R1:17"}


def test_after_a_loss_the_number_means_another_vessel() -> None:
    lost = seen(6, status=b"L")
    assert targets(seen(0), lost, seen(7, status=b"L"), seen(9), seen(12)) == [
        "R1:17", "R1:17", "R1:17", "R1:17:2", "R1:17:2",
    ]  # fmt: skip


def test_a_loss_without_a_place_ends_a_track_too() -> None:
    gone = heard(b"R1", b"RATTM,17,,,T,,,T,,,N,,L,,,A", AT + 3)
    assert targets(seen(0), gone, seen(6)) == ["R1:17", "R1:17:2"]


def test_after_a_silence_of_more_than_five_periods_it_is_another_vessel() -> None:
    assert targets(seen(0), seen(15), seen(30.5), seen(33)) == [
        "R1:17",
        "R1:17",
        "R1:17:2",
        "R1:17:2",
    ]
    assert targets(seen(0, radar=b"R2"), seen(13, radar=b"R2")) == ["R2:17", "R2:17:2"]


def test_a_vessel_does_not_jump_faster_than_seventy_knots() -> None:
    # Two miles in ten seconds; and half a mile in thirty, which is 60 kn.
    assert targets(seen(0), seen(10, distance=7.0)) == ["R1:17", "R1:17:2"]
    assert targets(seen(0), seen(15, distance=5.25)) == ["R1:17", "R1:17"]


def test_the_noise_of_a_far_target_is_no_jump() -> None:
    # One degree either side at 15 miles is 500 m in three seconds: 324 kn, but noise.
    assert (
        targets(*(seen(3 * k, distance=15, bearing=90 + k % 2) for k in range(6))) == ["R1:17"] * 6
    )


def test_numbers_are_each_radars_own() -> None:
    far = seen(1, radar=b"R2", distance=12)
    assert targets(seen(0), far, seen(3), seen(2, number=18), far) == [
        "R1:17", "R2:17", "R1:17", "R1:18", "R2:17",
    ]  # fmt: skip


def test_tll_and_ttm_of_one_number_are_one_target() -> None:
    first = run(RadarDecoder(RADARS), lines(seen(0))).observations
    same = heard(b"R1", tll(17, first["lon"][0], first["lat"][0], 62_533), AT + 3)
    assert targets(seen(0), same) == ["R1:17", "R1:17"]
    far = heard(b"R1", tll(17, first["lon"][0] + 0.1, first["lat"][0], 62_533), AT + 3)
    assert targets(seen(0), far) == ["R1:17", "R1:17:2"]


def test_a_refused_report_says_nothing_of_the_vessel() -> None:
    radars = RADARS.with_columns(range_m=pl.lit(20_000.0))
    data = lines(seen(0), seen(3, distance=15), seen(6))
    got = run(RadarDecoder(radars), data)
    assert got.observations["target"].to_list() == ["radar:R1:17"] * 2


def test_instances_are_remembered_over_feeds() -> None:
    decoder = RadarDecoder(RADARS)
    for k in range(5):
        got = decoder.feed(lines(seen(60 * k)))
        again = f":{k + 1}" if k else ""
        assert got.observations["target"].to_list() == [f"radar:R1:17{again}"]


def test_more_targets_than_can_be_remembered_are_refused_and_not_confused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(instances, "MOST_TARGETS", 3)
    data = lines(*(seen(k, number=k) for k in range(5)), seen(5, number=0))
    for size in (60, 1000):
        got = run(RadarDecoder(RADARS), data, size)
        assert got.observations.height == 4
        assert got.refusals["reason"].to_list() == ["too_many_targets"] * 2
