"""Where PostgreSQL with PostGIS is on this machine, and under whose name its programs run.

Three kinds of place: the distribution's (`/usr/lib/postgresql/<version>/bin`), a tree of the same
packages unpacked without root (`var/apt/root`, `var/pg`; PostgreSQL finds its files relative to its
own program), and the prefix of the running interpreter (conda) or the PATH.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SetupError

UNPACKED_ROOTS = (Path("var/apt/root"), Path("var/pg"))
_CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Postgres:
    """One installation: its programs, and what they need in the environment."""

    bin_dir: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The major version: "15"."""
        out = subprocess.run(
            [self.bin_dir / "postgres", "--version"],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return out.stdout.split()[2].split(".")[0]


def find_postgres() -> Postgres:
    """The newest PostgreSQL that has PostGIS: the distribution's, an unpacked one, conda's.

    `var/` is looked for in the working folder and in the checkout.

    Raises
    ------
    SetupError
        where there is none.
    """
    without_postgis: list[Path] = []
    bases = dict.fromkeys((Path.cwd(), _CHECKOUT))
    roots = [Path("/"), *(base / root for base in bases for root in UNPACKED_ROOTS)]
    for root in roots:
        for bin_dir in _newest_first(root / "usr/lib/postgresql"):
            share = root / "usr/share/postgresql" / bin_dir.parent.name / "extension"
            if _has_postgis(share):
                found = {} if root == Path("/") else _unpacked_environment(root.resolve())
                return Postgres(bin_dir.resolve(), found)
            without_postgis.append(bin_dir)
    on_path = Path(shutil.which("initdb") or "/nonexistent/initdb").resolve().parent
    for bin_dir in (Path(sys.prefix) / "bin", on_path):
        if (bin_dir / "initdb").exists():
            if _has_postgis(_share_dir(bin_dir) / "extension"):
                return Postgres(bin_dir)
            without_postgis.append(bin_dir)
    raise SetupError(
        "PostGIS",
        expected="PostgreSQL 15 or newer with PostGIS 3.3 or newer",
        came=f"PostgreSQL without PostGIS in {without_postgis[0]}"
        if without_postgis
        else "neither",
        act="Run `make setup`, or as root "
        "`apt-get install -y --no-install-recommends postgresql-15-postgis-3`, "
        "or set DATABASE_URL to a server that has it.",
    )


def _share_dir(bin_dir: Path) -> Path:
    done = subprocess.run(
        [bin_dir / "pg_config", "--sharedir"], capture_output=True, text=True, check=False
    )
    return Path(done.stdout.strip() or "/nonexistent")


def _newest_first(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("*/bin") if (path / "initdb").exists()]
    return sorted(found, key=lambda path: float(path.parent.name), reverse=True)


def _has_postgis(extension: Path) -> bool:
    if (extension / "postgis.control").exists():
        return True
    packaged = extension / "postgis-3.control"
    if not packaged.exists() or not os.access(extension, os.W_OK):
        return False
    # The package's installer makes this link; unpacking alone does not.
    shutil.copyfile(packaged, extension / "postgis.control")
    return True


def _unpacked_environment(root: Path) -> dict[str, str]:
    """What lets programs of an unpacked tree find its libraries and PROJ's grid files."""
    libraries = {
        library.parent
        for folder in ("usr/lib", "lib")
        for library in (root / folder).rglob("lib*.so*")
        if "postgresql" not in library.parent.parts
    }
    paths = [str(path) for path in sorted(libraries)]
    if "LD_LIBRARY_PATH" in os.environ:
        paths.append(os.environ["LD_LIBRARY_PATH"])
    made = {"LD_LIBRARY_PATH": ":".join(paths)}
    if (root / "usr/share/proj").is_dir():
        made |= {
            "PROJ_LIB": str(root / "usr/share/proj"),
            "PROJ_DATA": str(root / "usr/share/proj"),
        }
    return made


@dataclass(frozen=True)
class Account:
    """Who runs the server: ourselves or, where we are root, whom PostgreSQL lets."""

    name: str | None = None  # None: ourselves

    @classmethod
    def of(cls, data_dir: Path) -> Account:
        """The owner of a cluster that exists; for a new one `postgres` where we are root."""
        owner = data_dir.stat().st_uid if data_dir.exists() else None
        if os.geteuid() != 0:
            if owner not in (None, os.geteuid()):
                raise SetupError(
                    str(data_dir),
                    expected="a database cluster of your own",
                    came=f"one that belongs to {_user_name(owner)}",
                    act="Run as that user or as root, or set PIERWATCH_STORE__CLUSTER_DIR.",
                )
            return cls()
        if owner:
            return cls(_user_name(owner))
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            raise SetupError(
                "user postgres",
                expected="an account that PostgreSQL may run under, since it refuses root",
                came="none",
                act="Install the distribution's PostgreSQL, or run as an ordinary user.",
            ) from None
        return cls("postgres")

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or folder."""
        if self.name is not None:
            shutil.chown(path, user=self.name)

    def can_enter(self, folder: Path) -> bool:
        """Whether the account can reach what is in the folder."""
        return self.name is None or self.run(["test", "-x", str(folder)]).returncode == 0

    def run(
        self, command: Sequence[str], environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the account, from `/`, and give back what it said."""
        extra = environment or {}
        words = list(command)
        if self.name is not None:
            # `runuser` drops LD_LIBRARY_PATH where PAM says so; `env` sets it behind it.
            settings = [f"{key}={value}" for key, value in extra.items()]
            words = ["runuser", "-u", self.name, "--", "env", *settings, *words]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return subprocess.run(
            words,
            cwd="/",
            env={**kept, **extra, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def _user_name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid if uid is not None else os.geteuid()).pw_name
    except KeyError:
        return f"user {uid}"
