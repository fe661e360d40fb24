"""Run by alembic: apply the steps on the connection, and in the transaction, that `migrate.upgrade` opened."""

from __future__ import annotations

from alembic import context

from firewatch.adapters.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
