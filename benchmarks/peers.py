"""Ours beside what a user would take instead: the same bases, the same calls, the same conclusions, timed in turn.

Conclusions only: how long whole requests take is measured where requests are served.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice, pairwise
from random import Random
from statistics import median
from time import perf_counter

from benchmarks.calls import Drawing, describe, draw_uniform, interview, load_base, next_of, weighted
from benchmarks.contenders import CONTENDERS, Contender, Entry, NotInstalledError, Told, difference
from benchmarks.contenders.json_rules import JsonRules
from benchmarks.contenders.ours import opened
from benchmarks.measuring import percentile, watched
from benchmarks.report import Cell, Chart, Section, Table, Target
from benchmarks.settings import Settings
from triage.bits import Quick
from triage.call import Call, Options
from triage.evaluation import evaluate
from triage.expert import ExpertSystem
from triage.model import UNKNOWN, KnowledgeBase

__all__ = ["DisagreementError", "run"]

GROWN = {"{} ×2": "copies:2:{}", "{} ×4": "copies:4:{}"}
"""The base named, grown as bases grow: by more matters."""
SYNTHETIC = {
    "120 rules": "random:{}:35:120:12",
    "120 unstructured": "random:{}:35:120:12:wild",
    "480 rules": "random:{}:35:480:12",
    "480 unstructured": "random:{}:35:480:12:wild",
    "1,920 rules": "random:{}:35:1920:12",
    "1,920 unstructured": "random:{}:35:1920:12:wild",
    "140 facts, 480 rules": "random:{}:140:480:12",
    "140 facts, 480 unstructured": "random:{}:140:480:12:wild",
}
"""Seeded bases: 35 facts where nothing else is said, 12 inferred facts in three strata, so that they differ in clauses alone."""

SMALL = ("120 rules", "120 unstructured")
"""Those the targets speak of, besides the base named."""

AGREED = 12
"""Calls on which all say the same before anything is timed."""
ROUNDS, CALLS = 5, 60
"""Calls in a round; no call comes twice."""
SECONDS = 0.2
"""What a contender may take in a round; slow ones get the first so many of its calls."""
PLAIN, WHOLE, STEP = "ours: fired", "ours: verdict", "ours: next step"
LOOP = "loop in Python"


class DisagreementError(Exception):
    """A contender concludes otherwise than the specification."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One base.

    Attributes:
        seconds: By contender, one figure for each call it was given; the first calls of every round.
        missing: Contenders that did not take part, and why.
        named: Clauses a verdict names, won and pre-empted, on average.
        exact: Whether what is still possible is read off diagrams of the whole base.
    """

    name: str
    knowledge: KnowledgeBase
    seconds: Mapping[str, Sequence[Sequence[float]]]
    missing: Mapping[str, str]
    versions: Mapping[str, str]
    named: float
    exact: bool

    def all_of(self, contender: str) -> list[float]:
        """Seconds of all its calls."""
        return [seconds for found in self.seconds.get(contender, ()) for seconds in found]

    def times(self, slow: str, quick: str) -> float | None:
        """How many times longer the first takes than the second: the median over rounds, each over the calls both were given."""
        if not (slow in self.seconds and quick in self.seconds):
            return None
        pairs = zip(self.seconds[slow], self.seconds[quick], strict=True)
        return median(median(a) / median(b[: len(a)]) for a, b in pairs)


def run(settings: Settings) -> Section:
    """Times every contender on every base, once they all agree.

    Raises:
        DisagreementError: They do not.
    """
    knowledge = load_base(settings.base)
    grown = {name.format(settings.base): pattern.format(settings.base) for name, pattern in GROWN.items()}
    synthetic = {name: pattern.format(settings.seed) for name, pattern in SYNTHETIC.items()}
    names = {settings.base: settings.base, **({} if settings.tiny else {**grown, **synthetic})}
    timed = [_timed(name, load_base(base), settings) for name, base in watched(names.items(), "peers", len(names))]
    stages = _stages(knowledge, settings)
    return Section(
        "peers",
        "Peers: conclusions side by side",
        (
            "Work: what is told of a call comes in as a dictionary; gates are applied, every inferred fact is concluded, and the"
            " answer is there as Python values (for json-rules-engine as JavaScript values, timed within Node). Every base is"
            " translated automatically into each engine's own documented style (`benchmarks/contenders/`), which is not timed.",
            f"All contenders have said the same as the specification on {settings.sized(AGREED, 3)} calls before anything was"
            " timed: values, and winning and pre-empted clauses where they can tell.",
            "These are ratios of conclusions, not of whole requests: what HTTP, storage and logging add is measured elsewhere.",
            f"Timed in turn, {ROUNDS} rounds of {CALLS} calls, each round beginning with another contender; no call comes twice,"
            f" so that nothing can be looked up. Who needs more than {SECONDS} s for a round gets its first calls only. Ratios:"
            " the median of the rounds' ratios of medians, over the calls both were given.",
            "`ours: fired` remembers nothing from call to call; `ours: verdict` remembers, as in the product, what some sets of"
            " matching clauses come to. `ours: next step`: verdict, candidates, settled or not and the next question, all systems"
            " connected, no cache of calls. Only `ours: assessment` includes experta, which must agree once a call is settled.",
            "×2, ×4: so many copies of the base named in one, each with facts and rules of its own, all concluding the same"
            " facts; a first question says which of them a call is about.",
            "Calls: on the base named and its copies, situations met in interviews led by the product, callers drawn from the"
            " author's weights and uniformly; on synthetic bases, a random share of a uniformly drawn call.",
        ),
        {"seed": settings.seed, **describe(settings.base, knowledge)},
        (
            _contenders_table(timed),
            _median_table(timed),
            _p99_table(timed),
            _ratio_table(timed),
            *_growth_tables(growth := _growth(settings)),
            _stage_table(stages),
        ),
        _targets(timed, growth),
        (_chart(timed),),
    )


# -- calls


def _situations(system: ExpertSystem, rng: Random, most: int) -> Iterator[Told]:
    """Situations met in interviews led by the product, each once."""
    knowledge = system.knowledge
    drawings: Sequence[Drawing] = (weighted(knowledge), draw_uniform(knowledge))
    systems = tuple(knowledge.identity.systems)
    met: set[tuple[tuple[str, str], ...]] = set()
    for number in range(most):
        for situation in interview(system, drawings[number % 2](rng), systems if number % 4 < 2 else ()):
            told = tuple(sorted(situation.told.items()))
            if told not in met:
                met.add(told)
                yield dict(told)


def _parts(knowledge: KnowledgeBase, rng: Random) -> Iterator[Told]:
    """Random shares of what is told in uniformly drawn calls."""
    draw, quick = draw_uniform(knowledge), Quick(knowledge)
    while True:
        share, counted = rng.random(), quick.counted(draw(rng))
        yield {fact: value for fact, value in counted.items() if value != UNKNOWN and rng.random() < share}


def _calls(name: str, knowledge: KnowledgeBase, settings: Settings, number: int) -> list[Told]:
    """As many calls, shuffled; fewer where a base has no more situations."""
    rng = Random(f"{settings.seed} {name}")
    led = name.startswith(settings.base) and not (system := opened(knowledge)).too_large
    drawn = _situations(system, rng, 4 * number) if led else _parts(knowledge, rng)
    calls = list(islice(drawn, number))
    rng.shuffle(calls)
    return calls


# -- timing


def _timed(name: str, knowledge: KnowledgeBase, settings: Settings) -> Timed:
    agreed, rounds = settings.sized(AGREED, 3), settings.sized(ROUNDS, 2)
    calls = _calls(name, knowledge, settings, agreed + rounds * (settings.calls or settings.sized(CALLS, 2)))
    sample, rest = calls[:agreed], calls[agreed:]
    size = max(len(rest) // rounds, 1)
    blocks = [block for turn in range(rounds) if (block := rest[turn * size : (turn + 1) * size])]
    with ExitStack() as stack:
        ready, missing, versions = _ready(knowledge, stack)
        limits = {entry.name: _limit(name, entry, contender, knowledge, sample) for entry, contender in ready.items()}
        seconds: dict[str, list[list[float]]] = {entry.name: [] for entry in ready}
        pairs = list(ready.items())
        for turn, block in enumerate(blocks):
            start = turn % len(pairs)
            for entry, contender in pairs[start:] + pairs[:start]:
                gc.collect()
                seconds[entry.name].append(contender.seconds(block[: limits[entry.name]]))
    named = [len(c.winners) + len(c.preempted) for call in sample for c in evaluate(knowledge, call).conclusions.values()]
    exact = opened(knowledge).too_large is None
    return Timed(name, knowledge, seconds, missing, versions, sum(named) / max(len(sample), 1), exact)


def _ready(knowledge: KnowledgeBase, stack: ExitStack) -> tuple[dict[Entry, Contender], dict[str, str], dict[str, str]]:
    """Contenders prepared, why others are missing, and versions."""
    ready: dict[Entry, Contender] = {}
    missing: dict[str, str] = {}
    versions: dict[str, str] = {}
    clauses = sum(len(found) for found in knowledge.clauses.values())
    for entry in CONTENDERS:
        if entry.most_clauses is not None and clauses > entry.most_clauses:
            missing[entry.name] = f"not on more than {entry.most_clauses} clauses: a call takes seconds"
            continue
        try:
            contender = entry.make(knowledge)
        except NotInstalledError as error:
            missing[entry.name] = str(error)
            continue
        stack.callback(contender.close)
        ready[entry] = contender
        if entry.package:
            versions[entry.name] = version(entry.package)
        if isinstance(contender, JsonRules):
            versions[entry.name] = contender.version
    return ready, missing, versions


def _limit(name: str, entry: Entry, contender: Contender, knowledge: KnowledgeBase, sample: Sequence[Told]) -> int:
    """How many calls a contender gets in a round, once it has agreed.

    Raises:
        DisagreementError: It concludes otherwise than the specification.
    """
    began = perf_counter()
    answers = contender.answers(sample)
    each = (perf_counter() - began) / max(len(sample), 1)
    for call, said in zip(sample, answers, strict=True):
        found = difference(said, evaluate(knowledge, call))
        if found:
            raise DisagreementError(f"{entry.name} on {name}, told {dict(call)}: {found}")
    return max(3, int(SECONDS / each)) if each else CALLS


# -- growth and stages


Growth = Mapping[str, Mapping[int, Mapping[str, Sequence[float]]]]
"""By kind of base, clauses and what was concluded, median seconds of a call in each round."""


def _growth(settings: Settings) -> Growth:
    """The fast path on the bases of 35 facts, timed in turn over all of them, so that their ratios are of one time."""
    sizes = (120,) if settings.tiny else (120, 480, 1920)
    rounds, calls = settings.sized(2 * ROUNDS, 1), settings.sized(2 * CALLS, 2)
    found: dict[str, dict[int, dict[str, list[float]]]] = {}
    ready = []
    for kind, suffix in (("local", ""), ("unstructured", ":wild")):
        for size in sizes:
            knowledge = load_base(f"random:{settings.seed}:35:{size}:12{suffix}")
            quick, rng = Quick(knowledge), Random(f"{settings.seed} growth {kind} {size}")
            ready.append((found.setdefault(kind, {}).setdefault(size, {}), quick, _parts(knowledge, rng)))
    for _ in watched(range(rounds), "growth of a conclusion", rounds):
        for into, quick, drawn in ready:
            for what, conclude in (("values", quick.values), ("fired", quick.fired), ("verdict", quick.verdict)):
                seconds = []
                for call in islice(drawn, calls):
                    began = perf_counter()
                    conclude(call)
                    seconds.append(perf_counter() - began)
                into.setdefault(what, []).append(median(seconds))
    return found


def _stages(knowledge: KnowledgeBase, settings: Settings) -> Mapping[str, Sequence[float]]:
    """Seconds of the parts of a next step on the base named, by part."""
    system = opened(knowledge)
    found: dict[str, list[float]] = {
        name: [] for name in ("situation", "verdict", "diagram", "candidates", "next question", "whole")
    }
    number = settings.sized(ROUNDS * CALLS, 3)
    options = Options(systems=tuple(knowledge.identity.systems))
    for told in _calls(settings.base, knowledge, settings, number):
        marks = [perf_counter()]
        situation = system.situation(Call.of(dict(told)), options)
        marks.append(perf_counter())
        system.quick.verdict(situation.known)
        marks.append(perf_counter())
        prospect = system.prospect(situation.known, situation.unasked)
        marks.append(perf_counter())
        prospect.candidates  # noqa: B018 - worked out when first looked at
        marks.append(perf_counter())
        next_of(knowledge, prospect, situation)
        marks.append(perf_counter())
        parts = [after - before for before, after in pairwise(marks)]
        for name, seconds in zip(found, (*parts, marks[-1] - marks[0]), strict=True):
            found[name].append(seconds)
    return found


# -- telling


def _contenders_table(timed: Sequence[Timed]) -> Table:
    rows: list[Sequence[Cell]] = []
    for entry in CONTENDERS:
        found = {base.versions[entry.name] for base in timed if entry.name in base.versions}
        why = {base.missing[entry.name] for base in timed if entry.name in base.missing}
        rows.append(
            (
                entry.name,
                ", ".join(sorted(found)) or None,
                entry.tells,
                "; ".join(filter(None, (entry.cannot, *sorted(why)))) or None,
            )
        )
    note = "None of the others knows what is still possible, what to ask next, or whether a question still matters."
    return Table(
        "Who takes part", ("contender", "version", "its answer holds", "what it cannot, or why it is missing"), rows, note
    )


def _median_table(timed: Sequence[Timed]) -> Table:
    rows: list[Sequence[Cell]] = [
        (entry.name, *(median(found) * 1e6 if (found := base.all_of(entry.name)) else None for base in timed))
        for entry in CONTENDERS
    ]
    rows.append(("clauses a verdict names", *(base.named for base in timed)))
    rows.append(("`next step` exact", *("yes" if base.exact else "per call, or says it is not" for base in timed)))
    return Table("Microseconds a call, median", _columns(timed), rows)


def _p99_table(timed: Sequence[Timed]) -> Table:
    rows: list[Sequence[Cell]] = []
    for entry in CONTENDERS:
        cells: list[Cell] = []
        for base in timed:
            found = base.all_of(entry.name)
            cells.append(f"{percentile(found, 0.99) * 1e6:,.0f} of {len(found)}" if found else None)
        rows.append((entry.name, *cells))
    return Table("Microseconds a call, 99th percentile, of so many calls", _columns(timed), rows)


def _ratio_table(timed: Sequence[Timed]) -> Table:
    rows: list[Sequence[Cell]] = [(entry.name, *(base.times(entry.name, PLAIN) for base in timed)) for entry in CONTENDERS]
    note = "Conclusions only: not how many times quicker a request is answered."
    return Table(f"How many times as long as `{PLAIN}`", _columns(timed), rows, note)


def _columns(timed: Sequence[Timed]) -> tuple[str, ...]:
    return ("contender", *(base.name for base in timed))


def _growth_tables(growth: Growth) -> list[Table]:
    rows: list[Sequence[Cell]] = []
    for kind, sizes in growth.items():
        for what in ("values", "fired", "verdict"):
            figures = [median(found[what]) * 1e6 for found in sizes.values()]
            rows.append((f"{what}, {kind}", *figures, _grown(sizes, what)))
    sizes_found = next(iter(growth.values()))
    columns = ("microseconds", *(f"{size:,} rules" for size in sizes_found), "last to first")
    note = "A verdict names every pre-empted clause besides; with more rules more of them match, and naming them is what grows."
    return [Table("The fast path as rules grow", columns, rows, note)]


def _grown(sizes: Mapping[int, Mapping[str, Sequence[float]]], what: str) -> float:
    found = list(sizes.values())
    first, last = found[0], found[-1]
    return median(b / a for a, b in zip(first[what], last[what], strict=True))


def _stage_table(stages: Mapping[str, Sequence[float]]) -> Table:
    rows: list[Sequence[Cell]] = [
        (name, *(percentile(found, share) * 1e6 for share in (0.5, 0.9, 0.99)), 100 * sum(found) / sum(stages["whole"]))
        for name, found in stages.items()
    ]
    note = "Situation: gates, whom to ask, contradictions. Diagram: that of the whole base, restricted to what is told."
    return Table(
        "Where the time of a next step goes, base named", ("microseconds", "median", "p90", "p99", "% of all"), rows, note
    )


def _targets(timed: Sequence[Timed], growth: Growth) -> list[Target]:
    meant = [base for place, base in enumerate(timed) if place == 0 or base.name in SMALL]
    wanted = (("CLIPS, clipspy repaired", WHOLE, 5.0), ("zen-engine", PLAIN, 30.0), ("experta, usual style", WHOLE, 200.0))
    targets = []
    for other, ours, least in wanted:
        ratios = {base.name: found for base in meant if (found := base.times(other, ours)) is not None}
        if ratios:
            told = ", ".join(f"{found:.0f} ({name})" for name, found in ratios.items())
            what = f"conclusion, `{ours}` quicker than {other}"
            targets.append(Target(what, f"at least {least:.0f} times", told, min(ratios.values()) >= least))
    grown = {kind: _grown(sizes, "fired") for kind, sizes in growth.items()}
    told = ", ".join(f"{found:.2f} ({kind})" for kind, found in grown.items())
    targets.append(Target("`ours: fired`, 120 to 1,920 rules", "at most 2 times", told, max(grown.values()) <= 2))
    structured = [base for base in timed if base.name not in SYNTHETIC]
    return [*targets, *_step_targets(timed[0]), _sooner_target(structured)]


def _step_targets(base: Timed) -> Iterator[Target]:
    found = base.all_of(STEP)
    middle, worst = median(found) * 1e3, percentile(found, 0.99) * 1e3
    yield Target("next step, base named, no cache: median", "at most 0.3 ms", f"{middle:.2f} ms", middle <= 0.3)
    yield Target("next step, base named, no cache: p99", "at most 5 ms", f"{worst:.2f} ms", worst <= 5)


def _sooner_target(timed: Sequence[Timed]) -> Target:
    """The whole next step beside the bare conclusion of the quickest engine."""
    told: dict[str, tuple[float, str]] = {}
    for base in timed:
        others = [name for name in base.seconds if not name.startswith("ours") and name != LOOP]
        found = [(times, name) for name in others if (times := base.times(name, STEP)) is not None]
        if found:
            told[base.name] = min(found)
    shown = ", ".join(f"{name} {times:.1f} times ({base})" for base, (times, name) in told.items())
    met = bool(told) and all(times > 1 for times, _ in told.values())
    return Target("next step sooner than any peer engine's bare conclusion", "all take longer", shown, met)


def _chart(timed: Sequence[Timed]) -> Chart:
    groups = {base.name: {name: median(found) * 1e6 for name in base.seconds if (found := base.all_of(name))} for base in timed}
    return Chart("A conclusion", "microseconds a call, median", groups)
