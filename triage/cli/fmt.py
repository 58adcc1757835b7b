"""`triage fmt`: knowledge and case files in one layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from triage.authoring.formatting import Formatted, format_file, format_folder
from triage.authoring.writing import write_file
from triage.cli.authors import own_folder, refusal
from triage.cli.bases import base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.cli.screen import Screen, title

__all__ = ["fmt"]

PATHS = typer.Argument(metavar="[BASE|FILE]…", help="help-fmt-paths", show_default=False)
CHECK = typer.Option("--check", help="help-fmt-check", show_default=False)
DIFF = typer.Option("--diff", help="help-fmt-diff", show_default=False)
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def fmt(
    ctx: typer.Context,
    paths: Annotated[list[str] | None, PATHS] = None,
    check: Annotated[bool, CHECK] = False,
    diff: Annotated[bool, DIFF] = False,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Lay out files, or say which are not."""
    screen = screen_of(ctx, lang)
    only_look = check or diff
    seen = list(_formatted(paths or [None], only_look=only_look))
    for file in seen:
        _report(screen, file, only_look=only_look, diff=diff)
    changed, broken = sum(file.changed for file in seen), sum(file.after is None for file in seen)
    fine = len(seen) - changed - broken
    if not changed:
        screen.say("fmt-fine", "bold green", fine=fine)
    elif only_look:
        screen.say("fmt-summary-check", "bold yellow", changed=changed, fine=fine)
    else:
        screen.say("fmt-summary", "bold green", changed=changed, fine=fine)
    if broken:
        screen.complain(screen.word("fmt-broken", count=broken))
        return Exit.WRONG_KNOWLEDGE
    return Exit.CASES_FAILED if changed and only_look else Exit.FINE


def _formatted(paths: Iterable[str | None], *, only_look: bool) -> Iterator[Formatted]:
    """Every file that is meant, once."""
    done: set[Path] = set()
    for named in paths:
        for file in _of_one(named, only_look=only_look):
            if file.path.absolute() not in done:
                done.add(file.path.absolute())
                yield file


def _of_one(named: str | None, *, only_look: bool) -> Iterator[Formatted]:
    path = None if named is None else Path(named)
    if path is None or not path.is_file():
        yield from format_folder(base_folder(named) if only_look else own_folder(named))
    elif path.suffix == ".yaml":
        yield format_file(path)
    else:
        raise refusal("fmt-not-yaml", file=path.as_posix())


def _report(screen: Screen, file: Formatted, *, only_look: bool, diff: bool) -> None:
    for problem in file.problems:
        screen.complain(problem.render(screen.language))
    if not file.changed or file.after is None:
        return
    if not only_look:
        write_file(file.path, file.after)
    key = "fmt-would" if only_look else "fmt-done"
    screen.out.print(title(screen.word(key, file=file.path.as_posix()), "yellow" if only_look else "green"), soft_wrap=True)
    for line in file.diff() if diff else ():
        screen.out.print(title(line, _STYLES.get(line[:1], "")), soft_wrap=True)
