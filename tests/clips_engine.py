"""A third opinion: what `triage export clips` writes, run by CLIPS.

What is compared is the exported text itself, loaded as anybody would load it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import clips

from triage.exchange.clips import clips_source
from triage.model import KnowledgeBase
from triage.verdict import Conclusion, Verdict

__all__ = ["Answer", "ClipsEngine"]

RUNS_PER_ENVIRONMENT = 500
"""clipspy 1.0.6 frees no facts, so the environment is built anew after so many runs."""

READ = ("concluded", "wins", "preempted", "message", "impossible")


@dataclass(frozen=True, slots=True)
class Answer:
    """What CLIPS says about one call. Messages and impossible combinations by id."""

    verdict: Verdict
    messages: frozenset[str]
    impossible: frozenset[str]


class ClipsEngine:
    """One base in CLIPS."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self.source = clips_source(knowledge)
        self._order = [name for stratum in knowledge.strata for name in stratum]
        self._runs = 0
        self._environment: Any = None

    def infer(self, counted: Mapping[str, str]) -> Verdict:
        """What the rules conclude from effective facts; gates change nothing about them any more."""
        return self.answer(counted).verdict

    def answer(self, told: Mapping[str, str]) -> Answer:
        """Everything that follows from what is told; facts left out are unknown."""
        environment = self._fresh_environment()
        environment.reset()
        environment.assert_string(f"(call {' '.join(f'({fact} {value})' for fact, value in told.items())})")
        environment.run()
        found = {name: [dict(fact) for fact in environment.find_template(name).facts()] for name in READ}
        return Answer(
            self._verdict(found),
            frozenset(str(slots["id"]) for slots in found["message"]),
            frozenset(str(slots["id"]) for slots in found["impossible"]),
        )

    def _fresh_environment(self) -> Any:
        if self._runs % RUNS_PER_ENVIRONMENT == 0:
            self._environment = clips.Environment()
            with TemporaryDirectory() as folder:
                file = Path(folder, "base.clp")
                file.write_text(self.source, encoding="utf-8")
                self._environment.load(str(file))
        self._runs += 1
        return self._environment

    def _verdict(self, found: Mapping[str, list[dict[str, Any]]]) -> Verdict:
        values = {str(slots["fact"]): str(slots["value"]) for slots in found["concluded"]}
        conclusions = {
            fact: Conclusion(values[fact], _clauses(found["wins"], fact), _clauses(found["preempted"], fact))
            for fact in self._order
        }
        return Verdict(conclusions)


def _clauses(found: list[dict[str, Any]], fact: str) -> tuple[str, ...]:
    """Clauses about a fact: highest priority first, then by id."""
    ranked = sorted((-slots["priority"], str(slots["clause"])) for slots in found if slots["fact"] == fact)
    return tuple(clause for _, clause in ranked)
