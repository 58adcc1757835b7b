"""Cases: what an author expects of calls, read from the `*.cases.yaml` files of a knowledge base.

Reads and checks only; `triage.trying` runs them. The same machinery as for knowledge files (`documents`, `shapes`, `names`)
finds every mistake at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from triage.call import Call, read_call
from triage.errors import InputError, KnowledgeError, Problem
from triage.loading.documents import Node, Scalar, Sequence
from triage.loading.files import read_documents
from triage.loading.mistakes import Report, clipped, one_of
from triage.loading.names import names_of
from triage.loading.shapes import (
    Choice,
    Found,
    Key,
    ListOf,
    MapOf,
    Number,
    OneOrMany,
    Record,
    Reference,
    Schema,
    String,
    Truth,
    Word,
)
from triage.model import CALLER, TIMES_OF_DAY, UNKNOWN, KnowledgeBase, Place, Question, Text, TimeOfDay

__all__ = [
    "Case",
    "CasesRead",
    "Spoken",
    "Turn",
    "load_cases",
    "read_cases",
    "schema",
    "select",
    "shape_mistakes",
    "spoken_and_silent",
]

STATUSES = ("needs_input", "decided", "handover", "contradictory")
STOP_REASONS = ("settled", "resolved", "contradictory", "question_budget", "nothing_left_to_ask", "engines_disagree")


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a case: what is told, and what is expected then. None and empty mean: nothing is expected of this.

    Attributes:
        told: What this turn adds: readings, fields, sources that did not answer.
        expect: Settled values by inferred fact.
        if_ended_now: Values by inferred fact, if the call ended here.
        asks_of: Whom the next question goes to.
        never_asks: Questions that cannot change anything any more.
        fired, not_fired: Rules one of whose clauses wins, and rules none of whose does, if the call ended here.
        says, not_says: Messages.
        missing_fields: Exactly the fields the work order still needs.
        candidates: By target, exactly the values still possible.
    """

    told: Call
    place: Place
    expect: Mapping[str, str]
    if_ended_now: Mapping[str, str]
    status: str | None
    stop_reason: str | None
    asks_next: str | None
    asks_of: str | None
    never_asks: tuple[str, ...]
    fired: tuple[str, ...]
    not_fired: tuple[str, ...]
    says: tuple[str, ...]
    not_says: tuple[str, ...]
    missing_fields: tuple[str, ...] | None
    candidates: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Case:
    """A test in the author's words.

    Attributes:
        systems: Ids of the systems connected.
        region: Whose text parameters to use; None for the general ones.
        time_of_day: When the call comes in, for script lines bound to a time; None: those are not said.
        turns: At least one; each adds to what those before it told.
    """

    name: str
    tags: tuple[str, ...]
    source: tuple[str, ...]
    systems: tuple[str, ...]
    region: str | None
    time_of_day: TimeOfDay | None
    turns: tuple[Turn, ...]
    place: Place


class CasesRead(NamedTuple):
    """What stands in case files: cases that can be run, and every mistake that keeps others from it.

    Attributes:
        suggested: Cases that wait for their author to say what is expected (`suggested: true`); they count for nothing.
        left_out: Where the cases stand that have mistakes.
        torn: Files that are not sound YAML; how many cases they hold is not known.
    """

    cases: tuple[Case, ...]
    problems: tuple[Problem, ...]
    suggested: tuple[Case, ...]
    left_out: tuple[Place, ...]
    torn: tuple[str, ...]


class Spoken(NamedTuple):
    """Whether some case expects a rule to fire, and whether some case expects it not to."""

    speaks: bool
    silent: bool


def load_cases(folder: Path, knowledge: KnowledgeBase) -> tuple[Case, ...]:
    """The cases in the `*.cases.yaml` files below a base's folder, by file and in the author's order. May be none.

    Cases that are only suggested are left out.

    Args:
        folder: The base's own folder, such as `knowledge/power`; hidden files and folders are left out.
        knowledge: The base loaded from it.

    Raises:
        KnowledgeError: Something is wrong with the case files; it holds all mistakes found.

    Example:
        >>> load_cases(Path("knowledge/power"), load_knowledge(Path("knowledge/power")))[0].name
        '卡表没电了，开关合不上'
    """
    read = read_cases(folder, knowledge)
    if read.problems:
        raise KnowledgeError(folder, read.problems)
    return read.cases


def read_cases(folder: Path, knowledge: KnowledgeBase) -> CasesRead:
    """The cases below a base's folder that nothing is wrong with, beside all mistakes; see `load_cases`.

    A mistake in a case leaves out that case, a file that is not sound YAML all its cases.
    """
    report = Report()
    documents, _ = read_documents(folder, report, cases=True)
    torn = {problem.place.file for problem in report.problems if problem.place}
    reader = _Reader(knowledge, report)
    read = [entry for document in documents for entry in reader.read(document) if document.place.file not in torn]
    counted, suggested = (tuple(e.case for e in read if e.sound and e.suggested is wanted) for wanted in (False, True))
    left_out = tuple(entry.case.place for entry in read if not entry.sound)
    return CasesRead(counted, tuple(report.problems), suggested, left_out, tuple(sorted(torn)))


def shape_mistakes(folder: Path) -> tuple[Problem, ...]:
    """What is wrong with a base's case files whatever the base declares: all there is to find while it cannot be read."""
    report = Report()
    for document in read_documents(folder, report, cases=True)[0]:
        FILE.read(document, report)
    return tuple(report.problems)


def select(cases: Iterable[Case], *, name: str = "", tags: Iterable[str] = (), path: str = "") -> tuple[Case, ...]:
    """The cases whose name holds `name`, that have all of `tags`, and whose file is `path` or lies below it.

    Args:
        path: Relative to the base's folder, such as `cases` or `cases/meter.cases.yaml`; a line (`…:12`) chooses the case that
            stands there.
    """
    wanted = frozenset(tags)
    return tuple(case for case in _at(tuple(cases), path) if name in case.name and wanted <= set(case.tags))


def _at(cases: tuple[Case, ...], path: str) -> tuple[Case, ...]:
    """The cases in a file or below a folder; of a file with a line the last one that begins there or before."""
    file, _, position = path.partition(":")
    line = position.partition(":")[0]
    inside = tuple(case for case in cases if PurePosixPath(case.place.file).is_relative_to(PurePosixPath(file)))
    if not line:
        return inside
    before = [case for case in inside if line.isdecimal() and case.place.line <= int(line)]
    return tuple(before[-1:])


def spoken_and_silent(cases: Iterable[Case]) -> dict[str, Spoken]:
    """Per rule that cases expect something of: whether one expects it to fire, and one not to. By id; others are left out."""
    turns = [turn for case in cases for turn in case.turns]
    speaking = {rule for turn in turns for rule in turn.fired}
    silent = {rule for turn in turns for rule in turn.not_fired}
    return {rule: Spoken(rule in speaking, rule in silent) for rule in sorted(speaking | silent)}


def schema() -> Schema:
    """JSON Schema (draft 2020-12) of one case file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FILE.schema()}


# what may stand in a case file


@dataclass(frozen=True, slots=True)
class Answered:
    """What a case gives for a fact or a list to tick."""

    given: Word | float | tuple[Word, ...]
    node: Node


@dataclass(frozen=True, slots=True)
class AnsweredShape:
    """A value, a number, or a list of the facts ticked."""

    def read(self, node: Node, report: Report) -> Answered:
        """Whichever of them stands there."""
        if isinstance(node, Sequence):
            return Answered(TICKED.read(node, report), node)
        number = isinstance(node, Scalar) and node.kind == "number"
        return Answered(FIGURE.read(node, report) if number else NAME.read(node, report), node)

    def stand_in(self, place: Place) -> Answered:
        """The empty word."""
        return Answered(NAME.stand_in(place), Scalar(place, "", plain=True))

    def schema(self) -> Schema:
        """Any of them."""
        return {"anyOf": [NAME.schema(), FIGURE.schema(), TICKED.schema()]}


@dataclass(frozen=True, slots=True)
class Entry:
    """One case as it is written; `sound` where every part of it has the right shape."""

    found: Found
    sound: bool


@dataclass(frozen=True, slots=True)
class EntryShape:
    """A case, remembering whether something is wrong with it."""

    def read(self, node: Node, report: Report) -> Entry:
        """The case, read as far as it can be."""
        before = len(report.problems)
        found = CASE.read(node, report)
        return Entry(found, len(report.problems) == before)

    def stand_in(self, place: Place) -> Entry:
        """The empty case."""
        return Entry(CASE.stand_in(place), sound=False)

    def schema(self) -> Schema:
        """That of a case."""
        return CASE.schema()


NAME = Reference()
FIGURE = Number(-1e9, 1e9)
TICKED = ListOf(NAME, Text("勾选的事实", "the list of ticked facts"))
NAMES_KEYS = ("never_asks", "fired", "not_fired", "says", "not_says", "missing_fields")


def _by_name(what: str, shape: Any) -> Key:
    return Key(MapOf(NAME, shape, Text(f"`{what}`", f"`{what}`")), {})


def _listed(what: str) -> OneOrMany[Word]:
    return OneOrMany(NAME, Text(f"`{what}`", f"`{what}`"))


TURN_KEYS: Mapping[str, Key] = {
    "given": _by_name("given", AnsweredShape()),
    "fields": _by_name("fields", String()),
    "no_answer": _by_name("no_answer", _listed("no_answer")),
    "expect": _by_name("expect", NAME),
    "if_ended_now": _by_name("if_ended_now", NAME),
    "status": Key(Choice(STATUSES), None),
    "stop_reason": Key(Choice(STOP_REASONS), None),
    "asks_next": Key(NAME, None),
    "asks_of": Key(NAME, None),
    **{key: Key(ListOf(NAME, Text(f"`{key}`", f"`{key}`")), ()) for key in NAMES_KEYS},
    "candidates": _by_name("candidates", _listed("candidates")),
}
EXPECTATIONS = tuple(key for key in TURN_KEYS if key not in ("given", "fields", "no_answer"))

TURN = Record(Text("这一轮", "the turn"), TURN_KEYS)
CASE = Record(
    Text("用例", "the case"),
    {
        "case": Key(String()),
        "tags": Key(ListOf(String(), Text("`tags`", "`tags`")), ()),
        "source": Key(OneOrMany(String(), Text("`source`", "`source`"))),
        "systems": Key(ListOf(NAME, Text("`systems`", "`systems`")), ()),
        "region": Key(NAME, None),
        "time_of_day": Key(Choice(TIMES_OF_DAY), None),
        "suggested": Key(Truth(), False),
        "turns": Key(ListOf(TURN, Text("`turns`", "`turns`"), least=1), None),
        **TURN_KEYS,
    },
)
FILE = Record(
    Text("用例文件", "a case file"),
    {"cases": Key(ListOf(EntryShape(), Text("`cases`", "`cases`"), least=1))},
)


# reading


class _Read(NamedTuple):
    """A case, of use only where it is sound; `suggested` where it says nothing yet."""

    case: Case
    sound: bool
    suggested: bool


class _Reader:
    """Reads files one after the other, holding the names they may mention."""

    def __init__(self, knowledge: KnowledgeBase, report: Report) -> None:
        self._knowledge = knowledge
        self._report = report
        self._names = names_of(knowledge, report)
        self._ticks = {name: question for name, question in knowledge.questions.items() if question.tick}
        self._regions = {region for parameter in knowledge.parameters.values() for region in parameter.regions}
        self._sources = {CALLER, *knowledge.identity.systems}

    def read(self, root: Node) -> list[_Read]:
        """The cases of one file."""
        entries: tuple[Entry, ...] = FILE.read(root, self._report)["cases"]
        first: dict[str, Place] = {}
        cases = []
        for entry in entries:
            before = len(self._report.problems)
            self._report_duplicate(entry.found["case"], first)
            case = self._case(entry.found)
            sound = entry.sound and len(self._report.problems) == before
            cases.append(_Read(case, sound, bool(entry.found["suggested"])))
        return cases

    def _report_duplicate(self, name: Word, first: dict[str, Place]) -> None:
        if name and name in first:
            what = Text("用例", "case")
            self._report.add("duplicate-id", name.place, what=what, id=clipped(name), first=first[name])
        first.setdefault(name, name.place)

    def _case(self, entry: Found) -> Case:
        self._all_listed(entry["systems"], self._knowledge.identity.systems, "unknown-system")
        if entry["region"]:
            self._names.listed(entry["region"], self._regions, "unknown-region")
        written = self._written_turns(entry)
        if written and not entry["suggested"] and not any(_expects_something(turn) for turn in written):
            self._report.add("expects-nothing", entry.place, case=clipped(entry["case"]))
        region = None if entry["region"] is None else str(entry["region"])
        return Case(
            name=str(entry["case"]),
            tags=_strings(entry["tags"]),
            source=_strings(entry["source"]),
            systems=_strings(entry["systems"]),
            region=region,
            time_of_day=entry["time_of_day"],
            turns=tuple(self._turn(turn, region) for turn in written),
            place=entry.place,
        )

    def _written_turns(self, entry: Found) -> tuple[Found, ...]:
        """The turns, or the case itself as its only one."""
        turns: tuple[Found, ...] | None = entry["turns"]
        if turns is None:
            return (entry,)
        for key in TURN_KEYS:
            if key in entry.given:
                self._report.add("beside-turns", entry.given[key], key=key)
        return turns

    def _turn(self, found: Found, region: str | None) -> Turn:
        before = len(self._report.problems)
        self._check_told(found)
        self._check_concluded(found)
        self._check_names(found)
        sound = len(self._report.problems) == before
        return Turn(
            told=self._told(found, region) if sound else Call(),
            place=found.place,
            **{key: _plain(found[key]) for key in EXPECTATIONS if key != "missing_fields"},
            missing_fields=_plain(found["missing_fields"]) if "missing_fields" in found.given else None,
        )

    def _told(self, found: Found, region: str | None) -> Call:
        """What a sound turn tells, through the door all calls come in by."""
        facts = {str(name): _plain(answer.given) for name, answer in found["given"].items()}
        try:
            data = {"facts": facts, "fields": _plain(found["fields"]), "no_answer": _plain(found["no_answer"])}
            return read_call(self._knowledge, data, region)
        except InputError as error:
            for one in (error, *error.also):
                key = one.path.split("/")[1].replace("facts", "given")
                self._report.problems.append(Problem(one.code, found.given[key], one.text))
            return Call()

    # names and values

    def _check_told(self, found: Found) -> None:
        for word, answer in found["given"].items():
            self._check_answer(word, answer)
        for word in found["fields"]:
            self._names.shared(word, ("field",), "unknown-field")
        for word, sources in found["no_answer"].items():
            self._names.shared(word, ("fact",), "unknown-fact")
            self._all_listed(sources, self._sources, "unknown-system")

    def _check_answer(self, word: Word, answer: Answered) -> None:
        if word in self._knowledge.facts:
            self._check_value(word, answer)
        elif word in self._ticks:
            self._check_ticked(self._ticks[word], answer)
        elif word in self._knowledge.questions and word not in self._names.kinds:
            facts = ", ".join(self._knowledge.questions[word].fills)
            self._report.add("question-not-fact", word.place, id=word, facts=facts)
        elif word in self._names.kinds:
            self._names.shared(word, ("fact",), "unknown-fact")
        else:
            self._names.listed(word, [*self._knowledge.facts, *self._ticks], "unknown-fact")

    def _check_value(self, word: Word, answer: Answered) -> None:
        if isinstance(answer.given, tuple):
            shown = ", ".join(answer.given)
            expected = Text(f"`{word}` 的一个值", f"one value of `{word}`")
            found = Text(f"列表 `[{clipped(shown)}]`", f"the list `[{clipped(shown)}]`")
            self._report.add("wrong-type", answer.node.place, expected=expected, found=found)
        elif isinstance(answer.given, Word):
            self._names.value(word, self._names.domains[word], answer.given)
        elif not self._knowledge.facts[word].ranges and isinstance(answer.node, Scalar):
            self._names.value(word, self._names.domains[word], Word(answer.node.text, answer.node.place))

    def _check_ticked(self, question: Question, answer: Answered) -> None:
        if isinstance(answer.given, tuple):
            for word in answer.given:
                self._check_on_list(question, word)
        elif answer.given != UNKNOWN:
            expected = Text("勾选的事实的列表，或 `unknown`", "a list of ticked facts, or `unknown`")
            found = clipped(answer.node.text) if isinstance(answer.node, Scalar) else ""
            self._report.add("wrong-type", answer.node.place, expected=expected, found=f"`{found}`")

    def _check_on_list(self, question: Question, word: Word) -> None:
        if word and word not in question.fills:
            near = self._report.near(word, question.fills)
            self._report.add("not-one-of", word.place, found=clipped(word), choices=one_of(question.fills), near=near)

    def _check_concluded(self, found: Found) -> None:
        for key in ("expect", "if_ended_now"):
            for word, value in found[key].items():
                if word in EXPECTATIONS and word not in self._names.kinds:
                    self._report.add("beside-expect", word.place, key=word)
                else:
                    self._check_inferred(word, (value,))
        for word, values in found["candidates"].items():
            if self._check_inferred(word, values) and not self._knowledge.inferred[word].target:
                self._report.add("not-a-target", word.place, id=word)
        self._check_settled(found)

    def _check_inferred(self, word: Word, values: Iterable[Word]) -> bool:
        domain = self._names.readable(word, ("inferred",))
        if domain is None:
            return False
        for value in values:
            self._names.value(word, domain, value)
        return True

    def _check_settled(self, found: Found) -> None:
        """While asking only targets can be settled, and in a contradiction nothing is."""
        status = found["status"]
        if status not in ("needs_input", "contradictory"):
            return
        for word in found["expect"]:
            inferred = self._knowledge.inferred.get(word)
            if inferred and not (inferred.target and status == "needs_input"):
                self._report.add("not-settled-yet", word.place, id=word, status=status)

    def _check_names(self, found: Found) -> None:
        known = self._knowledge
        asked = [found["asks_next"]] if found["asks_next"] else []
        self._all_listed([*asked, *found["never_asks"]], known.questions, "unknown-question")
        if found["asks_of"]:
            self._names.listed(found["asks_of"], self._sources, "unknown-system")
        self._all_listed([*found["fired"], *found["not_fired"]], known.rules, "unknown-rule")
        self._all_listed([*found["says"], *found["not_says"]], known.messages, "unknown-message")
        for word in found["missing_fields"]:
            self._names.shared(word, ("field",), "unknown-field")

    def _all_listed(self, words: Iterable[Word], known: Collection[str], code: str) -> None:
        for word in words:
            self._names.listed(word, known, code)


def _expects_something(turn: Found) -> bool:
    return "missing_fields" in turn.given or any(turn[key] not in (None, (), {}) for key in EXPECTATIONS)


def _strings(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(word) for word in words)


def _plain(found: Any) -> Any:
    """What was read, without places."""
    if isinstance(found, Mapping):
        return {str(name): _plain(part) for name, part in found.items()}
    if isinstance(found, tuple):
        return tuple(_plain(part) for part in found)
    return str(found) if isinstance(found, Word) else found
