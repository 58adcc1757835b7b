"""Bases too large to be compiled as a whole, compiled part by part: one for each answer to the fact most rules depend on.

What is still possible is then as exact as ever: the parts' outcomes stand side by side under that fact in one diagram. Bases of
a hotline grow that way: more kinds of call, each with facts and rules of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from triage.compilation import NODE_BUDGET, Compiled, Outcomes, Tie, TooLargeError, compile_knowledge, loudly
from triage.model import UNKNOWN, Condition, KnowledgeBase, demands
from triage.ordering import orders

__all__ = ["Parts", "compile_by_parts", "compile_fitting"]

LEAST_SHARE = 0.5
"""Of the clauses that must depend on one fact, for parts to be much smaller than the whole."""
MOST_BUDGETS = 4
"""Nodes that all parts together may need, in budgets of one."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A base in parts.

    Attributes:
        split: The observable fact whose answers divide it.
        by_answer: The diagrams of each part, by that answer.
        outcomes: The outcome of every call.
    """

    split: str
    by_answer: Mapping[str, Compiled]
    outcomes: Outcomes

    def of(self, known: Mapping[str, str]) -> Compiled | None:
        """The part some known facts belong to; None while that is open."""
        return self.by_answer.get(known.get(self.split, ""))

    def ties(self) -> Iterator[Tie]:
        """See `Compiled.ties`."""
        seen: set[tuple[str, str]] = set()
        for answer, part in self.by_answer.items():
            told = {} if answer == UNKNOWN else {self.split: answer}
            for tie in part.ties():
                if (tie.first.id, tie.second.id) not in seen:
                    seen.add((tie.first.id, tie.second.id))
                    yield replace(tie, example={**told, **tie.example})


def compile_fitting(knowledge: KnowledgeBase, budget: int = NODE_BUDGET) -> tuple[Compiled | Parts | None, TooLargeError | None]:
    """A base as a whole where that fits the budget, else in parts, else not at all; and why it is not as a whole."""
    try:
        return compile_knowledge(knowledge, budget), None
    except TooLargeError as error:
        try:
            return compile_by_parts(knowledge, budget), error
        except TooLargeError:
            return None, error


def compile_by_parts(knowledge: KnowledgeBase, budget: int) -> Parts:
    """Compile a base part by part.

    Args:
        budget: Nodes each part may need.

    Raises:
        TooLargeError: No fact divides it well, or a part does not fit.
    """
    split = _dividing(knowledge)
    if split is None:
        raise TooLargeError((), budget)
    order = (split, *(name for name in next(orders(knowledge)) if name != split))
    by_answer: dict[str, Compiled] = {}
    left = MOST_BUDGETS * budget
    for answer in knowledge.facts[split].domain:
        part = by_answer[answer] = Compiled(knowledge, order, min(budget, left), {split: answer})
        left -= part.store.size
    outcomes = Outcomes(knowledge, order, budget)
    with loudly(order):
        kids = tuple(outcomes.store.copy(part.store, part.outcome) for part in by_answer.values())
        outcomes.outcome = outcomes.store.node(0, kids)
    return Parts(split, by_answer, outcomes)


def _dividing(knowledge: KnowledgeBase) -> str | None:
    """The fact most clauses demand, itself or through gates; None where none is demanded by a good share of them."""
    demanded: dict[str, set[str]] = {name: {name} for name in knowledge.facts}
    for name in knowledge.gate_order:
        gate = knowledge.facts[name].applies_when
        if gate is not None:
            demanded[name] = {name}.union(*(demanded[fact] for fact in _told(gate)))
    counts: Counter[str] = Counter()
    clauses = [clause for found in knowledge.clauses.values() for clause in found]
    for clause in clauses:
        counts.update(set().union(*(demanded[fact] for fact in _told(clause.when) if fact in demanded)))
    best = max(counts, key=lambda name: (counts[name], name), default=None)
    return best if best is not None and counts[best] >= LEAST_SHARE * len(clauses) else None


def _told(condition: Condition) -> set[str]:
    """Facts that must be told for a condition to hold."""
    return {leaf.fact for leaf in demands(condition) if UNKNOWN not in leaf.values}
