"""Run by Alembic: `store.migrate` hands the connection over."""

from alembic import context
from geoalchemy2 import alembic_helpers

from store import feed_tables, vessel_tables  # noqa: F401  # their tables are among the metadata's
from store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=alembic_helpers.include_object,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
)
with context.begin_transaction():
    context.run_migrations()
