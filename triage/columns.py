"""Many calls at once: the same conclusions as `triage.evaluation`, worked out on columns with one bit for each call.

Where evaluation asks whether a condition holds on a call, a vector of bits says on which of many calls it does; conditions are
ands and ors of vectors. `Columns` concludes, `Outlook` says which calls are settled. Memory grows with the calls handed over at
once, so callers hand over chunks. Knows nothing of files or of what calls were logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from triage.compilation import IMPOSSIBLE, Compiled
from triage.model import UNKNOWN, All, Clause, Condition, In, KnowledgeBase

__all__ = ["NONE", "OPEN", "Columns", "Concluded", "Indices", "Outlook", "indices"]

OPEN = 255
"""The index of a fact that is open."""
MOST_VALUES = OPEN - 2
"""Declared values a fact may have: `unknown` has an index, too."""
NONE = -1
"""The place of the winning clause where none won."""

Indices = NDArray[np.uint8]
"""One index for each call."""
Bits = NDArray[np.uint64]
"""One bit for each call, the first call lowest; the bits after the last call mean nothing."""
Mask = NDArray[np.bool_]


def indices(knowledge: KnowledgeBase, calls: Sequence[Mapping[str, str]]) -> dict[str, Indices]:
    """Calls given one by one as columns: by observable fact the indices into its `domain`, `OPEN` where a call does not name it.

    Raises:
        KeyError: A value is not declared.
    """
    columns = {}
    for name, fact in knowledge.facts.items():
        place = {value: index for index, value in enumerate(fact.domain)}
        columns[name] = np.fromiter((place[call[name]] if name in call else OPEN for call in calls), np.uint8, len(calls))
    return columns


class Columns:
    """One base, ready for columns; threads may share it.

    Raises:
        ValueError: A fact has more values than a byte can tell apart.
    """

    def __init__(self, knowledge: KnowledgeBase) -> None:
        sizes = {name: len(declared.values) for part in (knowledge.facts, knowledge.inferred) for name, declared in part.items()}
        for name, size in sizes.items():
            if size > MOST_VALUES:
                raise ValueError(f"`{name}` has {size} values, more than {MOST_VALUES}")
        self.knowledge = knowledge

    def conclude(self, told: Mapping[str, Indices], size: int) -> Concluded:
        """What the rules conclude from many calls, gates applied.

        Args:
            told: By observable fact, each call's index into the fact's `domain`; `OPEN` counts as unknown, and so do facts that
                are left out.
            size: The number of calls.
        """
        return Concluded(self.knowledge, told, size)


class Concluded:
    """What the rules conclude from many calls. Columns are worked out when they are asked for."""

    def __init__(self, knowledge: KnowledgeBase, told: Mapping[str, Indices], size: int) -> None:
        self._knowledge = knowledge
        self._size = size
        self._nowhere: Bits = np.zeros((size + 63) // 64, np.uint64)
        self._everywhere = ~self._nowhere
        self._counted = {name: self._read(name, told.get(name)) for name in knowledge.facts}
        self._concluded: dict[str, dict[str, Bits]] = {}
        self._won: dict[str, list[Bits]] = {}
        self._leaves: dict[In, Bits] = {}
        self._conditions: dict[int, Bits] = {}
        for name in knowledge.gate_order:
            self._apply(name, knowledge.facts[name].applies_when or All(()))
        for stratum in knowledge.strata:
            for name in stratum:
                self._conclude(name)

    def counted(self, fact: str) -> Indices:
        """An observable fact's effective value on each call: indices into its `domain`."""
        return self._numbered(self._counted[fact].values())

    def values(self, inferred: str) -> Indices:
        """An inferred fact's value on each call: indices into its `values`, in the author's order."""
        return self._numbered(self._concluded[inferred].values())

    def winners(self, inferred: str) -> NDArray[np.int32]:
        """The clause that decided it on each call: its place in `KnowledgeBase.clauses`, of several the first; else `NONE`."""
        found = np.full(self._size, NONE, np.int32)
        for place, where in enumerate(self._won[inferred]):
            if where.any():
                found[self._mask(where)] = place
        return found

    def where(self, condition: Condition) -> Mask:
        """The calls on which a condition holds: over effective facts and conclusions."""
        return self._mask(self._holds(condition))

    @cached_property
    def impossible(self) -> Mask:
        """The calls that some impossible combination matches."""
        found = self._nowhere
        for combination in self._knowledge.impossible.values():
            found = found | self._holds(combination.when)
        return self._mask(found)

    # -- working it out

    def _read(self, fact: str, told: Indices | None) -> dict[str, Bits]:
        """By value, the calls that tell it."""
        values = self._knowledge.facts[fact].values
        if told is None:
            return {**dict.fromkeys(values, self._nowhere), UNKNOWN: self._everywhere}
        if len(told) != self._size:
            raise ValueError(f"the column of `{fact}` has {len(told)} calls instead of {self._size}")
        found = {value: _bits(told == index) for index, value in enumerate(values)}
        open_or_unknown = self._everywhere
        for where in found.values():
            open_or_unknown = open_or_unknown & ~where
        return {**found, UNKNOWN: open_or_unknown}

    def _apply(self, fact: str, gate: Condition) -> None:
        applies = self._holds(gate)
        told = {value: where & applies for value, where in self._counted[fact].items()}
        self._counted[fact] = {**told, UNKNOWN: told[UNKNOWN] | ~applies}

    def _conclude(self, name: str) -> None:
        inferred, left = self._knowledge.inferred[name], self._everywhere
        values = dict.fromkeys(inferred.values, self._nowhere)
        won = []
        for clause in self._knowledge.clauses[name]:
            here = self._matches(clause) & left
            left = left & ~here
            values[clause.value] = values[clause.value] | here
            won.append(here)
        values[inferred.default] = values[inferred.default] | left
        self._concluded[name], self._won[name] = values, won

    def _matches(self, clause: Clause) -> Bits:
        """Where a clause's condition holds; the clauses of a rule share theirs, and the base keeps it alive."""
        found = self._conditions.get(id(clause.when))
        if found is None:
            found = self._conditions[id(clause.when)] = self._holds(clause.when)
        return found

    def _holds(self, condition: Condition) -> Bits:
        if isinstance(condition, In):
            found = self._leaves.get(condition)
            if found is None:
                found = self._leaves[condition] = self._has(condition)
            return found
        both = isinstance(condition, All)
        found = self._everywhere if both else self._nowhere
        for part in condition.parts:
            found = found & self._holds(part) if both else found | self._holds(part)
        return found

    def _has(self, leaf: In) -> Bits:
        by_value = self._counted.get(leaf.fact) or self._concluded[leaf.fact]
        found = self._nowhere
        for value in leaf.values:
            found = found | by_value[value]
        return found

    # -- telling

    def _numbered(self, by_index: Iterable[Bits]) -> Indices:
        """The index of the one vector that has each call."""
        found = np.zeros(self._size, np.uint8)
        for index, where in enumerate(by_index):
            if index and where.any():
                found += self._mask(where).view(np.uint8) * np.uint8(index)
        return found

    def _mask(self, where: Bits) -> Mask:
        return _mask(where, self._size)


class Outlook:
    """What is still possible for many calls at once: the outcome diagram, walked from the top with all calls together."""

    def __init__(self, compiled: Compiled) -> None:
        store = compiled.store
        self._root = compiled.outcome
        self._facts = compiled.order
        self._arities = store.arities
        nodes = sorted(store.below(compiled.outcome), key=lambda node: (store.level(node), node))
        self._nodes = [(node, store.level(node), store.kids(node)) for node in nodes if not store.is_leaf(node)]
        self._outcomes = [node for node in nodes if store.is_leaf(node) and store.payload(node) is not IMPOSSIBLE]

    def settled(self, told: Mapping[str, Indices], size: int) -> Mask:
        """The calls on which every target has one candidate left; a contradictory call has none.

        Args:
            told: As for `Columns.conclude`; but here `OPEN` is not `unknown`: it may still become anything.
        """
        nowhere: Bits = np.zeros((size + 63) // 64, np.uint64)
        ways = [self._ways(fact, arity, told, ~nowhere) for fact, arity in zip(self._facts, self._arities, strict=True)]
        reached = {self._root: ~nowhere}
        for node, level, kids in self._nodes:
            here = reached.pop(node, nowhere)
            if here.any():
                for kid, way in zip(kids, ways[level], strict=True):
                    reached[kid] = reached.get(kid, nowhere) | here & way
        once, twice = nowhere, nowhere
        for outcome in self._outcomes:
            here = reached.get(outcome, nowhere)
            once, twice = once | here, twice | once & here
        return _mask(once & ~twice, size)

    @staticmethod
    def _ways(fact: str, arity: int, told: Mapping[str, Indices], everywhere: Bits) -> list[Bits]:
        """By value of a fact, the calls that may still have it."""
        if fact not in told:
            return [everywhere] * arity
        still_open = _bits(told[fact] == OPEN)
        return [_bits(told[fact] == index) | still_open for index in range(arity)]


def _bits(mask: Mask) -> Bits:
    packed = np.packbits(mask, bitorder="little")
    whole = np.zeros((len(mask) + 63) // 64 * 8, np.uint8)
    whole[: len(packed)] = packed
    return whole.view(np.uint64)


def _mask(where: Bits, size: int) -> Mask:
    return np.unpackbits(where.view(np.uint8), count=size, bitorder="little").view(np.bool_)
