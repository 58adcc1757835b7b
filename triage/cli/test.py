"""`triage test`: run the cases of a knowledge base."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.bases import base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, LANG, screen_of
from triage.cli.screen import Screen, title
from triage.expert import ExpertSystem
from triage.loading.cases import load_cases, select
from triage.trying import Outcome, describe, run_case
from triage.verification import evidence_violations, forbidden_instructions, invariant_violations

__all__ = ["try_cases"]


def try_cases(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="help-tag", show_default=False)] = None,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="help-name", show_default=False)] = "",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="help-verbose", show_default=False)] = False,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Run the chosen cases."""
    screen = screen_of(ctx, lang)
    folder = base_folder(base)
    expert = ExpertSystem.open(folder)
    cases = load_cases(folder, expert.knowledge)
    chosen = select(cases, name=name, tags=tag or ())
    failed = 0
    screen.say("test-folder", "dim", folder=folder.as_posix())
    for case in chosen:
        outcome = run_case(expert, case)
        failed += not outcome.passed
        if verbose or not outcome.passed:
            _show(screen, outcome, folder)
    _summary(screen, len(cases), len(chosen), failed)
    if cases and not chosen:
        return Exit.WRONG_USE
    broken = len(chosen) == len(cases) and not _laws_hold(screen, expert)
    return Exit.CASES_FAILED if failed or broken else Exit.FINE


def _laws_hold(screen: Screen, expert: ExpertSystem) -> bool:
    """Whether what must hold on every call does; what does not is told with a smallest call."""
    broken = [
        *(
            ("law-evidence", {"fact": v.fact, "value": v.value, "call": _call(v.example)})
            for v in evidence_violations(expert.compiled)
        ),
        *(("law-invariant", {"name": v.invariant, "call": _call(v.example)}) for v in invariant_violations(expert.compiled)),
        *(
            ("law-forbidden", {"name": v.by, "what": v.instruction, "call": _call(v.example)})
            for v in forbidden_instructions(expert.compiled)
        ),
    ]
    for key, parts in broken:
        screen.out.print(title(screen.word(key, **parts), "bold red"), soft_wrap=True)
    if not broken:
        screen.say("laws-hold", "bold green")
    return not broken


def _call(example: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{fact}: {value}" for fact, value in example.items()) + "}"


def _show(screen: Screen, outcome: Outcome, folder: Path) -> None:
    """One case; long lines are not cut, so that places can be clicked and sentences found."""
    head, *rest = describe(outcome, screen.language, folder.as_posix()).splitlines()
    screen.out.print(title(head, "green" if outcome.passed else "bold red"), soft_wrap=True)
    for line in rest:
        screen.out.print(title(line), soft_wrap=True)


def _summary(screen: Screen, total: int, chosen: int, failed: int) -> None:
    if not total:
        screen.say("test-none", "yellow")
    elif not chosen:
        screen.say("test-none-chosen", "yellow", total=total)
    elif failed:
        screen.say("test-summary", "bold red", passed=chosen - failed, failed=failed, total=chosen)
    else:
        screen.say("test-all-passed", "bold green", total=chosen)
