"""`triage serve`: the service, in as many processes as wanted."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triage.cli.bases import base_folder, shipped_bases
from triage.cli.database import DATA, DATABASE, VARIABLE, database_at, shown_url, usable_folder, usage, why_gone
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.cli.screen import Screen

if TYPE_CHECKING:
    from api.settings import Settings

__all__ = ["Level", "serve"]

GRACE_SECONDS = 15
"""How long requests under way may take when the service is asked to end."""
BASES = typer.Argument(metavar="[BASE]...", help="help-serve-bases", show_default=False)


class Level(StrEnum):
    """How much to log."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def serve(
    ctx: typer.Context,
    bases: Annotated[list[str] | None, BASES] = None,
    host: Annotated[str, typer.Option(help="help-host")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="help-port")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="help-workers")] = 1,
    database: Annotated[str | None, DATABASE] = None,
    data: Annotated[Path, DATA] = Path("triage-data"),
    migrate: Annotated[bool, typer.Option("--migrate", help="help-migrate", show_default=False)] = False,
    require_keys: Annotated[bool, typer.Option("--require-keys", help="help-require-keys", show_default=False)] = False,
    no_log: Annotated[bool, typer.Option("--no-log", help="help-no-log", show_default=False)] = False,
    rate: Annotated[float, typer.Option(min=0, help="help-rate")] = 500,
    log_level: Annotated[Level, typer.Option(help="help-log-level")] = Level.info,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Serve until told to end."""
    from api.settings import Settings  # noqa: PLC0415 - the service is loaded by its own commands only

    screen = screen_of(ctx, lang)
    folders = (
        [base_folder(base) for base in bases] if bases else sorted(shipped_bases().values(), key=lambda f: f.name != "power")
    )
    settings = Settings(
        bases=tuple(folders),
        data=data,
        database=database or os.environ.get(VARIABLE),
        host=host,
        port=port,
        require_keys=require_keys,
        decision_log=not no_log,
        per_second=rate,
        log_level=log_level.value,
    )
    _must_be_free(host, port)
    _prepare(screen, settings, migrate)
    screen.complain(screen.word("serve-starting", url=_url(host, port)), "green")
    _run(settings, workers)
    return Exit.FINE


def _prepare(screen: Screen, settings: Settings, migrate: bool) -> None:
    """See to the database, and say loudly what people should know."""
    from api.storage import keys as stored  # noqa: PLC0415
    from api.storage.database import DatabaseGoneError  # noqa: PLC0415
    from api.storage.upgrading import revisions, upgrade  # noqa: PLC0415

    for folder in (settings.data, settings.spool):
        usable_folder(folder, "--data")
    with database_at(settings.database, settings.data) as opened:
        try:
            if opened.embedded or migrate:
                upgrade(opened)
            stands = revisions(opened)
            if not stands.current:
                none = screen.word("database-none")
                raise usage("database-behind", found=stands.found or none, needed=stands.needed)
            with opened.reading() as connection:
                any_key = stored.any_valid(connection)
            database = shown_url(opened)
        except DatabaseGoneError as gone:
            screen.complain(screen.word("serve-gone", why=why_gone(gone).get(screen.language)), "bold yellow")
            return
    if not any_key:
        open_here = settings.on_loopback and not settings.require_keys
        to_make_one = screen.word("serve-make-key", where=_where(settings, database))
        screen.complain(f"{screen.word('serve-open' if open_here else 'serve-no-key')}{to_make_one}", "bold yellow")


def _where(settings: Settings, database: str) -> str:
    """The options by which a command anywhere on this machine finds the database of this service."""
    option, place = ("--database", database) if settings.database else ("--data", str(settings.data.absolute()))
    return f"{option} {shlex.quote(place)}"


def _run(settings: Settings, workers: int) -> None:
    import uvicorn  # noqa: PLC0415

    os.environ.update(settings.to_environment())
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }
    if workers > 1:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_emptied(settings.data / "metrics"))
    from api import logs  # noqa: PLC0415 - after the figures' folder is known
    from api.app import make_app  # noqa: PLC0415
    from api.bases import Bases  # noqa: PLC0415
    from api.wire import LISTENING  # noqa: PLC0415

    logs.set_up(settings.log_level)
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn ends by it, and then sends it once more to whoever was there before
    if workers == 1:
        uvicorn.run(make_app(settings), **options, **LISTENING)
    else:
        Bases.open(settings.bases)  # mistakes are told once, here
        uvicorn.run("api.app:create", factory=True, workers=workers, **options, **LISTENING)


def _must_be_free(host: str, port: int) -> None:
    """Find out before the bases are opened.

    Raises:
        UsageError: Somebody else listens there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError:
            raise usage("serve-port-taken", host=host, port=str(port)) from None


def _emptied(folder: Path) -> Path:
    """A folder with nothing in it: figures of processes that are gone do not count."""
    shutil.rmtree(folder, ignore_errors=True)
    usable_folder(folder, "--data")
    return folder.absolute()


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
