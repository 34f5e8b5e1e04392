"""What is ahead of its receipt is refused, or handed on for somebody to judge its clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import camera_lines
import jt808_frames
import polars as pl
import pytest
from jt808_frames import framed, location
from nmea_feeds import AT, Decoder, heard, lines, rmc, run, tll
from nmea_lines import message, tag_block

from ingest.ais import AisDecoder
from ingest.beidou import BeiDouDecoder
from ingest.cameras import CameraDecoder
from ingest.jt808 import Jt808Decoder
from ingest.radar import RadarDecoder

EIGHT_HOURS = 8 * 3600
RADARS = pl.DataFrame({"radar_id": ["R1"], "lon": [122.0], "lat": [29.0]})
Make = Callable[..., Decoder]


def _when(ahead_s: int) -> datetime:
    return datetime.fromtimestamp(AT, UTC) + timedelta(seconds=ahead_s)


def _second(ahead_s: int) -> int:
    """Of the day."""
    when = _when(ahead_s)
    return when.hour * 3600 + when.minute * 60 + when.second


def _ais(ahead_s: int) -> bytes:
    when = _when(ahead_s)
    fields = (
        (4, 6), (0, 2), (2_190_047, 30), (when.year, 14), (when.month, 4), (when.day, 5),
        (when.hour, 5), (when.minute, 6), (when.second, 6), (0, 1), (73_200_000, 28),
        (17_400_000, 27), (0, 34),
    )  # fmt: skip
    bits = "".join(f"{value:0{width}b}" for value, width in fields)
    return tag_block(b"s:S1,c:%d" % AT) + message(bits) + b"\n"


def _beidou(ahead_s: int) -> bytes:
    return lines(heard(b"0123456", rmc(122.0, 29.0, _second(ahead_s))))


def _radar(ahead_s: int) -> bytes:
    return lines(heard(b"R1", tll(17, 122.0, 29.0, _second(ahead_s))))


def _vehicle(ahead_s: int) -> bytes:
    beijing = _when(ahead_s) + timedelta(hours=8)
    time = bytes.fromhex(f"{beijing:%y%m%d%H%M%S}")
    return jt808_frames.line(framed(location(time=time).encode()), AT)


def _camera(ahead_s: int) -> bytes:
    at = f"{_when(ahead_s):%Y-%m-%dT%H:%M:%SZ}"
    return camera_lines.barrier(at=at, received_at=f"{_when(0):%Y-%m-%dT%H:%M:%SZ}")


FORMS: dict[str, tuple[Make, Callable[[int], bytes], str]] = {
    "ais": (AisDecoder, _ais, "S1"),
    "beidou": (BeiDouDecoder, _beidou, "0123456"),
    "radar": (lambda **more: RadarDecoder(RADARS, **more), _radar, "R1"),
    "vehicles": (Jt808Decoder, _vehicle, "13900000001"),
    "cameras": (CameraDecoder, _camera, "bar-1"),
}
each = pytest.mark.parametrize("form", FORMS)


@each
def test_a_clock_ahead_is_refused_unless_it_is_to_be_judged(form: str) -> None:
    make, said, _ = FORMS[form]
    refused = run(make(), said(EIGHT_HOURS))
    assert refused.refusals["reason"].to_list() == ["future"]
    assert (refused.observations.height, refused.ahead.height) == (0, 0)
    kept = run(make(quarantine=True), said(EIGHT_HOURS))
    assert (kept.observations.height, kept.refusals.height) == (0, 0)
    assert kept.ahead["observed_at"].to_list() == [_when(EIGHT_HOURS)]
    assert kept.ahead["received_at"].to_list() == [_when(0)]
    assert kept.counts["ahead"] == 1
    assert kept.ahead.schema == kept.observations.schema
    assert len(kept.observation_payloads) == 0


@each
def test_a_clock_ahead_by_what_is_known_is_set_right_and_not_held(form: str) -> None:
    make, said, source = FORMS[form]
    got = run(make(quarantine=True, skew_s={source: EIGHT_HOURS}), said(EIGHT_HOURS))
    assert got.ahead.height == 0
    (row,) = got.observations.to_dicts()
    assert row["observed_at"] == _when(0)
    assert json.loads(row["detail"])["skew_s"] == EIGHT_HOURS


@each
def test_a_clock_behind_stays_as_it_is(form: str) -> None:
    make, said, _ = FORMS[form]
    for quarantine in (False, True):
        got = run(make(quarantine=quarantine), said(-EIGHT_HOURS))
        assert got.observations["observed_at"].to_list() == [_when(-EIGHT_HOURS)]
        assert (got.ahead.height, got.refusals.height) == (0, 0)


@each
def test_rows_on_time_have_the_same_keys_whether_others_are_held_or_not(form: str) -> None:
    make, said, _ = FORMS[form]
    data = said(0) + said(EIGHT_HOURS) + said(30)
    strict, lenient = run(make(), data), run(make(quarantine=True), data)
    assert strict.observations.equals(lenient.observations)
    assert strict.observation_payloads.to_list() == lenient.observation_payloads.to_list()
    assert lenient.ahead["line"].to_list() == [2]
    keys: list[Any] = [*lenient.observations["key"], *lenient.ahead["key"]]
    assert len(set(keys)) == 3
