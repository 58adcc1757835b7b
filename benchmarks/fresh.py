"""What is measured in a Python process of its own: loading, memory. Run as `python -m benchmarks.fresh TASK '{…}'`; prints JSON.

Imports only what a task needs, where it needs it, so that memory and times are those of the task.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import peak_megabytes

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


def _opened(base: str) -> tuple[ExpertSystem, float]:
    """A system ready for calls, and the seconds that took once everything was imported."""
    from triage.expert import ExpertSystem  # noqa: PLC0415

    if base.startswith("random:"):
        from benchmarks.calls import load_base  # noqa: PLC0415

        began = perf_counter()
        return ExpertSystem(load_base(base)), perf_counter() - began
    began = perf_counter()
    return ExpertSystem.open(Path(base)), perf_counter() - began


TASKS: Mapping[str, Callable[..., Found]] = {"load": load, "interviews": interviews, "compiled": compiled}


def main(task: str, arguments: Mapping[str, Any]) -> None:
    """Runs a task and prints what it found."""
    print(json.dumps(TASKS[task](**arguments)))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
