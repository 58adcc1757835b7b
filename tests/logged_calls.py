"""Logs for tests: records as the service makes them, of interviews led by the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.calls import interview, weighted
from triage.assessment import KnowledgeName
from triage.call import Call, Options
from triage.expert import ExpertSystem
from triage.logs import write_json_lines
from triage.model import CALLER, KnowledgeBase
from triage.records import Record, Told

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def name_of(knowledge: KnowledgeBase) -> KnowledgeName:
    return KnowledgeName(knowledge.identity.id, knowledge.identity.version, knowledge.digest)


def record(system: ExpertSystem, number: int, known: Mapping[str, str], call_id: str | None = None) -> Record:
    """What the service would log of a call that has told so much."""
    found = system.assess_on_record(Call.of(known), Options(look_ahead=0, explain="none"))
    inferred = system.knowledge.inferred
    return Record(
        decision_id=f"d{number:05}",
        at=START + timedelta(seconds=number),
        knowledge=name_of(system.knowledge),
        known=dict(known),
        status=found.assessment.status,
        decision={name: stated.value for name, stated in found.assessment.provisional.items() if name in inferred},
        stop_reason=found.assessment.stop_reason,
        call_id=call_id,
        facts={fact: Told(value, CALLER) for fact, value in known.items()},
        questions_asked=len({system.knowledge.question_of[fact].id for fact in known}),
        engines_agree=None if found.assessment.status in ("needs_input", "contradictory") else True,
    )


def interviews(system: ExpertSystem, calls: int, seed: int) -> Iterator[Record]:
    """Every step of some interviews, callers drawn from the author's weights."""
    rng, draw, number = Random(seed), weighted(system.knowledge), 0
    for call in range(calls):
        for situation in interview(system, draw(rng), ()):
            yield record(system, number, situation.told, f"c{call:04}")
            number += 1


def written(records: list[Record], path: Path) -> Path:
    """The records as JSON Lines."""
    with path.open("wb") as file:
        write_json_lines(records, file)
    return path
