"""`triage log`: the service's decision log."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.database import DATA, DATABASE, database_at, usage
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, OUTPUT, screen_of
from triage.cli.remote import KEY, URL, Remote
from triage.model import Text
from triage.refusals import refusal

__all__ = ["log"]


class Format(StrEnum):
    """What is written."""

    jsonl = "jsonl"
    parquet = "parquet"


SINCE = typer.Option("--since", metavar="TIME", help="help-log-since", show_default=False)
UNTIL = typer.Option("--until", metavar="TIME", help="help-log-until", show_default=False)
BASE = typer.Option("--base", metavar="NAME", help="help-log-base", show_default=False)

log = typer.Typer(add_completion=False)


@log.callback(invoke_without_command=True)
def decisions(ctx: typer.Context, lang: Annotated[Lang | None, LANG] = None) -> None:
    """What stands before what is done."""
    ctx.obj = screen_of(ctx, lang)
    if ctx.invoked_subcommand is None:
        ctx.get_help()
        raise typer.Exit(Exit.FINE)


@log.command("export", help="help-log-export", epilog="help-log-export-examples")
def export(
    ctx: typer.Context,
    output: Annotated[Path | None, OUTPUT] = None,
    form: Annotated[Format | None, typer.Option("--format", help="help-log-format", show_default=False)] = None,
    since: Annotated[str | None, SINCE] = None,
    until: Annotated[str | None, UNTIL] = None,
    base: Annotated[str | None, BASE] = None,
    database: Annotated[str | None, DATABASE] = None,
    data: Annotated[Path, DATA] = Path("triage-data"),
    url: Annotated[str | None, URL] = None,
    key: Annotated[str | None, KEY] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Write the log to a file."""
    screen = screen_of(ctx, lang)
    wanted = form or (Format.parquet if output is not None and output.suffix == ".parquet" else Format.jsonl)
    if wanted is Format.parquet and output is None:
        raise usage("log-needs-file")
    begin, end = _time(since, "--since"), _time(until, "--until")
    if url is not None:
        remote = Remote(url, key, screen.language)
        parts = {"since": begin and begin.isoformat(), "until": end and end.isoformat(), "base": base, "format": wanted.value}
        with remote.opened("GET", "/v1/decisions/export", **parts) as answer, _written(output) as file:
            shutil.copyfileobj(answer, file)
        return Exit.FINE
    from api import exporting  # noqa: PLC0415 - the service is loaded by its own commands only
    from api.storage.log import Selection  # noqa: PLC0415

    chosen = Selection(begin, end or datetime.now(UTC), base)
    with database_at(database, data, current=True) as opened:
        if wanted is Format.parquet and output is not None:
            count = exporting.to_parquet(opened, chosen, output)
        else:
            with _written(output) as file:
                count = sum(_copied(lines, file) for lines in exporting.lines(opened, chosen))
    screen.complain(screen.word("log-exported", count=f"{count:,}"), "green")
    return Exit.FINE


def _copied(lines: bytes, file: _Output) -> int:
    """How many lines were written."""
    file.write(lines)
    return lines.count(b"\n")


class _Output:
    """Where bytes go: a file, or standard output. What it refuses is told apart from what a service we read from does."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        with self._refusing():
            self._file = sys.stdout.buffer if path is None else path.open("wb")

    def write(self, data: bytes) -> None:
        """Write them.

        Raises:
            UsageError: They cannot be.
        """
        with self._refusing():
            self._file.write(data)

    def end(self) -> None:
        """Bring everything there.

        Raises:
            UsageError: It cannot be.
        """
        with self._refusing():
            self._file.flush()

    def close(self) -> None:
        """Let go of the file; after a mistake that was told, no second one."""
        if self._path is not None:
            with suppress(OSError):
                self._file.close()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:  # nobody reads on
            raise
        except OSError as error:
            where = Text("标准输出", "standard output") if self._path is None else f"`{self._path}`"
            raise usage("log-not-written", path=where, why=refusal(error)) from None


@contextmanager
def _written(path: Path | None) -> Iterator[_Output]:
    """Where bytes go, opened and brought to its end."""
    sys.stdout.flush()
    output = _Output(path)
    try:
        yield output
        output.end()
    finally:
        output.close()


def _time(given: str | None, option: str) -> datetime | None:
    """A time in UTC; a day means its beginning here.

    Raises:
        UsageError: It is none.
    """
    if given is None:
        return None
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except (ValueError, OverflowError):
        raise usage("log-time", option=option, given=given) from None
