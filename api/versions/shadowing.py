"""A candidate in shadow: it answers live calls behind the answers, in a thread of its own, and only differences are kept.

A call waits for nothing here: it is put into a queue with an end, and what finds no room is counted as dropped. The thread lets
answers go first, begins when none is being worked out, and rests as long as it worked. Whatever goes wrong in the candidate is
counted.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson
import structlog

from api.asking import Asked
from api.bases import Base, Bases
from api.blanks import blanked
from api.decisions import record_of
from api.evaluating import prepared
from api.logs import described
from api.metrics import Metrics
from api.storage import knowledge as stored
from api.storage.database import Database, DatabaseGoneError
from api.storage.knowledge import EXAMPLES, Key
from api.versions.differing import LONGEST, differences
from api.versions.history import Trial
from triage.errors import InputError

__all__ = ["ROOM", "Shadow"]

ROOM = 1_000
"""Calls that may wait."""
REMEMBERED = 2_000
"""Calls whose differences are remembered: live traffic repeats itself."""
MOST_KEYS = 5_000
"""Kinds of differences counted between two deliveries."""
DELIVER_SECONDS = 1.0
STEP_SECONDS = 0.01
MOST_STEPS = 20
"""How long a job waits for answers under way: one step always, at most so many."""

_LOG = structlog.get_logger("triage.shadow")

Pending = dict[Key, tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Job:
    """A call that was answered.

    Attributes:
        record: What was recorded of the answer, as JSON.
    """

    trial: Trial
    candidate: Base
    asked: Asked
    decision_id: str
    record: bytes


class Shadow:
    """Asks candidates.

    Args:
        trial_of: The candidate in shadow for a base, if there is one.
        busy: Whether an answer is being worked out.
    """

    def __init__(
        self,
        database: Database,
        bases: Bases,
        trial_of: Callable[[str], tuple[Trial, Base] | None],
        busy: Callable[[], bool],
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._busy = busy
        self._bases = bases
        self._trial_of = trial_of
        self._metrics = metrics
        self._jobs: queue.Queue[Job] = queue.Queue(ROOM)
        self._pending: dict[tuple[str, int], Pending] = {}
        self._dropped: dict[tuple[str, int], int] = {}
        self._memory: OrderedDict[tuple[str, bytes], list[Key]] = OrderedDict()
        self._delivered = time.monotonic()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep_asking, name="shadow", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Ask no more; deliver what was found."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def offer(self, asked: Asked, decision_id: str, record: bytes) -> None:
        """Have a call that was answered looked at, if a candidate stands behind its base and its share takes it."""
        base = asked.base
        found = self._trial_of(base.name.name)
        if found is None or asked.test_traffic or not self._bases.is_active(base):
            return
        trial, candidate = found
        if int(decision_id[-8:], 16) >= trial.share * 2**32:
            return
        try:
            self._jobs.put_nowait(Job(trial, candidate, asked, decision_id, record))
        except queue.Full:
            run = (base.name.name, trial.number)
            self._dropped[run] = self._dropped.get(run, 0) + 1
            self._metrics.shadowed(base.name.name, "dropped")

    def _keep_asking(self) -> None:
        while not self._ending.is_set():
            try:
                job = self._jobs.get(timeout=DELIVER_SECONDS / 4)
            except queue.Empty:
                job = None
            if job is not None:
                self._let_answers_go_first()
                began = time.monotonic()
                self._ask(job)
                self._ending.wait(time.monotonic() - began)
            if time.monotonic() - self._delivered >= DELIVER_SECONDS:
                self._deliver()
        self._deliver()

    def _let_answers_go_first(self) -> None:
        for _ in range(MOST_STEPS):
            if self._ending.wait(STEP_SECONDS) or not self._busy():
                return

    def _ask(self, job: Job) -> None:
        base = job.asked.base.name.name
        try:
            found = self._compared(job)
            result = "changed" if found else "same"
        except InputError as error:
            found, result = [("input", _named(error, job.candidate), "", "")], "not_accepted"
        except Exception as error:  # noqa: BLE001 - whatever a candidate does, the next call may go well
            found, result = [("failure", type(error).__name__[:LONGEST], "", "")], "failed"
            _LOG.error("candidate failed", base=base, digest=job.trial.digest, **described(error))
        for key in (("total", "compared", "", ""), ("total", result, "", ""), *found):
            self._count((base, job.trial.number), key, job.decision_id)
        self._metrics.shadowed(base, result)
        for kind, name, before, after in found if result == "changed" else ():
            self._metrics.differed(base, kind, name, before, after)

    def _compared(self, job: Job) -> list[Key]:
        """What the candidate would have answered otherwise.

        Raises:
            InputError: It does not accept the call.
        """
        key = blanked(job.asked)[0].key()  # what callers say in free text is no part of a record but by standing there or not
        remembered = self._memory.get((job.trial.digest, key)) if key is not None else None
        if remembered is not None:
            return remembered
        asked = replace(job.asked, base=job.candidate)
        call, options = prepared(asked)
        record = record_of(job.candidate, call, asked.options, job.candidate.system.assess_on_record(call, options))
        alerts = _alerts(job.asked.base) | _alerts(job.candidate)
        found = differences(orjson.loads(job.record), orjson.loads(orjson.dumps(record)), alerts)
        if key is not None:
            self._memory[(job.trial.digest, key)] = found
            if len(self._memory) > REMEMBERED:
                self._memory.popitem(last=False)
        return found

    def _count(self, run: tuple[str, int], key: Key, decision_id: str) -> None:
        pending = self._pending.setdefault(run, {})
        if key not in pending and len(pending) >= MOST_KEYS:
            return
        count, examples = pending.get(key, (0, []))
        if len(examples) < EXAMPLES:
            examples = [*examples, decision_id]
        pending[key] = (count + 1, examples)

    def _deliver(self) -> None:
        """Add what was found to the database; while it is gone, that waits here."""
        self._delivered = time.monotonic()
        for run in list(self._dropped):
            count = self._dropped.pop(run)
            before, examples = self._pending.setdefault(run, {}).get(_DROPPED, (0, []))
            self._pending[run][_DROPPED] = (before + count, examples)
        for run in list(self._pending):
            try:
                with self._database.writing() as connection:
                    stored.add_counts(connection, *run, self._pending[run])
            except DatabaseGoneError:
                return
            except Exception as error:  # noqa: BLE001 - figures must not end the comparison
                _LOG.error("differences not kept", **described(error))
            del self._pending[run]


_DROPPED: Key = ("total", "dropped", "", "")


def _named(error: InputError, candidate: Base) -> str:
    """The fact a candidate does not accept, or what is wrong; never a word of the caller's."""
    fact = error.path.removeprefix("/facts/").partition("/")[0]
    return fact if fact in candidate.knowledge.facts else error.code


def _alerts(base: Base) -> frozenset[str]:
    return frozenset(name for name, message in base.knowledge.messages.items() if message.kind == "alert")
