"""Why an assessment came out as it did, why not otherwise, and what single answers would change it.

Answers in facts and values; wording is not its business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from triage.bits import Quick
from triage.compilation import IMPOSSIBLE, Compiled, Outcome
from triage.model import UNKNOWN, KnowledgeBase

__all__ = ["changes_for", "excluded_by", "reachable_values", "single_changes"]

_KEPT, _ADDED, _CHANGED = 0, 1, 1_000
"""What it costs, when looking for the smallest change, to keep an answer, to add one, to change one."""


def changes_for(compiled: Compiled, known: Mapping[str, str], target: str, value: str) -> dict[str, str] | None:
    """The smallest change of answers after which a target has a value: fewest answers changed, then fewest added.

    Returns:
        The new value by fact, empty if nothing needs changing; None if no possible call ends so.
    """
    place = compiled.knowledge.targets.index(target)

    def cost(level: int, index: int) -> float:
        fact = compiled.order[level]
        chosen = compiled.knowledge.facts[fact].domain[index]
        if fact in known:
            return _KEPT if known[fact] == chosen else _CHANGED
        return _KEPT if chosen == UNKNOWN else _ADDED

    found = compiled.store.cheapest(compiled.outcome, lambda o: o is not IMPOSSIBLE and cast(Outcome, o)[place] == value, cost)
    if found is None:
        return None
    path = compiled.facts(found[1])
    return {fact: chosen for fact, chosen in sorted(path.items()) if known.get(fact, UNKNOWN) != chosen}


def excluded_by(compiled: Compiled, known: Mapping[str, str], target: str, value: str) -> tuple[str, ...]:
    """Known facts that together suffice to rule out a value of a target, none of which could be left out."""
    needed = dict(known)
    for fact in sorted(known):
        without = {name: told for name, told in needed.items() if name != fact}
        if value not in reachable_values(compiled, without, target):
            needed = without
    return tuple(needed)


def reachable_values(compiled: Compiled, known: Mapping[str, str], target: str) -> set[str]:
    """Values a target takes on some possible completion."""
    place = compiled.knowledge.targets.index(target)
    store, fixed = compiled.store, compiled.indices(known)
    seen, waiting, found = {compiled.outcome}, [compiled.outcome], set()
    while waiting:
        node = waiting.pop()
        kids = store.kids(node)
        if not kids:
            outcome = cast("Outcome | None", store.payload(node))
            found |= {outcome[place]} if outcome is not None else set()
            continue
        level = store.level(node)
        for kid in (kids[fixed[level]],) if level in fixed else kids:
            if kid not in seen:
                seen.add(kid)
                waiting.append(kid)
    return found


def single_changes(
    quick: Quick, knowledge: KnowledgeBase, known: Mapping[str, str]
) -> Iterator[tuple[str, str, Mapping[str, tuple[str, str]]]]:
    """Every single other answer that changes a target, open facts taken as `unknown`.

    Yields:
        Fact, its other value, and for each target that changes its value before and after.
    """
    before = quick.verdict(known)
    for fact in sorted(known):
        for value in knowledge.facts[fact].domain:
            changed = {**known, fact: value}
            if value == known[fact] or quick.impossible(changed):
                continue
            after = quick.verdict(changed)
            effects = {t: (before[t], after[t]) for t in knowledge.targets if before[t] != after[t]}
            if effects:
                yield fact, value, effects
