"""API keys in the database: only their hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from api.storage.tables import api_keys

__all__ = ["add", "any_valid", "everything", "revoke", "valid"]


def add(connection: Connection, row: dict[str, Any]) -> None:
    """Add a key."""
    connection.execute(insert(api_keys), row)


def valid(connection: Connection) -> list[dict[str, Any]]:
    """Keys that have not been revoked: `id`, `hash`, `scopes`."""
    columns = (api_keys.c.id, api_keys.c.hash, api_keys.c.scopes)
    wanted = select(*columns).where(api_keys.c.revoked_at.is_(None)).order_by(api_keys.c.id)
    return [{"id": row.id, "hash": row.hash, "scopes": row.scopes} for row in connection.execute(wanted)]


def any_valid(connection: Connection) -> bool:
    """Whether there is a key that has not been revoked."""
    count = connection.scalar(select(func.count()).select_from(api_keys).where(api_keys.c.revoked_at.is_(None)))
    return bool(count)


def everything(connection: Connection) -> list[RowMapping]:
    """All keys, oldest first."""
    return list(connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)).mappings())


def revoke(connection: Connection, key_id: str, at: datetime) -> bool:
    """Revoke a key; whether there was one to revoke."""
    statement = update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=at)
    return connection.execute(statement).rowcount == 1
