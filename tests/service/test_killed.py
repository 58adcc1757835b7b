"""Killed without warning in the middle of writes: whatever was acknowledged is there afterwards, and nothing by halves."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import select

from api.ids import new_id
from api.storage.database import Database
from api.storage.tables import call_events, calls, decisions, outcomes, repeats
from tests.service.processes import Process, started, waited

WRITERS = 4
CONFLICT = 409


@dataclass
class Ledger:
    """What clients were told, and what they sent without being told anything.

    Attributes:
        calls: By id of the call, answers in the order they came.
        found: By id of the call, what was reported of it in the end.
        unanswered: Writes without an answer, as they were sent.
        enough: Set once as many writes as wanted are acknowledged.
    """

    wanted: int
    calls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    found: dict[str, dict[str, str]] = field(default_factory=dict)
    assessed: list[str] = field(default_factory=list)
    unanswered: list[tuple[str, str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    count: int = 0

    def acknowledged(self) -> None:
        self.count += 1
        if self.count >= self.wanted:
            self.enough.set()


def test_what_was_acknowledged_is_there_after_processes_were_killed(url: str, tmp_path: Path) -> None:
    chance = Random("when to kill")
    ledgers = []
    with _serving(tmp_path, url, 1) as process:
        ledgers.append(_written_until(process, chance.randint(10, 80), process.kill))
    with _serving(tmp_path, url, 2) as process:
        before = process.workers()
        ledgers.append(_written_until(process, chance.randint(10, 80), partial(os.kill, before[-1], signal.SIGKILL)))
        waited(partial(_more_than, len(before), process.workers))  # another one in its place
        ledgers.append(_written_until(process, chance.randint(10, 80), process.kill))
    with _serving(tmp_path, url, 1) as process:
        for ledger in ledgers:
            _all_there(process, ledger)
            _retried(process, ledger)
        assert process.end() == 0
    _nothing_by_halves(url)


@contextmanager
def _serving(folder: Path, url: str, workers: int) -> Iterator[Process]:
    with started(folder, "--database", url, "--migrate", "--workers", str(workers), "--rate", "0") as process:
        yield process


def _more_than(count: int, found: Callable[[], Sized]) -> bool:
    return len(found()) > count


# -- clients


def _written_until(process: Process, wanted: int, then: Any) -> Ledger:
    """Clients lead calls until so many writes are acknowledged; `then` happens while they go on, and then they stop."""
    ledger = Ledger(wanted)
    with ThreadPoolExecutor(WRITERS) as pool:
        tasks = [pool.submit(_write, str(process.client.base_url), ledger) for _ in range(WRITERS)]
        try:
            ledger.enough.wait(60)
            then()
        finally:
            ledger.ended.set()
        for task in tasks:
            task.result()
    assert ledger.count >= wanted
    return ledger


def _write(base_url: str, ledger: Ledger) -> None:
    try:
        while not ledger.ended.is_set():
            with httpx.Client(base_url=base_url, timeout=60) as client, suppress(httpx.TransportError):
                while not ledger.ended.is_set():
                    _lead(client, ledger)
    finally:
        ledger.enough.set()  # whatever went wrong is not to be waited for


def _lead(client: httpx.Client, ledger: Ledger) -> None:
    """One call from its first word to what was found."""
    triaged = client.post("/v1/triage", json={"facts": {"trouble": "no_power"}})
    ledger.assessed.append(triaged.json()["decision_id"])
    ref = new_id()
    call = _sent(client, ledger, "POST", "/v1/calls", {"caller_ref": ref, "facts": {"trouble": "no_power"}})
    path = f"/v1/calls/{call['call_id']}"
    for more in ({"facts": {"wire_down": "not_seen", "fire": "not_seen"}}, {"fields": {"address": f"house {ref}"}}):
        call = _sent(client, ledger, "PATCH", f"{path}/facts", more, call["version"])
    call = _sent(client, ledger, "POST", f"{path}/close", {"reason": "done"}, call["version"])
    found = {"action": "dispatch"}
    _sent(client, ledger, "POST", f"{path}/outcome", {"found": found})
    ledger.found[call["call_id"]] = found


def _sent(
    client: httpx.Client, ledger: Ledger, method: str, path: str, body: dict[str, Any], version: int | None = None
) -> dict[str, Any]:
    headers = {"Idempotency-Key": new_id(), **({"If-Match": f'"{version}"'} if version else {})}
    sent = (method, path, headers, body)
    ledger.unanswered.append(sent)
    answer = client.request(method, path, json=body, headers=headers)
    assert answer.is_success, answer.text
    ledger.unanswered.remove(sent)
    told: dict[str, Any] = answer.json()
    if "state" in told:  # a call as it stands; an outcome has a version, too
        ledger.calls.setdefault(told["call_id"], []).append(told)
    ledger.acknowledged()
    return told


# -- looking afterwards


def _all_there(process: Process, ledger: Ledger) -> None:
    """Everything clients were told is so."""
    for call_id, answers in ledger.calls.items():
        now = process.client.get(f"/v1/calls/{call_id}").json()
        events = process.client.get(f"/v1/calls/{call_id}/history").json()["events"]
        assert [event["version"] for event in events] == list(range(1, now["version"] + 1))
        for told in answers:
            assert events[told["version"] - 1]["decision_id"] == told["decision_id"]
            assert told["logged"] == "stored"
            _in_the_log(process, told["decision_id"])
        if now["version"] == answers[-1]["version"]:
            assert now == answers[-1]
        if call_id in ledger.found:
            assert (events[-1]["kind"], events[-1]["found"]) == ("outcome", ledger.found[call_id])
    for decision_id in ledger.assessed:
        waited(partial(_stored, process, decision_id))


def _stored(process: Process, decision_id: str) -> bool:
    return bool(_in_the_log(process, decision_id) == "stored")


def _in_the_log(process: Process, decision_id: str) -> Any:
    answer = process.client.get(f"/v1/decisions/{decision_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["logged"]


def _retried(process: Process, ledger: Ledger) -> None:
    """A write that had no answer was done or was not; sent again, it is told, or still being found out."""
    for method, path, headers, body in ledger.unanswered:
        answer = process.client.request(method, path, json=body, headers=headers)
        done = answer.status_code in (200, 201)
        assert done or answer.status_code == CONFLICT, answer.text
        assert done or answer.json()["code"] == "in-progress"


def _nothing_by_halves(url: str) -> None:
    """State, history, log and kept answers tell the same story."""
    database = Database(url, 1)
    with database.reading() as connection:
        rows = {row.id: row for row in connection.execute(select(calls))}
        events = list(connection.execute(select(call_events).order_by(call_events.c.call_id, call_events.c.version)))
        logged = list(connection.execute(select(decisions.c.id, decisions.c.call_id)))
        found = {row.call_id for row in connection.execute(select(outcomes.c.call_id))}
        kept = list(connection.execute(select(repeats).where(repeats.c.status.is_not(None))))
    database.close()
    assert len(rows) > 10
    refs = [row.caller_ref for row in rows.values()]
    assert len(refs) == len(set(refs)), "a call was opened twice"
    by_call: dict[str, list[Any]] = {}
    for event in events:
        by_call.setdefault(event.call_id, []).append(event)
    assert by_call.keys() == rows.keys()
    for call_id, history in by_call.items():
        assert [event.version for event in history] == list(range(1, rows[call_id].version + 1))
        decided = [event.decision_id for event in history if event.kind != "outcome"]
        assert rows[call_id].decision_id == decided[-1]
        assert (rows[call_id].state == "closed") == any(event.kind == "closed" for event in history)
        assert (call_id in found) == any(event.kind == "outcome" for event in history)
    of_calls = {row.id for row in logged if row.call_id}
    assert of_calls == {event.decision_id for event in events}
    assert len(kept) == len(events), "an answer is kept for every write, and for nothing else"
