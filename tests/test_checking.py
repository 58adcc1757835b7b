"""What `triage check` claims holds: for every kind a base that shows it and one that does not, and brute force on random ones."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.claims import CLAIMS, Brute, Call, about, enriched, is_smallest
from triage.checking import KINDS, check, findings
from triage.checking.examined import percent
from triage.compilation import compile_knowledge
from triage.evaluation import matching_impossible
from triage.expert import ExpertSystem
from triage.findings import Finding
from triage.inference import Inference
from triage.interview import applicable, next_questions, reachable, settled
from triage.loading import load_knowledge
from triage.model import CALLER, UNKNOWN, KnowledgeBase, Question, leaves
from triage.weighing import MOST_VIEWS

ROOT = Path(__file__).parent.parent
DRAWER = Path(__file__).parent / "findings"
SHOWN = sorted(folder.name for folder in DRAWER.iterdir() if (folder / "broken").is_dir())
"""Kinds, and after `--` what is special about a second base for one."""
ALL = sorted(folder.name for folder in DRAWER.iterdir())


# -- the drawer


def _lines(finding: Finding, folder: Path) -> str:
    assert finding.place is not None
    return (folder / finding.place.file).read_text("utf-8").splitlines()[finding.place.line - 1]


def test_the_drawer_has_a_base_for_every_kind() -> None:
    assert {name.partition("--")[0] for name in ALL} == set(KINDS)
    planted = {"engines-disagree", "too-large", "alert-unproved"}  # no small base shows these by itself; see below
    assert {name for name in ALL if name not in SHOWN} == planted


ABOUT = {
    "tie": "down-is-off",
    "evidence-law": "voltage",
    "invariant-broken": "smoke-means-danger",
    "forbidden-instruction": "change-the-bulb",
    "forbidden-instruction--question": "light",
    "dead-rule": "dim-and-down",
    "dead-rule--chained": "low-voltage-in-a-hurry",
    "hidden-rule": "dim-at-low-voltage",
    "preempted-rule": "dark-and-down",
    "silent-message": "dim-at-supply",
    "delayed-alert": "keep-away",
    "split-decision": "dark-is-bulb",
    "never-asked": "plug",
    "never-asked--purpose": "smoke",
    "unused-fact": "sparks",
    "unreached-value": "fault: socket",
    "idle-rule": "dark-and-down",
    "idle-rule--beside": "dark-though-up",
    "idle-rule--chained": "dark-is-worn",
    "unused-value": "light",
    "only-systems-tell": "fault: wait",
    "gap": "lamp",
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_broken_base_shows_its_kind_and_nothing_else_about_the_right_thing_at_its_line(name: str) -> None:
    folder = DRAWER / name / "broken"
    (finding,) = check(folder).findings
    assert finding.id == name.partition("--")[0]
    assert finding.severity == KINDS[finding.id].severity
    assert finding.about == ABOUT[name]
    if finding.id == "gap":
        assert finding.place is None
    else:
        assert re.search(rf"\bid: {re.escape(finding.about.partition(':')[0])}\b", _lines(finding, folder))


@pytest.mark.parametrize("name", ALL)
def test_a_sound_base_shows_nothing_of_it(name: str) -> None:
    checked = check(DRAWER / name / "sound")
    assert checked.knowledge is not None
    assert checked.nodes > 0
    assert [f.id for f in checked.findings] == (["idle-rule"] if name == "engines-disagree" else [])


@pytest.mark.parametrize("name", SHOWN)
def test_the_sound_base_differs_from_the_broken_one_by_a_few_lines(name: str) -> None:
    def lines(which: str) -> list[str]:
        return [line for path in sorted((DRAWER / name / which).iterdir()) for line in path.read_text("utf-8").splitlines()]

    broken, sound = lines("broken"), lines("sound")
    only = [line for line in broken if line not in sound] + [line for line in sound if line not in broken]
    assert 1 <= len(only) <= 6


@pytest.mark.parametrize("name", [name for name in SHOWN if name != "delayed-alert"])
def test_the_example_of_a_broken_base_shows_it_and_no_smaller_one_does(name: str) -> None:
    knowledge = load_knowledge(DRAWER / name / "broken")
    (finding,) = findings(knowledge)[0]
    brute = Brute(knowledge)
    if finding.example is not None:
        is_smallest(brute, finding)
    else:
        assert finding.id in CLAIMS or finding.id == "forbidden-instruction"
    for kind, claim in CLAIMS.items():
        assert claim(brute) == ({about(finding)} if kind == finding.id else set()), kind


def test_the_example_of_a_delayed_alert_is_a_call_on_which_something_else_is_asked() -> None:
    (finding,) = check(DRAWER / "delayed-alert" / "broken").findings
    assert finding.example == {}
    for which, first in (("broken", "light"), ("sound", "smoke")):
        question = ExpertSystem.open(DRAWER / "delayed-alert" / which).assess_json({"facts": finding.example}).question
        assert question is not None
        assert question.id == first


# -- what no base can show


def _forgetful(*forgotten: str) -> Callable[[KnowledgeBase], Inference]:
    """An engine that does not know some rules."""

    def make(knowledge: KnowledgeBase) -> Inference:
        return Inference(replace(knowledge, rules={n: r for n, r in knowledge.rules.items() if n not in forgotten}))

    return make


def test_an_engine_that_concludes_another_value_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.checking.Inference", _forgetful("dark-and-down", "down-is-off"))
    found = check(DRAWER / "engines-disagree" / "sound").findings
    assert [f.id for f in found] == ["engines-disagree", "idle-rule"]
    assert found[0].example == {"light": "dark", "switch": "down"}
    assert "`undetermined` (-)" in found[0].text.en
    assert "`switched_off` (dark-and-down/fault)" in found[0].text.zh


def test_an_engine_that_concludes_the_same_from_another_rule_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.checking.Inference", _forgetful("dark-and-down"))
    found = check(DRAWER / "engines-disagree" / "sound").findings
    assert [f.id for f in found] == ["engines-disagree", "idle-rule"]
    assert "`switched_off` (down-is-off/fault)" in found[0].text.en


def test_a_base_that_does_not_fit_the_budget_is_called_too_large_and_not_called_sound() -> None:
    checked = check(DRAWER / "too-large" / "sound", budget=5)
    assert [f.id for f in checked.findings] == ["too-large"]
    assert checked.nodes == 0
    assert "`light`" in checked.findings[0].text.en
    assert "5" in checked.findings[0].text.zh


def test_checks_that_do_not_fit_the_budget_say_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.variants.WORK_BUDGET", 0)
    folder = DRAWER / "too-large" / "sound"
    nodes = compile_knowledge(load_knowledge(folder)).store.size
    checked = check(folder, budget=nodes)
    assert [f.id for f in checked.findings] == ["too-large"]
    assert checked.nodes == 0


def test_an_alert_for_which_interviews_cannot_be_followed_to_the_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.checking.alerts.WALK_BUDGET", 1)
    (finding,) = check(DRAWER / "alert-unproved" / "sound").findings
    assert (finding.id, finding.about, finding.example) == ("alert-unproved", "do-not-touch", None)
    assert "`light`" in finding.text.zh


# -- random bases


@given(st.integers(0, 2**32), st.integers(2, 4))
@settings(max_examples=50)
def test_on_random_bases_exactly_what_brute_force_finds_is_found(seed: int, size: int) -> None:
    knowledge = enriched(seed, size)
    brute, found = Brute(knowledge), findings(knowledge)[0]
    for kind, claim in CLAIMS.items():
        assert {about(finding) for finding in found if finding.id == kind} == claim(brute), kind
    assert {finding.id for finding in found} <= {*CLAIMS, "delayed-alert"}


@given(st.integers(0, 2**32), st.integers(2, 4))
@settings(max_examples=50)
def test_on_random_bases_every_example_shows_its_finding_and_no_smaller_one_does(seed: int, size: int) -> None:
    knowledge = enriched(seed, size)
    brute = Brute(knowledge)
    for finding in findings(knowledge)[0]:
        if finding.example is not None and finding.id != "delayed-alert":
            is_smallest(brute, finding)


@given(st.integers(0, 2**32), st.integers(2, 5))
@settings(max_examples=60)
def test_on_random_bases_an_alert_is_delayed_exactly_where_some_interview_asks_something_else_first(seed: int, size: int) -> None:
    knowledge = enriched(seed, size)
    found = [finding for finding in findings(knowledge)[0] if finding.id == "delayed-alert"]
    delays = [known for known, asked in _interviews(ExpertSystem(knowledge)) if _delays(knowledge, known, asked)]
    assert bool(found) == bool(delays)
    for finding in found:
        assert finding.example in delays
        assert len(finding.example or {}) == min(map(len, delays))


def _interviews(system: ExpertSystem) -> Iterator[tuple[dict[str, str], Question]]:
    """Everything an interview without systems can come to: the answers given, and the question put then."""
    knowledge, sources = system.knowledge, reachable(system.knowledge, (), {}, ())
    unasked = {fact for q in knowledge.questions.values() if q.id not in sources for fact in q.fills}

    def follow(told: dict[str, str]) -> Iterator[tuple[dict[str, str], Question]]:
        known = {**dict.fromkeys(unasked, UNKNOWN), **told}
        prospect = system.prospect(known, frozenset(unasked))
        asked = None if settled(prospect) else next(next_questions(knowledge, prospect, known, sources), None)
        if asked is not None:
            yield told, asked.question
            for values in product(*(knowledge.facts[fact].domain for fact in asked.facts)):
                yield from follow({**told, **dict(zip(asked.facts, values, strict=True))})

    return follow({})


def _delays(knowledge: KnowledgeBase, known: Mapping[str, str], asked: Question) -> bool:
    """Whether a question is put while the one for the only fact the alert reads could be."""
    (leaf,) = leaves(knowledge.messages["alert"].when)
    needed = knowledge.question_of[leaf.fact]
    late = needed.purpose != "safety" and CALLER in needed.ask_of and leaf.fact not in known
    other = asked.id != needed.id and asked.purpose != "safety"
    return late and other and not (applicable(knowledge, known) - known.keys()).isdisjoint(needed.fills)


@given(st.integers(0, 2**32), st.integers(2, 4))
@settings(max_examples=40)
def test_shares_are_those_of_the_authors_weights(seed: int, size: int) -> None:
    knowledge = enriched(seed, size)
    given_facts = {fact.weights.given for fact in knowledge.facts.values()} - {None}
    assume(math.prod(len(knowledge.facts[name or ""].domain) for name in given_facts) <= MOST_VIEWS)
    calls = Brute(knowledge).calls
    for finding in findings(knowledge)[0]:
        if finding.id == "gap":
            told = [call for call in calls if call.possible and call.all_told]
            ending = re.findall(r"(\w+): (\w+)", finding.text.en.partition("(")[2].partition(")")[0])
            _is_share(finding, [call for call in told if all(call.values[name] == value for name, value in ending)], told)
        elif finding.id == "hidden-rule":
            named = re.findall(r"`(x\d)`", finding.text.en)
            clashing = [call for call in calls if not set(named).isdisjoint(matching_impossible(knowledge, call.counted))]
            _is_share(finding, clashing, calls)


def _is_share(finding: Finding, some: Sequence[Call], among: Sequence[Call]) -> None:
    share = sum(map(_weight, some)) / sum(map(_weight, among))
    assert f"{percent(share)}" in finding.text.en
    assert f"{percent(share)}" in finding.text.zh


def _weight(call: Call) -> float:
    tables = {name: fact.weights for name, fact in call.knowledge.facts.items()}
    return math.prod(w.tables[call.told[w.given] if w.given else None][call.told[name]] for name, w in tables.items())


# -- the shipped bases


NOTES = {
    "power": {
        "unused-value own_equipment_check",
        "only-systems-tell owner: joint",
        "only-systems-tell action: transfer_local",
        "only-systems-tell action: wait_known_outage",
        "only-systems-tell urgency: when_safe",
        "gap power",
    },
    "desk": {"unused-value enquiry_answered", "unused-value hall_day"},
}


@pytest.mark.parametrize("base", NOTES)
def test_nothing_grave_is_found_in_a_shipped_base_and_every_note_is_known(base: str) -> None:
    checked = check(ROOT / "knowledge" / base)
    assert [f for f in checked.findings if f.severity != "note"] == []
    assert {f"{f.id} {f.about}" for f in checked.findings} == NOTES[base]
    assert len(checked.findings) == len(NOTES[base])
