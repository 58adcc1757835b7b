"""Versions of knowledge bases: loading, activating, rolling back, asking candidates behind the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from api.doors import object_of, parsed, unknown_keys
from api.observing import trace_of
from api.once import Write, claim_of, once
from api.parameters import known_only
from api.problems import Fault, ProblemError
from api.routes.answering import IdempotencyKey, IfMatch, body_of, json_response, problems, replied, takes
from api.schemas.versions import (
    FilesAnswer,
    LoadedAnswer,
    RollbackRequest,
    ShadowAnswer,
    ShadowRequest,
    VersionDiff,
    VersionsAnswer,
)
from api.service import Needs, Service, serving
from api.storage import knowledge as stored
from api.versions import doing, managing
from api.versions.packing import ARCHIVES, Files, from_archive, from_texts
from triage.model import Text

__all__ = ["router"]

router = APIRouter(
    prefix="/v1/knowledge/{base}", tags=["versions"], dependencies=[Depends(Needs("knowledge")), Depends(known_only)]
)
NAMED = r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$"
PLAIN = r"^[^\x00-\x1f\x7f]{1,500}$"
Name = Annotated[str, Path(pattern=NAMED, description="A base's name.", examples=["power"])]
Version = Annotated[str, Path(pattern=NAMED, description="A digest, its beginning (8 digits or more), or a version's name.")]
WRITE = ("in-progress", "key-reused")
CHANGE = (*WRITE, "not-found", "several-versions", "if-match-needed", "bad-request", "versions-changed", "knowledge-refused")
ETAG = {"ETag": {"description": "For `If-Match`: how the versions stand.", "schema": {"type": "string"}}}
EXAMPLE = {"files": {"base.yaml": "base: {id: power, version: 0.2.0, …}", "rules/meter.yaml": "rules: […]"}}


def _takes_files() -> dict[str, Any]:
    content: dict[str, Any] = {
        "application/json": {"schema": {"$ref": "#/components/schemas/VersionRequest"}, "example": EXAMPLE},
        **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in ARCHIVES},
    }
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/versions",
    operation_id="load_version",
    summary="Load a version",
    status_code=201,
    response_model=LoadedAnswer,
    responses={
        200: {"model": LoadedAnswer, "description": "It was loaded before."},
        **problems(*WRITE, "knowledge-refused", "overloaded", "too-complex", body=True),
    },
    openapi_extra=_takes_files(),
)
async def load_version(
    request: Request,
    base: Name,
    allow_warnings: Annotated[bool, Query(description="Load it although the check warns.")] = False,
    note: Annotated[str | None, Query(pattern=PLAIN, description="For the history.")] = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Keep a version after a check over all calls (`triage check`), which may take seconds. It answers once it is activated; till
    then calls may ask for it by its digest, and it may be put in shadow. What the check finds comes back with file and line.
    """
    files, service, key_id = await _files(request), serving(request), trace_of(request).key_id
    return await _write(
        request, idempotency_key, lambda: doing.load(service, base, files, key_id, allow_warnings, note), follow=False
    )


@router.get(
    "/versions",
    operation_id="list_versions",
    summary="The versions of a base",
    response_model=VersionsAnswer,
    responses={200: {"headers": ETAG}, **problems("not-found")},
)
async def list_versions(request: Request, base: Name) -> Response:
    """Every version that was loaded, by whom and when; which is active; what was done, latest first."""
    service = serving(request)
    found = await _read(service, managing.shown, base, doing.disk_of(service, base))
    if not found["versions"] and found["active"] is None:
        raise ProblemError("not-found", managing.no_base(base))
    return json_response(request, orjson.dumps(found), headers={"ETag": f'"{found["number"]}"'})


@router.get(
    "/versions/{version}",
    operation_id="get_version_files",
    summary="The files of a version",
    response_model=FilesAnswer,
    responses=problems("not-found", "several-versions"),
)
async def get_version_files(request: Request, base: Name, version: Version) -> Response:
    """As they were sent."""
    service = serving(request)
    row = await _read(service, managing.find_version, base, version)
    found = await _read(service, managing.standing_of, base)
    files = await _read(service, stored.files_of, row["digest"])
    shown = managing.version_shown(row, found, doing.disk_of(service, base))
    return json_response(request, orjson.dumps({"version": shown, "files": files}))


@router.post(
    "/versions/{version}/activate",
    operation_id="activate_version",
    summary="Let a version answer",
    response_model=VersionsAnswer,
    responses={200: {"headers": ETAG}, **problems(*CHANGE)},
)
async def activate_version(
    request: Request, base: Name, version: Version, if_match: IfMatch = None, idempotency_key: IdempotencyKey = None
) -> Response:
    """No request is turned away meanwhile: those under way end with the version they began with, and so do calls. Other workers
    and machines follow within seconds. A candidate in shadow is asked no more.
    """
    service, key_id = serving(request), trace_of(request).key_id
    return await _write(request, idempotency_key, lambda: doing.activate(service, base, version, if_match, key_id))


@router.post(
    "/rollback",
    operation_id="roll_back_version",
    summary="Go back to the version before",
    response_model=VersionsAnswer,
    responses={200: {"headers": ETAG}, **problems(*CHANGE, "no-previous", body=True)},
    openapi_extra=takes(RollbackRequest),
)
async def roll_back_version(
    request: Request, base: Name, if_match: IfMatch = None, idempotency_key: IdempotencyKey = None
) -> Response:
    """The version left is withdrawn: calls begun with it go on with the one that is active then, their answers kept, and say so
    in `moved_from`.
    """
    body = await body_of(request)
    unknown_keys(body, ("reason",), "")
    reason = body.get("reason")
    if reason is not None and not (isinstance(reason, str) and len(reason) <= 500):
        raise _wrong("/reason", Text("至多 500 个字符的文字", "text of at most 500 characters"))
    service, key_id = serving(request), trace_of(request).key_id
    return await _write(request, idempotency_key, lambda: doing.roll_back(service, base, if_match, key_id, reason))


@router.put(
    "/shadow",
    operation_id="begin_shadow",
    summary="Ask a candidate behind the answers",
    response_model=VersionsAnswer,
    responses={
        200: {"headers": ETAG},
        **problems(*WRITE, "not-found", "several-versions", "versions-changed", "knowledge-refused", body=True),
    },
    openapi_extra=takes(ShadowRequest),
)
async def begin_shadow(request: Request, base: Name, idempotency_key: IdempotencyKey = None) -> Response:
    """The candidate is asked about a share of live calls after they were answered; it never answers itself, and no call waits for
    it. Only calls that the active version answered are compared, and no test traffic.
    """
    body = await body_of(request)
    unknown_keys(body, ("digest", "share"), "")
    named, share = body.get("digest"), body.get("share", 1.0)
    if not (isinstance(named, str) and 0 < len(named) <= 200 and named.isprintable()):
        raise _wrong("/digest", Text("一个版本的摘要或名称", "the digest or name of a version"))
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise _wrong("/share", Text("大于 0、不超过 1 的数", "a number above 0 and at most 1"))
    service, key_id = serving(request), trace_of(request).key_id
    return await _write(request, idempotency_key, lambda: doing.begin_shadow(service, base, named, share, key_id))


@router.delete(
    "/shadow",
    operation_id="end_shadow",
    summary="Ask the candidate no more",
    response_model=VersionsAnswer,
    responses={200: {"headers": ETAG}, **problems(*WRITE, "versions-changed")},
)
async def end_shadow(request: Request, base: Name, idempotency_key: IdempotencyKey = None) -> Response:
    """What was found stays."""
    service, key_id = serving(request), trace_of(request).key_id
    return await _write(request, idempotency_key, lambda: doing.end_shadow(service, base, key_id))


@router.get(
    "/shadow",
    operation_id="get_shadow",
    summary="What a candidate would answer otherwise",
    response_model=ShadowAnswer,
    responses=problems("not-found"),
)
async def get_shadow(request: Request, base: Name) -> Response:
    """Counted over all workers and machines, about a second behind."""
    return json_response(request, orjson.dumps(await _read(serving(request), managing.shadow_shown, base)))


@router.get(
    "/versions/{version}/diff",
    operation_id="compare_versions",
    summary="What differs between two versions",
    response_model=VersionDiff,
    responses=problems("not-found", "several-versions", "overloaded", "too-complex", "knowledge-gone"),
)
async def compare_versions(
    request: Request,
    base: Name,
    version: Version,
    against: Annotated[str | None, Query(pattern=NAMED, description="Another version than the active one.")] = None,
) -> Response:
    """On how many calls, from what to what, by which rules, each with an example: exactly, over all calls (`triage diff`)."""
    return json_response(request, await doing.compared(serving(request), base, version, against))


async def _files(request: Request) -> Files:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    body = await request.body()
    if kind in ARCHIVES:
        return from_archive(body)
    if kind != "application/json":
        raise ProblemError("not-json-content", Text("应为 JSON、zip 或 tar", f"expected application/json, {', '.join(ARCHIVES)}"))
    given = parsed(body, serving(request).settings.depth)
    unknown_keys(given, ("files",), "")
    return from_texts(object_of(given.get("files"), "/files"))


async def _write(request: Request, key: str | None, work: Callable[[], Awaitable[Write]], follow: bool = True) -> Response:
    service, url = serving(request), request.url
    claim = claim_of(key, trace_of(request).key_id, request.method, f"{url.path}?{url.query}", await request.body())
    reply = await once(service.database, claim, work)
    if follow:
        await doing.follow(service)
    return replied(reply)


async def _read(service: Service, work: Callable[..., Any], *parts: Any) -> Any:
    def read() -> Any:
        with service.database.reading() as connection:
            return work(connection, *parts)

    return await service.database.run(read)


def _wrong(pointer: str, wanted: Text) -> ProblemError:
    text = Text(f"应为{wanted.zh}", f"expected {wanted.en}")
    return ProblemError("invalid-input", text, [Fault("wrong-type", pointer, text)])
