"""One logged decision: its shape, and the same as JSON. The service writes these; replay and report read them.

Knows nothing of files (`triage.logs`), of databases, or of what any base declares: a record outlives the base that made it, so
names of facts and values are taken as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, cast

from triage.assessment import KnowledgeName
from triage.errors import InputError, nearest
from triage.model import Text

__all__ = ["STATUSES", "Outcome", "Record", "Told", "as_json", "read_record"]

Status = Literal["needs_input", "decided", "handover", "contradictory"]
STATUSES: tuple[Status, ...] = ("needs_input", "decided", "handover", "contradictory")


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as it came in, whether or not it still held when the call was decided."""

    value: str
    source: str
    observed_at: datetime | None = None
    ttl_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found on the spot.

    Attributes:
        found: By inferred fact, its true value; facts that nobody looked into are not named.
        visited: Whether anybody was there; None: not told.
    """

    found: Mapping[str, str]
    at: datetime | None = None
    visited: bool | None = None


@dataclass(frozen=True)
class Record:
    """One decision as it was logged.

    Attributes:
        decision_id: The id that answer, log and work order share.
        at: When it was decided, with a time zone.
        known: By observable fact, the values told that still held then (stale ones left out, gates not applied); facts not
            named were open. `unknown` is told: asked and not answered.
        status, stop_reason: As in the assessment.
        decision: By inferred fact on the decision card (all inferred facts may be given), its value; what the call would have
            come to if it had ended there, where it was not decided.
        call_id: The call it belongs to; None for a decision that belongs to no call. Later records of a call replace earlier.
        facts: By observable fact, what came in and from whom, stale readings included.
        options: Options of the assessment, as they were given.
        systems: Ids of the systems connected.
        no_answer: By fact, the sources that were asked and did not answer.
        questions_asked: Questions the caller had answered; None: not counted.
        engines_agree: Whether evaluation and experta agreed; None: not compared, for a call that still needs input.
        test_traffic: Nobody's call.
        outcome: What was found on the spot; None: nothing was reported.
        more: Whatever else the JSON object held, by its key, untouched.
    """

    decision_id: str
    at: datetime
    knowledge: KnowledgeName
    known: Mapping[str, str]
    status: Status
    decision: Mapping[str, str]
    stop_reason: str | None = None
    call_id: str | None = None
    facts: Mapping[str, Told] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    systems: tuple[str, ...] = ()
    no_answer: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    questions_asked: int | None = None
    engines_agree: bool | None = None
    test_traffic: bool = False
    outcome: Outcome | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def as_json(record: Record) -> dict[str, Any]:
    """A record as a JSON object; reading it gives an equal record. Times are ISO 8601 in UTC.

    Example:
        >>> when = datetime(2026, 1, 31, 20, 15, tzinfo=UTC)
        >>> record = Record("d1", when, KnowledgeName("power", "1", "ab"), {}, "needs_input", {"fault": "undetermined"})
        >>> read_record(as_json(record)) == record
        True
    """
    plain: dict[str, Any] = {
        **record.more,
        "decision_id": record.decision_id,
        "call_id": record.call_id,
        "at": _written(record.at),
        "knowledge": {
            "name": record.knowledge.name,
            "version": record.knowledge.version,
            "digest": record.knowledge.digest,
        },
        "test_traffic": record.test_traffic,
        "known": dict(record.known),
        "facts": {name: _told_json(told) for name, told in record.facts.items()},
        "options": dict(record.options),
        "systems": list(record.systems),
        "no_answer": {name: list(sources) for name, sources in record.no_answer.items()},
        "status": record.status,
        "stop_reason": record.stop_reason,
        "decision": dict(record.decision),
        "questions_asked": record.questions_asked,
        "engines_agree": record.engines_agree,
    }
    if record.outcome is not None:
        plain["outcome"] = _outcome_json(record.outcome)
    return plain


def read_record(data: Any, *, whole: bool = True) -> Record:
    """The record in a JSON object. Demanded: `decision_id`, `at`, `knowledge`, `known`, `status`, `decision`.

    Args:
        whole: Read `facts`, `options` and `more`, too, which are most of a record and seldom needed.

    Raises:
        InputError: Something demanded is missing, or something is not of its kind; with its place as a JSON pointer.
    """
    given = _object(data, "")
    told = given.get
    return Record(
        decision_id=_text(_demanded(given, "decision_id"), "/decision_id"),
        at=_time(_demanded(given, "at"), "/at"),
        knowledge=_knowledge(_demanded(given, "knowledge")),
        known=_texts(_demanded(given, "known"), "/known"),
        status=_status(_demanded(given, "status")),
        decision=_texts(_demanded(given, "decision"), "/decision"),
        stop_reason=_optional(told("stop_reason"), str, "/stop_reason"),
        call_id=_optional(told("call_id"), str, "/call_id"),
        facts=_facts(told("facts") or {}) if whole else {},
        options=_object(told("options") or {}, "/options") if whole else {},
        systems=_list(told("systems") or (), "/systems"),
        no_answer=_lists(told("no_answer") or {}, "/no_answer"),
        questions_asked=_optional(told("questions_asked"), int, "/questions_asked"),
        engines_agree=_optional(told("engines_agree"), bool, "/engines_agree"),
        test_traffic=_optional(told("test_traffic"), bool, "/test_traffic") or False,
        outcome=_outcome(told("outcome")),
        more={key: value for key, value in given.items() if key not in _KEYS} if whole else {},
    )


_KEYS = frozenset(part.name for part in fields(Record)) - {"more"}


# -- writing


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _told_json(told: Told) -> dict[str, Any]:
    plain: dict[str, Any] = {"value": told.value, "source": told.source}
    if told.observed_at is not None:
        plain["observed_at"] = _written(told.observed_at)
    if told.ttl_seconds is not None:
        plain["ttl_seconds"] = told.ttl_seconds
    return plain


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    plain: dict[str, Any] = dict(outcome.found)
    if outcome.at is not None:
        plain["at"] = _written(outcome.at)
    if outcome.visited is not None:
        plain["visited"] = outcome.visited
    return plain


# -- reading

KINDS: Mapping[type, Text] = {
    str: Text("文字", "text"),
    int: Text("整数", "a whole number"),
    bool: Text("true 或 false", "true or false"),
}


def _demanded(given: Mapping[str, Any], key: str) -> Any:
    found = given.get(key)
    if found is None:
        raise InputError("missing-key", "", Text(f"缺少 `{key}`", f"`{key}` is missing"))
    return found


def _object(given: Any, path: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _wrong(path, Text("对象", "an object"))
    return given


def _text(given: Any, path: str) -> str:
    if not isinstance(given, str) or not given:
        raise _wrong(path, KINDS[str])
    return given


def _texts(given: Any, path: str) -> dict[str, str]:
    """An object of texts, by name."""
    if set(map(type, _object(given, path).values())) - {str}:
        name = next(name for name, value in given.items() if not isinstance(value, str))
        raise _wrong(_path(path, name), KINDS[str])
    return cast("dict[str, str]", given)


def _list(given: Any, path: str) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(part, str) for part in given):
        raise _wrong(path, Text("文字列表", "a list of texts"))
    return tuple(given)


def _lists(given: Any, path: str) -> dict[str, tuple[str, ...]]:
    return {name: _list(parts, _path(path, name)) for name, parts in _object(given, path).items()}


def _optional(given: Any, kind: type, path: str) -> Any:
    """A value of a kind, or None where it is missing; `true` is no number."""
    if given is not None and (not isinstance(given, kind) or (kind is int and isinstance(given, bool))):
        raise _wrong(path, KINDS[kind])
    return given


def _time(given: Any, path: str) -> datetime:
    try:
        found = given if isinstance(given, datetime) else datetime.fromisoformat(given)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise _wrong(path, Text("带时区的 ISO 8601 时间", "an ISO 8601 time with its time zone"))


def _knowledge(given: Any) -> KnowledgeName:
    parts = _object(given, "/knowledge")
    name, version, digest = parts.get("name"), parts.get("version"), parts.get("digest")
    return _named(_text(name, "/knowledge/name"), _text(version, "/knowledge/version"), _text(digest, "/knowledge/digest"))


@lru_cache(64)
def _named(name: str, version: str, digest: str) -> KnowledgeName:
    """One object for the many records of a base."""
    return KnowledgeName(name, version, digest)


def _status(given: Any) -> Status:
    if given not in STATUSES:
        text = Text(f"不认识 `{str(given)[:40]}`", f"`{str(given)[:40]}` is not accepted")
        raise InputError("unknown-value", "/status", text, STATUSES, nearest(str(given), STATUSES))
    return cast("Status", given)


def _facts(given: Any) -> dict[str, Told]:
    return {name: _told(told, _path("/facts", name)) for name, told in _object(given, "/facts").items()}


def _told(given: Any, path: str) -> Told:
    """A reading; a bare value is the caller's."""
    if isinstance(given, str):
        return Told(given, "caller")
    parts = _object(given, path)
    observed, ttl = parts.get("observed_at"), parts.get("ttl_seconds")
    if ttl is not None and (not isinstance(ttl, int | float) or isinstance(ttl, bool)):
        raise _wrong(f"{path}/ttl_seconds", Text("秒数", "a number of seconds"))
    return Told(
        _text(parts.get("value"), f"{path}/value"),
        _text(parts.get("source") or "caller", f"{path}/source"),
        None if observed is None else _time(observed, f"{path}/observed_at"),
        ttl,
    )


def _outcome(given: Any) -> Outcome | None:
    """What was found, by fact beside `at` and `visited`, or in `found`; an entry that is null was not looked into."""
    if given is None:
        return None
    parts = dict(_object(given, "/outcome"))
    at, visited = parts.pop("at", None), _optional(parts.pop("visited", None), bool, "/outcome/visited")
    told, path = (parts["found"], "/outcome/found") if isinstance(parts.get("found"), dict) else (parts, "/outcome")
    found = {name: value for name, value in told.items() if value is not None}
    return Outcome(_texts(found, path), None if at is None else _time(at, "/outcome/at"), visited)


def _path(above: str, name: str) -> str:
    """A JSON pointer one step further."""
    return f"{above}/{name.replace('~', '~0').replace('/', '~1')}"


def _wrong(path: str, wanted: Text) -> InputError:
    return InputError("wrong-type", path, Text(f"应为{wanted.zh}", f"expected {wanted.en}"))
