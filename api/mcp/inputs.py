"""The shapes of arguments, as JSON Schemas typed with the facts and values of a loaded base.

Only `triage_fault` names every fact (a few kilobytes, sent once): a model needs them to turn a caller's first sentence into
facts. The other tools take facts as `triage_fault` returned them. Arguments are checked by `triage.call`, which says what would
be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.bases import Base
from api.ids import ID_PATTERN
from triage.model import UNKNOWN, Fact, Question

__all__ = [
    "LONGEST_SEARCH",
    "MOST_CHANGES",
    "MOST_LISTED",
    "explain",
    "facts",
    "listing",
    "outcome",
    "supposition",
    "triage",
    "why_not",
]

Schema = dict[str, Any]

MOST_CHANGES = 20
"""Changes one `what_if` may try."""
MOST_LISTED = 100
"""Ids one `list_facts` may ask for."""

LONGEST_SEARCH = 80
"""Characters a search may have."""

LANGUAGE: Schema = {"type": "string", "enum": ["zh", "en"], "description": "Of everything said to people. Default: zh."}
DETAIL: Schema = {
    "type": "string",
    "enum": ["concise", "full"],
    "description": "concise (default): what to say and do. full: also what is still possible, reasons and sources.",
}
DECISION: Schema = {"type": "string", "pattern": ID_PATTERN, "description": "The `decision_id` of a triage_fault result."}
SENT_AGAIN = "As `{name}` of the latest triage_fault result."


def triage(bases: Sequence[Base]) -> Schema:
    """Arguments of `triage_fault`; the first base is the one whose facts are named."""
    told = {**_call(bases), "facts": facts(bases[0]), "fields": _fields(bases[0])}
    return _object({**told, "language": LANGUAGE, "detail": DETAIL})


def supposition(bases: Sequence[Base]) -> Schema:
    """Arguments of `what_if`."""
    changes: Schema = {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_CHANGES,
        "items": {"type": "object", "minProperties": 1},
        "description": 'Answers to try, each entry apart from the others: [{"breaker": "tripped"}, {"balance": 12.5}].',
    }
    return _object({**_again(bases), "changes": changes, "language": LANGUAGE, "detail": DETAIL}, "facts", "changes")


def why_not(bases: Sequence[Base]) -> Schema:
    """Arguments of `why_not`."""
    result = {
        **_concluded(bases[0], bases[0].knowledge.targets),
        "maxProperties": 1,
        "description": 'The one result asked about, such as {"fault": "meter"}.',
    }
    return _object({**_again(bases), "result": result, "language": LANGUAGE}, "facts", "result")


def explain() -> Schema:
    """Arguments of `explain_decision`."""
    return _object({"decision_id": DECISION, "language": LANGUAGE, "detail": DETAIL}, "decision_id")


def outcome(bases: Sequence[Base]) -> Schema:
    """Arguments of `record_outcome`."""
    card = [name for name in bases[0].knowledge.identity.decision if name in bases[0].knowledge.inferred]
    found = {
        **_concluded(bases[0], card),
        "description": "What turned out to be so on the spot. Give what was reported, never what you suppose.",
    }
    visited: Schema = {"type": "boolean", "description": "Whether anybody was there."}
    return _object({"decision_id": DECISION, "found": found, "visited": visited, "language": LANGUAGE}, "decision_id", "found")


def listing(bases: Sequence[Base]) -> Schema:
    """Arguments of `list_facts`."""
    search: Schema = {
        "type": "string",
        "maxLength": LONGEST_SEARCH,
        "description": "Words to find in ids, texts, values.",
    }
    ids: Schema = {"type": "array", "maxItems": MOST_LISTED, "items": {"type": "string"}, "description": "Only these facts."}
    return _object({"search": search, "ids": ids, **_which(bases), "language": LANGUAGE, "detail": DETAIL})


def facts(base: Base) -> Schema:
    """What a caller can tell, by fact; lists to tick stand under the id of their question."""
    knowledge = base.knowledge
    lists = [question for question in knowledge.questions.values() if question.tick]
    ticked = {fact for question in lists for fact in question.fills}
    single = {fact.id: _fact(fact) for fact in knowledge.facts.values() if fact.id not in ticked}
    return {
        "type": "object",
        "description": "Everything the caller has told so far, by fact. Leave out what was not asked; `unknown`: asked, but the "
        "caller cannot tell. Never guess.",
        "properties": {**{question.id: _list(question) for question in lists}, **single},
        "additionalProperties": {"description": "Another fact that list_facts names; other ids are refused."},
    }


def _call(bases: Sequence[Base]) -> dict[str, Schema]:
    """What goes with the facts of a call."""
    knowledge = bases[0].knowledge
    systems = list(knowledge.identity.systems)
    named: Schema = {"type": "string", **({"enum": systems} if len(bases) == 1 and systems else {})}
    regions = sorted({region for parameter in knowledge.parameters.values() for region in parameter.regions})
    told: dict[str, Schema] = {
        "facts": {"type": "object"},
        "readings": _readings(named),
        "no_answer": {
            "type": "object",
            "description": "By fact, the systems that were asked and did not answer.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "systems": {
            "type": "array",
            "items": named,
            "description": f"Systems you can query ({', '.join(systems)}); what they can tell is then asked of them first.",
        },
    }
    if regions:
        told["region"] = {"type": "string", "enum": regions, "description": "Whose regional figures to use."}
    return {**told, **_which(bases)}


def _again(bases: Sequence[Base]) -> dict[str, Schema]:
    """The same for tools that get facts as `triage_fault` returned them."""
    told = _call(bases)
    for name in ("facts", "readings", "no_answer"):
        told[name] = {"type": "object", "description": SENT_AGAIN.format(name=name)}
    return told


def _readings(system: Schema) -> Schema:
    return {
        "type": "object",
        "description": "What systems (not the caller) told, by fact.",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "value": {"description": "As in `facts`."},
                "source": system,
                "observed_at": {"type": "string", "description": "ISO 8601 with time zone."},
                "ttl_seconds": {"type": "number", "description": "How long it holds."},
            },
            "required": ["value", "source"],
        },
    }


def _which(bases: Sequence[Base]) -> dict[str, Schema]:
    if len(bases) == 1:
        return {}
    names = [base.name.name for base in bases]
    about = "; ".join(f"{base.name.name}: {base.knowledge.identity.title.en}" for base in bases)
    more = "The facts of the others: list_facts."
    return {"knowledge": {"type": "string", "enum": names, "description": f"{about}. Default: {names[0]}. {more}"}}


def _fact(fact: Fact) -> Schema:
    values: Schema = {"type": "string", "enum": list(fact.domain)}
    if not fact.ranges:
        return {**values, "description": fact.text.en}
    return {"description": f"{fact.text.en}; a number in {fact.unit} is taken too", "anyOf": [values, {"type": "number"}]}


def _list(question: Question) -> Schema:
    ticked: Schema = {"type": "array", "items": {"type": "string", "enum": list(question.fills)}}
    return {
        "description": f"{question.text.en} List those that hold; []: asked, none of them.",
        "anyOf": [ticked, {"const": UNKNOWN}],
    }


def _fields(base: Base) -> Schema:
    texts = base.knowledge.fields.values()
    return {
        "type": "object",
        "description": "What the caller said for the work order, as free text. Never influences the decision.",
        "properties": {field.id: {"type": "string", "description": field.text.en} for field in texts},
        "additionalProperties": {"type": "string"},
    }


def _concluded(base: Base, names: Iterable[str]) -> Schema:
    inferred: Mapping[str, Any] = base.knowledge.inferred
    return {
        "type": "object",
        "properties": {name: {"type": "string", "enum": list(inferred[name].values)} for name in names},
        "minProperties": 1,
        "additionalProperties": {"type": "string"},
    }


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
