"""`triage mutate`: would the cases notice a mistake?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from triage.cli.bases import UsageError, base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, FAIL_UNDER, LANG, OUTPUT, screen_of
from triage.cli.saving import save
from triage.cli.screen import Screen, title
from triage.cli.tried import Trial, exactly
from triage.cli.waiting import Waiting
from triage.errors import nearest
from triage.examples import as_case, as_given
from triage.formats.parts import from_here
from triage.model import KnowledgeBase, Place, Text
from triage.mutants import OPERATORS, Mutant, mutants
from triage.mutation import FATES, MutationReport, Survivor, mutate

__all__ = ["mutate_base"]


class Format(StrEnum):
    """How a score is shown."""

    terminal = "terminal"
    json = "json"


ONLY = typer.Option("--rule", metavar="ID", help="help-mutate-rule", show_default=False)
SHOW = typer.Option("--show", metavar="N", min=0, help="help-most-shown")


def mutate_base(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    only: Annotated[list[str] | None, ONLY] = None,
    form: Annotated[Format, typer.Option("--format", help="help-format")] = Format.terminal,
    output: Annotated[Path | None, OUTPUT] = None,
    fail_under: Annotated[float | None, FAIL_UNDER] = None,
    show: Annotated[int, SHOW] = 10,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Plant mistakes and see who notices."""
    screen = screen_of(ctx, lang)
    trial = Trial(base_folder(base))
    chosen = _chosen(trial.knowledge, only or [])
    with Waiting(screen, screen.word("mutate-progress"), len(chosen)) as waiting:
        report = mutate(trial.compiled, trial.turns(failing=False), chosen, waiting.step)
    left_out = trial.complain(screen, "mutate-failing")
    if form is Format.json:
        save(json.dumps(_plain(screen, trial, report), ensure_ascii=False, indent=2) + "\n", output)
    else:
        _show(screen, trial, report, show)
    if fail_under is not None and report.score is not None and report.score < Fraction(str(fail_under)) / 100:
        screen.complain(screen.word("mutate-below", score=exactly(report.score), wanted=f"{fail_under:g}"))
        return Exit.CASES_FAILED
    return left_out


def _chosen(knowledge: KnowledgeBase, only: list[str]) -> list[Mutant]:
    known = [*knowledge.rules, *knowledge.messages]
    for name in only:
        if name not in known:
            close = nearest(name, known)
            zh, en = (f"；是不是想写 `{close}`？", f"; did you mean `{close}`?") if close else ("", "")
            raise UsageError(Text(f"知识库里没有规则或话术 `{name}`{zh}", f"the base has no rule or message `{name}`{en}"))
    return [mutant for mutant in mutants(knowledge) if not only or not set(only).isdisjoint(mutant.about)]


def _place(knowledge: KnowledgeBase, survivor: Survivor) -> Place:
    name = survivor.about[0]
    return knowledge.messages[name].place if survivor.of == "message" else knowledge.rules[name].place


def _where(trial: Trial, survivor: Survivor) -> str:
    place = _place(trial.knowledge, survivor)
    return f"{from_here(trial.folder.as_posix(), place.file)}:{place.line}:{place.column}"


def _show(screen: Screen, trial: Trial, report: MutationReport, most: int) -> None:
    groups = list(_by_call(report.survivors).values())
    for group in groups[:most]:
        for survivor in group:
            text = survivor.text.get(screen.language)
            head = screen.word("mutate-survivor", where=_where(trial, survivor), text=text)
            screen.out.print(title(head, "yellow"), soft_wrap=True)
        screen.out.print(title(screen.word("mutate-paste"), "dim"), soft_wrap=True)
        for line in _killer(screen, trial.knowledge, group).splitlines():
            screen.out.print(title(f"    {line}"), soft_wrap=True)
    if len(groups) > most:
        screen.say("mutate-more", count=sum(map(len, groups[most:])), all=len(groups))
    fates = {fate: report.count(fate) for fate in FATES}
    screen.say("mutate-summary", "", total=len(report.verdicts), **fates)
    if report.score is None:
        screen.say("mutate-none", "yellow")
    else:
        screen.say("mutate-score", "bold green" if report.score == 1 else "bold", score=exactly(report.score))


def _by_call(survivors: Iterable[Survivor]) -> dict[tuple[tuple[str, str], ...], list[Survivor]]:
    """Survivors by the call that shows them: one case may notice several."""
    found: dict[tuple[tuple[str, str], ...], list[Survivor]] = {}
    for survivor in survivors:
        found.setdefault(tuple(sorted(survivor.call.items())), []).append(survivor)
    return found


def _killer(screen: Screen, knowledge: KnowledgeBase, group: Sequence[Survivor]) -> str:
    """The case that would notice all of a group, in YAML."""
    name = screen.word("mutate-name", what=group[0].text.get(screen.language))
    return as_case(name, as_given(knowledge, group[0].call), [survivor.expects for survivor in group])


def _plain(screen: Screen, trial: Trial, report: MutationReport) -> dict[str, Any]:
    def survivor(found: Survivor) -> dict[str, Any]:
        return {
            "id": found.id,
            "place": _where(trial, found),
            "text": found.text.get(screen.language),
            "call": dict(found.call),
            "case": _killer(screen, trial.knowledge, [found]),
        }

    return {
        "score": None if report.score is None else {"killed": report.count("killed"), "of": report.score_of},
        "operators": {op: {fate: report.count(fate, op) for fate in FATES} for op in OPERATORS},
        "mutants": [{"id": v.id, "operator": v.operator, "fate": v.fate, "by": v.by or None} for v in report.verdicts],
        "survivors": [survivor(found) for found in report.survivors],
    }
