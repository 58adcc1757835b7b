"""Whether it works: for load balancers, monitors and people on call."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse, Response

from api.metrics import CONTENT_TYPE
from api.routes.answering import json_response, problems
from api.schemas.answers import Health, Version
from api.service import Needs, Service, serving
from triage.assessment import as_json

__all__ = ["API_VERSION", "router", "software"]

API_VERSION = "1.0.0"
"""Of the interface: the first number changes when a client may break."""

router = APIRouter(tags=["operation"])
ANY_KEY = [Depends(Needs(None))]


@router.get(
    "/livez",
    operation_id="get_liveness",
    summary="Does the process live",
    response_class=PlainTextResponse,
    responses=problems(key=False),
)
async def livez() -> Response:
    """`ok` as long as the process answers at all."""
    return PlainTextResponse("ok")


@router.get(
    "/readyz",
    operation_id="get_readiness",
    summary="Does everything work",
    response_model=Health,
    responses={503: {"model": Health, "description": "Something does not."}, **problems(key=False)},
)
async def readyz(
    request: Request,
    of: Annotated[
        Literal["all", "triage"], Query(description="`triage`: only what assessments need, which go on without the database.")
    ] = "all",
) -> Response:
    """Rules loaded, both engines agreeing on a self-test, the database reachable."""
    service = serving(request)
    checks = [_rules(service), _engines(service)]
    if of == "all":
        checks.append({"name": "database", **_said(await service.database.answers(), "", "not reachable")})
    ready = all(check["fine"] for check in checks)
    service.metrics.ready.set(ready)
    return json_response(request, orjson.dumps({"ready": ready, "checks": checks}), 200 if ready else 503)


@router.get(
    "/version",
    operation_id="get_version",
    summary="What runs here",
    response_model=Version,
    responses=problems(),
    dependencies=ANY_KEY,
)
async def get_version(request: Request) -> Response:
    """Versions of software, interface and knowledge."""
    names = [as_json(base.name) for base in serving(request).bases.all()]
    return json_response(request, orjson.dumps({"software": software(), "api": API_VERSION, "knowledge": names}))


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses=problems(),
    dependencies=ANY_KEY,
)
async def get_metrics(request: Request) -> Response:
    """Decisions by fault and action, questions, disagreements of the engines, latencies; of all workers of this machine."""
    return Response(serving(request).metrics.text(), media_type=CONTENT_TYPE)


def software() -> str:
    """The version of this software."""
    try:
        return version("power-triage")
    except PackageNotFoundError:  # run from the source tree
        return "0"


def _rules(service: Service) -> dict[str, object]:
    loaded, lagging = len(service.bases.all()), service.versions.lagging
    behind = "; not usable here: " + ", ".join(f"{base} {digest[:12]}" for base, digest in lagging.items()) if lagging else ""
    return {"name": "rules", "fine": loaded > 0 and not lagging, "detail": f"{loaded} loaded{behind}"}


def _engines(service: Service) -> dict[str, object]:
    disagreeing = [base.name.name for base in service.bases.all() if not service.agreed.get(base.name.digest)]
    return {"name": "engines", **_said(not disagreeing, "", "not agreed: " + ", ".join(disagreeing))}


def _said(fine: bool, good: str, bad: str) -> dict[str, object]:
    return {"fine": fine, "detail": good if fine else bad}
