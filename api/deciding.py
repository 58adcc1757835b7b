"""One decision from request to answer: assessed, recorded, counted, put in its envelope. REST and MCP both come here.

Knows nothing of HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson

from api.asking import Asked
from api.decisions import Who, line_for
from api.evaluating import Answered
from api.ids import new_id, now, stamp
from api.journal import Logged
from api.service import Service

__all__ = ["Decision", "decide", "envelope"]


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
    return Decision(decision_id, moment, answered, line, asked)


def envelope(decision: Decision, logged: Logged) -> bytes:
    """A decision as JSON: id, what became of its record, when, and the assessment."""
    head = {"decision_id": decision.id, "logged": logged, "decided_at": stamp(decision.at)}
    return b'%b,"assessment":%b}' % (orjson.dumps(head)[:-1], decision.answered.assessment)
