"""What the rules say about one complete set of facts: the shape evaluation and inference both answer in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Conclusion", "Verdict"]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The value of one inferred fact and where it came from.

    Attributes:
        winners: Ids of the matching clauses of highest priority, by id; empty when the default holds.
        preempted: Ids of the matching clauses of lower priority, highest first, then by id.
    """

    value: str
    winners: tuple[str, ...]
    preempted: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """Conclusions for every inferred fact, keyed by its id, in the order they were drawn."""

    conclusions: Mapping[str, Conclusion]

    def __getitem__(self, fact: str) -> str:
        return self.conclusions[fact].value
