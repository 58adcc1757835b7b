"""Mutation testing says what really would happen: a mutant is killed where its base, run in earnest, fails a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from tests.brute import completions, seen
from tests.random_bases import random_base
from tests.random_cases import random_cases
from triage.behaviour import visible
from triage.compilation import Compiled
from triage.errors import KnowledgeError
from triage.evaluation import evaluate, holds
from triage.exercise import exercise
from triage.expert import ExpertSystem
from triage.loading.cases import load_cases
from triage.model import All, AnyOf, Condition, In, KnowledgeBase
from triage.mutants import OPERATORS, Mutant, mutants, with_leaf
from triage.mutation import MutationReport, mutate
from triage.trying import run_case

SAMPLE = Path(__file__).parent / "sample_knowledge" / "lamp"


def _equivalent(knowledge: KnowledgeBase, mutant: Mutant) -> bool:
    shown = visible(knowledge)
    return all(seen(knowledge, call, shown) == seen(mutant.knowledge, call, shown) for call in completions(knowledge))


@pytest.mark.parametrize("seed", range(24))
def test_the_fate_of_every_mutant_is_what_running_it_comes_to(seed: int, notes: list[str]) -> None:
    knowledge = random_base(seed, facts=3, inferred=3, clauses=6, gates=1, impossible=seed % 2)
    system = ExpertSystem(knowledge)
    cases = random_cases(system, Random(seed), 6)
    report = mutate(Compiled(knowledge, system.compiled.order), list(exercise(system, cases)))
    planted = {mutant.id: mutant for mutant in mutants(knowledge)}
    assert [verdict.id for verdict in report.verdicts] == list(planted)
    fates: Counter[str] = Counter()
    for verdict in report.verdicts:
        mutant = planted[verdict.id]
        fates[verdict.fate] += 1
        assert (verdict.fate == "equivalent") == _equivalent(knowledge, mutant), verdict.id
        try:
            failing = [case for case in cases if not run_case(ExpertSystem(mutant.knowledge), case).passed]
        except KnowledgeError:  # clauses tie: loading refuses it, unless a case had noticed anyway
            assert verdict.fate in ("refused", "killed", "equivalent"), verdict.id
            continue
        assert verdict.fate != "refused", verdict.id
        if verdict.fate != "equivalent":
            assert (verdict.fate == "killed") == bool(failing), (verdict.id, [case.turns for case in failing])
    notes.append(f"mutants of random base {seed}: {dict(sorted(fates.items()))}")


def test_every_survivor_comes_with_a_call_on_which_it_shows_and_an_expectation_that_notices() -> None:
    told = 0
    for seed in range(6):
        knowledge = random_base(seed, facts=3, inferred=3, clauses=7)
        compiled = ExpertSystem(knowledge).compiled
        report = mutate(Compiled(knowledge, compiled.order), [])
        planted = {mutant.id: mutant for mutant in mutants(knowledge)}
        for survivor in report.survivors:
            mutant = planted[survivor.id].knowledge
            if survivor.expects.key == "if_ended_now":
                assert isinstance(survivor.expects.wanted, Mapping)
                [(fact, value)] = survivor.expects.wanted.items()
                assert evaluate(knowledge, survivor.call)[fact] == value
                assert evaluate(mutant, survivor.call)[fact] != value
                told += 1
    assert told > 50


def test_without_cases_nothing_is_killed_and_the_score_is_nought() -> None:
    knowledge = random_base(3, facts=3, inferred=2, clauses=6)
    report = mutate(Compiled(knowledge, ExpertSystem(knowledge).compiled.order), [])
    assert report.count("killed") == 0
    assert report.score == 0
    assert len(report.survivors) == report.score_of > 0


def test_the_score_leaves_out_what_cannot_be_told_from_the_base() -> None:
    verdicts = mutate(Compiled(*_sample()), []).verdicts
    some = [replace(verdicts[0], fate=fate) for fate in ("killed", "killed", "survived", "equivalent", "refused")]
    assert MutationReport(some).score == Fraction(2, 3)
    assert MutationReport(some[3:]).score is None


def _sample() -> tuple[KnowledgeBase, tuple[str, ...]]:
    system = ExpertSystem.open(SAMPLE)
    return system.knowledge, system.compiled.order


def test_the_sample_bases_cases_kill_by_every_kind_of_mistake() -> None:
    system = ExpertSystem.open(SAMPLE)
    tried = list(exercise(system, load_cases(SAMPLE, system.knowledge)))
    report = mutate(Compiled(system.knowledge, system.compiled.order), tried)
    assert report.count("killed") > 0
    names = {turn.case.name for turn in tried}
    assert {verdict.by for verdict in report.verdicts if verdict.fate == "killed"} <= names


def test_there_is_a_mutant_of_every_kind_and_each_has_its_own_id() -> None:
    planted = [mutant for seed in range(4) for mutant in mutants(random_base(seed, facts=4, inferred=3, clauses=10))]
    assert {mutant.operator for mutant in planted} == set(OPERATORS)
    one = list(mutants(random_base(1, facts=4, inferred=3, clauses=10)))
    assert len({mutant.id for mutant in one}) == len(one)


def test_no_mutant_is_the_base_itself() -> None:
    for seed in range(6):
        knowledge = random_base(seed, facts=4, inferred=3, clauses=10)
        assert [mutant.id for mutant in mutants(knowledge) if mutant.knowledge == knowledge] == []


LEAF, OTHER = In("a", ("x",)), In("b", ("y",))


@pytest.mark.parametrize(
    ("condition", "place", "put", "made"),
    [
        (LEAF, 0, None, All(())),
        (LEAF, 0, OTHER, OTHER),
        (All((LEAF, OTHER)), 1, None, All((LEAF,))),
        (AnyOf((LEAF, OTHER)), 0, None, AnyOf((OTHER,))),
        (All((LEAF, AnyOf((OTHER,)))), 1, None, All((LEAF,))),
        (All((AnyOf((LEAF, OTHER)), LEAF)), 2, OTHER, All((AnyOf((LEAF, OTHER)), OTHER))),
        (AnyOf((All((LEAF,)),)), 0, None, All(())),
    ],
)
def test_a_leaf_is_replaced_or_taken_out(condition: Condition, place: int, put: Condition | None, made: Condition) -> None:
    assert with_leaf(condition, place, put) == made


def test_a_condition_without_its_only_leaf_always_holds() -> None:
    assert holds(with_leaf(AnyOf((LEAF,)), 0, None), {"a": "z"})
