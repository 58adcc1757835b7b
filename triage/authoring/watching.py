"""A base looked at again whenever its files change: what stands in the way of it, which cases go otherwise now, what is found.

Files are looked at a few times a second instead of asking the operating system for events: it costs a millisecond, and works for
editors that save by renaming, for network drives, and for folders that go away and come back. Shows nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from triage.affected import affected, rewritten
from triage.checking import findings
from triage.errors import KnowledgeError, Problem
from triage.expert import ExpertSystem
from triage.findings import Finding
from triage.loading import load_knowledge
from triage.loading.cases import Case, read_cases
from triage.loading.files import CASES
from triage.model import KnowledgeBase, Place
from triage.trying import Outcome, run_case

__all__ = ["Found", "Look", "Watch", "saves"]

PAUSE = 0.2
"""Seconds between two looks at the files; a save counts once nothing has changed for as long."""

Snapshot = Mapping[str, tuple[int, int, int]] | None
"""By file its time, size and number; None where there is no such folder."""


def saves(folder: Path, pause: float = PAUSE) -> Iterator[tuple[str, ...]]:
    """Yields at once, and then after every change to a YAML file below a folder; a burst of changes counts as one. Never ends.

    Yields:
        The files that changed, came or went, in order; none at the first time.
    """
    seen, changed = _snapshot(folder), set[str]()
    while True:
        yield tuple(sorted(changed))
        changed.clear()
        while (now := _snapshot(folder)) == seen:
            time.sleep(pause)
        while now != seen:
            changed |= _changed(seen, now)
            seen = now
            time.sleep(pause)
            now = _snapshot(folder)


def _changed(before: Snapshot, after: Snapshot) -> set[str]:
    old, new = before or {}, after or {}
    return {file for file in {*old, *new} if old.get(file) != new.get(file)}


def _snapshot(folder: Path) -> Snapshot:
    if not folder.is_dir():
        return None
    found = {}
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith((".yaml", ".yml")) and not name.startswith("."):
                path = os.path.join(inside, name)  # noqa: PTH118 - quicker, several times a second
                try:
                    status = os.stat(path)  # noqa: PTH116
                except OSError:
                    continue  # gone since it was listed
                found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


@dataclass(frozen=True, slots=True)
class Look:
    """How a base is now, beside how it was when it could be opened last.

    Attributes:
        knowledge: The base; None where it cannot be opened: then there are only problems.
        problems: Mistakes in the base, or in cases, which are then left out.
        cases: How many cases there are.
        ran: How many of them were run: those the change can touch, and those that failed before.
        failing: Cases that fail and did not before.
        mended: Cases that passed now and failed before.
        still: Cases that fail as they did before.
        torn: Case files that are not sound YAML: none of their cases counts.
        changed: The base means something else than before, or is looked at for the first time.
    """

    knowledge: KnowledgeBase | None
    problems: tuple[Problem, ...]
    cases: int = 0
    ran: int = 0
    failing: tuple[Outcome, ...] = ()
    mended: tuple[Outcome, ...] = ()
    still: tuple[Outcome, ...] = ()
    torn: tuple[str, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the checks find now.

    Attributes:
        new: Those of them that were not there before; at the first time all.
        gone: How many that were there before are not any more.
        first: Nothing was looked for before.
    """

    findings: tuple[Finding, ...]
    new: tuple[Finding, ...]
    gone: int
    first: bool = False


@dataclass(frozen=True, slots=True)
class _Good:
    """What is remembered of a base that could be opened."""

    system: ExpertSystem
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> set[tuple[str, str]]:
        """Files and names of the cases that fail."""
        return {_key(outcome.case) for outcome in self.outcomes if not outcome.passed}


@dataclass(slots=True)
class Watch:
    """Looks at the base in a folder again and again, remembering the last time it could be opened."""

    folder: Path
    examine: Callable[[KnowledgeBase], tuple[list[Finding], int]] = findings
    _good: _Good | None = None
    _now: tuple[KnowledgeBase, Snapshot] | None = None
    """The base as it was looked at last, and its files then."""
    _examined: tuple[Snapshot, tuple[Finding, ...]] | None = None

    def look(self) -> Look:
        """Load the base, and run the cases that can go otherwise than the last time."""
        self._now, files = None, _without_cases(_snapshot(self.folder))
        try:
            knowledge = load_knowledge(self.folder)
            system = self._system(knowledge)
        except KnowledgeError as error:
            return Look(None, error.problems)
        self._now = knowledge, files
        read, before = read_cases(self.folder, knowledge), self._good
        chosen = _to_run(system, read.cases, before)
        ran = {case.place for case in chosen}
        outcomes = tuple(run_case(system, case) if case.place in ran else Outcome(case, ()) for case in read.cases)
        self._good = _Good(system, outcomes)
        failed = before.failed if before else set()
        return Look(
            knowledge,
            tuple(read.problems),
            len(outcomes),
            len(ran),
            failing=tuple(o for o in outcomes if not o.passed and _key(o.case) not in failed),
            mended=tuple(o for o in outcomes if o.passed and _key(o.case) in failed),
            still=tuple(o for o in outcomes if not o.passed and _key(o.case) in failed),
            torn=read.torn,
            changed=before is None or before.system.knowledge.digest != knowledge.digest,
        )

    def check(self) -> Found | None:
        """Check the base as it was looked at last, unless its files are as they were then; None where it cannot be opened."""
        if self._now is None:
            return None
        knowledge, files = self._now
        before = self._examined
        if before is not None and files == before[0]:
            return Found(before[1], (), 0)
        found = tuple(self.examine(knowledge)[0])
        self._examined = files, found
        known = {(finding.id, finding.about) for finding in before[1]} if before else set()
        now = {(finding.id, finding.about) for finding in found}
        return Found(found, tuple(f for f in found if (f.id, f.about) not in known), len(known - now), before is None)

    def _system(self, knowledge: KnowledgeBase) -> ExpertSystem:
        """The expert system of a base; the one there is where it means the same."""
        if self._good is not None and self._good.system.knowledge.digest == knowledge.digest:
            return self._good.system
        return ExpertSystem(knowledge, folder=self.folder)


def _to_run(system: ExpertSystem, cases: tuple[Case, ...], before: _Good | None) -> tuple[Case, ...]:
    """The cases that can go otherwise than before, and those that failed."""
    if before is None:
        return cases
    new = {case.place for case in rewritten(cases, [outcome.case for outcome in before.outcomes])}
    old = [case for case in cases if case.place not in new]
    touched: set[Place] = set()
    if system is not before.system:
        touched = {case.place for case in affected(system, before.system.knowledge, old)}
    return tuple(case for case in cases if case.place in new | touched or _key(case) in before.failed)


def _key(case: Case) -> tuple[str, str]:
    return (case.place.file, case.name)


def _without_cases(files: Snapshot) -> Snapshot:
    return None if files is None else {name: status for name, status in files.items() if not name.endswith(CASES)}
