"""experta as its documentation has it: a `Fact` class for every fact, a decorated method for every clause, salience for order.

The engine is written as Python source, as one would write it by hand, and run; `source` shows it. Conclusions are facts that
further rules match. What a rule must not overrule it looks up in its own action: the `NOT(...)` one would rather write lets
cancelled activations fire, and concludes wrongly (see `triage.inference`). Gates are plain Python where the facts are declared.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Mapping
from typing import Any

import triage.inference  # noqa: F401 - experta cannot be imported but by this module, which mends it
from benchmarks.contenders.shape import Contender, Said, Told, plain
from triage.evaluation import complete, effective
from triage.model import All, AnyOf, Clause, Condition, In, KnowledgeBase

__all__ = ["UsualExperta", "source"]

STRATUM = 1_000_000
"""Salience between one stratum and the next; within one, priority decides."""

HEAD = """\
from experta import AND, OR, Fact, Field, KnowledgeEngine, P, Rule
"""

ENGINE = """\
class Triage(KnowledgeEngine):
    def conclude(self, kind, value, clause, priority):
        if clause in self.fired:  # by another branch of an OR
            return
        self.fired.add(clause)
        if kind not in self.concluded:
            self.concluded[kind] = (value, priority, [clause], [])
            self.declare(kind(value=value))
        else:
            _, highest, won, overruled = self.concluded[kind]
            (won if priority == highest else overruled).append(clause)

    def conclude_default(self, kind, value):
        if kind not in self.concluded:
            self.concluded[kind] = (value, None, [], [])
            self.declare(kind(value=value))
"""


class UsualExperta(Contender):
    """The engine, built once; reset, declared and run for each call."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge
        text = source(knowledge)
        names: dict[str, Any] = {}
        linecache.cache["<usual experta>"] = (len(text), None, text.splitlines(keepends=True), "<usual experta>")
        exec(compile(text, "<usual experta>", "exec"), names)  # noqa: S102 - the text is written right above
        self._kinds = {name: names[_class(name)] for name in (*knowledge.facts, *knowledge.inferred)}
        self._engine = names["Triage"]()

    def conclude(self, told: Told) -> Mapping[str, tuple[str, int, list[str], list[str]]]:
        engine, kinds = self._engine, self._kinds
        engine.concluded, engine.fired = {}, set()
        engine.reset()
        for name, value in effective(self._knowledge, complete(self._knowledge, told)).items():
            engine.declare(kinds[name](value=value))
        engine.run()
        return {name: engine.concluded[kinds[name]] for name in self._knowledge.inferred}

    def said(self, found: Mapping[str, tuple[str, int, list[str], list[str]]]) -> Said:
        """Clauses of equal priority fire in any order: winners by id, those overruled by priority, then id."""
        rank = {clause.id: place for clauses in self._knowledge.clauses.values() for place, clause in enumerate(clauses)}
        return Said(
            {name: value for name, (value, _, _, _) in found.items()},
            winners={name: tuple(sorted(won, key=rank.__getitem__)) for name, (_, _, won, _) in found.items()},
            preempted={name: tuple(sorted(overruled, key=rank.__getitem__)) for name, (_, _, _, overruled) in found.items()},
        )


def source(knowledge: KnowledgeBase) -> str:
    """The engine as Python source."""
    kinds = [f"class {_class(name)}(Fact):\n    value = Field(str)\n" for name in (*knowledge.facts, *knowledge.inferred)]
    rules = [
        rule
        for height, stratum in enumerate(reversed(knowledge.strata))
        for name in stratum
        for rule in _rules(knowledge, name, height * STRATUM)
    ]
    return "\n\n".join([HEAD, *kinds, "\n".join([ENGINE, *rules])])


def _rules(knowledge: KnowledgeBase, name: str, lowest: int) -> Iterator[str]:
    for place, clause in enumerate(knowledge.clauses[name]):
        when = plain(clause.when)
        if when is not False:
            yield _rule(clause, when, f"{name}_{place}", lowest + clause.priority + 1)
    default = knowledge.inferred[name].default
    body = f"        self.conclude_default({_class(name)}, {default!r})\n"
    yield f"    @Rule(salience={lowest})\n    def {name}_default(self):\n{body}"


def _rule(clause: Clause, when: Condition | bool, method: str, salience: int) -> str:
    parts = [] if isinstance(when, bool) else list(when.parts) if isinstance(when, All) else [when]
    lines = "".join(f"\n        {_pattern(part)}," for part in parts)
    body = f"        self.conclude({_class(clause.fact)}, {clause.value!r}, {clause.id!r}, {clause.priority})\n"
    return f"    @Rule({lines}\n        salience={salience},\n    )\n    def {method}(self):\n{body}"


def _pattern(condition: Condition) -> str:
    if isinstance(condition, In):
        if len(condition.values) == 1:
            return f"{_class(condition.fact)}(value={condition.values[0]!r})"
        return f"{_class(condition.fact)}(value=P(lambda value: value in {condition.values!r}))"
    name = "OR" if isinstance(condition, AnyOf) else "AND"
    return f"{name}({', '.join(_pattern(part) for part in condition.parts)})"


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
