"""Whatever is sent, the answer says what is wrong, where, and what to do; never a 5xx."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from api.problems import KINDS
from tests.service.serving import Server

DEEP = 100_000


def send(server: Server, raw: bytes, path: str = "/v1/triage", **headers: str) -> httpx.Response:
    return server.client.post(path, content=raw, headers={"Content-Type": "application/json", "Accept-Language": "en", **headers})


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "not-json"),
        (b"{", 400, "not-json"),
        (b'{"facts": {}', 400, "not-json"),
        (b"\xff\xfe", 400, "not-json"),
        (b'{"facts": {"complaint": "no_power"}, "facts": {}}', 400, "not-json"),
        (b'{"facts": {"complaint": NaN}}', 400, "not-json"),
        (b'{"facts": {"complaint": -Infinity}}', 400, "not-json"),
        (b'{"facts": {"complaint": "\\ud800"}}', 400, "not-json"),
        (b'{"\\udfff": 1}', 400, "not-json"),
        (b"[" * DEEP + b"]" * DEEP, 400, "not-json"),
        (b'{"a":' * 30 + b"1" + b"}" * 30, 400, "not-json"),
        (b"[]", 422, "invalid-input"),
        (b"null", 422, "invalid-input"),
        (b'"x"', 422, "invalid-input"),
        (b'{"facts": []}', 422, "invalid-input"),
        (b'{"facts": {"complaint": 1e999}}', 422, "invalid-input"),
        (b'{"facts": {"complaint": ' + b"9" * 4000 + b"}}", 422, "invalid-input"),
        (b'{"facts": {"complaint": ' + b"9" * 9000 + b"}}", 400, "not-json"),
        (b'{"facts": {"complaint": "\\u0000"}}', 422, "invalid-input"),
        (b'{"options": {"now": "9999-12-31T23:59:59-14:00"}}', 422, "invalid-input"),
        (b'{"options": {"now": "2026-01-31"}}', 422, "invalid-input"),
        (b'{"options": {"look_ahead": 100000}}', 422, "invalid-input"),
        (b'{"options": {"questions": true}}', 422, "invalid-input"),
        (b'{"options": {"knowledge": 7}}', 422, "invalid-input"),
        (b'{"options": {"language": "fr"}}', 422, "invalid-input"),
        (b'{"facts": {"complaint": {"value": "no_power", "ttl_seconds": "1"}}}', 422, "invalid-input"),
        (b"x" * 2_000_000, 413, "too-large"),
    ],
)
def test_what_cannot_be_used_is_a_problem(shared: Server, raw: bytes, status: int, code: str) -> None:
    answer = send(shared, raw)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["advice"]


def test_a_body_of_ten_megabytes_without_a_length_is_refused(shared: Server) -> None:
    def pieces() -> Any:
        for _ in range(100):
            yield b" " * 100_000

    try:
        answer = shared.client.post("/v1/triage", content=pieces(), headers={"Content-Type": "application/json"})
    except (httpx.WriteError, httpx.ReadError):
        return  # the server hung up while we were still sending
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "pointer", "nearest"),
    [
        ({"facts": {"complaint": "no_powr"}}, "/facts/complaint", "no_power"),
        ({"facts": {"complaint": {"valu": "no_power"}}}, "/facts/complaint/valu", "value"),
        ({"facts": {"danger_signs": ["smok"]}}, "/facts/danger_signs/0", "smoke"),
        ({"facts": {"complaint": {"value": "no_power", "source": "biling"}}}, "/facts/complaint/source", "billing"),
        ({"fact": {}}, "/fact", "facts"),
        ({"a/b~c": {}}, "/a~1b~0c", None),
        ({"options": {"langage": "en"}}, "/options/langage", "language"),
        ({"options": {"knowledge": "powr"}}, "/options/knowledge/name", "power"),
        ({"options": {"knowledge": {"nam": "power"}}}, "/options/knowledge/nam", "name"),
        ({"options": {"knowledge": {"digest": "00"}}}, "/options/knowledge/digest", None),
        ({"options": {"systems": ["biling"]}}, "/options/systems/0", "billing"),
        ({"options": {"test_traffic": "yes"}}, "/options/test_traffic", None),
        ({"no_answer": {"balance": ["biling"]}}, "/no_answer/balance/0", "billing"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_meant(
    shared: Server, body: Any, pointer: str, nearest: str | None
) -> None:
    problem = send(shared, json.dumps(body).encode()).json()
    assert (problem["errors"][0]["pointer"], problem["errors"][0]["nearest"]) == (pointer, nearest)


def test_places_and_callers_are_opaque_ids(shared: Server) -> None:
    for body, pointer in (
        ({"caller_ref": "张三 13800000000"}, "/caller_ref"),
        ({"caller_ref": "a" * 129}, "/caller_ref"),
        ({"place": {"building": "\x00"}}, "/place/building"),
        ({"place": {"house": "x"}}, "/place/house"),
        ({"place": []}, "/place"),
    ):
        assert shared.post("/v1/calls", body, 422)["errors"][0]["pointer"] == pointer


def test_forms_are_not_json(shared: Server) -> None:
    answer = shared.client.post("/v1/triage", data={"facts": "x"})
    assert (answer.status_code, answer.json()["code"]) == (415, "not-json-content")


def test_problems_speak_the_language_asked_for(shared: Server) -> None:
    zh, en = (shared.get("/nowhere", 404, Accept_Language=language)["title"] for language in ("zh-CN", "en-US"))
    assert (zh, en) == ("没有找到", "There is no such thing")


def test_the_type_of_a_problem_is_a_page_of_this_host(shared: Server) -> None:
    problem = shared.get("/nowhere", 404)
    page = shared.send("GET", problem["type"], Accept_Language="en")
    assert KINDS["not-found"].advice.en.replace("`", "`") in page.text
    for code in KINDS:
        assert shared.send("GET", f"/problems/{code}").headers["content-type"].startswith("text/html")
    shared.get("/problems/x", 404)


def test_methods_and_parameters_that_do_not_fit_are_problems(shared: Server) -> None:
    answer = shared.send("DELETE", "/v1/triage", status=405)
    assert answer.headers["allow"] == "POST"
    problem = shared.get("/readyz?of=everything", 422)
    assert problem["errors"][0]["pointer"] == "query:of"


def test_errors_leak_nothing(shared: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    secret = "12 Renmin Road"  # noqa: S105 - what a caller said

    def fail(*_: object) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr(shared.service.evaluator, "remembered", fail)
    answer = httpx.post(f"http://127.0.0.1:{shared.port}/v1/triage", json={"fields": {"address": secret}})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    said = capfd.readouterr()
    assert secret not in answer.text + said.out + said.err
    assert "RuntimeError" in said.out
