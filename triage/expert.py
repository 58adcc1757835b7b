"""The expert system: one loaded base, ready for calls. The one entry point for command line, REST and MCP.

Pure: an assessment is a function of the base, the call and the options; nothing is remembered from call to call but what the
base itself implies.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from triage.assessment import (
    Assessment,
    Candidate,
    Effect,
    Explanation,
    KnowledgeName,
    Notice,
    QuestionToAsk,
    RuledOut,
    Tells,
    WhyNot,
    WouldChange,
)
from triage.bits import Quick
from triage.call import Call, Options, Warn, as_object, read_input, still_valid
from triage.compilation import NODE_BUDGET, Compiled, TooLargeError
from triage.errors import InputError, nearest
from triage.evaluation import complete, holds
from triage.explanation import changes_for, excluded_by, reachable_values, single_changes
from triage.inference import Inference
from triage.interview import NextQuestion, completing_questions, could_apply, next_questions, reachable, settled
from triage.loading import load_knowledge
from triage.model import CALLER, UNKNOWN, KnowledgeBase, Text, leaves
from triage.ordering import orders
from triage.parts import Parts, compile_fitting
from triage.planning import PLAN_BUDGET, Ahead, Plan, look_ahead
from triage.prospect import BroadProspect, ExactProspect, Left, Prospect, Sight, left_by
from triage.sharing import Shared
from triage.telling import Teller
from triage.ties import refuse_ties
from triage.verdict import Derivation, Verdict
from triage.wording import Wording

__all__ = ["CALL_BUDGET", "ExpertSystem", "OnRecord", "Situation"]

CALL_BUDGET = 5_000
"""Nodes the diagrams of a single call may need where those of the whole base are too large: about 0.1 s."""

WHILE_ASKING = frozenset({"greeting", "ask", "wait"})
"""Moments of the script that may come before the call is decided."""

_LOG = logging.getLogger("triage")


@dataclass(frozen=True)
class Situation:
    """One call as the base sees it.

    Attributes:
        systems: Those connected.
        told: Values told and still valid, by fact.
        known: Those, and `unknown` for facts nobody connected can be asked.
        unasked: Those latter facts.
        counted: Every observable fact's effective value, open ones `unknown`.
        sources: Whom each question goes to; see `triage.interview.reachable`.
        clashes: Impossible combinations that match.
    """

    systems: frozenset[str]
    told: Mapping[str, str]
    known: Mapping[str, str]
    unasked: frozenset[str]
    counted: Mapping[str, str]
    sources: Mapping[str, str]
    clashes: tuple[str, ...]
    warnings: tuple[Warn, ...]


@dataclass(frozen=True, slots=True)
class OnRecord:
    """An assessment with what it rests on, for a log.

    Attributes:
        verdict: What evaluation says.
        derived: What experta says; None where it was not asked (the call needs input) or failed.
    """

    assessment: Assessment
    situation: Situation
    verdict: Verdict
    derived: Verdict | None


class ExpertSystem:
    """One base, ready for calls; threads may share it.

    Args:
        inference: The engine that makes the decision of record; the base's own unless given.
        node_budget: Nodes its diagrams may need before it is compiled in parts, each of which may need as many; where that does
            not do, it falls back to per-call diagrams and over-approximation.
        call_budget: Nodes the diagrams of one call may need then.
        plan_budget: Situations the plan of all interviews may have to be kept; beyond, every call looks ahead by itself.

    Attributes:
        quick: Evaluation, compiled.

    Raises:
        KnowledgeError: Clauses can tie, or it cannot be proved within the budget that they do not.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        *,
        inference: Inference | None = None,
        node_budget: int = NODE_BUDGET,
        call_budget: int = CALL_BUDGET,
        plan_budget: int = PLAN_BUDGET,
        folder: Path = Path(),
    ) -> None:
        self.knowledge = knowledge
        found, self.too_large = compile_fitting(knowledge, node_budget)
        refuse_ties(knowledge, found, folder)
        self._compiled = found if isinstance(found, Compiled) else None
        self._parts = found if isinstance(found, Parts) else None
        self._call_budget = call_budget
        self.quick = Quick(knowledge)
        self._outcomes = self._compiled or (self._parts.outcomes if self._parts else None)
        self._shared = Shared(knowledge, self._outcomes, plan_budget)
        self._inference = inference or Inference(knowledge)

    @classmethod
    def open(cls, folder: Path) -> ExpertSystem:
        """Load and compile the base in a folder.

        Raises:
            KnowledgeError: With every mistake in it.
        """
        return cls(load_knowledge(folder), folder=folder)

    @property
    def compiled(self) -> Compiled:
        """The base's diagrams.

        Raises:
            TooLargeError: They do not fit the budget.
        """
        if self._compiled is None:
            raise self.too_large or TooLargeError((), 0)
        return self._compiled

    def compiled_for(self, known: Mapping[str, str]) -> Compiled | None:
        """Diagrams right for all calls on which some facts are known; None where there are none."""
        return self._parts.of(known) if self._parts else self._compiled

    def situation(self, call: Call, options: Options) -> Situation:
        """What counts of a call."""
        told, stale = still_valid(call, options.now)
        systems = frozenset(options.systems)
        self._shared.connection(systems)
        sources = reachable(self.knowledge, systems, call.no_answer, told)
        nobody = {
            fact: UNKNOWN
            for question in self.knowledge.questions.values()
            if question.id not in sources
            for fact in question.fills
            if fact not in told
        }
        known = dict(sorted({**told, **nobody}.items()))
        counted, clashes = self.quick.counted(known), self.quick.impossible(known)
        return Situation(systems, told, known, frozenset(nobody), counted, sources, clashes, (*call.warnings, *stale))

    def prospect(self, known: Mapping[str, str], unasked: frozenset[str] = frozenset()) -> Prospect:
        """What is still possible: exact where the diagrams of the base, or at least of this call, fit their budget.

        Args:
            unasked: Of the known facts, those that are `unknown` because nobody connected can be asked.
        """
        if self._outcomes is not None:
            return ExactProspect(self._shared.sight(unasked), known)
        try:
            order = next(orders(self.knowledge))
            return ExactProspect(Sight(Compiled(self.knowledge, order, self._call_budget, known)), known)
        except TooLargeError:
            return BroadProspect(self.knowledge, known)

    def plan(self, situation: Situation) -> Plan:
        """The plan of all interviews with the same systems connected, where this call is one of those; else empty."""
        usual = self._shared.connection(situation.systems)
        questions = self.knowledge.questions.values()
        open_questions = [q.id for q in questions if not situation.known.keys() >= set(q.fills)]
        same = all(situation.sources.get(name) == usual.sources.get(name) for name in open_questions)
        if self._outcomes is None or situation.unasked != usual.unasked or not same:
            return {}
        return self._shared.plan(situation.systems)

    def assess_json(self, data: Any) -> Assessment:
        """Assess a call given as JSON: `facts`, `fields`, `no_answer` and `options`; see `triage.call`.

        Raises:
            InputError: Something is not as declared.
        """
        return self.assess(*read_input(self.knowledge, as_object(data, "")))

    def assess(self, call: Call, options: Options | None = None) -> Assessment:
        """The answer to a call."""
        return _Assessor(self, call, options or Options()).assessment()

    def assess_on_record(self, call: Call, options: Options) -> OnRecord:
        """The answer to a call, and what both engines said for it."""
        return _Assessor(self, call, options).on_record()

    def infer(self, counted: Mapping[str, str]) -> Derivation:
        """What experta concludes from effective facts."""
        return self._inference.infer(counted)

    def why_not(self, call: Call, target: str, value: str, options: Options | None = None) -> WhyNot:
        """The smallest change of answers after which a target would have a value.

        Raises:
            InputError: The base has no such target or value.
            TooLargeError: The base is too large for exact answers.
        """
        options = options or Options()
        _accept(target, self.knowledge.targets, "/target")
        _accept(value, self.knowledge.inferred[target].values, "/value")
        situation = self.situation(call, options)
        changes = changes_for(self.compiled, situation.known, target, value)
        wording = Wording(self.knowledge, options.language, options.region, {}, {})
        teller = Teller(self.knowledge, wording, {}, {}, {})
        already = not changes and changes is not None
        nobody = tuple(fact for fact in changes or {} if fact in situation.unasked)
        return WhyNot(target, value, changes is not None, already, teller.answers(changes or {}), nobody)


def _accept(given: str, accepted: Any, path: str) -> None:
    if given not in accepted:
        text = Text(f"不认识 `{given}`", f"`{given}` is not known")
        raise InputError("unknown-value", path, text, accepted, nearest(given, accepted))


class _Assessor:
    """Works one assessment out."""

    def __init__(self, system: ExpertSystem, call: Call, options: Options) -> None:
        self._system = system
        self._knowledge = system.knowledge
        self._call = call
        self._options = options
        self._situation = system.situation(call, options)
        self._prospect = system.prospect(self._situation.known, self._situation.unasked)
        self._verdict = system.quick.verdict(self._situation.known)
        self._next = self._best_questions()
        self._status, self._stop_reason = self._judge()
        self._values = self._conclusions()
        values = {**self._situation.counted, **self._values}
        wording = Wording(self._knowledge, options.language, options.region, values, call.fields)
        told = complete(self._knowledge, self._situation.known)
        self._tell = Teller(self._knowledge, wording, told, values, call.fields, options.time_of_day)

    # -- judging

    def _best_questions(self) -> list[NextQuestion]:
        if self._situation.clashes:
            return self._resolving_question()
        if settled(self._prospect):
            return []
        ranked = next_questions(self._knowledge, self._prospect, self._situation.known, self._situation.sources)
        return list(islice(ranked, max(self._options.questions, 1)))

    def _resolving_question(self) -> list[NextQuestion]:
        """The question the first contradiction says to ask again, else another one about it that somebody can be asked."""
        clash = self._knowledge.impossible[self._situation.clashes[0]]
        about = [self._knowledge.question_of[leaf.fact].id for leaf in leaves(clash.when)]
        for name in (clash.resolve, *about):
            question = self._knowledge.questions[name]
            source = reachable(self._knowledge, self._situation.systems, {}, ()).get(name)
            if source is not None:
                return [NextQuestion(question, question.fills, source)]
        return []

    def _judge(self) -> tuple[Literal["needs_input", "decided", "handover", "contradictory"], str | None]:
        """Status and why the interview stops, of several the gravest."""
        if self._situation.clashes:
            return "contradictory", "contradictory"
        over_budget = self._options.max_questions is not None and self._asked() >= self._options.max_questions
        if not settled(self._prospect) and self._next and not over_budget:
            return "needs_input", None
        if not self._engines_agree():
            return "handover", "engines_disagree"
        if not settled(self._prospect):
            return "handover", "question_budget" if over_budget else "nothing_left_to_ask"
        resolved = self._knowledge.identity.resolved
        verdict = {name: self._verdict[name] for name in self._knowledge.inferred}
        solved = resolved is not None and holds(resolved, {**self._situation.counted, **verdict})
        return "decided", "resolved" if solved else "settled"

    def _asked(self) -> int:
        """Questions the caller has answered."""
        patience = self._knowledge.identity.patience
        told = {name for name in self._situation.told if self._call.readings[name].source == CALLER}
        told -= {patience.fact} if patience else set()
        return len({self._knowledge.question_of[name].id for name in told})

    @cached_property
    def _derivation(self) -> Derivation:
        return self._system.infer(self._situation.counted)

    def _engines_agree(self) -> bool:
        """Evaluation, experta and, where settled, the diagrams say the same."""
        ours = self._verdict.conclusions
        try:
            theirs = self._derivation.verdict.conclusions
        except Exception:  # noqa: BLE001 - whatever goes wrong in the engine, the call must be answered
            _LOG.exception("inference failed; handing over")
            return False
        differing = {name for name in ours if theirs.get(name) != ours[name]}
        if settled(self._prospect):
            only = {target: next(iter(values)) for target, values in self._prospect.candidates.items()}
            differing |= {target for target, value in only.items() if value != ours[target].value}
        if differing:
            _LOG.error("engines disagree on %s; handing over", ", ".join(sorted(differing)))
        return not differing

    def _conclusions(self) -> dict[str, str]:
        """Values of the inferred facts: what the rules conclude, or what the base says finding out means."""
        if self._status == "contradictory" or self._stop_reason == "engines_disagree":
            find_out = self._knowledge.identity.find_out
            return {name: find_out.get(name, inferred.default) for name, inferred in self._knowledge.inferred.items()}
        return {name: self._verdict[name] for name in self._knowledge.inferred}

    # -- telling

    def on_record(self) -> OnRecord:
        """The assessment with what it rests on."""
        assessment = self.assessment()
        derivation: Derivation | None = self.__dict__.get("_derivation")  # there if it was asked for
        return OnRecord(assessment, self._situation, self._verdict, derivation.verdict if derivation else None)

    def assessment(self) -> Assessment:
        """Everything put together."""
        tell, over = self._tell, self._status in ("decided", "handover")
        card = tell.decision(self._values)
        questions = tuple(self._question(asked) for asked in self._next)
        return Assessment(
            status=self._status,
            stop_reason=self._stop_reason,
            exact=self._prospect.exact,
            alerts=tell.said("alert"),
            decision=card if self._status in ("decided", "handover") else None,
            provisional=card,
            candidates=self._candidates(),
            question=questions[0] if questions and not over else None,
            questions=questions if not over else (),
            ahead=self._ahead(),
            advice=tell.said("advice") if over else (),
            script=tell.said("script", None if over else self._sayable),
            work_order=tell.work_order() if over else None,
            contradictions=tell.contradictions(self._situation.clashes),
            inapplicable=tell.answers(self._inapplicable()),
            to_complete=tuple(tell.question(asked, ()) for asked in self._completing()) if over else (),
            unasked=tuple(sorted(self._situation.unasked)),
            warnings=tuple(self._warnings()),
            explanation=self._explanation(),
            knowledge=KnowledgeName(self._knowledge.identity.id, self._knowledge.identity.version, self._knowledge.digest),
        )

    def _sayable(self, line: str) -> bool:
        """Whether a line may be said while still asking: what is known entails it, impossible combinations left aside."""
        compiled = self._system.compiled_for(self._situation.known)
        if compiled is None or self._knowledge.messages[line].moment not in WHILE_ASKING:
            return False
        work = compiled.store.scratch()
        return work.restrict(compiled.messages[line], compiled.indices(self._situation.known)) == work.leaf(True)

    def _candidates(self) -> dict[str, tuple[Candidate, ...]]:
        """What every target may still be; nothing where the call or the engines contradict themselves."""
        if self._stop_reason in ("contradictory", "engines_disagree"):
            return dict.fromkeys(self._knowledge.targets, ())
        return self._tell.candidates(self._prospect.candidates)

    def _completing(self) -> Iterator[NextQuestion]:
        known = self._situation.known
        compiled = self._system.compiled_for(known)
        if self._status not in ("decided", "handover") or compiled is None:
            return iter(())
        card = [compiled.inferred[name] for name in self._knowledge.identity.decision if name in compiled.inferred]
        work, told = compiled.store.scratch(), compiled.indices(known)

        def may_be_said(line: str) -> bool:
            return work.restrict(compiled.messages[line], told) != work.leaf(False)

        def matters(fact: str) -> bool:
            """Whether the card, what is said, or a text of that depends on it."""
            shown = (*card, *compiled.messages.values())
            mentioned = self._knowledge.mentioned_in.get(fact, ())
            return any(map(may_be_said, mentioned)) or any(fact in compiled.depends(diagram, known) for diagram in shown)

        return completing_questions(self._knowledge, matters, known, self._situation.sources)

    def _ahead(self) -> Ahead | None:
        if self._status != "needs_input" or not self._options.look_ahead:
            return None
        situation, plan = self._situation, self._system.plan(self._situation)
        budget = self._options.look_ahead
        return look_ahead(self._knowledge, self._prospect, situation.known, situation.sources, budget, plan, self._next[0])

    def _question(self, asked: NextQuestion) -> QuestionToAsk:
        wanted = self._options.explain != "none" and not self._situation.clashes
        return self._tell.question(asked, self._tells(asked) if wanted else ())

    def _tells(self, asked: NextQuestion) -> Iterator[Tells]:
        """For every answer, the targets it would narrow and what it would leave of them."""
        for fact in asked.facts:
            for value, left in self._left_by(fact).items():
                if left and not (asked.question.tick and value == asked.question.tick[1]):
                    yield Tells(fact, value, dict(left))

    def _left_by(self, fact: str) -> Left:
        if isinstance(self._prospect, ExactProspect):
            return self._prospect.left_by(fact)
        return left_by(self._prospect, {value: self._after(fact, value) for value in self._knowledge.facts[fact].values})

    def _after(self, fact: str, value: str) -> Prospect:
        """The prospect with one answer given or changed."""
        if isinstance(self._prospect, ExactProspect) and fact not in self._situation.known:
            return self._prospect.after(fact, value)
        return self._system.prospect({**self._situation.known, fact: value}, self._situation.unasked - {fact})

    def _inapplicable(self) -> dict[str, str]:
        told = self._situation.told
        possible = could_apply(self._knowledge, self._situation.known)
        return {fact: told[fact] for fact in sorted(told) if fact not in possible}

    def _warnings(self) -> Iterator[Notice]:
        language = self._options.language
        for warn in sorted(self._situation.warnings, key=lambda w: (w.path, w.code)):
            yield Notice(warn.code, warn.path, warn.text.get(language))
        if not self._prospect.exact and self._system.too_large is not None:
            facts = ", ".join(self._system.too_large.facts)
            text = Text(
                f"规则库过大，无法精确计算（主要是 {facts}），可能多问",
                f"the base is too large to be exact ({facts}); more may be asked than needed",
            )
            yield Notice("not-exact", "", text.get(language))

    # -- explaining

    def _explanation(self) -> Explanation | None:
        wanted = self._options.explain
        if wanted == "none" or self._status in ("needs_input", "contradictory") or self._stop_reason == "engines_disagree":
            return None
        reasons = self._tell.reasons(self._derivation.trace, full=wanted == "full")
        if wanted == "summary":
            return Explanation(reasons, (), ())
        return Explanation(reasons, tuple(self._ruled_out()), tuple(self._would_change()))

    def _ruled_out(self) -> Iterator[RuledOut]:
        if self._system.too_large is not None:  # a part does not know what its own answer rules out
            return
        compiled, known = self._system.compiled, self._situation.known
        for target, left in self._prospect.candidates.items():
            for value in self._knowledge.inferred[target].values:
                if value not in left and value in reachable_values(compiled, {}, target):
                    by = excluded_by(compiled, known, target, value)
                    text = self._knowledge.inferred[target].values[value].text.get(self._options.language)
                    yield RuledOut(target, value, text, self._tell.answers({fact: known[fact] for fact in by}))

    def _would_change(self) -> Iterator[WouldChange]:
        told = dict(self._situation.known)
        for fact, value, effects in single_changes(self._system.quick, self._knowledge, told):
            if fact not in self._situation.told:
                continue
            answer = self._tell.answer(fact, value)
            changed = tuple(Effect(target, before, after) for target, (before, after) in effects.items())
            yield WouldChange(fact, value, answer.text, changed, settled(self._after(fact, value)))
