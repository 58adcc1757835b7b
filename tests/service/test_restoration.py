"""Checks after a repair: three questions at most, nobody answering counts as a try, and what is left behind keeps its time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter
from sqlalchemy import func, select

from api.bases import Base, Bases
from api.ids import new_id
from api.schemas import answers
from api.settings import Settings
from api.storage.tables import calls
from tests.service.databases import KINDS, empty_database
from tests.service.serving import Server, decided, migrated, serve
from triage.expert import ExpertSystem

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
FACTS = {"complaint": "no_power", "danger_signs": [], "scope": "whole_area"}
URBAN = {"area_class": {"value": "urban", "source": "customer_file"}}


@pytest.fixture(scope="module")
def checking(opened: tuple[Base, Base]) -> Bases:
    """The base for fault reports, and the one that checks them."""
    return Bases([opened[0], Base(ExpertSystem.open(KNOWLEDGE / "restoration"))])


@pytest.fixture(scope="module", params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database of each kind."""
    with empty_database(request, tmp_path_factory.mktemp("checks")) as found:
        yield found


@pytest.fixture(scope="module")
def running(url: str, checking: Bases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with both."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), database=url, threads=1, database_threads=4, per_second=0)
    with serve(migrated(settings), checking) as server:
        yield server


@pytest.fixture
def report(running: Server) -> dict[str, Any]:
    """A call whose repair was reported done."""
    body = {
        "facts": {**FACTS, **URBAN},
        "fields": {"address": "12 Renmin Road"},
        "caller_ref": f"caller-{new_id()}",
        "place": {"transformer_area": f"area-{new_id()}"},
        "options": {"language": "en", "systems": ["customer_file"]},
    }
    call = running.post("/v1/calls", body, 201)
    running.post(f"/v1/calls/{call['call_id']}/close", {}, If_Match='"1"')
    running.post(f"/v1/calls/{call['call_id']}/outcome", {"found": {"fault": "transformer"}}, 201)
    return call


def check(server: Server, report: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """A check of a call."""
    body = {"facts": facts, "options": {"language": "en"}}
    return server.post(f"/v1/calls/{report['call_id']}/restoration", body, 201)


def tell(server: Server, opened: dict[str, Any], status: int = 200, **facts: Any) -> dict[str, Any]:
    path, tag = f"/v1/calls/{opened['call_id']}", f'"{opened["version"]}"'
    answer: dict[str, Any] = server.send("PATCH", f"{path}/facts", {"facts": facts}, status, If_Match=tag).json()
    return answer


def history(server: Server, report: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = server.get(f"/v1/calls/{report['call_id']}/history")["events"]
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    return events


def nested_calls(server: Server, report: dict[str, Any]) -> int:
    with server.service.database.reading() as connection:
        wanted = select(func.count()).select_from(calls).where(calls.c.nested_in == report["call_id"])
        return int(connection.scalar(wanted) or 0)


def test_light_in_all_rooms_takes_two_questions_and_the_matter_is_over(running: Server, report: dict[str, Any]) -> None:
    first = check(running, report)
    assert (first["checks"], first["caller_ref"], first["place"]) == (report["call_id"], report["caller_ref"], report["place"])
    assert first["assessment"]["question"]["id"] == "light"
    second = tell(running, first, light="on")
    assert second["assessment"]["question"]["id"] == "rooms"
    done = tell(running, second, rooms="every")
    assert decided(done["assessment"]) == {"finding": "restored", "supply": "restored", "action": "close"}
    assert done["nested_call"] is None
    checked = running.get(f"/v1/calls/{report['call_id']}")
    assert checked["over_at"] == done["changed_at"]
    began, ended = history(running, report)[-2:]
    assert (began["kind"], began["links"]) == ("check_began", {"check": first["call_id"]})
    assert (ended["kind"], ended["links"]) == ("check_ended", {"check": first["call_id"]})
    assert ended["result"] == {"finding": "restored", "supply": "restored", "action": "close"}
    assert ended["decision_id"] == done["decision_id"]


def test_no_check_takes_more_than_three_questions(running: Server, report: dict[str, Any]) -> None:
    def lead(path: tuple[str, ...]) -> None:
        answer, asked = check(running, report), 0
        for choice in path:
            question = answer["assessment"]["question"]
            if question is None:
                break
            asked += 1
            options = [option["value"] for option in question["options"]] + ["unknown"]
            told = {question["id"]: choice if choice in options else options[0]}
            answer = tell(running, answer, 200, **told)
        assert answer["assessment"]["status"] in ("decided", "handover")
        assert asked <= 3

    for path in (("on", "some", "dark"), ("none", "unknown", "unknown"), ("unknown", "unknown", "unknown", "unknown")):
        lead(path)


def test_a_home_still_dark_becomes_a_call_of_its_own_dated_to_the_first_report(running: Server, report: dict[str, Any]) -> None:
    done = tell(running, tell(running, check(running, report), light="none"), neighbours="have_power")
    assert decided(done["assessment"])["finding"] == "nested_outage"
    nested = running.get(f"/v1/calls/{done['nested_call']}")
    assert (nested["nested_in"], nested["checks"], nested["state"]) == (report["call_id"], None, "open")
    assert nested["reported_at"] == report["opened_at"] < nested["opened_at"]
    assert nested["assessment"]["knowledge"]["name"] == "power"
    assert {fact: reading["value"] for fact, reading in nested["facts"].items()} == {
        "complaint": "no_power",
        "scope": "home_only",
    }
    assert nested["fields"] == {"address": "12 Renmin Road"}
    assert (nested["caller_ref"], nested["place"]) == (report["caller_ref"], report["place"])
    assert nested["assessment"]["question"]["id"] == "danger_signs"
    ended = history(running, report)[-1]
    assert ended["links"] == {"check": done["call_id"], "nested": nested["call_id"]}
    assert running.get(f"/v1/calls/{report['call_id']}")["over_at"] is None
    assert running.get(f"/v1/decisions/{nested['decision_id']}")["call_id"] == nested["call_id"]
    goes_on = tell(running, nested, danger_signs=["smoke"])
    order = running.get(f"/v1/calls/{goes_on['call_id']}/work-order")
    assert (order["reported_at"], order["nested_in"]) == (report["opened_at"], report["call_id"])


def test_what_is_nested_twice_keeps_the_first_time(running: Server, report: dict[str, Any]) -> None:
    found = report
    for _ in range(2):
        found = running.get(f"/v1/calls/{check(running, found, light='none', neighbours='dark')['nested_call']}")
    assert found["reported_at"] == report["opened_at"]
    assert found["nested_in"] != report["call_id"]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"light": "strange"}, {"complaint": "voltage_strange"}),
        ({"light": "on", "rooms": "some", "neighbours": "have_power"}, {"complaint": "partial_power", "scope": "home_only"}),
        ({"light": "on", "rooms": "some", "neighbours": "dark"}, {"complaint": "partial_power"}),
        ({"light": "none", "neighbours": "unknown"}, {"complaint": "no_power"}),
    ],
)
def test_the_new_call_is_told_what_the_check_found(
    running: Server, report: dict[str, Any], answers: dict[str, str], told: dict[str, str]
) -> None:
    nested = running.get(f"/v1/calls/{check(running, report, **answers)['nested_call']}")
    assert {fact: reading["value"] for fact, reading in nested["facts"].items()} == told


def test_everything_a_check_may_tell_a_new_call_is_known_to_the_base_it_checks(checking: Bases) -> None:
    power, restoration = (base.knowledge for base in checking.all())
    assert restoration.follow_up is not None
    assert restoration.follow_up.of == power.identity.id
    for again in restoration.follow_up.reopens:
        assert [fact for fact, value in again.tells.items() if value not in power.facts[fact].values] == []


def test_nobody_answering_is_a_try_and_after_the_last_somebody_takes_over(running: Server, report: dict[str, Any]) -> None:
    tries = [check(running, report, reached="no_answer") for _ in range(3)]
    assert [entry["supplied"][0]["value"] for entry in tries] == ["more_left", "more_left", "used_up"]
    assert {entry["supplied"][0]["source"] for entry in tries} == {"call_register"}
    actions = [decided(entry["assessment"])["action"] for entry in tries]
    assert actions == ["call_again", "call_again", "hand_to_person"]
    ended = [event for event in history(running, report) if event["kind"] == "check_ended"]
    assert [event["result"]["finding"] for event in ended] == ["not_reached"] * 3
    assert nested_calls(running, report) == 0
    assert running.get(f"/v1/calls/{report['call_id']}")["over_at"] is None


def test_tries_are_those_before_this_one_however_often_it_is_changed(running: Server, report: dict[str, Any]) -> None:
    first = check(running, report)
    check(running, report, reached="no_answer")
    check(running, report, reached="no_answer")
    told = tell(running, first, reached="no_answer")
    assert decided(told["assessment"])["action"] == "call_again"


def test_a_check_given_up_is_no_result_and_never_taken_for_restored(running: Server, report: dict[str, Any]) -> None:
    opened = tell(running, check(running, report), light="on")
    closed = running.post(f"/v1/calls/{opened['call_id']}/close", {"reason": "abandoned"}, If_Match='"2"')
    assert decided(closed["assessment"])["action"] == "call_again"
    assert history(running, report)[-1]["result"]["finding"] == "not_told"
    assert running.get(f"/v1/calls/{report['call_id']}")["over_at"] is None


def test_who_hangs_up_in_the_dark_is_not_left_there(running: Server, report: dict[str, Any]) -> None:
    opened = tell(running, check(running, report), light="none")
    assert opened["nested_call"] is None
    closed = running.post(f"/v1/calls/{opened['call_id']}/close", {"reason": "abandoned"}, If_Match='"2"')
    assert running.get(f"/v1/calls/{closed['nested_call']}")["reported_at"] == report["opened_at"]


def test_a_corrected_answer_is_a_new_result_and_opens_no_second_call(running: Server, report: dict[str, Any]) -> None:
    dark = check(running, report, light="none", neighbours="dark")
    fine = tell(running, dark, light="on", rooms="every", neighbours=None)
    assert running.get(f"/v1/calls/{report['call_id']}")["over_at"] is not None
    again = tell(running, fine, light="none", rooms=None)
    assert again["nested_call"] == fine["nested_call"] == dark["nested_call"]
    assert nested_calls(running, report) == 1
    assert running.get(f"/v1/calls/{report['call_id']}")["over_at"] is None
    assert history(running, report)[-1]["kind"] == "check_began"
    tell(running, again, neighbours="have_power")
    assert nested_calls(running, report) == 1
    results = [event["result"]["supply"] for event in history(running, report) if event["kind"] == "check_ended"]
    assert results == ["none", "restored", "none"]


def test_nobody_answering_later_does_not_take_back_that_it_is_over(running: Server, report: dict[str, Any]) -> None:
    over = check(running, report, light="on", rooms="every")
    check(running, report, reached="no_answer")
    assert running.get(f"/v1/calls/{report['call_id']}")["over_at"] == over["changed_at"]
    check(running, report, light="none", neighbours="dark")
    assert running.get(f"/v1/calls/{report['call_id']}")["over_at"] is None


def test_a_retry_opens_one_check_and_one_new_call(running: Server, report: dict[str, Any]) -> None:
    key, path = new_id(), f"/v1/calls/{report['call_id']}/restoration"
    body = {"facts": {"light": "none", "neighbours": "dark"}}
    answers = [running.post(path, body, 201, Idempotency_Key=key) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert nested_calls(running, report) == 1


def test_of_writers_at_once_one_opens_the_new_call(running: Server, report: dict[str, Any]) -> None:
    opened = check(running, report)

    def write(_: int) -> int:
        path, told = f"/v1/calls/{opened['call_id']}/facts", {"facts": {"light": "none", "neighbours": "dark"}}
        return running.client.patch(path, json=told, headers={"If-Match": '"1"'}).status_code

    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(write, range(6)))
    assert sorted(codes) == [200] + [412] * 5
    assert nested_calls(running, report) == 1
    assert [event["kind"] for event in history(running, report)][-2:] == ["check_began", "check_ended"]


def test_many_checks_at_once_all_stand_in_the_history(running: Server, report: dict[str, Any]) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: check(running, report, reached="no_answer"), range(6)))
    assert [event["kind"] for event in history(running, report)].count("check_ended") == 6


def test_an_answer_beside_no_answer_is_a_contradiction_and_no_result(running: Server, report: dict[str, Any]) -> None:
    both = check(running, report, reached="no_answer", light="on")
    assert both["assessment"]["status"] == "contradictory"
    assert history(running, report)[-1]["kind"] == "check_began"


def test_answers_have_the_shapes_the_document_promises(running: Server, report: dict[str, Any]) -> None:
    done = check(running, report, light="none", neighbours="dark")
    nested = f"/v1/calls/{done['nested_call']}"
    place = {"place": report["place"], "facts": FACTS}
    for number in range(2):
        merged = running.post("/v1/calls", {**place, "caller_ref": f"shape-{number}"}, 201)
    assert merged["merge_with"] is not None
    closed = running.post(f"{nested}/close", {}, If_Match='"1"')
    for answer in (done, closed, merged):
        TypeAdapter(answers.CallAnswer).validate_json(orjson.dumps(answer))
    for call in (nested, f"/v1/calls/{merged['call_id']}"):
        TypeAdapter(answers.WorkOrderAnswer).validate_json(orjson.dumps(running.get(f"{call}/work-order")))
    TypeAdapter(answers.HistoryAnswer).validate_json(orjson.dumps(running.get(f"/v1/calls/{report['call_id']}/history")))


def test_whoever_says_it_is_over_no_longer_counts_for_others(running: Server) -> None:
    place = {"transformer_area": f"area-{new_id()}"}

    def opened(**facts: Any) -> dict[str, Any]:
        told = {"complaint": "no_power", **facts}
        return running.post("/v1/calls", {"facts": told, "place": place, "caller_ref": f"caller-{new_id()}"}, 201)

    first, _ = opened(), opened()
    check(running, first, light="on", rooms="every")
    assert [entry["value"] for entry in opened(danger_signs=[])["supplied"]] == ["one_more"]


def test_what_is_wrong_with_a_check_is_told(running: Server, report: dict[str, Any]) -> None:
    path = f"/v1/calls/{report['call_id']}/restoration"
    problem = running.post(path, {"facts": {"light": "onn"}}, 422)
    assert (problem["errors"][0]["pointer"], problem["errors"][0]["nearest"]) == ("/facts/light", "on")
    assert running.post(path, {"fields": {}}, 422)["errors"][0]["pointer"] == "/fields"
    running.post(f"/v1/calls/{new_id()}/restoration", {}, 404)
    one = check(running, report)
    assert running.post(f"/v1/calls/{one['call_id']}/restoration", {}, 409)["code"] == "nothing-checks-it"


def test_without_a_base_that_checks_the_answer_says_so(shared: Server) -> None:
    call = shared.post("/v1/calls", {"facts": {"complaint": "no_power"}}, 201)
    problem = shared.post(f"/v1/calls/{call['call_id']}/restoration", {}, 409, Accept_Language="en")
    assert (problem["code"], "power" in problem["detail"]) == ("nothing-checks-it", True)
