"""zen-engine (PyPI): a decision graph in its JSON Decision Model, parsed once as `ZenDecisionContent`.

One expression node for each layer of gates, then one decision table for each inferred fact, hit policy `first`, in the order they
are concluded; each node passes on what it was given. A column for each fact read; a condition with an `any` over several facts
stands in a column without a field, as an expression. Each row names its clause beside the value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from benchmarks.contenders.shape import Contender, NotInstalledError, Said, Told, gate_layers, plain
from triage.model import UNKNOWN, All, Condition, In, KnowledgeBase

__all__ = ["DecisionTables", "decision_graph"]

Node = dict[str, Any]

EXPRESSION = "expression"
"""The column without a field."""


class DecisionTables(Contender):
    """The graph, evaluated on a dictionary."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        if find_spec("zen") is None:
            raise NotInstalledError("zen-engine is not installed: `pip install '.[bench]'`")
        zen: Any = import_module("zen")
        self._unknown = dict.fromkeys(knowledge.facts, UNKNOWN)
        self._inferred = tuple(knowledge.inferred)
        self._decision: Any = zen.ZenEngine().create_decision(zen.ZenDecisionContent(json.dumps(decision_graph(knowledge))))
        self._decision.validate()

    def conclude(self, told: Told) -> Mapping[str, Any]:
        result: Mapping[str, Any] = self._decision.evaluate({**self._unknown, **told})["result"]
        return result

    def said(self, found: Mapping[str, Any]) -> Said:
        return Said({name: found[name] for name in self._inferred}, first={name: found["by"][name] for name in self._inferred})


def decision_graph(knowledge: KnowledgeBase) -> dict[str, Any]:
    """The base as a decision graph: its nodes one after another, from the request to the response."""
    gates = [_gates(number, layer) for number, layer in enumerate(gate_layers(knowledge), start=1)]
    tables = [_table(knowledge, name) for stratum in knowledge.strata for name in stratum]
    chain = [_node("request", "inputNode", {}), *gates, *tables, _node("response", "outputNode", {})]
    edges = [
        {"id": f"{a['id']} to {b['id']}", "type": "edge", "sourceId": a["id"], "targetId": b["id"]} for a, b in pairwise(chain)
    ]
    return {"nodes": chain, "edges": edges}


def _node(name: str, kind: str, content: Mapping[str, Any]) -> Node:
    return {"id": name, "type": kind, "name": name, "position": {"x": 0, "y": 0}, "content": content}


def _gates(number: int, layer: Sequence[tuple[str, Condition]]) -> Node:
    expressions = [
        {"id": name, "key": name, "value": f"({_expression(plain(gate))}) ? {name} : '{UNKNOWN}'"} for name, gate in layer
    ]
    return _node(f"gates {number}", "expressionNode", {"expressions": expressions, **_passing_on()})


def _table(knowledge: KnowledgeBase, name: str) -> Node:
    clauses = [(clause, cells) for clause in knowledge.clauses[name] if (cells := _cells(plain(clause.when))) is not None]
    fields = sorted({field for _, cells in clauses for field in cells})
    inputs = [{"id": field, "name": field} | ({"field": field} if field != EXPRESSION else {}) for field in fields]
    outputs = [{"id": "value", "name": "value", "field": name}, {"id": "clause", "name": "clause", "field": f"by.{name}"}]
    empty = dict.fromkeys(fields, "")
    rows = [
        {"_id": clause.id, **empty, **cells, "value": f"'{clause.value}'", "clause": f"'{clause.id}'"}
        for clause, cells in clauses
    ]
    rows.append({"_id": "default", **empty, "value": f"'{knowledge.inferred[name].default}'", "clause": "''"})
    content = {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": rows, **_passing_on()}
    return _node(name, "decisionTableNode", content)


def _passing_on() -> dict[str, Any]:
    return {"passThrough": True, "inputField": None, "outputPath": None, "executionMode": "single"}


def _cells(condition: Condition | bool) -> dict[str, str] | None:
    """What stands in the cells of a row; None for a row that never matches."""
    if isinstance(condition, bool):
        return {} if condition else None
    cells: dict[str, str] = {}
    expressions: list[str] = []
    for part in _joined(condition):
        if isinstance(part, In) and part.fact not in cells:
            cells[part.fact] = ", ".join(f"'{value}'" for value in part.values)
        else:
            expressions.append(f"({_expression(part)})")
    if expressions:
        cells[EXPRESSION] = " and ".join(expressions)
    return cells


def _joined(condition: Condition) -> Iterator[Condition]:
    """What must hold together, whatever the brackets."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _joined(part)
    else:
        yield condition


def _expression(condition: Condition | bool) -> str:
    if isinstance(condition, bool):
        return str(condition).lower()
    if isinstance(condition, In):
        if len(condition.values) == 1:
            return f"{condition.fact} == '{condition.values[0]}'"
        return f"{condition.fact} in [{', '.join(f'{chr(39)}{value}{chr(39)}' for value in condition.values)}]"
    joint = " and " if isinstance(condition, All) else " or "
    return joint.join(f"({_expression(part)})" for part in condition.parts)
