"""A process that is killed anywhere has on the disk what it said was there, once."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections import Counter

import numpy as np
from archives import AT_MS, HOUR_MS, ais, archive, contents, truck
from commands import ROOT, environment

from ingest.archive import manifest
from ingest.archive.verifying import verify

#: Appends, syncs and says so; every few batches an hour passes, so that closing never stops.
WRITER = """
import sys
from pathlib import Path
from core.settings import ArchiveSettings
from ingest.archive import Archive
from ingest.arrived import Arrived
folder, begin, at_ms = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
archive = Archive(folder / "archive", "s", ArchiveSettings(encrypted=True))
for number in range(begin, begin + 100_000):
    frames = [Arrived(s, "ais", ".nmea", s, b"!%d," % number + b"x" * 500) for s in ("a", "b~1")]
    archive.append(frames, at_ms)
    archive.sync()
    print(number, flush=True)
    if number % 7 == 0:
        archive.tick(at_ms // 1000)
        at_ms += 1_800_000
"""


def test_what_a_killed_process_said_to_be_kept_is_kept_once(tmp_path):
    dice, said, begin = np.random.default_rng(7), [], 0
    for run in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, str(begin), str(AT_MS + run * 400 * HOUR_MS)],
            stdout=subprocess.PIPE, env=environment(), cwd=ROOT, text=True,
        )  # fmt: skip
        for _ in range(int(dice.integers(3, 120))):
            said.append(int(writer.stdout.readline()))
        threading.Event().wait(float(dice.random()) / 100)
        writer.send_signal(signal.SIGKILL)
        said += [int(number) for number in writer.communicate()[0].split()]
        begin = (run + 1) * 1_000_000
    archive(tmp_path).close()
    assert verify(tmp_path / "archive") == []
    for source in ("a-", "b~1-"):
        found = Counter()
        for name, data in contents(tmp_path).items():
            if name.startswith("ais/" + source):
                found.update(int(n) for n in re.findall(rb"!(\d+),x{500}\n", data))
        assert set(said) <= set(found)
        assert max(found.values()) == 1
        assert len(found) - len(said) <= 2 * 8  # what was on its way when it was killed
    assert len(said) > 200


def test_a_manifest_that_began_after_it_was_first_read_is_not_missing(tmp_path, monkeypatch):
    kept, read, early = archive(tmp_path), manifest.lines, [[]]
    for hour in range(3):
        kept.append([truck()], AT_MS + hour * HOUR_MS)
        kept.sync()
        kept.tick((AT_MS + hour * HOUR_MS) // 1000)
    kept.close()
    assert read(tmp_path / "archive")
    monkeypatch.setattr(manifest, "lines", lambda f: early.pop() if early else read(f))
    assert verify(tmp_path / "archive") == []


def test_a_check_of_an_archive_that_is_written_meanwhile_finds_no_fault(tmp_path):
    kept, stop, found = archive(tmp_path), threading.Event(), []

    def check():
        while not stop.is_set():
            found.append(verify(tmp_path / "archive"))

    checking = threading.Thread(target=check)
    checking.start()
    for hour in range(60):
        kept.append([ais(b"!x" * 20_000), truck()], AT_MS + hour * HOUR_MS)
        kept.sync()
        kept.tick((AT_MS + hour * HOUR_MS) // 1000)
    kept.close()
    stop.set()
    checking.join()
    assert len(found) > 2
    assert not any(found)
