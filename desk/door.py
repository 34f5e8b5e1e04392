"""Finds the store and opens it, read only."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from core.errors import SettingsError, SetupError
from core.settings import StoreSettings
from desk.nights import Desk
from store.cluster import Cluster
from store.desk_reads import DeskReads

#: What the folder that pierwatch runs in holds; a notebook's own folder lies below it.
_MARKS = ("pierwatch.toml", "sites", "var/postgres")
_READ_ONLY = "options=-c%20default_transaction_read_only%3Don"


def open(url: str | None = None) -> Desk:  # noqa: A001 (read as `desk.open`)
    """Open the store of this machine, read only.

    Parameters
    ----------
    url
        `postgresql://user:password@host:port/database`. Without it: what is set as
        `PIERWATCH_STORE__URL`, in `pierwatch.toml` or as `DATABASE_URL`, else the private cluster
        that `make demo` and `pierwatch replay` write to. It is started where it stands still, and
        stopped again by `Desk.close` where nobody else has come to use it.

    Raises
    ------
    SetupError
        There is no store yet, or it does not start.
    StoreUnavailable
        It does not answer.

    >>> open("postgresql://nobody@127.0.0.1:1/none").runs()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    core.errors.StoreUnavailable: database: expected to list the runs, got connection failed: ...
    """
    if url is not None:
        return Desk(DeskReads(read_only(url)))
    home = home_of(Path.cwd())
    settings = store_settings(home, os.environ)
    given = settings.url or os.environ.get("DATABASE_URL")
    if given:
        return Desk(DeskReads(read_only(given)))
    cluster = Cluster(home / settings.cluster_dir)
    if not cluster.status().made:
        raise SetupError(
            str(cluster.directory),
            expected="a store that a run was written to",
            came="none",
            act="Run `make demo` or `pierwatch replay RECORDING` first, or set DATABASE_URL.",
        )
    started = cluster.start()
    return Desk(DeskReads(read_only(cluster.url)), cluster if started else None)


def read_only(url: str) -> str:
    """The same server, on which every transaction is read only.

    >>> read_only("postgresql://me@host/db")
    'postgresql://me@host/db?options=-c%20default_transaction_read_only%3Don'
    """
    return f"{url}{'&' if '?' in url else '?'}{_READ_ONLY}"


def home_of(folder: Path) -> Path:
    """The folder that pierwatch runs in: this one or the nearest above that looks like it."""
    for place in (folder, *folder.parents):
        if any((place / mark).exists() for mark in _MARKS):
            return place
    return folder


def store_settings(home: Path, environ: Mapping[str, str]) -> StoreSettings:
    """Where the store is, as `pierwatch.toml` and the environment say.

    Other sections and variables are not looked at: the commands refuse what is misspelt in them.

    >>> store_settings(Path("/nowhere"), {"PIERWATCH_STORE__CLUSTER_DIR": "/srv/pg"}).cluster_dir
    PosixPath('/srv/pg')
    """
    path = home / "pierwatch.toml"
    values = {}
    if path.is_file():
        try:
            values = tomllib.loads(path.read_text("utf-8")).get("store", {})
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(str(path), expected="TOML in UTF-8", came=str(error)) from error
    for key in ("url", "cluster_dir"):
        text = environ.get(f"PIERWATCH_STORE__{key.upper()}")
        if text:
            values[key] = text
    known = {key: values[key] for key in ("url", "cluster_dir") if key in values}
    return StoreSettings.model_validate(known)
