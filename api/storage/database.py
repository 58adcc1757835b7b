"""Transactions on the database, from threads of their own, and what it means that the database is gone.

Knows nothing of what is kept.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import structlog
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine import URL, make_url

__all__ = ["Database", "DatabaseGoneError", "engine_for"]

T = TypeVar("T")

BUSY_SECONDS = 10
"""How long a writer waits for another one's transaction on SQLite."""
PAUSE_SECONDS = 1.0
"""After a failure to connect, how long requests are turned away at once instead of waiting each for itself."""
CONNECT_SECONDS = 3
LONGEST_SECONDS = 20.0
"""How long a request waits for the database, whatever it is doing: longer than statements may take there."""
BESIDE = 4
"""Connections for threads that are not ours, such as the journal's."""

_LOG = structlog.get_logger("triage.storage")


class DatabaseGoneError(Exception):
    """The database cannot be reached, or broke off. Nothing of the transaction was kept, but where it broke while committing."""


class Database:
    """One database, and threads that talk to it.

    Args:
        url: As SQLAlchemy takes it; `postgresql://` is understood as psycopg's.
        threads: How many transactions may be under way at once.
    """

    def __init__(self, url: str, threads: int = 8) -> None:
        self.engine = engine_for(url, threads)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="database")
        self._gone_until = self._stuck_until = 0.0

    @property
    def embedded(self) -> bool:
        """Whether it is a SQLite file of our own."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: one snapshot.

        Raises:
            DatabaseGoneError: See there.
        """
        with self._transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction; committed at the end of the block, rolled back if it raises. Committed means durable.

        Raises:
            DatabaseGoneError: See there.
        """
        with self._transaction(self.engine.execution_options(writes=True)) as connection:
            yield connection

    async def run(self, work: Callable[..., T], *parts: Any, within: float = LONGEST_SECONDS) -> T:
        """Do something in one of the threads.

        Args:
            within: Seconds to wait for it. A database that does not even refuse keeps the thread, not the request.

        Raises:
            DatabaseGoneError: See there.
        """
        if time.monotonic() < self._stuck_until:
            raise DatabaseGoneError
        task = asyncio.get_running_loop().run_in_executor(self._threads, work, *parts)
        if not (await asyncio.wait((task,), timeout=within))[0]:
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody waits for it any more
            self._turn_away("no answer")
            self._stuck_until = self._gone_until
            raise DatabaseGoneError
        return task.result()

    def reachable(self) -> bool:
        """Whether it answers now."""
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
        except DatabaseGoneError:
            return False
        return True

    async def answers(self) -> bool:
        """The same for those who cannot wait for long."""
        try:
            return await self.run(self.reachable, within=CONNECT_SECONDS)
        except DatabaseGoneError:
            return False

    def close(self) -> None:
        """Wait for what is under way, and let go of everything."""
        self._threads.shutdown(wait=True)
        self.engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        if time.monotonic() < self._gone_until:
            raise DatabaseGoneError
        try:
            with engine.begin() as connection:
                yield connection
        except (exc.IntegrityError, exc.DataError) as error:  # what was written is at fault
            if not error.connection_invalidated:
                raise
            raise DatabaseGoneError from error
        except (exc.DBAPIError, exc.TimeoutError) as error:
            self._turn_away(type(getattr(error, "orig", None) or error).__name__)
            self.engine.dispose()
            raise DatabaseGoneError from error

    def _turn_away(self, why: str) -> None:
        """For a moment, spare everybody the waiting."""
        self._gone_until = time.monotonic() + PAUSE_SECONDS
        _LOG.warning("database gone", why=why)


def engine_for(url: str, threads: int) -> Engine:
    """An engine with the guarantees the service needs: durable commits, no endless waiting.

    Raises:
        ValueError, ArgumentError: The URL is of another kind of database, or none.
        ProgrammingError: It has options PostgreSQL does not.
        OSError: The file of an embedded one cannot be made.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ValueError("each connection would have a database of its own")
        return _sqlite(parsed, threads)
    if parsed.drivername not in ("postgresql", "postgresql+psycopg"):
        raise ValueError("neither PostgreSQL nor SQLite")
    parsed = parsed.set(drivername="postgresql+psycopg")
    if not 0 < (parsed.port or 1) < 65536:
        raise ValueError("no port")
    arguments = {
        "connect_timeout": CONNECT_SECONDS,
        "options": "-c statement_timeout=15000 -c lock_timeout=10000",
        "keepalives_idle": 10,  # notice a network that swallows everything
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 15_000,
    }
    engine = create_engine(
        parsed, pool_size=threads, max_overflow=BESIDE, pool_timeout=5, pool_pre_ping=True, connect_args=arguments
    )
    _, given = engine.dialect.create_connect_args(parsed)
    make_conninfo(**{name: value for name, value in given.items() if name != "context"})  # that one is the driver's own
    return engine.execution_options(isolation_level="READ COMMITTED")


def _sqlite(url: URL, threads: int) -> Engine:
    if url.database:
        _own(Path(url.database))
    engine = create_engine(url, pool_size=threads, max_overflow=BESIDE, pool_timeout=5, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # with WAL, what makes a commit outlive a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _own(path: Path) -> None:
    """See to it that only we can read the file: calls hold addresses."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
