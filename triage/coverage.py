"""What the cases of a base cover, exactly: rules, conditions, decision values, messages and questions.

A condition is covered both ways when in one turn it holds and in another it does not, and each time, had it been otherwise, what
an assessment shows would have been otherwise (masking MC/DC, over the whole chained base). What no call can show is proved to be
so by the diagrams and left out of the denominator.

Source: Chilenski, "An investigation of three forms of the modified condition/decision coverage criterion" (2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from triage.behaviour import smallest_change, visible
from triage.compilation import IMPOSSIBLE, Compiled, loudly
from triage.diagrams import Diagrams
from triage.evaluation import holds, verdict_of
from triage.exercise import Tried
from triage.model import All, AnyOf, Condition, KnowledgeBase, Message, Place, Rule, Text, leaves
from triage.mutants import with_leaf
from triage.variants import Regions, Variant

__all__ = ["KINDS", "CoverageReport", "Kind", "Obligation", "coverage", "obligations"]

Kind = Literal["rule", "condition", "value", "message", "question"]
KINDS: tuple[Kind, ...] = ("rule", "condition", "value", "message", "question")


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing that cases should show.

    Attributes:
        of, about: Kind and id of the thing it belongs to; the kind tells rules and messages of the same id apart.
        leaf: For a condition, its place in the rule or message, from 0; else None.
        wanted: What is to be seen: `fires`, `silent`, `true`, `false`, a value, `said`, `asked`.
        by: Name of the first case that shows it; empty where none does.
        reachable: Whether some possible call shows it.
        call: For what no case shows though a call can, a smallest such call; facts not named are unknown.
    """

    kind: Kind
    of: Literal["rule", "message", "question", "inferred"]
    about: str
    leaf: int | None
    wanted: str
    place: Place
    text: Text
    by: str = ""
    reachable: bool = True
    call: Mapping[str, str] | None = None

    @property
    def covered(self) -> bool:
        """A case shows it."""
        return bool(self.by)


@dataclass(frozen=True)
class CoverageReport:
    """All obligations of a base, by kind, then in the order of the base."""

    obligations: Sequence[Obligation]

    def of(self, kind: Kind) -> list[Obligation]:
        """Those of one kind."""
        return [o for o in self.obligations if o.kind == kind]

    def share(self, kind: Kind | None = None) -> Fraction:
        """Covered, of what some call can show; 1 where there is nothing to show."""
        wanted = [o for o in self.obligations if kind in (None, o.kind) and o.reachable]
        return Fraction(sum(o.covered for o in wanted), len(wanted)) if wanted else Fraction(1)

    @property
    def missing(self) -> list[Obligation]:
        """What no case shows though some call can."""
        return [o for o in self.obligations if o.reachable and not o.covered]

    @property
    def unreachable(self) -> list[Obligation]:
        """What no call can show."""
        return [o for o in self.obligations if not o.reachable]


def coverage(compiled: Compiled, tried: Sequence[Tried], progress: Callable[[], None] = lambda: None) -> CoverageReport:
    """What cases cover.

    Args:
        compiled: The base; its store grows, so it must be the caller's own.
        tried: What the cases run through; see `triage.exercise`.
        progress: Called after every obligation.

    Raises:
        TooLargeError: What there is to show does not fit the budget.
    """
    shown, found = _Shown(compiled.knowledge, tried), []
    with loudly(compiled.order):
        regions = Regions(compiled)
        for obligation in obligations(compiled.knowledge):
            by = shown.by(obligation)
            if by:
                found.append(replace(obligation, by=by))
            else:
                call = _smallest(regions, obligation)
                found.append(replace(obligation, reachable=call is not None, call=call))
            progress()
    return CoverageReport(tuple(found))


def obligations(knowledge: KnowledgeBase) -> list[Obligation]:
    """Everything that cases should show, nothing of it looked for yet."""
    return list(_obligations(knowledge))


def _obligations(knowledge: KnowledgeBase) -> Iterator[Obligation]:
    for rule in knowledge.rules.values():
        yield Obligation("rule", "rule", rule.id, None, "fires", rule.place, Text(f"`{rule.id}` 起作用", f"`{rule.id}` fires"))
        yield Obligation(
            "rule", "rule", rule.id, None, "silent", rule.place, Text(f"`{rule.id}` 不起作用", f"`{rule.id}` is silent")
        )
    for rule in knowledge.rules.values():
        yield from _of_condition(rule)
    for message in knowledge.messages.values():
        yield from _of_condition(message)
    for name in visible(knowledge):
        inferred = knowledge.inferred[name]
        for value in inferred.values:
            text = Text(f"得出 `{name}: {value}`", f"`{name}: {value}` is concluded")
            yield Obligation("value", "inferred", name, None, value, inferred.place, text)
    for message in knowledge.messages.values():
        text = Text(f"说 `{message.id}`", f"`{message.id}` is said")
        yield Obligation("message", "message", message.id, None, "said", message.place, text)
    for question in knowledge.questions.values():
        text = Text(f"问 `{question.id}`", f"`{question.id}` is asked")
        yield Obligation("question", "question", question.id, None, "asked", question.place, text)


def _of_condition(owner: Rule | Message) -> Iterator[Obligation]:
    of: Literal["rule", "message"] = "rule" if isinstance(owner, Rule) else "message"
    for place, leaf in enumerate(leaves(owner.when)):
        written = f"{leaf.fact}: {' | '.join(leaf.values)}"
        held = Text(f"`{owner.id}` 因 `{written}` 成立而成立", f"`{owner.id}` holds because `{written}` does")
        failed = Text(f"`{owner.id}` 因 `{written}` 不成立而不成立", f"`{owner.id}` does not hold because `{written}` does not")
        yield Obligation("condition", of, owner.id, place, "true", owner.place, held)
        yield Obligation("condition", of, owner.id, place, "false", owner.place, failed)


def _owner(knowledge: KnowledgeBase, wanted: Obligation) -> Rule | Message:
    return knowledge.rules[wanted.about] if wanted.of == "rule" else knowledge.messages[wanted.about]


def _otherwise(knowledge: KnowledgeBase, owner: Rule | Message, when: Condition) -> KnowledgeBase:
    """The base with another condition for a rule or message."""
    if isinstance(owner, Message):
        return replace(knowledge, messages={**knowledge.messages, owner.id: replace(owner, when=when)})
    clauses = tuple(replace(clause, when=when) for clause in owner.clauses)
    return replace(knowledge, rules={**knowledge.rules, owner.id: replace(owner, when=when, clauses=clauses)})


# -- what the cases show


class _Shown:
    """Looks for turns that show something."""

    def __init__(self, knowledge: KnowledgeBase, tried: Sequence[Tried]) -> None:
        self._knowledge = knowledge
        self._tried = tried
        self._ruled = [turn for turn in tried if turn.ruled]
        self._visible = visible(knowledge)
        self._winners = [frozenset(w for c in turn.verdict.conclusions.values() for w in c.winners) for turn in self._ruled]
        self._otherwise: dict[tuple[str, bool], KnowledgeBase] = {}

    def by(self, obligation: Obligation) -> str:
        """Name of the first case that shows it; empty where none does."""
        looks: dict[Kind, Callable[[Obligation], Iterator[Tried]]] = {
            "rule": self._rule,
            "condition": self._condition,
            "value": self._value,
            "message": self._message,
            "question": self._question,
        }
        found = next(looks[obligation.kind](obligation), None)
        return "" if found is None else found.case.name

    def _rule(self, wanted: Obligation) -> Iterator[Tried]:
        clauses = {clause.id for clause in self._knowledge.rules[wanted.about].clauses}
        for turn, winners in zip(self._ruled, self._winners, strict=True):
            if winners.isdisjoint(clauses) is (wanted.wanted == "silent"):
                yield turn

    def _value(self, wanted: Obligation) -> Iterator[Tried]:
        return (turn for turn in self._ruled if turn.verdict[wanted.about] == wanted.wanted)

    def _message(self, wanted: Obligation) -> Iterator[Tried]:
        return (turn for turn in self._tried if wanted.about in turn.said)

    def _question(self, wanted: Obligation) -> Iterator[Tried]:
        fills = self._knowledge.questions[wanted.about].fills
        return (t for t in self._tried if t.asked == wanted.about or not t.turn.told.readings.keys().isdisjoint(fills))

    def _condition(self, wanted: Obligation) -> Iterator[Tried]:
        """Turns in which the leaf is as wanted, and were it not, something visible would be otherwise."""
        owner = _owner(self._knowledge, wanted)
        place, holding = wanted.leaf or 0, wanted.wanted == "true"
        leaf = list(leaves(owner.when))[place]
        forced = with_leaf(owner.when, place, AnyOf(()) if holding else All(()))
        alert = isinstance(owner, Message) and owner.kind == "alert"
        for turn in self._tried if alert else self._ruled:
            values = self._read(owner, turn)
            speaks = holds(forced, values)
            turned = holds(leaf, values) is holding and holds(owner.when, values) is not speaks
            if turned and (isinstance(owner, Message) or self._shows(owner, speaks, turn)):
                yield turn

    def _read(self, owner: Rule | Message, turn: Tried) -> Mapping[str, str]:
        return {**turn.drawn, **turn.said_so} if isinstance(owner, Message) and owner.kind == "alert" else turn.drawn

    def _shows(self, rule: Rule, speaks: bool, turn: Tried) -> bool:
        """Whether something visible differs when a rule's condition is taken to be otherwise in a turn."""
        key = (rule.id, speaks)
        if key not in self._otherwise:
            self._otherwise[key] = _otherwise(self._knowledge, rule, All(()) if speaks else AnyOf(()))
        verdict = verdict_of(self._otherwise[key], turn.counted)
        if any(verdict[name] != turn.verdict[name] for name in self._visible):
            return True
        values = {**turn.counted, **{name: verdict[name] for name in verdict.conclusions}}
        if values == turn.drawn:
            return False
        messages = (message.when for message in self._knowledge.messages.values() if message.kind != "alert")
        return any(holds(when, values) is not holds(when, turn.drawn) for when in messages)


# -- what calls can show


def _smallest(regions: Regions, wanted: Obligation) -> dict[str, str] | None:
    """A smallest call that shows it; None where none can."""
    if wanted.kind == "condition":
        return _with_effect(regions, wanted)
    compiled, store = regions.compiled, regions.compiled.store.scratch()
    where = {"rule": _rule_where, "value": _value_where, "message": _message_where, "question": _question_where}
    return compiled.smallest_call(store, where[wanted.kind](regions, wanted, store))


def _with_effect(regions: Regions, wanted: Obligation) -> dict[str, str] | None:
    """Where the leaf is as wanted and a base with the leaf forced to the opposite differs: elsewhere that base is the same."""
    knowledge = regions.compiled.knowledge
    owner = _owner(knowledge, wanted)
    forced = with_leaf(owner.when, wanted.leaf or 0, AnyOf(()) if wanted.wanted == "true" else All(()))
    found = smallest_change(Variant(regions, _otherwise(knowledge, owner, forced)))
    return None if found is None else found[1]


def _rule_where(regions: Regions, wanted: Obligation, store: Diagrams) -> int:
    speaks = store.leaf(False)
    for clause in regions.compiled.knowledge.rules[wanted.about].clauses:
        speaks = store.either(speaks, regions.winning(clause, store))
    return speaks if wanted.wanted == "fires" else store.both(regions.compiled.possible, store.negate(speaks))


def _value_where(regions: Regions, wanted: Obligation, store: Diagrams) -> int:
    compiled = regions.compiled
    value = store.choose(compiled.possible, compiled.inferred[wanted.about], store.leaf(IMPOSSIBLE))
    return store.convert(lambda found: found == wanted.wanted, value)


def _message_where(regions: Regions, wanted: Obligation, store: Diagrams) -> int:
    here = regions.compiled.messages[wanted.about]
    alert = regions.compiled.knowledge.messages[wanted.about].kind == "alert"
    return here if alert else store.both(regions.compiled.possible, here)


def _question_where(regions: Regions, wanted: Obligation, store: Diagrams) -> int:
    """Calls on which one of its facts applies, if it matters to anything; whether it is asked depends on the answers so far."""
    compiled, where = regions.compiled, store.leaf(False)
    roots = (*(compiled.inferred[name] for name in visible(compiled.knowledge)), *compiled.messages.values(), compiled.possible)
    levels = {store.level(node) for root in roots for node in store.below(root)}
    for fact in compiled.knowledge.questions[wanted.about].fills:
        if compiled.level[fact] in levels:
            where = store.either(where, compiled.applies[fact])
    return store.both(compiled.possible, where)
