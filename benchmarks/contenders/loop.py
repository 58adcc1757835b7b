"""What a Python programmer writes without an engine: dictionaries, two loops, the first match wins.

Gates are checked in order, then every clause of every inferred fact, highest priority first; nested conditions as tuples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.contenders.shape import Contender, Said, Told
from triage.model import UNKNOWN, All, Condition, In, KnowledgeBase

__all__ = ["Loop"]

Conclusions = Mapping[str, tuple[str, list[str], list[str]]]
"""By inferred fact its value, the clauses that win, and those overruled."""


class Loop(Contender):
    """The loop."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._unknown = dict.fromkeys(knowledge.facts, UNKNOWN)
        gates = ((name, knowledge.facts[name].applies_when) for name in knowledge.gate_order)
        self._gates = [(name, _written(gate)) for name, gate in gates if gate is not None]
        self._inferred = [
            (
                name,
                knowledge.inferred[name].default,
                [(c.id, c.value, c.priority, _written(c.when)) for c in knowledge.clauses[name]],
            )
            for stratum in knowledge.strata
            for name in stratum
        ]

    def conclude(self, told: Told) -> Conclusions:
        values = {**self._unknown, **told}
        for name, gate in self._gates:
            if not _holds(gate, values):
                values[name] = UNKNOWN
        found = {}
        for name, default, clauses in self._inferred:
            value, highest = default, None
            won: list[str] = []
            overruled: list[str] = []
            for clause, concludes, priority, when in clauses:
                if _holds(when, values):
                    if highest is None:
                        value, highest = concludes, priority
                    (won if priority == highest else overruled).append(clause)
            values[name] = value
            found[name] = (value, won, overruled)
        return found

    def said(self, found: Conclusions) -> Said:
        return Said(
            {name: value for name, (value, _, _) in found.items()},
            winners={name: tuple(won) for name, (_, won, _) in found.items()},
            preempted={name: tuple(overruled) for name, (_, _, overruled) in found.items()},
        )


def _written(condition: Condition) -> tuple[Any, ...]:
    if isinstance(condition, In):
        return ("in", condition.fact, frozenset(condition.values))
    return ("all" if isinstance(condition, All) else "any", *(_written(part) for part in condition.parts))


def _holds(condition: tuple[Any, ...], values: Mapping[str, str]) -> bool:
    if condition[0] == "in":
        return values[condition[1]] in condition[2]
    if condition[0] == "all":
        return all(_holds(part, values) for part in condition[1:])
    return any(_holds(part, values) for part in condition[1:])
