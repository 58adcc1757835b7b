"""`triage handbook`: a knowledge base as a readable manual."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from triage.cli.bases import base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, LANG, screen_of
from triage.cli.saving import save
from triage.errors import KnowledgeError
from triage.expert import ExpertSystem
from triage.handbook import handbook
from triage.loading.cases import read_cases

__all__ = ["write_handbook"]

OUT = typer.Option("--output", "-o", metavar="FILE.html", help="help-handbook-output", show_default=False)


def write_handbook(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    output: Annotated[Path | None, OUT] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Write the handbook of a base."""
    screen = screen_of(ctx, lang)
    folder = base_folder(base)
    system = ExpertSystem.open(folder)
    read = read_cases(folder, system.knowledge)
    if read.problems:  # examples are left out for it, no more
        screen.complain(KnowledgeError(folder, read.problems).render(screen.language), "")
    page = handbook(system, screen.language, read.cases)
    save(page, output)
    if output is not None:
        screen.say("handbook-written", file=output, kilobytes=len(page.encode()) // 1000)
    return Exit.FINE
