"""The service as its callers meet it: a real server on a port of this machine, in a thread of the test."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from api.app import make_app
from api.bases import Bases
from api.service import Service
from api.settings import Settings
from api.storage.database import Database
from api.storage.upgrading import upgrade
from api.wire import LISTENING

__all__ = ["Server", "decided", "migrated", "serve"]


@dataclass
class Server:
    """A running service and a client of it."""

    client: httpx.Client
    service: Service
    port: int

    def post(self, path: str, body: Any, status: int = 200, **headers: str) -> dict[str, Any]:
        """Send JSON and read the answer, which must have a status."""
        return self.send("POST", path, body, status, **headers).json()  # type: ignore[no-any-return]

    def get(self, path: str, status: int = 200, **headers: str) -> dict[str, Any]:
        """Read JSON with a status."""
        return self.send("GET", path, None, status, **headers).json()  # type: ignore[no-any-return]

    def send(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> httpx.Response:
        """Send a request whose answer must have a status; `_` in names of headers stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.request(method, path, json=body, headers=named)
        assert answer.status_code == status, answer.text
        return answer


@contextmanager
def serve(settings: Settings, bases: Bases) -> Iterator[Server]:
    """The service with some settings."""
    app = make_app(settings, bases)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, **LISTENING))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                time.sleep(0.01)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                yield Server(client, app.state.service, port)
        finally:
            server.should_exit = True
            thread.join(timeout=30)


def migrated(settings: Settings) -> Settings:
    """The same settings, their database ready."""
    database = Database(settings.database_url, 1)
    upgrade(database)
    database.close()
    return settings


def decided(assessment: dict[str, Any]) -> dict[str, str]:
    """The values of a decision."""
    return {name: stated["value"] for name, stated in assessment["decision"].items()}
