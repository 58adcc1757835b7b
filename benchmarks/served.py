"""The service in a process of its own, with routes beside it that only measuring needs: `/empty`, which answers a body of some
size (told to `/size`) and does nothing, behind the same door and middleware; `/figures`, processor time and memory.

Run as `python -m benchmarks.served '{…}'`, with the fields of `Served`.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time, sleep
from typing import Any

import uvicorn
from fastapi import Depends, Request
from fastapi.responses import Response

from api import logs
from api.app import make_app
from api.auth import hashed
from api.bases import Base, Bases
from api.ids import now
from api.routes.answering import json_response
from api.service import Needs
from api.settings import Settings
from api.storage import keys
from api.storage.database import Database
from api.storage.upgrading import upgrade
from api.wire import LISTENING
from benchmarks.calls import ROOT, load_base
from benchmarks.load import Script, Seen, load, prepared, request
from benchmarks.measuring import peak_megabytes
from triage.expert import ExpertSystem

__all__ = ["Running", "Served", "serving"]

CACHE_BYTES = 16_000_000
"""Memory for answers worked out before: enough for the usual situations, and soon full."""


@dataclass(frozen=True, slots=True)
class Served:
    """What is served.

    Attributes:
        base: See `benchmarks.calls`.
        data: Folder of the service.
        key: The API key that works.
        database: URL of a PostgreSQL; None: SQLite in `data`.
    """

    base: str
    port: int
    data: str
    key: str
    database: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A running service."""

    port: int
    headers: dict[str, str]

    def figures(self, size: int | None = None) -> dict[str, float]:
        """Of the process: `processor` seconds of all threads so far, `megabytes` held now, answers `remembered` so far.

        Args:
            size: What `/empty` is to answer from now on.
        """
        found: dict[str, float] = {}

        def script() -> Script:
            if size is not None:
                yield request("POST", "/size", str(size).encode(), self.headers)
            answer = yield request("GET", "/figures", b"", self.headers)
            found.update(json.loads(answer.body))

        load(self.port, [script()])
        return found

    def send(self, requests: list[bytes], connections: int = 8) -> Seen:
        """Send requests; see `benchmarks.load`."""
        return load(self.port, prepared(requests, connections))


@contextmanager
def serving(base: str, **options: Any) -> Iterator[Running]:
    """The service, ready for requests.

    Raises:
        RuntimeError: It does not start.
    """
    with TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        told = Served(base, port, folder, f"tk_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}", **options)
        command = [sys.executable, "-m", "benchmarks.served", json.dumps(asdict(told))]
        with (Path(folder) / "log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, stdout=log) as process:
            try:
                _wait(process, port)
                yield Running(port, {"Authorization": f"Bearer {told.key}"})
            finally:
                process.terminate()
                process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    while True:
        if process.poll() is not None:
            raise RuntimeError("the service did not start")
        try:
            load(port, prepared([request("GET", "/livez", b"", {})], 1))
        except ConnectionError:
            sleep(0.05)
        else:
            return


def main(told: Served) -> None:
    """Serve until told to end."""
    settings = Settings(data=Path(told.data), database=told.database, require_keys=True, per_second=0, cache_bytes=CACHE_BYTES)
    _make_ready(settings, told.key)
    logs.set_up(settings.log_level)
    app = make_app(settings, Bases([Base(ExpertSystem(load_base(told.base)))]))
    body = b""

    @app.post("/empty", dependencies=[Depends(Needs("triage"))])
    async def empty(request: Request) -> Response:
        return json_response(request, body)

    @app.post("/size")
    async def size(request: Request) -> Response:
        nonlocal body
        body = b" " * int(await request.body())
        return json_response(request, b"{}")

    @app.get("/figures")
    async def figures(request: Request) -> Response:
        counted = re.search(rb"^triage_remembered_total (\S+)", app.state.service.metrics.text(), re.MULTILINE)
        found = {"processor": process_time(), "megabytes": _megabytes(), "remembered": float(counted[1]) if counted else 0.0}
        return json_response(request, json.dumps(found).encode())

    uvicorn.run(app, host="127.0.0.1", port=told.port, **LISTENING)


def _make_ready(settings: Settings, key: str) -> None:
    """The tables, and the key."""
    database = Database(settings.database_url, 1)
    upgrade(database)
    row = {"id": key.split("_")[1], "name": "benchmark", "hash": hashed(key), "scopes": "triage calls", "created_at": now()}
    with database.writing() as connection:
        keys.add(connection, row)
    database.close()


def _megabytes() -> float:
    """Memory held now; the most held so far where the system does not tell."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * 4096 / 1e6 if told.exists() else peak_megabytes()


if __name__ == "__main__":
    main(Served(**json.loads(sys.argv[1])))
