"""Answers to writes, kept under their `Idempotency-Key`.

A write first claims its key, in a transaction of its own; the answer is kept in the transaction of the write itself. A claim
whose process died can be taken over after a while; the first owner can then no longer finish.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.storage.tables import repeats

__all__ = ["LEASE", "Claim", "Kept", "claim", "finish", "forget", "give_up"]

LEASE = timedelta(seconds=60)
"""How long a claim without an answer is respected."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A key claimed by one request.

    Attributes:
        key_id: Whose it is.
        fingerprint: Of method, path and body.
        owner: The request's own id.
    """

    key_id: str
    idempotency_key: str
    fingerprint: str
    owner: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands under a key. `status` is None while it is worked on."""

    fingerprint: str
    status: int | None
    headers: dict[str, str]
    body: bytes


def claim(connection: Connection, wanted: Claim, at: datetime) -> Kept | None:
    """Claim a key; None: it is ours now, else what stands there."""
    row = {"key_id": wanted.key_id, "idempotency_key": wanted.idempotency_key}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = {**row, "fingerprint": wanted.fingerprint, "owner": wanted.owner, "started_at": at}
    statement = dialect.insert(repeats).values(values).on_conflict_do_nothing().returning(repeats.c.owner)
    if connection.scalar(statement) is not None:
        return None
    found = connection.execute(select(repeats).filter_by(**row).with_for_update()).one_or_none()
    if found is None:  # given up in this very moment
        return Kept(wanted.fingerprint, None, {}, b"")
    if found.status is None and found.fingerprint == wanted.fingerprint and at - found.started_at > LEASE:
        connection.execute(update(repeats).filter_by(**row).values(owner=wanted.owner, started_at=at))
        return None
    return Kept(found.fingerprint, found.status, found.headers or {}, found.body or b"")


def finish(connection: Connection, claimed: Claim, status: int, headers: dict[str, str], body: bytes) -> bool:
    """Keep the answer; False: the claim was taken over, and the write must not be committed."""
    statement = update(repeats).where(_ours(claimed)).values(status=status, headers=headers, body=body)
    return connection.execute(statement).rowcount == 1


def give_up(connection: Connection, claimed: Claim) -> None:
    """Let go of a key whose write was refused or failed."""
    connection.execute(delete(repeats).where(_ours(claimed), repeats.c.status.is_(None)))


def forget(connection: Connection, before: datetime) -> int:
    """Drop answers to writes that began before some time; how many."""
    return connection.execute(delete(repeats).where(repeats.c.started_at < before)).rowcount


def _ours(claimed: Claim):  # type: ignore[no-untyped-def]
    return and_(
        repeats.c.key_id == claimed.key_id,
        repeats.c.idempotency_key == claimed.idempotency_key,
        repeats.c.owner == claimed.owner,
    )
