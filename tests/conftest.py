"""Fixtures that several rooms use: the real data, and a PostGIS of the tests' own."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.errors import SetupError
from pipeline.collector import looks_seldom
from store.cluster import Cluster
from store.engine import Store, connect

#: Folders whose tests mostly wait for services, and whose tests draw maps in a browser.
WAITING, DRAWING = "pipeline", "dashboard"

_names = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file that waits, one that draws and one that reckons, in turn: a file is one worker's, and
    browsers side by side would wait for each other while processors stood still elsewhere."""
    files: dict[str, dict[Path, int]] = {}

    def place(item: pytest.Item) -> tuple[int, str]:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        sort = folder if folder in (WAITING, DRAWING) else ""
        turns = files.setdefault(sort, {})
        return turns.setdefault(item.path, len(turns)), sort

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not look at it between any two tests."""
    looks_seldom()
    gc.collect()
    gc.freeze()


def _missing(what: str) -> None:
    """Skip the test; fail it where CI must have everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        _missing(f"the real data in {folder}")
    return folder


@contextlib.contextmanager
def _throw_away() -> Iterator[Cluster]:
    """A cluster of the tests' own, whatever DATABASE_URL says."""
    folder = Path(tempfile.mkdtemp(prefix="pierwatch-tests-", dir="/var/tmp"))
    folder.chmod(0o755)
    made = Cluster(folder / "postgres", throw_away=True)
    try:
        made.start()
    except SetupError as error:
        shutil.rmtree(folder)
        _missing(str(error))
    try:
        yield made
    finally:
        made.remove()
        folder.rmdir()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster that the module's tests may stop and start."""
    with _throw_away() as made:
        yield made


@pytest.fixture(scope="session")
def _server() -> Iterator[str]:
    """URL of a server on which databases may be made: DATABASE_URL's or a throw-away cluster."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with _throw_away() as made:
        yield made.url


@pytest.fixture(scope="session")
def _template(_server: str) -> Iterator[str]:
    """A migrated, empty database that others are copied from."""
    with _database(_server) as url:
        store = connect(url)
        store.migrate()
        store.close()
        yield url


@pytest.fixture(scope="session")
def postgis_url(_server: str) -> Iterator[str]:
    """URL of a fresh database without tables."""
    with _database(_server) as url:
        yield url


@pytest.fixture(scope="module")
def store(_server: str, _template: str) -> Iterator[Store]:
    """A migrated, empty store of the test module's own."""
    with _database(_server, template=_template.rsplit("/", 1)[1]) as url:
        made = connect(url)
        yield made
        made.close()


class _database:
    """A database that is dropped at the end."""

    def __init__(self, server: str, template: str = "template1") -> None:
        self._server, self._template = server, template
        self._name = f"test_{os.getpid()}_{next(_names)}"

    def __enter__(self) -> str:
        self._execute(f'CREATE DATABASE "{self._name}" TEMPLATE "{self._template}"')
        return self._server.rsplit("/", 1)[0] + "/" + self._name

    def __exit__(self, *_: object) -> None:
        self._execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement)
