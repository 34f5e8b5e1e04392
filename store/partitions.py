"""The partitions of `observation`: one for each UTC day of `received_at`, made on demand.

They stand in a schema of their own, `days`, named `observation_20260301`. A new one is made as a
table and then attached, which readers and writers of other days need not wait for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

SCHEMA = "days"
_PARTITION_LOCK = 0x7069_6573


def partition_name(day: date) -> str:
    """`observation_20260301` for 1 March 2026.

    >>> partition_name(date(2026, 3, 1))
    'observation_20260301'
    """
    return f"observation_{day:%Y%m%d}"


def make_partitions(connection: Connection, days: Iterable[date]) -> None:
    """Make the partitions of these days where they are not there yet."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PARTITION_LOCK})
    there = set(
        connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = :schema"), {"schema": SCHEMA}
        )
    )
    for day in days:
        name = partition_name(day)
        if name in there:
            continue
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        end = begin + timedelta(days=1)
        full = f'"{SCHEMA}"."{name}"'
        connection.execute(text(f"CREATE TABLE {full} (LIKE observation INCLUDING ALL)"))
        connection.execute(
            text(
                f"ALTER TABLE observation ATTACH PARTITION {full} "
                f"FOR VALUES FROM ('{begin.isoformat()}') TO ('{end.isoformat()}')"
            )
        )
