"""From what was read of the files to the knowledge base: names looked up, the whole checked, put in canonical order.

Builds on whatever could be read; what it builds is of use only if nothing at all was reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from triage.loading.conditions import Scope, WrittenGroup, canonical, resolve, written_leaves
from triage.loading.cycles import cycles
from triage.loading.figures import Figures
from triage.loading.files import Unread
from triage.loading.mistakes import Report, clipped, one_of
from triage.loading.names import Domain, Kind, Names
from triage.loading.placeholders import check_placeholders
from triage.loading.sections import LISTED, MOMENTS, SINGLE
from triage.loading.shapes import Found, Sentence, Word
from triage.model import (
    CALLER,
    TIMES_OF_DAY,
    All,
    Clause,
    Condition,
    Evidence,
    EvidenceException,
    Fact,
    Field,
    FollowUp,
    Grouping,
    GroupLevel,
    Identity,
    ImpossibleCombination,
    Inferred,
    InferredValue,
    Instruction,
    Invariant,
    KnowledgeBase,
    Message,
    Parameter,
    Patience,
    Place,
    Population,
    Question,
    Reopening,
    Rule,
    Text,
    ToneRule,
)
from triage.phrases import PhraseError, read_phrase

__all__ = ["Drafts", "build"]

Made = TypeVar("Made")

SAID: tuple[Kind, ...] = ("fact", "inferred", "field", "parameter")
"""What texts that are said on a call may mention."""
LABEL: tuple[Kind, ...] = ("parameter",)
"""What all other texts may mention: nothing that depends on the call."""

OBSERVED = Scope(("fact",), unknown=False, empty=False)
CONCLUDED = Scope(("inferred",), empty=False)
ANYTHING = Scope()
SOMETHING = Scope(empty=False)


@dataclass(slots=True)
class Drafts:
    """What was read of all files, section by section, in the order of the files.

    Attributes:
        unread: Files that could not be read to their end; see `triage.loading.files`.
        single: Entries of the sections that stand in one file at most.
        listed: Entries of the sections that are lists; every section has a list.
    """

    unread: Unread = ()
    bases: list[Found] = field(default_factory=list)
    evidence: list[Found] = field(default_factory=list)
    single: dict[str, list[Found]] = field(default_factory=lambda: {name: [] for name in SINGLE})
    listed: dict[str, list[Found]] = field(default_factory=lambda: {name: [] for name in LISTED})


def build(drafts: Drafts, report: Report) -> KnowledgeBase:
    """The knowledge base that the drafts mean; mistakes go to the report, and then the result is of no use."""
    _report_duplicates(drafts, report)
    return _Builder(drafts, _declare(drafts, report), report).build()


def _report_duplicates(drafts: Drafts, report: Report) -> None:
    for section, entries in drafts.listed.items():
        first: dict[str, Place] = {}
        for entry in entries:
            word = entry["id"]
            if not word:
                continue
            if word in first:
                report.add("duplicate-id", word.place, what=LISTED[section].what, id=clipped(word), first=first[word])
            first.setdefault(word, word.place)


def _declare(drafts: Drafts, report: Report) -> Names:
    names = Names(report, drafts.unread)
    kinds: tuple[tuple[str, Kind], ...] = (
        ("facts", "fact"),
        ("inferred", "inferred"),
        ("parameters", "parameter"),
        ("fields", "field"),
    )
    for section, kind in kinds:
        for entry in drafts.listed[section]:
            names.declare(entry["id"], kind)
    for entry in drafts.listed["facts"]:
        names.domains.setdefault(entry["id"], Domain(_strings(entry["values"]), None))
    for entry in drafts.listed["inferred"]:
        names.domains.setdefault(entry["id"], Domain(_strings(entry["values"]), str(entry["default"])))
    names.questions.update(entry["id"] for entry in drafts.listed["questions"])
    names.instructions.update(entry["id"] for entry in drafts.listed["instructions"])
    names.systems.update(system for base in drafts.bases for system in base["systems"])
    return names


class _Builder:
    """Builds one section after the other, holding the names they share."""

    def __init__(self, drafts: Drafts, names: Names, report: Report) -> None:
        self.drafts = drafts
        self.names = names
        self.report = report
        self.parameters: dict[str, Parameter] = self._by_id("parameters", self._parameter)
        self.figures = Figures(names, self.parameters)

    def build(self) -> KnowledgeBase:
        populations: dict[str, Population] = self._by_id("populations", self._population)
        base = KnowledgeBase(
            identity=self._identity(),
            facts=self._with_callers(self._by_id("facts", self._fact), populations),
            questions=self._by_id("questions", self._question),
            inferred=self._by_id("inferred", self._inferred),
            rules=self._by_id("rules", self._rule),
            messages=self._by_id("messages", self._message),
            impossible=self._by_id("impossible", self._impossible),
            invariants=self._by_id("invariants", self._invariant),
            instructions=self._by_id("instructions", self._instruction),
            parameters=self.parameters,
            fields=self._by_id("fields", self._field),
            evidence=self._evidence(),
            tone=self._by_id("tone", self._tone),
            populations=populations,
            grouping=self._once("grouping", self._grouping),
            follow_up=self._once("follow_up", self._follow_up),
        )
        self._check_asked()
        self._check_gates()
        self._check_rules()
        self._check_given()
        return base

    def _by_id(self, section: str, make: Any) -> dict[str, Any]:
        made = {str(entry["id"]): make(entry) for entry in self.drafts.listed[section]}
        return dict(sorted(made.items()))

    # what all sections have

    def _said(self, sentence: Sentence) -> Text:
        return check_placeholders(sentence, self.names, SAID)

    def _label(self, sentence: Sentence) -> Text:
        return check_placeholders(sentence, self.names, LABEL)

    def _when(self, written: WrittenGroup | None, scope: Scope) -> Condition:
        return All(()) if written is None else resolve(written, self.names, scope)

    def _instructs(self, entry: Found) -> tuple[str, ...]:
        self._check_listed(entry["instructs"], self.names.instructions, "unknown-instruction")
        return tuple(sorted(_strings(entry["instructs"])))

    def _check_listed(self, words: Iterable[str], known: set[str], code: str) -> None:
        for word in words:
            if isinstance(word, Word):
                self.names.listed(word, known, code)

    # base

    def _identity(self) -> Identity:
        if not self.drafts.bases:
            if not self.drafts.unread:
                self.report.add("base-missing", None)
            return Identity("", "", Text("", ""), {}, (), {}, None, None)
        base, *others = self.drafts.bases
        for other in others:
            self.report.add("base-twice", other.place, first=base.place)
        for word in base["decision"]:
            self.names.shared(word, ("inferred", "field"), "unknown-name")
        systems = {str(system): self._label(label) for system, label in base["systems"].items()}
        return Identity(
            id=str(base["id"]),
            version=str(base["version"]),
            title=self._label(base["title"]),
            systems=dict(sorted(systems.items())),
            decision=_strings(base["decision"]),
            find_out=self._find_out(base["find_out"]),
            resolved=None if base["resolved"] is None else self._when(base["resolved"], SOMETHING),
            patience=self._patience(base["patience"]),
        )

    def _find_out(self, written: Mapping[Word, Word]) -> dict[str, str]:
        for word, value in written.items():
            domain = self.names.readable(word, ("inferred",))
            if domain is not None:
                self.names.value(word, domain, value)
        return {str(word): str(value) for word, value in sorted(written.items())}

    def _patience(self, written: Found | None) -> Patience | None:
        if written is None:
            return None
        domain = self.names.readable(written["fact"], ("fact",))
        if domain is not None:
            self.names.declared_value(written["fact"], domain, written["value"])
        return Patience(written["unknown_in_a_row"], str(written["fact"]), str(written["value"]))

    # facts and questions

    def _with_callers(self, facts: dict[str, Fact], populations: Mapping[str, Population]) -> dict[str, Fact]:
        """The facts, with the weights of the population that the base says its callers are."""
        callers: Word | None = self.drafts.bases[0]["callers"] if self.drafts.bases else None
        if callers is None or not self.names.listed(callers, populations, "unknown-population"):
            return facts
        changed = populations[callers].weights
        weighed = {name: replace(fact, weights=changed.get(name, fact.weights)) for name, fact in facts.items()}
        for name in sorted({fact.weights.given for fact in weighed.values() if fact.weights.given in weighed}, key=str):
            if weighed[str(name)].weights.given:
                self.report.add("weights-chain", callers.place, given=clipped(str(name)))
        return weighed

    def _fact(self, entry: Found) -> Fact:
        name: Word = entry["id"]
        domain = Domain(_strings(entry["values"]), None)
        number: Found | None = entry["number"]
        return Fact(
            id=str(name),
            text=self._label(entry["text"]),
            values={str(value): self._label(label) for value, label in entry["values"].items()},
            applies_when=None if entry["applies_when"] is None else self._when(entry["applies_when"], OBSERVED),
            weights=self.figures.weights(name, domain, entry["weights"]),
            source=_strings(entry["source"]),
            place=entry.place,
            unit=str(number["unit"]) if number else None,
            ranges=self.figures.ranges(name, domain, number["ranges"]) if number else (),
        )

    def _question(self, entry: Found) -> Question:
        if self.drafts.bases:
            self._check_listed(entry["ask_of"], self.names.systems | {CALLER}, "unknown-system")
        return Question(
            id=str(entry["id"]),
            fills=_strings(entry["fills"]),
            text=self._said(entry["text"]),
            how=None if entry["how"] is None else self._said(entry["how"]),
            purpose=entry["purpose"],
            kind=entry["kind"],
            ask_of=_strings(entry["ask_of"]),
            seconds=entry["seconds"],
            order=entry["order"],
            tick=self._tick(entry),
            instructs=self._instructs(entry),
            place=entry.place,
        )

    def _tick(self, entry: Found) -> tuple[str, str] | None:
        fills: tuple[Word, ...] = entry["fills"]
        domains = {fact: self.names.readable(fact, ("fact",)) for fact in fills}
        tick: Found | None = entry["tick"]
        if len(fills) > 1 and tick is None:
            self.report.add("tick-missing", entry.given["fills"])
        if tick is None:
            return None
        if len(fills) == 1:
            self.report.add("tick-not-needed", entry.given["tick"])
        for fact, domain in domains.items():
            for value in (tick["ticked"], tick["others"]):
                if domain is not None:
                    self.names.declared_value(fact, domain, value)
        if tick["ticked"] and tick["ticked"] == tick["others"]:
            self.report.add("tick-same", tick["others"].place, value=clipped(tick["others"]))
        return str(tick["ticked"]), str(tick["others"])

    # inferred facts and rules

    def _inferred(self, entry: Found) -> Inferred:
        name: Word = entry["id"]
        self.names.value(name, self.names.domains[name], entry["default"])
        return Inferred(
            id=str(name),
            text=self._label(entry["text"]),
            values={str(value): self._inferred_value(entry, value) for value in entry["values"]},
            default=str(entry["default"]),
            target=entry["target"],
            place=entry.place,
        )

    def _inferred_value(self, entry: Found, value: Word) -> InferredValue:
        values: Mapping[Word, Found] = entry["values"]
        found = values[value]
        for member in found["members"]:
            if member == value:
                self._bad_group(value, member, "一组值不能包含它自己", "a group cannot contain itself")
            elif self.names.value(entry["id"], self.names.domains[entry["id"]], member) is None:
                continue
            elif member in values and values[member]["members"]:
                self._bad_group(value, member, "它本身也是一组值", "it is a group itself")
        return InferredValue(self._label(found["text"]), _strings(found["members"]), self.figures.figure(found["number"]))

    def _bad_group(self, value: Word, member: Word, zh: str, en: str) -> None:
        self.report.add("bad-group", member.place, value=clipped(value), member=clipped(member), why=Text(zh, en))

    def _rule(self, entry: Found) -> Rule:
        name: Word = entry["id"]
        when = self._when(entry["when"], ANYTHING)
        then: Mapping[Word, Word | Found] = entry["then"]
        clauses = [self._clause(entry, when, fact, conclusion) for fact, conclusion in sorted(then.items())]
        return Rule(
            id=str(name),
            when=when,
            clauses=tuple(clauses),
            because=self._label(entry["because"]),
            source=_strings(entry["source"]),
            safe_side=entry["safe_side"],
            place=entry.place,
        )

    def _clause(self, entry: Found, when: Condition, fact: Word, conclusion: Word | Found) -> Clause:
        value, priority = conclusion, entry["priority"]
        if isinstance(conclusion, Found):
            value = conclusion["value"]
            priority = priority if conclusion["priority"] is None else conclusion["priority"]
        domain = self.names.readable(fact, ("inferred",))
        if domain is not None and isinstance(value, Word):
            self.names.value(fact, domain, value)
        return Clause(f"{entry['id']}/{fact}", str(entry["id"]), str(fact), str(value), priority, when)

    # what is said

    def _message(self, entry: Found) -> Message:
        kind: Any = entry["kind"]
        if kind == "script" and entry["moment"] is None:
            self.report.add("moment-missing", entry.place, choices=one_of(MOMENTS))
        if kind == "alert" and entry["when"] is None:
            self.report.add("missing-key", entry.place, what=Text("警示", "an alert"), key="when")
        if kind not in ("script", "") and "moment" in entry.given:
            self.report.add("moment-not-needed", entry.given["moment"])
        if kind not in ("script", "") and "time_of_day" in entry.given:
            self.report.add("time-of-day-not-needed", entry.given["time_of_day"])
        return Message(
            id=str(entry["id"]),
            kind=kind,
            moment=entry["moment"],
            when=self._when(entry["when"], OBSERVED if kind == "alert" else ANYTHING),
            say=self._said(entry["say"]),
            to=entry["to"],
            must_say=kind == "alert" if entry["must_say"] is None else entry["must_say"],
            instructs=self._instructs(entry),
            order=entry["order"],
            source=_strings(entry["source"]),
            place=entry.place,
            time_of_day=tuple(time for time in TIMES_OF_DAY if time in entry["time_of_day"]),
        )

    def _instruction(self, entry: Found) -> Instruction:
        return Instruction(str(entry["id"]), self._label(entry["text"]), entry["forbidden"])

    def _parameter(self, entry: Found) -> Parameter:
        regions: Mapping[Word, Word | Sentence] = entry["regions"]
        return Parameter(
            id=str(entry["id"]),
            value=self._phrase(entry["value"]),
            regions={str(region): self._phrase(phrase) for region, phrase in sorted(regions.items())},
            source=_strings(entry["source"]),
            place=entry.place,
        )

    def _phrase(self, written: Word | Sentence) -> Text:
        sentence = written if isinstance(written, Sentence) else Sentence(written, written)
        return check_placeholders(sentence, self.names, ())

    def _field(self, entry: Found) -> Field:
        return Field(
            id=str(entry["id"]),
            text=self._label(entry["text"]),
            ask=self._said(entry["ask"]),
            when=self._when(entry["when"], ANYTHING),
            private=entry["private"],
            order=entry["order"],
            source=_strings(entry["source"]),
            place=entry.place,
        )

    def _tone(self, entry: Found) -> ToneRule:
        severity: Any = entry["severity"] or ("forbidden" if entry["house"] == "ours" else "advice")
        if entry["house"] == "other" and entry["severity"] == "forbidden":
            self.report.add("other-house-forbids", entry.given["severity"])
        return ToneRule(
            id=str(entry["id"]),
            phrases=self._phrases(entry["phrases"]),
            language=entry["language"],
            context=entry["context"],
            house=entry["house"],
            instead=self._phrase(entry["instead"]),
            because=self._label(entry["because"]),
            source=_strings(entry["source"]),
            severity=severity,
            unless=self._phrases(entry["unless"]),
            place=entry.place,
        )

    def _population(self, entry: Found) -> Population:
        weights = {}
        for name, written in entry["weights"].items():
            domain = self.names.readable(name, ("fact",))
            if domain is not None:
                weights[str(name)] = self.figures.weights(name, domain, written)
        return Population(
            id=str(entry["id"]),
            text=self._label(entry["text"]),
            weights=dict(sorted(weights.items())),
            source=_strings(entry["source"]),
            place=entry.place,
        )

    def _phrases(self, written: Iterable[Word]) -> tuple[str, ...]:
        """Phrases to look for in texts, each as it is written; their order means nothing."""
        for phrase in written:
            try:
                if phrase:
                    read_phrase(phrase)
            except PhraseError as error:
                self.report.add("bad-phrase", phrase.place, phrase=clipped(phrase), why=error.why)
        return tuple(sorted(_strings(written)))

    # what must hold

    def _impossible(self, entry: Found) -> ImpossibleCombination:
        question: Word = entry["resolve"]
        if self.names.listed(question, self.names.questions, "unknown-question"):
            filled = {fact for q in self.drafts.listed["questions"] if q["id"] == question for fact in q["fills"]}
            read = {leaf.fact for leaf in written_leaves(entry["when"])}
            if filled and not filled & read and all(read):
                self.report.add("resolves-nothing", question.place, id=clipped(question))
        return ImpossibleCombination(
            id=str(entry["id"]),
            when=self._when(entry["when"], OBSERVED),
            say=self._said(entry["say"]),
            resolve=str(entry["resolve"]),
            source=_strings(entry["source"]),
            place=entry.place,
        )

    def _invariant(self, entry: Found) -> Invariant:
        return Invariant(
            id=str(entry["id"]),
            when=self._when(entry["when"], ANYTHING),
            then=self._when(entry["then"], SOMETHING),
            safety=entry["safety"],
            because=self._label(entry["because"]),
            source=_strings(entry["source"]),
            place=entry.place,
        )

    def _evidence(self) -> Evidence:
        spared = [self._when(written, CONCLUDED) for part in self.drafts.evidence for written in part["spared"]]
        made = [self._exception(found) for part in self.drafts.evidence for found in part["exceptions"]]
        exceptions = sorted(made, key=lambda e: (e.fact, canonical(e.when), e.because.en, e.because.zh, e.source))
        return Evidence(tuple(sorted(spared, key=canonical)), tuple(exceptions))

    def _exception(self, entry: Found) -> EvidenceException:
        self.names.shared(entry["fact"], ("fact",), "unknown-fact")
        return EvidenceException(
            fact=str(entry["fact"]),
            when=self._when(entry["when"], ANYTHING),
            because=self._label(entry["because"]),
            source=_strings(entry["source"]),
            place=entry.place,
        )

    # calls beside and after one another

    def _once(self, section: str, make: Callable[[Found], Made]) -> Made | None:
        """What a section that stands in one file at most says."""
        for other in self.drafts.single[section][1:]:
            self.report.add("section-twice", other.place, section=section, first=self.drafts.single[section][0].place)
        made = [make(found) for found in self.drafts.single[section]]
        return made[0] if made else None

    def _grouping(self, entry: Found) -> Grouping:
        self._check_teller(entry["told_by"])
        return Grouping(
            told_by=str(entry["told_by"]),
            starts=self._when(entry["starts"], ANYTHING),
            joins=self._when(entry["joins"], ANYTHING),
            orders=self._when(entry["orders"], SOMETHING),
            levels=tuple(self._level(level, entry["told_by"]) for level in entry["levels"]),
            source=_strings(entry["source"]),
        )

    def _level(self, entry: Found, system: Word) -> GroupLevel:
        domain = self._told_by(system, entry["fact"])
        if domain is not None:
            self.names.declared_value(entry["fact"], domain, entry["value"])
        return GroupLevel(
            fact=str(entry["fact"]),
            value=str(entry["value"]),
            place=entry["place"],
            callers=self.figures.figure(entry["callers"]) or 0.0,
            minutes=self.figures.figure(entry["minutes"]) or 0.0,
            from_different=entry["from_different"],
            ordered=entry["ordered"],
            merges=entry["merges"],
        )

    def _follow_up(self, entry: Found) -> FollowUp:
        self._check_teller(entry["told_by"])
        tries: Word | None = entry["tries"]
        if tries is not None and self._told_by(entry["told_by"], tries) is not None:
            counted = {fact["id"] for fact in self.drafts.listed["facts"] if fact["number"]}
            if tries not in counted:
                self.report.add("takes-no-numbers", tries.place, fact=clipped(tries))
        return FollowUp(
            of=str(entry["of"]),
            told_by=str(entry["told_by"]),
            tries=None if tries is None else str(tries),
            questions=entry["questions"],
            over=self._when(entry["over"], SOMETHING),
            reopens=tuple(self._reopening(found) for found in entry["reopens"]),
            source=_strings(entry["source"]),
        )

    def _reopening(self, entry: Found) -> Reopening:
        tells = {str(fact): str(value) for fact, value in sorted(entry["tells"].items())}
        return Reopening(self._when(entry["when"], SOMETHING), tells)

    def _check_teller(self, system: Word) -> None:
        if self.drafts.bases:
            self._check_listed((system,), self.names.systems, "unknown-system")

    def _told_by(self, system: Word, fact: Word) -> Domain | None:
        """The values of a fact that a system tells; None if there is no such fact. Reported also where it is not asked."""
        domain = self.names.readable(fact, ("fact",))
        asked = {s for q in self.drafts.listed["questions"] if fact in q["fills"] for s in q["ask_of"]}
        if domain is not None and asked and system in self.names.systems and system not in asked:
            self.report.add("not-asked-of", fact.place, fact=clipped(fact), system=clipped(system))
        return domain

    # the whole

    def _check_asked(self) -> None:
        """Every observable fact is filled by exactly one question."""
        first: dict[str, Place] = {}
        for entry in self.drafts.listed["questions"]:
            for fact in dict.fromkeys(entry["fills"]):
                if fact in first:
                    self.report.add("asked-twice", fact.place, fact=clipped(fact), first=first[fact])
                first.setdefault(fact, fact.place)
        for entry in self.drafts.listed["facts"]:
            if entry["id"] and entry["id"] not in first and not self.drafts.unread:
                self.report.add("not-asked", entry["id"].place, fact=clipped(entry["id"]))

    def _check_gates(self) -> None:
        reads: Reads = {}
        for entry in self.drafts.listed["facts"]:
            mentioned = written_leaves(entry["applies_when"]) if entry["applies_when"] else []
            _note(reads, entry["id"], [leaf.fact for leaf in mentioned])
        self._report_cycles("gate-cycle", reads)

    def _check_rules(self) -> None:
        reads: Reads = {str(name): {} for name in self.names.of_kind("inferred")}
        for entry in self.drafts.listed["rules"]:
            mentioned = [leaf.fact for leaf in written_leaves(entry["when"])]
            for fact in entry["then"]:
                if fact in reads:
                    _note(reads, fact, mentioned)
        self._report_cycles("rule-cycle", reads)

    def _report_cycles(self, code: str, reads: Reads) -> None:
        for circle in cycles(reads):
            self.report.add(code, reads[circle[0]][circle[1]], path=clipped(" → ".join(circle), 200))

    def _check_given(self) -> None:
        """The fact that weights depend on has weights of its own that depend on nothing."""
        given = {str(e["id"]): e["weights"]["given"] for e in self.drafts.listed["facts"] if e["weights"]}
        for fact, word in given.items():
            if word and word != fact and given.get(word):
                self.report.add("weights-chain", word.place, given=clipped(word))


Reads = dict[str, dict[str, Place]]
"""What each name reads, and where it says so first."""


def _note(reads: Reads, reader: str, words: Iterable[Word]) -> None:
    places = reads.setdefault(str(reader), {})
    for word in words:
        if word:
            places.setdefault(str(word), word.place)


def _strings(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(word) for word in words)
