"""The decision log leaves the service whole, in order, masked, with what was found; it is replayed, reported on, learnt from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import exporting
from api.bases import Bases
from api.schemas.log import DecisionPage
from api.settings import Settings
from api.storage.database import DatabaseGoneError
from api.storage.log import Selection
from tests.service import editions
from tests.service.editions import NOISY, first, second
from tests.service.processes import ROOT, waited
from tests.service.serving import Server, migrated, serve
from triage.cli import Exit, main
from triage.logs import Log
from triage.records import Record

ADDRESS = "Renmin-Road-12-secret"
CALLER = "caller-secret-7f3a"
LEAKING = {"facts": {"trouble": "leaking", "wet_floor": "not_seen"}}
EMPTY = {"facts": {"trouble": "no_water", "wet_floor": "not_seen", "bottle": "empty"}}
FOUND = {"fault": "bottle_empty", "action": "change_bottle"}
EXPORT, KINDS = "/v1/decisions/export", ("jsonl", "parquet")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return editions.write(first(tmp_path), tmp_path / "served" / "small")


@pytest.fixture
def running(url: str, tmp_path: Path, folder: Path) -> Iterator[Server]:
    """A service on a database of each kind."""
    settings = Settings(bases=(folder,), data=tmp_path / "data", database=url, threads=1, database_threads=4, per_second=0)
    with serve(migrated(settings), Bases.open([folder])) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path, folder: Path) -> Iterator[Server]:
    settings = Settings(bases=(folder,), data=tmp_path / "data", threads=1, database_threads=4, per_second=0)
    with serve(migrated(settings), Bases.open([folder])) as server:
        yield server


def _ask(server: Server, *bodies: Mapping[str, Any]) -> list[str]:
    """Have calls assessed; ids of the decisions, in order, once they are all in the database."""
    answers = server.post("/v1/triage/batch", {"calls": list(bodies)})["answers"]
    ids = [entry["answer"]["decision_id"] for entry in answers]
    waited(lambda: all(server.get(f"/v1/decisions/{one}")["logged"] == "stored" for one in ids))
    return sorted(ids)  # those of one millisecond in any order


def _exported(server: Server, tmp_path: Path, **wanted: Any) -> list[Record]:
    path = tmp_path / "exported"
    path.write_bytes(server.client.get(EXPORT, params=wanted).content)
    log = Log(path)
    records = list(log.records())
    assert log.broken_count == 0
    return records


# -- what is in it


def test_every_decision_is_exported_with_what_was_found_and_without_anything_private(running: Server, tmp_path: Path) -> None:
    body = {**NOISY, "fields": {"location": ADDRESS}}
    call = running.post("/v1/calls", {**body, "caller_ref": CALLER, "place": {"building": "b-1"}}, 201)
    path = f"/v1/calls/{call['call_id']}"
    assert running.get(path)["fields"]["location"] == ADDRESS  # it is there to be leaked
    running.send("PATCH", f"{path}/facts", {"fields": {"location": f"{ADDRESS}, 3rd floor"}}, If_Match='"1"')
    running.post(f"{path}/close", {}, If_Match='"2"')
    closed = running.get(path)["decision_id"]
    running.post(f"{path}/outcome", {"found": FOUND, "visited": True}, 201)
    (loose,) = _ask(running, body)
    records = _exported(running, tmp_path)
    assert [record.decision_id for record in records][-2:] == [closed, loose]
    assert len(records) == 4
    assert [record.outcome and (dict(record.outcome.found), record.outcome.visited) for record in records] == [
        *(None, None),
        (FOUND, True),
        None,
    ]
    assert [record.more["fields"] for record in records] == [{"location": "***"}] * 4
    parquet = running.client.get(EXPORT, params={"format": "parquet"}).content
    (tmp_path / "exported.parquet").write_bytes(parquet)
    rows = list(Log(tmp_path / "exported.parquet").records())
    assert rows == records
    listed = running.client.get("/v1/decisions").text
    for text in (running.client.get(EXPORT).text, listed, repr(rows), parquet.decode("latin-1")):
        assert ADDRESS not in text
        assert CALLER not in text
    for decision_id in (closed, loose):
        assert ADDRESS not in running.client.get(f"/v1/decisions/{decision_id}").text


def test_an_export_of_several_pages_is_whole_and_in_order(
    running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = _ask(running, *[NOISY, LEAKING, EMPTY] * 7)
    for size in (1, 4, 7, 21, 22):
        monkeypatch.setattr(exporting, "PAGE", size)
        assert [record.decision_id for record in _exported(running, tmp_path)] == ids
    assert list(exporting.lines(running.service.database, Selection(base="other"))) == [b""]


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_wanted_is_exported(server: Server, tmp_path: Path, kind: str) -> None:
    (noisy,), (leaking,) = _ask(server, NOISY), _ask(server, LEAKING)
    (empty,) = _ask(server, {**EMPTY, "options": {"test_traffic": True}})

    def found(**wanted: Any) -> list[str]:
        return [record.decision_id for record in _exported(server, tmp_path, format=kind, **wanted)]

    assert found(fault="bottle_empty") == [empty]
    assert found(test_traffic="false") == [noisy, leaking]
    assert found(status="handover") == []
    assert found(base="small", action="dispatch") == [noisy, leaking]
    assert found(since=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == []
    assert found(until=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == [noisy, leaking, empty]
    assert found(digest="0" * 64) == []


def test_pages_of_the_log_show_everything_once_latest_first(running: Server) -> None:
    ids = _ask(running, *[NOISY, LEAKING] * 4)
    shown: list[str] = []
    address: str | None = "/v1/decisions?limit=3&fault=machine"
    while address is not None:
        answer = running.client.get(address)
        page = DecisionPage.model_validate_json(answer.content)
        shown += [decision.decision_id for decision in page.decisions]
        link = answer.headers.get("link")
        assert (link is None) == (page.next is None)
        address = link.split(">")[0].removeprefix("<") if link else None
    assert shown == ids[::-1]


WRONG = ["limit=0", "limit=501", "cursor=x", "status=x", "since=yesterday", "since=2026-01-01T00:00:00", "fault=%00", "base="]


@pytest.mark.parametrize("query", [*WRONG, "until=0001-01-01T00:00:00%2B10:00", "engines_agree=x"])
def test_a_wrong_wish_is_refused_with_its_place(server: Server, query: str) -> None:
    problem = server.get(f"/v1/decisions?{query}", 422)
    assert problem["errors"][0]["pointer"] == f"query:{query.partition('=')[0]}"


def test_what_the_database_breaks_off_does_not_look_whole(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask(server, *[NOISY] * 5)
    monkeypatch.setattr(exporting, "PAGE", 2)
    real, pages = exporting.page, []

    def page(*parts: Any) -> Any:
        pages.append(parts)
        if len(pages) == 2:
            raise DatabaseGoneError
        return real(*parts)

    monkeypatch.setattr(exporting, "page", page)
    with pytest.raises(httpx.RemoteProtocolError):
        server.client.get(EXPORT)
    assert server.send("GET", EXPORT).text.count("\n") == 5


def test_while_the_database_is_gone_the_log_says_so(tmp_path: Path, folder: Path) -> None:
    settings = migrated(Settings(bases=(folder,), data=tmp_path / "data", threads=1, database_threads=2))
    with serve(settings, Bases.open([folder])) as server:
        server.get("/v1/decisions")
    with serve(replace(settings, database="postgresql://nobody@127.0.0.1:1/none"), Bases.open([folder])) as server:
        for address in ("/v1/decisions", EXPORT, f"{EXPORT}?format=parquet"):
            assert server.get(address, 503)["code"] == "database-gone"


def test_without_pyarrow_parquet_is_refused_in_a_sentence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("triage.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "triage.parquet", None)
    problem = server.get(f"{EXPORT}?format=parquet", 422, Accept_Language="en")
    assert "pyarrow" in problem["detail"]


def test_the_log_needs_its_scope(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(server.service.settings.data), "--lang", "en"]
    main(["keys", "create", "--name", "desk", "--scope", "knowledge", *data])
    secret = capsys.readouterr().out.split()[0]
    server.service.keys._looked = 0.0
    for address in ("/v1/decisions", EXPORT):
        assert server.get(address, 403, Authorization=f"Bearer {secret}")["code"] == "scope-needed"
    assert main(["log", "export", "--url", str(server.client.base_url), "--key", secret, "--lang", "en"]) == Exit.WRONG_USE
    assert "scope `log`" in capsys.readouterr().err


# -- what it is for


def test_the_command_exports_what_the_service_exports(
    running: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _ask(running, NOISY, LEAKING)
    whole = running.client.get(EXPORT).content
    where = ["--data", str(tmp_path / "data"), "--database", running.service.settings.database_url, "--lang", "en"]
    alone = subprocess.run([sys.executable, "-m", "triage", "log", "export", *where], capture_output=True, check=True)
    assert alone.stdout == whole
    assert b"2 records exported" in alone.stderr
    assert main(["log", "export", "--url", str(running.client.base_url), "-o", str(tmp_path / "log.jsonl")]) == Exit.FINE
    assert (tmp_path / "log.jsonl").read_bytes() == whole
    assert main(["log", "export", "-o", str(tmp_path / "log.parquet"), *where]) == Exit.FINE
    lines, rows = ([(one.decision_id, one.at, one.known) for one in Log(tmp_path / f"log.{kind}").records()] for kind in KINDS)
    assert lines == rows
    assert main(["log", "export", "--until", "2020-01-01", *where]) == Exit.FINE
    assert main(["log", "export", "--since", "tomorrow", *where]) == Exit.WRONG_USE
    assert main(["log", "export", "--format", "parquet", *where]) == Exit.WRONG_USE
    assert main(["log", "export", "-o", str(tmp_path / "no" / "log.jsonl"), *where]) == Exit.WRONG_USE
    said = capsys.readouterr().err
    assert "`tomorrow` is no time" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("place", "zh", "en"),
    [
        ("folder.jsonl", "是文件夹，不是文件", "Is a directory"),
        ("folder.parquet", "是文件夹，不是文件", "Is a directory"),
        ("none/x.jsonl", "没有这个文件或文件夹", "No such file or directory"),
        ("none/x.parquet", "没有这个文件或文件夹", "No such file or directory"),
        ("/dev/full", "磁盘满了", "No space left on device"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_in_a_sentence(
    server: Server, tmp_path: Path, place: str, zh: str, en: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _ask(server, LEAKING)
    for name in ("folder.jsonl", "folder.parquet"):
        (tmp_path / name).mkdir()
    output = ["log", "export", "-o", str(tmp_path / place)]
    for where in (["--data", str(server.service.settings.data)], ["--url", str(server.client.base_url)]):
        for lang, told in (("zh", zh), ("en", en)):
            assert main([*output, *where, "--lang", lang]) == Exit.WRONG_USE
            said = capsys.readouterr().err
            assert str(tmp_path / place) in said
            assert told in said
            assert "rrno" not in said


def test_standard_output_that_takes_no_more_is_told_in_a_sentence(server: Server) -> None:
    _ask(server, LEAKING)
    command = [sys.executable, "-m", "triage", "log", "export", "--data", str(server.service.settings.data), "--lang", "en"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert done.returncode == Exit.WRONG_USE
    assert done.stderr == "cannot write standard output: No space left on device\n"


def test_a_service_that_is_not_there_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for lang, told in (("zh", "对方拒绝连接"), ("en", "Connection refused")):
        for command in (["log", "export"], ["mcp"]):
            assert main([*command, "--url", "http://127.0.0.1:1", "--lang", lang]) == Exit.WRONG_USE
            said = capsys.readouterr().err
            assert told in said
            assert "rrno" not in said


def test_an_exported_log_replays_against_a_changed_base(
    server: Server, tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [decision_id for body in (NOISY, LEAKING, EMPTY) for decision_id in _ask(server, body)]
    log = tmp_path / "log.jsonl"
    main(["log", "export", "-o", str(log), "--data", str(server.service.settings.data)])
    changed = editions.write(second(tmp_path), tmp_path / "new" / "small")
    capsys.readouterr()
    assert main(["replay", str(log), "--knowledge", str(folder), "--fail-on-change"]) == Exit.FINE
    assert main(["replay", str(log), "--knowledge", str(changed), "--fail-on-change"]) == Exit.CASES_FAILED
    capsys.readouterr()
    main(["replay", str(log), "--knowledge", str(changed), "--format", "json"])
    found = capsys.readouterr().out
    assert ids[0] in found
    assert ids[1] not in found


def test_what_was_found_is_reported_beside_what_was_decided(server: Server, tmp_path: Path) -> None:
    for found in ("machine", "bottle_empty", "machine"):
        call = server.post("/v1/calls", LEAKING, 201)["call_id"]
        server.post(f"/v1/calls/{call}/outcome", {"found": {"fault": found}}, 201)
    log, report = tmp_path / "log.jsonl", tmp_path / "report.json"
    main(["log", "export", "-o", str(log), "--url", str(server.client.base_url)])
    base = str(server.service.settings.bases[0])
    assert main(["report", str(log), "--knowledge", base, "--format", "json", "-o", str(report)]) == Exit.FINE
    (confusion,) = json.loads(report.read_bytes())["confusion"]  # standard output is also where the service of this test logs
    assert (confusion["fact"], confusion["judged"], confusion["right"]) == ("fault", 3, 2)
    assert {"decided": "machine", "found": "bottle_empty", "count": 1} in confusion["counts"]


def test_the_interview_goes_by_weights_learnt_from_the_log(
    server: Server, tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opening = {"facts": {"wet_floor": "not_seen"}, "options": {"language": "en"}}
    before = server.post("/v1/triage", opening)["assessment"]
    _ask(server, *[EMPTY] * 60, *[LEAKING] * 2)
    log, new = tmp_path / "log.jsonl", editions.write(first(tmp_path), tmp_path / "new" / "small")
    main(["log", "export", "-o", str(log), "--data", str(server.service.settings.data)])
    weights = new / "learnt.yaml"
    assert main(["report", str(log), "--knowledge", str(folder), "--weights", str(weights), "--least", "20"]) == Exit.FINE
    base = (new / "base.yaml").read_text("utf-8").replace("version: 0.1.0", "version: 0.2.0\n  callers: learnt")
    (new / "base.yaml").write_text(base, "utf-8")
    capsys.readouterr()
    data = ["--data", str(server.service.settings.data), "--lang", "en"]
    assert main(["knowledge", "load", str(new), "--activate", *data]) == Exit.FINE, capsys.readouterr().err
    waited(lambda: server.get("/v1/knowledge/small")["version"] == "0.2.0")
    after = server.post("/v1/triage", opening)["assessment"]
    faults = [{c["value"]: c["share"] for c in asked["candidates"]["fault"]} for asked in (before, after)]
    assert faults[0]["bottle_empty"] < 0.5 < faults[1]["bottle_empty"]
    assert before["ahead"]["expected"] < after["ahead"]["expected"]  # an empty bottle takes one question more than a leak
    assert server.post("/v1/triage", NOISY)["assessment"]["decision"]["fault"]["value"] == "machine"  # conclusions stay
