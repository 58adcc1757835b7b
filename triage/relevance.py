"""Which facts can still change a target, exactly.

A fact is relevant when some possible extension of what is known, and some possible answer, narrow the candidates of a target.
Two ways lead there. *Directly*: two answers, all else equal, end in different outcomes; such facts are read off the restricted
diagram. *Through impossible combinations*: an answer rules out what another open fact would have to be; then the narrowing
shows only while that other fact is open, so the diagram is widened by a value "open" for the facts that share a combination.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import cast

from triage.compilation import IMPOSSIBLE, Outcome, Outcomes
from triage.diagrams import BudgetExceededError, Diagram, Diagrams
from triage.model import KnowledgeBase, leaves

__all__ = ["Relevance", "partners"]

_WIDENED_BUDGET = 20_000


@dataclass(slots=True)
class _Own:
    """What is learnt about the nodes of one call: masks by node, and whether pairs of nodes differ."""

    masks: dict[Diagram, int] = field(default_factory=dict)
    differ: dict[tuple[Diagram, Diagram], bool] = field(default_factory=dict)


class Relevance:
    """What can still change anything, for one compiled base. Remembers what it learns about the nodes of `base`, a store."""

    def __init__(self, compiled: Outcomes, base: Diagrams) -> None:
        self._compiled = compiled
        self._base = base
        self._impossible = base.leaf(IMPOSSIBLE)
        self._partners = partners(compiled.knowledge)
        self._doubtful = 1 << len(compiled.order)
        self._masks: dict[Diagram, int] = {}
        self._differ: dict[tuple[Diagram, Diagram], bool] = {}

    def direct(self, store: Diagrams, root: Diagram) -> set[str]:
        """Open facts two of whose answers, all else equal, end in different outcomes."""
        mask = self._mask(store, root, _Own())
        return {name for level, name in enumerate(self._compiled.order) if mask >> level & 1}

    def through_combinations(self, store: Diagrams, root: Diagram, fact: str, known: Mapping[str, str]) -> bool:
        """Whether an answer to an open fact narrows a target by ruling out what other open facts would have to be.

        Where the exact test does not fit its budget the answer is yes: asking too much is safe, asking too little is not.
        """
        support = store.support(root)
        partners = {self._compiled.level[name] for name in self._partners.get(fact, ()) if name not in known}
        if not partners & support:
            return False
        try:
            return self._widened_test(store, root, self._compiled.level[fact], partners)
        except BudgetExceededError:
            return True

    def _mask(self, store: Diagrams, node: Diagram, own: _Own) -> int:
        """Bits of the levels that are directly relevant in a diagram; above them `_doubtful`, if an impossible leaf is below."""
        memo = self._masks if node < self._base.size else own.masks
        found = memo.get(node)
        if found is None:
            found = self._doubtful if node == self._impossible else 0
            kids = store.kids(node)
            for kid in kids:
                found |= self._mask(store, kid, own)
            if any(self._differs(store, a, b, own) for place, a in enumerate(kids) for b in kids[:place]):
                found |= 1 << store.level(node)
            memo[node] = found
        return found

    def _differs(self, store: Diagrams, a: Diagram, b: Diagram, own: _Own) -> bool:
        """Whether two diagrams are both possible and different somewhere."""
        if a == b or self._impossible in (a, b):
            return False
        if not (self._mask(store, a, own) | self._mask(store, b, own)) & self._doubtful:
            return True
        key = (a, b) if a < b else (b, a)
        memo = self._differ if key[1] < self._base.size else own.differ
        found = memo.get(key)
        if found is None:
            level = min(store.level(a), store.level(b))
            pairs = zip(*store.split(level, a, b), strict=True)
            found = memo[key] = any(self._differs(store, x, y, own) for x, y in pairs)
        return found

    def _widened_test(self, store: Diagrams, root: Diagram, level: int, partners: set[int]) -> bool:
        """Whether, with the partners answered or open, some possible answer at `level` leaves fewer candidates than none."""
        widened = partners | {level}
        wide = Diagrams([n + (i in widened) for i, n in enumerate(store.arities)], _WIDENED_BUDGET)
        memo: dict[Diagram, Diagram] = {}
        for node in store.below(root):
            if store.is_leaf(node):
                memo[node] = wide.leaf(_candidates(cast("Outcome | None", store.payload(node))))
                continue
            kids = tuple(memo[kid] for kid in store.kids(node))
            if store.level(node) in widened:
                kids = (*kids, reduce(partial(wide.combine, _union), kids))
            memo[node] = wide.node(store.level(node), kids)
        return any(
            _narrows(wide, kid, wide.kids(node)[-1])
            for node in wide.below(memo[root])
            if wide.level(node) == level
            for kid in wide.kids(node)[:-1]
        )


def _union(a: Hashable, b: Hashable) -> Hashable:
    return cast(frozenset[object], a) | cast(frozenset[object], b)


def _candidates(outcome: Outcome | None) -> frozenset[tuple[int, str]]:
    """An outcome as a set of candidates, one for each target; empty where impossible."""
    return frozenset(enumerate(outcome)) if outcome is not None else frozenset()


def _narrows(wide: Diagrams, answered: Diagram, still_open: Diagram) -> bool:
    """Whether an answer is possible somewhere and leaves other candidates there than leaving the fact open."""
    if answered == still_open or (wide.is_leaf(answered) and not wide.payload(answered)):
        return False
    level = min(wide.level(answered), wide.level(still_open))
    if level == len(wide.arities):
        return True
    return any(_narrows(wide, a, b) for a, b in zip(*wide.split(level, answered, still_open), strict=True))


def partners(knowledge: KnowledgeBase) -> dict[str, set[str]]:
    """For every fact of an impossible combination, or of a gate above one, the other facts of such combinations."""
    above: dict[str, set[str]] = {name: {name} for name in knowledge.facts}
    for name in knowledge.gate_order:
        gate = knowledge.facts[name].applies_when
        if gate is not None:
            above[name] = {name}.union(*(above[leaf.fact] for leaf in leaves(gate)))
    found: dict[str, set[str]] = {}
    for combination in knowledge.impossible.values():
        together: set[str] = set().union(*(above[leaf.fact] for leaf in leaves(combination.when)))
        for name in together:
            found.setdefault(name, set()).update(together - {name})
    return found
