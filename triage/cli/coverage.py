"""`triage coverage`: what the cases of a base cover."""

from __future__ import annotations

import json
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from triage.cli.bases import base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, FAIL_UNDER, LANG, OUTPUT, screen_of
from triage.cli.saving import save
from triage.cli.screen import Screen, title
from triage.cli.tried import Trial, exactly
from triage.cli.waiting import Waiting
from triage.coverage import KINDS, CoverageReport, Obligation, coverage, obligations
from triage.coverage_page import coverage_page
from triage.examples import as_given, on_one_line
from triage.exercise import is_settled
from triage.formats.parts import from_here

__all__ = ["cover"]

MOST_SHOWN = 40


class Format(StrEnum):
    """How coverage is shown."""

    terminal = "terminal"
    json = "json"


UNREACHABLE = typer.Option("--unreachable", help="help-unreachable", show_default=False)
SUGGEST = typer.Option("--suggest", metavar="N", min=1, help="help-suggest", show_default=False)


def cover(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    form: Annotated[Format, typer.Option("--format", help="help-format")] = Format.terminal,
    output: Annotated[Path | None, OUTPUT] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="help-html", show_default=False)] = None,
    fail_under: Annotated[float | None, FAIL_UNDER] = None,
    suggest: Annotated[int | None, SUGGEST] = None,
    unreachable: Annotated[bool, UNREACHABLE] = False,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Show what is covered."""
    screen = screen_of(ctx, lang)
    trial = Trial(base_folder(base))
    wanted = obligations(trial.knowledge)
    with Waiting(screen, screen.word("coverage-progress"), len(wanted)) as waiting:
        report = coverage(trial.compiled, trial.turns(failing=True), waiting.step)
    left_out = trial.complain(screen, "coverage-failing")
    if html is not None:
        save(coverage_page(trial.knowledge, report, screen.language), html)
    if suggest is not None:
        save(_stubs(screen, trial, report, suggest), output)
        return left_out
    if form is Format.json:
        save(json.dumps(_plain(screen, trial, report), ensure_ascii=False, indent=2) + "\n", output)
    else:
        _show(screen, trial, report, unreachable=unreachable)
    if fail_under is not None and report.share() < Fraction(str(fail_under)) / 100:
        screen.complain(screen.word("coverage-below", share=exactly(report.share()), wanted=f"{fail_under:g}"))
        return Exit.CASES_FAILED
    return left_out


def _where(trial: Trial, obligation: Obligation) -> str:
    file = from_here(trial.folder.as_posix(), obligation.place.file)
    return f"{file}:{obligation.place.line}:{obligation.place.column}"


def _show(screen: Screen, trial: Trial, report: CoverageReport, *, unreachable: bool) -> None:
    for kind in KINDS:
        found = report.of(kind)
        reachable = [o for o in found if o.reachable]
        others = len(found) - len(reachable)
        left = screen.word("coverage-left", count=others) if others else ""
        share, covered = exactly(report.share(kind)), sum(o.covered for o in reachable)
        what = screen.word(f"coverage-{kind}")
        screen.say("coverage-line", what=what, left=left, share=share, covered=covered, total=len(reachable))
    reachable = [o for o in report.obligations if o.reachable]
    covered = sum(o.covered for o in reachable)
    style = "bold green" if covered == len(reachable) else "bold"
    screen.say("coverage-all", style, share=exactly(report.share()), covered=covered, total=len(reachable))
    _list(screen, trial, "coverage-missing", report.missing, MOST_SHOWN)
    if unreachable:
        _list(screen, trial, "coverage-unreachable", report.unreachable, len(report.unreachable))
    elif report.unreachable:
        screen.say("coverage-folded", "dim", count=len(report.unreachable))


def _list(screen: Screen, trial: Trial, heading: str, obligations: list[Obligation], most: int) -> None:
    if not obligations:
        return
    screen.say(heading, "bold")
    for obligation in obligations[:most]:
        text = obligation.text.get(screen.language)
        screen.out.print(title(screen.word("coverage-item", where=_where(trial, obligation), text=text)), soft_wrap=True)
        if obligation.call is not None:
            call = on_one_line(as_given(trial.knowledge, obligation.call))
            screen.out.print(title(f"  {screen.word('finding-example', call=call)}", "dim"), soft_wrap=True)
    if len(obligations) > most:
        screen.say("coverage-more", count=len(obligations) - most)


def _plain(screen: Screen, trial: Trial, report: CoverageReport) -> dict[str, Any]:
    def counts(kind: Any) -> dict[str, Any]:
        found = report.of(kind)
        reachable = [o for o in found if o.reachable]
        return {"covered": sum(o.covered for o in reachable), "total": len(reachable), "unreachable": len(found) - len(reachable)}

    def entry(o: Obligation) -> dict[str, Any]:
        return {
            "kind": o.kind,
            "about": o.about,
            "leaf": o.leaf,
            "wanted": o.wanted,
            "place": _where(trial, o),
            "text": o.text.get(screen.language),
            "covered_by": o.by or None,
            "reachable": o.reachable,
            "call": None if o.call is None else dict(o.call),
        }

    return {"kinds": {kind: counts(kind) for kind in KINDS}, "obligations": [entry(o) for o in report.obligations]}


def _stubs(screen: Screen, trial: Trial, report: CoverageReport, most: int) -> str:
    """Case files' worth of stubs, one for each call that shows something no case does."""
    by_call: dict[str, list[Obligation]] = {}
    for obligation in report.missing:
        call = on_one_line(as_given(trial.knowledge, obligation.call or {}))
        by_call.setdefault(call, []).append(obligation)
    lines, fact = ["cases:"], trial.knowledge.targets[0]
    for number, (call, shown) in enumerate(list(by_call.items())[:most], start=1):
        key = "expect" if is_settled(trial.compiled, shown[0].call or {}) else "if_ended_now"
        for obligation in shown:
            what = obligation.text.get(screen.language)
            lines.append(f"# {screen.word('suggested-comment', what=what, under=key, fact=fact)}")
        name = screen.word("suggested-name", number=number, what=shown[0].text.get(screen.language)).replace("'", "''")
        lines += [f"- case: '{name}'", f"  given: {call}", "  suggested: true", "  source: TODO"]
    if len(lines) == 1:
        return f"# {screen.word('suggested-none')}\n"
    return "\n".join(lines) + "\n"
