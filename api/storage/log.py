"""The decision log in the database, read in order, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from api.storage.tables import decisions

__all__ = ["Selection", "newest", "oldest"]

_IN_SHORT = [column for column in decisions.c if column.name != "record"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which decisions are wanted; None: any.

    Attributes:
        since, until: When they were made, the first included and the last not.
        test_traffic: Those of test calls, too.
    """

    since: datetime | None = None
    until: datetime | None = None
    base: str | None = None
    digest: str | None = None
    status: str | None = None
    fault: str | None = None
    action: str | None = None
    call_id: str | None = None
    engines_agree: bool | None = None
    test_traffic: bool = True


def newest(connection: Connection, wanted: Selection, before: str | None, most: int) -> list[dict[str, Any]]:
    """Decisions in short, latest first; `before`: only those before this id."""
    rows = _matching(select(*_IN_SHORT), wanted).order_by(decisions.c.id.desc()).limit(most)
    if before is not None:
        rows = rows.where(decisions.c.id < before)
    return [dict(row) for row in connection.execute(rows).mappings()]


def oldest(connection: Connection, wanted: Selection, after: str, most: int) -> list[tuple[str, str]]:
    """Ids and records (see `api.decisions`), earliest first, after an id."""
    rows = _matching(select(decisions.c.id, decisions.c.record), wanted).where(decisions.c.id > after)
    return [(row.id, row.record) for row in connection.execute(rows.order_by(decisions.c.id).limit(most))]


def _matching(rows: Any, wanted: Selection) -> Any:
    if wanted.since is not None:
        rows = rows.where(decisions.c.at >= wanted.since)
    if wanted.until is not None:
        rows = rows.where(decisions.c.at < wanted.until)
    if not wanted.test_traffic:
        rows = rows.where(decisions.c.test_traffic.is_(False))
    for name in ("base", "digest", "status", "fault", "action", "call_id", "engines_agree"):
        value = getattr(wanted, name)
        if value is not None:
            rows = rows.where(decisions.c[name] == value)
    return rows
