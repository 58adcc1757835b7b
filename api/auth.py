"""Who calls, and what they may do: API keys with scopes, kept only as hashes.

A key is `tk_<id>_<secret>` with a secret of 256 random bits, so a plain SHA-256 is as good as a slow hash. Keys found valid are
remembered for a few seconds; while the database is gone, those known keep working for a while longer.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

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
"""How long a key found valid is not looked up again; so long a revoked key may still work."""
GRACE_SECONDS = 3600.0
"""How long it keeps working while the database is gone."""
REMEMBERED = 10_000


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
    """Tells callers by their keys."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._may_be_open = settings.on_loopback and not settings.require_keys
        self._known: OrderedDict[str, tuple[float, Caller | None]] = OrderedDict()
        self._open: tuple[float, bool] = (-GRACE_SECONDS, False)

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
        if key:
            found = await self._look_up(key)
            if found is None:
                raise _unauthorised(Text("密钥无效或已作废", "the key is not valid, or was revoked"))
            return found
        if not await self.is_open():
            raise _unauthorised(None)
        if forwarded or _name(host) not in LOOPBACK:
            raise ProblemError("local-only")
        return ANYBODY

    async def is_open(self) -> bool:
        """Whether requests from this machine need no key: on loopback, until the first key is made."""
        if not self._may_be_open:
            return False
        checked, found = self._open
        moment = time.monotonic()
        if moment - checked < FRESH_SECONDS:
            return found
        try:
            found = not await self._database.run(self._any)
        except DatabaseGoneError:
            if moment - checked < GRACE_SECONDS:
                return found
            raise
        self._open = (moment, found)
        return found

    async def _look_up(self, key: str) -> Caller | None:
        digest = hashed(key)
        moment = time.monotonic()
        checked, known = self._known.get(digest, (-GRACE_SECONDS, None))
        if moment - checked < FRESH_SECONDS:
            return known
        try:
            found = await self._database.run(self._find, key, digest)
        except DatabaseGoneError:
            if known is not None and moment - checked < GRACE_SECONDS:
                return known
            raise
        self._known.pop(digest, None)
        self._known[digest] = (moment, found)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _find(self, key: str, digest: str) -> Caller | None:
        parts = key.split("_", 2)
        if len(parts) != 3 or parts[0] != "tk" or not parts[1].isalnum() or not parts[1].isascii():
            return None
        with self._database.reading() as connection:
            row = stored.find(connection, parts[1])
        if row is None or not hmac.compare_digest(row["hash"], digest):
            return None
        return Caller(row["id"], frozenset(row["scopes"].split()))

    def _any(self) -> bool:
        with self._database.reading() as connection:
            return stored.any_valid(connection)


def _unauthorised(detail: Text | None) -> ProblemError:
    return ProblemError("key-needed", detail, headers={"WWW-Authenticate": 'Bearer realm="triage"'})


def _name(host: str) -> str:
    """A host without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host
