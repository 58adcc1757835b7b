"""The decision log as it leaves the service: records with what was found on the spot, as `triage replay` and `triage report` read
them.

Read a page at a time, each in a short transaction, so that an export of any length holds nothing up. What was masked when it was
recorded stays masked: nothing is added here but outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from api.ids import stamp
from api.storage import decisions as stored
from api.storage import log
from api.storage.database import Database
from api.storage.log import Selection
from triage.logs import write_parquet
from triage.records import Record, read_record

__all__ = ["PAGE", "lines", "page", "to_parquet"]

PAGE = 500
"""Records read at once."""
LOOKED_AT = 10_000
"""Records looked at to see which facts get columns of their own in Parquet; the others stand as JSON beside."""


def page(database: Database, wanted: Selection, after: str) -> tuple[bytes, str, int]:
    """Some records as JSON Lines; the id to go on after; how many there are: fewer than `PAGE` at the end.

    Raises:
        DatabaseGoneError: They cannot be read.
    """
    with database.reading() as connection:
        found = log.oldest(connection, wanted, after, PAGE)
        outcomes = stored.outcomes_of(connection, [decision_id for decision_id, _ in found])
    text = b"".join(_with_outcome(record.encode(), outcomes.get(decision_id)) for decision_id, record in found)
    return text, (found[-1][0] if found else after), len(found)


def lines(database: Database, wanted: Selection) -> Iterator[bytes]:
    """All records, some lines at a time.

    Raises:
        DatabaseGoneError: They cannot be read.
    """
    after, count = "", PAGE
    while count == PAGE:
        text, after, count = page(database, wanted, after)
        yield text


def to_parquet(database: Database, wanted: Selection, path: Path) -> int:
    """All records as a Parquet file; how many they are.

    Raises:
        DatabaseGoneError: They cannot be read.
        LogError: `pyarrow` is not installed, or the file cannot be written.
    """
    facts, inferred = set[str](), set[str]()
    for record in islice(_records(database, wanted), LOOKED_AT):
        facts.update(record.known)
        inferred.update(record.decision)
    return write_parquet(_records(database, wanted), path, sorted(facts), sorted(inferred))


def _records(database: Database, wanted: Selection) -> Iterator[Record]:
    for some in lines(database, wanted):
        yield from (read_record(orjson.loads(line)) for line in some.splitlines())


def _with_outcome(record: bytes, outcome: Mapping[str, Any] | None) -> bytes:
    if outcome is None:
        return record + b"\n"
    told = {"at": stamp(outcome["at"]), "visited": outcome["visited"], "found": outcome["found"]}
    return b'%b,"outcome":%b}\n' % (record.rstrip()[:-1], orjson.dumps(told))
