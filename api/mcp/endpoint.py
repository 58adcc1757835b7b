"""`/mcp`: streamable HTTP without sessions, behind the same door as REST: keys, rates, sizes, JSON.

Any worker answers any request. Answers are plain JSON; there is no stream to keep open, so only POST is served. Requests from web
pages are refused but for pages of this machine: what a page may make a browser send must not reach the tools (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fastapi import Request
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from api.doors import read_json
from api.mcp.asker import Asker
from api.mcp.server import make_server
from api.observing import trace_of
from api.problems import ProblemError
from api.service import Needs, serving, who
from api.settings import LOOPBACK
from triage.model import Text

__all__ = ["PATH", "Endpoint"]

PATH = "/mcp"
_ANY_KEY = Needs(None)


class Endpoint:
    """The route, as one process serves it; `running` around its life."""

    def __init__(self, version: str) -> None:
        self._manager = StreamableHTTPSessionManager(make_server(_asker, version), json_response=True, stateless=True)
        self.route = Route(PATH, self, include_in_schema=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve; once only."""
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ProblemError: It is refused before any message is looked at.
        """
        scope["route"] = self.route
        request = Request(scope, receive)
        scope["caller"] = await _ANY_KEY(request)
        _refuse_pages(request)
        if request.method != "POST":
            raise ProblemError("method-not-allowed", headers={"Allow": "POST"})
        await read_json(request, serving(request).settings.depth)
        await self._manager.handle_request(scope, _again(await request.body(), receive), send)


def _asker(request: Request) -> Asker:
    return Asker(serving(request), who(request), request.scope["caller"].scopes, trace_of(request).language)


def _refuse_pages(request: Request) -> None:
    """Refuse what a web page sent, unless page and service are both on this machine."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    if _host(origin) not in LOOPBACK or _host(f"//{request.headers.get('host', '')}") not in LOOPBACK:
        raise ProblemError("page-refused", Text("`Origin` 不被接受", "the `Origin` is not accepted"))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, for the SDK, which reads it itself; then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed
