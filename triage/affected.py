"""Which cases a change can touch: those newly written or rewritten, and those whose calls the new rules treat otherwise.

Compares diagrams instead of running cases twice. It may name a case that turns out the same, never leaves out one that does not.
Knows nothing of git or files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from triage.call import Call, Options
from triage.compilation import Compiled, TooLargeError
from triage.diagrams import BudgetExceededError, Diagram
from triage.evaluation import complete, verdict_of
from triage.expert import WHILE_ASKING, ExpertSystem
from triage.loading.cases import Case
from triage.model import PLACEHOLDER, KnowledgeBase, Message, Place
from triage.trying import calls_of

__all__ = ["affected", "rewritten"]


def rewritten(cases: Iterable[Case], before: Iterable[Case]) -> tuple[Case, ...]:
    """The cases that were not there before, or said something else; where they stand does not count."""
    by_name: dict[str, list[Case]] = {}
    for case in before:
        by_name.setdefault(case.name, []).append(_anywhere(case))
    return tuple(case for case in cases if _anywhere(case) not in by_name.get(case.name, ()))


def affected(system: ExpertSystem, before: KnowledgeBase, cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases that can turn out otherwise than with the base as it was.

    Where facts, questions or whatever else decides what is asked have changed, but for additions, these are all cases; so they
    are where the diagrams do not fit the budget. Else they are those on whose calls something is concluded or said otherwise,
    by another rule, or can still come out otherwise.

    Args:
        system: The base as it is.
        before: The base as it was.
        cases: Cases of the base as it is that read the same for both.
    """
    if not _asks_alike(before, system.knowledge):
        return tuple(cases)
    try:
        change = _Change(system, before)
        return tuple(case for case in cases if change.touches(case))
    except (TooLargeError, BudgetExceededError):
        return tuple(cases)


_NOWHERE = Place("", 0, 0)


def _anywhere(case: Case) -> Case:
    return replace(case, place=_NOWHERE, turns=tuple(replace(turn, place=_NOWHERE) for turn in case.turns))


# -- whatever but rules and messages decides how a call goes


def _asks_alike(old: KnowledgeBase, new: KnowledgeBase) -> bool:
    """Whether the bases differ in rules, messages, texts, and in additions that only rules and messages can read."""
    was, now = _asking(old), _asking(new)
    added = new.inferred.keys() - old.inferred.keys()
    return (
        all(was[section].items() <= now[section].items() for section in ("facts", "questions", "inferred"))
        and all(was[section] == now[section] for section in ("identity", "impossible", "fields"))
        and not any(new.inferred[name].target for name in added)
    )


def _asking(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """Everything but rules and messages that a case's expectations can depend on, as parts that can be compared."""
    identity = base.identity
    resolved, patience = identity.resolved, identity.patience
    return {
        "facts": {f.id: (tuple(f.values), f.applies_when, f.weights) for f in base.facts.values()},
        "questions": {q.id: (q.fills, q.purpose, q.ask_of, q.seconds, q.order, q.tick, q.kind) for q in base.questions.values()},
        "inferred": {i.id: (tuple(i.values), i.default, i.target) for i in base.inferred.values()},
        "identity": {
            identity.id: (tuple(identity.systems), identity.decision, sorted(identity.find_out.items()), resolved, patience)
        },
        "impossible": {c.id: (c.when, c.resolve) for c in base.impossible.values()},
        "fields": {f.id: f.when for f in base.fields.values()},
    }


# -- rules and messages


class _Change:
    """Two sets of rules and messages over the same facts, their diagrams in one store."""

    def __init__(self, system: ExpertSystem, before: KnowledgeBase) -> None:
        self._system = system
        self._new = system.knowledge
        self._old = replace(self._new, rules=before.rules, messages=before.messages)
        self._now = system.compiled
        self._was = Compiled(self._old, self._now.order)
        self._store = self._now.store.scratch()
        self._other_lines = sorted(_lines(self._old).items() ^ _lines(self._new).items())
        self._open = [(self._copied(self._was.outcome), self._now.outcome), *self._messages(while_asking=True)]
        self._ended = list(self._messages(while_asking=False))

    def touches(self, case: Case) -> bool:
        """Whether some turn of a case can turn out otherwise."""
        calls, options = calls_of(case)
        return any(self._touches(call, options) for call in calls)

    def _touches(self, call: Call, options: Options) -> bool:
        situation = self._system.situation(call, options)
        if situation.clashes and self._script_changed:  # it then reads other values than the rules conclude
            return True
        if _concluded(self._old, situation.counted) != _concluded(self._new, situation.counted):
            return True
        ended = complete(self._new, situation.known)
        return self._differ(self._open, situation.known) or self._differ(self._ended, ended)

    def _differ(self, pairs: Iterable[tuple[Diagram, Diagram]], known: Mapping[str, str]) -> bool:
        told = self._now.indices(known)
        return any(self._store.restrict(was, told) != self._store.restrict(now, told) for was, now in pairs)

    @cached_property
    def _script_changed(self) -> bool:
        """Whether what is said while asking has other conditions now."""
        old, new = ({m.id: m.when for m in base.messages.values() if m.moment in WHILE_ASKING} for base in (self._old, self._new))
        return old != new

    def _messages(self, *, while_asking: bool) -> Iterator[tuple[Diagram, Diagram]]:
        """Where messages are said, before and now, as far as that differs. One that is another message now is said anew."""
        nowhere = self._store.leaf(False)
        others = {name for name, _ in self._other_lines}
        for base, compiled in ((self._old, self._was), (self._new, self._now)):
            for name, message in base.messages.items():
                if message.time_of_day or (message.moment in WHILE_ASKING) is not while_asking:
                    continue  # cases give no time of day
                where = self._copied(compiled.messages[name]) if base is self._old else compiled.messages[name]
                if name in others:
                    yield where, nowhere
                elif base is self._old and where != self._now.messages[name]:
                    yield where, self._now.messages[name]

    def _copied(self, diagram: Diagram) -> Diagram:
        return self._store.copy(self._was.store, diagram)


def _lines(base: KnowledgeBase) -> dict[str, tuple[str, ...]]:
    """By message what counts for cases beside the calls on which it is said: none of its words but the fields they mention."""
    return {name: (m.kind, str(m.moment), str(m.time_of_day), *_needed(m, base)) for name, m in base.messages.items()}


def _needed(message: Message, base: KnowledgeBase) -> list[str]:
    """Fields that a line of the work order makes part of it."""
    texts = (message.say.zh, message.say.en) if message.kind == "work_order" else ()
    found = {name for text in texts for name in PLACEHOLDER.findall(text)}
    return sorted(found & base.fields.keys())


def _concluded(base: KnowledgeBase, counted: Mapping[str, str]) -> dict[str, tuple[str, set[str]]]:
    """By inferred fact its value and the rules it comes from."""
    rules = {clause.id: rule.id for rule in base.rules.values() for clause in rule.clauses}
    conclusions = verdict_of(base, counted).conclusions
    return {name: (c.value, {rules[winner] for winner in c.winners}) for name, c in conclusions.items()}
