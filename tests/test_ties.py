"""Two clauses that can tie are refused when a base is opened, with an example call."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.oracle import Oracle
from tests.random_bases import bases
from triage.compilation import compile_knowledge
from triage.errors import KnowledgeError
from triage.evaluation import effective, holds, verdict_of
from triage.expert import ExpertSystem
from triage.loading import load_knowledge
from triage.model import KnowledgeBase

LAMP = Path(__file__).parent / "lamp_knowledge"


def _with_rule(tmp_path: Path, rule: str) -> Path:
    folder = Path(shutil.copytree(LAMP, tmp_path / "lamp"))
    (folder / "more.yaml").write_text(f"rules:\n{rule}", encoding="utf-8")
    return folder


CLASH = """\
- id: dark-in-any-case
  when: {lamp: off, voltage: below}
  then: {fault: bulb}
  priority: 60
  because: {zh: 试, en: test}
  source: test
"""


def test_a_tie_is_refused_with_both_rules_the_place_and_an_example_call(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as error:
        ExpertSystem.open(_with_rule(tmp_path, CLASH))
    assert [problem.code for problem in error.value.problems] == ["tie"]
    words = error.value.render("en")
    assert "`dark-in-any-case` and `voltage-wrong`" in words
    assert "bulb / supply" in words
    assert "{lamp: off, voltage: below}" in words
    assert "rules.yaml:" in words


@pytest.mark.parametrize(
    "change",
    [
        ("priority: 60", "priority: 61"),
        ("{fault: bulb}", "{fault: supply}"),
        ("{lamp: off, voltage: below}", "{lamp: off, voltage: below, smoke: seen}"),
        ("{lamp: off, voltage: below}", "{lamp: dim, voltage: above}"),
    ],
    ids=["other priority", "same value", "a higher clause always speaks", "only impossible calls"],
)
def test_what_cannot_tie_is_not_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    system = ExpertSystem.open(_with_rule(tmp_path, CLASH.replace(*change)))
    assert "dark-in-any-case" in system.knowledge.rules


def test_where_ties_cannot_be_excluded_within_the_budget_other_priorities_are_asked_for(tmp_path: Path) -> None:
    knowledge = load_knowledge(_with_rule(tmp_path, CLASH))
    with pytest.raises(KnowledgeError) as error:
        ExpertSystem(knowledge, node_budget=10)
    assert {problem.code for problem in error.value.problems} == {"tie-unproved"}
    assert "dark-in-any-case" in str(error.value)


@given(bases())
@settings(deadline=None, max_examples=60)
def test_ties_are_found_exactly_where_some_possible_call_has_one(knowledge: KnowledgeBase) -> None:
    level = {rule.id: replace(rule, clauses=tuple(replace(c, priority=c.priority % 3) for c in rule.clauses))
             for rule in knowledge.rules.values()}  # fmt: skip
    knowledge = replace(knowledge, rules=level)
    oracle = Oracle(knowledge)
    if sum(1 for _ in oracle.completions({})) > 400:
        return
    found = {(tie.first.id, tie.second.id) for tie in compile_knowledge(knowledge).ties()}
    expected = set()
    for completion in oracle.completions({}):
        if oracle.outcome(completion) is None:
            continue
        counted = effective(knowledge, completion)
        values = counted | {f: c.value for f, c in verdict_of(knowledge, counted).conclusions.items()}
        for clauses in knowledge.clauses.values():
            matching = [c for c in clauses if holds(c.when, values)]
            top = [c for c in matching if c.priority == matching[0].priority]
            expected |= {(a.id, b.id) for i, a in enumerate(top) for b in top[i + 1 :] if a.value != b.value}
    # Once one tie makes a value ambiguous, later strata are read from either value: compare where there is none below.
    first_stratum = set(knowledge.strata[0])
    clause_fact = {c.id: c.fact for clauses in knowledge.clauses.values() for c in clauses}
    assert {p for p in found if clause_fact[p[0]] in first_stratum} == {p for p in expected if clause_fact[p[0]] in first_stratum}
    assert bool(found) == bool(expected)
