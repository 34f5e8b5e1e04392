"""Of an archive only the end is read: what came before a time is known without reading it."""

from __future__ import annotations

import pytest
from archives import AT_MS, HOUR_MS, POSITION, ais, archive, camera, files, read, truck

from core.errors import RecordingError
from ingest.archive.names import parsed
from ingest.archive.stamps import arrivals, in_hex, in_json, stamped
from ingest.archive.tail import crosses, last_arrival, tail_offsets

TIMES_MS = [AT_MS + 1000 * i for i in range(10_000)]
SINCE_S = AT_MS // 1000 + 5000
FORMS = {
    ".nmea": lambda at_ms: stamped(POSITION, at_ms),
    ".jt808": lambda at_ms: in_hex(b"7e0002" * 20, at_ms),
    ".asterix": lambda at_ms: in_hex(b"300030fdf7" * 20, at_ms),
    ".jsonl": lambda at_ms: in_json(b'{"source":"C1","payload":"%s"}' % (b"x" * 200), at_ms),
}


@pytest.mark.parametrize("ending", FORMS)
def test_of_an_open_file_only_the_end_is_read(tmp_path, ending):
    folder = tmp_path / "archive/feeds/x"
    folder.mkdir(parents=True)
    lines = [FORMS[ending](at_ms) for at_ms in TIMES_MS]
    for name, part in (("old", lines[:4000]), ("long", lines), ("new", lines[9000:])):
        (folder / f"{name}{ending}").write_bytes(b"".join(part))
    (folder / f"noise{ending}").write_bytes(b"\x00" * 100_000)
    found = tail_offsets(sorted(folder.iterdir()), SINCE_S)
    assert [path.stem for path in found] == ["long", "new", "noise"]
    long = folder / f"long{ending}"
    place, data = found[long], long.read_bytes()
    assert data[place - 1 : place] == b"\n"
    assert 0 <= data.index(lines[5001]) - place < 200_000
    assert found[folder / f"new{ending}"] == found[folder / f"noise{ending}"] == 0
    assert last_arrival(long) == TIMES_MS[-1]
    assert crosses(long) == (TIMES_MS[0], TIMES_MS[-1])
    assert crosses(folder / f"noise{ending}") is None


def test_a_last_line_longer_than_a_window_still_says_when_it_came(tmp_path):
    path = tmp_path / "archive/feeds/cameras/c.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(in_json(b'{"a":"%s"}' % (b"x" * 300_000), AT_MS))
    assert last_arrival(path) == AT_MS
    assert crosses(path) == (AT_MS, AT_MS)


def test_half_a_stamp_that_a_crash_left_is_none(tmp_path):
    path = tmp_path / "archive/feeds/ais/n.nmea"
    path.parent.mkdir(parents=True)
    path.write_bytes(stamped(POSITION, AT_MS) + b"\\a:9999999999999")
    assert last_arrival(path) == AT_MS


@pytest.mark.parametrize("encrypted", [True, False])
def test_closed_hours_that_are_over_are_left_out_without_being_read(tmp_path, encrypted):
    kept = archive(tmp_path, encrypted)
    for hour in range(3):
        for minute in (0, 5):
            at_ms = AT_MS + hour * HOUR_MS + minute * 60_000
            kept.append([ais(), truck(), camera()], at_ms)
            kept.sync()
    kept.decision(b"{}", AT_MS)
    kept.tick(AT_MS // 1000)
    kept.close()
    late = [p for p in files(tmp_path) if parsed(p.name).began_s * 1000 > AT_MS]
    for path in files(tmp_path):
        if path not in late:
            said = arrivals(read(path), parsed(path.name).ending)
            assert crosses(path) == (said[0], said[-1])
            path.write_bytes(b"damaged: nobody looks")
    found = tail_offsets(files(tmp_path), (AT_MS + HOUR_MS) // 1000)
    assert list(found) == late
    assert set(found.values()) == {0}
    assert len(late) == 6
    assert last_arrival(late[0]) == AT_MS + HOUR_MS + 300_000


def test_a_closed_file_that_no_manifest_names_is_read_for_it(tmp_path):
    kept = archive(tmp_path)
    kept.append([ais()], AT_MS)
    kept.close()
    (tmp_path / "archive/manifest.jsonl").unlink()
    (path,) = files(tmp_path)
    assert crosses(path) == (AT_MS, AT_MS)
    path.write_bytes(path.read_bytes()[:-1])
    assert tail_offsets([path], SINCE_S) == {path: 0}  # its reader will say what is wrong
    with pytest.raises(RecordingError, match="is not what was written"):
        last_arrival(path)


def test_a_file_that_stands_there_open_and_closed_counts_once(tmp_path):
    kept = archive(tmp_path)
    kept.append([ais()], AT_MS)
    kept.sync()
    (path,) = files(tmp_path)
    data = path.read_bytes()
    kept.close()
    path.write_bytes(data)
    assert list(tail_offsets(sorted(path.parent.iterdir()), 0)) == [path]
    assert files(tmp_path) == [path]
