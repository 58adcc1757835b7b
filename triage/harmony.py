"""Two versions of a base made comparable: the same observable facts with the same values, so that calls mean the same to both.

A fact only one of them knows is there in the other too, unread. A value only one knows is taken out of both: a call that gives it
cannot be put to the other; whoever compares must say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from triage.model import AnyOf, Condition, Evidence, Fact, In, KnowledgeBase, Text, Weights

__all__ = ["Harmony", "harmonised"]


@dataclass(frozen=True)
class Harmony:
    """Two bases over the same calls.

    Attributes:
        order: Facts in an order fit for diagrams of both.
        only_old, only_new: Values only one of them knows, by fact; a fact with none left in common is compared as never told.
    """

    old: KnowledgeBase
    new: KnowledgeBase
    order: Sequence[str]
    only_old: Mapping[str, tuple[str, ...]]
    only_new: Mapping[str, tuple[str, ...]]


def harmonised(old: KnowledgeBase, new: KnowledgeBase, old_order: Sequence[str], new_order: Sequence[str]) -> Harmony:
    """Make two bases comparable.

    Args:
        old_order, new_order: Orders of facts fit for the diagrams of each.
    """
    shared = {name: _common(old.facts[name], new.facts[name]) for name in old.facts.keys() & new.facts.keys()}
    only_old = _others(old.facts, shared)
    only_new = _others(new.facts, shared)
    if not only_old and not only_new and old.facts.keys() == new.facts.keys() and _same_order(old, new):
        return Harmony(old, new, new_order, {}, {})
    facts: dict[str, dict[str, Text]] = {}
    for name in sorted(old.facts.keys() | new.facts.keys()):
        home = new if name in new.facts else old
        values = home.facts[name].values
        facts[name] = {value: text for value, text in values.items() if name not in shared or value in shared[name]}
    weighted = {name: _weights((new if name in new.facts else old).facts[name], facts) for name in facts}
    return Harmony(_over(old, facts, weighted), _over(new, facts, weighted), _merged(old_order, new_order), only_old, only_new)


def _common(old: Fact, new: Fact) -> frozenset[str]:
    return frozenset(old.values.keys() & new.values.keys())


def _others(facts: Mapping[str, Fact], shared: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    found = {name: tuple(v for v in facts[name].values if v not in common) for name, common in sorted(shared.items())}
    return {name: values for name, values in found.items() if values}


def _same_order(old: KnowledgeBase, new: KnowledgeBase) -> bool:
    return all(tuple(old.facts[name].values) == tuple(new.facts[name].values) for name in old.facts)


def _merged(old_order: Sequence[str], new_order: Sequence[str]) -> tuple[str, ...]:
    """The new order, with facts only the old base has after those they stood behind."""
    merged, behind = list(new_order), -1
    for name in old_order:
        if name in merged:
            behind = merged.index(name)
        else:
            behind += 1
            merged.insert(behind, name)
    return tuple(merged)


def _weights(fact: Fact, facts: Mapping[str, Mapping[str, Text]]) -> Weights:
    """A fact's weights over the values left, each table summing to 1 again."""
    given = fact.weights.given if fact.weights.given in facts else None
    tables = fact.weights.tables
    if given is not None:
        tables = {value: table for value, table in tables.items() if value in facts[given] or value == "unknown"}
    elif fact.weights.given is not None:
        tables = {None: next(iter(tables.values()))}
    return Weights(given, {key: _rescaled(table, facts[fact.id]) for key, table in tables.items()})


def _rescaled(table: Mapping[str, float], values: Mapping[str, Text]) -> dict[str, float]:
    kept = {value: share for value, share in table.items() if value in values or value == "unknown"}
    total = sum(kept.values())
    return {value: share / total if total else 1 / len(kept) for value, share in kept.items()}


def _over(base: KnowledgeBase, values: Mapping[str, Mapping[str, Text]], weights: Mapping[str, Weights]) -> KnowledgeBase:
    """The base over other values of its facts; conditions that named values taken out no longer do."""

    def narrowed(condition: Condition) -> Condition:
        if isinstance(condition, In):
            if condition.fact not in values or condition.fact in base.inferred:
                return condition
            kept = tuple(v for v in condition.values if v in values[condition.fact] or v == "unknown")
            return In(condition.fact, kept) if kept else AnyOf(())
        return type(condition)(tuple(narrowed(part) for part in condition.parts))

    facts = {}
    for name, kept in values.items():
        known = base.facts.get(name)
        if known is None:
            text, place = Text(name, name), next(iter(base.facts.values())).place
            facts[name] = Fact(name, text, kept, None, weights[name], (), place)
        else:
            gate = None if known.applies_when is None else narrowed(known.applies_when)
            facts[name] = replace(known, values=kept, applies_when=gate, weights=weights[name], ranges=())
    rules = {}
    for rule in base.rules.values():
        clauses = tuple(replace(clause, when=narrowed(clause.when)) for clause in rule.clauses)
        rules[rule.id] = replace(rule, when=narrowed(rule.when), clauses=clauses)
    resolved = base.identity.resolved
    return replace(
        base,
        identity=replace(base.identity, resolved=None if resolved is None else narrowed(resolved), patience=None),
        facts=facts,
        rules=rules,
        messages={name: replace(message, when=narrowed(message.when)) for name, message in base.messages.items()},
        impossible={name: replace(clash, when=narrowed(clash.when)) for name, clash in base.impossible.items()},
        fields={name: replace(field, when=narrowed(field.when)) for name, field in base.fields.items()},
        invariants={},
        evidence=Evidence((), ()),
        populations={},
        grouping=None,
        follow_up=None,
    )
