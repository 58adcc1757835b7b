"""Calls that are kept: opened, told more, closed, and what was found in the end.

Every change is assessed first and then written in one transaction: state, event, decision and the answer to a retry together.
What the caller told is kept by fact; a change of one answer keeps the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from api.asking import Asked, read_asked
from api.bases import Base, Wanted
from api.deciding import Decision, decide
from api.decisions import Who, row_of
from api.doors import Body
from api.evaluating import prepared
from api.ids import is_id, new_id, now, stamp
from api.once import Reply, Write
from api.problems import Fault, ProblemError
from api.registers import Finding, OrderBook, Register, Seen, earlier_calls
from api.service import Service
from api.storage import calls as stored
from api.storage import decisions as log
from api.storage.calls import CallRow
from triage.errors import InputError, nearest
from triage.model import UNKNOWN, Language, Text

__all__ = ["REGISTERS", "close_call", "etag", "find_call", "history_of", "open_call", "record_outcome", "tell_call", "work_order"]

REGISTERS: tuple[Register, ...] = (OrderBook(),)
ARRIVAL = "arrival"
"""The entry of a decision card whose figure is the promised arrival, in minutes."""
PLACES = ("transformer_area", "building", "feeder")

Told = dict[str, Any]
"""What the caller told: `facts` (readings), `fields`, `no_answer`, `options`."""


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What surrounds a call: other calls of the caller, and what registers tell."""

    earlier: Sequence[CallRow]
    findings: Sequence[Finding]


async def open_call(service: Service, body: Body, language: Language, who: Who) -> Write:
    """Open a call.

    Args:
        body: As `api.schemas.requests.Call`, with `caller_ref` and `place` checked.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: It cannot be kept.
    """
    moment, call_id = now(), new_id()
    caller_ref, place = body.get("caller_ref"), body.get("place") or {}
    ours = ("caller_ref", "place")
    asked = read_asked({name: part for name, part in body.items() if name not in ours}, service.bases, language, moment)
    asked, outlook = await _looked_up(service, asked, caller_ref, place, call_id, moment)
    decision = await decide(service, asked, replace(who, call_id=call_id))
    told = _told(decision, outlook.findings)
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
    base = _base(service, row)
    told, changes, unknown = _merged(base, row["told"], body)
    asked = _asked(base, told, row, moment, unknown)
    return await _change(service, row, asked, who, "facts", changes, moment)


async def close_call(service: Service, call_id: str, if_match: str | None, reason: str, who: Who) -> Write:
    """Close a call. What is undecided then is handed over: somebody finds out.

    Raises:
        ProblemError: The call is not as the sender knew it.
        DatabaseGoneError: It cannot be kept.
    """
    moment = now()
    row = await _open_row(service, call_id, if_match)
    base = _base(service, row)
    asked = _asked(base, _carried(base, row["told"]), row, moment, {})
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
    _check_found(_base(service, row), found)
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


async def find_call(service: Service, call_id: str) -> CallRow:
    """A call as it stands.

    Raises:
        ProblemError: There is no such call.
        DatabaseGoneError: It cannot be told.
    """
    row = await service.database.run(_read, service, call_id) if is_id(call_id) else None
    if row is None:
        raise ProblemError("not-found", Text("没有这通电话", "there is no such call"))
    return row


async def history_of(service: Service, call_id: str) -> bytes:
    """Everything that happened to a call, as JSON.

    Raises:
        ProblemError: There is no such call.
        DatabaseGoneError: It cannot be told.
    """
    await find_call(service, call_id)
    events = await service.database.run(_events, service, call_id)
    return orjson.dumps({"call_id": call_id, "events": [_event_shown(event) for event in events]})


def work_order(row: CallRow) -> bytes:
    """The work order of a call, as JSON.

    Raises:
        ProblemError: There is none yet.
    """
    answer = orjson.loads(row["answer"])
    assessment = answer["assessment"]
    if assessment["work_order"] is None:
        clash = Text("回答互相矛盾，请先弄清", "the answers contradict one another; clear that up first")
        raise ProblemError("not-decided", clash if assessment["status"] == "contradictory" else None)
    order = {
        "call_id": row["id"],
        "decision_id": row["decision_id"],
        "knowledge": assessment["knowledge"],
        "decided_at": answer["decided_at"],
        "due_at": _stamped(row["due_at"]),
        "text": assessment["work_order"]["text"],
        "missing": assessment["work_order"]["missing"],
        "decision": {name: stated["value"] for name, stated in (assessment["decision"] or {}).items()},
        "fields": row["told"]["fields"],
        "place": {name: row[name] for name in PLACES},
    }
    return orjson.dumps(order)


def shown(row: Mapping[str, Any]) -> bytes:
    """A call as JSON."""
    head = {
        "call_id": row["id"],
        "version": row["version"],
        "state": row["state"],
        "opened_at": stamp(row["opened_at"]),
        "changed_at": stamp(row["changed_at"]),
        "closed_at": _stamped(row["closed_at"]),
        "caller_ref": row["caller_ref"],
        "place": {name: row[name] for name in PLACES},
        "facts": row["told"]["facts"],
        "fields": row["told"]["fields"],
    }
    return b"%b,%b" % (orjson.dumps(head)[:-1], row["answer"].encode()[1:])


def etag(version: int) -> str:
    """The entity tag of a version of a call."""
    return f'"{version}"'


# -- changing


async def _change(
    service: Service, row: CallRow, asked: Asked, who: Who, kind: str, data: dict[str, Any], moment: datetime
) -> Write:
    """Assess a call anew and write what came of it."""
    place = {name: row[name] for name in PLACES if row[name]}
    asked, outlook = await _looked_up(service, asked, row["caller_ref"], place, row["id"], moment)
    decision = await decide(service, asked, replace(who, call_id=row["id"]))
    told = _told(decision, outlook.findings) | {"options": row["told"]["options"]}
    values = _state(service, decision, told, outlook, moment)
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


def _state(service: Service, decision: Decision, told: Told, outlook: _Outlook, moment: datetime) -> dict[str, Any]:
    """The columns a decision determines."""
    tags, name = decision.answered.tags, decision.asked.base.name
    assessment = orjson.loads(decision.answered.assessment)
    logged = "stored" if service.journal.on else "off"
    answer = {
        "supplied": [_supplied(finding, told) for finding in outlook.findings],
        "related": [_related(row) for row in outlook.earlier],
        "decision_id": decision.id,
        "logged": logged,
        "decided_at": stamp(decision.at),
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


# -- what was told


def _asked(base: Base, told: Told, row: CallRow, moment: datetime, unknown: Mapping[str, Any]) -> Asked:
    """What to ask of the expert system. `unknown`: ids the base does not know, so that it warns of them."""
    given = {
        **told,
        "facts": {**told["facts"], **unknown.get("facts", {})},
        "fields": {**told["fields"], **unknown.get("fields", {})},
    }
    given.pop("options")
    timed = any("ttl_seconds" in reading for reading in told["facts"].values())
    return Asked(base, given, {**told["options"], "now": stamp(moment)}, row["test_traffic"], timed)


def _told(decision: Decision, findings: Sequence[Finding]) -> Told:
    """What the caller told of what was assessed: without what registers told."""
    supplied = {finding.fact for finding in findings if _used(finding, decision.answered.readings)}
    asked = decision.asked
    fields = asked.given.get("fields", {})
    known = asked.base.knowledge
    return {
        "facts": {fact: reading for fact, reading in decision.answered.readings.items() if fact not in supplied},
        "fields": {name: text for name, text in fields.items() if name in known.fields},
        "no_answer": {fact: sources for fact, sources in asked.given.get("no_answer", {}).items() if fact in known.facts},
        "options": {name: value for name, value in asked.options.items() if name != "now"},
    }


def _merged(base: Base, before: Told, body: Body) -> tuple[Told, dict[str, Any], dict[str, Any]]:
    """What is told after a change; what changed, for the history; and ids the base does not know.

    Raises:
        InputError: Something is not accepted.
    """
    carried = _carried(base, before)
    given = {part: dict(body.get(part) or {}) for part in ("facts", "fields", "no_answer")}
    new = {part: {name: value for name, value in values.items() if value is not None} for part, values in given.items()}
    call, _ = prepared(Asked(base, new, {**carried["options"]}, False, False))
    readings = {fact: _plain(reading) for fact, reading in call.readings.items()}
    gone = {fact for name, value in given["facts"].items() if value is None for fact in _facts_of(base, name)}
    told = {
        "facts": {**{fact: told for fact, told in carried["facts"].items() if fact not in gone}, **readings},
        "fields": _updated(carried["fields"], given["fields"], base.knowledge.fields),
        "no_answer": _updated(carried["no_answer"], given["no_answer"], base.knowledge.facts),
        "options": carried["options"],
    }
    known = {*base.knowledge.facts, *(q.id for q in base.knowledge.questions.values() if q.tick)}
    unknown = {
        "facts": {name: UNKNOWN for name in new["facts"] if name not in known},
        "fields": {name: "" for name in new["fields"] if name not in base.knowledge.fields},
    }
    changes = {"facts": {**dict.fromkeys(gone), **readings}, "fields": given["fields"], "no_answer": given["no_answer"]}
    return told, changes, unknown


def _updated(before: Mapping[str, Any], given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    after = {**before, **{name: value for name, value in given.items() if name in known}}
    return {name: value for name, value in after.items() if value is not None}


def _facts_of(base: Base, name: str) -> tuple[str, ...]:
    """The facts an id means: a fact, or those of a list to tick."""
    question = base.knowledge.questions.get(name)
    return question.fills if name not in base.knowledge.facts and question is not None and question.tick else (name,)


def _plain(reading: Any) -> dict[str, Any]:
    timed = {"observed_at": stamp(reading.observed_at) if reading.observed_at else None, "ttl_seconds": reading.ttl_seconds}
    return {"value": reading.value, "source": reading.source, **{name: part for name, part in timed.items() if part is not None}}


def _base(service: Service, row: CallRow) -> Base:
    """The base a call was begun with; where it is not loaded any more, the active version of the same.

    Raises:
        ProblemError: There is none.
    """
    try:
        return service.bases.by_digest(row["digest"]) or service.bases.find(Wanted(row["base"]))
    except InputError:
        raise ProblemError("knowledge-gone") from None


def _carried(base: Base, told: Told) -> Told:
    """What was told, as far as this version of the base takes it."""
    known = base.knowledge.facts
    facts = {name: reading for name, reading in told["facts"].items() if name in known and reading["value"] in known[name].domain}
    return {
        **told,
        "facts": facts,
        "fields": {name: text for name, text in told["fields"].items() if name in base.knowledge.fields},
        "no_answer": {name: sources for name, sources in told["no_answer"].items() if name in known},
    }


# -- what surrounds a call


async def _looked_up(
    service: Service, asked: Asked, caller_ref: str | None, place: Mapping[str, str], call_id: str, moment: datetime
) -> tuple[Asked, _Outlook]:
    """A call with what registers tell of it; where something else was told of a fact, that stands."""
    call, _ = prepared(asked)
    known = {fact: reading.value for fact, reading in call.readings.items()}

    def look() -> _Outlook:
        with service.database.reading() as connection:
            earlier = earlier_calls(connection, caller_ref, moment, asked.test_traffic, call_id)
            seen = Seen(asked.base, known, earlier, place, moment)
            found = [finding for register in REGISTERS for finding in register.look(connection, seen)]
        return _Outlook(earlier, [finding for finding in found if _accepted(asked.base, finding)])

    outlook = await service.database.run(look)
    more = {finding.fact: finding.told for finding in outlook.findings if finding.fact not in known}
    return (asked.telling(more) if more else asked), outlook


def _accepted(base: Base, finding: Finding) -> bool:
    fact, value = base.knowledge.facts[finding.fact], finding.told["value"]
    return value in fact.domain if isinstance(value, str) else bool(fact.ranges)


def _used(finding: Finding, readings: Mapping[str, Any]) -> bool:
    told = readings.get(finding.fact, {})
    return bool(told.get("source") == finding.told["source"] and told.get("observed_at") == finding.told["observed_at"])


def _supplied(finding: Finding, told: Told) -> dict[str, Any]:
    return {
        "fact": finding.fact,
        "value": str(finding.told["value"]),
        "source": finding.told["source"],
        "observed_at": finding.told["observed_at"],
        "used": finding.fact not in told["facts"],
        "about": finding.about,
    }


def _related(row: CallRow) -> dict[str, Any]:
    return {
        "call_id": row["id"],
        "state": row["state"],
        "opened_at": stamp(row["opened_at"]),
        "action": row["action"],
        "due_at": None if row["finished"] else _stamped(row["due_at"]),
        "finished": row["finished"],
    }


# -- reading


def _read(service: Service, call_id: str) -> CallRow | None:
    with service.database.reading() as connection:
        return stored.find(connection, call_id)


def _events(service: Service, call_id: str) -> list[CallRow]:
    with service.database.reading() as connection:
        return stored.history(connection, call_id)


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


def _event_shown(event: CallRow) -> dict[str, Any]:
    data = event["data"]
    told = data.get("told", data)
    return {
        "version": event["version"],
        "at": stamp(event["at"]),
        "kind": event["kind"],
        "decision_id": event["decision_id"],
        "facts": told.get("facts", {}),
        "fields": sorted(told.get("fields", {})),
        "found": data.get("found"),
    }


def _check_found(base: Base, found: Mapping[str, str]) -> None:
    for name, value in found.items():
        inferred = base.knowledge.inferred
        if name not in inferred:
            raise _not_accepted(f"/found/{name}", name, list(inferred))
        if value not in inferred[name].values:
            raise _not_accepted(f"/found/{name}", value, list(inferred[name].values))


def _not_accepted(pointer: str, given: str, accepted: list[str]) -> InputError:
    text = Text(f"不认识 `{given[:80]}`", f"`{given[:80]}` is not accepted")
    return InputError("unknown-value", pointer, text, accepted, nearest(given, accepted))


def _stamped(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)
