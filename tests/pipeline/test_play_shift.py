"""Frames of a recording are read in order of arrival and moved in time without another change."""

from __future__ import annotations

import json
from datetime import timedelta

import camera_lines
import jt808_frames
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.ais import AisDecoder
from ingest.beidou import BeiDouDecoder
from ingest.cameras import CameraDecoder
from ingest.decoded import Decoded, concat
from ingest.jt808 import Jt808Decoder
from ingest.nmea.lines import MAX_LINE
from ingest.radar import RadarDecoder
from pipeline.play.frames import Played
from pipeline.play.shift import shifted

AT = 1_772_384_400
BASE_AT = 1_276_256_780  # nine seconds after its own time
RADARS = pl.DataFrame(
    {"radar_id": ["R1"], "range_m": [30_000.0], "period_s": [3.0], "lon": [121.9], "lat": [29.2]}
)


def _checked(text: str) -> str:
    value = 0
    for byte in text.encode():
        value ^= byte
    return f"{text}*{value:02X}"


def _nmea(sentence: str, station: str = "S1", at: int = AT) -> bytes:
    mark, text = sentence[0], sentence[1:]
    return f"\\{_checked(f's:{station},c:{at}')}\\{mark}{_checked(text)}".encode()


def _run(decoder: object, data: bytes) -> Decoded:
    return concat([decoder.feed(data), decoder.close()])  # type: ignore[attr-defined]


SENTENCES = {
    "a position of class A": ("ais", "!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0"),
    "a base station's time": ("ais", "!AIVDM,1,1,,B,402=481uaUcf;OQ55JS9ITi025Jp,0"),
    "a BeiDou terminal": (
        "beidou", "$BDRMC,170000.00,A,2912.000,N,12154.000,E,8.5,90.0,010326,,,A",
    ),
    "a subordinate terminal": (
        "beidou", "$BDDWR,1,0242407,170000.00,2912.000,N,12154.000,E,3,M,9,M,1,0,0",
    ),
    "a radar target": (
        "radar", "$RATTM,17,2.5,45.0,T,8.0,90.0,T,,,N,,T,,165959.50,A",
    ),
    "a target in degrees": ("radar", "$RATLL,17,2912.000,N,12154.000,E,X,165959.50,T,"),
}  # fmt: skip
#: Who says it, and when, where that matters to the decoder.
PLACES = {
    "a base station's time": ("S1", BASE_AT),
    "a radar target": ("R1", AT),
    "a target in degrees": ("R1", AT),
}


def _decoder(sensor: str) -> object:
    if sensor == "radar":
        return RadarDecoder(RADARS)
    return AisDecoder() if sensor == "ais" else BeiDouDecoder()


@pytest.mark.parametrize("name", SENTENCES)
@settings(deadline=None)
@given(minutes=st.integers(-600_000, 600_000))
def test_a_sentence_moved_in_time_says_the_same_at_another_time(name: str, minutes: int) -> None:
    sensor, sentence = SENTENCES[name]
    station, at = PLACES.get(name, ("S1", AT))
    line = _nmea(sentence, station, at)
    by_s = 60 * minutes
    moved = shifted(Played(AT, sensor, ".nmea", "S1", line), by_s)
    before = _run(_decoder(sensor), line + b"\n").observations
    after = _run(_decoder(sensor), moved + b"\n").observations
    assert len(before) == len(after) == 1
    same = [
        c for c in before.columns if c not in ("key", "observed_at", "received_at", "arrived_at")
    ]
    assert before.select(same).to_dicts() == after.select(same).to_dicts()
    for column in ("observed_at", "received_at"):
        assert after[column][0] - before[column][0] == timedelta(seconds=by_s)


@settings(deadline=None)
@given(seconds=st.integers(-10_000_000, 10_000_000))
def test_a_vehicles_frame_moved_in_time_keeps_its_place_and_its_checksum(seconds: int) -> None:
    frame = jt808_frames.framed(jt808_frames.location().encode())
    moved = shifted(Played(AT, "vehicles", ".jt808", "", frame), seconds)
    before = _run(Jt808Decoder(), jt808_frames.line(frame)).observations
    after = _run(Jt808Decoder(), jt808_frames.line(moved, AT + seconds)).observations
    assert (
        before.select("lon", "lat", "detail").to_dicts()
        == after.select("lon", "lat", "detail").to_dicts()
    )
    assert after["observed_at"][0] - before["observed_at"][0] == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "line",
    [
        camera_lines.frigate("new"),
        camera_lines.gat1400(camera_lines.vehicle()),
        camera_lines.onvif(camera_lines.onvif_object("Vehicle")),
        camera_lines.line("barrier.state", {"state": "raised", "at": "2026-03-01T17:00:00Z"}),
    ],
    ids=["Frigate", "GA/T 1400", "ONVIF", "barrier"],
)
def test_a_cameras_line_moved_in_time_says_the_same_at_another_time(line: bytes) -> None:
    moved = shifted(Played(AT, "cameras", ".jsonl", "cam-1", line.strip()), 7200.0)
    before = _run(CameraDecoder(), line).observations
    after = _run(CameraDecoder(), moved + b"\n").observations
    assert len(before) == len(after) == 1
    assert after["observed_at"][0] - before["observed_at"][0] == timedelta(hours=2)
    assert after["received_at"][0] - before["received_at"][0] == timedelta(hours=2)
    assert json.loads(line)["source"] == json.loads(moved)["source"]


@settings(deadline=None)
@given(
    st.binary(max_size=200), st.sampled_from([".nmea", ".jt808", ".jsonl"]), st.floats(-1e6, 1e6)
)
def test_what_is_no_frame_is_sent_as_it_is(noise: bytes, ending: str, by_s: float) -> None:
    moved = shifted(Played(AT, "ais", ending, "", b"#" + noise), by_s)
    assert isinstance(moved, bytes)
    assert len(moved) < MAX_LINE


def test_a_damaged_sentence_stays_damaged() -> None:
    line = _nmea(SENTENCES["a radar target"][1])[:-2] + b"00"
    moved = shifted(Played(AT, "radar", ".nmea", "S1", line), 60.0)
    assert moved.endswith(b"165959.50,A*00")
