"""How likely each outcome is, and how much an answer is expected to tell, under the author's weights.

All figures are conditioned on possible calls. Weights are a product over facts, except that a fact's weights may depend on the
value of one other fact (its `given`): everything is therefore computed once for each combination of values of the `given`
facts that are still open (a view), and mixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from triage.compilation import IMPOSSIBLE, Outcomes
from triage.diagrams import Diagram, Diagrams
from triage.model import Fact

__all__ = ["MOST_VIEWS", "Distribution", "View", "Weighing", "entropy"]

MOST_VIEWS = 128
"""Combinations of values of `given` facts that are worked; beyond, weights that depend on further ones take their mean."""

Distribution = dict[Diagram, float]
"""Shares of outcomes, keyed by the outcome's leaf. Impossible calls are left out, so they may sum to less than 1."""


@dataclass(frozen=True, slots=True)
class View:
    """What is left of a base under one combination of values of the open `given` facts.

    Attributes:
        share: The author's weight of the combination, 0..1.
        given: Value index by level, for the open `given` facts only.
        root: The outcome diagram, restricted to the known facts and to `given`.
        weights: By level, the shares of the values.
        shared: Distributions of the base's nodes under these weights, kept between calls.
        own: Distributions of this call's own nodes.
        reached: By level, the nodes and the share of calls that reach them; filled when first needed.
    """

    share: float
    given: Mapping[int, int]
    root: Diagram
    weights: Sequence[Sequence[float]]
    shared: dict[Diagram, Distribution]
    own: dict[Diagram, Distribution] = field(default_factory=dict)
    reached: dict[int, list[tuple[Diagram, float]]] = field(default_factory=dict)

    def weight(self, level: int, index: int) -> float:
        """Share of one value of one open level under this view."""
        return self.weights[level][index] if level not in self.given else float(self.given[level] == index)


class Weighing:
    """The weights of one compiled base. Remembers distributions of the nodes of `base`, a store; threads may share it."""

    def __init__(self, compiled: Outcomes, base: Diagrams) -> None:
        self._compiled = compiled
        self._base = base
        self._impossible = base.leaf(IMPOSSIBLE)
        facts = compiled.knowledge.facts
        self._given: list[str] = []
        for name in sorted({f.weights.given for f in facts.values() if f.weights.given is not None}):
            if math.prod(len(facts[given].domain) for given in (*self._given, name)) <= MOST_VIEWS:
                self._given.append(name)
        self._contexts: dict[tuple[str, ...], tuple[list[list[float]], dict[Diagram, Distribution]]] = {}

    def told(self, known: Mapping[str, str]) -> tuple[str | None, ...]:
        """The values told of the `given` facts: all that weights depend on."""
        return tuple(known.get(name) for name in self._given)

    def views(self, store: Diagrams, root: Diagram, known: Mapping[str, str]) -> list[View]:
        """One view for every combination of values of the open `given` facts; a single one when none is open."""
        facts = self._compiled.knowledge.facts
        still_open = [name for name in self._given if name not in known]
        found = []
        for values in product(*(facts[name].domain for name in still_open)):
            chosen = dict(zip(still_open, values, strict=True))
            weights, shared = self._context({**known, **chosen})
            given = self._compiled.indices(chosen)
            share = math.prod(weights[level][index] for level, index in given.items())
            found.append(View(share, given, store.restrict(root, given), weights, shared))
        return found

    def distribution(self, store: Diagrams, view: View, node: Diagram) -> Distribution:
        """Share of every outcome at a node of a view."""
        memo = view.shared if node < self._base.size else view.own
        found = memo.get(node)
        if found is None:
            found = {}
            kids = store.kids(node)
            if kids:
                for kid, weight in zip(kids, view.weights[store.level(node)], strict=True):
                    for outcome, share in self.distribution(store, view, kid).items():
                        found[outcome] = found.get(outcome, 0.0) + weight * share
            elif node != self._impossible:
                found[node] = 1.0
            memo[node] = found
        return found

    def joint(self, store: Diagrams, views: Sequence[View], level: int) -> list[Distribution]:
        """By value index of a level, the shares of the outcomes together with that value, over all views."""
        mixed: list[Distribution] = [{} for _ in range(store.arities[level])]
        for view in views:
            whole = self.distribution(store, view, view.root)
            if level in view.given:
                _add(mixed[view.given[level]], whole, view.share)
                continue
            past = dict(whole)
            for node, share in self._reached(store, view).get(level, ()):
                for part, kid, weight in zip(mixed, store.kids(node), view.weights[level], strict=True):
                    _add(part, self.distribution(store, view, kid), view.share * share * weight)
                _add(past, self.distribution(store, view, node), -share)
            for part, weight in zip(mixed, view.weights[level], strict=True):
                _add(part, past, view.share * weight)
        return mixed

    def _reached(self, store: Diagrams, view: View) -> dict[int, list[tuple[Diagram, float]]]:
        """By level, the nodes of a view and the share of calls that reach them, top down."""
        if not view.reached:
            reach = dict.fromkeys(sorted(store.below(view.root), key=lambda node: (store.level(node), node)), 0.0)
            reach[view.root] = 1.0
            for node, share in reach.items():
                kids = store.kids(node)
                if kids:
                    level = store.level(node)
                    view.reached.setdefault(level, []).append((node, share))
                    for kid, weight in zip(kids, view.weights[level], strict=True):
                        reach[kid] += share * weight
        return view.reached

    def _context(self, known: Mapping[str, str]) -> tuple[list[list[float]], dict[Diagram, Distribution]]:
        """Weights by level, and the shared distributions, under one combination of values of all `given` facts."""
        key = tuple(known[name] for name in self._given)
        found = self._contexts.get(key)
        if found is None:
            given = dict(zip(self._given, key, strict=True))
            facts = self._compiled.knowledge.facts
            found = self._contexts.setdefault(key, ([_shares(facts, name, given) for name in self._compiled.order], {}))
        return found


def _add(total: Distribution, part: Distribution, factor: float) -> None:
    for outcome, share in part.items():
        total[outcome] = total.get(outcome, 0.0) + share * factor


def _shares(facts: Mapping[str, Fact], name: str, given: Mapping[str, str]) -> list[float]:
    """Shares of a fact's values: by the table of its `given` fact's value, or the mean of the tables where that is not given."""
    weights, domain = facts[name].weights, facts[name].domain
    if weights.given is None or weights.given in given:
        table = weights.tables[given[weights.given] if weights.given else None]
        return [table[value] for value in domain]
    above = facts[weights.given]
    share = 1 / len(above.domain)
    return [sum(share * weights.tables[told][value] for told in above.domain) for value in domain]


def entropy(shares: Iterable[float]) -> float:
    """Bits of a distribution given as weights of any sum; 0 for none."""
    weights = [share for share in shares if share > 0]
    total = sum(weights)
    return math.log2(total) - sum(w * math.log2(w) for w in weights) / total if weights else 0.0
