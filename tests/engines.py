"""Every engine asked the same, for tests of shipped bases."""

from __future__ import annotations

from collections import Counter
from random import Random

from tests.clips_engine import ClipsEngine
from tests.walking import call_where
from triage.evaluation import effective, holds, matching_impossible, verdict_of
from triage.expert import ExpertSystem
from triage.inference import Inference
from triage.model import Clause


class Engines:
    """Evaluation, experta, diagrams and CLIPS on one base, and how often each clause won."""

    def __init__(self, system: ExpertSystem) -> None:
        self._knowledge, self._compiled = system.knowledge, system.compiled
        self._inference, self._clips = Inference(system.knowledge), ClipsEngine(system.knowledge)
        self._store = system.compiled.store.scratch()
        self.hits: Counter[str] = Counter()

    def where(self, clause: Clause, rng: Random) -> dict[str, str]:
        """A call on which a clause wins."""
        found = call_where(self._compiled, self._store, self._compiled.winning(clause, self._store), rng)
        assert found is not None, clause.id
        return found

    def agree_on(self, completion: dict[str, str]) -> None:
        knowledge, compiled = self._knowledge, self._compiled
        counted = effective(knowledge, completion)
        verdict = verdict_of(knowledge, counted)
        assert self._inference.infer(counted).verdict.conclusions == verdict.conclusions, completion
        assert self._clips.infer(counted).conclusions == verdict.conclusions, completion
        choice = [compiled.index[name][completion[name]] for name in compiled.order]
        concluded = {fact: verdict[fact] for fact in knowledge.inferred}
        assert {fact: compiled.store.value(found, choice) for fact, found in compiled.inferred.items()} == concluded
        assert (compiled.store.value(compiled.outcome, choice) is None) == bool(matching_impossible(knowledge, counted))
        for message in knowledge.messages.values():
            read = completion if message.kind == "alert" else counted | concluded
            assert compiled.store.value(compiled.messages[message.id], choice) is holds(message.when, read)
        self.hits.update(winner for conclusion in verdict.conclusions.values() for winner in conclusion.winners)
