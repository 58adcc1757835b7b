"""A variant compiled on top of a base says of every call what the other base says compiled by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.brute import completions, conclusions
from tests.random_bases import bases, random_base
from triage.behaviour import changes, visible
from triage.compilation import Compiled, compile_knowledge
from triage.diagrams import Diagrams
from triage.loading import load_knowledge
from triage.model import KnowledgeBase
from triage.mutants import mutants
from triage.variants import Regions, Variant

POWER = Path(__file__).parent.parent / "knowledge" / "power"


def _same_functions(variant: Variant, alone: Compiled) -> None:
    for mine, theirs in (
        (variant.inferred, alone.inferred),
        (variant.messages, alone.messages),
        (variant.clauses, alone.clauses),
    ):
        assert mine.keys() == theirs.keys()
        assert {name for name in mine if alone.store.copy(variant.store, mine[name]) != theirs[name]} == set()
    assert alone.store.copy(variant.store, variant.possible) == alone.possible


@given(bases(), st.integers(0, 2**16))
@settings(max_examples=60)
def test_a_mutant_compiled_on_top_is_the_mutant_compiled_alone(knowledge: KnowledgeBase, pick: int) -> None:
    compiled = compile_knowledge(knowledge)
    regions = Regions(compiled)
    planted = list(mutants(knowledge))
    for mutant in Random(pick).sample(planted, min(6, len(planted))):
        _same_functions(Variant(regions, mutant.knowledge), Compiled(mutant.knowledge, compiled.order))


@given(st.integers(0, 2**16), st.integers(0, 2**16))
@settings(max_examples=40)
def test_so_is_a_base_with_other_rules_gates_and_impossible_combinations(one: int, two: int) -> None:
    old = random_base(one, facts=5, inferred=3, clauses=10, gates=2, impossible=2)
    other = random_base(two, facts=5, inferred=3, clauses=10, gates=2, impossible=2)
    same_facts = {name: replace(f, applies_when=other.facts[name].applies_when) for name, f in old.facts.items()}
    new = replace(old, rules=dict(list(old.rules.items())[1:]), impossible={}, messages={})
    if all(tuple(other.facts[name].values) == tuple(old.facts[name].values) for name in old.facts):
        new = replace(new, facts=same_facts)
    compiled = compile_knowledge(old)
    _same_functions(Variant(Regions(compiled), new), Compiled(new, compiled.order))


def test_mutants_of_the_shipped_base_are_compiled_right() -> None:
    knowledge = load_knowledge(POWER)
    compiled = compile_knowledge(knowledge)
    regions = Regions(compiled)
    planted = list(mutants(knowledge))
    for mutant in Random(7).sample(planted, 6):
        _same_functions(Variant(regions, mutant.knowledge), Compiled(mutant.knowledge, compiled.order))


def test_a_base_that_is_the_same_changes_nothing_and_costs_no_node() -> None:
    knowledge = random_base(5, facts=6, inferred=4, clauses=12)
    compiled = compile_knowledge(knowledge)
    variant = Variant(Regions(compiled), knowledge)
    assert variant.store.size == compiled.store.size
    assert list(changes(variant)) == []


def test_without_a_clause_that_decides_somewhere_its_fact_differs_exactly_there() -> None:
    seen = 0
    for seed in range(30):
        knowledge = random_base(seed, facts=4, inferred=3, clauses=8)
        compiled = compile_knowledge(knowledge)
        regions = Regions(compiled)
        for rule in knowledge.rules.values():
            if len(rule.clauses) != 1:
                continue
            variant = Variant(regions, replace(knowledge, rules={n: r for n, r in knowledge.rules.items() if n != rule.id}))
            store: Diagrams = variant.store
            decides = regions.deciding(rule.clauses[0], store)
            assert variant.changed(rule.clauses[0].fact) == decides
            seen += decides != store.leaf(False)
    assert seen > 20


def test_what_is_visible_leaves_out_what_only_rules_read() -> None:
    knowledge = load_knowledge(POWER)
    shown = visible(knowledge)
    assert shown[: len(knowledge.identity.decision)] == knowledge.identity.decision
    assert {"account", "finding", "known_causes"}.isdisjoint(shown)


@pytest.mark.parametrize("seed", range(8))
def test_changes_are_where_brute_force_sees_them(seed: int) -> None:
    knowledge = random_base(seed, facts=3, inferred=3, clauses=7)
    compiled = compile_knowledge(knowledge)
    regions = Regions(compiled)
    for mutant in mutants(knowledge):
        variant = Variant(regions, mutant.knowledge)
        found = {(change.kind, change.id): change.where for change in changes(variant)}
        for completion in completions(knowledge):
            before, after = conclusions(knowledge, completion), conclusions(mutant.knowledge, completion)
            choice = [knowledge.facts[name].domain.index(completion[name]) for name in compiled.order]
            for name in visible(knowledge):
                where = found.get(("fact", name), variant.store.leaf(False))
                assert variant.store.value(where, choice) == (before is not None and before[name] != after[name])
