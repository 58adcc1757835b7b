"""Alerts that can come late: another question is put to the caller while the one that brings the evidence could be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from itertools import count

from triage.checking.examined import Examined
from triage.findings import Finding
from triage.interview import applicable, next_questions, reachable, settled
from triage.model import CALLER, UNKNOWN, Message, Question, leaves
from triage.prospect import ExactProspect, Sight

__all__ = ["delayed_alerts"]

WALK_BUDGET = 1_000_000
"""Nodes looked at while interviews are followed for one alert and question: a minute or two. The shipped bases need 7,000."""

Known = dict[str, str]


def delayed_alerts(examined: Examined) -> Iterator[Finding]:
    """One finding for each alert and question; by alert.

    Questions asked for safety come first anyway. What an act brings to light is not there before it; what only systems tell
    waits for nobody. For the others every interview is followed from its beginning, with no system connected and nothing told
    that was not asked, to where the question is put, the alert is said, or it can no longer come.
    """
    walks: _Walks | None = None
    for alert in examined.knowledge.messages.values():
        if alert.kind == "alert" and examined.compiled.messages[alert.id] != examined.nowhere:
            for question in _late(examined, alert):
                walks = walks or _Walks(examined)
                yield from _delay(examined, walks, alert, question)


def _delay(examined: Examined, walks: _Walks, alert: Message, question: Question) -> Iterator[Finding]:
    try:
        found = walks.first_delay(alert, question)
    except _TooManyError:
        yield examined.finding("alert-unproved", alert.id, alert.place, None, alert=alert.id, question=question.id)
        return
    if found is not None:
        known, first = found
        yield examined.finding("delayed-alert", alert.id, alert.place, known, alert=alert.id, question=question.id, first=first)


def _late(examined: Examined, alert: Message) -> list[Question]:
    """The questions for what an alert reads that are put to the caller, but not for safety; acts left out. By id."""
    asked = {examined.knowledge.question_of[leaf.fact].id for leaf in leaves(alert.when)}
    questions = (examined.knowledge.questions[name] for name in sorted(asked))
    return [q for q in questions if q.purpose != "safety" and q.kind != "act" and CALLER in q.ask_of]


class _TooManyError(Exception):
    """There are more interviews than can be followed."""


class _Walks:
    """Follows interviews of one base."""

    def __init__(self, examined: Examined) -> None:
        self._examined = examined
        self._sources = reachable(examined.knowledge, (), {}, ())
        questions = examined.knowledge.questions.values()
        unasked = [fact for q in questions if q.id not in self._sources for fact in q.fills]
        self._unasked = dict.fromkeys(unasked, UNKNOWN)
        self._sight = Sight(examined.compiled, unasked)
        gates = [fact.applies_when for fact in examined.knowledge.facts.values() if fact.applies_when is not None]
        given = {f.weights.given for f in examined.knowledge.facts.values() if f.weights.given is not None}
        self._places = count()
        self._telling = frozenset({leaf.fact for gate in gates for leaf in leaves(gate)} | given)

    def first_delay(self, alert: Message, question: Question) -> tuple[Known, str] | None:
        """The fewest answers, and the question asked then, where that delays an alert; None where nothing does.

        Raises:
            _TooManyError: Nothing did within the budget.
        """
        telling = self._telling | {leaf.fact for leaf in leaves(alert.when)}
        seen: set[tuple[object, ...]] = set()
        left = WALK_BUDGET
        waiting: list[tuple[int, int, Known]] = [(len(self._unasked), next(self._places), self._unasked)]
        while waiting:
            _, _, known = heappop(waiting)
            prospect = ExactProspect(self._sight, known)
            key = (prospect.root, *((name, known[name]) for name in sorted(telling) if name in known))
            if (prospect.is_shared(prospect.root) and key in seen) or prospect.contradictory or settled(prospect):
                continue
            seen.add(key)
            left -= len(prospect.store.below(prospect.root))
            if left < 0:
                raise _TooManyError
            asked = next(next_questions(self._examined.knowledge, prospect, known, self._sources), None)
            if asked is None or asked.question.id == question.id or self._is_out(alert, known):
                continue
            if asked.question.purpose != "safety" and self._askable(question, known):
                return {fact: value for fact, value in known.items() if fact not in self._unasked}, asked.question.id
            for branch in prospect.branches(asked.facts, telling):
                further = {**known, **branch.answers}
                heappush(waiting, (len(further), next(self._places), further))
        return None

    def _is_out(self, alert: Message, known: Mapping[str, str]) -> bool:
        """Whether an alert can no longer come, or is said already."""
        store, compiled = self._examined.store, self._examined.compiled
        return store.is_leaf(store.restrict(compiled.messages[alert.id], compiled.indices(known)))

    def _askable(self, question: Question, known: Mapping[str, str]) -> bool:
        open_facts = applicable(self._examined.knowledge, known) - known.keys()
        return question.id in self._sources and not open_facts.isdisjoint(question.fills)
