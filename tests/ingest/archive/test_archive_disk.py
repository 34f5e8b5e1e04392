"""A disk that fills is told of first; then the oldest raw hours go, then nothing is taken."""

from __future__ import annotations

import json

import pytest
from archives import AT_MS, HOUR_MS, ais, archive, contents, files, truck
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ArchiveFull
from ingest.archive import manifest
from ingest.archive.disk import Hour, held_files, judge
from ingest.archive.names import plain
from ingest.archive.verifying import verify

HOURS = st.lists(
    st.builds(
        Hour,
        st.from_regex(r"feeds/ais/[a-d]{1,3}\.nmea\.gz", fullmatch=True),
        st.integers(0, 10).map(lambda hour: hour * 3600),
        st.integers(0, 300),
    ),
    max_size=12,
    unique_by=lambda hour: hour.file,
)


@given(used=st.integers(0, 1000), hours=HOURS, held=st.sets(st.integers(0, 11)))
@examples(300)
def test_only_as_much_goes_as_must_the_oldest_first_and_never_what_is_held(used, hours, held):
    names = {plain(hours[i].file) for i in held if i < len(hours)}
    verdict = judge(used, 1000, hours, names, warn_share=0.8, drop_share=0.95)
    assert verdict.warn == (used >= 800)
    by_name = {hour.file: hour for hour in hours}
    gone = [by_name[file] for file in verdict.drop]
    assert gone == sorted(gone, key=lambda h: (h.began_s, h.file))
    assert not {plain(h.file) for h in gone} & names
    freed = sum(h.size for h in gone)
    left = [h for h in hours if h not in gone and plain(h.file) not in names]
    if used < 950:
        assert not gone
    else:
        assert used - freed < 950 or not left
        assert not gone or used - sum(h.size for h in gone[:-1]) >= 950
        assert all(h.began_s >= gone[-1].began_s for h in left if gone)
    assert verdict.full == (used - freed >= 950)


class Usage:
    """A disk that is as full as it is told to be."""

    def __init__(self, used, total=1000):
        self.used, self.total = used, total

    def __call__(self, _):
        return self.total, self.used, self.total - self.used


def test_a_filling_disk_is_told_of_in_the_ticks_at_most_once_a_minute(tmp_path):
    usage = Usage(790)
    kept = archive(tmp_path, usage=usage)
    assert kept.room(0) == {}
    usage.used = 805
    assert kept.room(59.9) == {}
    assert kept.room(60) == {"disk_used_share": 0.805}
    usage.used = 100
    assert kept.room(120) == {"disk_used_share": 0.1}
    assert kept.room(180) == {}
    kept.tick(180, {"disk_used_share": 0.1})
    kept.close()
    assert json.loads(next(iter(contents(tmp_path).values())))["disk_used_share"] == 0.1


def test_the_oldest_hours_go_listed_then_senders_are_refused_until_there_is_room(tmp_path):
    usage = Usage(100)
    kept = archive(tmp_path, usage=usage)
    for hour in range(4):
        kept.append([ais(), truck()], AT_MS + hour * HOUR_MS)
        kept.sync()
        kept.tick((AT_MS + hour * HOUR_MS) // 1000)
    kept.decision(b"{}", AT_MS)
    assert kept.settle(10)
    closed = [p for p in files(tmp_path) if p.suffix == ".enc" and p.parent.name != "desk"]
    held = next(p for p in closed if p.name.startswith("north-20260301T18"))
    (tmp_path / "archive/held.txt").write_text(str(held.relative_to(tmp_path / "archive")) + "\n")
    usage.used = 950  # one byte too many: the oldest file is enough
    kept.room(1000)
    assert kept.settle(10)
    assert [p for p in closed if not p.exists()] == [closed[0]]
    kept.append([ais()], AT_MS + 3 * HOUR_MS)
    usage.used = usage.total = 100_000  # more than all hours together
    kept.room(2000)
    assert kept.settle(10)
    assert [p for p in closed if p.exists()] == [held]
    with pytest.raises(ArchiveFull, match=r"above 95% and nothing to drop"):
        kept.append([ais()], AT_MS + 3 * HOUR_MS)
    kept.tick(AT_MS // 1000 + 4 * 3600)  # seconds go on
    usage.used = 500
    kept.room(3000)
    kept.append([ais()], AT_MS + 4 * HOUR_MS)
    kept.close()
    assert kept.fault == ""
    assert verify(tmp_path / "archive") == []
    dropped = [e for e in manifest.entries(tmp_path / "archive") if e["what"] == "dropped"]
    assert [len(e["files"]) for e in dropped] == [1, 4]
    assert dropped[0]["why"] == "95.0% of the disk used"


def test_where_the_list_of_evidence_cannot_be_read_nothing_goes(tmp_path):
    kept = archive(tmp_path, usage=Usage(999))
    kept.append([ais()], AT_MS)
    kept.sync()
    kept.tick(AT_MS // 1000 + 3600)
    assert kept.settle(10)
    (tmp_path / "archive/held.txt").write_bytes(b"\xff\xfe")
    before = files(tmp_path)
    kept.room(1000)
    assert kept.settle(10)
    assert files(tmp_path) == before
    assert "UnicodeDecodeError" in kept.fault
    kept.close()


def test_the_list_of_evidence_names_files_open_or_closed(tmp_path):
    (tmp_path / "held.txt").write_text("# none\n\nfeeds/a.nmea\n./feeds/b.nmea.gz.enc # why\n")
    assert held_files(tmp_path) == {"feeds/a.nmea", "feeds/b.nmea"}


def test_what_could_not_be_closed_is_closed_a_minute_later(tmp_path):
    kept = archive(tmp_path, usage=Usage(0))
    (tmp_path / "keys").write_text("in the way")
    kept.append([ais()], AT_MS)
    kept.sync()
    kept.tick(AT_MS // 1000 + 3600)
    assert kept.settle(10)
    assert kept.fault
    assert files(tmp_path)[0].suffix == ".nmea"
    (tmp_path / "keys").unlink()
    kept.room(1000)
    kept.close()
    assert kept.fault == ""
    assert files(tmp_path)[0].suffix == ".enc"
