"""In which order diagrams should test the observable facts: good orders keep facts that rules read together close together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.model import KnowledgeBase, leaves

__all__ = ["orders"]


def orders(knowledge: KnowledgeBase) -> Iterator[tuple[str, ...]]:
    """Orders worth trying, every observable fact once in each: the author's order of asking, then FORCE from there.

    Source: Aloul, Markov, Sakallah, "FORCE: a fast and easy-to-implement variable-ordering heuristic" (2003).
    """
    asked = tuple(sorted(knowledge.facts, key=lambda name: (knowledge.question_of[name].order, name)))
    yield asked
    forced = _force(asked, _reads(knowledge))
    if forced != asked:
        yield forced


def _reads(knowledge: KnowledgeBase) -> list[tuple[str, ...]]:
    """For every inferred fact, clause and gate the observable facts it reads, through inferred facts too."""
    below: dict[str, set[str]] = {name: {name} for name in knowledge.facts}
    groups: list[set[str]] = []
    for name in knowledge.gate_order:
        gate = knowledge.facts[name].applies_when
        below[name] = {name}.union(*(below[leaf.fact] for leaf in leaves(gate))) if gate else {name}
        groups.append(below[name])
    for stratum in knowledge.strata:
        for name in stratum:
            clauses = [set().union(*(below[leaf.fact] for leaf in leaves(c.when))) for c in knowledge.clauses[name]]
            groups.extend(clauses)
            below[name] = set().union(*clauses) if clauses else set()
    groups.extend({leaf.fact for leaf in leaves(c.when)} for c in knowledge.impossible.values())
    return [tuple(sorted(group)) for group in groups if len(group) > 1]


def _force(start: Sequence[str], groups: Sequence[Sequence[str]], rounds: int = 60) -> tuple[str, ...]:
    """Move every fact to the mean of the centres of its groups until the total span stops shrinking."""
    order = list(start)
    best, best_span = tuple(order), _span(order, groups)
    for _ in range(rounds):
        position = {name: place for place, name in enumerate(order)}
        pull: dict[str, list[float]] = {name: [] for name in order}
        for group in groups:
            centre = sum(position[name] for name in group) / len(group)
            for name in group:
                pull[name].append(centre)
        order.sort(key=lambda name: (sum(pull[name]) / len(pull[name]) if pull[name] else position[name], name))
        span = _span(order, groups)
        if span >= best_span:
            break
        best, best_span = tuple(order), span
    return best


def _span(order: Sequence[str], groups: Sequence[Sequence[str]]) -> int:
    position = {name: place for place, name in enumerate(order)}
    return sum(max(position[n] for n in group) - min(position[n] for n in group) for group in groups)
