"""What a benchmark has to say: targets, tables and notes, and how they are written as Markdown.

Knows nothing of what is measured.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["Cell", "Chart", "Section", "Table", "Target", "as_markdown", "heading", "machine", "page", "versions"]

Cell = str | int | float | None
"""None: nothing was measured there."""

TARGETS = ("target", "wanted", "found", "met")
PACKAGES = ("power-triage", "experta", "pyyaml", "clipspy", "dd", "oxidd", "numpy", "pyarrow", "zen-engine", "rule-engine")


@dataclass(frozen=True, slots=True)
class Table:
    """Figures under a title. `note` says what is easily misread."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Something promised, what was found, and whether that keeps the promise."""

    what: str
    wanted: str
    found: str
    met: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Figures to be drawn as bars on a logarithmic scale: by group, then by name, all of one unit and above 0."""

    title: str
    unit: str
    groups: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark's results.

    Attributes:
        how: What was measured and how, a sentence each.
        facts: What it was measured on, by name.
    """

    name: str
    title: str
    how: Sequence[str]
    facts: dict[str, Cell]
    tables: Sequence[Table]
    targets: Sequence[Target] = field(default_factory=tuple)
    charts: Sequence[Chart] = field(default_factory=tuple)


def machine() -> dict[str, Cell]:
    """What the figures were taken on."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def versions() -> dict[str, Cell]:
    """Installed versions of what is measured or compared with."""
    found: dict[str, Cell] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return {name: number for name, number in found.items() if number is not None}


def page(sections: Sequence[Section], command: str, preface: dict[str, Cell], picture: str = "") -> str:
    """The whole document.

    Args:
        picture: Where its charts stand, seen from the document.
    """
    lines = [
        "# Performance, measured",
        "",
        "Written by the run named below, not by hand. The machine is small, shared and noisy: only ratios of things measured in",
        "turn within one run are worth comparing; single times are there for their order of magnitude.",
        "",
        heading(command, preface),
        "",
        *_overview(sections),
    ]
    if picture:
        titles = "; ".join(chart.title for section in sections for chart in section.charts)
        lines += [f"![{titles}]({picture})", ""]
    for section in sections:
        lines += [as_markdown(section), ""]
    return "\n".join(lines)


def heading(command: str, preface: dict[str, Cell]) -> str:
    """How a run is repeated, and what it was taken on."""
    return "".join(_facts({"command": f"`{command}`", **preface, **machine(), **versions()}))


def as_markdown(section: Section) -> str:
    """One section, from its heading to its last table."""
    lines = [f"## {section.title}", "", f"`python -m benchmarks {section.name}`", ""]
    lines += [f"- {sentence}" for sentence in section.how]
    lines += ["", *_facts(section.facts), ""]
    if section.targets:
        lines += [*_table(Table("Targets", TARGETS, [_told(target) for target in section.targets])), ""]
    for table in section.tables:
        lines += [*_table(table), ""]
    return "\n".join(lines).rstrip()


def _overview(sections: Sequence[Section]) -> Iterator[str]:
    """Every target in one table."""
    rows = [(f"`{section.name}`", *_told(target)) for section in sections for target in section.targets]
    if rows:
        yield from _table(Table("All targets", ("section", *TARGETS), rows), level=2)
        yield ""


def _told(target: Target) -> tuple[str, ...]:
    return target.what, target.wanted, target.found, "yes" if target.met else "**no**"


def _facts(facts: dict[str, Cell]) -> Iterator[str]:
    yield " · ".join(f"{name} {_shown(value)}" for name, value in facts.items())


def _table(table: Table, level: int = 3) -> Iterator[str]:
    """Title, then the table with its columns aligned, so that it reads well as plain text too."""
    yield f"{'#' * level} {table.title}"
    yield ""
    numeric = [all(not isinstance(row[i], str) for row in table.rows) for i in range(len(table.columns))]
    cells = [list(table.columns), *([_shown(cell) for cell in row] for row in table.rows)]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(table.columns))]
    for place, row in enumerate(cells):
        yield "| " + " | ".join(_padded(*part) for part in zip(row, widths, numeric, strict=True)) + " |"
        if place == 0:
            yield "|" + "|".join("-" * (w + 1) + (":" if right else "-") for w, right in zip(widths, numeric, strict=True)) + "|"
    if table.note:
        yield ""
        yield table.note


def _padded(text: str, width: int, right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap


def _width(text: str) -> int:
    """Columns a text takes: Chinese characters take two."""
    return sum(1 + ("\u2e80" <= letter <= "\uffef") for letter in text)


def _shown(cell: Cell) -> str:
    if cell is None:
        return "–"
    if not isinstance(cell, float):
        return f"{cell:,}" if isinstance(cell, int) else cell
    if cell == 0:
        return "0"
    digits = 3 if abs(cell) < 1 else 2 if abs(cell) < 10 else 1 if abs(cell) < 100 else 0
    return f"{cell:,.{digits}f}"


def _processor() -> str:
    """The processor's name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    if sys.platform == "linux" and told.exists():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
