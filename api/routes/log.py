"""The decision log as a whole: paged to be looked at, exported to be replayed and reported on."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import anyio.to_thread
import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import BeforeValidator
from starlette.background import BackgroundTask

from api import exporting
from api.ids import ID_PATTERN, now, stamp
from api.parameters import TIME, known_only
from api.problems import Fault, ProblemError
from api.routes.answering import json_response, problems
from api.schemas.log import DecisionPage
from api.service import Needs, Service, serving
from api.storage import log
from api.storage.log import Selection
from triage.logs import LogError
from triage.model import Text

__all__ = ["router"]

router = APIRouter(prefix="/v1/decisions", tags=["decisions"], dependencies=[Depends(Needs("log")), Depends(known_only)])
JSON_LINES, PARQUET = "application/x-ndjson", "application/vnd.apache.parquet"
IDS = r"^[\x21-\x7e]{1,200}$"
Status = Literal["needs_input", "decided", "handover", "contradictory"]
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _written_out(given: object) -> object:
    """A date is its midnight in UTC; keeps pydantic from taking a number for seconds since 1970."""
    if isinstance(given, str) and _DATE.fullmatch(given):
        return f"{given}T00:00:00Z"
    if isinstance(given, str) and given.count("-") < 2:
        raise ValueError(TIME.en)
    return given


Since = Annotated[datetime | None, BeforeValidator(_written_out), Query(description=f"Made then or later: {TIME.en}.")]
Until = Annotated[datetime | None, BeforeValidator(_written_out), Query(description=f"Made before: {TIME.en}.")]
Base = Annotated[str | None, Query(pattern=IDS, description="A base's name.")]
Digest = Annotated[str | None, Query(pattern=IDS, description="A version's digest.")]
WithStatus = Annotated[Status | None, Query(description="How the call stood.")]
Fault_ = Annotated[str | None, Query(pattern=IDS, alias="fault", description="A value of `fault`.")]
Action = Annotated[str | None, Query(pattern=IDS, description="A value of `action`.")]
Call = Annotated[str | None, Query(pattern=ID_PATTERN, description="Of one call.")]
Agree = Annotated[bool | None, Query(description="false: those on which the engines disagreed.")]
Test = Annotated[bool, Query(description="Test calls, too.")]
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One record a line (see docs/logs.md), or a Parquet file.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (JSON_LINES, PARQUET)},
    }
}


def selection(
    since: Since = None,
    until: Until = None,
    base: Base = None,
    digest: Digest = None,
    status: WithStatus = None,
    fault: Fault_ = None,
    action: Action = None,
    call_id: Call = None,
    engines_agree: Agree = None,
    test_traffic: Test = True,
) -> Selection:
    """Which decisions are wanted."""
    return Selection(
        _moment(since, "since"),
        _moment(until, "until"),
        base,
        digest,
        status,
        fault,
        action,
        call_id,
        engines_agree,
        test_traffic,
    )


Wanted = Annotated[Selection, Depends(selection)]


@router.get(
    "",
    operation_id="list_decisions_logged",
    summary="Decisions, latest first",
    response_model=DecisionPage,
    responses={200: {"headers": {"Link": {"description": "The next page.", "schema": {"type": "string"}}}}, **problems()},
)
async def list_decisions(
    request: Request,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=500, description="Decisions on a page.")] = 50,
    cursor: Annotated[str | None, Query(pattern=ID_PATTERN, description="`next` of the page before.")] = None,
) -> Response:
    """Decisions that reached the database; a fresh one takes a moment."""
    rows = await serving(request).database.run(_newest, serving(request), wanted, cursor, limit + 1)
    more = rows[limit - 1]["id"] if len(rows) > limit else None
    answer = {"decisions": [_in_short(row) for row in rows[:limit]], "next": more}
    headers = {}
    if more is not None:
        asked = {name: value for name, value in request.query_params.items() if name != "cursor"}
        headers["Link"] = f'<{request.url.path}?{urlencode({**asked, "cursor": more})}>; rel="next"'
    return json_response(request, orjson.dumps(answer), headers=headers)


@router.get(
    "/export",
    operation_id="export_decisions",
    summary="The decision log as a file",
    response_class=Response,
    responses={**FILES, **problems()},
)
async def export_decisions(
    request: Request,
    wanted: Wanted,
    kind: Annotated[Literal["jsonl", "parquet"], Query(alias="format", description="JSON Lines or Parquet.")] = "jsonl",
) -> Response:
    """Records, earliest first, with what was found on the spot: what `triage replay` and `triage report` read. What is decided
    after it began is left out; a transfer that breaks off ends without its last chunk.
    """
    service = serving(request)
    whole = replace(wanted, until=min(wanted.until or now(), now()))
    if kind == "jsonl":
        first = await service.database.run(exporting.page, service.database, whole, "")
        headers = {"content-disposition": 'attachment; filename="decisions.jsonl"'}
        return StreamingResponse(_streamed(service, whole, first), media_type=JSON_LINES, headers=headers)
    path = await anyio.to_thread.run_sync(_parquet, service, whole)
    return FileResponse(path, media_type=PARQUET, filename="decisions.parquet", background=BackgroundTask(os.unlink, path))


def _moment(given: datetime | None, name: str) -> datetime | None:
    """A time in UTC."""
    try:
        if given is None or given.tzinfo is not None:
            return given and given.astimezone(UTC)
    except OverflowError:
        pass
    text = Text(f"`{name}` 应为{TIME.zh}", f"`{name}`: expected {TIME.en}")
    raise ProblemError("invalid-input", text, [Fault("wrong-type", f"query:{name}", text)])


async def _streamed(service: Service, wanted: Selection, first: tuple[bytes, str, int]) -> AsyncIterator[bytes]:
    text, after, count = first
    while text:
        yield text
        if count < exporting.PAGE:
            return
        text, after, count = await service.database.run(exporting.page, service.database, wanted, after)


def _parquet(service: Service, wanted: Selection) -> Path:
    """A Parquet file of the log.

    Raises:
        ProblemError: This service cannot write one.
        DatabaseGoneError: The log cannot be read.
    """
    handle, name = mkstemp(prefix="triage-", suffix=".parquet")
    os.close(handle)
    path = Path(name)
    try:
        exporting.to_parquet(service.database, wanted, path)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, LogError):
            text = Text(error.text.zh, error.text.en)
            raise ProblemError("invalid-input", text, [Fault("unknown-value", "query:format", text, ("jsonl",))]) from error
        raise
    return path


def _newest(service: Service, wanted: Selection, cursor: str | None, most: int) -> list[dict[str, Any]]:
    with service.database.reading() as connection:
        return log.newest(connection, wanted, cursor, most)


def _in_short(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "decision_id": row["id"],
        "at": stamp(row["at"]),
        "call_id": row["call_id"],
        "test_traffic": row["test_traffic"],
        "knowledge": {"name": row["base"], "version": row["base_version"], "digest": row["digest"]},
        **{name: row[name] for name in ("status", "fault", "action", "engines_agree")},
    }
