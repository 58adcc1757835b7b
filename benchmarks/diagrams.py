"""Decision diagrams of our own against libraries: the same job on the same bases, results compared before anything is timed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from random import Random
from statistics import median
from time import perf_counter
from types import FrameType

from benchmarks.calls import describe, draw_uniform, interview, load_base, weighted
from benchmarks.contestants import Contestant, Left, available
from benchmarks.measuring import in_fresh_process, in_turn, percentile, ratio, watched
from benchmarks.report import Cell, Section, Table
from benchmarks.settings import Settings
from triage.compilation import NODE_BUDGET, Compiled, TooLargeError, compile_knowledge
from triage.expert import ExpertSystem
from triage.model import KnowledgeBase
from triage.ordering import orders

__all__ = ["run"]

PATIENCE = 10.0
"""Seconds a library may take to compile a base before it is left out there."""

GROWING = ("random:1:20:60", "random:2:30:60", "random:1:30:90", "random:2:40:120", "random:1:24:60:wild")
"""Random bases beside the one named: structured ones of growing size, then one whose rules read any facts together."""


@dataclass(frozen=True, slots=True)
class Built:
    """A base compiled with one library: the result and how long it took."""

    contestant: Contestant
    seconds: float


def run(settings: Settings) -> Section:
    """Build, nodes, memory, steps."""
    bases = (settings.base, *GROWING[: settings.sized(len(GROWING), 0)])
    tables: list[Table] = [_packages()]
    for name in watched(bases, "diagrams", len(bases)):
        tables += _compare(name, settings)
    return Section(
        "diagrams",
        "Diagrams: our own structure against libraries",
        (
            "The job: every inferred fact over the observable facts, gates folded in; the joint outcome with impossible"
            " combinations; then for situations of interviews: restrict to what is known, facts still relevant, outcomes left.",
            "Libraries know booleans only: log-encoded values, all in the same order of facts. `each`: one diagram per joint"
            " outcome; `relation`: one diagram whose last variables are the targets' values; `sifted`: then reordered by CUDD.",
            "`visit` restricts, then visits every node from Python: what weighing outcomes by the author's weights needs.",
            "Outcomes and facts left are compared with ours in half of the situations before anything is timed, in the other half"
            " while it is; a difference ends the run. All contestants do each thing in turn.",
            "Build: median of several builds. Step: each situation timed the first time it is met (`step`) and again afterwards"
            " (`again`, median of rounds): libraries keep results of operations, ours does not. Median and 90th percentile over"
            " situations; `x ours` is the median of the ratios within a situation. Visit: again, too.",
            "Memory: growth of the peak of a fresh process by compiling and one step, what loading has freed being used first;"
            " for libraries this depends on the tables"
            " they are given (oxidd: 4 M nodes, 256 k cache entries; dd: its defaults).",
        ),
        {"seed": settings.seed},
        tables,
    )


# -- one base


def _compare(name: str, settings: Settings) -> list[Table]:
    knowledge = load_base(name)
    size = describe(name, knowledge)
    title = f"{size['base']}: {size['facts']} facts, {size['clauses']} clauses, {len(knowledge.targets)} targets"
    order = _order(knowledge)
    built = dict(_build_all(knowledge, order, settings.sized(5, 1)))
    met = _situations(knowledge, order, settings)
    half = len(met) // 2
    _check(built, met[:half])
    situations = met[half:]
    first = _first_times(built, situations)
    steps = _times(built, situations, settings, "step")
    visits = _times(built, situations, settings, "visit")
    rows = [
        (
            contestant,
            found.seconds * 1e3,
            found.seconds / built["ours"].seconds,
            found.contestant.nodes(),
            found.contestant.outcome_nodes(),
            _megabytes(name, contestant, order, settings),
            median(first[contestant]) * 1e3,
            percentile(first[contestant], 0.9) * 1e3,
            ratio(first[contestant], first["ours"]),
            median(steps[contestant]) * 1e3,
            ratio(steps[contestant], steps["ours"]),
            median(visits[contestant]) * 1e3,
            ratio(visits[contestant], visits["ours"]),
        )
        for contestant, found in built.items()
    ]
    columns = (
        "",
        "build ms",
        "x ours",
        "nodes",
        "outcome",
        "MB",
        "step ms",
        "p90",
        "x ours",
        "again ms",
        "x ours",
        "visit ms",
        "x ours",
    )
    missing = sorted(available().keys() - built.keys())
    note = f"{len(situations)} situations."
    if missing:
        note += f" Left out after {PATIENCE:.0f} s of building: {', '.join(missing)}."
    return [Table(title, columns, rows, note)]


def _megabytes(base: str, contestant: str, order: Sequence[str], settings: Settings) -> float | None:
    """What compiling with a library adds to a process."""
    if settings.tiny and contestant != "ours":
        return None
    return float(in_fresh_process("compiled", base=base, contestant=contestant, order=list(order))["megabytes"])


def _order(knowledge: KnowledgeBase) -> tuple[str, ...]:
    """The order the product takes; its first where the base is too large for it."""
    try:
        return compile_knowledge(knowledge).order
    except TooLargeError:
        return next(orders(knowledge))


def _build_all(knowledge: KnowledgeBase, order: Sequence[str], rounds: int) -> Iterator[tuple[str, Built]]:
    """Every contestant that is done in time; built again in further rounds while that takes little."""
    times: dict[str, list[float]] = {}
    made: dict[str, Contestant] = {}
    for turn in range(rounds):
        for name, make in available().items():
            if turn and (name not in made or times[name][0] > PATIENCE / 30):
                continue
            began = perf_counter()
            try:
                with _at_most(PATIENCE):
                    made[name] = make(knowledge, order)
            except TimeoutError:
                continue
            times.setdefault(name, []).append(perf_counter() - began)
    for name, contestant in made.items():
        yield name, Built(contestant, median(times[name]))


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _situations(knowledge: KnowledgeBase, order: Sequence[str], settings: Settings) -> list[Mapping[str, str]]:
    """What is known at moments of interviews: led by the product where it can hold the base, else in the order of the facts."""
    rng = Random(settings.seed)
    number = settings.sized(60, 3)
    try:
        Compiled(knowledge, order, NODE_BUDGET)
    except TooLargeError:
        draw = draw_uniform(knowledge)
        calls = [draw(rng) for _ in range(number)]
        return [{fact: call[fact] for fact in order[: rng.randint(0, len(order))]} for call in calls]
    system = ExpertSystem(knowledge)
    draw = weighted(knowledge)
    found = {tuple(s.known.items()): s.known for _ in range(number) for s in interview(system, draw(rng), ())}
    return rng.sample(list(found.values()), min(len(found), settings.sized(200, 6)))


def _check(built: Mapping[str, Built], situations: Sequence[Mapping[str, str]]) -> None:
    """Every contestant finds what ours finds."""
    for known in situations:
        _compare_left({name: found.contestant.step(known) for name, found in built.items()}, known)


def _compare_left(left: Mapping[str, Left], known: Mapping[str, str]) -> None:
    for name, found in left.items():
        if found != left["ours"]:
            raise AssertionError(f"{name} finds something else than ours where {dict(known)} is known")


def _first_times(built: Mapping[str, Built], situations: Sequence[Mapping[str, str]]) -> dict[str, list[float]]:
    """Seconds of the first step in each situation, by contestant, all in turn; what they find is compared as well."""
    times: dict[str, list[float]] = {name: [] for name in built}
    names = list(built)
    for turn, known in enumerate(situations):
        start, found = turn % len(names), {}
        for name in names[start:] + names[:start]:
            began = perf_counter()
            found[name] = built[name].contestant.step(known)
            times[name].append(perf_counter() - began)
        _compare_left(found, known)
    return times


def _times(
    built: Mapping[str, Built], situations: Sequence[Mapping[str, str]], settings: Settings, what: str
) -> dict[str, list[float]]:
    """Seconds by contestant, one for each situation."""
    times: dict[str, list[float]] = {name: [] for name in built}
    for known in situations:
        tasks = {name: _task(found.contestant, what, known) for name, found in built.items()}
        for name, seconds in in_turn(tasks, settings.sized(3, 1)).items():
            times[name].append(seconds)
    return times


def _task(contestant: Contestant, what: str, known: Mapping[str, str]) -> Callable[[], object]:
    return lambda: contestant.step(known) if what == "step" else contestant.visit(known)


# -- the packages


def _packages() -> Table:
    rows: list[Sequence[Cell]] = [("triage.diagrams", "–", "one module", "none", "ours")]
    for name in ("dd", "oxidd"):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        installed = sum(file.size or 0 for file in found.files or ()) / 1e6
        needs = [need for need in found.requires or () if "extra ==" not in need]
        licences = found.metadata.get_all("Classifier") or []
        licence = ", ".join(line.split(" :: ")[-1] for line in licences if line.startswith("License"))
        rows.append((name, found.version, f"{installed:.1f} MB installed", ", ".join(needs) or "none", licence))
    return Table("Packages", ("package", "version", "size", "needs", "licence"), rows)
