"""Records and logs: what is written is read again, and what cannot be read is told while the rest is used."""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.logged_calls import START, interviews, record, written
from triage.assessment import KnowledgeName
from triage.errors import InputError
from triage.expert import ExpertSystem
from triage.logs import MOST_BROKEN, Log, LogError, write_parquet
from triage.records import Outcome, Record, Told, as_json, read_record

LAMP = ExpertSystem.open(Path(__file__).parent / "lamp_knowledge")
FULL = Record(
    decision_id="d1",
    at=datetime(2026, 1, 31, 20, 15, 0, 123456, tzinfo=timezone(timedelta(hours=8))),
    knowledge=KnowledgeName("lamp", "1.0.0", "abc"),
    known={"lamp": "dim", "voltage": "unknown"},
    status="decided",
    decision={"fault": "bulb_or_supply", "action": "send"},
    stop_reason="settled",
    call_id="c1",
    facts={"lamp": Told("dim", "caller"), "voltage": Told("above", "meter", START, 60.0)},
    options={"language": "zh", "region": None},
    systems=("meter",),
    no_answer={"voltage": ("meter",)},
    questions_asked=2,
    engines_agree=True,
    test_traffic=True,
    outcome=Outcome({"fault": "bulb"}, START, visited=True),
    more={"request_id": "r1", "said": ["keep-away"]},
)
LEAST = {
    "decision_id": "d1",
    "at": "2026-01-31T20:15:00+08:00",
    "knowledge": {"name": "lamp", "version": "1", "digest": "ab"},
    "known": {},
    "status": "needs_input",
    "decision": {},
}


def test_a_record_is_read_as_it_was_written() -> None:
    assert read_record(json.loads(json.dumps(as_json(FULL)))) == replace(FULL, at=FULL.at.astimezone(UTC))


def test_the_least_a_record_must_have() -> None:
    found = read_record(LEAST)
    assert found.at == datetime(2026, 1, 31, 12, 15, tzinfo=UTC)
    assert (found.facts, found.systems, found.outcome, found.test_traffic, found.questions_asked) == ({}, (), None, False, None)


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"at": None}, "", "`at` is missing"),
        ({"at": "2026-01-31T20:15:00"}, "/at", "with its time zone"),
        ({"known": {"a/b": 3}}, "/known/a~1b", "expected text"),
        ({"known": []}, "/known", "expected an object"),
        ({"status": "decide"}, "/status", "did you mean `decided`"),
        ({"knowledge": {"name": "lamp"}}, "/knowledge/version", "expected text"),
        ({"questions_asked": True}, "/questions_asked", "a whole number"),
        ({"systems": "meter"}, "/systems", "a list of texts"),
        ({"outcome": {"fault": 1}}, "/outcome/fault", "expected text"),
        ({"facts": {"lamp": {"value": "dim", "observed_at": "noon"}}}, "/facts/lamp/observed_at", "time zone"),
    ],
)
def test_what_is_wrong_with_a_record_is_told_with_its_place(change: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_record(LEAST | change)
    assert caught.value.path == path
    assert says in caught.value.render("en")
    assert caught.value.render("zh")


def test_an_outcome_that_is_null_was_not_looked_into() -> None:
    found = read_record(LEAST | {"outcome": {"fault": "bulb", "action": None, "at": "2026-02-01T08:00:00Z"}})
    assert found.outcome == Outcome({"fault": "bulb"}, datetime(2026, 2, 1, 8, 0, tzinfo=UTC))


def test_an_outcome_may_keep_what_was_found_in_a_place_of_its_own() -> None:
    found = read_record(LEAST | {"outcome": {"found": {"fault": "bulb", "action": None}, "visited": False}})
    assert found.outcome == Outcome({"fault": "bulb"}, visited=False)


# -- files


def _lines(*lines: str | bytes) -> bytes:
    return b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines)


def test_broken_lines_are_told_by_number_and_the_rest_is_used(tmp_path: Path) -> None:
    good, path = json.dumps(LEAST), tmp_path / "log"
    path.write_bytes(
        b"\xef\xbb\xbf" + _lines(good, "", "{", good[:-1] + ', "known": 1}', b"\xff\xfe", "[]", "x" * (1 << 20), good)
    )
    log = Log(path)
    assert [found.decision_id for found in log.records()] == ["d1", "d1"]
    assert [broken.number for broken in log.broken] == [3, 4, 5, 6, 7]
    assert "not JSON" in log.broken[0].text.en
    assert log.broken[1].text.en.startswith("/known: expected an object")
    assert "1048576" in log.broken[4].text.zh
    assert sum(batch.size for batch in log.batches()) == 2
    assert log.broken_count == 5  # of the last reading, not added up


def test_of_very_many_broken_lines_only_the_first_are_told_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"no\n" * 1000)
    log = Log(path)
    assert list(log.batches()) == []
    assert (len(log.broken), log.broken_count) == (MOST_BROKEN, 1000)


def test_an_archive_cut_short_gives_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    whole = gzip.compress(_lines(*[json.dumps(LEAST | {"decision_id": f"d{n}", "known": {f"x{n}": "y"}}) for n in range(5000)]))
    path.write_bytes(whole[: len(whole) // 2])
    log = Log(path)
    count = len(list(log.records()))
    assert 1000 < count < 5000
    assert "damaged" in log.broken[-1].text.en


def test_a_log_is_known_by_what_is_in_it_and_reads_the_same_in_every_format(tmp_path: Path) -> None:
    records = [FULL, *interviews(LAMP, 40, seed=1)]
    lines = written(records, tmp_path / "a.parquet")
    packed, columns = tmp_path / "b.txt", tmp_path / "c.jsonl"
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    assert write_parquet(records, columns, ["lamp", "switch"], ["fault"]) == len(records)  # others stand beside
    expected = [replace(found, at=found.at.astimezone(UTC)) for found in records]
    for path in (lines, packed, columns):
        log = Log(path)
        assert list(log.records()) == expected
        read = 0
        for batch in log.batches():
            for place in range(batch.size):
                one = expected[read + place]
                assert batch.told(batch.known, place) == dict(one.known)
                assert batch.told(batch.decision, place) == dict(one.decision)
                assert batch.told(batch.outcome, place) == (dict(one.outcome.found) if one.outcome else {})
                assert batch.questions[place] == one.questions_asked
                assert batch.test_traffic[place] == one.test_traffic
                texts = {"status": one.status, "systems": ",".join(one.systems), "knowledge.digest": one.knowledge.digest}
                for name, text in (texts | {"decision_id": one.decision_id}).items():
                    column = batch.text(name)
                    assert column.values[column.codes[place]] == text
            read += batch.size
        assert read == len(records)
        assert log.done == log.total


def test_rows_of_parquet_that_are_no_records_are_told(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "log.parquet"
    write_parquet([record(LAMP, number, {"lamp": "dim"}) for number in range(5)], path, ["lamp"], ["fault", "action"])
    table = parquet.read_table(path).to_pylist()
    table[1]["status"], table[3]["decision_id"] = "lost", None
    parquet.write_table(arrow.Table.from_pylist(table), path)
    log = Log(path)
    assert [found.decision_id for found in log.records()] == ["d00000", "d00002", "d00004"]
    assert [(broken.number, broken.text.en) for broken in log.broken] == [
        (4, "`decision_id` is missing"),
        (2, "the status `lost` is not known"),
    ]
    (batch,) = log.batches()
    assert batch.size == 3
    assert [batch.told(batch.known, place) for place in range(3)] == [{"lamp": "dim"}] * 3


def test_parquet_that_is_no_log_or_damaged_is_refused_in_a_sentence(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "log.parquet"
    parquet.write_table(arrow.table({"x": [1]}), path)
    with pytest.raises(LogError, match="no column `decision_id`"):
        list(Log(path).batches())
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(LogError, match="cannot be read"):
        Log(path)


def test_without_pyarrow_parquet_is_refused_and_lines_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1 and so on")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "triage.parquet", raising=False)
    monkeypatch.delattr("triage.parquet", raising=False)
    for use in (lambda: Log(path), lambda: write_parquet([], path, [], [])):
        with pytest.raises(LogError, match=r"run pip install pyarrow in the environment .* pip install '\.\[parquet\]'"):
            use()
    path.write_bytes(_lines(json.dumps(LEAST)))
    assert len(list(Log(path).records())) == 1


def test_a_log_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(LogError) as caught:
            Log(path)
        assert path.as_posix() in caught.value.render("zh")
