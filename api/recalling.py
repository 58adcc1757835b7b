"""Decisions as they were logged, wherever their records are by now.

Knows nothing of HTTP.
"""

from __future__ import annotations

from api.ids import is_id
from api.journal import Logged
from api.problems import ProblemError
from api.service import Service
from api.storage import decisions as stored
from triage.model import Text

__all__ = ["recalled"]


async def recalled(service: Service, decision_id: str) -> tuple[bytes, Logged]:
    """The record of a decision, as JSON, and where it is.

    Raises:
        ProblemError: There is no such decision.
        DatabaseGoneError: It cannot be told.
    """
    if not is_id(decision_id):
        raise _missing()
    waiting = await service.database.run(service.journal.find, decision_id)
    if waiting is not None:
        return waiting.rstrip(), "spooled"
    found = await service.database.run(_find, service, decision_id)
    if found is None:
        raise _missing()
    return found, "stored"


def _find(service: Service, decision_id: str) -> bytes | None:
    with service.database.reading() as connection:
        record = stored.find(connection, decision_id)
    return None if record is None else record.encode()


def _missing() -> ProblemError:
    return ProblemError("not-found", Text("没有这个判断", "there is no such decision"))
