"""The shape of an answer to a call: the same from the command line, REST and MCP.

Texts stand here in one language, placeholders filled. Making these is the work of `triage.expert`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal

import orjson

from triage.planning import Ahead

__all__ = [
    "Answer",
    "Assessment",
    "Candidate",
    "Contradiction",
    "Effect",
    "Explanation",
    "KnowledgeName",
    "MissingPart",
    "Notice",
    "Option",
    "QuestionToAsk",
    "Reason",
    "RuledOut",
    "Said",
    "Stated",
    "Tells",
    "WhyNot",
    "WorkOrder",
    "WouldChange",
    "as_bytes",
    "as_json",
    "as_text",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """A fact and what was told, with what people read for it."""

    fact: str
    fact_text: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message said. `basis`: the answers it rests on."""

    id: str
    text: str
    to: str
    must_say: bool
    moment: str | None
    instructs: tuple[str, ...]
    basis: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """One entry of a decision: an inferred fact's value, or a field's text with no value of its own.

    Attributes:
        members: What a group stands for; empty otherwise.
        number: The figure the value carries, or None.
    """

    label: str
    value: str
    text: str
    members: tuple[str, ...]
    number: float | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a target may still be. `share`: 0..1 under the author's weights, rounded to 4 digits."""

    value: str
    text: str
    share: float


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a question: told by giving `fact` the value `value`."""

    fact: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Tells:
    """What an answer would leave of the targets it narrows: candidates by target."""

    fact: str
    value: str
    leaves: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class QuestionToAsk:
    """A question worth asking.

    Attributes:
        facts: The facts it fills now.
        several: A list to tick: of the options any number may hold, `none` of them sets every fact to its other value.
        options: What may be answered; `unknown` is always accepted for every fact besides.
        none: For a list to tick, the value of what is not ticked.
        why: What the answers tell apart.
    """

    id: str
    facts: tuple[str, ...]
    text: str
    how: str | None
    purpose: str
    kind: str
    ask_of: str
    several: bool
    options: tuple[Option, ...]
    none: str | None
    instructs: tuple[str, ...]
    why: tuple[Tells, ...]


@dataclass(frozen=True, slots=True)
class MissingPart:
    """Something the work order still needs: a field, and how to ask for it."""

    field: str
    text: str
    ask: str


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """The work order as far as it can be written."""

    text: str
    missing: tuple[MissingPart, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Answers that cannot hold together, what to say, and the question to ask again."""

    id: str
    text: str
    answers: tuple[Answer, ...]
    resolve: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the sender should know; see `triage.call.Warn`."""

    code: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired: what it concluded, on what, and why.

    Attributes:
        concluded: Value by inferred fact, where this rule won.
        preempted: Value by inferred fact, where a rule of higher priority had spoken; with full explanation only.
        on: The facts it fired on.
    """

    rule: str
    because: str
    source: tuple[str, ...]
    safe_side: bool
    concluded: Mapping[str, str]
    preempted: Mapping[str, str]
    on: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A value a target can no longer take, and answers that suffice to rule it out."""

    target: str
    value: str
    text: str
    by: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """A target that changes."""

    target: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class WouldChange:
    """A single other answer that would change the decision, and how. `settled`: the new decision would stand at once."""

    fact: str
    value: str
    text: str
    effects: tuple[Effect, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why. `ruled_out` and `would_change` are filled with full explanation only."""

    reasons: tuple[Reason, ...]
    ruled_out: tuple[RuledOut, ...]
    would_change: tuple[WouldChange, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What would have to be otherwise for a target to take a value.

    Attributes:
        possible: Some call ends so.
        already: This one does, as far as it has come.
        changes: A smallest set of answers to change or add.
        nobody_to_ask: Facts among these that nobody connected can be asked.
    """

    target: str
    value: str
    possible: bool
    already: bool
    changes: tuple[Answer, ...]
    nobody_to_ask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnowledgeName:
    """Which base answered."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer to a call.

    Attributes:
        status: What to do now: ask on, act on the decision, hand over to somebody who finds out, or clear a contradiction up.
        stop_reason: Why the interview is over; None while it goes on. `settled`, `resolved` (on the line), `contradictory`,
            `question_budget`, `nothing_left_to_ask`, `engines_disagree`.
        exact: Candidates and questions are exact, not over-approximated.
        decision: By inferred fact or field, in the base's order; None until decided or handed over.
        provisional: The same, for the call ending now.
        candidates: Per target, most likely first; empty lists when contradictory.
        question: The question to ask now; `questions` are the best ones, this one first, as many as were asked for.
        advice, script: What to say once the interview is over; while it goes on, only lines of greeting, asking and waiting.
        to_complete: Once the decision stands, questions that can still change what is written or said; best put to systems.
        unasked: Facts that count as unknown because nobody connected can be asked.
        inapplicable: Answers kept, though their question no longer applies.
    """

    status: Literal["needs_input", "decided", "handover", "contradictory"]
    stop_reason: str | None
    exact: bool
    alerts: tuple[Said, ...]
    decision: Mapping[str, Stated] | None
    provisional: Mapping[str, Stated]
    candidates: Mapping[str, tuple[Candidate, ...]]
    question: QuestionToAsk | None
    questions: tuple[QuestionToAsk, ...]
    ahead: Ahead | None
    advice: tuple[Said, ...]
    script: tuple[Said, ...]
    work_order: WorkOrder | None
    contradictions: tuple[Contradiction, ...]
    inapplicable: tuple[Answer, ...]
    to_complete: tuple[QuestionToAsk, ...]
    unasked: tuple[str, ...]
    warnings: tuple[Notice, ...]
    explanation: Explanation | None
    knowledge: KnowledgeName


def as_json(part: Any) -> Any:
    """Any of these shapes as plain JSON values."""
    if is_dataclass(part):
        return {f.name: as_json(getattr(part, f.name)) for f in fields(part)}
    if isinstance(part, Mapping):
        return {key: as_json(value) for key, value in part.items()}
    if isinstance(part, tuple | list):
        return [as_json(value) for value in part]
    return round(part, 4) if isinstance(part, float) else part


def as_bytes(assessment: Assessment) -> bytes:
    """The JSON of an assessment, quickly: the same values as `as_json` gives."""
    ahead = assessment.ahead
    if ahead is not None and ahead.expected is not None:
        assessment = replace(assessment, ahead=replace(ahead, expected=round(ahead.expected, 4)))
    return orjson.dumps(assessment)


def as_text(part: Any) -> str:
    """Any of these shapes as JSON text: the same bytes for the same answer."""
    return json.dumps(as_json(part), ensure_ascii=False, indent=2)
