"""Bodies of requests. Every field may be left out unless it says otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.ids import ID_PATTERN

__all__ = [
    "REF_PATTERN",
    "BatchRequest",
    "BodyModel",
    "CallRequest",
    "ChangesRequest",
    "CheckRequest",
    "CloseRequest",
    "OutcomeRequest",
    "TriageRequest",
    "WhatIfRequest",
    "WhyNotRequest",
]

REF_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$"
LANGUAGE_PATTERN = r"^([zZ][hH]|[eE][nN])(-[A-Za-z0-9-]{1,32})?$"
Ref = Annotated[str, Field(pattern=REF_PATTERN, examples=["area-17"])]
FieldText = Annotated[str, Field(max_length=2000)]
Id = Annotated[str, Field(min_length=1, max_length=200)]


class BodyModel(BaseModel):
    """A body; keys it does not name are refused."""

    model_config = ConfigDict(extra="forbid")


class Reading(BodyModel):
    """A value, and where and when it came from."""

    value: str | float = Field(description="A value of the fact, `unknown`, or a number where the fact takes numbers.")
    source: str = Field(default="caller", description="`caller`, or a system of the base.")
    observed_at: datetime | None = Field(default=None, description="When it was read, with a time zone.")
    ttl_seconds: float | None = Field(default=None, ge=0, lt=1e10, description="How long it holds; older readings count as open.")


Told = Annotated[
    str | float | list[str] | Reading,
    Field(description="A value; a number; the facts ticked, for the id of a list to tick; or a reading with its source."),
]
Facts = Annotated[
    dict[str, Told],
    Field(
        max_length=1000,
        description="What is known, by fact; those left out were not asked. Unknown ids are ignored, with a warning.",
    ),
]
Fields = Annotated[dict[str, FieldText], Field(max_length=1000, description="Free text for the work order, by field.")]
NoAnswer = Annotated[
    dict[str, list[str]], Field(max_length=1000, description="By fact, the sources that were asked and did not answer.")
]


class KnowledgeWanted(BodyModel):
    """Which base to use. An answer's `knowledge` may be sent back to stay with the same version."""

    name: str | None = None
    version: str | None = None
    digest: str | None = None


class Options(BodyModel):
    """How the answer is wanted."""

    knowledge: str | KnowledgeWanted | None = Field(default=None, description="The base's name, or name, version and digest.")
    language: str | None = Field(
        default=None,
        pattern=LANGUAGE_PATTERN,
        description="`zh` or `en`, with or without a region. Otherwise `Accept-Language`; else Chinese.",
    )
    region: str | None = Field(default=None, description="Whose regional parameters to use.")
    systems: list[str] | None = Field(
        default=None, description="Systems that are connected: what they can tell is asked of them first."
    )
    now: datetime | None = Field(default=None, description="The time readings are judged by. Otherwise the service's clock.")
    time_of_day: Literal["morning", "noon", "afternoon", "evening", "night", "holiday"] | None = Field(
        default=None, description="Chooses greetings that are bound to a time."
    )
    max_questions: int | None = Field(default=None, ge=0, le=1000, description="Hand over after so many answered questions.")
    explain: Literal["none", "summary", "full"] | None = Field(default=None, description="How much of the reasons; `summary`.")
    questions: int | None = Field(
        default=None, ge=0, le=20, description="How many next questions to list, for screens that show several; 1."
    )
    look_ahead: int | None = Field(default=None, ge=0, le=2000, description="Effort for `ahead`, 200; 0 leaves it out.")
    test_traffic: bool | None = Field(default=None, description="Nobody's call: marked in the log, left out of the figures.")


class TriageRequest(BodyModel):
    """A call to be assessed."""

    facts: Facts = {}
    fields: Fields = {}
    no_answer: NoAnswer = {}
    options: Options = Options()


class BatchRequest(BodyModel):
    """Several calls, each assessed for itself."""

    calls: Annotated[list[TriageRequest], Field(min_length=1, max_length=100)]


class WhatIfRequest(TriageRequest):
    """A call, and other answers to try one after another."""

    vary: Annotated[
        list[Facts],
        Field(min_length=1, max_length=50, description="Each entry is told on top of `facts`, apart from the others."),
    ]


class WhyNotRequest(TriageRequest):
    """A call, and a value a target did not take."""

    target: Id
    value: Id


class Place(BodyModel):
    """Where the call comes from: opaque ids, free of personal data."""

    transformer_area: Ref | None = None
    building: Ref | None = None
    feeder: Ref | None = None


class CallRequest(TriageRequest):
    """A call to be kept."""

    caller_ref: Ref | None = Field(
        default=None, description="Opaque: the same for the same caller, such as a keyed hash of the number."
    )
    place: Place = Place()


class ChangesRequest(BodyModel):
    """What changed. `null` takes an answer back; what is not named stays."""

    facts: Annotated[dict[str, Told | None], Field(description="By fact.")] = {}
    fields: Annotated[dict[str, FieldText | None], Field(description="By field.")] = {}
    no_answer: Annotated[dict[str, list[str] | None], Field(description="By fact.")] = {}


class CloseRequest(BodyModel):
    """How a call ended."""

    reason: Literal["done", "abandoned", "transferred"] = Field(
        default="done", description="Whether the caller was served, hung up, or was passed on."
    )


class CheckRequest(BodyModel):
    """What is known when a check begins; in the facts of the base that checks. Nothing is needed."""

    facts: Facts = {}
    no_answer: NoAnswer = {}
    options: Options = Options()


class OutcomeRequest(BodyModel):
    """What the crew found."""

    found: Annotated[
        dict[Id, Id], Field(min_length=1, description="By inferred fact of the base, what turned out to be so, such as `fault`.")
    ]
    visited: bool | None = Field(default=None, description="Whether anybody was there.")
    decision_id: str | None = Field(
        default=None, pattern=ID_PATTERN, description="The decision it is about; otherwise the call's latest."
    )
