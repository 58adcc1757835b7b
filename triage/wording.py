"""Texts with their placeholders filled, in one language. What a caller said is put in as data and never read as a template."""

from __future__ import annotations

from collections.abc import Mapping

from triage.model import PLACEHOLDER, UNKNOWN, KnowledgeBase, Language, Text

__all__ = ["Wording"]

_NOT_YET = Text(zh="（待补）", en="(to be added)")


class Wording:
    """How one call's texts read.

    Args:
        region: Whose parameters to use; None, or a region a parameter does not name, for the general value.
        values: Values of observable and inferred facts.
        fields: Free text by field.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        language: Language,
        region: str | None,
        values: Mapping[str, str],
        fields: Mapping[str, str],
    ) -> None:
        self._knowledge = knowledge
        self.language = language
        self._region = region
        self._values = values
        self._fields = fields

    def fill(self, text: Text) -> str:
        """A text in this call's language, in one pass: what is filled in is not looked at again."""
        return PLACEHOLDER.sub(lambda match: self._of(match[1]), text.get(self.language))

    def parameter(self, name: str) -> str:
        """A parameter's text for this call's region."""
        return self._knowledge.parameters[name].in_region(self._region).get(self.language)

    def answer(self, fact: str, value: str) -> str:
        """What people read for a value."""
        return self._knowledge.answer_text(fact, value).get(self.language)

    def missing(self, text: Text) -> set[str]:
        """Fields a text mentions that have nothing in them yet."""
        mentioned = set(PLACEHOLDER.findall(text.get(self.language)))
        return {name for name in mentioned & self._knowledge.fields.keys() if not self._fields.get(name)}

    def _of(self, name: str) -> str:
        if name in self._knowledge.parameters:
            return self.parameter(name)
        if name in self._knowledge.fields:
            return self._fields.get(name) or _NOT_YET.get(self.language)
        return self.answer(name, self._values.get(name, UNKNOWN))
