"""Forgetting: what is older than wanted leaves the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Table, delete

from api.storage.database import Database
from api.storage.tables import calls, decisions, outcomes, repeats

__all__ = ["purge"]


def purge(database: Database, before: datetime) -> Mapping[str, int]:
    """Delete calls (with their history) last changed before some time, and decisions, outcomes and kept answers of before.

    Returns:
        How many rows, by table.

    Raises:
        DatabaseGoneError: The database cannot be reached; nothing was deleted.
    """
    aged: list[tuple[Table, str]] = [(outcomes, "at"), (decisions, "at"), (repeats, "started_at"), (calls, "changed_at")]
    with database.writing() as connection:
        return {table.name: connection.execute(delete(table).where(table.c[column] < before)).rowcount for table, column in aged}
