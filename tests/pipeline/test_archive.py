"""What live hears is kept so that a replay hears the same, whatever ends the process."""

from __future__ import annotations

import itertools
import json
import re
import threading

import numpy as np
import pytest
from commands import ROOT, rows
from ingest_runs import decode_ais
from nmea_lines import tag_block

from core.settings import Settings
from ingest.decode import objects
from pipeline.archive import Archive, stamped
from pipeline.archive_tail import tail_offsets
from pipeline.live import Kept, Saving, catch_up, keep_site
from pipeline.recording import read_recording
from pipeline.replay import begin, replay
from pipeline.saved import read_state, write_state
from pipeline.sites import make_place, read_site

ARRIVED_MS = 1772385730000
STEP_S = 90
POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
EARLIER = b"c:1772385700"


def received(lines):
    """Each object's receipt, after the archive has stamped the lines."""
    kept, before = [], b""
    for line in lines:
        kept.append(stamped(line, ARRIVED_MS, before))
        before = line
    decoded = decode_ais(b"".join(kept))
    assert not len(decoded.refusals)
    return [o["received_at"][11:] for o in objects(decoded)], decoded


@pytest.mark.parametrize(
    "lines",
    [
        [tag_block(b"s:north," + EARLIER) + POSITION],
        [tag_block(EARLIER), POSITION],
        [tag_block(b"s:north," + EARLIER), tag_block(b"g:1-1-7") + POSITION],
        [b"$PGHP,1,2026,3,1,17,21,40,0,231,45,992190934,1,4A*5C", POSITION],
        [POSITION + b",1772385700"],
        [POSITION + b",r003669961,1772385700\r"],
    ],
)
def test_a_receipt_of_the_lines_own_is_kept(lines):
    if lines[0].startswith(b"$PGHP"):
        body = lines[0][1:-3]
        lines = [b"$" + body + b"*%02X" % np.bitwise_xor.reduce(np.frombuffer(body, np.uint8))]
        lines.append(POSITION)
    assert received(lines)[0] == ["17:21:40Z"]


def test_a_line_without_receipt_is_received_when_it_arrived():
    got, decoded = received([b"# a comment", POSITION])
    assert got == ["17:22:10Z"]
    assert decoded.observations["arrived_at"][0].timestamp() == ARRIVED_MS / 1000


def test_what_is_no_sentence_is_kept_as_it_came():
    assert stamped(b"# comment\r\n", ARRIVED_MS) == b"# comment\n"
    assert stamped(b"\x00\xff noise", ARRIVED_MS) == b"\x00\xff noise\n"


def test_a_new_day_a_pause_and_a_new_process_begin_new_files(tmp_path):
    archive = Archive(tmp_path, "s")
    first, _ = archive.frames("a", [POSITION], ARRIVED_MS)
    assert archive.frames("a", [POSITION], ARRIVED_MS + 600_000)[0] == first
    paused, _ = archive.frames("a", [POSITION], ARRIVED_MS + 1_200_001)
    next_day, _ = archive.frames("a", [POSITION], ARRIVED_MS + 24 * 3600_000)
    archive.close()
    archive = Archive(tmp_path, "s")
    again, _ = archive.frames("a", [POSITION], ARRIVED_MS)
    archive.close()
    names = [first, paused, next_day, again]
    assert len(set(names)) == 4
    assert all(re.fullmatch(r"a-\d{8}T\d{6}\.nmea", name) for name in names)


def test_half_a_tick_that_a_crash_left_does_not_spoil_the_next(tmp_path):
    archive = Archive(tmp_path, "s")
    archive.tick(ARRIVED_MS // 1000)
    archive.close()
    clock = next((tmp_path / "feeds/clock").iterdir())
    clock.write_bytes(clock.read_bytes() + b'{"tick": "20')
    archive = Archive(tmp_path, "s")
    archive.tick(ARRIVED_MS // 1000 + 1)
    archive.close()
    lines = clock.read_text().splitlines()
    assert json.loads(lines[-1]) == {"tick": "2026-03-01T17:22:11Z"}


def test_of_an_archive_only_the_end_is_read(tmp_path):
    since_s = ARRIVED_MS // 1000 + 5000
    arrivals = [ARRIVED_MS + 1000 * i for i in range(10_000)]
    lines = [stamped(POSITION, at_ms) for at_ms in arrivals]
    for name, part in (("old", lines[:4000]), ("long", lines), ("new", lines[9000:])):
        (tmp_path / f"{name}.nmea").write_bytes(b"".join(part))
    (tmp_path / "noise.nmea").write_bytes(b"\x00" * 100_000)
    found = tail_offsets(sorted(tmp_path.iterdir()), since_s)
    assert [path.stem for path in found] == ["long", "new", "noise"]
    place = found[tmp_path / "long.nmea"]
    data = (tmp_path / "long.nmea").read_bytes()
    assert data[place - 1 : place] == b"\n"
    assert 0 < data.index(lines[5001]) - place < 200_000
    assert found[tmp_path / "new.nmea"] == found[tmp_path / "noise.nmea"] == 0


def test_a_state_is_the_old_or_the_new_one_whenever_the_process_ends(tmp_path):
    write_state(tmp_path, {"a": b"old"})
    (tmp_path / "state.zip.part").write_bytes(b"half of the new one")
    assert read_state(tmp_path) == {"a": b"old"}
    write_state(tmp_path, {"a": b"new"})
    assert read_state(tmp_path) == {"a": b"new"}
    bytes_ = (tmp_path / "state.zip").read_bytes()
    write_state(tmp_path, {"a": b"new"})
    assert (tmp_path / "state.zip").read_bytes() == bytes_


def test_live_killed_anywhere_says_in_the_end_what_a_replay_of_its_archive_says(night, tmp_path):
    """Sources speak, seconds pass, and now and then the process is gone without a word."""
    site = ROOT / Settings().site
    place = make_place(read_site(site), Settings(), exercise=True)
    kept, out, dice = Kept(tmp_path / "kept"), tmp_path / "out", np.random.default_rng(1)
    keep_site(site, kept.archive / "site")
    spoken, ticks = spoken_lines(night)
    at, restarts = 0, 0
    while at < len(ticks):
        archive = Archive(kept.archive, place.site.name)
        runner = begin(place, out, None, 0, kept.state, continued=True)
        saving = Saving(kept.state, runner, None)
        hearing = catch_up(runner, archive, saving, threading.Event(), lambda _: None)
        restarts += 1
        here = at
        for tick_s in itertools.islice(ticks, here, None):
            waiting = {name: book.pop(tick_s, []) for name, book in spoken.items()}
            observed = hearing.second({k: v for k, v in waiting.items() if v}, tick_s)
            at += 1
            if dice.random() < 0.05:
                break  # killed between archive and engine, or just after
            runner.take(*observed, tick_s)
            if dice.random() < 0.1:
                saving.last()
            if dice.random() < 0.05:
                break
        archive.close()
        for file in (kept.archive / "feeds/ais").iterdir():
            with file.open("ab") as cut:  # what was being written
                cut.write(b"\\a:17723" if dice.random() < 0.5 else b"")
    runner.finish()
    assert restarts > 5
    replay(read_recording(kept.archive), Settings(), out=tmp_path / "again")
    for name in ("events.jsonl", "alerts.jsonl"):
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert len(rows((out / "events.jsonl").read_text())) > 5
    assert rows((out / "alerts.jsonl").read_text())


def spoken_lines(night):
    """By source what the night's stations say between 16:00 and 19:00 UTC, gathered in steps and
    without tag blocks: the archive will say when it came."""
    spoken = {}
    for path in sorted((night / "feeds/ais").iterdir()):
        book = spoken.setdefault(path.stem, {})
        for line in path.read_bytes().splitlines():
            stamp, sentence = re.fullmatch(rb"(?:\\[^\\]*c:(\d+)[^\\]*\\)?(!.*)", line).groups()
            tick_s = tick_s if stamp is None else -(-int(stamp[:10]) // STEP_S) * STEP_S  # noqa: F821
            if 57600 <= tick_s % 86400 <= 68400:
                book.setdefault(tick_s, []).append(sentence)
    every = {tick_s for book in spoken.values() for tick_s in book}
    return spoken, list(range(min(every), max(every) + 400, STEP_S))
