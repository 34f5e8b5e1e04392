"""One transaction with the database, and its complaints in our words."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from core.errors import StoreError, StoreUnavailable

#: SQLSTATE classes after which waiting may help: connection lost, rolled back for another
#: transaction's sake, out of resources, stopped by an operator, or the system's own trouble.
_PASSING = ("08", "40", "53", "57", "58")
_REFUSED_AT_THE_DOOR = ("authentication failed", "does not exist", "no pg_hba.conf entry")

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Session:
    """An engine whose transactions raise `StoreError` and `StoreUnavailable` only.

    Parameters
    ----------
    url
        As libpq writes it: `postgresql://user:password@host:port/database`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        scheme, _, rest = url.partition("://")
        if scheme.split("+")[0] not in ("postgresql", "postgres", "postgis") or not rest:
            raise StoreError(
                "DATABASE_URL",
                expected="postgresql://user:password@host:port/database",
                came=f"{scheme}://…",
                act="Set it to a PostgreSQL server, or leave it out.",
            )
        self._mine = threading.local()  # a thread's transaction that others of its join
        self.libpq_url = f"postgresql://{rest}"
        self._engine: Engine = create_engine(
            f"postgresql+psycopg://{rest}",
            pool_pre_ping=True,
            pool_size=4,
            max_overflow=16,
            connect_args={
                "application_name": "pierwatch",
                "connect_timeout": 5,
                "keepalives_idle": 10,
                "tcp_user_timeout": 20_000,  # ms without an answer of the other machine
            },
        )

    @contextlib.contextmanager
    def transaction(self, doing: str) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back on any error.

        Parameters
        ----------
        doing
            What is done, for the message: "write observations".
        """
        try:
            if self.joined is not None:
                yield self.joined
                return
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise translated(doing, error.orig or error) from error
        except psycopg.Error as error:
            raise translated(doing, error) from error

    @property
    def joined(self) -> Connection | None:
        """The transaction that this thread's others join; None outside of `together`."""
        found: Connection | None = getattr(self._mine, "joined", None)
        return found

    @contextlib.contextmanager
    def together(self, doing: str) -> Iterator[None]:
        """All that this thread does in here is one transaction: what cannot be done undoes all.

        A commit waits for the disk, so that few of them take more rows than many. A method that
        writes may be called once in here: its staging table is empty again only afterwards.
        """
        with self.transaction(doing) as connection:
            self._mine.joined = connection
            try:
                yield
            finally:
                self._mine.joined = None

    @contextlib.contextmanager
    def cursor(self, doing: str) -> Iterator[Cursor]:
        """A transaction through psycopg itself, for COPY and binary results."""
        with self.transaction(doing) as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            with raw.cursor(binary=True) as cursor:
                yield cursor

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def translated(doing: str, error: BaseException) -> StoreError:
    """The database's complaint while `doing`, as ours."""
    state = getattr(error, "sqlstate", None)
    said = " ".join(str(error).split()) or type(error).__name__
    lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and state is None
    if any(words in said for words in _REFUSED_AT_THE_DOOR):
        lost = False
    if lost or (state or "").startswith(_PASSING):
        return StoreUnavailable(
            "database",
            expected=f"to {doing}",
            came=said,
            act="It is tried again; `pierwatch doctor` says whether the server runs.",
        )
    return StoreError("database", expected=f"to {doing}", came=said)
