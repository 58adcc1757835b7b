"""One call, several, what if, why not: assessed as the expert system assesses them, recorded, and described truly."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter

from api import contract
from api.bases import Base
from api.routes import examples
from api.schemas import answers, requests
from tests.service.conftest import KNOWLEDGE
from tests.service.serving import Server, decided
from triage.assessment import as_json
from triage.expert import ExpertSystem
from triage.model import leaves
from triage.records import read_record

EMPTY_CARD: dict[str, Any] = examples.CALL_DECIDED["facts"]


def test_an_assessment_is_the_expert_systems(shared: Server, opened: tuple[Base, Base]) -> None:
    for body in (examples.CALL_OPENING, examples.CALL_DECIDED, examples.CALL_WITH_METER):
        answer = shared.post("/v1/triage", body)
        assert answer["assessment"] == orjson.loads(orjson.dumps(as_json(opened[0].system.assess_json(body))))


def test_the_same_call_asked_again_has_the_same_answer_under_another_id(shared: Server) -> None:
    first, second = (shared.post("/v1/triage", examples.CALL_DECIDED) for _ in range(2))
    assert first["assessment"] == second["assessment"]
    assert first["decision_id"] < second["decision_id"]


def test_the_order_of_facts_changes_nothing(shared: Server) -> None:
    turned = dict(reversed(EMPTY_CARD.items()))
    one, other = (shared.post("/v1/triage", {"facts": facts})["assessment"] for facts in (EMPTY_CARD, turned))
    assert one == other
    assert decided(one)["action"] == "buy_electricity"


def test_answers_are_chinese_unless_english_is_asked_for(shared: Server) -> None:
    def text(options: dict[str, Any], **headers: str) -> str:
        body = {"facts": {"complaint": "no_power"}, "options": options}
        return str(shared.post("/v1/triage", body, 200, **headers)["assessment"]["question"]["text"])

    zh, en = text({}), text({"language": "en"})
    assert zh != en
    assert text({}, Accept_Language="en-GB, zh;q=0.5") == en
    assert text({}, Accept_Language="fr, *;q=0.1") == zh
    assert text({"language": "zh-CN"}, Accept_Language="en") == zh


@pytest.mark.parametrize("wanted", ["desk", {"name": "desk"}])
def test_a_request_may_choose_its_base(shared: Server, wanted: Any) -> None:
    answer = shared.post("/v1/triage", {"options": {"knowledge": wanted}})
    assert answer["assessment"]["knowledge"]["name"] == "desk"
    again = shared.post("/v1/triage", {"options": {"knowledge": answer["assessment"]["knowledge"]}})
    assert again["assessment"] == answer["assessment"]


def test_a_stale_reading_is_told_and_counts_as_open(shared: Server) -> None:
    old = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    reading = {"value": "none_out", "source": "meter_system", "observed_at": old, "ttl_seconds": 60}
    facts = {"complaint": "no_power", "danger_signs": [], "neighbours_system": {**reading, "value": "unknown"}}
    answer = shared.post("/v1/triage", {"facts": facts, "options": {"systems": ["meter_system"]}})
    assert [warning["code"] for warning in answer["assessment"]["warnings"]] == ["stale-reading"]
    record = _logged(shared, answer["decision_id"])
    assert "neighbours_system" in record["facts"]
    assert "neighbours_system" not in record["known"]


def test_a_decision_is_logged_with_both_verdicts_sources_and_masked_fields(shared: Server) -> None:
    fields = {"address": "12 Renmin Road", "phenomenon": "the switch jumps"}
    body = {**examples.CALL_DECIDED, "fields": fields, "options": {"language": "en", "test_traffic": True}}
    answer = shared.post("/v1/triage", body, X_Request_Id="r-17")
    assert answer["logged"] == "spooled"
    record = _logged(shared, answer["decision_id"])
    assert record["fields"] == {"address": "***", "phenomenon": "the switch jumps"}
    assert record["verdicts"]["evaluation"] == record["verdicts"]["experta"]
    assert record["engines_agree"] is True
    assert record["decision"]["action"] == "buy_electricity"
    assert record["facts"]["balance"] == {"value": "zero", "source": "caller"}
    assert (record["test_traffic"], record["request_id"]) == (True, "r-17")
    assert record["knowledge"]["digest"] == answer["assessment"]["knowledge"]["digest"]


def test_a_logged_decision_reads_as_a_record_for_replay(shared: Server) -> None:
    answer = shared.post("/v1/triage", examples.CALL_DECIDED)
    record = read_record(_logged(shared, answer["decision_id"]))
    assert record.decision_id == answer["decision_id"]
    assert record.known["balance"] == "zero"
    assert record.questions_asked == 5


def test_a_batch_answers_each_call_for_itself(shared: Server) -> None:
    wrong = {"facts": {"complaint": "no_powr"}}
    found = shared.post("/v1/triage/batch", {"calls": [examples.CALL_DECIDED, wrong, {}]})["answers"]
    assert [entry["problem"] is None for entry in found] == [True, False, True]
    assert found[1]["problem"]["errors"][0]["nearest"] == "no_power"
    assert decided(found[0]["answer"]["assessment"])["action"] == "buy_electricity"
    shared.post("/v1/triage/batch", {"calls": [{}] * 101}, 422)
    shared.post("/v1/triage/batch", {"calls": []}, 422)


def test_what_if_tells_only_what_would_differ(shared: Server) -> None:
    facts = {name: value for name, value in EMPTY_CARD.items() if name != "balance"}
    found = shared.post("/v1/what-if", {"facts": facts, "vary": [{"balance": "zero"}, {}, {"danger_signs": ["smoke"]}]})
    empty, same, smoke = found["variants"]
    changed = {entry["name"]: entry["after"] for entry in empty["decision"]}
    assert changed["action"] == "buy_electricity"
    assert empty["status"] == "decided"
    assert same["decision"] == []
    assert smoke["alerts"]


def test_what_if_points_at_the_variant_that_is_wrong(shared: Server) -> None:
    problem = shared.post("/v1/what-if", {"vary": [{}, {"complaint": "x"}]}, 422)
    assert problem["errors"][0]["pointer"] == "/vary/1/complaint"


def test_why_not_names_the_smallest_change(shared: Server) -> None:
    found = shared.post("/v1/why-not", examples.WHY_NOT)["why_not"]
    assert found["possible"]
    changed = {**EMPTY_CARD, **{change["fact"]: change["value"] for change in found["changes"]}}
    assert decided(shared.post("/v1/triage", {"facts": changed})["assessment"])["fault"] == "meter"
    problem = shared.post("/v1/why-not", {"target": "falt", "value": "meter"}, 422)
    assert (problem["errors"][0]["pointer"], problem["errors"][0]["nearest"]) == ("/target", "fault")


def test_texts_from_callers_are_never_templates(shared: Server) -> None:
    fields = {"address": "{balance} {address} {{x}}", "contact_phone": "{0.__class__}"}
    order = shared.post("/v1/triage", {"facts": {"complaint": "danger_seen", "danger_signs": ["smoke"]}, "fields": fields})
    text = order["assessment"]["work_order"]["text"]
    assert "{balance} {address} {{x}}" in text


def test_callers_who_differ_in_their_words_alone_share_one_answer_and_read_their_own(
    server: Server, opened: tuple[Base, Base]
) -> None:
    facts = {"complaint": "danger_seen", "danger_signs": ["smoke"]}
    words = ['12 "Renmin" Road', "C:\\new\n第\u202e二\x00行 𠮷", "{address}", " ", "7 Renmin Road"]
    for text in words:
        body = {"facts": facts, "fields": {"address": text, "contact_phone": text, "not_a_field": text}}
        answer = server.post("/v1/triage", body)
        options = {"now": answer["decided_at"]}
        assert answer["assessment"] == as_json(opened[0].system.assess_json({**body, "options": options}))
    assert server.service.evaluator._metrics.remembered._value.get() == len(words) - 2  # blanks and texts are two answers
    records = [server.get(f"/v1/decisions/{answer['decision_id']}")]
    assert records[0]["fields"] == {"address": "***", "contact_phone": "***"}


def test_words_that_are_not_accepted_are_refused_though_the_answer_is_remembered(shared: Server) -> None:
    facts = {"complaint": "danger_seen", "danger_signs": ["smoke"]}
    shared.post("/v1/triage", {"facts": facts, "fields": {"address": "x"}})
    for wrong in (7, None, "x" * 2001, ["x"]):
        assert (
            shared.post("/v1/triage", {"facts": facts, "fields": {"address": wrong}}, 422)["errors"][0]["pointer"]
            == "/fields/address"
        )


# -- what the bases hold


def test_every_part_of_a_base_can_be_read(shared: Server, opened: tuple[Base, Base]) -> None:
    knowledge = opened[0].knowledge
    for part, of in (("facts", knowledge.facts), ("questions", knowledge.questions), ("messages", knowledge.messages)):
        assert [entry["id"] for entry in shared.get(f"/v1/knowledge/power/{part}")[part]] == list(of)
    found = shared.get("/v1/knowledge/power/decisions")["decisions"]
    assert {entry["id"] for entry in found if entry["target"]} == set(knowledge.targets)
    assert [entry["name"] for entry in shared.get("/v1/knowledge")["knowledge"]] == ["power", "desk"]
    assert shared.get("/v1/knowledge/power")["facts"] == len(knowledge.facts)


def test_how_calls_are_grouped_can_be_read_with_its_figures(shared: Server, opened: tuple[Base, Base]) -> None:
    knowledge = opened[0].knowledge
    declared = knowledge.grouping
    assert declared is not None
    found = answers.Description.model_validate(shared.get("/v1/knowledge/power")).model_dump(mode="json")["grouping"]
    assert found["told_by"]["value"] == declared.told_by
    assert {part["fact"] for part in found["starts"]["all"]} == {leaf.fact for leaf in leaves(declared.starts)}
    assert found["orders"] == {"fact": "action", "values": ["dispatch_now", "dispatch"]}
    first, *_, last = found["levels"]
    parameter = knowledge.parameters["known_outage_callers"]
    assert first["callers"] == {"parameter": parameter.id, "value": float(parameter.value.en), "regions": {}}
    assert first["text"]["zh"] == knowledge.facts[first["fact"]].values[first["value"]].zh
    assert (first["ordered"], first["merges"], first["place"]) == (True, True, "transformer_area")
    assert (last["callers"]["parameter"], last["callers"]["value"], last["merges"]) == (None, 1, False)
    assert [level["from_different"] for level in found["levels"]].count("transformer_area") == 1
    assert found["source"] == list(declared.source)
    assert shared.get("/v1/knowledge/desk")["grouping"] is None


def test_how_calls_are_grouped_is_typed_in_the_document(shared: Server) -> None:
    for document in ("/v1/openapi.json", "/v1/knowledge/power/openapi.json"):
        shapes = shared.get(document)["components"]["schemas"]
        assert {"$ref": "#/components/schemas/GroupingShown"} in shapes["Description"]["properties"]["grouping"]["anyOf"]
        assert shapes["GroupLevelShown"]["properties"]["place"]["enum"] == ["building", "transformer_area", "feeder"]


def test_a_rule_says_why_and_where_it_is_written(shared: Server) -> None:
    rule = shared.get("/v1/rules/card-meter-empty")
    assert rule["source"] == ["S0 §2(4)"]
    assert rule["because"]["en"].startswith("A card meter at zero")
    problem = shared.get("/v1/rules/card-metre-empty", 404, Accept_Language="en")
    assert "card-meter-empty" in problem["detail"]


def test_documents_of_a_base_are_not_sent_twice(shared: Server) -> None:
    first = shared.send("GET", "/v1/knowledge/power/facts")
    again = shared.send("GET", "/v1/knowledge/power/facts", status=304, If_None_Match=first.headers["etag"])
    assert again.content == b""


def test_the_typed_documents_name_every_fact_with_its_values(shared: Server, opened: tuple[Base, Base]) -> None:
    facts = opened[0].knowledge.facts
    document = shared.get("/v1/knowledge/power/openapi.json")
    named = document["components"]["schemas"]["Facts"]["properties"]
    schema = shared.get("/v1/knowledge/power/schema")["properties"]["facts"]["properties"]
    for fact in facts.values():
        for found in (named, schema):
            assert found[fact.id]["anyOf"][0]["enum"] == list(fact.domain)
    assert named["danger_signs"]["anyOf"][0]["items"]["enum"] == list(opened[0].knowledge.questions["danger_signs"].fills)


def test_every_example_of_the_document_works(server: Server) -> None:
    document = server.get("/v1/openapi.json")
    checking = Base(ExpertSystem.open(KNOWLEDGE / "restoration"))
    server.service.bases.load(checking)
    server.service.bases.activate(checking.name)
    tried = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in content.get("examples", {}).values():
                call = server.send("POST", "/v1/calls", examples.CALL, 201)
                headers = {"If_Match": '"1"', "Idempotency_Key": f"example-{tried}"}
                url = path.replace("{call_id}", call.json()["call_id"])
                good = next(int(status) for status in operation["responses"] if status.startswith("2"))
                server.send(method.upper(), url, example["value"], good, **headers)
                tried += 1
    assert tried >= 10


def test_answers_have_the_shapes_the_document_promises(server: Server) -> None:
    call = server.post("/v1/calls", examples.CALL, 201)
    path = f"/v1/calls/{call['call_id']}"
    closed = server.post(f"{path}/close", {}, If_Match='"1"')
    triage = server.post("/v1/triage", examples.CALL_DECIDED)
    pairs: list[tuple[type, Any]] = [
        (answers.TriageAnswer, triage),
        (answers.BatchAnswer, server.post("/v1/triage/batch", examples.BATCH)),
        (answers.WhatIfAnswer, server.post("/v1/what-if", examples.WHAT_IF)),
        (answers.WhyNotAnswer, server.post("/v1/why-not", examples.WHY_NOT)),
        (answers.CallAnswer, closed),
        (answers.HistoryAnswer, server.get(f"{path}/history")),
        (answers.WorkOrderAnswer, server.get(f"{path}/work-order")),
        (answers.OutcomeAnswer, server.post(f"{path}/outcome", examples.OUTCOME, 201)),
        (answers.DecisionRecord, server.get(f"/v1/decisions/{triage['decision_id']}")),
        (answers.KnowledgeList, server.get("/v1/knowledge")),
        (answers.Description, server.get("/v1/knowledge/power")),
        (answers.FactList, server.get("/v1/knowledge/power/facts")),
        (answers.QuestionList, server.get("/v1/knowledge/power/questions")),
        (answers.TargetList, server.get("/v1/knowledge/power/decisions")),
        (answers.MessageList, server.get("/v1/knowledge/power/messages")),
        (answers.RuleShown, server.get("/v1/rules/card-meter-empty")),
        (answers.Health, server.get("/readyz")),
        (answers.Version, server.get("/version")),
        (answers.ProblemAnswer, server.get("/nowhere", 404)),
    ]
    for shape, found in pairs:
        TypeAdapter(shape).validate_json(orjson.dumps(found), strict=True)


def test_every_body_of_the_document_is_described(shared: Server) -> None:
    document = shared.get("/v1/openapi.json")
    described = set(document["components"]["schemas"])
    assert {body.__name__ for body in contract.BODIES} <= described
    assert "HTTPValidationError" not in described
    assert set(requests.__all__) - {"REF_PATTERN", "BodyModel"} <= described


def test_nothing_in_the_document_is_untyped(shared: Server) -> None:
    document = shared.get("/v1/openapi.json")
    assert [place for place, schema in _schemas(document, "") if schema in ({}, {"type": "object"})] == []


def _schemas(part: Any, place: str) -> Any:
    """Every schema of a document with its place."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name in ("schema", "items", "additionalProperties") and isinstance(inner, dict):
                yield f"{place}/{name}", {key: value for key, value in inner.items() if key not in ("title", "description")}
            yield from _schemas(inner, f"{place}/{name}")
    elif isinstance(part, list):
        for index, inner in enumerate(part):
            yield from _schemas(inner, f"{place}/{index}")


def _logged(server: Server, decision_id: str) -> dict[str, Any]:
    """A decision once it has reached the database."""
    for _ in range(200):
        record = server.get(f"/v1/decisions/{decision_id}")
        if record.pop("logged") == "stored":
            return record
        time.sleep(0.05)
    raise AssertionError("not delivered")
