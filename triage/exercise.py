"""What the cases of a base run through: every turn as the base sees it now, ready to be looked at again under other rules.

For coverage and mutation, which ask of thousands of variants of a base whether a case would notice: no assessment is made for
these, only conditions are read. What cases expect of the order of questions (`asks_next`, `asks_of`, `never_asks`) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from triage.compilation import IMPOSSIBLE, Compiled
from triage.evaluation import holds, verdict_of
from triage.expert import ExpertSystem
from triage.loading.cases import Case, Turn
from triage.model import UNKNOWN, AnyOf, Condition, In, KnowledgeBase, Message
from triage.trying import walk
from triage.verdict import Verdict

__all__ = ["Retried", "Tried", "candidates_of", "exercise", "is_settled", "may_hold"]

OVER = ("decided", "handover")


@dataclass(frozen=True)
class Tried:
    """One turn of a case.

    Attributes:
        told: Values that count for the interview: those told, and `unknown` for what nobody connected can be asked.
        said_so: Values told, whatever gates say; what alerts read.
        counted: Effective observable facts, open ones unknown.
        verdict: What the rules conclude from them.
        missing: Fields of the work order still to be given; None where there is no work order.
        asked: The question that comes next, or None.
    """

    case: Case
    turn: Turn
    status: str
    stop_reason: str | None
    told: Mapping[str, str]
    said_so: Mapping[str, str]
    counted: Mapping[str, str]
    verdict: Verdict
    said: frozenset[str]
    missing: frozenset[str] | None
    given_fields: frozenset[str]
    asked: str | None

    @cached_property
    def drawn(self) -> Mapping[str, str]:
        """Effective observable facts and what the rules conclude: what conditions of rules read."""
        return {**self.counted, **{name: self.verdict[name] for name in self.verdict.conclusions}}

    @property
    def ruled(self) -> bool:
        """Whether the values come from the rules: a contradictory call has the base's own for finding out."""
        return self.stop_reason not in ("contradictory", "engines_disagree")

    def under(self, knowledge: KnowledgeBase, *, same_rules: bool = False) -> Retried:
        """The same turn under other rules or messages.

        Args:
            same_rules: Only messages differ.
        """
        return Retried(self, knowledge, self.verdict if same_rules else verdict_of(knowledge, self.counted))

    def notices_openness(self, compiled: Compiled, changed: Iterable[str]) -> bool:
        """Whether this turn fails because something is settled, or open, that should not be.

        Args:
            compiled: The other base.
            changed: The targets that may differ.
        """
        if self.status not in ("decided", "needs_input") or not (self.turn.candidates or self._tells_whether_settled(compiled)):
            return False
        candidates = {target: candidates_of(compiled, self.told, target) for target in changed}
        for target, expected in self.turn.candidates.items():
            if target in candidates and candidates[target] != set(expected):
                return True
        if not self._tells_whether_settled(compiled):
            return False
        if self.status == "decided":
            return any(len(left) > 1 for left in candidates.values())
        return is_settled(compiled, self.told)

    def _tells_whether_settled(self, compiled: Compiled) -> bool:
        """Whether the turn expects something that is so only where everything is settled, or only where it is not."""
        turn = self.turn
        if turn.status or turn.stop_reason:
            return True
        if self.status == "needs_input":
            return bool(turn.asks_next or turn.asks_of)
        late = (compiled.knowledge.messages[name].kind in ("advice", "work_order") for name in turn.says)
        return bool(turn.expect) or turn.missing_fields is not None or any(late)


@dataclass(frozen=True)
class Retried:
    """A turn under other rules or messages. What is still open is not looked at."""

    tried: Tried
    knowledge: KnowledgeBase
    verdict: Verdict

    @cached_property
    def _values(self) -> Mapping[str, str]:
        if self.tried.ruled:
            return {**self.tried.counted, **{name: self.verdict[name] for name in self.verdict.conclusions}}
        find_out = self.knowledge.identity.find_out
        inferred = self.knowledge.inferred.items()
        return {**self.tried.counted, **{name: find_out.get(name, i.default) for name, i in inferred}}

    def shows(self, names: Iterable[str]) -> bool:
        """Whether an inferred fact among these has another value than before."""
        return self.tried.ruled and any(self.verdict[name] != self.tried.verdict[name] for name in names)

    def fails(self) -> bool:
        """Whether the case notices: by a value, a rule, a message or a missing field."""
        ruled = self.tried.ruled and (self._values_differ() or self._rules_differ())
        return ruled or self._messages_differ() or self._fields_differ()

    def _values_differ(self) -> bool:
        expected = {**self.tried.turn.if_ended_now, **self.tried.turn.expect}
        return any(self.verdict[name] != value for name, value in expected.items())

    def _rules_differ(self) -> bool:
        turn = self.tried.turn
        if not turn.fired and not turn.not_fired:
            return False
        winners = {winner for conclusion in self.verdict.conclusions.values() for winner in conclusion.winners}

        def speaks(rule: str) -> bool:
            found = self.knowledge.rules.get(rule)
            return found is not None and any(clause.id in winners for clause in found.clauses)

        return not all(map(speaks, turn.fired)) or any(map(speaks, turn.not_fired))

    def _messages_differ(self) -> bool:
        turn = self.tried.turn
        return not all(map(self._can_be_said, turn.says)) or any(
            self._can_be_said(name) and self._is_said(self.knowledge.messages[name]) for name in turn.not_says
        )

    def _can_be_said(self, name: str) -> bool:
        message = self.knowledge.messages.get(name)
        if message is None:
            return False
        return holds(message.when, {**self._values, **self.tried.said_so} if message.kind == "alert" else self._values)

    def _is_said(self, message: Message) -> bool:
        """Whether such a message is said at this point of the call wherever its condition holds."""
        return message.kind == "alert" or (self.tried.status in OVER and not message.time_of_day)

    def _fields_differ(self) -> bool:
        tried = self.tried
        if tried.turn.missing_fields is None or tried.missing is None:
            return False
        open_fields = (field for name, field in self.knowledge.fields.items() if name not in tried.given_fields)
        return any(holds(field.when, tried.drawn) != holds(field.when, self._values) for field in open_fields)


def exercise(system: ExpertSystem, cases: Iterable[Case]) -> Iterator[Tried]:
    """Every turn of every case, in order."""
    for case in cases:
        for turn, seen in walk(system, case):
            told, situation = seen.assessment, seen.situation
            yield Tried(
                case=case,
                turn=turn,
                status=told.status,
                stop_reason=told.stop_reason,
                told=situation.known,
                said_so={name: situation.told.get(name, UNKNOWN) for name in system.knowledge.facts},
                counted=situation.counted,
                verdict=verdict_of(system.knowledge, situation.counted),
                said=seen.said,
                missing=None if told.work_order is None else frozenset(part.field for part in told.work_order.missing),
                given_fields=frozenset(name for name, text in seen.call.fields.items() if text),
                asked=None if told.question is None else told.question.id,
            )


def candidates_of(compiled: Compiled, told: Mapping[str, str], target: str) -> set[object]:
    """What a target may still be."""
    store, known = compiled.store.scratch(), compiled.indices(told)
    possible, value = store.restrict(compiled.possible, known), store.restrict(compiled.inferred[target], known)
    return store.payloads(store.choose(possible, value, store.leaf(IMPOSSIBLE))) - {IMPOSSIBLE}


def is_settled(compiled: Compiled, told: Mapping[str, str]) -> bool:
    """Whether every target has one candidate."""
    return all(len(candidates_of(compiled, told, target)) == 1 for target in compiled.knowledge.targets)


def may_hold(condition: Condition, told: Mapping[str, str]) -> bool:
    """Whether a condition is not plainly false on what is told; what rules conclude is taken as open."""
    if isinstance(condition, In):
        return condition.fact not in told or told[condition.fact] in condition.values
    results = (may_hold(part, told) for part in condition.parts)
    return any(results) if isinstance(condition, AnyOf) else all(results)
