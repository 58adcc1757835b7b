"""rule-engine (PyPI): every condition as an expression, compiled once in a typed context, matched against a dictionary.

The package matches one expression against one thing; order, priority and chaining are Python around it, as in its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.contenders.shape import Contender, NotInstalledError, Said, Told, plain
from triage.model import UNKNOWN, All, Condition, In, KnowledgeBase

__all__ = ["Expressions"]

Conclusions = Mapping[str, tuple[str, list[str], list[str]]]
"""By inferred fact its value, the clauses that win, and those overruled."""


class Expressions(Contender):
    """Every gate and every clause is one `rule_engine.Rule`."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        if find_spec("rule_engine") is None:
            raise NotInstalledError("rule-engine is not installed: `pip install '.[bench]'`")
        self._engine: Any = import_module("rule_engine")
        names = (*knowledge.facts, *knowledge.inferred)
        types = self._engine.type_resolver_from_dict(dict.fromkeys(names, self._engine.DataType.STRING))
        self._context = self._engine.Context(type_resolver=types)
        self._unknown = dict.fromkeys(knowledge.facts, UNKNOWN)
        gates = ((name, knowledge.facts[name].applies_when) for name in knowledge.gate_order)
        self._gates = [(name, self._rule(gate)) for name, gate in gates if gate is not None]
        self._inferred = [
            (
                name,
                knowledge.inferred[name].default,
                [(c.id, c.value, c.priority, self._rule(c.when)) for c in knowledge.clauses[name]],
            )
            for stratum in knowledge.strata
            for name in stratum
        ]

    def conclude(self, told: Told) -> Conclusions:
        values = {**self._unknown, **told}
        for name, gate in self._gates:
            if not gate.matches(values):
                values[name] = UNKNOWN
        found = {}
        for name, default, clauses in self._inferred:
            matching = [(clause, value, priority) for clause, value, priority, rule in clauses if rule.matches(values)]
            won = [clause for clause, _, priority in matching if priority == matching[0][2]]
            values[name] = matching[0][1] if matching else default
            found[name] = (values[name], won, [clause for clause, _, _ in matching[len(won) :]])
        return found

    def said(self, found: Conclusions) -> Said:
        return Said(
            {name: value for name, (value, _, _) in found.items()},
            winners={name: tuple(won) for name, (_, won, _) in found.items()},
            preempted={name: tuple(overruled) for name, (_, _, overruled) in found.items()},
        )

    def _rule(self, condition: Condition) -> Any:
        return self._engine.Rule(_text(plain(condition)), context=self._context)


def _text(condition: Condition | bool) -> str:
    if isinstance(condition, bool):
        return str(condition).lower()
    if isinstance(condition, In):
        if len(condition.values) == 1:
            return f'{condition.fact} == "{condition.values[0]}"'
        return f"{condition.fact} in [{', '.join(f'{chr(34)}{value}{chr(34)}' for value in condition.values)}]"
    joint = " and " if isinstance(condition, All) else " or "
    return joint.join(f"({_text(part)})" for part in condition.parts)
