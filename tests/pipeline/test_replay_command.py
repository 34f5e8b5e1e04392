"""`pierwatch replay`: byte for byte the same, whatever the cut; wrong input is one sentence."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from commands import SELDOM, rows
from nmea_lines import tag_block
from recordings import ABOUT, SITE, make_recording

POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
GROWING = ("alerts.jsonl", "events.jsonl")
FILES = (*GROWING, "summary.json", "refused.jsonl")


@pytest.fixture(scope="module")
def whole(night, tmp_path_factory):
    """What the night gives in one go."""
    return replayed(night, tmp_path_factory.mktemp("whole"))


def replayed(recording, out, **options):
    from pipeline.recording import read_recording
    from pipeline.replay import replay

    replay(read_recording(recording), SELDOM, out=out, **options)
    return {name: (out / name).read_bytes() for name in FILES}


def at(line):
    return datetime.fromisoformat(line)


def test_the_night_has_something_to_say(whole):
    summary = json.loads(whole["summary.json"])
    assert whole["alerts.jsonl"].count(b"\n") >= 2
    assert whole["events.jsonl"].count(b"\n") > 20
    assert summary["said"]["observations"] > 5000
    assert summary["refused"] == {}
    assert not summary["not_covered"]
    assert summary["exercise"]
    assert set(summary["versions"]) >= {"pierwatch", "judgements", "evidence", "calibration"}


def test_the_command_writes_the_same_bytes_every_time(night, whole, tmp_path, pierwatch):
    ran = pierwatch("replay", night, "--no-store", "--out", tmp_path, "--json")
    assert ran.code == 0
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == whole
    assert json.loads(ran.out) == json.loads(whole["summary.json"])


def test_until_gives_exactly_the_lines_issued_by_then(night, whole, tmp_path):
    lines = whole["alerts.jsonl"].splitlines(keepends=True)
    issued = [at(json.loads(line)["issued_at"]) for line in lines]
    for i, moment in enumerate((issued[0] - timedelta(seconds=1), issued[0], issued[-1])):
        part = replayed(night, tmp_path / str(i), until=moment)
        kept = [line for line, when in zip(lines, issued, strict=True) if when <= moment]
        assert part["alerts.jsonl"] == b"".join(kept)
        assert whole["events.jsonl"].startswith(part["events.jsonl"])
        assert json.loads(part["summary.json"])["last_tick"] == moment.isoformat()[:19] + "Z"


def test_a_state_continued_says_together_what_one_go_says(night, whole, tmp_path, pierwatch):
    state, start = tmp_path / "state", datetime.fromisoformat("2026-03-09T13:00:00Z")
    parts = []
    for i, minute in enumerate((40, 219, 271, None)):
        until = () if minute is None else ("--until", (start + timedelta(minutes=minute)))
        options = [*(str(o).replace(" ", "T") for o in until), "--state", state]
        ran = pierwatch("replay", night, "--no-store", "--out", tmp_path / str(i), *options)
        assert ran.code == 0, ran.err
        parts.append(tmp_path / str(i))
    for name in GROWING:
        assert b"".join((part / name).read_bytes() for part in parts) == whole[name]
    assert (parts[-1] / "summary.json").read_bytes() == whole["summary.json"]
    again = replayed(night, tmp_path / "again", state_dir=state)
    assert again["alerts.jsonl"] == again["events.jsonl"] == b""
    back = pierwatch(
        "replay", night, "--no-store", "--until", "2026-03-09T14:00:00Z", "--state", state
    )
    assert back.code == 2
    assert "saved state has not passed" in back.err


def test_files_packed_cut_up_and_named_otherwise_give_the_same(night, whole, tmp_path):
    """The files of one station in three pieces, one of them packed, unsorted against each other."""
    copy = tmp_path / "copy"
    shutil.copytree(night, copy)
    path = max((copy / "feeds/ais").iterdir(), key=lambda p: p.stat().st_size)
    lines = path.read_bytes().splitlines(keepends=True)
    third = len(lines) // 3
    path.unlink()
    for name, part in (("a.late", lines[2 * third :]), ("b.first", lines[:third])):
        (path.parent / f"{name}.nmea").write_bytes(b"".join(part))
    packed = gzip.compress(b"".join(lines[third : 2 * third]))
    (path.parent / "c.middle.nmea.gz").write_bytes(packed)
    assert replayed(copy, tmp_path / "out")["alerts.jsonl"] == whole["alerts.jsonl"]


def test_a_state_that_cannot_be_continued_is_one_sentence(night, tmp_path, pierwatch):
    (tmp_path / "state.zip").write_bytes(b"PK half of it")
    ran = pierwatch("replay", night, "--no-store", "--state", tmp_path)
    assert ran.code == 2
    assert "state.zip: expected a state of this site" in ran.err
    sea = make_recording(tmp_path / "sea", {"a.nmea": b""})
    assert pierwatch("replay", sea, "--no-store", "--state", tmp_path / "s").code == 0
    ran = pierwatch("replay", night, "--no-store", "--state", tmp_path / "s")
    assert ran.code == 2
    assert "one of the site sea" in ran.err


def test_without_feeds_there_is_nothing_to_say_and_nothing_wrong(tmp_path, pierwatch):
    ran = pierwatch("replay", make_recording(tmp_path, {}), "--no-store", "--json")
    assert ran.code == 0
    summary = json.loads(ran.out)
    assert summary["last_tick"] is None
    assert "piers.geojson" in summary["not_covered"]


def test_the_ticks_run_to_the_clocks_last_even_where_its_last_line_is_cut(tmp_path, pierwatch):
    line = tag_block(b"c:1772385730") + POSITION + b"\n"
    clock = b'{"tick": "2026-03-01T17:22:09Z"}\n{"tick": "2026-03-01T18:00:00Z"}\n{"tick": "20'
    recording = make_recording(
        tmp_path, {"a.nmea": line}, others={"feeds/clock/clock.jsonl": clock}
    )
    ran = pierwatch("replay", recording, "--no-store", "--json")
    assert json.loads(ran.out)["last_tick"] == "2026-03-01T18:00:00Z"


def test_arrival_in_the_archives_tag_block_orders_what_was_received_earlier(tmp_path, pierwatch):
    late = tag_block(b"a:1772386000000") + tag_block(b"s:x,c:1772385730") + POSITION + b"\n"
    recording = make_recording(tmp_path, {"a.nmea": late})
    summary = json.loads(pierwatch("replay", recording, "--no-store", "--json").out)
    assert summary["last_tick"] == "2026-03-01T17:26:40Z"
    assert summary["late"] == 1


def test_a_packed_file_cut_midway_loses_its_rest_only_and_says_so(tmp_path, pierwatch):
    lines = b"".join(
        tag_block(b"c:%d" % (1772385730 + 60 * i)) + POSITION + b"\n" for i in range(3000)
    )
    recording = make_recording(
        tmp_path / "r", {"a.nmea.gz": gzip.compress(lines)[:-200], "b.nmea": lines[:100]}
    )
    out = tmp_path / "out"
    ran = pierwatch("replay", recording, "--no-store", "--out", out, "--json")
    assert ran.code == 0
    summary = json.loads(ran.out)
    assert summary["frames"]["ais"]["position"] > 1000
    assert summary["refused"]["ais/a"]["unreadable_file"] == 1
    assert any(r["reason"] == "unreadable_file" for r in rows((out / "refused.jsonl").read_text()))


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"recording.toml": b"name = "}, ("recording.toml: expected TOML",)),
        ({"recording.toml": b'start = "noon"'}, ("recording.toml, start", "RFC 3339", "noon")),
        ({"recording.toml": b"start = 2026-03-01T00:00:00"}, ("recording.toml, start",)),
        ({"site/site.toml": b"title_zh = 'x'"}, ("site.toml", "name")),
        ({"site/piers.geojson": b"{}"}, ("piers.geojson", "expected")),
        ({"site/vessels.csv": b"vessel_id,mmsi\nv1,12\n"}, ("vessels.csv", "row")),
    ],
)
def test_a_wrong_recording_or_site_is_one_sentence_that_names_it(tmp_path, pierwatch, others, said):
    ran = pierwatch("replay", make_recording(tmp_path, {}, others=others), "--no-store")
    assert ran.code == 2
    assert all(part in ran.err for part in said), ran.err
    assert ran.err.count("\n") == 1


def test_missing_parts_of_a_recording_are_named(tmp_path, pierwatch):
    assert "recording.toml" in pierwatch("replay", tmp_path, "--no-store").err
    (tmp_path / "recording.toml").write_bytes(ABOUT)
    assert "site" in pierwatch("replay", tmp_path, "--no-store").err
    (tmp_path / "site").mkdir()
    assert "site.toml" in pierwatch("replay", tmp_path, "--no-store").err
    (tmp_path / "site/site.toml").write_bytes(SITE)
    assert pierwatch("replay", tmp_path, "--no-store").code == 0
    ran = pierwatch("replay", tmp_path, "--no-store", "--until", "noon")
    assert ran.code == 2
    assert "--until" in ran.err
    assert isinstance(tmp_path, Path)
