"""Versions of knowledge bases in the database: their files, what was done with them, what candidates in shadow came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.storage.tables import knowledge_events, knowledge_versions, shadow_counts

__all__ = [
    "EXAMPLES",
    "Key",
    "add_counts",
    "add_event",
    "add_version",
    "bases",
    "counts",
    "events",
    "files_of",
    "heads",
    "version",
    "versions",
]

Row = dict[str, Any]
Key = tuple[str, str, str, str]
"""`kind`, `name`, `before`, `after` of a count."""

EXAMPLES = 5
"""Decision ids kept with a count."""
_IN_SHORT = [column for column in knowledge_versions.c if column.name != "files"]


def add_version(connection: Connection, row: Row) -> bool:
    """Add a version; False: it was there already."""
    added = _insert(connection, knowledge_versions).values(row).on_conflict_do_nothing()
    return connection.scalar(added.returning(knowledge_versions.c.digest)) is not None


def version(connection: Connection, digest: str) -> Row | None:
    """A version without its files."""
    found = connection.execute(select(*_IN_SHORT).where(knowledge_versions.c.digest == digest)).mappings().one_or_none()
    return None if found is None else dict(found)


def versions(connection: Connection, base: str, most: int, name: str | None = None) -> list[Row]:
    """Versions of a base, without their files, latest first; `name`: only those of that version."""
    wanted = select(*_IN_SHORT).where(knowledge_versions.c.base == base)
    if name is not None:
        wanted = wanted.where(knowledge_versions.c.version == name)
    order = (knowledge_versions.c.loaded_at.desc(), knowledge_versions.c.digest)
    return [dict(row) for row in connection.execute(wanted.order_by(*order).limit(most)).mappings()]


def bases(connection: Connection) -> list[str]:
    """Names of bases that have versions."""
    return list(connection.scalars(select(knowledge_versions.c.base).distinct().order_by(knowledge_versions.c.base)))


def files_of(connection: Connection, digest: str) -> dict[str, str] | None:
    """The files of a version, text by path."""
    found: dict[str, str] | None = connection.scalar(
        select(knowledge_versions.c.files).where(knowledge_versions.c.digest == digest)
    )
    return found


def heads(connection: Connection) -> dict[str, int]:
    """By base, the number of its latest event."""
    base, number = knowledge_events.c.base, func.max(knowledge_events.c.number).label("number")
    wanted = select(base, number).group_by(base)
    return {row.base: row.number for row in connection.execute(wanted)}


def events(connection: Connection, base: str) -> list[Row]:
    """Everything that was done with versions of a base, oldest first."""
    wanted = select(knowledge_events).where(knowledge_events.c.base == base).order_by(knowledge_events.c.number)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def add_event(connection: Connection, row: Row) -> bool:
    """Add an event; False: somebody else made one of that number."""
    added = _insert(connection, knowledge_events).values(row).on_conflict_do_nothing()
    return connection.scalar(added.returning(knowledge_events.c.number)) is not None


def add_counts(connection: Connection, base: str, number: int, more: Mapping[Key, tuple[int, list[str]]]) -> None:
    """Add to what a shadow came to. In one order everywhere, so that no two processes wait for one another."""
    for key, (count, examples) in sorted(more.items()):
        kind, name, before, after = key
        row = {"base": base, "number": number, "kind": kind, "name": name, "before": before, "after": after}
        statement = _insert(connection, shadow_counts).values(**row, count=count, examples=examples[:EXAMPLES])
        added = statement.on_conflict_do_update(
            index_elements=list(row), set_={"count": shadow_counts.c.count + statement.excluded.count}
        )
        kept: list[str] = connection.scalar(added.returning(shadow_counts.c.examples)) or []
        together = list(dict.fromkeys([*kept, *examples]))[:EXAMPLES]
        if together != kept:
            connection.execute(update(shadow_counts).filter_by(**row).values(examples=together))


def counts(connection: Connection, base: str, number: int) -> list[Row]:
    """What a shadow came to, most frequent first."""
    mine = (shadow_counts.c.base == base, shadow_counts.c.number == number)
    order = (shadow_counts.c.count.desc(), *(shadow_counts.c[name] for name in ("kind", "name", "before", "after")))
    return [dict(row) for row in connection.execute(select(shadow_counts).where(*mine).order_by(*order)).mappings()]


def _insert(connection: Connection, table: Any) -> Any:
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
