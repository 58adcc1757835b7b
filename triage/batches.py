"""Records of a log as columns: what replay and report work on. Knows nothing of files or of bases."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
from numpy.typing import NDArray

from triage.assessment import KnowledgeName
from triage.records import Record

__all__ = ["NONE", "TEXTS", "Batch", "Coded", "batch_of", "coded", "coded_by_name"]

_Head = tuple[str, str | None, str, str | None, tuple[str, ...], Mapping[str, tuple[str, ...]], KnowledgeName]

NONE = -1
"""The code of a text that is missing."""
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
TEXTS: Mapping[str, Callable[[_Head], str | None]] = {
    "decision_id": lambda head: head[0],
    "call_id": lambda head: head[1],
    "status": lambda head: head[2],
    "stop_reason": lambda head: head[3],
    "systems": lambda head: ",".join(sorted(head[4])),
    "no_answer": lambda head: orjson.dumps(head[5]).decode() if head[5] else None,
    "knowledge.name": lambda head: head[6].name,
    "knowledge.version": lambda head: head[6].version,
    "knowledge.digest": lambda head: head[6].digest,
}
"""Texts of a record that have columns; systems are joined by commas, `no_answer` is JSON."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts: for each record its place in `values`, or `NONE`."""

    values: tuple[str, ...]
    codes: NDArray[np.int32]

    def of(self, text: str) -> NDArray[np.bool_]:
        """The records that have a text."""
        where: NDArray[np.bool_] = self.codes == (self.values.index(text) if text in self.values else NONE - 1)
        return where


@dataclass(frozen=True)
class Batch:
    """Some records of a log, column by column.

    Attributes:
        text: A column by its name: one of `TEXTS`.
        at: Microseconds since 1970, UTC.
        questions: Questions the caller had answered, or `NONE`.
        known, decision, outcome: By fact; a fact no record names may be left out.
    """

    size: int
    text: Callable[[str], Coded]
    at: NDArray[np.int64]
    test_traffic: NDArray[np.bool_]
    questions: NDArray[np.int32]
    known: Mapping[str, Coded]
    decision: Mapping[str, Coded]
    outcome: Mapping[str, Coded]

    def told(self, columns: Mapping[str, Coded], place: int) -> dict[str, str]:
        """What one record has in some columns, such as `known`."""
        codes = {name: int(column.codes[place]) for name, column in columns.items()}
        return {name: columns[name].values[code] for name, code in codes.items() if code != NONE}

    def of_bases(self, names: Collection[str]) -> tuple[Batch, Counter[str]]:
        """The records that bases of these names made; of the others, how many by name."""
        column = self.text("knowledge.name")
        own = np.isin(column.codes, [code for code, name in enumerate(column.values) if name in names])
        codes, counts = np.unique(column.codes[~own], return_counts=True)
        others = Counter({column.values[code]: count for code, count in zip(codes.tolist(), counts.tolist(), strict=True)})
        return (self._only(own) if others else self), others

    def _only(self, where: NDArray[np.bool_]) -> Batch:
        return Batch(
            size=int(where.sum()),
            text=lambda name: _only(self.text(name), where),
            at=self.at[where],
            test_traffic=self.test_traffic[where],
            questions=self.questions[where],
            known={name: _only(column, where) for name, column in self.known.items()},
            decision={name: _only(column, where) for name, column in self.decision.items()},
            outcome={name: _only(column, where) for name, column in self.outcome.items()},
        )


def batch_of(records: Iterable[Record]) -> Batch:
    """Records given one by one, none of which is kept."""
    heads: list[_Head] = []
    at, questions, test_traffic = array("q"), array("i"), bytearray()
    known, decision, outcome = _Cells(), _Cells(), _Cells()
    for record in records:
        heads.append(
            (
                record.decision_id,
                record.call_id,
                record.status,
                record.stop_reason,
                record.systems,
                record.no_answer,
                record.knowledge,
            )
        )
        at.append((record.at - EPOCH) // MICROSECOND)
        questions.append(NONE if record.questions_asked is None else record.questions_asked)
        test_traffic.append(record.test_traffic)
        known.add(record.known)
        decision.add(record.decision)
        outcome.add(record.outcome.found if record.outcome else {})
    return Batch(
        size=len(heads),
        text=lambda name: coded(map(TEXTS[name], heads)),
        at=np.array(at, np.int64),
        test_traffic=np.frombuffer(test_traffic, np.bool_),
        questions=np.array(questions, np.int32),
        known=known.columns(),
        decision=decision.columns(),
        outcome=outcome.columns(),
    )


def coded(texts: Iterable[str | None]) -> Coded:
    """A column of texts given one by one."""
    places: dict[str, int] = {}
    codes = [NONE if text is None else places.setdefault(text, len(places)) for text in texts]
    return Coded(tuple(places), np.array(codes, np.int32))


def coded_by_name(rows: Iterable[Mapping[str, str]]) -> dict[str, Coded]:
    """Columns of texts given row by row."""
    cells = _Cells()
    for row in rows:
        cells.add(row)
    return cells.columns()


def _only(column: Coded, where: NDArray[np.bool_]) -> Coded:
    return Coded(column.values, column.codes[where])


class _Places(dict[str, int]):
    """A place for each text, in the order in which they come."""

    def __missing__(self, text: str) -> int:
        place = self[text] = len(self)
        return place


class _Cells:
    """Texts by row and name, one after the other, until they are put into columns: the quickest way in Python."""

    def __init__(self) -> None:
        self._names, self._texts = _Places(), _Places()
        self._columns, self._codes, self._widths = array("i"), array("i"), array("i")

    def add(self, row: Mapping[str, str]) -> None:
        """One more row."""
        self._columns.extend(map(self._names.__getitem__, row))
        self._codes.extend(map(self._texts.__getitem__, row.values()))
        self._widths.append(len(row))

    def columns(self) -> dict[str, Coded]:
        """By name; they share their `values`."""
        size, texts = len(self._widths), tuple(self._texts)
        codes = np.full((len(self._names), size), NONE, np.int32)
        codes[np.array(self._columns), np.repeat(np.arange(size), np.array(self._widths))] = np.array(self._codes)
        return {name: Coded(texts, codes[place]) for name, place in self._names.items()}
