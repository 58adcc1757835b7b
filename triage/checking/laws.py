"""Ties, laws that are broken, instructions that are forbidden, and alerts that can come late."""

from __future__ import annotations

from collections.abc import Iterator

from triage.checking.examined import Examined
from triage.findings import Finding
from triage.model import CALLER, Message, Question, Text, leaves
from triage.ties import tie_sentence
from triage.verification import evidence_violations, forbidden_instructions, invariant_violations

__all__ = ["broken_laws", "delayed_alerts", "ties"]


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


def delayed_alerts(examined: Examined) -> Iterator[Finding]:
    """Alerts whose evidence, or what opens the question for it, is asked of the caller for another purpose than safety.

    What an act brings to light is not there before it; what only systems tell waits for no question to the caller.
    """
    knowledge = examined.knowledge
    for alert in knowledge.messages.values():
        if alert.kind != "alert" or examined.compiled.messages[alert.id] == examined.nowhere:
            continue
        late = sorted(q.id for q in _questions(examined, alert) if q.purpose != "safety" and CALLER in q.ask_of)
        if late:
            listed = Text("、".join(f"`{name}`" for name in late), ", ".join(f"`{name}`" for name in late))
            example = examined.example(examined.compiled.messages[alert.id])
            yield examined.finding("delayed-alert", alert.id, alert.place, example, alert=alert.id, questions=listed)


def _questions(examined: Examined, alert: Message) -> list[Question]:
    """The questions an alert waits for: those of the facts it reads, and of the gates of these; no acts."""
    knowledge, waiting = examined.knowledge, [leaf.fact for leaf in leaves(alert.when)]
    found: dict[str, Question] = {}
    while waiting:
        name = waiting.pop()
        question, gate = knowledge.question_of[name], knowledge.facts[name].applies_when
        if name not in found and question.kind != "act":
            found[name] = question
            waiting += [leaf.fact for leaf in leaves(gate)] if gate is not None else []
    return list({question.id: question for question in found.values()}.values())
