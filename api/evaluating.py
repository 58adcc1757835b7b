"""Assessments, worked out in a few threads and kept as bytes: the same question is worked out once.

Knows nothing of HTTP, storage or where answers go.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import orjson

from api.asking import Asked
from api.bases import Base, engines_agree
from api.blanks import blanked, filled
from api.decisions import Tags, record_of, tags_of
from api.metrics import Metrics
from api.problems import ProblemError
from triage.assessment import Assessment, as_bytes
from triage.call import Call, Options, read_input

__all__ = ["Answered", "Evaluator", "assessed", "prepared"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it goes out and into the log.

    Attributes:
        assessment: The assessment as JSON.
        record: See `api.decisions.record_of`; as JSON.
        readings: What was told, by fact, as `triage.call` takes it again.
    """

    assessment: bytes
    record: bytes
    tags: Tags
    readings: dict[str, Any]

    @property
    def size(self) -> int:
        """Bytes it takes to keep, about."""
        return len(self.assessment) + len(self.record) + 64 * len(self.readings) + 1_000


class Evaluator:
    """Works assessments out.

    Args:
        threads: How many at once.
        waiting: How many may wait for a thread.
        cache_bytes: How much to remember.
    """

    def __init__(self, threads: int, waiting: int, cache_bytes: int, metrics: Metrics) -> None:
        self._count = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="evaluating")
        self._room = threads + waiting
        self._under_way = 0
        self._kept: OrderedDict[bytes, Answered] = OrderedDict()
        self._bytes = 0
        self._limit = cache_bytes
        self._metrics = metrics

    def warm(self, base: Base) -> bool:
        """Make every thread's engine ready for a base; whether the engines agreed in all of them."""
        together = threading.Barrier(self._count)

        def ready() -> bool:
            together.wait(timeout=60)
            return engines_agree(base)

        agreed = [task.result() for task in [self._threads.submit(ready) for _ in range(self._count)]]
        self._threads.submit(base.system.assess, Call()).result()  # what all calls share is worked out now
        return all(agreed)

    def prepare(self, base: Base) -> None:
        """Make the threads ready for a base while they answer: one after the other, each when it is free."""
        done: set[int] = set()

        def ready() -> None:
            if threading.get_ident() not in done:
                done.add(threading.get_ident())
                engines_agree(base)

        for _ in range(8 * self._count):  # which thread takes a task is not ours to say
            self._threads.submit(ready).result()
            if len(done) == self._count:
                break
        base.system.assess(Call())  # what all calls share

    def remembered(self, key: bytes | None) -> Answered | None:
        """An answer worked out before."""
        found = self._kept.get(key) if key is not None else None
        if found is not None and key is not None:
            self._kept.move_to_end(key)
            self._metrics.remembered.inc()
        return found

    async def answer(self, asked: Asked) -> Answered:
        """The answer to a call. What callers say is tidied on the way, in the event loop: two milliseconds for all fields full.

        Raises:
            InputError: The expert system does not accept something.
            ProblemError: Too many are waiting.
        """
        blank, blanks = blanked(asked)
        key = blank.key()
        found = self.remembered(key)
        if found is None:
            found = await self.run(self._worked_out, blank)
            if key is not None:
                self._keep(key, found)
        return replace(found, assessment=filled(found.assessment, blanks), record=filled(found.record, blanks))

    async def run(self, work: Callable[..., T], *parts: Any) -> T:
        """Do something in one of the threads.

        Raises:
            ProblemError: Too many are waiting.
        """
        if self._under_way >= self._room:
            raise ProblemError("overloaded", headers={"Retry-After": "1"})
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *parts)
        finally:
            self._under_way -= 1

    def busy(self) -> bool:
        """Whether anything is being worked out."""
        return self._under_way > 0

    def close(self) -> None:
        """Wait for what is under way."""
        self._threads.shutdown(wait=True)

    def _worked_out(self, asked: Asked) -> Answered:
        began = time.perf_counter()
        call, options = prepared(asked)
        found = asked.base.system.assess_on_record(call, options)
        record = record_of(asked.base, call, asked.options, found)
        answered = Answered(as_bytes(found.assessment), orjson.dumps(record), tags_of(asked.base, found), record["facts"])
        self._metrics.evaluating.observe(time.perf_counter() - began)
        return answered

    def _keep(self, key: bytes, answered: Answered) -> None:
        before = self._kept.pop(key, None)
        self._bytes += answered.size + len(key) - (before.size + len(key) if before else 0)
        self._kept[key] = answered
        while self._bytes > self._limit and self._kept:
            oldest, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size + len(oldest)


def prepared(asked: Asked) -> tuple[Call, Options]:
    """The input of the expert system, checked.

    Raises:
        InputError: Something is not accepted.
    """
    return read_input(asked.base.knowledge, asked.document())


def assessed(asked: Asked) -> Assessment:
    """The assessment itself, for what is not logged."""
    call, options = prepared(asked)
    return asked.base.system.assess(call, options)
