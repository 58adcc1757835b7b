"""Changing calls.

Every change is assessed first and then written in one transaction: state, event, decision and the answer to a retry together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from api.asking import Asked
from api.bases import Base
from api.calls.checking import aftermath_of
from api.calls.drafting import add_draft, draft_of_change, draft_of_new, event_of, keep_decision
from api.calls.showing import etag, find_call, headers_of, no_call, shown
from api.calls.told import asked_with, carried, merged
from api.deciding import asked_of, base_of
from api.decisions import Who
from api.doors import Body, knows
from api.ids import new_id, now, stamp
from api.once import Reply, Write
from api.problems import Fault, ProblemError
from api.registers import Subject
from api.service import Service
from api.storage import calls as stored
from api.storage import decisions as log
from api.storage.calls import CallRow
from triage.errors import InputError, nearest
from triage.model import Language, Text

__all__ = ["check_found", "close_call", "open_call", "record_outcome", "tell_call"]


async def open_call(service: Service, body: Body, language: Language, who: Who) -> Write:
    """Open a call.

    Args:
        body: As `api.schemas.requests.CallRequest`, with `caller_ref` and `place` checked.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: It cannot be kept.
    """
    moment = now()
    asked = await asked_of(service, body, language, moment, ("caller_ref", "place"))
    place = {kind: ref for kind, ref in (body.get("place") or {}).items() if ref is not None}
    draft = await draft_of_new(service, asked, Subject(new_id(), body.get("caller_ref"), place, moment, asked.test_traffic), who)
    headers = {"Location": f"/v1/calls/{draft.row['id']}", **headers_of(draft.row)}

    def write(connection: Connection) -> Reply:
        add_draft(service, connection, draft)
        return Reply(201, shown(draft.row), headers)

    return write


async def tell_call(service: Service, call_id: str, if_match: str | None, body: Body, who: Who) -> Write:
    """Tell more of a call, change answers, or take them back.

    Raises:
        ProblemError, InputError: Something is not accepted, or the call is not as the sender knew it.
        DatabaseGoneError: It cannot be kept.
    """
    moment = now()
    row = await _open_row(service, call_id, if_match)
    base = await _base(service, row)
    if not any(body.values()):
        return _unchanged(row)
    told, changes, unknown = merged(base, row["told"], body)
    asked = asked_with(base, told, row, moment, unknown)
    return await _change(service, row, asked, who, "facts", changes, moment)


async def close_call(service: Service, call_id: str, if_match: str | None, reason: str, who: Who) -> Write:
    """Close a call. What is undecided then is handed over: somebody finds out.

    Raises:
        ProblemError: The call is not as the sender knew it.
        DatabaseGoneError: It cannot be kept.
    """
    moment = now()
    row = await _open_row(service, call_id, if_match)
    base = await _base(service, row)
    asked = asked_with(base, carried(base, row["told"]), row, moment, {})
    if row["status"] == "needs_input":
        asked = replace(asked, options={**asked.options, "max_questions": 0})
    return await _change(service, row, asked, who, "closed", {"reason": reason}, moment)


async def record_outcome(service: Service, call_id: str, found: Mapping[str, str], body: Body, who: Who) -> Write:
    """Keep what the crew found.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: It cannot be kept.
    """
    row = await find_call(service, call_id)
    decision_id = body.get("decision_id") or row["decision_id"]
    decided = await service.database.run(_decided, service, row, decision_id)
    check_found(await _base(service, row), found)
    moment, outcome_id = now(), new_id()
    outcome = {
        "id": outcome_id,
        "decision_id": decision_id,
        "call_id": call_id,
        "at": moment,
        "found": dict(found),
        "visited": body.get("visited"),
    }

    answer = {
        "outcome_id": outcome_id,
        "call_id": call_id,
        "decision_id": decision_id,
        "recorded_at": stamp(moment),
        "found": dict(found),
        "agrees": {name: decided.get(name) == value for name, value in found.items()},
    }

    def write(connection: Connection) -> Reply:
        version = stored.grow(connection, call_id, moment)
        if version is None:  # forgotten meanwhile
            raise no_call()
        log.add_outcome(connection, outcome)
        event = event_of(row, who, moment, "outcome", decision_id, {"found": dict(found)})
        stored.add_event(connection, {**event, "version": version})
        return Reply(201, orjson.dumps({**answer, "version": version}), headers_of({**row, "version": version}))

    return write


async def _change(
    service: Service, row: CallRow, asked: Asked, who: Who, kind: str, data: dict[str, Any], moment: datetime
) -> Write:
    """Assess a call anew and write what came of it."""
    draft = await draft_of_change(service, row, asked, who, kind, data, moment)
    aftermath = await aftermath_of(service, draft, row, who)
    after = aftermath.check if aftermath else draft

    def write(connection: Connection) -> Reply:
        if not stored.change(connection, row["id"], row["version"], after.values):
            raise ProblemError("changed-meanwhile")
        keep_decision(service, connection, after.decision)
        stored.add_event(connection, after.event)
        if aftermath is not None:
            aftermath.write(service, connection)
        return Reply(200, shown(after.row), headers_of(after.row))

    return write


def _unchanged(row: CallRow) -> Write:
    """Nothing was told: the call stays as it stands."""
    reply = Reply(200, shown(row), headers_of(row))
    return lambda _: reply


async def _open_row(service: Service, call_id: str, if_match: str | None) -> CallRow:
    """A call that may be changed by a sender who knows it as it is."""
    row = await find_call(service, call_id)
    if not knows(if_match, etag(row["version"])):
        raise ProblemError("changed-meanwhile", headers={"ETag": etag(row["version"])})
    if row["state"] != "open":
        raise ProblemError("call-closed")
    return row


async def _base(service: Service, row: CallRow) -> Base:
    """See `api.deciding.base_of`."""
    return await base_of(service, row["base"], row["digest"])


def _decided(service: Service, row: CallRow, decision_id: str) -> dict[str, str]:
    """What one of a call's decisions said, by inferred fact.

    Raises:
        ProblemError: The call has no such decision.
    """
    if decision_id == row["decision_id"]:
        card = orjson.loads(row["answer"])["assessment"]["provisional"]
        return {name: stated["value"] for name, stated in card.items()}
    with service.database.reading() as connection:
        found = log.find(connection, decision_id)
    record = orjson.loads(found) if found else {}
    if record.get("call_id") != row["id"]:
        text = Text("这通电话没有这个判断", "the call has no such decision")
        raise ProblemError("invalid-input", text, [Fault("unknown-decision", "/decision_id", text)])
    return dict(record["decision"])


def check_found(base: Base, found: Mapping[str, str]) -> None:
    """See that what was found is said in values of a base.

    Raises:
        InputError: Something is not.
    """
    for name, value in found.items():
        inferred = base.knowledge.inferred
        if name not in inferred:
            raise _not_accepted(f"/found/{name}", name, list(inferred))
        if value not in inferred[name].values:
            raise _not_accepted(f"/found/{name}", value, list(inferred[name].values))


def _not_accepted(pointer: str, given: str, accepted: list[str]) -> InputError:
    text = Text(f"不认识 `{given[:80]}`", f"`{given[:80]}` is not accepted")
    return InputError("unknown-value", pointer, text, accepted, nearest(given, accepted))
