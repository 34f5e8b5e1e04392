"""Results as columns: PostgreSQL sends each column as one array, NumPy reads it where it lies.

Twenty thousand rows of eleven fields as Python objects cost more than the query; as arrays they
cost a few milliseconds. An array on the wire (PostgreSQL's `array_send`) is five int32 (dimensions,
whether it has nulls, type, length, lower bound), then for each element its length and its bytes.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from psycopg.sql import SQL, Composable, Composed, Identifier

from core.schema import UTC_TIME
from store.session import Cursor

_EPOCH_US: Final = 946_684_800_000_000  # PostgreSQL counts from 2000-01-01
_HEADER_BYTES: Final = 20
_SEPARATOR: Final = "\x1f"
_NO_INT: Final = -(2**63)

#: How a column goes into its array without nulls, and the type of its elements on the wire.
_WIRE: Final[dict[pl.DataType, tuple[Any, str]]] = {
    pl.Float64(): (SQL("array_agg(coalesce({0}::float8, 'NaN'))"), ">f8"),
    pl.Int64(): (SQL("array_agg(coalesce({0}::int8, -9223372036854775808))"), ">i8"),
    UTC_TIME: (SQL("array_agg(coalesce({0}::timestamptz, '-infinity'))"), ">i8"),
    # \x1e stands for null; control characters have no place in a name.
    pl.String(): (
        SQL("string_agg(coalesce(translate({0}, E'\\x1e\\x1f', ''), E'\\x1e'), E'\\x1f')"),
        "",
    ),
}


def fetch(
    cursor: Cursor, query: Composable, parameters: dict[str, Any], schema: pl.Schema
) -> pl.DataFrame:
    """The rows of a query as a frame, in the query's order.

    Parameters
    ----------
    cursor
        A binary cursor.
    query
        A SELECT whose columns have the schema's names.
    parameters
        Its named parameters.
    schema
        Columns of type Float64, Int64, String (without control characters) or UTC time.
    """
    columns = [_WIRE[dtype][0].format(Identifier(name)) for name, dtype in schema.items()]
    whole = Composed(
        [SQL("SELECT count(*), "), SQL(", ").join(columns), SQL(" FROM ("), query, SQL(") AS q")]
    )
    cursor.execute(whole, parameters)
    result = cursor.pgresult
    assert result is not None
    if int.from_bytes(result.get_value(0, 0) or b"") == 0:
        return pl.DataFrame(schema=schema)
    return pl.DataFrame(
        {
            name: _column(result.get_value(0, i) or b"", dtype)
            for i, (name, dtype) in enumerate(schema.items(), 1)
        },
        schema=schema,
    )


def _column(sent: bytes, dtype: pl.DataType) -> pl.Series:
    if dtype == pl.String:
        return pl.Series(
            [None if part == "\x1e" else part for part in sent.decode().split(_SEPARATOR)],
            dtype=pl.String,
        )
    wire = np.dtype([("length", ">i4"), ("value", _WIRE[dtype][1])])
    values = np.frombuffer(sent, wire, offset=_HEADER_BYTES)["value"]
    if dtype == pl.Float64:
        return pl.Series(values.astype(np.float64)).fill_nan(None)
    series = pl.Series(values.astype(np.int64))
    series = series.set(series == _NO_INT, None)
    return series if dtype == pl.Int64 else (series + _EPOCH_US).cast(dtype)
