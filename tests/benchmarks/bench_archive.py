"""Frames brought to the disk a second: the archive beside a plain file that is written and synced.

A batch is stamped, filed by source, written and synced, as the clerk of `pierwatch live` does it;
the yardstick writes the same frames into one file and syncs that. Both take turns and the best of
the turns counts, because the machine is shared. What the archive keeps is read back from its
closed, encrypted files and compared with what was appended. Then one hour of a thousand frames a
second is closed in the background while frames come: what an append and sync take meanwhile.

    python tests/benchmarks/bench_archive.py [--batches N] [--batch N] [--turns N]
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from pathlib import Path

from core.settings import ArchiveSettings
from ingest.archive import Archive
from ingest.archive.names import once
from ingest.archive.reading import chunks
from ingest.arrived import Arrived

AT_MS = 1_772_385_730_500
LINE = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
TRUCK = b"7e" + b"0200003c0131234567890017" * 5 + b"7e"


def frames(n: int, sources: int) -> list[Arrived]:
    """Half AIS lines of some sources, half vehicle frames of one."""
    return [
        Arrived("trucks", "vehicles", ".jt808", "trucks", TRUCK)
        if i % 2
        else Arrived("north", "ais", ".nmea", f"north~{i // 2 % sources}", LINE)
        for i in range(n)
    ]


def ours(folder: Path, batch: list[Arrived], batches: int) -> tuple[float, list[float]]:
    archive = Archive(folder / "archive", "bench", ArchiveSettings())
    said, took = [], []
    begin = time.perf_counter()
    for number in range(batches):
        at = time.perf_counter()
        said += archive.append(batch, AT_MS + number * 50)
        archive.sync()
        took.append(time.perf_counter() - at)
    spent = time.perf_counter() - begin
    archive.close()
    paths = once((folder / "archive").glob("feeds/*/*"))
    kept = sorted(b"".join(chunks(path)) for path in paths)
    by_file: dict[str, bytes] = {}
    for part in said:
        by_file[part.path] = by_file.get(part.path, b"") + part.data
    assert kept == sorted(by_file.values()), "what is kept is not what was appended"
    return spent, took


def plain(folder: Path, batch: list[Arrived], batches: int) -> float:
    with (folder / "plain").open("xb", buffering=0) as file:
        begin = time.perf_counter()
        for _ in range(batches):
            file.write(b"\n".join([frame.frame for frame in batch]))
            os.fdatasync(file.fileno())
        return time.perf_counter() - begin


def compare(size: int, batches: int, sources: int, turns: int) -> None:
    batch, best, yardstick, slow = frames(size, sources), math.inf, math.inf, math.inf
    for _ in range(turns):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
            yardstick = min(yardstick, plain(Path(name), batch, batches))
            spent, took = ours(Path(name), batch, batches)
            best = min(best, spent)
            slow = min(slow, sorted(took)[int(len(took) * 0.95)])
    n = size * batches
    print(
        f"batches of {size}, {sources + 1} files: archive {n / best:,.0f} frames/s "
        f"(p95 {slow * 1000:.1f} ms a batch), one plain file {n / yardstick:,.0f} frames/s, "
        f"ratio {yardstick / best:.2f}; read back, none differs"
    )


def while_closing(seconds: int) -> None:
    """Append and sync while an hour of 3.6 million frames is packed and sealed."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        archive = Archive(Path(name) / "archive", "bench", ArchiveSettings())
        batch = frames(20_000, 1)
        for number in range(180):
            archive.append(batch, AT_MS + number)
        archive.sync()
        before, during = [], []
        small = frames(50, 1)
        for took, at_ms in ((before, AT_MS + 1000), (during, AT_MS + 3_600_000)):
            begin = time.perf_counter()
            if took is during:
                archive.tick(at_ms // 1000)
            end = time.perf_counter() + seconds
            number = 0
            while time.perf_counter() < end:
                at = time.perf_counter()
                archive.append(small, at_ms + number)
                archive.sync()
                took.append(time.perf_counter() - at)
                if took is during and archive.settle(0):
                    break
                closing = time.perf_counter() - begin
                number += 1
                time.sleep(0.02)
        archive.close()
        print(
            "append and sync of 50 frames, p95: "
            + ", ".join(
                f"{sorted(t)[int(len(t) * 0.95)] * 1000:.1f} ms {w}"
                for t, w in ((before, "alone"), (during, "while an hour of 3.6 million is closed"))
            )
            + f" ({closing:.1f} s)"
        )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--batches", type=int, default=200)
    options.add_argument("--batch", type=int, default=50)
    options.add_argument("--turns", type=int, default=3)
    given = options.parse_args()
    compare(given.batch, given.batches, 1, given.turns)
    compare(given.batch * 20, given.batches, 1, given.turns)
    compare(given.batch, given.batches, 25, given.turns)
    while_closing(20)


if __name__ == "__main__":
    main()
