"""Every benchmark runs from end to end, tiny: so that they cannot rot. What the figures are is not tested here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.agreement import CHUNK
from benchmarks.agreement import run as agreement
from benchmarks.interviews import run as interviews
from benchmarks.measuring import in_turn, percentile
from benchmarks.report import Cell, Section
from benchmarks.settings import Settings

BASE = "random:2:10:24"
"""Some interviews in it are of several questions."""


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_and_writes_its_page_and_its_figures(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("clips")
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    arguments = [name, "--tiny", "--base", BASE, "--workers", "1", "--write", str(page), "--json", str(figures)]
    assert main(arguments) in (0, 1)
    section = json.loads(figures.read_text(encoding="utf-8"))["sections"][0]
    assert section["name"] == name
    assert all(len(row) == len(table["columns"]) for table in section["tables"] for row in table["rows"])
    assert f"## {section['title']}" in page.read_text(encoding="utf-8")
    assert f"## {section['title']}" in capsys.readouterr().out


def test_engines_agree_and_figures_are_the_same_for_a_seed_whatever_the_number_of_processes() -> None:
    pytest.importorskip("clips")
    settings = Settings(base=BASE, seed=5, calls=CHUNK + 10, workers=1)
    alone, together = agreement(settings), agreement(replace(settings, workers=2))
    assert alone == together
    assert next(target for target in alone.targets if target.what == "disagreements").met


def test_drawn_interviews_are_as_long_as_planned_ones() -> None:
    """Two ways to the same figure: drawn calls, and every answer followed."""
    rows = _rows(interviews(Settings(base=BASE, seed=5, tiny=True, workers=1, calls=1500)), "Questions put to the caller")
    for setting in {row[0] for row in rows}:
        mean = {row[1]: row[2] for row in rows if row[0] == setting}
        assert isinstance(mean["best"], float)
        assert mean["best"] > 1
        assert mean["best, planned"] == pytest.approx(mean["best"], rel=0.05)


def test_a_percentile_counts_by_weight() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0], 0.5, [8.0, 1.0, 1.0]) == 3.0
    assert percentile([3.0, 1.0, 2.0], 1.0) == 3.0


def test_tasks_measured_in_turn_each_run_once_a_round() -> None:
    ran: list[str] = []
    times = in_turn({"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, repeats=3)
    assert ran == ["a", "b", "b", "a", "a", "b"]
    assert times.keys() == {"a", "b"}


def _rows(section: Section, title: str) -> list[list[Cell]]:
    return [list(row) for table in section.tables if table.title == title for row in table.rows]
