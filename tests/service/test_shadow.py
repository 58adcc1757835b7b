"""A candidate in shadow: asked about live calls, never answering, its differences counted and listed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.asking import Asked
from api.bases import Bases
from api.settings import Settings
from api.storage import knowledge as stored
from api.storage.database import Database
from api.versions.differing import differences
from tests.service import editions
from tests.service.editions import NOISY, first, load, second
from tests.service.processes import waited
from tests.service.serving import Server, decided, migrated, serve
from triage.expert import ExpertSystem

SHADOW = "/v1/knowledge/small/shadow"
LEAKING = {"facts": {"trouble": "leaking", "wet_floor": "not_seen"}}


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is delivered at once."""
    monkeypatch.setattr("api.versions.shadowing.DELIVER_SECONDS", 0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return editions.write(first(tmp_path), tmp_path / "served" / "small")


@pytest.fixture
def server(tmp_path: Path, folder: Path) -> Iterator[Server]:
    settings = Settings(bases=(folder,), data=tmp_path / "data", threads=1, database_threads=4, per_second=0)
    with serve(migrated(settings), Bases.open([folder])) as running:
        yield running


def _begin(server: Server, files: dict[str, str], share: float = 1) -> str:
    digest: str = load(server, files)["version"]["digest"]
    server.send("PUT", SHADOW, {"digest": digest, "share": share})
    return digest


def _found(server: Server, **wanted: int) -> dict[str, Any]:
    """What was found, once it is as much as is wanted."""

    def enough() -> dict[str, Any] | None:
        found = server.get(SHADOW)
        return found if all(found[name] == count for name, count in wanted.items()) else None

    return waited(enough, 30)  # type: ignore[no-any-return]


def test_differences_are_counted_and_listed_and_never_answered(server: Server, tmp_path: Path) -> None:
    before = server.post("/v1/triage", NOISY)["assessment"]
    _begin(server, second(tmp_path))
    asked = [server.post("/v1/triage", NOISY) for _ in range(3)] + [server.post("/v1/triage", LEAKING)]
    assert [answer["assessment"] for answer in asked[:3]] == [before] * 3
    found = _found(server, compared=4)
    assert (found["same"], found["changed"], found["failed"], found["dropped"]) == (1, 3, 0, 0)
    (one,) = found["differences"]
    shown = tuple(one[part] for part in ("kind", "name", "before", "after", "count"))
    assert shown == ("decision", "fault", "machine", "undetermined", 3)
    assert one["examples"] == [answer["decision_id"] for answer in asked[:3]]
    waited(lambda: server.get(f"/v1/decisions/{one['examples'][0]}")["logged"] == "stored")
    assert server.get(f"/v1/decisions/{one['examples'][0]}")["decision"]["fault"] == "machine"
    figures = server.send("GET", "/metrics").text.splitlines()
    assert 'triage_shadow_calls_total{base="small",result="changed"} 3.0' in figures
    labels = 'after="undetermined",base="small",before="machine",kind="decision",name="fault"'
    assert f"triage_shadow_differences_total{{{labels}}} 3.0" in figures


def test_kept_calls_are_compared_too_and_test_traffic_and_other_versions_are_not(server: Server, tmp_path: Path) -> None:
    digest = _begin(server, second(tmp_path))
    server.post("/v1/triage", {**NOISY, "options": {"test_traffic": True}})
    server.post("/v1/triage", {**NOISY, "options": {"knowledge": {"digest": digest}}})
    call = server.post("/v1/calls", NOISY, 201)
    found = _found(server, compared=1)
    assert found["differences"][0]["examples"] == [call["decision_id"]]


def test_answers_the_candidate_does_not_know_are_counted_by_fact(server: Server, tmp_path: Path) -> None:
    _begin(server, second(tmp_path, facts_start=("    noisy: {zh: 声音大, en: it is noisy}\n", "")))
    for body in (NOISY, LEAKING):
        server.post("/v1/triage", body)
    found = _found(server, compared=2)
    assert (found["not_accepted"], found["same"]) == (1, 1)
    assert (found["differences"][0]["kind"], found["differences"][0]["name"]) == ("input", "trouble")


def test_a_candidate_that_fails_is_counted_and_disturbs_nobody(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = _begin(server, second(tmp_path))
    real = ExpertSystem.assess_on_record

    def failing(self: ExpertSystem, *parts: Any) -> Any:
        if self.knowledge.digest == digest:
            raise RecursionError
        return real(self, *parts)

    monkeypatch.setattr(ExpertSystem, "assess_on_record", failing)
    assert decided(server.post("/v1/triage", NOISY)["assessment"])["fault"] == "machine"
    found = _found(server, failed=1)
    assert [(one["kind"], one["name"]) for one in found["differences"]] == [("failure", "RecursionError")]
    monkeypatch.undo()
    server.post("/v1/triage", LEAKING)
    assert _found(server, compared=2)["same"] == 1


def test_a_slow_candidate_holds_no_answer_up_and_what_finds_no_room_is_counted(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.versions.shadowing.ROOM", 3)
    goes_on, real = threading.Event(), ExpertSystem.assess_on_record
    settings = migrated(Settings(bases=(folder,), data=tmp_path / "data", threads=1, database_threads=4, per_second=0))
    with serve(settings, Bases.open([folder])) as server:
        digest = _begin(server, second(tmp_path))

        def slow(self: ExpertSystem, *parts: Any) -> Any:
            if self.knowledge.digest == digest:
                goes_on.wait(60)
            return real(self, *parts)

        monkeypatch.setattr(ExpertSystem, "assess_on_record", slow)
        for number in range(10):  # none waits for the candidate, which stands still
            assert server.post("/v1/triage", {**NOISY, "fields": {"location": str(number)}})["logged"] == "spooled"
        goes_on.set()
        found = waited(lambda: (now := server.get(SHADOW))["compared"] + now["dropped"] == 10 and now)
        assert found["dropped"] in (6, 7)  # one more where the first was not yet taken out of the queue


def test_a_share_takes_calls_by_their_id(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _begin(server, second(tmp_path), share=0.25)
    asked = Asked(server.service.bases.find(), {}, {"language": "en", "now": "2026-01-31T20:15:00Z"}, False, False)
    taken: list[str] = []
    monkeypatch.setattr(server.service.shadow._jobs, "put_nowait", lambda job: taken.append(job.decision_id[-8:]))
    for last in ("00000000", "3fffffff", "40000000", "ffffffff"):
        server.service.shadow.offer(asked, f"01a20000-0000-7000-8000-0000{last}", b"{}")
    assert taken == ["00000000", "3fffffff"]


def test_a_shadow_is_over_when_another_version_is_activated_and_what_it_found_stays(server: Server, tmp_path: Path) -> None:
    digest = _begin(server, second(tmp_path))
    server.post("/v1/triage", NOISY)
    _found(server, compared=1)
    tag = server.send("GET", "/v1/knowledge/small/versions").headers["etag"]
    after = server.send("POST", f"/v1/knowledge/small/versions/{digest}/activate", None, If_Match=tag).json()
    assert after["shadow"] is None
    server.post("/v1/triage", NOISY)
    found = server.get(SHADOW)
    assert (found["running"], found["compared"], found["changed"]) == (False, 1, 1)


def test_a_shadow_can_be_ended_and_begun_again_from_nothing(server: Server, tmp_path: Path) -> None:
    digest = _begin(server, second(tmp_path))
    server.post("/v1/triage", NOISY)
    _found(server, compared=1)
    assert server.send("DELETE", SHADOW).json()["shadow"] is None
    assert server.send("DELETE", SHADOW).headers["etag"] == '"2"'  # nothing more to be done
    server.post("/v1/triage", NOISY)
    assert server.get(SHADOW)["compared"] == 1
    server.send("PUT", SHADOW, {"digest": digest})
    assert server.get(SHADOW)["compared"] == 0


@pytest.mark.parametrize(
    "body",
    [{}, {"digest": 1}, {"digest": ""}, {"digest": "x\0"}, {"digest": "0.2.0", "share": 0}, {"digest": "0.2.0", "share": 2}],
)
def test_a_wrong_wish_is_refused(server: Server, body: Any) -> None:
    server.send("PUT", SHADOW, body, 422)


def test_the_version_that_answers_cannot_be_its_own_shadow(server: Server) -> None:
    active = server.get("/v1/knowledge/small/versions")["active"]
    assert server.send("PUT", SHADOW, {"digest": active}, 422).json()["errors"][0]["code"] == "active-version"
    server.send("PUT", SHADOW, {"digest": "0.9.9"}, 404)
    server.get(SHADOW, 404)


def test_processes_add_up_what_they_find(url: str, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.versions.following.PERIOD_SECONDS", 0.05)

    def another(name: str) -> Any:
        settings = Settings(data=tmp_path / name, database=url, threads=1, database_threads=4)
        return serve(migrated(settings), Bases.open([folder]))

    with another("one") as one, another("two") as two:
        _begin(one, second(tmp_path))
        waited(lambda: two.service.versions.trial("small"))
        for server in (one, two, two):
            server.post("/v1/triage", NOISY)
        found = _found(one, compared=3)
    assert [(one["count"], len(one["examples"])) for one in found["differences"]] == [(3, 3)]


def test_counts_of_several_writers_add_up_and_examples_stay_few(url: str) -> None:
    migrated(Settings(database=url))
    opened = Database(url, 4)
    key = ("decision", "fault", "a", "b")

    def add(name: str) -> None:
        for number in range(20):
            with opened.writing() as connection:
                stored.add_counts(connection, "small", 1, {key: (1, [f"{name}-{number}"]), ("total", "same", "", ""): (2, [])})

    threads = [threading.Thread(target=add, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with opened.reading() as connection:
        rows = {row["kind"]: row for row in stored.counts(connection, "small", 1)}
    opened.close()
    assert (rows["decision"]["count"], rows["total"]["count"]) == (60, 120)
    assert len(set(rows["decision"]["examples"])) == stored.EXAMPLES


def test_only_what_is_decided_counts_as_a_difference_of_the_decision() -> None:
    def record(status: str, fault: str, question: str | None = None, *said: str) -> dict[str, Any]:
        asked = {"id": question} if question else None
        return {"status": status, "decision": {"fault": fault}, "question": asked, "said": list(said)}

    alerts = frozenset({"fire"})
    asking = record("needs_input", "a", "q1")
    assert differences(asking, record("needs_input", "b", "q1"), alerts) == []
    assert differences(asking, record("needs_input", "a", "q2"), alerts) == [("question", "question", "q1", "q2")]
    assert differences(asking, record("decided", "b"), alerts) == [
        ("status", "status", "needs_input", "decided"),
        ("decision", "fault", "a", "b"),
        ("question", "question", "q1", ""),
    ]
    spoken = record("decided", "a", None, "fire", "advice")
    assert differences(record("decided", "a"), spoken, alerts) == [("alert", "fire", "silent", "said")]
    assert differences(spoken, spoken, alerts) == []
