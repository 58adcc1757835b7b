"""One shape for everything that is found in a knowledge base: by loading, and by checks over all possible calls.

Knows nothing of how things are found or shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from triage.errors import Problem
from triage.model import Place, Text

__all__ = ["SEVERITIES", "Finding", "Grade", "of_problem"]

Grade = Literal["error", "warning", "note"]
SEVERITIES: tuple[Grade, ...] = ("error", "warning", "note")
"""Gravest first: the base must not be used so; it does something nobody can have meant; worth knowing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Attributes:
        id: Kind of finding, such as `dead-rule`; what is said about the kind stands in `docs/findings/<id>.md`.
        about: What it is about: the id of a rule, fact, question, message …; for a mistake found by loading, empty.
        place: Where that stands, relative to the base's folder; None where it is about the folder as a whole.
        text: One sentence: what is wrong and what to do, the author's own words in backticks.
        example: A smallest call that shows it, by observable fact (facts not named are unknown), replayed through experta;
            None where no call can show it.
    """

    id: str
    severity: Grade
    about: str
    place: Place | None
    text: Text
    example: Mapping[str, str] | None = None


def of_problem(problem: Problem) -> Finding:
    """A mistake that keeps a base from being loaded, as a finding."""
    return Finding(problem.code, "error", "", problem.place, problem.text)
