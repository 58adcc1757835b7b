"""What this project brings: the specification, its fast path, experta as the project uses it, the next step, the assessment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.calls import next_of
from benchmarks.contenders.shape import Contender, Said, Told
from triage.assessment import Assessment
from triage.bits import Quick
from triage.call import Call, Options
from triage.evaluation import evaluate
from triage.expert import ExpertSystem
from triage.inference import Inference
from triage.interview import NextQuestion
from triage.model import KnowledgeBase
from triage.prospect import Candidates
from triage.verdict import Verdict

__all__ = ["Assessing", "Bits", "Fired", "OurExperta", "Specification", "Step", "Stepping", "opened"]

_opened: list[ExpertSystem] = []


def opened(knowledge: KnowledgeBase) -> ExpertSystem:
    """A system ready for calls; that of the base asked for last is kept, for large ones take seconds to make."""
    if not _opened or _opened[0].knowledge is not knowledge:
        _opened[:] = [ExpertSystem(knowledge)]
    return _opened[0]


class Specification(Contender):
    """`triage.evaluation`, the readable meaning of the rules."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge

    def conclude(self, told: Told) -> Verdict:
        return evaluate(self._knowledge, told)

    def said(self, found: Verdict) -> Said:
        return _said(found)


class Fired(Contender):
    """`triage.bits`: values and the clauses that win."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._quick = Quick(knowledge)

    def conclude(self, told: Told) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        return self._quick.fired(told)

    def said(self, found: Mapping[str, tuple[str, tuple[str, ...]]]) -> Said:
        return Said({name: value for name, (value, _) in found.items()}, winners={name: won for name, (_, won) in found.items()})


class Bits(Contender):
    """`triage.bits`: the whole verdict."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._quick = Quick(knowledge)

    def conclude(self, told: Told) -> Verdict:
        return self._quick.verdict(told)

    def said(self, found: Verdict) -> Said:
        return _said(found)


class OurExperta(Contender):
    """`triage.inference`, which makes the decision of record; gates are applied by the fast path, as in the product."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._quick, self._inference = Quick(knowledge), Inference(knowledge)

    def conclude(self, told: Told) -> Verdict:
        return self._inference.infer(self._quick.counted(told)).verdict

    def said(self, found: Verdict) -> Said:
        return _said(found)


@dataclass(frozen=True, slots=True)
class Step:
    """Everything a step of an interview needs.

    Attributes:
        asked: The next question; None where the matter is settled or contradictory.
    """

    verdict: Verdict
    candidates: Candidates
    asked: NextQuestion | None
    exact: bool


class Stepping(Contender):
    """The verdict with all that is still possible, whether it is settled, and the next question; all systems connected."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._system = opened(knowledge)
        self._options = Options(systems=tuple(knowledge.identity.systems))

    def conclude(self, told: Told) -> Step:
        system = self._system
        situation = system.situation(Call.of(dict(told)), self._options)
        prospect = system.prospect(situation.known, situation.unasked)
        asked = next_of(system.knowledge, prospect, situation)
        return Step(system.quick.verdict(situation.known), prospect.candidates, asked, prospect.exact)

    def said(self, found: Step) -> Said:
        """What is concluded if the call ends now must be among what is still possible."""
        for target, values in found.candidates.items():
            if values and found.verdict[target] not in values:
                raise ValueError(f"{target}: {found.verdict[target]} is concluded but not possible")
        return _said(found.verdict)


class Assessing(Contender):
    """`ExpertSystem.assess` as a caller of the library gets it: words, script, work order, reasons, and experta's consent."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._system = opened(knowledge)
        self._options = Options(systems=tuple(knowledge.identity.systems), look_ahead=0)

    def conclude(self, told: Told) -> Assessment:
        return self._system.assess(Call.of(dict(told)), self._options)

    def said(self, found: Assessment) -> Said:
        """Its decision card; other inferred facts stand nowhere in it."""
        return Said({name: entry.value for name, entry in found.provisional.items()}, whole=False)


def _said(verdict: Verdict) -> Said:
    conclusions = verdict.conclusions
    return Said(
        {name: conclusion.value for name, conclusion in conclusions.items()},
        winners={name: conclusion.winners for name, conclusion in conclusions.items()},
        preempted={name: conclusion.preempted for name, conclusion in conclusions.items()},
    )
