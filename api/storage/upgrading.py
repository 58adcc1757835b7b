"""Bringing a database to the version this software needs, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from api.storage.database import Database

__all__ = ["Revisions", "downgrade", "revisions", "upgrade"]

_LOCK = 0x7472_6961_6765
"""Number of the advisory lock that lets one process at a time upgrade a PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Revisions:
    """Where a database stands. `found`: None for one without our tables."""

    found: str | None
    needed: str

    @property
    def current(self) -> bool:
        """Whether it is what this software needs."""
        return self.found == self.needed


def revisions(database: Database) -> Revisions:
    """Where a database stands.

    Raises:
        DatabaseGoneError: It cannot be reached.
    """
    with database.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return Revisions(found, _needed())


def upgrade(database: Database, to: str = "head") -> None:
    """Bring it to this version, or to another one; all or nothing.

    Raises:
        DatabaseGoneError: It cannot be reached.
    """
    with _alone(database) as connection:
        command.upgrade(_config(connection), to)


def downgrade(database: Database, to: str) -> None:
    """Bring it back to an earlier version: `base` for none of our tables, `-1` for the one before.

    Raises:
        DatabaseGoneError: It cannot be reached.
    """
    with _alone(database) as connection:
        command.downgrade(_config(connection), to)


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction in which nobody else upgrades."""
    with database.writing() as connection:
        if not database.embedded:
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        yield connection


def _needed() -> str:
    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
