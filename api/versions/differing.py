"""What another version would have answered otherwise, by the records of both answers.

Pure; knows nothing of how answers come about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.storage.knowledge import Key

__all__ = ["differences"]

LONGEST = 200
NOTHING = ""
"""Stands for a value or question that is not there."""


def differences(before: Mapping[str, Any], after: Mapping[str, Any], alerts: frozenset[str]) -> list[Key]:
    """What differs between two records (see `api.decisions.record_of`) of the same call.

    - `status`;
    - `decision`: an entry of the decision, as soon as one of both has decided;
    - `question`: the one to ask next;
    - `alert`: one that is said by one of both only.

    Args:
        alerts: Ids of messages that are alerts, in either base.
    """
    return [tuple(part[:LONGEST] for part in key) for key in _differences(before, after, alerts)]  # type: ignore[misc]


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], alerts: frozenset[str]) -> Iterator[Key]:
    if before["status"] != after["status"]:
        yield "status", "status", before["status"], after["status"]
    if {before["status"], after["status"]} != {"needs_input"}:
        was, would = before["decision"], after["decision"]
        for name in dict.fromkeys([*was, *would]):
            if was.get(name) != would.get(name):
                yield "decision", name, was.get(name, NOTHING), would.get(name, NOTHING)
    if _asked(before) != _asked(after):
        yield "question", "question", _asked(before), _asked(after)
    said, would_say = (alerts.intersection(record["said"]) for record in (before, after))
    for name in sorted(said ^ would_say):
        yield "alert", name, "said" if name in said else "silent", "said" if name in would_say else "silent"


def _asked(record: Mapping[str, Any]) -> str:
    return str(record["question"]["id"]) if record["question"] else NOTHING
