"""Looking through any text for phrases the house does not want said: the place, the rule broken, a better phrase.

The rules are data of the knowledge base. A text is data too, whoever wrote it: it is only looked at. Pure, and knows nothing of
calls, diagrams or screens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from triage.model import KnowledgeBase, Language, Severity, Text, ToneContext, ToneRule
from triage.phrases import Spoken, find, listen, read_phrase

__all__ = ["HELD_TO", "ToneFinding", "check_wording", "forbids"]

HELD_TO: Mapping[ToneContext, tuple[ToneContext, ...]] = {
    "answer": ("answer", "any"),
    "apology": ("apology", "answer", "any"),
    "listening": ("listening", "any"),
    "work_order": ("work_order", "any"),
    "any": ("any",),
}
"""By the context of a text, the contexts whose rules it is held to: an apology is an answer too."""


@dataclass(frozen=True, slots=True)
class ToneFinding:
    """A phrase that breaks a tone rule.

    Attributes:
        start, end: Where it stands in the text, in characters from 0; the end is the character after it.
        phrase: Those characters.
        instead: What to say; in the language of the text unless the author gave both.
    """

    start: int
    end: int
    phrase: str
    rule: str
    severity: Severity
    because: Text
    instead: Text
    source: tuple[str, ...]


def check_wording(
    knowledge: KnowledgeBase, text: str, language: Language, context: ToneContext = "answer"
) -> tuple[ToneFinding, ...]:
    """Everything in a text that breaks a tone rule, in the order it stands there; empty where nothing does.

    Args:
        language: The language of the text: it chooses the rules.
        context: What the text is for; see `HELD_TO`.
    """
    spoken = listen(text)
    found: list[ToneFinding] = []
    for rule in knowledge.tone.values():
        if rule.language == language and rule.context in HELD_TO[context]:
            found.extend(_finding(rule, text, spoken, *place) for place in _places(rule, spoken))
    return tuple(sorted(found, key=lambda finding: (finding.start, finding.end, finding.rule)))


def forbids(findings: tuple[ToneFinding, ...]) -> bool:
    """Whether a text may not be said; advice alone does not forbid it."""
    return any(finding.severity == "forbidden" for finding in findings)


def _places(rule: ToneRule, spoken: Spoken) -> Iterator[tuple[int, int]]:
    """Where a rule is broken: no place that lies within another, or within a phrase that makes it fine."""
    found = _found(rule.phrases, spoken)
    fine = _found(rule.unless, spoken) if found else set()
    ranges = [(start, -end, False) for start, end in fine] + [(start, -end, True) for start, end in found]
    furthest = 0
    for start, end, broken in sorted(ranges):  # whatever holds a range stands before it
        if broken and -end > furthest:
            yield start, -end
        furthest = max(furthest, -end)


def _found(phrases: tuple[str, ...], spoken: Spoken) -> set[tuple[int, int]]:
    return {place for phrase in phrases for place in find(read_phrase(phrase), spoken)}


def _finding(rule: ToneRule, text: str, spoken: Spoken, first: int, last: int) -> ToneFinding:
    start, end = spoken.units[first].start, spoken.units[last - 1].end
    return ToneFinding(start, end, text[start:end], rule.id, rule.severity, rule.because, rule.instead, rule.source)
