"""The decision log."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.ids import is_id
from api.problems import ProblemError
from api.routes.answering import json_response, problems
from api.schemas.answers import DecisionRecord
from api.service import Needs, Service, serving
from api.storage import decisions as stored
from triage.model import Text

__all__ = ["router"]

router = APIRouter(prefix="/v1/decisions", tags=["decisions"], dependencies=[Depends(Needs("log"))])


@router.get(
    "/{decision_id}",
    operation_id="get_decision",
    summary="A decision as it was logged",
    response_model=DecisionRecord,
    responses=problems("not-found"),
)
async def get_decision(request: Request, decision_id: str) -> Response:
    """Facts with their sources, what both engines concluded, what was asked and said; private fields are masked."""
    service = serving(request)
    if not is_id(decision_id):
        raise _missing()
    waiting = await service.database.run(service.journal.find, decision_id)
    if waiting is not None:
        return json_response(request, _shown(waiting, "spooled"))
    found = await service.database.run(_find, service, decision_id)
    if found is None:
        raise _missing()
    return json_response(request, _shown(found, "stored"))


def _find(service: Service, decision_id: str) -> bytes | None:
    with service.database.reading() as connection:
        record = stored.find(connection, decision_id)
    return None if record is None else record.encode()


def _shown(record: bytes, logged: str) -> bytes:
    return record.rstrip()[:-1] + f',"logged":"{logged}"}}'.encode()


def _missing() -> ProblemError:
    return ProblemError("not-found", Text("没有这个判断", "there is no such decision"))
