"""Logs to measure with: decisions of interviews led by the product, drawn again and again until there are enough."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.calls import load_base
from benchmarks.settings import Settings
from tests.logged_calls import START, interviews
from triage.expert import ExpertSystem
from triage.logs import write_json_lines, write_parquet

__all__ = ["large_log", "lines_log"]

INTERVIEWS = 400
ROW_GROUP = 65_536


def large_log(settings: Settings, size: int, path: Path) -> None:
    """Writes so many decisions as Parquet, a row group at a time."""
    import pyarrow as arrow  # noqa: PLC0415 - it comes with the development tools only
    from pyarrow import parquet  # noqa: PLC0415

    knowledge = load_base(settings.base)
    records = list(interviews(ExpertSystem(knowledge), settings.sized(INTERVIEWS, 3), settings.seed))
    write_parquet(records, path, list(knowledge.facts), list(knowledge.inferred))
    drawn_from, rng = parquet.read_table(path), np.random.default_rng(settings.seed)
    with parquet.ParquetWriter(path, drawn_from.schema, compression="zstd") as writer:
        for start in range(0, size, ROW_GROUP):
            number = min(ROW_GROUP, size - start)
            table = drawn_from.take(arrow.array(rng.integers(0, len(records), number)))
            for name, values in (
                ("decision_id", [f"d{start + place:09}" for place in range(number)]),
                ("call_id", [None] * number),
                ("at", [START + timedelta(seconds=start + place) for place in range(number)]),
            ):
                where = table.schema.get_field_index(name)
                table = table.set_column(where, name, arrow.array(values, table.schema.field(name).type))
            writer.write_table(table)


def lines_log(settings: Settings, size: int, path: Path) -> None:
    """Writes so many decisions as JSON Lines."""
    system = ExpertSystem(load_base(settings.base))
    records = list(interviews(system, settings.sized(INTERVIEWS, 3), settings.seed))
    rng = Random(settings.seed)
    with path.open("wb") as file:
        write_json_lines((rng.choice(records) for _ in range(size)), file)
