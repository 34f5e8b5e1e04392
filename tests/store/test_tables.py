"""The tables are the schema's, and the migrations make exactly the tables."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import create_engine, text

from core.schema import IDENTITY, OBSERVATION
from store import migrate, tables
from store.engine import Store, connect

CATALOGUE = {
    "columns": """
        SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default,
               generation_expression, identity_generation
        FROM information_schema.columns WHERE table_schema = 'public'
          AND table_name NOT IN (SELECT tablename FROM pg_tables WHERE tableowner <> current_user)
        """,
    "geometries": "SELECT f_table_name, type, srid, coord_dimension FROM geometry_columns",
    "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "partitions": "SELECT partrelid::regclass::text, partstrat::text FROM pg_partitioned_table",
}


def catalogue(url: str) -> dict[str, set[tuple[object, ...]]]:
    with psycopg.connect(url) as connection:
        found = {name: set(connection.execute(query)) for name, query in CATALOGUE.items()}
    return {
        name: {row for row in rows if "alembic_version" not in str(row[0])}
        for name, rows in found.items()
    }


@pytest.mark.parametrize(
    ("table", "schema"), [(tables.observation, OBSERVATION), (tables.identity, IDENTITY)]
)
def test_a_table_is_its_run_and_then_the_columns_of_the_schema(table, schema):
    names = [(column.name, str(column.type)) for column in table.columns]
    wanted = [(name, str(tables.COLUMN_TYPES[dtype])) for name, dtype in schema.items()]
    assert names == [("run_id", "INTEGER"), *wanted]


@pytest.mark.postgis
def test_upgrading_to_the_head_makes_what_the_metadata_says(store: Store, postgis_url: str):
    engine = create_engine(postgis_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        tables.metadata.create_all(connection)
    wanted, made = catalogue(postgis_url), catalogue(store.libpq_url)
    with engine.begin() as connection:
        tables.metadata.drop_all(connection)
    engine.dispose()
    assert made == wanted
    assert ("observation", "r") in made["partitions"]


@pytest.mark.postgis
def test_downgrading_leaves_nothing_and_can_be_taken_back(postgis_url: str):
    store = connect(postgis_url)
    store.migrate()
    before = catalogue(postgis_url)
    with store.transaction("go back") as connection:
        migrate.downgrade(connection)
        left = connection.scalar(
            text(
                "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'days') "
                "AND tablename NOT IN ('spatial_ref_sys', 'alembic_version')"
            )
        )
    store.migrate()
    after = catalogue(postgis_url)
    with store.transaction("go back") as connection:
        migrate.downgrade(connection)
    store.close()
    assert left == 0
    assert after == before
