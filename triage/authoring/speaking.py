"""On which calls a rule that is still to be written would speak, and which rules it would meet there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from triage.authoring.skeletons import NewRule
from triage.compilation import Compiled, compile_knowledge
from triage.diagrams import Diagram, Diagrams
from triage.examples import Given, as_given, on_one_line
from triage.model import UNKNOWN, All, Clause, In, KnowledgeBase, Text

__all__ = ["Speaking", "speaking"]


@dataclass(frozen=True, slots=True)
class Speaking:
    """The calls on which the conditions of a rule hold; there is one at least."""

    rule: NewRule
    compiled: Compiled
    store: Diagrams
    here: Diagram

    def smallest_call(self) -> Given:
        """A smallest such call, if possible one on which no rule of its priority or a higher one speaks."""
        knowledge, free = self.compiled.knowledge, self.here
        for fact in self.rule.then:
            free = self._without(free, (c for c in knowledge.clauses[fact] if c.priority >= self.rule.priority))
        found = self.compiled.smallest_call(self.store, free) or self.compiled.smallest_call(self.store, self.here)
        return as_given(knowledge, found or {}, self._still_holds)

    def ties(self) -> Iterator[Text]:
        """What is wrong with its priority: rules that have the same one and conclude otherwise where no stronger rule speaks."""
        for fact, value in self.rule.then.items():
            clauses = self.compiled.knowledge.clauses[fact]
            free = self._without(self.here, (c for c in clauses if c.priority > self.rule.priority))
            rivals = [c for c in clauses if c.priority == self.rule.priority and c.value != value]
            met = [(c, call) for c in rivals if (call := self._met(free, c)) is not None]
            if met:
                yield self._tie(fact, met, self._used(clauses))

    def _met(self, free: Diagram, clause: Clause) -> dict[str, str] | None:
        return self.compiled.smallest_call(self.store, self.store.both(free, self.compiled.clauses[clause.id]))

    def _used(self, clauses: tuple[Clause, ...]) -> list[int]:
        """Priorities of the rules it can meet at all."""
        groups = groupby(clauses, key=lambda clause: clause.priority)
        return [priority for priority, group in groups if any(self._met(self.here, clause) is not None for clause in group)]

    def _tie(self, fact: str, met: list[tuple[Clause, dict[str, str]]], used: list[int]) -> Text:
        (clause, call), others = met[0], len(met) - 1
        zh, en = (f"等 {others + 1} 条规则", f" and {others} more, which conclude") if others else ("", ", which concludes")
        example = on_one_line(as_given(self.compiled.knowledge, call))
        priorities = ", ".join(map(str, used))
        return Text(
            f"优先级 {self.rule.priority} 与 `{clause.rule}` {zh}相同，对 `{fact}` 的结论却不同，例如 {example}；"
            f"请另选优先级（会遇到的规则用的是 {priorities}）",
            f"with the priority {self.rule.priority} it would tie with `{clause.rule}`{en} `{fact}` otherwise, "
            f"for example on {example}; choose another priority (the rules it can meet have {priorities})",
        )

    def _without(self, where: Diagram, clauses: Iterator[Clause]) -> Diagram:
        for clause in clauses:
            where = self.store.both(where, self.store.negate(self.compiled.clauses[clause.id]))
        return where

    def _still_holds(self, call: Mapping[str, str]) -> bool:
        whole = {**dict.fromkeys(self.compiled.order, UNKNOWN), **call}
        return self.store.restrict(self.here, self.compiled.indices(whole)) == self.store.leaf(True)


def speaking(knowledge: KnowledgeBase, rule: NewRule) -> Speaking | None:
    """The calls on which the conditions of a rule hold; None where there are none.

    Raises:
        TooLargeError: The base is too large to tell.
    """
    compiled = compile_knowledge(knowledge)
    store = compiled.store.scratch()
    here = store.both(compiled.possible, compiled.condition(_condition(knowledge, rule), store))
    return None if here == store.leaf(False) else Speaking(rule, compiled, store, here)


def _condition(knowledge: KnowledgeBase, rule: NewRule) -> All:
    domains = {name: fact.domain for name, fact in knowledge.facts.items()}
    domains |= {name: tuple(inferred.values) for name, inferred in knowledge.inferred.items()}
    return All(tuple(In(fact, tuple(v for v in domains[fact] if v in values)) for fact, values in rule.when.items()))
