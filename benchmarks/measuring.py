"""How things are measured here: in turn within one run, in fresh processes, on both cores.

Knows nothing of knowledge bases.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["in_fresh_process", "in_turn", "on_all_cores", "peak_megabytes", "percentile", "progress", "ratio", "watched"]

Job = TypeVar("Job")
Result = TypeVar("Result")
Task = Callable[[], object]


def in_turn(tasks: Mapping[str, Task], repeats: int) -> dict[str, float]:
    """Median seconds of each task, all of them run in turn, each round starting with another one."""
    names = list(tasks)
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            task = tasks[name]
            began = perf_counter()
            task()
            times[name].append(perf_counter() - began)
    return {name: median(found) for name, found in times.items()}


def percentile(values: Sequence[float], share: float, weights: Sequence[float] | None = None) -> float:
    """The smallest value that at least this share (0..1) of all, counted by weight, does not exceed. No values: not a number."""
    pairs = sorted(zip(values, weights or [1.0] * len(values), strict=True))
    wanted = share * sum(weight for _, weight in pairs)
    reached = 0.0
    for value, weight in pairs:
        reached += weight
        if reached >= wanted - 1e-9:
            return value
    return float("nan")


def ratio(slow: Sequence[float], quick: Sequence[float]) -> float:
    """Median over pairs measured together of how many times longer the first takes than the second."""
    return median(a / b for a, b in zip(slow, quick, strict=True))


def in_fresh_process(task: str, **arguments: Any) -> Any:
    """The result of a task of `benchmarks.fresh` in a Python process of its own."""
    command = [sys.executable, "-m", "benchmarks.fresh", task, json.dumps(arguments)]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"{task} failed in its process:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_megabytes() -> float:
    """The most memory this process has held at once.

    On Linux the figure of the running program is taken: `ru_maxrss` of a child includes what its parent held when it forked.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def on_all_cores(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    what: str,
    *,
    prepare: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
    workers: int | None = None,
) -> list[Result]:
    """Results of the jobs, in their order, worked on by as many processes as there are cores.

    Args:
        prepare: Run once in each process before its first job, with `arguments`; with one worker, in this process.
    """
    workers = min(workers or os.cpu_count() or 1, len(jobs))
    if workers == 1:
        if prepare:
            prepare(*arguments)
        return [work(job) for job in watched(jobs, what)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin, (os.getpid(), prepare, arguments)) as pool:
        return list(watched(pool.map(work, jobs), what, len(jobs)))


def _begin(parent: int, prepare: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """Makes a process ready for its jobs; it ends with its parent, however that ends."""

    def follow() -> None:
        while os.getppid() == parent:
            sleep(1)
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    if prepare:
        prepare(*arguments)


def watched(items: Iterable[Result], what: str, total: int | None = None) -> Iterator[Result]:
    """The items, with a progress bar and the time left on stderr."""
    with progress() as bar:
        yield from bar.track(items, total=total, description=what)


def progress() -> Progress:
    """A progress bar on stderr."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))
