"""What is still possible once some facts are known: candidates, what can still change them, what an answer would tell.

Two views of the same thing: `ExactProspect` reads the diagrams; `BroadProspect` serves bases whose diagrams do not fit the
budget: it may name too many candidates and too many relevant facts, never too few, and says that it is not exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar, cast

from triage.compilation import IMPOSSIBLE, Outcome, Outcomes
from triage.diagrams import Diagram, Diagrams
from triage.evaluation import complete, effective, matching_impossible
from triage.model import UNKNOWN, All, Condition, In, KnowledgeBase, leaves
from triage.relevance import Relevance, partners
from triage.weighing import Distribution, View, Weighing, entropy

__all__ = ["Branch", "BroadProspect", "ExactProspect", "Left", "Prospect", "Sight", "left_by"]

T = TypeVar("T")

KEPT = 10_000
"""Figures of each kind a sight remembers: enough for every situation of the shipped bases, and at most some 40 MB."""

Candidates = Mapping[str, Mapping[str, float]]
"""Per target its candidates with their shares, 0..1 and summing to 1; most likely first, then by value. Empty: contradictory."""


Left = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By possible answer to a fact other than `unknown`, what it would leave of the targets it would narrow; most likely first."""


class Prospect(Protocol):
    """What the interview needs to know about what is still possible."""

    exact: bool

    @property
    def contradictory(self) -> bool:
        """No possible completion."""

    @property
    def candidates(self) -> Candidates:
        """What every target may still turn out to be."""

    def certainly_relevant(self) -> set[str]:
        """Facts known to be relevant at little cost; the others are settled by `is_relevant`."""

    def is_relevant(self, fact: str) -> bool:
        """Whether an open fact can still narrow the candidates of a target."""

    def gain(self, facts: Sequence[str]) -> float:
        """Bits that answers to these open facts are expected to tell about the targets."""


class _Memory(dict[tuple[object, ...], T]):
    """What can be worked out again, by what it follows from; forgets everything once that is too much. Threads may share it."""

    def found(self, key: tuple[object, ...], work_out: Callable[[], T]) -> T:
        """What is remembered; what is worked out where nothing is."""
        found = self.get(key)
        if found is None:
            found = work_out()
            self.keep(key, found)
        return found

    def keep(self, key: tuple[object, ...], found: T) -> None:
        """Remembers something."""
        if len(self) >= KEPT:
            self.clear()
        self[key] = found


class Sight:
    """A compiled base seen with some facts unknown for good: the part of exact prospects that calls share.

    Holds just the nodes of the outcome diagram, and remembers figures of these: known facts that stand first in the order of
    the diagrams leave one of these nodes, so the usual beginnings of a call are worked out once. Threads may share it.

    Args:
        unknown: Facts nobody can be asked; prospects must know them as `unknown`.
    """

    def __init__(self, compiled: Outcomes, unknown: Iterable[str] = ()) -> None:
        self.compiled = compiled
        work = compiled.store.scratch()
        seen = work.restrict(compiled.outcome, compiled.indices(dict.fromkeys(unknown, UNKNOWN)))
        self.store = Diagrams(work.arities, work.budget)
        self.root = self.store.copy(work, seen)
        self.relevance = Relevance(compiled, self.store)
        self.weighing = Weighing(compiled, self.store)
        self.gains = _Memory[float]()
        self.candidates = _Memory[Candidates]()
        self.left = _Memory[Left]()
        self._levels = self.store.support(self.root)
        self._answered = _Memory[Diagram]()

    def owns(self, diagram: Diagram) -> bool:
        """Whether a diagram is a node of its own, and so the same number in every prospect."""
        return diagram < self.store.size

    def begun(self, store: Diagrams, known: Mapping[str, str]) -> Diagram:
        """What some known facts leave, in a store on top of its own."""
        root = self.root
        left = {level: index for level, index in self.compiled.indices(known).items() if level in self._levels}
        for level in sorted(left):
            if not self.owns(root):
                break
            root = self.answered(store, root, level, left.pop(level))
        return store.restrict(root, left)

    def answered(self, store: Diagrams, root: Diagram, level: int, index: int) -> Diagram:
        """What one answer leaves of a diagram; remembered from one node of its own to another."""
        if level < store.level(root):
            return root
        if not self.owns(root):
            return store.restrict(root, {level: index})
        key = (root, level, index)
        found = self._answered.get(key)
        if found is None:
            found = store.restrict(root, {level: index})
            if self.owns(found):
                self._answered.keep(key, found)
        return found


Reached = dict[tuple[Diagram, tuple[str, ...]], tuple[dict[str, str], list[float]]]
"""By diagram left and telling answers: example answers, and their share under each view."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Answers that leave the same diagram.

    Attributes:
        share: How likely such an answer is, 0..1.
        answers: One of them, by fact.
        root: The diagram left.
        outcomes: Shares of the outcomes together with these answers.
    """

    share: float
    answers: Mapping[str, str]
    root: Diagram
    outcomes: Distribution


class ExactProspect:
    """What is still possible, read off the diagrams."""

    exact = True

    def __init__(
        self, sight: Sight, known: Mapping[str, str], store: Diagrams | None = None, root: Diagram | None = None
    ) -> None:
        self._sight = sight
        self._known = known
        compiled = sight.compiled
        self._targets = compiled.knowledge.targets
        self.store = store or sight.store.scratch()
        self.root = sight.begun(self.store, known) if root is None else root

    @property
    def contradictory(self) -> bool:
        return self.store.is_leaf(self.root) and self.store.payload(self.root) is IMPOSSIBLE

    @cached_property
    def outcomes(self) -> dict[Outcome, float]:
        """Every possible outcome with its share, 0..1 and summing to 1."""
        shares = self._mixed
        total = sum(shares.values()) or 1.0  # weights of 0 leave candidates of no share
        return {cast(Outcome, self.store.payload(leaf)): share / total for leaf, share in shares.items()}

    @cached_property
    def candidates(self) -> Candidates:
        return self._remembered(self._sight.candidates, self._candidates)

    def _candidates(self) -> Candidates:
        found: dict[str, dict[str, float]] = {target: {} for target in self._targets}
        for outcome, share in self.outcomes.items():
            for target, value in zip(self._targets, outcome, strict=True):
                found[target][value] = found[target].get(value, 0.0) + share
        return {target: _ranked(shares) for target, shares in found.items()}

    def certainly_relevant(self) -> set[str]:
        return self._sight.relevance.direct(self.store, self.root)

    def is_relevant(self, fact: str) -> bool:
        return fact in self._direct or self._sight.relevance.through_combinations(self.store, self.root, fact, self._known)

    def is_shared(self, diagram: object) -> bool:
        """Whether a diagram is the same number in every prospect of this sight."""
        return isinstance(diagram, int) and self._sight.owns(diagram)

    def gain(self, facts: Sequence[str]) -> float:
        return self._remembered(self._sight.gains, lambda: self._gain(facts), *facts)

    def _gain(self, facts: Sequence[str]) -> float:
        if len(facts) > 1:
            return self._information([branch.outcomes for branch in self.branches(facts, frozenset())])
        level = self._sight.compiled.level[facts[0]]
        return self._information(self._sight.weighing.joint(self.store, self._views, level))

    def branches(self, facts: Sequence[str], telling: frozenset[str]) -> list[Branch]:
        """Where answers to open facts lead, by likelihood. Answers that are impossible or have no weight are left out.

        Answers after which the same diagram is left count as one branch, as what they tell is the same; facts in `telling`
        keep their answers apart. (While a `given` fact is open, such answers may still differ in what they say about it; the
        branch then stands for their mixture.)
        """
        compiled, store, views = self._sight.compiled, self.store, self._views
        reached: Reached = {(self.root, ()): ({}, [view.share for view in views])}
        for fact in sorted(facts, key=compiled.level.__getitem__):
            level = compiled.level[fact]
            following: Reached = {}
            for (root, told), (answers, shares) in reached.items():
                for index, value in enumerate(compiled.knowledge.facts[fact].domain):
                    key = (self._sight.answered(store, root, level, index), (*told, value) if fact in telling else told)
                    _, sums = following.setdefault(key, ({**answers, fact: value}, [0.0] * len(views)))
                    for place, view in enumerate(views):
                        sums[place] += shares[place] * view.weight(level, index)
            reached = following
        found = [self._branch(root, answers, shares) for (root, _), (answers, shares) in reached.items()]
        return sorted((b for b in found if b.share > 0), key=lambda b: (-round(b.share, 9), sorted(b.answers.items())))

    def after(self, fact: str, value: str) -> ExactProspect:
        """The prospect after an answer to an open fact."""
        compiled = self._sight.compiled
        known = {**self._known, fact: value}
        root = self._sight.answered(self.store, self.root, compiled.level[fact], compiled.index[fact][value])
        return ExactProspect(self._sight, known, self.store, root)

    def left_by(self, fact: str) -> Left:
        """What answers to an open fact would leave; see `left_by`."""
        values = self._sight.compiled.knowledge.facts[fact].values
        return self._remembered(
            self._sight.left, lambda: left_by(self, {value: self.after(fact, value) for value in values}), fact
        )

    def narrowed(self, branch: Branch) -> ExactProspect:
        """The prospect after a branch, in the same store: equal diagrams keep equal numbers."""
        return ExactProspect(self._sight, {**self._known, **branch.answers}, self.store, branch.root)

    def _branch(self, root: Diagram, answers: Mapping[str, str], shares: Sequence[float]) -> Branch:
        mixed: Distribution = {}
        for view, share in zip(self._views, shares, strict=True):
            if share:
                node = self.store.restrict(root, view.given)
                for outcome, part in self._sight.weighing.distribution(self.store, view, node).items():
                    mixed[outcome] = mixed.get(outcome, 0.0) + part * share
        return Branch(sum(mixed.values()) / (sum(self._mixed.values()) or 1.0), answers, root, mixed)

    def _remembered(self, memory: _Memory[T], work_out: Callable[[], T], *about: str) -> T:
        """What follows from the diagram left and the answers that weights read; remembered where others may meet that diagram."""
        if not self._sight.owns(self.root):
            return work_out()
        return memory.found((self.root, self._sight.weighing.told(self._known), *about), work_out)

    @cached_property
    def _direct(self) -> set[str]:
        return self.certainly_relevant()

    @cached_property
    def _views(self) -> list[View]:
        return self._sight.weighing.views(self.store, self.root, self._known)

    @cached_property
    def _mixed(self) -> Distribution:
        mixed: Distribution = {}
        for view in self._views:
            for outcome, share in self._sight.weighing.distribution(self.store, view, view.root).items():
                mixed[outcome] = mixed.get(outcome, 0.0) + share * view.share
        return mixed

    def _information(self, parts: Sequence[Distribution]) -> float:
        """Mutual information between an answer and the outcome: entropy of the outcome less what an answer leaves of it."""
        masses = [sum(part.values()) for part in parts]
        total = sum(masses)
        left = sum(mass * entropy(part.values()) for mass, part in zip(masses, parts, strict=True))
        return max(entropy(self._mixed.values()) - left / total, 0.0) if total else 0.0


class BroadProspect:
    """What may still be possible by the rules that are not yet decided, each fact taken by itself."""

    exact = False

    def __init__(self, knowledge: KnowledgeBase, known: Mapping[str, str]) -> None:
        self._knowledge = knowledge
        self._known = known
        self._open_values: dict[str, frozenset[str]] = {}
        self._undecided: set[str] = set()
        self._partners = partners(knowledge)
        self._read()

    @property
    def contradictory(self) -> bool:
        counted = effective(self._knowledge, complete(self._knowledge, self._known))
        return bool(matching_impossible(self._knowledge, counted))

    @cached_property
    def candidates(self) -> Candidates:
        return {
            target: _ranked(dict.fromkeys(self._open_values[target], 1 / len(self._open_values[target])))
            for target in self._knowledge.targets
        }

    def certainly_relevant(self) -> set[str]:
        return set()

    def is_relevant(self, fact: str) -> bool:
        return fact in self._undecided

    def gain(self, facts: Sequence[str]) -> float:
        return float(len(self._undecided & set(facts)))

    def _read(self) -> None:
        """Sets of values that may still hold, fact by fact: gates in order, then strata in order."""
        knowledge = self._knowledge
        for name, fact in knowledge.facts.items():
            self._open_values[name] = frozenset((self._known[name],) if name in self._known else fact.domain)
        for name in knowledge.gate_order:
            gate = cast(Condition, knowledge.facts[name].applies_when)
            may, must = self._may(gate), self._must(gate)
            told = self._open_values[name] if may else frozenset[str]()
            self._open_values[name] = told if must else told | {UNKNOWN}
        for stratum in knowledge.strata:
            for name in stratum:
                self._open_values[name] = self._conclude(name)
        self._undecided = self._readers(knowledge.targets)

    def _conclude(self, name: str) -> frozenset[str]:
        values: set[str] = set()
        for clause in self._knowledge.clauses[name]:
            if self._may(clause.when):
                values.add(clause.value)
            if self._must(clause.when):
                return frozenset(values)
        return frozenset({*values, self._knowledge.inferred[name].default})

    def _may(self, condition: Condition) -> bool:
        if isinstance(condition, In):
            return bool(self._open_values[condition.fact] & set(condition.values))
        parts = (self._may(part) for part in condition.parts)
        return all(parts) if isinstance(condition, All) else any(parts)

    def _must(self, condition: Condition) -> bool:
        if isinstance(condition, In):
            return self._open_values[condition.fact] <= set(condition.values)
        parts = (self._must(part) for part in condition.parts)
        return all(parts) if isinstance(condition, All) else any(parts)

    def _readers(self, targets: Sequence[str]) -> set[str]:
        """Open observable facts read, through whatever is not yet single, on the way to a target that is not yet single."""
        knowledge = self._knowledge
        found: set[str] = set()
        waiting = [name for name in targets if len(self._open_values[name]) > 1]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            waiting += [read for read in self._reads(name) if len(self._open_values[read]) > 1]
        return {name for name in found if name in knowledge.facts and name not in self._known}

    def _reads(self, name: str) -> Iterator[str]:
        """What a fact may depend on: clauses that may match, or its gate and the partners of its impossible combinations."""
        if name in self._knowledge.inferred:
            for clause in self._knowledge.clauses[name]:
                if self._may(clause.when):
                    yield from (leaf.fact for leaf in leaves(clause.when))
            return
        gate = self._knowledge.facts[name].applies_when
        if gate is not None:
            yield from (leaf.fact for leaf in leaves(gate))
        yield from self._partners.get(name, ())


def left_by(now: Prospect, after: Mapping[str, Prospect]) -> Left:
    """What answers would leave of the targets they would narrow; answers that are impossible are left out.

    Args:
        after: By answer, the prospect after it.
    """
    before = now.candidates
    return {
        value: {t: tuple(left) for t, left in then.candidates.items() if left.keys() != before[t].keys()}
        for value, then in after.items()
        if not then.contradictory
    }


def _ranked(shares: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(shares.items(), key=lambda item: (-round(item[1], 9), item[0])))
