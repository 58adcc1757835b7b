"""Documentation pages, served from this host with everything they need: call centres have no internet."""

from __future__ import annotations

from html import escape
from importlib.resources import files

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from api.contract import general
from api.observing import trace_of
from api.problems import KINDS, ProblemError

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
ASSETS = {
    "swagger-ui-bundle.js": ("swagger/swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": ("swagger/swagger-ui.css", "text/css"),
    "redoc.standalone.js": ("redoc/redoc.standalone.js", "text/javascript"),
}
POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}
PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}</head>
<body>{body}</body></html>
"""
SWAGGER = PAGE.format(
    language="en",
    title="power-triage",
    head='<link rel="stylesheet" href="/docs/assets/swagger-ui.css">',
    body='<div id="page"></div><script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>',
)
REDOC = PAGE.format(
    language="en",
    title="power-triage",
    head="",
    body='<redoc spec-url="/v1/openapi.json"></redoc><script src="/docs/assets/redoc.standalone.js"></script>',
)
START = """SwaggerUIBundle({url: "/v1/openapi.json", dom_id: "#page", deepLinking: true, persistAuthorization: false,
  defaultModelsExpandDepth: 0, docExpansion: "list", tryItOutEnabled: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"});
"""


@router.get("/v1/openapi.json")
@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    state = request.app.state
    if not hasattr(state, "openapi"):
        state.openapi = orjson.dumps(general(request.app))
    return Response(state.openapi, media_type="application/json")


@router.get("/docs")
async def docs() -> Response:
    """Swagger UI."""
    return HTMLResponse(SWAGGER, headers=POLICY)


@router.get("/docs/start.js")
async def start() -> Response:
    """What starts Swagger UI."""
    return Response(START, media_type="text/javascript")


@router.get("/redoc")
async def redoc() -> Response:
    """ReDoc."""
    return HTMLResponse(REDOC, headers=POLICY)


@router.get("/docs/assets/{name}")
async def asset(name: str) -> Response:
    """Scripts and styles of both, as the package `fastapi-standalone-docs` ships them, with their licences."""
    if name not in ASSETS:
        raise ProblemError("not-found")
    path, kind = ASSETS[name]
    content = (files("fastapi_standalone_docs") / "static" / path).read_bytes()
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/problems/{code}")
async def problem(request: Request, code: str) -> Response:
    """What a kind of problem means, and what to do."""
    if code not in KINDS:
        raise ProblemError("not-found")
    kind, language = KINDS[code], trace_of(request).language
    title, advice = escape(kind.title.get(language)), escape(kind.advice.get(language))
    body = f"<h1>{title}</h1><p><code>{code}</code> · HTTP {kind.status}</p><p>{advice}</p>"
    page = PAGE.format(language=language, title=title, head="", body=body)
    return HTMLResponse(page, headers={**POLICY, "content-language": language})


@router.get("/favicon.ico")
async def icon() -> Response:
    """None; browsers ask for it on their own."""
    return Response(status_code=204)


@router.get("/")
async def root() -> Response:
    """To the documentation."""
    return RedirectResponse("/docs")


@router.get("/llms.txt")
async def llms() -> Response:
    """Where a language model finds what it needs."""
    return PlainTextResponse(
        "# power-triage\n\nFault triage for a power hotline. Send the facts known so far to POST /v1/triage; the answer names\n"
        "the next question, or the decision with its reasons.\n\n- [OpenAPI](/v1/openapi.json)\n- [Bases](/v1/knowledge)\n"
        "- Tools over the Model Context Protocol: streamable HTTP at /mcp\n"
    )
