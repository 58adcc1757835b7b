"""`triage test` as authors and CI use it: which cases run, what is told and written, and how it ends."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from triage.cli import Exit, main, waiting
from triage.cli.screen import Screen
from triage.cli.words import WORDS
from triage.model import LANGUAGES, Language

ROOT = Path(__file__).parent.parent
LAMP = ROOT / "tests/sample_knowledge/lamp"
HOME = ROOT / "tests/cli_knowledge/home"
NAMES = ["开关断开，没有别的", "开关断开，可是冒烟", "一轮一轮问下去", "说法变了，以后说的为准"]


@dataclass
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def ran(self) -> list[str]:
        """The names of the cases that were run."""
        return [case["name"] for case in self.json["cases"]]


Triage = Callable[..., Said]


@pytest.fixture
def triage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Triage:
    """Runs `triage test`."""
    for name in [name for name in os.environ if name.startswith(("LC_", "LANG", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def run(*arguments: str, lang: str = "en") -> Said:
        monkeypatch.setenv("LC_ALL", {"en": "C.UTF-8", "zh": "zh_CN.UTF-8"}[lang])
        code = main(["test", *arguments])
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the lamp base, in which people stand."""
    shutil.copytree(LAMP, tmp_path / "knowledge/lamp")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


# -- which cases


def test_the_names_of_the_sample_are_as_the_tests_expect(triage: Triage) -> None:
    assert triage(str(LAMP), "--format", "json").ran == NAMES


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (["knowledge/lamp/cases/talk.cases.yaml"], [2, 3]),
        (["./knowledge/lamp/cases/talk.cases.yaml:28"], [3]),
        (["knowledge/lamp/cases/talk.cases.yaml:28:3"], [3]),
        (["knowledge/lamp/cases/talk.cases.yaml:27"], [2]),
        (["knowledge/lamp/cases/talk.cases.yaml:31"], [3]),
        (["knowledge/lamp/cases/talk.cases.yaml:1"], []),
        (["lamp", "--path", "cases"], [0, 1, 2, 3]),
        (["lamp", "--path", "cases/switch.cases.yaml"], [0, 1]),
        (["lamp", "--path", "knowledge/lamp/cases/switch.cases.yaml:14"], [1]),
        (["lamp", "--path", "cases/talk.cases.yaml", "--path", "cases/switch.cases.yaml:2"], [0, 2, 3]),
        (["lamp", "--path", "cases/talk.cases.yaml", "--tag", "A1"], [2]),
        (["knowledge/lamp/cases/talk.cases.yaml", "--path", "cases/switch.cases.yaml", "--name", "开关"], [0, 1]),
    ],
)
@pytest.mark.usefixtures("project")
def test_cases_are_chosen_by_the_place_that_was_printed(triage: Triage, arguments: list[str], numbers: list[int]) -> None:
    said = triage(*arguments, "--format", "json")
    assert said.ran == [NAMES[number] for number in numbers]
    assert said.code == (Exit.FINE if numbers else Exit.WRONG_USE)


def test_places_may_be_absolute_and_from_anywhere(
    triage: Triage, project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "knowledge/lamp/cases/switch.cases.yaml"
    assert triage(f"{file}:2", "--format", "json").ran == NAMES[:1]
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert triage(f"{file}:2", "--format", "json").ran == NAMES[:1]
    assert triage(str(project / "knowledge/lamp"), "--path", str(file), "--format", "json").ran == NAMES[:2]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.cases.yaml"], "there is no file `nowhere.cases.yaml`"),
        (["stray.cases.yaml"], "`stray.cases.yaml` belongs to no knowledge base"),
        (["lamp", "--path", "cases/lamp.cases.yaml"], "there is no `cases/lamp.cases.yaml` in the base `knowledge/lamp`"),
        (["lamp", "--path", "stray.cases.yaml"], "there is no `stray.cases.yaml` in the base `knowledge/lamp`"),
        (["lamp", "--path", "../lamp/../.."], "there is no `../lamp/../..` in the base"),
        (["lamp", "--format", "xml"], "'xml'"),
    ],
)
def test_a_place_that_is_not_there_is_a_sentence(triage: Triage, project: Path, arguments: list[str], says: str) -> None:
    (project / "stray.cases.yaml").write_text("cases: []\n", "utf-8")
    said = triage(*arguments)
    assert (said.code, said.out) == (Exit.WRONG_USE, "")
    assert says in said.err


# -- what has changed


def git(*arguments: str) -> None:
    named = ("-c", "user.name=author", "-c", "user.email=author@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *named, *arguments], check=True, capture_output=True)


@pytest.fixture
def committed(project: Path, triage: Triage) -> Path:  # noqa: ARG001 - whose environment git is to have
    """The base's folder, committed."""
    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "--message", "one")
    return project / "knowledge/lamp"


def test_where_nothing_changed_no_case_is_run_and_all_is_well(triage: Triage, committed: Path) -> None:
    said = triage("lamp", "--changed")
    assert said.code == Exit.FINE
    assert "What changed since HEAD affects no case (of 4)." in said.out
    change(committed / "rules.yaml", "It shines.", "The lamp shines.")
    (committed / "cases/switch.cases.yaml").write_text(
        "# moved down\n\n" + (committed / "cases/switch.cases.yaml").read_text("utf-8"), "utf-8"
    )
    assert "affects no case" in triage("lamp", "--changed").out


def test_a_changed_rule_runs_the_cases_on_whose_calls_it_can_make_a_difference(triage: Triage, committed: Path) -> None:
    change(committed / "rules.yaml", "then: {cause: bulb}", "then: {cause: supply}")
    said = triage("lamp", "--changed", "--verbose")
    assert said.code == Exit.CASES_FAILED
    assert "changes since HEAD affect 2 of 4 cases" in said.out
    assert [name for name in NAMES if f": {name}" in said.out] == NAMES[2:]
    assert "laws over all calls" not in said.out
    assert triage("lamp", "--changed", "--format", "json").ran == NAMES[2:]


def test_a_case_that_was_written_or_rewritten_is_run(triage: Triage, committed: Path) -> None:
    change(committed / "cases/switch.cases.yaml", "tags: [A2, easy]", "tags: [A2]")
    (committed / "new.cases.yaml").write_text(
        "cases: [{case: new, source: x, given: {light: dark}, status: needs_input}]", "utf-8"
    )
    assert triage("lamp", "--changed", "--format", "json").ran == [NAMES[1], "new"]
    assert triage("lamp", "--changed", "--tag", "A2", "--format", "json").ran == [NAMES[1]]


def test_changed_facts_run_all_cases(triage: Triage, committed: Path) -> None:
    change(committed / "facts.yaml", "  order: 40", "  seconds: 20\n  order: 40")
    said = triage("lamp", "--changed", "--format", "json")
    assert said.ran == NAMES


def test_changes_are_counted_from_the_revision_named(triage: Triage, committed: Path) -> None:
    git("tag", "first")
    change(committed / "rules.yaml", "then: {cause: bulb}", "then: {cause: supply}")
    git("commit", "--quiet", "--all", "--message", "two")
    assert triage("lamp", "--changed", "--format", "json").ran == []
    assert triage("lamp", "--changed-since", "first", "--format", "json").ran == NAMES[2:]
    assert triage("lamp", "--changed-since", "HEAD~1", "--format", "json").ran == NAMES[2:]


def test_where_the_base_was_not_there_all_cases_are_run_and_it_is_said(triage: Triage, committed: Path) -> None:
    shutil.copytree(committed, committed.parent / "another")
    said = triage("another", "--changed", "--format", "json")
    assert said.ran == NAMES
    assert "the base was not there at HEAD: all cases are run" in said.err


def test_where_the_base_had_mistakes_all_cases_are_run_and_it_is_said(triage: Triage, committed: Path) -> None:
    (committed / "more.yaml").write_text("facts: 3\nrules: 4\n", "utf-8")
    git("add", "--all")
    git("commit", "--quiet", "--message", "broken")
    (committed / "more.yaml").unlink()
    said = triage("lamp", "--changed", "--format", "json", lang="zh")
    assert said.ran == NAMES
    assert "HEAD 里的知识库有错误（2 个），无从比较，运行全部用例" in said.err


def test_cases_that_had_mistakes_count_as_rewritten(triage: Triage, committed: Path) -> None:
    change(committed / "cases/switch.cases.yaml", f"- case: {NAMES[0]}\n", f"- case: {NAMES[0]}\n  wrong: key\n")
    git("commit", "--quiet", "--all", "--message", "broken")
    change(committed / "cases/switch.cases.yaml", "  wrong: key\n", "")
    assert triage("lamp", "--changed", "--format", "json").ran == NAMES[:1]


@pytest.mark.parametrize(
    ("language", "says"), [("en", "no revision `mian`; did you mean `main`?"), ("zh", "没有版本 `mian`；是不是想写 `main`？")]
)
@pytest.mark.usefixtures("committed")
def test_a_revision_that_is_not_there_is_a_sentence(triage: Triage, language: str, says: str) -> None:
    said = triage("lamp", "--changed-since", "mian", lang=language)
    assert (said.code, said.out) == (Exit.WRONG_USE, "")
    assert says in said.err


def test_outside_of_a_repository_there_are_no_changes_to_look_at(
    triage: Triage, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    said = triage("lamp", "--changed")
    assert (said.code, said.out) == (Exit.WRONG_USE, "")
    assert "is in no git repository" in said.err


# -- mistakes in case files


@pytest.fixture
def broken(project: Path) -> Path:
    """The base with a file that is no YAML, and a case that names a rule that is gone beside one that is fine."""
    folder = project / "knowledge/lamp"
    (folder / "half.cases.yaml").write_text("cases:\n- case: half\n  given: {light", "utf-8")
    (folder / "old.cases.yaml").write_text(
        "cases:\n"
        "- {case: gone, source: x, fired: [gone-rule]}\n"
        "- {case: fine, source: x, given: {light: dark}, status: needs_input}\n",
        "utf-8",
    )
    return folder


@pytest.mark.usefixtures("broken")
def test_mistakes_are_listed_and_everything_else_is_run(triage: Triage) -> None:
    said = triage("lamp")
    assert said.code == Exit.WRONG_KNOWLEDGE
    assert "all 5 cases passed; 1 more and those in half.cases.yaml could not be read and were not run\n" in said.out
    assert "5 个用例全部通过；另有 1 个和 half.cases.yaml 里的读不懂，没有运行\n" in triage("lamp", lang="zh").out
    only = triage("knowledge/lamp/old.cases.yaml").out
    assert "1 case passed; 1 more could not be read and was not run\n" in only
    assert said.out.rstrip().endswith("laws over all calls: all hold")
    assert "knowledge/lamp/half.cases.yaml:3:10: this cannot be read as YAML" in said.err
    assert "knowledge/lamp/old.cases.yaml:2:35: unknown rule `gone-rule`   [unknown-rule]" in said.err
    assert said.err.rstrip().endswith("mistakes in case files: 2; the cases they stand in were not run")
    assert "用例文件里的错误：2 个" in triage("lamp", lang="zh").err


@pytest.mark.usefixtures("broken")
def test_mistakes_in_files_that_are_not_meant_are_left_alone(triage: Triage) -> None:
    said = triage("lamp", "--path", "cases")
    assert (said.code, said.err) == (Exit.FINE, "")
    said = triage("knowledge/lamp/old.cases.yaml", "--format", "json")
    assert (said.code, said.ran) == (Exit.WRONG_KNOWLEDGE, ["fine"])
    assert [problem["code"] for problem in said.json["problems"]] == ["unknown-rule"]


@pytest.mark.usefixtures("broken")
def test_mistakes_are_errors_of_the_report(triage: Triage) -> None:
    root = ET.fromstring(triage("lamp", "--format", "junit").out)  # noqa: S314 - our own
    assert (root.get("tests"), root.get("errors"), root.get("failures")) == ("10", "2", "0")


@pytest.mark.usefixtures("broken")
def test_where_every_case_is_unreadable_nothing_is_said_to_be_missing(triage: Triage) -> None:
    said = triage("knowledge/lamp/half.cases.yaml")
    assert "no case was run; those in half.cases.yaml could not be read and were not run\n" in said.out
    assert said.code == Exit.WRONG_KNOWLEDGE


def test_mistakes_of_case_files_are_told_beside_those_of_the_base(triage: Triage, project: Path) -> None:
    folder = project / "knowledge/lamp"
    (folder / "zz.yaml").write_text("rules:\n- id: half\n  when: {", "utf-8")
    change(folder / "rules.yaml", "light: dark", "lihgt: dark")
    (folder / "bad.cases.yaml").write_text("cases:\n- {case: shapeless, source: x, staus: decided}\n", "utf-8")
    said = triage("lamp")
    assert said.code == Exit.WRONG_KNOWLEDGE
    assert "knowledge/lamp/zz.yaml:3:9: this cannot be read as YAML: the bracket that opens here is never closed" in said.err
    assert "unknown fact `lihgt`; did you mean `light`?" in said.err
    assert "knowledge/lamp/bad.cases.yaml:2:32: " in said.err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_many_failures_are_shown_in_full_only_at_first(triage: Triage, project: Path, lang: Language) -> None:
    cases = "".join(f"- {{case: wrong {n}, source: x, given: {{danger: []}}, status: decided}}\n" for n in range(12))
    (project / "knowledge/lamp/wrong.cases.yaml").write_text(f"cases:\n{cases}", "utf-8")
    told = {"en": "told: {danger: []}", "zh": "已知：{danger: []}"}[lang]
    said = triage("lamp", lang=lang)
    assert (said.out.count("wrong.cases.yaml:"), said.out.count(told)) == (12, 10)
    assert "--verbose" in said.out
    whole = triage("lamp", "--verbose", lang=lang)
    assert whole.out.count(told) == 12
    assert triage("lamp", "--output", "all.txt", lang=lang).code == Exit.CASES_FAILED
    assert (project / "all.txt").read_text("utf-8").count(told) == 12


def test_suggested_cases_are_counted_and_not_run(triage: Triage, project: Path) -> None:
    path = project / "knowledge/lamp/more.cases.yaml"
    path.write_text("cases: [{case: perhaps, suggested: true, source: x, given: {light: dark}}]", "utf-8")
    said = triage("lamp")
    assert said.code == Exit.FINE
    assert "all 4 cases passed" in said.out
    assert "suggested cases, not run: 1" in said.out
    change(path, "suggested: true, ", "")
    assert triage("lamp").code == Exit.WRONG_KNOWLEDGE  # it expects nothing


# -- formats


def test_a_report_holds_every_case_and_the_laws(triage: Triage) -> None:
    said = triage(str(HOME), "--format", "junit")
    assert (said.code, said.err) == (Exit.CASES_FAILED, "")
    root = ET.fromstring(said.out)  # noqa: S314 - our own
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ((HOME / "home.cases.yaml").relative_to(Path.cwd()).as_posix(), "3", "1"),
        ("laws over all calls", "3", "0"),
    ]
    assert all(float(case.get("time", "-1")) >= 0 for case in root.iter("testcase"))


def test_a_base_whose_laws_do_not_hold_says_so_in_every_format(triage: Triage, project: Path) -> None:
    base = shutil.copytree(HOME, project / "knowledge/home")
    rule = "{id: guess, when: {lamp: dark}, then: {fault: house}, priority: 55, because: {zh: 猜, en: guess}, source: test}"
    invariant = "{id: never, when: {lamp: dark}, then: {fault: line}, because: {zh: 猜, en: guess}, source: test}"
    (base / "more.yaml").write_text(f"rules: [{rule}]\ninvariants: [{invariant}]", "utf-8")
    found = triage("home", "--format", "json").json
    [law] = [law for law in found["laws"] if not law["holds"]]
    assert (law["law"], found["summary"]["laws_broken"]) == ("invariants", 1)
    assert law["broken"] == ["the invariant `never` is broken; for example on {lamp: dark}"]
    root = ET.fromstring(triage("home", "--format", "junit", lang="zh").out)  # noqa: S314 - our own
    assert "违反必须成立的要求 `never`；例如 {lamp: dark}" in [failure.get("message") for failure in root.iter("failure")]
    assert "the invariant `never` is broken" in triage("home").out
    assert triage("home", "--tag", "right", "--format", "json").json["laws"] == []


def test_a_file_takes_the_result_and_the_screen_the_summary(triage: Triage, tmp_path: Path) -> None:
    for form, read in (("json", json.loads), ("junit", ET.fromstring)):
        said = triage(str(HOME), "--format", form, "--output", str(tmp_path / "result"))
        assert said.code == Exit.CASES_FAILED
        assert said.out == "2 passed, 1 failed (3 cases)\nlaws over all calls: all hold\n"
        assert read((tmp_path / "result").read_text("utf-8"))
    triage(str(HOME), "-o", str(tmp_path / "result"), lang="zh")
    text = (tmp_path / "result").read_text("utf-8")
    assert "没通过: 写错了期望\n  - `fault` 应定为 `house` (家里)" in text
    assert "总开关跳开" not in text


def test_a_file_that_cannot_be_written_is_a_sentence(triage: Triage, tmp_path: Path) -> None:
    said = triage(str(HOME), "--format", "json", "--output", str(tmp_path / "no/where"))
    assert said.code == Exit.WRONG_USE
    assert "cannot write" in said.err


def test_the_first_failure_can_end_it(triage: Triage, project: Path) -> None:
    base = shutil.copytree(HOME, project / "knowledge/home")
    change(base / "home.cases.yaml", "expect: {fault: line}", "expect: {fault: house}")
    said = triage("home", "--fail-fast", "--format", "json")
    assert (said.code, said.ran) == (Exit.CASES_FAILED, ["总开关跳开", "邻居也没电"])
    assert said.json["laws"] == []
    assert "1 passed, 1 failed (2 cases)" in triage("home", "-x").out


# -- waiting


def test_work_that_takes_long_shows_a_bar_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", -1.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal, inside = pty.openpty()
    with os.fdopen(inside, "w", encoding="utf-8") as stream:
        for error_stream in (stream, io.StringIO()):
            monkeypatch.setattr(sys, "stderr", error_stream)
            with waiting.Waiting(Screen("en"), "running cases", 2) as bar:
                bar.step()
                with bar.aside():
                    pass
                bar.step()
        assert isinstance(error_stream, io.StringIO)
        assert error_stream.getvalue() == ""
        shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert "running cases" in shown
    assert "100%" in shown


def test_short_work_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 3600.0)
    monkeypatch.setenv("TERM", "xterm")
    terminal, inside = pty.openpty()
    with os.fdopen(inside, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with waiting.Waiting(Screen("en"), "running cases", 1) as bar:
            bar.step()
        stream.write("end")
        stream.flush()
        assert os.read(terminal, 100_000) == b"end"
    os.close(terminal)


# -- help


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_the_help_is_cut_off(triage: Triage, language: Language) -> None:
    page = triage("--help", lang=language).out
    rows = [re.sub(r"^│.*?(<.*?>|[A-Z]+|) {2,}| +│$", "", row).strip() for row in page.splitlines()]
    text = re.sub(r"\s", "", "".join(rows))
    for key in ("help-test", "help-test-more", "help-test-base", "help-changed", "help-path", "help-test-format"):
        assert re.sub(r"\s", "", WORDS[key].get(language)) in text, key
