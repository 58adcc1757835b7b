"""What every contender is asked to do, and the shape its answer is compared in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from triage.model import All, AnyOf, Condition, In, KnowledgeBase
from triage.verdict import Verdict

__all__ = ["Contender", "Entry", "NotInstalledError", "Said", "Told", "difference", "gate_layers", "plain"]

Told = Mapping[str, str]
"""What is told of a call, by observable fact; facts left out are `unknown`."""


class NotInstalledError(Exception):
    """What a contender needs is not there; the message says what, and how to get it."""


@dataclass(frozen=True, slots=True)
class Said:
    """Conclusions in the same shape for all; whatever an engine cannot tell is None.

    Attributes:
        values: By inferred fact.
        first: By inferred fact the first clause that wins; "" for the default.
        winners, preempted: By inferred fact the clauses that win, and those that match but are overruled.
        whole: There is a value for every inferred fact, not only for those the answer has a place for.
    """

    values: Mapping[str, str]
    first: Mapping[str, str] | None = None
    winners: Mapping[str, tuple[str, ...]] | None = None
    preempted: Mapping[str, tuple[str, ...]] | None = None
    whole: bool = True


class Contender(ABC):
    """One base in the hands of one engine, ready for calls."""

    @abstractmethod
    def conclude(self, told: Told) -> Any:
        """From what is told, gates to be applied, to the engine's answer as Python values: the work that is timed."""

    @abstractmethod
    def said(self, found: Any) -> Said:
        """An answer in the shape it is compared in; this is not timed."""

    def answers(self, calls: Sequence[Told]) -> list[Said]:
        """What is said of each call."""
        return [self.said(self.conclude(call)) for call in calls]

    def seconds(self, calls: Sequence[Told]) -> list[float]:
        """How long each call takes, one after another."""
        found = []
        for call in calls:
            began = perf_counter()
            self.conclude(call)
            found.append(perf_counter() - began)
        return found

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """Ends whatever runs beside this process."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender's name, and what is to be said of it.

    Attributes:
        tells: What its answer holds.
        cannot: What it cannot express, or cannot do on its own.
        make: Prepares a base; raises `NotInstalledError`.
        package: The distribution it comes from; empty for what is part of this repository.
        most_clauses: On larger bases it is left out, for a call takes seconds.
    """

    name: str
    tells: str
    cannot: str
    make: Callable[[KnowledgeBase], Contender]
    package: str = ""
    most_clauses: int | None = None


def difference(said: Said, meant: Verdict) -> str:
    """Where an answer is not what the specification says; empty where it is."""
    for name, conclusion in meant.conclusions.items():
        if name not in said.values and not said.whole:
            continue
        first = conclusion.winners[0] if conclusion.winners else ""
        pairs = (
            ("value", said.values.get(name), conclusion.value),
            ("first winner", said.first.get(name) if said.first is not None else first, first),
            ("winners", said.winners.get(name) if said.winners is not None else conclusion.winners, conclusion.winners),
            (
                "pre-empted",
                said.preempted.get(name) if said.preempted is not None else conclusion.preempted,
                conclusion.preempted,
            ),
        )
        for what, found, wanted in pairs:
            if found != wanted:
                return f"{what} of {name}: {found!r} instead of {wanted!r}"
    return ""


def plain(condition: Condition) -> Condition | bool:
    """The condition without parts that always or never hold, which not every engine can write; or whether it always holds."""
    if isinstance(condition, In):
        return condition if condition.values else False
    wanted = isinstance(condition, AnyOf)
    parts = [plain(part) for part in condition.parts]
    if wanted in parts:
        return wanted
    left = tuple(part for part in parts if not isinstance(part, bool))
    if not left:
        return not wanted
    return left[0] if len(left) == 1 else (AnyOf(left) if wanted else All(left))


def gate_layers(knowledge: KnowledgeBase) -> Iterator[list[tuple[str, Condition]]]:
    """Facts that have a gate, with it, in layers: each reads only facts of earlier ones or without a gate."""
    layer: dict[str, int] = {}
    for name in knowledge.gate_order:
        gate = knowledge.facts[name].applies_when
        if gate is not None:
            layer[name] = 1 + max((layer.get(fact, 0) for fact in _read(gate)), default=0)
    for number in sorted(set(layer.values())):
        yield [
            (name, gate)
            for name in knowledge.gate_order
            if layer[name] == number and (gate := knowledge.facts[name].applies_when)
        ]


def _read(condition: Condition) -> Iterator[str]:
    if isinstance(condition, In):
        yield condition.fact
    else:
        for part in condition.parts:
            yield from _read(part)
