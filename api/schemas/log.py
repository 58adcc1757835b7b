"""The decision log, a page at a time."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.answers import Answer, Id
from triage.assessment import KnowledgeName

__all__ = ["DecisionPage"]


class DecisionInShort(Answer):
    """A decision; `GET /v1/decisions/{decision_id}` shows all of it."""

    decision_id: Id
    at: datetime
    call_id: str | None
    test_traffic: bool
    knowledge: KnowledgeName
    status: str
    fault: str | None
    action: str | None
    engines_agree: bool | None = Field(description="null: not compared, as the call needed input.")


class DecisionPage(Answer):
    """Decisions, latest first."""

    decisions: list[DecisionInShort]
    next: str | None = Field(description="`cursor` of the page after this one; null at the end.")
