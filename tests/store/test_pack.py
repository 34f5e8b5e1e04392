"""The binary COPY is read back by PostgreSQL as what was packed."""

from __future__ import annotations

from datetime import UTC

import polars as pl
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.schema import UTC_TIME
from store.engine import Store
from store.pack import pack

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1e\x1f"))
ROW = st.tuples(
    st.none() | TEXT,
    st.none() | st.binary(min_size=16, max_size=16),
    st.none() | st.floats(),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.booleans(),
)
SCHEMA = {
    "s": pl.String,
    "b": pl.Binary,
    "f": pl.Float64,
    "i": pl.Int64,
    "t": UTC_TIME,
    "o": pl.Boolean,
}


@pytest.fixture(scope="module")
def table(store: Store):
    with psycopg.connect(store.libpq_url) as connection:
        connection.execute(
            "CREATE TEMP TABLE packed (n serial, s text, b bytea, f float8, i int8, "
            "t timestamptz, o boolean) ON COMMIT PRESERVE ROWS"
        )
        connection.commit()
        yield connection


@pytest.mark.postgis
@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=30))
def test_any_row_that_is_packed_is_the_row_that_the_server_reads(table, rows):
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    with table.transaction(force_rollback=True):
        cursor = table.cursor(binary=True)
        with cursor.copy("COPY packed (s, b, f, i, t, o) FROM STDIN (FORMAT BINARY)") as copy:
            for chunk in pack(frame):
                copy.write(chunk)
        cursor.execute(
            "SELECT s, b, f, i, (extract(epoch FROM t) * 1000000)::int8, o FROM packed ORDER BY n"
        )
        came = cursor.fetchall()
    times = frame["t"].to_physical().to_list()
    sent = [(s, b, f, i, t, o) for (s, b, f, i, _, o), t in zip(rows, times, strict=True)]
    assert repr(came) == repr(sent)  # repr: a NaN equals itself


def test_texts_lose_the_characters_that_the_store_cannot_hold():
    dirty = pl.DataFrame({"s": ["a\x00b", "\x1e", None, "浙\x1f渔"]})
    clean = pl.DataFrame({"s": ["ab", "", None, "浙渔"]})
    assert b"".join(pack(dirty)) == b"".join(pack(clean))


def test_a_slice_of_a_frame_is_packed_like_a_copy_of_it():
    frame = pl.DataFrame({"s": ["甲", None, "a", "bb", ""], "f": [1.0, None, 3.0, 4.0, 5.0]})
    part = frame.slice(1, 3)
    assert b"".join(pack(part)) == b"".join(pack(pl.DataFrame(part.to_dicts())))


def test_a_type_without_a_packing_is_refused_by_name():
    with pytest.raises(TypeError, match="spans"):
        list(pack(pl.DataFrame({"spans": [pl.Series([1])]})))
