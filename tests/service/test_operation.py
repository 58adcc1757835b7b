"""What operating the service takes, in real processes: start, health, figures, logs, documents without the internet, the end."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sqlite3
from html.parser import HTMLParser
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from api.asking import Asked
from api.bases import Base, Bases
from api.evaluating import Evaluator
from api.metrics import Metrics
from api.service import Service
from api.settings import Settings
from tests.service.processes import SMALL, started, waited
from tests.service.serving import Server, migrated, serve
from triage.cli import Exit, main
from triage.inference import Inference
from triage.verdict import Conclusion, Derivation, Verdict

CALL: dict[str, Any] = {"facts": {}}
SERVE = ("serve", str(SMALL), "--host", "127.83.9.5")
"""On an address of this machine on which nobody else listens."""


def test_one_command_starts_it_and_a_signal_ends_it_with_everything_kept(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        decision = process.client.post("/v1/triage", json=CALL, headers={"X-Request-Id": "r-1"}).json()
        assert process.end() == 0
        assert "there is no API key" in process.said
        assert "Traceback" not in process.said
        request = next(line for line in process.logged() if line.get("request_id") == "r-1")
    assert (request["event"], request["route"], request["status"]) == ("request", "/v1/triage", 200)
    assert list((tmp_path / "data" / "spool").iterdir()) == []
    with started(tmp_path) as process:
        assert process.client.get(f"/v1/decisions/{decision['decision_id']}").json()["logged"] == "stored"


def test_what_is_under_way_is_answered_before_the_end_and_nothing_new_is_taken(tmp_path: Path) -> None:
    body = json.dumps(CALL).encode()
    with started(tmp_path) as process:
        under_way = {path: _half_sent(process.port, path, body) for path in ("/v1/triage", "/v1/calls", "/v1/what-if")}
        waited(lambda: process.client.get("/livez").text == "ok")  # by now their first halves were read
        process.started.send_signal(signal.SIGTERM)
        waited(lambda: _refused(process.port))
        answers = {path: _rest_sent(line, body) for path, line in under_way.items()}
        assert process.started.wait(timeout=60) == 0
    assert [status for status, _ in answers.values()] == [200, 201, 422]
    with sqlite3.connect(tmp_path / "data" / "triage.db") as database:
        logged = {row[0] for row in database.execute("SELECT id FROM decisions")}
    assert logged == {told["decision_id"] for status, told in answers.values() if status < 400}


def test_several_workers_share_calls_and_add_up_their_figures(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as process:
        locations = []
        for _ in range(8):
            with httpx.Client(base_url=process.client.base_url) as own:
                locations.append(own.post("/v1/calls", json=CALL).headers["location"])
        for location in locations:
            with httpx.Client(base_url=process.client.base_url) as own:
                assert own.get(location).status_code == 200
        assert _total(process.client.get("/metrics").text, "triage_decisions_total") == 8
        assert process.end() == 0
        assert {line["status"] for line in process.logged() if line.get("route") == "/v1/calls"} == {201}


def test_keys_are_made_listed_and_revoked_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path), "--lang", "en"]
    assert main(["keys", "create", "--name", "desktop", "--scope", "triage", *data]) == Exit.FINE
    secret = re.search(r"tk_([0-9a-f]+)_\S+", capsys.readouterr().out)
    assert secret
    main(["keys", "list", *data])
    listed = capsys.readouterr().out
    assert secret[1] in listed
    assert secret[0] not in listed
    assert main(["keys", "revoke", secret[1], *data]) == Exit.FINE
    assert main(["keys", "revoke", secret[1], *data]) == Exit.WRONG_USE
    assert "no valid key" in capsys.readouterr().err


def test_the_database_is_upgraded_when_told_and_says_where_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres_server: str
) -> None:
    assert main(["db", "status", "--data", str(tmp_path), "--lang", "en"]) == Exit.FINE
    assert "version none" in capsys.readouterr().out
    assert main([*SERVE, "--database", postgres_server, "--data", str(tmp_path), "--lang", "en"]) == Exit.WRONG_USE
    assert "triage db upgrade" in capsys.readouterr().err
    assert main(["db", "downgrade", "--data", str(tmp_path)]) == Exit.WRONG_USE
    assert main(["db", "upgrade", "--data", str(tmp_path), "--lang", "en"]) == Exit.FINE
    assert re.search(r"version (\d{4}), this software needs \1\.", capsys.readouterr().out)
    assert main(["purge", "--older-than", "30", "--data", str(tmp_path), "--lang", "en"]) == Exit.FINE
    assert "calls 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "`nonsense` cannot be used"),
        ("mysql://x:geheim@h/y", "`mysql://x:***@h/y` cannot be used"),
        ("sqlite://", "cannot be used"),
        ("sqlite:///:memory:", "cannot be used"),
        ("postgresql+psycopg2://x/y", "cannot be used"),
        ("postgresql://x:geheim@h:99999/y", "cannot be used"),
        ("postgresql://x:geheim@127.0.0.1:1/y?no_such=1", "cannot be used"),
        ("sqlite:///{file}/x.db", "`{file}` is in the way"),
        ("sqlite:///{folder}", "Is a directory"),
    ],
)
@pytest.mark.parametrize("command", [("keys", "list"), ("log", "export"), SERVE])
def test_a_database_that_cannot_be_used_is_told_in_a_sentence(
    command: tuple[str, ...], url: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = _in_the_way(tmp_path)
    given = ["--database", url.format_map(places), "--data", str(tmp_path / "data"), "--lang", "en"]
    assert main([*command, *given]) == Exit.WRONG_USE
    said = capsys.readouterr()
    assert told.format_map(places) in said.err
    assert "geheim" not in said.err
    assert not said.out


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://x:geheim@127.0.0.1:1/y?sslmode=bogus", 'invalid sslmode value: "bogus"'),
        ("postgresql://x:geheim@127.0.0.1:1/y", "cannot be reached: postgresql+psycopg://x:***@127.0.0.1:1/y (connection"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_with_what_it_says(
    url: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["keys", "list"], ["log", "export"]):
        assert main([*command, "--database", url, "--lang", "en"]) == Exit.WRONG_USE
        said = capsys.readouterr()
        assert told in said.err
        assert "geheim" not in said.err
        assert not said.out


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{file}", {"en": "`{file}` is in the way", "zh": "`{file}` 不是文件夹"}),
        ("{file}/below", {"en": "`{file}/below` cannot be used: Not a directory", "zh": "路径中间有一段不是文件夹"}),
        ("/proc/none/data", {"en": "No such file or directory", "zh": "没有这个文件或文件夹"}),
        ("{folder}", {"en": "{folder}/triage.db", "zh": "是文件夹，不是文件"}),
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        SERVE,
        ("mcp", str(SMALL)),
        ("keys", "list"),
        ("db", "status"),
        ("purge", "--older-than", "9"),
        ("log", "export"),
        ("knowledge", "list"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_folder_for_data_that_cannot_be_made_is_told_in_a_sentence(
    command: tuple[str, ...], data: str, told: dict[str, str], lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = _in_the_way(tmp_path)
    assert main([*command, "--data", data.format_map(places), "--lang", lang]) == Exit.WRONG_USE
    said = capsys.readouterr()
    assert told[lang].format_map(places) in said.err
    assert "--data" in said.err
    assert not said.out


@pytest.mark.parametrize("command", [SERVE, ("mcp", str(SMALL))])
def test_a_service_that_could_record_nothing_does_not_start(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spool").touch()
    assert main([*command, "--data", str(tmp_path), "--lang", "en"]) == Exit.WRONG_USE
    assert f"`{tmp_path}/spool` is in the way" in capsys.readouterr().err


def test_that_a_decision_is_not_recorded_is_logged_with_the_reason_and_the_place(tmp_path: Path) -> None:
    (tmp_path / "spool").touch()
    settings = migrated(Settings(data=tmp_path))
    service = Service.open(settings, Bases([]))
    with capture_logs() as logged:
        assert service.journal.record(b"{}\n") == "failed"
    service.close()
    (line,) = logged
    assert (line["event"], line["why"]) == ("decision not recorded", "File exists")
    assert line["folder"] == str(tmp_path / "spool")


def _in_the_way(tmp_path: Path) -> dict[str, str]:
    """A file, and a folder where a database's file should be."""
    (tmp_path / "file").touch()
    (tmp_path / "folder" / "triage.db").mkdir(parents=True)
    return {"file": str(tmp_path / "file"), "folder": str(tmp_path / "folder")}


def test_a_taken_port_is_told_before_anything_is_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port, "--data", str(tmp_path), "--lang", "en"]) == Exit.WRONG_USE
    assert "is taken" in capsys.readouterr().err


def test_figures_count_decisions_by_fault_and_action_without_test_calls(server: Server) -> None:
    body = {"facts": {"complaint": "danger_seen", "danger_signs": ["smoke"]}}
    for test in (False, False, True):
        server.post("/v1/triage", {**body, "options": {"test_traffic": test}})
    server.post("/v1/triage", {"facts": {"complaint": "no_power"}})
    text = server.send("GET", "/metrics").text
    assert _total(text, "triage_decisions_total", action="dispatch_now", test="false") == 2
    assert _total(text, "triage_decisions_total", action="dispatch_now", test="true") == 1
    assert _total(text, "triage_questions_total", question="danger_signs") == 1
    assert _total(text, "triage_request_seconds_count", route="/v1/triage") == 4
    assert _total(text, "triage_engine_disagreements_total") == 0


def test_engines_that_disagree_are_counted_and_not_ready(
    settings: Settings, opened: tuple[Base, Base], monkeypatch: pytest.MonkeyPatch
) -> None:
    bases = Bases([opened[1]])
    real = Inference.infer

    def wrong(self: Inference, counted: Any) -> Any:
        verdict, trace = real(self, counted)
        first = next(iter(verdict.conclusions))
        return Derivation(Verdict({**verdict.conclusions, first: Conclusion("nonsense", (), ())}), trace)

    monkeypatch.setattr(Inference, "infer", wrong)
    with serve(settings, bases) as server:
        assert [check["fine"] for check in server.get("/readyz", 503)["checks"]] == [True, False, True]
        answer = server.post("/v1/triage", {"options": {"max_questions": 0}})
        assert answer["assessment"]["stop_reason"] == "engines_disagree"
        assert _total(server.send("GET", "/metrics").text, "triage_engine_disagreements_total") == 1
        record = server.get(f"/v1/decisions/{answer['decision_id']}")
    assert record["engines_agree"] is False
    assert record["verdicts"]["evaluation"] != record["verdicts"]["experta"]


def test_a_trace_goes_on_and_a_request_keeps_its_id(shared: Server) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = shared.client.get("/v1/knowledge", headers={"traceparent": parent, "X-Request-Id": "desk-7"})
    version, trace, span, flags = answer.headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01")
    assert span != "b7ad6b7169203331"
    assert answer.headers["x-request-id"] == "desk-7"
    wild = shared.client.get("/v1/knowledge", headers={"traceparent": "00-" + "0" * 32 + "-x", "X-Request-Id": "a b"})
    assert wild.headers["x-request-id"] != "a b"
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", wild.headers["traceparent"])


def test_liveness_and_version(shared: Server, opened: tuple[Base, Base]) -> None:
    assert shared.client.get("/livez").text == "ok"
    found = shared.get("/version")
    assert [name["digest"] for name in found["knowledge"]] == [base.knowledge.digest for base in opened]


def test_documentation_needs_nothing_from_elsewhere(shared: Server) -> None:
    for page in ("/docs", "/redoc"):
        answer = shared.send("GET", page)
        wanted = _Wanted()
        wanted.feed(answer.text)
        assert wanted.found
        for address in wanted.found:
            assert address.startswith("/")
            assert len(shared.send("GET", address).content) > 100
        assert "https:" not in answer.headers["content-security-policy"]
    shared.get("/docs/assets/..%2f..%2fpyproject.toml", 404)


def test_memory_for_answers_is_bounded(opened: tuple[Base, Base]) -> None:
    evaluator = Evaluator(1, 10, 50_000, Metrics())

    async def ask() -> None:
        for number in range(20):
            given = {"fields": {"address": f"house {number}"}}
            await evaluator.answer(Asked(opened[0], given, {"language": "en", "now": "2026-01-31T20:15:00Z"}, False, False))

    asyncio.run(ask())
    evaluator.close()
    assert 0 < evaluator._bytes <= 50_000
    assert evaluator._bytes == sum(kept.size + len(key) for key, kept in evaluator._kept.items())


def _half_sent(port: int, path: str, body: bytes) -> socket.socket:
    """A request whose body stops in the middle."""
    line = socket.create_connection(("127.0.0.1", port))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    line.sendall(head.encode() + body[:3])
    return line


def _rest_sent(line: socket.socket, body: bytes) -> tuple[int, Any]:
    with line:
        line.sendall(body[3:])
        answer = HTTPResponse(line)
        answer.begin()
        return answer.status, json.loads(answer.read())


def _refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


class _Wanted(HTMLParser):
    """Addresses a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in ("src", "spec-url") or (tag == "link" and name == "href" and not value.startswith("data:"))):
                self.found.append(value)


def _total(text: str, name: str, **labels: str) -> float:
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())
