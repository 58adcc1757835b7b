"""What a handbook tells, gathered from a base and put into an order to read; how it looks is the templates' business."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from markupsafe import Markup

from triage.drawing.dependencies import View, dependencies
from triage.drawing.svg import as_svg
from triage.evaluation import evaluate
from triage.expert import ExpertSystem
from triage.handbook.insight import Insight, Outranking, Situation
from triage.handbook.words import word
from triage.loading import Case
from triage.model import (
    CALLER,
    UNKNOWN,
    Clause,
    Condition,
    Fact,
    Field,
    InferredValue,
    Instruction,
    KnowledgeBase,
    Language,
    Message,
    Question,
    Rule,
    Text,
    ToneRule,
    leaves,
)
from triage.plain import Plain, answers_in_words, label, plainly, readable, value_label

__all__ = ["Book", "Example", "Reference", "SituationPage", "Subject"]

MOMENTS = ("greeting", "ask", "wait", "confirm", "apology", "explain", "refusal", "transfer", "closing")
KINDS = ("alert", "script", "advice", "work_order")
MOST_EXAMPLES = 3
OFTEN = 0.8
"""Share of the situations from which a message that may be said there is told once for all."""
MOST_NAMED = 12
"""Rules of one list that are named one by one."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An id, what kind of thing it names, and where that stands in the handbook."""

    id: str
    kind: str

    @property
    def anchor(self) -> str:
        """The fragment its entry has; stable, so that others can link to it."""
        return f"{self.kind}-{self.id}"


GROUPING = Reference("grouping", "grouping")
"""How calls at the same place count for one another: there is one such section, without an id."""


@dataclass(frozen=True, slots=True)
class Example:
    """A case that shows a situation."""

    name: str
    told: str
    place: str


@dataclass(frozen=True, slots=True)
class SituationPage:
    """A situation with everything that is said of it.

    Attributes:
        rules: Those that conclude its value; empty for a default.
        said, maybe: Messages said on all such calls and on some, by kind, without those common to all situations.
    """

    situation: Situation
    rules: tuple[Rule, ...]
    said: Mapping[str, tuple[Message, ...]]
    maybe: Mapping[str, tuple[Message, ...]]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """The rules of one file."""

    file: str
    anchor: str
    rules: tuple[Rule, ...]


class Book:
    """One base in one language.

    Args:
        cases: Cases of the base, for examples.
    """

    def __init__(self, system: ExpertSystem, language: Language, cases: Sequence[Case] = ()) -> None:
        self.knowledge: KnowledgeBase = system.knowledge
        self.language = language
        self.insight = Insight(system)
        self.cases = cases

    # -- words

    def word(self, key: str, **parts: object) -> str:
        """One of the handbook's own sentences."""
        return word(key, self.language, **parts)

    def text(self, text: Text) -> str:
        """A text of the base, placeholders filled for readers."""
        return readable(self.knowledge, text, self.language)

    def label(self, name: str) -> str:
        """What people read for a fact."""
        return label(self.knowledge, name, self.language)

    def value(self, fact: str, value: str) -> str:
        """What people read for a value."""
        return value_label(self.knowledge, fact, value, self.language)

    def plain(self, condition: Condition) -> Plain:
        """A condition as statements."""
        return plainly(self.knowledge, condition, self.language)

    def join(self, parts: Iterable[str]) -> str:
        """A list within a sentence."""
        return self.word("comma").join(parts)

    def names(self, fact: str, values: Iterable[str]) -> list[str]:
        """What people read for several values."""
        return [self.value(fact, value) for value in values]

    def fact_anchor(self, name: str) -> str:
        """Where an observable or inferred fact stands."""
        return Reference(name, "inferred" if name in self.knowledge.inferred else "fact").anchor

    # -- overview

    @cached_property
    def overview(self) -> Markup:
        """The conclusions as SVG."""
        drawn = dependencies(self.knowledge, self.language, View(facts=False, links=""))
        return Markup(as_svg(drawn, "overview-"))  # noqa: S704 - our own drawing, its texts escaped

    @property
    def counts(self) -> str:
        """How much there is."""
        knowledge = self.knowledge
        return self.word(
            "counts",
            situations=len(self.insight.situations),
            questions=len(knowledge.questions),
            rules=len(knowledge.rules),
            messages=len(knowledge.messages),
            cases=len(self.cases),
        )

    # -- situations

    @cached_property
    def telling_targets(self) -> tuple[str, ...]:
        """Targets of the table of situations, besides the first: those a hand-over sets, or else the next ones."""
        rest = [target for target in self.knowledge.targets if target not in (self.insight.first, self.insight.teller)]
        return tuple([target for target in rest if target in self.knowledge.identity.find_out] or rest[:2])

    @cached_property
    def endings(self) -> Mapping[str, tuple[SituationPage, ...]]:
        """Situations by value of the first target, in the author's order; values no call ends in are left out."""
        found: dict[str, list[SituationPage]] = {}
        for situation in self.insight.situations:
            found.setdefault(situation.ending, []).append(self._page(situation))
        return {value: tuple(pages) for value, pages in found.items()}

    @property
    def unreached(self) -> list[str]:
        """What people read for the values of the first target that no call ends in."""
        first = self.insight.first
        return self.names(first, (value for value in self.knowledge.inferred[first].values if value not in self.endings))

    @property
    def common(self) -> list[Message]:
        """Messages that may be said in nearly every situation; there they are not named again."""
        return [
            message for message in self._in_order(self.knowledge.messages.values()) if message.id in (self._usual | self._often)
        ]

    @cached_property
    def _usual(self) -> set[str]:
        """Messages said on every call."""
        said = [{message.id for message in found.always} for found in self.insight.situations]
        return set.intersection(*said) if said else set()

    @cached_property
    def _often(self) -> set[str]:
        """Messages said on some calls of most situations."""
        found = Counter(message.id for situation in self.insight.situations for message in situation.maybe)
        return {name for name, count in found.items() if count >= OFTEN * len(self.insight.situations)}

    def situation_anchor(self, situation: Situation) -> str:
        """Where a situation stands."""
        if self.insight.teller == self.insight.first:
            return f"situation-{situation.value}"
        return f"situation-{situation.ending}-{situation.value}"

    def _page(self, situation: Situation) -> SituationPage:
        return SituationPage(
            situation,
            self.concluding(self.insight.teller, situation.value),
            _by_kind(message for message in situation.always if message.id not in self._usual),
            _by_kind(message for message in situation.maybe if message.id not in self._often),
            tuple(self._examples.get((situation.ending, situation.value), ())),
        )

    @cached_property
    def _examples(self) -> Mapping[tuple[str, str], list[Example]]:
        """Cases that expect a decision, by the situation they end in."""
        found: defaultdict[tuple[str, str], list[Example]] = defaultdict(list)
        for case in self.cases:
            if case.turns[-1].expect and case.turns[-1].status in (None, "decided"):
                told = {name: reading.value for turn in case.turns for name, reading in turn.told.readings.items()}
                verdict = evaluate(self.knowledge, told)
                key = (verdict[self.insight.first], verdict[self.insight.teller])
                if not self.insight.exact:
                    key = (key[0], key[0])
                if len(found[key]) < MOST_EXAMPLES:
                    said = answers_in_words(self.knowledge, {n: v for n, v in told.items() if v != UNKNOWN}, self.language)
                    found[key].append(Example(case.name, said, str(case.place)))
        return found

    # -- questions and facts

    @property
    def questions(self) -> list[Question]:
        """In the author's order."""
        return sorted(self.knowledge.questions.values(), key=lambda question: (question.order, question.id))

    def asked_of(self, question: Question) -> list[str]:
        """Whom a question goes to, first to last."""
        systems = self.knowledge.identity.systems
        return [self.word("caller") if name == CALLER else self.text(systems[name]) for name in question.ask_of]

    def gate(self, question: Question) -> Plain | None:
        """When a question applies, where all its facts share one gate; None where it always may be asked."""
        gates = {self.knowledge.facts[name].applies_when for name in question.fills}
        gate = gates.pop() if len(gates) == 1 else None
        return None if gate is None else self.plain(gate)

    def own_gate(self, question: Question, fact: Fact) -> Plain | None:
        """When a fact of a list applies, where the facts of the list differ in that."""
        if fact.applies_when is None or len({self.knowledge.facts[name].applies_when for name in question.fills}) == 1:
            return None
        return self.plain(fact.applies_when)

    def ranges(self, fact: Fact) -> Iterator[tuple[str, str]]:
        """How numbers become values: the limit in words, and the value."""
        for step in fact.ranges:
            if step.limit is None:
                yield self.word("range-rest"), self.value(fact.id, step.value)
            else:
                key = "range-up-to" if step.inclusive else "range-under"
                yield self.word(key, limit=self.figure(step.limit), unit=fact.unit or ""), self.value(fact.id, step.value)

    def figure(self, figure: str | float) -> str:
        """A figure: a parameter's general value, or the number itself."""
        return self.text(self.knowledge.parameters[figure].value) if isinstance(figure, str) else f"{figure:g}"

    def readers(self, name: str) -> list[Reference]:
        """Rules, gates and laws that read a fact, by kind and id."""
        return self._readers.get(name, [])

    @cached_property
    def _readers(self) -> Mapping[str, list[Reference]]:
        knowledge = self.knowledge
        conditions: list[tuple[Reference, Condition]] = [
            *((Reference(rule.id, "rule"), rule.when) for rule in knowledge.rules.values()),
            *((Reference(fact.id, "fact"), fact.applies_when) for fact in knowledge.facts.values() if fact.applies_when),
            *((Reference(message.id, "message"), message.when) for message in knowledge.messages.values()),
            *((Reference(field.id, "field"), field.when) for field in knowledge.fields.values()),
            *((Reference(found.id, "impossible"), found.when) for found in knowledge.impossible.values()),
            *((GROUPING, condition) for condition in self._grouped_by()),
        ]
        found: defaultdict[str, list[Reference]] = defaultdict(list)
        for reference, condition in conditions:
            for name in dict.fromkeys(leaf.fact for leaf in leaves(condition)):
                if reference not in found[name]:
                    found[name].append(reference)
        return found

    def _grouped_by(self) -> tuple[Condition, ...]:
        """Conditions on calls that are counted with others at the same place."""
        grouping = self.knowledge.grouping
        return () if grouping is None else (grouping.starts, grouping.joins, grouping.orders)

    # -- rules

    @cached_property
    def subjects(self) -> list[Subject]:
        """Rules by file, in the author's order."""
        ordered = sorted(self.knowledge.rules.values(), key=lambda rule: rule.place)
        files = [(file, tuple(rules)) for file, rules in groupby(ordered, key=lambda rule: rule.place.file)]
        return [Subject(file, f"rules-{number}", rules) for number, (file, rules) in enumerate(files, 1)]

    def concluding(self, fact: str, value: str) -> tuple[Rule, ...]:
        """Rules that conclude a value, highest priority first."""
        return tuple(self.knowledge.rules[clause.rule] for clause in self.knowledge.clauses[fact] if clause.value == value)

    def outranking(self, rule: Rule) -> Outranking:
        """What the clauses of a rule outrank and are outranked by, all together."""
        found = [self.insight.outranking[clause.id] for clause in rule.clauses]
        over = dict.fromkeys(name for each in found for name in each.over)
        under = dict.fromkeys(name for each in found for name in each.under)
        return Outranking(tuple(over), tuple(under))

    def named(self, names: Sequence[str]) -> tuple[Sequence[str], int]:
        """The first of many ids, and how many more there are."""
        return names[:MOST_NAMED], max(len(names) - MOST_NAMED, 0)

    def clause_value(self, clause: Clause) -> InferredValue:
        """The value a clause concludes."""
        return self.knowledge.inferred[clause.fact].values[clause.value]

    # -- messages, work order, and the rest

    def messages(self, kind: str, moment: str | None = None) -> list[Message]:
        """Messages of a kind, or of a moment of the script, in the author's order."""
        return [
            message
            for message in self._in_order(self.knowledge.messages.values())
            if message.kind == kind and moment in (None, message.moment)
        ]

    @staticmethod
    def _in_order(messages: Iterable[Message]) -> list[Message]:
        return sorted(messages, key=lambda message: (message.order, message.id))

    @property
    def moments(self) -> list[str]:
        """Moments of the script that the base has lines for."""
        return [moment for moment in MOMENTS if self.messages("script", moment)]

    @property
    def fields(self) -> list[Field]:
        """In the author's order."""
        return sorted(self.knowledge.fields.values(), key=lambda field: (field.order, field.id))

    def instructed_by(self, instruction: Instruction) -> list[Reference]:
        """Messages and questions that have somebody do something."""
        return [
            *(Reference(m.id, "message") for m in self.knowledge.messages.values() if instruction.id in m.instructs),
            *(Reference(q.id, "question") for q in self.knowledge.questions.values() if instruction.id in q.instructs),
        ]

    @property
    def tone(self) -> list[ToneRule]:
        """As they stand in the files."""
        return sorted(self.knowledge.tone.values(), key=lambda rule: rule.place)

    @cached_property
    def sources(self) -> Mapping[str, list[Reference]]:
        """Everything that rests on a source, by source."""
        found: defaultdict[str, list[Reference]] = defaultdict(list)
        for reference, sources in self._sourced():
            for source in dict.fromkeys(sources):
                found[source].append(reference)
        return {source: found[source] for source in sorted(found, key=_natural)}

    @cached_property
    def source_anchors(self) -> Mapping[str, str]:
        """Where a source stands in the index of sources."""
        return {source: f"source-{number}" for number, source in enumerate(self.sources, 1)}

    def _sourced(self) -> Iterator[tuple[Reference, tuple[str, ...]]]:
        knowledge = self.knowledge
        yield from ((Reference(rule.id, "rule"), rule.source) for rule in knowledge.rules.values())
        yield from ((Reference(fact.id, "fact"), fact.source) for fact in knowledge.facts.values())
        yield from ((Reference(message.id, "message"), message.source) for message in knowledge.messages.values())
        yield from ((Reference(field.id, "field"), field.source) for field in knowledge.fields.values())
        yield from ((Reference(parameter.id, "parameter"), parameter.source) for parameter in knowledge.parameters.values())
        yield from ((Reference(found.id, "impossible"), found.source) for found in knowledge.impossible.values())
        yield from ((Reference(law.id, "invariant"), law.source) for law in knowledge.invariants.values())
        yield from ((Reference(rule.id, "tone"), rule.source) for rule in knowledge.tone.values())
        yield from ((Reference(found.fact, "fact"), found.source) for found in knowledge.evidence.exceptions)
        if knowledge.grouping is not None:
            yield GROUPING, knowledge.grouping.source

    @cached_property
    def index(self) -> list[Reference]:
        """Every id of the base, in alphabetical order, then by kind."""
        knowledge = self.knowledge
        kinds: dict[str, Iterable[str]] = {
            "rule": knowledge.rules,
            "question": knowledge.questions,
            "fact": knowledge.facts,
            "inferred": knowledge.inferred,
            "message": knowledge.messages,
            "parameter": knowledge.parameters,
            "field": knowledge.fields,
            "impossible": knowledge.impossible,
            "invariant": knowledge.invariants,
            "instruction": knowledge.instructions,
            "tone": knowledge.tone,
        }
        return sorted((Reference(name, kind) for kind, names in kinds.items() for name in names), key=lambda r: (r.id, r.kind))


def _by_kind(messages: Iterable[Message]) -> dict[str, tuple[Message, ...]]:
    left = list(messages)
    found = {kind: tuple(message for message in left if message.kind == kind) for kind in KINDS}
    return {kind: messages for kind, messages in found.items() if messages}


def _natural(source: str) -> list[tuple[int, int, str]]:
    """A sort key that counts numbers as numbers: B1.6 before B1.10."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", source)]
