"""Calls that are kept: nothing told is lost, nobody overwrites anybody, a retry changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from api.ids import new_id, now
from api.service import Service
from api.storage import repeats
from api.storage.repeats import LEASE, Claim
from api.storage.tables import calls
from tests.service.serving import Server, decided

NO_POWER = {"facts": {"complaint": "no_power"}, "options": {"language": "en"}}
SMOKE = {"complaint": "danger_seen", "danger_signs": ["smoke"]}


def open_call(server: Server, body: Any = None, **headers: str) -> tuple[str, dict[str, Any]]:
    """A new call: its path and what was answered."""
    call = server.post("/v1/calls", NO_POWER if body is None else body, 201, **headers)
    return f"/v1/calls/{call['call_id']}", call


def tell(server: Server, path: str, version: int, facts: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = server.send("PATCH", f"{path}/facts", {"facts": facts, **more}, If_Match=f'"{version}"').json()
    return answer


def test_a_call_is_answered_as_if_all_of_it_were_told_at_once(shared: Server) -> None:
    path, call = open_call(shared)
    assert call["assessment"]["question"]["id"] == "danger_signs"
    tell(shared, path, 1, {"danger_signs": []})
    told = tell(shared, path, 2, {"scope": "home_only"})
    at_once = {"complaint": "no_power", "danger_signs": [], "scope": "home_only"}
    assert told["assessment"] == shared.post("/v1/triage", {"facts": at_once, "options": {"language": "en"}})["assessment"]
    assert told == shared.get(path)


def test_location_and_etag_lead_to_the_call(shared: Server) -> None:
    opened = shared.send("POST", "/v1/calls", NO_POWER, 201)
    found = shared.send("GET", opened.headers["location"])
    assert found.json() == opened.json()
    assert found.headers["etag"] == opened.headers["etag"] == '"1"'


def test_changing_one_answer_keeps_the_others(shared: Server) -> None:
    path, _ = open_call(shared)
    before = tell(shared, path, 1, {"danger_signs": [], "scope": "home_only"}, fields={"address": "12 Renmin Road"})
    after = tell(shared, path, 2, {"complaint": "partial_power"})
    kept = {fact: reading for fact, reading in before["facts"].items() if fact != "complaint"}
    assert {fact: reading for fact, reading in after["facts"].items() if fact != "complaint"} == kept
    assert after["facts"]["complaint"]["value"] == "partial_power"
    assert after["fields"] == {"address": "12 Renmin Road"}


def test_answers_that_no_longer_apply_are_listed_not_dropped(shared: Server) -> None:
    path, _ = open_call(shared)
    tell(shared, path, 1, {"danger_signs": [], "scope": "home_only"})
    after = tell(shared, path, 2, {"complaint": "transformer_noise"})
    assert "scope" in [entry["fact"] for entry in after["assessment"]["inapplicable"]]
    assert after["facts"]["scope"]["value"] == "home_only"


def test_null_takes_an_answer_back(shared: Server) -> None:
    path, opened = open_call(shared)
    tell(shared, path, 1, {"danger_signs": [], "scope": "home_only"}, fields={"address": "x"})
    after = tell(shared, path, 2, {"danger_signs": None, "scope": None}, fields={"address": None})
    assert after["facts"] == opened["facts"]
    assert after["fields"] == {}
    assert after["assessment"] == opened["assessment"]


def test_ids_the_base_does_not_know_are_warned_of_and_not_kept(shared: Server) -> None:
    path, _ = open_call(shared)
    after = tell(shared, path, 1, {"scoope": "x", "danger_signs": []})
    assert [(warning["code"], warning["path"]) for warning in after["assessment"]["warnings"]] == [
        ("unknown-id", "/facts/scoope")
    ]
    assert "scoope" not in after["facts"]


def test_a_wrong_answer_changes_nothing(shared: Server) -> None:
    path, opened = open_call(shared)
    problem = shared.send("PATCH", f"{path}/facts", {"facts": {"scope": "homeonly"}}, 422, If_Match='"1"').json()
    assert (problem["errors"][0]["pointer"], problem["errors"][0]["nearest"]) == ("/facts/scope", "home_only")
    assert shared.get(path) == opened


def test_a_change_needs_the_version_it_rests_on(shared: Server) -> None:
    path, _ = open_call(shared)
    assert shared.send("PATCH", f"{path}/facts", {}, 428).json()["code"] == "if-match-needed"
    tell(shared, path, 1, {"danger_signs": []})
    late = shared.send("PATCH", f"{path}/facts", {"facts": {"scope": "home_only"}}, 412, If_Match='"1"')
    assert late.headers["etag"] == '"2"'
    assert "scope" not in shared.get(path)["facts"]
    shared.send("POST", f"{path}/close", {}, 428)
    shared.send("POST", f"{path}/close", {}, 412, If_Match='"1"')


def test_of_many_writers_at_once_one_wins(shared: Server) -> None:
    path, _ = open_call(shared)

    def write(value: str) -> int:
        answer = shared.client.patch(f"{path}/facts", json={"facts": {"scope": value}}, headers={"If-Match": '"1"'})
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(write, ["home_only", "unknown"] * 4))
    assert sorted(codes) == [200] + [412] * 7
    assert [event["version"] for event in shared.get(f"{path}/history")["events"]] == [1, 2]


def test_history_only_grows(shared: Server) -> None:
    path, call = open_call(shared)
    first = shared.get(f"{path}/history")["events"]
    tell(shared, path, 1, {"danger_signs": []}, fields={"address": "12 Renmin Road"})
    tell(shared, path, 2, {"danger_signs": None})
    shared.post(f"{path}/close", {"reason": "abandoned"}, If_Match='"3"')
    events = shared.get(f"{path}/history")["events"]
    assert [event["kind"] for event in events] == ["opened", "facts", "facts", "closed"]
    assert events[:1] == first
    assert events[1]["fields"] == ["address"]
    assert events[2]["facts"]["smoke"] is None
    assert events[0]["decision_id"] == call["decision_id"]


def test_a_closed_call_is_decided_and_not_changed_any_more(shared: Server) -> None:
    path, _ = open_call(shared)
    shared.send("GET", f"{path}/work-order", status=409)
    closed = shared.post(f"{path}/close", {}, If_Match='"1"')
    assert (closed["state"], closed["assessment"]["status"]) == ("closed", "handover")
    assert decided(closed["assessment"])["action"] == "dispatch"
    assert shared.send("PATCH", f"{path}/facts", {"facts": {}}, 409, If_Match='"2"').json()["code"] == "call-closed"


def test_answer_log_and_work_order_share_one_id(shared: Server) -> None:
    path, call = open_call(shared, {"facts": SMOKE, "fields": {"address": "12 Renmin Road"}})
    order = shared.get(f"{path}/work-order")
    record = shared.get(f"/v1/decisions/{call['decision_id']}")
    assert order["decision_id"] == record["decision_id"] == call["decision_id"]
    assert (call["logged"], record["logged"]) == ("stored", "stored")
    assert "12 Renmin Road" in order["text"]
    assert record["fields"] == {"address": "***"}
    assert record["call_id"] == call["call_id"]


# -- once


def test_a_retry_gets_the_same_answer_and_writes_nothing(shared: Server) -> None:
    key = {"Idempotency_Key": new_id()}
    first = shared.send("POST", "/v1/calls", NO_POWER, 201, **key)
    again = shared.send("POST", "/v1/calls", NO_POWER, 201, **key)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    path = first.headers["location"]
    key = {"Idempotency_Key": new_id(), "If_Match": '"1"'}
    body: dict[str, Any] = {"facts": {"danger_signs": []}}
    told = [shared.send("PATCH", f"{path}/facts", body, 200, **key).content for _ in range(2)]
    assert told[0] == told[1]
    assert shared.get(path)["version"] == 2


def test_a_key_is_good_for_one_request(shared: Server) -> None:
    key = new_id()
    shared.post("/v1/calls", NO_POWER, 201, Idempotency_Key=key)
    problem = shared.post("/v1/calls", {"facts": SMOKE}, 422, Idempotency_Key=key)
    assert problem["code"] == "key-reused"
    assert shared.post("/v1/calls", NO_POWER, 422, Idempotency_Key="")["errors"][0]["pointer"] == "header:Idempotency-Key"


def test_a_refused_write_leaves_its_key_free(shared: Server) -> None:
    key = new_id()
    shared.post("/v1/calls", {"facts": {"complaint": "x"}}, 422, Idempotency_Key=key)
    shared.post("/v1/calls", NO_POWER, 201, Idempotency_Key=key)


def test_the_same_write_many_times_at_once_happens_once(shared: Server) -> None:
    key, ref = new_id(), f"caller-{new_id()}"
    body = {**NO_POWER, "caller_ref": ref}

    def write(_: int) -> tuple[int, str]:
        answer = shared.client.post("/v1/calls", json=body, headers={"Idempotency-Key": key})
        return answer.status_code, answer.headers.get("location", "")

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(write, range(6)))
    assert {code for code, _ in found} <= {201, 409}
    assert len({location for code, location in found if code == 201}) == 1
    _, later = open_call(shared, body)
    assert len(later["related"]) == 1


def test_a_claim_whose_process_died_is_taken_over_and_its_owner_cannot_finish(server: Server) -> None:
    database = server.service.database
    dead = Claim("", "k", "print", new_id())
    heir = Claim("", "k", "print", new_id())
    with database.writing() as connection:
        assert repeats.claim(connection, dead, now()) is None
        kept = repeats.claim(connection, heir, now())
        assert kept is not None
        assert kept.status is None
        assert repeats.claim(connection, heir, now() + LEASE + timedelta(seconds=1)) is None
        assert not repeats.finish(connection, dead, 201, {}, b"")
        assert repeats.finish(connection, heir, 201, {}, b"x")


# -- callers that come again


def test_an_order_still_open_is_told_by_the_order_system(server: Server) -> None:
    urban = {**SMOKE, "area_class": {"value": "urban", "source": "customer_file"}}
    _, order = open_call(server, {"facts": urban, "caller_ref": "c-1"})
    asks = {"facts": {"complaint": "open_order", "danger_signs": []}, "caller_ref": "c-1"}
    _, again = open_call(server, asks)
    (found,) = again["supplied"]
    assert (found["fact"], found["value"], found["source"]) == ("order_state", "in_time", "order_system")
    assert (found["used"], found["about"]) == (True, order["call_id"])
    assert [row["call_id"] for row in again["related"]] == [order["call_id"]]
    assert again["facts"].keys() == {"complaint", *_danger_signs(server)}
    record = server.get(f"/v1/decisions/{again['decision_id']}")
    assert record["facts"]["order_state"]["source"] == "order_system"
    _late(server.service, order["call_id"])
    assert open_call(server, asks)[1]["supplied"][0]["value"] == "overdue"
    server.post(f"/v1/calls/{order['call_id']}/outcome", {"found": {"fault": "meter"}}, 201)
    assert open_call(server, asks)[1]["supplied"][0]["value"] == "finished"


def test_what_was_told_stands_against_what_the_register_knows(server: Server) -> None:
    urban = {**SMOKE, "area_class": {"value": "urban", "source": "customer_file"}}
    open_call(server, {"facts": urban, "caller_ref": "c-1"})
    told = {"complaint": "open_order", "danger_signs": [], "order_state": "overdue"}
    path, again = open_call(server, {"facts": told, "caller_ref": "c-1"})
    assert again["facts"]["order_state"] == {"value": "overdue", "source": "caller"}
    assert again["supplied"][0]["used"] is False
    back = tell(server, path, 1, {"order_state": None})
    assert (back["supplied"][0]["used"], back["supplied"][0]["value"]) == (True, "in_time")


def test_other_callers_and_test_calls_tell_nothing(server: Server) -> None:
    open_call(server, {"facts": SMOKE, "caller_ref": "c-1"})
    asks = {"facts": {"complaint": "open_order"}}
    assert open_call(server, {**asks, "caller_ref": "c-2"})[1]["related"] == []
    assert open_call(server, asks)[1]["related"] == []
    assert open_call(server, {**asks, "caller_ref": "c-1", "options": {"test_traffic": True}})[1]["related"] == []


def test_a_later_change_does_not_move_a_promised_arrival(server: Server) -> None:
    urban = {**SMOKE, "area_class": {"value": "urban", "source": "customer_file"}}
    path, order = open_call(server, {"facts": urban})
    due = server.get(f"{path}/work-order")["due_at"]
    assert datetime.fromisoformat(due) == datetime.fromisoformat(order["decided_at"]) + timedelta(minutes=45)
    tell(server, path, 1, {}, fields={"address": "12 Renmin Road"})
    assert server.get(f"{path}/work-order")["due_at"] == due


# -- what the crew found


def test_an_outcome_is_held_against_what_was_decided(shared: Server) -> None:
    path, call = open_call(shared, {"facts": SMOKE})
    action = decided(call["assessment"])["action"]
    found = {"fault": "meter", "action": action}
    outcome = shared.post(f"{path}/outcome", {"found": found, "visited": True}, 201)
    assert outcome["agrees"] == {"fault": False, "action": True}
    assert outcome["decision_id"] == call["decision_id"]
    assert shared.get(f"{path}/history")["events"][-1]["found"] == found
    assert shared.get(path)["version"] == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"found": {}}, "/found"),
        ({"found": {"falt": "meter"}}, "/found/falt"),
        ({"found": {"fault": "metre"}}, "/found/fault"),
        ({"found": {"fault": "meter"}, "visited": 1}, "/visited"),
        ({"found": {"fault": "meter"}, "decision_id": "x"}, "/decision_id"),
        ({"found": {"fault": "meter"}, "decision_id": "01a20391-d643-71fa-95c8-edc8d90bea15"}, "/decision_id"),
        ({"found": {"fault": "meter"}, "not": "x"}, "/not"),
    ],
)
def test_an_outcome_is_in_words_of_the_base(shared: Server, body: dict[str, Any], pointer: str) -> None:
    path, _ = open_call(shared)
    assert shared.post(f"{path}/outcome", body, 422)["errors"][0]["pointer"] == pointer


def test_what_is_not_there_is_not_found(shared: Server) -> None:
    for missing in (new_id(), "x", "%00", "..%2f"):
        shared.get(f"/v1/calls/{missing}", 404)
        shared.send("PATCH", f"/v1/calls/{missing}/facts", {}, 404, If_Match='"1"')
        shared.get(f"/v1/decisions/{missing}", 404)


def _late(service: Service, call_id: str) -> None:
    with service.database.writing() as connection:
        connection.execute(update(calls).where(calls.c.id == call_id).values(due_at=now() - timedelta(minutes=5)))


def _danger_signs(server: Server) -> list[str]:
    questions = server.get("/v1/knowledge/power/questions")["questions"]
    return next(question["fills"] for question in questions if question["id"] == "danger_signs")


def test_what_is_taken_back_under_a_wrong_id_is_warned_of(shared: Server) -> None:
    path, _ = open_call(shared)
    body = {"facts": {"scop": None}, "fields": {"adress": None}, "no_answer": {"blance": ["caller"]}}
    told = shared.send("PATCH", f"{path}/facts", body, If_Match='"1"').json()
    warned = [warning["path"] for warning in told["assessment"]["warnings"]]
    assert warned == ["/facts/scop", "/fields/adress", "/no_answer/blance"]


@pytest.mark.parametrize("body", [{}, {"facts": {}}, {"facts": {}, "fields": {}, "no_answer": {}}])
def test_a_change_that_names_nothing_is_none(shared: Server, body: dict[str, Any]) -> None:
    path, opened = open_call(shared)
    answer = shared.send("PATCH", f"{path}/facts", body, If_Match='"1"')
    assert (answer.json(), answer.headers["etag"]) == (opened, '"1"')
    assert len(shared.get(f"{path}/history")["events"]) == 1


def test_an_outcome_tells_the_version_the_next_change_rests_on(shared: Server) -> None:
    path, _ = open_call(shared)
    kept = shared.send("POST", f"{path}/outcome", {"found": {"fault": "meter"}}, 201)
    assert (kept.json()["version"], kept.headers["etag"]) == (2, '"2"')
    refused = shared.send("POST", f"{path}/close", {}, 412, If_Match='"1"', Accept_Language="en")
    assert refused.json()["title"] == "The call was changed since"
    shared.send("POST", f"{path}/close", {}, If_Match=kept.headers["etag"])


@pytest.mark.parametrize("given", ["1", "*1", '"1', '"1" "2"', ""])
def test_a_version_without_its_quotes_is_told(shared: Server, given: str) -> None:
    path, _ = open_call(shared)
    problem = shared.send("POST", f"{path}/close", {}, 400, If_Match=given).json()
    assert (problem["errors"][0]["pointer"], '`"1"`' in problem["detail"]) == ("header:If-Match", True)


@pytest.mark.parametrize("given", ['"1"', "*", 'W/"1"', '"7", "1"'])
def test_a_version_may_be_one_of_several(shared: Server, given: str) -> None:
    path, _ = open_call(shared)
    shared.send("POST", f"{path}/close", {}, If_Match=given)


def test_a_call_that_did_not_change_need_not_be_read_again(shared: Server) -> None:
    path, _ = open_call(shared)
    assert shared.send("GET", path, None, 304, If_None_Match='"1"').content == b""
    shared.send("GET", path, None, 200, If_None_Match='"2"')


def test_what_is_wrong_about_a_call_is_told_in_its_language(shared: Server) -> None:
    path, _ = open_call(shared)
    wrong, old = {"facts": {"scope": "x"}}, '"9"'
    for body, tag, status in ((wrong, '"1"', 422), ({}, old, 412), ({"fact": 1}, '"1"', 422)):
        refused = shared.send("PATCH", f"{path}/facts", body, status, If_Match=tag, Accept_Language="zh")
        assert refused.headers["content-language"] == "en"
        assert refused.json()["title"].isascii()
    for answer in (
        shared.send("GET", path),
        shared.send("PATCH", f"{path}/facts", {"facts": {"scope": "home_only"}}, If_Match='"1"'),
        shared.send("POST", f"{path}/outcome", {"found": {"fault": "meter"}}, 201),
    ):
        assert answer.headers.get_list("content-language") == ["en"]
    check = shared.send("POST", f"{path}/restoration", {"options": {"language": "zh"}, "x": 1}, 422)
    assert check.headers["content-language"] == "zh"
