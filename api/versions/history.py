"""What follows from what was done with the versions of a base: which is active, where a roll-back leads, what is in shadow.

Knows nothing of databases, files or processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["ACTIVATED", "ROLLED_BACK", "SHADOW_BEGAN", "SHADOW_ENDED", "Standing", "Trial", "standing"]

ACTIVATED, ROLLED_BACK, SHADOW_BEGAN, SHADOW_ENDED = "activated", "rolled_back", "shadow_began", "shadow_ended"


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate in shadow.

    Attributes:
        number: Of the event that began it.
        share: Of calls it is asked about, above 0 and at most 1.
    """

    number: int
    digest: str
    share: float
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How the versions of a base stand.

    Attributes:
        number: Of the latest event; 0 where nothing was done yet.
        stack: Digests that were active one after the other and not rolled back; the last is active. Empty: what the process was
            started with is.
        withdrawn: Digests that were rolled back and not activated again: calls led with them move on.
        trial: The candidate in shadow; it ends when another version is activated, as it is compared with one version only.
    """

    number: int = 0
    stack: tuple[str, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    trial: Trial | None = None

    @property
    def active(self) -> str | None:
        """The digest that answers."""
        return self.stack[-1] if self.stack else None

    @property
    def previous(self) -> str | None:
        """Where a roll-back leads."""
        return self.stack[-2] if len(self.stack) > 1 else None


def standing(events: Iterable[Mapping[str, Any]], before: Standing = Standing()) -> Standing:
    """What follows from events, oldest first.

    Args:
        before: How the versions stood when they began.
        events: With `number`, `kind`, `digest`, `at`, `data`; an activation tells in `data` what was active `before`, or
            None.
    """
    found = before
    for event in events:
        found = _after(found, event)
    return found


def _after(before: Standing, event: Mapping[str, Any]) -> Standing:
    number, kind, digest = event["number"], event["kind"], event["digest"]
    if kind == ACTIVATED:
        first = event["data"]["before"]
        stack = before.stack or ((first,) if first else ())
        return Standing(number, (*stack, digest), before.withdrawn - {digest})
    if kind == ROLLED_BACK:
        stack = before.stack[:-1]
        gone = before.withdrawn | {before.stack[-1]}
        return Standing(number, stack, gone - {stack[-1]})
    trial = Trial(number, digest, event["data"]["share"], event["at"]) if kind == SHADOW_BEGAN else None
    return Standing(number, before.stack, before.withdrawn, trial)
