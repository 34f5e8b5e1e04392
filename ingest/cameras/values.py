"""Values of foreign JSON, read strictly: what is not as expected is None or is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from ingest.nmea.times import EARLIEST, LATEST, SECOND

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MOST_TEXT: Final = 64  # characters
_MOST_SHOWN: Final = 40


class Refused(Exception):
    """A line or one object of it cannot be taken; never leaves the decoder.

    `said` is what is kept of it: the field and its value where that cannot hold a picture or a
    person, never the line.
    """

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(reason, said)
        self.reason, self.said = reason, said


@dataclass(frozen=True)
class Sighting:
    """One thing seen: when, in microseconds, its plate if it claims one, and what else is said."""

    observed: int
    detail: dict[str, Any]
    plate: str | None = None
    speed_kn: float | None = None


@dataclass
class Seen:
    """What one line yields, in its order; `skipped` by kind."""

    sightings: list[Sighting | Refused] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, kind: str) -> None:
        """Count something that is not looked at."""
        self.skipped[kind] = self.skipped.get(kind, 0) + 1


def hashed(data: bytes) -> str:
    """What is left of bytes that are not kept.

    >>> hashed(b"")
    '0 bytes, sha256 e3b0c44298fc1c14'
    """
    return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:16]}"


def shown(name: str, value: object) -> str:
    """A field with the beginning of its value, for the refusals."""
    plain = value if isinstance(value, str) else type(value).__name__
    return f'{name} "{_CONTROL.sub("?", plain[:_MOST_SHOWN])}"'


def table(value: object, name: str) -> Mapping[str, Any]:
    """A JSON object.

    Raises
    ------
    Refused
        `bad_payload` where it is none.
    """
    if not isinstance(value, dict):
        raise Refused("bad_payload", f"{name} is no object")
    return value


def text(value: object) -> str | None:
    """A text without control characters, at most 64 characters; None where there is none.

    >>> text(" x "), text(""), text(3)
    ('x', None, None)
    """
    if not isinstance(value, str):
        return None
    if value.isprintable():  # which most are, and no control character is
        return value[:_MOST_TEXT].strip() or None
    return _CONTROL.sub("", value)[:_MOST_TEXT].strip() or None


def number(value: object, low: float, high: float) -> float | None:
    """A number, or a text that is one, within the bounds; else None.

    >>> number("85", 0, 100), number(True, 0, 1), number("nan", 0, 1), number(2, 0, 1)
    (85.0, None, None, None)
    """
    if isinstance(value, str) and len(value) <= 24:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None


def unix_time(value: object, name: str) -> int:
    """Unix seconds as microseconds.

    Raises
    ------
    Refused
        `bad_time` where it is no number or not between the years 2000 and 9999.
    """
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not EARLIEST <= value * SECOND <= LATEST:  # type: ignore[operator]
        raise Refused("bad_time", shown(name, value))
    return round(value * SECOND)  # type: ignore[operator]


def rfc3339_time(value: object, name: str, *, zone: bool = True) -> int:
    """A date and time as microseconds; without `zone`, one that names no zone is UTC.

    Raises
    ------
    Refused
        `bad_time` where it is none.

    >>> rfc3339_time("2026-03-02T01:43:00.5+08:00", "at")
    1772386980500000
    """
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise Refused("bad_time", shown(name, value))
    return _rfc3339(value, name, zone)


@lru_cache(256)  # what came together has one arrival
def _rfc3339(value: str, name: str, zone: bool) -> int:
    found = _RFC3339.fullmatch(value.strip())
    if found is None or (zone and not found[3]):
        raise Refused("bad_time", shown(name, value))
    offset = "+00:00" if not found[3] or found[3] in "Zz" else found[3]
    try:
        whole = datetime.fromisoformat(found[1].upper() + offset)
    except ValueError:
        raise Refused("bad_time", shown(name, value)) from None
    micro = int(f"{(found[2] or '.0')[1:]:0<6.6}")
    return checked(whole, name, value) + micro


def checked(time: datetime, name: str, value: object) -> int:
    """An aware time as microseconds; `bad_time` before 2000, which is an unset clock."""
    micro = (time - _EPOCH) // _MICROSECOND
    if not EARLIEST <= micro <= LATEST:
        raise Refused("bad_time", shown(name, value))
    return micro


def told(**members: object) -> dict[str, Any]:
    """`detail` without what was not reported."""
    return {name: value for name, value in members.items() if value is not None}
