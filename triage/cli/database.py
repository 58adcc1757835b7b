"""`triage db` and `triage purge`: the database of the service, and what the commands around it share."""

from __future__ import annotations

import errno
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.bases import UsageError
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.cli.words import WORDS
from triage.model import Text
from triage.refusals import refusal

if TYPE_CHECKING:
    from api.storage.database import Database

__all__ = ["DATA", "DATABASE", "DatabaseAction", "database_at", "db", "purge", "shown_url", "usable_folder", "usage", "why_gone"]

DATA = typer.Option("--data", metavar="FOLDER", help="help-data")
DATABASE = typer.Option("--database", metavar="URL", help="help-database", show_default=False)
VARIABLE = "TRIAGE_DATABASE"
_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")
"""Also in what is no URL after all."""


class DatabaseAction(StrEnum):
    """What `triage db` does."""

    status = "status"
    upgrade = "upgrade"
    downgrade = "downgrade"


def db(
    ctx: typer.Context,
    action: Annotated[DatabaseAction, typer.Argument(help="help-db-action")] = DatabaseAction.status,
    database: Annotated[str | None, DATABASE] = None,
    data: Annotated[Path, DATA] = Path("triage-data"),
    to: Annotated[str | None, typer.Option("--to", metavar="VERSION", help="help-db-to", show_default=False)] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Show or change the version of the database."""
    from alembic.util import CommandError  # noqa: PLC0415 - the service is loaded by its own commands only

    from api.storage.upgrading import downgrade, revisions, upgrade  # noqa: PLC0415

    screen = screen_of(ctx, lang)
    with database_at(database, data) as opened:
        try:
            if action is DatabaseAction.upgrade:
                upgrade(opened)
            elif action is DatabaseAction.downgrade:
                if to is None:
                    raise usage("db-to")
                downgrade(opened, to)
        except CommandError:
            raise usage("db-no-such", to=str(to)) from None
        stands = revisions(opened)
        found = stands.found or screen.word("database-none")
        screen.say("db-status", url=shown_url(opened), found=found, needed=stands.needed)
    return Exit.FINE


def purge(
    ctx: typer.Context,
    older_than: Annotated[int, typer.Option("--older-than", metavar="DAYS", min=0, help="help-older-than", show_default=False)],
    database: Annotated[str | None, DATABASE] = None,
    data: Annotated[Path, DATA] = Path("triage-data"),
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Delete what is older than wanted."""
    from api.retention import purge as forget  # noqa: PLC0415

    screen = screen_of(ctx, lang)
    before = datetime.now(UTC) - timedelta(days=older_than)
    with database_at(database, data, current=True) as opened:
        counts = {table: str(count) for table, count in forget(opened, before).items()}
        screen.say("purge-done", before=f"{before:%Y-%m-%d %H:%M} UTC", **counts)
    return Exit.FINE


@contextmanager
def database_at(url: str | None, data: Path, *, current: bool = False) -> Iterator[Database]:
    """The database a command is about, closed at the end.

    Args:
        current: It must be at this software's version; the embedded one is brought there.

    Raises:
        UsageError: It cannot be made or reached, or is at another version.
    """
    from api.settings import Settings  # noqa: PLC0415
    from api.storage.database import DatabaseGoneError  # noqa: PLC0415
    from api.storage.upgrading import revisions, upgrade  # noqa: PLC0415

    url = url or os.environ.get(VARIABLE)
    with _unlogged():
        if url is None:
            usable_folder(data, "--data")
        opened = _opened(Settings(data=data, database=url).database_url)
        try:
            if current and opened.embedded:
                upgrade(opened)
            if current and not (stands := revisions(opened)).current:
                raise usage("database-behind", found=stands.found or "-", needed=stands.needed)
            yield opened
        except DatabaseGoneError as gone:
            raise usage("database-gone", url=shown_url(opened), why=why_gone(gone)) from None
        finally:
            opened.close()


def usable_folder(folder: Path, option: str) -> None:
    """Make a folder where there is none.

    Args:
        option: Which one named it.

    Raises:
        UsageError: It cannot be made, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except FileExistsError:
        raise usage("folder-in-the-way", path=str(folder), option=option) from None
    except OSError as error:
        raise usage("folder-not-usable", path=str(folder), why=refusal(error), option=option) from None


def why_gone(gone: Exception) -> Text:
    """What the database, or the way to it, says of why it cannot be reached; in its own words."""
    said = str(getattr(gone.__cause__, "orig", None) or "").strip()
    return Text(f"（{said}）", f" ({said})") if said else Text("", "")


def shown_url(database: Database) -> str:
    """Where a database is, without its password."""
    return database.engine.url.render_as_string(hide_password=True)


def usage(key: str, **parts: str | Text) -> UsageError:
    """A mistake in how a command was used, in both languages."""
    both = {name: Text(part, part) if isinstance(part, str) else part for name, part in parts.items()}
    zh = WORDS[key].zh.format(**{name: part.zh for name, part in both.items()})
    return UsageError(Text(zh, WORDS[key].en.format(**{name: part.en for name, part in both.items()})))


def _opened(url: str) -> Database:
    """A database, not connected yet.

    Raises:
        UsageError: It cannot be made, or the URL is none that can be used.
    """
    from psycopg import ProgrammingError  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError  # noqa: PLC0415

    from api.storage.database import Database  # noqa: PLC0415

    try:
        return Database(url, 1)
    except FileExistsError as error:  # where its folder should be
        raise usage("folder-in-the-way", path=str(error.filename), option="--database") from None
    except OSError as error:
        raise usage("database-not-made", url=url, why=refusal(error)) from None
    except (ArgumentError, NoSuchModuleError, ImportError, ProgrammingError, ValueError):
        raise usage("database-url", url=_PASSWORD.sub(r"\1***@", url)) from None


@contextmanager
def _unlogged() -> Iterator[None]:
    """Without the service's log: commands say what is wrong in a sentence, and standard output may be taking an export."""
    import structlog  # noqa: PLC0415

    if structlog.is_configured():  # where its log goes was decided
        yield
        return
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.reset_defaults()
