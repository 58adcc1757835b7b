"""`triage diff`: what differs between two versions of a base."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, OUTPUT, screen_of
from triage.cli.saving import save
from triage.cli.screen import title
from triage.comparison import compare
from triage.comparison_report import as_json, as_markdown, as_terminal
from triage.errors import KnowledgeError
from triage.expert import ExpertSystem
from triage.interviews import AUTHOR, InterviewReport, interview_report
from triage.loading import load_knowledge
from triage.loading.revisions import at_revision
from triage.model import KnowledgeBase

__all__ = ["diff"]


class Format(StrEnum):
    """How differences are shown."""

    terminal = "terminal"
    json = "json"
    markdown = "markdown"


OLD = typer.Argument(metavar="OLD", help="help-diff-old", show_default=False)
NEW = typer.Argument(metavar="NEW", help="help-diff-new", show_default=False)
INTERVIEWS = typer.Option("--interviews", help="help-diff-interviews", show_default=False)
MOST = typer.Option("--show", metavar="N", min=1, help="help-diff-most")


def diff(
    ctx: typer.Context,
    old: Annotated[str, OLD],
    new: Annotated[str, NEW],
    form: Annotated[Format, typer.Option("--format", help="help-format")] = Format.terminal,
    output: Annotated[Path | None, OUTPUT] = None,
    interviews: Annotated[bool, INTERVIEWS] = False,
    show: Annotated[int, MOST] = 5,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Compare two versions."""
    screen = screen_of(ctx, lang)
    before, after = _load(old), _load(new)
    found = compare(before, after)
    lengths = (_interviews(before), _interviews(after)) if interviews else None
    if form is Format.terminal and output is None:
        for line, style in as_terminal(found, after, screen.language, show, lengths):
            screen.out.print(title(line, style), soft_wrap=True)
    elif form is Format.json:
        save(as_json(found, lengths), output)
    elif form is Format.markdown:
        save(as_markdown(found, after, screen.language, (old, new), show, lengths), output)
    else:
        save("".join(f"{line}\n" for line, _ in as_terminal(found, after, screen.language, show, lengths)), output)
    return Exit.FINE if found.decides_alike else Exit.CASES_FAILED


def _load(spec: str) -> KnowledgeBase:
    with at_revision(spec) as folder:
        try:
            return load_knowledge(folder)
        except KnowledgeError as error:
            raise KnowledgeError(Path(spec), error.problems) from None


def _interviews(knowledge: KnowledgeBase) -> InterviewReport:
    return interview_report(ExpertSystem(knowledge), (), AUTHOR)
