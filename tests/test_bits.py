"""Evaluation by bits says what the specification says, clause by clause."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.drawing_calls import mixed_calls
from tests.oracle import Oracle
from tests.random_bases import bases, random_base, random_completion
from tests.walking import call_where
from triage.bits import Quick, ways
from triage.compilation import compile_knowledge
from triage.evaluation import complete, effective, evaluate, holds, matching_impossible
from triage.loading import load_knowledge
from triage.model import UNKNOWN, All, AnyOf, Condition, In, KnowledgeBase

ROOT = Path(__file__).parent.parent / "knowledge"
CALLS = 2_500


@pytest.fixture(scope="module", params=["power", "desk"])
def shipped(request: pytest.FixtureRequest) -> KnowledgeBase:
    return load_knowledge(ROOT / request.param)


def _agree(quick: Quick, knowledge: KnowledgeBase, known: Mapping[str, str]) -> None:
    verdict, counted = evaluate(knowledge, known), effective(knowledge, complete(knowledge, known))
    assert quick.verdict(known) == verdict, known
    assert list(quick.verdict(known).conclusions) == list(verdict.conclusions)
    assert quick.fired(known) == {name: (found.value, found.winners) for name, found in verdict.conclusions.items()}
    assert dict(zip(quick.order, quick.values(known), strict=True)) == {name: verdict[name] for name in knowledge.inferred}
    assert quick.counted(known) == counted
    assert list(quick.counted(known)) == list(counted)
    assert quick.impossible(known) == matching_impossible(knowledge, counted)


def _some(call: Mapping[str, str], rng: Random) -> dict[str, str]:
    """Part of a call, told in any order."""
    share = rng.random()
    told = [item for item in call.items() if rng.random() < share]
    rng.shuffle(told)
    return dict(told)


@given(bases(), st.randoms(use_true_random=False), st.sampled_from([0, 1, 3, 64]))
def test_random_bases_conclude_as_the_specification_says_however_many_ways_get_bits(
    knowledge: KnowledgeBase, rng: Random, most_ways: int
) -> None:
    quick = Quick(knowledge, most_ways=most_ways)
    for _ in range(8):
        call = random_completion(knowledge, rng)
        _agree(quick, knowledge, call)
        _agree(quick, knowledge, _some(call, rng))


def test_shipped_bases_conclude_as_the_specification_says_whichever_clause_wins(shipped: KnowledgeBase) -> None:
    quick, won = Quick(shipped), set[str]()
    for call in mixed_calls(shipped, CALLS, seed=2):
        _agree(quick, shipped, call)
        won.update(winner for conclusion in quick.verdict(call).conclusions.values() for winner in conclusion.winners)
    rare = [clause for clauses in shipped.clauses.values() for clause in clauses if clause.id not in won]
    compiled = compile_knowledge(shipped)
    store = compiled.store.scratch()
    for clause in rare:
        led = call_where(compiled, store, compiled.winning(clause, store), Random(3))
        assert led is not None, clause.id
        assert clause.id in quick.verdict(led).conclusions[clause.fact].winners
        _agree(quick, shipped, led)


def test_large_chained_bases_conclude_as_the_specification_says() -> None:
    rng = Random(3)
    for local in (True, False):
        knowledge = random_base(7, facts=35, inferred=12, clauses=480, local=local, gates=7, impossible=3)
        quick = Quick(knowledge)
        for _ in range(100):
            _agree(quick, knowledge, random_completion(knowledge, rng))


@given(bases(), st.randoms(use_true_random=False))
def test_what_is_still_possible_by_bits_is_what_the_oracle_finds(knowledge: KnowledgeBase, rng: Random) -> None:
    oracle, quick = Oracle(knowledge), Quick(knowledge)
    known = {name: value for name, value in random_completion(knowledge, rng).items() if rng.random() < 0.7}
    place = {name: number for number, name in enumerate(quick.order)}
    found = [quick.values(c) for c in oracle.completions(known) if not quick.impossible(c)]
    theirs = {target: {values[place[target]] for values in found} for target in knowledge.targets}
    assert theirs == oracle.candidates(known)


def test_a_tie_of_different_values_on_an_impossible_call_is_told_as_the_specification_tells_it() -> None:
    """Loading lets such ties be; both clauses win, and the value is that of the first by id."""
    knowledge = random_base(5, facts=2, inferred=1, clauses=4)
    rules = {
        name: replace(rule, when=All(()), clauses=tuple(replace(c, priority=50, when=All(())) for c in rule.clauses))
        for name, rule in knowledge.rules.items()
    }
    tied = replace(knowledge, rules=rules)
    verdict = Quick(tied).verdict({})
    assert verdict == evaluate(tied, {})
    assert len(next(iter(verdict.conclusions.values())).winners) == 4


@given(bases(), st.randoms(use_true_random=False))
def test_the_ways_to_fulfil_a_condition_together_are_the_condition(knowledge: KnowledgeBase, rng: Random) -> None:
    call = effective(knowledge, random_completion(knowledge, rng))
    verdict = evaluate(knowledge, call)
    values = {**call, **{name: verdict[name] for name in knowledge.inferred}}
    for rule in knowledge.rules.values():
        found = ways(rule.when, 10_000)
        assert found is not None
        assert any(all(values[fact] in allowed for fact, allowed in way.items()) for way in found) is holds(rule.when, values)


def test_a_condition_of_astronomically_many_ways_is_still_quickly_compiled_and_rightly_read() -> None:
    knowledge = random_base(11, facts=6, inferred=2, clauses=3, gates=2)
    either = AnyOf(tuple(In(name, (next(iter(fact.values)),)) for name, fact in knowledge.facts.items()))
    deep: Condition = All((either,) * 60)
    assert ways(deep) is None
    wide = replace(
        knowledge,
        rules={
            name: replace(rule, when=deep, clauses=tuple(replace(clause, when=deep) for clause in rule.clauses))
            for name, rule in knowledge.rules.items()
        },
    )
    quick, rng = Quick(wide), Random(1)
    for _ in range(50):
        _agree(quick, wide, random_completion(wide, rng))


def test_unknown_told_is_the_same_as_open_and_nothing_undeclared_is_taken() -> None:
    knowledge = load_knowledge(ROOT / "power")
    quick = Quick(knowledge)
    assert quick.verdict(dict.fromkeys(knowledge.facts, UNKNOWN)) == quick.verdict({})
    with pytest.raises(KeyError):
        quick.values({"complaint": "no_such_value"})
    with pytest.raises(KeyError):
        quick.values({"no_such_fact": "seen"})


def test_threads_may_share_it(shipped: KnowledgeBase) -> None:
    quick = Quick(shipped)
    rng = Random(4)
    calls = [random_completion(shipped, rng) for _ in range(200)]
    alone = [quick.verdict(call) for call in calls]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(quick.verdict, calls * 3)) == alone * 3
