"""Another version of a base that is compiled already: only what differs is built anew, on top of the diagrams there are.

What mutation, coverage and comparison rest on. Knows nothing of what a difference means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import cast

from triage.compilation import Compiled
from triage.diagrams import Diagram, Diagrams
from triage.model import Clause, Condition, In, KnowledgeBase, leaves

__all__ = ["Regions", "Variant", "counted_once"]

WORK_BUDGET = 2_000_000
"""Nodes that work on a base may take beside its own: about 1 GB."""

Pairs = frozenset[tuple[object, object]]
"""Values before and after, of one inferred fact, over all calls on which they differ."""


class Regions:
    """Where the clauses of a compiled base have the say; it may add nodes to the base's store, which must be its own.

    Args:
        many: Whether many variants will be compiled: what they share is then made once, here; else where one of them needs it.
    """

    def __init__(self, compiled: Compiled, *, many: bool = True) -> None:
        self.compiled = compiled
        compiled.store.budget = max(compiled.store.budget, WORK_BUDGET)
        made = compiled.knowledge.clauses if many else {}
        self._free = {fact: list(self._freed(fact, compiled.store)) for fact in made}

    def _freed(self, fact: str, store: Diagrams) -> Iterator[Diagram]:
        """Where none of the first clauses of an inferred fact matches: of none of them, one, two, up to all."""
        free = store.leaf(True)
        yield free
        for clause in self.compiled.knowledge.clauses[fact]:
            free = store.choose(self.compiled.clauses[clause.id], store.leaf(False), free)
            yield free

    def free(self, fact: str, place: int, store: Diagrams) -> Diagram:
        """Where none of the first `place` clauses of an inferred fact matches; new nodes go into `store`."""
        if fact in self._free:
            return self._free[fact][place]
        return next(islice(self._freed(fact, store), place, None))

    def winning(self, clause: Clause, store: Diagrams) -> Diagram:
        """Where a clause matches and none of higher priority does, on possible calls; new nodes go into `store`."""
        higher = sum(other.priority > clause.priority for other in self.compiled.knowledge.clauses[clause.fact])
        return self._matching(clause, higher, store)

    def _matching(self, clause: Clause, before: int, store: Diagrams) -> Diagram:
        """Where a clause matches and none of the first few does, on possible calls."""
        here = store.both(self.free(clause.fact, before, store), self.compiled.clauses[clause.id])
        return store.both(self.compiled.possible, here)

    def deciding(self, clause: Clause, store: Diagrams) -> Diagram:
        """Where a clause wins and without it the value would be another, on possible calls; new nodes go into `store`."""
        same = store.convert(lambda value: value == clause.value, self.compiled.below[clause.id])
        place = self.compiled.knowledge.clauses[clause.fact].index(clause)
        return store.choose(same, store.leaf(False), self._matching(clause, place, store))


class Variant(Compiled):
    """A base compiled on top of another one.

    Args:
        regions: Of the base it is like.
        knowledge: A base with the same observable facts and the same values in the same order; everything else may differ.

    Attributes:
        pairs: Per inferred fact that is in both bases and differs on some call, the pairs of values; impossible calls count too.

    It has no `outcome`: compare `inferred` fact by fact.
    """

    def __init__(self, regions: Regions, knowledge: KnowledgeBase) -> None:
        original = regions.compiled
        self.original = original
        self.pairs: dict[str, Pairs] = {}
        self._regions = regions
        self.knowledge = knowledge
        self._known: Mapping[str, str] = {}
        self.order, self.level, self.index = original.order, original.level, original.index
        self.store: Diagrams = original.store.scratch()
        self._leaves: dict[In, Diagram] = {}
        self.applies: dict[str, Diagram] = dict.fromkeys(self.order, self.store.leaf(True))
        self.inferred: dict[str, Diagram] = {}
        self.clauses: dict[str, Diagram] = {}
        self.below: dict[str, Diagram] = {}
        self.messages: dict[str, Diagram] = {}
        self._before = {clause.id: clause for clauses in original.knowledge.clauses.values() for clause in clauses}
        self._compile()

    def _compile(self) -> None:
        knowledge, old = self.knowledge, self.original
        for name in knowledge.gate_order:
            gate = cast(Condition, knowledge.facts[name].applies_when)
            same = gate == old.knowledge.facts[name].applies_when and not self._moved_gates(gate)
            self.applies[name] = old.applies[name] if same else self.condition(gate, self.store)
        self._gates_moved = frozenset(name for name in self.order if self.applies[name] != old.applies[name])
        same = knowledge.impossible == old.knowledge.impossible and not self._gates_moved
        self.possible = old.possible if same else self._possible()
        for stratum in knowledge.strata:
            for name in stratum:
                self._conclude(name)
        for name, message in knowledge.messages.items():
            before = old.knowledge.messages.get(name)
            same = before is not None and (before.when, before.kind) == (message.when, message.kind)
            self.messages[name] = old.messages[name] if same and not self.touched(message.when) else self._message(name)

    def _moved_gates(self, condition: Condition) -> bool:
        """Whether the gate of a fact read differs, of those compiled so far."""
        return any(self.applies[leaf.fact] != self.original.applies[leaf.fact] for leaf in leaves(condition))

    def touched(self, condition: Condition) -> bool:
        """Whether a condition may hold on other calls than in the base this is a variant of."""
        return any(not self._same_leaf(leaf) for leaf in leaves(condition))

    def _same_leaf(self, leaf: In) -> bool:
        if leaf.fact in self.level:
            return leaf.fact not in self._gates_moved
        pairs = self.pairs.get(leaf.fact)
        if pairs is None:
            return leaf.fact in self.original.inferred
        return all((before in leaf.values) == (after in leaf.values) for before, after in pairs)

    def _conclude(self, name: str) -> None:
        """Build the value of an inferred fact between the clauses that are as they were, above and below."""
        old, clauses = self.original, self.knowledge.clauses[name]
        default = self.knowledge.inferred[name].default
        before = old.knowledge.clauses.get(name)
        if before is None or old.knowledge.inferred[name].default != default:
            self.inferred[name] = self._value(name)
            if before is not None:
                self._note(name)
            return
        for clause in clauses:
            self.clauses[clause.id] = self._clause(clause)
        now = [(self.clauses[clause.id], clause.value) for clause in clauses]
        then = [(old.clauses[clause.id], clause.value) for clause in before]
        first, last = _common(now, then), _common(now[::-1], then[::-1])
        last = min(last, len(now) - first, len(then) - first)
        if first == len(now) == len(then):
            self.inferred[name] = old.inferred[name]
            return
        store = self.store
        value = old.inferred[name] if last == len(then) else old.below[before[len(then) - last - 1].id]
        for here, said in reversed(now[first : len(now) - last]):
            value = store.choose(here, store.leaf(said), value)
        self.inferred[name] = store.choose(self._regions.free(name, first, store), value, old.inferred[name]) if first else value
        self._note(name)

    def _clause(self, clause: Clause) -> Diagram:
        before = self._before.get(clause.id)
        same = before is not None and before.when == clause.when and not self.touched(clause.when)
        return self.original.clauses[clause.id] if same else self.condition(clause.when, self.store)

    def _note(self, name: str) -> None:
        changes = self.store.changes(self.original.inferred[name], self.inferred[name])
        pairs = cast(Pairs, frozenset(self.store.payloads(changes) - {None}))
        if pairs:
            self.pairs[name] = pairs

    def _concluded(self, leaf: In, store: Diagrams) -> Diagram:
        if leaf.fact in self.original.inferred and self._same_leaf(leaf) and leaf in self.original._leaves:
            return self.original._leaves[leaf]
        return super()._concluded(leaf, store)

    def changed(self, name: str) -> Diagram:
        """Where an inferred fact of both bases differs, on calls possible in both."""
        store = self.store
        if name not in self.pairs:
            return store.leaf(False)
        differing = store.convert(lambda pair: pair is not None, store.changes(self.original.inferred[name], self.inferred[name]))
        return store.both(self.original.possible, store.both(self.possible, differing))


def counted_once(store: Diagrams, *versions: Compiled) -> Diagram:
    """Calls without answers that count in none of some versions over the same facts: of calls that come to the same, one."""
    parts = [_counted_once(store, name, versions) for name in versions[0].order]
    while len(parts) > 1:  # neighbours first: a diagram of all that is below would be walked through again for every fact
        pairs = [parts[place : place + 2] for place in range(0, len(parts), 2)]
        parts = [store.both(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return parts[0] if parts else store.leaf(True)


def _counted_once(store: Diagrams, name: str, versions: Sequence[Compiled]) -> Diagram:
    """Where a fact's answer counts in some version, or there is none."""
    level, applies = versions[0].level[name], store.leaf(False)
    for version in versions:
        applies = store.either(applies, version.applies[name])
    return store.either(applies, store.member(level, {store.arities[level] - 1}))


def _common(one: Sequence[object], other: Sequence[object]) -> int:
    """How many entries two lists share at their beginning."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))
