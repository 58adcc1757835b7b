"""The service put together: `make_app` for one process; `create` for worker processes, told their settings by environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api import logs
from api.bases import Bases
from api.contract import general
from api.limits import BodyLimit
from api.mcp.endpoint import Endpoint
from api.observing import METHODS, Observing, problem_for
from api.routes import calls, decisions, documents, health, knowledge, log, triage, versions
from api.routes.health import API_VERSION, software
from api.service import Service
from api.settings import Settings
from api.versions.packing import MOST_BYTES

__all__ = ["create", "make_app"]

DESCRIPTION = """Fault triage for a power hotline: what a caller says goes in; the fault, **the next question**, the dispatch
decision, alerts, wording, the work order and the reasons come out.

**Start here:** `POST /v1/triage` with the facts known so far. Add the answer to `assessment.question` and send it again, until
`status` is `decided` or `handover`; if it is `contradictory`, clear up `contradictions` first. Or let the service keep the call:
`POST /v1/calls`. `GET /v1/knowledge/{base}/facts` lists what can be told; `GET /v1/knowledge/{base}/openapi.json` is this
document with those facts named and typed.

Answers are in Chinese unless `Accept-Language` or `options.language` asks for English. Everything that goes wrong is a problem
(`application/problem+json`) that says where and what to do.
"""
TAGS = [
    {"name": "triage", "description": "Assessments; nothing is remembered but the log."},
    {"name": "calls", "description": "Calls that are kept, with their history."},
    {"name": "knowledge", "description": "What the loaded bases hold."},
    {"name": "versions", "description": "Which version of a base answers."},
    {"name": "decisions", "description": "The decision log."},
    {"name": "operation", "description": "Whether it works."},
]


def make_app(settings: Settings, bases: Bases | None = None) -> FastAPI:
    """The app of one process.

    Args:
        bases: The bases to serve, where they are open already; else those in the settings are opened.

    Raises:
        KnowledgeError: A base has mistakes.
    """
    service = Service.open(settings, bases or Bases.open(settings.bases))

    mcp = Endpoint(software())

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(service.start)
        async with mcp.running():
            yield
        await anyio.to_thread.run_sync(service.close)

    app = FastAPI(
        title="power-triage",
        summary="Rule-based fault triage for a power hotline",
        description=DESCRIPTION,
        version=API_VERSION,
        openapi_tags=TAGS,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=life,
        redirect_slashes=False,
    )
    app.state.service = service
    for module in (triage, calls, knowledge, versions, log, decisions, health, documents):
        app.include_router(module.router)
    app.router.routes.append(mcp.route)
    for error in (HTTPException, RequestValidationError):
        app.add_exception_handler(error, _as_problem)
    app.add_middleware(BodyLimit, limit=settings.body_bytes, uploads=MOST_BYTES)
    app.add_middleware(Observing, metrics=service.metrics)  # the outermost
    app.openapi = lambda: general(app)  # type: ignore[method-assign]
    return app


def create() -> FastAPI:
    """The app of a worker process."""
    settings = Settings.from_environment(os.environ)
    logs.set_up(settings.log_level)
    return make_app(settings)


async def _as_problem(request: Request, error: Exception) -> NoReturn:
    """Let what the framework found go the way of everything that goes wrong: out to `api.observing`."""
    problem = problem_for(error)
    if problem.status == 405:
        problem.headers["Allow"] = ", ".join(_allowed(request))
    raise problem


def _allowed(request: Request) -> list[str]:
    """The methods of every route of a path; the framework tells those of the first."""
    routes = request.app.router.routes
    asked = ({**request.scope, "method": method} for method in METHODS)
    return [scope["method"] for scope in asked if any(route.matches(scope)[0] is Match.FULL for route in routes)]
