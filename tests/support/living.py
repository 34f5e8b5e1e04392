"""`pierwatch live` in a process of its own, and what speaks to it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from commands import PIERWATCH, ROOT, environment

from ingest.archive.names import once
from ingest.archive.reading import chunks

PATIENCE_S = 180.0  # a service begins in five seconds, on a machine that is busy in forty


def wait_until(true: Callable[[], object], what: str, log: Callable[[], str] = lambda: "") -> None:
    """Wait for something to become true; fail where it does not."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"waited in vain: {what}; {log()}"
        time.sleep(0.05)


class Living:
    """The service, started with some sources; begun again in the same folder it continues."""

    def __init__(
        self, folder: Path, *sources: str, store: bool = False, config: str = "", **settings: str
    ) -> None:
        self.folder, self.out = folder / "kept", folder / "out"
        named = [part for source in sources for part in ("--ais", source)]
        stored = [] if store else ["--no-store"]
        if config:
            (folder / "pierwatch.toml").write_text(config)
            stored += ["--config", str(folder / "pierwatch.toml")]
        self._log = folder / "log"
        self._command = [
            PIERWATCH, "live", *named, "--keep", self.folder, "--out", self.out, *stored,
        ]  # fmt: skip
        self.secrets = folder / "secrets"  # with how far files were read: no other service's
        self._settings = {"PIERWATCH_SCREEN__SECRET_DIR": str(self.secrets), **settings}
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it (again)."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=environment(**self._settings), stdin=subprocess.PIPE,
                stdout=log, stderr=log, cwd=ROOT,
            )  # fmt: skip
        return self.process

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it with a signal; its exit code."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end."""
        with contextlib.suppress(BrokenPipeError):
            self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode

    @property
    def log(self) -> str:
        """All that it said."""
        return self._log.read_text()

    def ticks(self) -> int:
        """How many seconds are in the archive."""
        return len(self.archived("clock"))

    def files(self, feed: str = "ais") -> list[Path]:
        """The archive's files of a feed, by name, closed or not."""
        return once(self.folder.glob(f"archive/feeds/{feed}/*"))

    def archived(self, feed: str = "ais") -> list[bytes]:
        """The archive's lines of a feed, by file."""
        return [line for p in self.files(feed) for line in b"".join(chunks(p)).splitlines()]

    def summary(self) -> dict[str, object]:
        """What it wrote at its end."""
        found: dict[str, object] = json.loads((self.out / "summary.json").read_text())
        return found


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def speaker(say: Callable[[], Iterator[bytes]]) -> Iterator[str]:
    """A TCP server that says the same to everyone who calls; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    caller, _ = server.accept()
                    with caller:
                        for data in say():
                            caller.sendall(data)
                            if stop.is_set():
                                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stop.set()
            with contextlib.suppress(OSError):
                socket.create_connection(server.getsockname(), timeout=1).close()
            thread.join(5)


def paced(lines: list[bytes], per_s: float) -> Iterator[bytes]:
    """Lines at a pace, again and again."""
    while True:
        for line in lines:
            yield line + b"\n"
            time.sleep(1 / per_s)


def stop_gently(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind."""
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
