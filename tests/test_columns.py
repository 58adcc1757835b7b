"""What is worked out on columns is, call by call, what the specification and the diagrams say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.drawing_calls import mixed_calls
from tests.oracle import Oracle
from tests.random_bases import bases, random_base, random_completion
from triage.columns import NONE, OPEN, Columns, Outlook, indices
from triage.compilation import compile_knowledge
from triage.evaluation import complete, effective, evaluate, holds, matching_impossible
from triage.loading import load_knowledge
from triage.model import UNKNOWN, All, Condition, KnowledgeBase, Text
from triage.prospect import ExactProspect, Sight

ROOT = Path(__file__).parent.parent / "knowledge"


def _agree(knowledge: KnowledgeBase, calls: list[dict[str, str]]) -> None:
    """All columns of some calls against the specification, one by one."""
    found = Columns(knowledge).conclude(indices(knowledge, calls), len(calls))
    values = {name: found.values(name) for name in knowledge.inferred}
    winners = {name: found.winners(name) for name in knowledge.inferred}
    counted = {name: found.counted(name) for name in knowledge.facts}
    for place, call in enumerate(calls):
        verdict, effect = evaluate(knowledge, call), effective(knowledge, complete(knowledge, call))
        assert {n: list(i.values)[values[n][place]] for n, i in knowledge.inferred.items()} == {n: verdict[n] for n in values}
        first = {name: next(iter(conclusion.winners), None) for name, conclusion in verdict.conclusions.items()}
        assert {name: _clause(knowledge, name, winners[name][place]) for name in knowledge.inferred} == first
        assert {name: fact.domain[counted[name][place]] for name, fact in knowledge.facts.items()} == effect
        assert found.impossible[place] == bool(matching_impossible(knowledge, effect))


def _clause(knowledge: KnowledgeBase, fact: str, place: int) -> str | None:
    return None if place == NONE else knowledge.clauses[fact][place].id


@pytest.mark.parametrize("base", ["power", "desk"])
def test_shipped_bases_conclude_on_columns_as_the_specification_says(base: str) -> None:
    knowledge = load_knowledge(ROOT / base)
    _agree(knowledge, list(mixed_calls(knowledge, 1_501, seed=5)))


@given(bases(), st.randoms(use_true_random=False), st.integers(0, 70))
def test_random_bases_conclude_on_columns_as_the_specification_says(knowledge: KnowledgeBase, rng: Random, size: int) -> None:
    _agree(knowledge, [_some(random_completion(knowledge, rng), rng) for _ in range(size)])


def _some(call: Mapping[str, str], rng: Random) -> dict[str, str]:
    return {name: value for name, value in call.items() if rng.random() < 0.8}


@given(bases(), st.randoms(use_true_random=False))
def test_the_calls_that_are_settled_are_those_the_oracle_finds_settled(knowledge: KnowledgeBase, rng: Random) -> None:
    calls = [_some(random_completion(knowledge, rng), rng) for _ in range(5)]
    oracle, outlook = Oracle(knowledge), Outlook(compile_knowledge(knowledge))
    assert list(outlook.settled(indices(knowledge, calls), len(calls))) == [oracle.settled(call) for call in calls]


@pytest.mark.parametrize("base", ["power", "desk"])
def test_the_calls_of_shipped_bases_that_are_settled_are_those_whose_diagrams_are(base: str) -> None:
    knowledge = load_knowledge(ROOT / base)
    compiled = compile_knowledge(knowledge)
    sight = Sight(compiled, frozenset())
    calls = [call for number, call in enumerate(mixed_calls(knowledge, 300, seed=6)) if number % 3 == 2]
    settled = Outlook(compiled).settled(indices(knowledge, calls), len(calls))
    theirs = [all(len(left) == 1 for left in ExactProspect(sight, call).candidates.values()) for call in calls]
    assert list(settled) == theirs
    assert {True, False} == set(theirs)


@given(bases(), st.randoms(use_true_random=False))
def test_any_condition_can_be_asked_of_columns(knowledge: KnowledgeBase, rng: Random) -> None:
    calls = [random_completion(knowledge, rng) for _ in range(9)]
    found = Columns(knowledge).conclude(indices(knowledge, calls), len(calls))
    conditions: list[Condition] = [message.when for message in knowledge.messages.values()]
    for condition in (*conditions, All(())):
        meant = []
        for call in calls:
            verdict = evaluate(knowledge, call)
            values = {**effective(knowledge, call), **{name: verdict[name] for name in knowledge.inferred}}
            meant.append(holds(condition, values))
        assert list(found.where(condition)) == meant


def test_facts_left_out_open_or_unknown_conclude_alike() -> None:
    knowledge = load_knowledge(ROOT / "power")
    columns = Columns(knowledge)
    unknown = np.full(3, len(knowledge.facts["complaint"].values), np.uint8)
    opened = np.full(3, OPEN, np.uint8)
    for name in knowledge.inferred:
        expected = list(knowledge.inferred[name].values).index(evaluate(knowledge, {"complaint": UNKNOWN})[name])
        for told in ({}, {"complaint": unknown}, {"complaint": opened}):
            assert list(columns.conclude(told, 3).values(name)) == [expected] * 3


def test_a_column_of_another_length_is_refused() -> None:
    knowledge = random_base(1)
    fact = next(iter(knowledge.facts))
    with pytest.raises(ValueError, match="2 calls instead of 3"):
        Columns(knowledge).conclude({fact: np.zeros(2, np.uint8)}, 3)


def test_a_fact_with_more_values_than_a_byte_can_tell_apart_is_refused() -> None:
    knowledge = random_base(1)
    name, fact = next(iter(knowledge.facts.items()))
    many = replace(fact, values={f"v{number}": Text("", "") for number in range(254)})
    with pytest.raises(ValueError, match="254 values"):
        Columns(replace(knowledge, facts={**knowledge.facts, name: many}))
