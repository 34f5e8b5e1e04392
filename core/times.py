"""Times as they are counted and written: microseconds since 1970 UTC, and RFC 3339.

Below the screen times are integers wherever they are added up; above it they are aware datetimes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

SECOND_US: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def unix_us(at: datetime) -> int:
    """Microseconds since 1970 UTC of an aware time.

    >>> unix_us(datetime(2026, 3, 1, 17, 22, 10, 500_000, tzinfo=UTC))
    1772385730500000
    """
    return (at - _EPOCH) // timedelta(microseconds=1)


def unix_seconds(text: str) -> int:
    """Whole seconds since 1970 UTC of a time as `utc_text` writes it.

    >>> unix_seconds("2026-03-01T17:22:10.500Z")
    1772385730
    """
    return unix_us(datetime.fromisoformat(text)) // SECOND_US


def day_number(day: date) -> int:
    """Days since 1970-01-01: a night is named by its evening's.

    >>> day_number(date(2026, 3, 1)), day_of(20513)
    (20513, datetime.date(2026, 3, 1))
    """
    return (day - _EPOCH.date()).days


def day_of(number: int) -> date:
    """The day of a `day_number`."""
    return _EPOCH.date() + timedelta(days=number)


def instant(at: datetime) -> np.datetime64:
    """An aware time as the element of a NumPy array, in microseconds UTC.

    >>> instant(datetime(2026, 3, 1, 17, 22, 10, tzinfo=UTC)).item()
    datetime.datetime(2026, 3, 1, 17, 22, 10)
    """
    return np.datetime64(unix_us(at), "us")


def utc_text(at_us: int | None) -> str | None:
    """RFC 3339 in UTC of microseconds: whole seconds where it is one, else milliseconds.

    >>> utc_text(1772385730_000_000), utc_text(1772385730_500_000)
    ('2026-03-01T17:22:10Z', '2026-03-01T17:22:10.500Z')
    """
    if at_us is None:
        return None
    at = datetime.fromtimestamp(at_us // SECOND_US, UTC)
    milli = at_us % SECOND_US // 1000
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (f".{milli:03d}Z" if milli else "Z")
