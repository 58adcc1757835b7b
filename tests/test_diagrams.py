"""Operations on diagrams are those of the functions they stand for, tried on every combination of values."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.diagrams import BudgetExceededError, Diagram, Diagrams

ARITIES = (2, 3, 2, 4)
CALLS = list(product(*(range(n) for n in ARITIES)))


def _random(store: Diagrams, rng: Random, payloads: str) -> tuple[Diagram, dict[tuple[int, ...], str]]:
    """A random function as a diagram and as a table; often indifferent to a level."""
    ignored = {level for level in range(len(ARITIES)) if rng.random() < 0.3}
    values: dict[tuple[int, ...], str] = {}
    table = {}
    for call in CALLS:
        seen = tuple(0 if level in ignored else index for level, index in enumerate(call))
        table[call] = values.setdefault(seen, rng.choice(payloads))

    def build(prefix: tuple[int, ...]) -> Diagram:
        if len(prefix) == len(ARITIES):
            return store.leaf(table[prefix])
        return store.node(len(prefix), tuple(build((*prefix, i)) for i in range(ARITIES[len(prefix)])))

    return build(()), table


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_a_diagram_holds_its_function_and_equal_functions_are_one_number(seed: int) -> None:
    store, rng = Diagrams(ARITIES, 10_000), Random(seed)
    diagram, table = _random(store, rng, "abc")
    assert {call: store.value(diagram, call) for call in CALLS} == table
    again = store.leaf("a")
    for payload in "bc":
        where = store.convert(lambda found, payload=payload: found == payload, diagram)  # type: ignore[misc]
        again = store.choose(where, store.leaf(payload), again)
    assert again == diagram


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_restrict_support_count_combine_and_choose_are_those_of_the_table(seed: int) -> None:
    store, rng = Diagrams(ARITIES, 10_000), Random(seed)
    first, table = _random(store, rng, "abc")
    second, other = _random(store, rng, "xy")
    known = {level: rng.randrange(ARITIES[level]) for level in range(4) if rng.random() < 0.5}
    fixed = {call: tuple(known.get(level, index) for level, index in enumerate(call)) for call in CALLS}

    restricted = store.restrict(first, known)
    assert all(store.value(restricted, call) == table[fixed[call]] for call in CALLS)
    depends = {
        level
        for level in range(4)
        for call in CALLS
        if table[fixed[call]] != table[fixed[(*call[:level], 0, *call[level + 1 :])]]
    }
    assert store.support(restricted) == depends
    assert store.count(first) == Counter(table.values())
    joined = store.combine(lambda a, b: f"{a}{b}", first, second)
    assert all(store.value(joined, call) == table[call] + other[call] for call in CALLS)
    x = store.convert(lambda found: found == "x", second)
    chosen = store.choose(x, first, store.leaf("z"))
    assert all(store.value(chosen, call) == (table[call] if other[call] == "x" else "z") for call in CALLS)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_the_cheapest_path_is_a_cheapest_call(seed: int) -> None:
    store, rng = Diagrams(ARITIES, 10_000), Random(seed)
    diagram, table = _random(store, rng, "abc")
    costs = {(level, i): rng.choice([0, 1, 5]) for level, n in enumerate(ARITIES) for i in range(n)}
    free = {level: min(costs[level, i] for i in range(n)) for level, n in enumerate(ARITIES)}
    found = store.cheapest(diagram, lambda payload: payload == "a", lambda level, index: costs[level, index] - free[level])
    ends = [call for call in CALLS if table[call] == "a"]
    if not ends:
        assert found is None
        return
    assert found is not None
    assert found[0] == min(sum(costs[level, i] - free[level] for level, i in enumerate(call)) for call in ends)
    assert all(store.value(diagram, call) == "a" for call in CALLS if all(call[level] == i for level, i in found[1].items()))


def test_a_scratch_reuses_the_base_and_leaves_it_as_it_was() -> None:
    base = Diagrams(ARITIES, 10_000)
    diagram, _ = _random(base, Random(5), "abc")
    size = base.size
    scratch = base.scratch()
    narrowed = scratch.restrict(diagram, {3: 1})
    assert base.size == size
    assert scratch.restrict(diagram, {3: 1}) == narrowed
    assert scratch.restrict(diagram, {}) == diagram
    assert scratch.leaf("a") == base.leaf("a")


def test_a_store_over_its_budget_refuses_and_names_the_crowded_levels() -> None:
    store = Diagrams(ARITIES, 12)
    bottom = [store.node(3, tuple(store.leaf(str((i + k) % 4)) for i in range(4))) for k in range(4)]
    for a, b in pairwise(bottom):
        store.node(2, (a, b))
    store.node(2, (bottom[3], bottom[0]))
    with pytest.raises(BudgetExceededError) as refused:
        store.node(2, (bottom[0], bottom[2]))
    assert refused.value.nodes_per_level == (0, 0, 4, 4)
