"""The decision log in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from api.storage.tables import decisions, outcomes

__all__ = ["add", "add_outcome", "find", "latest_outcome", "outcomes_of"]


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add records; those that are there already are left alone."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(decisions).on_conflict_do_nothing(), rows)


def find(connection: Connection, decision_id: str) -> str | None:
    """The record of one decision, as JSON."""
    found: str | None = connection.scalar(select(decisions.c.record).where(decisions.c.id == decision_id))
    return found


def add_outcome(connection: Connection, row: dict[str, Any]) -> None:
    """Add what turned out to be the matter."""
    connection.execute(insert(outcomes), row)


def outcomes_of(connection: Connection, decision_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What was found, as a row of `outcomes`, by decision; of several reports the latest."""
    wanted = select(outcomes).where(outcomes.c.decision_id.in_(list(decision_ids))).order_by(outcomes.c.id)
    return {row["decision_id"]: dict(row) for row in connection.execute(wanted).mappings()}


def latest_outcome(connection: Connection, decision_id: str) -> dict[str, Any] | None:
    """The latest report of what was found, as a row of `outcomes`."""
    wanted = select(outcomes).where(outcomes.c.decision_id == decision_id).order_by(outcomes.c.id.desc()).limit(1)
    found = connection.execute(wanted).mappings().one_or_none()
    return None if found is None else dict(found)
