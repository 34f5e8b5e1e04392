"""A recording with every feed: replayed to the byte, cut anywhere, and each frame is there once."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime

import polars as pl
import pytest
from commands import SELDOM
from decided import CONTENTS
from every_feed import tagged
from one_of_each import AT, MINUTES, every_feed
from recordings import make_recording

from pipeline.arrivals import Arrivals
from pipeline.recording import read_recording
from pipeline.replay import replay

GROWING = ("alerts.jsonl", "events.jsonl")
FILES = (*GROWING, "summary.json", "refused.jsonl")
FRAMES = (
    "observations",
    "identities",
    "ahead",
    "heard_again",
    "messages",
    "heard",
    "facts",
    "decisions",
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return every_feed(tmp_path_factory.mktemp("every") / "feed")


def replayed(recording, out, **options):
    replay(read_recording(recording), SELDOM, out=out, **options)
    return {name: (out / name).read_bytes() for name in FILES}


def at(minute):
    return datetime.fromtimestamp(AT + 60 * minute, UTC)


def test_every_feed_is_read_counted_and_replayed_to_the_byte(recording, tmp_path):
    first = replayed(recording, tmp_path / "one")
    assert first == replayed(recording, tmp_path / "two")
    summary = json.loads(first["summary.json"])
    frames = summary["frames"]
    assert frames["ais"]["position"] == MINUTES + MINUTES // 2
    assert frames["ais"]["reception"] == MINUTES // 2
    assert [frames[name]["position"] for name in ("beidou", "radar", "vehicles")] == [MINUTES] * 3
    assert frames["cameras"]["sighting"] == MINUTES
    assert summary["said"]["observations"] == 5 * MINUTES
    assert summary["said"]["messages"] == MINUTES // 10
    assert summary["said"]["decisions"] == 5
    unused = ("tip", "watch_list", "weights")
    assert summary["decisions_not_used_yet"] == dict.fromkeys(unused, 1)
    assert summary["refused"]["desk/desk"] == {"bad_decision": 1}
    assert summary["refused"]["ais/north"] == {"bad_checksum": 1, "no_sentence": 1}


def test_until_and_a_saved_state_cut_it_exactly(recording, tmp_path):
    whole = replayed(recording, tmp_path / "whole")
    state = tmp_path / "state"
    parts = []
    for i, minute in enumerate((7, 64, 133, None)):
        until = None if minute is None else at(minute)
        options = {"until": until, "state_dir": state}
        parts.append(replayed(recording, tmp_path / str(i), **options))
        cut = replayed(recording, tmp_path / f"cut{i}", until=until)
        for name in GROWING:
            assert whole[name].startswith(cut[name])
            assert cut[name] == b"".join(part[name] for part in parts)
    assert parts[-1]["summary.json"] == whole["summary.json"]


def test_slices_hold_each_frame_once_in_the_order_of_arrival_with_what_was_heard(
    recording, monkeypatch
):
    for name in ("FIRST_CHUNK", "CHUNK"):
        monkeypatch.setattr(f"ingest.archive.reading.{name}", 1000)
    monkeypatch.setattr("pipeline.arrivals.SLICE_US", 3600 * 1_000_000)
    slices = list(Arrivals(read_recording(recording)))
    assert len(slices) > 1
    for one, other in itertools.pairwise(slices):
        assert one.until_s < other.until_s
        assert not other.last or other is slices[-1]
    frames = {name: pl.concat([getattr(s, name) for s in slices]) for name in FRAMES}
    for name in ("observations", "heard_again", "messages"):
        assert frames[name]["arrived_at"].is_sorted()
        assert len(frames[name])
    heard = frames["heard"]
    assert heard.group_by("feed", "source", "tick_s").len()["len"].max() == 1
    by_feed = dict(heard.group_by("feed").agg(pl.col("frames").sum()).iter_rows())
    assert by_feed == {
        "ais/north": MINUTES, "ais/south": MINUTES // 2, "beidou/boats": MINUTES + MINUTES // 10,
        "radar/R1": MINUTES, "vehicles/trucks": MINUTES, "cameras/quay": MINUTES,
    }  # fmt: skip
    again = set(frames["heard_again"]["source"])
    assert again == {"S"}
    assert frames["facts"].rows() == [
        (AT, "silent_after_s", "ais/north", 600.0),
        (AT, "silent_after_s", "vehicles/trucks", 1800.0),
        (AT + 70 * 60, "disk_used_share", "", 0.91),
    ]
    assert frames["decisions"].select("tick_s", "decision_id", "kind").rows() == [
        (AT + 1800 * i, i + 1, kind) for i, kind in zip(range(5), CONTENTS, strict=False)
    ]


def test_a_file_of_which_a_whole_piece_is_refused_holds_nobody_up(tmp_path, monkeypatch):
    for name in ("FIRST_CHUNK", "CHUNK"):
        monkeypatch.setattr(f"ingest.archive.reading.{name}", 500)
    monkeypatch.setattr("pipeline.arrivals.SLICE_US", 3600 * 1_000_000)
    sentence = "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"
    heard = [tagged("north", AT + 600 * n, sentence) + b"\n" for n in range(30)]
    files = {"base.nmea": f"{sentence}\n".encode() * 3, "north.nmea": b"".join(heard)}
    arrivals = Arrivals(read_recording(make_recording(tmp_path / "recording", files)))
    slices = list(arrivals)
    assert len(slices) > 1
    assert sum(len(piece.observations) for piece in slices) == 30
    assert arrivals.tally.refusals() == {"ais/base": {"no_time": 3}}
