"""Saying no to an author: what was asked for cannot be done as it is, and nothing was written."""

from __future__ import annotations

from collections.abc import Iterable

from triage.errors import TriageError
from triage.model import Language, Text

__all__ = ["RefusedError"]


class RefusedError(TriageError):
    """What an author asked for that cannot be done.

    Attributes:
        texts: What is wrong, each with what to do; at least one.
    """

    code = "refused"

    def __init__(self, texts: Iterable[Text]) -> None:
        self.texts = tuple(texts)
        super().__init__(self.texts)

    def render(self, language: Language) -> str:
        """One line for each."""
        return "\n".join(text.get(language) for text in self.texts)
