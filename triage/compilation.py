"""The rules, compiled: for every inferred fact and every condition a decision diagram over the observable facts.

Gates are folded in (a leaf holds only where its fact's gate does), so a diagram reads what callers say, not what counts of it.
Knows nothing of experta, files, questions or wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import cast

from triage.diagrams import BudgetExceededError, Diagram, Diagrams
from triage.model import UNKNOWN, All, Clause, Condition, In, KnowledgeBase
from triage.ordering import orders

__all__ = ["IMPOSSIBLE", "NODE_BUDGET", "Compiled", "Outcome", "Outcomes", "Tie", "TooLargeError", "compile_knowledge", "loudly"]

ENOUGH = 60_000
"""Nodes with which an order of facts is good enough not to look for a better one."""

NODE_BUDGET = 200_000
"""Nodes a base may need before it counts as too large for exact answers: about 100 MB and 2 s."""

Outcome = tuple[str, ...]
"""A value for every target, in the order of `KnowledgeBase.targets`."""

IMPOSSIBLE = None
"""The payload of `Compiled.outcome` where an impossible combination matches."""


class TooLargeError(Exception):
    """The diagrams of a base do not fit the budget.

    Attributes:
        facts: The observable facts whose levels hold most nodes, worst first.
        order: The order of facts that was tried, top first.
    """

    def __init__(self, facts: Sequence[str], budget: int, order: Sequence[str] = ()) -> None:
        super().__init__(f"diagrams exceed {budget} nodes, most of them on {', '.join(facts)}")
        self.facts = tuple(facts)
        self.budget = budget
        self.order = tuple(order)


@contextmanager
def loudly(order: Sequence[str]) -> Iterator[None]:
    """Work on diagrams over facts in some order; what does not fit their budget is a `TooLargeError`."""
    try:
        yield
    except BudgetExceededError as error:
        crowded = sorted(zip(error.nodes_per_level, order, strict=True), reverse=True)
        raise TooLargeError([name for _, name in crowded[:5]], error.budget, order) from None


@dataclass(frozen=True, slots=True)
class Tie:
    """Two clauses of equal priority and different values that can both match, with no higher one, on a possible call.

    Attributes:
        example: A smallest such call; facts not named are unknown.
    """

    first: Clause
    second: Clause
    example: Mapping[str, str]


class Outcomes:
    """The outcome of every call as one diagram over the facts in some order. Never changes once made; threads may read it.

    Args:
        order: Every observable fact once, top level first.
        budget: Nodes the store may hold.

    Attributes:
        outcome: The `Outcome`, or `IMPOSSIBLE`.
    """

    outcome: Diagram

    def __init__(self, knowledge: KnowledgeBase, order: Sequence[str], budget: int) -> None:
        self.knowledge = knowledge
        self.order = tuple(order)
        self.level = {name: level for level, name in enumerate(self.order)}
        self.index = {name: {v: i for i, v in enumerate(knowledge.facts[name].domain)} for name in self.order}
        self.store = Diagrams([len(knowledge.facts[name].domain) for name in self.order], budget)

    def indices(self, known: Mapping[str, str]) -> dict[int, int]:
        """Facts as {level: index}, for the store's operations."""
        return {self.level[name]: self.index[name][value] for name, value in known.items()}

    def facts(self, path: Mapping[int, int]) -> dict[str, str]:
        """A path of the store as facts, in the order of the levels."""
        names = {level: self.order[level] for level in sorted(path)}
        return {name: self.knowledge.facts[name].domain[path[level]] for level, name in names.items()}


class Compiled(Outcomes):
    """The diagrams of a base under one order of facts. Never changes after construction; many threads may read it.

    Args:
        order: Every observable fact once, top level first.
        budget: Nodes the store may hold.
        known: Facts taken as given: the diagrams are right only for calls on which they hold, and smaller for it.

    Attributes:
        applies: Per observable fact, where its gate holds.
        possible: Where no impossible combination matches.
        inferred: Per inferred fact, its value.
        clauses: Per clause, where its condition holds.
        below: Per clause, what its inferred fact would be if only the clauses after it (in `KnowledgeBase.clauses`) were there.
        messages: Per message, where its condition holds; alerts read what is told, whatever gates say.

    Raises:
        TooLargeError: The diagrams do not fit the budget.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        order: Sequence[str],
        budget: int = NODE_BUDGET,
        known: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(knowledge, order, budget)
        self._known = known or {}
        self.applies: dict[str, Diagram] = dict.fromkeys(self.order, self.store.leaf(True))
        self._leaves: dict[In, Diagram] = {}
        self.inferred: dict[str, Diagram] = {}
        self.clauses: dict[str, Diagram] = {}
        self.below: dict[str, Diagram] = {}
        self.messages: dict[str, Diagram] = {}
        with loudly(self.order):
            self._compile()

    def _compile(self) -> None:
        store, knowledge = self.store, self.knowledge
        for name in knowledge.gate_order:
            self.applies[name] = self.condition(cast(Condition, knowledge.facts[name].applies_when), store)
        self.possible = self._possible()
        for stratum in knowledge.strata:
            for name in stratum:
                self.inferred[name] = self._value(name)
        for name in knowledge.messages:
            self.messages[name] = self._message(name)
        joint = store.leaf(())
        for target in knowledge.targets:
            joint = store.combine(lambda done, value: (*cast(Outcome, done), value), joint, self.inferred[target])
        self.outcome = store.choose(self.possible, joint, store.leaf(IMPOSSIBLE))

    def _possible(self) -> Diagram:
        clashes = (self.condition(c.when, self.store) for c in self.knowledge.impossible.values())
        return self.store.negate(self._fold(self.store, clashes, False))

    def _message(self, name: str) -> Diagram:
        message = self.knowledge.messages[name]
        return self.condition(message.when, self.store, gated=message.kind != "alert")

    def _value(self, name: str) -> Diagram:
        """The value of an inferred fact: clauses laid over the default, lowest priority first."""
        store = self.store
        value = store.leaf(self.knowledge.inferred[name].default)
        for clause in reversed(self.knowledge.clauses[name]):
            self.below[clause.id] = value
            self.clauses[clause.id] = self.condition(clause.when, store)
            value = store.choose(self.clauses[clause.id], store.leaf(clause.value), value)
        return value

    # -- asking

    def condition(self, condition: Condition, store: Diagrams, *, gated: bool = True) -> Diagram:
        """Where a condition holds; new nodes go into `store`, this base's own or a scratch of it.

        Args:
            gated: A fact whose gate does not hold counts as unknown; False: what is told counts.
        """
        if isinstance(condition, In):
            if condition.fact in self.inferred:
                return self._concluded(condition, store)
            return self._observed(condition, store, gated)
        parts = (self.condition(part, store, gated=gated) for part in condition.parts)
        return self._fold(store, parts, isinstance(condition, All))

    def winning(self, clause: Clause, store: Diagrams) -> Diagram:
        """Where a clause matches and none of higher priority does, on possible calls."""
        higher = (self.clauses[c.id] for c in self.knowledge.clauses[clause.fact] if c.priority > clause.priority)
        free = store.negate(self._fold(store, higher, False))
        return store.both(self.possible, store.both(free, self.clauses[clause.id]))

    def ties(self) -> Iterator[Tie]:
        """Every pair of clauses that can tie on a possible call, by inferred fact, then priority and clause id."""
        store = self.store.scratch()
        nowhere = store.leaf(False)
        for clauses in self.knowledge.clauses.values():
            higher: list[Diagram] = []
            for _, group in groupby(clauses, key=lambda clause: clause.priority):
                matching = [(clause, self.clauses[clause.id]) for clause in group]
                if self._values_meet(matching, store):
                    free = store.both(self.possible, store.negate(self._fold(store, higher, False)))
                    for (first, here), (second, there) in combinations(matching, 2):
                        meet = store.both(free, store.both(here, there)) if first.value != second.value else nowhere
                        example = self.smallest_call(store, meet)
                        if example is not None:
                            yield Tie(first, second, example)
                higher += [where for _, where in matching]

    def _values_meet(self, matching: Sequence[tuple[Clause, Diagram]], store: Diagrams) -> bool:
        """Whether clauses of different values match together anywhere: quicker than looking at every pair."""
        by_value: dict[str, Diagram] = {}
        for clause, where in matching:
            by_value[clause.value] = store.either(by_value.get(clause.value, store.leaf(False)), where)
        covered = store.leaf(False)
        for where in by_value.values():
            if store.both(covered, where) != store.leaf(False):
                return True
            covered = store.either(covered, where)
        return False

    def depends(self, diagram: Diagram, known: Mapping[str, str]) -> set[str]:
        """The open facts a diagram depends on once some are known."""
        store = self.store.scratch()
        return {self.order[level] for level in store.support(store.restrict(diagram, self.indices(known)))}

    def smallest_call(self, store: Diagrams, where: Diagram) -> dict[str, str] | None:
        """The call with fewest answers on which a boolean diagram is true, all other facts unknown; None where it is nowhere."""
        found = store.cheapest(where, bool, lambda level, index: float(index != store.arities[level] - 1))
        if found is None:
            return None
        return {fact: value for fact, value in self.facts(found[1]).items() if value != UNKNOWN}

    def _concluded(self, leaf: In, store: Diagrams) -> Diagram:
        """Where an inferred fact has one of some values; rules ask for the same ones again and again."""
        found = self._leaves.get(leaf)
        if found is None:
            wanted = frozenset(leaf.values)
            found = store.convert(lambda value: value in wanted, self.inferred[leaf.fact])
            if store is self.store:
                self._leaves[leaf] = found
        return found

    def _observed(self, leaf: In, store: Diagrams, gated: bool) -> Diagram:
        applies = self.applies[leaf.fact] if gated else store.leaf(True)
        if leaf.fact in self._known:
            told = store.leaf(self._known[leaf.fact] in leaf.values)
            return store.choose(applies, told, store.leaf(UNKNOWN in leaf.values))
        level = self.level[leaf.fact]
        indices = {self.index[leaf.fact][value] for value in leaf.values}
        unknown = store.arities[level] - 1
        return store.choose(applies, store.member(level, indices), store.leaf(unknown in indices))

    @staticmethod
    def _fold(store: Diagrams, diagrams: Iterable[Diagram], conjunction: bool) -> Diagram:
        combine = store.both if conjunction else store.either
        result = store.leaf(conjunction)
        for diagram in diagrams:
            result = combine(result, diagram)
        return result


def compile_knowledge(knowledge: KnowledgeBase, budget: int = NODE_BUDGET) -> Compiled:
    """Compile a base under the best of several orders, or the first that is good enough.

    Raises:
        TooLargeError: No order fits the budget; it names the facts of the order that came first.
    """
    best: Compiled | None = None
    refused: TooLargeError | None = None
    for order in orders(knowledge):
        try:
            tried = Compiled(knowledge, order, budget if best is None else best.store.size)
        except TooLargeError as error:
            refused = refused or error
        else:
            best = tried
        if best is not None and best.store.size <= ENOUGH:
            break
    if best is None:
        raise cast(TooLargeError, refused)
    return best
