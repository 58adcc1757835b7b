"""Figures of whole interviews: what is reported is what happens, and nothing beats the lower bound."""

from __future__ import annotations

from itertools import combinations, product
from math import isclose, prod
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from tests.oracle import Oracle
from tests.random_bases import bases
from triage.compilation import compile_knowledge
from triage.expert import ExpertSystem
from triage.interviews import interview_report, population, shortest_proofs
from triage.model import UNKNOWN, KnowledgeBase

LAMP = ExpertSystem.open(Path(__file__).parent / "lamp_knowledge")


@given(bases())
@settings(max_examples=60)
def test_the_shortest_proof_of_an_outcome_is_the_fewest_answers_that_leave_no_other(knowledge: KnowledgeBase) -> None:
    assume(prod(len(fact.domain) + 1 for fact in knowledge.facts.values()) <= 700)
    oracle, compiled = Oracle(knowledge), compile_knowledge(knowledge)
    proofs = shortest_proofs(compiled.store, compiled.outcome, [1.0] * len(knowledge.facts))
    fewest: dict[object, float] = {}
    for size in range(len(knowledge.facts) + 1):
        for facts in combinations(knowledge.facts, size):
            for values in product(*(knowledge.facts[fact].domain for fact in facts)):
                left = set(oracle.outcomes(dict(zip(facts, values, strict=True))))
                if len(left) == 1:
                    fewest.setdefault(left.pop(), float(size))
    found = {outcome: proof for leaf, proof in proofs.items() if (outcome := _payload(compiled.store, leaf)) is not None}
    # A set of answers that leaves no possible call at all proves anything at no greater cost: the bound may only be lower.
    assert found.keys() == fewest.keys()
    assert all(found[outcome] <= fewest[outcome] for outcome in found)
    if not knowledge.impossible:
        assert found == fewest


def _payload(store: object, leaf: int) -> object:
    return store.payload(leaf)  # type: ignore[attr-defined]


@given(bases())
@settings(max_examples=40)
def test_no_policy_beats_the_lower_bound_and_shares_add_up(knowledge: KnowledgeBase) -> None:
    system = ExpertSystem(knowledge)
    for whose in ("author", "answering", "uniform"):
        assert_sound(system, whose)


def assert_sound(system: ExpertSystem, whose: str) -> None:
    report = interview_report(system, (), whose)
    if not report.by_value:
        return  # every call that has any weight is impossible
    assert report.lower_bound <= report.best.expected + 1e-9
    assert report.lower_bound <= report.scripted.expected + 1e-9
    assert isclose(sum(best.share for best, _ in report.by_value.values()), 1.0)
    assert isclose(sum(best.share * best.expected for best, _ in report.by_value.values()), report.best.expected)
    assert isclose(sum(report.asked.values()), report.best.expected, abs_tol=1e-9)


def test_a_populations_weights_are_those_it_is_named_for() -> None:
    for whose in ("answering", "uniform"):
        for fact in population(LAMP.knowledge, whose).facts.values():
            for table in fact.weights.tables.values():
                assert table[UNKNOWN] == 0.0
                assert isclose(sum(table.values()), 1.0)
    even = population(LAMP.knowledge, "uniform").facts["voltage"].weights.tables
    assert all(set(table.values()) == {1 / 3, 0.0} for table in even.values())
    assert population(LAMP.knowledge, "author") is LAMP.knowledge


def test_the_report_of_a_base_small_enough_to_count_by_hand() -> None:
    """Sparks or smoke end it at once; else lamp and switch or voltage follow."""
    report = interview_report(LAMP, (), "answering")
    assert report.asked["signs"] == 1.0
    danger = 1 - 0.99 * 0.98
    assert report.by_value["danger"][0].share == pytest.approx(danger)
    assert report.by_value["danger"][0].expected == 1.0
    connected = interview_report(LAMP, ("meter",), "answering")
    assert connected.best.expected < report.best.expected
    assert "voltage" not in connected.asked


def test_a_declared_population_changes_the_facts_it_names_and_no_others() -> None:
    changed = population(LAMP.knowledge, "old_houses").facts
    assert changed["lamp"].weights.tables[None]["dim"] == pytest.approx(0.95 * 0.9)
    assert changed["switch"] == LAMP.knowledge.facts["switch"]
    report = interview_report(LAMP, (), "old_houses")
    assert report.by_value["bulb_or_supply"][0].share > interview_report(LAMP, (), "author").by_value["bulb_or_supply"][0].share
