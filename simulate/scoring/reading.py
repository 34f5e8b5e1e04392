"""Values out of JSON that somebody else wrote: right, or a sentence that names file and row."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from core.errors import RecordingError
from core.times import unix_us

MOST_TEXT: Final = 200  # characters of a name, an identifier, a kind
MOST_LIST: Final = 10_000  # entries of one list in a row
_ABSENT: Final = object()


def shown(value: object) -> str:
    """What came, short enough for a sentence.

    >>> shown(_ABSENT), shown([1, 2])
    ('nothing', '[1, 2]')
    """
    if value is _ABSENT:
        return "nothing"
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def parse_json(data: bytes, where: str) -> Any:
    """The value of a JSON text in UTF-8; NaN and Infinity are none.

    Raises
    ------
    RecordingError
        Naming `where`.
    """
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        came = "too deep a nesting" if isinstance(error, RecursionError) else str(error)
        raise RecordingError(where, expected="JSON in UTF-8", came=came) from None


def _refuse(name: str) -> float:
    raise ValueError(f"{name}, which is not JSON")


@dataclass(frozen=True)
class Row:
    """One JSON object with where it stands; every reader refuses with a sentence."""

    where: str
    fields: Mapping[str, Any]

    @staticmethod
    def of(value: object, where: str) -> Row:
        """The row of a value that must be a JSON object."""
        if not isinstance(value, dict):
            raise RecordingError(where, expected="a JSON object", came=shown(value))
        return Row(where, value)

    def wrong(self, name: str, expected: str) -> RecordingError:
        """The error that says what was expected of a field."""
        came = shown(self.fields.get(name, _ABSENT))
        return RecordingError(f"{self.where}, {name}", expected=expected, came=came)

    def text(self, name: str) -> str:
        """A text that says something and can be written again."""
        value = self.fields.get(name)
        if not _is_text(value):
            raise self.wrong(name, f"a text of at most {MOST_TEXT} characters")
        return str(value)

    def text_or_none(self, name: str) -> str | None:
        """A text; None where it is null or missing."""
        return None if self.fields.get(name) is None else self.text(name)

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.fields.get(name)
        if not isinstance(value, str) or value not in allowed:
            raise self.wrong(name, f"one of {', '.join(allowed)}")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        """A finite number from `low` to `high`."""
        value = self.fields.get(name)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not low <= value or not value <= high or not math.isfinite(value):  # type: ignore[operator,arg-type]
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return float(value)  # type: ignore[arg-type]

    def number_or_none(self, name: str, low: float, high: float) -> float | None:
        """A finite number; None where it is null or missing."""
        return None if self.fields.get(name) is None else self.number(name, low, high)

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return value

    def time_us(self, name: str) -> int:
        """A time in RFC 3339 with its offset, as microseconds since 1970."""
        value = self.fields.get(name)
        expected = "a time such as 2026-03-01T17:22:10Z, between 2000 and 2100"
        if not isinstance(value, str) or len(value) > 40:
            raise self.wrong(name, expected)
        try:
            at = datetime.fromisoformat(value)
            if at.tzinfo is None or "T" not in value:
                raise ValueError(value)
            at = at.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.wrong(name, expected) from None
        if not 2000 <= at.year < 2100:
            raise self.wrong(name, expected)
        return unix_us(at)

    def time_us_or_none(self, name: str) -> int | None:
        """A time; None where it is null or missing."""
        return None if self.fields.get(name) is None else self.time_us(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; nothing and null are an empty one."""
        value = self.fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > MOST_LIST or not all(map(_is_text, value)):
            raise self.wrong(name, "a list of texts")
        return tuple(value)

    def rows(self, name: str, most: int) -> list[Row]:
        """A list of JSON objects, each with its number from 0."""
        value = self.fields.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise self.wrong(name, f"a list of at most {most} objects")
        return [Row.of(item, f"{self.where}, {name}[{i}]") for i, item in enumerate(value)]


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_TEXT or not value.strip():
        return False
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in value)
