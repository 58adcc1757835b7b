"""The way of a decision into the log: first into a local file, then, in batches, into the database, exactly once.

A decision is in the file before its answer goes out, so it outlives this process; whichever process of this machine looks next
brings it to the database. While the database is gone, decisions wait in their files. Their ids make a second delivery harmless.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

import structlog
from sqlalchemy import exc

from api.decisions import Row, row_of
from api.ids import new_id
from api.metrics import Metrics
from api.storage import decisions as stored
from api.storage.database import Database, DatabaseGoneError
from triage.refusals import refusal

__all__ = ["Journal", "Logged", "Spool"]

Logged = Literal["stored", "spooled", "off", "failed"]
"""What became of a decision's record: in the database; in a file of this machine; not wanted; could not be written."""

PERIOD_SECONDS = 0.2
"""How often files are handed on."""
LONGEST_PAUSE_SECONDS = 2.0
BATCH = 500
LARGEST_BYTES = 16_000_000
"""Beyond, another file is begun: what was brought of a file when a process died is brought again."""

_LOG = structlog.get_logger("triage.journal")


class Spool:
    """Files of records in a folder that the processes of one machine share. Threads may share it.

    The file being written is locked; one that nobody holds, whoever wrote it, is ready to be delivered.

    Attributes:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._open: int | None = None
        self._path = folder
        self._size = 0

    def append(self, line: bytes) -> None:
        """Write one record; on return it outlives this process.

        Raises:
            OSError: It could not be written; nothing of it is left.
        """
        with self._lock:
            if self._open is not None and self._size > LARGEST_BYTES:
                self._let_go()
            if self._open is None:
                self._open, self._path, self._size = self._new()
            written = 0
            try:
                while written < len(line):
                    written += os.write(self._open, line[written:])
            except OSError:
                try:
                    os.ftruncate(self._open, self._size)
                finally:
                    self._let_go()  # what may be left of it is the last line of its file, and torn: it is not brought
                raise
            self._size += len(line)

    def hand_over(self) -> None:
        """Let go of the file being written, if anything stands in it."""
        with self._lock:
            self._let_go()

    def ready(self) -> Iterator[tuple[Path, int]]:
        """Files nobody holds, oldest first, each locked for us while it is looked at."""
        for path in sorted(self.folder.glob("*.jsonl")):
            with suppress(FileNotFoundError):
                descriptor = os.open(path, os.O_RDWR)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if os.fstat(descriptor).st_nlink:  # else delivered by another process since we listed it
                        yield path, descriptor
                except BlockingIOError:
                    continue
                finally:
                    os.close(descriptor)

    def find(self, decision_id: str) -> bytes | None:
        """The record of a decision that still waits on this machine."""
        wanted = f'"decision_id":"{decision_id}"'.encode()
        for path in sorted(self.folder.glob("*.jsonl"), reverse=True):
            with suppress(FileNotFoundError), path.open("rb") as file:
                for line in file:
                    if wanted in line[:80] and line.endswith(b"\n"):
                        return line
        return None

    def waiting(self) -> int:
        """Bytes in the folder."""
        total = 0
        for path in self.folder.glob("*.jsonl"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def put_aside(self, line: bytes) -> None:
        """Keep a record the database does not take, for people to look at."""
        with (self.folder / "refused.txt").open("ab") as file:
            file.write(line)

    def _let_go(self) -> None:
        if self._open is not None:
            os.close(self._open)  # and with it the lock
            self._open = None

    def _new(self) -> tuple[int, Path, int]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{new_id()}.jsonl"
        making = path.with_suffix(".new")  # not to be found before it is locked
        descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        making.rename(path)
        return descriptor, path, 0


class Journal:
    """Records decisions and sees to it that they reach the database.

    Args:
        database: None where nothing is logged.
    """

    def __init__(self, spool: Spool, database: Database | None, metrics: Metrics) -> None:
        self._spool = spool
        self._database = database
        self._metrics = metrics
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep_delivering, name="journal", daemon=True)

    @property
    def on(self) -> bool:
        """Whether anything is logged."""
        return self._database is not None

    def start(self) -> None:
        """Begin delivering."""
        if self.on:
            self._thread.start()

    def record(self, line: bytes) -> Logged:
        """Record a decision. A call is answered whatever happens here."""
        if not self.on:
            return "off"
        try:
            self._spool.append(line)
        except OSError as error:
            _LOG.error("decision not recorded", why=refusal(error).en, folder=str(self._spool.folder))
            return "failed"
        self._metrics.spooled.inc()
        return "spooled"

    def find(self, decision_id: str) -> bytes | None:
        """The record of a decision that has not reached the database yet."""
        return self._spool.find(decision_id) if self.on else None

    def close(self) -> None:
        """Deliver what is left, if the database takes it, and end."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._spool.hand_over()

    def deliver(self) -> int:
        """Bring everything that waits to the database; how many records there were.

        Raises:
            DatabaseGoneError: It cannot be reached; what was not delivered still waits.
        """
        self._spool.hand_over()
        count = 0
        for path, descriptor in self._spool.ready():
            with os.fdopen(os.dup(descriptor), "rb") as file:
                count += self._bring(file)
            path.unlink()
        self._metrics.delivered.inc(count)
        return count

    def _keep_delivering(self) -> None:
        pause = PERIOD_SECONDS
        while True:
            ending = self._ending.wait(pause)
            try:
                self._deliver_again(after_failure=pause > PERIOD_SECONDS)
                pause = PERIOD_SECONDS
            except DatabaseGoneError:
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - whatever it is, the records are still there and the next round may do better
                _LOG.error("delivery failed", why=type(error).__name__)
                pause = LONGEST_PAUSE_SECONDS
            self._metrics.waiting.set(self._spool.waiting())
            if ending:
                return

    def _deliver_again(self, after_failure: bool) -> None:
        """Deliver; while the database is gone the file being written is kept, so that there are not thousands."""
        if after_failure and self._database is not None and not self._database.reachable():
            raise DatabaseGoneError
        self.deliver()

    def _bring(self, file: BinaryIO) -> int:
        """Bring a file batch by batch: after a night without the database it may be large."""
        count = 0
        while lines := list(islice(file, BATCH)):
            whole = [line for line in lines if line.endswith(b"\n")]  # a torn last line was never answered
            self._insert(whole)
            count += len(whole)
        return count

    def _insert(self, lines: list[bytes]) -> None:
        rows: list[Row] = []
        for line in lines:
            try:
                rows.append(row_of(line))
            except (ValueError, KeyError, TypeError):
                self._spool.put_aside(line)
        try:
            self._store(rows)
        except (exc.DataError, exc.IntegrityError):
            self._one_by_one(rows)

    def _store(self, rows: list[Row]) -> None:
        if self._database is None:
            raise DatabaseGoneError
        with self._database.writing() as connection:
            stored.add(connection, rows)

    def _one_by_one(self, rows: list[Row]) -> None:
        """Deliver what the database takes, put aside what it does not."""
        for row in rows:
            try:
                self._store([row])
            except (exc.DataError, exc.IntegrityError) as error:
                _LOG.error("record refused by the database", decision_id=row["id"], why=type(error).__name__)
                self._spool.put_aside(row["record"].encode() + b"\n")
