"""One decision from request to answer: assessed, recorded, counted, put in its envelope. REST and MCP both come here.

Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from api.asking import Asked, read_asked
from api.bases import Base, NotLoadedError, Wanted
from api.decisions import Who, line_for
from api.evaluating import Answered
from api.ids import new_id, now, stamp
from api.journal import Logged
from api.problems import ProblemError
from api.service import Service
from triage.errors import InputError
from triage.model import Language

__all__ = ["Decision", "asked_of", "base_of", "decide", "envelope"]


@dataclass(frozen=True, slots=True)
class Decision:
    """An assessment with its id.

    Attributes:
        line: Its record, as it stands in the log.
    """

    id: str
    at: datetime
    answered: Answered
    line: bytes
    asked: Asked


async def decide(service: Service, asked: Asked, who: Who) -> Decision:
    """Assess a call and write its record; nothing is logged yet.

    Raises:
        InputError, ProblemError: Something is not accepted, or too much is going on.
    """
    answered = await service.evaluator.answer(asked)
    decision_id, moment = new_id(), now()
    line = line_for(decision_id, moment, asked.options["now"], who, asked.test_traffic, answered.record)
    service.metrics.decided(answered.tags, asked.test_traffic)
    service.shadow.offer(asked, decision_id, answered.record)
    return Decision(decision_id, moment, answered, line, asked)


async def asked_of(
    service: Service, body: Mapping[str, Any], language: Language, moment: datetime, beside: tuple[str, ...] = ()
) -> Asked:
    """What a body asks for (see `api.asking.read_asked`); a version it names is opened, if it is stored.

    Raises:
        ProblemError, InputError: Something is not accepted.
        DatabaseGoneError: It names a version that is not open here.
    """
    try:
        return read_asked(body, service.bases, language, moment, beside)
    except NotLoadedError as absent:
        if await service.versions.bring(absent.wanted) is None:
            raise
        return read_asked(body, service.bases, language, moment, beside)


async def base_of(service: Service, name: str, digest: str) -> Base:
    """The version a call was begun with; the active one where that was rolled back or is not to be had any more.

    Raises:
        ProblemError: There is none.
        DatabaseGoneError: It cannot be told.
    """
    if not service.versions.withdrawn(name, digest):
        kept = service.bases.by_digest(digest) or await service.versions.bring(Wanted(name, None, digest))
        if kept is not None:
            return kept
    try:
        return service.bases.find(Wanted(name))
    except InputError:
        raise ProblemError("knowledge-gone") from None


def envelope(decision: Decision, logged: Logged) -> bytes:
    """A decision as JSON: id, what became of its record, when, and the assessment."""
    head = {"decision_id": decision.id, "logged": logged, "decided_at": stamp(decision.at)}
    return b'%b,"assessment":%b}' % (orjson.dumps(head)[:-1], decision.answered.assessment)
