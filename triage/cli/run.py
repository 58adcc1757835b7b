"""`triage run`: a call in JSON, its assessment in JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from triage.cli.bases import check_systems, open_base
from triage.cli.exits import Exit
from triage.cli.facts_file import read_facts
from triage.cli.language import Lang
from triage.cli.options import BASE_OPTION, FACTS, LANG, REGION, SYSTEM, screen_of

__all__ = ["Explain", "run"]


class Explain(StrEnum):
    """How much of the reasons to give."""

    none = "none"
    summary = "summary"
    full = "full"


def run(
    ctx: typer.Context,
    facts: Annotated[str, FACTS],
    base: Annotated[str | None, BASE_OPTION] = None,
    explain: Annotated[Explain | None, typer.Option("--explain", help="help-explain-option", show_default=False)] = None,
    system: Annotated[list[str] | None, SYSTEM] = None,
    region: Annotated[str | None, REGION] = None,
    max_questions: Annotated[int | None, typer.Option(metavar="N", help="help-max-questions", show_default=False)] = None,
    questions: Annotated[int | None, typer.Option(metavar="N", help="help-questions", show_default=False)] = None,
    look_ahead: Annotated[int | None, typer.Option(metavar="N", help="help-look-ahead", show_default=False)] = None,
    now: Annotated[str | None, typer.Option(metavar="TIME", help="help-now", show_default=False)] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Assess one call. What the command line says of the options goes before what the input says."""
    screen = screen_of(ctx, lang)
    data = read_facts(facts)
    expert = open_base(base)
    given: dict[str, Any] = {
        "explain": explain.value if explain else None,
        "region": region,
        "max_questions": max_questions,
        "questions": questions,
        "look_ahead": look_ahead,
        "now": now,
        "language": screen.language if screen.chosen else None,
    }
    options = {"language": screen.language, **data.get("options", {})}
    options |= {name: value for name, value in given.items() if value is not None}
    if system:
        options["systems"] = list(check_systems(expert, system))
    screen.json(expert.assess_json({**data, "options": options}))
    return Exit.FINE
