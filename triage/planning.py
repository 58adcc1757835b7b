"""The whole interview ahead: how many questions the caller still has to answer, exactly where a budget allows.

Follows a policy (which question comes next) through every branch of answers, meeting equal situations once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from triage.interview import NextQuestion, next_questions, settled
from triage.model import CALLER, KnowledgeBase, leaves
from triage.prospect import ExactProspect, Prospect

__all__ = ["Ahead", "Lengths", "Policy", "ask_best", "bounds", "interview_lengths", "look_ahead"]

Lengths = Mapping[tuple[str, int], float]
"""Share of interviews, 0..1 and summing to 1, by value of the first target and number of questions put to the caller."""

Policy = Callable[[Prospect, Mapping[str, str]], "NextQuestion | None"]
"""Which question comes next, or None when none does."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Questions still to be put to the caller.

    Attributes:
        fewest, most: Smallest and largest number over all possible answers; bounds when not exact.
        expected: Mean under the author's weights; None when not exact.
    """

    fewest: int
    expected: float | None
    most: int
    exact: bool


class _OutOfBudgetError(Exception):
    pass


def ask_best(knowledge: KnowledgeBase, sources: Mapping[str, str]) -> Policy:
    """The policy of the product: the best question by `next_questions`."""
    return lambda prospect, known: next(next_questions(knowledge, prospect, known, sources), None)


def look_ahead(
    knowledge: KnowledgeBase, prospect: Prospect, known: Mapping[str, str], sources: Mapping[str, str], budget: int
) -> Ahead:
    """How many questions are still ahead under the product's policy; bounds where the plan has more than `budget` situations."""
    if prospect.contradictory or settled(prospect):
        return Ahead(0, 0.0, 0, exact=prospect.exact)
    if isinstance(prospect, ExactProspect):
        try:
            lengths = interview_lengths(knowledge, prospect, known, ask_best(knowledge, sources), budget)
        except _OutOfBudgetError:
            return bounds(knowledge, prospect, known, sources)
        counts = [count for _, count in lengths]
        expected = round(sum(count * share for (_, count), share in lengths.items()), 6)
        return Ahead(min(counts), expected, max(counts), exact=True)
    return bounds(knowledge, prospect, known, sources)


def bounds(
    knowledge: KnowledgeBase, prospect: Prospect, known: Mapping[str, str], sources: Mapping[str, str]
) -> Ahead:
    """Bounds that cost little: the next question at least, every question that may still come at most."""
    possible = [q for q in knowledge.questions.values() if sources.get(q.id) == CALLER and not known.keys() >= set(q.fills)]
    upper = sum(any(prospect.is_relevant(fact) for fact in q.fills if fact not in known) for q in possible)
    first = next(next_questions(knowledge, prospect, known, sources), None)
    return Ahead(int(first is not None and first.ask_of == CALLER), None, upper, exact=False)


def interview_lengths(
    knowledge: KnowledgeBase, prospect: ExactProspect, known: Mapping[str, str], policy: Policy, budget: int
) -> Lengths:
    """How long interviews under a policy are.

    Args:
        budget: Situations to look at before giving up.

    Raises:
        _OutOfBudgetError: There are more.
    """
    return _Plan(knowledge, policy, budget).lengths(prospect, dict(known))


class _Plan:
    def __init__(self, knowledge: KnowledgeBase, policy: Policy, budget: int) -> None:
        self._knowledge = knowledge
        self._policy = policy
        self._budget = budget
        self._memo: dict[tuple[object, ...], Lengths] = {}
        gates = (fact.applies_when for fact in knowledge.facts.values() if fact.applies_when is not None)
        given = (fact.weights.given for fact in knowledge.facts.values() if fact.weights.given is not None)
        self._telling = frozenset(leaf.fact for gate in gates for leaf in leaves(gate)).union(given)

    def lengths(self, prospect: ExactProspect, known: Mapping[str, str]) -> Lengths:
        if settled(prospect):
            return self._ended(prospect)
        asked = self._policy(prospect, known)
        if asked is None:
            return self._ended(prospect)
        told = tuple((name, known[name]) for name in sorted(self._telling) if name in known)
        key = (prospect.root, asked.question.id, asked.facts, told)
        found = self._memo.get(key)
        if found is None:
            if len(self._memo) >= self._budget:
                raise _OutOfBudgetError
            found = self._memo[key] = self._follow(prospect, known, asked)
        return found

    def _follow(self, prospect: ExactProspect, known: Mapping[str, str], asked: NextQuestion) -> Lengths:
        total: defaultdict[tuple[str, int], float] = defaultdict(float)
        for branch in prospect.branches(asked.facts, self._telling):
            after = self.lengths(prospect.narrowed(branch), {**known, **branch.answers})
            for (value, count), share in after.items():
                total[value, count + (asked.ask_of == CALLER)] += share * branch.share
        return total

    def _ended(self, prospect: ExactProspect) -> Lengths:
        first = next(iter(prospect.candidates.values()))
        return {(value, 0): share for value, share in first.items()}
