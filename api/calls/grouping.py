"""Other calls at the same place: what they make known to a call, and the one it might be merged with.

Which calls count, how many it takes and what that means is the base's to say (`grouping` in `docs/knowledge-format.md`). What is
found is told in the name of a system, beside what the caller told and never instead of it; merging is proposed and never done.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from api.ids import stamp, stamp_if
from api.registers import Finding, Seen, figure_of, may_tell
from api.storage import calls as stored
from api.storage.calls import CallRow
from triage.evaluation import complete, effective, holds
from triage.model import Grouping, GroupLevel

__all__ = ["NOBODY", "Merge", "Neighbourhood", "neighbourhood"]

MOST = 100
"""Of the calls at one place, so many of the latest are looked at."""

Merge = Mapping[str, Any]
"""A proposal to merge, as it is shown: see `api.schemas.answers.MergeShown`."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What the place of a call tells.

    Attributes:
        starts: The call itself counts for others.
    """

    findings: Sequence[Finding]
    starts: bool
    merge: Merge | None


NOBODY = Neighbourhood((), starts=False, merge=None)


@dataclass(frozen=True, slots=True)
class _Reached:
    """A level that is reached.

    Attributes:
        others: The calls that count, latest first.
        callers: One call of each caller, or of each place that counts once.
        needed: How many of them it takes.
    """

    level: GroupLevel
    others: Sequence[CallRow]
    callers: Sequence[CallRow]
    needed: int
    minutes: float


def neighbourhood(connection: Connection, seen: Seen) -> Neighbourhood:
    """What others at the place of a call make known to it."""
    grouping = seen.base.knowledge.grouping
    if grouping is None:
        return NOBODY
    values = _own_values(seen)
    there = {level.place: _there(connection, seen, grouping, level.place) for level in grouping.levels}
    reached = [found for level in grouping.levels if (found := _reached(seen, level, there[level.place])) is not None]
    merge = _merge(connection, seen, reached) if holds(grouping.joins, values) else None
    return Neighbourhood(list(_findings(grouping, seen, reached)), holds(grouping.starts, values), merge)


def _own_values(seen: Seen) -> dict[str, str]:
    """What was told on the call itself, and what follows from that alone."""
    verdict = seen.base.system.quick.verdict(seen.known)
    known = effective(seen.base.knowledge, complete(seen.base.knowledge, seen.known))
    return {**known, **{name: verdict[name] for name in seen.base.knowledge.inferred}}


def _there(connection: Connection, seen: Seen, grouping: Grouping, kind: str) -> list[CallRow]:
    """Calls of others at one place of a call, as far back as any level looks, latest first."""
    subject, ref = seen.subject, seen.subject.place.get(kind)
    if ref is None:
        return []
    minutes = max(figure_of(seen, level.minutes) for level in grouping.levels if level.place == kind)
    since = seen.at - timedelta(minutes=minutes)
    found = stored.at_place(connection, kind, ref, seen.base.name.name, since, subject.test_traffic, MOST)
    return [row for row in found if row["id"] != subject.call_id and row["caller_ref"] != subject.caller_ref]


def _reached(seen: Seen, level: GroupLevel, there: Sequence[CallRow]) -> _Reached | None:
    minutes, needed = figure_of(seen, level.minutes), max(1, math.ceil(figure_of(seen, level.callers)))
    since = seen.at - timedelta(minutes=minutes)
    others = [row for row in there if row["opened_at"] >= since]
    callers = _once(others, seen, level)
    if len(callers) < needed or (level.ordered and not any(row["has_order"] for row in others)):
        return None
    return _Reached(level, others, callers, needed, minutes)


def _once(others: Iterable[CallRow], seen: Seen, level: GroupLevel) -> list[CallRow]:
    """The latest call of each caller (those without a reference may be one and the same), or from each place that counts once."""
    apart = level.from_different
    key, own = (apart, seen.subject.place.get(apart)) if apart else ("caller_ref", seen.subject.caller_ref)
    latest: dict[str | None, CallRow] = {}
    for row in others:
        if row[key] != own and (row[key] is not None or not apart):
            latest.setdefault(row[key], row)
    return list(latest.values())


def _leader(connection: Connection, seen: Seen, others: Sequence[CallRow]) -> CallRow | None:
    """The call to merge with: the first with an order, else the first; None where that is this one."""
    named = {row["merge_with"] for row in others} - {None}
    leading = {row["id"]: row for row in stored.still_on(connection, sorted(named)) if row["merge_with"] is None}
    leading |= {row["id"]: row for row in others if row["merge_with"] not in leading}
    before = seen.subject.before
    if before is not None and before["starts_group"] and before["merge_with"] not in leading:
        leading[before["id"]] = before
    found = sorted(leading.values(), key=_opened)
    first = next((row for row in found if row["has_order"]), found[0] if found else None)
    return None if first is None or first["id"] == seen.subject.call_id else first


def _opened(row: CallRow) -> tuple[Any, str]:
    return row["opened_at"], row["id"]


def _findings(grouping: Grouping, seen: Seen, reached: Iterable[_Reached]) -> Iterable[Finding]:
    """For each fact what the first level says. It holds until one of the calls it takes is too long ago."""
    told: set[str] = set()
    for found in reached:
        level = found.level
        if level.fact in told or not may_tell(seen, grouping.told_by, level.fact):
            continue
        told.add(level.fact)
        oldest = found.callers[found.needed - 1]
        reading = {
            "value": level.value,
            "source": grouping.told_by,
            "observed_at": stamp(oldest["opened_at"]),
            "ttl_seconds": found.minutes * 60,
        }
        yield Finding(level.fact, reading, oldest["id"])


def _merge(connection: Connection, seen: Seen, reached: Iterable[_Reached]) -> Merge | None:
    """The proposal of the first level that makes one; else the one made before, while that outage is on."""
    for found in reached:
        if found.level.merges:
            leader = _leader(connection, seen, found.others)
            return None if leader is None else _proposal(found, leader, seen)
    before = seen.subject.before
    if before is None or before["merge_with"] is None or not stored.still_on(connection, [before["merge_with"]]):
        return None
    return orjson.loads(before["answer"])["merge_with"]  # type: ignore[no-any-return]


def _proposal(found: _Reached, leader: CallRow, seen: Seen) -> Merge:
    level = found.level
    return {
        "call_id": leader["id"],
        "place": level.place,
        "place_ref": seen.subject.place[level.place],
        "callers": len(found.callers),
        "within_minutes": found.minutes,
        "fact": level.fact,
        "value": level.value,
        "reported_at": stamp(leader["reported_at"] or leader["opened_at"]),
        "due_at": stamp_if(leader["due_at"]),
    }
