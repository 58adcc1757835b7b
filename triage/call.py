"""What came in from a call: readings, fields, and how the answer is wanted; checked at the door.

Input errors name their place as a JSON pointer. Knows the model only: nothing of rules, diagrams or HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from triage.errors import InputError, nearest
from triage.model import CALLER, LANGUAGES, TIMES_OF_DAY, UNKNOWN, Fact, KnowledgeBase, Language, Question, Text, TimeOfDay

__all__ = [
    "LONGEST_FIELD",
    "Call",
    "Options",
    "Reading",
    "Warn",
    "as_object",
    "read_call",
    "read_input",
    "read_options",
    "still_valid",
    "tidied",
]

NUMBERS = ("max_questions", "questions", "look_ahead")
CHOICES = {"explain": ("none", "summary", "full"), "time_of_day": TIMES_OF_DAY}
LONGEST_FIELD = 2_000
"""Characters a field may hold."""
MOST_ENTRIES = 1_000
"""Facts, or fields, a call may name."""
MOST_MISTAKES = 20
"""Mistakes that are told at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value from a source at a time.

    Attributes:
        observed_at, ttl_seconds: When it was read (with a time zone) and for how long it holds; None: for this call.
    """

    value: str
    source: str = CALLER
    observed_at: datetime | None = None
    ttl_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Warn:
    """Something the sender should know; the call is answered all the same. `path` is a JSON pointer into the input."""

    code: str
    path: str
    text: Text


@dataclass(frozen=True)
class Call:
    """Everything told so far.

    Attributes:
        readings: By observable fact.
        fields: Free text by field.
        no_answer: By fact, the sources that were asked and did not answer.
    """

    readings: Mapping[str, Reading] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    no_answer: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[Warn, ...] = ()

    @staticmethod
    def of(facts: Mapping[str, str], source: str = CALLER) -> Call:
        """A call of bare values, for library use; they are not checked here."""
        return Call({name: Reading(value, source) for name, value in facts.items()})


@dataclass(frozen=True, slots=True)
class Options:
    """How the answer is wanted.

    Attributes:
        region: Whose text parameters to use; None for the general ones.
        systems: Ids of the systems connected.
        now: The time staleness is judged by; None: nothing is stale.
        max_questions: After so many answered questions the call is handed over; None: no limit.
        explain: How much of the reasons to give.
        questions: How many next questions to list, for screens that show several.
        look_ahead: Situations to look at for the questions ahead; 0 leaves them out.
        time_of_day: Chooses script lines that are bound to a time; None: none of those.
    """

    language: Language = "zh"
    region: str | None = None
    systems: tuple[str, ...] = ()
    now: datetime | None = None
    max_questions: int | None = None
    explain: Literal["none", "summary", "full"] = "summary"
    questions: int = 1
    look_ahead: int = 200
    time_of_day: TimeOfDay | None = None


def still_valid(call: Call, now: datetime | None) -> tuple[dict[str, str], list[Warn]]:
    """Values that still hold, and a warning for each stale reading, which leaves its fact open."""
    known, warnings = {}, []
    for name, reading in call.readings.items():
        if now and reading.observed_at and reading.ttl_seconds is not None:
            age = now - reading.observed_at
            if age > timedelta(seconds=reading.ttl_seconds):
                warnings.append(_stale(name, reading, age))
                continue
        known[name] = reading.value
    return known, warnings


def read_call(knowledge: KnowledgeBase, data: Mapping[str, Any], region: str | None = None) -> Call:
    """Check and convert a call given as JSON.

    Args:
        region: Whose limits numbers are cut by; None for the general ones.
        data: `facts` (by fact a bare value, a number where the fact takes numbers, or an object with `value`, `source`,
            `observed_at`, `ttl_seconds`; by the id of a list to tick the facts ticked), `fields`, `no_answer`.

    Raises:
        InputError: Something is not as declared; with all mistakes. Ids the base does not know are no error: they are ignored
            with a warning.
    """
    return _Door(knowledge, region).read(data)


def read_input(knowledge: KnowledgeBase, data: Mapping[str, Any]) -> tuple[Call, Options]:
    """Check and convert a call with its `options`.

    Raises:
        InputError: Something is not as declared, in either; with all mistakes.
    """
    call, options, mistakes = Call(), Options(), _Mistakes()
    with mistakes:
        options = read_options(knowledge, data.get("options", {}))
    with mistakes:
        call = read_call(knowledge, data, options.region)
    mistakes.tell()
    return call, options


def read_options(knowledge: KnowledgeBase, data: Mapping[str, Any]) -> Options:
    """Check and convert options given as JSON; every attribute of `Options` may be given.

    Raises:
        InputError: An option is unknown or its value is not accepted; with all mistakes.
    """
    taken = {name: value for name, value in as_object(data, "/options").items() if value is not None}
    mistakes = _Mistakes()
    for name, given in taken.items():
        with mistakes:
            taken[name] = _option(knowledge, name, given)
    mistakes.tell()
    return Options(**taken)


def tidied(text: str) -> str:
    """Free text on one line, without what cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def as_object(given: Any, path: str) -> Mapping[str, Any]:
    """What should be a JSON object.

    Raises:
        InputError: It is something else.
    """
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise _wrong_type(path, given, Text("对象", "an object"))
    return given


class _Mistakes:
    """Collects what is wrong while the rest is looked at."""

    def __init__(self) -> None:
        self._found: list[InputError] = []

    def __enter__(self) -> None:
        """What is done within may be wrong."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if not isinstance(error, InputError):
            return False
        self._found += (error, *error.also)
        error.also = ()
        if len(self._found) >= MOST_MISTAKES:
            self.tell()
        return True

    def tell(self) -> None:
        """Raise what was found, if anything.

        Raises:
            InputError: The first, with the others.
        """
        if self._found:
            first, *others = self._found[:MOST_MISTAKES]
            first.also = tuple(others)
            raise first


def _option(knowledge: KnowledgeBase, name: str, given: Any) -> Any:
    """The value of one option, checked and converted."""
    path = f"/options/{_escaped(name)}"
    if name == "systems":
        return _chosen(given, knowledge.identity.systems, path, "unknown-system")
    if name == "now":
        return _time(given, path)
    if name == "language":
        return _one_of(given, LANGUAGES, path, "unknown-language")
    if name in CHOICES:
        return _one_of(given, CHOICES[name], path, "unknown-value")
    if name in NUMBERS:
        if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= 100_000:
            raise _wrong_type(path, given, Text("0 到 100000 的整数", "a whole number from 0 to 100000"))
    elif name != "region":
        raise _unknown(path, name, Options.__dataclass_fields__, "unknown-option")
    elif not isinstance(given, str):
        raise _wrong_type(path, given, Text("文字", "text"))
    return given


class _Door:
    def __init__(self, knowledge: KnowledgeBase, region: str | None) -> None:
        self._knowledge = knowledge
        self._region = region
        self._warnings: list[Warn] = []
        self._mistakes = _Mistakes()

    def read(self, data: Mapping[str, Any]) -> Call:
        _refuse_others(data, ("facts", "fields", "no_answer", "options"), "", self._mistakes)
        entries = {part: self._entries(data, part) for part in ("facts", "fields", "no_answer")}
        call = Call(
            self._facts(entries["facts"]),
            self._fields(entries["fields"]),
            self._no_answer(entries["no_answer"]),
            tuple(self._warnings),
        )
        self._mistakes.tell()
        return call

    def _entries(self, data: Mapping[str, Any], part: str) -> Mapping[str, Any]:
        """A part of a call; more than any base asks for is refused, since each unknown id is looked up and warned of."""
        with self._mistakes:
            found = as_object(data.get(part, {}), f"/{part}")
            if len(found) <= MOST_ENTRIES:
                return found
            raise InputError("too-many", f"/{part}", Text(f"超过 {MOST_ENTRIES} 项", f"more than {MOST_ENTRIES} entries"))
        return {}

    def _facts(self, given: Mapping[str, Any]) -> dict[str, Reading]:
        """Lists first, whatever the order of keys: a fact's own answer stands against a list that does not tick it."""
        readings: dict[str, Reading] = {}
        for name in sorted(given, key=lambda name: (name in self._knowledge.facts, name)):
            path = f"/facts/{_escaped(name)}"
            with self._mistakes:
                for fact, reading in self._answer(name, given[name], path).items():
                    self._not_against(readings.get(fact, reading), reading, fact, path)
                    readings[fact] = reading
        return readings

    def _not_against(self, before: Reading, reading: Reading, fact: str, path: str) -> None:
        """Refuse what is told against a list that ticks it."""
        tick = self._knowledge.question_of[fact].tick
        if before.value != reading.value and tick is not None and before.value == tick[0]:
            text = Text(
                f"列表勾选了 `{fact}`，另外又说是 `{reading.value}`",
                f"`{fact}` is ticked and told `{reading.value}` as well",
            )
            raise InputError("told-twice", path, text)

    def _fields(self, given: Mapping[str, Any]) -> dict[str, str]:
        fields = {}
        for name, text in given.items():
            path = f"/fields/{_escaped(name)}"
            with self._mistakes:
                _short_text(text, path)
                if name not in self._knowledge.fields:
                    self._ignore(path, name, self._knowledge.fields)
                else:
                    fields[name] = tidied(text)
        return fields

    def _no_answer(self, given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        no_answer = {}
        accepted = (CALLER, *self._knowledge.identity.systems)
        for name, sources in given.items():
            path = f"/no_answer/{_escaped(name)}"
            with self._mistakes:
                asked = _chosen(sources, accepted, path, "unknown-source")
                if name in self._knowledge.facts:
                    no_answer[name] = asked
                else:
                    self._ignore(path, name, self._knowledge.facts)
        return no_answer

    def _answer(self, name: str, given: Any, path: str) -> dict[str, Reading]:
        fact = self._knowledge.facts.get(name)
        if fact is not None:
            return {name: self._reading(fact, given, path)}
        question = self._knowledge.questions.get(name)
        if question is not None and question.tick is not None:
            return self._ticked(question, given, path)
        self._ignore(path, name, (*self._knowledge.facts, *(q.id for q in self._knowledge.questions.values() if q.tick)))
        if isinstance(given, list):
            _strings(given, path)
        else:
            self._reading(None, given, path)
        return {}

    def _reading(self, fact: Fact | None, given: Any, path: str) -> Reading:
        if not isinstance(given, Mapping):
            return Reading(self._value(fact, given, path))
        accepted = ("value", "source", "observed_at", "ttl_seconds")
        value, source, observed, ttl = UNKNOWN, *(given.get(key) for key in accepted[1:])
        mistakes = _Mistakes()
        _refuse_others(given, accepted, path, mistakes)
        with mistakes:
            if "value" not in given:
                raise InputError("missing-value", path, Text("缺少 `value`", "`value` is missing"), accepted)
            value = self._value(fact, given["value"], f"{path}/value")
        with mistakes:
            _one_of(given.get("source", CALLER), (CALLER, *self._knowledge.identity.systems), f"{path}/source", "unknown-source")
        with mistakes:
            observed = None if observed is None else _time(observed, f"{path}/observed_at")
        with mistakes:
            if ttl is not None and (not isinstance(ttl, int | float) or isinstance(ttl, bool) or not 0 <= ttl < 1e10):
                raise _wrong_type(f"{path}/ttl_seconds", ttl, Text("秒数", "a number of seconds"))
        mistakes.tell()
        return Reading(value, source or CALLER, observed, ttl)

    def _value(self, fact: Fact | None, given: Any, path: str) -> str:
        if fact is None:  # not known to this base: only its shape is looked at
            if isinstance(given, bool) or not isinstance(given, str | int | float):
                raise _wrong_type(path, given, Text("文字或数", "a text or a number"))
            return UNKNOWN
        if isinstance(given, int | float) and not isinstance(given, bool) and fact.ranges:
            if not -1e15 < given < 1e15:  # false for NaN too
                raise _wrong_type(path, given, Text("一个读数", "a reading"))
            return self._in_range(fact, given)
        return _one_of(given, fact.domain, path, "unknown-value", _or_number(fact))

    def _in_range(self, fact: Fact, number: float) -> str:
        for step in fact.ranges[:-1]:
            limit = step.limit
            if isinstance(limit, str):
                limit = float(self._knowledge.parameters[limit].in_region(self._region).en)
            if limit is not None and (number < limit or (step.inclusive and number == limit)):
                return step.value
        return fact.ranges[-1].value

    def _ticked(self, question: Question, given: Any, path: str) -> dict[str, Reading]:
        if given == UNKNOWN:
            return {fact: Reading(UNKNOWN) for fact in question.fills}
        chosen = _chosen(given, question.fills, path, "unknown-fact")
        ticked, others = cast("tuple[str, str]", question.tick)
        return {fact: Reading(ticked if fact in chosen else others) for fact in question.fills}

    def _ignore(self, path: str, name: str, known: Iterable[str]) -> None:
        close = nearest(name, known)
        zh, en = (f"；是不是想写 `{close}`？", f"; did you mean `{close}`?") if close else ("", "")
        text = Text(f"不认识 `{name}`，已忽略{zh}", f"`{name}` is not known and is ignored{en}")
        self._warnings.append(Warn("unknown-id", path, text))


_NOTHING = Text("", "")


def _or_number(fact: Fact) -> Text:
    if not fact.ranges:
        return _NOTHING
    return Text(f"；也可以是不带引号的数（{fact.unit}）", f"; a number in {fact.unit} will do, not in quotes")


def _refuse_others(given: Mapping[str, Any], accepted: Sequence[str], path: str, mistakes: _Mistakes) -> None:
    for name in given:
        if name not in accepted:
            with mistakes:
                raise _unknown(f"{path}/{_escaped(name)}", name, accepted, "unknown-key")


def _chosen(given: Any, accepted: Iterable[str], path: str, code: str) -> tuple[str, ...]:
    """Some of several words."""
    mistakes, choices = _Mistakes(), tuple(accepted)
    for place, word in enumerate(_strings(given, path)):
        with mistakes:
            _one_of(word, choices, f"{path}/{place}", code)
    mistakes.tell()
    return tuple(given)


def _one_of(given: Any, accepted: Iterable[str], path: str, code: str, besides: Text = _NOTHING) -> str:
    """One of several words; `besides`: what else would be accepted, said after them."""
    choices = tuple(accepted)
    if not isinstance(given, str):
        wanted = Text("可用的值之一" + besides.zh, "one of the values accepted" + besides.en)
        raise _wrong_type(path, given, wanted, choices)
    if given not in choices:
        raise _unknown(path, given, choices, code, besides)
    return given


def _unknown(path: str, given: str, accepted: Iterable[str], code: str, besides: Text = _NOTHING) -> InputError:
    choices = tuple(accepted)
    text = Text(f"不认识 `{given}`{besides.zh}", f"`{given}` is not accepted{besides.en}")
    return InputError(code, path, text, choices, nearest(given, choices))


def _wrong_type(path: str, given: Any, wanted: Text, accepted: tuple[str, ...] = ()) -> InputError:
    found = _described(given)
    text = Text(f"这里是{found.zh}，应为{wanted.zh}", f"found {found.en}, expected {wanted.en}")
    return InputError("wrong-type", path, text, accepted)


def _described(given: Any) -> Text:
    """What stands there: short things as JSON has them, everything else by its kind."""
    if given is None or isinstance(given, bool | float) or (isinstance(given, int) and abs(given) < 10**15):
        return Text(f" `{json.dumps(given)}`", f"`{json.dumps(given)}`")
    if isinstance(given, str):
        return Text(f" `{given[:40]}`", f"`{given[:40]}`")
    kinds = {int: Text("一个很大的数", "a huge number"), dict: Text("一个对象", "an object"), list: Text("一个列表", "a list")}
    return kinds.get(type(given), Text("别的东西", "something else"))


def _strings(given: Any, path: str) -> Sequence[str]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(part, str) for part in given):
        raise _wrong_type(path, given, Text("文字列表", "a list of texts"))
    return given


def _short_text(given: Any, path: str) -> None:
    if not isinstance(given, str):
        raise _wrong_type(path, given, Text("文字", "text"))
    if len(given) > LONGEST_FIELD:
        raise InputError("too-long", path, Text(f"超过 {LONGEST_FIELD} 个字", f"longer than {LONGEST_FIELD} characters"))


def _time(given: Any, path: str) -> datetime:
    try:
        found = given if isinstance(given, datetime) else datetime.fromisoformat(given)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise _wrong_type(path, given, Text("带时区的 ISO 8601 时间", "an ISO 8601 time with its time zone"))


def _stale(name: str, reading: Reading, age: timedelta) -> Warn:
    old, limit = int(age.total_seconds()), int(reading.ttl_seconds or 0)
    return Warn(
        "stale-reading",
        f"/facts/{_escaped(name)}",
        Text(
            f"`{name}` 来自 {reading.source} 的读数已过 {old} 秒（有效 {limit} 秒），按未回答处理",
            f"the reading of `{name}` from {reading.source} is {old} s old (valid for {limit} s) and counts as open",
        ),
    )


def _escaped(name: str) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
