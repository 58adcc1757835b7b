"""Forward chaining with experta: what follows from a complete set of facts, and which clauses fired on what, in order.

The only module that imports experta. It knows the model, not evaluation or diagrams: where they agree with it, they agree
independently. How a base becomes engine rules, all of them positive (nothing is negated, retracted or left to a tie):

- One `_Observed` fact holds all observations; a leaf is one predicate, "value in set". One `_Concluded` per inferred fact.
- An `any` becomes one rule per branch that declares `_Holds` for it: linear, where experta would multiply branches out.
- Salience is a total order: stratum by stratum, within an inferred fact first its branches, then its clauses by priority
  and id, last a rule that concludes the default if no clause fired. So the first clause to fire has the highest priority.
"""

from __future__ import annotations

import collections
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from operator import attrgetter
from typing import Any

from triage.model import All, AnyOf, Clause, Condition, In, Inferred, KnowledgeBase
from triage.verdict import Conclusion, Derivation, Firing, Verdict

__all__ = ["Inference", "TotalOrder"]


@contextmanager
def _room_for_experta() -> Iterator[None]:
    """Lends experta the `collections.Mapping` its frozendict needs, and keeps its `logging.basicConfig()` from doing anything."""
    names = vars(collections)
    lent = "Mapping" not in names
    names.setdefault("Mapping", Mapping)
    occupied = logging.NullHandler()
    logging.getLogger().addHandler(occupied)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(occupied)
        if lent:
            del names["Mapping"]


with _room_for_experta():
    import experta
    from experta.abstract import Strategy
    from experta.matchers import ReteMatcher
    from experta.matchers.rete.nodes import ConflictSetNode
    from experta.matchers.rete.token import Token

experta.unwatch()  # Its loggers would write every match, and so what callers said, wherever the root logger is at INFO.


class Inference:
    """The rules of one knowledge base, ready to run. May be shared by threads: each gets an engine of its own.

    A thread's first run builds its engine, which takes ten times a run or more: keep one object per base.

    Example:
        >>> from triage.model import Evidence, Identity, KnowledgeBase, Text
        >>> identity = Identity("nothing", "1", Text("空", "nothing"), {}, (), {}, None, None)
        >>> verdict, trace = Inference(KnowledgeBase(identity, *[{}] * 10, Evidence((), ()))).infer({})
        >>> verdict.conclusions, trace
        ({}, ())
    """

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._domains = {name: frozenset(fact.domain) for name, fact in knowledge.facts.items()}
        self._rules = _Writer(knowledge).rules
        self._engines = threading.local()

    def infer(self, counted: Mapping[str, str]) -> Derivation:
        """What the rules conclude from effective facts.

        Args:
            counted: One value for every observable fact, `unknown` where it is not told or its gate does not hold.

        Raises:
            ValueError: A fact is missing or unknown to the base, or a value is not among the fact's.
        """
        self._check(counted)
        try:
            return self._engine().derive({name: counted[name] for name in self._domains})
        except BaseException:
            self._engines.__dict__.pop("engine", None)  # Interrupted, it may keep activations for the next run.
            raise

    def _engine(self) -> _Engine:
        """This thread's engine."""
        engine: _Engine | None = getattr(self._engines, "engine", None)
        if engine is None:
            engine = self._engines.engine = _Engine(self._rules)
        return engine

    def _check(self, counted: Mapping[str, str]) -> None:
        """Experta takes any field and any value without a word, so nothing undeclared may reach it."""
        if counted.keys() != self._domains.keys():
            missing = sorted(self._domains.keys() - counted.keys())
            strange = sorted(counted.keys() - self._domains.keys())
            raise ValueError(f"one value is needed for every observable fact: missing {missing}, not declared {strange}")
        for name, value in counted.items():
            if value not in self._domains[name]:
                raise ValueError(f"`{name}: {value}` is not a value of `{name}` ({', '.join(sorted(self._domains[name]))})")


class TotalOrder(Strategy):  # type: ignore[misc]
    """Highest salience first, then by the rule's name, then the latest facts; a cancelled activation is gone.

    experta's own strategy looks for a cancelled activation among three neighbours only, so that with ties it may stay and
    fire, and leaves ties to the hash seed.
    """

    def _update_agenda(self, agenda: Any, added: Sequence[Any], removed: Sequence[Any]) -> None:
        for activation in (*added, *removed):
            facts = sorted((fact["__factid__"] for fact in activation.facts), reverse=True)
            activation.key = (activation.rule.salience, activation.rule.__name__, facts)
        for activation in removed:
            with suppress(ValueError):  # It has fired already.
                agenda.activations.remove(activation)
        agenda.activations.extend(added)
        agenda.activations.sort(key=attrgetter("key"))


class _Token(Token):  # type: ignore[misc]
    """What passes through the network; copied at every node it meets."""

    def copy(self) -> _Token:
        """The same, its facts and its context to be changed apart."""
        return tuple.__new__(_Token, (self.tag, self.data.copy(), self.context.copy()))


class _Matcher(ReteMatcher):  # type: ignore[misc]
    """experta's, without the ways it goes in vain: together those take a third of a run, and two thirds of building an engine.

    After each firing it asks only those rules whose activations may have changed; resetting, it visits each node once, not once
    for each way that leads there; and tokens are not checked anew each time they are copied, until they are joined.
    """

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self._touched: dict[Any, None] = {}
        self._nodes = _reachable(self.root_node)
        for node in self._nodes:
            if isinstance(node, ConflictSetNode):
                node._activate = partial(self._touch, node, node._activate)

    @staticmethod
    def prepare_ruleset(engine: Any) -> set[Any]:
        """The rules as they are: conjunctions of patterns without negation, the form into which experta would bring them."""
        return set(engine.get_rules())

    def reset(self) -> None:
        """Forgets all facts."""
        self._touched.clear()
        for node in self._nodes:
            node._reset()

    def changes(self, adding: Any = None, deleting: Any = None) -> tuple[list[Any], list[Any]]:
        """Activations added and removed by changes among the facts."""
        for fact in deleting or ():
            self.root_node.remove(fact)
        for fact in adding or ():
            token = _Token.valid(fact)
            for child in self.root_node.children:
                child.callback(token)
        added: list[Any] = []
        removed: list[Any] = []
        for rule in self._touched:
            more, fewer = rule.get_activations()
            added += more
            removed += fewer
        self._touched.clear()
        return added, removed

    def _touch(self, rule: Any, activate: Callable[[Any], None], token: Any) -> None:
        self._touched[rule] = None
        activate(token)


def _reachable(root: Any) -> list[Any]:
    """Every node of a network once."""
    found: dict[Any, None] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += [child.node for child in node.children]
    return list(found)


class _Observed(experta.Fact):  # type: ignore[misc]
    """All observations, by position: the order of `KnowledgeBase.facts`."""


class _Concluded(experta.Fact):  # type: ignore[misc]
    """Inferred fact, value."""


class _Holds(experta.Fact):  # type: ignore[misc]
    """The inferred fact for whose clauses an `any` was first met, the number of the `any`."""


@dataclass(frozen=True, slots=True)
class _Together:
    """What must hold together: the left-hand side of one engine rule.

    Attributes:
        leaves: Values allowed per fact, in the author's order.
        choices: Numbers of the `any`s that must hold.
    """

    leaves: Mapping[str, frozenset[str]]
    choices: tuple[int, ...]


class _Engine(experta.KnowledgeEngine):  # type: ignore[misc]
    """The engine of one thread: experta's, with the books of the current run."""

    __matcher__ = _Matcher
    __strategy__ = TotalOrder

    def __init__(self, rules: Sequence[Any]) -> None:
        self._rules = rules
        super().__init__()

    def get_rules(self) -> list[Any]:
        """Rules handed in, where experta would look for them among the attributes of the class."""
        return list(self._rules)

    def derive(self, observed: Mapping[str, str]) -> Derivation:
        """Runs the rules on one value for every observable fact, in the order of `KnowledgeBase.facts`."""
        self.values = dict(observed)
        self.held: dict[int, list[_Together]] = {}
        self.winners: dict[str, list[Clause]] = {}
        self.preempted: dict[str, list[str]] = {}
        self.trace: list[Firing] = []
        self.reset()
        self.declare(_Observed(*observed.values()))
        self.run()
        return Derivation(Verdict({name: self._conclusion(name) for name in self.winners}), tuple(self.trace))

    def branch_holds(self, owner: str, choice: int, branch: _Together) -> None:
        """A branch of an `any` fired."""
        if choice not in self.held:
            self.declare(_Holds(owner, choice))
        self.held.setdefault(choice, []).append(branch)

    def clause_fires(self, clause: Clause, condition: _Together) -> None:
        """The first clause of its inferred fact concludes it, others of the same priority agree, lower ones are pre-empted."""
        winners = self.winners.setdefault(clause.fact, [])
        preempted_by: tuple[str, ...] = ()
        if not winners:
            self._conclude(clause.fact, clause.value)
        if not winners or winners[0].priority == clause.priority:
            winners.append(clause)
        else:
            preempted_by = tuple(winner.id for winner in winners)
            self.preempted.setdefault(clause.fact, []).append(clause.id)
        self.trace.append(Firing(clause.id, dict(self._grounds(condition)), preempted_by))

    def clauses_end(self, fact: str, default: str) -> None:
        """All clauses of an inferred fact had their turn."""
        if fact not in self.winners:
            self.winners[fact] = []
            self._conclude(fact, default)

    def _conclude(self, fact: str, value: str) -> None:
        self.values[fact] = value
        self.declare(_Concluded(fact, value))

    def _grounds(self, condition: _Together) -> Iterator[tuple[str, str]]:
        """Facts and values a condition held on."""
        for fact in condition.leaves:
            yield fact, self.values[fact]
        for choice in condition.choices:
            for branch in self.held[choice]:
                yield from self._grounds(branch)

    def _conclusion(self, fact: str) -> Conclusion:
        winners = tuple(clause.id for clause in self.winners[fact])
        return Conclusion(self.values[fact], winners, tuple(self.preempted.get(fact, ())))


class _Writer:
    """Writes a base as engine rules; `rules` has them in the order in which they may fire."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._position = {name: place for place, name in enumerate(knowledge.facts)}
        self._choices: dict[AnyOf, int | None] = {}
        self._owners: list[str] = []
        self._written: list[tuple[str, _Together, Callable[[_Engine], None]]] = []
        for stratum in knowledge.strata:
            for name in stratum:
                self._write_fact(knowledge.inferred[name], knowledge.clauses[name])
        self.rules = tuple(
            self._rule(name, condition, action, salience=len(self._written) - place)
            for place, (name, condition, action) in enumerate(self._written)
        )

    def _write_fact(self, inferred: Inferred, clauses: Sequence[Clause]) -> None:
        conditions = [(clause, self._together(clause.when, inferred.id)) for clause in clauses]
        for clause, condition in conditions:
            if condition:
                fires = partial(_Engine.clause_fires, clause=clause, condition=condition)
                self._written.append((clause.id, condition, fires))
        ends = partial(_Engine.clauses_end, fact=inferred.id, default=inferred.default)
        self._written.append((f"{inferred.id} by default", _ALWAYS, ends))

    def _together(self, condition: Condition, owner: str) -> _Together | None:
        """A condition as one left-hand side, its `any`s written as rules of their own; None if it can never hold."""
        leaves: dict[str, frozenset[str]] = {}
        choices: list[int | None] = []
        for part in _parts(condition, All):
            if isinstance(part, In):
                leaves[part.fact] = frozenset(part.values) & leaves.get(part.fact, frozenset(part.values))
            elif isinstance(part, AnyOf):
                choices.append(self._choice(part, owner))
        possible = [choice for choice in choices if choice is not None]
        return _Together(leaves, tuple(possible)) if len(possible) == len(choices) else None

    def _choice(self, condition: AnyOf, owner: str) -> int | None:
        """The number of an `any`, its branches written where it is met first; None if it can never hold."""
        if condition not in self._choices:
            branches = [self._together(part, owner) for part in _parts(condition, AnyOf)]
            self._choices[condition] = self._write_choice([b for b in branches if b], owner)
        return self._choices[condition]

    def _write_choice(self, branches: Sequence[_Together], owner: str) -> int | None:
        if not branches:
            return None
        choice = len(self._owners)
        self._owners.append(owner)
        for place, branch in enumerate(branches):
            holds = partial(_Engine.branch_holds, owner=owner, choice=choice, branch=branch)
            self._written.append((f"any {choice} branch {place}", branch, holds))
        return choice

    def _rule(self, name: str, condition: _Together, action: Callable[[_Engine], None], salience: int) -> Any:
        def fire(engine: _Engine) -> None:
            action(engine)

        fire.__name__ = name
        return experta.Rule(*self._patterns(condition), salience=salience)(fire)

    def _patterns(self, condition: _Together) -> Iterator[Any]:
        """One pattern for all observable facts together, one for each inferred fact and each `any`."""
        observed = {name: values for name, values in condition.leaves.items() if name in self._position}
        concluded = {name: values for name, values in condition.leaves.items() if name not in self._position}
        if observed or not (concluded or condition.choices):
            yield _pattern(_Observed, "", {self._position[name]: _one_of(values) for name, values in observed.items()})
        for name, values in concluded.items():
            yield _pattern(_Concluded, name, {0: name, 1: _one_of(values)})
        for choice in condition.choices:
            yield _pattern(_Holds, str(choice), {0: self._owners[choice], 1: choice})


_ALWAYS = _Together({}, ())


def _parts(condition: Condition, kind: type[All | AnyOf]) -> Iterator[Condition]:
    """The parts of a condition joined by `kind`, whatever the brackets; one that is not joined by it is its own only part."""
    if isinstance(condition, kind):
        for part in condition.parts:
            yield from _parts(part, kind)
    else:
        yield condition


def _pattern(kind: Any, name: str, fields: Mapping[int, Any]) -> Any:
    """A pattern under a name of its own: experta names others by their address and never forgets those names."""
    pattern = kind.from_iter(fields.items())
    pattern.__bind__ = f"__{kind.__name__}_{name}__"
    return pattern


@cache
def _one_of(values: frozenset[str]) -> Any:
    """The predicate "value in set". Kept for good, as experta keeps it anyway, and so the same for every base and engine."""
    return experta.P(values.__contains__)
