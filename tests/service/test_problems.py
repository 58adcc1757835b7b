"""Whatever is sent, the answer says what is wrong, where, and what to do; never a 5xx."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from typing import Any

import httpx
import pytest

from api.problems import KINDS
from api.versions.packing import MOST_BYTES
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


@pytest.mark.parametrize("path", ["/v1/triage", "/v1/what-if", "/v1/why-not", "/v1/calls"])
def test_problems_speak_the_language_of_the_options(shared: Server, path: str) -> None:
    body = {"facts": {"complaint": "x"}, "vary": [{}], "target": "fault", "value": "meter", "options": {"language": "en-GB"}}
    answer = shared.send("POST", path, body, 422, Accept_Language="zh")
    assert (answer.headers["content-language"], answer.json()["title"]) == ("en", "The request's content is not accepted")


def test_each_call_of_a_batch_has_its_own_language(shared: Server) -> None:
    calls = [{"facts": {"complaint": "x"}, "options": {"language": language}} for language in ("en", "zh")]
    answers = shared.post("/v1/triage/batch", {"calls": calls})["answers"]
    assert [answer["problem"]["title"].isascii() for answer in answers] == [True, False]


def test_everything_wrong_with_a_body_is_told_at_once(shared: Server) -> None:
    body = {
        "fact": {},
        "facts": {"complaint": "x", "balance": {"valu": 1, "observed_at": "y", "ttl_seconds": "z"}, "danger_signs": ["a", "b"]},
        "fields": {"address": 1},
        "no_answer": {"balance": ["nobody"]},
        "options": {"explain": "all", "language": "fr", "systems": ["s"], "test_traffic": 1},
    }
    problem = shared.post("/v1/triage", body, 422)
    assert {fault["pointer"] for fault in problem["errors"]} == {
        *("/fact", "/facts/complaint", "/facts/balance", "/facts/balance/valu", "/facts/balance/observed_at"),
        *("/facts/balance/ttl_seconds", "/facts/danger_signs/0", "/facts/danger_signs/1", "/fields/address"),
        *("/no_answer/balance/0", "/options/explain", "/options/language", "/options/systems/0", "/options/test_traffic"),
    }


def test_mistakes_without_number_are_not_all_told(shared: Server) -> None:
    fields: dict[str, Any] = {f"f{number}": number for number in range(500)}
    assert len(shared.post("/v1/triage", {"fields": fields}, 422)["errors"]) == 20


@pytest.mark.parametrize(
    ("path", "body", "pointers"),
    [
        ("what-if", {"changes": []}, ["/vary", "/changes"]),
        ("what-if", {"vary": 1, "facts": {"scope": "x"}}, ["/vary", "/facts/scope"]),
        ("what-if", {"vary": None}, ["/vary"]),
        ("what-if", {"facts": {"scope": "x"}, "vary": [{"scope": "y"}, 3]}, ["/facts/scope", "/vary/0/scope", "/vary/1"]),
        ("why-not", {"result": {}}, ["/target", "/value", "/result"]),
        ("why-not", {"target": "fault", "valu": 1, "facts": {"scope": "x"}}, ["/value", "/valu", "/facts/scope"]),
    ],
)
def test_everything_wrong_with_a_supposition_is_told(shared: Server, path: str, body: Any, pointers: list[str]) -> None:
    assert [fault["pointer"] for fault in shared.post(f"/v1/{path}", body, 422)["errors"]] == pointers


def test_keys_that_a_route_takes_are_among_the_accepted(shared: Server) -> None:
    fault = shared.post("/v1/what-if", {"changes": [], "vary": [{}]}, 422)["errors"][0]
    assert (fault["code"], "vary" in fault["accepted"]) == ("unknown-key", True)


@pytest.mark.parametrize(("given", "found"), [(3, "`3`"), (True, "`true`"), (None, "`null`")])
def test_a_value_of_a_wrong_kind_is_told_as_it_was_sent(shared: Server, given: Any, found: str) -> None:
    fault = shared.post("/v1/triage", {"facts": {"scope": given}, "options": {"language": "en"}}, 422)["errors"][0]
    assert (found in fault["detail"], fault["accepted"][0]) == (True, "home_only")


def test_a_number_in_quotes_is_told_that_a_number_would_do(shared: Server) -> None:
    facts = {"meter_voltage": "400"}
    fault = shared.post("/v1/triage", {"facts": facts, "options": {"language": "en"}}, 422)["errors"][0]
    assert "a number in V will do, not in quotes" in fault["detail"]
    assert "不带引号的数（V）" in shared.post("/v1/triage", {"facts": facts}, 422)["errors"][0]["detail"]


@pytest.mark.parametrize("path", ["/v1/decisions?sinc=x", "/v1/decisions/export?sinc=x", "/v1/knowledge?x=1"])
def test_query_parameters_nobody_knows_are_refused(shared: Server, path: str) -> None:
    fault = shared.get(path, 422, Accept_Language="en")["errors"][0]
    name = path.partition("?")[2].partition("=")[0]
    assert (fault["code"], fault["pointer"]) == ("unknown-parameter", f"query:{name}")
    assert fault["nearest"] == ("since" if name == "sinc" else None)


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=0", "limit=501", "status=x", "engines_agree=x", "since=x", "fault=%00", "cursor=x"]
)
def test_wrong_query_parameters_are_told_in_both_languages(shared: Server, query: str) -> None:
    for language, wanted in (("zh", "应为"), ("en", "expected")):
        problem = shared.get(f"/v1/decisions?{query}", 422, Accept_Language=language)
        assert wanted in problem["detail"]
        assert "Input should" not in str(problem)


def test_a_date_is_its_midnight_in_utc(shared: Server) -> None:
    shared.post("/v1/triage", {"facts": {"complaint": "no_power"}})
    same = [shared.get(f"/v1/decisions?limit=1&until={until}") for until in ("2026-01-01", "2026-01-01T08:00:00%2B08:00")]
    assert same[0] == same[1]
    shared.get("/v1/decisions?since=2026-02-30", 422)


def test_who_sends_too_much_in_one_go_reads_why(shared: Server) -> None:
    for path, size in (("/v1/triage", 5_000_000), ("/v1/knowledge/power/versions", MOST_BYTES + 5_000_000)):
        wanted = urllib.request.Request(
            f"http://127.0.0.1:{shared.port}{path}", b"x" * size, {"Content-Type": "application/json", "Accept-Language": "en"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(wanted)  # noqa: S310
        with refused.value as answer:
            assert (answer.code, json.load(answer)["code"]) == (413, "too-large")


def test_who_asks_first_is_told_before_anything_is_sent(shared: Server) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as line:
        head = "POST /v1/triage HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n"
        line.sendall(head.encode())
        assert line.recv(12) == b"HTTP/1.1 413"


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
