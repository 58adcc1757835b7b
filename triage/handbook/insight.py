"""What a handbook says that no single rule does: read off the diagrams, so it holds over all possible calls.

Where the diagrams do not fit their budget there is less to say, and what is said comes from the rules as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from triage.compilation import IMPOSSIBLE, Compiled
from triage.diagrams import Diagrams
from triage.expert import ExpertSystem
from triage.model import Clause, KnowledgeBase, Message, leaves
from triage.prospect import ExactProspect, Sight

__all__ = ["Insight", "Outranking", "Situation"]


@dataclass(frozen=True, slots=True)
class Situation:
    """Calls that have one value of the first target and one of the fact the situations are told by.

    Attributes:
        ending: The value of the first target.
        value: The value of the telling fact; that of the first target again where this is the telling fact.
        outcome: By other target, the values it takes on such calls, in the author's order.
        always, maybe: Messages said on all such calls, and on some of them, by order and id.
    """

    ending: str
    value: str
    outcome: Mapping[str, tuple[str, ...]]
    always: tuple[Message, ...]
    maybe: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Outranking:
    """Rules that a rule outranks, and rules that outrank it: they conclude another value of the same fact, and on some possible
    call both match. Highest priority first."""

    over: tuple[str, ...]
    under: tuple[str, ...]


class Insight:
    """Everything exact about one base.

    Attributes:
        exact: The diagrams fit their budget.
        first: The first target, or what stands for it where a base has none.
        teller: The inferred fact that tells situations apart: the one that most others are concluded from; the first
            target where none is read by two, or the base is too large to be exact.
    """

    def __init__(self, system: ExpertSystem) -> None:
        self.knowledge = system.knowledge
        self.exact = system.too_large is None
        self._compiled = system.compiled if self.exact else None
        self.first = _first(system.knowledge)
        self.teller = _teller(system.knowledge, self.first) if self.exact else self.first

    @cached_property
    def situations(self) -> tuple[Situation, ...]:
        """Every possible one, by the first target's values and the telling fact's, in the author's order."""
        if self._compiled is None:
            return tuple(Situation(value, value, {}, (), ()) for value in self.knowledge.inferred[self.first].values)
        return tuple(self._situation(self._compiled, pair, rows) for pair, rows in self._rows(self._compiled).items())

    def _rows(self, compiled: Compiled) -> dict[tuple[str, str], set[tuple[str, ...]]]:
        """Outcomes of all possible calls, by value of the first target and of the telling fact."""
        work = compiled.store.scratch()
        told = compiled.outcome
        for name in (self.teller, self.first):
            told = work.combine(_before, compiled.inferred[name], told)
        found: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        for row in work.payloads(told):
            if row is not IMPOSSIBLE:
                ending, value, *outcome = cast("tuple[str, ...]", row)
                found.setdefault((ending, value), set()).add(tuple(outcome))
        first, teller = list(self.knowledge.inferred[self.first].values), list(self.knowledge.inferred[self.teller].values)
        return dict(sorted(found.items(), key=lambda item: (first.index(item[0][0]), teller.index(item[0][1]))))

    def _situation(self, compiled: Compiled, pair: tuple[str, str], rows: Iterable[Sequence[str]]) -> Situation:
        taken = [set(values) for values in zip(*rows, strict=True)]
        outcome = {
            target: tuple(value for value in self.knowledge.inferred[target].values if value in found)
            for target, found in zip(self.knowledge.targets, taken, strict=True)
            if target not in (self.first, self.teller)
        }
        always, maybe = self._messages(compiled, pair)
        return Situation(*pair, outcome, always, maybe)

    def _messages(self, compiled: Compiled, pair: tuple[str, str]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
        """Messages said on all calls of a situation; and on some, where they are alerts or name the situation."""
        work = self._scratch
        where = compiled.possible
        for fact, value in {self.first: pair[0], self.teller: pair[1]}.items():
            where = work.both(where, work.convert(lambda found, value=value: found == value, compiled.inferred[fact]))  # type: ignore[misc]
        always, maybe, never = [], [], work.leaf(False)
        for message in sorted(self.knowledge.messages.values(), key=lambda m: (m.order, m.id)):
            said = work.both(where, compiled.messages[message.id])
            if said == where:
                always.append(message)
            elif said != never and (message.kind == "alert" or self._names(message, pair)):
                maybe.append(message)
        return tuple(always), tuple(maybe)

    def _names(self, message: Message, pair: tuple[str, str]) -> bool:
        named = {(self.first, pair[0]), (self.teller, pair[1])}
        return any((leaf.fact, value) in named for leaf in leaves(message.when) for value in leaf.values)

    @cached_property
    def shares(self) -> Mapping[str, float]:
        """By value of the first target, the share of calls that end so by the author's weights, 0..1; empty where not exact."""
        if self._compiled is None:
            return {}
        return ExactProspect(Sight(self._compiled), {}).candidates.get(self.first, {})

    @cached_property
    def outranking(self) -> Mapping[str, Outranking]:
        """By clause."""
        over: dict[str, list[Clause]] = {}
        under: dict[str, list[Clause]] = {}
        for clauses in self.knowledge.clauses.values():
            for place, clause in enumerate(clauses):
                for lower in clauses[place + 1 :]:
                    if lower.value != clause.value and lower.priority < clause.priority and self._meet(clause, lower):
                        over.setdefault(clause.id, []).append(lower)
                        under.setdefault(lower.id, []).append(clause)
        everything = [clause.id for clauses in self.knowledge.clauses.values() for clause in clauses]
        return {name: Outranking(_rules(over.get(name, ())), _rules(under.get(name, ()))) for name in everything}

    def _meet(self, one: Clause, other: Clause) -> bool:
        """Whether two clauses match together on some possible call."""
        if self._compiled is None:
            return True
        both = self._scratch.both(self._compiled.clauses[one.id], self._compiled.clauses[other.id])
        return self._scratch.both(both, self._compiled.possible) != self._scratch.leaf(False)

    @cached_property
    def _scratch(self) -> Diagrams:
        return cast(Compiled, self._compiled).store.scratch()


def _before(value: object, outcome: object) -> object:
    return IMPOSSIBLE if outcome is IMPOSSIBLE else (value, *cast("tuple[str, ...]", outcome))


def _first(knowledge: KnowledgeBase) -> str:
    """The first target; where a base has none, the inferred fact concluded last."""
    return knowledge.targets[0] if knowledge.targets else knowledge.strata[-1][0]


def _teller(knowledge: KnowledgeBase, first: str) -> str:
    """The inferred fact that most others are concluded from; the first target where none is read by two."""
    readers: dict[str, set[str]] = {name: set() for stratum in knowledge.strata for name in stratum}
    for name, clauses in knowledge.clauses.items():
        for read in {leaf.fact for clause in clauses for leaf in leaves(clause.when)} & readers.keys():
            readers[read].add(name)
    most = max(readers, key=lambda name: len(readers[name]))
    return most if len(readers[most]) > 1 else first


def _rules(clauses: Iterable[Clause]) -> tuple[str, ...]:
    ranked = sorted(clauses, key=lambda clause: (-clause.priority, clause.rule))
    return tuple(dict.fromkeys(clause.rule for clause in ranked))
