"""A client that is no bottleneck: prepared requests over a few kept connections, one after another on each. Runs in a process of
its own: `python -m benchmarks.load PORT CONNECTIONS FILE`, requests as JSON Lines; prints what it saw as JSON.
"""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from time import perf_counter

__all__ = ["Seen", "load", "request"]

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run saw.

    Attributes:
        seconds: From the first request to the last answer.
        each: Seconds of every request, in the order they were answered.
        refused: Answers without a 2xx.
        bytes: Of all bodies.
    """

    seconds: float
    each: Sequence[float]
    refused: int
    bytes: int


@dataclass(slots=True)
class _Line:
    """One connection and what is coming in on it."""

    socket: socket.socket
    began: float = 0.0
    received: bytes = b""

    def send(self, raw: bytes) -> None:
        self.received, self.began = b"", perf_counter()
        self.socket.sendall(raw)

    def answer(self) -> tuple[bool, int] | None:
        """Whether the answer is a 2xx and how long its body is; None: not all of it is there."""
        self.received += self.socket.recv(262_144)
        head, gap, body = self.received.partition(b"\r\n\r\n")
        told = _LENGTH.search(head + b"\r\n") if gap else None
        if not self.received or (gap and told is None):
            raise ConnectionError(self.received[:200])
        if told is None or len(body) < int(told[1]):
            return None
        return head.startswith(b"HTTP/1.1 2"), len(body)


def request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A request as it goes over the wire."""
    given = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (
        method.encode(),
        path.encode(),
        b"".join(f"{name}: {value}\r\n".encode() for name, value in given.items()),
        body,
    )


def load(port: int, connections: int, requests: Sequence[bytes]) -> Seen:
    """Send all requests.

    Raises:
        ConnectionError: The server hung up, or its answers have no length.
    """
    waiting: Iterator[bytes] = iter(requests)
    each: list[float] = []
    refused = size = 0
    with DefaultSelector() as selector:
        for raw in _first(waiting, connections):
            line = _Line(socket.create_connection(("127.0.0.1", port)))
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.socket, EVENT_READ, line)
            line.send(raw)
        began = min(key.data.began for key in selector.get_map().values())
        while len(each) < len(requests):
            for key, _ in selector.select():
                line = key.data
                found = line.answer()
                if found is None:
                    continue
                each.append(perf_counter() - line.began)
                refused += not found[0]
                size += found[1]
                following = next(waiting, None)
                if following is not None:
                    line.send(following)
        seconds = perf_counter() - began
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return Seen(seconds, each, refused, size)


def _first(waiting: Iterator[bytes], count: int) -> list[bytes]:
    return [raw for _, raw in zip(range(count), waiting, strict=False)]


def main(port: str, connections: str, file: str) -> None:
    """Loads the requests of a file and prints what it saw."""
    requests = [line.encode("latin-1") for line in json.loads(Path(file).read_text(encoding="utf-8"))]
    print(json.dumps(asdict(load(int(port), int(connections), requests))))


if __name__ == "__main__":
    main(*sys.argv[1:])
