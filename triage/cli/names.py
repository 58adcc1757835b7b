"""What people read for the ids of a base, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from triage.assessment import Answer
from triage.model import KnowledgeBase, Language

__all__ = ["Names"]


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
        return self._comma.join(self.value(fact, value) for value in values)

    def facts(self, names: Iterable[str]) -> str:
        """Several facts."""
        return self._comma.join(self.fact(name) for name in names)

    def stated(self, values: Mapping[str, str]) -> str:
        """Facts with their values, in a sentence."""
        return self._comma.join(f"{self.fact(fact)} = {self.value(fact, value)}" for fact, value in values.items())

    def answers(self, answers: Iterable[Answer]) -> str:
        """Answers, in a sentence."""
        return self._comma.join(f"{answer.fact_text} = {answer.text}" for answer in answers)

    def system(self, name: str) -> str:
        """A source other than the caller."""
        text = self._knowledge.identity.systems.get(name)
        return name if text is None else text.get(self._language)

    def instructions(self, names: Iterable[str]) -> str:
        """What somebody is to do."""
        return self._comma.join(self._knowledge.instructions[name].text.get(self._language) for name in names)
