"""A client that is no bottleneck: requests over a few kept connections, one after another on each, without an HTTP library."""

from __future__ import annotations

import re
import socket
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector
from time import perf_counter

__all__ = ["Answer", "Script", "Seen", "load", "prepared", "request"]

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: everything before the body, and the body."""

    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header.

        Raises:
            KeyError: It is not there.
        """
        found = re.search(rb"\r\n%b: ([^\r]*)" % name.encode(), self.head, re.IGNORECASE)
        if found is None:
            raise KeyError(name)
        return found[1].decode("latin-1")


Script = Generator[bytes, Answer, None]
"""What one connection sends: yields a request, is given its answer, yields the next."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run saw.

    Attributes:
        seconds: From the first request to the last answer.
        each: Seconds of every request, in the order they were answered.
        size: Bytes of all bodies.
    """

    seconds: float
    each: Sequence[float]
    size: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.each) / self.seconds


@dataclass(slots=True)
class _Line:
    """One connection and what is coming in on it."""

    socket: socket.socket
    script: Script
    began: float = 0.0
    received: bytes = b""

    def send(self, raw: bytes) -> None:
        self.received, self.began = b"", perf_counter()
        self.socket.sendall(raw)

    def answer(self) -> Answer | None:
        """The answer; None: not all of it is there."""
        more = self.socket.recv(262_144)
        self.received += more
        head, gap, body = self.received.partition(b"\r\n\r\n")
        told = _LENGTH.search(head + b"\r\n") if gap else None
        if not more or (gap and told is None):
            raise ConnectionError(self.received[:200])
        if told is None or len(body) < int(told[1]):
            return None
        if not head.startswith(b"HTTP/1.1 2"):
            raise ConnectionError(self.received[:2000])
        return Answer(head, body)


def request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A request as it goes over the wire."""
    given = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def prepared(requests: Sequence[bytes], connections: int) -> list[Script]:
    """Scripts that send requests made before, each of them once."""
    waiting = iter(requests)

    def script(waiting: Iterator[bytes]) -> Script:
        for raw in waiting:  # noqa: UP028 - a list takes no answers
            yield raw

    return [script(waiting) for _ in range(connections)]


def load(port: int, scripts: Sequence[Script]) -> Seen:
    """Run all scripts at once, each over a connection of its own.

    Raises:
        ConnectionError: The server hung up, or an answer has no length or no 2xx.
    """
    each: list[float] = []
    size = 0
    with DefaultSelector() as selector:
        for script in scripts:
            first = next(script, None)
            if first is not None:
                line = _Line(socket.create_connection(("127.0.0.1", port)), script)
                line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(line.socket, EVENT_READ, line)
                line.send(first)
        began = perf_counter()
        while selector.get_map():
            for key, _ in selector.select():
                line = key.data
                found = line.answer()
                if found is None:
                    continue
                each.append(perf_counter() - line.began)
                size += len(found.body)
                try:
                    line.send(line.script.send(found))
                except StopIteration:
                    selector.unregister(line.socket)
                    line.socket.close()
        return Seen(perf_counter() - began, each, size)
