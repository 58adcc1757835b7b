"""What calls share: a base seen with the same systems connected, and the plan of all its interviews. Threads may share it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Generic, TypeVar

from triage.compilation import Outcomes
from triage.interview import reachable
from triage.model import UNKNOWN, KnowledgeBase
from triage.planning import Plan, whole_plan
from triage.prospect import ExactProspect, Sight

__all__ = ["Connection", "Shared"]

KEPT = 16
"""Ways in which systems are connected that are kept at once; the one not used for longest is forgotten."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Connection:
    """What follows from the systems connected alone.

    Attributes:
        sources: Whom each question goes to; see `triage.interview.reachable`.
        unasked: Facts nobody connected can be asked.
    """

    sources: Mapping[str, str]
    unasked: frozenset[str]


class Shared:
    """Sights and plans of one compiled base, worked out when first needed, by one thread while others wait."""

    def __init__(self, knowledge: KnowledgeBase, outcomes: Outcomes | None, plan_budget: int) -> None:
        self._knowledge = knowledge
        self._outcomes = outcomes
        self._plan_budget = plan_budget
        self._connections: _Kept[frozenset[str], Connection] = _Kept(self._connect)
        self._sights: _Kept[frozenset[str], Sight] = _Kept(self._see)
        self._plans: _Kept[frozenset[str], Plan] = _Kept(self._plan)

    def connection(self, systems: Collection[str]) -> Connection:
        """What follows from the systems connected."""
        return self._connections.get(frozenset(systems))

    def sight(self, unasked: frozenset[str]) -> Sight:
        """The part of prospects that calls with the same facts unasked share.

        Of its own only for facts that go unasked because of the systems connected: told ones among them, or sources that do not
        answer, make too many sets to keep; such calls share the sight of the whole base.
        """
        usual = any(unasked == connection.unasked for connection in self._connections.all())
        return self._sights.get(unasked if usual else frozenset())

    def plan(self, systems: Collection[str]) -> Plan:
        """The plan of all interviews with these systems connected; empty where it is too large."""
        return self._plans.get(frozenset(systems))

    def _connect(self, systems: frozenset[str]) -> Connection:
        sources = reachable(self._knowledge, systems, {}, ())
        questions = self._knowledge.questions.values()
        return Connection(sources, frozenset(fact for q in questions if q.id not in sources for fact in q.fills))

    def _see(self, unasked: frozenset[str]) -> Sight:
        if self._outcomes is None:
            raise ValueError("a base that is not compiled has no sight")
        return Sight(self._outcomes, unasked)

    def _plan(self, systems: frozenset[str]) -> Plan:
        connection = self.connection(systems)
        known = dict.fromkeys(sorted(connection.unasked), UNKNOWN)
        start = ExactProspect(self.sight(connection.unasked), known)
        return whole_plan(self._knowledge, start, known, connection.sources, self._plan_budget)


class _Kept(Generic[K, V]):
    """The latest few of things that take long to make."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = RLock()

    def get(self, key: K) -> V:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._make(key)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def all(self) -> list[V]:
        with self._lock:
            return list(self._kept.values())
