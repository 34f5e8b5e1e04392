"""A real Mosquitto on a free port of loopback, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

UNPACKED = Path(__file__).parents[2] / "var/apt/bin"
CONF = """listener {port} 127.0.0.1
persistence true
persistence_location {folder}/
autosave_interval 1
max_queued_messages 0
{access}
log_dest file {folder}/log
"""


def program(name: str) -> str:
    """Where a program of the package is; a test without it is skipped, and fails in CI."""
    folders = f"{UNPACKED}:{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    found = shutil.which(name, path=folders)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have {name}")
        pytest.skip(f"needs {name}")
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Broker:
    """A broker that keeps its sessions over a restart.

    `users` by name with their passwords: then nobody else may connect. `more` of its listener's
    settings.
    """

    def __init__(self, folder: Path, users: dict[str, str] | None = None, more: str = "") -> None:
        self.folder, self.host, self.port = folder, "127.0.0.1", free_port()
        access = "allow_anonymous true"
        if users:
            file = folder / "passwords"
            file.write_text("".join(f"{name}:{word}\n" for name, word in users.items()))
            subprocess.run([program("mosquitto_passwd"), "-U", file], check=True)
            access = f"allow_anonymous false\npassword_file {file}"
        if os.geteuid() == 0:
            access += "\nuser root"  # it would take on another, who cannot write here
        self._conf = folder / "mosquitto.conf"
        access += f"\n{more}"
        self._conf.write_text(CONF.format(port=self.port, folder=folder, access=access))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [program("mosquitto"), "-c", str(self._conf)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while time.monotonic() < until and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port)):
                return
            time.sleep(0.01)
        log = self.folder / "log"
        raise RuntimeError(f"no broker: {log.read_text() if log.exists() else 'no log'}")

    def stop(self) -> None:
        """End it in order: it writes its sessions first."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
            self._process = None

    def restart(self, away_s: float = 0.0) -> None:
        self.stop()
        time.sleep(away_s)
        self.start()


@contextlib.contextmanager
def broker(users: dict[str, str] | None = None, more: str = "") -> Iterator[Broker]:
    """A broker while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="pierwatch-mosquitto-") as folder:
        made = Broker(Path(folder), users, more)
        made.start()
        try:
            yield made
        finally:
            made.stop()
