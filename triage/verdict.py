"""What the rules say about one complete set of facts: the shapes evaluation and inference answer in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Conclusion", "Derivation", "Firing", "Verdict"]


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


@dataclass(frozen=True, slots=True)
class Firing:
    """A clause that fired.

    Attributes:
        clause: Its id.
        on: The facts it fired on and their values, in the author's order but those of an `any` last: every leaf that held, of
            an `any` those of the branches that held. Empty for a condition that always holds.
        preempted_by: Ids of the clauses that had already concluded the same inferred fact at a higher priority, by id; empty
            where this clause is itself a winner.
    """

    clause: str
    on: Mapping[str, str]
    preempted_by: tuple[str, ...]


class Derivation(NamedTuple):
    """A verdict and how it came about: the clauses in the order they fired."""

    verdict: Verdict
    trace: tuple[Firing, ...]
