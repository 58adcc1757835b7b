"""How a call is shown: as it stands, its history, its work order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from api.ids import is_id, stamp, stamp_if
from api.problems import ProblemError
from api.service import Service
from api.storage import calls as stored
from api.storage.calls import CallRow
from triage.model import PLACES, Language, Text

__all__ = ["PLACES", "etag", "find_call", "headers_of", "history_of", "language_of", "no_call", "shown", "work_order"]


async def find_call(service: Service, call_id: str) -> CallRow:
    """A call as it stands.

    Raises:
        ProblemError: There is no such call.
        DatabaseGoneError: It cannot be told.
    """
    row = await service.database.run(_read, service, call_id) if is_id(call_id) else None
    if row is None:
        raise no_call()
    return row


def no_call() -> ProblemError:
    """That there is no such call."""
    return ProblemError("not-found", Text("没有这通电话", "there is no such call"))


async def language_of(service: Service, call_id: str) -> Language | None:
    """The language a call is led in; None if there is no such call.

    Raises:
        DatabaseGoneError: It cannot be told.
    """
    row = await service.database.run(_read, service, call_id) if is_id(call_id) else None
    return None if row is None else _language(row)


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
        "reported_at": stamp(row["reported_at"] or row["opened_at"]),
        "due_at": stamp_if(row["due_at"]),
        "nested_in": row["nested_in"],
        "merge_with": answer.get("merge_with"),
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
        "reported_at": stamp(row["reported_at"] or row["opened_at"]),
        "changed_at": stamp(row["changed_at"]),
        "closed_at": stamp_if(row["closed_at"]),
        "over_at": stamp_if(row["over_at"]),
        "checks": row["checks"],
        "nested_in": row["nested_in"],
        "nested_call": row["nested_call"],
        "caller_ref": row["caller_ref"],
        "place": {name: row[name] for name in PLACES},
        "facts": row["told"]["facts"],
        "fields": row["told"]["fields"],
    }
    return b"%b,%b" % (orjson.dumps(head)[:-1], row["answer"].encode()[1:])


def etag(version: int) -> str:
    """The entity tag of a version of a call."""
    return f'"{version}"'


def headers_of(row: CallRow) -> dict[str, str]:
    """The headers of an answer that shows a call."""
    return {"ETag": etag(row["version"]), "content-language": _language(row)}


def _language(row: CallRow) -> Language:
    language: Language = row["told"]["options"]["language"]
    return language


def _read(service: Service, call_id: str) -> CallRow | None:
    with service.database.reading() as connection:
        return stored.find(connection, call_id)


def _events(service: Service, call_id: str) -> list[CallRow]:
    with service.database.reading() as connection:
        return stored.history(connection, call_id)


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
        "result": data.get("result"),
        "links": data.get("links", {}),
    }
