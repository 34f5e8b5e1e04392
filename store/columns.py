"""Results as columns: PostgreSQL sends each column as one value, NumPy reads it where it lies.

Twenty thousand rows of twelve fields as Python objects cost more than the query. Here the server
strings the fields of a column together, numbers as the eight bytes of their binary form, texts with
a separator: about 1 ms a column for it, and next to nothing for us. (`array_agg` costs twice that.)
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from psycopg.sql import SQL, Composable, Composed, Identifier

from core.errors import StoreError
from core.schema import UTC_TIME
from store.pack import EPOCH_US, NULL_MARK, SEPARATOR
from store.session import Cursor

_NO_INT: Final = -(2**63)  # also PostgreSQL's '-infinity' among times

#: How a column is strung together; a null becomes a value that does not occur.
_STRUNG: Final[dict[pl.DataType, SQL]] = {
    pl.Float64(): SQL("string_agg(float8send(coalesce({0}, 'NaN')), '')"),
    pl.Int64(): SQL("string_agg(int8send(coalesce({0}, -9223372036854775808)), '')"),
    UTC_TIME: SQL("string_agg(timestamptz_send(coalesce({0}, '-infinity')), '')"),
    pl.String(): SQL("string_agg(coalesce({0}, E'\\x1e'), E'\\x1f')"),
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
        A SELECT whose columns have the schema's names and types.
    parameters
        Its named parameters.
    schema
        Columns of type Float64, Int64, String or UTC time. Texts must be free of the two control
        characters that `store.pack` takes out of all that is written.
    """
    columns = [_STRUNG[dtype].format(Identifier(name)) for name, dtype in schema.items()]
    whole = Composed(
        [SQL("SELECT count(*), "), SQL(", ").join(columns), SQL(" FROM ("), query, SQL(") AS q")]
    )
    cursor.execute(whole, parameters)
    result = cursor.pgresult
    assert result is not None
    n_rows = int.from_bytes(result.get_value(0, 0) or b"")
    if n_rows == 0:
        return pl.DataFrame(schema=schema)
    read = {
        name: _column(result.get_value(0, i) or b"", dtype)
        for i, (name, dtype) in enumerate(schema.items(), 1)
    }
    if any(len(column) != n_rows for column in read.values()):
        raise StoreError("database", expected=f"{n_rows} values a column", came="other numbers")
    return pl.DataFrame(read, schema=schema)


def _column(sent: bytes, dtype: pl.DataType) -> pl.Series:
    if dtype == pl.String:
        texts = sent.decode().split(SEPARATOR)
        if NULL_MARK.encode() in sent:
            return pl.Series([None if part == NULL_MARK else part for part in texts])
        return pl.Series(texts)
    if dtype == pl.Float64:
        return pl.Series(np.frombuffer(sent, ">f8").astype(np.float64), nan_to_null=True)
    values = np.frombuffer(sent, ">i8").astype(np.int64)
    missing = values == _NO_INT
    whole = pl.Series(values if dtype == pl.Int64 else values + EPOCH_US)
    if missing.any():
        whole = whole.set(pl.Series(missing), None)
    return whole if dtype == pl.Int64 else whole.cast(dtype)
