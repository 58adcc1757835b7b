"""Batches of a log as a base sees them: texts become indices, what the base does not know is told, and what follows is concluded.

Knows nothing of what is compared with what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from triage.assessment import KnowledgeName
from triage.batches import NONE, Batch, Coded
from triage.columns import OPEN, Columns, Concluded, Indices, Outlook
from triage.expert import ExpertSystem
from triage.interview import reachable
from triage.model import UNKNOWN, KnowledgeBase

__all__ = ["STRANGE", "Fitted", "Mask", "Reading", "Side", "fitted", "indices_of"]

STRANGE = OPEN - 1
"""Stands for a text the base does not know; no fact has as many values."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a batch tells a base.

    Attributes:
        told: By observable fact, indices into its `domain`; `OPEN` where it is not told, or what is told is not known.
        strange: What the base does not know: a fact (with None) or one of its values, and the records that tell it.
    """

    told: dict[str, Indices]
    strange: tuple[tuple[str, str | None, Mask], ...]


def fitted(knowledge: KnowledgeBase, batch: Batch) -> Fitted:
    """The known facts of a batch as a base sees them."""
    told: dict[str, Indices] = {}
    strange: list[tuple[str, str | None, Mask]] = []
    for name, column in batch.known.items():
        fact = knowledge.facts.get(name)
        if fact is None:
            where = column.codes != NONE
            if where.any():
                strange.append((name, None, where))
            continue
        told[name] = indices_of(column, fact.domain)
        unknown = told[name] == STRANGE
        strange += ((name, column.values[code], column.codes == code) for code in np.unique(column.codes[unknown]).tolist())
        told[name][unknown] = OPEN
    return Fitted(told, tuple(strange))


def indices_of(column: Coded, values: Sequence[str]) -> Indices:
    """A column of texts as indices into some values: `OPEN` where it has none, `STRANGE` where it is none of them."""
    place = {value: index for index, value in enumerate(values)}
    table = np.array([*(place.get(text, STRANGE) for text in column.values), OPEN], np.uint8)
    return table[column.codes]


@dataclass(frozen=True, slots=True)
class Reading:
    """A batch as a base sees it.

    Attributes:
        told: Columns of indices; rows that do not load tell less than was logged.
        loads: Where the base knows everything told.
        misfits: Fact, value or None, and the records that tell it.
    """

    told: dict[str, Indices]
    loads: Mask
    misfits: Sequence[tuple[str, str | None, Mask]]
    concluded: Concluded


class Side:
    """One base, for batches.

    Attributes:
        card: The inferred facts on its decision card, in its order.
        values: By inferred fact, its values in the author's order.

    Raises:
        ValueError: A fact has more values than columns can tell apart.
    """

    def __init__(self, system: ExpertSystem, *, ignore_unknown: bool) -> None:
        self.knowledge = knowledge = system.knowledge
        self.name = KnowledgeName(knowledge.identity.id, knowledge.identity.version, knowledge.digest)
        self.card = tuple(name for name in knowledge.identity.decision if name in knowledge.inferred)
        self.concludes = set(knowledge.inferred)
        self.values = {name: tuple(inferred.values) for name, inferred in knowledge.inferred.items()}
        self._ignore_unknown = ignore_unknown
        self._columns = Columns(knowledge)
        self._outlook = Outlook(system.compiled) if system.too_large is None else None

    def read(self, batch: Batch) -> Reading:
        """What a batch tells this base, and what follows."""
        found = fitted(self.knowledge, batch)
        misfits = [part for part in found.strange if part[1] is not None or not self._ignore_unknown]
        loads = np.ones(batch.size, np.bool_)
        for _, _, where in misfits:
            loads &= ~where
        return Reading(found.told, loads, misfits, self._columns.conclude(found.told, batch.size))

    def decided(self, fact: str, concluded: Concluded) -> Indices:
        """The entry of the decision card: what finding out means where the call contradicts itself."""
        found = concluded.values(fact)
        find_out = self.knowledge.identity.find_out.get(fact, self.knowledge.inferred[fact].default)
        found[concluded.impossible] = self.values[fact].index(find_out)
        return found

    def index(self, fact: str, column: Coded) -> Indices:
        """A logged column as indices of this base; what it does not know is no value of it."""
        return indices_of(column, self.values[fact])

    def settled(self, read: Reading, batch: Batch) -> Mask | None:
        """The calls on which nothing is open any more; None where the base is too large to say."""
        if self._outlook is None:
            return None
        return self._outlook.settled(self._with_unasked(read.told, batch), batch.size)

    def _with_unasked(self, told: Mapping[str, Indices], batch: Batch) -> dict[str, Indices]:
        """The columns with `unknown` for open facts that nobody connected could be asked."""
        found = dict(told)
        systems, no_answer = batch.text("systems"), batch.text("no_answer")
        for code in np.unique(systems.codes).tolist():
            connected = [name for name in systems.values[code].split(",") if name] if code != NONE else []
            for fact in self._unasked(connected, {}, ()):
                self._set_unknown(found, fact, systems.codes == code)
        for place in np.flatnonzero(no_answer.codes != NONE).tolist():
            connected = systems.values[systems.codes[place]].split(",") if systems.codes[place] != NONE else []
            failed = orjson.loads(no_answer.values[no_answer.codes[place]])
            for fact in self._unasked(connected, failed, set(batch.told(batch.known, place))):
                self._set_unknown(found, fact, np.arange(batch.size) == place)
        return found

    def _unasked(self, systems: Sequence[str], no_answer: Mapping[str, Sequence[str]], told: set[str] | tuple[()]) -> list[str]:
        sources = reachable(self.knowledge, systems, no_answer, told)
        return [fact for question in self.knowledge.questions.values() if question.id not in sources for fact in question.fills]

    def _set_unknown(self, told: dict[str, Indices], fact: str, where: Mask) -> None:
        column = told.get(fact)
        column = np.full(len(where), OPEN, np.uint8) if column is None else column.copy()
        column[where & (column == OPEN)] = self.knowledge.facts[fact].domain.index(UNKNOWN)
        told[fact] = column
