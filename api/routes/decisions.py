"""The decision log."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.recalling import recalled
from api.routes.answering import json_response, problems
from api.schemas.answers import DecisionRecord
from api.service import Needs, serving

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
    record, logged = await recalled(serving(request), decision_id)
    return json_response(request, record[:-1] + f',"logged":"{logged}"}}'.encode())
