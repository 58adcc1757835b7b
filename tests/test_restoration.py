"""The base that checks after a repair: three questions at most, nothing but light everywhere counts as restored."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path

import pytest

from tests.engines import Engines
from triage.assessment import QuestionToAsk
from triage.call import Call, Options
from triage.checking import check
from triage.evaluation import complete, effective, verdict_of
from triage.expert import ExpertSystem
from triage.loading.cases import load_cases, spoken_and_silent
from triage.model import CALLER
from triage.trying import describe, run_case
from triage.verification import evidence_violations, forbidden_instructions, invariant_violations

FOLDER = Path(__file__).parent.parent / "knowledge" / "restoration"
SYSTEM = ExpertSystem.open(FOLDER)
BASE = SYSTEM.knowledge
CASES = load_cases(FOLDER, BASE)
CALLS = [dict(zip(BASE.facts, values, strict=True)) for values in product(*(fact.domain for fact in BASE.facts.values()))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case(case: object) -> None:
    outcome = run_case(SYSTEM, case)  # type: ignore[arg-type]
    assert outcome.passed, describe(outcome, "en")


def test_every_rule_has_a_case_where_it_speaks_and_one_where_it_stays_silent() -> None:
    shown = spoken_and_silent(CASES)
    assert [rule for rule in BASE.rules if rule not in shown or not (shown[rule].speaks and shown[rule].silent)] == []


def test_the_laws_hold_on_every_call() -> None:
    assert list(evidence_violations(SYSTEM.compiled)) == []
    assert list(invariant_violations(SYSTEM.compiled)) == []
    assert list(forbidden_instructions(SYSTEM.compiled)) == []


def test_nothing_but_notes_is_found_and_every_note_is_known() -> None:
    found = check(FOLDER).findings
    assert [finding for finding in found if finding.severity != "note"] == []
    assert {f"{finding.id} {finding.about}" for finding in found} == {
        "only-systems-tell finding: not_reached",
        "only-systems-tell action: hand_to_person",
    }


def test_only_light_in_every_room_is_filed_on_any_of_all_calls() -> None:
    assert len(CALLS) == 3 * 3 * 4 * 3 * 3
    for call in CALLS:
        counted = effective(BASE, complete(BASE, call))
        filed = verdict_of(BASE, counted)["action"] == "close"
        assert filed == (counted["light"] == "on" and counted["rooms"] == "every")


def test_all_engines_agree_on_all_calls() -> None:
    engines = Engines(SYSTEM)
    for call in CALLS:
        engines.agree_on(call)


@cache
def next_question(known: frozenset[tuple[str, str]], systems: tuple[str, ...]) -> QuestionToAsk | None:
    """What is asked once so much is known; nothing more where that contradicts itself."""
    answer = SYSTEM.assess(Call.of(dict(known)), Options(explain="none", look_ahead=0, systems=systems))
    return None if answer.status == "contradictory" else answer.question


@pytest.mark.parametrize("systems", [(), tuple(BASE.identity.systems)])
def test_nobody_is_asked_more_than_three_questions_on_any_of_all_calls(systems: tuple[str, ...]) -> None:
    assert BASE.follow_up is not None
    longest = 0
    for call in CALLS:
        known: dict[str, str] = {}
        asked = 0
        while question := next_question(frozenset(known.items()), systems):
            asked += question.ask_of == CALLER
            known |= {fact: call[fact] for fact in question.facts}
        longest = max(longest, asked)
    assert longest == BASE.follow_up.questions == 3
