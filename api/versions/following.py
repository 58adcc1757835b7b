"""Keeps one process in line with the database: which version of each base is active, and which is in shadow.

It looks every second, and at once where something was done in this process. A version is opened and tried before it is switched
to, off the way of requests; those under way keep the base they began with. What cannot be used here is not switched to:
`lagging` says so, and so does `/readyz`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from api.bases import Base, Bases, Wanted
from api.logs import described
from api.storage import knowledge as stored
from api.storage.database import Database, DatabaseGoneError
from api.versions.examining import Examined
from api.versions.history import Standing, Trial, standing
from api.versions.keeping import Copy
from api.versions.managing import version_row
from api.versions.packing import Files, as_folder, from_folder
from triage.errors import KnowledgeError
from triage.expert import ExpertSystem

__all__ = ["PERIOD_SECONDS", "Follower"]

T = TypeVar("T")

PERIOD_SECONDS = 1.0
"""How often the database is looked at."""
ANOTHER_TRY = 60
"""Looks until a version that could not be used is tried again."""
MOST_NAMED = 4
"""Versions kept open because somebody named them, beside those active or in shadow."""

_LOG = structlog.get_logger("triage.versions")


class Follower:
    """Follows.

    Args:
        bases: As the process was started: version 0 of each.
        try_out: Makes a base ready and says whether both engines agree on it.
        copy: What was active when last seen.

    Attributes:
        lagging: By base, the digest that is active and cannot be used here.
    """

    def __init__(self, database: Database, bases: Bases, try_out: Callable[[Base], bool], copy: Copy) -> None:
        self._database = database
        self._bases = bases
        self._try_out = try_out
        self._copy = copy
        self._disk = tuple(bases.all())
        self._to_record = [base for base in self._disk if base.folder is not None]
        self._standings: dict[str, Standing] = {}
        self._trials: dict[str, tuple[Trial, Base]] = {}
        self._named: list[str] = []
        self._looks = 0
        self.lagging: dict[str, str] = {}
        self._looking, self._opening = threading.Lock(), threading.Lock()
        self._work = ThreadPoolExecutor(1, thread_name_prefix="versions")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="following", daemon=True)

    def start(self) -> None:
        """Stand as the database says, or as it said when last seen; then go on following."""
        try:
            self.look()
        except DatabaseGoneError:
            self._stand_as_last_seen()
        self._thread.start()

    def close(self) -> None:
        """Follow no more."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._work.shutdown(wait=True)

    def withdrawn(self, base: str, digest: str) -> bool:
        """Whether a version was rolled back."""
        found = self._standings.get(base)
        return found is not None and digest in found.withdrawn

    def trial(self, base: str) -> tuple[Trial, Base] | None:
        """The candidate in shadow, ready for calls."""
        return self._trials.get(base)

    # -- versions somebody names

    async def bring(self, wanted: Wanted) -> Base | None:
        """What a request asks for, opened if it is stored; None where there is none such, or it cannot be used here.

        Raises:
            DatabaseGoneError: It cannot be told.
        """
        return await self._run(self._bring, wanted)

    async def look_now(self) -> None:
        """Follow what was just done here.

        Raises:
            DatabaseGoneError: It cannot be told.
        """
        await self._run(self.look)

    async def _run(self, work: Callable[..., T], *parts: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._work, work, *parts)

    def _bring(self, wanted: Wanted) -> Base | None:
        digest = wanted.digest
        if not all(part is None or part.isprintable() for part in (wanted.name, wanted.version, digest)):
            return None
        if digest is None and wanted.name is not None and wanted.version is not None:
            with self._database.reading() as connection:
                rows = stored.versions(connection, wanted.name, 1, wanted.version)
            digest = rows[0]["digest"] if rows else None
        found = self._opened(digest) if digest is not None else None
        if found is not None and found.name.digest not in self._named:
            self._named.append(found.name.digest)
            self._let_go()
        return found

    def _let_go(self) -> None:
        """Close what was named longest ago; requests under way keep theirs."""
        kept = {base.name.digest for base in (*self._disk, *(base for _, base in self._trials.values()))}
        with self._opening:
            while len(self._named) > MOST_NAMED:
                digest = self._named.pop(0)
                if digest not in kept:
                    self._bases.drop(digest)

    # -- following

    def look(self) -> None:
        """Look at the database, and follow.

        Raises:
            DatabaseGoneError: It cannot be told.
        """
        with self._looking:
            self._record_disk()
            self._looks += 1
            again = set(self.lagging) if self._looks % ANOTHER_TRY == 0 else set()
            with self._database.reading() as connection:
                heads = stored.heads(connection)
                moved = {base for base, number in heads.items() if number != self._standings.get(base, Standing()).number}
                found = {base: standing(stored.events(connection, base)) for base in moved | again}
            for base, now in found.items():
                self._follow(base, now)
            if found:
                self._keep_copy()

    def _stand_as_last_seen(self) -> None:
        for base, found in self._copy.standings().items():
            with suppress(DatabaseGoneError):  # not in the copy: followed once the database is back
                self._follow(base, found)

    def _keep_looking(self) -> None:
        while not self._ending.wait(PERIOD_SECONDS):
            try:
                self.look()
            except DatabaseGoneError:
                continue
            except Exception as error:  # noqa: BLE001 - the next look may do better; what was active stays
                _LOG.error("following failed", **described(error))

    def _follow(self, base: str, now: Standing) -> None:
        if now.active is not None:
            found = self._opened(now.active)
            if found is None:
                self.lagging[base] = now.active
                _LOG.error("version not usable here", base=base, digest=now.active)
            else:
                self.lagging.pop(base, None)
                self._switch(found)
        candidate = self._opened(now.trial.digest) if now.trial else None
        if now.trial is None or candidate is None:
            self._trials.pop(base, None)
        else:
            self._trials[base] = (now.trial, candidate)
        self._standings[base] = now

    def _switch(self, found: Base) -> None:
        if not self._bases.is_active(found):
            self._bases.activate(found.name)
            _LOG.info("switched", base=found.name.name, version=found.name.version, digest=found.name.digest)

    def _opened(self, digest: str) -> Base | None:
        """A version, opened if it is not yet; None where there is none such, or it cannot be used here."""
        with self._opening:
            found = self._bases.by_digest(digest)
            if found is None:
                files = self._files(digest)
                found = self._open(digest, files) if files is not None else None
                if found is not None:
                    self._bases.load(found)
            return found

    def _open(self, digest: str, files: Files) -> Base | None:
        try:
            with as_folder(files) as folder:
                found = Base(ExpertSystem.open(folder))
            if found.name.digest == digest and self._try_out(found):
                return found
            _LOG.error("version refused", digest=digest, read_as=found.name.digest)
        except KnowledgeError as error:
            _LOG.error("version refused", digest=digest, problems=[problem.code for problem in error.problems[:20]])
        except Exception as error:  # noqa: BLE001 - whatever a version does, the others go on
            _LOG.error("version refused", digest=digest, **described(error))
        return None

    def _files(self, digest: str) -> Files | None:
        try:
            with self._database.reading() as connection:
                return stored.files_of(connection, digest)
        except DatabaseGoneError:
            found = self._copy.files(digest)
            if found is None:
                raise
            return found

    def _keep_copy(self) -> None:
        active = {base: now for base, now in self._standings.items() if now.active and base not in self.lagging}
        with self._database.reading() as connection:
            files = {base: stored.files_of(connection, now.active or "") for base, now in active.items()}
        self._copy.write({base: (now, files[base] or {}) for base, now in active.items()})

    def _record_disk(self) -> None:
        """Keep the files this process was started with, so that others can go back to them."""
        while self._to_record:
            base = self._to_record[-1]
            name = base.name
            with self._database.reading() as connection:
                known = stored.version(connection, name.digest) is not None
            if not known and base.folder is not None and (files := _read(base)):
                row = version_row(Examined(name.name, name.version, name.digest, [], 0), files, "", None, "disk")
                with self._database.writing() as connection:
                    stored.add_version(connection, row)
            self._to_record.pop()


def _read(base: Base) -> Files | None:
    try:
        return from_folder(base.folder) if base.folder is not None else None
    except Exception as error:  # noqa: BLE001 - then there is no going back to them from elsewhere
        _LOG.error("files not kept", base=base.name.name, **described(error))
        return None
