"""The same job for every library of decision diagrams: a base compiled, then one step of an interview answered from it.

The job: every inferred fact over the observable facts, gates folded in; the joint outcome of the targets with impossible
combinations; then, some facts known, which outcomes remain and which facts the outcome still depends on.

The libraries know booleans only. A fact of n values takes log2 n bits next to each other, in the order of facts ours uses; codes
to spare stand for the last value, so that no bit pattern is meaningless. The joint outcome is held in two ways, as libraries
without multi-valued leaves allow: one diagram for every outcome, or one for all with the targets' values as further bits below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

from triage.compilation import IMPOSSIBLE, Compiled, Outcome
from triage.model import UNKNOWN, All, Condition, In, KnowledgeBase

__all__ = ["CONTESTANTS", "Contestant", "Left", "NotInstalledError", "available"]

BUDGET = 5_000_000
"""Nodes our own store may hold here: enough that memory, not the budget, is what a large base runs into."""


class NotInstalledError(Exception):
    """The library is not there."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a step finds: outcomes still possible, and facts the outcome still depends on."""

    outcomes: frozenset[Outcome]
    facts: frozenset[str]


class Contestant(Protocol):
    """A base compiled with one library."""

    def nodes(self) -> int:
        """Nodes of the inferred facts and the outcome together, shared ones once."""

    def outcome_nodes(self) -> int:
        """Nodes of the outcome."""

    def step(self, known: Mapping[str, str]) -> Left:
        """What remains once some facts are known."""

    def visit(self, known: Mapping[str, str]) -> int:
        """The same restriction, then every node left visited from Python, as weighing must do; how many there were."""


class Ours:
    """`triage.diagrams`: multi-valued, one diagram for the outcome."""

    def __init__(self, knowledge: KnowledgeBase, order: Sequence[str]) -> None:
        self._compiled = Compiled(replace(knowledge, messages={}), order, BUDGET)

    def nodes(self) -> int:
        store = self._compiled.store
        roots = (*self._compiled.inferred.values(), self._compiled.outcome)
        return len({node for root in roots for node in store.below(root)})

    def outcome_nodes(self) -> int:
        return len(self._compiled.store.below(self._compiled.outcome))

    def step(self, known: Mapping[str, str]) -> Left:
        compiled = self._compiled
        store = compiled.store.scratch()
        root = store.restrict(compiled.outcome, compiled.indices(known))
        levels, outcomes = set(), set()
        for node in store.below(root):
            if store.is_leaf(node):
                outcomes.add(store.payload(node))
            else:
                levels.add(store.level(node))
        found = cast("frozenset[Outcome]", frozenset(outcomes - {IMPOSSIBLE}))
        return Left(found, frozenset(compiled.order[level] for level in levels))

    def visit(self, known: Mapping[str, str]) -> int:
        compiled = self._compiled
        store = compiled.store.scratch()
        root = store.restrict(compiled.outcome, compiled.indices(known))
        return len(store.below(root))


class Library(Protocol):
    """What is needed of a library of boolean diagrams. Its functions know `&`, `|` and `~`."""

    false: Any
    true: Any

    def variables(self, number: int) -> list[Any]:
        """The diagrams of so many variables, the first on top."""

    def restrict(self, function: Any, fixed: Mapping[int, bool]) -> Any:
        """A function with some variables fixed."""

    def is_false(self, function: Any) -> bool:
        """Whether it never holds."""

    def support(self, function: Any) -> set[int]:
        """The variables it depends on."""

    def models(self, function: Any, away: Iterable[int], kept: Sequence[int]) -> Iterator[Mapping[int, bool]]:
        """Values of the variables kept for which, however it stands with those taken away, the function can hold."""

    def count(self, functions: Sequence[Any]) -> int:
        """Nodes of functions, shared ones once."""

    def visit(self, functions: Sequence[Any]) -> int:
        """Visits every node of functions from Python; how many there were."""

    def sift(self) -> None:
        """Looks for a better order, where the library can."""


class Booleans:
    """A base compiled with a library of boolean diagrams.

    Args:
        relation: One diagram for all outcomes, instead of one for each.
        sifted: The library may reorder its variables once everything is built.
    """

    def __init__(
        self, knowledge: KnowledgeBase, order: Sequence[str], library: Library, *, relation: bool, sifted: bool = False
    ) -> None:
        self._knowledge, self._library, self._relation = knowledge, library, relation
        domains = {name: knowledge.facts[name].domain for name in order}
        domains |= {name: tuple(knowledge.inferred[name].values) for name in knowledge.targets if relation}
        self._bits: dict[str, range] = {}
        start = 0
        for name, domain in domains.items():
            self._bits[name] = range(start, start := start + (len(domain) - 1).bit_length())
        self._variables = library.variables(start)
        self._fact_of = {bit: name for name, bits in self._bits.items() for bit in bits}
        self._codes = {
            (name, value): dict(zip(self._bits[name], _binary(place, len(self._bits[name])), strict=True))
            for name, domain in domains.items()
            for place, value in enumerate(domain)
        }
        self._observed = {name: self._values_of(name, domains[name]) for name in order}
        self._compile()
        if sifted:
            library.sift()

    def _values_of(self, name: str, domain: Sequence[str]) -> dict[str, Any]:
        """Where a fact has each of its values; the last one has all codes left over."""
        found = {value: self._code(name, value) for value in domain[:-1]}
        found[domain[-1]] = ~self._any(found.values())
        return found

    def _code(self, name: str, value: str) -> Any:
        return self._all(self._variables[bit] if one else ~self._variables[bit] for bit, one in self._codes[name, value].items())

    def _compile(self) -> None:
        knowledge = self._knowledge
        self._applies = dict.fromkeys(self._observed, self._library.true)
        self._inferred: dict[str, dict[str, Any]] = {}
        for name in knowledge.gate_order:
            self._applies[name] = self._condition(cast(Condition, knowledge.facts[name].applies_when))
        possible = ~self._any(self._condition(c.when) for c in knowledge.impossible.values())
        for stratum in knowledge.strata:
            for name in stratum:
                self._inferred[name] = self._infer(name)
        self._outcomes: dict[Outcome, Any] = {}
        if self._relation:
            self._related = possible
            for target in knowledge.targets:
                self._related &= self._any(f & self._code(target, value) for value, f in self._inferred[target].items())
        else:
            self._outcomes = {(): possible}
            for target in knowledge.targets:
                joined = {
                    (*done, value): f & g for done, f in self._outcomes.items() for value, g in self._inferred[target].items()
                }
                self._outcomes = {done: f for done, f in joined.items() if not self._library.is_false(f)}

    def _infer(self, name: str) -> dict[str, Any]:
        """Where an inferred fact has each of its values: clauses laid over the default, lowest priority first."""
        inferred = self._knowledge.inferred[name]
        found = dict.fromkeys(inferred.values, self._library.false) | {inferred.default: self._library.true}
        for clause in reversed(self._knowledge.clauses[name]):
            when = self._condition(clause.when)
            found = {value: when | f if value == clause.value else ~when & f for value, f in found.items()}
        return found

    def _condition(self, condition: Condition) -> Any:
        if isinstance(condition, In):
            if condition.fact in self._inferred:
                return self._any(self._inferred[condition.fact][value] for value in condition.values)
            told = self._any(self._observed[condition.fact][value] for value in condition.values)
            applies = self._applies[condition.fact]
            return (told & applies) | (~applies if UNKNOWN in condition.values else self._library.false)
        parts = (self._condition(part) for part in condition.parts)
        return self._all(parts) if isinstance(condition, All) else self._any(parts)

    def _any(self, functions: Iterable[Any]) -> Any:
        found = self._library.false
        for function in functions:
            found = found | function
        return found

    def _all(self, functions: Iterable[Any]) -> Any:
        found = self._library.true
        for function in functions:
            found = found & function
        return found

    def nodes(self) -> int:
        functions = [f for values in self._inferred.values() for f in values.values()]
        return self._library.count([*functions, *self._roots()])

    def outcome_nodes(self) -> int:
        return self._library.count(self._roots())

    def _roots(self) -> list[Any]:
        return [self._related] if self._relation else list(self._outcomes.values())

    def _fixed(self, known: Mapping[str, str]) -> dict[int, bool]:
        return {bit: one for fact, value in known.items() for bit, one in self._codes[fact, value].items()}

    def step(self, known: Mapping[str, str]) -> Left:
        fixed, library = self._fixed(known), self._library
        if self._relation:
            return self._left_of_relation(library.restrict(self._related, fixed))
        left = {outcome: library.restrict(f, fixed) for outcome, f in self._outcomes.items()}
        left = {outcome: f for outcome, f in left.items() if not library.is_false(f)}
        bits = {bit for f in left.values() for bit in library.support(f)}
        return Left(frozenset(left), frozenset(self._fact_of[bit] for bit in bits))

    def _left_of_relation(self, left: Any) -> Left:
        targets = self._knowledge.targets
        bits = self._library.support(left)
        kept = [bit for target in targets for bit in self._bits[target]]
        decoded = {
            target: {tuple(self._codes[target, v].values()): v for v in self._knowledge.inferred[target].values}
            for target in targets
        }
        outcomes = frozenset(
            tuple(decoded[target][tuple(model[bit] for bit in self._bits[target])] for target in targets)
            for model in self._library.models(left, bits - set(kept), kept)
        )
        return Left(outcomes, frozenset(self._fact_of[bit] for bit in bits) - set(targets))

    def visit(self, known: Mapping[str, str]) -> int:
        fixed = self._fixed(known)
        return self._library.visit([self._library.restrict(root, fixed) for root in self._roots()])


def _binary(number: int, width: int) -> list[bool]:
    return [bool(number >> place & 1) for place in reversed(range(width))]


class Dd:
    """The package dd, its CUDD binding or its own pure Python."""

    def __init__(self, module: str) -> None:
        self._module: Any = import_module(module)
        self._manager: Any = self._module.BDD()
        self._manager.configure(reordering=False)
        self.false, self.true = self._manager.false, self._manager.true

    def variables(self, number: int) -> list[Any]:
        names = [f"b{place}" for place in range(number)]
        self._manager.declare(*names)
        return [self._manager.var(name) for name in names]

    def restrict(self, function: Any, fixed: Mapping[int, bool]) -> Any:
        return self._manager.let({f"b{bit}": one for bit, one in fixed.items()}, function) if fixed else function

    def is_false(self, function: Any) -> bool:
        return bool(function == self.false)

    def support(self, function: Any) -> set[int]:
        return {int(name[1:]) for name in self._manager.support(function)}

    def models(self, function: Any, away: Iterable[int], kept: Sequence[int]) -> Iterator[Mapping[int, bool]]:
        short = self._manager.exist([f"b{bit}" for bit in away], function)
        for model in self._manager.pick_iter(short, care_vars=[f"b{bit}" for bit in kept]):
            yield {int(name[1:]): bool(one) for name, one in model.items()}

    def count(self, functions: Sequence[Any]) -> int:
        if hasattr(self._module, "count_nodes"):
            return int(self._module.count_nodes(list(functions)))
        return self.visit(functions)

    def visit(self, functions: Sequence[Any]) -> int:
        seen: set[int] = set()
        waiting = list(functions)
        while waiting:
            node = waiting.pop()
            number = abs(int(node))
            if number not in seen:
                seen.add(number)
                if node.var is not None:
                    waiting += (node.low, node.high)
        return len(seen)

    def sift(self) -> None:
        self._module.reorder(self._manager)


class Oxidd:
    """The package oxidd. It has no support, restriction or listing of models: they are made of what it has."""

    def __init__(self, kind: str) -> None:
        module: Any = import_module(f"oxidd.{kind}")
        manager_class = module.BDDManager if kind == "bdd" else module.BCDDManager
        self._and = import_module("oxidd.util").BooleanOperator.AND
        self._manager: Any = manager_class(1 << 22, 1 << 18, 1)
        self.false, self.true = self._manager.false(), self._manager.true()

    def variables(self, number: int) -> list[Any]:
        self._manager.add_vars(number)
        self._positive = [self._manager.var(place) for place in range(number)]
        self._negative = [~variable for variable in self._positive]
        return self._positive

    def restrict(self, function: Any, fixed: Mapping[int, bool]) -> Any:
        if not fixed:
            return function
        cube = variables = self.true
        for bit in sorted(fixed, reverse=True):
            cube = cube & (self._positive if fixed[bit] else self._negative)[bit]
            variables = variables & self._positive[bit]
        return function.apply_exists(self._and, cube, variables)

    def is_false(self, function: Any) -> bool:
        return not function.satisfiable()

    def support(self, function: Any) -> set[int]:
        found: set[int] = set()
        self._walk([function], found)
        return found

    def models(self, function: Any, away: Iterable[int], kept: Sequence[int]) -> Iterator[Mapping[int, bool]]:
        """One after the other picked and taken out."""
        variables = self.true
        for bit in sorted(away, reverse=True):
            variables = variables & self._positive[bit]
        left = function.exists(variables)
        while (found := left.pick_cube()) is not None:
            model = {bit: bool(found[bit]) for bit in kept}
            yield model
            cube = self.true
            for bit in sorted(kept, reverse=True):
                cube = cube & (self._positive if model[bit] else self._negative)[bit]
            left = left & ~cube

    def count(self, functions: Sequence[Any]) -> int:
        return self._walk(functions, set())

    def visit(self, functions: Sequence[Any]) -> int:
        return self._walk(functions, set())

    def _walk(self, functions: Sequence[Any], bits: set[int]) -> int:
        """Visits every node, complements apart, and notes the variables met."""
        seen: set[Any] = set()
        waiting = list(functions)
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            below = node.cofactors()
            if below is not None:
                bits.add(node.node_var())
                waiting += below
        return len(seen)

    def sift(self) -> None:
        raise NotImplementedError("oxidd finds no orders")


Maker = Callable[[KnowledgeBase, Sequence[str]], Contestant]


def _with(make: Callable[[], Library], *, relation: bool, sifted: bool = False) -> Maker:
    return lambda knowledge, order: Booleans(knowledge, order, make(), relation=relation, sifted=sifted)


CONTESTANTS: Mapping[str, tuple[str | None, Maker]] = {
    "ours": (None, Ours),
    "dd.cudd, each": ("dd.cudd", _with(lambda: Dd("dd.cudd"), relation=False)),
    "dd.cudd, relation": ("dd.cudd", _with(lambda: Dd("dd.cudd"), relation=True)),
    "dd.cudd, relation, sifted": ("dd.cudd", _with(lambda: Dd("dd.cudd"), relation=True, sifted=True)),
    "dd.autoref, each": ("dd.autoref", _with(lambda: Dd("dd.autoref"), relation=False)),
    "dd.autoref, relation": ("dd.autoref", _with(lambda: Dd("dd.autoref"), relation=True)),
    "oxidd, each": ("oxidd.bcdd", _with(lambda: Oxidd("bcdd"), relation=False)),
    "oxidd, relation": ("oxidd.bcdd", _with(lambda: Oxidd("bcdd"), relation=True)),
}
"""By name the module it needs and how a base is compiled with it. "each": one diagram per outcome; "relation": one for all."""


def available() -> dict[str, Maker]:
    """The contestants whose library is installed."""
    return {name: make for name, (module, make) in CONTESTANTS.items() if module is None or _installed(module)}


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
