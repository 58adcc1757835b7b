"""`meaning.md` by brute force: every definition tried on every completion. Small bases only; everything else is held to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from triage.evaluation import effective, matching_impossible, verdict_of
from triage.model import KnowledgeBase


class Oracle:
    def __init__(self, knowledge: KnowledgeBase) -> None:
        self.knowledge = knowledge
        self._outcomes: dict[tuple[str, ...], tuple[str, ...] | None] = {}

    def completions(self, known: Mapping[str, str]) -> Iterator[dict[str, str]]:
        facts = self.knowledge.facts
        domains = [(known[name],) if name in known else fact.domain for name, fact in facts.items()]
        for values in product(*domains):
            yield dict(zip(facts, values, strict=True))

    def outcome(self, completion: Mapping[str, str]) -> tuple[str, ...] | None:
        """A value for every target; None where the completion is impossible."""
        key = tuple(completion.values())
        if key not in self._outcomes:
            counted = effective(self.knowledge, completion)
            verdict = verdict_of(self.knowledge, counted)
            impossible = matching_impossible(self.knowledge, counted)
            self._outcomes[key] = None if impossible else tuple(verdict[target] for target in self.knowledge.targets)
        return self._outcomes[key]

    def outcomes(self, known: Mapping[str, str]) -> list[tuple[str, ...]]:
        return [found for c in self.completions(known) if (found := self.outcome(c)) is not None]

    def candidates(self, known: Mapping[str, str]) -> dict[str, set[str]]:
        """Per target what it may still be; empty sets where contradictory."""
        outcomes = self.outcomes(known)
        return {target: {o[place] for o in outcomes} for place, target in enumerate(self.knowledge.targets)}

    def contradictory(self, known: Mapping[str, str]) -> bool:
        return not self.outcomes(known)

    def settled(self, known: Mapping[str, str]) -> bool:
        return all(len(values) == 1 for values in self.candidates(known).values())

    def entailed(self, known: Mapping[str, str], fact: str) -> bool:
        """Whether a fact's gate holds on every possible completion."""
        return all(
            effective(self.knowledge, {**c, fact: self.knowledge.facts[fact].domain[0]})[fact]
            == self.knowledge.facts[fact].domain[0]
            for c in self.completions(known)
            if self.outcome(c) is not None
        )

    def relevant(self, known: Mapping[str, str], fact: str) -> bool:
        """Some possible extension and some possible answer narrow the candidates of a target."""
        others = [name for name in self.knowledge.facts if name not in known and name != fact]
        for size in range(len(others) + 1):
            for chosen in combinations(others, size):
                for values in product(*(self.knowledge.facts[name].domain for name in chosen)):
                    extension = {**known, **dict(zip(chosen, values, strict=True))}
                    before = self.candidates(extension)
                    for answer in self.knowledge.facts[fact].domain:
                        after = self.candidates({**extension, fact: answer})
                        if all(after.values()) and after != before:
                            return True
        return False
