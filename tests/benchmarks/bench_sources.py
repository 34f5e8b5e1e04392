"""Live sources: from a socket to the clerk's hands, and back to the terminal.

Lines: a process of its own sends NMEA sentences over TCP as fast as it can; they come through the
source and its inbox and are drained 20 times a second, as the clerk does. JT/T 808: 200 terminals
in a process of their own have authenticated and send locations, each at most 100 ahead of its
acknowledgements; a frame is acknowledged when it was drained. Answers are checked: every line came,
in order; every location came once and was acknowledged. Time is the clock's; two processes share
the machine, so a rate is what a core and its neighbour do together.

    python tests/benchmarks/bench_sources.py [--lines N] [--locations N]
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from heard import Heard, hearing
from jt808_terminal import Terminal, location_body

from core.settings import FeedSettings
from ingest.jt808.bodies import LOCATION
from ingest.jt808.frame import decode

COMMIT_S = 0.05
TERMINALS = 200
AHEAD = 100
SENTENCE = b"\\s:station-1,c:%d*00\\!AIVDM,1,1,,A,15MgK45P3@G?fl0E`JbR0OwT0@MS,0*4E\r\n"


def pour(port: int, n: int) -> None:
    """Send n lines to a listening source."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        for begin in range(0, n, 1000):
            link.sendall(
                b"".join(
                    SENTENCE % (1_772_384_400_000 + k) for k in range(begin, min(n, begin + 1000))
                )
            )


def report(port: int, n: int) -> int:
    """Let terminals report n locations; how many were acknowledged."""

    async def dialogue(terminal: Terminal, share: int) -> None:
        body = location_body(datetime(2026, 3, 1, 17, tzinfo=UTC), 121.9, 29.2)
        await terminal.enter("127.0.0.1", port)
        entered = terminal.answered
        for sent in range(share):
            while sent - (terminal.answered - entered) >= AHEAD:
                await asyncio.sleep(0.005)
            terminal.send(terminal.frame(LOCATION, body))
        while terminal.answered - entered < share:
            await asyncio.sleep(0.005)
        await terminal.close()

    async def fleet() -> int:
        terminals = [Terminal(13_900_000_000 + k, (2013, 2019)[k % 2]) for k in range(TERMINALS)]
        await asyncio.gather(*(dialogue(each, n // TERMINALS) for each in terminals))
        return sum(each.answered for each in terminals) - 2 * TERMINALS

    return asyncio.run(fleet())


def drained(heard: Heard, n: int) -> tuple[float, float]:
    """Drain until n frames came: seconds of the clock from the first on, and of our processor."""
    while not heard.drain():
        time.sleep(0.001)
    begin, cpu = time.perf_counter(), time.process_time()
    while len(heard.frames) < n:
        time.sleep(COMMIT_S)
        heard.drain()
    return time.perf_counter() - begin, time.process_time() - cpu


def lines(n: int) -> None:
    feeds = {"stations": FeedSettings(sensor="ais", url="tcp-listen://127.0.0.1:0")}
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1) as other,
        hearing(Path(folder), **feeds) as heard,
    ):
        pouring = other.submit(pour, heard.port(), n)
        seconds, cpu = drained(heard, n)
        pouring.result()
        want = [(SENTENCE % (1_772_384_400_000 + k)).rstrip() for k in range(n)]
        assert [each.frame for each in heard.frames] == want
        assert heard.state().lost == 0
    print(
        f"lines over TCP: {n:,} in {seconds:.1f} s, {n / seconds:,.0f} frames/s "
        f"({n / cpu:,.0f} a processor second of ours); all came, in order"
    )


def locations(n: int) -> None:
    feeds = {"trucks": FeedSettings(sensor="vehicles", url="tcp-listen://127.0.0.1:0")}
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1) as other,
        hearing(Path(folder), **feeds) as heard,
    ):
        reporting = other.submit(report, heard.port(), n)
        seconds, cpu = drained(heard, n + 2 * TERMINALS)
        assert reporting.result() == n
        messages = [decode(bytes.fromhex(each.frame.decode())) for each in heard.frames]
    came = Counter(
        (each.header.terminal, each.header.serial)
        for each in messages if each.header.message_id == LOCATION
    )  # fmt: skip
    assert len(came) == n
    assert set(came.values()) == {1}
    print(
        f"JT/T 808 locations of {TERMINALS} terminals: {n:,} in {seconds:.1f} s, "
        f"{n / seconds:,.0f} frames/s acknowledged ({n / cpu:,.0f} a processor second of ours); "
        "all came once"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--lines", type=int, default=500_000)
    options.add_argument("--locations", type=int, default=100_000)
    given = options.parse_args()
    lines(given.lines)
    locations(given.locations)


if __name__ == "__main__":
    main()
