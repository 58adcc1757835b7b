"""How arguments become a call, and a call the facts to send again.

Stricter than REST in one point: an id the base does not know is refused with the nearest one, not ignored. A program that knows
more than a base is welcome; a model that misspells a danger sign must notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.asking import Asked
from api.bases import Base
from api.deciding import asked_of
from api.doors import as_language, object_of, unknown_keys
from api.ids import now
from api.mcp.asker import Asker
from api.problems import Fault, ProblemError
from triage.errors import nearest
from triage.model import CALLER, LANGUAGES, UNKNOWN, KnowledgeBase, Language, Question, Text

__all__ = ["CALL", "choice", "facts_again", "language_for", "read", "refuse_unknown", "said", "tellable", "wrong"]

CALL = ("facts", "readings", "no_answer", "systems", "region", "knowledge", "language")
"""Arguments that make up a call."""


async def read(asker: Asker, given: Mapping[str, Any], **options: Any) -> Asked:
    """The call in some arguments; a version they name is opened, if it is stored.

    Args:
        given: Those of `CALL` that were sent, and `fields`.
        options: More of the expert system's options.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: They name a version that is not open here.
    """
    facts, readings = _object(given, "facts"), _object(given, "readings")
    twice = sorted(facts.keys() & readings.keys())
    if twice:
        raise _told_twice(twice[0])
    for name, reading in readings.items():
        object_of(reading, f"/readings/{name}")
    body: dict[str, Any] = {
        "facts": {**readings, **facts},
        "fields": _object(given, "fields"),
        "no_answer": _object(given, "no_answer"),
        "options": {
            **{name: given[name] for name in ("systems", "region", "knowledge") if name in given},
            "language": language_for(asker, given),
            **options,
        },
    }
    asked = await asked_of(asker.service, body, asker.language, now())
    refuse_unknown(facts, tellable(asked.base), "/facts")
    refuse_unknown(readings, tellable(asked.base), "/readings")
    refuse_unknown(body["no_answer"], tuple(asked.base.knowledge.facts), "/no_answer")
    refuse_unknown(body["fields"], tuple(asked.base.knowledge.fields), "/fields")
    return asked


def language_for(asker: Asker, given: Mapping[str, Any]) -> Language:
    """The language an answer is wanted in.

    Raises:
        ProblemError: It is none of ours.
    """
    wanted = given.get("language")
    if wanted is None:
        return asker.language
    language = as_language(wanted) if isinstance(wanted, str) else None
    if language is None:
        raise wrong("/language", Text("zh 或 en", "zh or en"), LANGUAGES)
    return language


def said(asker: Asker, given: Mapping[str, Any]) -> Language:
    """The same for the answer to a mistake, which may be about the language itself."""
    try:
        return language_for(asker, given)
    except ProblemError:
        return asker.language


def choice(given: Mapping[str, Any], name: str, accepted: Sequence[str]) -> str:
    """One of some words, the first where it was left out.

    Raises:
        ProblemError: It is something else.
    """
    value = given.get(name)
    if value is None:
        return accepted[0]
    if value not in accepted:
        raise wrong(f"/{name}", Text("、".join(accepted), "one of " + ", ".join(accepted)), accepted, value)
    return str(value)


def wrong(pointer: str, wanted: Text, accepted: Sequence[str] = (), given: Any = None, among: Iterable[str] = ()) -> ProblemError:
    """A mistake in an argument.

    Args:
        accepted: What would be accepted, where that is a short list.
        given: What was sent, to find what was probably meant among `accepted`, or among a list too long to tell.
    """
    text = Text(f"应为{wanted.zh}", f"expected {wanted.en}")
    near = nearest(given, accepted or among) if isinstance(given, str) else None
    return ProblemError("invalid-input", text, [Fault("wrong-type", pointer, text, tuple(accepted), near)])


def tellable(base: Base) -> tuple[str, ...]:
    """Every id facts may be told under."""
    lists = (question.id for question in base.knowledge.questions.values() if question.tick)
    return (*base.knowledge.facts, *lists)


def refuse_unknown(given: Mapping[str, Any], known: Sequence[str], pointer: str) -> None:
    """Refuse ids a base does not have. What it has is a long list, and not told.

    Raises:
        ProblemError: With every one of them.
    """
    try:
        unknown_keys(given, known, pointer)
    except ProblemError as error:
        faults = [Fault("unknown-id", fault.pointer, fault.detail, (), fault.nearest) for fault in error.faults]
        raise ProblemError("invalid-input", error.detail, faults) from None


def facts_again(asked: Asked, readings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What was told, to be sent again: `facts` of the caller, `readings` of systems; those that are empty left out.

    Args:
        readings: By fact, as `api.evaluating.Answered` has them.
    """
    by_caller = {fact: reading for fact, reading in readings.items() if reading["source"] == CALLER}
    plain = {fact: str(reading["value"]) for fact, reading in by_caller.items() if reading.keys() == {"value", "source"}}
    timed = {fact: reading for fact, reading in by_caller.items() if fact not in plain}
    others = {fact: reading for fact, reading in readings.items() if fact not in by_caller}
    again: dict[str, dict[str, Any]] = {"facts": {**_with_lists(asked.base.knowledge, plain), **timed}}
    if others:
        again["readings"] = others
    if asked.given.get("no_answer"):
        again["no_answer"] = dict(asked.given["no_answer"])
    return again


def _with_lists(knowledge: KnowledgeBase, told: Mapping[str, str]) -> dict[str, Any]:
    """What was told, with every list to tick that is told as a whole under the id of its question."""
    whole = {question.id: ticked for question in knowledge.questions.values() if (ticked := _ticked(question, told)) is not None}
    inside = {fact for name in whole for fact in knowledge.questions[name].fills}
    return {**whole, **{fact: value for fact, value in told.items() if fact not in inside}}


def _ticked(question: Question, told: Mapping[str, str]) -> str | list[str] | None:
    """How a list was told; None: in parts, or not at all."""
    if question.tick is None or not all(fact in told for fact in question.fills):
        return None
    values = {told[fact] for fact in question.fills}
    if values == {UNKNOWN}:
        return UNKNOWN
    return [fact for fact in question.fills if told[fact] == question.tick[0]] if values <= set(question.tick) else None


def _object(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {} if given.get(name) is None else object_of(given[name], f"/{name}")


def _told_twice(name: str) -> ProblemError:
    text = Text(f"`{name}` 在 facts 和 readings 里各说了一次", f"`{name}` stands in facts and in readings")
    return ProblemError("invalid-input", text, [Fault("told-twice", f"/readings/{name}", text)])
