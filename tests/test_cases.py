"""Cases say what they mean: every expectation holds where it should and fails where it should, and mistakes are all named.

`sample_knowledge/lamp` is the sound base with cases that all hold. `broken_cases/` has one mistake per file; its first line
holds where it stands, its code, and the words that the sentence must hold in both languages.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from triage.call import Reading
from triage.errors import KnowledgeError
from triage.expert import ExpertSystem
from triage.inference import Inference
from triage.loading.cases import TURN_KEYS, Case, load_cases, schema, select, spoken_and_silent
from triage.model import LANGUAGES, In, KnowledgeBase
from triage.trying import SENTENCES, Outcome, as_wanted, describe, run_case

LAMP = Path(__file__).parent / "sample_knowledge" / "lamp"
BROKEN = Path(__file__).parent / "broken_cases"
FAULTS = sorted(path.name for path in BROKEN.iterdir())

Read = Callable[[str], Case]
Try = Callable[[str], Outcome]


@pytest.fixture(scope="module")
def system() -> ExpertSystem:
    return ExpertSystem.open(LAMP)


@pytest.fixture(scope="module")
def knowledge(system: ExpertSystem) -> KnowledgeBase:
    return system.knowledge


@pytest.fixture(scope="module")
def cases(knowledge: KnowledgeBase) -> tuple[Case, ...]:
    return load_cases(LAMP, knowledge)


@pytest.fixture
def read(tmp_path: Path, knowledge: KnowledgeBase) -> Read:
    """Reads the one case whose keys are given, name and source left out; ` | ` starts a new line."""

    def reading(keys: str) -> Case:
        body = "".join(f"  {line}\n" for line in keys.split(" | "))
        (tmp_path / "one.cases.yaml").write_text(f"cases:\n- case: one\n  source: S1\n{body}", "utf-8")
        [case] = load_cases(tmp_path, knowledge)
        return case

    return reading


@pytest.fixture
def attempt(system: ExpertSystem, read: Read) -> Try:
    """Reads a case and runs it."""
    return lambda keys: run_case(system, read(keys))


def differences(outcome: Outcome) -> list[tuple[str, str | None, str, str]]:
    return [(d.key, d.name, d.expected, d.came) for failure in outcome.failures for d in failure.differences]


# reading


def test_the_cases_of_the_sample_base_all_hold(system: ExpertSystem, cases: tuple[Case, ...]) -> None:
    assert [describe(outcome, "en") for case in cases if not (outcome := run_case(system, case)).passed] == []


def test_cases_come_by_file_and_in_the_authors_order_each_with_its_place(cases: tuple[Case, ...]) -> None:
    assert [(str(case.place), len(case.turns)) for case in cases] == [
        ("cases/switch.cases.yaml:2:3", 1),
        ("cases/switch.cases.yaml:14:3", 1),
        ("cases/talk.cases.yaml:2:3", 5),
        ("cases/talk.cases.yaml:28:3", 4),
    ]
    assert (cases[1].name, cases[1].tags, cases[1].source) == ("开关断开，可是冒烟", ("A2", "easy"), ("S1", "S2"))
    assert (cases[2].systems, cases[2].region) == (("meter",), None)


def test_a_folder_without_case_files_has_no_cases_and_hidden_ones_are_left_out(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    (tmp_path / ".git").mkdir()
    for hidden in (".git/a.cases.yaml", ".b.cases.yaml", "c.yaml"):
        (tmp_path / hidden).write_text("nothing that could be read: [")
    assert load_cases(tmp_path, knowledge) == ()


def test_numbers_and_ticked_lists_come_in_by_the_door_of_all_calls(read: Read) -> None:
    [turn] = read("given: {voltage: 197.9, danger: [sparks]} | status: decided").turns
    assert turn.told.readings == {
        "voltage": Reading("low"),
        "smoke": Reading("not_seen"),
        "sparks": Reading("seen"),
    }
    [turn] = read("given: {voltage: 198, danger: unknown} | status: decided").turns
    assert {name: reading.value for name, reading in turn.told.readings.items()} == {
        "voltage": "within",
        "smoke": "unknown",
        "sparks": "unknown",
    }


def test_an_empty_list_of_missing_fields_is_an_expectation_and_none_at_all_is_not(read: Read) -> None:
    assert read("missing_fields: []").turns[0].missing_fields == ()
    assert read("status: decided").turns[0].missing_fields is None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mistake_is_reported_alone_where_it_stands_and_in_both_languages(
    fault: str, tmp_path: Path, knowledge: KnowledgeBase
) -> None:
    shutil.copy(BROKEN / fault, tmp_path)
    line = (BROKEN / fault).read_text("utf-8").splitlines()[0]
    with pytest.raises(KnowledgeError) as caught:
        load_cases(tmp_path, knowledge)
    [problem] = caught.value.problems
    assert line.startswith(f"# {str(problem.place).removeprefix(fault + ':')} [{problem.code}]"), problem.render("en")
    for language in LANGUAGES:
        for words in re.findall("`[^`]+`", line):
            assert words in problem.text.get(language)
        assert "{" not in re.sub("`[^`]+`", "", problem.text.get(language))


def test_one_broken_file_hides_nothing_of_the_others(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    (tmp_path / "deep").mkdir()
    for fault, place in (("not_yaml", "a"), ("unknown_rule", "deep/b"), ("unknown_fact", "deep/c")):
        shutil.copy(BROKEN / f"{fault}.cases.yaml", tmp_path / f"{place}.cases.yaml")
    with pytest.raises(KnowledgeError) as caught:
        load_cases(tmp_path, knowledge)
    found = [(problem.place.file, problem.code) for problem in caught.value.problems if problem.place]
    assert found == [
        ("a.cases.yaml", "syntax"),
        ("deep/b.cases.yaml", "unknown-rule"),
        ("deep/c.cases.yaml", "unknown-fact"),
    ]
    assert str(caught.value).startswith(f"{tmp_path.as_posix()}/a.cases.yaml:5:10: ")


def test_several_mistakes_in_one_case_are_all_reported(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    (tmp_path / "x.cases.yaml").write_text(
        "cases:\n- case: x\n  given: {lihgt: dark, switch: upp}\n  expect: {cause: bulp}\n  fired: [bulb-gon, bulb-gone]\n"
    )
    with pytest.raises(KnowledgeError) as caught:
        load_cases(tmp_path, knowledge)
    assert [problem.code for problem in caught.value.problems] == [
        "missing-key",
        "unknown-fact",
        "unknown-value",
        "unknown-value",
        "unknown-rule",
    ]


def test_a_file_that_cannot_be_opened_is_reported(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    (tmp_path / "gone.cases.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(KnowledgeError, match=r"gone\.cases\.yaml:1:1: .*\[unreadable-file\]"):
        load_cases(tmp_path, knowledge)


def test_the_schema_for_editors_names_every_key() -> None:
    properties = schema()["properties"]["cases"]["items"]["properties"]
    assert set(properties) == {"case", "tags", "source", "systems", "region", "time_of_day", "suggested", "turns", *TURN_KEYS}
    assert set(properties["turns"]["items"]["properties"]) == set(TURN_KEYS)


# running: every kind of expectation, right and wrong

OFF = "given: {light: dark, switch: down, voltage: within, danger: []}"
DARK = "given: {light: dark, danger: []}"
SMOKE = "given: {danger: [smoke]}"
CLASH = "given: {light: bright, voltage: low, danger: []}"

EXPECTED = [
    (OFF, "status: decided", "status: needs_input", ("status", None, "needs_input", "decided")),
    (OFF, "stop_reason: settled", "stop_reason: resolved", ("stop_reason", None, "resolved", "settled")),
    (DARK, "status: needs_input", "stop_reason: settled", ("stop_reason", None, "settled", "")),
    (OFF, "expect: {cause: switched_off}", "expect: {cause: bulb}", ("expect", "cause", "bulb", "switched_off")),
    (OFF, "expect: {hurry: later}", "expect: {hurry: now}", ("expect", "hurry", "now", "later")),
    (
        DARK,
        "if_ended_now: {cause: undetermined}",
        "expect: {cause: undetermined}",
        ("expect", "cause", "undetermined", "supply, switched_off, bulb, undetermined"),
    ),
    (
        SMOKE,
        "status: needs_input | expect: {action: dispatch}",
        "expect: {action: dispatch}",
        ("expect", "action", "dispatch", "dispatch"),
    ),
    (
        SMOKE,
        "status: needs_input | expect: {action: dispatch}",
        "status: needs_input | expect: {action: advise}",
        ("expect", "action", "advise", "dispatch"),
    ),
    (
        CLASH,
        "if_ended_now: {cause: undetermined}",
        "expect: {cause: undetermined}",
        ("expect", "cause", "undetermined", "undetermined"),
    ),
    (
        DARK,
        "if_ended_now: {action: dispatch}",
        "if_ended_now: {action: advise}",
        ("if_ended_now", "action", "advise", "dispatch"),
    ),
    (DARK, "if_ended_now: {hurry: later}", "if_ended_now: {hurry: now}", ("if_ended_now", "hurry", "now", "later")),
    (CLASH, "if_ended_now: {hurry: soon}", "if_ended_now: {hurry: later}", ("if_ended_now", "hurry", "later", "soon")),
    (
        DARK,
        "candidates: {action: [dispatch, advise]}",
        "candidates: {action: [dispatch]}",
        ("candidates", "action", "dispatch", "dispatch, advise"),
    ),
    (
        SMOKE,
        "candidates: {action: dispatch}",
        "candidates: {action: [dispatch, advise]}",
        ("candidates", "action", "dispatch, advise", "dispatch"),
    ),
    (SMOKE, "asks_next: light", "asks_next: measured", ("asks_next", None, "measured", "light")),
    (CLASH, "asks_next: measured", "asks_next: light", ("asks_next", None, "light", "measured")),
    (OFF, "status: decided", "asks_next: light", ("asks_next", None, "light", "")),
    (SMOKE, "asks_of: caller", "asks_of: meter", ("asks_of", None, "meter", "caller")),
    (OFF, "status: decided", "asks_of: caller", ("asks_of", None, "caller", "")),
    ("given: {light: bright}", "never_asks: [switch, measured]", "never_asks: [danger]", ("never_asks", "danger", "", "")),
    (OFF, "fired: [off-at-the-switch]", "fired: [bulb-gone]", ("fired", "bulb-gone", "", "switch=down")),
    (SMOKE, "not_fired: [shining]", "fired: [shining]", ("fired", "shining", "", "light=unknown")),
    (
        "given: {light: dark, switch: down, voltage: low, danger: []}",
        "not_fired: [off-at-the-switch]",
        "fired: [off-at-the-switch]",
        ("fired", "off-at-the-switch", "", "low-voltage"),
    ),
    (SMOKE, "fired: [smoking]", "not_fired: [smoking]", ("not_fired", "smoking", "", "action=dispatch, hurry=now")),
    (SMOKE, "says: [keep-away]", "not_says: [keep-away]", ("not_says", "keep-away", "", "")),
    (OFF, "not_says: [keep-away]", "says: [keep-away]", ("says", "keep-away", "", "smoke=not_seen")),
    (OFF, "says: [switch-it-on, farewell]", "says: [cause-line]", ("says", "cause-line", "", "action=advise")),
    (DARK, "not_says: [farewell, cause-line]", "says: [cause-line]", ("says", "cause-line", "", "")),
    (
        "given: {light: dark, switch: down, voltage: low, danger: []}",
        "says: [cause-line]",
        "not_says: [cause-line]",
        ("not_says", "cause-line", "", ""),
    ),
    (
        "given: {light: bright, voltage: within, danger: [smoke]} | fields: {address: 三里屯}",
        "missing_fields: [contact]",
        "missing_fields: [address, contact]",
        ("missing_fields", None, "address, contact", "contact"),
    ),
    (DARK, "status: needs_input", "missing_fields: []", ("missing_fields", None, "", "")),
]


@pytest.mark.parametrize(("given", "right", "wrong", "difference"), EXPECTED)
def test_an_expectation_holds_where_it_is_right_and_fails_where_it_is_wrong(
    given: str, right: str, wrong: str, difference: tuple[str, str | None, str, str], attempt: Try
) -> None:
    assert differences(attempt(f"{given} | {right}")) == []
    outcome = attempt(f"{given} | {wrong}")
    assert differences(outcome) == [difference]
    _assert_told_in_both_languages(outcome)


def _assert_told_in_both_languages(outcome: Outcome) -> None:
    [failure] = outcome.failures
    for difference in failure.differences:
        for language in LANGUAGES:
            for words in (difference.name, *difference.expected.split(", "), *difference.came.split(", ")):
                assert words is None or words in difference.text.get(language)


def test_every_sentence_about_a_difference_is_shown_to_be_said(attempt: Try, read: Read, knowledge: KnowledgeBase) -> None:
    outcomes = [attempt(f"{given} | {wrong}") for given, _, wrong, _ in EXPECTED]
    outcomes.append(run_case(_without(knowledge, "smoking"), read(f"{SMOKE} | fired: [smoking]")))
    silent = ExpertSystem(replace(knowledge, messages={}))
    outcomes.append(run_case(silent, read(f"{SMOKE} | says: [{next(iter(knowledge.messages))}]")))
    said = {d.text.en for outcome in outcomes for failure in outcome.failures for d in failure.differences}
    patterns = {key: re.sub(r"\\{\w+\\}", ".*", re.escape(text.en)) for key, text in SENTENCES.items()}
    assert [key for key, pattern in patterns.items() if not any(re.fullmatch(pattern, words) for words in said)] == []


def test_what_settles_on_a_handover_is_expected_of_a_handover_only(knowledge: KnowledgeBase, read: Read) -> None:
    other = _without(knowledge, "off-at-the-switch").knowledge
    disagreeing = ExpertSystem(knowledge, inference=Inference(other))
    good = f"{OFF} | status: handover | stop_reason: engines_disagree | expect: {{action: dispatch, hurry: soon}}"
    assert run_case(disagreeing, read(good)).passed
    outcome = run_case(disagreeing, read(f"{OFF} | expect: {{action: dispatch}}"))
    assert differences(outcome) == [("expect", "action", "dispatch", "dispatch")]
    assert "`handover`" in outcome.failures[0].differences[0].text.en


# running: turns


def test_each_turn_adds_to_those_before_and_a_later_value_replaces_an_earlier_one(attempt: Try) -> None:
    turns = "turns: | - {given: {danger: [smoke]}, says: [keep-away]} | - {given: {smoke: not_seen}, not_says: [keep-away]}"
    assert attempt(turns).passed
    ticked_again = f"{turns} | - {{given: {{danger: [smoke]}}, says: [keep-away]}}"
    assert attempt(ticked_again).passed


def test_a_source_that_did_not_answer_is_passed_over_from_then_on(attempt: Try) -> None:
    turns = [
        "- {given: {light: dark, danger: []}, asks_next: measured, asks_of: meter}",
        "- {no_answer: {voltage: meter}, asks_of: grid}",
        "- {no_answer: {voltage: [grid]}, asks_next: measured, asks_of: caller}",
        "- {given: {voltage: unknown}, asks_next: switch}",
    ]
    outcome = attempt(" | ".join(["systems: [meter, grid]", "turns:", *turns]))
    assert outcome.passed, describe(outcome, "en")


def test_a_turn_that_fails_does_not_keep_the_later_ones_from_being_tried(attempt: Try) -> None:
    outcome = attempt(
        "turns: | - {given: {light: dark}, status: decided} | - {given: {danger: []}, status: needs_input} "
        "| - {given: {switch: up, voltage: within}, expect: {cause: supply, action: advise}}"
    )
    assert [(failure.number, failure.place.line) for failure in outcome.failures] == [(1, 5), (3, 7)]
    assert differences(outcome) == [("status", None, "decided", "needs_input"), ("expect", "cause", "supply", "bulb")]


def test_an_answered_question_is_never_asked_again_but_for_a_contradiction(attempt: Try) -> None:
    assert attempt("given: {voltage: low} | never_asks: [measured]").passed
    assert differences(attempt("given: {voltage: low, light: bright} | never_asks: [measured]")) == [
        ("never_asks", "measured", "", "")
    ]


def test_a_question_half_answered_may_still_come(attempt: Try) -> None:
    assert not attempt("given: {smoke: not_seen} | never_asks: [danger]").passed
    assert attempt("given: {smoke: seen} | never_asks: [danger]").passed


def test_a_question_may_still_come_though_another_is_asked_first(attempt: Try) -> None:
    assert attempt("given: {light: dark} | asks_next: danger").passed
    assert differences(attempt("given: {light: dark} | never_asks: [switch]")) == [("never_asks", "switch", "", "")]
    assert attempt("given: {light: bright} | asks_next: danger | never_asks: [switch]").passed


def test_a_target_with_one_candidate_left_is_told_from_one_that_is_open(attempt: Try) -> None:
    outcome = attempt(f"{SMOKE} | expect: {{action: dispatch, cause: bulb}}")
    texts = [difference.text.en for difference in outcome.failures[0].differences]
    assert texts[0].endswith("but the status is `needs_input` and it is `dispatch` (dispatch) for now")
    assert "but may still be " in texts[1]


def test_rules_that_a_variant_of_the_base_lacks_are_silent(knowledge: KnowledgeBase, read: Read) -> None:
    variant = _without(knowledge, "smoking")
    assert run_case(variant, read(f"{SMOKE} | not_fired: [smoking]")).passed
    assert differences(run_case(variant, read(f"{SMOKE} | fired: [smoking]"))) == [("fired", "smoking", "", "")]


def _without(knowledge: KnowledgeBase, rule: str) -> ExpertSystem:
    return ExpertSystem(replace(knowledge, rules={name: r for name, r in knowledge.rules.items() if name != rule}))


# telling


def test_a_failure_carries_how_it_came_about(attempt: Try) -> None:
    outcome = attempt("given: {light: dark, switch: down, voltage: low, danger: [smoke]} | expect: {cause: switched_off}")
    trace = outcome.failures[0].trace
    assert [(fired.rule, dict(fired.concluded), dict(fired.preempted)) for fired in trace.fired] == [
        ("low-voltage", {"cause": "supply"}, {}),
        ("off-at-the-switch", {}, {"cause": "switched_off"}),
        ("smoking", {"hurry": "now", "action": "dispatch"}, {}),
    ]
    assert next(fired for fired in trace.fired if fired.rule == "low-voltage").on == {"light": "dark", "voltage": "low"}
    assert (trace.status, trace.stop_reason, trace.question) == ("decided", "settled", None)
    assert trace.candidates == {"cause": ("supply",), "action": ("dispatch",)}


def test_what_was_told_in_vain_is_named(attempt: Try) -> None:
    outcome = attempt("given: {switch: down, danger: []} | fired: [off-at-the-switch]")
    trace = outcome.failures[0].trace
    assert (trace.told["switch"], trace.inapplicable) == ("down", ("switch",))
    assert "    told: {danger: [], switch: down}\n    does not apply, counts as unknown: switch\n" in describe(outcome, "en")


def test_what_a_silent_rule_wants_is_told_as_it_is_written(attempt: Try) -> None:
    assert "but does not hold: `switch: up` (but switch=down)   [fired]" in describe(attempt(f"{OFF} | fired: [bulb-gone]"), "en")


def test_values_that_are_not_wanted_are_told_where_they_are_fewer(system: ExpertSystem) -> None:
    cause = system.knowledge.inferred["cause"]
    first, *others = (value for value in cause.values if value != cause.default)
    written = In("cause", tuple(others))
    assert as_wanted(system.knowledge, written) == f"{{not: {first}}}"
    assert as_wanted(system.knowledge, In("cause", (first,))) == first
    assert as_wanted(system.knowledge, In("light", ("unknown",))) == "unknown"


def test_a_failed_case_reads_well_on_a_terminal(attempt: Try) -> None:
    outcome = attempt(
        "turns: | - {given: {danger: [sparks]}, status: needs_input} | - {given: {light: bright}, asks_next: switch}"
    )
    assert describe(outcome, "en", "knowledge/lamp").splitlines() == [
        "knowledge/lamp/one.cases.yaml:2:3: failed: one",
        "  turn 2 (line 6)",
        "    - it should ask `switch` next, but asks nothing (status `decided`)   [asks_next]",
        "      told: {danger: [sparks], light: bright}",
        "      status: decided / settled",
        "      rules fired, in order:",
        "        shining: light=bright → cause=nothing_wrong",
        "        smoking: sparks=seen → hurry=now, action=dispatch",
        "        advice-will-do: cause=nothing_wrong → action=advise (pre-empted)",
    ]
    assert describe(outcome, "zh").splitlines()[:3] == [
        "one.cases.yaml:2:3: 没通过: one",
        "  第 2 轮（第 6 行）",
        "    - 下一个应问 `switch`，实际不再问（状态 `decided`）   [asks_next]",
    ]


def test_a_case_of_one_turn_has_no_heading_for_it(attempt: Try) -> None:
    assert describe(attempt(f"{OFF} | expect: {{cause: bulb}}"), "en").splitlines()[:4] == [
        "one.cases.yaml:2:3: failed: one",
        "  - `cause` should be settled as `bulb` (bulb), but is `switched_off` (switched off)   [expect]",
        "    told: {danger: [], light: dark, switch: down, voltage: within}",
        "    status: decided / settled",
    ]


def test_a_passed_case_is_one_line(attempt: Try) -> None:
    outcome = attempt(f"{OFF} | status: decided")
    assert describe(outcome, "zh") == "one.cases.yaml:2:3: 通过: one"
    assert describe(outcome, "en") == "one.cases.yaml:2:3: passed: one"


# choosing


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ({}, [2, 14, 2, 28]),
        ({"name": "开关断开"}, [2, 14]),
        ({"name": "冒烟"}, [14]),
        ({"tags": ["A1"]}, [2, 2]),
        ({"tags": ["A1", "easy"]}, [2]),
        ({"path": "cases"}, [2, 14, 2, 28]),
        ({"path": "cases/talk.cases.yaml"}, [2, 28]),
        ({"path": "cases/talk.cases.yaml:28"}, [28]),
        ({"path": "cases/talk.cases.yaml:28:3"}, [28]),
        ({"path": "case"}, []),
        ({"path": "cases/talk.cases.yaml", "tags": ["easy"]}, []),
    ],
)
def test_cases_are_chosen_by_name_tag_and_path(
    wanted: dict[str, str | Iterable[str]], chosen: list[int], cases: tuple[Case, ...]
) -> None:
    assert [case.place.line for case in select(cases, **wanted)] == chosen  # type: ignore[arg-type]


def test_rules_are_known_to_speak_and_be_silent_where_cases_say_so(cases: tuple[Case, ...]) -> None:
    found = spoken_and_silent(cases)
    assert found["smoking"] == (True, True)
    assert found["bulb-gone"] == (True, False)
    assert "shining" not in found
    assert list(found) == sorted(found)
