"""How long the interviews of a base are, and what they cost: for authors, exact over all calls under weights.

Beside the product's own policy stands the author's order with the same stop rule, and a lower bound that no policy can beat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from triage.call import Call, Options
from triage.compilation import IMPOSSIBLE, Compiled
from triage.diagrams import Diagram, Diagrams
from triage.expert import ExpertSystem
from triage.interview import NextQuestion, applicable, next_questions
from triage.model import CALLER, UNKNOWN, KnowledgeBase, Weights
from triage.planning import Lengths, Policy, follow_policy
from triage.prospect import ExactProspect, Prospect, Sight

__all__ = ["ANSWERING", "AUTHOR", "UNIFORM", "InterviewReport", "Spread", "interview_report", "population", "shortest_proofs"]

BUDGET = 200_000
"""Situations a plan may look at."""

AUTHOR, ANSWERING, UNIFORM = "author", "answering", "uniform"
"""Whose answers are counted: as the author weighs them; the same without `unknown`; every declared value alike, no `unknown`.
Besides these, every population the base declares, by its id."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Numbers of questions put to the caller; `share` of all interviews, 0..1."""

    share: float
    expected: float
    median: int
    longest: int


@dataclass(frozen=True, slots=True)
class InterviewReport:
    """The interviews of one base with some systems connected and one population of callers.

    Attributes:
        best, scripted: The product's policy, and the author's order (gates skipped) with the same stop rule.
        by_value: Per value of the first target, most frequent first, both of them.
        asked: By question, share of interviews in which the product puts it to the caller, most frequent first.
        lower_bound: Questions no policy can do without on average: what it takes to prove each outcome.
        undetermined: Share of interviews that end in the default of the first target.
    """

    systems: tuple[str, ...]
    population: str
    best: Spread
    scripted: Spread
    by_value: Mapping[str, tuple[Spread, Spread]]
    asked: Mapping[str, float]
    lower_bound: float
    undetermined: float


def interview_report(system: ExpertSystem, systems: Sequence[str], whose: str, budget: int = BUDGET) -> InterviewReport:
    """Follow every interview of a base.

    Args:
        systems: Ids of the systems connected; their answers are not counted.

    Raises:
        TooLargeError: The base is too large for exact answers.
        OutOfBudgetError: Its interviews have more situations than `budget`.
    """
    knowledge = system.knowledge
    situation = system.situation(Call(), Options(systems=tuple(systems)))
    told = population(knowledge, whose)
    sight = Sight(Compiled(told, system.compiled.order), situation.unasked)
    start = ExactProspect(sight, situation.known)

    def best(_: Prospect, known: Mapping[str, str]) -> NextQuestion | None:
        seen = system.prospect(known, situation.unasked)
        return next(next_questions(knowledge, seen, known, situation.sources), None)

    ours = follow_policy(told, start, situation.known, best, budget)
    script = follow_policy(told, start, situation.known, in_order(knowledge, situation.sources), budget)
    first = knowledge.targets[0]
    shares = _by_value(ours.lengths)
    return InterviewReport(
        systems=tuple(systems),
        population=whose,
        best=_spread(ours.lengths),
        scripted=_spread(script.lengths),
        by_value={value: (_spread(ours.lengths, value), _spread(script.lengths, value)) for value in shares},
        asked=dict(sorted(ours.asked.items(), key=lambda item: (-round(item[1], 9), item[0]))),
        lower_bound=_lower_bound(start, system.compiled, sight, situation.sources),
        undetermined=shares.get(knowledge.inferred[first].default, 0.0),
    )


def population(knowledge: KnowledgeBase, whose: str) -> KnowledgeBase:
    """The base with the weights of a population."""
    if whose == AUTHOR:
        return knowledge
    if whose in knowledge.populations:
        changed = knowledge.populations[whose].weights
        other = {name: replace(fact, weights=changed.get(name, fact.weights)) for name, fact in knowledge.facts.items()}
        return replace(knowledge, facts=other)

    def table(shares: Mapping[str, float]) -> dict[str, float]:
        answers = {value: share if whose == ANSWERING else 1.0 for value, share in shares.items() if value != UNKNOWN}
        total = sum(answers.values())
        return {**{value: share / total for value, share in answers.items()}, UNKNOWN: 0.0}

    facts = {
        name: replace(fact, weights=Weights(fact.weights.given, {key: table(t) for key, t in fact.weights.tables.items()}))
        for name, fact in knowledge.facts.items()
    }
    return replace(knowledge, facts=facts)


def in_order(knowledge: KnowledgeBase, sources: Mapping[str, str]) -> Policy:
    """The author's order: the first open question whose gate is entailed and that somebody can be asked."""
    ordered = sorted(knowledge.questions.values(), key=lambda question: (question.order, question.id))

    def policy(_: Prospect, known: Mapping[str, str]) -> NextQuestion | None:
        open_facts = applicable(knowledge, known) - known.keys()
        for question in ordered:
            facts = tuple(fact for fact in question.fills if fact in open_facts)
            if facts and question.id in sources:
                return NextQuestion(question, facts, sources[question.id])
        return None

    return policy


def shortest_proofs(store: Diagrams, root: Diagram, cost: Sequence[float]) -> dict[Diagram, float]:
    """By outcome leaf, the least that answers cost which leave no other outcome, in whatever order they are given.

    Args:
        cost: By level, what answering it costs.

    A fact is answered or left open; left open, all its values must do. Impossible calls need no proof.
    """
    work = store.scratch()
    found = {}
    for outcome in (node for node in work.below(root) if work.is_leaf(node) and work.payload(node) is not IMPOSSIBLE):
        wanted = (work.payload(outcome), IMPOSSIBLE)
        here = work.convert(lambda payload, wanted=wanted: payload in wanted, root)  # type: ignore[misc]
        found[outcome] = _cheapest_proof(work, here, cost, {work.leaf(True): 0.0, work.leaf(False): float("inf")})
    return found


def _cheapest_proof(work: Diagrams, here: Diagram, cost: Sequence[float], memo: dict[Diagram, float]) -> float:
    known = memo.get(here)
    if known is None:
        kids = work.kids(here)
        everywhere = kids[0]
        for kid in kids[1:]:
            everywhere = work.both(everywhere, kid)
        answered = min(_cheapest_proof(work, kid, cost, memo) for kid in kids) + cost[work.level(here)]
        known = memo[here] = min(answered, _cheapest_proof(work, everywhere, cost, memo))
    return known


def _lower_bound(start: ExactProspect, compiled: Compiled, sight: Sight, sources: Mapping[str, str]) -> float:
    """Mean over outcomes of their shortest proofs. A fact of a list counts as its part of the question."""
    questions = compiled.knowledge.question_of
    cost = [1 / len(questions[name].fills) if sources.get(questions[name].id) == CALLER else 0.0 for name in compiled.order]
    proofs = {sight.store.payload(leaf): proof for leaf, proof in shortest_proofs(sight.store, sight.root, cost).items()}
    return sum(share * proofs[outcome] for outcome, share in start.outcomes.items())


def _by_value(lengths: Lengths) -> dict[str, float]:
    shares: defaultdict[str, float] = defaultdict(float)
    for (value, _), share in lengths.items():
        shares[value] += share
    return dict(sorted(((v, s) for v, s in shares.items() if s > 0), key=lambda item: (-round(item[1], 9), item[0])))


def _spread(lengths: Lengths, value: str | None = None) -> Spread:
    """Over all interviews, or those that end in one value of the first target."""
    counts: defaultdict[int, float] = defaultdict(float)
    for (ending, count), share in lengths.items():
        if share > 0 and value in (None, ending):
            counts[count] += share
    total, seen, median = sum(counts.values()), 0.0, 0
    for count in sorted(counts):
        seen += counts[count]
        median = count
        if seen >= total / 2:
            break
    mean = sum(count * share for count, share in counts.items()) / total if total else 0.0
    return Spread(total, mean, median, max(counts, default=0))
