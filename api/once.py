"""Writes that happen once, however often they are sent: `Idempotency-Key`.

After the IETF draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key-header-07, expired).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from api.ids import new_id, now
from api.problems import Fault, ProblemError
from api.storage import repeats
from api.storage.database import Database, DatabaseGoneError
from api.storage.repeats import Claim, Kept
from triage.model import Text

__all__ = ["KEPT_FOR", "Reply", "Write", "claim_of", "once"]

KEPT_FOR = timedelta(hours=48)
"""How long the answer to a write is given again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a write."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


Write = Callable[[Connection], Reply]
"""A write worked out and not done yet. Does it within one transaction and gives what to answer once that is committed. May raise:
then nothing of it is kept."""


def claim_of(key: str | None, key_id: str, method: str, path: str, body: bytes) -> Claim | None:
    """What a request claims; None where it has no `Idempotency-Key`."""
    if key is None:
        return None
    print_ = hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()
    return Claim(key_id, key, print_, new_id())


async def once(database: Database, claim: Claim | None, work: Callable[[], Awaitable[Write]]) -> Reply:
    """Do a write, or give the answer it had.

    Raises:
        ProblemError: The key was used for another request, or the same request is under way; whatever the work raises.
        DatabaseGoneError: Nothing was written; or it broke off while committing, and a retry with the same key will tell.
    """
    if claim is not None:
        kept = await database.run(_claim, database, claim)
        if kept is not None:
            return _again(kept, claim)
    try:
        return await database.run(_commit, database, await work(), claim)
    except BaseException:
        if claim is not None:
            with suppress(DatabaseGoneError):  # then the claim runs out by itself
                await database.run(_give_up, database, claim)
        raise


def _again(kept: Kept, claim: Claim) -> Reply:
    if kept.fingerprint != claim.fingerprint:
        raise ProblemError("key-reused", None, [Fault("key-reused", "header:Idempotency-Key", Text("已用过", "used before"))])
    if kept.status is None:
        raise ProblemError("in-progress", headers={"Retry-After": "1"})
    return Reply(kept.status, kept.body, {**kept.headers, "Idempotent-Replayed": "true"})


def _claim(database: Database, claim: Claim) -> Kept | None:
    with database.writing() as connection:
        if claim.owner.endswith("00"):  # now and then
            repeats.forget(connection, now() - KEPT_FOR)
        return repeats.claim(connection, claim, now())


def _commit(database: Database, write: Write, claim: Claim | None) -> Reply:
    with database.writing() as connection:
        reply = write(connection)
        if claim and not repeats.finish(connection, claim, reply.status, reply.headers, reply.body):
            raise ProblemError("in-progress", headers={"Retry-After": "1"})
    return reply


def _give_up(database: Database, claim: Claim) -> None:
    with database.writing() as connection:
        repeats.give_up(connection, claim)
