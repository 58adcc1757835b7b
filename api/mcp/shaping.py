"""Assessments made into the shapes of results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.bases import Base
from api.mcp import shapes
from triage.assessment import Answer, Assessment, KnowledgeName, QuestionToAsk, Reason, Said, Stated
from triage.model import CALLER, Fact, Language

__all__ = [
    "alerts",
    "clashes",
    "entries",
    "fact_line",
    "full_parts",
    "knowledge",
    "lines",
    "order",
    "question",
    "reasons",
    "told",
    "variant",
]

Card = Mapping[str, Stated]


def alerts(found: Assessment) -> list[shapes.Alert]:
    """What must be said first."""
    return [_alert(alert) for alert in found.alerts]


def question(base: Base, asked: QuestionToAsk | None, full: bool) -> shapes.NextQuestion | None:
    """The question to ask now, and where its answer goes."""
    if asked is None:
        return None
    facts = base.knowledge.facts
    options = [shapes.Choice(value=option.fact if asked.several else option.value, text=option.text) for option in asked.options]
    return shapes.NextQuestion(
        id=asked.id,
        text=asked.text,
        how=asked.how,
        ask_of=asked.ask_of,
        key=asked.id if asked.several else asked.facts[0],
        several=asked.several,
        options=options,
        number=None if asked.several or not facts[asked.facts[0]].ranges else facts[asked.facts[0]].unit,
        acts=asked.kind == "act",
        tells_apart=_tells_apart(asked) if full and asked.why else None,
    )


def entries(card: Card | None) -> dict[str, shapes.Entry] | None:
    """A decision."""
    if card is None:
        return None
    return {
        name: shapes.Entry(
            label=stated.label, value=stated.value, text=stated.text, number=stated.number, members=list(stated.members) or None
        )
        for name, stated in card.items()
    }


def lines(found: Assessment) -> list[shapes.Line]:
    """What to say now, in order, each line once."""
    said = [
        shapes.Line(text=line.text, to=line.to, moment=line.moment, must_say=line.must_say)
        for line in (*found.advice, *found.script)
    ]
    return [line for place, line in enumerate(said) if line not in said[:place]]


def order(found: Assessment) -> shapes.Order | None:
    """The work order."""
    if found.work_order is None or not (found.work_order.text or found.work_order.missing):
        return None
    missing = [shapes.Missing(field=part.field, text=part.text, ask=part.ask) for part in found.work_order.missing]
    return shapes.Order(text=found.work_order.text, missing=missing)


def clashes(found: Assessment) -> list[shapes.Clash] | None:
    """Answers that cannot hold together."""
    return [
        shapes.Clash(text=clash.text, answers=told(clash.answers), ask_again=clash.resolve) for clash in found.contradictions
    ] or None


def full_parts(found: Assessment) -> dict[str, Any]:
    """What `detail: full` adds to a triage."""
    still = {
        target: [shapes.Candidate(value=left.value, text=left.text, share=left.share) for left in candidates]
        for target, candidates in found.candidates.items()
        if len(candidates) > 1
    }
    ahead = found.ahead
    return {
        "if_it_ended_now": entries(found.provisional) if found.decision is None else None,
        "still_possible": still or None,
        "questions_ahead": None if ahead is None else {"min": ahead.fewest, "expected": ahead.expected, "max": ahead.most},
        "reasons": reasons(found.explanation.reasons, True) if found.explanation else None,
    }


def reasons(found: Iterable[Reason], full: bool) -> list[shapes.Why]:
    """Rules that decided something."""
    return [
        shapes.Why(
            rule=reason.rule,
            because=reason.because,
            concluded=dict(reason.concluded),
            source=list(reason.source) if full else None,
        )
        for reason in found
        if reason.concluded
    ]


def told(answers: Iterable[Answer]) -> list[shapes.Told]:
    """Facts as they were told."""
    return [shapes.Told(fact=answer.fact, value=answer.value, text=f"{answer.fact_text}: {answer.text}") for answer in answers]


def knowledge(name: KnowledgeName) -> shapes.Knowledge:
    """Which base answered."""
    return shapes.Knowledge(name=name.name, version=name.version, digest=name.digest)


def variant(change: dict[str, Any], before: Assessment, after: Assessment) -> shapes.Variant:
    """What one change would lead to."""
    already = {alert.id for alert in before.alerts}
    names = [name for name in after.provisional if name in before.provisional]
    changed = [_changed(name, before.provisional[name], after.provisional[name]) for name in names]
    return shapes.Variant(
        new_alerts=[_alert(alert) for alert in after.alerts if alert.id not in already],
        change=change,
        status=after.status,
        differences=[difference for difference in changed if difference.before != difference.after],
        next_question=after.question.text if after.question else None,
        contradictions=[clash.text for clash in after.contradictions] or None,
    )


def fact_line(base: Base, fact: Fact, language: Language, full: bool) -> shapes.FactLine:
    """A fact that can be told."""
    asked = base.knowledge.question_of[fact.id]
    labels = {value: text.get(language) for value, text in fact.values.items()}
    return shapes.FactLine(
        id=fact.id,
        text=fact.text.get(language),
        values=list(fact.values),
        labels=labels if full else None,
        question=asked.text.get(language) if full else None,
        ask_of=list(asked.ask_of) if full and asked.ask_of != (CALLER,) else None,
        list_key=asked.id if asked.tick else None,
        unit=fact.unit if fact.ranges else None,
    )


def _alert(said: Said) -> shapes.Alert:
    return shapes.Alert(id=said.id, text=said.text, word_for_word=said.must_say, to=said.to, because=told(said.basis))


def _changed(name: str, before: Stated, after: Stated) -> shapes.Changed:
    return shapes.Changed(
        name=name,
        label=after.label,
        before=before.value,
        after=after.value,
        before_text=before.text,
        after_text=after.text,
    )


def _tells_apart(asked: QuestionToAsk) -> dict[str, dict[str, list[str]]]:
    return {
        (tells.fact if asked.several else tells.value): {target: list(left) for target, left in tells.leaves.items()}
        for tells in asked.why
    }
