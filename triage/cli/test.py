"""`triage test`: run the cases of a knowledge base."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from triage.cli.choosing import affected_since, base_and_paths, chosen, inside, meant
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.cli.saving import save
from triage.cli.screen import Screen, title
from triage.cli.waiting import Waiting
from triage.errors import KnowledgeError, Problem
from triage.expert import ExpertSystem
from triage.formats.junit import junit_cases
from triage.formats.objects import cases_json
from triage.formats.runs import CaseRun, LawTried, Tried
from triage.laws import KINDS, laws
from triage.loading.cases import Case, CasesRead, read_cases, shape_mistakes
from triage.trying import Outcome, describe, run_case

__all__ = ["try_cases"]

HEAD = "HEAD"
IN_FULL = 10
"""Failures that are shown in full on the terminal."""
CHOICE = typer.Argument(metavar="BASE", help="help-test-base", show_default=False)
TAG = typer.Option("--tag", metavar="TAG", help="help-tag", show_default=False)
NAME = typer.Option("--name", metavar="TEXT", help="help-name", show_default=False)
PATH = typer.Option("--path", metavar="PATH", help="help-path", show_default=False)
CHANGED = typer.Option("--changed", help="help-changed", show_default=False)
SINCE = typer.Option("--changed-since", metavar="REV", help="help-changed-since", show_default=False)
FAIL_FAST = typer.Option("--fail-fast", "-x", help="help-fail-fast", show_default=False)
VERBOSE = typer.Option("--verbose", "-v", help="help-verbose", show_default=False)
FORMAT = typer.Option("--format", help="help-test-format")
REPORT = typer.Option("--output", "-o", metavar="FILE", help="help-test-output", show_default=False)


class Format(StrEnum):
    """How a run of cases is told."""

    terminal = "terminal"
    json = "json"
    junit = "junit"


def try_cases(
    ctx: typer.Context,
    base: Annotated[str | None, CHOICE] = None,
    tag: Annotated[list[str] | None, TAG] = None,
    name: Annotated[str, NAME] = "",
    path: Annotated[list[str] | None, PATH] = None,
    changed: Annotated[bool, CHANGED] = False,
    since: Annotated[str, SINCE] = "",
    fail_fast: Annotated[bool, FAIL_FAST] = False,
    verbose: Annotated[bool, VERBOSE] = False,
    form: Annotated[Format, FORMAT] = Format.terminal,
    output: Annotated[Path | None, REPORT] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Run the chosen cases."""
    screen = screen_of(ctx, lang)
    folder, paths = base_and_paths(base, path or [])
    expert, read = _opened(folder)
    total, suggested = len(read.cases), len(chosen(read.suggested, name, tag or [], paths))
    wanted, problems = chosen(read.cases, name, tag or [], paths), inside(read.problems, paths)
    revision = since or (HEAD if changed else "")
    if revision:
        wanted = affected_since(screen, expert, folder, wanted, revision)
    aloud = form is Format.terminal and output is None
    shown = _Shown(screen, folder, verbose=verbose, aloud=aloud)
    shown.before(problems, len(wanted), total, revision)
    tried = tuple(_try(shown, expert, wanted, fail_fast=fail_fast))
    everything = len(tried) == total
    laws = tuple(_laws(screen, expert)) if everything and expert.too_large is None else ()
    left_out = sum(meant(place.file, paths) for place in read.left_out)
    torn = tuple(file for file in read.torn if meant(file, paths))
    run = CaseRun(folder.as_posix(), tried, problems, laws, total, suggested, left_out, torn)
    if not aloud:
        save(_written(screen, run, form, shown), output)
    if aloud or output is not None:
        shown.after(run, revision)
    if everything and expert.too_large is not None:
        raise expert.too_large
    return _exit(run, revision)


def _opened(folder: Path) -> tuple[ExpertSystem, CasesRead]:
    """A base and its cases; where the base has mistakes, those of its case files are told beside them."""
    try:
        expert = ExpertSystem.open(folder)
    except KnowledgeError as error:
        raise KnowledgeError(folder, (*error.problems, *shape_mistakes(folder))) from None
    return expert, read_cases(folder, expert.knowledge)


def _try(shown: _Shown, expert: ExpertSystem, cases: Sequence[Case], *, fail_fast: bool) -> Iterator[Tried]:
    with Waiting(shown.screen, shown.screen.word("test-running"), len(cases)) as bar:
        for case in cases:
            begun = perf_counter()
            outcome = run_case(expert, case)
            yield Tried(outcome, perf_counter() - begun)
            bar.step()
            shown.one(outcome, bar)
            if fail_fast and not outcome.passed:
                return


def _laws(screen: Screen, expert: ExpertSystem) -> Iterator[LawTried]:
    """Whether what must hold on every call does, one entry a kind; what does not is told with a smallest call."""
    found = list(laws(expert.compiled))
    for kind in KINDS:
        broken = (sentence for law in found if law.kind == kind for sentence in law.broken)
        yield LawTried(kind, tuple(sentence.get(screen.language) for sentence in broken))


def _exit(run: CaseRun, revision: str) -> Exit:
    if run.problems:
        return Exit.WRONG_KNOWLEDGE
    if run.total and not run.tried and not revision:
        return Exit.WRONG_USE
    return Exit.CASES_FAILED if run.failed or any(law.broken for law in run.laws) else Exit.FINE


def _written(screen: Screen, run: CaseRun, form: Format, shown: _Shown) -> str:
    if form is Format.json:
        return json.dumps(cases_json(run, screen.language), ensure_ascii=False, indent=2) + "\n"
    if form is Format.junit:
        return junit_cases(run, screen.language)
    lines = [line for tried in run.tried for line in shown.lines(tried.outcome)]
    return "".join(f"{line}\n" for line in (*lines, *(sentence for law in run.laws for sentence in law.broken)))


class _Shown:
    """What people see of a run: case by case where it is told aloud, mistakes and the summary in any case."""

    def __init__(self, screen: Screen, folder: Path, *, verbose: bool, aloud: bool) -> None:
        self.screen = screen
        self._folder = folder
        self._verbose = verbose
        self._aloud = aloud
        self._failed = 0

    def before(self, problems: Sequence[Problem], wanted: int, total: int, revision: str) -> None:
        """Which base, which cases, and the mistakes in case files."""
        if self._aloud:
            self.screen.say("test-folder", "dim", folder=self._folder.as_posix())
            if revision and wanted:
                self.screen.say("test-affected", "dim", revision=revision, chosen=wanted, total=total)
        if problems:
            self.screen.complain(KnowledgeError(self._folder, problems).render(self.screen.language), "")

    def one(self, outcome: Outcome, bar: Waiting) -> None:
        """One case; long lines are not cut, so that places can be clicked and sentences found.

        Of failures beyond the first few only where and which.
        """
        self._failed += not outcome.passed
        lines = self.lines(outcome)
        if self._failed > IN_FULL and not self._verbose:
            lines = lines[:1]
        if self._aloud and lines:
            with bar.aside():
                for number, line in enumerate(lines):
                    style = "" if number else "green" if outcome.passed else "bold red"
                    self.screen.out.print(title(line, style), soft_wrap=True)

    def lines(self, outcome: Outcome) -> list[str]:
        """How a case went; nothing for one that passed unless everything is to be told."""
        wanted = self._verbose or not outcome.passed
        return describe(outcome, self.screen.language, self._folder.as_posix()).splitlines() if wanted else []

    def after(self, run: CaseRun, revision: str) -> None:
        """The summary."""
        self._count(run, revision)
        if self._aloud and not self._verbose and run.failed > IN_FULL:
            self.screen.say("test-in-brief", "dim", full=IN_FULL, brief=run.failed - IN_FULL)
        if run.suggested:
            self.screen.say("test-suggested", "dim", count=run.suggested)
        for law in run.laws:
            for sentence in law.broken:
                self.screen.out.print(title(sentence, "bold red"), soft_wrap=True)
        if run.laws and not any(law.broken for law in run.laws):
            self.screen.say("laws-hold", "bold green")
        if run.problems:
            self.screen.complain(self.screen.word("test-problems", count=len(run.problems)), "bold red")

    def _count(self, run: CaseRun, revision: str) -> None:
        say, ran, left = self.screen.say, len(run.tried), self._left(run)
        if run.failed:
            key = "test-summary" if ran > 1 else "test-one-failed"
            say(key, "bold red", passed=ran - run.failed, failed=run.failed, total=ran, left=left)
        elif ran:
            key = "test-all-passed" if ran > 1 else "test-one-passed"
            say(key, "bold yellow" if left else "bold green", total=ran, left=left)
        elif left:
            say("test-none-run", "yellow", left=left)
        elif not run.total:
            say("test-none", "yellow")
        elif revision:
            say("test-none-affected", "bold green", revision=revision, total=run.total)
        else:
            say("test-none-chosen", "yellow", total=run.total)

    def _left(self, run: CaseRun) -> str:
        """What was left out because of mistakes, as the end of a sentence; empty where nothing was."""
        word = self.screen.word
        which = [word("test-left-cases", count=run.left_out)] if run.left_out else []
        which += [word("test-left-files", files=", ".join(run.torn))] if run.torn else []
        one = run.left_out == 1 and not run.torn
        return word("test-left-one" if one else "test-left", which=word("test-and").join(which)) if which else ""
