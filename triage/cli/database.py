"""`triage db` and `triage purge`: the database of the service, and what the commands around it share."""

from __future__ import annotations

import os
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

if TYPE_CHECKING:
    from api.storage.database import Database

__all__ = ["DATA", "DATABASE", "DatabaseAction", "database_at", "db", "purge", "shown_url", "usage"]

DATA = typer.Option("--data", metavar="FOLDER", help="help-data")
DATABASE = typer.Option("--database", metavar="URL", help="help-database", show_default=False)
VARIABLE = "TRIAGE_DATABASE"


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
        UsageError: It cannot be reached, or is at another version.
    """
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError  # noqa: PLC0415

    from api.settings import Settings  # noqa: PLC0415
    from api.storage.database import Database, DatabaseGoneError  # noqa: PLC0415
    from api.storage.upgrading import revisions, upgrade  # noqa: PLC0415

    wanted = Settings(data=data, database=url or os.environ.get(VARIABLE)).database_url
    try:
        opened = Database(wanted, 1)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise usage("database-url", url=wanted) from None
    try:
        if current and opened.embedded:
            upgrade(opened)
        if current and not (stands := revisions(opened)).current:
            raise usage("database-behind", found=stands.found or "-", needed=stands.needed)
        yield opened
    except DatabaseGoneError:
        raise usage("database-gone", url=shown_url(opened)) from None
    finally:
        opened.close()


def shown_url(database: Database) -> str:
    """Where a database is, without its password."""
    return database.engine.url.render_as_string(hide_password=True)


def usage(key: str, **parts: str) -> UsageError:
    """A mistake in how a command was used, in both languages."""
    text = WORDS[key]
    return UsageError(Text(text.zh.format(**parts), text.en.format(**parts)))
