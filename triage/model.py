"""What a knowledge base is made of: frozen data, no behaviour beyond looking itself up.

Everything here is made by `triage.loading`, which guarantees: every id named exists, every value named belongs to its fact,
nothing depends on itself, and everything stands in canonical order (by id; values in the author's order). Nobody else
checks these things again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any, Literal

__all__ = [
    "CALLER",
    "LANGUAGES",
    "PLACEHOLDER",
    "PLACES",
    "TIMES_OF_DAY",
    "UNKNOWN",
    "All",
    "AnyOf",
    "Clause",
    "Condition",
    "Evidence",
    "EvidenceException",
    "Fact",
    "Field",
    "FollowUp",
    "GroupLevel",
    "Grouping",
    "Identity",
    "ImpossibleCombination",
    "In",
    "Inferred",
    "InferredValue",
    "Instruction",
    "Invariant",
    "KnowledgeBase",
    "Language",
    "Message",
    "Parameter",
    "Patience",
    "Place",
    "PlaceKind",
    "Population",
    "Question",
    "Range",
    "Reopening",
    "Rule",
    "Severity",
    "Text",
    "TimeOfDay",
    "ToneContext",
    "ToneRule",
    "Weights",
    "demands",
    "leaves",
]

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
TimeOfDay = Literal["morning", "noon", "afternoon", "evening", "night", "holiday"]
TIMES_OF_DAY: tuple[TimeOfDay, ...] = ("morning", "noon", "afternoon", "evening", "night", "holiday")
ToneContext = Literal["answer", "listening", "work_order", "apology", "any"]
Severity = Literal["forbidden", "advice"]
PlaceKind = Literal["building", "transformer_area", "feeder"]
PLACES: tuple[str, ...] = ("building", "transformer_area", "feeder")
"""Where a call may come from, as opaque ids; what they mean is between a base and whoever tells them."""
UNKNOWN = "unknown"
"""A legal answer to every question: asked, but not told. Never among a fact's declared values."""
CALLER = "caller"
"""The one source every base has."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the author's files something stands; `file` is relative to the base's folder, the rest counts from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""One placeholder of a text; its group is the name. There is no way to write a brace that is not part of one."""


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or label in every language. May hold `{placeholders}` where the field it stands in allows them."""

    zh: str
    en: str

    def get(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class In:
    """`fact` has one of `values`. For an observable fact `unknown` matches only where the author named it; for an inferred
    fact so does the default."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; with no parts, always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; with no parts, never."""

    parts: tuple[Condition, ...]


Condition = In | All | AnyOf
"""There is no `not`: loading pushes it down to the leaves (De Morgan), so every condition is positive."""


def leaves(condition: Condition) -> Iterator[In]:
    """Every leaf of a condition, from left to right."""
    if isinstance(condition, In):
        yield condition
    else:
        for part in condition.parts:
            yield from leaves(part)


def demands(condition: Condition) -> Iterator[In]:
    """Leaves that hold wherever a condition holds, as far as that is plain: those not within an `any`."""
    if isinstance(condition, In):
        yield condition
    elif isinstance(condition, All):
        for part in condition.parts:
            yield from demands(part)


@dataclass(frozen=True, slots=True)
class Weights:
    """How often callers give each answer, as the author sees it.

    Attributes:
        given: The one observable fact the weights depend on, or None.
        tables: Keyed by a value of `given` (`unknown` included; every value has a table) or by None; each table gives every
            value of the fact and `unknown` a share, 0..1, summing to 1.
    """

    given: str | None
    tables: Mapping[str | None, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Range:
    """One step of a numeric fact: readings up to `limit` (a parameter's id or a number) are `value`; None has no limit."""

    value: str
    limit: str | float | None
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """An observable fact: something a caller or a system can tell.

    Attributes:
        values: Declared values and their labels, in the author's order; `unknown` is not among them.
        applies_when: Gate over other observable facts, positive and never naming `unknown`; where it does not hold the fact
            counts as `unknown`. None: always applies.
        unit: Unit of the numbers that may be given instead of a value; None for facts that take none.
        ranges: How a number becomes a value, ascending; empty for facts that take none.
    """

    id: str
    text: Text
    values: Mapping[str, Text]
    applies_when: Condition | None
    weights: Weights
    source: tuple[str, ...]
    place: Place = field(compare=False)
    unit: str | None = None
    ranges: tuple[Range, ...] = ()

    @property
    def domain(self) -> tuple[str, ...]:
        """Everything an answer may be: the declared values, then `unknown`."""
        return (*self.values, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Every observable fact is filled by exactly one question.

    Attributes:
        fills: The facts it fills, at least one. Several make a list to tick: each fact's own text is an option.
        tick: For several facts: the value a ticked option takes, and the value "none of these" gives to the others.
        kind: `look` only looks; `act` changes the world (a switch is moved).
        ask_of: Whom to ask, first to last: ids of systems, or `caller`.
        seconds: What asking the caller costs. A system's answer counts as one second.
        instructs: What the question has the caller do, ids of instructions.
    """

    id: str
    fills: tuple[str, ...]
    text: Text
    how: Text | None
    purpose: Literal["decide", "safety", "say", "order"]
    kind: Literal["look", "act"]
    ask_of: tuple[str, ...]
    seconds: float
    order: int
    tick: tuple[str, str] | None
    instructs: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class InferredValue:
    """One value of an inferred fact.

    Attributes:
        members: For a declared group, the values it stands for; empty otherwise.
        number: A figure the value carries (a parameter's id or the figure itself), shown on the decision card.
    """

    text: Text
    members: tuple[str, ...] = ()
    number: str | float | None = None


@dataclass(frozen=True, slots=True)
class Inferred:
    """Something rules conclude. `default` is among `values` and holds where no clause matches."""

    id: str
    text: Text
    values: Mapping[str, InferredValue]
    default: str
    target: bool
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Clause:
    """One conclusion of a rule: `when` holds → `fact` is `value`, unless a clause of higher priority says otherwise."""

    id: str
    rule: str
    fact: str
    value: str
    priority: int
    when: Condition


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` … `then`, in the author's words.

    Attributes:
        clauses: One for each inferred fact concluded, by fact id.
        safe_side: The sources leave the matter open and the rule decides it on the safe side.
    """

    id: str
    when: Condition
    clauses: tuple[Clause, ...]
    because: Text
    source: tuple[str, ...]
    safe_side: bool
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Instruction:
    """An entry of the closed list of what a message or question may have somebody do."""

    id: str
    text: Text
    forbidden: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A text with a condition.

    Attributes:
        kind: `alert` (safety; observable facts only), `advice`, `script` (what the agent says) or `work_order` (one line of it).
        moment: For scripts, the point of the call it belongs to.
        to: Who hears or reads it.
        must_say: It is said word for word.
        time_of_day: For scripts, when it is said; empty: at any time.
    """

    id: str
    kind: Literal["alert", "advice", "script", "work_order"]
    moment: str | None
    when: Condition
    say: Text
    to: Literal["caller", "agent", "crew"]
    must_say: bool
    instructs: tuple[str, ...]
    order: int
    source: tuple[str, ...]
    place: Place = field(compare=False)
    time_of_day: tuple[TimeOfDay, ...] = ()


@dataclass(frozen=True, slots=True)
class ImpossibleCombination:
    """Observable facts that cannot hold together. Never matches `unknown`. `resolve` is the question to ask again."""

    id: str
    when: Condition
    say: Text
    resolve: str
    source: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Invariant:
    """On every call where `when` holds, `then` holds too.

    Attributes:
        safety: Proved over all calls, without leaving anything out as impossible.
    """

    id: str
    when: Condition
    then: Condition
    safety: bool
    because: Text
    source: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class EvidenceException:
    """A named exception to the evidence law: `fact` unknown may help the spared outcome where `when` holds."""

    fact: str
    when: Condition
    because: Text
    source: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence law of a base: `spared` outcomes (nobody is sent; the customer pays) that `unknown` may never help."""

    spared: tuple[Condition, ...]
    exceptions: tuple[EvidenceException, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure or phrase that fills texts: one value for every region, and what single regions say instead."""

    id: str
    value: Text
    regions: Mapping[str, Text]
    source: tuple[str, ...]
    place: Place = field(compare=False)

    def in_region(self, region: str | None) -> Text:
        """What a region says; the general value for None and for regions not named."""
        return self.regions.get(region or "", self.value)


@dataclass(frozen=True, slots=True)
class Field:
    """Free text for the work order (an address, a licence plate). No rule reads it.

    Attributes:
        when: Calls whose work order needs it.
        private: Personal data: masked wherever it is not needed.
    """

    id: str
    text: Text
    ask: Text
    when: Condition
    private: bool
    order: int
    source: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class ToneRule:
    """Phrases that are not to be said, and what to say instead.

    Attributes:
        phrases: What to look for, at least one; see `triage.phrases` for how they are written.
        language: The language of the texts it is for.
        context: What the texts are for; `any`: whatever they are for.
        house: Whose rule it is: one we hold to, or another house's, which is advice only.
        instead: A better phrase; the same in both languages where the author gave one.
        unless: Phrases within which those found are fine.
    """

    id: str
    phrases: tuple[str, ...]
    language: Language
    context: ToneContext
    house: Literal["ours", "other"]
    instead: Text
    because: Text
    source: tuple[str, ...]
    severity: Severity
    unless: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """After `unknown_in_a_row` such answers, whoever leads the call sets `fact` to `value`; rules do the rest."""

    unknown_in_a_row: int
    fact: str
    value: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Which base this is.

    Attributes:
        systems: Sources other than the caller that questions may name, with their labels.
        decision: Inferred facts and fields on the decision card, in order.
        find_out: The values of a hand-over: somebody goes and finds out. Inferred facts not named take their default.
        resolved: Calls that end because the matter is solved on the line; None if the base has no such outcome.
    """

    id: str
    version: str
    title: Text
    systems: Mapping[str, Text]
    decision: tuple[str, ...]
    find_out: Mapping[str, str]
    resolved: Condition | None
    patience: Patience | None


@dataclass(frozen=True, slots=True)
class Population:
    """Other callers than the author's weights have in mind, to see what interviews are like with them.

    Attributes:
        weights: By observable fact, for the facts whose answers differ.
    """

    id: str
    text: Text
    weights: Mapping[str, Weights]
    source: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class GroupLevel:
    """So many other callers at the same place within so many minutes make a fact have a value.

    Attributes:
        place: What they have in common with the call.
        callers: How many others it takes (a parameter's id or the figure itself).
        from_different: They count once for each of these places; None: each caller counts.
        minutes: How far back their calls count.
        ordered: It also takes an order of one of them that is still open.
        merges: It is proposed to merge the call with theirs.
    """

    fact: str
    value: str
    place: PlaceKind
    callers: str | float
    minutes: str | float
    from_different: PlaceKind | None
    ordered: bool
    merges: bool


@dataclass(frozen=True, slots=True)
class Grouping:
    """How other calls at the same place become facts of a call. Conditions are read on each call's own answers, where
    they do not say otherwise.

    Attributes:
        told_by: The system in whose name it is told.
        starts: Calls that count for others.
        joins: Calls that may be merged with those.
        orders: Calls on which somebody is sent, once they are decided; read on all that is known of them.
        levels: In the author's order; for each fact the first that is reached counts.
    """

    told_by: str
    starts: Condition
    joins: Condition
    orders: Condition
    levels: tuple[GroupLevel, ...]
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reopening:
    """Where `when` holds at the end, the matter checked is taken up again with a call that `tells` so much; by fact of `of`."""

    when: Condition
    tells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What makes a base one that checks, afterwards, what became of the calls of another.

    Attributes:
        of: Id of the base whose calls it checks.
        told_by: The system in whose name earlier tries are told.
        tries: The fact that gets how often it was tried before, a number; None: it is not told.
        questions: How many questions the caller is asked at most.
        over: Where this holds at the end, the matter is over.
        reopens: In the author's order; the first that holds counts.
    """

    of: str
    told_by: str
    tries: str | None
    questions: int
    over: Condition
    reopens: tuple[Reopening, ...]
    source: tuple[str, ...]


@dataclass(frozen=True)
class KnowledgeBase:
    """A whole base. Mappings are keyed by id and iterate by id; see the module's guarantees."""

    identity: Identity
    facts: Mapping[str, Fact]
    questions: Mapping[str, Question]
    inferred: Mapping[str, Inferred]
    rules: Mapping[str, Rule]
    messages: Mapping[str, Message]
    impossible: Mapping[str, ImpossibleCombination]
    invariants: Mapping[str, Invariant]
    instructions: Mapping[str, Instruction]
    parameters: Mapping[str, Parameter]
    fields: Mapping[str, Field]
    evidence: Evidence
    tone: Mapping[str, ToneRule] = field(default_factory=dict)
    populations: Mapping[str, Population] = field(default_factory=dict)
    grouping: Grouping | None = None
    follow_up: FollowUp | None = None

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Inferred facts that must be settled: those on the decision card in its order, then the others by id."""
        shown = [name for name in self.identity.decision if name in self.inferred]
        rest = [name for name in self.inferred if name not in shown]
        return tuple(name for name in (*shown, *rest) if self.inferred[name].target)

    @cached_property
    def clauses(self) -> Mapping[str, tuple[Clause, ...]]:
        """Per inferred fact its clauses: highest priority first, then by clause id. May be empty for a fact."""
        by_fact: dict[str, list[Clause]] = {name: [] for name in self.inferred}
        for rule in self.rules.values():
            for clause in rule.clauses:
                by_fact[clause.fact].append(clause)
        return {name: tuple(sorted(found, key=lambda c: (-c.priority, c.id))) for name, found in by_fact.items()}

    @cached_property
    def strata(self) -> tuple[tuple[str, ...], ...]:
        """Inferred facts in the order they are concluded: each stratum reads only observable facts and earlier strata."""
        reads = {
            name: {leaf.fact for clause in self.clauses[name] for leaf in leaves(clause.when)} & self.inferred.keys()
            for name in self.inferred
        }
        return tuple(_layers(reads))

    @cached_property
    def gate_order(self) -> tuple[str, ...]:
        """Observable facts that have a gate, every fact after the facts its gate reads."""
        reads = {
            name: {leaf.fact for leaf in leaves(fact.applies_when)} if fact.applies_when else set()
            for name, fact in self.facts.items()
        }
        return tuple(name for layer in _layers(reads) for name in layer if self.facts[name].applies_when)

    @cached_property
    def question_of(self) -> Mapping[str, Question]:
        """The question that fills each observable fact."""
        return {name: question for question in self.questions.values() for name in question.fills}

    @cached_property
    def mentioned_in(self) -> Mapping[str, tuple[str, ...]]:
        """By id of a fact, inferred fact, field or parameter, the messages whose text mentions it."""
        found: dict[str, list[str]] = {}
        for name, message in self.messages.items():
            for other in sorted({*PLACEHOLDER.findall(message.say.zh), *PLACEHOLDER.findall(message.say.en)}):
                found.setdefault(other, []).append(name)
        return {name: tuple(messages) for name, messages in found.items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything but the places in files: equal digests mean the same base, in whatever files it stands."""
        plain = json.dumps(_plain(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(plain.encode()).hexdigest()

    def answer_text(self, fact: str, value: str) -> Text:
        """What people read for a value of an observable or inferred fact."""
        if fact in self.inferred:
            return self.inferred[fact].values[value].text
        return NOT_TOLD if value == UNKNOWN else self.facts[fact].values[value]


NOT_TOLD = Text(zh="说不清", en="cannot tell")


def _layers(reads: Mapping[str, set[str]]) -> Iterator[tuple[str, ...]]:
    """Topological layers of an acyclic "reads" relation, each sorted by id."""
    waiting = dict(reads)
    while waiting:
        layer = tuple(sorted(name for name, needs in waiting.items() if not needs & waiting.keys()))
        if not layer:
            raise ValueError(f"cycle among {sorted(waiting)}")
        yield layer
        for name in layer:
            del waiting[name]


def _plain(thing: Any) -> Any:
    """JSON-ready form of any part of the model, places left out; the order of a fact's values counts, no other mapping's."""
    if is_dataclass(thing):
        parts = {f.name: getattr(thing, f.name) for f in fields(thing) if f.name != "place"}
        if isinstance(parts.get("values"), Mapping):
            parts["values"] = tuple(parts["values"].items())
        return {name: _plain(part) for name, part in parts.items()}
    if isinstance(thing, Mapping):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, tuple):
        return [_plain(part) for part in thing]
    return thing
