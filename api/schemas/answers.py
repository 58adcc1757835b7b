"""What comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from triage.assessment import Assessment, KnowledgeName, MissingPart, Notice
from triage.assessment import WhyNot as Nearest
from triage.model import PlaceKind, Text

__all__ = [
    "BatchAnswer",
    "CallAnswer",
    "DecisionRecord",
    "Description",
    "FactList",
    "Health",
    "HistoryAnswer",
    "KnowledgeList",
    "MessageList",
    "OutcomeAnswer",
    "ProblemAnswer",
    "QuestionList",
    "RuleShown",
    "TargetList",
    "TriageAnswer",
    "Version",
    "WhatIfAnswer",
    "WhyNotAnswer",
    "WorkOrderAnswer",
]

Id = Annotated[str, Field(description="Sorts by time.", json_schema_extra={"format": "uuid"})]
Logged = Annotated[
    Literal["stored", "spooled", "off", "failed"],
    Field(description="Where the record is: in the database; in a file on its way there; not wanted; could not be written."),
]


class Answer(BaseModel):
    """Anything that comes back."""

    model_config = ConfigDict(extra="forbid")


class FaultShown(Answer):
    """One thing wrong in a request."""

    code: str
    pointer: str = Field(description="JSON pointer into the body, or `header:…`, `path:…`, `query:…`.")
    detail: str
    accepted: list[str]
    nearest: str | None = Field(description="What was probably meant.")


class ProblemAnswer(Answer):
    """A problem (RFC 9457)."""

    type: str = Field(description="The path of a page about this kind of problem.")
    title: str
    status: int
    code: str
    detail: str
    advice: str = Field(description="What to do.")
    instance: str
    errors: list[FaultShown]


class TriageAnswer(Answer):
    """A decision."""

    decision_id: Id
    logged: Logged
    decided_at: datetime
    assessment: Assessment


class BatchEntry(Answer):
    """One call of a batch: an answer or a problem."""

    answer: TriageAnswer | None
    problem: ProblemAnswer | None


class BatchAnswer(Answer):
    """Answers in the order of the calls."""

    answers: list[BatchEntry]


class Difference(Answer):
    """A value that would be another."""

    name: str
    before: str | None
    after: str | None


class Variant(Answer):
    """What other answers would lead to. Only differences from the call as it is."""

    status: str
    stop_reason: str | None
    question: str | None = Field(description="Id of the question to ask then.")
    decision: list[Difference] = Field(description="By inferred fact, provisional where not decided.")
    alerts: list[str] = Field(description="Alerts to be said then and not now.")
    contradictions: list[str]
    warnings: list[Notice]


class WhatIfAnswer(Answer):
    """What would be if."""

    status: str
    question: str | None
    variants: list[Variant]
    knowledge: KnowledgeName


class WhyNotAnswer(Answer):
    """What would have to be otherwise."""

    why_not: Nearest
    knowledge: KnowledgeName


# -- knowledge


class KnowledgeShown(Answer):
    """A loaded base."""

    name: str
    version: str
    digest: str
    title: Text
    active: bool = Field(description="Used where a request names no version.")
    links: dict[str, str]


class KnowledgeList(Answer):
    """Every base loaded; the first active one is used where a request names none."""

    knowledge: list[KnowledgeShown]


class Labelled(Answer):
    """A value and what people read for it."""

    value: str
    text: Text


class FactIn(Answer):
    """A fact has one of some values."""

    fact: str
    values: list[str]


class AllOf(Answer):
    """Every one of some conditions holds; of none: always."""

    all: list[Condition]


class AnyOf(Answer):
    """At least one of some conditions holds; of none: never."""

    any: list[Condition]


Condition = TypeAliasType("Condition", "FactIn | AllOf | AnyOf")


class Figure(Answer):
    """A figure a base declares."""

    parameter: str | None = Field(description="The parameter it is; null for a plain number.")
    value: float
    regions: dict[str, float] = Field(description="Where it is another one.")


class GroupLevelShown(Answer):
    """So many other callers at the same place within so many minutes tell a call a fact."""

    fact: str
    value: str
    text: Text = Field(description="Of the value.")
    place: PlaceKind = Field(description="What they have in common with the call.")
    callers: Figure = Field(description="How many others it takes.")
    minutes: Figure = Field(description="How far back their calls count.")
    from_different: PlaceKind | None = Field(description="They count once for each of these places; null: each caller counts.")
    ordered: bool = Field(description="It also takes an order of one of them that is still open.")
    merges: bool = Field(description="Merging the call with theirs is proposed.")


class GroupingShown(Answer):
    """How other calls at the same place become facts of a call. Conditions are read on each call's own answers."""

    told_by: Labelled = Field(description="The system in whose name it is told.")
    starts: Condition = Field(description="Calls that count for others.")
    joins: Condition = Field(description="Calls that may be merged with those.")
    orders: Condition = Field(description="Decided calls on which somebody is sent; read on all that was known of them.")
    levels: list[GroupLevelShown] = Field(description="For each fact the first that is reached counts.")
    source: list[str]


class Description(KnowledgeShown):
    """A base in short."""

    systems: list[Labelled]
    targets: list[str]
    decision: list[str] = Field(description="What stands on the decision card, in order.")
    facts: int
    questions: int
    rules: int
    messages: int
    grouping: GroupingShown | None = Field(description="null: calls of this base are not grouped.")


class FactShown(Answer):
    """A fact that can be told."""

    id: str
    text: Text
    values: list[Labelled] = Field(description="`unknown` is always accepted besides.")
    unit: str | None = Field(description="Of numbers, which may be given instead of a value.")
    question: str
    list_to_tick: bool = Field(description="May also be told by listing what is ticked under the id of the question.")
    applies_when: Condition | None
    source: list[str]


class QuestionShown(Answer):
    """A question."""

    id: str
    text: Text
    how: Text | None
    fills: list[str]
    purpose: str
    kind: str
    ask_of: list[str]
    seconds: float
    instructs: list[str]


class ValueShown(Labelled):
    """A value an inferred fact may take."""

    members: list[str] = Field(description="What a group stands for.")


class TargetShown(Answer):
    """An inferred fact."""

    id: str
    text: Text
    target: bool = Field(description="Must be settled before the call is decided.")
    default: str
    values: list[ValueShown]


class MessageShown(Answer):
    """Something that is said or written."""

    id: str
    kind: str
    moment: str | None
    to: str
    must_say: bool
    text: Text
    when: Condition
    instructs: list[str]
    source: list[str]


class Concluded(Answer):
    """What a rule concludes."""

    fact: str
    value: str
    priority: int


class RuleShown(Answer):
    """A rule."""

    id: str
    base: KnowledgeName
    because: Text
    source: list[str]
    safe_side: bool
    when: Condition
    then: list[Concluded]


class FactList(Answer):
    """Everything that can be told."""

    knowledge: KnowledgeName
    facts: list[FactShown]


class QuestionList(Answer):
    """Everything that can be asked."""

    knowledge: KnowledgeName
    questions: list[QuestionShown]


class TargetList(Answer):
    """Everything that can be concluded."""

    knowledge: KnowledgeName
    decisions: list[TargetShown]


class MessageList(Answer):
    """Everything that can be said."""

    knowledge: KnowledgeName
    messages: list[MessageShown]


# -- calls


class PlaceShown(Answer):
    """Where a call comes from."""

    transformer_area: str | None
    building: str | None
    feeder: str | None


class ReadingShown(Answer):
    """What was told of a fact."""

    value: str
    source: str
    observed_at: datetime | None = None
    ttl_seconds: float | None = None


class Supplied(Answer):
    """What the service's own register tells of a fact."""

    fact: str
    value: str
    source: str
    observed_at: datetime
    used: bool = Field(description="False: something else was told, which stands.")
    about: str = Field(description="The call it rests on.")


class Related(Answer):
    """An earlier call of the same caller."""

    call_id: str
    state: str
    opened_at: datetime
    action: str | None
    due_at: datetime | None = Field(description="Promised arrival of an order that is still open.")
    finished: bool = Field(description="Its outcome was reported.")


class MergeShown(Answer):
    """A proposal to merge a call with another about the same outage, instead of a second order. Nothing is merged by itself."""

    call_id: Id = Field(description="The call to merge with: the first with an order, else the first.")
    place: str = Field(description="What they have in common: `building`, `transformer_area`, `feeder`.")
    place_ref: str
    callers: int = Field(description="Other callers there, or the other places they call from, as the base counts.")
    within_minutes: float
    fact: str = Field(description="What that makes known by the base, and its value.")
    value: str
    reported_at: datetime = Field(description="When that outage was reported first.")
    due_at: datetime | None = Field(description="Promised arrival of the crew sent there.")


class CallAnswer(Answer):
    """A call as it stands."""

    call_id: Id
    version: int = Field(description="As in the `ETag`.")
    state: Literal["open", "closed"]
    opened_at: datetime
    reported_at: datetime = Field(description="When the matter was reported first: of a nested call, that of the call before.")
    changed_at: datetime
    closed_at: datetime | None
    over_at: datetime | None = Field(description="When a check found the matter over.")
    checks: str | None = Field(description="The call whose matter this one checks.")
    nested_in: str | None = Field(description="The call whose outage left this one behind.")
    nested_call: str | None = Field(description="Of a check: the call it opened, as the matter is not over.")
    caller_ref: str | None
    place: PlaceShown
    facts: dict[str, ReadingShown]
    fields: dict[str, str]
    supplied: list[Supplied]
    related: list[Related]
    merge_with: MergeShown | None = Field(default=None, description="A known outage this call may be merged with.")
    decision_id: Id
    logged: Logged
    decided_at: datetime
    moved_from: KnowledgeName | None = Field(
        default=None, description="The version the call was led with until now, where that was rolled back or is gone."
    )
    assessment: Assessment


class EventShown(Answer):
    """Something that happened to a call."""

    version: int
    at: datetime
    kind: str
    decision_id: str | None
    facts: dict[str, ReadingShown | None]
    fields: list[str] = Field(description="Fields that were filled or emptied.")
    found: dict[str, str] | None
    result: dict[str, str] | None = Field(description="Of a check that ended: what it came to.")
    links: dict[str, str] = Field(description="Calls this is about: `check`, and `nested`, the one it opened.")


class HistoryAnswer(Answer):
    """Everything that happened to a call, oldest first."""

    call_id: Id
    events: list[EventShown]


class WorkOrderAnswer(Answer):
    """A work order. Holds personal data."""

    call_id: Id
    decision_id: Id
    knowledge: KnowledgeName
    decided_at: datetime
    reported_at: datetime = Field(description="When the matter was reported first.")
    due_at: datetime | None = Field(description="Promised arrival.")
    nested_in: str | None = Field(description="The call whose outage left this one behind.")
    merge_with: MergeShown | None = Field(description="A known outage this order may be merged with.")
    text: str
    missing: list[MissingPart]
    decision: dict[str, str]
    fields: dict[str, str]
    place: PlaceShown


class OutcomeAnswer(Answer):
    """An outcome, as it was kept."""

    outcome_id: Id
    call_id: str
    version: int = Field(description="Of the call from now on, as in the `ETag`.")
    decision_id: str
    recorded_at: datetime
    found: dict[str, str]
    agrees: dict[str, bool] = Field(description="By fact, whether it is what was decided.")


# -- decisions


class VerdictShown(Answer):
    """What one engine concluded, and the rules that won."""

    values: dict[str, str]
    winners: dict[str, list[str]]


class Verdicts(Answer):
    """Both engines. `experta`: null where it was not asked, as the call needed input."""

    evaluation: VerdictShown
    experta: VerdictShown | None


class AskedShown(Answer):
    """The question that was proposed."""

    id: str
    facts: list[str]
    ask_of: str


class DecisionRecord(Answer):
    """A decision as it was logged; private fields are masked."""

    decision_id: Id
    at: datetime
    now: datetime
    call_id: str | None
    test_traffic: bool
    request_id: str
    trace_id: str
    key_id: str
    knowledge: KnowledgeName
    known: dict[str, str] = Field(description="What counted, by fact.")
    facts: dict[str, ReadingShown]
    fields: dict[str, str]
    options: dict[str, str | int | float | bool | None]
    systems: list[str]
    no_answer: dict[str, list[str]]
    status: str
    stop_reason: str | None
    exact: bool
    decision: dict[str, str]
    verdicts: Verdicts
    engines_agree: bool | None
    questions_asked: int
    question: AskedShown | None
    said: list[str]
    contradictions: list[str]
    warnings: list[str]
    logged: Logged


# -- operation


class Check(Answer):
    """One thing that must work."""

    name: str
    fine: bool
    detail: str


class Health(Answer):
    """Whether everything works."""

    ready: bool
    checks: list[Check]


class Version(Answer):
    """What runs here."""

    software: str
    api: str
    knowledge: list[KnowledgeName]
