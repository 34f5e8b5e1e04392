"""A frame that a sender repeats for want of an acknowledgement is kept once, also after a crash."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.archive.repeats import KEEP_S, Repeats
from ingest.archive.stamps import in_hex, in_json
from ingest.arrived import Arrived

AT_MS = 1_772_384_400_000


def _asked(frame: bytes, feed: str = "trucks", sensor: str = "vehicles") -> Arrived:
    ending = ".jsonl" if sensor == "cameras" else ".jt808"
    return Arrived(feed, sensor, ending, feed, frame, lambda _: None)


def test_a_frame_that_comes_again_is_known() -> None:
    repeats = Repeats()
    first, _ = repeats.split([_asked(b"7e01"), _asked(b"7e02"), _asked(b"7e01")], AT_MS)
    new, again = repeats.split([_asked(b"7e02"), _asked(b"7e03")], AT_MS + 1)
    assert [f.frame for f in first] == [b"7e01", b"7e02"]
    assert [f.frame for f in new] == [b"7e03"]
    assert [f.frame for f in again] == [b"7e02"]


def test_the_same_bytes_by_another_feed_are_another_frame() -> None:
    repeats = Repeats()
    new, _ = repeats.split([_asked(b"7e01"), _asked(b"7e01", "lorries")], AT_MS)
    assert len(new) == 2


def test_nobody_repeats_what_needs_no_acknowledgement() -> None:
    plain = Arrived("shore", "ais", ".nmea", "shore", b"!AIVDM", None)
    assert Repeats().split([plain, plain], AT_MS) == ([plain, plain], [])


def test_two_heartbeats_are_two() -> None:
    beat = _asked(b'{"source":"CD001","format":"device.keepalive","payload":{}}', "viid", "cameras")
    assert Repeats().split([beat, beat], AT_MS) == ([beat, beat], [])


def test_a_frame_is_forgotten_after_a_while() -> None:
    repeats = Repeats()
    repeats.split([_asked(b"7e01")], AT_MS)
    new, _ = repeats.split([_asked(b"7e01")], AT_MS + 1000 * KEEP_S + 1)
    assert len(new) == 1


def test_what_could_not_be_kept_is_new_when_it_comes_again() -> None:
    repeats = Repeats()
    lost, _ = repeats.split([_asked(b"7e01")], AT_MS)
    repeats.unlearn(lost)
    assert repeats.split([_asked(b"7e01")], AT_MS)[0]


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8, unique=True))
def test_after_a_restart_the_archives_lines_are_known(payloads: list[bytes]) -> None:
    trucks = [_asked(p.hex().encode()) for p in payloads]
    docks = [
        _asked(b'{"source":"CD1","format":"x","payload":"%s"}' % p.hex().encode(), "d", "cameras")
        for p in payloads
    ]
    repeats = Repeats()
    for frames, stamp in ((trucks, in_hex), (docks, in_json)):
        if frames:
            lines = [stamp(f.frame, AT_MS).rstrip(b"\n") for f in frames]
            repeats.learn(frames[0].feed, frames[0].ending, lines, AT_MS)
    assert repeats.split([*trucks, *docks], AT_MS + 5)[0] == []
