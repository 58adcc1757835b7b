"""Every benchmark runs from end to end, tiny: so that they cannot rot. What the figures are is not tested here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from xml.etree.ElementTree import fromstring

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.agreement import CHUNK
from benchmarks.agreement import run as agreement
from benchmarks.calls import load_base
from benchmarks.chart import as_svg
from benchmarks.contenders import difference
from benchmarks.contenders.json_rules import JsonRules
from benchmarks.contenders.loop import Loop
from benchmarks.contenders.shape import NotInstalledError, Said
from benchmarks.contenders.usual_experta import UsualExperta
from benchmarks.copies import MATTER, copies
from benchmarks.files import write_base
from benchmarks.growth import exponent
from benchmarks.interviews import run as interviews
from benchmarks.measuring import in_turn, percentile
from benchmarks.optimum import Optimum, relevant
from benchmarks.report import Cell, Chart, Section
from benchmarks.settings import Settings
from tests.random_bases import random_base, random_completion
from triage.call import Call, Options
from triage.evaluation import evaluate
from triage.expert import ExpertSystem
from triage.interview import settled
from triage.loading import load_knowledge
from triage.model import CALLER
from triage.planning import ask_best, follow_policy
from triage.prospect import ExactProspect, Sight

BASE = "random:2:10:24"
"""Some interviews in it are of several questions."""


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_and_writes_its_page_and_its_figures(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("clips")
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    arguments = [name, "--tiny", "--base", BASE, "--workers", "1", "--write", str(page), "--json", str(figures)]
    assert main([*arguments, "--chart", str(tmp_path / "charts" / "chart.svg")]) in (0, 1)
    section = json.loads(figures.read_text(encoding="utf-8"))["sections"][0]
    assert section["name"] == name
    assert all(len(row) == len(table["columns"]) for table in section["tables"] for row in table["rows"])
    written = page.read_text(encoding="utf-8")
    assert f"## {section['title']}" in written
    assert ("](charts/chart.svg)" in written) is bool(section["charts"]) is (tmp_path / "charts" / "chart.svg").exists()
    assert all(target["what"] in written.partition("## All targets")[2] for target in section["targets"])
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


def test_contenders_translate_conditions_of_every_shape() -> None:
    """The smoke run compares all of them on one base; here those that need nothing else, on many."""
    for seed in range(12):
        knowledge = random_base(seed, facts=6, clauses=12, gates=2)
        rng = Random(seed)
        calls = [random_completion(knowledge, rng) for _ in range(8)]
        for contender in (Loop(knowledge), UsualExperta(knowledge)):
            said = contender.answers(calls)
            assert [difference(one, evaluate(knowledge, call)) for one, call in zip(said, calls, strict=True)] == [""] * 8


def test_a_contender_that_concludes_otherwise_is_found_out() -> None:
    knowledge = load_base(BASE)
    verdict = evaluate(knowledge, {})
    name, conclusion = next(iter(verdict.conclusions.items()))
    values = {fact: found.value for fact, found in verdict.conclusions.items()}
    right = {fact: found.winners for fact, found in verdict.conclusions.items()}
    assert difference(Said(values), verdict) == ""
    assert difference(Said({**values, name: "other"}), verdict) == f"value of {name}: 'other' instead of '{conclusion.value}'"
    assert difference(Said({}), verdict)
    assert difference(Said(values, winners={**right, name: ("other",)}), verdict).startswith(f"winners of {name}")
    assert difference(Said(values, first={**dict.fromkeys(values, ""), name: "other"}), verdict)


def test_a_contender_that_is_not_installed_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotInstalledError, match="Node is not installed"):
        JsonRules(load_base(BASE))


def test_the_optimum_is_what_trying_every_order_of_questions_finds() -> None:
    compared = 0
    for seed in range(14):
        system = ExpertSystem(random_base(seed, facts=5, inferred=2, clauses=8, gates=1))
        situation = system.situation(Call(), Options())
        start = ExactProspect(Sight(system.compiled, situation.unasked), situation.known)
        if start.contradictory or settled(start):
            continue
        optimum = Optimum(system.knowledge, situation.sources, lambda asked: float(asked.ask_of == CALLER))
        found = optimum.expected(start, situation.known)
        assert found == pytest.approx(_tried(system, start, situation.known, situation.sources))
        ours = follow_policy(system.knowledge, start, situation.known, ask_best(system.knowledge, situation.sources), 10_000)
        assert found <= sum(ours.asked.values()) + 1e-9
        compared += 1
    assert compared >= 8


def _tried(system: ExpertSystem, prospect: ExactProspect, known: Mapping[str, str], sources: Mapping[str, str]) -> float:
    """Every question in every situation, every single answer by itself, nothing remembered."""
    if settled(prospect):
        return 0.0
    every = frozenset(system.knowledge.facts)
    costs = [
        (asked.ask_of == CALLER)
        + sum(
            branch.share * _tried(system, prospect.narrowed(branch), {**known, **branch.answers}, sources)
            for branch in prospect.branches(asked.facts, every)
        )
        for asked in relevant(system.knowledge, prospect, known, sources)
    ]
    return min(costs, default=0.0)


def test_a_base_written_as_files_concludes_as_before(tmp_path: Path) -> None:
    knowledge = load_base("random:4:12:40")
    write_base(knowledge, tmp_path)
    loaded, rng = load_knowledge(tmp_path), Random(1)
    for _ in range(100):
        call = random_completion(knowledge, rng)
        ours = {name: found.value for name, found in evaluate(knowledge, call).conclusions.items()}
        assert {name: found.value for name, found in evaluate(loaded, call).conclusions.items()} == ours


def test_each_copy_of_a_base_concludes_as_the_base_does_and_no_other_has_a_say() -> None:
    base = random_base(6, facts=6, inferred=3, clauses=14, gates=2, impossible=2)
    whole, rng = copies(base, 3), Random(2)
    assert len(whole.facts) == 3 * len(base.facts) + 1
    for copy in ("1", "3"):
        for _ in range(60):
            call, other = random_completion(base, rng), random_completion(base, rng)
            told = {MATTER: f"copy_{copy}", **{f"{fact}_{copy}": value for fact, value in call.items()}}
            found = evaluate(whole, told | {f"{fact}_2": value for fact, value in other.items()})
            meant = evaluate(base, call)
            assert {name: found[name] for name in base.inferred} == {name: meant[name] for name in base.inferred}
            winners = [winner for conclusion in meant.conclusions.values() for winner in conclusion.winners]
            assert [w for c in found.conclusions.values() for w in c.winners] == [f"{winner}_{copy}" for winner in winners]


def test_an_exponent_is_the_power_figures_grow_with() -> None:
    sizes = [10.0, 20.0, 40.0]
    assert exponent(sizes, [3 * size**1.5 for size in sizes]) == pytest.approx(1.5)
    assert exponent(sizes[:2], [1.0, 2.0]) is None
    assert exponent([*sizes, 80.0], [0.0, 1.0, 2.0, 4.0]) == pytest.approx(1.0)  # what took no time is left out


def test_a_chart_shows_every_bar_and_longer_ones_for_more() -> None:
    picture = as_svg([Chart("A & B", "ms", {"one": {"ours": 2.0, "others": 200.0}, "two": {"ours": 0.03}})])
    root = fromstring(picture)  # noqa: S314 - our own
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"one", "two", "ours", "others", "200"} <= set(texts)
    bars = [element for element in root.iter("{http://www.w3.org/2000/svg}rect") if element.get("width") != "100%"]
    widths = [float(bar.get("width", "0")) for bar in bars]
    assert len(widths) == 3
    assert 0 < widths[2] < widths[0] < widths[1]


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
