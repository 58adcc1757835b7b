"""How Alembic runs migrations here: in the transaction it is given by `api.storage.upgrading`."""

from alembic import context

from api.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
