"""What can be done with versions: planned from how they stand, then written, each as one more event.

Works within transactions it is given, for the service and for commands alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from api.ids import now, stamp
from api.problems import Fault, ProblemError
from api.storage import knowledge as stored
from api.versions.examining import Examined
from api.versions.history import ACTIVATED, ROLLED_BACK, SHADOW_BEGAN, SHADOW_ENDED, Standing, standing
from api.versions.packing import Files
from triage.errors import nearest
from triage.model import Text

__all__ = [
    "NOT_USABLE",
    "Plan",
    "accepted",
    "disk_version",
    "find_version",
    "namesakes",
    "no_base",
    "plan_activation",
    "plan_rollback",
    "plan_shadow",
    "plan_shadow_end",
    "shadow_shown",
    "shown",
    "standing_of",
    "version_row",
    "version_shown",
    "write",
]

NAMESAKE = "same-version"
"""The finding that other contents have the same version."""
SHOWN = 100
"""Versions, events and differences shown, each."""


NOT_USABLE = Text("这个版本在这里打不开，或两个引擎对它的结论不一致", "it cannot be opened here, or the engines disagree on it")


@dataclass(frozen=True, slots=True)
class Plan:
    """Something to be done.

    Attributes:
        event: The row to write; None where everything stands as wanted already.
        after: How the versions stand then.
    """

    event: dict[str, Any] | None
    after: Standing


# -- versions


def accepted(examined: Examined, base: str | None, allow_warnings: bool) -> None:
    """Refuse what must not be used.

    Raises:
        ProblemError: The check found errors, or warnings that were not allowed, or it is another base; with every finding.
    """
    grave = examined.grave(warnings=not allow_warnings)
    if grave or examined.digest is None:
        raise ProblemError("knowledge-refused", _counted(grave), [_fault(finding) for finding in grave])
    if base is not None and examined.name != base:
        zh, en = f"文件里是 `{examined.name}`，不是 `{base}`", f"the files are a version of `{examined.name}`, not of `{base}`"
        raise ProblemError("knowledge-refused", Text(zh, en), [Fault("other-base", "path:base", Text(zh, en))])


def version_row(examined: Examined, files: Files, key_id: str, note: str | None, origin: str = "loaded") -> dict[str, Any]:
    """A version as it is kept."""
    return {
        "digest": examined.digest,
        "base": examined.name,
        "version": examined.version,
        "origin": origin,
        "loaded_at": now(),
        "key_id": key_id,
        "note": note,
        "findings": examined.findings,
        "files": files,
    }


def find_version(connection: Connection, base: str, named: str) -> dict[str, Any]:
    """The version of a digest, of the beginning of one (8 digits or more), or of a version's name.

    Raises:
        ProblemError: There is none, or there are several.
    """
    found = stored.version(connection, named)
    if found is not None and found["base"] == base:
        return found
    rows = stored.versions(connection, base, 10_000)
    meant = [row for row in rows if row["version"] == named or (len(named) >= 8 and row["digest"].startswith(named))]
    if len(meant) == 1:
        return meant[0]
    if meant:
        digests = [row["digest"][:12] for row in meant[:10]]
        zh = f"有几个版本叫 `{named[:80]}`：{'、'.join(digests)}"
        raise ProblemError("several-versions", Text(zh, f"several versions are called `{named[:80]}`: {', '.join(digests)}"))
    near = nearest(named, [row["version"] for row in rows])
    zh, en = (f"；是不是 `{near}`？", f"; did you mean `{near}`?") if near else ("", "")
    raise ProblemError("not-found", Text(f"`{base}` 没有版本 `{named[:80]}`{zh}", f"`{base}` has no version `{named[:80]}`{en}"))


def namesakes(connection: Connection, examined: Examined) -> list[dict[str, Any]]:
    """A finding, where other contents are kept under the same version already."""
    rows = stored.versions(connection, str(examined.name), 10_000)
    others = [row["digest"][:12] for row in rows if row["version"] == examined.version and row["digest"] != examined.digest]
    if not others:
        return []
    zh = f"版本号 `{examined.version}` 已用于别的内容（{'、'.join(others[:10])}）：要用摘要指名，或改版本号"
    en = f"other contents are kept as version `{examined.version}` ({', '.join(others[:10])}): name it by its digest, or raise it"
    shape = {"kind": NAMESAKE, "severity": "note", "about": examined.version, "file": "base.yaml", "line": None, "column": None}
    return [{**shape, "text": {"zh": zh, "en": en}, "example": None}]


def no_base(base: str) -> Text:
    """That there are no versions of a base."""
    return Text(f"没有知识库 `{base}`", f"there is no base `{base}`")


def disk_version(connection: Connection, base: str) -> str | None:
    """The digest of what a process was started with last, where no version was ever activated."""
    return next((row["digest"] for row in stored.versions(connection, base, 10_000) if row["origin"] == "disk"), None)


# -- what is done with them


def standing_of(connection: Connection, base: str) -> Standing:
    """How the versions of a base stand."""
    return standing(stored.events(connection, base))


def plan_activation(before: Standing, base: str, digest: str, disk: str | None, key_id: str) -> Plan:
    """Let a version answer from now on.

    Args:
        disk: What answers where nothing was activated yet.
    """
    if digest == before.active or (before.active is None and digest == disk):
        return Plan(None, before)
    return _plan(before, base, ACTIVATED, digest, key_id, {"before": before.active or disk})


def plan_rollback(before: Standing, base: str, key_id: str, reason: str | None) -> Plan:
    """Go back to what was active before; the version left is withdrawn.

    Raises:
        ProblemError: There is nothing to go back to.
    """
    if before.previous is None:
        raise ProblemError("no-previous")
    return _plan(before, base, ROLLED_BACK, before.previous, key_id, {"withdrawn": before.active, "reason": reason})


def plan_shadow(before: Standing, base: str, digest: str, share: float, disk: str | None, key_id: str) -> Plan:
    """Let a candidate answer behind the answers.

    Raises:
        ProblemError: It is what answers already.
    """
    against = before.active or disk
    if digest == against:
        text = Text("这个版本正在应答，没有可比的", "this version is the one that answers; there is nothing to compare")
        raise ProblemError("invalid-input", text, [Fault("active-version", "/digest", text)])
    trial = before.trial
    if trial is not None and (trial.digest, trial.share) == (digest, share):
        return Plan(None, before)
    return _plan(before, base, SHADOW_BEGAN, digest, key_id, {"share": share, "against": against})


def plan_shadow_end(before: Standing, base: str, key_id: str) -> Plan:
    """Ask the candidate no more."""
    if before.trial is None:
        return Plan(None, before)
    return _plan(before, base, SHADOW_ENDED, before.trial.digest, key_id, {})


def write(connection: Connection, plan: Plan) -> None:
    """Do what was planned.

    Raises:
        ProblemError: Somebody did something else meanwhile; nothing was done.
    """
    if plan.event is not None and not stored.add_event(connection, plan.event):
        raise ProblemError("versions-changed")


def _plan(before: Standing, base: str, kind: str, digest: str, key_id: str, data: Mapping[str, Any]) -> Plan:
    number = before.number + 1
    event = {"base": base, "number": number, "at": now(), "kind": kind, "digest": digest, "key_id": key_id, "data": dict(data)}
    return Plan(event, standing([event], before))


# -- as they are shown


def shown(connection: Connection, base: str, disk: str | None, plan: Plan | None = None) -> dict[str, Any]:
    """The versions of a base, and what was done with them, latest first.

    Args:
        plan: What is about to be done.
    """
    events = stored.events(connection, base) + ([plan.event] if plan and plan.event else [])
    found = standing(events)
    rows = stored.versions(connection, base, SHOWN + 1)
    return {
        "base": base,
        "number": found.number,
        "active": found.active or disk,
        "previous": found.previous,
        "shadow": found.trial and {"digest": found.trial.digest, "share": found.trial.share, "since": stamp(found.trial.since)},
        "versions": [version_shown(row, found, disk) for row in rows[:SHOWN]],
        "history": [_event_shown(event) for event in reversed(events[-SHOWN:])],
        "more": len(rows) > SHOWN or len(events) > SHOWN,
    }


def version_shown(row: Mapping[str, Any], found: Standing, disk: str | None) -> dict[str, Any]:
    """A version in short."""
    digest = row["digest"]
    return {
        "name": row["base"],
        "version": row["version"],
        "digest": digest,
        "origin": row["origin"],
        "active": digest == (found.active or disk),
        "withdrawn": digest in found.withdrawn,
        "loaded_at": stamp(row["loaded_at"]),
        "key_id": row["key_id"],
        "note": row["note"],
        "findings": None if row["origin"] == "disk" else len(row["findings"]),
    }


def shadow_shown(connection: Connection, base: str) -> dict[str, Any]:
    """What the candidate in shadow came to, or the last one that was.

    Raises:
        ProblemError: There never was one.
    """
    events = stored.events(connection, base)
    began = next((event for event in reversed(events) if event["kind"] == SHADOW_BEGAN), None)
    if began is None:
        raise ProblemError("not-found", Text("没有影子版本", "there was no version in shadow"))
    trial = standing(events).trial
    rows = stored.counts(connection, base, began["number"])
    totals = {row["name"]: row["count"] for row in rows if row["kind"] == "total"}
    others = [row for row in rows if row["kind"] != "total"]
    named = ("compared", "same", "changed", "not_accepted", "failed", "dropped")
    return {
        "base": base,
        "running": trial is not None and trial.number == began["number"],
        "digest": began["digest"],
        "against": began["data"]["against"],
        "share": began["data"]["share"],
        "since": stamp(began["at"]),
        **{name: totals.get(name, 0) for name in named},
        "differences": [_count_shown(row) for row in others[:SHOWN]],
        "more": max(0, len(others) - SHOWN),
    }


def _count_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("kind", "name", "before", "after", "count", "examples")}


def _event_shown(event: Mapping[str, Any]) -> dict[str, Any]:
    data = event["data"]
    return {
        "number": event["number"],
        "at": stamp(event["at"]),
        "kind": event["kind"],
        "digest": event["digest"],
        "key_id": event["key_id"],
        "before": data.get("before") or data.get("withdrawn") or data.get("against"),
        "share": data.get("share"),
        "reason": data.get("reason"),
    }


def _counted(grave: list[dict[str, Any]]) -> Text:
    errors = sum(finding["severity"] == "error" for finding in grave)
    warnings = len(grave) - errors
    if errors:
        return Text(
            f"检查发现 {errors} 个错误、{warnings} 个警告",
            f"the check found {_several(errors, 'error')} and {_several(warnings, 'warning')}",
        )
    zh = f"检查发现 {warnings} 个警告；确实要用，请加 allow_warnings=true"
    return Text(zh, f"the check found {_several(warnings, 'warning')}; to load it all the same, add allow_warnings=true")


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _fault(finding: Mapping[str, Any]) -> Fault:
    place = "file:" + ":".join(str(finding[part]) for part in ("file", "line", "column")) if finding["file"] else "file:"
    text = finding["text"]
    return Fault(finding["kind"], place, Text(text["zh"], text["en"]))
