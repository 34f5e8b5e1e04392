"""Set up a checkout: `python3.11 scripts/setup.py demo|check|test`.

Needs only a Debian 12 with its Python 3.11, as root or not. A step that was done is not done
again: its stamp under `var/setup` says what it was made from. Steps: see `steps.py`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import IO

import browser
import debian
import mosquitto
import postgis
from steps import ROOT, VAR, Refusal, Step, do, run

UV_VERSION = "0.13.9"
UV = VAR / "uv" / "bin" / "uv"
PURPOSES = ("demo", "check", "test")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def make_uv(log: IO[str]) -> None:
    """Install uv from PyPI under var/, with the pip that is there or Debian's wheel of it."""
    pip: list[str | Path] = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        if debian.find("usr/share/python-wheels", "pip-*.whl") is None:
            debian.provide(["python3-pip-whl", "ca-certificates"], log)
        wheel = debian.find("usr/share/python-wheels", "pip-*.whl")
        if wheel is None:
            raise Refusal("There is no pip, and Debian's python3-pip-whl brought none.")
        pip = [sys.executable, f"{wheel}/pip"]
    trust = [] if CERTIFICATES.exists() or "PIP_CERT" in os.environ else ["--cert", str(_bundle())]
    where = ["--upgrade", "--target", str(UV.parent.parent)]
    run(log, [*pip, "install", *trust, *where, f"uv=={UV_VERSION}"])


def _bundle() -> Path:
    """Put the certificates of the unpacked package together, as its installer would."""
    bundle = debian.APT / "ca-certificates.crt"
    single = sorted((debian.UNPACKED / "usr/share/ca-certificates").rglob("*.crt"))
    bundle.write_bytes(b"".join(file.read_bytes() for file in single))
    return bundle


def make_environment(log: IO[str], *, dev: bool) -> None:
    """Lay the locked packages into `.venv`; for the demo, tools that are there may stay."""
    scope = ["--all-groups", "--all-extras"] if dev else ["--no-dev", "--inexact"]
    command: list[str | Path] = [
        UV,
        "sync",
        "--frozen",
        "--no-progress",
        "--compile-bytecode",
        "--python",
        sys.executable,
        *scope,
    ]
    run(log, command, UV_PYTHON_DOWNLOADS="never", UV_PROJECT_ENVIRONMENT=str(ROOT / ".venv"))


def environment_step(*, dev: bool) -> Step:
    """Name the step that makes `.venv`, with the development tools or without."""
    sources = [(ROOT / name).read_bytes() for name in ("uv.lock", "pyproject.toml")]
    program = ROOT / ".venv/bin" / ("pytest" if dev else "pierwatch")
    return Step(
        name="environment-dev" if dev else "environment",
        also=() if dev else ("environment-dev",),
        title="Python packages and tools" if dev else "Python packages",
        made_from=f"{hashlib.sha256(b''.join(sources)).hexdigest()} {sys.executable} {sys.version}",
        there=program.exists,
        make=lambda log: make_environment(log, dev=dev),
        advice="PyPI must be reachable; behind a mirror set UV_DEFAULT_INDEX.",
    )


def loops_step() -> Step:
    """Name the step that compiles the loops over numbers; what is kept lies beside their source."""
    rooms = ("core", "geo", "models", "engine")
    sources = [
        path
        for room in rooms
        for path in sorted((ROOT / room).rglob("*.py"))
        if b"@compiled" in path.read_bytes() or path.name == "compiled.py"
    ]
    made_from = [(ROOT / "uv.lock").read_bytes(), *(path.read_bytes() for path in sources)]
    return Step(
        name="loops",
        title="Loops, compiled",
        made_from=f"{hashlib.sha256(b''.join(made_from)).hexdigest()} {ROOT} {platform.machine()}",
        there=lambda: any(any(path.parent.glob("__pycache__/*.nbi")) for path in sources),
        make=lambda log: run(log, [ROOT / ".venv/bin/python", ROOT / "scripts/compile_loops.py"]),
        advice="The engine does not run here; the log says where it stopped.",
    )


def steps(purpose: str) -> list[Step]:
    """Name the steps that a purpose (demo, check or test) needs, in their order."""
    mirror = "A Debian mirror must be reachable (/etc/apt/sources.list)"
    chosen = [
        Step(
            name="uv",
            title="uv, the installer",
            made_from=UV_VERSION,
            there=UV.exists,
            make=make_uv,
            advice="PyPI must be reachable (behind a mirror set PIP_INDEX_URL); "
            "where there is no pip, a Debian mirror too.",
        ),
        environment_step(dev=purpose != "demo"),
    ]
    if purpose in ("demo", "test"):
        chosen.append(loops_step())
        chosen.append(
            Step(
                name="postgis",
                title="PostGIS",
                made_from="",
                there=postgis.is_there,
                make=postgis.install,
                advice=f"{mirror}, or set DATABASE_URL to a server that has PostGIS.",
            )
        )
    if purpose == "test":
        chosen.append(
            Step(
                name="mosquitto",
                title="Mosquitto, an MQTT broker",
                made_from="",
                there=mosquitto.is_there,
                make=mosquitto.install,
                advice=f"{mirror}, or install mosquitto.",
            )
        )
        chosen.append(
            Step(
                name="browser",
                title="Chromium and fonts",
                made_from="",
                there=browser.is_there,
                make=browser.install,
                advice=f"{mirror}, or install chromium and fonts-noto-cjk.",
            )
        )
    return chosen


def main(arguments: list[str]) -> int:
    """Do the steps of the purpose; exit code 0, 2 (not understood), 3 (failed) or 130."""
    purpose = arguments[0] if arguments else "test"
    if purpose not in PURPOSES or sys.version_info < (3, 11):
        print(f"setup.py takes one of {', '.join(PURPOSES)} and Python 3.11 or newer.")
        return 2
    os.umask(0o022)
    try:
        return 0 if do(steps(purpose)) else 3
    except KeyboardInterrupt:
        print("stopped; the next run goes on from here")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
