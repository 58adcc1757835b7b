"""What the parts of a request cost, taken apart in one thread without HTTP: reading, assessment, inference, serialising, log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, TypeVar

import orjson

from api.asking import read_asked
from api.bases import Base, Bases
from api.decisions import Who, line_for, record_of
from api.doors import parsed
from api.evaluating import Evaluator, prepared
from api.ids import new_id, now
from api.journal import Journal, Spool
from api.metrics import Metrics
from api.storage.database import Database
from api.storage.upgrading import upgrade
from triage.assessment import as_bytes
from triage.expert import ExpertSystem
from triage.verdict import Derivation

__all__ = ["seconds_by_part", "seconds_from_memory"]

T = TypeVar("T")
WHO = Who("request", "trace", "key")
DEPTH = 24
CACHE_BYTES = 64_000_000
FIRST = 50
"""Requests handled before the clock starts."""


def seconds_by_part(system: ExpertSystem, bodies: Sequence[str]) -> dict[str, float]:
    """Processor seconds of the parts of requests to `POST /v1/triage`, summed over their bodies."""
    with _journal() as journal, _infer_timed() as parts:
        for body in bodies[:FIRST]:
            _handled(Base(system), journal, parts, body)
        journal.deliver()
        parts.seconds.clear()
        for body in bodies:
            _handled(Base(system), journal, parts, body)
        parts.timed("log", journal.deliver)
    parts.seconds["assessment"] -= parts.seconds["inference"]
    return parts.seconds


def seconds_from_memory(system: ExpertSystem, first: Sequence[str], others: Sequence[str]) -> list[float]:
    """Seconds from each checked request of other callers to its answer and record as bytes, when those of the first are known."""
    bases = Bases([Base(system)])
    metrics = Metrics()
    evaluator = Evaluator(1, len(first), CACHE_BYTES, metrics)

    async def timed() -> list[float]:
        for body in first:
            await evaluator.answer(read_asked(parsed(body.encode(), DEPTH), bases, "zh", now()))
        found, hits = [], metrics.remembered._value.get()
        for body in others:
            asked = read_asked(parsed(body.encode(), DEPTH), bases, "zh", now())
            began = perf_counter()
            await evaluator.answer(asked)
            found.append(perf_counter() - began)
        if metrics.remembered._value.get() - hits < len(others):
            raise RuntimeError("not every answer came from memory")
        return found

    try:
        return asyncio.run(timed())
    finally:
        evaluator.close()


class _Parts:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {"inference": 0.0}

    def timed(self, part: str, work: Callable[..., T], *given: Any) -> T:
        began = process_time()
        try:
            return work(*given)
        finally:
            self.seconds[part] = self.seconds.get(part, 0.0) + process_time() - began


def _handled(base: Base, journal: Journal, parts: _Parts, body: str) -> None:
    """One request, as the service handles it when it does not remember the answer."""
    bases = Bases([base])

    def read() -> Any:
        asked = read_asked(parsed(body.encode(), DEPTH), bases, "zh", now())
        return asked, *prepared(asked)

    asked, call, options = parts.timed("reading", read)
    found = parts.timed("assessment", base.system.assess_on_record, call, options)

    def serialised() -> bytes:
        as_bytes(found.assessment)
        return orjson.dumps(record_of(base, call, asked.options, found))

    record = parts.timed("serialising", serialised)
    parts.timed("log", lambda: journal.record(line_for(new_id(), now(), asked.options["now"], WHO, False, record)))


@contextmanager
def _journal() -> Iterator[Journal]:
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/log.db", 1)
        upgrade(database)
        yield Journal(Spool(Path(folder) / "spool"), database, Metrics())
        database.close()


@contextmanager
def _infer_timed() -> Iterator[_Parts]:
    """Parts in which inference, within an assessment, is timed for itself."""
    parts, infer = _Parts(), ExpertSystem.infer

    def timed(system: ExpertSystem, counted: Mapping[str, str]) -> Derivation:
        return parts.timed("inference", infer, system, counted)

    ExpertSystem.infer = timed  # type: ignore[method-assign,assignment]
    try:
        yield parts
    finally:
        ExpertSystem.infer = infer  # type: ignore[method-assign]
