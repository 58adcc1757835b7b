"""Trying cases: what a base makes of the calls an author wrote down, and what is otherwise than expected.

Every turn is assessed the way every call is (`ExpertSystem.assess`); only what an assessment does not tell is looked up
beside it. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate

from triage.call import Call, Options, Reading
from triage.evaluation import holds, verdict_of
from triage.examples import Given, as_given, on_one_line
from triage.expert import ExpertSystem
from triage.loading.cases import Case, Turn
from triage.loading.mistakes import one_of
from triage.model import UNKNOWN, All, Condition, In, KnowledgeBase, Language, Place, Text, leaves
from triage.prospect import Prospect
from triage.verdict import Firing

__all__ = [
    "SENTENCES",
    "Difference",
    "FailedTurn",
    "Fired",
    "Outcome",
    "Seen",
    "Trace",
    "as_wanted",
    "calls_of",
    "describe",
    "run_case",
    "walk",
    "wrong_endings",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise than expected.

    Attributes:
        key: The key of the case that says what is expected, such as `asks_next`.
        name: The fact, rule, message or question it is about; None where the key says it all.
        expected, came: In ids; several are joined by ", ". Empty where there is none.
        text: The difference as a sentence.
    """

    key: str
    name: str | None
    expected: str
    came: str
    text: Text


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired.

    Attributes:
        on: The facts it fired on and their values.
        concluded: By inferred fact, where it won; `preempted` where a rule of higher priority had spoken.
    """

    rule: str
    on: Mapping[str, str]
    concluded: Mapping[str, str]
    preempted: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Trace:
    """How a turn came to its result.

    Attributes:
        told: Everything told so far.
        given: The same as a case gives it: lists with what is ticked.
        inapplicable: Those of the facts told whose gate does not hold: they count as unknown.
        fired: In the order the rules fired first, as if the call ended here.
        candidates: What every target may still be, most likely first; none when contradictory.
        clashes: Impossible combinations that match.
    """

    told: Mapping[str, str]
    given: Given
    inapplicable: tuple[str, ...]
    status: str
    stop_reason: str | None
    fired: tuple[Fired, ...]
    candidates: Mapping[str, tuple[str, ...]]
    question: str | None
    ask_of: str | None
    clashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailedTurn:
    """A turn that did not go as expected. `number` counts from 1; at least one difference."""

    number: int
    place: Place
    differences: tuple[Difference, ...]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went; no failures means as expected."""

    case: Case
    failures: tuple[FailedTurn, ...]

    @property
    def passed(self) -> bool:
        """Every turn went as expected."""
        return not self.failures


def run_case(system: ExpertSystem, case: Case) -> Outcome:
    """Go through a case turn by turn, also after one that fails.

    Args:
        system: A base that declares every name the case mentions, or a variant of it: rules and messages it lacks are silent.
        case: A case read with `triage.loading.cases.load_cases`.
    """
    failures = []
    for number, (turn, seen) in enumerate(walk(system, case), start=1):
        differences = tuple(_differences(turn, seen))
        if differences:
            failures.append(FailedTurn(number, turn.place, differences, seen.trace()))
    return Outcome(case, tuple(failures))


def walk(system: ExpertSystem, case: Case) -> Iterator[tuple[Turn, Seen]]:
    """Every turn of a case and what it leads to."""
    calls, options = calls_of(case)
    for turn, call in zip(case.turns, calls, strict=True):
        yield turn, Seen(system, call, options)


def calls_of(case: Case) -> tuple[tuple[Call, ...], Options]:
    """The call as it stands at every turn of a case, and how it is assessed."""
    options = options_of(case)
    told = (turn.told for turn in case.turns)
    return tuple(accumulate(told, _joined, initial=Call()))[1:], options


def options_of(case: Case) -> Options:
    """How the calls of a case are assessed."""
    return Options(region=case.region, systems=case.systems, time_of_day=case.time_of_day, explain="none", look_ahead=0)


def wrong_endings(system: ExpertSystem, cases: Iterable[Case]) -> tuple[Case, ...]:
    """Cases that expect a decision and end in another one when the interview asks, and gets only this case's own answers.

    What a case does not give is answered `unknown`; what nobody connected can be asked is told beforehand.
    """
    return tuple(case for case in cases if _ends_wrong(system, case))


def _ends_wrong(system: ExpertSystem, case: Case) -> bool:
    whole = reduce(_joined, (turn.told for turn in case.turns), Call())
    wanted = case.turns[-1].expect
    options = options_of(case)
    nobody = system.situation(Call(), options).unasked
    call = replace(whole, readings={fact: told for fact, told in whole.readings.items() if fact in nobody})
    answer = system.assess(call, options)
    while questions := (answer.questions if answer.status == "needs_input" else answer.to_complete):
        told = {fact: whole.readings.get(fact, Reading(UNKNOWN)) for fact in questions[0].facts}
        call = replace(call, readings={**call.readings, **told})
        answer = system.assess(call, options)
    ended = answer.decision or answer.provisional
    return any(fact in ended and ended[fact].value != value for fact, value in wanted.items())


def _joined(earlier: Call, added: Call) -> Call:
    """What was told, and then more: the later value replaces the earlier one."""
    asked = (earlier.no_answer, added.no_answer)
    facts = dict.fromkeys(fact for sources in asked for fact in sources)
    no_answer = {fact: tuple(dict.fromkeys(s for sources in asked for s in sources.get(fact, ()))) for fact in facts}
    return Call({**earlier.readings, **added.readings}, {**earlier.fields, **added.fields}, no_answer)


class Seen:
    """What one turn led to."""

    def __init__(self, system: ExpertSystem, call: Call, options: Options) -> None:
        self.knowledge = system.knowledge
        self.assessment = system.assess(call, options)
        self.situation = system.situation(call, options)
        self.call = call
        self._system = system
        self._verdict = verdict_of(self.knowledge, self.situation.counted)

    def value(self, name: str) -> str:
        """The value of an inferred fact if the call ended here; on the decision card or not."""
        if name in self.assessment.provisional:
            return self.assessment.provisional[name].value
        if self.assessment.stop_reason in ("contradictory", "engines_disagree"):
            return self.knowledge.identity.find_out.get(name, self.knowledge.inferred[name].default)
        return self._verdict[name]

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What counts: effective observable facts, and inferred facts if the call ended here."""
        return {**self.situation.counted, **{name: self.value(name) for name in self.knowledge.inferred}}

    @cached_property
    def drawn(self) -> Mapping[str, str]:
        """What rules read: effective observable facts, and what the rules conclude from them alone."""
        return {**self.situation.counted, **{name: self._verdict[name] for name in self.knowledge.inferred}}

    @cached_property
    def winners(self) -> frozenset[str]:
        """Clauses that win if the call ended here."""
        return frozenset(clause for conclusion in self._verdict.conclusions.values() for clause in conclusion.winners)

    def concluded(self, rule: str) -> dict[str, str]:
        """What a rule concludes by clauses that win; empty if it is silent."""
        found = self.knowledge.rules.get(rule)
        return {c.fact: c.value for c in found.clauses if c.id in self.winners} if found else {}

    def stronger(self, rule: str) -> list[str]:
        """Rules that pre-empted a rule; empty if its condition does not hold."""
        found = self.knowledge.rules.get(rule)
        clauses = {c.id for c in found.clauses} if found else set()
        by_id = {c.id: c.rule for other in self.knowledge.rules.values() for c in other.clauses}
        beaten = [c for c in self._verdict.conclusions.values() if clauses & set(c.preempted)]
        return sorted({by_id[winner] for conclusion in beaten for winner in conclusion.winners})

    @cached_property
    def said(self) -> frozenset[str]:
        """Messages said."""
        told = self.assessment
        said = {message.id for part in (told.alerts, told.advice, told.script) for message in part}
        if told.work_order is not None:
            lines = (m for m in self.knowledge.messages.values() if m.kind == "work_order")
            said |= {message.id for message in lines if holds(message.when, self.values)}
        return frozenset(said)

    def candidates(self, target: str) -> tuple[str, ...]:
        """What a target may still be, most likely first."""
        return tuple(candidate.value for candidate in self.assessment.candidates.get(target, ()))

    def can_be_asked(self, name: str) -> bool:
        """Whether a question can still come: it is asked now, or one of its open facts can still narrow a target."""
        question = self.assessment.question
        if question is not None and question.id == name:
            return True
        if self.assessment.status != "needs_input":
            return False
        open_facts = (fact for fact in self.knowledge.questions[name].fills if fact not in self.situation.known)
        return any(self._prospect.is_relevant(fact) for fact in open_facts)

    @cached_property
    def _prospect(self) -> Prospect:
        return self._system.prospect(self.situation.known)

    def trace(self) -> Trace:
        """How it came about."""
        told, given = self.assessment, self.situation.told
        return Trace(
            told=dict(sorted(given.items())),
            given=as_given(self.knowledge, given, given.__eq__),
            inapplicable=tuple(fact for fact in sorted(given) if self.situation.counted[fact] != given[fact]),
            status=told.status,
            stop_reason=told.stop_reason,
            fired=tuple(self._fired()),
            candidates={target: self.candidates(target) for target in told.candidates},
            question=told.question.id if told.question else None,
            ask_of=told.question.ask_of if told.question else None,
            clashes=self.situation.clashes,
        )

    def _fired(self) -> Iterator[Fired]:
        clauses = {clause.id: clause for rule in self.knowledge.rules.values() for clause in rule.clauses}
        by_rule: dict[str, list[Firing]] = {}
        for firing in self._system.infer(self.situation.counted).trace:
            by_rule.setdefault(clauses[firing.clause].rule, []).append(firing)
        for rule, firings in by_rule.items():
            won = [clauses[firing.clause] for firing in firings if not firing.preempted_by]
            lost = [clauses[firing.clause] for firing in firings if firing.preempted_by]
            yield Fired(rule, firings[0].on, {c.fact: c.value for c in won}, {c.fact: c.value for c in lost})


def _failing(condition: Condition, values: Mapping[str, str]) -> tuple[In, ...]:
    """What of a condition does not hold."""
    if holds(condition, values):
        return ()
    parts = condition.parts if isinstance(condition, All) else (condition,)
    failing = (leaf for part in parts if not holds(part, values) for leaf in leaves(part) if not holds(leaf, values))
    return tuple(dict.fromkeys(failing))


# what is otherwise than expected

SENTENCES: Mapping[str, Text] = {
    "status": Text("状态应为 `{expected}`，实际是 `{came}`", "the status should be `{expected}`, but is `{came}`"),
    "stop_reason": Text("结束原因应为 `{expected}`，实际是 `{came}`", "it should stop for `{expected}`, but came to `{came}`"),
    "stop_reason none": Text(
        "应已结束（`{expected}`），实际还要继续问", "it should have stopped for `{expected}`, but goes on asking"
    ),
    "expect": Text("`{name}` 应定为 {expected}，实际定为 {came}", "`{name}` should be settled as {expected}, but is {came}"),
    "expect open": Text(
        "`{name}` 应定为 {expected}，实际还可能是 {came}（状态 `{status}`）",
        "`{name}` should be settled as {expected}, but may still be {came} (status `{status}`)",
    ),
    "expect status": Text(
        "`{name}` 应定为 {expected}，实际状态是 `{status}`，暂时得出 {came}",
        "`{name}` should be settled as {expected}, but the status is `{status}` and it is {came} for now",
    ),
    "if_ended_now": Text(
        "如果现在结束，`{name}` 应为 {expected}，实际是 {came}",
        "if the call ended now, `{name}` should be {expected}, but is {came}",
    ),
    "candidates": Text(
        "`{name}` 应还可能是 {expected}，实际可能是 {came}", "`{name}` should still be open to {expected}, but it is to {came}"
    ),
    "asks_next": Text("下一个应问 `{expected}`，实际问 `{came}`", "it should ask `{expected}` next, but asks `{came}`"),
    "asks_next none": Text(
        "下一个应问 `{expected}`，实际不再问（状态 `{status}`）",
        "it should ask `{expected}` next, but asks nothing (status `{status}`)",
    ),
    "asks_of": Text("下一个问题应问 `{expected}`，实际问 `{came}`", "it should ask `{expected}` next, but turns to `{came}`"),
    "asks_of none": Text(
        "下一个问题应问 `{expected}`，实际不再问（状态 `{status}`）",
        "it should turn to `{expected}` next, but asks nothing (status `{status}`)",
    ),
    "never_asks": Text("不应再问 `{name}`，实际还可能问", "`{name}` should not be asked any more, but it may be"),
    "fired silent": Text("规则 `{name}` 应触发，实际条件不成立：{came}", "rule `{name}` should fire, but does not hold: {came}"),
    "fired preempted": Text(
        "规则 `{name}` 应触发，实际被优先级更高的 `{came}` 压下",
        "rule `{name}` should fire, but is pre-empted by `{came}`, which has a higher priority",
    ),
    "fired gone": Text("规则 `{name}` 应触发，实际没有这条规则", "rule `{name}` should fire, but there is no such rule"),
    "not_fired": Text("规则 `{name}` 不应触发，实际得出 {came}", "rule `{name}` should stay silent, but concludes {came}"),
    "says": Text("应说 `{name}`，实际条件不成立：{came}", "`{name}` should be said, but its condition does not hold: {came}"),
    "says gone": Text("应说 `{name}`，实际没有这句话", "`{name}` should be said, but there is no such message"),
    "says later": Text(
        "应说 `{name}`，实际要等提问结束才说（状态 `{status}`）",
        "`{name}` should be said, but is only said once the questions are over (status `{status}`)",
    ),
    "not_says": Text("不应说 `{name}`，实际说了", "`{name}` should not be said, but is"),
    "missing_fields": Text(
        "工单应还缺 {expected}，实际还缺 {came}", "the work order should still need {expected}, but needs {came}"
    ),
    "missing_fields none": Text(
        "工单应还缺 {expected}，实际还没有工单（状态 `{status}`）",
        "the work order should still need {expected}, but there is none yet (status `{status}`)",
    ),
}
"""By key of a case, and how it failed where there are several ways."""

_NOTHING = Text("（无）", "nothing")


def _differences(turn: Turn, seen: Seen) -> Iterator[Difference]:
    """Everything that is otherwise, in the order of the keys in the format."""
    yield from _statuses(turn, seen)
    yield from _settled(turn, seen)
    yield from _values(turn, seen)
    yield from _asked(turn, seen)
    yield from _rules(turn, seen)
    yield from _messages(turn, seen)
    yield from _fields(turn, seen)


class _Writer:
    """Writes the differences of one turn about one key."""

    def __init__(self, key: str, seen: Seen) -> None:
        self._key = key
        self._status = seen.assessment.status
        self._knowledge = seen.knowledge

    def __call__(
        self, name: str | None, expected: Iterable[str], came: Iterable[str], how: str = "", told: Text | None = None
    ) -> Difference:
        """The difference as a sentence; `how` chooses among several of a key, `told` says what came where ids do not."""
        sentence = SENTENCES[f"{self._key} {how}".strip()]
        wanted, found = tuple(expected), tuple(came)
        return Difference(
            self._key,
            name,
            ", ".join(wanted),
            ", ".join(found),
            Text(
                sentence.zh.format(**self._parts("zh", name, wanted, told or found)),
                sentence.en.format(**self._parts("en", name, wanted, told or found)),
            ),
        )

    def _parts(
        self, language: Language, name: str | None, expected: tuple[str, ...], came: tuple[str, ...] | Text
    ) -> dict[str, str]:
        return {
            "name": name or "",
            "expected": self._shown(language, name, expected),
            "came": came.get(language) if isinstance(came, Text) else self._shown(language, name, came),
            "status": self._status,
        }

    def _shown(self, language: Language, name: str | None, words: tuple[str, ...]) -> str:
        """Ids; values of an inferred fact with what people read for them."""
        if not words:
            return _NOTHING.get(language)
        if self._key not in ("expect", "if_ended_now", "candidates"):
            return ", ".join(words)
        labels = self._knowledge.inferred[name or ""].values
        return ", ".join(f"`{word}` ({labels[word].text.get(language)})" for word in words)


def _statuses(turn: Turn, seen: Seen) -> Iterator[Difference]:
    told = seen.assessment
    if turn.status not in (None, told.status):
        yield _Writer("status", seen)(None, [turn.status], [told.status])
    if turn.stop_reason not in (None, told.stop_reason):
        how = "" if told.stop_reason else "none"
        yield _Writer("stop_reason", seen)(None, [turn.stop_reason], _one(told.stop_reason), how)


def _settled(turn: Turn, seen: Seen) -> Iterator[Difference]:
    """What `expect` says: settled when the status is the wanted one; while asking, where one candidate is left."""
    write, status, wanted = _Writer("expect", seen), seen.assessment.status, turn.status or "decided"
    for name, value in turn.expect.items():
        left, came = seen.candidates(name), seen.value(name)
        if wanted == "needs_input":
            if left != (value,):
                yield write(name, [value], left, "open")
        elif status == "needs_input" and len(left) > 1:
            yield write(name, [value], left, "open")
        elif status != wanted:
            yield write(name, [value], [came], "status")
        elif came != value:
            yield write(name, [value], [came])


def _values(turn: Turn, seen: Seen) -> Iterator[Difference]:
    for name, value in turn.if_ended_now.items():
        if seen.value(name) != value:
            yield _Writer("if_ended_now", seen)(name, [value], [seen.value(name)])
    for target, expected in turn.candidates.items():
        if set(seen.candidates(target)) != set(expected):
            yield _Writer("candidates", seen)(target, expected, seen.candidates(target))


def _asked(turn: Turn, seen: Seen) -> Iterator[Difference]:
    question = seen.assessment.question
    how = "" if question else "none"
    came = {"asks_next": question.id, "asks_of": question.ask_of} if question else {}
    for key, expected in (("asks_next", turn.asks_next), ("asks_of", turn.asks_of)):
        if expected is not None and came.get(key) != expected:
            yield _Writer(key, seen)(None, [expected], _one(came.get(key)), how)
    for name in turn.never_asks:
        if seen.can_be_asked(name):
            yield _Writer("never_asks", seen)(name, (), ())


def _rules(turn: Turn, seen: Seen) -> Iterator[Difference]:
    for rule in turn.fired:
        if not seen.concluded(rule):
            yield _why_silent(rule, seen)
    for rule in turn.not_fired:
        concluded = seen.concluded(rule)
        if concluded:
            yield _Writer("not_fired", seen)(rule, (), _pairs(concluded))


def _why_silent(rule: str, seen: Seen) -> Difference:
    write, stronger = _Writer("fired", seen), seen.stronger(rule)
    if rule not in seen.knowledge.rules:
        return write(rule, (), (), "gone")
    if stronger:
        return write(rule, (), stronger, "preempted")
    return _unmet(write, rule, seen.knowledge.rules[rule].when, seen.knowledge, seen.drawn, "silent")


def _messages(turn: Turn, seen: Seen) -> Iterator[Difference]:
    for name in turn.says:
        if name not in seen.said:
            yield _why_not_said(name, seen)
    for name in turn.not_says:
        if name in seen.said:
            yield _Writer("not_says", seen)(name, (), ())


def _why_not_said(name: str, seen: Seen) -> Difference:
    message = seen.knowledge.messages.get(name)
    if message is None:
        return _Writer("says", seen)(name, (), (), "gone")
    if holds(message.when, seen.values):
        return _Writer("says", seen)(name, (), (), "later")
    return _unmet(_Writer("says", seen), name, message.when, seen.knowledge, seen.values)


def _unmet(
    write: _Writer, name: str, condition: Condition, knowledge: KnowledgeBase, values: Mapping[str, str], how: str = ""
) -> Difference:
    """What of a condition does not hold, as the author may have written it, and what is so instead."""
    failing = _failing(condition, values)
    came = [f"{leaf.fact}={values[leaf.fact]}" for leaf in failing]
    parts = [(f"`{leaf.fact}: {as_wanted(knowledge, leaf)}`", is_so) for leaf, is_so in zip(failing, came, strict=True)]
    zh = "，".join(f"{part}（实际 {is_so}）" for part, is_so in parts)
    en = ", ".join(f"{part} (but {is_so})" for part, is_so in parts)
    return write(name, (), dict.fromkeys(came), how, Text(zh, en))


def as_wanted(knowledge: KnowledgeBase, leaf: In) -> str:
    """The values a leaf wants, or where that is shorter those it does not."""
    inferred = knowledge.inferred.get(leaf.fact)
    declared = knowledge.facts[leaf.fact].values if inferred is None else inferred.values
    others = [value for value in declared if value not in leaf.values and (inferred is None or value != inferred.default)]
    if UNKNOWN not in leaf.values and 0 < len(others) < len(leaf.values):
        return f"{{not: {_either(others)}}}"
    return _either(leaf.values)


def _either(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"[{one_of(values)}]"


def _fields(turn: Turn, seen: Seen) -> Iterator[Difference]:
    order = seen.assessment.work_order
    missing = [part.field for part in order.missing] if order else []
    if turn.missing_fields is not None and (order is None or set(missing) != set(turn.missing_fields)):
        yield _Writer("missing_fields", seen)(None, turn.missing_fields, missing, "" if order else "none")


def _one(word: str | None) -> tuple[str, ...]:
    return () if word is None else (word,)


def _pairs(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in values.items())


# telling it


def describe(outcome: Outcome, language: Language, folder: str = "") -> str:
    """How a case went, for a terminal: one line, and for a failure what is otherwise and how it came about.

    Args:
        folder: Stands before the file's name.
    """
    case = outcome.case
    verdict = Text("通过", "passed") if outcome.passed else Text("没通过", "failed")
    where = "/".join(part for part in (folder, str(case.place)) if part not in ("", "."))
    lines = [f"{where}: {verdict.get(language)}: {case.name}"]
    for failure in outcome.failures:
        indent = "  "
        if len(case.turns) > 1:
            of = Text(
                f"第 {failure.number} 轮（第 {failure.place.line} 行）", f"turn {failure.number} (line {failure.place.line})"
            )
            lines.append(f"  {of.get(language)}")
            indent = "    "
        lines += [f"{indent}- {d.text.get(language)}   [{d.key}]" for d in failure.differences]
        lines += [f"{indent}  {line}" for line in _traced(failure.trace, language)]
    return "\n".join(lines)


MOST_SHOWN = 6
"""Candidates of a target that are listed."""


def _traced(trace: Trace, language: Language) -> Iterator[str]:
    colon = "：" if language == "zh" else ": "
    parts = (
        (Text("已知", "told"), on_one_line(trace.given)),
        (Text("不适用，按 unknown 算", "does not apply, counts as unknown"), ", ".join(trace.inapplicable)),
        (Text("状态", "status"), " / ".join(part for part in (trace.status, trace.stop_reason) if part)),
        (Text("矛盾", "contradictions"), ", ".join(trace.clashes)),
        (Text("还可能", "still possible"), "; ".join(_open(trace))),
        (Text("下一个问题", "next question"), f"{trace.question} → {trace.ask_of}" if trace.question else ""),
    )
    yield from (f"{label.get(language)}{colon}{said}" for label, said in parts if said)
    if trace.fired:
        yield f"{Text('触发的规则（按顺序）', 'rules fired, in order').get(language)}{colon.rstrip()}"
    lost = Text("（被压下）", " (pre-empted)").get(language)
    for fired in trace.fired:
        concluded = [*_pairs(fired.concluded), *(f"{pair}{lost}" for pair in _pairs(fired.preempted))]
        yield f"  {fired.rule}{colon}{', '.join(_pairs(fired.on)) or '—'} → {', '.join(concluded)}"


def _open(trace: Trace) -> Iterator[str]:
    """Targets with several candidates, and the likeliest of those."""
    for target, values in trace.candidates.items():
        if len(values) > 1:
            yield f"{target}={'|'.join(values[:MOST_SHOWN])}{'|…' if len(values) > MOST_SHOWN else ''}"
