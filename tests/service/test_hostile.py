"""Sent to a real process over bare sockets: floods, fragments and nonsense are refused with a problem or cut off, others are
served meanwhile, memory stays bounded; and nothing anybody said stands in logs or figures.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.service.processes import Process, started

JSON = b"Content-Type: application/json\r\n"
HOST = b"Host: localhost\r\n"
POST = b"POST /v1/triage HTTP/1.1\r\n" + HOST + JSON
CHUNKED = b"Transfer-Encoding: chunked\r\n"
MEGABYTES = 48
"""What a process may grow by, whatever is sent: far less than is sent."""


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with started(tmp_path_factory.mktemp("hostile"), "--rate", "0") as running:
        yield running
        assert all(line.get("status", 0) < 500 for line in running.logged())
        assert running.end() == 0


def _heads(count: int, size: int) -> bytes:
    return b"".join(b"X-Flood-%d: %b\r\n" % (number, b"a" * size) for number in range(count))


def _body(text: bytes) -> bytes:
    return POST + b"Content-Length: %d\r\n\r\n%b" % (len(text), text)


def _chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


WORDS = b'{"facts":{"trouble":"no_power"}}'
SENT: dict[str, tuple[bytes, set[int]]] = {
    "many headers": (b"GET /livez HTTP/1.1\r\n" + HOST + _heads(20_000, 20) + b"\r\n", {431}),
    "one endless header": (b"GET /livez HTTP/1.1\r\n" + HOST + b"X-Flood: " + b"a" * 20_000_000, {431}),
    "an endless path": (b"GET /" + b"a" * 20_000_000, {431}),
    "endless trailers": (POST + CHUNKED + b"\r\n" + _chunk(WORDS) + b"0\r\n" + _heads(200_000, 60), {431}),
    "chunks of one byte": (POST + CHUNKED + b"\r\n" + b"1\r\n \r\n" * 500_000, {413, 431}),
    "ten megabytes in chunks": (POST + CHUNKED + b"\r\n" + _chunk(b" " * 100_000) * 100, {413}),
    "ten megabytes told": (POST + b"Content-Length: 10000000\r\n\r\n" + b" " * 10_000_000, {413}),
    "a length that is none": (POST + b"Content-Length: many\r\n\r\n{}", {400}),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", {400}),
    "length and chunks": (POST + b"Content-Length: 2\r\n" + CHUNKED + b"\r\n0\r\n\r\n", {400}),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10, {400}),
    "a header without a name": (b"GET /livez HTTP/1.1\r\n: x\r\n\r\n", {400}),
    "a NUL in a header": (b"GET /livez HTTP/1.1\r\n" + HOST + b"X-Api-Key: a\0b\r\n\r\n", {400}),
    "bytes in a path": (b"GET /v1/calls/%ff%fe%00/../.. HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    "a method nobody knows": (b"BREW /v1/triage HTTP/1.1\r\n" + HOST + b"\r\n", {400, 405}),
    "no body": (POST + b"\r\n", {400}),
    "another content type": (_body(b"a=b").replace(b"application/json", b"text/plain"), {415}),
    "a million brackets": (_body(b"[" * 900_000), {400}),
    "a million digits": (_body(b'{"facts":{"trouble":' + b"9" * 900_000 + b"}}"), {400}),
    "the same key over and over": (_body(b'{"facts":{' + b'"trouble":"no_power",' * 40_000 + b'"fire":"seen"}}'), {400}),
    "half a character": (_body(b'{"facts":{"trouble":"\\ud83d"}}'), {400}),
    "text from right to left": (_body('{"facts":{"trouble":"\u202eno_power\u2066"}}'.encode()), {422}),
    "a NUL": (_body(b'{"facts":{"trouble":"no\\u0000power"}}'), {422}),
    "not a number": (_body(b'{"facts":{"voltage":NaN}}'), {400}),
    "a huge number": (_body(b'{"facts":{"voltage":1e308}}'), {422}),
    "a number without end": (_body(b'{"facts":{"voltage":1e309}}'), {422}),
    "a byte order of two bytes": (_body('{"facts":{}}'.encode("utf-16")), {400}),
    "a long word": (_body(b'{"facts":{"trouble":"' + b"a" * 900_000 + b'"}}'), {422}),
    "thousands of unknown parts": (_body(json.dumps({f"fact{number}": 1 for number in range(20_000)}).encode()), {422}),
    "thousands of unknown facts": (_body(json.dumps({"facts": {f"x{number}": 1 for number in range(20_000)}}).encode()), {422}),
    "thousands of wrong answers": (_body(json.dumps({"facts": {"trouble": ["smoke"] * 80_000}}).encode()), {422}),
}


@pytest.mark.parametrize("what", SENT)
def test_what_cannot_be_used_is_refused_with_a_problem(process: Process, what: str) -> None:
    raw, statuses = SENT[what]
    answer = _sent(process.port, raw)
    if answer is None:  # hung up while we were still sending
        assert len(raw) > 1_000_000
    else:
        status, kind, body = answer
        assert (status in statuses, kind) == (True, "application/problem+json"), (status, kind, body[:300])
        problem = json.loads(body)
        assert problem["status"] == status
        assert problem["advice"]
        assert len(body) < 100_000 or len(raw) > 500_000
    assert process.client.post("/v1/triage", content=WORDS).status_code == 200


def test_memory_stays_bounded_whatever_is_sent(process: Process) -> None:
    status = Path(f"/proc/{process.started.pid}/status")
    if not status.exists():
        pytest.skip("memory is read from /proc")
    for raw, _ in SENT.values():  # once, so that what is needed is there
        _sent(process.port, raw)
    before = _peak_reset(process)
    for _ in range(3):
        for raw, _ in SENT.values():
            _sent(process.port, raw)
    lines = [_left_open(process.port, POST + b"Content-Length: 900000\r\n\r\n" + b" " * 800_000) for _ in range(8)]
    assert process.client.post("/v1/triage", content=WORDS).status_code == 200
    grown = _resident(process, "VmHWM") - before
    for line in lines:
        line.close()
    assert grown < MEGABYTES * 1024, f"{grown} kB"


def test_slow_senders_keep_nobody_waiting(process: Process) -> None:
    head = POST + b"Content-Length: %d\r\n\r\n" % len(WORDS)
    lines = [_left_open(process.port, head[: len(head) - cut]) for cut in (0, 0, 1, 30)]
    for place in range(len(WORDS)):
        assert process.client.get("/livez").text == "ok"
        for line in lines[:2]:
            line.sendall(WORDS[place : place + 1])
    for line in lines[:2]:
        answer = HTTPResponse(line)
        answer.begin()
        assert (answer.status, json.loads(answer.read())["assessment"]["status"]) == (200, "needs_input")
    for line in lines:
        line.close()


def test_nothing_callers_say_stands_in_logs_figures_or_errors(process: Process) -> None:
    secret = "Zq7Renmin13800000000"  # noqa: S105 - what a caller said
    header = {"User-Agent": secret, "Cookie": f"s={secret}", "X-Request-Id": f"{secret} {secret}", "Traceparent": secret}
    reading = {"value": "no_power", "observed_at": "2026-01-31T20:15:00Z", "ttl_seconds": 1}
    bodies: list[dict[str, Any]] = [
        {"facts": {"trouble": "no_power"}, "fields": {"address": secret}},
        {"facts": {"trouble": reading, secret: secret}, "fields": {"address": secret, secret: secret}},
        {"facts": {"trouble": "no_power"}, "fields": {"address": secret}, "options": {"region": secret}},
    ]
    for body in bodies:
        assert process.client.post("/v1/triage", json=body, headers=header).status_code == 200
        call = process.client.post(
            "/v1/calls", json={**body, "caller_ref": secret, "place": {"building": secret}}, headers=header
        )
        assert call.status_code == 201
        tag = {"If-Match": '"1"', "Idempotency-Key": secret}
        process.client.patch(call.headers["location"] + "/facts", json={"fields": {"address": secret}}, headers=tag)
    refused = [
        process.client.post("/v1/calls", json={"caller_ref": f"{secret} {secret}"}, headers=header),
        process.client.post("/v1/calls", json={"place": {"building": f"{secret}\n"}}, headers=header),
        process.client.post("/v1/triage", json={"fields": {"address": [secret]}}, headers=header),
        process.client.post("/v1/triage", content=f'{{"fields": {{"address": "{secret}" '.encode(), headers=header),
        process.client.get("/v1/decisions/x", headers={**header, "Authorization": f"Bearer tk_{secret}"}),
        process.client.post(f"/v1/calls?name={secret}", content=b"[", headers=header),
        process.client.get(f"/{secret}", headers=header),
    ]
    assert [answer.status_code for answer in refused] == [422, 422, 422, 400, 401, 400, 404]
    for place in (*(answer.text + str(answer.headers) for answer in refused), process.client.get("/metrics").text):
        assert secret not in place
    logged = process.output[0].read_text(encoding="utf-8")
    assert "/v1/calls/{call_id}/facts" in logged
    assert secret not in logged + process.said


# -- bare sockets


def _sent(port: int, raw: bytes) -> tuple[int, str, bytes] | None:
    """Status, content type and body of the answer; None where the line was cut first."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        with suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(raw)
        try:
            answer = HTTPResponse(line)
            answer.begin()
            return answer.status, answer.headers.get("content-type", ""), answer.read()
        except (ConnectionResetError, HTTPException):
            return None


def _left_open(port: int, raw: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=60)
    line.sendall(raw)
    return line


def _resident(process: Process, name: str) -> int:
    """Kilobytes a process holds now (`VmRSS`), or has held at most (`VmHWM`)."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{process.started.pid}/status").read_text(encoding="utf-8"))
    assert found
    return int(found[1])


def _peak_reset(process: Process) -> int:
    """Kilobytes held now; the peak counts from here."""
    Path(f"/proc/{process.started.pid}/clear_refs").write_text("5", encoding="utf-8")
    return _resident(process, "VmRSS")
