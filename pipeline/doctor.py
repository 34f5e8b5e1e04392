"""`pierwatch doctor`: what is installed, running and reachable, and what to do about the rest."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from core.errors import PierwatchError
from core.settings import Settings
from pipeline.runner import DEFAULTED
from pipeline.sites import make_place, read_site
from store.cluster import Cluster
from store.engine import connect
from store.postgres import find_postgres

PACKAGES = ("polars", "shapely", "pyais", "geoalchemy2", "dash", "scikit-learn", "pyproj")
LOW_DISK_GB = 5


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `ok`, what was found, and what to do where it is not."""

    name: str
    ok: bool
    found: str
    act: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, each thing whatever became of the others."""
    for name, look in (
        ("Python", _python),
        ("packages", _packages),
        ("site", lambda: _site(settings)),
        ("PostGIS", _postgis),
        ("database", lambda: _database(settings)),
        ("screen", lambda: _screen(settings)),
        ("disk", _disk),
    ):
        yield _looked(name, look)


def _looked(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        found = look()
        return replace(found, act="") if found.ok else found
    except PierwatchError as error:
        return Finding(name, False, str(error), error.act)


def _python() -> Finding:
    text = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("Python", sys.version_info >= (3, 11), text, "Python 3.11 or newer is needed.")


def _packages() -> Finding:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", False, f"missing: {', '.join(missing)}", "Run `make setup`.")
    return Finding("packages", True, ", ".join(found))


def _site(settings: Settings) -> Finding:
    site = read_site(settings.site)
    make_place(site, settings, exercise=True)
    missing = sorted(set(site.not_covered) - DEFAULTED)
    absent = f"; not covered: {', '.join(missing)}" if missing else ""
    return Finding("site", True, f"{site.title_en}, {len(site.piers)} piers{absent}")


def _postgis() -> Finding:
    postgres = find_postgres()
    return Finding("PostGIS", True, str(postgres.bin_dir))


def _database(settings: Settings) -> Finding:
    if settings.store.url:
        return Finding("database", True, f"DATABASE_URL: {_ping(settings.store.url)}")
    cluster = Cluster(settings.store.cluster_dir)
    status = cluster.status()
    if not status.running:
        state = "stopped" if status.made else "not made yet"
        return Finding(
            "database", False, f"private cluster {state}", "`pierwatch serve` starts it."
        )
    return Finding("database", True, f"{_ping(cluster.url)}, port {status.port}")


def _ping(url: str) -> str:
    store = connect(url)
    try:
        return store.ping()
    finally:
        store.close()


def _screen(settings: Settings) -> Finding:
    url = f"http://{settings.screen.host}:{settings.screen.port}"
    try:
        with urlopen(url, timeout=2) as answer:
            return Finding("screen", answer.status == 200, url)
    except (URLError, OSError) as error:
        return Finding("screen", False, f"{url}: {error}", "`pierwatch serve` starts it.")


def _disk() -> Finding:
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    enough = free_gb >= LOW_DISK_GB
    return Finding("disk", enough, f"{free_gb:.0f} GB free", f"Keep {LOW_DISK_GB} GB free.")
