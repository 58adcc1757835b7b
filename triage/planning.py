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

__all__ = [
    "PLAN_BUDGET",
    "Ahead",
    "Lengths",
    "OutOfBudgetError",
    "Plan",
    "Policy",
    "Rest",
    "ask_best",
    "bounds",
    "follow_policy",
    "look_ahead",
    "whole_plan",
]

PLAN_BUDGET = 6_000
"""Situations the plan of a whole base may have to be worked out once and kept: about two seconds."""

Lengths = Mapping[tuple[str, int], float]
"""Share of interviews, 0..1 and summing to 1, by value of the first target and number of questions put to the caller."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of interviews from some situation on.

    Attributes:
        asked: By question, the share of interviews in which it is still put to the caller.
    """

    lengths: Lengths
    asked: Mapping[str, float]


Plan = Mapping[tuple[object, ...], Rest]
"""What is left of interviews from the situations of a base, for prospects of one sight."""

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


class OutOfBudgetError(Exception):
    """A plan has more situations than it may look at."""


def ask_best(knowledge: KnowledgeBase, sources: Mapping[str, str]) -> Policy:
    """The policy of the product: the best question by `next_questions`."""
    return lambda prospect, known: next(next_questions(knowledge, prospect, known, sources), None)


def whole_plan(
    knowledge: KnowledgeBase, start: ExactProspect, known: Mapping[str, str], sources: Mapping[str, str], budget: int
) -> Plan:
    """The plan of every interview from its start; empty where it has more than `budget` situations."""
    plan = _Planner(knowledge, ask_best(knowledge, sources), budget, {})
    try:
        plan.rest(start, known)
    except OutOfBudgetError:
        return {}
    return {key: rest for key, rest in plan.found.items() if start.is_shared(key[0])}


def look_ahead(
    knowledge: KnowledgeBase,
    prospect: Prospect,
    known: Mapping[str, str],
    sources: Mapping[str, str],
    budget: int,
    plan: Plan,
    asked: NextQuestion,
) -> Ahead:
    """How many questions are still ahead under the product's policy.

    Args:
        budget: Situations to look at besides those of `plan`; with more, the answer is bounds.
        asked: The question that policy puts now.
    """
    if isinstance(prospect, ExactProspect):
        try:
            lengths = _Planner(knowledge, ask_best(knowledge, sources), budget, plan).rest_from(prospect, known, asked).lengths
        except OutOfBudgetError:
            return bounds(knowledge, prospect, known, sources, asked)
        if not lengths:  # every answer has a weight of nothing
            return bounds(knowledge, prospect, known, sources, asked)
        counts = [count for _, count in lengths]
        expected = round(sum(count * share for (_, count), share in lengths.items()), 6)
        return Ahead(min(counts), expected, max(counts), exact=True)
    return bounds(knowledge, prospect, known, sources, asked)


def bounds(
    knowledge: KnowledgeBase, prospect: Prospect, known: Mapping[str, str], sources: Mapping[str, str], asked: NextQuestion
) -> Ahead:
    """Bounds that cost little: the next question at least, every question that may still come at most."""
    possible = [q for q in knowledge.questions.values() if sources.get(q.id) == CALLER and not known.keys() >= set(q.fills)]
    upper = sum(any(prospect.is_relevant(fact) for fact in q.fills if fact not in known) for q in possible)
    return Ahead(int(asked.ask_of == CALLER), None, upper, exact=False)


def follow_policy(
    knowledge: KnowledgeBase,
    prospect: ExactProspect,
    known: Mapping[str, str],
    policy: Policy,
    budget: int,
    plan: Plan | None = None,
) -> Rest:
    """What is left of interviews under a policy, every answer followed.

    Args:
        budget: Situations to look at before giving up.
        plan: What is known already, under the same policy.

    Raises:
        OutOfBudgetError: There are more.
    """
    return _Planner(knowledge, policy, budget, plan or {}).rest(prospect, dict(known))


class _Planner:
    def __init__(self, knowledge: KnowledgeBase, policy: Policy, budget: int, plan: Plan) -> None:
        self._policy = policy
        self._budget = budget
        self._plan = plan
        self.found: dict[tuple[object, ...], Rest] = {}
        gates = (fact.applies_when for fact in knowledge.facts.values() if fact.applies_when is not None)
        given = (fact.weights.given for fact in knowledge.facts.values() if fact.weights.given is not None)
        self._telling = frozenset(leaf.fact for gate in gates for leaf in leaves(gate)).union(given)

    def rest(self, prospect: ExactProspect, known: Mapping[str, str]) -> Rest:
        asked = None if settled(prospect) else self._policy(prospect, known)
        if asked is None:
            first = next(iter(prospect.candidates.values()))
            return Rest({(value, 0): share for value, share in first.items()}, {})
        return self.rest_from(prospect, known, asked)

    def rest_from(self, prospect: ExactProspect, known: Mapping[str, str], asked: NextQuestion) -> Rest:
        """What is left where this question comes next."""
        told = tuple((name, known[name]) for name in sorted(self._telling) if name in known)
        key = (prospect.root, asked.question.id, asked.facts, told)
        found = self._plan.get(key) if prospect.is_shared(prospect.root) else None
        found = found or self.found.get(key)
        if found is None:
            if len(self.found) >= self._budget:
                raise OutOfBudgetError
            found = self.found[key] = self._follow(prospect, known, asked)
        return found

    def _follow(self, prospect: ExactProspect, known: Mapping[str, str], asked: NextQuestion) -> Rest:
        put = asked.ask_of == CALLER
        lengths: defaultdict[tuple[str, int], float] = defaultdict(float)
        questions: defaultdict[str, float] = defaultdict(float, {asked.question.id: 1.0} if put else {})
        for branch in prospect.branches(asked.facts, self._telling):
            after = self.rest(prospect.narrowed(branch), {**known, **branch.answers})
            for (value, count), share in after.lengths.items():
                lengths[value, count + put] += share * branch.share
            for question, share in after.asked.items():
                questions[question] += share * branch.share
        return Rest(lengths, questions)
