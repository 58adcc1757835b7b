"""What is measured in a Python process of its own: loading, memory. Run as `python -m benchmarks.fresh TASK '{…}'`; prints JSON.

Imports only what a task needs, where it needs it, so that memory and times are those of the task.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import peak_megabytes, percentile

if TYPE_CHECKING:
    from triage.expert import ExpertSystem

__all__ = ["main"]

Found = dict[str, float]


def load(base: str) -> Found:
    """Seconds from nothing to a system ready for calls, and to its first next question."""
    began = perf_counter()
    system, seconds = _opened(base)
    opened = perf_counter()
    prospect = system.prospect({})
    assert prospect.candidates  # noqa: S101 - the figure wanted is the time this takes
    stepped = perf_counter()
    system.infer(dict.fromkeys(system.knowledge.facts, "unknown"))
    done = perf_counter()
    return {
        "import": opened - began - seconds,
        "open": seconds,
        "first step": stepped - opened,
        "first inference": done - stepped,
        "megabytes": peak_megabytes(),
    }


def interviews(base: str, seed: int, number: int) -> Found:
    """Leads interviews and assesses every situation of theirs in full but for the questions ahead; the most memory held."""
    from benchmarks.calls import interview, weighted  # noqa: PLC0415
    from triage.call import Call, Options  # noqa: PLC0415

    system, _ = _opened(base)
    loaded = peak_megabytes()
    draw, rng = weighted(system.knowledge), Random(seed)
    assessed = 0
    for turn in range(number):
        systems = tuple(system.knowledge.identity.systems) if turn % 2 else ()
        for situation in interview(system, draw(rng), systems):
            system.assess(Call.of(situation.told), Options(systems=systems, look_ahead=0, explain="full"))
            assessed += 1
    return {"loaded": loaded, "megabytes": peak_megabytes(), "assessments": float(assessed)}


def compiled(base: str, contestant: str, order: list[str]) -> Found:
    """What a base compiled with a library adds to the memory of a process that has loaded the base."""
    from benchmarks.calls import load_base  # noqa: PLC0415
    from benchmarks.contestants import CONTESTANTS  # noqa: PLC0415

    knowledge = load_base(base)
    before = peak_megabytes()
    made = CONTESTANTS[contestant][1](knowledge, order)
    made.step({})
    return {"megabytes": peak_megabytes() - before}


def check(base: str) -> Found:
    """Seconds of a whole check, from files to findings that were replayed."""
    from triage.checking import check as examine  # noqa: PLC0415
    from triage.checking import findings  # noqa: PLC0415

    began = perf_counter()
    if base.startswith("random:"):
        from benchmarks.calls import load_base  # noqa: PLC0415

        knowledge = load_base(base)
        began = perf_counter()
        found, nodes = findings(knowledge)
    else:
        checked = examine(Path(base))
        found, nodes = list(checked.findings), checked.nodes
    return {
        "seconds": perf_counter() - began,
        "findings": float(len(found)),
        "nodes": float(nodes),
        "exact": float(nodes > 0),
        "megabytes": peak_megabytes(),
    }


def mutation(base: str, most: int) -> Found:
    """Mutants tried on the cases of a base; a random base has none, so that every mutant is looked at by diagrams."""
    from itertools import islice  # noqa: PLC0415

    from triage.compilation import Compiled, TooLargeError  # noqa: PLC0415
    from triage.exercise import exercise  # noqa: PLC0415
    from triage.loading.cases import load_cases  # noqa: PLC0415
    from triage.mutants import mutants  # noqa: PLC0415
    from triage.mutation import mutate  # noqa: PLC0415

    system, _ = _opened(base)
    began = perf_counter()
    tried = [] if base.startswith("random:") else list(exercise(system, load_cases(Path(base), system.knowledge)))
    try:
        compiled = Compiled(system.knowledge, system.compiled.order)
    except TooLargeError:
        return {"mutants": 0.0, "exact": 0.0, "megabytes": peak_megabytes()}
    report = mutate(compiled, tried, islice(mutants(system.knowledge), most) if most else None)
    fates = {fate: float(report.count(fate)) for fate in ("killed", "survived", "equivalent", "refused")}
    seconds = perf_counter() - began
    return {"seconds": seconds, "mutants": float(len(report.verdicts)), "exact": 1.0, **fates, "megabytes": peak_megabytes()}


def difference(base: str) -> Found:
    """Seconds to read a base and one with a rule less, and to compare them."""
    from dataclasses import replace  # noqa: PLC0415

    from benchmarks.calls import load_base  # noqa: PLC0415
    from triage.comparison import compare  # noqa: PLC0415

    began = perf_counter()
    old, again = load_base(base), load_base(base)
    loaded = perf_counter()
    rules = dict(list(again.rules.items())[1:])
    found = compare(old, replace(again, rules=rules))
    done = perf_counter()
    groups = sum(len(change.groups) for change in found.facts)
    return {"load": loaded - began, "compare": done - loaded, "seconds": done - began, "groups": float(groups)}


def covered(base: str) -> Found:
    """What the cases of a base cover, in shares of what some call can show."""
    from triage.compilation import Compiled  # noqa: PLC0415
    from triage.coverage import KINDS, coverage  # noqa: PLC0415
    from triage.exercise import exercise  # noqa: PLC0415
    from triage.loading.cases import load_cases  # noqa: PLC0415

    system, _ = _opened(base)
    began = perf_counter()
    cases = [] if base.startswith("random:") else load_cases(Path(base), system.knowledge)
    report = coverage(Compiled(system.knowledge, system.compiled.order), list(exercise(system, cases)))
    return {"seconds": perf_counter() - began, **{kind: float(report.share(kind)) for kind in KINDS}}


def columns(base: str, log: str) -> Found:
    """Reads a log and concludes every inferred fact of every call, and which calls are impossible."""
    from benchmarks.calls import load_base  # noqa: PLC0415
    from triage.columns import Columns  # noqa: PLC0415
    from triage.fitting import fitted  # noqa: PLC0415
    from triage.logs import Log  # noqa: PLC0415

    knowledge = load_base(base)
    ready, decisions = Columns(knowledge), Log(Path(log))
    calls, impossible, concluding = 0, 0, 0.0
    loaded = peak_megabytes()
    began, processor = perf_counter(), process_time()
    for batch in decisions.batches():
        start = perf_counter()
        found = ready.conclude(fitted(knowledge, batch).told, batch.size)
        for name in knowledge.inferred:
            found.values(name)
        impossible += int(found.impossible.sum())
        calls += batch.size
        concluding += perf_counter() - start
    return {
        "calls": float(calls),
        "impossible": float(impossible),
        "seconds": perf_counter() - began,
        "concluding": concluding,
        "processor": process_time() - processor,
        "loaded": loaded,
        "megabytes": peak_megabytes(),
    }


def replayed(base: str, log: str, old: bool) -> Found:
    """Replays a log against the base without one rule in ten."""
    from dataclasses import replace  # noqa: PLC0415

    from triage.expert import ExpertSystem  # noqa: PLC0415
    from triage.logs import Log  # noqa: PLC0415
    from triage.replay import Choice, replay  # noqa: PLC0415

    system, _ = _opened(base)
    knowledge = system.knowledge
    kept = {name: rule for place, (name, rule) in enumerate(knowledge.rules.items()) if place % 10}
    other = ExpertSystem(replace(knowledge, rules=kept))
    loaded = peak_megabytes()
    began, processor = perf_counter(), process_time()
    found = replay(Log(Path(log)), other, system if old else None, Choice(unfinished=True))
    return {
        "decisions": float(found.replayed),
        "changed": float(found.changed),
        "seconds": perf_counter() - began,
        "processor": process_time() - processor,
        "loaded": loaded,
        "megabytes": peak_megabytes(),
    }


def grown(base: str, plan: int) -> Found:
    """Seconds of everything that is done once for a base in a folder, and of a step of its interviews.

    Args:
        plan: Situations a plan may look at.
    """
    from statistics import median  # noqa: PLC0415

    from benchmarks.calls import interview, next_step, weighted  # noqa: PLC0415
    from triage.bits import Quick  # noqa: PLC0415
    from triage.call import Call, Options  # noqa: PLC0415
    from triage.checking import findings  # noqa: PLC0415
    from triage.expert import ExpertSystem  # noqa: PLC0415
    from triage.loading import load_knowledge  # noqa: PLC0415
    from triage.parts import Parts, compile_fitting  # noqa: PLC0415
    from triage.planning import OutOfBudgetError, ask_best, follow_policy  # noqa: PLC0415
    from triage.prospect import ExactProspect, Sight  # noqa: PLC0415

    before, marks = peak_megabytes(), [perf_counter()]
    knowledge = load_knowledge(Path(base))
    marks.append(perf_counter())
    Quick(knowledge)
    marks.append(perf_counter())
    compiled, _ = compile_fitting(knowledge)
    parts = list(compiled.by_answer.values()) if isinstance(compiled, Parts) else [compiled] if compiled else []
    marks.append(perf_counter())
    found = dict(zip(("load", "bits", "compile"), (b - a for a, b in pairwise(marks)), strict=True))
    nodes = float(sum(part.store.size for part in parts))
    found |= {"nodes": nodes, "parts": float(len(parts)), "megabytes": peak_megabytes() - before}
    if compiled is None:
        return found
    system, options, steps = ExpertSystem(knowledge), Options(), []
    draw, rng = weighted(knowledge), Random(1)
    for _ in range(5):
        for situation in interview(system, draw(rng), ()):
            began = perf_counter()
            next_step(system, situation)
            steps.append(perf_counter() - began)
    began = perf_counter()
    situation = system.situation(Call(), options)
    outcomes = compiled.outcomes if isinstance(compiled, Parts) else compiled
    start = ExactProspect(Sight(outcomes, situation.unasked), situation.known)
    try:
        follow_policy(knowledge, start, situation.known, ask_best(knowledge, situation.sources), plan)
        planned = True
    except OutOfBudgetError:
        planned = False
    after = perf_counter()
    findings(knowledge)
    return {
        **found,
        "step": median(steps),
        "plan": after - began,
        "planned": float(planned),
        "check": perf_counter() - after,
        "megabytes": peak_megabytes() - before,
    }


def handled(base: str, seed: int, number: int) -> Found:
    """Processor seconds by part of handling the requests of so many interviews; see `benchmarks.handling`."""
    from benchmarks.handling import seconds_by_part  # noqa: PLC0415
    from benchmarks.service import interviews_led, new_bodies  # noqa: PLC0415

    system, _ = _opened(base)
    bodies = new_bodies([told for steps in interviews_led(system, seed, number) for told in steps], "parts")
    return seconds_by_part(system, bodies)


def remembered(base: str, seed: int, number: int) -> Found:
    """Microseconds of answers from memory to the requests of so many interviews; see `benchmarks.handling`."""
    from benchmarks.handling import seconds_from_memory  # noqa: PLC0415
    from benchmarks.service import interviews_led, new_bodies  # noqa: PLC0415

    system, _ = _opened(base)
    steps = [told for steps in interviews_led(system, seed, number) for told in steps]
    seconds = seconds_from_memory(system, new_bodies(steps, "first"), new_bodies(steps, "others"))
    shares = {"median": 0.5, "p90": 0.9, "p99": 0.99}
    return {"requests": len(seconds), **{name: percentile(seconds, share) * 1e6 for name, share in shares.items()}}


def _opened(base: str) -> tuple[ExpertSystem, float]:
    """A system ready for calls, and the seconds that took once everything was imported."""
    from triage.expert import ExpertSystem  # noqa: PLC0415

    if base.startswith("random:"):
        from benchmarks.calls import load_base  # noqa: PLC0415

        began = perf_counter()
        return ExpertSystem(load_base(base)), perf_counter() - began
    began = perf_counter()
    return ExpertSystem.open(Path(base)), perf_counter() - began


TASKS: Mapping[str, Callable[..., Found]] = {
    "load": load,
    "interviews": interviews,
    "compiled": compiled,
    "check": check,
    "mutation": mutation,
    "difference": difference,
    "covered": covered,
    "columns": columns,
    "replayed": replayed,
    "handled": handled,
    "remembered": remembered,
    "grown": grown,
}


def main(task: str, arguments: Mapping[str, Any]) -> None:
    """Runs a task and prints what it found."""
    print(json.dumps(TASKS[task](**arguments)))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
