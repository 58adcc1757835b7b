"""Several versions side by side: loaded after a check, activated and rolled back while requests go on, alike in all processes."""

from __future__ import annotations

import gzip
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.bases import Bases
from api.problems import ProblemError
from api.schemas import versions as shapes
from api.settings import Settings
from api.storage.database import Database
from api.versions import history, packing
from api.versions.packing import Files
from tests.service import editions
from tests.service.editions import NOISY, digest_of, first, load, second
from tests.service.processes import started, waited
from tests.service.serving import Server, decided, migrated, serve
from triage.cli import Exit, main

BASE = "/v1/knowledge/small"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The first version, on disk."""
    return editions.write(first(tmp_path), tmp_path / "served" / "small")


@pytest.fixture
def settings(tmp_path: Path, folder: Path) -> Settings:
    return migrated(Settings(bases=(folder,), data=tmp_path / "data", threads=1, database_threads=4, per_second=0))


@pytest.fixture
def server(settings: Settings, folder: Path) -> Iterator[Server]:
    """A service that was started with the first version."""
    with serve(settings, Bases.open([folder])) as running:
        yield running


def _fault(server: Server, **options: Any) -> str:
    body = {**NOISY, "options": {"language": "en", **options}}
    return decided(server.post("/v1/triage", body)["assessment"])["fault"]


def _activate(server: Server, digest: str, tag: str, status: int = 200) -> httpx.Response:
    return server.send("POST", f"{BASE}/versions/{digest}/activate", None, status, If_Match=tag)


# -- loading


def test_a_loaded_version_answers_only_those_who_ask_for_it_until_it_is_activated(server: Server, tmp_path: Path) -> None:
    digest = load(server, second(tmp_path))["version"]["digest"]
    assert (_fault(server), _fault(server, knowledge={"digest": digest})) == ("machine", "undetermined")
    assert _fault(server, knowledge={"name": "small", "version": "0.2.0"}) == "undetermined"
    found = _activate(server, digest, '"0"')
    assert (found.json()["active"], found.headers["etag"]) == (digest, '"1"')
    assert _fault(server) == "undetermined"
    assert _fault(server, knowledge={"name": "small", "version": "0.1.0"}) == "machine"


def test_the_same_version_again_is_kept_once_in_whatever_files_it_stands(server: Server, tmp_path: Path) -> None:
    files = second(tmp_path)
    one = load(server, files)
    moved = {f"elsewhere/{path}": text for path, text in files.items()}
    other = load(server, moved, 200)
    assert one["version"] == other["version"]
    assert len(server.get(f"{BASE}/versions")["versions"]) == 2


def test_a_retry_with_the_same_key_gets_the_same_answer_and_other_options_are_another_request(
    server: Server, tmp_path: Path
) -> None:
    body = {"files": second(tmp_path)}
    one = server.post(f"{BASE}/versions", body, 201, Idempotency_Key="k")
    assert server.post(f"{BASE}/versions", body, 201, Idempotency_Key="k") == one
    assert server.post(f"{BASE}/versions?allow_warnings=true", body, 422, Idempotency_Key="k")["code"] == "key-reused"


def test_every_mistake_comes_back_with_file_line_and_kind(server: Server, tmp_path: Path) -> None:
    files = second(tmp_path, rules_start=("fault: machine", "falt: machine"), facts_start=("text: {zh: 水桶,", "txt: {zh: 水桶,"))
    problem = server.post(f"{BASE}/versions", {"files": files}, 422, Accept_Language="en")
    assert problem["code"] == "knowledge-refused"
    places = {error["code"]: error["pointer"] for error in problem["errors"]}
    line = files["rules/start.yaml"].splitlines().index("  then: {falt: machine}") + 1
    assert places["unknown-fact"] == f"file:rules/start.yaml:{line}:10"
    assert any("did you mean `fault`" in error["detail"] for error in problem["errors"])
    assert any(error["pointer"].startswith("file:facts/start.yaml:") for error in problem["errors"])
    assert len(server.get(f"{BASE}/versions")["versions"]) == 1


def test_a_broken_law_is_refused(server: Server, tmp_path: Path) -> None:
    files = second(tmp_path, rules_start=("then: {action: dispatch_now}", "then: {action: dispatch}"))
    problem = server.post(f"{BASE}/versions", {"files": files}, 422)
    assert "invariant-broken" in {error["code"] for error in problem["errors"]}


def test_warnings_are_refused_unless_they_are_allowed(server: Server, tmp_path: Path) -> None:
    again = "- id: a-leak-again\n  when: {trouble: leaking}\n  then: {fault: machine}\n  priority: 40\n"
    again += "  because: {zh: 漏。, en: It leaks.}\n  source: x\nrules:\n"
    files = second(tmp_path)
    files["rules/start.yaml"] = files["rules/start.yaml"].replace("rules:\n", "rules:\n" + again.removesuffix("rules:\n"))
    problem = server.post(f"{BASE}/versions", {"files": files}, 422, Accept_Language="en")
    assert "allow_warnings" in problem["detail"]
    found = server.post(f"{BASE}/versions?allow_warnings=true", {"files": files}, 201)
    assert "warning" in {finding["severity"] for finding in found["findings"]}


def test_a_version_of_another_base_is_refused(server: Server, tmp_path: Path) -> None:
    assert server.post("/v1/knowledge/power/versions", {"files": second(tmp_path)}, 422)["errors"][0]["code"] == "other-base"


def test_a_base_nobody_was_started_with_can_be_loaded_and_served(server: Server, tmp_path: Path) -> None:
    files = second(tmp_path)
    files["base.yaml"] = files["base.yaml"].replace("id: small", "id: other")
    digest = server.post("/v1/knowledge/other/versions", {"files": files}, 201)["version"]["digest"]
    server.post("/v1/triage", {"options": {"knowledge": "other"}}, 422)
    server.send("POST", f"/v1/knowledge/other/versions/{digest}/activate", None, 200, If_Match="*")
    assert _fault(server, knowledge="other") == "undetermined"
    assert _fault(server) == "machine"


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_archives_are_taken(server: Server, tmp_path: Path, kind: str) -> None:
    media = {"zip": "application/zip", "tar": "application/x-tar", "tar.gz": "application/gzip"}[kind]
    headers = {"Content-Type": media}
    archive = _archive(kind, {**second(tmp_path), "README.md": "words", ".git/x.yaml": "no"})
    answer = server.client.post(f"{BASE}/versions", content=archive, headers=headers)
    assert answer.status_code == 201, answer.text
    digest = answer.json()["version"]["digest"]
    assert server.get(f"{BASE}/versions/{digest}")["files"] == second(tmp_path)


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize(
    "path", ["../out.yaml", "/etc/out.yaml", "a/../../out.yaml", "C:/out.yaml", "a\\..\\out.yaml", "a//b.yaml"]
)
def test_paths_that_lead_elsewhere_are_refused(kind: str, path: str) -> None:
    with pytest.raises(ProblemError) as refused:
        packing.from_archive(_archive(kind, {path: "x"}))
    assert refused.value.faults[0].code == "unsafe-path"
    with pytest.raises(ProblemError):
        packing.from_texts({path: "x"})


def test_links_in_archives_are_refused() -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        link = tarfile.TarInfo("base.yaml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive_:
        entry = zipfile.ZipInfo("base.yaml")
        entry.external_attr = 0o120777 << 16
        archive_.writestr(entry, "/etc/passwd")
    for made in (data, zipped):
        with pytest.raises(ProblemError) as refused:
            packing.from_archive(made.getvalue())
        assert refused.value.faults[0].code == "unsafe-path"


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_that_swells_is_refused(kind: str) -> None:
    archive = _archive(kind, {f"{n}.yaml": " " * (packing.MOST_BYTES // 3) for n in range(4)})
    assert len(archive) < 200_000
    with pytest.raises(ProblemError) as refused:
        packing.from_archive(archive)
    assert refused.value.code == "too-large"


@pytest.mark.parametrize(
    "data", [b"", b"nonsense", b"PK\x03\x04nonsense", gzip.compress(b"nonsense", mtime=0), b"\x1f\x8bnonsense"]
)
def test_what_is_no_archive_is_told(data: bytes) -> None:
    with pytest.raises(ProblemError) as refused:
        packing.from_archive(data)
    assert refused.value.code == "invalid-input"


@pytest.mark.parametrize(
    "body", [{}, {"files": {}}, {"files": {"base.yaml": 1}}, {"files": {"x.txt": ""}}, {"files": []}, {"more": 1}]
)
def test_a_body_without_files_is_refused(server: Server, body: Any) -> None:
    assert server.post(f"{BASE}/versions", body, 422)["errors"]


def test_only_whole_bases_may_be_large(server: Server, tmp_path: Path) -> None:
    files = second(tmp_path) | {"large.yaml": "# " + "x" * 1_000_000}
    problem = server.post(f"{BASE}/versions", {"files": files}, 422)
    assert problem["errors"][0]["pointer"].startswith("file:large.yaml")
    server.post("/v1/triage", {"fields": {"location": "x" * 1_000_000}}, 413)


# -- activating, rolling back


def test_no_request_fails_or_hangs_between_versions_while_they_change(server: Server, tmp_path: Path) -> None:
    digests = {
        "machine": server.get(f"{BASE}/versions")["active"],
        "undetermined": load(server, second(tmp_path))["version"]["digest"],
    }
    seen: list[tuple[int, str, str]] = []
    ending = threading.Event()

    def work() -> None:
        with httpx.Client(base_url=server.client.base_url, timeout=30) as client:
            while not ending.is_set() and len(seen) < 20_000:
                answer = client.post("/v1/triage", json={**NOISY, "fields": {"location": str(len(seen))}})
                found = answer.json().get("assessment", {})
                seen.append((answer.status_code, found["knowledge"]["digest"], decided(found)["fault"]))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(0, 6, 2):
        _activate(server, digests["undetermined"], f'"{number}"')
        server.send("POST", f"{BASE}/rollback", {}, If_Match=f'"{number + 1}"')
    ending.set()
    for thread in threads:
        thread.join()
    assert {status for status, _, _ in seen} == {200}
    assert {digest for _, digest, _ in seen} == set(digests.values())
    assert all(digests[fault] == digest for _, digest, fault in seen)


def test_of_two_who_knew_the_same_one_activates(server: Server, tmp_path: Path) -> None:
    digest = load(server, second(tmp_path))["version"]["digest"]
    server.send("POST", f"{BASE}/versions/{digest}/activate", None, 428)
    _activate(server, digest, '"0"')
    refused = _activate(server, digest, '"0"', 412)
    assert (refused.json()["code"], refused.headers["etag"]) == ("versions-changed", '"1"')
    assert _activate(server, digest, '"1"').headers["etag"] == '"1"'  # it is active: nothing to be done


def test_a_roll_back_leads_step_by_step_to_the_beginning(server: Server, tmp_path: Path) -> None:
    zero = server.get(f"{BASE}/versions")["active"]
    two, three = (load(server, second(tmp_path, version))["version"]["digest"] for version in ("0.2.0", "0.3.0"))
    for number, digest in enumerate((two, three)):
        _activate(server, digest, f'"{number}"')
    back = server.send("POST", f"{BASE}/rollback", {"reason": "too many crews"}, If_Match='"2"').json()
    assert (back["active"], back["previous"]) == (two, zero)
    assert back["history"][0]["reason"] == "too many crews"
    back = server.send("POST", f"{BASE}/rollback", {}, If_Match='"3"').json()
    assert (back["active"], back["previous"]) == (zero, None)
    assert {version["digest"] for version in back["versions"] if version["withdrawn"]} == {two, three}
    assert server.send("POST", f"{BASE}/rollback", {}, 409, If_Match='"4"').json()["code"] == "no-previous"
    assert [event["kind"] for event in back["history"]] == ["rolled_back", "rolled_back", "activated", "activated"]


def test_history_says_what_is_active_whatever_was_done() -> None:
    def event(number: int, kind: str, digest: str, **data: Any) -> dict[str, Any]:
        return {"number": number, "kind": kind, "digest": digest, "at": None, "data": data}

    events = [
        event(1, "activated", "b", before="a"),
        event(2, "shadow_began", "c", share=0.5),
        event(3, "activated", "c", before="b"),
        event(4, "rolled_back", "b"),
        event(5, "activated", "c", before="b"),
    ]
    found = [history.standing(events[:count]) for count in range(6)]
    assert [at.active for at in found] == [None, "b", "b", "c", "b", "c"]
    assert [at.previous for at in found] == [None, "a", "a", "b", "a", "b"]
    assert [sorted(at.withdrawn) for at in found] == [[], [], [], [], ["c"], []]
    assert [at.trial is not None for at in found] == [False, False, True, False, False, False]


# -- calls


def test_a_call_ends_with_the_version_it_began_with(server: Server, tmp_path: Path) -> None:
    call = server.send("POST", "/v1/calls", {"facts": {"trouble": "noisy"}}, 201).headers["location"]
    _activate(server, load(server, second(tmp_path))["version"]["digest"], '"0"')
    told = server.send("PATCH", f"{call}/facts", {"facts": {"wet_floor": "not_seen"}}, If_Match='"1"').json()
    assert told["assessment"]["knowledge"]["version"] == "0.1.0"
    assert (decided(told["assessment"])["fault"], told["moved_from"]) == ("machine", None)


def test_a_call_begun_with_a_version_that_was_rolled_back_moves_on_and_says_so(server: Server, tmp_path: Path) -> None:
    bad = load(server, second(tmp_path))["version"]["digest"]
    _activate(server, bad, '"0"')
    call = server.send("POST", "/v1/calls", {"facts": {"trouble": "noisy"}}, 201).headers["location"]
    server.send("POST", f"{BASE}/rollback", {}, If_Match='"1"')
    told = server.send("PATCH", f"{call}/facts", {"facts": {"wet_floor": "not_seen"}}, If_Match='"1"').json()
    assert told["facts"].keys() == {"trouble", "wet_floor"}
    assert (decided(told["assessment"])["fault"], told["moved_from"]["digest"]) == ("machine", bad)
    assert server.get(call)["moved_from"]["version"] == "0.2.0"


# -- several processes


def test_other_processes_follow_and_a_new_one_begins_with_what_is_active(
    url: str, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.versions.following.PERIOD_SECONDS", 0.05)

    def another(name: str) -> Any:
        settings = migrated(Settings(data=tmp_path / name, database=url, threads=1, database_threads=4))
        return serve(settings, Bases.open([folder]))

    with another("one") as one, another("two") as two:
        digest = load(one, second(tmp_path))["version"]["digest"]
        assert _fault(two, knowledge={"digest": digest}) == "undetermined"  # opened when asked for
        _activate(two, digest, '"0"')
        assert _fault(two) == "undetermined"
        waited(lambda: _fault(one) == "undetermined")
        with another("three") as three:
            assert _fault(three) == "undetermined"
            three.send("POST", f"{BASE}/rollback", {}, If_Match='"1"')
        waited(lambda: _fault(one) == _fault(two) == "machine")


def test_who_starts_while_the_database_is_gone_begins_with_what_was_active_last(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    with serve(settings, Bases.open([folder])) as server:
        _activate(server, load(server, second(tmp_path))["version"]["digest"], '"0"')
    gone = replace(settings, database="postgresql://nobody@127.0.0.1:1/none")
    with serve(gone, Bases.open([folder])) as server:
        assert _fault(server) == "undetermined"
        assert server.send("POST", f"{BASE}/versions", {"files": second(tmp_path, "0.3.0")}, 503).headers["retry-after"]


def test_a_version_that_cannot_be_used_here_is_not_switched_to_and_readiness_says_so(server: Server, tmp_path: Path) -> None:
    digest = load(server, second(tmp_path))["version"]["digest"]
    with server.service.database.writing() as connection:
        from api.storage.tables import knowledge_versions  # noqa: PLC0415

        broken = {**second(tmp_path), "rules/start.yaml": "rules: {}"}
        changed = knowledge_versions.update().where(knowledge_versions.c.digest == digest).values(files=broken)
        connection.execute(changed)
    assert _activate(server, digest, '"0"', 422).json()["code"] == "knowledge-refused"
    assert main(["knowledge", "activate", "small", digest, "--data", str(server.service.settings.data)]) == Exit.WRONG_KNOWLEDGE
    assert _fault(server) == "machine"
    with server.service.database.writing() as connection:  # as another machine with other software would
        from api.storage import knowledge as stored  # noqa: PLC0415
        from api.versions.managing import plan_activation  # noqa: PLC0415

        plan = plan_activation(history.Standing(), "small", digest, None, "")
        assert plan.event is not None
        assert stored.add_event(connection, plan.event)
    server.service.versions.look()
    assert _fault(server) == "machine"
    checks = {check["name"]: check for check in server.get("/readyz", 503)["checks"]}
    assert digest[:12] in checks["rules"]["detail"]


def test_a_version_that_cannot_be_used_is_not_gone_back_to(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = server.get(f"{BASE}/versions")["active"], load(server, second(tmp_path))["version"]["digest"]
    _activate(server, new, '"0"')
    before = server.get(f"{BASE}/versions")
    data = ["--data", str(server.service.settings.data), "--lang", "en"]
    over_http = ["--url", str(server.client.base_url), "--lang", "en"]
    for broken, told in (
        ({**first(tmp_path), "rules/start.yaml": "rules: {}"}, f"small@{old[:12]}/rules/start.yaml:1:8: "),
        (second(tmp_path, "0.0.9"), "it cannot be opened here"),  # readable, but not what it was
    ):
        with server.service.database.writing() as connection:
            from api.storage.tables import knowledge_versions  # noqa: PLC0415

            connection.execute(knowledge_versions.update().where(knowledge_versions.c.digest == old).values(files=broken))
        assert main(["knowledge", "rollback", "small", *data]) == Exit.WRONG_KNOWLEDGE
        assert told in capsys.readouterr().err
        assert main(["knowledge", "activate", "small", old, *data]) == Exit.WRONG_KNOWLEDGE
        assert told in capsys.readouterr().err
        assert server.get(f"{BASE}/versions") == before
    server.service.bases.drop(old)
    for command in (["activate", "small", old], ["rollback", "small"]):
        assert main(["knowledge", *command, *over_http]) == Exit.WRONG_KNOWLEDGE
        assert "it cannot be opened here" in capsys.readouterr().err
    assert server.get(f"{BASE}/versions") == before
    assert _fault(server) == "undetermined"


def test_two_workers_both_switch_and_go_back_under_load_from_the_command_line(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = editions.write(second(tmp_path), tmp_path / "new" / "small")
    data = ["--data", str(tmp_path / "data"), "--lang", "en"]
    seen: list[tuple[int, str]] = []
    with started(tmp_path, "--workers", "2", "--rate", "0", bases=[folder]) as process:
        ending = threading.Event()

        def work() -> None:
            with httpx.Client(base_url=process.client.base_url, timeout=30, headers={"Connection": "close"}) as client:
                while not ending.is_set() and len(seen) < 20_000:
                    answer = client.post("/v1/triage", json=NOISY)
                    seen.append((answer.status_code, decided(answer.json()["assessment"])["fault"]))

        def switched() -> int:
            return len([line for line in process.logged() if line["event"] == "switched"])

        thread = threading.Thread(target=work)
        thread.start()
        waited(lambda: seen)
        assert main(["knowledge", "load", str(new), "--activate", *data]) == Exit.FINE
        waited(lambda: switched() == 2)  # each of the two workers
        there = len(seen)
        waited(lambda: len(seen) > there + 20)
        assert main(["knowledge", "rollback", "small", "--reason", "wrong", *data]) == Exit.FINE
        waited(lambda: switched() == 4)
        back = len(seen)
        waited(lambda: len(seen) > back + 20)
        ending.set()
        thread.join()
        assert main(["knowledge", "list", "--url", str(process.client.base_url), "--lang", "en"]) == Exit.FINE
        process.end()
    assert {status for status, _ in seen} == {200}
    assert [fault for _, fault in seen[there + 1 : there + 20]] == ["undetermined"] * 19
    assert [fault for _, fault in seen[back + 1 :]] == ["machine"] * len(seen[back + 1 :])
    said = capsys.readouterr().out
    assert "0.2.0" in said
    assert "rolled back to" in said


# -- looking


def test_versions_are_compared_exactly(server: Server, tmp_path: Path) -> None:
    digest = load(server, second(tmp_path))["version"]["digest"]
    found = server.get(f"{BASE}/versions/{digest}/diff")
    fault = next(change for change in found["facts"] if change["fact"] == "fault")
    assert [(group["before"], group["after"]) for group in fault["groups"]] == [("machine", "undetermined")]
    assert fault["groups"][0]["where"]["example"] == {"trouble": "noisy"}
    assert server.get(f"{BASE}/versions/{digest}/diff?against=0.2.0")["decides_alike"] is True
    shapes.VersionDiff.model_validate(found)


def test_answers_have_the_shapes_the_document_promises(server: Server, tmp_path: Path) -> None:
    loaded = load(server, second(tmp_path))
    shapes.LoadedAnswer.model_validate(loaded)
    digest = loaded["version"]["digest"]
    shapes.VersionsAnswer.model_validate(server.send("PUT", f"{BASE}/shadow", {"digest": digest, "share": 0.5}).json())
    shapes.ShadowAnswer.model_validate(server.get(f"{BASE}/shadow"))
    shapes.FilesAnswer.model_validate(server.get(f"{BASE}/versions/{digest}"))
    shapes.VersionsAnswer.model_validate(server.send("DELETE", f"{BASE}/shadow").json())


def test_a_version_can_be_named_by_the_beginning_of_its_digest(server: Server, tmp_path: Path) -> None:
    digest = load(server, second(tmp_path))["version"]["digest"]
    assert server.get(f"{BASE}/versions/{digest[:8]}")["version"]["digest"] == digest
    assert server.get(f"{BASE}/versions/0.2.0")["version"]["digest"] == digest
    problem = server.get(f"{BASE}/versions/0.2.1", 404, Accept_Language="en")
    assert "did you mean `0.2.0`" in problem["detail"]
    server.get("/v1/knowledge/nothing/versions", 404)


def test_managing_versions_needs_the_scope(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    main(["keys", "create", "--name", "desk", "--scope", "triage", "--data", str(server.service.settings.data), "--lang", "en"])
    secret = capsys.readouterr().out.split()[0]
    server.service.keys._looked = 0.0
    refused = server.send("GET", f"{BASE}/versions", None, 403, Authorization=f"Bearer {secret}")
    assert refused.json()["code"] == "scope-needed"


def test_commands_say_what_is_wrong_in_a_sentence(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(server.service.settings.data), "--lang", "en"]
    bad = editions.write(
        second(tmp_path, rules_start=("then: {action: dispatch_now}", "then: {action: dispatch}")), tmp_path / "bad"
    )
    for where in (data, ["--url", str(server.client.base_url), "--lang", "en"]):
        assert main(["knowledge", "load", str(bad), *where]) == Exit.WRONG_KNOWLEDGE
        assert "bad/safety.yaml:" in capsys.readouterr().err
        assert main(["knowledge", "activate", "small", "9.9", *where]) == Exit.WRONG_USE
        assert "has no version `9.9`" in capsys.readouterr().err
        assert main(["knowledge", "rollback", "small", *where]) == Exit.WRONG_USE
        assert main(["knowledge", "shadow", "small", *where]) == Exit.WRONG_USE
    assert main(["knowledge", "list", "--url", "http://127.0.0.1:1", "--lang", "en"]) == Exit.WRONG_USE
    assert main(["knowledge", "list", "--url", "file:///etc/passwd", "--lang", "en"]) == Exit.WRONG_USE
    assert "Traceback" not in capsys.readouterr().err


def test_the_files_of_every_version_are_kept_by_their_digest(server: Server, tmp_path: Path) -> None:
    digest = load(server, second(tmp_path))["version"]["digest"]
    files = server.get(f"{BASE}/versions/{digest}")["files"]
    assert digest_of(files, tmp_path) == digest
    zero = server.get(f"{BASE}/versions")["active"]
    assert server.get(f"{BASE}/versions/{zero}")["files"] == first(tmp_path)


def _archive(kind: str, files: Files) -> bytes:
    data = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, text in files.items():
                archive.writestr(path, text)
        return data.getvalue()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(data.getvalue()) if kind == "tar.gz" else data.getvalue()


def test_a_database_of_the_version_before_can_be_brought_here_and_back(tmp_path: Path) -> None:
    from api.storage.upgrading import downgrade, upgrade  # noqa: PLC0415

    opened = Database(f"sqlite:///{tmp_path / 'x.db'}", 1)
    upgrade(opened, "0001")
    upgrade(opened)
    downgrade(opened, "0001")
    opened.close()


def test_two_contents_of_one_version_are_told_and_have_to_be_named_by_digest(server: Server, tmp_path: Path) -> None:
    one = load(server, second(tmp_path))
    assert "same-version" not in {finding["kind"] for finding in one["findings"]}
    other = first(tmp_path)
    other["base.yaml"] = other["base.yaml"].replace("version: 0.1.0", "version: 0.2.0")
    two = load(server, other)
    told = next(finding for finding in two["findings"] if finding["kind"] == "same-version")
    assert one["version"]["digest"][:12] in told["text"]["en"]
    problem = server.send("POST", f"{BASE}/versions/0.2.0/activate", None, 409, If_Match='"0"', Accept_Language="en").json()
    assert (problem["code"], problem["detail"].isascii()) == ("several-versions", True)
    assert all(found["version"]["digest"][:12] in problem["detail"] for found in (one, two))
    digests = [found["version"]["digest"] for found in (one, two)]
    assert [_fault(server, knowledge={"digest": digest}) for digest in digests] == ["undetermined", "machine"]
    wanted = {**NOISY, "options": {"knowledge": {"name": "small", "version": "0.2.0"}}}
    fault = server.post("/v1/triage", wanted, 422)["errors"][0]
    assert (fault["code"], sorted(fault["accepted"])) == ("several-versions", sorted(digests))
    _activate(server, digests[1][:12], '"0"')
    server.post("/v1/triage", wanted)


def test_what_was_not_checked_here_has_no_findings_counted(server: Server, tmp_path: Path) -> None:
    load(server, second(tmp_path))
    found = server.get(f"{BASE}/versions")["versions"]
    assert {version["origin"]: version["findings"] is None for version in found} == {"disk": True, "loaded": False}


def test_cases_that_fail_are_told_when_a_version_is_loaded(server: Server, tmp_path: Path) -> None:
    files = second(tmp_path, rules_start=("{trouble: leaking}", "{trouble: noisy}"))
    failing = [finding for finding in load(server, files)["findings"] if finding["kind"] == "failing-case"]
    assert [(finding["about"], finding["file"]) for finding in failing] == [
        ("漏水，是机器的问题，派人", "cases/start.cases.yaml")
    ]
    sound = load(server, second(tmp_path, "0.3.0"))
    assert "failing-case" not in {finding["kind"] for finding in sound["findings"]}
