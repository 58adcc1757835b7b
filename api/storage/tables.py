"""What is kept, table by table. A change here needs a migration in `migrations/versions`; a test compares the two.

JSON stands in text columns, as it was written: its order counts, and PostgreSQL's own JSON refuses characters that are legal.
Times are UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)
from sqlalchemy.types import TypeDecorator

__all__ = [
    "Json",
    "Moment",
    "api_keys",
    "call_events",
    "calls",
    "decisions",
    "knowledge_events",
    "knowledge_versions",
    "metadata",
    "outcomes",
    "repeats",
    "shadow_counts",
]

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
ID = String(36)
REF = String(128)
NAME = String(200)


class Moment(TypeDecorator[datetime]):
    """A time with its zone, UTC on both sides."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """In UTC, whatever zone it came in."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """With its zone, which SQLite does not keep."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON as text, in the order it was written."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """As text."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """As JSON values."""
        return None if value is None else orjson.loads(value)


metadata = MetaData(naming_convention=NAMES)

calls = Table(
    "calls",
    metadata,
    Column("id", ID, primary_key=True),
    Column("version", Integer, nullable=False),  # the ETag; grows by one with every change
    Column("state", String(16), nullable=False),  # open, closed
    Column("opened_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("test_traffic", Boolean, nullable=False),
    Column("caller_ref", REF),
    Column("transformer_area", REF),
    Column("building", REF),
    Column("feeder", REF),
    Column("base", NAME, nullable=False),
    Column("base_version", NAME, nullable=False),
    Column("digest", NAME, nullable=False),
    Column("status", String(16), nullable=False),
    Column("fault", NAME),
    Column("action", NAME),
    Column("due_at", Moment),  # promised arrival, once somebody is sent
    Column("starts_group", Boolean, nullable=False, server_default=false()),  # counts for other calls at the place
    Column("has_order", Boolean, nullable=False, server_default=false()),  # it is decided that somebody is sent
    Column("merge_with", ID),  # the call it is proposed to merge this one with
    Column("reported_at", Moment),  # when the matter was reported first, where that is not `opened_at`
    Column("checks", ID),  # the call whose matter this one checks afterwards
    Column("nested_in", ID),  # the call whose outage left this one behind
    Column("nested_call", ID),  # of a check: the call it opened
    Column("over_at", Moment),  # when a check found the matter over
    Column("decision_id", ID, nullable=False),
    Column("told", Json, nullable=False),  # facts, fields, no_answer, options: what the caller told, keyed by id
    Column("answer", Text, nullable=False),  # the body of the latest answer
    Index(None, "caller_ref", "opened_at"),
    Index(None, "transformer_area", "opened_at"),
    Index(None, "building", "opened_at"),
    Index(None, "feeder", "opened_at"),
    Index(None, "checks", "opened_at"),
    Index(None, "opened_at"),
)
"""The state of every call after its latest event."""

call_events = Table(
    "call_events",
    metadata,
    Column("call_id", ID, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),  # the version of the call this event made
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),  # opened, facts, closed, outcome, check_began, check_ended
    Column("key_id", NAME),
    Column("decision_id", ID),
    Column("data", Json, nullable=False),  # what was sent, and what the service's own registers told
)
"""What happened to calls, in order; only ever added to."""

decisions = Table(
    "decisions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("call_id", ID),
    Column("test_traffic", Boolean, nullable=False),
    Column("base", NAME, nullable=False),
    Column("base_version", NAME, nullable=False),
    Column("digest", NAME, nullable=False),
    Column("status", String(16), nullable=False),
    Column("fault", NAME),
    Column("action", NAME),
    Column("engines_agree", Boolean),  # None: experta was not asked
    Column("record", Text, nullable=False),  # see api.decisions
    Index(None, "at"),
    Index(None, "call_id"),
)
"""The decision log."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", ID, primary_key=True),
    Column("decision_id", ID, nullable=False),
    Column("call_id", ID),
    Column("at", Moment, nullable=False),
    Column("found", Json, nullable=False),  # value by inferred fact: what the crew found
    Column("visited", Boolean),
    Index(None, "decision_id"),
    Index(None, "call_id"),
)
"""What turned out to be the matter; a later one for the same decision corrects the earlier."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("hash", String(64), nullable=False),  # SHA-256 of a secret of 256 random bits
    Column("scopes", String(128), nullable=False),  # separated by spaces
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)
"""Who may call."""

repeats = Table(
    "repeats",
    metadata,
    Column("key_id", NAME, primary_key=True),  # whose; empty without keys
    Column("idempotency_key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),  # SHA-256 of method, path and body
    Column("owner", ID, nullable=False),  # who is working on it
    Column("started_at", Moment, nullable=False),
    Column("status", Integer),  # None: not answered yet
    Column("headers", Json),
    Column("body", LargeBinary),
    Index(None, "started_at"),
)
"""Answers to writes, to be given again when the same write comes again."""

knowledge_versions = Table(
    "knowledge_versions",
    metadata,
    Column("digest", NAME, primary_key=True),
    Column("base", NAME, nullable=False),
    Column("version", NAME, nullable=False),
    Column("origin", String(16), nullable=False),  # disk: what a process was started with; loaded: sent or told
    Column("loaded_at", Moment, nullable=False),
    Column("key_id", NAME),
    Column("note", String(500)),
    Column("findings", Json, nullable=False),  # what the check found, in short
    Column("files", Json, nullable=False),  # text by path
    Index(None, "base", "loaded_at"),
)
"""The files of every version of every base; only ever added to."""

knowledge_events = Table(
    "knowledge_events",
    metadata,
    Column("base", NAME, primary_key=True),
    Column("number", Integer, primary_key=True),  # the ETag; 1, 2, … within a base
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),  # activated, rolled_back, shadow_began, shadow_ended
    Column("digest", NAME, nullable=False),
    Column("key_id", NAME),
    Column("data", Json, nullable=False),
)
"""What was done with versions, in order; only ever added to. What is active follows from it: see `api.versions.history`."""

shadow_counts = Table(
    "shadow_counts",
    metadata,
    Column("base", NAME, primary_key=True),
    Column("number", Integer, primary_key=True),  # of the event that began it
    Column("kind", String(16), primary_key=True),  # see api.versions.differing
    Column("name", NAME, primary_key=True),
    Column("before", NAME, primary_key=True),
    Column("after", NAME, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("examples", Json, nullable=False),  # some decision ids
)
"""What a candidate in shadow would have answered otherwise."""
