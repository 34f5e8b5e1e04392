"""Whatever stands in a feed, it goes on, memory stays flat, and what was refused is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from commands import ROOT, SELDOM, environment, rows
from nmea_lines import sentence, tag_block
from recordings import make_recording

from pipeline.recording import read_recording
from pipeline.replay import replay

POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
AT = tag_block(b"s:north,c:1772385730")
MEASURED = (
    "import resource, sys; from pipeline import command;"
    "sys.argv[0] = 'pierwatch'\n"
    "try: command.main()\n"
    "except SystemExit: pass\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
)


def noise(n, seed=0):
    return np.random.default_rng(seed).bytes(n)


def out_of(recording, folder):
    replay(read_recording(recording), SELDOM, out=folder)
    summary = json.loads((folder / "summary.json").read_text())
    return summary, rows((folder / "refused.jsonl").read_text())


@pytest.mark.parametrize(
    "bad",
    [
        noise(300_000),
        b"\x00" * 100_000,
        b"A" * 10_000_000,
        b"!AIVDM," * 1_500_000,
        b"\\" * 1_000_000,
        b"\\s:north,c:1772385730*" + b"$" * 5000,
        POSITION[:30],
        POSITION.replace(b"15R", b"\xff\xfe\x00"),
        b"!AIVDM,9,1,,A,1,0*00\n" * 3000,
        b"\n" * 100_000,
        b"\r" * 100_000,
        tag_block(b"c:99999999999999999999") + POSITION,
        tag_block(b"a:9,c:1") + sentence(b"AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,9"),
    ],
    ids=lambda bad: f"{bad[:12]!r} of {len(bad)} bytes",
)
def test_bad_bytes_between_good_lines_take_none_of_them_away(tmp_path, bad):
    good = [tag_block(b"s:north,c:%d" % (1772385730 + 60 * i)) + POSITION for i in range(3)]
    data = b"\n".join([good[0], bad, good[1], bad, good[2], b""])
    other = tag_block(b"s:south,c:1772385790") + POSITION
    recording = make_recording(tmp_path / "r", {"bad.nmea": data, "good.nmea": other})
    summary, refused = out_of(recording, tmp_path / "out")
    assert summary["said"]["observations"] == 3  # the other station heard one of them
    assert summary["frames"]["ais"]["reception"] == 1
    counted = {of: sum(reasons.values()) for of, reasons in summary["refused"].items()}
    assert set(counted) <= {"ais/bad"}
    assert (counted.get("ais/bad", 0) > 0) == bool(bad.strip(b"\n"))
    assert all(set(row) == {"source", "reason", "line", "detail"} for row in refused)


def test_of_every_reason_a_bounded_sample_is_kept(tmp_path):
    lines = [POSITION[:-1] + b"B", b"noise \xff " + noise(200).replace(b"\n", b""), POSITION]
    recording = make_recording(tmp_path / "r", {"a.nmea": b"\n".join(lines * 500) + b"\n"})
    summary, refused = out_of(recording, tmp_path / "out")
    reasons = summary["refused"]["ais/a"]
    assert reasons["bad_checksum"] == reasons["no_time"] == 500
    kept = Counter(row["reason"] for row in refused)
    assert set(kept) == set(reasons)
    assert all(n <= 20 for n in kept.values())
    assert all(len(row["detail"]) <= 120 for row in refused)
    assert (tmp_path / "out/refused.jsonl").stat().st_size < 50_000


def peak_mb(*args, stdin=b""):
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, args)], input=stdin, capture_output=True,
        check=True, cwd=ROOT, env=environment(), timeout=120,
    )  # fmt: skip
    return int(ran.stderr.split()[-1]) / 1024


def test_memory_is_flat_in_the_length_of_lines_and_files(tmp_path):
    """A line without end, and a long file of good lines and noise: four times as much of each."""
    peaks = {}
    for times in (1, 4):
        endless = b"A" * 8_000_000 * times
        recording = make_recording(tmp_path / str(times), {"endless.nmea": endless})
        with (recording / "feeds/ais/long.nmea").open("wb") as file:
            for i in range(10_000 * times):
                at = tag_block(b"c:%d" % (1772385730 + i))
                file.write(at + POSITION + b"\n" + noise(60, i) + b"\n")
        peaks[times] = peak_mb("replay", recording, "--no-store")
    assert peaks[4] < peaks[1] + 100


def test_decode_holds_no_endless_line(tmp_path):
    endless = AT + POSITION + b"\n" + b"A" * 30_000_000
    assert peak_mb("decode", "ais", stdin=endless) < peak_mb("decode", "ais", stdin=AT) + 60
