"""What a call comes to when it is assessed: its columns, its event, its decision. Worked out here, written by others.

`api.calls.leading` and `api.calls.checking` write drafts, each within one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from api.asking import Asked
from api.calls.surroundings import Outlook, looked_up, related, supplied
from api.calls.told import Told, told_by_caller
from api.deciding import Decision, decide
from api.decisions import Who, row_of
from api.ids import stamp
from api.registers import Subject
from api.service import Service
from api.storage import calls as stored
from api.storage import decisions as log
from api.storage.calls import CallRow
from triage.evaluation import complete, effective, holds
from triage.model import PLACES

__all__ = ["Draft", "add_draft", "concluded_on", "draft_of_change", "draft_of_new", "event_of", "keep_decision", "place_of"]

ARRIVAL = "arrival"
"""The entry of a decision card whose figure is the promised arrival, in minutes."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A call as it will stand.

    Attributes:
        row: All its columns.
        values: Those the assessment determines.
    """

    row: CallRow
    values: dict[str, Any]
    event: dict[str, Any]
    decision: Decision

    def having(self, **columns: Any) -> Draft:
        """The same with some columns as given."""
        return replace(self, row={**self.row, **columns}, values={**self.values, **columns})


async def draft_of_new(
    service: Service, asked: Asked, subject: Subject, who: Who, nested_in: str | None = None, reported_at: datetime | None = None
) -> Draft:
    """A call that is opened.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: It cannot be told what is known of it.
    """
    moment = subject.opened_at
    asked, outlook = await looked_up(service, asked, subject, moment)
    decision = await decide(service, asked, replace(who, call_id=subject.call_id))
    told = told_by_caller(decision, outlook.findings)
    values = _values(service, decision, told, outlook, moment, None)
    row = {
        "id": subject.call_id,
        "version": 1,
        "state": "open",
        "opened_at": moment,
        "closed_at": None,
        "test_traffic": subject.test_traffic,
        "caller_ref": subject.caller_ref,
        **{kind: subject.place.get(kind) for kind in PLACES},
        "reported_at": reported_at,
        "checks": subject.checks,
        "nested_in": nested_in,
        "nested_call": None,
        "over_at": None,
        **values,
    }
    event = event_of(row, who, moment, "opened", decision.id, {"told": {**told, "options": {}}})
    return Draft(row, values, event, decision)


async def draft_of_change(
    service: Service, row: CallRow, asked: Asked, who: Who, kind: str, data: dict[str, Any], moment: datetime
) -> Draft:
    """A call that is changed: assessed anew, with what is known of it now.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: It cannot be told what is known of it.
    """
    opened_at, test = row["opened_at"], row["test_traffic"]
    subject = Subject(row["id"], row["caller_ref"], place_of(row), opened_at, test, checks=row["checks"], before=row)
    asked, outlook = await looked_up(service, asked, subject, moment)
    decision = await decide(service, asked, replace(who, call_id=row["id"]))
    told = told_by_caller(decision, outlook.findings) | {"options": row["told"]["options"]}
    values = _values(service, decision, told, outlook, moment, row)
    if row["due_at"] and values["due_at"]:  # what was promised first stands
        values["due_at"] = min(row["due_at"], values["due_at"])
    if kind == "closed":
        values |= {"state": "closed", "closed_at": moment}
    after = {**row, **values, "version": row["version"] + 1}
    return Draft(after, values, event_of(after, who, moment, kind, decision.id, data), decision)


def add_draft(service: Service, connection: Connection, draft: Draft) -> None:
    """Write a call that is opened."""
    stored.add(connection, draft.row)
    keep_decision(service, connection, draft.decision)
    stored.add_event(connection, draft.event)


def place_of(row: CallRow) -> dict[str, str]:
    """Where a call comes from: opaque ids by kind."""
    return {kind: row[kind] for kind in PLACES if row[kind]}


def concluded_on(decision: Decision) -> dict[str, str]:
    """Everything told and concluded, by fact."""
    record, knowledge = orjson.loads(decision.answered.record), decision.asked.base.knowledge
    return {**effective(knowledge, complete(knowledge, record["known"])), **record["decision"]}


def keep_decision(service: Service, connection: Connection, decision: Decision) -> None:
    """Put a decision into the log, where that is wanted."""
    if service.journal.on:
        log.add(connection, [row_of(decision.line)])


def event_of(
    row: Mapping[str, Any], who: Who, moment: datetime, kind: str, decision_id: str | None, data: dict[str, Any]
) -> dict[str, Any]:
    """Something that happened to a call."""
    return {
        "call_id": row["id"],
        "version": row["version"],
        "at": moment,
        "kind": kind,
        "key_id": who.key_id,
        "decision_id": decision_id,
        "data": data,
    }


def _values(
    service: Service, decision: Decision, told: Told, outlook: Outlook, moment: datetime, before: CallRow | None
) -> dict[str, Any]:
    """The columns a decision determines."""
    tags, name = decision.answered.tags, decision.asked.base.name
    assessment = orjson.loads(decision.answered.assessment)
    merge = outlook.around.merge
    answer = {
        "supplied": [supplied(finding, decision.answered.readings) for finding in outlook.findings],
        "related": [related(row) for row in outlook.earlier],
        "merge_with": merge,
        "decision_id": decision.id,
        "logged": "stored" if service.journal.on else "off",
        "decided_at": stamp(decision.at),
        "moved_from": _moved_from(before, decision),
    }
    return {
        "changed_at": moment,
        "base": name.name,
        "base_version": name.version,
        "digest": name.digest,
        "status": tags.status,
        "fault": tags.fault or None,
        "action": tags.action or None,
        "due_at": _due(assessment, decision.at),
        "starts_group": outlook.around.starts,
        "has_order": _has_order(decision),
        "merge_with": merge["call_id"] if merge else None,
        "decision_id": decision.id,
        "told": told,
        "answer": (orjson.dumps(answer)[:-1] + b',"assessment":%b}' % decision.answered.assessment).decode(),
    }


def _has_order(decision: Decision) -> bool:
    grouping = decision.asked.base.knowledge.grouping
    ended = decision.answered.tags.status in ("decided", "handover")
    return grouping is not None and ended and holds(grouping.orders, concluded_on(decision))


def _moved_from(before: CallRow | None, decision: Decision) -> dict[str, str] | None:
    """The version a call was led with until now, where another one goes on with it."""
    if before is None or before["digest"] == decision.asked.base.name.digest:
        return None
    return {"name": before["base"], "version": before["base_version"], "digest": before["digest"]}


def _due(assessment: dict[str, Any], at: datetime) -> datetime | None:
    minutes = ((assessment["decision"] or {}).get(ARRIVAL) or {}).get("number")
    return None if minutes is None else at + timedelta(minutes=minutes)
