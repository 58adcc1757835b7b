"""Replay of a log against another base: decisions a second from lines and from Parquet, and the memory it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.calls import describe, load_base
from benchmarks.logs import large_log, lines_log
from benchmarks.measuring import in_fresh_process, watched
from benchmarks.report import Cell, Section, Table, Target
from benchmarks.settings import Settings

__all__ = ["run"]

LINES, ROWS = 100_000, 1_000_000
RATE = 20_000


def run(settings: Settings) -> Section:
    """Replays logs of decisions in fresh processes, each with and without the old base beside."""
    knowledge = load_base(settings.base)
    repeats = settings.sized(3, 1)
    runs: dict[tuple[str, bool], list[Mapping[str, float]]] = {}
    with TemporaryDirectory() as folder:
        logs = {"JSON Lines": Path(folder) / "log.jsonl", "Parquet": Path(folder) / "log.parquet"}
        lines_log(settings, settings.sized(LINES, 200), logs["JSON Lines"])
        large_log(settings, settings.sized(ROWS, 500), logs["Parquet"])
        jobs = [(form, old) for _ in range(repeats) for form in logs for old in (False, True)]
        for form, old in watched(jobs, "replay", len(jobs)):
            found = in_fresh_process("replayed", base=settings.base, log=str(logs[form]), old=old)
            runs.setdefault((form, old), []).append(found)
    return Section(
        "replay",
        "Replay of logged decisions",
        (
            "Logs: the decisions of interviews led by the product, callers drawn from the author's weights, drawn again and"
            " again; decisions of calls that still needed input are replayed, too.",
            "The other base is the same without one rule in ten. Replay compares every entry of the decision card, says where a"
            " call would not be settled any more (exactly, by the diagrams) and keeps examples; with the old base also whether"
            " the log is what it says.",
            f"Fresh processes, in turn, {repeats} of each, the median taken; from opening the log to the result.",
        ),
        {"seed": settings.seed, **describe(settings.base, knowledge)},
        (_table(runs),),
        _targets(runs),
    )


def _table(runs: Mapping[tuple[str, bool], Sequence[Mapping[str, float]]]) -> Table:
    rows: list[Sequence[Cell]] = []
    for (form, old), found in runs.items():
        figures = (median(run[what] for run in found) for what in ("seconds", "processor"))
        share = found[0]["changed"] / found[0]["decisions"]
        most = max(run["megabytes"] for run in found)
        rows.append(
            (form, "yes" if old else "no", int(found[0]["decisions"]), *figures, _rate(found), share, found[0]["loaded"], most)
        )
    columns = (
        "log",
        "old base",
        "decisions",
        "seconds",
        "processor s",
        "decisions a second",
        "changed",
        "MB before",
        "MB at most",
    )
    return Table("Replay", columns, rows)


def _rate(found: Sequence[Mapping[str, float]]) -> float:
    return median(run["decisions"] / run["seconds"] for run in found)


def _targets(runs: Mapping[tuple[str, bool], Sequence[Mapping[str, float]]]) -> list[Target]:
    least = min(_rate(found) for found in runs.values())
    return [Target("decisions replayed a second, slowest log", f"at least {RATE:,}", f"{least:,.0f}", least >= RATE)]
