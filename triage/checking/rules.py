"""Rules that never fire, are always pre-empted, hidden, or change nothing; decisions put together; conclusions never drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from triage.behaviour import changes, visible
from triage.checking.examined import Examined, percent
from triage.compilation import IMPOSSIBLE
from triage.diagrams import Diagram
from triage.evaluation import evaluate
from triage.findings import Finding
from triage.model import Clause, Rule, Text, leaves
from triage.variants import Variant

__all__ = ["idle_rules", "put_together", "silent_rules", "unreached_values"]

MOST_NAMED = 3
"""Rules named in a sentence."""


def silent_rules(examined: Examined) -> Iterator[Finding]:
    """Rules that can never fire, those hidden by impossible combinations, and those always pre-empted; by id."""
    for rule in examined.knowledge.rules.values():
        here = examined.compiled.clauses[rule.clauses[0].id]
        if here == examined.nowhere:
            yield examined.finding("dead-rule", rule.id, rule.place, rule=rule.id)
        elif examined.store.both(examined.compiled.possible, here) == examined.nowhere:
            yield _hidden(examined, rule, here)
        else:
            yield from _preempted(examined, rule)


def _hidden(examined: Examined, rule: Rule, here: Diagram) -> Finding:
    names, region = _hiding(examined, here)
    share = percent(examined.share(region, examined.store.leaf(True)))
    example = examined.example(here)
    listed = "`, `".join(names)
    return examined.finding("hidden-rule", rule.id, rule.place, example, rule=rule.id, combinations=listed, share=share)


def _hiding(examined: Examined, here: Diagram) -> tuple[list[str], Diagram]:
    """The impossible combinations that leave nothing of a region: a single one where that does, else all that touch it."""
    store, compiled = examined.store, examined.compiled
    touching: list[str] = []
    joined = examined.nowhere
    for name, combination in examined.knowledge.impossible.items():
        where = compiled.condition(combination.when, store)
        if store.both(here, store.negate(where)) == examined.nowhere:
            return [name], where
        if store.both(here, where) != examined.nowhere:
            touching.append(name)
            joined = store.either(joined, where)
    return touching, joined


def _preempted(examined: Examined, rule: Rule) -> Iterator[Finding]:
    store = examined.store
    for clause in rule.clauses:
        if examined.winning(clause) == examined.nowhere:
            here = store.both(examined.compiled.possible, examined.compiled.clauses[clause.id])
            example = examined.example(here) or {}
            by = _stronger(examined, clause, here, example)
            yield examined.finding("preempted-rule", rule.id, rule.place, example, rule=rule.id, fact=clause.fact, by=_named(by))


def _named(rules: Sequence[str]) -> Text:
    """The first few of some rules."""
    zh, en = "、".join(f"`{name}`" for name in rules[:MOST_NAMED]), ", ".join(f"`{name}`" for name in rules[:MOST_NAMED])
    more = len(rules) - MOST_NAMED
    return Text(f"{zh} 等 {len(rules)} 条规则", f"{en} and {more} more") if more > 0 else Text(zh, en)


def _stronger(examined: Examined, clause: Clause, here: Diagram, example: Mapping[str, str]) -> list[str]:
    """Rules that pre-empt a clause, enough to leave nothing of it: those that win on the example, then the highest first."""
    knowledge, store = examined.knowledge, examined.store
    higher = [other for other in knowledge.clauses[clause.fact] if other.priority > clause.priority]
    winners = evaluate(knowledge, example).conclusions[clause.fact].winners
    found = []
    for other in sorted(higher, key=lambda other: other.id not in winners):
        left = store.both(here, store.negate(examined.compiled.clauses[other.id]))
        if left != here:
            found.append(other.rule)
            here = left
    return found


def idle_rules(examined: Examined) -> Iterator[Finding]:
    """Rules without which nothing visible changes; those that never win are reported otherwise."""
    shown = set(visible(examined.knowledge))
    for rule in examined.knowledge.rules.values():
        winning = [clause for clause in rule.clauses if examined.winning(clause) != examined.nowhere]
        if not winning:
            continue
        deciding = [c for c in winning if examined.regions.deciding(c, examined.store) != examined.nowhere]
        if any(clause.fact in shown for clause in _first(examined, rule, deciding)):
            continue
        if not deciding or not _shows(examined, rule, deciding):
            where = reduce(examined.store.either, map(examined.winning, winning))
            yield examined.finding("idle-rule", rule.id, rule.place, examined.example(where), rule=rule.id)


def _first(examined: Examined, rule: Rule, clauses: Sequence[Clause]) -> list[Clause]:
    """Those clauses of a rule that cannot depend on what else it concludes."""
    stratum = next(layer for layer in examined.knowledge.strata if any(clause.fact in layer for clause in rule.clauses))
    return [clause for clause in clauses if clause.fact in stratum]


def _shows(examined: Examined, rule: Rule, deciding: Sequence[Clause]) -> bool:
    """Whether anything visible differs without a rule: on a few likely calls, else anywhere."""
    knowledge = examined.knowledge
    without = replace(knowledge, rules={name: other for name, other in knowledge.rules.items() if name != rule.id})
    for call in _likely(examined, deciding):
        before, after = evaluate(knowledge, call), evaluate(without, call)
        if any(before[name] != after[name] for name in visible(knowledge)):
            return True
    return next(changes(Variant(examined.regions, without)), None) is not None


def _likely(examined: Examined, deciding: Sequence[Clause]) -> Iterator[dict[str, str]]:
    """Calls on which a clause decides and one that reads its conclusion wins."""
    for clause in deciding:
        here = examined.regions.deciding(clause, examined.store)
        for other in (other for clauses in examined.knowledge.clauses.values() for other in clauses):
            if any(leaf.fact == clause.fact for leaf in leaves(other.when)):
                call = examined.example(examined.store.both(here, examined.winning(other)))
                if call is not None:
                    yield call


def put_together(examined: Examined) -> Iterator[Finding]:
    """Rules of which one conclusion can win while another is replaced; one finding a rule, on a smallest such call."""
    for rule in examined.knowledge.rules.values():
        found = min(_pairs(examined, rule.clauses), key=lambda pair: len(pair[2]), default=None)
        if found is not None:
            clause, other, example = found
            conclusion = evaluate(examined.knowledge, example).conclusions[other.fact]
            yield examined.finding(
                "split-decision",
                rule.id,
                rule.place,
                example,
                rule=rule.id,
                fact=clause.fact,
                other=other.fact,
                wanted=other.value,
                came=conclusion.value,
                by=", ".join(winner.partition("/")[0] for winner in conclusion.winners),
            )


def _pairs(examined: Examined, clauses: Sequence[Clause]) -> Iterator[tuple[Clause, Clause, dict[str, str]]]:
    store = examined.store
    for other in clauses if len(clauses) > 1 else ():
        replaced = store.convert(lambda value, wanted=other.value: value != wanted, examined.compiled.inferred[other.fact])  # type: ignore[misc]
        for clause in clauses:
            if clause.fact != other.fact:
                example = examined.example(store.both(examined.winning(clause), replaced))
                if example is not None:
                    yield clause, other, example


def unreached_values(examined: Examined) -> Iterator[Finding]:
    """Values of inferred facts in which no possible call ends.

    Defaults may be unreached: then nothing is left open. So may what a hand-over says, and the members of a group that is
    reached: they are shown with it.
    """
    store, compiled = examined.store, examined.compiled
    for name, inferred in examined.knowledge.inferred.items():
        reached = store.payloads(store.choose(compiled.possible, compiled.inferred[name], store.leaf(IMPOSSIBLE)))
        reached |= {inferred.default, examined.knowledge.identity.find_out.get(name)}
        reached |= {member for value, found in inferred.values.items() if value in reached for member in found.members}
        for value in inferred.values:
            if value not in reached:
                yield examined.finding("unreached-value", f"{name}: {value}", inferred.place, fact=name, value=value)
