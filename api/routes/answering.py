"""What routes share: how bodies are declared, how answers are sent, which problems may come."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response
from pydantic import BaseModel

from api.doors import Body, language_told, read_json
from api.observing import trace_of
from api.once import Reply
from api.problems import KINDS, MEDIA_TYPE
from api.schemas.answers import ProblemAnswer
from api.service import serving

__all__ = ["IdempotencyKey", "IfMatch", "body_of", "json_response", "problems", "replied", "takes"]

KEY_PATTERN = r"^[\x21-\x7e]{1,255}$"
BODY_KINDS = ("not-json", "too-large", "not-json-content", "invalid-input")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="Makes the write happen once: a retry with the same key gets the same answer.",
    ),
]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="The `ETag` of the call as you know it.")]


async def body_of(request: Request) -> Body:
    """The body of a request, a JSON object. From here on the answer is in the language it asks for.

    Raises:
        ProblemError: It is none.
    """
    body, trace = await read_json(request, serving(request).settings.depth), trace_of(request)
    told = language_told(body)
    if told is not None:
        trace.language, trace.insists = told, True
    return body


def takes(model: type[BaseModel], **examples: Any) -> dict[str, Any]:
    """How a route declares its body: `openapi_extra`. `api.contract` adds the model itself.

    Args:
        examples: By name, bodies that work on the shipped bases; tests send every one of them.
    """
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    if examples:
        content["examples"] = {name.replace("_", " "): {"value": value} for name, value in examples.items()}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def problems(*codes: str, body: bool = False, key: bool = True) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for `responses`."""
    named = [
        *codes,
        *(BODY_KINDS if body else ()),
        *(("key-needed", "scope-needed", "too-many-requests", "database-gone") if key else ()),
    ]
    by_status: dict[int | str, list[str]] = {}
    for code in dict.fromkeys([*named, "internal"]):
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        status: {
            "model": ProblemAnswer,
            "description": " · ".join(KINDS[code].title.en for code in found),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}},
        }
        for status, found in sorted(by_status.items(), key=str)
    }


def json_response(request: Request, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer made as bytes."""
    return Response(body, status, {"content-language": trace_of(request).language, **(headers or {})}, "application/json")


def replied(reply: Reply) -> Response:
    """The answer to a write."""
    return Response(reply.body, reply.status, reply.headers, "application/json")
