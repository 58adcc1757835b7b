"""What people read for the ids of a base, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from triage.assessment import Answer
from triage.cli.words import word
from triage.model import KnowledgeBase, Language

__all__ = ["SLASH", "Names"]

SLASH = " / "
"""Between labels, which have commas of their own."""
MOST_NAMED = 2
"""Facts of one list that are named one by one where they have the same value."""


class Names:
    """Labels of facts, values, systems and instructions."""

    def __init__(self, knowledge: KnowledgeBase, language: Language) -> None:
        self._knowledge = knowledge
        self._language = language
        self._comma = "、" if language == "zh" else ", "

    def fact(self, name: str) -> str:
        """An observable or inferred fact."""
        fact = self._knowledge.facts.get(name) or self._knowledge.inferred[name]
        return fact.text.get(self._language)

    def value(self, fact: str, value: str) -> str:
        """A value of a fact."""
        return self._knowledge.answer_text(fact, value).get(self._language)

    def values(self, fact: str, values: Iterable[str]) -> str:
        """Several values of a fact."""
        return SLASH.join(self.value(fact, value) for value in values)

    def facts(self, names: Iterable[str]) -> str:
        """Several facts."""
        return SLASH.join(self.fact(name) for name in names)

    def pairs(self, values: Mapping[str, str]) -> list[tuple[str, str]]:
        """Facts with their values; facts of one list to tick that have the same value are told together."""
        groups: dict[tuple[str, str], list[str]] = {}
        for fact, value in values.items():
            question = self._knowledge.question_of.get(fact)
            key = fact if question is None or question.tick is None else f"list {question.id}"
            groups.setdefault((key, value), []).append(fact)
        return [(self._together(facts), self.value(facts[0], value)) for (_, value), facts in groups.items()]

    def _together(self, facts: list[str]) -> str:
        if len(facts) <= MOST_NAMED:
            return self.facts(facts)
        return word("and-others", self._language, first=self.fact(facts[0]), others=len(facts) - 1)

    def stated(self, values: Mapping[str, str]) -> str:
        """Facts with their values, in a sentence."""
        return self._comma.join(f"{fact} = {value}" for fact, value in self.pairs(values))

    def answers(self, answers: Iterable[Answer]) -> str:
        """Answers, in a sentence."""
        return self.stated({answer.fact: answer.value for answer in answers})

    def system(self, name: str) -> str:
        """A source other than the caller."""
        text = self._knowledge.identity.systems.get(name)
        return name if text is None else text.get(self._language)

    def instructions(self, names: Iterable[str]) -> str:
        """What somebody is to do."""
        return self._comma.join(self._knowledge.instructions[name].text.get(self._language) for name in names)
