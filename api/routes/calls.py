"""Calls that are kept."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api import calls
from api.doors import Body, object_of, text_of, unknown_keys
from api.ids import is_id
from api.observing import trace_of
from api.once import Write, claim_of, once
from api.problems import Fault, ProblemError
from api.routes.answering import IdempotencyKey, IfMatch, body_of, json_response, problems, replied, takes
from api.routes.examples import CALL, CHANGES, CHECK, CLOSE, OUTCOME
from api.schemas.answers import CallAnswer, HistoryAnswer, OutcomeAnswer, WorkOrderAnswer
from api.schemas.requests import REF_PATTERN, CallRequest, ChangesRequest, CheckRequest, CloseRequest, OutcomeRequest
from api.service import Needs, serving, who
from api.storage.database import DatabaseGoneError
from triage.errors import InputError, nearest
from triage.model import Text

__all__ = ["router"]


async def _in_its_language(request: Request) -> AsyncIterator[None]:
    """Has what is wrong with a request about a call told in the language of the call."""
    try:
        yield
    except (ProblemError, InputError):
        call_id, trace = request.path_params.get("call_id"), trace_of(request)
        if call_id is not None and not trace.insists:
            with suppress(DatabaseGoneError):
                trace.language = await calls.language_of(serving(request), call_id) or trace.language
        raise


router = APIRouter(prefix="/v1/calls", tags=["calls"], dependencies=[Depends(Needs("calls")), Depends(_in_its_language)])
WRITE = ("in-progress", "key-reused", "overloaded")
CHANGE = (*WRITE, "not-found", "if-match-needed", "bad-request", "changed-meanwhile", "call-closed", "knowledge-gone")
ETAG = {"ETag": {"description": "The version, for `If-Match`.", "schema": {"type": "string"}}}
REASONS = ("done", "abandoned", "transferred")
_REF = re.compile(REF_PATTERN)
_SHAPE = Text(
    "1 到 128 个 ASCII 字母、数字或 . _ : / -，以字母或数字开头，不含个人信息",
    "1 to 128 ASCII letters, digits or . _ : / -, the first a letter or digit, free of personal data",
)


@router.post(
    "",
    operation_id="open_call",
    summary="Open a call",
    status_code=201,
    response_model=CallAnswer,
    responses={
        201: {"headers": {**ETAG, "Location": {"description": "The call.", "schema": {"type": "string"}}}},
        **problems(*WRITE, body=True),
    },
    openapi_extra=takes(CallRequest, no_power=CALL),
)
async def open_call(request: Request, idempotency_key: IdempotencyKey = None) -> Response:
    """Keep a call and assess it. With a `caller_ref`, earlier calls of the same caller are named in `related`, and an order of
    theirs that is still open counts as told by the order system, unless something else was told.
    """
    body = await body_of(request)
    _check_call(body)
    return await _write(
        request, idempotency_key, lambda: calls.open_call(serving(request), body, trace_of(request).language, who(request))
    )


@router.get(
    "/{call_id}",
    operation_id="get_call",
    summary="Read a call",
    response_model=CallAnswer,
    responses={200: {"headers": ETAG}, **problems("not-found")},
)
async def get_call(request: Request, call_id: str) -> Response:
    """The call as it stands, with its latest assessment."""
    row = await calls.find_call(serving(request), call_id)
    headers = calls.headers_of(row)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return json_response(request, calls.shown(row), headers=headers)


@router.patch(
    "/{call_id}/facts",
    operation_id="tell_call",
    summary="Tell more, or change answers",
    response_model=CallAnswer,
    responses={200: {"headers": ETAG}, **problems(*CHANGE, body=True)},
    openapi_extra=takes(ChangesRequest, no_danger=CHANGES),
)
async def tell_call(request: Request, call_id: str, if_match: IfMatch = None, idempotency_key: IdempotencyKey = None) -> Response:
    """What is named changes, `null` takes it back, the rest stays. Of two writers who knew the same version one wins; the other
    gets 412, and nothing is merged.
    """
    body = await body_of(request)
    unknown_keys(body, ("facts", "fields", "no_answer"), "")
    for part in body:
        object_of(body[part], f"/{part}")
    return await _write(
        request, idempotency_key, lambda: calls.tell_call(serving(request), call_id, if_match, body, who(request))
    )


@router.post(
    "/{call_id}/close",
    operation_id="close_call",
    summary="Close a call",
    response_model=CallAnswer,
    responses={200: {"headers": ETAG}, **problems(*CHANGE, body=True)},
    openapi_extra=takes(CloseRequest, served=CLOSE),
)
async def close_call(
    request: Request, call_id: str, if_match: IfMatch = None, idempotency_key: IdempotencyKey = None
) -> Response:
    """No answers are taken after this. A call that is not decided by then is handed over: somebody is sent to find out."""
    body = await body_of(request)
    unknown_keys(body, ("reason",), "")
    reason = _one_of(body.get("reason", "done"), REASONS, "/reason")
    return await _write(
        request, idempotency_key, lambda: calls.close_call(serving(request), call_id, if_match, reason, who(request))
    )


@router.get(
    "/{call_id}/work-order",
    operation_id="get_work_order",
    summary="The work order",
    response_model=WorkOrderAnswer,
    responses=problems("not-found", "not-decided"),
)
async def get_work_order(request: Request, call_id: str) -> Response:
    """The work order of the latest decision, under the same `decision_id` as in answer and log. It holds personal data."""
    row = await calls.find_call(serving(request), call_id)
    return json_response(request, calls.work_order(row), headers=calls.headers_of(row))


@router.get(
    "/{call_id}/history",
    operation_id="get_call_history",
    summary="Everything that happened to a call",
    response_model=HistoryAnswer,
    responses=problems("not-found"),
)
async def get_history(request: Request, call_id: str) -> Response:
    """Oldest first; only ever added to."""
    return json_response(request, await calls.history_of(serving(request), call_id))


@router.post(
    "/{call_id}/restoration",
    operation_id="check_restoration",
    summary="Check that it was put right",
    status_code=201,
    response_model=CallAnswer,
    responses={
        201: {"headers": {**ETAG, "Location": {"description": "The check.", "schema": {"type": "string"}}}},
        **problems(*WRITE, "not-found", "nothing-checks-it", "knowledge-gone", body=True),
    },
    openapi_extra=takes(CheckRequest, nobody_answered=CHECK),
)
async def check_restoration(request: Request, call_id: str, idempotency_key: IdempotencyKey = None) -> Response:
    """Open a check of a call whose repair was reported done: a short call of its own that is led like any (`PATCH …/facts`).
    What it ends with stands in the history of the call it checks. Where the power is not back, `nested_call` is a new call about
    what is left, dated to the original report. Nobody answering is a result too: it counts as a try.
    """
    body = await body_of(request)
    unknown_keys(body, ("facts", "no_answer", "options"), "")
    for part in body:
        object_of(body[part], f"/{part}")
    return await _write(
        request,
        idempotency_key,
        lambda: calls.open_check(serving(request), call_id, body, trace_of(request).language, who(request)),
    )


@router.post(
    "/{call_id}/outcome",
    operation_id="record_outcome",
    summary="What the crew found",
    status_code=201,
    response_model=OutcomeAnswer,
    responses={201: {"headers": ETAG}, **problems(*WRITE, "not-found", "knowledge-gone", body=True)},
    openapi_extra=takes(OutcomeRequest, inside_the_home=OUTCOME),
)
async def record_outcome(request: Request, call_id: str, idempotency_key: IdempotencyKey = None) -> Response:
    """What turned out to be so, in values of the base; a later report corrects an earlier one. The version of the call rises."""
    body = await body_of(request)
    found = _check_outcome(body)
    return await _write(
        request, idempotency_key, lambda: calls.record_outcome(serving(request), call_id, found, body, who(request))
    )


async def _write(request: Request, key: str | None, work: Callable[[], Awaitable[Write]]) -> Response:
    claim = claim_of(key, trace_of(request).key_id, request.method, request.url.path, await request.body())
    return replied(await once(serving(request).database, claim, work))


def _check_call(body: Body) -> None:
    if body.get("caller_ref") is not None:
        text_of(body["caller_ref"], "/caller_ref", _REF, _SHAPE)
    if "place" not in body:
        return
    place = object_of(body["place"], "/place")
    unknown_keys(place, calls.PLACES, "/place")
    for name, ref in place.items():
        if ref is not None:
            text_of(ref, f"/place/{name}", _REF, _SHAPE)


def _check_outcome(body: Body) -> dict[str, str]:
    unknown_keys(body, ("found", "visited", "decision_id"), "")
    found = object_of(body.get("found"), "/found")
    if not found or not all(isinstance(value, str) for value in found.values()):
        raise _wrong("/found", Text("至少一项：事实到值", "at least one value by inferred fact"))
    if not isinstance(body.get("visited"), bool | None):
        raise _wrong("/visited", Text("true 或 false", "true or false"))
    decision_id = body.get("decision_id")
    if decision_id is not None and not (isinstance(decision_id, str) and is_id(decision_id)):
        raise _wrong("/decision_id", Text("一个 decision_id", "a decision_id"))
    return found


def _one_of(given: Any, accepted: tuple[str, ...], pointer: str) -> str:
    if isinstance(given, str) and given in accepted:
        return given
    text = Text("应为：" + "、".join(accepted), "expected one of " + ", ".join(accepted))
    near = nearest(given, accepted) if isinstance(given, str) else None
    raise ProblemError("invalid-input", text, [Fault("unknown-value", pointer, text, accepted, near)])


def _wrong(pointer: str, wanted: Text) -> ProblemError:
    text = Text(f"应为{wanted.zh}", f"expected {wanted.en}")
    return ProblemError("invalid-input", text, [Fault("wrong-type", pointer, text)])
