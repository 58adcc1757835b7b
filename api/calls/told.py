"""What the caller told of a call, by fact: merged with what is told now, and carried over to another version of the base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.asking import Asked
from api.bases import Base
from api.calls.surroundings import was_used
from api.deciding import Decision
from api.decisions import plain_reading
from api.doors import Body
from api.evaluating import prepared
from api.ids import stamp
from api.registers import Finding
from api.storage.calls import CallRow
from triage.model import CALLER, UNKNOWN

__all__ = ["Told", "asked_with", "carried", "merged", "told_by_caller"]

Told = dict[str, Any]
"""`facts` (readings as `triage.call` takes them), `fields`, `no_answer`, `options`; each by id."""


def asked_with(base: Base, told: Told, row: CallRow, moment: datetime, unknown: Mapping[str, Any]) -> Asked:
    """What to ask of the expert system. `unknown`: ids the base does not know, so that it warns of them."""
    given = {
        **told,
        "facts": {**told["facts"], **unknown.get("facts", {})},
        "fields": {**told["fields"], **unknown.get("fields", {})},
        "no_answer": {**told["no_answer"], **unknown.get("no_answer", {})},
    }
    given.pop("options")
    timed = any("ttl_seconds" in reading for reading in told["facts"].values())
    return Asked(base, given, {**told["options"], "now": stamp(moment)}, row["test_traffic"], timed)


def told_by_caller(decision: Decision, findings: Sequence[Finding]) -> Told:
    """What the caller told of what was assessed: without what registers told."""
    supplied = {finding.fact for finding in findings if was_used(finding, decision.answered.readings)}
    asked = decision.asked
    fields = asked.given.get("fields", {})
    known = asked.base.knowledge
    return {
        "facts": {fact: reading for fact, reading in decision.answered.readings.items() if fact not in supplied},
        "fields": {name: text for name, text in fields.items() if name in known.fields},
        "no_answer": {fact: sources for fact, sources in asked.given.get("no_answer", {}).items() if fact in known.facts},
        "options": {name: value for name, value in asked.options.items() if name != "now"},
    }


def merged(base: Base, before: Told, body: Body) -> tuple[Told, dict[str, Any], dict[str, Any]]:
    """What is told after a change; what changed, for the history; and ids the base does not know.

    Raises:
        InputError: Something is not accepted.
    """
    kept = carried(base, before)
    given = {part: dict(body.get(part) or {}) for part in ("facts", "fields", "no_answer")}
    new = {part: {name: value for name, value in values.items() if value is not None} for part, values in given.items()}
    call, _ = prepared(Asked(base, new, {**kept["options"]}, False, False))
    readings = {fact: plain_reading(reading) for fact, reading in call.readings.items()}
    gone = {fact for name, value in given["facts"].items() if value is None for fact in _facts_of(base, name)}
    told = {
        "facts": {**{fact: told for fact, told in kept["facts"].items() if fact not in gone}, **readings},
        "fields": _updated(kept["fields"], given["fields"], base.knowledge.fields),
        "no_answer": _updated(kept["no_answer"], given["no_answer"], base.knowledge.facts),
        "options": kept["options"],
    }
    known = {*base.knowledge.facts, *(q.id for q in base.knowledge.questions.values() if q.tick)}
    unknown = {
        "facts": {name: UNKNOWN for name in given["facts"] if name not in known},
        "fields": {name: "" for name in given["fields"] if name not in base.knowledge.fields},
        "no_answer": {name: [] for name in given["no_answer"] if name not in base.knowledge.facts},
    }
    changes = {"facts": {**dict.fromkeys(gone), **readings}, "fields": given["fields"], "no_answer": given["no_answer"]}
    return told, changes, unknown


def carried(base: Base, told: Told) -> Told:
    """What was told, as far as this version of the base takes it."""
    known, systems = base.knowledge.facts, base.knowledge.identity.systems
    sources = {CALLER, *systems}
    options = told["options"]

    def taken(fact: str, reading: Mapping[str, Any]) -> bool:
        return fact in known and reading["value"] in known[fact].domain and reading["source"] in sources

    return {
        "facts": {fact: reading for fact, reading in told["facts"].items() if taken(fact, reading)},
        "fields": {name: text for name, text in told["fields"].items() if name in base.knowledge.fields},
        "no_answer": {name: asked for name, asked in told["no_answer"].items() if name in known and sources.issuperset(asked)},
        "options": {**options, "systems": [system for system in options.get("systems") or () if system in systems]},
    }


def _updated(before: Mapping[str, Any], given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    after = {**before, **{name: value for name, value in given.items() if name in known}}
    return {name: value for name, value in after.items() if value is not None}


def _facts_of(base: Base, name: str) -> tuple[str, ...]:
    """The facts an id means: a fact, or those of a list to tick."""
    question = base.knowledge.questions.get(name)
    return question.fills if name not in base.knowledge.facts and question is not None and question.tick else (name,)
