"""Records as Parquet. The only module that imports pyarrow, which only those need who use Parquet.

One row is one record. `known`, `decision` and `outcome` have a column of texts for each fact (`known.balance`, `decision.fault`,
`outcome.fault`), `knowledge` one for each part; `systems` are joined by commas. Facts without a column stand as JSON in `known`,
`decision`, `outcome`; `no_answer` is JSON, too, and everything else stands as JSON in `rest`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
from numpy.typing import NDArray
from pyarrow import parquet

from triage.batches import NONE, TEXTS, Batch, Coded, coded_by_name
from triage.errors import InputError
from triage.model import Text
from triage.records import STATUSES, Record, as_json, read_record

__all__ = ["DEMANDED", "UNREADABLE", "read_records", "read_rows", "rows_in", "write_rows"]

UNREADABLE: tuple[type[Exception], ...] = (arrow.ArrowException, OSError)
"""What is raised for a file that is damaged or is no Parquet file."""
ROWS = 65_536
"""Records in a batch."""

_TEXTS = ("decision_id", "call_id", "status", "stop_reason")
_PARTS = ("name", "version", "digest")
_MAPS = ("known", "decision", "outcome")
DEMANDED = ("decision_id", "at", "status", *(f"knowledge.{part}" for part in _PARTS))
"""Columns without which a row is no record."""
_NEEDED = (*TEXTS, "at", "test_traffic", "questions_asked")

Report = Callable[[int, Text], None]


def read_rows(path: Path, report: Report) -> Iterator[Batch]:
    """All rows that can be used, in batches; columns that say nothing to replay or report are not read.

    Args:
        report: Told of each row that cannot: its number, from 1, and why.

    Raises:
        InputError: It is no log: columns are missing.
    """
    with parquet.ParquetFile(path) as file:
        wanted = [name for name in _columns(file) if name in _NEEDED or name.partition(".")[0] in _MAPS]
        first = 1
        for rows in file.iter_batches(ROWS, columns=wanted):
            usable = _usable(rows, first, report)
            first += rows.num_rows
            yield _batch(rows if usable.all() else rows.filter(usable))


def read_records(path: Path, report: Report) -> Iterator[Record]:
    """The same one by one, whole."""
    with parquet.ParquetFile(path) as file:
        _columns(file)
        first = 1
        for rows in file.iter_batches(ROWS // 16):
            yield from map(_record_of, rows.filter(_usable(rows, first, report)).to_pylist())
            first += rows.num_rows


def rows_in(path: Path) -> int:
    """How many rows a file has."""
    return int(parquet.read_metadata(path).num_rows)


def write_rows(records: Iterable[Record], path: Path, facts: Sequence[str], inferred: Sequence[str]) -> int:
    """Write records, row group by row group; how many they were. See `triage.logs.write_parquet`."""
    schema = _schema(facts, inferred)
    left, count = iter(records), 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while chunk := list(islice(left, ROWS)):
            writer.write_table(arrow.Table.from_pylist([_row(record, facts, inferred) for record in chunk], schema))
            count += len(chunk)
    return count


# -- writing


def _schema(facts: Sequence[str], inferred: Sequence[str]) -> Any:
    text, few, when = arrow.string(), arrow.dictionary(arrow.int32(), arrow.string()), arrow.timestamp("us", tz="UTC")
    columns = {"decision_id": text, "call_id": text, "at": when, "test_traffic": arrow.bool_()}
    columns |= dict.fromkeys((f"knowledge.{part}" for part in _PARTS), few)
    columns |= {"status": few, "stop_reason": few, "systems": few}
    columns |= {"questions_asked": arrow.int32(), "engines_agree": arrow.bool_()}
    columns |= {"outcome_at": when, "outcome_visited": arrow.bool_()}
    columns |= dict.fromkeys((f"known.{name}" for name in facts), few)
    columns |= dict.fromkeys((f"{part}.{name}" for part in ("decision", "outcome") for name in inferred), few)
    return arrow.schema([*columns.items(), *((name, text) for name in (*_MAPS, "no_answer", "rest"))])


def _row(record: Record, facts: Sequence[str], inferred: Sequence[str]) -> dict[str, Any]:
    """A record by column."""
    rest = as_json(record)
    row: dict[str, Any] = {name: rest.pop(name) for name in (*_TEXTS, "test_traffic", "questions_asked", "engines_agree")}
    del rest["at"]
    row["at"] = record.at
    row |= {f"knowledge.{part}": value for part, value in rest.pop("knowledge").items()}
    row["systems"] = ",".join(rest.pop("systems"))
    if record.outcome:
        row["outcome_at"], row["outcome_visited"] = record.outcome.at, record.outcome.visited
        rest["outcome"] = dict(record.outcome.found)
    for part, names in zip(_MAPS, (facts, inferred, inferred), strict=True):
        told = rest.pop(part, {})
        row |= {f"{part}.{name}": told.pop(name) for name in names if name in told}
        row[part] = _json_or_nothing(told)
    row["no_answer"] = _json_or_nothing(rest.pop("no_answer"))
    row["rest"] = _json_or_nothing({name: value for name, value in rest.items() if value != {}})
    return row


def _json_or_nothing(told: Mapping[str, Any]) -> str | None:
    return json.dumps(told, ensure_ascii=False) if told else None


# -- reading


def _record_of(row: Mapping[str, Any]) -> Record:
    """A record from its columns: the other way round."""
    told = {name: value for name, value in row.items() if value is not None}
    data = _object(told.pop("rest", "{}"), "rest")
    data |= {name: told[name] for name in (*_TEXTS, "at", "test_traffic", "questions_asked", "engines_agree") if name in told}
    data["no_answer"] = _object(told.get("no_answer", "{}"), "no_answer")
    data["systems"] = [system for system in told.get("systems", "").split(",") if system]
    data["knowledge"] = {part: told.get(f"knowledge.{part}") for part in _PARTS}
    for part in _MAPS:
        start = f"{part}."
        columns = {name.removeprefix(start): value for name, value in told.items() if name.startswith(start)}
        data[part] = _object(told.get(part, "{}"), part) | columns
    data["outcome"] |= {name: told[f"outcome_{name}"] for name in ("at", "visited") if f"outcome_{name}" in told}
    if not data["outcome"]:
        del data["outcome"]
    return read_record(data)


def _object(text: str, column: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError("not-json", "", Text(f"列 `{column}` 里应为 JSON 对象", f"column `{column}` should hold JSON objects"))
    return found


def _columns(file: Any) -> list[str]:
    """The columns of a log.

    Raises:
        InputError: It is none.
    """
    found: list[str] = file.schema_arrow.names
    missing = [name for name in DEMANDED if name not in found]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        text = Text(f"缺少列 {names}，不是决策日志", f"not a log of decisions: no column {names}")
        raise InputError("missing-column", "", text)
    return found


def _batch(rows: Any) -> Batch:
    size, names = rows.num_rows, rows.schema.names
    questions = rows["questions_asked"].fill_null(NONE) if "questions_asked" in names else [NONE] * size
    return Batch(
        size=size,
        text=lambda name: _coded(rows[name]) if name in names else Coded((), np.full(size, NONE, np.int32)),
        at=np.asarray(rows["at"]).astype("datetime64[us]").astype(np.int64),
        test_traffic=np.asarray(rows["test_traffic"].fill_null(False)) if "test_traffic" in names else np.zeros(size, np.bool_),
        questions=np.asarray(questions, np.int32),
        known=_told(rows, "known"),
        decision=_told(rows, "decision"),
        outcome=_told(rows, "outcome"),
    )


def _usable(rows: Any, first: int, report: Report) -> NDArray[np.bool_]:
    """Which rows have all that is demanded; the others are told."""
    usable = np.ones(rows.num_rows, np.bool_)
    for name in DEMANDED:
        told = np.asarray(rows[name].is_valid())
        for place in np.flatnonzero(usable & ~told):
            report(first + int(place), Text(f"缺少 `{name}`", f"`{name}` is missing"))
        usable &= told
    status = _coded(rows["status"])
    known = np.isin(status.codes, [place for place, value in enumerate(status.values) if value in STATUSES])
    for place in np.flatnonzero(usable & ~known):
        value = status.values[status.codes[place]]
        report(first + int(place), Text(f"不认识状态 `{value}`", f"the status `{value}` is not known"))
    usable &= known
    return usable


def _told(rows: Any, part: str) -> dict[str, Coded]:
    """By fact the column of what was told; facts without a column come from the JSON beside."""
    start = f"{part}."
    found = {name.removeprefix(start): _coded(rows[name]) for name in rows.schema.names if name.startswith(start)}
    if part in rows.schema.names and rows[part].null_count < rows.num_rows:
        found |= coded_by_name([_object(text, part) if text else {} for text in rows[part].to_pylist()])
    return found


def _coded(column: Any) -> Coded:
    if not hasattr(column, "dictionary"):
        column = column.cast("string").dictionary_encode()
    return Coded(tuple(column.dictionary.to_pylist()), np.asarray(column.indices.fill_null(NONE)).astype(np.int32))
