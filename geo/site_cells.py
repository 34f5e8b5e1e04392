"""What may stand in one cell of a site file, and what a table of them is.

The same cells are read from CSV (text) and from GeoJSON properties (any JSON value). A reader gives
the value or raises `ValueError` with what was expected; `frame` adds file, row and column.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from polars.datatypes import DataType

from core.errors import SiteError
from core.schema import UTC_TIME

Reader = Callable[[object], object]


@dataclass(frozen=True)
class Column:
    """One column: its name, how a cell is read, and whether it may be empty or repeated."""

    name: str
    read: Reader
    dtype: DataType
    required: bool = False  # the column must be there and no cell of it empty
    unique: bool = False
    otherwise: object = None  # what an empty cell means


def shown(value: object) -> str:
    """What came, short enough for a sentence.

    >>> shown("x" * 99)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"
    """
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def text(value: object) -> str:
    """Text without the blanks around it; a whole number is taken as its digits."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError("text")


def texts(value: object) -> list[str]:
    """A list of texts; one text alone is a list of one."""
    if isinstance(value, str):
        return [value.strip()]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [item.strip() for item in value]
    raise ValueError("a list of texts")


def number(low: float = -math.inf, high: float = math.inf, *, above: bool = False) -> Reader:
    """A finite number from `low` (or above it, where `above`) to `high`."""
    if high < math.inf:
        expected = f"a number from {low:g} to {high:g}"
    elif low > -math.inf:
        expected = f"a number {'above' if above else 'not below'} {low:g}"
    else:
        expected = "a number"

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(expected)
        try:
            found = float(value)
        except (ValueError, OverflowError):
            raise ValueError(expected) from None
        if not math.isfinite(found) or not low <= found <= high or (above and found == low):
            raise ValueError(expected)
        return found

    return read


def choice(*allowed: str) -> Reader:
    """One of a few words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value.strip() not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value.strip()

    return read


def digits(length: int) -> Reader:
    """So many decimal digits, as text."""

    def read(value: object) -> str:
        found = str(value).strip()
        if not (found.isascii() and found.isdigit() and len(found) == length):
            raise ValueError(f"{length} digits")
        return found

    return read


def terminal(value: object) -> str:
    """A terminal's number without leading zeros, as terminals are compared.

    >>> terminal(" 013800138000 ")
    '13800138000'
    """
    found = text(value)
    return found.lstrip("0") or "0"


def moment(timezone: str, *, day_ends: bool = False) -> Reader:
    """A time in RFC 3339, in UTC afterwards; without an offset it is local time.

    A date alone is its first moment, or the first moment after it where `day_ends`.
    """
    expected = "a time such as 2026-03-01T16:00:00Z, between 2000 and 2100"

    def read(value: object) -> datetime:
        if isinstance(value, date) and not isinstance(value, datetime):
            value = value.isoformat()
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(text(value))
            if isinstance(value, str) and len(value.strip()) <= 10 and day_ends:
                found += timedelta(days=1)
            if found.tzinfo is None:
                found = found.replace(tzinfo=ZoneInfo(timezone))
            found = found.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(expected) from None
        if not 2000 <= found.year < 2100:
            raise ValueError(expected)
        return found

    return read


TEXT = pl.String()
NUMBER = pl.Float64()
TIME = UTC_TIME


def schema(columns: Sequence[Column]) -> pl.Schema:
    """The Polars schema of a table's columns."""
    return pl.Schema({column.name: column.dtype for column in columns})


def frame(
    columns: Sequence[Column], rows: Sequence[Mapping[str, object]], where: Callable[[int], str]
) -> pl.DataFrame:
    """Rows of cells as a frame: the columns of the table, then whatever else the rows hold.

    Parameters
    ----------
    columns
        The columns of the table.
    rows
        Cells by column name; None and empty text mean not given.
    where
        File and row of the i-th row, for a person.

    Raises
    ------
    SiteError
        Naming file, row and column, for the first cell that is wrong.
    """
    data: dict[str, pl.Series] = {}
    for column in columns:
        cells = [_cell(column, row.get(column.name), where(i)) for i, row in enumerate(rows)]
        if column.unique:
            _refuse_repeats(column.name, cells, where)
        data[column.name] = pl.Series(column.name, cells, column.dtype)
    known = {column.name for column in columns}
    for name in dict.fromkeys(key for row in rows for key in row if key not in known):
        data[name] = _kept(name, [row.get(name) for row in rows])
    return pl.DataFrame(data)


def _cell(column: Column, value: object, where: str) -> object:
    place = f"{where}, column {column.name}"
    if value is None or (isinstance(value, str) and not value.strip()):
        if column.required:
            raise SiteError(place, expected="a value", came="nothing")
        return column.otherwise
    try:
        return column.read(value)
    except ValueError as error:
        raise SiteError(place, expected=str(error), came=shown(value)) from None


def _refuse_repeats(name: str, cells: Sequence[object], where: Callable[[int], str]) -> None:
    seen: dict[object, int] = {}
    for i, cell in enumerate(cells):
        if cell is None:
            continue
        if cell in seen:
            raise SiteError(
                f"{where(i)}, column {name}",
                expected="a value that no other row has",
                came=f"{shown(cell)}, which stands at {where(seen[cell])} too",
            )
        seen[cell] = i


def _kept(name: str, values: list[object]) -> pl.Series:
    """An unknown column: text, numbers or truth values as they are, anything else as JSON."""
    given = [value for value in values if value is not None]
    if all(isinstance(value, str) for value in given):
        return pl.Series(name, values, pl.String())
    if all(isinstance(value, bool) for value in given):
        return pl.Series(name, values, pl.Boolean())
    if all(isinstance(value, float) or _small_int(value) for value in given):
        return pl.Series(name, values, pl.Float64(), strict=False)
    as_json = [None if v is None else json.dumps(v, ensure_ascii=False) for v in values]
    return pl.Series(name, as_json, pl.String())


def _small_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
