"""Hours that evidence rests on are named once, by whoever keeps it, and nothing takes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from archives import AT_MS, HOUR_MS, ais, archive, files, truck

from core.errors import InputError
from ingest.archive import manifest
from ingest.archive.closing import Closing
from ingest.archive.deleting import drop, forget
from ingest.archive.disk import HELD, held_files
from ingest.archive.holding import hold
from ingest.archive.keys import Keys
from ingest.archive.names import parsed, plain

AT_S = AT_MS // 1000  # 17:22:10
NOW_S = AT_S + 3 * 86400


@pytest.fixture
def folder(tmp_path):
    """An archive of four hours of a station and lorries; the last hour is open."""
    kept = archive(tmp_path)
    for hour in range(4):
        kept.append([ais(), truck()], AT_MS + hour * HOUR_MS)
        kept.sync()
        kept.tick(AT_S + hour * 3600)
    assert kept.settle(10)
    yield tmp_path / "archive"
    kept.close()


def named(folder):
    """Source and hour of what is held."""
    said = [parsed(name.rpartition("/")[2]) for name in held_files(folder)]
    return {(each.source, each.began_s // 3600 - AT_S // 3600) for each in said}


def test_the_hours_of_a_time_are_held_of_every_source_those_under_way_too(folder):
    begin, end = AT_S + 1.5 * 3600, AT_S + 3 * 3600 + 1  # 18:52 to 20:22
    told = hold(folder, begin, end, "case 12", now_s=NOW_S)
    assert named(folder) == {
        (source, hour) for source in ("north", "trucks", "clock") for hour in (1, 2, 3)
    }
    assert set(told) == held_files(folder)
    there = {plain(str(path.relative_to(folder))) for path in folder.glob("feeds/*/*")}
    assert held_files(folder) < there


def test_a_second_case_adds_to_the_list_and_names_no_file_twice(folder):
    (folder / HELD).write_text("feeds/ais/by-hand.nmea")  # its line without an end
    hold(folder, AT_S, AT_S + 60, "case 12", now_s=NOW_S)
    before = (folder / HELD).read_text()
    again = hold(folder, AT_S, AT_S + 3600 + 60, "case 13,\nthe same boat", now_s=NOW_S)
    text = (folder / HELD).read_text()
    assert text.startswith(before)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(set(lines))
    assert set(lines) == held_files(folder) == {"feeds/ais/by-hand.nmea", *again}
    assert "\n# case 13, the same boat (2026-03-01T17:22:10Z to 2026-03-01T18:23:10Z;" in text


def test_what_is_held_is_neither_forgotten_nor_dropped_that_was_about_to_go(folder):
    closing = Closing(folder, Keys(folder.parent / "keys"))
    about = sorted(p for p in files(folder.parent) if p.name.startswith("trucks") and p.suffix)[:2]
    going = tuple(str(path.relative_to(folder)) for path in about)
    hold(folder, AT_S, AT_S + 60, "case 12", now_s=NOW_S)
    drop(closing, going, "room", now_s=NOW_S)
    assert [path.exists() for path in about] == [True, False]
    drop(closing, going[:1], "room", now_s=NOW_S)
    gone = [entry["files"] for entry in manifest.entries(folder) if entry["what"] == "dropped"]
    assert gone == [[going[1]]]


def test_an_archive_that_is_closed_forgets_no_hour_that_is_held(folder, tmp_path):
    (tmp_path / "other").mkdir()
    kept = archive(tmp_path / "other")
    kept.append([ais()], AT_MS)
    kept.sync()
    kept.close()
    other = tmp_path / "other/archive"
    hold(other, AT_S, AT_S + 60, "case 12", now_s=NOW_S)
    with pytest.raises(InputError, match="no file that evidence rests on"):
        forget(other, "north", date(2026, 3, 1), date(2026, 3, 1), "x", now_s=NOW_S)


@pytest.mark.parametrize(
    ("begin_s", "end_s", "why", "expected"),
    [
        (AT_S, AT_S + 60, " ", "a reason"),
        (AT_S + 60, AT_S, "case 12", "times in order"),
        (AT_S, NOW_S + 1, "case 12", "times in order that are past"),
        (AT_S - 7200, AT_S - 3600, "case 12", "hours that are in the archive"),
    ],
)
def test_what_cannot_be_held_is_refused_and_nothing_is_written(
    folder, begin_s, end_s, why, expected
):
    with pytest.raises(InputError, match=expected):
        hold(folder, begin_s, end_s, why, now_s=NOW_S)
    assert not (folder / HELD).exists()


def test_the_command_names_what_it_holds(folder, monkeypatch, capsys):
    from pipeline import command

    def call(*args):
        monkeypatch.setattr("sys.argv", ["pierwatch", "archive", "hold", *args])
        try:
            command.main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    begin, end = (datetime.fromtimestamp(AT_S + s, UTC).isoformat() for s in (0, 60))
    keep = ("--keep", str(folder.parent))
    assert call(begin, end, "--why", "case 12", *keep) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [f"held: {file}" for file in sorted(held_files(folder))]
    assert call("noon", end, "--why", "case 12", *keep) == 2
    assert "BEGIN: expected a time such as" in capsys.readouterr().err
