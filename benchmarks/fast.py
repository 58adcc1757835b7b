"""The fast path beside the specification: evaluation by bits call by call, and many calls at once on columns.

Both are shown to say what the specification says on the calls that are timed, before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.calls import Drawing, describe, draw_uniform, load_base, weighted
from benchmarks.logs import large_log
from benchmarks.measuring import in_fresh_process, in_turn, ratio, watched
from benchmarks.report import Cell, Section, Table, Target
from benchmarks.settings import Settings
from tests.random_bases import random_base
from triage.bits import Quick
from triage.columns import Columns, indices
from triage.evaluation import evaluate
from triage.model import UNKNOWN, KnowledgeBase

__all__ = ["run"]

SIZES = (120, 480, 1920)
"""Clauses of the synthetic chained bases: 35 facts, 12 inferred facts in three strata, so that they differ in clauses alone."""
FACTS, INFERRED = 35, 12
CALLS = 300
ROUNDS = 5
MOST_GROWTH = 2.0
LOGGED = 1_000_000
MOST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds a call by what was timed, one figure for each round."""

    name: str
    knowledge: KnowledgeBase
    told: float
    of: Mapping[str, Sequence[float]]

    def microseconds(self, what: str) -> float:
        return median(self.of[what]) * 1e6

    def quicker(self, what: str) -> float:
        """How many times quicker than the specification."""
        return ratio(self.of["specification"], self.of[what])


def run(settings: Settings) -> Section:
    """Times of evaluation and its fast path; columns from Parquet in fresh processes."""
    knowledge = load_base(settings.base)
    bases = [
        *((f"{settings.base}, {name}", knowledge, draw) for name, draw in _drawings(knowledge).items()),
        *((f"{size} clauses", base := _synthetic(size, settings), draw_uniform(base)) for size in _sizes(settings)),
    ]
    timed = [_timed(name, base, draw, settings) for name, base, draw in watched(bases, "fast", len(bases))]
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log.parquet"
        large_log(settings, settings.sized(LOGGED, 500), log)
        runs = [
            in_fresh_process("columns", base=settings.base, log=str(log)) for _ in watched(range(settings.sized(3, 1)), "columns")
        ]
    return Section(
        "fast",
        "The fast path: evaluation by bits, and on columns",
        (
            "Specification: `triage.evaluation.evaluate`, gates and all. By bits: `triage.bits.Quick` on the same facts. Values:"
            " what the rules conclude; fired: with the winning clauses; verdict: with the pre-empted ones too, each inferred fact"
            " remembering what some sets of matching clauses come to, as in the product.",
            "Bits and columns are first shown to say what the specification says of every call timed. All are timed in turn,"
            f" every call in each turn, {ROUNDS} rounds, the median taken; ratios are medians of ratios within a round.",
            f"Synthetic bases: {FACTS} facts, {INFERRED} inferred facts in three strata, rules that read neighbouring facts. More"
            " clauses also mean more of them matching, which a verdict has to name.",
            "Columns: a Parquet log of decisions, met in interviews led by the product and drawn again and again; from the open"
            " file to the values of every inferred fact and the impossible calls, in a fresh process with the base loaded.",
        ),
        {"seed": settings.seed, **describe(settings.base, knowledge)},
        (_table(timed), _columns_table(runs)),
        _targets(timed, runs),
    )


def _drawings(knowledge: KnowledgeBase) -> dict[str, Drawing]:
    return {"author's weights": weighted(knowledge), "uniform": draw_uniform(knowledge)}


def _sizes(settings: Settings) -> Sequence[int]:
    return SIZES[:1] if settings.tiny else SIZES


def _synthetic(clauses: int, settings: Settings) -> KnowledgeBase:
    gates, impossible = FACTS // 5, FACTS // 10
    return random_base(
        settings.seed, facts=FACTS, inferred=INFERRED, clauses=clauses, local=True, gates=gates, impossible=impossible
    )


def _timed(name: str, knowledge: KnowledgeBase, draw: Drawing, settings: Settings) -> Timed:
    rng = Random(f"{settings.seed} {name}")
    quick = Quick(knowledge)
    calls = [_told(quick, draw(rng)) for _ in range(settings.sized(CALLS, 3))]
    _agree(knowledge, quick, calls)
    tasks: dict[str, Callable[[Mapping[str, str]], object]] = {
        "specification": partial(evaluate, knowledge),
        "values": quick.values,
        "fired": quick.fired,
        "verdict": quick.verdict,
    }
    rounds = [
        in_turn({what: partial(_all, task, calls) for what, task in tasks.items()}, 1) for _ in range(settings.sized(ROUNDS, 1))
    ]
    seconds = {what: [found[what] / len(calls) for found in rounds] for what in tasks}
    return Timed(name, knowledge, sum(map(len, calls)) / len(calls), seconds)


def _told(quick: Quick, call: Mapping[str, str]) -> dict[str, str]:
    """What of a call would be told: facts whose gates hold, without `unknown`."""
    return {name: value for name, value in quick.counted(call).items() if value != UNKNOWN}


def _agree(knowledge: KnowledgeBase, quick: Quick, calls: Sequence[Mapping[str, str]]) -> None:
    """The fast paths say what the specification says.

    Raises:
        ValueError: They do not.
    """
    columns = Columns(knowledge).conclude(indices(knowledge, calls), len(calls))
    by_column = {name: columns.values(name).tolist() for name in knowledge.inferred}
    for place, call in enumerate(calls):
        meant = evaluate(knowledge, call)
        values = {name: list(inferred.values)[by_column[name][place]] for name, inferred in knowledge.inferred.items()}
        if quick.verdict(call) != meant or any(meant[name] != value for name, value in values.items()):
            raise ValueError(f"the fast path differs from the specification on {call}")


def _all(task: Callable[[Mapping[str, str]], object], calls: Sequence[Mapping[str, str]]) -> None:
    for call in calls:
        task(call)


# -- telling


def _table(timed: Sequence[Timed]) -> Table:
    rows: list[Sequence[Cell]] = []
    for found in timed:
        clauses = sum(map(len, found.knowledge.clauses.values()))
        times = [found.microseconds(what) for what in found.of]
        quicker = [found.quicker(what) for what in ("fired", "verdict")]
        rows.append((found.name, clauses, found.told, *times, *quicker))
    columns = (
        "base and calls",
        "clauses",
        "told",
        "specification us",
        "values us",
        "fired us",
        "verdict us",
    )
    note = "Quicker: how many times less than the specification."
    return Table("One call", (*columns, "fired quicker", "verdict quicker"), rows, note)


def _columns_table(runs: Sequence[Mapping[str, float]]) -> Table:
    rows: list[Sequence[Cell]] = [
        (
            int(runs[0]["calls"]),
            *(median(run[what] for run in runs) for what in ("seconds", "concluding", "processor")),
            median(run["calls"] / run["seconds"] for run in runs),
            runs[0]["loaded"],
            max(run["megabytes"] for run in runs),
        )
    ]
    columns = ("logged calls", "seconds", "of these concluding", "processor s", "calls a second", "MB before", "MB at most")
    return Table("Many calls, from Parquet", columns, rows)


def _targets(timed: Sequence[Timed], runs: Sequence[Mapping[str, float]]) -> list[Target]:
    synthetic = [one for one in timed if one.name.endswith(" clauses")]
    growth = {what: ratio(synthetic[-1].of[what], synthetic[0].of[what]) for what in ("values", "fired")}
    seconds = median(run["seconds"] for run in runs)
    return [
        *(
            Target(
                f"{what}, {SIZES[0]} to {SIZES[-1]:,} clauses",
                f"at most {MOST_GROWTH:.0f} times slower",
                f"{times:.2f} times",
                times <= MOST_GROWTH,
            )
            for what, times in growth.items()
        ),
        Target(
            f"{LOGGED:,} logged calls from Parquet", f"at most {MOST_SECONDS:.0f} s", f"{seconds:.2f} s", seconds <= MOST_SECONDS
        ),
    ]
