"""How everything that is done once for a base grows with its rules and facts, and where exactness ends.

What authors wait for on bases of other shapes stands under `authors`; here one size changes at a time, so that exponents can be
read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.calls import load_base
from benchmarks.files import write_base
from benchmarks.measuring import in_fresh_process, watched
from benchmarks.report import Cell, Section, Table
from benchmarks.settings import Settings

__all__ = ["exponent", "run"]

PLAN = 250
"""Situations a plan may look at here; the product keeps plans of up to 6,000."""

SERIES: Mapping[str, tuple[str, Sequence[int]]] = {
    "rules, 32 facts": ("random:{seed}:32:{size}:10", (15, 30, 60, 120, 240, 480)),
    "rules, 32 facts, unstructured": ("random:{seed}:32:{size}:10:wild", (15, 30, 60, 120, 240)),
    "facts, 60 rules": ("random:{seed}:{size}:60:8", (12, 24, 48, 96)),
    "facts and rules, 3 rules a fact": ("random:{seed}:{size}:{rules}", (8, 16, 32, 64)),
    "matters of 24 facts, 60 rules": ("copies:{size}:random:{seed}:24:60:8", (1, 2, 4, 16)),
}
"""Names of seeded bases by size; rules read neighbouring facts unless unstructured. Matters: see `benchmarks.copies`."""

MEASURES = ("load", "bits", "compile", "nodes", "step", "plan", "check", "megabytes")
Found = Mapping[str, float]
Grown = Mapping[str, Mapping[int, Found]]


def run(settings: Settings) -> Section:
    """Every base of every series in a fresh process."""
    jobs = [
        (series, size, pattern.format(seed=settings.seed, size=size, rules=3 * size))
        for series, (pattern, sizes) in SERIES.items()
        for size in sizes[: settings.sized(len(sizes), 1)]
    ][: settings.sized(100, 1)]
    grown: dict[str, dict[int, Found]] = {}
    for series, size, name in watched(jobs, "growth", len(jobs)):
        with TemporaryDirectory() as folder:
            write_base(load_base(name), Path(folder))
            grown.setdefault(series, {})[size] = in_fresh_process("grown", base=folder, plan=PLAN)
    return Section(
        "growth",
        "Growth with rules and facts",
        (
            "Each base in a Python process of its own, imports not counted: read from files; the fast path prepared (bits);"
            " diagrams compiled, as a whole or in parts; the median step of 5 interviews, systems not connected; every interview"
            " planned; all checks run (they need the whole). Memory: the most held, less what the process held before.",
            "Matters: copies of one base in one, each with facts and rules of its own, all concluding the same facts.",
            "Exponents: the slope of a line through the logarithms of size and figure, over the exact bases of a series (loading"
            " and bits: over all of them); 1 is growth in proportion.",
            f"Seeds: {settings.seed}. A plan is given up beyond {PLAN:,} situations; its time does not count then.",
        ),
        {"seed": settings.seed, "facts of the largest": max(_facts(name) for _, _, name in jobs)},
        (_table(grown), _exponents(grown), _ends(grown)),
    )


def _facts(name: str) -> int:
    return len(load_base(name).facts)


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float | None:
    """The slope of log figure over log size by least squares; None for fewer than three points."""
    points = [(math.log(size), math.log(figure)) for size, figure in zip(sizes, figures, strict=True) if figure > 0]
    if len(points) < 3:
        return None
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return float(sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points))


def _figure(found: Found, measure: str) -> float | None:
    """What was measured, None where it was not."""
    if not found["nodes"] and measure not in ("load", "bits"):
        return None
    if (measure == "plan" and not found["planned"]) or (measure == "check" and found["parts"] > 1):
        return None
    return found[measure]


def _table(grown: Grown) -> Table:
    rows: list[Sequence[Cell]] = []
    for series, sizes in grown.items():
        for size, found in sizes.items():
            nodes = int(found["nodes"]) or None
            load, bits, step, plan, check = (_figure(found, measure) for measure in ("load", "bits", "step", "plan", "check"))
            rows.append(
                (
                    series,
                    size,
                    _exactly(found),
                    load,
                    1e3 * bits if bits is not None else None,
                    found["compile"],
                    nodes,
                    1e3 * step if step is not None else None,
                    plan if plan is not None or not nodes else "too many",
                    check,
                    found["megabytes"],
                )
            )
    columns = ("series", "size", "exact", "load s", "bits ms", "compile s", "nodes", "step ms", "plan s", "check s", "MB")
    note = (
        "Where a base is not exact, compile s is the time until that is known; calls are then worked out one by one."
        " In parts, it includes finding out that the whole does not fit."
    )
    return Table("Growth", columns, rows, note)


def _exactly(found: Found) -> str:
    if not found["nodes"]:
        return "no: says so"
    return "yes" if found["parts"] == 1 else f"in {int(found['parts'])} parts"


def _exponents(grown: Grown) -> Table:
    rows: list[Sequence[Cell]] = []
    for series, sizes in grown.items():
        cells: list[Cell] = []
        for measure in MEASURES:
            pairs = [(size, figure) for size, found in sizes.items() if (figure := _figure(found, measure)) is not None]
            cells.append(exponent([float(size) for size, _ in pairs], [figure for _, figure in pairs]))
        rows.append((series, *cells))
    return Table("Growth exponents", ("with", *MEASURES), rows, "–: fewer than three sizes measured.")


def _ends(grown: Grown) -> Table:
    rows: list[Sequence[Cell]] = []
    for series, sizes in grown.items():
        exact = [size for size, found in sizes.items() if found["nodes"]]
        beyond = [size for size, found in sizes.items() if not found["nodes"]]
        rows.append((series, max(exact, default=None), min(beyond, default=None)))
    note = "Beyond, the product works out single calls exactly where they fit, and otherwise says `exact: false`."
    return Table("Where exactness ends", ("with", "largest exact size", "smallest that is not"), rows, note)
