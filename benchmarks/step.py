"""What one step of an interview costs, evaluation beside experta, loading and memory: on the shipped base, against targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import median

from benchmarks.calls import Drawing, describe, draw_uniform, interview, load_base, next_of, next_step, weighted
from benchmarks.measuring import in_fresh_process, in_turn, percentile, ratio, watched
from benchmarks.report import Cell, Section, Table, Target
from benchmarks.settings import Settings
from triage.call import Call, Options
from triage.evaluation import evaluate
from triage.expert import ExpertSystem, Situation
from triage.prospect import ExactProspect, Sight

__all__ = ["run"]

STEP_MS = 0.3
TIMES_QUICKER = 15.0
OPEN_SECONDS = 1.0
MEGABYTES = 150.0
INTERVIEWS = 200
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Population:
    """Situations met by one kind of caller, and how often each was met."""

    name: str
    systems: tuple[str, ...]
    met: Mapping[tuple[tuple[str, str], ...], int]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds by what was timed, one for each situation of a population, and how often each situation was met."""

    of: Mapping[str, Sequence[float]]
    weights: Sequence[float]

    def milliseconds(self, what: str, share: float) -> float:
        """A percentile over all situations met."""
        return percentile(self.of[what], share, self.weights) * 1e3


def run(settings: Settings) -> Section:
    """Times of steps and engines; loading and memory in fresh processes."""
    knowledge = load_base(settings.base)
    system = ExpertSystem(knowledge)
    populations = _populations(system, settings)
    times = {p.name: _measure(system, p, settings) for p in watched(populations, "steps", len(populations))}
    loads = [in_fresh_process("load", base=settings.base) for _ in watched(range(settings.sized(7, 1)), "loading")]
    number = settings.sized(INTERVIEWS, 2)
    memory = in_fresh_process("interviews", base=settings.base, seed=settings.seed, number=number)
    return Section(
        "step",
        "One step, the engines, loading and memory",
        (
            "Step: what is still possible, candidates, settled or not, and the next question (`next_step`); no questions ahead,"
            " no explanation, no texts. There is no cache of calls; what is kept from call to call is what the base has"
            " learnt about the nodes of its own diagram (`Sight`), as in the product. `nothing learnt`: the same step with a new"
            " `Sight` each time, made before the clock starts.",
            "Situations: every one met in interviews led by the product, callers drawn from the author's weights or uniformly"
            " (`unknown` as likely as any other answer), without systems and with all of them connected. A situation met"
            " twice counts twice.",
            f"Step, assessment, evaluation and inference of a situation are timed in turn, {ROUNDS} rounds, the median taken."
            " Assessment: `ExpertSystem.assess` with summary explanation and no questions ahead.",
            "Evaluation: the fast path (`triage.bits`), which serves as evaluation in the product; specification:"
            " `triage.evaluation.evaluate`; inference: `Inference.infer`, experta. All on the effective facts; the first two work"
            " gates out again.",
            "Loading: fresh processes, modules imported, `ExpertSystem.open`. Memory: peak of a fresh process that loaded the"
            f" base, led {INTERVIEWS} interviews and assessed every situation with full explanation.",
        ),
        {"seed": settings.seed, **describe(settings.base, knowledge)},
        (_step_table(populations, times), _engine_table(times), _load_table(loads), _memory_table(memory)),
        _targets(times, loads, memory),
    )


# -- situations


def _populations(system: ExpertSystem, settings: Settings) -> list[Population]:
    knowledge = system.knowledge
    drawings = {"author's weights": weighted(knowledge), "uniform": draw_uniform(knowledge)}
    connected = {"no systems": (), "all systems": tuple(knowledge.identity.systems)}
    return [
        _population(system, f"{drawn}, {which}", drawing, systems, settings)
        for drawn, drawing in drawings.items()
        for which, systems in connected.items()
    ]


def _population(system: ExpertSystem, name: str, draw: Drawing, systems: tuple[str, ...], settings: Settings) -> Population:
    rng = Random(f"{settings.seed} {name}")
    met: Counter[tuple[tuple[str, str], ...]] = Counter()
    for _ in range(settings.calls or settings.sized(150, 3)):
        for situation in interview(system, draw(rng), systems):
            met[tuple(sorted(situation.told.items()))] += 1
    return Population(name, systems, met)


def _measure(system: ExpertSystem, population: Population, settings: Settings) -> Times:
    knowledge, rounds = system.knowledge, settings.sized(ROUNDS, 1)
    options = Options(systems=population.systems, look_ahead=0)
    found: dict[str, list[float]] = {"step": [], "forgetful": [], "assess": [], "evaluate": [], "specify": [], "infer": []}
    for items in population.met:
        call = Call.of(dict(items))
        situation = system.situation(call, options)
        fresh = [Sight(system.compiled, situation.unasked) for _ in range(rounds)]
        tasks: dict[str, Callable[[], object]] = {
            "step": partial(next_step, system, situation),
            "forgetful": partial(_forgetful_step, system, situation, fresh),
            "assess": partial(system.assess, call, options),
            "evaluate": partial(system.quick.verdict, situation.counted),
            "specify": partial(evaluate, knowledge, situation.counted),
            "infer": partial(system.infer, situation.counted),
        }
        for name, seconds in in_turn(tasks, rounds).items():
            found[name].append(seconds)
    return Times(found, [float(number) for number in population.met.values()])


def _forgetful_step(system: ExpertSystem, situation: Situation, fresh: list[Sight]) -> object:
    """A step with a sight that has not learnt anything yet, taken from those made ready."""
    return next_of(system.knowledge, ExactProspect(fresh.pop(), situation.known), situation)


# -- telling


def _step_table(populations: Sequence[Population], times: Mapping[str, Times]) -> Table:
    rows: list[Sequence[Cell]] = []
    for population in populations:
        found = times[population.name]
        spread = [found.milliseconds("step", share) for share in (0.5, 0.9, 0.99)]
        forgetful = [found.milliseconds("forgetful", share) for share in (0.5, 0.9)]
        whole = [found.milliseconds("assess", share) for share in (0.5, 0.9)]
        rows.append((population.name, sum(population.met.values()), len(population.met), *spread, *forgetful, *whole))
    columns = ("callers", "situations", "distinct", "step ms", "p90", "p99", "nothing learnt ms", "p90", "assess ms", "p90")
    return Table("One step and one assessment", columns, rows)


def _engine_table(times: Mapping[str, Times]) -> Table:
    rows: list[Sequence[Cell]] = [
        (
            name,
            *(median(found.of[what]) * 1e6 for what in ("evaluate", "specify", "infer")),
            *(ratio(found.of["infer"], found.of[what]) for what in ("evaluate", "specify")),
        )
        for name, found in times.items()
    ]
    columns = ("callers", "evaluation us", "specification us", "inference us", "inference / evaluation", "/ specification")
    return Table("Evaluation and experta", columns, rows)


def _load_table(loads: Sequence[Mapping[str, float]]) -> Table:
    rows: list[Sequence[Cell]] = [
        (what, *(round(percentile([run[what] for run in loads], share), 3) for share in (0, 0.5, 1)))
        for what in ("import", "open", "first step", "first inference", "megabytes")
    ]
    note = f"{len(loads)} fresh processes; seconds, but for the memory held after loading."
    return Table("Loading", ("", "least", "median", "most"), rows, note)


def _memory_table(memory: Mapping[str, float]) -> Table:
    row = (memory["loaded"], memory["megabytes"], int(memory["assessments"]))
    return Table("Memory", ("MB after loading", "MB at most", "assessments"), [row])


def _targets(times: Mapping[str, Times], loads: Sequence[Mapping[str, float]], memory: Mapping[str, float]) -> list[Target]:
    pairs = [pair for found in times.values() for pair in zip(found.of["step"], found.weights, strict=True)]
    step = percentile([seconds for seconds, _ in pairs], 0.5, [weight for _, weight in pairs]) * 1e3
    quicker = min(ratio(found.of["infer"], found.of["evaluate"]) for found in times.values())
    opened = median(run["open"] for run in loads)
    return [
        Target("median step, all callers", f"at most {STEP_MS} ms", f"{step:.2f} ms", step <= STEP_MS),
        Target(
            "evaluation quicker than experta",
            f"at least {TIMES_QUICKER:.0f} times",
            f"{quicker:.1f} times",
            quicker >= TIMES_QUICKER,
        ),
        Target("load and compile", f"at most {OPEN_SECONDS:.0f} s", f"{opened:.2f} s", opened <= OPEN_SECONDS),
        Target("peak memory", f"at most {MEGABYTES:.0f} MB", f"{memory['megabytes']:.0f} MB", memory["megabytes"] <= MEGABYTES),
    ]
