"""A byte that changed anywhere is found; what is forgotten is gone and the chain still holds."""

from __future__ import annotations

import shutil
from datetime import date

import pytest
from archives import AT_MS, HOUR_MS, ais, archive, camera, contents, files, joined, truck
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, RecordingError
from ingest.archive import manifest
from ingest.archive.closing import Closing
from ingest.archive.deleting import forget
from ingest.archive.keys import Keys
from ingest.archive.reading import chunks
from ingest.archive.verifying import head, verify
from pipeline import archive_command

DAY = date(2026, 3, 1)
NOW_S = AT_MS / 1000 + 3 * 86400


def closed(folder, days=2):
    """An archive of three feeds over some days, all closed; what is in it."""
    kept, parts = archive(folder), []
    for day in range(days):
        at_ms = AT_MS + day * 24 * HOUR_MS
        parts += kept.append([ais(), ais(source="north~2"), truck(), camera()], at_ms)
        kept.sync()
        kept.tick(at_ms // 1000)
    kept.close()
    return joined(parts)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    closed(folder)
    return folder


def test_a_whole_archive_has_no_faults(whole):
    assert verify(whole / "archive") == []
    texts, good = archive_command.verify(whole)
    assert good
    assert head(whole / "archive")[1] in texts[0]
    assert texts[0].startswith("whole: 10 closed files, 10 lines")


@given(data=st.data())
@examples(150)
def test_a_flipped_bit_anywhere_is_found(whole, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("flipped") / "a"
    shutil.copytree(whole, folder)
    paths = sorted(p for p in (folder / "archive").rglob("*") if p.is_file())
    path = data.draw(st.sampled_from([p for p in paths if p.name != "recording.toml"]))
    stored = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(stored) - 1))
    stored[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(stored)
    faults = verify(folder / "archive")
    assert faults
    if path.name != manifest.NAME:
        assert faults == [
            f"{path.relative_to(folder / 'archive')} was changed: its bytes are not those that "
            "were stored."
        ]
    shutil.rmtree(folder)


def test_a_changed_byte_of_the_last_line_which_none_follows_is_found(tmp_path):
    closed(tmp_path, days=1)
    path = tmp_path / "archive" / manifest.NAME
    stored = path.read_bytes()
    begin = stored.rindex(b"\n", 0, -1) + 1
    for place in range(begin, len(stored) - 1, 5):
        changed = bytearray(stored)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert any("as it was written" in fault for fault in verify(tmp_path / "archive"))


@given(data=st.data())
@examples(60)
def test_lines_taken_away_exchanged_or_repeated_break_the_chain(whole, tmp_path_factory, data):
    lines = manifest.lines(whole / "archive")
    changed = data.draw(st.lists(st.sampled_from(lines), min_size=1, max_size=len(lines)))
    folder = tmp_path_factory.mktemp("chain") / "a"
    shutil.copytree(whole, folder)
    (folder / "archive" / manifest.NAME).write_bytes(b"".join(line + b"\n" for line in changed))
    # A beginning of the chain holds in itself; then files are too many.
    assert bool(verify(folder / "archive")) == (changed != lines)
    shutil.rmtree(folder)


def test_missing_surplus_and_unfinished_files_are_named(whole, tmp_path):
    folder = tmp_path / "a"
    shutil.copytree(whole, folder)
    feeds = folder / "archive/feeds"
    taken = next((feeds / "ais").iterdir())
    taken.rename(feeds / "ais/south-20260301T000000.nmea.gz.enc")
    (feeds / "ais/x.part").write_bytes(b"")
    (feeds / "radar").mkdir()
    (feeds / "radar/notes").write_bytes(b"")
    (feeds / "radar/R1-20260301T000000.nmea").write_bytes(b"!still open\n")
    assert verify(folder / "archive") == [
        f"feeds/ais/{taken.name} is missing.",
        "feeds/ais/south-20260301T000000.nmea.gz.enc is not in the manifest.",
        "feeds/ais/x.part is unfinished: the next start of `pierwatch live` takes it away.",
        "feeds/radar/notes is no file of the archive.",
    ]


def test_a_file_that_does_not_hold_the_lines_that_were_closed_is_found(whole, tmp_path):
    folder = tmp_path / "a"
    shutil.copytree(whole, folder)
    entry = manifest.entries(folder / "archive")[0] | {"plain_sha256": "0" * 64}
    with manifest.held(folder / "archive") as chain:
        chain.add(entry)
    assert verify(folder / "archive") == [
        f"{entry['file']} does not hold the lines that were closed."
    ]


def test_a_damaged_key_is_found(whole, tmp_path):
    folder = tmp_path / "a"
    shutil.copytree(whole, folder)
    key = next((folder / "keys").glob("vehicles*"))
    text = key.read_text()
    key.write_text(("0" if text[0] != "0" else "1") + text[1:])
    (fault,) = verify(folder / "archive")
    assert "feeds/vehicles/" in fault
    assert "cannot be unpacked with its key" in fault


def test_what_is_forgotten_is_gone_with_its_key_and_the_chain_holds(tmp_path):
    said = closed(tmp_path)
    copies = tmp_path / "copies"
    shutil.copytree(tmp_path / "archive", copies)
    gone = forget(tmp_path / "archive", "north", DAY, DAY, "court order 7", now_s=NOW_S)
    assert [name.partition("-2026")[0] for name in gone] == ["feeds/ais/north", "feeds/ais/north~2"]
    assert verify(tmp_path / "archive") == []
    left = {n: d for n, d in said.items() if not n.startswith("ais/") or "20260302" in n}
    assert {n: d for n, d in contents(tmp_path).items() if not n.startswith("clock/")} == left
    entry = manifest.entries(tmp_path / "archive")[-1]
    assert (entry["what"], entry["why"], entry["files"]) == ("destroyed", "court order 7", gone)
    assert not list((tmp_path / "keys").glob("ais-north-20260301-*"))
    with pytest.raises(RecordingError, match=r"its key ais-north-20260301-.* is not in"):
        list(chunks(copies / gone[0]))
    shutil.copy(copies / gone[0], tmp_path / "archive" / gone[0])
    with pytest.raises(RecordingError, match=r"was destroyed, 2026-03-04T.*: court order 7"):
        list(chunks(tmp_path / "archive" / gone[0]))
    assert verify(tmp_path / "archive") == [f"{gone[0]} was destroyed and is still there.",
                                            f"{gone[0]} is not in the manifest."]  # fmt: skip
    assert forget(tmp_path / "archive", "north", DAY, DAY, "again", now_s=NOW_S) == []


def test_a_forgetting_that_the_power_cut_short_is_finished_at_the_next_start(tmp_path, monkeypatch):
    closed(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Closing, "delete", lambda *_: None)  # the power fails before
        gone = forget(tmp_path / "archive", "trucks", DAY, DAY, "its time is over", now_s=NOW_S)
    assert any("still there" in fault for fault in verify(tmp_path / "archive"))
    archive(tmp_path).close()
    assert verify(tmp_path / "archive") == []
    assert not (tmp_path / "archive" / gone[0]).exists()
    assert not list((tmp_path / "keys").glob("vehicles-trucks-20260301-*"))


def test_a_feed_whose_name_ends_like_a_day_has_keys_of_its_own(tmp_path):
    keys = Keys(tmp_path / "keys")
    like_a_day = keys.current("ais", "north-20260301", "20260302")
    assert keys.current("ais", "north", "20260301") != like_a_day
    assert keys.current("ais", "north-20260301", "20260302") == like_a_day


def test_a_destroyed_key_is_never_made_again(tmp_path):
    closed(tmp_path, days=1)
    keys = Keys(tmp_path / "keys")
    name, key = keys.current("ais", "north", "20260301")
    assert keys.current("ais", "north", "20260301") == (name, key)
    forget(tmp_path / "archive", "north", DAY, DAY, "test", now_s=NOW_S)
    other, new = keys.current("ais", "north", "20260301")
    assert other != name
    assert new != key


@pytest.mark.parametrize(
    ("first", "last", "why", "expected"),
    [
        (DAY, date(2026, 3, 4), "x", "days in order that are over"),
        (date(2026, 3, 2), DAY, "x", "days in order that are over"),
        (DAY, DAY, " ", "a reason"),
    ],
)
def test_what_cannot_be_forgotten_is_refused(tmp_path, first, last, why, expected):
    closed(tmp_path)
    with pytest.raises(InputError, match=expected):
        forget(tmp_path / "archive", "north", first, last, why, now_s=NOW_S)


def test_open_files_and_those_of_evidence_are_not_forgotten(tmp_path):
    closed(tmp_path)
    held = next(p for p in files(tmp_path) if p.name.startswith("trucks"))
    (tmp_path / "archive/held.txt").write_text(
        f"# case 12\n{held.relative_to(tmp_path / 'archive')}  # the truck\n"
    )
    with pytest.raises(InputError, match=r"no file that evidence rests on, got feeds/vehicles"):
        forget(tmp_path / "archive", "trucks", DAY, date(2026, 3, 2), "x", now_s=NOW_S)
    kept = archive(tmp_path)
    kept.append([ais()], AT_MS)
    kept.sync()
    with pytest.raises(InputError, match=r"only files that are closed, got north-.*nmea open"):
        forget(tmp_path / "archive", "north", DAY, DAY, "x", now_s=NOW_S)
    kept.close()
    assert forget(tmp_path / "archive", "north", DAY, DAY, "x", now_s=NOW_S)


def test_the_commands_say_what_is_there_and_what_went(tmp_path):
    closed(tmp_path)
    texts = archive_command.listing(tmp_path)
    assert texts[0].startswith("20260301 ais/north: 2 files, 2 lines, ")
    assert texts[0].endswith("bytes, 2026-03-01T17:22:10.500Z to 2026-03-01T17:22:10.500Z")
    assert len(texts) == 8
    gone = archive_command.forget(tmp_path, "north", DAY, DAY, "court order 7")
    assert len(gone) == 2
    assert "destroyed: 2 files, 1 keys: court order 7" in archive_command.listing(tmp_path)[-1]
    next((tmp_path / "archive/feeds/cameras").iterdir()).unlink()
    texts, good = archive_command.verify(tmp_path)
    assert not good
    assert texts[0].endswith("is missing.")
    with pytest.raises(InputError, match="without an archive"):
        archive_command.verify(tmp_path / "nowhere")
