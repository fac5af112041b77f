"""Alembic's environment, driven by `records.migrate` alone: it passes the connection, inside its own transaction."""

from alembic import context

from records.migrate import OPTIONS
from records.tables.registry import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, **OPTIONS)
context.run_migrations()
