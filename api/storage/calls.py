"""Calls in the database: their state, and everything that happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, insert, or_, select, update

from api.storage.tables import call_events, calls, outcomes

__all__ = [
    "CallRow",
    "add",
    "add_event",
    "at_place",
    "change",
    "checks_before",
    "earlier",
    "find",
    "grow",
    "history",
    "still_on",
]

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


def grow(connection: Connection, call_id: str, at: datetime, **values: Any) -> int | None:
    """Make a call's version one higher, whatever it is; the new version, or None if there is no such call."""
    statement = update(calls).where(calls.c.id == call_id).values(version=calls.c.version + 1, changed_at=at, **values)
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


LEADER = calls.alias()
STILL_ON = (  # no outcome was reported and nobody said it is over: of the call, or of the one it was to be merged with
    calls.c.over_at.is_(None),
    ~exists().where(or_(outcomes.c.call_id == calls.c.id, outcomes.c.call_id == calls.c.merge_with)),
    ~exists().where(LEADER.c.id == calls.c.merge_with, LEADER.c.over_at.is_not(None)),
)
NEIGHBOUR = (
    *(calls.c.id, calls.c.caller_ref, calls.c.opened_at, calls.c.reported_at, calls.c.due_at, calls.c.merge_with),
    *(calls.c.has_order, calls.c.building, calls.c.transformer_area, calls.c.feeder),
)


def at_place(
    connection: Connection, kind: str, ref: str, base: str, since: datetime, test_traffic: bool, most: int
) -> list[CallRow]:
    """Calls of a base at one place that count for others and whose matter is still on, latest first.

    Args:
        kind: Column of the place, such as `building`.
    """
    wanted = (
        select(*NEIGHBOUR)
        .where(calls.c[kind] == ref, calls.c.opened_at >= since, calls.c.base == base, calls.c.test_traffic == test_traffic)
        .where(calls.c.starts_group, *STILL_ON)
        .order_by(calls.c.opened_at.desc())
        .limit(most)
    )
    return [dict(row) for row in connection.execute(wanted).mappings()]


def still_on(connection: Connection, call_ids: list[str]) -> list[CallRow]:
    """Of some calls, those that count for others and whose matter is still on."""
    wanted = select(*NEIGHBOUR).where(calls.c.id.in_(call_ids), calls.c.starts_group, *STILL_ON)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def checks_before(connection: Connection, call_id: str, at: datetime) -> int:
    """How often the matter of a call was checked before some time."""
    wanted = select(func.count()).select_from(calls).where(calls.c.checks == call_id, calls.c.opened_at < at)
    return connection.scalar(wanted) or 0
