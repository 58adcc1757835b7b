"""Middleware around everything: request id and trace context, security headers, one log line and one figure per request, and the
one place where whatever went wrong becomes a problem.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.doors import language_of
from api.ids import new_id
from api.logs import described
from api.metrics import Metrics
from api.parameters import fault_of
from api.problems import MEDIA_TYPE, ProblemError, from_input, rendered
from api.storage.database import DatabaseGoneError
from triage.compilation import TooLargeError
from triage.errors import InputError
from triage.model import Language

__all__ = ["METHODS", "Observing", "Trace", "problem_for", "trace_of"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
RETRY_SECONDS = "2"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_LOG = structlog.get_logger("triage.service")

SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),  # heeded over HTTPS only
)
POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
UNCACHED = (b"cache-control", b"no-store")


@dataclass(slots=True)
class Trace:
    """One request on its way.

    Attributes:
        language: Of its answer: what `Accept-Language` asks for, until something else does.
        insists: The request's own body asked for that language.
        key_id: Who sent it, once known.
        open: It was answered without any key.
    """

    request_id: str
    trace_id: str
    span_id: str
    flags: str
    language: Language
    insists: bool = False
    key_id: str = ""
    open: bool = False

    @property
    def traceparent(self) -> str:
        """Its trace context, with our own span."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def trace_of(request: Request) -> Trace:
    """What is known of a request on its way."""
    return request.scope["trace"]  # type: ignore[no-any-return]


class Observing:
    """The middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        scope["trace"] = trace = _trace(scope)
        status = 0

        async def headed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, trace)
            await send(message)

        try:
            await self._app(scope, receive, headed)
        except ClientDisconnect:
            status = status or 499
        except Exception as error:  # noqa: BLE001 - the last place before the server
            problem = problem_for(error)
            if problem.code == "internal":
                _LOG.error("failed", **described(error), request_id=trace.request_id)
            if not status:
                await _send(problem, trace, headed)
        finally:
            self._tell(scope, trace, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, trace: Trace, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.served(method, route, status, seconds)
        _LOG.info(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            request_id=trace.request_id,
            trace_id=trace.trace_id,
            key_id=trace.key_id,
        )


def problem_for(error: Exception) -> ProblemError:
    """The problem to tell of anything that was raised."""
    return next((make(error) for kind, make in _MADE.items() if isinstance(error, kind)), ProblemError("internal"))


_STATUSES = {404: "not-found", 405: "method-not-allowed", 401: "key-needed"}
_MADE: dict[type[Exception], Callable[[Any], ProblemError]] = {
    ProblemError: lambda error: error,
    InputError: from_input,
    DatabaseGoneError: lambda _: ProblemError("database-gone", headers={"Retry-After": RETRY_SECONDS}),
    TooLargeError: lambda _: ProblemError("too-complex"),
    RequestValidationError: lambda error: _of_parameters(error.errors()),
    HTTPException: lambda error: ProblemError(_STATUSES.get(error.status_code, "bad-request"), headers=error.headers),
}


def _of_parameters(found: Sequence[Any]) -> ProblemError:
    faults = [fault_of(one) for one in found]
    return ProblemError("invalid-input", faults[0].detail, faults)


def _trace(scope: Scope) -> Trace:
    wanted, parent, language = b"", b"", None
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            wanted = value
        elif name == b"traceparent":
            parent = value
        elif name == b"accept-language":
            language = value.decode("latin-1")
    request_id = wanted.decode() if _REQUEST_ID.fullmatch(wanted) else new_id()
    found = _TRACEPARENT.fullmatch(parent)
    known = found is not None and found[1] != b"ff" and set(found[2]) != {48} and set(found[3]) != {48}
    trace_id, flags = (found[2].decode(), found[4].decode()) if found is not None and known else (secrets.token_hex(16), "00")
    return Trace(request_id, trace_id, secrets.token_hex(8), flags, language_of(language))


def _add_headers(message: Message, trace: Trace) -> None:
    headers = message["headers"] = list(message.get("headers", ()))
    present = {name for name, _ in headers}
    headers.append((b"x-request-id", trace.request_id.encode()))
    headers.append((b"traceparent", trace.traceparent.encode()))
    headers.extend(SECURITY)
    for own in (POLICY, UNCACHED):
        if own[0] not in present:
            headers.append(own)
    if trace.open:
        headers.append(
            (
                b"x-triage-open",
                b"no API key is needed from this machine; make one with: triage keys create, "
                b"and the --data or --database of this service",
            )
        )


async def _send(problem: ProblemError, trace: Trace, send: Send) -> None:
    body = rendered(problem, trace.language, trace.request_id)
    message: Message = {"type": "http.response.start", "status": problem.status, "headers": []}
    headers = MutableHeaders(raw=message["headers"])
    headers["content-type"] = MEDIA_TYPE
    headers["content-language"] = trace.language
    headers["content-length"] = str(len(body))
    for name, value in problem.headers.items():
        headers[name] = value
    await send(message)
    await send({"type": "http.response.body", "body": body})
