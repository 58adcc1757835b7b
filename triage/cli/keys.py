"""`triage keys`: API keys of the service."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from triage.cli.database import DATA, DATABASE, database_at, shown_url, usage
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.cli.screen import Screen

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from api.storage.database import Database

__all__ = ["KeysAction", "Scope", "keys"]


class KeysAction(StrEnum):
    """What `triage keys` does."""

    create = "create"
    list = "list"
    revoke = "revoke"


class Scope(StrEnum):
    """What a key may be good for."""

    triage = "triage"
    calls = "calls"
    knowledge = "knowledge"
    log = "log"


def keys(
    ctx: typer.Context,
    action: Annotated[KeysAction, typer.Argument(help="help-keys-action")] = KeysAction.list,
    key: Annotated[str | None, typer.Argument(metavar="ID", help="help-keys-id", show_default=False)] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="help-keys-name", show_default=False)] = "",
    scope: Annotated[list[Scope] | None, typer.Option("--scope", help="help-keys-scope", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="help-keys-json", show_default=False)] = False,
    database: Annotated[str | None, DATABASE] = None,
    data: Annotated[Path, DATA] = Path("triage-data"),
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Make, list or revoke API keys."""
    screen = screen_of(ctx, lang)
    if json and action is not KeysAction.list:
        raise usage("keys-json")
    with database_at(database, data, current=True) as opened:
        if action is KeysAction.create:
            _create(screen, opened, name, scope or [Scope.triage, Scope.calls])
        elif action is KeysAction.list:
            _list(screen, opened, json=json)
        else:
            _revoke(screen, opened, key)
    return Exit.FINE


def _create(screen: Screen, database: Database, name: str, scopes: list[Scope]) -> None:
    from api.auth import make_key  # noqa: PLC0415 - the service is loaded by its own commands only
    from api.storage import keys as stored  # noqa: PLC0415

    name = name.strip()[:128]
    made = make_key(name, tuple(dict.fromkeys(scope.value for scope in scopes)))
    with database.writing() as connection:
        valid = [row for row in stored.everything(connection) if row["revoked_at"] is None]
        stored.add(connection, made.row)
    screen.say("keys-made", secret=made.secret, id=made.row["id"], scopes=made.row["scopes"], url=shown_url(database))
    if not valid:
        screen.say("keys-needed-now", "yellow")
    namesakes = [row["id"] for row in valid if row["name"] == name]
    if not name:
        screen.complain(screen.word("keys-nameless"), "yellow")
    elif namesakes:
        screen.complain(screen.word("keys-namesake", ids=screen.join(namesakes)), "yellow")


def _list(screen: Screen, database: Database, *, json: bool) -> None:
    from api.storage import keys as stored  # noqa: PLC0415

    with database.reading() as connection:
        found = stored.everything(connection)
    if json:
        screen.json([_as_json(row) for row in found])
        return
    if not found:
        screen.say("keys-none")
        return
    table = Table(*(screen.word(f"keys-{column}") for column in ("id", "name", "scopes", "created", "state")))
    for row in found:
        revoked = row["revoked_at"]
        state = screen.word("keys-gone", at=_day(revoked)) if revoked else screen.word("keys-valid")
        table.add_row(row["id"], row["name"], row["scopes"], _day(row["created_at"]), state)
    screen.show(table)


def _as_json(row: RowMapping) -> dict[str, Any]:
    """A key as the list has it; times in UTC."""
    made, revoked = row["created_at"], row["revoked_at"]
    scopes = row["scopes"].split()
    whole = {"id": row["id"], "name": row["name"], "scopes": scopes, "created_at": _stamp(made)}
    return {**whole, "revoked_at": _stamp(revoked) if revoked else None}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _revoke(screen: Screen, database: Database, key: str | None) -> None:
    from api.storage import keys as stored  # noqa: PLC0415

    if key is None:
        raise usage("keys-needs-id")
    with database.writing() as connection:
        revoked = stored.revoke(connection, key, datetime.now(UTC))
    if not revoked:
        raise usage("keys-no-such", id=key)
    screen.say("keys-revoked", id=key)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
