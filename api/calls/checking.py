"""Checks of what became of a call: was it really put right? And what follows where it was not.

A check is a call of a base that checks those of another (`follow_up` in `docs/knowledge-format.md`): it is led, changed and
closed like any. What it ends with goes into the history of the call it checks. Where the base says so, that matter is taken up
again: with a call of its own, nested in the first and dated to its report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from api.asking import Asked
from api.bases import Base, Wanted
from api.calls.drafting import Draft, add_draft, concluded_on, draft_of_new, event_of, place_of
from api.calls.showing import find_call, headers_of, shown
from api.deciding import asked_of
from api.decisions import Who
from api.doors import Body
from api.ids import new_id, now, stamp
from api.once import Reply, Write
from api.problems import ProblemError
from api.registers import Subject
from api.service import Service
from api.storage import calls as stored
from api.storage.calls import CallRow
from triage.errors import InputError
from triage.evaluation import holds
from triage.model import FollowUp, Language, Reopening, Text

__all__ = ["Aftermath", "aftermath_of", "open_check"]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a check means for the call it checks; written in the transaction of the check.

    Attributes:
        check: The check as it will stand.
        event: What happened to the call checked; without its version.
        columns: What changes of the call checked.
        nested: The call that takes the matter up again.
    """

    check: Draft
    event: dict[str, Any]
    columns: Mapping[str, Any]
    nested: Draft | None

    def write(self, service: Service, connection: Connection) -> None:
        """Write all but the check itself."""
        if self.nested is not None:
            add_draft(service, connection, self.nested)
        version = stored.grow(connection, self.event["call_id"], self.event["at"], **self.columns)
        if version is not None:  # else the call was forgotten meanwhile
            stored.add_event(connection, {**self.event, "version": version})


async def open_check(service: Service, call_id: str, body: Body, language: Language, who: Who) -> Write:
    """Open a check of a call.

    Args:
        body: As `api.schemas.requests.CheckRequest`.

    Raises:
        ProblemError, InputError: Something is not accepted; no base checks such calls.
        DatabaseGoneError: It cannot be kept.
    """
    checked = await find_call(service, call_id)
    base, follow_up = _checking(service, checked["base"])
    options = {"max_questions": follow_up.questions, **(body.get("options") or {}), "knowledge": {"digest": base.name.digest}}
    moment = now()
    subject = _subject(checked, moment, checks=call_id)
    asked = await asked_of(service, {**body, "options": {**options, "test_traffic": subject.test_traffic}}, language, moment)
    draft = await draft_of_new(service, asked, subject, who)
    aftermath = await aftermath_of(service, draft, None, who)
    check = aftermath.check if aftermath else draft

    def write(connection: Connection) -> Reply:
        add_draft(service, connection, check)
        if aftermath is not None:
            aftermath.write(service, connection)
        return Reply(201, shown(check.row), {"Location": f"/v1/calls/{check.row['id']}", **headers_of(check.row)})

    return write


async def aftermath_of(service: Service, draft: Draft, before: CallRow | None, who: Who) -> Aftermath | None:
    """What follows from a call as it will stand: None where it is no check, or came to the same before.

    Args:
        before: The call as it stands; None for a new one.

    Raises:
        ProblemError: The base of the call checked is not loaded.
        DatabaseGoneError: It cannot be told.
    """
    follow_up, result = draft.decision.asked.base.knowledge.follow_up, _result(draft.row)
    if draft.row["checks"] is None or follow_up is None or (before is not None and result == _result(before)):
        return None
    checked = await find_call(service, draft.row["checks"])
    values, moment = concluded_on(draft.decision) if result else {}, draft.row["changed_at"]
    nested = await _nested(service, draft, checked, follow_up, values, who) if result else None
    check = draft.having(over_at=moment if result and holds(follow_up.over, values) else None)
    check = check.having(nested_call=nested.row["id"]) if nested else check
    links = {"check": check.row["id"], **({"nested": nested.row["id"]} if nested else {})}
    kind, data = "check_ended" if result else "check_began", {"links": links, "result": result}
    event = event_of(checked, who, moment, kind, draft.decision.id, data)
    return Aftermath(check, event, _columns(check, nested, before), nested)


def _columns(check: Draft, nested: Draft | None, before: CallRow | None) -> dict[str, Any]:
    """Whether the matter is over: it is, it is not after all, or this check cannot say."""
    over_at = check.row["over_at"]
    revoked = nested is not None or (before is not None and before["over_at"] is not None)
    return {"over_at": over_at} if over_at or revoked else {}


def _checking(service: Service, name: str) -> tuple[Base, FollowUp]:
    """The base that checks calls of another.

    Raises:
        ProblemError: There is none.
    """
    for base in service.bases.all():
        follow_up = base.knowledge.follow_up
        if follow_up is not None and follow_up.of == name and service.bases.is_active(base):
            return base, follow_up
    text = Text(f"没有载入用来回访 `{name}` 的知识库", f"no base is loaded that checks calls of `{name}`")
    raise ProblemError("nothing-checks-it", text)


def _subject(checked: CallRow, moment: datetime, checks: str | None = None) -> Subject:
    """A new call about the matter of another: the same caller, the same place."""
    return Subject(new_id(), checked["caller_ref"], place_of(checked), moment, checked["test_traffic"], checks=checks)


def _result(row: CallRow) -> dict[str, str] | None:
    """What a check came to: the values of its card; None while it is not decided."""
    if row["status"] not in ("decided", "handover"):
        return None
    return {name: stated["value"] for name, stated in orjson.loads(row["answer"])["assessment"]["provisional"].items()}


async def _nested(
    service: Service, draft: Draft, checked: CallRow, follow_up: FollowUp, values: Mapping[str, str], who: Who
) -> Draft | None:
    """The call that takes the matter up again, unless the check has opened it before."""
    again = next((found for found in follow_up.reopens if holds(found.when, values)), None)
    if again is None or draft.row["nested_call"] is not None:
        return None
    asked = _asked_again(service, checked, again, draft)
    reported_at = checked["reported_at"] or checked["opened_at"]
    subject = _subject(checked, draft.row["changed_at"])
    return await draft_of_new(service, asked, subject, who, nested_in=checked["id"], reported_at=reported_at)


def _asked_again(service: Service, checked: CallRow, again: Reopening, draft: Draft) -> Asked:
    """The new call in the active version of the base: what the check says of it, and the fields known."""
    try:
        base = service.bases.find(Wanted(checked["base"]))
    except InputError:
        raise ProblemError("knowledge-gone") from None
    known = base.knowledge
    facts = {fact: value for fact, value in again.tells.items() if fact in known.facts and value in known.facts[fact].domain}
    fields = {name: text for name, text in checked["told"]["fields"].items() if name in known.fields}
    kept = checked["told"]["options"]
    options = {
        "language": draft.decision.asked.language,
        "systems": [system for system in kept.get("systems") or () if system in known.identity.systems],
        "now": stamp(draft.row["changed_at"]),
        **({"region": kept["region"]} if kept.get("region") else {}),
    }
    return Asked(base, {"facts": facts, "fields": fields}, options, checked["test_traffic"], timed=False)
