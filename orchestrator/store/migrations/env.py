"""Alembic's entry: runs the migrations on the connection that ``store.migrate`` hands over."""

from alembic import context

from orchestrator.store.schema import metadata_of

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata_of(connection.dialect.name),
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
