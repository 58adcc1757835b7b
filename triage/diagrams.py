"""Multi-valued decision diagrams over ordered facts: the store, and the operations everything symbolic is made of.

A diagram is a number. Every node tests one level (a fact's place in the order) and has one child for each value of that
fact's domain; a leaf holds any hashable payload (a boolean, a value, an outcome). Nodes are hash-consed and reduced, so two
diagrams are the same function exactly when they are the same number. Knows nothing of rules, weights or questions.

Source: Bryant, "Graph-based algorithms for Boolean function manipulation" (1986); Srinivasan et al., "Algorithms for discrete
function manipulation" (1990).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["BudgetExceededError", "Diagram", "Diagrams"]

Diagram = int


class BudgetExceededError(Exception):
    """The store would grow beyond its budget.

    Attributes:
        nodes_per_level: How many nodes test each level at that moment; the largest name the facts responsible.
    """

    def __init__(self, budget: int, nodes_per_level: Sequence[int]) -> None:
        super().__init__(f"more than {budget} nodes")
        self.budget = budget
        self.nodes_per_level = tuple(nodes_per_level)


@dataclass(slots=True)
class _Tables:
    """Nodes and how to find them again; `levels[n]` is `leaf_level` for leaves, whose payload stands in `payloads`."""

    levels: list[int]
    kids: list[tuple[Diagram, ...]]
    unique: dict[tuple[int, tuple[Diagram, ...]], Diagram]
    leaves: dict[Hashable, Diagram]
    payloads: dict[Diagram, Hashable]


class Diagrams:
    """A store of diagrams.

    Args:
        arities: Size of each level's domain, top first.
        budget: Nodes the store may hold before it refuses with `BudgetExceededError`.
        base: A store to build on: its nodes are reused and never changed, new ones stay here. Many threads may build on one
            base at once.
    """

    def __init__(self, arities: Sequence[int], budget: int, base: Diagrams | None = None) -> None:
        self.arities = tuple(arities)
        self.budget = budget
        self._leaf_level = len(self.arities)
        self._base = base
        self._first = 0 if base is None else base.size
        self._own = _Tables([], [], {}, {}, {})

    def scratch(self, budget: int | None = None) -> Diagrams:
        """A store on top of this one for the work of a single call; thrown away with it."""
        return Diagrams(self.arities, budget or self.budget, self)

    @property
    def size(self) -> int:
        """Nodes and leaves, those of the base included."""
        return self._first + len(self._own.levels)

    # -- looking

    def level(self, diagram: Diagram) -> int:
        """The level a node tests; the number of levels for a leaf."""
        if diagram >= self._first:
            return self._own.levels[diagram - self._first]
        assert self._base is not None  # noqa: S101 - tells the type checker what `_first` guarantees
        return self._base._own.levels[diagram] if not self._base._first else self._base.level(diagram)

    def kids(self, diagram: Diagram) -> tuple[Diagram, ...]:
        """A node's children, one for each value of its level; empty for a leaf."""
        if diagram >= self._first:
            return self._own.kids[diagram - self._first]
        assert self._base is not None  # noqa: S101
        return self._base._own.kids[diagram] if not self._base._first else self._base.kids(diagram)

    def is_leaf(self, diagram: Diagram) -> bool:
        """Whether a diagram is constant."""
        return self.level(diagram) == self._leaf_level

    def payload(self, leaf: Diagram) -> Hashable:
        """What a leaf holds."""
        if leaf >= self._first:
            return self._own.payloads[leaf]
        assert self._base is not None  # noqa: S101
        return self._base.payload(leaf)

    def copy(self, source: Diagrams, diagram: Diagram) -> Diagram:
        """A diagram of another store with the same levels, made here."""
        memo: dict[Diagram, Diagram] = {}
        for node in source.below(diagram):
            kids = source.kids(node)
            if kids:
                memo[node] = self.node(source.level(node), tuple(memo[kid] for kid in kids))
            else:
                memo[node] = self.leaf(source.payload(node))
        return memo[diagram]

    def below(self, diagram: Diagram) -> list[Diagram]:
        """Every node and leaf of a diagram once, children before parents."""
        found: list[Diagram] = []
        seen: set[Diagram] = set()
        _, kids = self._readers()

        def visit(node: Diagram) -> None:
            seen.add(node)
            for kid in kids(node):
                if kid not in seen:
                    visit(kid)
            found.append(node)

        visit(diagram)
        return found

    def support(self, diagram: Diagram) -> set[int]:
        """The levels a diagram depends on."""
        return {self.level(node) for node in self.below(diagram)} - {self._leaf_level}

    def value(self, diagram: Diagram, choice: Sequence[int]) -> Hashable:
        """The payload reached when every level takes the value at the index given for it."""
        while not self.is_leaf(diagram):
            diagram = self.kids(diagram)[choice[self.level(diagram)]]
        return self.payload(diagram)

    # -- making

    def leaf(self, payload: Hashable) -> Diagram:
        """The constant diagram of a payload."""
        store: Diagrams | None = self
        while store is not None:
            found = store._own.leaves.get(payload)
            if found is not None:
                return found
            store = store._base
        leaf = self._add(self._leaf_level, ())
        self._own.leaves[payload] = leaf
        self._own.payloads[leaf] = payload
        return leaf

    def node(self, level: int, kids: tuple[Diagram, ...]) -> Diagram:
        """The reduced node with these children."""
        first = kids[0]
        if kids.count(first) == len(kids):
            return first
        key = (level, kids)
        found = self._own.unique.get(key)
        if found is None and self._base is not None:
            found = self._base._find(key)
        if found is None:
            found = self._add(level, kids)
            self._own.unique[key] = found
        return found

    def _find(self, key: tuple[int, tuple[Diagram, ...]]) -> Diagram | None:
        found = self._own.unique.get(key)
        return found if found is not None or self._base is None else self._base._find(key)

    def _add(self, level: int, kids: tuple[Diagram, ...]) -> Diagram:
        own = self._own
        if len(own.levels) >= self.budget:
            per_level = [0] * (self._leaf_level + 1)
            for used in own.levels:
                per_level[used] += 1
            raise BudgetExceededError(self.budget, per_level[:-1])
        own.levels.append(level)
        own.kids.append(kids)
        return self._first + len(own.levels) - 1

    def member(self, level: int, indices: set[int]) -> Diagram:
        """True exactly where a level's value is at one of the indices."""
        yes, no = self.leaf(True), self.leaf(False)
        return self.node(level, tuple(yes if i in indices else no for i in range(self.arities[level])))

    def choose(self, condition: Diagram, then: Diagram, otherwise: Diagram) -> Diagram:
        """`then` where a boolean diagram is true, `otherwise` elsewhere."""
        yes, no = self.leaf(True), self.leaf(False)
        level, kids = self._readers()
        arities, node = self.arities, self.node
        memo: dict[tuple[Diagram, Diagram, Diagram], Diagram] = {}

        def walk(c: Diagram, t: Diagram, o: Diagram) -> Diagram:
            if c == yes or t == o:
                return t
            if c == no:
                return o
            key = (c, t, o)
            found = memo.get(key)
            if found is None:
                of_c, of_t, of_o = level(c), level(t), level(o)
                top = min(of_c, of_t, of_o)
                size = arities[top]
                found = memo[key] = node(
                    top,
                    tuple(
                        map(
                            walk,
                            kids(c) if of_c == top else (c,) * size,
                            kids(t) if of_t == top else (t,) * size,
                            kids(o) if of_o == top else (o,) * size,
                        )
                    ),
                )
            return found

        return walk(condition, then, otherwise)

    def _readers(self) -> tuple[Callable[[Diagram], int], Callable[[Diagram], tuple[Diagram, ...]]]:
        """`level` and `kids` without the way through the object, for the innermost loops."""
        own, base, first = self._own, self._base, self._first
        if base is None:
            return own.levels.__getitem__, own.kids.__getitem__
        if base._base is not None:
            return self.level, self.kids
        old_levels, old_kids, levels, kids = base._own.levels, base._own.kids, own.levels, own.kids
        return (
            lambda diagram: old_levels[diagram] if diagram < first else levels[diagram - first],
            lambda diagram: old_kids[diagram] if diagram < first else kids[diagram - first],
        )

    def both(self, a: Diagram, b: Diagram) -> Diagram:
        """Where both boolean diagrams are true."""
        return self.choose(a, b, self.leaf(False))

    def either(self, a: Diagram, b: Diagram) -> Diagram:
        """Where at least one of two boolean diagrams is true."""
        return self.choose(a, self.leaf(True), b)

    def negate(self, a: Diagram) -> Diagram:
        """Where a boolean diagram is false."""
        return self.choose(a, self.leaf(False), self.leaf(True))

    def combine(self, operation: Callable[[Hashable, Hashable], Hashable], a: Diagram, b: Diagram) -> Diagram:
        """The diagram whose payload is the operation of the two payloads, everywhere."""
        memo: dict[tuple[Diagram, Diagram], Diagram] = {}

        def walk(x: Diagram, y: Diagram) -> Diagram:
            found = memo.get((x, y))
            if found is None:
                level = min(self.level(x), self.level(y))
                if level == self._leaf_level:
                    found = self.leaf(operation(self.payload(x), self.payload(y)))
                else:
                    found = self.node(level, tuple(map(walk, *self.split(level, x, y))))
                memo[x, y] = found
            return found

        return walk(a, b)

    def changes(self, a: Diagram, b: Diagram) -> Diagram:
        """The pair of payloads where two diagrams differ, None where they agree."""
        level_of, kids_of = self._readers()
        same = self.leaf(None)
        memo: dict[tuple[Diagram, Diagram], Diagram] = {}

        def walk(x: Diagram, y: Diagram) -> Diagram:
            if x == y:
                return same
            found = memo.get((x, y))
            if found is None:
                of_x, of_y = level_of(x), level_of(y)
                top = min(of_x, of_y)
                if top == self._leaf_level:
                    found = self.leaf((self.payload(x), self.payload(y)))
                else:
                    size = self.arities[top]
                    of = (kids_of(x) if of_x == top else (x,) * size, kids_of(y) if of_y == top else (y,) * size)
                    found = self.node(top, tuple(map(walk, *of)))
                memo[x, y] = found
            return found

        return walk(a, b)

    def payloads(self, diagram: Diagram) -> set[Hashable]:
        """Everything a diagram's leaves hold."""
        return {self.payload(node) for node in self.below(diagram) if self.is_leaf(node)}

    def convert(self, operation: Callable[[Hashable], Hashable], diagram: Diagram) -> Diagram:
        """The diagram whose payload is the operation of the payload, everywhere."""
        level_of, kids_of = self._readers()
        memo: dict[Diagram, Diagram] = {}
        for node in self.below(diagram):
            kids = kids_of(node)
            if kids:
                memo[node] = self.node(level_of(node), tuple([memo[kid] for kid in kids]))
            else:
                memo[node] = self.leaf(operation(self.payload(node)))
        return memo[diagram]

    def restrict(self, diagram: Diagram, known: Mapping[int, int]) -> Diagram:
        """The diagram with some levels fixed to the value at the index given for them."""
        if not known:
            return diagram
        last = max(known)
        level_of, kids_of = self._readers()
        memo: dict[Diagram, Diagram] = {}

        def walk(node: Diagram) -> Diagram:
            level = level_of(node)
            if level > last:
                return node
            found = memo.get(node)
            if found is None:
                kids = kids_of(node)
                found = walk(kids[known[level]]) if level in known else self.node(level, tuple(map(walk, kids)))
                memo[node] = found
            return found

        return walk(diagram)

    def split(self, level: int, *diagrams: Diagram) -> list[tuple[Diagram, ...]]:
        """The children of diagrams at a level none of them lies below; a diagram that skips the level is its own child."""
        return [self.kids(diagram) if self.level(diagram) == level else (diagram,) * self.arities[level] for diagram in diagrams]

    # -- asking

    def count(self, diagram: Diagram) -> dict[Hashable, int]:
        """How many of all combinations of values end in each payload: exact integers, keyed by payload."""
        counts: dict[Diagram, dict[Hashable, int]] = {}
        for node in self.below(diagram):
            if self.is_leaf(node):
                counts[node] = {self.payload(node): 1}
                continue
            total: dict[Hashable, int] = {}
            for kid in self.kids(node):
                skipped = self._combinations(self.level(node) + 1, self.level(kid))
                for payload, number in counts[kid].items():
                    total[payload] = total.get(payload, 0) + number * skipped
            counts[node] = total
        above = self._combinations(0, self.level(diagram))
        return {payload: number * above for payload, number in counts[diagram].items()}

    def _combinations(self, start: int, stop: int) -> int:
        product = 1
        for level in range(start, stop):
            product *= self.arities[level]
        return product

    def cheapest(
        self, diagram: Diagram, wanted: Callable[[Hashable], bool], cost: Callable[[int, int], float]
    ) -> tuple[float, dict[int, int]] | None:
        """The cheapest path to a wanted payload.

        Args:
            cost: What it costs that a level takes the value at an index, at least 0. Levels a path does not test are free.

        Returns:
            The cost and the path as {level: index}; None where no path leads there. Ties go to the earliest value.
        """
        best: dict[Diagram, tuple[float, int]] = {}
        for node in self.below(diagram):
            if self.is_leaf(node):
                if wanted(self.payload(node)):
                    best[node] = (0.0, -1)
                continue
            level = self.level(node)
            options = [(best[kid][0] + cost(level, i), i) for i, kid in enumerate(self.kids(node)) if kid in best]
            if options:
                best[node] = min(options)
        if diagram not in best:
            return None
        path: dict[int, int] = {}
        node = diagram
        while not self.is_leaf(node):
            index = best[node][1]
            path[self.level(node)] = index
            node = self.kids(node)[index]
        return best[diagram][0], path
