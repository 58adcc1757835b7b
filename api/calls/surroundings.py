"""What the service itself knows that bears on a call: other calls of the same caller or place, and what its registers tell.

To add a register, add it to `REGISTERS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.asking import Asked
from api.bases import Base
from api.calls.grouping import Neighbourhood, neighbourhood
from api.evaluating import prepared
from api.ids import stamp, stamp_if
from api.registers import Finding, OrderBook, Register, Seen, Subject, Tries, earlier_calls
from api.service import Service
from api.storage.calls import CallRow

__all__ = ["REGISTERS", "Outlook", "looked_up", "related", "supplied", "was_used"]

REGISTERS: tuple[Register, ...] = (OrderBook(), Tries())


@dataclass(frozen=True, slots=True)
class Outlook:
    """What surrounds a call: other calls of the caller and at the place, and what registers and those tell."""

    earlier: Sequence[CallRow]
    findings: Sequence[Finding]
    around: Neighbourhood


async def looked_up(service: Service, asked: Asked, subject: Subject, moment: datetime) -> tuple[Asked, Outlook]:
    """A call with what is known of it here; where something else was told of a fact, that stands."""
    call, options = prepared(asked)
    known = {fact: reading.value for fact, reading in call.readings.items()}

    def look() -> Outlook:
        with service.database.reading() as connection:
            earlier = earlier_calls(connection, subject, moment)
            seen = Seen(asked.base, known, options.region, earlier, subject, moment)
            found = [finding for register in REGISTERS for finding in register.look(connection, seen)]
            around = neighbourhood(connection, seen)
        found.extend(around.findings)
        return Outlook(earlier, [finding for finding in found if _accepted(asked.base, finding)], around)

    outlook = await service.database.run(look)
    more = {finding.fact: finding.told for finding in outlook.findings if finding.fact not in known}
    return (asked.telling(more) if more else asked), outlook


def supplied(finding: Finding, readings: Mapping[str, Any]) -> dict[str, Any]:
    """What a register tells, as it is shown. `readings`: what the call was assessed with."""
    used = was_used(finding, readings)
    return {
        "fact": finding.fact,
        "value": readings[finding.fact]["value"] if used else str(finding.told["value"]),
        "source": finding.told["source"],
        "observed_at": finding.told["observed_at"],
        "used": used,
        "about": finding.about,
    }


def related(row: CallRow) -> dict[str, Any]:
    """An earlier call of the same caller, as it is shown."""
    return {
        "call_id": row["id"],
        "state": row["state"],
        "opened_at": stamp(row["opened_at"]),
        "action": row["action"],
        "due_at": None if row["finished"] else stamp_if(row["due_at"]),
        "finished": row["finished"],
    }


def was_used(finding: Finding, readings: Mapping[str, Any]) -> bool:
    """Whether the call was assessed with what the register tells."""
    told = readings.get(finding.fact, {})
    return bool(told.get("source") == finding.told["source"] and told.get("observed_at") == finding.told["observed_at"])


def _accepted(base: Base, finding: Finding) -> bool:
    fact, value = base.knowledge.facts[finding.fact], finding.told["value"]
    return value in fact.domain if isinstance(value, str) else bool(fact.ranges)
