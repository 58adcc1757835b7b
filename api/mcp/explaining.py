"""A logged decision explained: worked out afresh from what was recorded, by the version of the base that decided.

The assessment is a function of what the record holds, so it comes out the same. Where that version is not to be had any more, the
record itself is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.asking import Asked
from api.bases import Base, Wanted
from api.deciding import asked_of
from api.evaluating import assessed
from api.ids import now
from api.mcp import shapes, shaping, wording
from api.service import Service
from triage.assessment import Answer, Assessment, RuledOut, as_json
from triage.errors import InputError
from triage.model import KnowledgeBase, Language, Text

__all__ = ["explained"]

NONE = Text("都没有。", "None of these.")

Record = Mapping[str, Any]
"""See `api.schemas.answers.DecisionRecord`."""


async def explained(service: Service, record: Record, language: Language, full: bool) -> shapes.Explained:
    """Why a decision is as it is.

    Raises:
        ProblemError: Too much is going on.
        DatabaseGoneError: The version that decided is not open, and cannot be looked up.
    """
    name = record["knowledge"]
    version = Wanted(name["name"], None, name["digest"])
    base = service.bases.by_digest(name["digest"]) or await service.versions.bring(version)
    if base is None:
        return _as_recorded(service, record, language)
    found = await service.evaluator.run(assessed, await _asked_then(service, record, language, full))
    return _afresh(base, record, found, language, full)


async def _asked_then(service: Service, record: Record, language: Language, full: bool) -> Asked:
    """What was asked then. Fields are left out: private ones are masked in the log, and none decides anything."""
    name = record["knowledge"]
    options = {
        **record["options"],
        "systems": record["systems"],
        "now": record["now"],
        "knowledge": {"name": name["name"], "digest": name["digest"]},
        "language": language,
        "explain": "full" if full else "summary",
        "look_ahead": 0,
    }
    body = {"facts": record["facts"], "no_answer": record["no_answer"], "options": options}
    return await asked_of(service, body, language, now())


def _afresh(base: Base, record: Record, found: Assessment, language: Language, full: bool) -> shapes.Explained:
    why = found.explanation
    return shapes.Explained(
        alerts=shaping.alerts(found),
        **_head(record),
        decision=shaping.entries(found.provisional) or {},
        told=_told(base.knowledge, record["known"], language, full),
        reasons=shaping.reasons(why.reasons, full) if why else [],
        open_question=found.question.text if found.question else None,
        contradictions=shaping.clashes(found),
        ruled_out=[_ruled(ruled) for ruled in why.ruled_out] if why and full else None,
        would_change=as_json(why.would_change) if why and full else None,
        note=wording.note("disagree", language) if record["engines_agree"] is False else None,
    )


def _as_recorded(service: Service, record: Record, language: Language) -> shapes.Explained:
    """With the words of the active version of the same base, as far as it has them."""
    try:
        known: KnowledgeBase | None = service.bases.find(Wanted(record["knowledge"]["name"])).knowledge
    except InputError:
        known = None
    verdict = record["verdicts"]["evaluation"]
    rules: dict[str, dict[str, str]] = {}
    for name, winners in verdict["winners"].items():
        for clause in winners:
            rules.setdefault(clause, {})[name] = verdict["values"][name]
    return shapes.Explained(
        alerts=[],
        **_head(record),
        decision={name: shapes.Entry(label=name, value=value, text=value) for name, value in record["decision"].items()},
        told=_told(known, record["known"], language, True),
        reasons=[shapes.Why(rule=rule, because="", concluded=concluded) for rule, concluded in rules.items()],
        note=wording.note("gone", language),
    )


def _head(record: Record) -> dict[str, Any]:
    name = record["knowledge"]
    return {
        "decision_id": record["decision_id"],
        "decided_at": record["at"],
        "status": record["status"],
        "stop_reason": record["stop_reason"],
        "engines_agree": record["engines_agree"],
        "knowledge": shapes.Knowledge(name=name["name"], version=name["version"], digest=name["digest"]),
    }


def _told(known: KnowledgeBase | None, facts: Mapping[str, str], language: Language, full: bool) -> list[shapes.Told]:
    """What was known, in words where the base has them; what a list does not tick is left out unless everything is wanted."""
    if known is None or not all(fact in known.facts and value in known.facts[fact].domain for fact, value in facts.items()):
        return [shapes.Told(fact=fact, value=value, text=fact) for fact, value in facts.items()]

    def shown(fact: str, value: str) -> bool:
        tick = known.question_of[fact].tick
        return full or tick is None or value != tick[1]

    answers = (
        Answer(fact, known.facts[fact].text.get(language), value, known.answer_text(fact, value).get(language))
        for fact, value in facts.items()
        if shown(fact, value)
    )
    return [*_none_of(known, facts, language, full), *shaping.told(answers)]


def _none_of(known: KnowledgeBase, facts: Mapping[str, str], language: Language, full: bool) -> Iterator[shapes.Told]:
    """Lists of which nothing was ticked."""
    for question in known.questions.values():
        if not full and question.tick and all(facts.get(fact) == question.tick[1] for fact in question.fills):
            yield shapes.Told(fact=question.id, value="[]", text=f"{question.text.get(language)} {NONE.get(language)}")


def _ruled(ruled: RuledOut) -> shapes.Ruled:
    return shapes.Ruled(target=ruled.target, value=ruled.value, text=ruled.text, by=shaping.told(ruled.by))
