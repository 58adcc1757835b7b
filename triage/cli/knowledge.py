"""`triage knowledge`: versions of the service's knowledge bases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from triage.cli.bases import base_folder
from triage.cli.database import DATA, DATABASE, database_at, usage
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.cli.remote import KEY, URL, RefusedError, Remote
from triage.cli.screen import Screen, clean, title
from triage.cli.version_store import OnDatabase, OverHttp, Store

__all__ = ["knowledge"]

SHORT = 12
"""Digits of a digest that are shown."""
WHERE_DATA = Path("triage-data")
NAME = typer.Argument(metavar="BASE", help="help-knowledge-base", show_default=False)
VERSION = typer.Argument(metavar="VERSION", help="help-knowledge-version", show_default=False)
FOLDER = typer.Argument(metavar="FOLDER", help="help-knowledge-folder", show_default=False)
ALLOW = typer.Option("--allow-warnings", help="help-allow-warnings", show_default=False)
NOW = typer.Option("--activate", help="help-knowledge-now", show_default=False)
NOTE = typer.Option("--note", metavar="TEXT", help="help-knowledge-note", show_default=False)
REASON = typer.Option("--reason", metavar="TEXT", help="help-knowledge-note", show_default=False)
SHARE = typer.Option("--share", metavar="SHARE", min=0.0001, max=1, help="help-shadow-share")
END = typer.Option("--end", help="help-shadow-end", show_default=False)

Database = Annotated[str | None, DATABASE]
Data = Annotated[Path, DATA]
Url = Annotated[str | None, URL]
Key = Annotated[str | None, KEY]
Language = Annotated[Lang | None, LANG]

knowledge = typer.Typer(add_completion=False)


@knowledge.callback(invoke_without_command=True)
def versions(ctx: typer.Context, lang: Language = None) -> None:
    """What stands before what is done."""
    ctx.obj = screen_of(ctx, lang)
    if ctx.invoked_subcommand is None:
        ctx.get_help()
        raise typer.Exit(Exit.FINE)


@knowledge.command("list", help="help-knowledge-list")
def list_versions(
    ctx: typer.Context,
    base: Annotated[str | None, NAME] = None,
    database: Database = None,
    data: Data = WHERE_DATA,
    url: Url = None,
    key: Key = None,
    lang: Language = None,
) -> Exit:
    """Show versions and what was done with them."""
    screen = screen_of(ctx, lang)
    with _store(screen, database, data, url, key) as store:
        names = [base] if base else store.bases()
        for name in names:
            _show(screen, store.versions(name))
        if not names:
            screen.say("knowledge-none")
    return Exit.FINE


@knowledge.command("load", help="help-knowledge-load", epilog="help-knowledge-load-examples")
def load(
    ctx: typer.Context,
    folder: Annotated[str, FOLDER],
    activate: Annotated[bool, NOW] = False,
    allow_warnings: Annotated[bool, ALLOW] = False,
    note: Annotated[str | None, NOTE] = None,
    database: Database = None,
    data: Data = WHERE_DATA,
    url: Url = None,
    key: Key = None,
    lang: Language = None,
) -> Exit:
    """Check a version and keep it."""
    screen = screen_of(ctx, lang)
    with _store(screen, database, data, url, key) as store:
        try:
            found = store.load(base_folder(folder), allow_warnings, note and note[:500])
        except RefusedError as refused:
            if refused.code != "knowledge-refused":
                raise
            _refused(screen, refused, Path(folder))
            return Exit.WRONG_KNOWLEDGE
        loaded = found["version"]
        screen.say("knowledge-loaded", "green", **_named(loaded), findings=len(found["findings"]))
        if activate:
            _activated(screen, store.activate(loaded["name"], loaded["digest"]))
        elif not loaded["active"]:
            screen.say("knowledge-next", base=loaded["name"], version=loaded["digest"][:SHORT])
    return Exit.FINE


@knowledge.command("activate", help="help-knowledge-activate")
def activate(
    ctx: typer.Context,
    base: Annotated[str, NAME],
    version: Annotated[str, VERSION],
    database: Database = None,
    data: Data = WHERE_DATA,
    url: Url = None,
    key: Key = None,
    lang: Language = None,
) -> Exit:
    """Let a version answer from now on."""
    screen = screen_of(ctx, lang)
    with _store(screen, database, data, url, key) as store:
        _activated(screen, store.activate(base, version))
    return Exit.FINE


@knowledge.command("rollback", help="help-knowledge-rollback")
def roll_back(
    ctx: typer.Context,
    base: Annotated[str, NAME],
    reason: Annotated[str | None, REASON] = None,
    database: Database = None,
    data: Data = WHERE_DATA,
    url: Url = None,
    key: Key = None,
    lang: Language = None,
) -> Exit:
    """Go back to the version before."""
    screen = screen_of(ctx, lang)
    with _store(screen, database, data, url, key) as store:
        _activated(screen, store.roll_back(base, reason and reason[:500]))
    return Exit.FINE


@knowledge.command("shadow", help="help-knowledge-shadow", epilog="help-knowledge-shadow-examples")
def shadow(
    ctx: typer.Context,
    base: Annotated[str, NAME],
    version: Annotated[str | None, VERSION] = None,
    share: Annotated[float, SHARE] = 1.0,
    end: Annotated[bool, END] = False,
    database: Database = None,
    data: Data = WHERE_DATA,
    url: Url = None,
    key: Key = None,
    lang: Language = None,
) -> Exit:
    """Ask a candidate behind the answers, or show what it would have answered otherwise."""
    screen = screen_of(ctx, lang)
    if end and version is not None:
        raise usage("shadow-both")
    with _store(screen, database, data, url, key) as store:
        if version is not None:
            begun = store.begin_shadow(base, version, share)["shadow"]
            screen.say("shadow-begun", "green", base=base, version=begun["digest"][:SHORT], share=f"{begun['share']:.4g}")
        else:
            if end:
                store.end_shadow(base)
            _show_shadow(screen, store.shadow(base))
    return Exit.FINE


@contextmanager
def _store(screen: Screen, database: str | None, data: Path, url: str | None, key: str | None) -> Iterator[Store]:
    try:
        if url is not None:
            yield OverHttp(Remote(url, key, screen.language))
            return
        with database_at(database, data, current=True) as opened:
            yield OnDatabase(opened, screen.language)
    except RefusedError as refused:
        if refused.code != "knowledge-refused":
            raise
        screen.complain(refused.render(screen.language))
        raise typer.Exit(Exit.WRONG_KNOWLEDGE) from None


def _refused(screen: Screen, refused: RefusedError, folder: Path) -> None:
    for error in refused.errors:
        place = str(error["pointer"]).removeprefix("file:")
        where = f"{(folder / place).as_posix()}: " if place and ":" in place else ""
        screen.complain(f"{where}{error['detail']}   [{error['code']}]")
    screen.complain(refused.render(screen.language))


def _activated(screen: Screen, found: dict[str, Any]) -> None:
    active = next((version for version in found["versions"] if version["active"]), None)
    parts = _named(active) if active else {"name": found["base"], "version": "", "digest": str(found["active"])[:SHORT]}
    screen.say("knowledge-active", "green", **parts)


def _named(version: dict[str, Any]) -> dict[str, str]:
    return {"name": version["name"], "version": version["version"], "digest": version["digest"][:SHORT]}


def _show(screen: Screen, found: dict[str, Any]) -> None:
    screen.say("knowledge-title", "bold", base=found["base"])
    table = Table(*(screen.word(f"knowledge-column-{name}") for name in ("version", "digest", "state", "loaded", "note")))
    for version in found["versions"]:
        state = screen.join(screen.word(key) for key in _states(version, found))
        note = clean(version["note"] or "")
        table.add_row(version["version"], version["digest"][:SHORT], state, version["loaded_at"][:16], note)
    screen.show(table)
    for event in found["history"]:
        more = clean(event["reason"] or "")
        parts = {"at": event["at"][:16], "digest": event["digest"][:SHORT], "by": event["key_id"] or "-"}
        what = screen.word(f"knowledge-{event['kind'].replace('_', '-')}")
        line = screen.word("knowledge-event", number=event["number"], what=what, **parts)
        screen.out.print(title(f"  {line} {more}".rstrip(), "dim"), soft_wrap=True)


def _states(version: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    if version["active"]:
        yield "knowledge-is-active"
    if version["digest"] == found["previous"]:
        yield "knowledge-is-previous"
    if found["shadow"] and version["digest"] == found["shadow"]["digest"]:
        yield "knowledge-in-shadow"
    if version["withdrawn"]:
        yield "knowledge-withdrawn"
    if version["origin"] == "disk":
        yield "knowledge-from-disk"


def _show_shadow(screen: Screen, found: dict[str, Any]) -> None:
    state = screen.word("shadow-running" if found["running"] else "shadow-over")
    parts = {name: f"{found[name]:,}" for name in ("compared", "same", "changed", "not_accepted", "failed", "dropped")}
    screen.say("shadow-title", "bold", digest=found["digest"][:SHORT], against=(found["against"] or "")[:SHORT], state=state)
    screen.say("shadow-counts", **parts)
    if not found["differences"]:
        return
    table = Table(*(screen.word(f"shadow-column-{name}") for name in ("what", "before", "after", "count", "example")))
    for one in found["differences"]:
        what = one["name"] if one["kind"] in ("decision", one["name"]) else f"{one['kind']}: {one['name']}"
        example = one["examples"][0] if one["examples"] else ""
        table.add_row(what, one["before"] or "-", one["after"] or "-", f"{one['count']:,}", example)
    screen.show(table)
    if found["more"]:
        screen.say("shadow-more", "dim", count=found["more"])
