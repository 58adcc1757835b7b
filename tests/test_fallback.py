"""Bases whose diagrams do not fit the budget are still served: not exact, never too little asked, in bounded time and memory."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from random import Random

import pytest

from benchmarks.copies import MATTER, copies
from tests.random_bases import random_base, random_completion
from triage.call import Call, Options
from triage.compilation import compile_knowledge
from triage.evaluation import effective, evaluate, matching_impossible, verdict_of
from triage.expert import ExpertSystem
from triage.model import Fact, KnowledgeBase, Weights
from triage.parts import Parts, compile_fitting
from triage.prospect import BroadProspect, ExactProspect
from triage.weighing import MOST_VIEWS


@pytest.fixture(scope="module")
def tangled() -> KnowledgeBase:
    """Rules that read any facts at all: the kind whose diagrams explode."""
    return random_base(7, facts=40, inferred=6, clauses=240, local=False, gates=3, impossible=2)


@pytest.fixture(scope="module")
def system(tangled: KnowledgeBase) -> ExpertSystem:
    return ExpertSystem(tangled, node_budget=5_000, call_budget=800)


def test_the_facts_responsible_are_named(system: ExpertSystem, tangled: KnowledgeBase) -> None:
    assert system.too_large is not None
    assert system.too_large.facts
    assert set(system.too_large.facts) <= tangled.facts.keys()
    answer = system.assess(Call(), Options(language="en"))
    assert not answer.exact
    assert [(notice.code, system.too_large.facts[0] in notice.text) for notice in answer.warnings] == [("not-exact", True)]


def test_interviews_end_with_what_the_rules_say_and_both_engines_agree(system: ExpertSystem, tangled: KnowledgeBase) -> None:
    seen_exact = seen_broad = 0
    for seed in range(3):
        completion, known = random_completion(tangled, Random(seed)), dict[str, str]()
        for _ in range(len(tangled.questions) + 1):
            answer = system.assess(Call.of(known), Options(explain="none", look_ahead=0, systems=("meter",)))
            seen_exact += answer.exact
            seen_broad += not answer.exact
            if answer.question is None:
                break
            known |= {fact: completion[fact] for fact in answer.question.facts}
        counted = effective(tangled, completion)
        if matching_impossible(tangled, counted) or answer.status == "contradictory":
            continue
        assert answer.stop_reason == "settled"
        assert answer.decision is not None
        verdict = verdict_of(tangled, counted)
        assert {name: stated.value for name, stated in answer.decision.items()} == {
            name: verdict[name] for name in tangled.identity.decision
        }
    assert seen_broad
    assert seen_exact, "once enough is known, the diagrams of a single call fit and answers are exact again"


def test_a_call_is_exact_again_as_soon_as_its_own_diagrams_fit(system: ExpertSystem, tangled: KnowledgeBase) -> None:
    completion = random_completion(tangled, Random(3))
    assert isinstance(system.prospect({}), BroadProspect)
    assert isinstance(system.prospect(completion), ExactProspect)


@pytest.fixture(scope="module")
def grown() -> tuple[ExpertSystem, ExpertSystem]:
    """A base of five matters: compiled as a whole, and with a budget that does for each matter but not for all."""
    knowledge = copies(random_base(6, facts=7, inferred=4, clauses=20, gates=2, impossible=2), 5)
    whole = ExpertSystem(knowledge)
    parts = ExpertSystem(knowledge, node_budget=whole.compiled.store.size // 3)
    assert whole.too_large is None
    assert parts.too_large is not None
    return whole, parts


def test_a_base_that_grew_by_matters_is_compiled_in_parts_and_as_exact_as_ever(
    grown: tuple[ExpertSystem, ExpertSystem],
) -> None:
    whole, parts = grown
    knowledge, rng = whole.knowledge, Random(4)
    for _ in range(150):
        share, call = rng.random(), random_completion(knowledge, rng)
        known = {fact: value for fact, value in call.items() if rng.random() < share}
        if rng.random() < 0.2:
            known.pop(MATTER, None)
        ours, meant = parts.prospect(known), whole.prospect(known)
        assert ours.exact
        assert ours.contradictory == meant.contradictory
        assert {t: left.keys() for t, left in ours.candidates.items()} == {t: left.keys() for t, left in meant.candidates.items()}
        for target, left in meant.candidates.items():
            assert ours.candidates[target] == pytest.approx(left)
        for fact in knowledge.facts.keys() - known.keys():
            assert ours.is_relevant(fact) == meant.is_relevant(fact), fact


def test_interviews_on_a_base_in_parts_are_those_of_the_whole(grown: tuple[ExpertSystem, ExpertSystem]) -> None:
    whole, parts = grown
    for seed in range(12):
        completion, known = random_completion(whole.knowledge, Random(seed)), dict[str, str]()
        while True:
            options = Options(systems=("meter",), explain="full")
            ours, meant = (system.assess(Call.of(known), options) for system in (parts, whole))
            if meant.explanation is not None:
                meant = replace(meant, explanation=replace(meant.explanation, ruled_out=()))
            assert replace(ours, candidates={}, ahead=None) == replace(meant, candidates={}, ahead=None)
            if ours.question is None:
                break
            known |= {fact: completion[fact] for fact in ours.question.facts}


def test_ties_in_a_base_in_parts_are_found_with_an_example() -> None:
    knowledge = copies(random_base(6, facts=7, inferred=4, clauses=20, gates=2, impossible=2), 5)
    level = {
        name: replace(rule, clauses=tuple(replace(clause, priority=50) for clause in rule.clauses))
        for name, rule in knowledge.rules.items()
    }
    tied = replace(knowledge, rules=level)
    whole = compile_knowledge(tied)
    found, why = compile_fitting(tied, whole.store.size // 3)
    assert isinstance(found, Parts)
    assert why is not None
    assert {(tie.first.id, tie.second.id) for tie in found.ties()} == {(tie.first.id, tie.second.id) for tie in whole.ties()}
    for tie in found.ties():
        matching = evaluate(tied, tie.example).conclusions[tie.first.fact].winners
        assert {tie.first.id, tie.second.id} <= set(matching)


def test_a_budget_refuses_before_memory_is_used_up() -> None:
    huge = random_base(11, facts=60, inferred=8, clauses=600, local=False)
    system = ExpertSystem(huge, node_budget=20_000, call_budget=2_000)
    assert system.too_large is not None
    assert system.assess(Call(), Options(look_ahead=5)).question is not None


def test_weights_that_depend_on_many_facts_do_not_multiply_without_end() -> None:
    """34 facts, many of whose weights depend on others: far more combinations than are worked."""
    tangled = random_base(3, facts=34, inferred=8, clauses=120, local=True)
    given = {fact.weights.given for fact in tangled.facts.values()} - {None}
    assert prod(len(tangled.facts[name].domain) for name in given if name) > 50 * MOST_VIEWS
    answer = ExpertSystem(tangled).assess(Call(), Options(look_ahead=0))
    assert answer.question is not None


def test_answers_of_no_weight_at_all_are_still_led_to_an_end() -> None:
    """Weights may be so small that a call's own is nothing in numbers of this size."""
    met = 0
    for seed in range(80):
        base, rng = random_base(seed, impossible=2), Random(seed)
        facts = {name: replace(fact, weights=_mostly_nothing(fact, rng)) for name, fact in base.facts.items()}
        system = ExpertSystem(replace(base, facts=facts))
        for _ in range(10):
            known = {name: rng.choice(fact.domain) for name, fact in facts.items() if rng.random() < 0.4}
            answer = system.assess(Call.of(known))
            assert answer.status != "needs_input" or answer.ahead is not None
            met += answer.ahead is not None and answer.ahead.expected is None
    assert met


def _mostly_nothing(fact: Fact, rng: Random) -> Weights:
    shares = {value: float(rng.random() < 0.5) for value in fact.domain}
    if not any(shares.values()):
        shares[fact.domain[-1]] = 1.0
    return Weights(None, {None: {value: share / sum(shares.values()) for value, share in shares.items()}})
