"""The same guarantees on SQLite and on a real PostgreSQL: migrations both ways, durable writes, nothing twice, nothing lost."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from api import journal as journal_
from api.bases import Base, Bases
from api.decisions import row_of
from api.ids import new_id, now
from api.journal import Journal, Spool
from api.metrics import Metrics
from api.retention import purge
from api.settings import Settings
from api.storage import calls as stored_calls
from api.storage.database import Database, DatabaseGoneError
from api.storage.tables import calls, decisions, metadata
from api.storage.upgrading import downgrade, revisions, upgrade
from tests.service.serving import Server, migrated, serve
from triage.expert import ExpertSystem

CALL = {"facts": {"complaint": "no_power"}, "caller_ref": "c-1"}


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """That database with our tables."""
    opened = Database(url, 4)
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def running(database: Database, tmp_path: Path, bases: Bases) -> Iterator[Server]:
    """A service on that database."""
    url = database.engine.url.render_as_string(hide_password=False)
    with serve(Settings(data=tmp_path, database=url, threads=1, database_threads=4), bases) as server:
        yield server


def test_migrations_make_the_tables_the_code_knows(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [change for change in compare_metadata(context, metadata) if _real(change)] == []
    assert revisions(database).current


def test_migrations_go_back_to_nothing_and_forth_again(database: Database) -> None:
    downgrade(database, "base")
    with database.reading() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    assert revisions(database).found is None
    upgrade(database)
    upgrade(database)
    assert revisions(database).current


def test_several_processes_may_upgrade_at_once(url: str) -> None:
    opened = [Database(url, 1) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, opened))
    assert all(revisions(one).current for one in opened)
    for one in opened:
        one.close()


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    row = row_of(_line())
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(decisions), [row, row])
    assert _count(database) == 0


def test_a_call_is_led_to_its_end(running: Server) -> None:
    call = running.post("/v1/calls", CALL, 201, Idempotency_Key="k")
    path = f"/v1/calls/{call['call_id']}"
    assert running.post("/v1/calls", CALL, 201, Idempotency_Key="k") == call
    told = running.send("PATCH", f"{path}/facts", {"facts": {"danger_signs": ["smoke"]}}, If_Match='"1"').json()
    running.send("PATCH", f"{path}/facts", {"facts": {}}, 412, If_Match='"1"')
    closed = running.post(f"{path}/close", {}, If_Match='"2"')
    assert closed["facts"] == told["facts"]
    running.post(f"{path}/outcome", {"found": {"fault": "meter"}}, 201)
    events = running.get(f"{path}/history")["events"]
    assert [(event["version"], event["kind"]) for event in events] == [(1, "opened"), (2, "facts"), (3, "closed"), (4, "outcome")]
    again = running.post("/v1/calls", CALL, 201)
    assert again["related"][0]["finished"] is True
    assert running.get(f"/v1/decisions/{closed['decision_id']}")["call_id"] == call["call_id"]


def test_two_processes_see_one_anothers_calls(running: Server, url: str, tmp_path: Path, bases: Bases) -> None:
    with serve(Settings(data=tmp_path / "other", database=url, threads=1, database_threads=2), bases) as other:
        path = running.send("POST", "/v1/calls", CALL, 201).headers["location"]
        assert other.get(path)["version"] == 1
        other.send("PATCH", f"{path}/facts", {"facts": {"scope": "home_only"}}, If_Match='"1"')
        running.send("PATCH", f"{path}/facts", {"facts": {"scope": "unknown"}}, 412, If_Match='"1"')
        assert running.get(path)["facts"]["scope"]["value"] == "home_only"


def test_any_text_a_caller_can_send_is_kept(running: Server) -> None:
    odd = "𠮷\u0000é\u202e'; DROP TABLE calls; --"
    path = running.send("POST", "/v1/calls", {**CALL, "fields": {"phenomenon": odd}}, 201).headers["location"]
    assert "DROP TABLE" in running.get(path)["fields"]["phenomenon"]


def test_what_is_old_is_forgotten_and_the_rest_kept(running: Server) -> None:
    database = running.service.database
    old, kept = (running.post("/v1/calls", CALL, 201)["call_id"] for _ in range(2))
    long_ago = now() - timedelta(days=400)
    with database.writing() as connection:
        connection.execute(calls.update().where(calls.c.id == old).values(changed_at=long_ago))
    assert dict(purge(database, now() - timedelta(days=365))) == {"outcomes": 0, "decisions": 0, "repeats": 0, "calls": 1}
    running.get(f"/v1/calls/{old}", 404)
    assert len(running.get(f"/v1/calls/{kept}/history")["events"]) == 1
    with database.reading() as connection:
        assert stored_calls.history(connection, old) == []


# -- the log


def test_records_reach_the_database_once(database: Database, tmp_path: Path) -> None:
    journal = Journal(Spool(tmp_path / "spool"), database, Metrics())
    lines = [_line() for _ in range(1_200)]
    for line in [*lines, *lines[:10]]:
        assert journal.record(line) == "spooled"
    assert journal.deliver() == 1_210
    assert journal.deliver() == 0
    assert _count(database) == 1_200


def test_a_long_wait_makes_several_files_not_a_large_one(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_, "LARGEST_BYTES", 2_000)
    journal = Journal(Spool(tmp_path / "spool"), database, Metrics())
    for _ in range(40):
        journal.record(_line())
    sizes = [path.stat().st_size for path in (tmp_path / "spool").glob("*.jsonl")]
    assert len(sizes) > 3
    assert max(sizes) < 2_000 + len(_line())
    assert journal.deliver() == 40
    assert _count(database) == 40


def test_several_processes_deliver_one_spool_without_losing_or_doubling(database: Database, tmp_path: Path) -> None:
    journals = [Journal(Spool(tmp_path / "spool"), database, Metrics()) for _ in range(4)]

    def work(journal: Journal) -> None:
        for _ in range(10):
            for _ in range(10):
                journal.record(_line())
            journal.deliver()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, journals))
    for journal in journals:
        journal.deliver()
    assert _count(database) == 400


def test_what_a_dead_process_left_is_delivered_but_not_its_last_torn_line(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / f"{new_id()}.jsonl").write_bytes(_line() + _line() + _line()[:50])
    assert Journal(Spool(folder), database, Metrics()).deliver() == 2
    assert _count(database) == 2
    assert list(folder.glob("*.jsonl")) == []


def test_a_record_the_database_does_not_take_is_put_aside(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    journal = Journal(Spool(folder), database, Metrics())
    for line in (b"{}\n", b"not json\n", _line()):
        journal.record(line)
    journal.deliver()
    assert _count(database) == 1
    assert (folder / "refused.txt").read_bytes().splitlines() == [b"{}", b"not json"]


def test_while_the_database_is_gone_records_wait(tmp_path: Path) -> None:
    (tmp_path / "not-a-folder").write_text("")
    gone = Database("postgresql://nobody@127.0.0.1:1/none", 1)
    journal = Journal(Spool(tmp_path / "spool"), gone, Metrics())
    lines = [_line() for _ in range(3)]
    for line in lines:
        journal.record(line)
    with pytest.raises(DatabaseGoneError):
        journal.deliver()
    wanted = re.search(rb'"decision_id":"([^"]+)"', lines[1])
    assert wanted
    assert journal.find(wanted[1].decode()) == lines[1]
    gone.close()
    back = Database(f"sqlite:///{tmp_path / 'back.db'}", 1)
    upgrade(back)
    assert Journal(Spool(tmp_path / "spool"), back, Metrics()).deliver() == 3
    assert _count(back) == 3
    back.close()


def test_a_full_disk_fails_the_record_not_the_call(settings: Settings, bases: Bases, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with serve(settings, bases) as server:
        monkeypatch.setattr(server.service.journal._spool, "append", full)
        answer = server.post("/v1/triage", {"facts": {"complaint": "no_power"}})
    assert (answer["logged"], answer["assessment"]["status"]) == ("failed", "needs_input")


def test_a_half_written_record_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(b"one\n")
    write, calls_made = os.write, []

    def half(descriptor: int, data: bytes) -> int:
        calls_made.append(data)
        if len(calls_made) > 1:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:2])

    with monkeypatch.context() as patch:
        patch.setattr("api.journal.os.write", half)
        with pytest.raises(OSError, match="No space"):
            spool.append(b"two\n")
    spool.append(b"three\n")
    spool.hand_over()
    files = (tmp_path / "spool").glob("*.jsonl")  # what comes after begins another one
    assert sorted(line for path in files for line in path.read_bytes().splitlines()) == [b"one", b"three"]


def test_without_a_log_nothing_is_recorded(settings: Settings, bases: Bases) -> None:
    with serve(replace(settings, decision_log=False), bases) as server:
        assert server.post("/v1/triage", {"facts": {}})["logged"] == "off"
        call = server.post("/v1/calls", CALL, 201)
        assert call["logged"] == "off"
        server.post(f"/v1/calls/{call['call_id']}/outcome", {"found": {"fault": "meter"}}, 201)
        server.get(f"/v1/decisions/{call['decision_id']}", 404)
    assert not settings.spool.exists()


def test_while_the_database_is_gone_calls_wait_and_assessments_go_on(tmp_path: Path, bases: Bases) -> None:
    ready = migrated(Settings(data=tmp_path, threads=1, database_threads=2))
    with serve(ready, bases) as server:
        server.get("/v1/knowledge")
    settings = replace(ready, database="postgresql://nobody@127.0.0.1:1/none")
    with serve(settings, bases) as server:
        answer = server.post("/v1/triage", {"facts": {"complaint": "no_power"}})
        assert answer["logged"] == "spooled"
        assert server.get(f"/v1/decisions/{answer['decision_id']}")["logged"] == "spooled"
        for method, path in (("POST", "/v1/calls"), ("GET", f"/v1/calls/{new_id()}")):
            refused = server.send(method, path, CALL if method == "POST" else None, 503)
            assert refused.json()["code"] == "database-gone"
            assert int(refused.headers["retry-after"]) > 0
        assert server.get("/readyz", 503)["checks"][-1]["fine"] is False
        server.get("/readyz?of=triage")
    with serve(ready, bases) as server:
        for _ in range(100):
            record = server.get(f"/v1/decisions/{answer['decision_id']}")
            if record["logged"] == "stored":
                break
        assert record["known"] == {"complaint": "no_power"}


def test_a_commit_outlives_a_power_cut_on_sqlite(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'kept.db'}", 1)
    with opened.reading() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    opened.close()


def test_a_call_goes_on_when_its_base_was_replaced(tmp_path: Path) -> None:
    folder = Path(__file__).parents[1] / "cli_knowledge" / "home"
    first = ExpertSystem.open(folder)
    fact = next(iter(first.knowledge.facts.values()))
    identity = replace(first.knowledge.identity, version="2")
    second = ExpertSystem(replace(first.knowledge, identity=identity))
    told = {"facts": {fact.id: next(iter(fact.values))}}
    settings = migrated(Settings(data=tmp_path, threads=1, database_threads=2))
    with serve(settings, Bases([Base(first)])) as server:
        path = server.send("POST", "/v1/calls", told, 201).headers["location"]
    with serve(settings, Bases([Base(second)])) as server:
        before = server.get(path)
        after = server.send("PATCH", f"{path}/facts", told, If_Match='"1"').json()
    assert after["facts"] == before["facts"]
    versions = [call["assessment"]["knowledge"]["version"] for call in (before, after)]
    assert versions == [first.knowledge.identity.version, "2"]
    with serve(settings, Bases([])) as server:
        assert server.get(path) == after
        assert server.send("PATCH", f"{path}/facts", told, 409, If_Match='"2"').json()["code"] == "knowledge-gone"


def _line() -> bytes:
    head = b'{"decision_id":"%b","at":"2026-01-31T20:15:00.000Z","call_id":null,"test_traffic":false,' % new_id().encode()
    knowledge = b'"knowledge":{"name":"power","version":"1","digest":"d"},"decision":{"fault":"meter"},"status":"decided"'
    return head + knowledge + b',"engines_agree":true}\n'


def _count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(decisions)) or 0)


def _real(change: Any) -> bool:
    return not (isinstance(change, tuple) and change[0] == "remove_table" and change[1].name == "alembic_version")
