"""`triage watch`: a base looked at again at every save."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.authoring.editor_files import write_schemas
from triage.authoring.watching import Found, Look, Watch, saves
from triage.cli.bases import base_folder
from triage.cli.check import example_line
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, LANG, screen_of
from triage.cli.screen import Screen, title
from triage.errors import Problem
from triage.findings import SEVERITIES, Finding
from triage.model import KnowledgeBase
from triage.trying import Outcome

__all__ = ["watch"]

MOST = 5
"""Entries of a list that are shown: everything is to fit on one screen."""
MOST_DIFFERENCES = 3
SCHEMA = typer.Option("--schema", metavar="FOLDER", help="help-watch-schema", show_default=False)
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def watch(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    schema: Annotated[Path | None, SCHEMA] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Look at a base until Ctrl-C."""
    screen = screen_of(ctx, lang)
    shown = _Shown(screen, base_folder(base))
    try:
        for changed in saves(shown.folder):
            shown.round(changed, schema)
    except KeyboardInterrupt:
        screen.say("watch-stopped", "dim")
    return Exit.FINE


class _Shown:
    """A watch on the screen."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        self.folder = folder
        self._screen = screen
        self._watch = Watch(folder)

    def round(self, changed: Sequence[str], schema: Path | None) -> None:
        """One look, on a screen of its own, because some files changed."""
        screen = self._screen
        if screen.out.is_terminal:
            screen.out.clear()
        with screen.out.status(screen.word("watch-looking")):
            look = self._watch.look()
        self._head(look, changed)
        self._show_look(look)
        sys.stdout.flush()
        if look.knowledge is not None:
            with screen.out.status(screen.word("watch-checking")):
                found = self._watch.check()
            if found is not None:
                self._show_found(found, look.knowledge)
            if schema is not None and look.changed:
                write_schemas(schema, look.knowledge, screen.language)
        screen.say("watch-waiting", "dim")
        sys.stdout.flush()

    def _head(self, look: Look, changed: Sequence[str]) -> None:
        """When, which base, and what was saved."""
        version = look.knowledge.identity.version if look.knowledge else ""
        shown = self._screen.word("watch-title", folder=self.folder.as_posix(), version=version).rstrip()
        parts = [f"{datetime.now().astimezone():%H:%M:%S}", shown]
        if changed:
            key = "watch-saved" if len(changed) == 1 else "watch-saved-more"
            parts.append(self._screen.word(key, file=_within(self.folder, changed[0]), count=len(changed)))
        self._line(" · ".join(parts), "bold")

    def _line(self, text: str, style: str = "") -> None:
        """A line that is never cut, so that places can be clicked."""
        self._screen.out.print(title(text, style), soft_wrap=True)

    def _more(self, count: int) -> None:
        if count > MOST:
            self._screen.say("watch-more", "dim", count=count - MOST)

    def _show_look(self, look: Look) -> None:
        self._problems(look.problems)
        if look.knowledge is None:
            self._screen.say("watch-broken", "bold red", count=len(look.problems))
            return
        if look.problems:
            self._screen.say("watch-left-out", "yellow", count=len(look.problems))
        for file in look.torn:
            self._screen.say("watch-torn", "yellow", file=file)
        self._outcomes("watch-failing", "bold red", look.failing)
        self._outcomes("watch-still", "red", look.still)
        self._outcomes("watch-mended", "green", look.mended)
        failed = len(look.failing) + len(look.still)
        style = "bold red" if failed else "bold yellow" if look.problems else "bold green"
        self._screen.say("watch-cases", style, passed=look.cases - failed, total=look.cases, ran=look.ran)

    def _problems(self, problems: Sequence[Problem]) -> None:
        folder = self.folder.as_posix()
        for problem in problems[:MOST]:
            self._line(problem.render(self._screen.language, "" if folder == "." else folder), "red")
        self._more(len(problems))

    def _outcomes(self, key: str, style: str, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes[:MOST]:
            case = outcome.case
            where = f"{(self.folder / case.place.file).as_posix()}:{case.place.line}:{case.place.column}"
            self._line(f"{where}: {self._screen.word(key, case=case.name)}", style)
            differences = [difference for turn in outcome.failures for difference in turn.differences]
            for difference in differences[:MOST_DIFFERENCES]:
                self._line(self._screen.word("watch-difference", text=difference.text.get(self._screen.language)))
        self._more(len(outcomes))

    def _show_found(self, found: Found, knowledge: KnowledgeBase) -> None:
        """What must not be, and what is new; where nothing was looked at before, notes are only counted."""
        first = found.first
        shown = [f for f in found.findings if f.severity != "note" or (f in found.new and not first)]
        for finding in shown[:MOST]:
            self._finding(finding, knowledge)
        self._more(len(shown))
        counts = {f"{grade}s": sum(f.severity == grade for f in found.findings) for grade in SEVERITIES}
        style = "bold red" if counts["errors"] else "bold yellow" if counts["warnings"] else "bold green"
        if first and counts["notes"]:
            self._line(self._screen.word("watch-notes", folder=self.folder.as_posix(), **counts), style)
        else:
            self._screen.say("watch-checks", style, new=len(found.new), gone=found.gone, **counts)

    def _finding(self, finding: Finding, knowledge: KnowledgeBase) -> None:
        screen, place = self._screen, finding.place
        where = f"{(self.folder / place.file).as_posix()}:{place.line}:{place.column}: " if place else ""
        parts = {"grade": screen.word(f"grade-{finding.severity}"), "text": finding.text.get(screen.language), "kind": finding.id}
        self._line(screen.word("finding", where=where, **parts), _STYLES[finding.severity])
        if finding.example is not None:
            self._line(example_line(screen, knowledge, finding))


def _within(folder: Path, file: str) -> str:
    """A file's name from the base's folder on."""
    return Path(file).relative_to(folder).as_posix()
