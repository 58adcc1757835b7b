"""What is recorded of a decision: everything needed to show, explain and replay it, with private fields masked.

The shape is `triage.records.Record`'s, with more beside it. Knows nothing of files and databases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from api.bases import Base
from api.ids import stamp, stamp_if
from triage.assessment import Assessment
from triage.call import Call, Reading
from triage.expert import OnRecord
from triage.model import CALLER
from triage.verdict import Verdict

__all__ = ["MASK", "Row", "Tags", "Who", "agreement", "line_for", "plain_reading", "record_of", "row_of", "tags_of"]

MASK = "***"
"""What stands in the log for a private field that was filled."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What is counted of a decision.

    Attributes:
        question: Id of the question to ask now, or None.
        agree: Whether both engines agreed; None: not compared.
    """

    base: str
    status: str
    fault: str
    action: str
    question: str | None
    agree: bool | None


@dataclass(frozen=True, slots=True)
class Who:
    """Where a decision came from.

    Attributes:
        call_id: The call it belongs to, if any.
        key_id: The API key used; empty without one.
    """

    request_id: str
    trace_id: str
    key_id: str
    call_id: str | None = None


Row = dict[str, Any]
"""Values of the columns of `api.storage.tables.decisions`."""


def record_of(base: Base, call: Call, options: Mapping[str, Any], found: OnRecord) -> dict[str, Any]:
    """The part of a record that follows from the request alone."""
    knowledge, situation, assessment = base.knowledge, found.situation, found.assessment
    name = base.name
    return {
        "knowledge": {"name": name.name, "version": name.version, "digest": name.digest},
        "known": dict(situation.told),
        "facts": {fact: plain_reading(call.readings[fact]) for fact in sorted(call.readings)},
        "fields": {field: MASK if field in base.private else text for field, text in call.fields.items() if text},
        "options": {key: value for key, value in options.items() if key not in ("systems", "now")},
        "systems": sorted(situation.systems),
        "no_answer": {fact: list(sources) for fact, sources in call.no_answer.items()},
        "status": assessment.status,
        "stop_reason": assessment.stop_reason,
        "exact": assessment.exact,
        "decision": _decision(found),
        "verdicts": {
            "evaluation": _verdict(found.verdict),
            "experta": _verdict(found.derived) if found.derived else None,
        },
        "engines_agree": agreement(found),
        "questions_asked": len({knowledge.question_of[fact].id for fact in situation.told if _by_caller(call, fact)}),
        "question": _question(assessment),
        "said": [message.id for message in (*assessment.alerts, *assessment.advice, *assessment.script)],
        "contradictions": [clash.id for clash in assessment.contradictions],
        "warnings": [notice.code for notice in assessment.warnings],
    }


def tags_of(base: Base, found: OnRecord) -> Tags:
    """What is counted of a decision."""
    told, asked = found.assessment.provisional, found.assessment.question
    return Tags(
        base.name.name,
        found.assessment.status,
        told["fault"].value if "fault" in told else "",
        told["action"].value if "action" in told else "",
        asked.id if asked else None,
        agreement(found),
    )


def agreement(found: OnRecord) -> bool | None:
    """Whether both engines agreed; None: not compared."""
    if found.assessment.stop_reason == "engines_disagree":
        return False
    return True if found.assessment.status in ("decided", "handover") else None


def line_for(decision_id: str, moment: datetime, now: str, who: Who, test: bool, record: bytes) -> bytes:
    """One line of JSON: the record of one decision.

    Args:
        now: The time staleness was judged by.
        record: What `record_of` gave, as JSON.
    """
    head = orjson.dumps(
        {
            "decision_id": decision_id,
            "at": stamp(moment),
            "now": now,
            "call_id": who.call_id,
            "test_traffic": test,
            "request_id": who.request_id,
            "trace_id": who.trace_id,
            "key_id": who.key_id,
        }
    )
    return b"%b,%b\n" % (head[:-1], record[1:])


def row_of(line: bytes) -> Row:
    """A record as it stands in the database."""
    record = orjson.loads(line)
    knowledge, decision = record["knowledge"], record["decision"]
    return {
        "id": record["decision_id"],
        "at": datetime.fromisoformat(record["at"]),
        "call_id": record["call_id"],
        "test_traffic": record["test_traffic"],
        "base": knowledge["name"],
        "base_version": knowledge["version"],
        "digest": knowledge["digest"],
        "status": record["status"],
        "fault": decision.get("fault"),
        "action": decision.get("action"),
        "engines_agree": record["engines_agree"],
        "record": line.decode().rstrip("\n"),
    }


def plain_reading(reading: Reading) -> dict[str, Any]:
    """A reading as `triage.call` takes it."""
    timed = {"observed_at": stamp_if(reading.observed_at), "ttl_seconds": reading.ttl_seconds}
    return {"value": reading.value, "source": reading.source, **{name: part for name, part in timed.items() if part is not None}}


def _decision(found: OnRecord) -> dict[str, str]:
    """What is done, by inferred fact: a hand-over's values where the engines or the answers contradict one another."""
    concluded = {name: conclusion.value for name, conclusion in found.verdict.conclusions.items()}
    card = {name: stated.value for name, stated in found.assessment.provisional.items() if name in concluded}
    return {**concluded, **card}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    conclusions = verdict.conclusions
    return {
        "values": {name: conclusion.value for name, conclusion in conclusions.items()},
        "winners": {name: list(conclusion.winners) for name, conclusion in conclusions.items() if conclusion.winners},
    }


def _by_caller(call: Call, fact: str) -> bool:
    return call.readings[fact].source == CALLER


def _question(assessment: Assessment) -> dict[str, Any] | None:
    asked = assessment.question
    return {"id": asked.id, "facts": list(asked.facts), "ask_of": asked.ask_of} if asked else None
