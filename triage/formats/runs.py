"""The shape of a run of cases: how each went and how long it took, and what else was found on the way."""

from __future__ import annotations

from dataclasses import dataclass

from triage.errors import Problem
from triage.trying import Outcome

__all__ = ["CaseRun", "LawTried", "Tried"]


@dataclass(frozen=True, slots=True)
class Tried:
    """How a case went, and the seconds it took."""

    outcome: Outcome
    seconds: float


@dataclass(frozen=True, slots=True)
class LawTried:
    """Whether something holds on every call of a base.

    Attributes:
        id: Such as `evidence`.
        broken: One sentence for each way in which it does not hold, in the reader's language; none where it holds.
    """

    id: str
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseRun:
    """Cases of one base that were run.

    Attributes:
        folder: The base's folder, as it was named.
        problems: Mistakes in case files; the cases they stand in could not be run.
        laws: Empty where only some of the cases were wanted.
        total: How many cases the base has; those with mistakes and those that are only suggested are not counted.
        suggested: How many were left out because they are only suggested.
        left_out: How many were left out because of mistakes.
        torn: Case files that are not sound YAML and were left out whole.
    """

    folder: str
    tried: tuple[Tried, ...]
    problems: tuple[Problem, ...] = ()
    laws: tuple[LawTried, ...] = ()
    total: int = 0
    suggested: int = 0
    left_out: int = 0
    torn: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """Cases that did not go as expected."""
        return sum(not tried.outcome.passed for tried in self.tried)
