"""What `coverage` and `mutate` start from: a base, and what its cases run through."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from triage.cli.exits import Exit
from triage.cli.screen import Screen
from triage.compilation import Compiled
from triage.exercise import Tried, exercise
from triage.expert import ExpertSystem
from triage.formats.parts import from_here
from triage.loading.cases import Case, read_cases
from triage.trying import run_case

__all__ = ["Trial", "exactly"]


class Trial:
    """A base, its cases gone through, and diagrams of its own to work on.

    Attributes:
        unread: Mistakes in case files; the cases they are in are left out.
        failing: Cases that fail as things are.

    Raises:
        KnowledgeError: The base has mistakes.
        TooLargeError: It is too large for exact answers.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.system = ExpertSystem.open(folder)
        self.knowledge = self.system.knowledge
        self.compiled = Compiled(self.knowledge, self.system.compiled.order)
        read = read_cases(folder, self.knowledge)
        self._cases, self.unread = read.cases, read.problems
        self.failing = tuple(case for case in self._cases if not run_case(self.system, case).passed)

    def turns(self, *, failing: bool) -> tuple[Tried, ...]:
        """What the cases run through, with or without those that fail."""
        left: tuple[Case, ...] = self._cases if failing else tuple(case for case in self._cases if case not in self.failing)
        return tuple(exercise(self.system, left))

    def complain(self, screen: Screen, key: str) -> Exit:
        """Name what was left out, or is to be mended, and give the exit code this comes to.

        Args:
            key: The sentence that says what became of failing cases.
        """
        folder = self.folder.as_posix()
        for problem in self.unread:
            screen.complain(problem.render(screen.language, from_here(folder)), "yellow")
        if self.failing:
            places = screen.join(f"{from_here(folder, case.place.file)}:{case.place.line}" for case in self.failing[:MOST_NAMED])
            more = "" if len(self.failing) <= MOST_NAMED else " …"
            screen.complain(screen.word(key, count=len(self.failing), places=f"{places}{more}"), "yellow")
        if self.unread:
            return Exit.WRONG_KNOWLEDGE
        return Exit.CASES_FAILED if self.failing else Exit.FINE


MOST_NAMED = 5


def exactly(share: Fraction) -> str:
    """A share for people; never 100 % of what is not."""
    percent = 100 * share
    if percent == int(percent):
        return f"{int(percent)} %"
    return f"{min(float(percent), 99.99):.2f} %" if percent < 100 else "100 %"
