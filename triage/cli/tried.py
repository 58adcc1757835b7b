"""What `coverage` and `mutate` start from: a base whose cases pass, and what these run through."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from triage.cli.bases import UsageError
from triage.compilation import Compiled
from triage.exercise import Tried, exercise
from triage.expert import ExpertSystem
from triage.loading.cases import load_cases
from triage.model import Text
from triage.trying import run_case

__all__ = ["Trial", "exactly"]


class Trial:
    """A base, its cases gone through, and diagrams of its own to work on.

    Raises:
        KnowledgeError: Base or cases have mistakes.
        TooLargeError: The base is too large for exact answers.
        UsageError: A case fails as things are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.system = ExpertSystem.open(folder)
        self.knowledge = self.system.knowledge
        self.compiled = Compiled(self.knowledge, self.system.compiled.order)
        cases = load_cases(folder, self.knowledge)
        failing = [case for case in cases if not run_case(self.system, case).passed]
        if failing:
            count = len(failing)
            raise UsageError(
                Text(
                    f"有 {count} 条用例现在就不通过；先让 `triage test` 通过",
                    f"{count} cases fail as things are; make `triage test` pass first",
                )
            )
        self.turns: tuple[Tried, ...] = tuple(exercise(self.system, cases))


def exactly(share: Fraction) -> str:
    """A share for people; never 100 % of what is not."""
    percent = 100 * share
    if percent == int(percent):
        return f"{int(percent)} %"
    return f"{min(float(percent), 99.99):.2f} %" if percent < 100 else "100 %"
