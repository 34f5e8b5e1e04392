"""Lines of any bytes: a frame of the feed's form, or a word for why not; never anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import FeedSettings
from ingest.sources.framing import framing
from ingest.sources.inbox import Inbox

FEEDS = {
    "nmea": ("ais", ""), "jt808": ("vehicles", ""), "asterix": ("radar", "asterix"),
    "ais-catcher": ("ais", "ais-catcher"), "jsonl": ("cameras", ""),
}  # fmt: skip
NAMED = {
    "too_long", "not_hex", "bad_frame", "bad_json", "person_data", "unknown_format", "no_payload",
    "no_source", "too_deep", "bad_time", "bad_receipt", "bad_payload", "bad_state", "bad_xml",
}  # fmt: skip
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "received_at": json_values | st.just("2026-03-01T17:00:00Z"),
        "source": json_values | st.just("cam1"),
        "format": json_values
        | st.sampled_from(["barrier.state", "frigate.events", "gat1400.faces", "onvif.metadata"]),
        "payload": json_values,
        "station_id": json_values,
    },
)
lines = (
    st.binary(max_size=60)
    | st.text("0123456789abcdefABCDEF .7e", max_size=40).map(str.encode)
    | members.map(lambda value: json.dumps(value).encode())
    | st.sampled_from([b"[" * 50_000, b'{"a":' * 5_000, b"9" * 5_000, b"1e999", b'{"a":1e999}'])
    | st.sampled_from([b"{" * 2_000_000, b'{"\xff":1}', b'{"a":"\\ud800"}'])
)


@pytest.mark.parametrize("form", FEEDS)
@given(some=st.lists(lines, max_size=5))
def test_any_bytes_become_frames_or_named_refusals(form: str, some: list[bytes]) -> None:
    sensor, given_form = FEEDS[form]
    frame_of = framing("f", FeedSettings(sensor=sensor, url="-", format=given_form))
    inbox = Inbox("f", 100)
    whole = [piece for line in some for piece in line.split(b"\n")]
    frames = frame_of.frames(whole, inbox)
    refused = inbox.report(sensor, "-").refused
    assert set(refused) <= NAMED
    blank = sum(not line or line.isspace() for line in whole)
    assert len(frames) + sum(refused.values()) + blank == len(whole)
    for each in frames:
        assert b"\n" not in each.frame
        if form in ("jt808", "asterix"):
            bytes.fromhex(each.frame.decode())
        elif form != "nmea":
            said = json.loads(each.frame)
            assert said.keys() == {"source", "format", "payload"}
            assert isinstance(said["source"], str)


@pytest.mark.parametrize("sensor", ["beidou", "ais", "radar"])
def test_only_a_feed_of_beidou_takes_the_text_from_a_short_message(sensor: str) -> None:
    said, left = (
        b"$BDTCI,0242407,0300002,2,172159,0,0,SECRET*5F",
        b"$BDTCI,0242407,0300002,2,172159,0,0,......*49",
    )
    boats = framing("boats", FeedSettings(sensor=sensor, url="-"))
    frames = boats.frames([said], Inbox("boats", 100))
    expected = left if sensor == "beidou" else said
    assert [each.frame for each in boats.archived(frames, frozenset())] == [expected]
    assert boats.archived(frames, frozenset({"300002"})) == frames
