"""What the service itself can tell of a call, from the calls it keeps: answers that otherwise a connected system would give.

A register speaks for a system the base names, about a fact the base asks of that system, and only where nothing else was told.
What it tells has its source and age like any reading. Other callers at the same place are the matter of `api.calls.grouping`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection

from api.bases import Base
from api.ids import stamp
from api.storage import calls as stored
from api.storage.calls import CallRow
from triage.evaluation import complete, effective, holds

__all__ = ["Finding", "OrderBook", "Register", "Seen", "Subject", "Tries", "earlier_calls", "figure_of", "may_tell"]

ORDER_SYSTEM, ORDER_STATE = "order_system", "order_state"
REMEMBERED = timedelta(days=30)
"""How far back calls of the same caller are looked for."""
MOST = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """The call that is looked around for.

    Attributes:
        place: Opaque ids by kind (`triage.model.PLACES`), where told.
        checks: The call whose matter it checks, if it is such a check.
        before: The call as it was kept last; None for a new one.
    """

    call_id: str
    caller_ref: str | None
    place: Mapping[str, str]
    opened_at: datetime
    test_traffic: bool
    checks: str | None = None
    before: CallRow | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as registers see it.

    Attributes:
        known: What was told and counts, by fact.
        region: Whose parameters to use; None for the general ones.
        earlier: Calls of the same caller, latest first; see `api.storage.calls.earlier`.
    """

    base: Base
    known: Mapping[str, str]
    region: str | None
    earlier: Sequence[CallRow]
    subject: Subject
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a register tells of one fact.

    Attributes:
        told: The reading, as `triage.call` takes it.
        about: Id of the call it rests on.
    """

    fact: str
    told: Mapping[str, Any]
    about: str


class Register(Protocol):
    """Something the service can look up."""

    def look(self, connection: Connection, seen: Seen) -> Sequence[Finding]:
        """What it tells of a call; may be empty."""


class OrderBook:
    """How an earlier order of the same caller stands (A35): minutes to its promised arrival, or that its outcome was reported.

    Says nothing where it knows of no order: the company's own order system may know of one.
    """

    def look(self, connection: Connection, seen: Seen) -> Sequence[Finding]:  # noqa: ARG002
        """What it tells of the latest order."""
        if not may_tell(seen, ORDER_SYSTEM, ORDER_STATE):
            return ()
        orders = [row for row in seen.earlier if row["due_at"] is not None and row["base"] == seen.base.name.name]
        if not orders:
            return ()
        latest = orders[0]
        minutes = round((latest["due_at"] - seen.at).total_seconds() / 60, 1)
        value: str | float = "finished" if latest["finished"] else minutes
        return (Finding(ORDER_STATE, {"value": value, "source": ORDER_SYSTEM, "observed_at": stamp(seen.at)}, latest["id"]),)


class Tries:
    """How often the matter that a call checks was checked before; a try in which nobody answered counts like any."""

    def look(self, connection: Connection, seen: Seen) -> Sequence[Finding]:
        """The number of earlier checks."""
        checks, follow_up = seen.subject.checks, seen.base.knowledge.follow_up
        if checks is None or follow_up is None or follow_up.tries is None:
            return ()
        if not may_tell(seen, follow_up.told_by, follow_up.tries):
            return ()
        count = stored.checks_before(connection, checks, seen.subject.opened_at)
        told = {"value": float(count), "source": follow_up.told_by, "observed_at": stamp(seen.at)}
        return (Finding(follow_up.tries, told, checks),)


def figure_of(seen: Seen, figure: str | float) -> float:
    """A figure a base declares: a number, or a parameter's, as it is in the call's region."""
    return float(seen.base.knowledge.parameters[figure].in_region(seen.region).en) if isinstance(figure, str) else figure


def may_tell(seen: Seen, system: str, fact: str) -> bool:
    """Whether the base asks this of that system on this call."""
    knowledge = seen.base.knowledge
    if fact not in knowledge.facts or system not in knowledge.question_of[fact].ask_of:
        return False
    gate = knowledge.facts[fact].applies_when
    return gate is None or holds(gate, effective(knowledge, complete(knowledge, seen.known)))


def earlier_calls(connection: Connection, subject: Subject, at: datetime) -> list[CallRow]:
    """Other calls of the same caller, latest first."""
    if subject.caller_ref is None:
        return []
    found = stored.earlier(connection, subject.caller_ref, at - REMEMBERED, subject.test_traffic, MOST + 1)
    return [row for row in found if row["id"] != subject.call_id][:MOST]
