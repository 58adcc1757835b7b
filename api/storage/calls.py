"""Calls in the database: their state, and everything that happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from api.storage.tables import call_events, calls, outcomes

__all__ = ["CallRow", "add", "add_event", "change", "earlier", "find", "grow", "history"]

CallRow = dict[str, Any]
"""A row of a table, by column."""


def add(connection: Connection, row: CallRow) -> None:
    """Add a call."""
    connection.execute(insert(calls), row)


def find(connection: Connection, call_id: str) -> CallRow | None:
    """A call as it stands."""
    found = connection.execute(select(calls).where(calls.c.id == call_id)).mappings().one_or_none()
    return None if found is None else dict(found)


def change(connection: Connection, call_id: str, version: int, values: dict[str, Any]) -> bool:
    """Change an open call and make its version one higher; False: it is not at that version any more, or closed."""
    statement = update(calls).where(calls.c.id == call_id, calls.c.version == version, calls.c.state == "open")
    return connection.execute(statement.values(version=version + 1, **values)).rowcount == 1


def grow(connection: Connection, call_id: str, at: datetime) -> int | None:
    """Make a call's version one higher, whatever it is; the new version, or None if there is no such call."""
    statement = update(calls).where(calls.c.id == call_id).values(version=calls.c.version + 1, changed_at=at)
    found: int | None = connection.scalar(statement.returning(calls.c.version))
    return found


def add_event(connection: Connection, row: CallRow) -> None:
    """Add something that happened."""
    connection.execute(insert(call_events), row)


def history(connection: Connection, call_id: str) -> list[CallRow]:
    """Everything that happened to a call, oldest first."""
    wanted = select(call_events).where(call_events.c.call_id == call_id).order_by(call_events.c.version)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def earlier(connection: Connection, caller_ref: str, since: datetime, test_traffic: bool, most: int) -> list[CallRow]:
    """Calls of one caller, latest first, each with `finished`: whether its outcome was reported."""
    finished = exists().where(outcomes.c.call_id == calls.c.id).label("finished")
    columns = (calls.c.id, calls.c.state, calls.c.opened_at, calls.c.base, calls.c.action, calls.c.status, calls.c.due_at)
    wanted = (
        select(*columns, finished)
        .where(calls.c.caller_ref == caller_ref, calls.c.opened_at >= since, calls.c.test_traffic == test_traffic)
        .order_by(calls.c.opened_at.desc(), calls.c.id.desc())
        .limit(most)
    )
    return [dict(row) for row in connection.execute(wanted).mappings()]
