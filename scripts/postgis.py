"""PostGIS for the private cluster: found, installed as root, or unpacked under `var/apt`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import IO

import debian
from steps import Refusal

PACKAGES = ["postgresql-15", "postgresql-15-postgis-3", "postgresql-15-postgis-3-scripts"]
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/pierwatch.conf")


def is_there() -> bool:
    """Say whether a database server is given, or a PostgreSQL with PostGIS is installed."""
    return bool(os.environ.get("DATABASE_URL")) or any(_has_postgis(d) for d in _programs())


def _programs() -> list[Path]:
    """List the folders of PostgreSQL's programs: the system's, the PATH's, the unpacked."""
    folders = [
        folder
        for root in (Path("/"), debian.UNPACKED)
        for folder in sorted((root / "usr/lib/postgresql").glob("*/bin"), reverse=True)
    ]
    if initdb := shutil.which("initdb"):
        folders.append(Path(initdb).resolve().parent)
    return [folder for folder in folders if (folder / "initdb").exists()]


def _has_postgis(programs: Path) -> bool:
    """Say whether the extension lies where the server of these programs looks for it."""
    if programs.parts[-4:-2] == ("lib", "postgresql"):  # Debian: …/usr/lib/postgresql/15/bin
        share = programs.parents[3] / "share/postgresql" / programs.parent.name
    else:
        pg_config = subprocess.run(
            [programs / "pg_config", "--sharedir"], capture_output=True, text=True, check=False
        )
        share = Path(pg_config.stdout.strip() or "/nonexistent")
    return (share / "extension/postgis.control").exists()


def install(log: IO[str]) -> None:
    """Install PostGIS, without a cluster of the system's own; unpack it where we are not root."""
    if os.geteuid() != 0:
        debian.provide(PACKAGES, log)
        _finish_unpacked()
        return
    ours = not NO_CLUSTER.exists()
    if ours:
        NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        NO_CLUSTER.write_text("create_main_cluster = false\n", encoding="utf-8")
    try:
        debian.provide(PACKAGES, log)
    finally:
        if ours:
            NO_CLUSTER.unlink()


def _finish_unpacked() -> None:
    """Make the control file that only the packages' installer would."""
    found = sorted((debian.UNPACKED / "usr/share/postgresql").glob("*/extension/postgis-3.control"))
    if not found:
        raise Refusal("The packages were unpacked, but PostGIS is not among them.")
    shutil.copy(found[-1], found[-1].with_name("postgis.control"))
