"""Changing calls.

Every change is assessed first and then written in one transaction: state, event, decision and the answer to a retry together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from api.asking import Asked
from api.bases import Base
from api.calls.showing import PLACES, etag, find_call, shown
from api.calls.surroundings import Outlook, looked_up, related, supplied
from api.calls.told import Told, asked_with, carried, merged, told_by_caller
from api.deciding import Decision, asked_of, base_of, decide
from api.decisions import Who, row_of
from api.doors import Body
from api.ids import new_id, now, stamp
from api.once import Reply, Write
from api.problems import Fault, ProblemError
from api.service import Service
from api.storage import calls as stored
from api.storage import decisions as log
from api.storage.calls import CallRow
from triage.errors import InputError, nearest
from triage.model import Language, Text

__all__ = ["check_found", "close_call", "open_call", "record_outcome", "tell_call"]

ARRIVAL = "arrival"
"""The entry of a decision card whose figure is the promised arrival, in minutes."""


async def open_call(service: Service, body: Body, language: Language, who: Who) -> Write:
    """Open a call.

    Args:
        body: As `api.schemas.requests.CallRequest`, with `caller_ref` and `place` checked.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: It cannot be kept.
    """
    moment, call_id = now(), new_id()
    caller_ref, place = body.get("caller_ref"), body.get("place") or {}
    ours = ("caller_ref", "place")
    asked = await asked_of(service, {name: part for name, part in body.items() if name not in ours}, language, moment)
    asked, outlook = await looked_up(service, asked, caller_ref, place, call_id, moment)
    decision = await decide(service, asked, replace(who, call_id=call_id))
    told = told_by_caller(decision, outlook.findings)
    row = {
        "id": call_id,
        "version": 1,
        "state": "open",
        "opened_at": moment,
        "test_traffic": asked.test_traffic,
        "caller_ref": caller_ref,
        **{name: place.get(name) for name in PLACES},
        **_state(service, decision, told, outlook, moment),
    }
    event = _event(row, who, moment, "opened", decision, {"told": {**told, "options": {}}})

    def write(connection: Connection) -> None:
        stored.add(connection, row)
        _log(service, connection, decision)
        stored.add_event(connection, event)

    headers = {"Location": f"/v1/calls/{call_id}", "ETag": etag(1)}
    return Write(write, Reply(201, shown({**row, "closed_at": None}), headers))


async def tell_call(service: Service, call_id: str, if_match: str | None, body: Body, who: Who) -> Write:
    """Tell more of a call, change answers, or take them back.

    Raises:
        ProblemError, InputError: Something is not accepted, or the call is not as the sender knew it.
        DatabaseGoneError: It cannot be kept.
    """
    moment = now()
    row = await _open_row(service, call_id, if_match)
    base = await _base(service, row)
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

    def write(connection: Connection) -> None:
        version = stored.grow(connection, call_id, moment)
        log.add_outcome(connection, outcome)
        event = {**_event(row, who, moment, "outcome", None, {"found": dict(found)}), "decision_id": decision_id}
        stored.add_event(connection, {**event, "version": version})

    answer = {
        "outcome_id": outcome_id,
        "call_id": call_id,
        "decision_id": decision_id,
        "recorded_at": stamp(moment),
        "found": dict(found),
        "agrees": {name: decided.get(name) == value for name, value in found.items()},
    }
    return Write(write, Reply(201, orjson.dumps(answer)))


async def _change(
    service: Service, row: CallRow, asked: Asked, who: Who, kind: str, data: dict[str, Any], moment: datetime
) -> Write:
    """Assess a call anew and write what came of it."""
    place = {name: row[name] for name in PLACES if row[name]}
    asked, outlook = await looked_up(service, asked, row["caller_ref"], place, row["id"], moment)
    decision = await decide(service, asked, replace(who, call_id=row["id"]))
    told = told_by_caller(decision, outlook.findings) | {"options": row["told"]["options"]}
    values = _state(service, decision, told, outlook, moment, row)
    if row["due_at"] and values["due_at"]:  # what was promised first stands
        values["due_at"] = min(row["due_at"], values["due_at"])
    if kind == "closed":
        values |= {"state": "closed", "closed_at": moment}
    after = {**row, **values, "version": row["version"] + 1}
    event = _event(after, who, moment, kind, decision, data)

    def write(connection: Connection) -> None:
        if not stored.change(connection, row["id"], row["version"], values):
            raise ProblemError("changed-meanwhile")
        _log(service, connection, decision)
        stored.add_event(connection, event)

    return Write(write, Reply(200, shown(after), {"ETag": etag(after["version"])}))


async def _open_row(service: Service, call_id: str, if_match: str | None) -> CallRow:
    """A call that may be changed by a sender who knows it as it is."""
    row = await find_call(service, call_id)
    if if_match is None:
        raise ProblemError("if-match-needed", None, [Fault("missing-value", "header:If-Match", Text("缺少", "missing"))])
    known = {part.strip().removeprefix("W/") for part in if_match.split(",")}
    if "*" not in known and etag(row["version"]) not in known:
        raise ProblemError("changed-meanwhile", headers={"ETag": etag(row["version"])})
    if row["state"] != "open":
        raise ProblemError("call-closed")
    return row


def _state(
    service: Service, decision: Decision, told: Told, outlook: Outlook, moment: datetime, before: CallRow | None = None
) -> dict[str, Any]:
    """The columns a decision determines."""
    tags, name = decision.answered.tags, decision.asked.base.name
    assessment = orjson.loads(decision.answered.assessment)
    logged = "stored" if service.journal.on else "off"
    answer = {
        "supplied": [supplied(finding, decision.answered.readings) for finding in outlook.findings],
        "related": [related(row) for row in outlook.earlier],
        "decision_id": decision.id,
        "logged": logged,
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
        "decision_id": decision.id,
        "told": told,
        "answer": (orjson.dumps(answer)[:-1] + b',"assessment":%b}' % decision.answered.assessment).decode(),
    }


def _moved_from(before: CallRow | None, decision: Decision) -> dict[str, str] | None:
    """The version a call was led with until now, where another one goes on with it."""
    if before is None or before["digest"] == decision.asked.base.name.digest:
        return None
    return {"name": before["base"], "version": before["base_version"], "digest": before["digest"]}


def _due(assessment: dict[str, Any], at: datetime) -> datetime | None:
    minutes = ((assessment["decision"] or {}).get(ARRIVAL) or {}).get("number")
    return None if minutes is None else at + timedelta(minutes=minutes)


def _event(
    row: Mapping[str, Any], who: Who, moment: datetime, kind: str, decision: Decision | None, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "call_id": row["id"],
        "version": row["version"],
        "at": moment,
        "kind": kind,
        "key_id": who.key_id,
        "decision_id": decision.id if decision else None,
        "data": data,
    }


def _log(service: Service, connection: Connection, decision: Decision) -> None:
    if service.journal.on:
        log.add(connection, [row_of(decision.line)])


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
