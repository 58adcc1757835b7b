"""What to ask next, whom, and why.

Works on prospects only: knows nothing of experta, files, HTTP or wording.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from triage.evaluation import holds
from triage.model import CALLER, UNKNOWN, All, Condition, In, KnowledgeBase, Question
from triage.prospect import Prospect

__all__ = ["NextQuestion", "applicable", "completing_questions", "could_apply", "next_questions", "reachable", "settled"]

SYSTEM_SECONDS = 1.0
"""What asking a system counts for, beside the seconds an author gives for asking the caller."""

_DIGITS = 9
"""Figures are compared after rounding, so that the order of additions never decides."""


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """A question worth asking now.

    Attributes:
        facts: The facts it would fill: open, and their gates hold. At least one of them can still change a target.
        ask_of: A system's id, or the caller.
    """

    question: Question
    facts: tuple[str, ...]
    ask_of: str


def reachable(
    knowledge: KnowledgeBase, systems: Iterable[str], no_answer: Mapping[str, Iterable[str]], told: Collection[str]
) -> dict[str, str]:
    """Whom each question goes to now: the first of its sources that is connected and has not already failed to answer.

    Args:
        systems: Ids of the connected systems; the caller is always there.
        no_answer: Per fact, the sources that were asked and did not answer.
        told: Facts that need no asking: a source counts as failed for a question when it did for all its other facts.

    Returns:
        Source by question id. Questions left out have nobody to ask: their open facts are `unknown`.
    """
    connected = {CALLER, *systems}
    found = {}
    for question in knowledge.questions.values():
        asked = [set(no_answer.get(fact, ())) for fact in question.fills if fact not in told]
        failed = set.intersection(*asked) if asked else set()
        sources = [source for source in question.ask_of if source in connected and source not in failed]
        if sources:
            found[question.id] = sources[0]
    return found


def applicable(knowledge: KnowledgeBase, known: Mapping[str, str]) -> set[str]:
    """Facts whose gate is entailed.

    Gates are positive and never name `unknown`, and leaving every open fact `unknown` is always possible unless what is known is
    contradictory: so a gate is entailed exactly when it holds on that completion.
    """
    values = {**dict.fromkeys(knowledge.facts, UNKNOWN), **known}
    found = {name for name, fact in knowledge.facts.items() if fact.applies_when is None}
    for name in knowledge.gate_order:
        if holds(cast(Condition, knowledge.facts[name].applies_when), values):
            found.add(name)
        else:
            values[name] = UNKNOWN
    return found


def could_apply(knowledge: KnowledgeBase, known: Mapping[str, str]) -> set[str]:
    """Facts whose gate may still hold: an open fact may yet take any value its own gate allows."""
    possible: set[str] = {name for name, fact in knowledge.facts.items() if fact.applies_when is None}

    def may(condition: Condition) -> bool:
        if isinstance(condition, In):
            return condition.fact in possible and known.get(condition.fact, condition.values[0]) in condition.values
        return (all if isinstance(condition, All) else any)(may(part) for part in condition.parts)

    for name in knowledge.gate_order:
        gate = knowledge.facts[name].applies_when
        if gate is not None and may(gate):
            possible.add(name)
    return possible


def settled(prospect: Prospect) -> bool:
    """Every target has one candidate."""
    return all(len(values) == 1 for values in prospect.candidates.values())


def next_questions(
    knowledge: KnowledgeBase, prospect: Prospect, known: Mapping[str, str], sources: Mapping[str, str]
) -> Iterator[NextQuestion]:
    """Relevant askable questions, best first; work is done only for those taken. None when contradictory.

    Safety first; then the most bits about the targets per second; then the author's order, then the id. A question of several
    facts is relevant if one of them is.
    """
    if prospect.contradictory:
        return
    certain = prospect.certainly_relevant()
    open_facts = applicable(knowledge, known) - known.keys()
    askable = [
        NextQuestion(question, facts, sources[question.id])
        for question in knowledge.questions.values()
        if question.id in sources and (facts := tuple(fact for fact in question.fills if fact in open_facts))
    ]
    for safety in (True, False):
        group = [asked for asked in askable if (asked.question.purpose == "safety") is safety]
        for asked in _ranked(group, prospect) if len(group) > 1 else group:
            if not certain.isdisjoint(asked.facts) or any(prospect.is_relevant(fact) for fact in asked.facts):
                yield asked


def completing_questions(
    knowledge: KnowledgeBase, matters: Callable[[str], bool], known: Mapping[str, str], sources: Mapping[str, str]
) -> Iterator[NextQuestion]:
    """Once the decision stands: questions of purpose `order` or `say` that can still change what is written or said.

    Args:
        matters: Whether the decision card or a message still depends on an open fact.
    """
    open_facts = applicable(knowledge, known) - known.keys()
    for question in sorted(knowledge.questions.values(), key=lambda q: (q.order, q.id)):
        if question.purpose in ("order", "say") and question.id in sources:
            facts = tuple(fact for fact in question.fills if fact in open_facts)
            if any(map(matters, facts)):
                yield NextQuestion(question, facts, sources[question.id])


def _ranked(group: Iterable[NextQuestion], prospect: Prospect) -> list[NextQuestion]:
    return sorted(group, key=lambda a: (-_score(a, prospect), a.question.order, a.question.id))


def _score(asked: NextQuestion, prospect: Prospect) -> float:
    seconds = asked.question.seconds if asked.ask_of == CALLER else SYSTEM_SECONDS
    return round(prospect.gain(asked.facts) / seconds, _DIGITS)
