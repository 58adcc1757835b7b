"""`triage interview`: how long the interviews of a knowledge base are."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from triage.cli.bases import base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, LANG, screen_of
from triage.cli.screen import Screen, title
from triage.expert import ExpertSystem
from triage.interviews import ANSWERING, AUTHOR, UNIFORM, InterviewReport, Spread, interview_report
from triage.loading import load_cases
from triage.trying import wrong_endings

__all__ = ["interview"]

POPULATIONS = (ANSWERING, AUTHOR, UNIFORM)
ASKED = 12
"""Questions listed of those asked most."""


def interview(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    json: Annotated[bool, typer.Option("--json", help="help-json", show_default=False)] = False,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Follow every interview, with and without systems."""
    screen = screen_of(ctx, lang)
    folder = base_folder(base)
    system = ExpertSystem.open(folder)
    cases = load_cases(folder, system.knowledge)
    connected = {(), tuple(system.knowledge.identity.systems)}
    reports = [
        interview_report(system, systems, whose)
        for systems in sorted(connected)
        for whose in (*POPULATIONS, *system.knowledge.populations)
    ]
    if json:
        screen.json(reports)
        return Exit.FINE
    _overview(screen, system, reports)
    for report in (found for found in reports if found.population == "answering"):
        _by_value(screen, system, report)
        _asked(screen, system, report)
    wrong = wrong_endings(system, cases)
    screen.say("interview-wrong", "bold red" if wrong else "green", wrong=len(wrong), total=len(cases))
    for case in wrong:
        screen.out.print(title(f"  {folder.as_posix()}/{case.place} {case.name}"), soft_wrap=True)
    return Exit.FINE


def _systems(screen: Screen, report: InterviewReport) -> str:
    return screen.word("interview-systems" if report.systems else "interview-no-systems")


def _callers(screen: Screen, system: ExpertSystem, report: InterviewReport) -> str:
    declared = system.knowledge.populations.get(report.population)
    return declared.text.get(screen.language) if declared else screen.word(f"interview-{report.population}")


def _overview(screen: Screen, system: ExpertSystem, reports: list[InterviewReport]) -> None:
    for connected in (False, True):
        found = [report for report in reports if bool(report.systems) is connected]
        if not found:
            continue
        table = Table(title=f"{screen.word('interview-title')} · {_systems(screen, found[0])}", title_justify="left")
        for key in ("who", "policy", "expected", "median", "longest", "bound", "undetermined"):
            table.add_column(screen.word(f"interview-{key}"), justify="left" if key in ("who", "policy") else "right")
        for report in found:
            who, rest = _callers(screen, system, report), (f"{report.lower_bound:.2f}", f"{report.undetermined:.1%}")
            table.add_row(who, screen.word("interview-best"), *_figures(report.best), *rest)
            table.add_row("", screen.word("interview-scripted"), *_figures(report.scripted), "", "")
        screen.show(table)


def _by_value(screen: Screen, system: ExpertSystem, report: InterviewReport) -> None:
    first = system.knowledge.inferred[system.knowledge.targets[0]]
    table = Table(
        title=f"{first.text.get(screen.language)} · {_systems(screen, report)} · {screen.word('interview-answering')}",
        title_justify="left",
    )
    table.add_column(first.text.get(screen.language))
    for key in ("share", "expected", "median", "longest", "scripted"):
        table.add_column(screen.word(f"interview-{key}"), justify="right")
    for value, (best, scripted) in report.by_value.items():
        label = first.values[value].text.get(screen.language)
        table.add_row(label, f"{best.share:.1%}", *_figures(best), f"{scripted.expected:.2f}")
    screen.show(table)


def _asked(screen: Screen, system: ExpertSystem, report: InterviewReport) -> None:
    questions = system.knowledge.questions
    most = [f"{name} {share:.0%}" for name, share in list(report.asked.items())[:ASKED]]
    never = [name for name in questions if not report.asked.get(name) and "caller" in questions[name].ask_of]
    screen.say("interview-asked", questions=screen.join(most))
    if never:
        screen.say("interview-never", questions=screen.join(never))


def _figures(spread: Spread) -> tuple[str, str, str]:
    return f"{spread.expected:.2f}", str(spread.median), str(spread.longest)
