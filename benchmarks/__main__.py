"""The one entry point: `python -m benchmarks NAME … [--write PAGE] [--json FILE] [--chart SVG]`.

Tables on stdout, progress on stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from benchmarks import agreement, authors, diagrams, fast, growth, interviews, optimum, peers, replaying, service, step
from benchmarks.calls import ROOT, SHIPPED, load_base
from benchmarks.chart import as_svg
from benchmarks.report import Cell, Section, as_markdown, heading, machine, page, versions
from benchmarks.settings import Settings
from triage.errors import KnowledgeError

__all__ = ["BENCHMARKS", "main"]

BENCHMARKS: Mapping[str, Callable[[Settings], Section]] = {
    "step": step.run,
    "authors": authors.run,
    "interviews": interviews.run,
    "agreement": agreement.run,
    "diagrams": diagrams.run,
    "fast": fast.run,
    "replay": replaying.run,
    "service": service.run,
    "optimum": optimum.run,
    "peers": peers.run,
    "growth": growth.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmarks named. Ends with 1 where engines disagree or a clause never wins, with 2 where the base is not sound.

    Other missed targets are only told.
    """
    told = _parser().parse_args(arguments)
    names = list(BENCHMARKS) if "all" in told.names else list(dict.fromkeys(told.names))
    settings = Settings(told.base, told.seed, told.calls, told.tiny, told.workers)
    try:
        load_base(settings.base)
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        return 2
    for path in filter(None, (told.write, told.json, told.chart)):
        path.parent.mkdir(parents=True, exist_ok=True)  # not after half an hour
    sections: list[Section] = []
    began = perf_counter()
    preface: dict[str, Cell] = {"commit": _commit(), "seed": settings.seed}
    print(heading(_command(told), preface), end="\n\n")
    for name in names:
        try:
            sections.append(BENCHMARKS[name](settings))
        except peers.DisagreementError as error:
            print(f"Nothing was timed, as engines disagree: {error}", file=sys.stderr)
            return 1
        print(as_markdown(sections[-1]), end="\n\n", flush=True)
    preface["minutes"] = round((perf_counter() - began) / 60, 1)
    charts = [chart for section in sections for chart in section.charts]
    drawn = told.chart is not None and bool(charts)
    if drawn:
        told.chart.write_text(as_svg(charts), encoding="utf-8")
    if told.write:
        picture = os.path.relpath(told.chart, told.write.parent) if drawn else ""
        told.write.write_text(page(sections, _command(told), preface, picture).rstrip() + "\n", encoding="utf-8")
    if told.json:
        whole = {**preface, "machine": machine(), "versions": versions(), "sections": [asdict(s) for s in sections]}
        told.json.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return int(any(not target.met for s in sections if s.name == "agreement" for target in s.targets))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure the expert system.")
    parser.add_argument("names", nargs="+", choices=[*BENCHMARKS, "all"], metavar="NAME", help=", ".join([*BENCHMARKS, "all"]))
    parser.add_argument("--base", default=SHIPPED, help="folder of a base, or random:SEED:FACTS:CLAUSES[:wild]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, help="calls to draw, where calls are drawn")
    parser.add_argument("--tiny", action="store_true", help="only show that everything works")
    parser.add_argument("--workers", type=int, help="processes at once; one for each core unless given")
    parser.add_argument("--write", type=Path, help="write the page of results here")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--chart", type=Path, help="draw what has a chart (peers) here, as SVG")
    return parser


def _command(told: argparse.Namespace) -> str:
    """How to repeat the run: what was asked for, not where the results went."""
    options = [f"--{name} {getattr(told, name)}" for name in ("base", "seed", "calls") if getattr(told, name) is not None]
    return " ".join(["python -m benchmarks", *told.names, *options, *(["--tiny"] if told.tiny else [])])


def _commit() -> str:
    """The commit measured, marked where files have changed since."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=10"],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
