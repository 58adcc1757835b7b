"""Who calls, and what they may do: API keys with scopes, kept only as hashes.

A key is `tk_<id>_<secret>` with a secret of 256 random bits, so a plain SHA-256 is as good as a slow hash. The valid keys are
looked up every few seconds; while the database is gone, those last seen keep working for a day.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from api.ids import now
from api.problems import ProblemError
from api.settings import LOOPBACK, Settings
from api.storage import keys as stored
from api.storage.database import Database, DatabaseGoneError
from triage.model import Text

__all__ = ["SCOPES", "Caller", "Keys", "NewKey", "hashed", "make_key"]

SCOPES = ("triage", "calls", "knowledge", "log")
"""What a key may be good for: assessments · calls and their outcomes · changing knowledge bases · reading the decision log."""

FRESH_SECONDS = 5.0
"""How long what was looked up counts; so long a revoked key may still work."""
GRACE_SECONDS = 86_400.0
"""How long keys keep working while the database is gone."""
PATIENCE_SECONDS = 0.5
"""How long a request waits for keys to be looked up again, where they are known."""
SEEK_SECONDS = 1.0
"""How often keys are looked up, at most, because one was sent that is not known: it may be new."""
COPY_SECONDS = 60.0
"""How old the copy on this machine may be."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `key_id` is empty where no key is needed."""

    key_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is made. `secret` is shown once and kept nowhere.

    Attributes:
        row: What is kept.
    """

    secret: str
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    """Valid keys by id, and when they were looked up, in seconds since 1970."""

    at: float
    keys: dict[str, dict[str, Any]]


ANYBODY = Caller("", frozenset(SCOPES))


def make_key(name: str, scopes: tuple[str, ...]) -> NewKey:
    """A new key; it works once its row is stored."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    whole = f"tk_{key_id}_{secret}"
    row = {"id": key_id, "name": name, "hash": hashed(whole), "scopes": " ".join(scopes), "created_at": now(), "revoked_at": None}
    return NewKey(whole, row)


def hashed(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


class Keys:
    """Tells callers by their keys.

    Args:
        copy: A file with the hashes, for processes that start while the database is gone.
    """

    def __init__(self, database: Database, settings: Settings, copy: Path) -> None:
        self._database = database
        self._may_be_open = settings.on_loopback and not settings.require_keys
        self._copy = copy
        self._known: _Known | None = None
        self._looked = 0.0
        self._sought = 0.0

    async def caller(self, key: str | None, host: str, forwarded: bool) -> Caller:
        """Who sent a request.

        Args:
            key: The key sent, if any.
            host: The host the request was addressed to.
            forwarded: A proxy stands between.

        Raises:
            ProblemError: A key is needed, or the one sent is not valid.
            DatabaseGoneError: It cannot be told now.
        """
        known = await self._valid()
        if key:
            found = _found(known, key) or _found(await self._newest(), key)
            if found is None:
                raise _unauthorised(Text("密钥无效或已作废", "the key is not valid, or was revoked"))
            return found
        if known.keys or not self._may_be_open:
            raise _unauthorised(None)
        if forwarded or _name(host) not in LOOPBACK:
            raise ProblemError("local-only")
        return ANYBODY

    async def _valid(self) -> _Known:
        """The valid keys, as they were a few seconds ago at most; while the database is gone, as they were when last seen."""
        if self._known is None:
            await self._look_again()
        elif time.monotonic() - self._looked >= FRESH_SECONDS:
            await asyncio.wait((asyncio.ensure_future(self._look_again()),), timeout=PATIENCE_SECONDS)
        if self._known is None or time.time() - self._known.at > GRACE_SECONDS:
            raise DatabaseGoneError
        return self._known

    async def _newest(self) -> _Known:
        """The valid keys as they are now, unless somebody had them looked up for this just before."""
        if time.monotonic() - self._sought >= SEEK_SECONDS:
            self._sought = time.monotonic()
            await asyncio.wait((asyncio.ensure_future(self._look_again()),), timeout=PATIENCE_SECONDS)
        return await self._valid()

    async def _look_again(self) -> None:
        self._looked = time.monotonic()  # others need not look as well
        try:
            self._known = await self._database.run(self._look)
        except DatabaseGoneError:
            self._known = self._known or _read(self._copy)

    def _look(self) -> _Known:
        with self._database.reading() as connection:
            rows = stored.valid(connection)
        known = _Known(time.time(), {row["id"]: row for row in rows})
        if self._known is None or known.keys != self._known.keys or known.at - self._kept_at() > COPY_SECONDS:
            _write(self._copy, known)
        return known

    def _kept_at(self) -> float:
        return self._copy.stat().st_mtime if self._copy.exists() else 0.0


def _found(known: _Known, key: str) -> Caller | None:
    parts = key.split("_", 2)
    row = known.keys.get(parts[1]) if len(parts) == 3 else None
    if row is None or not hmac.compare_digest(row["hash"], hashed(key)):
        return None
    return Caller(row["id"], frozenset(row["scopes"].split()))


def _write(path: Path, known: _Known) -> None:
    """Keep a copy on this machine; that it cannot be kept hinders nobody now."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = path.with_suffix(f".{os.getpid()}.new")
        making.touch(mode=0o600)
        making.write_bytes(orjson.dumps({"at": known.at, "keys": list(known.keys.values())}))
        making.replace(path)


def _read(path: Path) -> _Known | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = orjson.loads(path.read_bytes())
        return _Known(float(found["at"]), {row["id"]: row for row in found["keys"]})
    return None


def _unauthorised(detail: Text | None) -> ProblemError:
    return ProblemError("key-needed", detail, headers={"WWW-Authenticate": 'Bearer realm="triage"'})


def _name(host: str) -> str:
    """A host without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host
