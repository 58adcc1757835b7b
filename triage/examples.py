"""Example calls written the way an author would give them in a case: lists to tick as lists, the rest fact by fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from triage.evaluation import complete, effective, holds, matching_impossible, verdict_of
from triage.model import KnowledgeBase, Question

__all__ = ["Expectation", "Given", "as_case", "as_given", "on_one_line"]

Given = Mapping[str, str | list[str]]
"""As `given` of a case: a value by fact, or the facts ticked by the id of a list."""


def as_given(knowledge: KnowledgeBase, call: Mapping[str, str], same: Callable[[Mapping[str, str]], bool] | None = None) -> Given:
    """A call with its lists ticked.

    A list of which the call names some facts is written as a whole where that changes nothing.

    Args:
        same: Whether a call still shows what it is to show; by default, whether everything is concluded and said as before.
    """
    before = _comes_to(knowledge, call)
    same = same or (lambda other: _comes_to(knowledge, other) == before)
    told = dict(call)
    written: dict[str, str | list[str]] = {}
    for fact, value in call.items():
        question = knowledge.question_of.get(fact)
        ticked = None if question is None else _ticked(question, told)
        if question is None or ticked is None:
            written[fact] = value
            continue
        whole = {**told, **dict.fromkeys(question.fills, (question.tick or ("", ""))[1]), **{f: told[f] for f in ticked}}
        if question.id in written:
            continue
        if same(whole):
            told, written[question.id] = whole, ticked
        else:
            written[fact] = value
    return written


def _comes_to(knowledge: KnowledgeBase, call: Mapping[str, str]) -> tuple[object, ...]:
    """What is concluded, what is said, and what of it cannot be."""
    told = complete(knowledge, call)
    counted = effective(knowledge, told)
    verdict = verdict_of(knowledge, counted)
    values = {**counted, **{name: verdict[name] for name in knowledge.inferred}}
    said = [m.id for m in knowledge.messages.values() if holds(m.when, told if m.kind == "alert" else values)]
    return verdict.conclusions, said, matching_impossible(knowledge, counted)


def _ticked(question: Question, call: Mapping[str, str]) -> list[str] | None:
    """The facts of a list that a call ticks; None where it is no list, or says something else about one of them."""
    if question.tick is None or len(question.fills) < 2:
        return None
    told = {fact: call[fact] for fact in question.fills if fact in call}
    if not set(told.values()) <= set(question.tick) or len(told) < 2:
        return None
    return [fact for fact, value in told.items() if value == question.tick[0]]


def on_one_line(given: Given) -> str:
    """As a flow mapping of YAML, ready to stand behind `given:`."""
    parts = (f"{name}: {'[' + ', '.join(value) + ']' if isinstance(value, list) else value}" for name, value in given.items())
    return "{" + ", ".join(parts) + "}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a case expects under one key: values by name, names, or one word."""

    key: str
    wanted: Mapping[str, str] | tuple[str, ...] | str


def as_case(name: str, given: Given, expected: Iterable[Expectation]) -> str:
    """A case ready to paste below `cases:`; what is expected under one key is joined."""
    joined: dict[str, Mapping[str, str] | tuple[str, ...] | str] = {}
    for part in expected:
        before = joined.get(part.key)
        if isinstance(part.wanted, Mapping):
            joined[part.key] = {**(before if isinstance(before, Mapping) else {}), **part.wanted}
        elif isinstance(part.wanted, tuple):
            joined[part.key] = tuple(dict.fromkeys((*(before if isinstance(before, tuple) else ()), *part.wanted)))
        else:
            joined[part.key] = part.wanted
    quoted = name.replace("'", "''")
    lines = [f"- case: '{quoted}'", f"  given: {on_one_line(given)}"]
    lines += [f"  {key}: {_written(wanted)}" for key, wanted in joined.items()]
    return "\n".join([*lines, "  source: TODO"])


def _written(wanted: Mapping[str, str] | tuple[str, ...] | str) -> str:
    if isinstance(wanted, Mapping):
        return on_one_line(dict(wanted))
    return f"[{', '.join(wanted)}]" if isinstance(wanted, tuple) else wanted
