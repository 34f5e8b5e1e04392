"""The store: one object through which everything is written and read."""

from __future__ import annotations

from sqlalchemy import text

from store import migrate
from store.decisions import Decisions
from store.feed_reads import FeedReads
from store.feed_writes import FeedWrites
from store.outlooks import Outlooks
from store.reads import Reads
from store.session import Session
from store.vessels import Vessels
from store.writes import Writes

_VERSIONS = """
    SELECT 'PostgreSQL ' || current_setting('server_version') || coalesce(
        (SELECT ', PostGIS ' || extversion FROM pg_extension WHERE extname = 'postgis'),
        ', without PostGIS yet')"""


class Store(Writes, FeedWrites, Reads, FeedReads, Vessels, Decisions, Outlooks):
    """A PostGIS database with the house's tables; safe to use from several threads.

    Raises, on every method:

    StoreUnavailable
        where the database does not answer; the same call may be made again.
    StoreError
        where it refuses.
    """

    def migrate(self) -> None:
        """Make the tables, or bring them to the newest revision."""
        with self.transaction("find PostGIS") as connection:
            migrate.take_turn(connection)  # IF NOT EXISTS fails where two begin at one moment
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        with self.transaction("migrate the tables") as connection:
            migrate.upgrade(connection)

    def ping(self) -> str:
        """The versions of PostgreSQL and PostGIS, in one line."""
        with self.transaction("ask for its version") as connection:
            return str(connection.scalar(text(_VERSIONS)))


def connect(url: str) -> Store:
    """The store at a URL. Nothing is sent yet: the first call finds out whether it answers."""
    return Store(url)


__all__ = ["Session", "Store", "connect"]
