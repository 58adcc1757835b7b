"""The shipped base: its laws hold on every call, all engines agree on it, and its cases pass."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines import Engines
from tests.random_bases import random_completion
from triage.assessment import as_text
from triage.call import Call, Options
from triage.compilation import Compiled, compile_knowledge
from triage.evaluation import effective, holds, verdict_of
from triage.expert import ExpertSystem
from triage.loading.cases import load_cases, spoken_and_silent
from triage.model import UNKNOWN, AnyOf, Clause, Evidence, KnowledgeBase
from triage.trying import describe, run_case
from triage.verification import evidence_violations, forbidden_instructions, invariant_violations

FOLDER = Path(__file__).parent.parent / "knowledge" / "power"
SYSTEM = ExpertSystem.open(FOLDER)
POWER = SYSTEM.knowledge
CASES = load_cases(FOLDER, POWER)
ALL_SYSTEMS = tuple(POWER.identity.systems)


def _clauses(knowledge: KnowledgeBase) -> list[Clause]:
    return [clause for clauses in knowledge.clauses.values() for clause in clauses]


# -- cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case(case: object) -> None:
    outcome = run_case(SYSTEM, case)  # type: ignore[arg-type]
    assert outcome.passed, describe(outcome, "en")


def test_every_rule_has_a_case_where_it_speaks_and_one_where_it_stays_silent() -> None:
    shown = spoken_and_silent(CASES)
    assert [rule for rule in POWER.rules if rule not in shown or not shown[rule].speaks] == []
    assert [rule for rule in POWER.rules if rule not in shown or not shown[rule].silent] == []


def test_every_situation_of_this_part_of_the_domain_has_cases() -> None:
    rows = [f"A{n}" for n in (*range(1, 13), 19, *range(21, 27))]
    tagged = Counter(tag for case in CASES for tag in case.tags)
    assert [row for row in rows if not tagged[row]] == []


# -- laws, exactly


def test_the_base_is_exact_and_far_from_the_budget() -> None:
    assert SYSTEM.too_large is None
    assert SYSTEM.compiled.store.size < 50_000


def test_unknown_never_helps_an_outcome_in_which_nobody_is_sent_or_the_customer_pays() -> None:
    assert POWER.evidence.spared
    assert list(evidence_violations(SYSTEM.compiled)) == []


def test_the_law_would_notice_if_its_named_exceptions_were_not_there() -> None:
    bare = replace(POWER, evidence=Evidence(POWER.evidence.spared, ()))
    found = {violation.fact for violation in evidence_violations(compile_knowledge(bare))}
    assert found == {exception.fact for exception in POWER.evidence.exceptions}


def test_every_invariant_holds_on_every_call() -> None:
    assert POWER.invariants
    assert list(invariant_violations(SYSTEM.compiled)) == []


def test_no_invariant_is_empty_words() -> None:
    """Each speaks about some call: were its demand one that cannot be met, the check would show that call."""
    unmeetable = {name: replace(invariant, then=AnyOf(())) for name, invariant in POWER.invariants.items()}
    compiled = Compiled(replace(POWER, invariants=unmeetable), SYSTEM.compiled.order)
    assert [violation.invariant for violation in invariant_violations(compiled)] == list(POWER.invariants)


FORBIDDEN = sorted(name for name, instruction in POWER.instructions.items() if instruction.forbidden)


def test_no_message_and_no_question_instructs_what_is_forbidden_on_any_call() -> None:
    assert {"open_meter_box", "break_seal", "measure_voltage", "reclose_again_and_again"} <= set(FORBIDDEN)
    assert list(forbidden_instructions(SYSTEM.compiled)) == []


@pytest.mark.parametrize("instruction", FORBIDDEN)
def test_a_planted_message_or_question_that_instructs_it_is_found_with_a_call(instruction: str) -> None:
    message = next(m for m in POWER.messages.values() if m.kind == "advice")
    question = POWER.questions["scope"]
    planted = replace(
        POWER,
        messages={**POWER.messages, message.id: replace(message, instructs=(instruction,))},
        questions={**POWER.questions, question.id: replace(question, instructs=(instruction,))},
    )
    compiled = Compiled(planted, SYSTEM.compiled.order)
    found = {violation.by: violation for violation in forbidden_instructions(compiled)}
    assert found.keys() == {message.id, question.id}
    call = {fact: found[message.id].example.get(fact, UNKNOWN) for fact in POWER.facts}
    counted = effective(POWER, call)
    verdict = verdict_of(POWER, counted)
    assert holds(message.when, counted | {fact: verdict[fact] for fact in POWER.inferred})


def test_every_clause_wins_on_some_possible_call() -> None:
    store = SYSTEM.compiled.store.scratch()
    dead = [c.id for c in _clauses(POWER) if SYSTEM.compiled.winning(c, store) == store.leaf(False)]
    assert dead == []


def test_with_everything_unknown_somebody_is_sent_to_find_out() -> None:
    answer = SYSTEM.assess(Call.of(dict.fromkeys(POWER.facts, UNKNOWN)))
    assert answer.status == "decided"
    assert answer.decision is not None
    assert (answer.decision["fault"].value, answer.decision["action"].value) == ("undetermined", "dispatch")


# -- all engines agree


def test_evaluation_experta_diagrams_and_clips_agree_on_2000_calls_half_of_them_walked_to_a_clause(
    notes: list[str],
) -> None:
    engines, clauses = Engines(SYSTEM), _clauses(POWER)
    walked = Counter[str]()

    @settings(max_examples=2_000)
    @given(st.one_of(st.none(), st.sampled_from(clauses)), st.integers(0, 2**32))
    def agree(clause: Clause | None, seed: int) -> None:
        engines.agree_on(random_completion(POWER, Random(seed)) if clause is None else engines.where(clause, Random(seed)))
        walked[clause.id if clause else "anywhere"] += 1

    agree()
    for clause in clauses:
        if not engines.hits[clause.id]:
            engines.agree_on(engines.where(clause, Random(1)))
    fewest = sorted((count, name) for name, count in engines.hits.items())[:5]
    notes.append(
        f"power: {sum(walked.values())} calls, {walked['anywhere']} drawn anywhere, others walked to {len(walked) - 1} clauses; "
        f"{len(engines.hits)} of {len(clauses)} clauses won; fewest times: {fewest}"
    )
    assert sum(walked.values()) >= 2_000
    assert engines.hits.keys() == {clause.id for clause in clauses}


@given(st.integers(0, 10**9))
@settings(max_examples=120)
def test_interviews_shrink_end_say_alerts_at_once_and_agree(seed: int) -> None:
    rng = Random(seed)
    completion = random_completion(POWER, rng)
    systems = tuple(system for system in ALL_SYSTEMS if rng.random() < 0.5)
    options = Options(explain="none", look_ahead=0, systems=systems)
    known: dict[str, str] = {}
    before: dict[str, set[str]] | None = None
    for turn in range(len(POWER.questions) + 1):
        answer = SYSTEM.assess(Call.of(known), options)
        told = {name: known.get(name, UNKNOWN) for name in POWER.facts}
        due = {m.id for m in POWER.messages.values() if m.kind == "alert" and holds(m.when, told)}
        assert {said.id for said in answer.alerts} == due
        if answer.question is None or answer.status == "contradictory":
            break
        now = {target: {candidate.value for candidate in found} for target, found in answer.candidates.items()}
        assert before is None or all(now[target] <= before[target] for target in now)
        assert all(answer.provisional[target].value in now[target] for target in now if target in answer.provisional)
        assert known.keys().isdisjoint(answer.question.facts)
        assert turn > 1 or answer.question.purpose == "safety"
        before = now
        known |= {fact: completion[fact] for fact in answer.question.facts}
    assert answer.status in ("decided", "contradictory")


def test_in_which_files_the_base_stands_changes_nothing(tmp_path: Path) -> None:
    for number, file in enumerate(sorted(FOLDER.rglob("*.yaml"), reverse=True)):
        if not file.name.endswith(".cases.yaml"):
            (tmp_path / f"{number:03}.yaml").write_bytes(file.read_bytes())
    other = ExpertSystem.open(tmp_path)
    assert other.knowledge.digest == POWER.digest
    for seed in range(8):
        completion = random_completion(POWER, Random(seed))
        told = {fact: value for place, (fact, value) in enumerate(completion.items()) if (seed + place) % 3}
        call, options = Call.of(told), Options(explain="full", questions=3)
        assert as_text(other.assess(call, options)) == as_text(SYSTEM.assess(call, options))


# -- wording

BANNED_ZH = ("抱歉", "漏保", "可能吧", "大概", "嗯", "你难道不知道", "谁让你", "不就是", "望查看", "电工已查", "强烈要求")


def test_no_text_holds_a_banned_or_vague_phrase() -> None:
    texts = [m.say for m in POWER.messages.values()] + [q.text for q in POWER.questions.values()]
    texts += [q.how for q in POWER.questions.values() if q.how]
    assert [(text.zh, word) for text in texts for word in BANNED_ZH if word in text.zh] == []
    assert [text.zh for text in texts if re.search(r"(?<!您)你", text.zh)] == []
