"""Debian's packages: installed by root, unpacked under `var/apt/root` for anyone else."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from steps import VAR, run

APT = VAR / "apt"
UNPACKED = APT / "root"
BIN = APT / "bin"
LIB = APT / "lib"
LIBRARIES = (
    "usr/lib/x86_64-linux-gnu",
    "lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "lib/aarch64-linux-gnu",
)


def find(folder: str, pattern: str) -> Path | None:
    """Find a file below a folder of the system, or of what was unpacked; the last by name."""
    for root in (Path("/"), UNPACKED):
        if found := sorted((root / folder).glob(pattern)):
            return found[-1]
    return None


def provide(packages: Sequence[str], log: IO[str]) -> None:
    """Install packages with what they depend on; without root, unpack what is not installed."""
    if os.geteuid() == 0:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(log, ["apt-get", "-q", "update"], **quiet)
        run(log, ["apt-get", "-qy", "--no-install-recommends", "install", *packages], **quiet)
        return
    for folder in (APT / "lists/partial", APT / "cache/archives/partial", UNPACKED):
        folder.mkdir(parents=True, exist_ok=True)
    private = [
        f"Dir::State::Lists={APT}/lists",
        f"Dir::Cache={APT}/cache",
        "Debug::NoLocking=1",
        "APT::Sandbox::User=",
    ]
    apt = ["apt-get", "-q", *(word for option in private for word in ("-o", option))]
    run(log, [*apt, "update"])
    # --reinstall: what is named comes too where the system has it, so that it lies in one tree.
    fetch = ["-y", "--no-install-recommends", "--reinstall", "--download-only", "install"]
    run(log, [*apt, *fetch, *packages])
    for archive in sorted((APT / "cache/archives").glob("*.deb")):
        run(log, ["dpkg-deb", "--extract", archive, UNPACKED])
        archive.unlink()


def write_launcher(launcher: Path, program: Path, **environment: str) -> None:
    """Write a shell script that starts an unpacked program with its libraries and variables."""
    tops = [UNPACKED / folder for folder in LIBRARIES]
    # Some packages keep private libraries in a folder of their own (pulseaudio, nss).
    folders = tops + sorted({lib.parent for top in tops for lib in top.glob("*/lib*.so*")})
    paths = ":".join(str(folder) for folder in folders if folder.is_dir())
    variables = {"LD_LIBRARY_PATH": paths, **environment}
    exports = "".join(f'export {name}="{value}"\n' for name, value in variables.items())
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(f'#!/bin/sh\n{exports}exec "{program}" "$@"\n', encoding="utf-8")
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
