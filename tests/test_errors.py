"""Errors write their own sentences, in the reader's language."""

from __future__ import annotations

import pickle
from pathlib import Path
from socket import EAI_NONAME, gaierror

import pytest

from triage.errors import InputError, KnowledgeError, Problem, TriageError, nearest
from triage.model import Place, Text
from triage.refusals import refusal

MISSPELT = Problem("unknown-fact", Place("rules/meter.yaml", 14, 9), Text("没有叫 `x` 的事实", "unknown fact `x`"))
NO_BASE = Problem("base-missing", None, Text("没有 `base`", "no `base`"))


def test_a_problem_is_one_line_with_place_sentence_and_code() -> None:
    assert MISSPELT.render("en", "knowledge/power") == "knowledge/power/rules/meter.yaml:14:9: unknown fact `x`   [unknown-fact]"
    assert MISSPELT.render("zh") == "rules/meter.yaml:14:9: 没有叫 `x` 的事实   [unknown-fact]"


def test_a_problem_of_the_whole_folder_names_the_folder() -> None:
    assert NO_BASE.render("en", "knowledge/power") == "knowledge/power: no `base`   [base-missing]"
    assert NO_BASE.render("en") == "no `base`   [base-missing]"


def test_problems_are_sorted_by_line_as_a_number_and_said_once() -> None:
    lines = [
        Problem("blank", Place(file, line, 1), Text("空", "blank")) for file, line in [("b", 2), ("a", 10), ("a", 9), ("a", 9)]
    ]

    error = KnowledgeError(Path("k"), [*lines, NO_BASE])

    assert [problem.place for problem in error.problems] == [None, Place("a", 9, 1), Place("a", 10, 1), Place("b", 2, 1)]


def test_a_knowledge_error_is_rendered_in_either_language() -> None:
    error = KnowledgeError(Path("knowledge/power"), [MISSPELT])

    assert str(error) == error.render("en") == "knowledge/power/rules/meter.yaml:14:9: unknown fact `x`   [unknown-fact]"
    assert error.render("zh") == "knowledge/power/rules/meter.yaml:14:9: 没有叫 `x` 的事实   [unknown-fact]"


def test_an_input_error_says_where_what_and_what_was_probably_meant() -> None:
    error = InputError(
        "unknown-fact", "/facts/balnce", Text("没有叫 `balnce` 的事实", "unknown fact `balnce`"), ["balance"], "balance"
    )

    assert str(error) == "/facts/balnce: unknown fact `balnce`; did you mean `balance`?   [unknown-fact]"
    assert error.render("zh") == "/facts/balnce: 没有叫 `balnce` 的事实；是不是想写 `balance`？   [unknown-fact]"


def test_an_input_error_lists_what_is_accepted_where_nothing_is_near() -> None:
    error = InputError("unknown-value", "/facts/balance", Text("`3` 不是它的值", "`3` is not a value"), ["positive", "zero"])

    assert str(error) == "/facts/balance: `3` is not a value; accepted: positive, zero   [unknown-value]"


@pytest.mark.parametrize(
    "error",
    [
        KnowledgeError(Path("k"), [MISSPELT, NO_BASE]),
        InputError("unknown-value", "/facts/balance", Text("不是", "is not"), ["positive"], None),
    ],
    ids=["knowledge", "input"],
)
def test_errors_survive_being_sent_to_another_process(error: TriageError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert (type(copy), str(copy), copy.code) == (type(error), str(error), error.code)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("meter_dsplay", "meter_display"), ("balnce", "balance"), ("blaance", "balance"), ("voltage", None), ("", None)],
)
def test_only_what_is_near_is_suggested(name: str, meant: str | None) -> None:
    assert nearest(name, ["balance", "meter_display", "meter_kind"]) == meant


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("none", ["one", "none_seen", "seen"], "none_seen"),
        ("display", ["meter_display", "meter_kind"], "meter_display"),
        ("meter", ["meter_display", "meter_kind"], None),
        ("meter_kin", ["meter_kind", "meter_kind_old"], "meter_kind"),
        ("meter_display", ["meter_noisy"], None),
        ("voltage_high", ["voltage_low"], None),
        ("shock_wher", ["shock_where", "shock_who"], "shock_where"),
        ("fires-on-smoke", ["fires-on-smok", "fires-on-water"], "fires-on-smok"),
    ],
)
def test_words_left_out_are_found_and_common_words_alone_suggest_nothing(name: str, known: list[str], meant: str | None) -> None:
    assert nearest(name, known) == meant


@pytest.mark.parametrize(("name", "meant"), [("shock_wher", "shock_where"), ("shock", None), ("shock_what", None)])
def test_what_is_sure_is_a_slip_of_the_pen(name: str, meant: str | None) -> None:
    assert nearest(name, ["shock_where"], sure=True) == meant


def test_suggestions_do_not_depend_on_the_order_of_the_known_ids() -> None:
    assert nearest("ab1", ["ab2", "ab3"]) == nearest("ab1", ["ab3", "ab2"])


def test_why_the_system_refuses_a_file_is_told_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory") as caught:
        (tmp_path / "gone" / "file").read_bytes()
    assert refusal(caught.value) == Text("没有这个文件或文件夹", "No such file or directory")
    assert refusal(OSError(99999, "Something rare")) == Text("Something rare", "Something rare")
    assert refusal(OSError()) == Text("OSError", "OSError")
    wordy = OSError(2, "Failed to open local file '/x'. Detail: [errno 2] No such file or directory")
    assert refusal(wordy) == Text("没有这个文件或文件夹", "No such file or directory")
    assert refusal(TimeoutError("timed out")).zh == "等了太久没有回答"
    assert refusal(gaierror(EAI_NONAME, "Name or service not known")).zh == "没有这个主机名"
