"""A service that is killed again and again while terminals, a server and a file go on speaking."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from jt808_terminal import Terminal, Unanswered, location_body
from living import Living, free_port, stop_gently, wait_until

KILLS = int(os.environ.get("PIERWATCH_TEST_KILLS", "1"))
CONFIG = """
[feeds.trucks]
sensor = "vehicles"
url = "tcp-listen://127.0.0.1:{trucks}"
[feeds.boats]
sensor = "ais"
url = "{boats}"
[feeds.shore]
sensor = "ais"
url = "udp://127.0.0.1:{shore}"
[feeds.logs]
sensor = "ais"
url = "file://{logs}"
"""


@dataclass
class Fleet:
    """Terminals that report a place of their own a few times a second, and repeat what was not
    acknowledged. `acknowledged` has the locations (the bodies in hex) that the platform took."""

    port: int
    size: int = 20
    acknowledged: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Fleet:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._drive()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(30)

    async def _drive(self) -> None:
        await asyncio.gather(*(self._one(number) for number in range(self.size)))

    async def _one(self, number: int) -> None:
        terminal = Terminal(13_900_000_000 + number)
        said = 0
        while not self._stop.is_set():
            try:
                async with asyncio.timeout(10):
                    await terminal.enter("127.0.0.1", self.port)
                while not self._stop.is_set():
                    at = datetime.now(UTC) - timedelta(seconds=1)
                    place = 121 + number / 100, 29 + (said % 10_000) / 1e5
                    body = location_body(at, *place)
                    async with asyncio.timeout(10):
                        await terminal.locate(body)
                    self.acknowledged[body.hex()] += 1
                    said += 1
                    await asyncio.sleep(0.2)
            except (OSError, Unanswered, TimeoutError):
                said += 1
                with contextlib.suppress(OSError, Unanswered):
                    await terminal.close()
                await asyncio.sleep(0.3)
        await terminal.close()


def speak(stop: threading.Event, lines: list[bytes], port: int, log: Path) -> None:
    """Lines to a UDP port and into a file that grows, until stopped."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, log.open("ab") as file:
        for i in range(10_000_000):
            if stop.wait(0.02):
                return
            with contextlib.suppress(OSError):
                sender.sendto(lines[i % len(lines)], ("127.0.0.1", port))
            file.write(lines[i % len(lines)] + b"\n")
            file.flush()


def killed(
    folder: Path, boats: str, lines: list[bytes], *, kills: int = KILLS, **settings: str
) -> tuple[Living, Counter[str], list[bytes]]:
    """Run the service with the store, kill it `kills` times, end it.

    Returns
    -------
    The service, what was acknowledged to terminals, the lines of the file.
    """
    ports = {"trucks": free_port(), "shore": free_port(socket.SOCK_DGRAM)}
    log, stop = folder / "logs.nmea", threading.Event()
    log.touch()
    config = CONFIG.format(boats=boats, logs=log, **ports)
    service = Living(folder, store=True, config=config, **settings)
    speaker = threading.Thread(target=speak, args=(stop, lines, ports["shore"], log), daemon=True)
    dice = np.random.default_rng(kills)
    try:
        with Fleet(ports["trucks"]) as fleet:
            speaker.start()
            for _ in range(kills):
                before, ticks = len(fleet.acknowledged), service.ticks()
                wait_until(
                    lambda b=before, t=ticks: len(fleet.acknowledged) > b and service.ticks() > t,
                    "an acknowledged location and a tick", lambda: service.log,
                )  # fmt: skip
                time.sleep(float(dice.uniform(0, 3)))
                service.process.kill()
                service.wait()
                service.start()
            # It acknowledges while it catches up; ended then, it leaves the rest to the next life.
            # A life's first tick stands before its catching up, its second one behind it.
            before, ticks = len(fleet.acknowledged), service.ticks()
            wait_until(
                lambda: len(fleet.acknowledged) > before and service.ticks() >= ticks + 2,
                "the last life", lambda: service.log,
            )  # fmt: skip
        stop.set()
        speaker.join(5)
        wait_until(
            lambda: read_until(service) == log.stat().st_size, "the file", lambda: service.log
        )
        assert service.end() == 0, service.log
    finally:
        stop.set()
        stop_gently(service.process)
    return service, fleet.acknowledged, log.read_bytes().splitlines()


def read_until(service: Living) -> int:
    """How far the file is known to be in the archive, in bytes."""
    path = service.secrets / "positions" / "logs.json"
    if not path.exists():
        return 0
    return sum(row["offset"] for row in json.loads(path.read_bytes()).values())


def read_again(archived: Sequence[list[bytes]], lines: list[bytes]) -> list[int]:
    """How many lines of a file each life of the service read again; fails where one is missing.

    Parameters
    ----------
    archived
        By life: the lines of the file that the archive has of it, without their stamps.
    lines
        Those of the file.
    """
    again, end = [], 0
    for part in archived:
        begins = (b for b in range(end, -1, -1) if lines[b : b + len(part)] == part)
        begin = next(begins, None)
        assert begin is not None, f"what was read after line {end} does not go on there"
        again.append(end - begin)
        end = begin + len(part)
    assert end == len(lines), "the end of the file is missing"
    return again
