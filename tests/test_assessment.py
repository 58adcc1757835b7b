"""The answer to a call, on a small base of another trade."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from triage.assessment import Assessment, as_bytes, as_json, as_text
from triage.call import Call
from triage.compilation import Compiled
from triage.errors import InputError
from triage.evaluation import evaluate
from triage.expert import ExpertSystem
from triage.inference import Inference
from triage.loading import load_knowledge
from triage.model import In, KnowledgeBase, Text
from triage.sharing import Shared
from triage.verdict import Derivation

FOLDER = Path(__file__).parent / "lamp_knowledge"
NO_SIGNS = {"smoke": "not_seen", "sparks": "not_seen"}
BULB = {**NO_SIGNS, "lamp": "off", "switch": "closed", "voltage": "within"}


@pytest.fixture(scope="module")
def system() -> ExpertSystem:
    return ExpertSystem.open(FOLDER)


def _assess(system: ExpertSystem, facts: Mapping[str, Any], **options: Any) -> Assessment:
    fields = options.pop("fields", {})
    return system.assess_json({"facts": facts, "fields": fields, "options": {"language": "en", **options}})


def _decided(answer: Assessment) -> dict[str, str]:
    assert answer.decision is not None
    return {name: stated.value for name, stated in answer.decision.items()}


def test_safety_is_asked_first_and_the_call_ending_now_sends_somebody(system: ExpertSystem) -> None:
    answer = _assess(system, {})
    assert (answer.status, answer.stop_reason, answer.decision) == ("needs_input", None, None)
    assert answer.question is not None
    assert answer.question.id == "signs"
    assert answer.question.several
    assert answer.question.none == "not_seen"
    assert [option.fact for option in answer.question.options] == ["smoke", "sparks"]
    assert answer.provisional["action"].value == "send"
    assert answer.provisional["action"].number == 45


def test_an_alert_is_said_as_soon_as_its_evidence_is_there_with_what_it_rests_on(system: ExpertSystem) -> None:
    answer = _assess(system, {"sparks": "seen"})
    assert [(said.id, said.text, said.must_say) for said in answer.alerts] == [("keep-away", "Keep away.", True)]
    assert [(basis.fact, basis.value) for basis in answer.alerts[0].basis] == [("sparks", "seen")]
    assert _decided(answer) == {"fault": "danger", "action": "send"}


def test_a_settled_call_is_decided_with_words_work_order_and_what_is_still_missing(system: ExpertSystem) -> None:
    answer = _assess(system, {**NO_SIGNS, "lamp": "dim", "voltage": 185}, region="north")
    assert (answer.status, answer.stop_reason) == ("decided", "settled")
    assert _decided(answer) == {"fault": "supply", "action": "send"}
    assert [said.text for said in answer.advice] == ["the north desk will send somebody to (to be added)."]
    assert [said.moment for said in answer.script] == ["apology"]
    assert answer.work_order is not None
    assert answer.work_order.text == "dim; supply; address: (to be added)"
    assert [missing.field for missing in answer.work_order.missing] == ["address"]


def test_what_a_caller_says_is_data_and_never_a_template(system: ExpertSystem) -> None:
    answer = _assess(system, {**NO_SIGNS, "lamp": "dim", "voltage": "below"}, fields={"address": "{phone} {lamp}"})
    assert answer.work_order is not None
    assert answer.work_order.text.endswith("address: {phone} {lamp}")
    assert answer.work_order.missing == ()
    assert answer.decision is not None
    assert answer.decision["address"].value == "{phone} {lamp}"


def test_nothing_is_asked_once_every_target_has_one_candidate(system: ExpertSystem) -> None:
    answer = _assess(system, {"smoke": "seen"})
    assert answer.status == "decided"
    assert answer.question is None
    assert {target: len(found) for target, found in answer.candidates.items()} == {"fault": 1, "action": 1}


def test_solved_on_the_line_is_its_own_reason_to_stop(system: ExpertSystem) -> None:
    answer = _assess(system, {**NO_SIGNS, "lamp": "off", "switch": "open", "after_closing": "lights"})
    assert (answer.status, answer.stop_reason) == ("decided", "resolved")


def test_a_contradiction_gives_no_decision_but_the_resolving_question(system: ExpertSystem) -> None:
    answer = _assess(system, {"lamp": "dim", "voltage": "above", "smoke": "seen"})
    assert (answer.status, answer.stop_reason, answer.decision) == ("contradictory", "contradictory", None)
    assert answer.question is not None
    assert answer.question.id == "lamp"
    assert [(c.id, c.resolve, [a.fact for a in c.answers]) for c in answer.contradictions] == [
        ("dark-lamp-at-high-voltage", "lamp", ["lamp", "voltage"])
    ]
    assert answer.provisional["fault"].value == "undetermined"
    assert answer.provisional["action"].value == "send"
    assert [said.id for said in answer.alerts] == ["keep-away"]
    assert answer.questions == (answer.question,)
    assert answer.candidates == {"fault": (), "action": ()}
    assert (answer.advice, answer.work_order, answer.explanation) == ((), None, None)
    assert [said.id for said in answer.script] == []


def test_a_contradiction_is_cleared_up_with_somebody_who_can_be_asked() -> None:
    knowledge = load_knowledge(FOLDER)
    asked = {name: replace(knowledge.questions[name], ask_of=("meter",)) for name in ("lamp", "voltage")}
    system_only = replace(knowledge, questions={**knowledge.questions, "lamp": asked["lamp"]})
    facts = {"lamp": "dim", "voltage": "above"}
    answer = _assess(ExpertSystem(system_only), facts)
    assert answer.question is not None
    assert (answer.question.id, answer.question.ask_of) == ("voltage", "caller")
    nobody = _assess(ExpertSystem(replace(knowledge, questions={**knowledge.questions, **asked})), facts)
    assert (nobody.status, nobody.question) == ("contradictory", None)


def test_an_alert_reads_what_was_told_whatever_gates_say() -> None:
    knowledge = load_knowledge(FOLDER)
    alert = replace(knowledge.messages["keep-away"], when=In("switch", ("open",)))
    system = ExpertSystem(replace(knowledge, messages={**knowledge.messages, "keep-away": alert}))
    assert [said.id for said in _assess(system, {"switch": "open"}).alerts] == ["keep-away"]
    inapplicable = _assess(system, {"switch": "open", "lamp": "dim"})
    assert [said.id for said in inapplicable.alerts] == ["keep-away"]
    assert _assess(system, {"lamp": "off"}).alerts == ()
    choice = [0 if name == "switch" else len(knowledge.facts[name].values) for name in system.compiled.order]
    assert system.compiled.store.value(system.compiled.messages["keep-away"], choice) is True


def test_unknown_answers_end_the_interview_with_somebody_sent(system: ExpertSystem) -> None:
    facts: dict[str, Any] = {}
    for _ in range(6):
        answer = _assess(system, facts)
        if answer.question is None:
            break
        facts |= dict.fromkeys(answer.question.facts, "unknown")
    assert answer.status == "decided"
    assert _decided(answer) == {"fault": "undetermined", "action": "send"}


def test_an_answer_that_no_longer_applies_is_kept_and_listed(system: ExpertSystem) -> None:
    answer = _assess(system, {**NO_SIGNS, "lamp": "dim", "switch": "open", "after_closing": "lights"})
    assert [(a.fact, a.value) for a in answer.inapplicable] == [("after_closing", "lights"), ("switch", "open")]
    assert _assess(system, {**NO_SIGNS, "lamp": "off", "switch": "open"}).inapplicable == ()


def test_a_question_goes_to_the_connected_system_first_and_on_when_it_does_not_answer(system: ExpertSystem) -> None:
    facts = {**NO_SIGNS, "lamp": "off", "switch": "closed"}
    assert _source(system, {"facts": facts}) == "caller"
    assert _source(system, {"facts": facts, "options": {"systems": ["meter"]}}) == "meter"
    asked = {"facts": facts, "options": {"systems": ["meter"]}, "no_answer": {"voltage": ["meter"]}}
    assert _source(system, asked) == "caller"
    asked["no_answer"] = {"voltage": ["meter", "caller"]}
    answer = system.assess_json(asked)
    assert answer.unasked == ("voltage",)
    assert answer.status == "decided"


def _source(system: ExpertSystem, data: Mapping[str, Any]) -> str:
    question = system.assess_json(data).question
    assert question is not None
    assert question.id == "voltage"
    return question.ask_of


def test_a_list_of_which_a_part_is_told_moves_on_to_the_next_source_for_the_rest() -> None:
    knowledge = load_knowledge(FOLDER)
    signs = replace(knowledge.questions["signs"], ask_of=("meter", "caller"))
    system = ExpertSystem(replace(knowledge, questions={**knowledge.questions, "signs": signs}))
    data = {"facts": {"smoke": "not_seen"}, "options": {"systems": ["meter"]}}
    first = system.assess_json(data).question
    assert first is not None
    assert (first.id, first.facts, first.ask_of) == ("signs", ("sparks",), "meter")
    after = system.assess_json({**data, "no_answer": {"sparks": ["meter"]}}).question
    assert after is not None
    assert (after.id, after.ask_of) == ("signs", "caller")
    assert system.assess_json({**data, "no_answer": {"sparks": ["meter", "caller"]}}).unasked == ("sparks",)


def test_after_the_question_budget_the_call_is_handed_over_with_the_provisional_decision(system: ExpertSystem) -> None:
    answer = _assess(system, {**NO_SIGNS, "lamp": "off"}, max_questions=2)
    assert (answer.status, answer.stop_reason) == ("handover", "question_budget")
    assert answer.question is None
    assert _decided(answer) == {"fault": "undetermined", "action": "send"}
    assert _assess(system, {**NO_SIGNS, "lamp": "off"}, max_questions=3).status == "needs_input"


def test_a_clause_altered_in_one_engine_only_makes_the_call_a_hand_over(caplog: pytest.LogCaptureFixture) -> None:
    knowledge = load_knowledge(FOLDER)
    broken = ExpertSystem(knowledge, inference=Inference(_with_other_conclusion(knowledge)))
    with caplog.at_level(logging.ERROR, "triage"):
        answer = _assess(broken, BULB)
    assert (answer.status, answer.stop_reason) == ("handover", "engines_disagree")
    assert _decided(answer) == {"fault": "undetermined", "action": "send"}
    assert "fault" in caplog.text
    assert _assess(broken, {**NO_SIGNS, "lamp": "dim", "voltage": "below"}).status == "decided"


def test_diagrams_that_say_otherwise_make_the_call_a_hand_over() -> None:
    knowledge = load_knowledge(FOLDER)
    system = ExpertSystem(knowledge)
    system._compiled = Compiled(_with_other_conclusion(knowledge), system.compiled.order)
    system._shared = Shared(knowledge, system._compiled, 0)
    answer = _assess(system, BULB)
    assert (answer.status, answer.stop_reason, answer.explanation) == ("handover", "engines_disagree", None)
    assert answer.candidates == {"fault": (), "action": ()}


def test_an_engine_that_fails_makes_the_call_a_hand_over(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Inference):
        def infer(self, counted: Mapping[str, str]) -> Derivation:
            raise RuntimeError(f"out of order on {len(counted)} facts")

    knowledge = load_knowledge(FOLDER)
    answer = _assess(ExpertSystem(knowledge, inference=Broken(knowledge)), BULB)
    assert (answer.status, answer.stop_reason) == ("handover", "engines_disagree")
    assert _decided(answer) == {"fault": "undetermined", "action": "send"}
    assert "out of order" in caplog.text


def _with_other_conclusion(knowledge: KnowledgeBase) -> KnowledgeBase:
    rule = knowledge.rules["dark-at-normal-voltage"]
    altered = replace(rule, clauses=tuple(replace(clause, value="supply") for clause in rule.clauses))
    return replace(knowledge, rules={**knowledge.rules, rule.id: altered})


def test_the_reasons_name_the_rules_in_the_order_they_fired_with_what_they_fired_on(system: ExpertSystem) -> None:
    explanation = _assess(system, BULB).explanation
    assert explanation is not None
    assert [reason.rule for reason in explanation.reasons] == ["dark-at-normal-voltage", "bulb-is-bought"]
    assert explanation.reasons[0].on == BULB
    assert explanation.reasons[0].concluded == {"fault": "bulb"}
    assert explanation.reasons[1].on == {"fault": "bulb"}
    assert explanation.reasons[1].because == "Bulbs are bought."


def test_a_full_explanation_says_what_was_preempted_ruled_out_and_what_would_change_it(system: ExpertSystem) -> None:
    explanation = _assess(system, {**BULB, "smoke": "seen"}, explain="full").explanation
    assert explanation is not None
    preempted = [reason for reason in explanation.reasons if reason.preempted]
    assert [(reason.rule, reason.preempted) for reason in preempted] == []
    ruled_out = {(r.target, r.value): [answer.fact for answer in r.by] for r in explanation.ruled_out}
    assert ruled_out["fault", "bulb"] == ["smoke"]
    changes = {(c.fact, c.value): {e.target: e.after for e in c.effects} for c in explanation.would_change}
    assert changes["smoke", "not_seen"] == {"fault": "bulb", "action": "buy"}
    assert ("lamp", "dim") not in changes


def test_no_impossible_answer_is_said_to_change_the_decision(system: ExpertSystem) -> None:
    explanation = _assess(system, {**NO_SIGNS, "lamp": "dim", "voltage": "below"}, explain="full").explanation
    assert explanation is not None
    assert {change.value for change in explanation.would_change if change.fact == "voltage"} == {"within", "unknown"}


def test_a_preempted_rule_is_in_the_full_explanation(system: ExpertSystem) -> None:
    facts = {**NO_SIGNS, "lamp": "dim", "voltage": "below"}
    full = _assess(system, facts, explain="full").explanation
    assert full is not None
    assert {r.rule: dict(r.preempted) for r in full.reasons} == {"voltage-wrong": {}, "dim-lamp": {"fault": "bulb_or_supply"}}
    summary = _assess(system, facts).explanation
    assert summary is not None
    assert [reason.rule for reason in summary.reasons] == ["voltage-wrong"]


@pytest.mark.parametrize(
    ("facts", "target", "value", "changes"),
    [
        (BULB, "fault", "bulb", {}),
        (BULB, "fault", "supply", {"voltage": "below"}),
        ({**NO_SIGNS, "voltage": "below"}, "fault", "undetermined", {"voltage": "within"}),
        ({"lamp": "dim"}, "fault", "supply", {"voltage": "below"}),
        (NO_SIGNS, "action", "solved", {"lamp": "off", "switch": "open", "after_closing": "lights"}),
    ],
)
def test_why_not_gives_a_smallest_change_of_answers_that_really_leads_there(
    system: ExpertSystem, facts: dict[str, str], target: str, value: str, changes: dict[str, str]
) -> None:
    found = system.why_not(Call.of(facts), target, value)
    assert {answer.fact: answer.value for answer in found.changes} == changes
    assert found.possible
    assert found.already == (not changes)
    assert evaluate(system.knowledge, {**facts, **changes})[target] == value


def test_why_not_refuses_what_the_base_does_not_have(system: ExpertSystem) -> None:
    with pytest.raises(InputError) as error:
        system.why_not(Call(), "fualt", "bulb")
    assert error.value.nearest == "fault"
    with pytest.raises(InputError) as error:
        system.why_not(Call(), "fault", "blub")
    assert error.value.nearest == "bulb"


def test_the_question_says_what_its_answers_would_tell_apart(system: ExpertSystem) -> None:
    question = _assess(system, {**NO_SIGNS, "lamp": "off", "switch": "closed"}).question
    assert question is not None
    assert {tells.value: tells.leaves.get("fault") for tells in question.why} == {
        "below": ("supply",),
        "within": ("bulb",),
        "above": ("supply",),
    }


def test_several_questions_are_listed_best_first_for_screens_that_show_several(system: ExpertSystem) -> None:
    answer = _assess(system, NO_SIGNS, questions=5)
    assert answer.questions[0] == answer.question
    assert {question.id for question in answer.questions} == {"lamp", "voltage"}


def test_questions_ahead_are_exact_within_the_budget_and_bounds_beyond(system: ExpertSystem) -> None:
    unplanned = ExpertSystem(system.knowledge, plan_budget=1)
    exact, bounds = _assess(system, {}).ahead, _assess(unplanned, {}, look_ahead=1).ahead
    assert _assess(unplanned, {}, look_ahead=1000).ahead == exact
    assert exact is not None
    assert bounds is not None
    assert exact.exact
    assert exact.expected is not None
    assert not bounds.exact
    assert bounds.fewest <= exact.fewest <= exact.expected <= exact.most <= bounds.most
    assert _assess(system, {}, look_ahead=0).ahead is None


def test_the_assessment_is_plain_json_in_the_language_asked_for(system: ExpertSystem) -> None:
    english, chinese = _assess(system, BULB), _assess(system, BULB, language="zh")
    assert json.loads(as_text(english)) == json.loads(as_bytes(english)) == as_json(english)
    assert english.decision is not None
    assert chinese.decision is not None
    assert (english.decision["fault"].text, chinese.decision["fault"].text) == ("bulb", "灯泡")
    assert (english.decision["fault"].label, chinese.decision["fault"].label) == ("fault", "故障")


def test_the_same_facts_give_the_same_bytes_in_any_order_and_with_any_hash_seed() -> None:
    program = (
        "import sys, json; from pathlib import Path; from triage.expert import ExpertSystem; "
        "from triage.assessment import as_text; s = ExpertSystem.open(Path(sys.argv[1])); d = json.loads(sys.argv[2]); "
        "print(as_text(s.assess_json({'facts': d, 'options': {'explain': 'full', 'questions': 9}})))"
    )
    outputs = set()
    for seed in ("0", "1", "2"):
        for facts in (NO_SIGNS, {"lamp": "off", **NO_SIGNS}, BULB):
            for order in (list(facts), list(reversed(facts))):
                data = json.dumps({name: facts[name] for name in order})
                done = subprocess.run(
                    [sys.executable, "-c", program, str(FOLDER), data],
                    env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
                    cwd=Path(__file__).parent.parent,
                    capture_output=True,
                    check=True,
                )
                outputs.add((frozenset(facts), done.stdout))
    assert len(outputs) == 3


def test_threads_share_one_system_and_get_what_one_alone_gets() -> None:
    facts = [
        {**BULB, "voltage": voltage, "smoke": smoke} for voltage in ("below", "within", "above") for smoke in ("seen", "not_seen")
    ]
    calls = [dict(list(told.items())[:size]) for told in facts for size in range(len(BULB) + 1)]
    ways: list[dict[str, Any]] = [{}, {"options": {"systems": ["meter"]}}, {"no_answer": {"lamp": ["caller"]}}]
    data = [{"facts": told, **way} for told in calls for way in ways]
    alone = [as_text(ExpertSystem.open(FOLDER).assess_json(call)) for call in data]
    shared = ExpertSystem.open(FOLDER)
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda call: as_text(shared.assess_json(call)), data * 3))
    assert together == alone * 3


def test_once_decided_questions_that_only_complete_what_is_said_are_listed_apart() -> None:
    knowledge = load_knowledge(FOLDER)
    phone = replace(knowledge.questions["switch"], id="switch", purpose="order", ask_of=("meter",))
    said = replace(knowledge.messages["somebody-comes"], when=In("switch", ("open",)))
    changed = replace(
        knowledge,
        questions={**knowledge.questions, "switch": phone},
        messages={**knowledge.messages, "somebody-comes": said},
    )
    other = ExpertSystem(changed)
    facts = {**NO_SIGNS, "lamp": "off", "voltage": "below", "after_closing": "dark"}
    answer = other.assess_json({"facts": {**facts, "smoke": "seen"}, "options": {"systems": ["meter"]}})
    assert answer.status == "decided"
    assert answer.question is None
    assert [(question.id, question.ask_of) for question in answer.to_complete] == [("switch", "meter")]
    assert other.assess_json({"facts": {**facts, "smoke": "seen"}}).to_complete == ()
    told = other.assess_json({"facts": {**facts, "smoke": "seen", "switch": "open"}, "options": {"systems": ["meter"]}})
    assert told.to_complete == ()


def test_once_decided_what_a_text_that_is_said_mentions_is_asked_for() -> None:
    knowledge = load_knowledge(FOLDER)
    phone = replace(knowledge.questions["switch"], purpose="order")
    said = replace(
        knowledge.messages["somebody-comes"], when=In("smoke", ("seen",)), say=Text("开关：{switch}", "switch: {switch}")
    )
    changed = replace(
        knowledge,
        questions={**knowledge.questions, "switch": phone},
        messages={**knowledge.messages, "somebody-comes": said},
    )
    other = ExpertSystem(changed)
    facts = {**NO_SIGNS, "lamp": "off", "voltage": "below", "after_closing": "dark"}
    decided = other.assess_json({"facts": {**facts, "smoke": "seen"}})
    assert decided.status == "decided"
    assert [question.id for question in decided.to_complete] == ["switch"]
    assert other.assess_json({"facts": {**facts, "smoke": "seen", "switch": "open"}}).to_complete == ()
    silent = replace(changed, messages={**changed.messages, "somebody-comes": replace(said, when=In("smoke", ("not_seen",)))})
    assert ExpertSystem(silent).assess_json({"facts": {**facts, "smoke": "seen"}}).to_complete == ()


def test_the_library_writes_no_files_and_opens_no_connections() -> None:
    program = """
import os, sys
done = []
def watch(event, arguments):
    writes = event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or event.startswith(("socket.", "subprocess.", "os.remove", "os.rename", "os.mkdir")):
        done.append((event, str(arguments)))
sys.addaudithook(watch)
from pathlib import Path
from triage.expert import ExpertSystem
system = ExpertSystem.open(Path(sys.argv[1]))
system.assess_json({"facts": {"smoke": "seen"}, "options": {"explain": "full"}})
print(done)
"""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    arguments = [sys.executable, "-c", program, str(FOLDER)]
    done = subprocess.run(arguments, env=environment, cwd=FOLDER.parent.parent, capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
