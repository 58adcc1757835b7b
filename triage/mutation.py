"""Would the cases notice a mistake? Mutation testing of a base, with equivalent mutants recognised exactly and left out.

A mutant is equivalent when no possible call shows any difference (see `triage.behaviour`); that is decided by diagrams, not by
sampling. What a case expects of the order of questions is not tried on mutants: a case kills by values, rules, messages,
fields, and by what is still open.

Source: for rules with conditions and equivalent mutants, Martin, Xie, "A fault model and mutation testing of access control
policies" (2007).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from triage.behaviour import Change, changes, smallest_change, visible
from triage.compilation import Compiled, loudly
from triage.evaluation import complete, effective, holds, verdict_of
from triage.examples import Expectation
from triage.exercise import Tried, is_settled, may_hold
from triage.model import PLACEHOLDER, Clause, Condition, KnowledgeBase, Text
from triage.mutants import Mutant, Operator, mutants
from triage.variants import Regions, Variant

__all__ = ["FATES", "Fate", "MutationReport", "Survivor", "Verdict", "mutate"]

Fate = Literal["killed", "survived", "equivalent", "refused"]
FATES: tuple[Fate, ...] = ("killed", "survived", "equivalent", "refused")


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that shows on some call, and that no case notices.

    Attributes:
        of, about: What was changed; see `Mutant`.
        call: A smallest call on which it shows; facts not named are unknown.
        expects: What a case expects that holds on this call as the base stands, and does not with the mutant.
    """

    id: str
    of: Literal["rule", "message"]
    about: tuple[str, ...]
    text: Text
    call: Mapping[str, str]
    expects: Expectation


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant.

    Attributes:
        by: Name of the first case that kills it; empty unless killed.
    """

    id: str
    operator: Operator
    about: tuple[str, ...]
    fate: Fate
    by: str = ""
    survivor: Survivor | None = None


@dataclass(frozen=True)
class MutationReport:
    """What became of all mutants, in their order."""

    verdicts: Sequence[Verdict]

    def count(self, fate: Fate, operator: Operator | None = None) -> int:
        """How many mutants (of an operator) met this fate."""
        return sum(v.fate == fate and operator in (None, v.operator) for v in self.verdicts)

    @property
    def score(self) -> Fraction | None:
        """Killed, of those that can be told from the base and that loading does not refuse; None where there are none."""
        return Fraction(self.count("killed"), self.score_of) if self.score_of else None

    @property
    def score_of(self) -> int:
        """How many mutants the score is about."""
        return self.count("killed") + self.count("survived")

    @property
    def survivors(self) -> tuple[Survivor, ...]:
        """Those nobody notices."""
        return tuple(v.survivor for v in self.verdicts if v.survivor is not None)


def mutate(
    compiled: Compiled,
    tried: Sequence[Tried],
    chosen: Iterable[Mutant] | None = None,
    progress: Callable[[], None] = lambda: None,
) -> MutationReport:
    """Try every mutant on every turn of every case.

    Args:
        compiled: The base; its store grows, so it must be the caller's own.
        tried: What the cases run through; see `triage.exercise`.
        chosen: The mutants to try; all unless given.
        progress: Called after every mutant.

    Raises:
        TooLargeError: A mutant does not fit the budget.
    """
    verdicts = []
    with loudly(compiled.order):
        court = _Court(Regions(compiled), tried)
        for mutant in mutants(compiled.knowledge) if chosen is None else chosen:
            verdicts.append(court.judge(mutant))
            progress()
    return MutationReport(tuple(verdicts))


class _Court:
    """Judges mutants of one base by one set of cases."""

    def __init__(self, regions: Regions, tried: Sequence[Tried]) -> None:
        self._regions = regions
        self._knowledge = regions.compiled.knowledge
        self._visible = visible(self._knowledge)
        self._tried = tried

    def judge(self, mutant: Mutant) -> Verdict:
        same_rules = mutant.kind == "message"
        concerned = (turn.under(mutant.knowledge, same_rules=same_rules) for turn in self._tried if self._concerns(mutant, turn))
        killer = next((turn for turn in concerned if turn.fails()), None)
        if killer is not None and (killer.shows(self._visible) or same_rules):
            return _killed(mutant, killer.tried)
        variant = Variant(self._regions, mutant.knowledge)
        if next(changes(variant), None) is None:
            return Verdict(mutant.id, mutant.operator, mutant.about, "equivalent")
        by = self._by_openness(mutant, variant) if killer is None else killer.tried
        if by is not None:
            return _killed(mutant, by)
        if _ties(variant):
            return Verdict(mutant.id, mutant.operator, mutant.about, "refused")
        return Verdict(mutant.id, mutant.operator, mutant.about, "survived", survivor=self._survivor(mutant, variant))

    def _concerns(self, mutant: Mutant, turn: Tried) -> bool:
        """Whether a turn's conclusions, or what is said, can differ at all under a mutant."""
        if mutant.kind == "message":
            return mutant.about[0] in turn.turn.says or mutant.about[0] in turn.turn.not_says
        return turn.ruled and any(holds(condition, turn.drawn) for condition in self._conditions(mutant))

    def _conditions(self, mutant: Mutant) -> list[Condition]:
        """Conditions of the rules a mutant is about, as they are and as it has them."""
        versions = (self._knowledge.rules, mutant.knowledge.rules)
        return [rules[rule].when for rules in versions for rule in mutant.about if rule in rules]

    def _by_openness(self, mutant: Mutant, variant: Variant) -> Tried | None:
        targets = [name for name in mutant.knowledge.targets if name in variant.pairs]
        if not targets:
            return None
        conditions = self._conditions(mutant)
        for turn in self._tried:
            if any(may_hold(condition, turn.told) for condition in conditions) and turn.notices_openness(variant, targets):
                return turn
        return None

    def _survivor(self, mutant: Mutant, variant: Variant) -> Survivor:
        found = smallest_change(variant)
        assert found is not None  # noqa: S101 - a mutant without a visible change is equivalent
        change, call = found
        versions = (base.messages.get(change.id) for base in (self._knowledge, mutant.knowledge))
        alert = change.kind == "message" and any(found is not None and found.kind == "alert" for found in versions)
        if change.kind != "fact" and not alert:  # shows only once the call is over: what is not told is told to be unknown
            call = self._over(call)
        return Survivor(mutant.id, mutant.kind, mutant.about, mutant.text, call, self._expectation(change, call))

    def _over(self, call: Mapping[str, str]) -> dict[str, str]:
        """A call with so many other facts told to be unknown that everything is settled."""
        told = complete(self._knowledge, call)
        for fact in self._knowledge.facts:
            fewer = {name: value for name, value in told.items() if name != fact}
            if fact not in call and is_settled(self._regions.compiled, fewer):
                told = fewer
        return told

    def _expectation(self, change: Change, call: Mapping[str, str]) -> Expectation:
        """What the base itself says on a call."""
        knowledge = self._knowledge
        counted = effective(knowledge, complete(knowledge, call))
        verdict = verdict_of(knowledge, counted)
        values = {**counted, **{name: verdict[name] for name in knowledge.inferred}}
        if change.kind == "fact":
            return Expectation("if_ended_now", {change.id: values[change.id]})
        if change.kind == "message":
            message = knowledge.messages.get(change.id)
            read = {**values, **complete(knowledge, call)} if message is not None and message.kind == "alert" else values
            said = message is not None and holds(message.when, read)
            return Expectation("says" if said else "not_says", (change.id,))
        if change.kind == "field":
            return Expectation("missing_fields", tuple(sorted(_needed(knowledge, values))))
        resolved = knowledge.identity.resolved
        return Expectation("stop_reason", "resolved" if resolved is not None and holds(resolved, values) else "settled")


def _needed(knowledge: KnowledgeBase, values: Mapping[str, str]) -> set[str]:
    """The fields a work order needs: those whose condition holds, and those its lines mention."""
    lines = [m.say for m in knowledge.messages.values() if m.kind == "work_order" and holds(m.when, values)]
    named = {name for say in lines for text in (say.zh, say.en) for name in PLACEHOLDER.findall(text)}
    return {name for name, field in knowledge.fields.items() if holds(field.when, values)} | (named & knowledge.fields.keys())


def _killed(mutant: Mutant, by: Tried) -> Verdict:
    return Verdict(mutant.id, mutant.operator, mutant.about, "killed", by.case.name)


def _ties(variant: Variant) -> bool:
    """Whether loading would refuse the base: clauses that can tie where they are not as they were."""
    store, nowhere = variant.store, variant.store.leaf(False)
    for clauses in variant.knowledge.clauses.values():
        for clause in clauses:
            if not _moved(variant, clause):
                continue
            peers = [c for c in clauses if c.priority == clause.priority and c.value != clause.value]
            for peer in peers:
                meet = store.both(variant.winning(clause, store), variant.clauses[peer.id])
                if meet != nowhere:
                    return True
    return False


def _moved(variant: Variant, clause: Clause) -> bool:
    old = variant.original
    before = {c.id: c for c in old.knowledge.clauses[clause.fact]}.get(clause.id)
    return (
        before is None
        or (before.priority, before.value) != (clause.priority, clause.value)
        or (old.clauses[clause.id] != variant.clauses[clause.id])
    )
