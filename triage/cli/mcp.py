"""`triage mcp`: the tools for language models over standard input and output."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from triage.cli.bases import base_folder
from triage.cli.database import DATABASE, VARIABLE, database_at, usable_folder, usage
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.model import Language, Text
from triage.refusals import refusal

if TYPE_CHECKING:
    from api.settings import Settings

__all__ = ["mcp"]

KEY = "TRIAGE_KEY"
"""The environment variable with the API key: command lines can be seen by others."""
BASES = typer.Argument(metavar="[BASE]...", help="help-mcp-base", show_default=False)
URL = typer.Option("--url", metavar="URL", help="help-mcp-url", show_default=False)
DATA = typer.Option("--data", metavar="FOLDER", help="help-mcp-data", show_default=False)


def mcp(
    ctx: typer.Context,
    bases: Annotated[list[str] | None, BASES] = None,
    url: Annotated[str | None, URL] = None,
    data: Annotated[Path | None, DATA] = None,
    database: Annotated[str | None, DATABASE] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Serve until the input ends."""
    screen = screen_of(ctx, lang)
    language: Language = screen.language if screen.chosen else "zh"
    if sys.stdin is None or sys.stdin.isatty():
        screen.complain(screen.word("mcp-waiting"), "yellow")
    if url is not None:
        if bases or data or database:
            raise usage("mcp-url-alone")
        _relay(_address(url), language)
        return Exit.FINE
    folders = tuple(base_folder(base) for base in bases) if bases else (base_folder(None),)
    database = database or os.environ.get(VARIABLE)
    if data is None and database is None:
        with _folder_for_now() as folder:
            _embedded(folders, folder, None, language, lasting=False)
    else:
        with _ending():
            _embedded(folders, data or Path("triage-data"), database, language, lasting=True)
    return Exit.FINE


def _embedded(folders: tuple[Path, ...], data: Path, database: str | None, language: Language, lasting: bool) -> None:
    import anyio  # noqa: PLC0415 - the service is loaded by its own commands only

    from api import logs  # noqa: PLC0415
    from api.bases import Bases  # noqa: PLC0415
    from api.mcp.stdio import embedded  # noqa: PLC0415
    from api.routes.health import software  # noqa: PLC0415
    from api.service import Service  # noqa: PLC0415
    from api.settings import Settings  # noqa: PLC0415

    settings = Settings(bases=folders, data=data, database=database, threads=1, database_threads=2, log_level="warning")
    _prepare(settings)
    logs.set_up("warning", sys.stderr)  # standard output is the client's
    service = Service.open(settings, Bases.open(folders))
    service.start()
    try:
        anyio.run(embedded, service, language, lasting, software())
    finally:
        service.close()


def _prepare(settings: Settings) -> None:
    """See that the database is of this version, and that decisions can be recorded."""
    for folder in (settings.data, settings.spool):
        usable_folder(folder, "--data")
    with database_at(settings.database, settings.data, current=True):
        pass


def _relay(url: str, language: Language) -> None:
    import anyio  # noqa: PLC0415

    from api.mcp.stdio import RefusedError, relayed  # noqa: PLC0415

    reached = False

    def connected() -> None:
        nonlocal reached
        reached = True

    try:
        with _ending():
            anyio.run(relayed, url, os.environ.get(KEY), language, connected)
    except RefusedError:
        raise usage("mcp-refused", url=url, variable=KEY) from None
    except Exception as error:
        if reached:
            raise
        raise usage("mcp-not-reached", url=url, why=_inner(error)) from None


def _inner(error: BaseException) -> str | Text:
    """What went wrong, without what it was wrapped in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    cause: BaseException | None = error
    while cause is not None:  # what the system said, if it was the system
        if isinstance(cause, OSError) and cause.errno:
            return refusal(cause)
        cause = cause.__cause__ or cause.__context__
    return str(error).partition("\n")[0] or type(error).__name__


def _address(url: str) -> str:
    """The address of the tools at a service.

    Raises:
        UsageError: It is no HTTP address.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise usage("mcp-url", url=url)
    return url if parts.path.strip("/") else f"{url.rstrip('/')}/mcp"


@contextmanager
def _folder_for_now() -> Iterator[Path]:
    """A folder that goes with this process, also when a host ends it by signal."""
    folder = Path(tempfile.mkdtemp(prefix="triage-mcp-"))
    try:
        with _ending(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ending(folder: Path | None = None) -> Iterator[None]:
    """End at once when told to: a thread is reading the input and would not notice until the next line."""

    def end(number: int, _: Any) -> None:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
