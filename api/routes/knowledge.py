"""What the loaded bases hold: for clients that build forms, generate code or explain rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from api import contract, describing
from api.bases import Base, Wanted
from api.parameters import known_only
from api.problems import ProblemError
from api.routes.answering import json_response, problems
from api.schemas.answers import Description, FactList, KnowledgeList, MessageList, QuestionList, RuleShown, TargetList
from api.service import Needs, serving
from triage.errors import InputError, nearest
from triage.model import Text

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["knowledge"], dependencies=[Depends(Needs(None)), Depends(known_only)])
Name = Annotated[str, Path(description="A base's name.", examples=["power"])]
BaseVersion = Annotated[str | None, Query(description="Another version than the active one.")]
MISSING = problems("not-found", "invalid-input")


@router.get(
    "/knowledge",
    operation_id="list_knowledge",
    summary="The bases",
    response_model=KnowledgeList,
    responses=problems("invalid-input"),
)
async def list_knowledge(request: Request) -> Response:
    """Every version of every base that is loaded."""
    bases = serving(request).bases
    shown = [describing.name_of(base, bases.is_active(base)) for base in bases.all()]
    return json_response(request, orjson.dumps({"knowledge": shown}))


@router.get("/knowledge/{base}", operation_id="get_knowledge", summary="A base", response_model=Description, responses=MISSING)
async def get_knowledge(request: Request, base: Name, version: BaseVersion = None) -> Response:
    """A base in short."""
    found = _base(request, base, version)
    return json_response(request, describing.in_short(found, serving(request).bases.is_active(found)))


@router.get("/knowledge/{base}/facts", operation_id="list_facts", summary="Facts", response_model=FactList, responses=MISSING)
async def list_facts(request: Request, base: Name, version: BaseVersion = None) -> Response:
    """Everything that can be told, with the values it may have."""
    return _document(request, base, version, "facts", describing.facts_of)


@router.get(
    "/knowledge/{base}/questions",
    operation_id="list_questions",
    summary="Questions",
    response_model=QuestionList,
    responses=MISSING,
)
async def list_questions(request: Request, base: Name, version: BaseVersion = None) -> Response:
    """Everything that can be asked, and of whom."""
    return _document(request, base, version, "questions", describing.questions_of)


@router.get(
    "/knowledge/{base}/decisions",
    operation_id="list_decisions",
    summary="Decisions",
    response_model=TargetList,
    responses=MISSING,
)
async def list_decisions(request: Request, base: Name, version: BaseVersion = None) -> Response:
    """Everything that can be concluded: what stands in `decision` and `candidates`."""
    return _document(request, base, version, "decisions", describing.decisions_of)


@router.get(
    "/knowledge/{base}/messages", operation_id="list_messages", summary="Messages", response_model=MessageList, responses=MISSING
)
async def list_messages(request: Request, base: Name, version: BaseVersion = None) -> Response:
    """Everything that can be said: alerts, advice, the script, lines of the work order."""
    return _document(request, base, version, "messages", describing.messages_of)


@router.get(
    "/knowledge/{base}/schema",
    operation_id="get_facts_schema",
    summary="JSON Schema of a call",
    response_class=JSONResponse,
    responses={200: contract.DOCUMENT, **MISSING},
)
async def get_schema(request: Request, base: Name, version: BaseVersion = None) -> Response:
    """A JSON Schema of a call's body that names every fact of the base with its values: for forms and language models' tools."""
    return _document(request, base, version, "schema", lambda found: orjson.dumps(contract.schema_of(found)))


@router.get(
    "/knowledge/{base}/openapi.json",
    operation_id="get_typed_openapi",
    summary="OpenAPI document of a base",
    response_class=JSONResponse,
    responses={200: contract.DOCUMENT, **MISSING},
)
async def get_openapi(request: Request, base: Name, version: BaseVersion = None) -> Response:
    """This service's OpenAPI document with the facts of the base named and typed: generate a client from it."""
    app = request.app
    return _document(request, base, version, "openapi", lambda found: orjson.dumps(contract.typed(app, found)))


@router.get("/rules/{rule}", operation_id="get_rule", summary="A rule", response_model=RuleShown, responses=MISSING)
async def get_rule(
    request: Request,
    rule: Annotated[str, Path(description="A rule's id, as answers cite it.", examples=["card-meter-empty"])],
    base: Annotated[str | None, Query(description="Its base, where several have a rule of that id.")] = None,
    version: BaseVersion = None,
) -> Response:
    """When a rule speaks, what it says, why, and where that is written."""
    bases = serving(request).bases
    looked = [_base(request, base, version)] if base else [found for found in bases.all() if bases.is_active(found)]
    for found in looked:
        if rule in found.knowledge.rules:
            return json_response(request, describing.rule_of(found, found.knowledge.rules[rule]))
    near = nearest(rule, [name for found in looked for name in found.knowledge.rules])
    zh, en = (f"；是不是 `{near}`？", f"; did you mean `{near}`?") if near else ("", "")
    raise ProblemError("not-found", Text(f"没有这条规则{zh}", f"there is no such rule{en}"))


def _document(request: Request, base: str, version: str | None, part: str, make: Callable[[Base], Any]) -> Response:
    found = _base(request, base, version)
    tag = f'"{found.name.digest[:32]}-{part}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return json_response(request, found.document(part, lambda: make(found)), headers=headers)


def _base(request: Request, name: str, version: str | None) -> Base:
    try:
        return serving(request).bases.find(Wanted(name, version))
    except InputError as error:
        zh, en = (f"；可以是：{'、'.join(error.accepted)}", f"; loaded: {', '.join(error.accepted)}")
        raise ProblemError("not-found", Text(error.text.zh + zh, error.text.en + en)) from None
