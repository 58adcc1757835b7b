"""Bases whose diagrams do not fit the budget are still served: not exact, never too little asked, in bounded time and memory."""

from __future__ import annotations

from math import prod
from random import Random

import pytest

from tests.random_bases import random_base, random_completion
from triage.call import Call, Options
from triage.evaluation import effective, matching_impossible, verdict_of
from triage.expert import ExpertSystem
from triage.model import KnowledgeBase
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
