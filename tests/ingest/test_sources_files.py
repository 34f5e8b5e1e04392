"""Files that grow are read once, whatever is done to them meanwhile."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from pathlib import Path

import pytest
from heard import Heard, hearing, until

from core.errors import SettingsError
from core.settings import FeedSettings
from ingest.sources import files
from ingest.sources.files import FileSource


def feed(path: Path, sensor: str = "ais", **more: str) -> FeedSettings:
    return FeedSettings(sensor=sensor, url=f"file://{path}", **more)


def add(path: Path, *lines: str, end: str = "\n") -> None:
    with path.open("a") as file:
        file.write("\n".join(lines) + end)


def packed(path: Path, *lines: str) -> None:
    """A gzipped file that nobody has written to for a while."""
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    os.utime(path, (time.time() - 10,) * 2)


def hears(heard: Heard, *lines: str) -> None:
    """Exactly these lines came since the start, in this order."""
    assert heard.texts(len(lines)) == [line.encode() for line in lines]
    time.sleep(0.3)
    assert not heard.drain()


def test_a_file_is_read_as_it_grows(tmp_path: Path) -> None:
    log = tmp_path / "coast.log"
    with hearing(tmp_path, coast=feed(log)) as heard:
        until(lambda: heard.state().state == "waiting", "no file yet")
        add(log, "one", "two", "thr", end="")
        assert heard.texts(2) == [b"one", b"two"]
        add(log, "ee", "", "four")
        hears(heard, "one", "two", "three", "four")


def test_a_restart_neither_loses_nor_doubles(tmp_path: Path) -> None:
    log = tmp_path / "coast.log"
    said = [f"line {k}" for k in range(9)]
    for k in range(3):
        add(log, *said[3 * k : 3 * k + 3])
        with hearing(tmp_path, coast=feed(log)) as heard:
            hears(heard, *said[3 * k : 3 * k + 3])


def test_what_was_not_kept_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_LAST_S", 0.5)
    log = tmp_path / "coast.log"
    add(log, "one", "two")
    with hearing(tmp_path, coast=feed(log)) as heard:
        heard.kept = False
        assert heard.texts(2) == [b"one", b"two"]
        heard.kept, heard.frames = True, []
        hears(heard, "one", "two")
    add(log, "three")
    with hearing(tmp_path, coast=feed(log)) as heard:
        until(lambda: heard.sources.drain(), "a line that is never said to be kept")
    with hearing(tmp_path, coast=feed(log)) as heard:
        hears(heard, "three")


@pytest.mark.parametrize("live", [True, False], ids=["live", "while away"])
@pytest.mark.parametrize("how", ["renamed", "copied and truncated", "gzipped"])
def test_a_rotated_file_is_read_to_its_end(tmp_path: Path, how: str, live: bool) -> None:
    log, old = tmp_path / "coast.log", tmp_path / "coast.log.1"

    def rotate() -> None:
        add(log, "three")
        if how == "renamed":
            log.rename(old)
        elif how == "gzipped":
            packed(old.with_suffix(".1.gz"), "one", "two", "three")
            log.unlink()
        else:
            shutil.copy2(log, old)
            log.write_bytes(b"")
            if live:
                time.sleep(0.5)  # a file that is longer again at once cannot be told from one
        add(log, "four", "five, longer than all before")

    add(log, "one", "two")
    with hearing(tmp_path, coast=feed(log)) as heard:
        hears(heard, "one", "two")
        if live:
            rotate()
            hears(heard, "one", "two", "three", "four", "five, longer than all before")
    if not live:
        rotate()
        with hearing(tmp_path, coast=feed(log)) as heard:
            hears(heard, "three", "four", "five, longer than all before")


def test_several_rotations_while_away_are_read_in_their_order(tmp_path: Path) -> None:
    log = tmp_path / "coast.log"
    add(log, "one")
    with hearing(tmp_path, coast=feed(log)) as heard:
        hears(heard, "one")
    add(log, "two")
    log.rename(tmp_path / "coast.log.3")
    packed(tmp_path / "coast.log.2.gz", "three")
    add(tmp_path / "coast.log.1", "four")
    add(log, "five")
    add(tmp_path / "coast.log.notes", "nothing of this feed")
    for age_s, name in ((30, "coast.log.3"), (20, "coast.log.2.gz"), (10, "coast.log.1")):
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    with hearing(tmp_path, coast=feed(log)) as heard:
        hears(heard, "two", "three", "four", "five")
        add(log, "six")
        hears(heard, "two", "three", "four", "five", "six")


def test_a_folder_is_all_its_files_of_the_ending(tmp_path: Path) -> None:
    folder = tmp_path / "hours"
    folder.mkdir()
    add(folder / "a.nmea", "a1", "a2")
    packed(folder / "b.nmea.gz", "b1")
    add(folder / "c.csv", "not a line of this feed")
    with hearing(tmp_path, coast=feed(folder)) as heard:
        hears(heard, "a1", "a2", "b1")
        add(folder / "d.nmea", "d1")
        hears(heard, "a1", "a2", "b1", "d1")
        packed(folder / "a.nmea.gz", "a1", "a2", "a3")
        (folder / "a.nmea").unlink()
        hears(heard, "a1", "a2", "b1", "d1", "a3")
    with hearing(tmp_path, coast=feed(folder)) as heard:
        hears(heard)


def test_a_gzipped_file_ends_and_with_it_the_service(tmp_path: Path) -> None:
    packed(tmp_path / "night.nmea.gz", "one", "two")
    with hearing(tmp_path, night=feed(tmp_path / "night.nmea.gz")) as heard:
        assert not heard.sources.over
        hears(heard, "one", "two")
        until(lambda: heard.sources.over, "the end")
        assert heard.state().state == "ended"


def test_a_gzipped_file_that_is_not_whole_waits(tmp_path: Path) -> None:
    path = tmp_path / "night.nmea.gz"
    whole = gzip.compress("\n".join(f"line {k * k}" for k in range(5000)).encode())
    path.write_bytes(whole[: len(whole) // 2])
    with hearing(tmp_path, night=feed(path)) as heard:
        heard.counts(1, "broken_gzip")
        path.write_bytes(whole)
        assert len(heard.texts(5000)) == 5000
        until(lambda: heard.sources.over, "the end")
        assert heard.frames[-1].frame == b"line %d" % 4999**2


def test_a_line_without_end_is_refused_once_and_reading_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "coast.log"
    add(log, "one", "x" * 3_000_000, "two")
    with hearing(tmp_path, coast=feed(log)) as heard:
        assert heard.texts(2) == [b"one", b"two"]
        assert heard.state().refused["too_long"] >= 1
        assert len(heard.state().samples["too_long"][0]) <= 256


def test_a_full_inbox_holds_the_reading_up(tmp_path: Path) -> None:
    log = tmp_path / "coast.log"
    said = [f"line {k}" + "." * 4000 for k in range(1000)]
    add(log, *said)
    small = feed(log).model_copy(update={"most_waiting": 10})
    with hearing(tmp_path, coast=small) as heard:
        until(lambda: heard.state().waiting, "the first lines")
        time.sleep(0.3)
        assert heard.state().waiting < 100
        hears(heard, *said)
        assert heard.state().lost == 0


def test_lines_of_other_formats_lose_their_time_and_what_may_not_be_kept(tmp_path: Path) -> None:
    trucks, cameras, catcher = (tmp_path / name for name in ("t.jt808", "c.jsonl", "a.jsonl"))
    add(trucks, "1772384400.5 7E0002007E", "no frame", "zz")
    barrier = {"source": "bar1", "format": "barrier.state", "payload": {"state": "raised"}}
    add(
        cameras, json.dumps({"received_at": "2026-03-01T17:00:00Z", **barrier}), json.dumps(barrier)
    )
    add(cameras, '{"source": "c", "format": "faces", "payload": {}}')
    add(catcher, '{"class":"AIS","nmea":["!AIVDM"],"station_id":7}', '{"mmsi":1}', "[]", "{NaN")
    with hearing(
        tmp_path, trucks=feed(trucks, "vehicles"), cameras=feed(cameras, "cameras"),
        catcher=feed(catcher, format="ais-catcher"),
    ) as heard:  # fmt: skip
        heard.texts(5)
        found = {(a.feed, a.ending, a.frame) for a in heard.frames}
        assert ("trucks", ".jt808", b"7e0002007e") in found
        assert [json.loads(a.frame) for a in heard.frames if a.feed == "cameras"] == [barrier] * 2
        assert [json.loads(a.frame) for a in heard.frames if a.feed == "catcher"] == [
            {"source": "7", "format": "ais-catcher",
             "payload": {"class": "AIS", "nmea": ["!AIVDM"], "station_id": 7}},
            {"source": "catcher", "format": "ais-catcher", "payload": {"mmsi": 1}},
        ]  # fmt: skip
        assert heard.state("trucks").refused == {"not_hex": 2}
        assert heard.state("catcher").refused == {"bad_json": 2}
        assert heard.state("cameras").refused == {"person_data": 1}
        (sample,) = heard.state("cameras").samples["person_data"]
        assert sample.startswith(b'format "faces": '), "a hash of the line, never the line"


def test_a_position_file_that_is_torn_is_none(tmp_path: Path) -> None:
    log = tmp_path / "coast.log"
    add(log, "one")
    (tmp_path / "positions").mkdir()
    (tmp_path / "positions" / "coast.json").write_bytes(b'{"x": {"inode"')
    with hearing(tmp_path, coast=feed(log)) as heard:
        hears(heard, "one")


def test_a_url_without_a_path_is_the_operators_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"feeds\.coast url file://elsewhere/x"):
        FileSource("coast", FeedSettings(sensor="ais", url="file://elsewhere/x"), tmp_path)
