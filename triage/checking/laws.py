"""Ties, laws that are broken, and instructions that are forbidden."""

from __future__ import annotations

from collections.abc import Iterator

from triage.checking.examined import Examined
from triage.findings import Finding
from triage.ties import tie_sentence
from triage.verification import evidence_violations, forbidden_instructions, invariant_violations

__all__ = ["broken_laws", "ties"]


def ties(examined: Examined) -> Iterator[Finding]:
    """Every pair of clauses that can tie, with a smallest call."""
    for tie in examined.compiled.ties():
        place = examined.knowledge.rules[tie.second.rule].place
        yield examined.finding("tie", tie.second.rule, place, tie.example, said=tie_sentence(tie))


def broken_laws(examined: Examined) -> Iterator[Finding]:
    """What `triage.verification` finds."""
    knowledge, compiled = examined.knowledge, examined.compiled
    seen: set[str] = set()
    for law in evidence_violations(compiled):
        if law.fact not in seen:  # one finding a fact: its other values are the same mistake
            seen.add(law.fact)
            place = knowledge.facts[law.fact].place
            yield examined.finding("evidence-law", law.fact, place, law.example, fact=law.fact, value=law.value)
    for broken in invariant_violations(compiled):
        place, name = knowledge.invariants[broken.invariant].place, broken.invariant
        yield examined.finding("invariant-broken", name, place, broken.example, invariant=name)
    for forbidden in forbidden_instructions(compiled):
        by = forbidden.by
        place = knowledge.messages[by].place if by in knowledge.messages else knowledge.questions[by].place
        yield examined.finding(
            "forbidden-instruction", by, place, forbidden.example or None, by=by, instruction=forbidden.instruction
        )
