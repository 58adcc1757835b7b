"""`triage new`: beginnings of bases, facts and rules."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from triage.authoring.adding import Added, new_fact, new_rule
from triage.authoring.layers import skipped_layers
from triage.authoring.skeletons import NewRule
from triage.authoring.starting import new_base
from triage.cli.authors import own_folder, refusal
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.cli.screen import Screen, title
from triage.loading import load_knowledge

__all__ = ["new"]

HOME = Path("knowledge")

OF = typer.Argument(metavar="BASE", help="help-new-of", show_default=False)
FILE = typer.Option("--file", metavar="FILE", help="help-new-file", show_default=False)
VALUES = typer.Option("--values", metavar="A,B,…", help="help-new-values")
GATE = typer.Option("--applies-when", metavar="FACT=VALUE", help="help-new-gate", show_default=False)
WHEN = typer.Option("--when", metavar="FACT=VALUE", help="help-new-when", show_default=False)
THEN = typer.Option("--then", metavar="FACT=VALUE", help="help-new-then", show_default=False)
PRIORITY = typer.Option("--priority", metavar="N", min=0, max=1000, help="help-new-priority")
CASES = typer.Option("--cases", metavar="FILE", help="help-new-cases", show_default=False)

new = typer.Typer(add_completion=False)


@new.callback(invoke_without_command=True)
def beginnings(ctx: typer.Context, lang: Annotated[Lang | None, LANG] = None) -> None:
    """What stands before the kind of thing to begin."""
    ctx.obj = screen_of(ctx, lang)
    if ctx.invoked_subcommand is None:
        ctx.get_help()
        raise typer.Exit(Exit.FINE)


@new.command("base", help="help-new-base")
def base(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="help-new-folder", show_default=False)],
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Make a base."""
    screen = screen_of(ctx, lang)
    named = Path(folder)
    target = HOME / named if len(named.parts) == 1 and not named.is_absolute() and HOME.is_dir() else named
    files = new_base(target)
    shown = target.as_posix()
    screen.say("new-base-done", "bold green", folder=shown, count=len(files))
    for file in files:
        screen.out.print(title(f"  {file.as_posix()}"), soft_wrap=True)
    _next(screen, "new-base-next", folder=shown)
    return Exit.FINE


@new.command("fact", help="help-new-fact", epilog="help-new-fact-examples")
def fact(
    ctx: typer.Context,
    base: Annotated[str, OF],
    name: Annotated[str, typer.Argument(metavar="ID", help="help-new-fact-id", show_default=False)],
    values: Annotated[str, VALUES] = "seen,not_seen",
    applies_when: Annotated[list[str] | None, GATE] = None,
    file: Annotated[str | None, FILE] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Add a fact."""
    screen = screen_of(ctx, lang)
    folder, listed = own_folder(base), _split(values)
    gate = _conditions("--applies-when", applies_when)
    _show(screen, folder, name, new_fact(folder, name, listed, _inside(folder, file), gate))
    if not gate:
        screen.out.print(title(screen.word("new-fact-ungated", name=name), "yellow"), soft_wrap=True)
    _next(screen, "new-fact-next", base=base, name=name, value=listed[0])
    return Exit.FINE


@new.command("rule", help="help-new-rule", epilog="help-new-rule-examples")
def rule(
    ctx: typer.Context,
    base: Annotated[str, OF],
    name: Annotated[str, typer.Argument(metavar="ID", help="help-new-rule-id", show_default=False)],
    when: Annotated[list[str] | None, WHEN] = None,
    then: Annotated[list[str] | None, THEN] = None,
    priority: Annotated[int, PRIORITY] = 50,
    file: Annotated[str | None, FILE] = None,
    cases: Annotated[str | None, CASES] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Add a rule and a case."""
    screen = screen_of(ctx, lang)
    folder = own_folder(base)
    conclusions = dict(_pairs("--then", "situation=area_outage", then or ()))
    wanted = NewRule(name, _conditions("--when", when), conclusions, priority)
    _show(screen, folder, name, new_rule(folder, wanted, _inside(folder, file), _inside(folder, cases)))
    for advice in skipped_layers(load_knowledge(folder), wanted):
        screen.out.print(title(advice.get(screen.language), "yellow"), soft_wrap=True)
    _next(screen, "new-rule-next", base=base, name=name)
    return Exit.FINE


def _show(screen: Screen, folder: Path, name: str, added: Iterable[Added]) -> None:
    """What was added, each in a line whose place can be clicked."""
    words = {"fact": "new-fact", "question": "new-question", "rule": "new-rule", "case": "new-case"}
    for part in added:
        where = f"{(folder / part.place.file).as_posix()}:{part.place.line}:{part.place.column}"
        screen.out.print(title(screen.word(words[part.what], place=where, name=name), "green"), soft_wrap=True)


def _next(screen: Screen, key: str, **parts: str) -> None:
    """What to do next; never cut into lines, so that commands can be copied."""
    screen.out.print(title(screen.word(key, **parts), "dim"), soft_wrap=True)


def _conditions(option: str, given: Iterable[str] | None) -> dict[str, list[str]]:
    """Values by fact."""
    return {fact: _split(values) for fact, values in _pairs(option, "complaint=no_power,partial_power", given or ())}


def _split(values: str) -> list[str]:
    return [value.strip() for value in values.split(",")]


def _pairs(option: str, example: str, given: Iterable[str]) -> Iterable[tuple[str, str]]:
    """`fact=value`, each fact once."""
    seen: set[str] = set()
    for written in given:
        fact, equals, value = (part.strip() for part in written.partition("="))
        if not (fact and equals and value):
            raise refusal("new-form", option=option, example=example, given=written)
        if fact in seen:
            raise refusal("new-twice", option=option, fact=fact)
        seen.add(fact)
        yield fact, value


def _inside(folder: Path, file: str | None) -> str | None:
    """A file's name from the base's folder on, also where it was named from the current one."""
    if file is None:
        return None
    whole, home = Path(file).absolute(), folder.absolute()
    return (whole.relative_to(home) if whole.is_relative_to(home) else Path(file)).as_posix()
