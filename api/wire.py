"""How the server listens: uvicorn's HTTP protocol with a limit on what is not body, and problems where a request cannot be read.

httptools takes headers without end; what comes before a body, between its chunks and after it is counted here. Bodies are
counted by `api.limits`.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.ids import new_id
from api.problems import MEDIA_TYPE, ProblemError, rendered

__all__ = ["LISTENING", "Wire"]

MOST = 64_000
"""Bytes of one request that may be something else than its body."""


class Wire(HttpToolsProtocol):
    """One connection."""

    _beside = 0

    def data_received(self, data: bytes) -> None:
        """Take what comes in."""
        self._beside += len(data)
        super().data_received(data)
        if self._beside > MOST and not self.transport.is_closing():
            self._refuse("headers-too-large")

    def on_body(self, body: bytes) -> None:
        """Bodies do not count here."""
        self._beside -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next request begins anew."""
        super().on_message_complete()
        self._beside = 0

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says more
        """Tell that this is no HTTP, and hang up."""
        self._refuse("bad-request")

    def _refuse(self, code: str) -> None:
        """Hang up, saying why where no answer has begun."""
        if self.cycle is None or self.cycle.response_complete:
            problem = ProblemError(code)
            body = rendered(problem, "zh", new_id())
            headers = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close"
            self.transport.write(f"HTTP/1.1 {problem.status} \r\n{headers}\r\n\r\n".encode() + body)
        self.transport.close()


LISTENING: dict[str, Any] = {
    "http": Wire,
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
}
"""How uvicorn is to be run."""
