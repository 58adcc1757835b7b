"""A base under examination: its diagrams, where its clauses have the say, shares of calls, and the one way to make a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from triage.checking.kinds import KINDS
from triage.compilation import Compiled
from triage.diagrams import Diagram
from triage.findings import Finding
from triage.model import Clause, Place, Text
from triage.variants import Regions
from triage.weighing import Weighing

__all__ = ["Examined", "percent"]


class Examined:
    """One compiled base and what several checks need of it.

    Args:
        compiled: The base; its store grows, so it must be the caller's own.

    Attributes:
        store: Where checks put their nodes.
        nowhere: The diagram of no call.
    """

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.knowledge = compiled.knowledge
        self._weighing = Weighing(compiled, compiled.store)
        self.regions = Regions(compiled)
        self.store = compiled.store.scratch()
        self.nowhere = self.store.leaf(False)
        self._winning: dict[str, Diagram] = {}

    def winning(self, clause: Clause) -> Diagram:
        """Where a clause wins, alone or beside others of its priority, on possible calls."""
        found = self._winning.get(clause.id)
        if found is None:
            found = self._winning[clause.id] = self.regions.winning(clause, self.store)
        return found

    @cached_property
    def all_told(self) -> Diagram:
        """Calls on which every fact that applies is told: none of them `unknown`."""
        store, compiled, told = self.store, self.compiled, self.store.leaf(True)
        for name in reversed(compiled.order):
            level = compiled.level[name]
            answered = store.member(level, set(range(store.arities[level] - 1)))
            told = store.both(told, store.choose(compiled.applies[name], answered, store.leaf(True)))
        return told

    def share(self, where: Diagram, among: Diagram | None = None) -> float:
        """Share of calls, 0..1, under the author's weights: of all that are possible, or of those `among`."""
        whole = self._weight(self.compiled.possible if among is None else among)
        return self._weight(where) / whole if whole else 0.0

    def _weight(self, where: Diagram) -> float:
        total, yes = 0.0, self.store.leaf(True)
        for view in self._weighing.views(self.store, where, {}):
            total += view.share * self._weighing.distribution(self.store, view, view.root).get(yes, 0.0)
        return total

    def example(self, where: Diagram) -> dict[str, str] | None:
        """A smallest call of a region; None where it is empty."""
        return self.compiled.smallest_call(self.store, where)

    def reached(self, diagrams: Iterable[Diagram]) -> dict[int, list[tuple[Diagram, ...]]]:
        """By level, the children of every node of some diagrams, each node once."""
        found: dict[int, list[tuple[Diagram, ...]]] = {}
        seen: set[Diagram] = set()
        for diagram in diagrams:
            for node in self.store.below(diagram):
                if node not in seen:
                    seen.add(node)
                    found.setdefault(self.store.level(node), []).append(self.store.kids(node))
        return found

    def finding(
        self, kind: str, about: str, place: Place | None, example: Mapping[str, str] | None = None, **parts: str | Text
    ) -> Finding:
        """A finding of a kind, its sentence filled with parts."""
        sentence, severity = KINDS[kind].sentence, KINDS[kind].severity
        zh = sentence.zh.format(**{name: part.zh if isinstance(part, Text) else part for name, part in parts.items()})
        en = sentence.en.format(**{name: part.en if isinstance(part, Text) else part for name, part in parts.items()})
        return Finding(kind, severity, about, place, Text(zh, en), example)


def percent(share: float) -> str:
    """A share for people: exact enough, and never 0 % or 100 % of what is not."""
    if 0 < share < 0.0001:
        return "<0.01 %"
    return f"{100 * share:.2f} %" if share < 1 else "100 %"
