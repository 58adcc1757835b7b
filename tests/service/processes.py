"""The service as operators run it: `triage serve` in processes of its own, to be killed, starved and asked to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

__all__ = ["ROOT", "SMALL", "Process", "started", "waited"]

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "cli_knowledge" / "home"
"""A base that is opened quickly."""


@dataclass
class Process:
    """A running service and a client of it.

    Attributes:
        output: What it writes to standard output, and what it says to people.
    """

    started: subprocess.Popen[bytes]
    client: httpx.Client
    port: int
    output: tuple[Path, Path]

    @property
    def said(self) -> str:
        """What it said to people so far."""
        return self.output[1].read_text(encoding="utf-8")

    def logged(self) -> list[dict[str, Any]]:
        """What it logged so far."""
        return [json.loads(line) for line in self.output[0].read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]

    def workers(self) -> list[int]:
        """Ids of its processes that serve, those that have ended among them."""
        begun = "Started server process ["
        return [int(line["event"][len(begun) : -1]) for line in self.logged() if line["event"].startswith(begun)]

    def kill(self) -> None:
        """End every process of it at once, without a word."""
        os.killpg(self.started.pid, signal.SIGKILL)
        self.started.wait(timeout=60)

    def end(self) -> int:
        """Ask it to end: its exit code."""
        self.started.send_signal(signal.SIGTERM)
        return self.started.wait(timeout=60)


@contextmanager
def started(folder: Path, *options: str, bases: Sequence[Path] = (SMALL,)) -> Iterator[Process]:
    """`triage serve` with its data in `folder`, ready for requests."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = ["--port", str(port), "--data", str(folder / "data")]
    command = [sys.executable, "-m", "triage", "serve", *map(str, bases), *place, *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    output = (folder / f"{port}.out", folder / f"{port}.err")
    with (
        output[0].open("wb") as out,
        output[1].open("wb") as err,
        subprocess.Popen(command, stdout=out, stderr=err, env=env, start_new_session=True) as popen,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        process = Process(popen, client, port, output)
        try:
            waited(lambda: _serves(process))
            yield process
        finally:
            if popen.poll() is None:
                process.kill()


def waited(found: Any, seconds: float = 90) -> Any:
    """What a function gives once that is something.

    Raises:
        AssertionError: It never is.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if result := found():
            return result
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def _serves(process: Process) -> bool:
    assert process.started.poll() is None, process.said
    try:
        return process.client.get("/readyz?of=triage").status_code == 200
    except httpx.TransportError:
        return False
