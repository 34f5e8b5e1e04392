"""`pierwatch live` with one feed of every kind, the player on the other side, and what was kept."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from commands import PIERWATCH, ROOT, environment
from living import PATIENCE_S, free_port

from ingest.archive.reading import chunks

CONFIG = """
site = "{site}"
[feeds.shore]
sensor = "ais"
url = "udp://127.0.0.1:{shore}"
[feeds.boats]
sensor = "beidou"
url = "tcp-listen://127.0.0.1:{boats}"
[feeds.radar]
sensor = "radar"
url = "tcp://127.0.0.1:{radar}"
[feeds.trucks]
sensor = "vehicles"
url = "tcp-listen://127.0.0.1:{trucks}"
[feeds.frigate]
sensor = "cameras"
url = "{broker}"
topics = ["frigate/events", "frigate/tracked_object_update", "coast/v1/+/cam/obs/#"]
[feeds.viid]
sensor = "cameras"
url = "http://127.0.0.1:{viid}"
user = "device"
password_file = "{password}"
"""


class AllFeeds:
    """The service; begun again it continues in the same folder."""

    def __init__(self, folder: Path, broker: str, url: str | None, **settings: str) -> None:
        self.folder, self.kept, self.out = folder, folder / "kept", folder / "out"
        self.config, self._log = folder / "pierwatch.toml", folder / "log"
        password = folder / "password"
        password.write_text("device:sea-and-shore\n")
        ports = {name: free_port() for name in ("boats", "radar", "trucks", "viid")}
        ports["shore"] = free_port(socket.SOCK_DGRAM)
        self.config.write_text(
            CONFIG.format(site=ROOT / "sites/xiangshan", broker=broker, password=password, **ports)
        )
        stored = [] if url else ["--no-store"]
        self._command = [
            PIERWATCH, "live", "--config", self.config, "--keep", self.kept, "--out", self.out,
            *stored,
        ]  # fmt: skip
        self._environ = environment(
            **settings,
            **({"DATABASE_URL": url} if url else {}),
            PIERWATCH_STORE__SPOOL_DIR=str(folder / "spool"),
            PIERWATCH_SCREEN__SECRET_DIR=str(folder / "secrets"),
        )
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it (again)."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environ, stdout=log, stderr=log, cwd=ROOT
            )
        return self.process

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it with a signal; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)

    @property
    def log(self) -> str:
        """All that it said."""
        return self._log.read_text()

    def memory_mb(self) -> float:
        """What it has in memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def play(self, recording: Path, *more: object) -> subprocess.Popen[str]:
        """The player, in a process of its own."""
        command = [
            PIERWATCH, "play", recording, "--config", self.config, "--json",
            "--ledger", self.folder / "ledger", *more,
        ]  # fmt: skip
        return subprocess.Popen(
            [str(part) for part in command], env=self._environ, cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def ledger(self) -> Counter[tuple[str, str]]:
        """Feed and name of every frame that was acknowledged."""
        path = self.folder / "ledger"
        lines = path.read_bytes().splitlines() if path.exists() else []
        return Counter(named(*line.split(b" ", 1)) for line in lines)

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """Feed and line of everything in the archive."""
        for path in sorted(self.kept.glob("archive/feeds/*/*")):
            feed = path.name.split("~")[0].rsplit("-", 1)[0]
            if path.parent.name in ("clock", "desk"):
                continue
            for line in b"".join(chunks(path)).splitlines():
                yield feed, line

    def archived(self) -> Counter[str]:
        """How many frames of each feed are in the archive, without the player's own hand-shakes."""
        found: Counter[str] = Counter()
        for feed, line in self.lines():
            if feed == "trucks" and line.split()[1][2:6] in (b"0100", b"0102"):
                continue
            if b'"format":"device.keepalive"' in line:
                continue
            found[feed] += 1
        return found

    def names(self) -> Counter[tuple[str, str]]:
        """Feed and name of every frame in the archive of which a sender waits for word."""
        found: Counter[tuple[str, str]] = Counter()
        for feed, line in self.lines():
            if feed in ("trucks", "frigate", "viid"):
                frame = line.split()[1] if feed == "trucks" else line
                found[named(feed.encode(), frame)] += 1
        return found

    def summary(self) -> dict[str, object]:
        """What it wrote at its end."""
        found: dict[str, object] = json.loads((self.out / "summary.json").read_text())
        return found


def named(feed: bytes, frame: bytes) -> tuple[str, str]:
    """A frame's name, the same for what was sent and for what was kept of it without pictures."""
    if feed == b"trucks":
        return "trucks", frame.decode()
    line = json.loads(frame)
    payload = line["payload"]
    name = {
        "frigate.events": lambda: payload["after"]["id"],
        "gat1400.motor_vehicles": lambda: str(
            [v["MotorVehicleID"] for v in payload["MotorVehicleListObject"]["MotorVehicleObject"]]
        ),
        "onvif.metadata": lambda: payload["xml"],
        "barrier.state": lambda: str(payload["at"]),
        "device.keepalive": lambda: str(line["received_at"]),
    }[line["format"]]()
    return feed.decode(), f"{line['source']} {name}"


def settled(service: AllFeeds, quiet_s: float = 1.5) -> Counter[str]:
    """What is in the archive once it grows no more."""
    end = time.monotonic() + PATIENCE_S
    before = service.archived()
    while time.monotonic() < end:
        time.sleep(quiet_s)
        now = service.archived()
        if now == before:
            return now
        before = now
    raise AssertionError(f"the archive grows on: {before}; {service.log[-2000:]}")
