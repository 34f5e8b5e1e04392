"""Bring a database to the newest tables, or back; the revisions ship in the package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

#: One migration at a time in a database, whoever starts it.
_MIGRATION_LOCK = 0x7069_6572


def take_turn(connection: Connection) -> None:
    """Wait until nobody else changes what the database is made of; until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Upgrade to a revision, within the transaction of `connection`."""
    take_turn(connection)
    command.upgrade(_configuration(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Go back to a revision; data of tables that it does not have are lost."""
    take_turn(connection)
    command.downgrade(_configuration(connection), revision)


def head() -> str:
    """The newest revision of the package."""
    found = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    assert found is not None
    return found


_SCRIPTS = Path(__file__).parent / "migrations"


def _configuration(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(_SCRIPTS))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made
