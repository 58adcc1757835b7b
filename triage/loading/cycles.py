"""Circles in what depends on what, found without recursion and the same whatever the order of the input."""

from __future__ import annotations

from collections.abc import Collection, Mapping

__all__ = ["cycles"]


def cycles(reads: Mapping[str, Collection[str]]) -> list[tuple[str, ...]]:
    """Circles that share no member, such as `("a", "b", "a")` where `a` reads `b` and `b` reads `a`.

    Every circle of the relation shares a member with one of those returned, so an empty list means there is none.
    """
    waiting = {name: {other for other in others if other in reads} for name, others in reads.items()}
    found = []
    while waiting := _without_ends(waiting):
        circle = _walk(waiting)
        found.append(circle)
        waiting = {name: others - set(circle) for name, others in waiting.items() if name not in circle}
    return found


def _without_ends(reads: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The part of the relation in which everybody reads somebody."""
    readers: dict[str, list[str]] = {name: [] for name in reads}
    for name, others in reads.items():
        for other in others:
            readers[other].append(name)
    left = {name: len(others) for name, others in reads.items()}
    ends = [name for name, count in left.items() if count == 0]
    for name in ends:
        for reader in readers[name]:
            left[reader] -= 1
            if left[reader] == 0:
                ends.append(reader)
    gone = set(ends)
    return {name: others - gone for name, others in reads.items() if name not in gone}


def _walk(reads: Mapping[str, set[str]]) -> tuple[str, ...]:
    """A circle, written from its smallest member: reached by always going on to the smallest one read."""
    position: dict[str, int] = {}
    name = min(reads)
    while name not in position:
        position[name] = len(position)
        name = min(reads[name])
    circle = list(position)[position[name] :]
    start = circle.index(min(circle))
    return (*circle[start:], *circle[:start], circle[start])
