"""What Alembic runs around the steps: on the connection it was given, in the transaction that is open there."""

from alembic import context
from sqlalchemy import Connection

from service.store.client_tokens import client_tokens
from service.store.course_tables import courses
from service.store.generations import generations
from service.store.held_words import held_words
from service.store.log_tables import audit_records
from service.store.tables import metadata


def run(connection: Connection) -> None:
    """Run the steps that are missing."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite changes a table by making it anew
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


# Alembic loads this file only to run it; tables of other modules join the metadata when those are imported.
assert audit_records.metadata is metadata  # noqa: S101
assert courses.metadata is metadata  # noqa: S101
assert client_tokens.metadata is metadata  # noqa: S101
assert generations.metadata is metadata  # noqa: S101
assert held_words.metadata is metadata  # noqa: S101
run(context.config.attributes["connection"])
