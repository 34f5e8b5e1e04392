"""Mosquitto, the MQTT broker that tests and measurements talk to."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO

import debian

PACKAGES = ["mosquitto"]
PROGRAMS = {"mosquitto": "usr/sbin/mosquitto", "mosquitto_passwd": "usr/bin/mosquitto_passwd"}


def is_there() -> bool:
    """Say whether broker and password program are installed, or unpacked with launchers."""
    return all(_found(name, path) for name, path in PROGRAMS.items())


def _found(name: str, path: str) -> bool:
    launcher = debian.BIN / name
    return launcher.exists() or Path("/", path).exists() or shutil.which(name) is not None


def install(log: IO[str]) -> None:
    """Install it; unpacked, both programs get launchers. As root no service is left running."""
    if os.geteuid() != 0:
        debian.provide(PACKAGES, log)
        for name, path in PROGRAMS.items():
            debian.write_launcher(debian.BIN / name, debian.UNPACKED / path)
        return
    # The package would start a broker of the system's own: nobody asked for one.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        policy.chmod(0o755)
    try:
        debian.provide(PACKAGES, log)
    finally:
        if ours:
            policy.unlink()
