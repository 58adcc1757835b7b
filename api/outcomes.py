"""What turned out to be the matter, kept with the decision it is about, whether that belongs to a kept call or not.

Telling the same again adds nothing; telling something else corrects. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection

from api import calls
from api.deciding import base_of
from api.decisions import Who
from api.ids import new_id, now, stamp
from api.once import Reply, Write, once
from api.service import Service
from api.storage import decisions as stored

__all__ = ["keep_outcome"]


async def keep_outcome(
    service: Service, record: Mapping[str, Any], found: Mapping[str, str], visited: bool | None, who: Who
) -> tuple[dict[str, Any], bool]:
    """Keep what was found.

    Args:
        record: The decision's, as `api.recalling` gives it.

    Returns:
        The outcome as `api.schemas.answers.OutcomeAnswer`, and whether it was known already.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: It cannot be kept.
    """
    name = record["knowledge"]
    calls.check_found(await base_of(service, name["name"], name["digest"]), found)
    known = await service.database.run(_latest, service, record["decision_id"])
    if known is not None and (known["found"], known["visited"]) == (dict(found), visited):
        return _answer(record, known), True

    async def work() -> Write:
        if record["call_id"] is None:
            return _write(record, found, visited)
        body = {"decision_id": record["decision_id"], "visited": visited}
        return await calls.record_outcome(service, record["call_id"], found, body, who)

    return orjson.loads((await once(service.database, None, work)).body), False


def _write(record: Mapping[str, Any], found: Mapping[str, str], visited: bool | None) -> Write:
    row = {
        "id": new_id(),
        "decision_id": record["decision_id"],
        "call_id": None,
        "at": now(),
        "found": dict(found),
        "visited": visited,
    }

    def write(connection: Connection) -> Reply:
        stored.add_outcome(connection, row)
        return Reply(201, orjson.dumps(_answer(record, row)))

    return write


def _answer(record: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "outcome_id": row["id"],
        "call_id": row["call_id"],
        "decision_id": row["decision_id"],
        "recorded_at": stamp(row["at"]),
        "found": dict(row["found"]),
        "agrees": {name: record["decision"].get(name) == value for name, value in row["found"].items()},
    }


def _latest(service: Service, decision_id: str) -> dict[str, Any] | None:
    with service.database.reading() as connection:
        return stored.latest_outcome(connection, decision_id)
