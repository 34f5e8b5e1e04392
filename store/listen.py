"""Waiting for news instead of asking for it: PostgreSQL's LISTEN on the channel of the writers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from core.errors import StoreUnavailable
from store.session import Session
from store.writes import CHANNEL


@dataclass(frozen=True)
class News:
    """What has been committed: `what` is "alert" or "tick"."""

    run_id: int
    what: str
    tick: str | None = None  # RFC 3339, of a tick


def listen(store: Session, timeout_s: float | None = None) -> Iterator[News]:
    """News as it comes, on a connection of its own; ends when none came for `timeout_s`.

    Read what was there before after the first call of `next` has begun, or poll once first: what
    was committed before the LISTEN is not told.
    """
    try:
        with psycopg.connect(store.libpq_url, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while True:
                came = False
                for notice in connection.notifies(timeout=timeout_s, stop_after=1):
                    came = True
                    yield _news(notice.payload)
                if not came:
                    return
    except psycopg.OperationalError as error:
        raise _gone(error) from error


async def listen_async(store: Session) -> AsyncIterator[News]:
    """The same for a screen's event loop; never ends by itself."""
    try:
        async with await psycopg.AsyncConnection.connect(
            store.libpq_url, autocommit=True
        ) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            async for notice in connection.notifies():
                yield _news(notice.payload)
    except psycopg.OperationalError as error:
        raise _gone(error) from error


def _news(payload: str) -> News:
    told: dict[str, Any] = json.loads(payload)
    return News(told["run_id"], told["what"], told.get("tick"))


def _gone(error: psycopg.OperationalError) -> StoreUnavailable:
    return StoreUnavailable("database", expected="to listen for news", came=str(error).strip())
