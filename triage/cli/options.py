"""Arguments and options that several commands share. Their help is a key of `triage.cli.words`; `app` puts the words in."""

from __future__ import annotations

from typing import cast

import typer

from triage.cli.language import Lang
from triage.cli.screen import Screen

__all__ = ["BASE", "BASE_OPTION", "FACTS", "FAIL_UNDER", "LANG", "OUTPUT", "REGION", "SYSTEM", "screen_of"]

BASE = typer.Argument(metavar="BASE", help="help-base", show_default=False)
BASE_OPTION = typer.Option("--base", metavar="BASE", help="help-base", show_default=False)
FACTS = typer.Argument(metavar="FACTS.json|-", help="help-facts", show_default=False)
SYSTEM = typer.Option("--system", metavar="SYSTEM", help="help-system", show_default=False)
REGION = typer.Option("--region", metavar="REGION", help="help-region", show_default=False)
OUTPUT = typer.Option("--output", "-o", metavar="FILE", help="help-output", show_default=False)
FAIL_UNDER = typer.Option("--fail-under", metavar="PERCENT", min=0, max=100, help="help-fail-under", show_default=False)
LANG = typer.Option("--lang", "--language", help="help-lang", show_default=False)


def screen_of(ctx: typer.Context, lang: Lang | None) -> Screen:
    """The screen to work on: in the language given after the command's name, else in the one `main` found."""
    screen = cast(Screen, ctx.obj)
    return screen if lang is None else Screen(lang.value, chosen=True)
