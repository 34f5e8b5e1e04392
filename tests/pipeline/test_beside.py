"""Two processes say what one says, byte for byte; what goes wrong in the second is told."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from commands import SELDOM

from core.errors import SetupError
from pipeline.beside import Beside
from pipeline.recording import read_recording
from pipeline.replay import replay
from pipeline.sites import make_place
from pipeline.tally import SAMPLES_PER_REASON, Tally

MIDNIGHT = datetime.fromisoformat("2026-03-09T16:30:00Z")


def said(recording, out, **options):
    replay(read_recording(recording), SELDOM, out=out, **options)
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def test_two_processes_say_what_one_says(night, tmp_path):
    one = said(night, tmp_path / "one")
    assert said(night, tmp_path / "two", cores=2) == one
    assert one["alerts.jsonl"]
    assert not multiprocessing.active_children()


def test_a_state_that_two_processes_saved_is_gone_on_with_by_one(night, tmp_path):
    state = tmp_path / "state"
    one = said(night, tmp_path / "one")
    first = said(night, tmp_path / "a", cores=2, until=MIDNIGHT, state_dir=state)
    then = said(night, tmp_path / "b", state_dir=state)
    assert first["alerts.jsonl"] + then["alerts.jsonl"] == one["alerts.jsonl"]
    assert first["events.jsonl"] + then["events.jsonl"] == one["events.jsonl"]


def test_a_second_process_that_is_killed_ends_the_replay_with_a_sentence(night):
    with Beside(read_recording(night), lambda _: None) as beside:
        (process,) = multiprocessing.active_children()
        process.kill()
        process.join()
        with pytest.raises(SetupError, match=r"second process.*--cores 1"):
            next(iter(beside))


def test_ctrl_c_is_taken_while_the_second_process_works(night):
    with Beside(read_recording(night), lambda _: None) as beside:
        (process,) = multiprocessing.active_children()
        os.kill(process.pid, signal.SIGSTOP)
        ticks = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        ticks.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                next(iter(beside))
        finally:
            os.kill(process.pid, signal.SIGCONT)


def test_the_second_process_ends_with_the_first_however_that_ended(night):
    told = (
        "import sys, time, multiprocessing; from pathlib import Path\n"
        "from pipeline.beside import Beside; from pipeline.recording import read_recording\n"
        "if __name__ == '__main__':\n"
        "    beside = Beside(read_recording(Path(sys.argv[1])), lambda _: None)\n"
        "    beside._ask_ahead()\n"
        "    print(multiprocessing.active_children()[0].pid, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", told, str(night)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        second = Path("/proc", first.stdout.readline().strip())
        first.kill()
    until = time.monotonic() + 20
    while second.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not second.exists()


def test_what_the_second_process_cannot_do_is_raised_in_the_first(night):
    recording = read_recording(night)
    with Beside(recording, lambda _: None) as beside:
        place = make_place(recording.site, SELDOM, exercise=True)
        asked = beside.settle(None, None, 0, 15, place)
        with pytest.raises(RuntimeError, match=r"(?s)second process.*Traceback.*passes\.py"):
            asked()
        assert next(iter(beside)).until_s > 15  # and it goes on answering


def test_counts_taken_in_parts_come_to_those_of_one_tally():
    whole, parts, sum_ = Tally(), Tally(), Tally()
    for start in range(0, 60, 12):
        lines = range(start, start + 12)
        rows = pl.DataFrame({"line": lines, "detail": [f"frame {n}" for n in lines]})
        rows = rows.with_columns(pl.lit("checksum").alias("reason"))
        for tally in (whole, parts):
            tally.refuse("ais/base", rows, "ais/base.nmea")
            tally.heard_again("ais", start)
        sum_.add(parts.taken())
    assert (sum_.frames(), sum_.refusals()) == (whole.frames(), whole.refusals())
    assert sum_.samples == whole.samples
    assert len(sum_.samples) == SAMPLES_PER_REASON
    assert not parts.counts
    assert not parts.samples
