"""Other callers at the same place: what they make known, what counts, and that they never speak for the caller."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, update

from api.bases import Base, Bases
from api.ids import new_id, now
from api.settings import Settings
from api.storage.database import Database
from api.storage.tables import call_events, calls
from api.storage.upgrading import downgrade, upgrade
from tests.service.serving import Server, decided, migrated, serve
from triage.expert import ExpertSystem
from triage.loading import load_knowledge

POWER = Path(__file__).parents[2] / "knowledge" / "power"
SAFE = {"complaint": "no_power", "danger_signs": []}


@pytest.fixture
def area() -> str:
    """A transformer area nobody else calls from."""
    return f"area-{new_id()}"


def call(server: Server, facts: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A call; of another caller than all others where none is named."""
    options = {"language": "en", **more.pop("options", {})}
    body = {"facts": {"complaint": "no_power"} if facts is None else facts, "options": options, **more}
    return server.post("/v1/calls", {"caller_ref": f"caller-{new_id()}", **body}, 201)


def tell(server: Server, opened: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """The same call with more told."""
    path, tag = f"/v1/calls/{opened['call_id']}", f'"{opened["version"]}"'
    answer: dict[str, Any] = server.send("PATCH", f"{path}/facts", {"facts": facts}, If_Match=tag).json()
    return answer


def at(**place: str) -> dict[str, Any]:
    return {"place": place}


def several(server: Server, count: int, place: dict[str, Any], **facts: Any) -> list[dict[str, Any]]:
    """Calls of different callers at one place."""
    return [call(server, {"complaint": "no_power", **facts}, **place) for _ in range(count)]


def made_older(server: Server, opened: dict[str, Any], minutes: float) -> None:
    """As if a call had been opened so long ago."""
    with server.service.database.writing() as connection:
        then = now() - timedelta(minutes=minutes)
        connection.execute(update(calls).where(calls.c.id == opened["call_id"]).values(opened_at=then))


def value(answer: dict[str, Any]) -> str | None:
    """What the other callers made known."""
    return next((entry["value"] for entry in answer["supplied"] if entry["fact"] == "neighbours_calls"), None)


# -- what two callers make known to a third


def test_the_third_caller_of_an_area_is_asked_less_and_merging_is_proposed(shared: Server, area: str) -> None:
    first, second = several(shared, 2, at(transformer_area=area))
    alone = call(shared, SAFE, **at(transformer_area=f"{area}-b"))
    third = call(shared, SAFE, **at(transformer_area=area))
    (entry,) = third["supplied"]
    assert entry == {
        "fact": "neighbours_calls",
        "value": "area_out",
        "source": "call_register",
        "observed_at": first["opened_at"],  # until then at least so many have called
        "used": True,
        "about": first["call_id"],
    }
    assert alone["assessment"]["question"]["id"] == "scope"
    assert third["assessment"]["status"] == "decided"
    assert decided(third["assessment"])["fault"] == "transformer_or_lv_line"
    assert third["merge_with"] == {
        "call_id": first["call_id"],
        "place": "transformer_area",
        "place_ref": area,
        "callers": 2,
        "within_minutes": 30.0,
        "fact": "neighbours_calls",
        "value": "area_out",
        "reported_at": first["opened_at"],
        "due_at": None,
    }
    assert alone["merge_with"] is None
    assert second["merge_with"] is None
    record = shared.get(f"/v1/decisions/{third['decision_id']}")
    assert record["facts"]["neighbours_calls"]["ttl_seconds"] == 1800
    assert shared.get(f"/v1/calls/{third['call_id']}/work-order")["merge_with"] == third["merge_with"]


def test_what_others_say_is_no_answer_of_the_caller(shared: Server, area: str) -> None:
    several(shared, 2, at(transformer_area=area))
    third = call(shared, SAFE, **at(transformer_area=area))
    assert "neighbours_calls" not in third["facts"]
    assert third["assessment"]["decision"]["certainty"]["value"] == "presumed"


def test_two_calls_are_weak_and_conclude_nothing(shared: Server, area: str) -> None:
    several(shared, 1, at(transformer_area=area))
    second = call(shared, SAFE, **at(transformer_area=area))
    assert (value(second), second["merge_with"]) == ("one_more", None)
    assert second["assessment"]["question"]["id"] == "scope"
    assert "one-more-caller-nearby" in [line["id"] for line in second["assessment"]["script"]]


def test_another_place_tells_nothing(shared: Server, area: str) -> None:
    several(shared, 3, at(transformer_area=area))
    for place in (at(transformer_area=f"{area}-b"), at(building=area), {}):
        assert call(shared, SAFE, **place)["supplied"] == []


def test_callers_of_one_building_count_where_the_area_is_not_told(shared: Server, area: str) -> None:
    several(shared, 2, at(building=area))
    third = call(shared, SAFE, **at(building=area))
    assert (value(third), third["merge_with"]["place"]) == ("building_out", "building")


def test_a_feeder_is_out_when_several_areas_on_it_call(shared: Server, area: str) -> None:
    several(shared, 3, at(feeder=area, transformer_area=f"{area}-1"))
    assert value(call(shared, SAFE, **at(feeder=area, transformer_area=f"{area}-2"))) is None
    several(shared, 1, at(feeder=area, transformer_area=f"{area}-3"))
    answer = call(shared, SAFE, **at(feeder=area, transformer_area=f"{area}-4"))
    assert (value(answer), decided(answer["assessment"])["fault"]) == ("feeder_out", "upstream")


def test_calls_that_were_there_first_learn_of_it_with_their_next_answer(shared: Server, area: str) -> None:
    first, second, third = several(shared, 3, at(transformer_area=area))
    again = tell(shared, second, danger_signs=[])
    assert (value(again), again["merge_with"]["call_id"]) == ("area_out", first["call_id"])
    leading = tell(shared, first, danger_signs=[])
    assert (value(leading), leading["merge_with"]) == ("area_out", None)
    assert tell(shared, third, danger_signs=[])["merge_with"]["call_id"] == first["call_id"]


def test_a_call_with_an_order_leads_those_without(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    first = call(shared, **place)
    urban = {"area_class": {"value": "urban", "source": "customer_file"}}
    ordered = call(shared, {**SAFE, **urban, "scope": "whole_area"}, **place)
    merge = call(shared, SAFE, **place)["merge_with"]
    due_at = shared.get(f"/v1/calls/{ordered['call_id']}/work-order")["due_at"]
    assert due_at is not None
    assert (merge["call_id"], merge["due_at"]) == (ordered["call_id"], due_at)
    assert tell(shared, first, danger_signs=[])["merge_with"]["call_id"] == ordered["call_id"]


# -- what counts


def test_calls_of_too_long_ago_do_not_count(shared: Server, area: str) -> None:
    first, _ = several(shared, 2, at(transformer_area=area))
    made_older(shared, first, 31)
    assert value(call(shared, SAFE, **at(transformer_area=area))) == "one_more"


def test_what_others_said_holds_until_one_of_the_calls_it_takes_is_too_old(shared: Server, area: str) -> None:
    first, _ = several(shared, 2, at(transformer_area=area))
    made_older(shared, first, 29)
    later = (now() + timedelta(minutes=2)).isoformat()
    stale = call(shared, SAFE, **at(transformer_area=area), options={"now": later})
    assert [(notice["code"], notice["path"]) for notice in stale["assessment"]["warnings"]] == [
        ("stale-reading", "/facts/neighbours_calls")
    ]
    assert stale["assessment"]["question"]["id"] == "scope"


def test_a_caller_counts_once_and_never_for_themselves(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    for _ in range(3):
        call(shared, caller_ref="caller-same", **place)
    assert value(call(shared, SAFE, caller_ref="caller-same", **place)) is None
    assert value(call(shared, SAFE, **place)) == "one_more"


def test_callers_without_a_reference_may_all_be_one(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    for _ in range(3):
        call(shared, caller_ref=None, **place)
    assert value(call(shared, SAFE, **place)) == "one_more"
    assert value(call(shared, SAFE, caller_ref=None, **place)) == "one_more"


def test_test_traffic_and_real_calls_do_not_see_one_another(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    several(shared, 3, {**place, "options": {"test_traffic": True}})
    assert value(call(shared, SAFE, **place)) is None
    assert value(call(shared, SAFE, options={"test_traffic": True}, **place)) == "area_out"


@pytest.mark.parametrize(
    "facts",
    [
        {"complaint": "partial_power"},
        {"complaint": "voltage_strange"},
        {"complaint": "no_power", "scope": "home_only"},
        {"complaint": "no_power", "danger_signs": [], "outage_record": {"value": "planned", "source": "outage_system"}},
        {"complaint": "transformer_noise"},
    ],
)
def test_only_callers_whose_own_answers_say_that_supply_is_gone_count(shared: Server, area: str, facts: dict[str, Any]) -> None:
    for _ in range(3):
        call(shared, facts, **at(transformer_area=area))
    assert value(call(shared, SAFE, **at(transformer_area=area))) is None


def test_what_others_made_known_to_callers_does_not_make_them_count(shared: Server, area: str) -> None:
    several(shared, 2, at(transformer_area=area))
    for _ in range(2):
        joins = call(shared, {"complaint": "partial_power", "danger_signs": []}, **at(transformer_area=area, building=area))
        assert value(joins) == "area_out"
    assert value(call(shared, SAFE, **at(building=area))) is None


def test_flickering_light_joins_an_outage_and_never_starts_one(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    flicker = {"complaint": "voltage_strange", "danger_signs": []}
    for _ in range(3):
        assert call(shared, flicker, **place)["merge_with"] is None
    first, _ = several(shared, 2, place)
    joins = call(shared, flicker, **place)
    assert joins["supplied"] == []
    assert joins["merge_with"]["call_id"] == first["call_id"]


def test_who_sees_danger_is_sent_a_crew_of_their_own(shared: Server, area: str) -> None:
    several(shared, 2, at(transformer_area=area))
    danger = call(shared, {"complaint": "no_power", "danger_signs": ["wire_down"]}, **at(transformer_area=area))
    assert decided(danger["assessment"])["action"] == "dispatch_now"
    assert danger["merge_with"] is None


def test_a_reported_outcome_ends_the_outage_for_all_that_were_to_join_it(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    first, _ = several(shared, 2, place)
    for _ in range(3):
        assert call(shared, SAFE, **place)["merge_with"]["call_id"] == first["call_id"]
    shared.post(f"/v1/calls/{first['call_id']}/outcome", {"found": {"fault": "transformer"}}, 201)
    assert value(call(shared, SAFE, **place)) == "one_more"  # the second, which nobody proposed to merge


def test_a_call_that_no_longer_counts_leads_nobody(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    first, second = several(shared, 2, place)
    third = call(shared, SAFE, **place)
    assert third["merge_with"]["call_id"] == first["call_id"]
    tell(shared, first, scope="home_only")
    after = call(shared, SAFE, **place)["merge_with"]["call_id"]
    assert after == third["call_id"] != second["call_id"]  # the first that has an order


# -- the caller's own word


def test_the_callers_own_word_stays_and_the_disagreement_is_shown(shared: Server, area: str) -> None:
    several(shared, 2, at(transformer_area=area))
    third = call(shared, {**SAFE, "scope": "home_only"}, **at(transformer_area=area))
    assert third["facts"]["scope"] == {"value": "home_only", "source": "caller"}
    assert third["assessment"]["status"] == "contradictory"
    assert [clash["id"] for clash in third["assessment"]["contradictions"]] == ["only-home-but-others-call-too"]
    assert third["assessment"]["question"]["id"] == "scope"
    assert third["merge_with"] is None
    cleared = tell(shared, third, scope="mixed")
    assert decided(cleared["assessment"])["action"] == "dispatch"


def test_what_was_told_of_the_fact_itself_is_not_replaced(shared: Server, area: str) -> None:
    several(shared, 2, at(transformer_area=area))
    told = {"value": "none", "source": "call_register"}
    third = call(shared, {**SAFE, "neighbours_calls": told}, **at(transformer_area=area))
    (entry,) = third["supplied"]
    assert (entry["value"], entry["used"]) == ("area_out", False)
    assert third["facts"]["neighbours_calls"]["value"] == "none"
    assert third["assessment"]["question"]["id"] == "scope"


# -- the figures are the base's


def test_nobody_is_told_to_wait_before_many_have_called_and_a_crew_was_sent(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    first, *_ = several(shared, 5, place)
    sixth = call(shared, SAFE, **place)
    assert (value(sixth), decided(sixth["assessment"])["action"]) == ("area_out", "dispatch")  # many, and nobody sent yet
    waits = call(shared, SAFE, **place)
    assert (value(waits), decided(waits["assessment"])["action"]) == ("crew_sent", "wait_known_outage")
    assert waits["merge_with"]["call_id"] == sixth["merge_with"]["call_id"] == first["call_id"]


def test_a_crew_that_was_sent_is_not_enough_where_few_have_called(shared: Server, area: str) -> None:
    place = at(transformer_area=area)
    several(shared, 3, place)
    call(shared, {**SAFE, "scope": "whole_area"}, **place)
    fifth = call(shared, SAFE, **place)
    assert (value(fifth), decided(fifth["assessment"])["action"]) == ("area_out", "dispatch")


def test_who_was_told_to_wait_has_no_order_others_could_wait_for(shared: Server, area: str) -> None:
    several(shared, 5, at(transformer_area=area))
    call(shared, SAFE, **at(transformer_area=area))
    both = {"place": {"transformer_area": area, "building": area}}
    assert value(call(shared, SAFE, **both)) == "crew_sent"
    with shared.service.database.reading() as connection:
        orders = connection.execute(calls.select().where(calls.c.building == area)).mappings().all()
    assert [row["has_order"] for row in orders] == [False]


def other_figures(folder: Path) -> Base:
    """The shipped base with other figures in one region."""
    for file in POWER.rglob("*.yaml"):
        if not file.name.endswith(".cases.yaml"):
            copy = folder / file.relative_to(POWER)
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text("utf-8").replace("area_callers, value: 2,", "area_callers, value: 2, regions: {hills: 1},")
            copy.write_text(
                text.replace("grouping_minutes, value: 30,", "grouping_minutes, value: 30, regions: {hills: 5},"), "utf-8"
            )
    return Base(ExpertSystem(load_knowledge(folder)))


def test_a_region_has_its_own_figures(tmp_path: Path) -> None:
    settings = migrated(Settings(data=tmp_path / "data", threads=1, database_threads=2))
    with serve(settings, Bases([other_figures(tmp_path / "power")])) as server:
        (first,) = several(server, 1, at(transformer_area="a"))
        assert value(call(server, SAFE, **at(transformer_area="a"))) == "one_more"
        made_older(server, first, 4)
        hills = call(server, SAFE, **at(transformer_area="a"), options={"region": "hills"})
        assert value(hills) == "area_out"
        assert hills["merge_with"]["within_minutes"] == 5
        with server.service.database.writing() as connection:
            connection.execute(update(calls).values(opened_at=now() - timedelta(minutes=6)))
        assert value(call(server, SAFE, **at(transformer_area="a"), options={"region": "hills"})) is None


def test_a_base_that_says_nothing_of_grouping_groups_nothing(tmp_path: Path) -> None:
    home = Base(ExpertSystem.open(Path(__file__).parents[1] / "cli_knowledge" / "home"))
    settings = migrated(Settings(data=tmp_path, threads=1, database_threads=2))
    with serve(settings, Bases([home])) as server:
        for _ in range(3):
            opened = server.post("/v1/calls", {"place": {"building": "b"}, "caller_ref": f"c-{new_id()}"}, 201)
            assert (opened["supplied"], opened["merge_with"]) == ([], None)


# -- storage


def test_two_processes_group_one_anothers_calls_however_many_come_at_once(url: str, tmp_path: Path, bases: Bases) -> None:
    settings = [Settings(data=tmp_path / name, database=url, threads=1, database_threads=4) for name in "ab"]
    with serve(migrated(settings[0]), bases) as one, serve(settings[1], bases) as other:
        place = at(transformer_area="area-1")
        with ThreadPoolExecutor(8) as pool:
            opened = list(pool.map(lambda number: call((one, other)[number % 2], SAFE, **place), range(12)))
        after = call(one, SAFE, **place)
        assert value(after) in {"area_out", "crew_sent"}
        proposed = {found["merge_with"]["call_id"] for found in (*opened, after) if found["merge_with"]}
        leading = {found["call_id"] for found in opened if found["merge_with"] is None}
        assert proposed <= leading  # nobody is sent from one call to the next
        for found in opened:
            again = tell(other, found, scope="unknown")
            assert value(again) in {"area_out", "crew_sent"}
            assert again["merge_with"] is None or again["merge_with"]["call_id"] != found["call_id"]


def test_the_step_to_this_version_and_back_loses_no_call_and_no_history(url: str) -> None:
    database = Database(url, 1)
    upgrade(database, "0002")
    moment = datetime.fromisoformat("2026-01-31T20:15:00+08:00")
    row = {"id": new_id(), "version": 1, "state": "open", "opened_at": moment, "changed_at": moment, "test_traffic": False}
    named = {"base": "power", "base_version": "1", "digest": "d", "status": "needs_input", "decision_id": new_id()}
    event = {"call_id": row["id"], "version": 1, "at": moment, "kind": "opened", "data": {}}
    old = calls.insert().values({**row, **named, "told": {}, "answer": "{}"})
    with database.writing() as connection:
        connection.execute(old)
        connection.execute(call_events.insert().values(event))
    for step in (upgrade, lambda opened: downgrade(opened, "0002"), upgrade):
        step(database)
        with database.reading() as connection:
            columns = {column["name"] for column in inspect(connection).get_columns("calls")}
            assert connection.execute(call_events.select()).one().call_id == row["id"]
        assert ("starts_group" in columns) is (step is upgrade)
    with database.reading() as connection:
        found = connection.execute(calls.select()).one()
    assert (found.starts_group, found.merge_with, found.reported_at) == (False, None, None)
    database.close()
