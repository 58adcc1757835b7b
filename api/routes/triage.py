"""Assessments without memory: one call, several, what if, why not."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.asking import Asked
from api.deciding import asked_of, decide, envelope
from api.doors import Body, language_told, object_of, unknown_keys
from api.evaluating import prepared
from api.ids import now
from api.observing import problem_for, trace_of
from api.problems import Fault, Gathering, ProblemError, rendered
from api.routes.answering import body_of, json_response, problems, takes
from api.routes.examples import BATCH, CALL_DECIDED, CALL_OPENING, CALL_WITH_METER, WHAT_IF, WHY_NOT
from api.schemas.answers import BatchAnswer, TriageAnswer, WhatIfAnswer, WhyNotAnswer
from api.schemas.requests import BatchRequest, TriageRequest, WhatIfRequest, WhyNotRequest
from api.service import Needs, serving, who
from api.supposing import briefly, check_variants, nearest_with, varied
from triage.assessment import Assessment, as_json
from triage.errors import InputError
from triage.model import Text

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["triage"], dependencies=[Depends(Needs("triage"))])
VARIANTS = 50


@router.post(
    "/triage",
    operation_id="triage_fault",
    summary="Assess a call",
    response_model=TriageAnswer,
    responses=problems("overloaded", body=True),
    openapi_extra=takes(TriageRequest, the_first_question=CALL_OPENING, a_decision=CALL_DECIDED, with_a_reading=CALL_WITH_METER),
)
async def triage_fault(request: Request) -> Response:
    """What the fault is, what to ask next, what to do. Nothing is remembered but the decision's record in the log.

    Send everything known so far with every request; answer the `question` of the answer by adding its fact. `status` says what to
    do now: `needs_input` ask on; `decided` act on `decision`; `handover` somebody finds out; `contradictory` clear that up first.
    `alerts` come first, always.
    """
    service, body = serving(request), await body_of(request)
    asked = await asked_of(service, body, trace_of(request).language, now())
    decision = await decide(service, asked, who(request))
    return json_response(request, envelope(decision, service.journal.record(decision.line)))


@router.post(
    "/triage/batch",
    operation_id="triage_batch",
    summary="Assess several calls",
    response_model=BatchAnswer,
    responses=problems("overloaded", body=True),
    openapi_extra=takes(BatchRequest, two_calls=BATCH),
)
async def triage_batch(request: Request) -> Response:
    """Each call for itself: a wrong one gets its problem, the others their answers."""
    service, body = serving(request), await body_of(request)
    unknown_keys(body, ("calls",), "")
    given = body.get("calls")
    most = service.settings.batch
    if not isinstance(given, list) or not 1 <= len(given) <= most:
        raise _wrong("/calls", Text(f"1 到 {most} 通电话的列表", f"a list of 1 to {most} calls"))
    for place, call in enumerate(given):
        object_of(call, f"/calls/{place}")
    answers = [await _entry(request, call) for call in given]
    return json_response(request, b'{"answers":[%b]}' % b",".join(answers))


@router.post(
    "/what-if",
    operation_id="what_if",
    summary="Try other answers",
    response_model=WhatIfAnswer,
    responses=problems("overloaded", body=True),
    openapi_extra=takes(WhatIfRequest, neighbours=WHAT_IF),
)
async def what_if(request: Request) -> Response:
    """What each of some other answers would change. Nothing is logged."""
    service, body = serving(request), await body_of(request)
    run, wrong, vary = service.evaluator.run, Gathering(), _listed(body.get("vary"))
    with wrong:
        if not 1 <= len(vary) <= VARIANTS:
            raise _wrong("/vary", Text(f"1 到 {VARIANTS} 个对象的列表", f"a list of 1 to {VARIANTS} objects"))
    asked = await _asked_beside(request, body, ("vary",), wrong)
    with wrong:
        await run(check_variants, asked, vary, "/vary")
    wrong.tell()
    as_it_is = await run(briefly, asked)
    variants = [_variant(as_it_is, await run(varied, asked, more)) for more in vary]
    question = as_it_is.question.id if as_it_is.question else None
    answer = {"status": as_it_is.status, "question": question, "variants": variants, "knowledge": as_json(as_it_is.knowledge)}
    return json_response(request, orjson.dumps(answer))


@router.post(
    "/why-not",
    operation_id="why_not",
    summary="Why not another result",
    response_model=WhyNotAnswer,
    responses=problems("overloaded", "too-complex", body=True),
    openapi_extra=takes(WhyNotRequest, why_not_the_meter=WHY_NOT),
)
async def why_not(request: Request) -> Response:
    """The smallest change of answers after which a target would have a value. Nothing is logged."""
    service, body = serving(request), await body_of(request)
    wrong = Gathering()
    for name in ("target", "value"):
        with wrong:
            _text(body.get(name), f"/{name}")
    asked = await _asked_beside(request, body, ("target", "value"), wrong)
    wrong.tell()
    found = await service.evaluator.run(nearest_with, asked, body["target"], body["value"])
    return json_response(request, orjson.dumps({"why_not": as_json(found), "knowledge": as_json(asked.base.name)}))


async def _entry(request: Request, given: Body) -> bytes:
    """The answer to one call of a batch, or its problem."""
    service, trace = serving(request), trace_of(request)
    language = language_told(given) or trace.language
    try:
        asked = await asked_of(service, given, language, now())
        decision = await decide(service, asked, who(request))
    except (InputError, ProblemError) as error:
        return b'{"answer":null,"problem":%b}' % rendered(problem_for(error), language, trace.request_id)
    return b'{"answer":%b,"problem":null}' % envelope(decision, service.journal.record(decision.line))


async def _asked_beside(request: Request, body: Body, beside: tuple[str, ...], wrong: Gathering) -> Asked:
    """What the rest of a body asks for.

    Raises:
        ProblemError: Something is not accepted; with everything that was found wrong before.
    """
    with wrong:
        asked = await asked_of(serving(request), body, trace_of(request).language, now(), beside)
        if wrong.any:
            prepared(asked)  # what else is
        return asked
    raise wrong.problem()


def _variant(before: Assessment, after: Assessment) -> dict[str, Any]:
    was, would = ({name: stated.value for name, stated in card.items()} for card in (before.provisional, after.provisional))
    said = {alert.id for alert in before.alerts}
    names = [*was, *(name for name in would if name not in was)]
    return {
        "status": after.status,
        "stop_reason": after.stop_reason,
        "question": after.question.id if after.question else None,
        "decision": [
            {"name": name, "before": was.get(name), "after": would.get(name)}
            for name in names
            if was.get(name) != would.get(name)
        ],
        "alerts": [alert.id for alert in after.alerts if alert.id not in said],
        "contradictions": [clash.id for clash in after.contradictions],
        "warnings": as_json(after.warnings),
    }


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _text(given: Any, pointer: str) -> str:
    if not isinstance(given, str) or not given:
        raise _wrong(pointer, Text("文字", "text"))
    return given


def _wrong(pointer: str, wanted: Text) -> ProblemError:
    text = Text(f"应为{wanted.zh}", f"expected {wanted.en}")
    return ProblemError("invalid-input", text, [Fault("wrong-type", pointer, text)])
