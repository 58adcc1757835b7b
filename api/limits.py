"""How much one caller may ask for: requests per second, and how large a body may be.

Rates are counted per worker process: a guard against one client starving the others, not a quota.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import ProblemError
from triage.model import Text

__all__ = ["BodyLimit", "Rate"]

CALLERS = 10_000
"""Callers whose rate is remembered at once."""


class Rate:
    """Buckets that fill with time: one token a request, `per_second` new ones, at most twice as many saved up. 0: no limit."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count one request.

        Raises:
            ProblemError: There were too many.
        """
        if not self._per_second:
            return
        moment = time.monotonic()
        tokens, before = self._buckets.pop(caller, (2 * self._per_second, moment))
        tokens = min(2 * self._per_second, tokens + (moment - before) * self._per_second)
        if tokens < 1:
            self._buckets[caller] = (tokens, moment)
            seconds = math.ceil((1 - tokens) / self._per_second)
            raise ProblemError("too-many-requests", headers={"Retry-After": str(seconds)})
        self._buckets[caller] = (tokens - 1, moment)
        if len(self._buckets) > CALLERS:
            self._buckets.popitem(last=False)


DRAINED_BYTES = 32_000_000
DRAINED_SECONDS = 3.0
"""How much, and how long, is read and thrown away of a body that is too large."""
UPLOADS = "/versions"
"""How the paths end to which whole knowledge bases are sent."""


class BodyLimit:
    """Middleware that refuses bodies that are too large, before they are in memory.

    Args:
        limit: The most bytes of any body; `uploads`: of a knowledge base.
    """

    def __init__(self, app: ASGIApp, limit: int, uploads: int) -> None:
        self._app = app
        self._limits = {False: limit, True: uploads}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with a watch on bodies whose length is not told."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        limit = self._limits[scope["path"].endswith(UPLOADS)]
        if length is not None and length.isdigit():
            if int(length) > limit:
                if not any(name == b"expect" for name, _ in scope["headers"]):  # who waits to be told has sent nothing yet
                    await _drain(receive)
                raise _too_large(limit)
            await self._app(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                await _drain(receive)
                raise _too_large(limit)
            return message

        await self._app(scope, counted, send)


async def _drain(receive: Receive) -> None:
    """Read on for a while: most clients look at no answer before they have sent everything, and to hang up on them resets it."""
    drained = 0
    with anyio.move_on_after(DRAINED_SECONDS):
        while drained <= DRAINED_BYTES:
            message = await receive()
            drained += len(message.get("body", b""))
            if not message.get("more_body", False):  # that was all, or they hung up
                return


def _too_large(limit: int) -> ProblemError:
    return ProblemError("too-large", Text(f"请求体超过 {limit} 字节", f"the body is larger than {limit} bytes"))
