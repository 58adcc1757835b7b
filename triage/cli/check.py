"""`triage check`: everything that can be found wrong with a base, over all possible calls."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triage.checking import KINDS, Checked, check
from triage.checking.pages import EXPLAINED, LOADING, page_of
from triage.checking.showing import example_given
from triage.cli.bases import UsageError, base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, LANG, OUTPUT, screen_of
from triage.cli.saving import save
from triage.cli.screen import Screen, styled, title
from triage.errors import nearest
from triage.examples import on_one_line
from triage.findings import SEVERITIES, Finding, Grade
from triage.formats.github import github
from triage.formats.junit import junit_findings
from triage.formats.objects import findings_json
from triage.formats.parts import from_here
from triage.formats.sarif import sarif
from triage.model import KnowledgeBase, Language, Text

__all__ = ["check_base", "example_line"]

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


class Format(StrEnum):
    """How findings are shown."""

    terminal = "terminal"
    json = "json"
    sarif = "sarif"
    junit = "junit"
    github = "github"


class FailOn(StrEnum):
    """From which grade on a check fails."""

    error = "error"
    warning = "warning"
    note = "note"


def check_base(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    form: Annotated[Format, typer.Option("--format", help="help-format")] = Format.terminal,
    output: Annotated[Path | None, OUTPUT] = None,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="help-fail-on")] = FailOn.warning,
    explain: Annotated[str, typer.Option("--explain", metavar="KIND", help="help-explain-kind", show_default=False)] = "",
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Check a base."""
    screen = screen_of(ctx, lang)
    if explain:
        _read_out(screen, _explained(explain, screen.language))
        return Exit.FINE
    folder = base_folder(base)
    checked = check(folder)
    if form is Format.terminal and output is None:
        _show(screen, checked, folder)
    else:
        save(_written(screen, checked, folder, form), output)
    return _exit(checked, fail_on.value)


def _explained(kind: str, language: Language) -> str:
    page = page_of(kind, language)
    if page is None:
        close = nearest(kind, EXPLAINED)
        zh, en = (f"；是不是想写 `{close}`？", f"; did you mean `{close}`?") if close else ("", "")
        kinds = ", ".join((*KINDS, LOADING))
        raise UsageError(Text(f"没有 `{kind}` 这种问题{zh}（{kinds}）", f"there is no kind of finding `{kind}`{en} ({kinds})"))
    return page


def _read_out(screen: Screen, page: str) -> None:
    """A page of Markdown as it stands, its paragraphs cut into lines and its code not."""
    for number, part in enumerate(page.split("```")):
        if number % 2:
            screen.out.print(title(f"```{part}```"), soft_wrap=True, end="")
        else:
            screen.out.print(styled(part.removesuffix("\n")), end="")


def _exit(checked: Checked, fail_on: Grade) -> Exit:
    if checked.knowledge is None:
        return Exit.WRONG_KNOWLEDGE
    grave = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return Exit.CASES_FAILED if any(finding.severity in grave for finding in checked.findings) else Exit.FINE


def _written(screen: Screen, checked: Checked, folder: Path, form: Format) -> str:
    found, named, language = checked.findings, folder.as_posix(), screen.language
    if form is Format.json:
        return json.dumps(findings_json(found, named, language), ensure_ascii=False, indent=2) + "\n"
    if form is Format.sarif:
        titles = {kind: part.title for kind, part in KINDS.items()}
        return json.dumps(sarif(found, named, language, titles=titles), ensure_ascii=False, indent=2) + "\n"
    if form is Format.junit:
        return junit_findings(found, named, language)
    if form is Format.github:
        return "".join(f"{line}\n" for line in github(found, named, language))
    return "".join(f"{line}\n" for finding in found for line in _lines(screen, checked, finding, folder))


def _lines(screen: Screen, checked: Checked, finding: Finding, folder: Path) -> list[str]:
    """A finding: a line that can be clicked, and its example."""
    place = "" if finding.place is None else f":{finding.place.line}:{finding.place.column}"
    file = from_here(folder.as_posix(), finding.place.file if finding.place else "")
    parts = {"grade": screen.word(f"grade-{finding.severity}"), "text": finding.text.get(screen.language), "kind": finding.id}
    lines = [screen.word("finding", where=f"{file}{place}: ", **parts)]
    if checked.knowledge is not None and finding.example is not None:
        lines.append(example_line(screen, checked.knowledge, finding))
    return lines


def example_line(screen: Screen, knowledge: KnowledgeBase, finding: Finding) -> str:
    """The call that shows a finding, which must have one."""
    given = example_given(knowledge, finding)
    return screen.word("finding-example", call=on_one_line(given)) if given else screen.word("finding-at-once")


def _show(screen: Screen, checked: Checked, folder: Path) -> None:
    for finding in checked.findings:
        head, *rest = _lines(screen, checked, finding, folder)
        screen.out.print(title(head, _STYLES[finding.severity]), soft_wrap=True)
        for line in rest:
            screen.out.print(title(line), soft_wrap=True)
    counts = {f"{grade}s": sum(f.severity == grade for f in checked.findings) for grade in SEVERITIES}
    if checked.knowledge is None:
        screen.say("check-unread", "bold red", count=len(checked.findings))
    elif not checked.nodes:
        screen.say("check-inexact", "bold red")
    else:
        parts = {"rules": len(checked.knowledge.rules)}
        if checked.findings:
            screen.say("check-summary", "bold red" if counts["errors"] else "bold", **counts, **parts)
        else:
            screen.say("check-clean", "bold green", **parts)
