"""`triage replay`: logged decisions against another base."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.bases import base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, OUTPUT, screen_of
from triage.cli.saving import save
from triage.cli.screen import Screen, title
from triage.cli.waiting import Waiting
from triage.comparison import compare
from triage.expert import ExpertSystem
from triage.loading.revisions import at_revision

if TYPE_CHECKING:
    from triage.logs import Log

__all__ = ["LOG", "TEST_TRAFFIC", "followed", "opened", "replay_log"]


class Format(StrEnum):
    """How the result is shown."""

    terminal = "terminal"
    json = "json"
    markdown = "markdown"


LOG = typer.Argument(metavar="LOG", help="help-log", show_default=False)
NEW = typer.Option("--knowledge", "-k", metavar="NEW", help="help-replay-new", show_default=False)
OLD = typer.Option("--old", metavar="OLD", help="help-replay-old", show_default=False)
UNFINISHED = typer.Option("--unfinished", help="help-replay-unfinished", show_default=False)
TEST_TRAFFIC = typer.Option("--test-traffic", help="help-test-traffic", show_default=False)
IGNORE = typer.Option("--ignore-unknown", help="help-ignore-unknown", show_default=False)
FAIL = typer.Option("--fail-on-change", help="help-fail-on-change", show_default=False)
SHOW = typer.Option("--show", metavar="N", min=1, help="help-replay-show")


def replay_log(
    ctx: typer.Context,
    log: Annotated[Path, LOG],
    knowledge: Annotated[str | None, NEW] = None,
    old: Annotated[str | None, OLD] = None,
    form: Annotated[Format, typer.Option("--format", help="help-format")] = Format.terminal,
    output: Annotated[Path | None, OUTPUT] = None,
    fail_on_change: Annotated[bool, FAIL] = False,
    unfinished: Annotated[bool, UNFINISHED] = False,
    test_traffic: Annotated[bool, TEST_TRAFFIC] = False,
    ignore_unknown: Annotated[bool, IGNORE] = False,
    show: Annotated[int, SHOW] = 5,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Replay a whole log."""
    from triage.logs import Log  # noqa: PLC0415 - NumPy takes a moment, and no other command needs it
    from triage.replay import Choice, replay  # noqa: PLC0415
    from triage.replay_report import as_json, as_markdown, as_terminal  # noqa: PLC0415

    screen = screen_of(ctx, lang)
    decisions = Log(log)
    new, before = opened(knowledge), opened(old) if old else None
    exact = before is not None and before.too_large is None and new.too_large is None
    comparison = compare(before.knowledge, new.knowledge) if before is not None and exact else None
    choice = Choice(unfinished, test_traffic, ignore_unknown)
    with followed(screen, "replay-running", decisions) as progress:
        found = replay(decisions, new, before, choice, comparison=comparison, progress=progress)
    if form is Format.json:
        save(as_json(found), output)
    elif form is Format.markdown:
        save(as_markdown(found, new.knowledge, screen.language, log.name, show), output)
    else:
        lines = as_terminal(found, new.knowledge, screen.language, log.name, show)
        if output is None:
            for line, style in lines:
                screen.out.print(title(line, style), soft_wrap=True)
        else:
            save("".join(f"{line}\n" for line, _ in lines), output)
    return Exit.CASES_FAILED if fail_on_change and not found.all_alike else Exit.FINE


def opened(named: str | None) -> ExpertSystem:
    """The expert system for a base: a folder, the name of a shipped base, or `REV:PATH` for a folder at a git revision.

    Raises:
        UsageError: There is no such base.
        RevisionError: There is no such revision or folder.
        KnowledgeError: The base has mistakes.
    """
    if named is not None and ":" in named and not Path(named).is_dir():
        with at_revision(named) as folder:
            return ExpertSystem.open(folder)
    return ExpertSystem.open(base_folder(named))


@contextmanager
def followed(screen: Screen, key: str, log: Log, times: int = 1) -> Iterator[Callable[[int], None]]:
    """A bar while a log is read, once or several times; gives the function to tell of progress."""
    done = 0
    with Waiting(screen, screen.word(key), max(times * log.total, 1)) as bar:

        def to(now: int) -> None:
            nonlocal done
            bar.step(now - done)
            done = now

        yield to
