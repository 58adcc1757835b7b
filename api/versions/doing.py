"""What is asked of versions over HTTP, worked out and ready to be written: see `api.once`.

What takes long (a check, opening a version) is done before anything is claimed or written.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
from sqlalchemy import Connection

from api.bases import Base, Wanted
from api.doors import knows
from api.once import Reply, Write
from api.problems import ProblemError
from api.service import Service
from api.storage import knowledge as stored
from api.storage.database import DatabaseGoneError
from api.versions import managing
from api.versions.history import Standing
from api.versions.managing import Plan
from api.versions.packing import Files
from triage.errors import InputError
from triage.model import Text

__all__ = ["activate", "begin_shadow", "compared", "end_shadow", "etag", "follow", "load", "roll_back"]


async def load(service: Service, base: str, files: Files, key_id: str, allow_warnings: bool, note: str | None) -> Write:
    """Check a version and keep it.

    Raises:
        ProblemError: The check refuses it.
    """
    examined = await service.examiner.check(files)
    managing.accepted(examined, base, allow_warnings)
    row = managing.version_row(examined, files, key_id, note)
    found, disk = await _standing(service, base), disk_of(service, base)
    known = await _read(service, stored.version, examined.digest)
    findings = examined.findings + await _read(service, managing.namesakes, examined)
    answer = {"version": managing.version_shown(known or row, found, disk), "findings": findings}
    location = {"Location": f"/v1/knowledge/{base}/versions/{examined.digest}"}

    def write(connection: Connection) -> Reply:
        if known is None:
            stored.add_version(connection, row)  # whether somebody else kept the same meanwhile makes no difference
        return Reply(200 if known else 201, orjson.dumps(answer), location)

    return write


async def activate(service: Service, base: str, named: str, if_match: str | None, key_id: str) -> Write:
    """Let a version answer from now on.

    Raises:
        ProblemError: There is none such, it cannot be used here, or somebody did something else meanwhile.
    """
    before = await _known(service, base, if_match)
    version = await _read(service, managing.find_version, base, named)
    await _usable(service, base, version["digest"])
    plan = managing.plan_activation(before, base, version["digest"], disk_of(service, base), key_id)
    return await _write(service, base, plan)


async def roll_back(service: Service, base: str, if_match: str | None, key_id: str, reason: str | None) -> Write:
    """Go back to what was active before.

    Raises:
        ProblemError: There is nothing to go back to, it cannot be used here, or somebody did something else meanwhile.
    """
    before = await _known(service, base, if_match)
    plan = managing.plan_rollback(before, base, key_id, reason)
    await _usable(service, base, str(plan.after.active))
    return await _write(service, base, plan)


async def begin_shadow(service: Service, base: str, named: str, share: float, key_id: str) -> Write:
    """Let a candidate answer behind the answers.

    Raises:
        ProblemError: There is none such, it answers already, it cannot be used here, or somebody did something else meanwhile.
    """
    version = await _read(service, managing.find_version, base, named)
    await _usable(service, base, version["digest"])
    before = await _standing(service, base)
    plan = managing.plan_shadow(before, base, version["digest"], share, disk_of(service, base), key_id)
    return await _write(service, base, plan)


async def end_shadow(service: Service, base: str, key_id: str) -> Write:
    """Ask the candidate no more.

    Raises:
        ProblemError: Somebody did something else meanwhile.
    """
    return await _write(service, base, managing.plan_shadow_end(await _standing(service, base), base, key_id))


async def compared(service: Service, base: str, named: str, against: str | None) -> bytes:
    """What differs between two versions, the active one unless another is named, as JSON.

    Raises:
        ProblemError: There is none such, or they cannot be compared.
    """
    new = await _read(service, managing.find_version, base, named)
    if against is not None:
        old: str | None = (await _read(service, managing.find_version, base, against))["digest"]
    else:
        old = (await _standing(service, base)).active or disk_of(service, base)
    before, after = [await _read(service, stored.files_of, digest) for digest in (old or "", new["digest"])]
    if before is None or after is None:
        text = Text("没有可比的版本", "there is no version to compare with")
        raise ProblemError("not-found", text)
    found = await service.examiner.compare(before, after)
    return orjson.dumps({"old": old, "new": new["digest"]})[:-1] + b"," + found.lstrip()[1:]


async def follow(service: Service) -> None:
    """Have this process follow at once what was just written; the others do within a second or two."""
    with suppress(DatabaseGoneError):  # then it follows, too, once the database is back
        await service.versions.look_now()


def disk_of(service: Service, base: str) -> str | None:
    """The digest of what this process was started with."""
    with suppress(InputError):
        return service.bases.active(base, "").name.digest
    return None


def etag(found: Standing) -> str:
    """The entity tag of how versions stand."""
    return f'"{found.number}"'


async def _known(service: Service, base: str, if_match: str | None) -> Standing:
    """How versions stand, for a sender who knows it."""
    found = await _standing(service, base)
    if not knows(if_match, etag(found)):
        raise ProblemError("versions-changed", headers={"ETag": etag(found)})
    return found


async def _usable(service: Service, base: str, digest: str) -> Base:
    found = await service.versions.bring(Wanted(base, None, digest))
    if found is None:
        raise ProblemError("knowledge-refused", managing.NOT_USABLE)
    return found


async def _write(service: Service, base: str, plan: Plan) -> Write:
    answer = await _read(service, managing.shown, base, disk_of(service, base), plan)

    def write(connection: Connection) -> Reply:
        managing.write(connection, plan)
        return Reply(200, orjson.dumps(answer), {"ETag": etag(plan.after)})

    return write


async def _standing(service: Service, base: str) -> Standing:
    found: Standing = await _read(service, managing.standing_of, base)
    return found


async def _read(service: Service, work: Callable[..., Any], *parts: Any) -> Any:
    """Something read in a transaction of its own."""

    def read() -> Any:
        with service.database.reading() as connection:
            return work(connection, *parts)

    return await service.database.run(read)
