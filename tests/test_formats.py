"""What other programs read: SARIF that holds to its schema, JUnit that is XML whatever authors write, GitHub's commands, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import Problem
from triage.expert import ExpertSystem
from triage.findings import SEVERITIES, Finding, of_problem
from triage.formats.github import github
from triage.formats.junit import junit_cases, junit_findings
from triage.formats.objects import cases_json, findings_json
from triage.formats.parts import from_here, legible
from triage.formats.runs import CaseRun, LawTried, Tried
from triage.formats.sarif import sarif
from triage.loading.cases import Case, load_cases
from triage.model import LANGUAGES, Language, Place, Text
from triage.trying import describe, run_case

HERE = Path(__file__).parent
HOME = HERE / "cli_knowledge/home"
SCHEMA = json.loads((HERE / "schemas/sarif-2.1.0.json").read_text("utf-8"))

DEAD = Finding(
    "dead-rule",
    "error",
    "card-meter-empty",
    Place("rules/meter.yaml", 14, 3),
    Text("规则 `card-meter-empty` 永远不成立，请删掉", "rule `card-meter-empty` can never fire; delete it"),
    {"meter_kind": "card", "balance": "zero"},
)
IDLE = Finding(
    "idle-fact", "warning", "balance", Place("facts/卡 表.yaml", 2, 7), Text("没有用：100%", "never matters: 100%"), {}
)
GAP = Finding("gap", "note", "", None, Text("有来电落到默认值，\n见说明", "calls end in the default,\nsee the page"))
ALL = (DEAD, IDLE, GAP)


@pytest.fixture(autouse=True)
def at_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository's root that holds knowledge/power."""
    (tmp_path / "knowledge/power").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def results(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["runs"][0]["results"]
    return found


# -- paths


def test_a_file_is_named_as_seen_from_the_current_directory(at_the_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_here("knowledge/power", "rules/a.yaml") == "knowledge/power/rules/a.yaml"
    assert from_here(str(at_the_root / "knowledge/power"), "a.yaml") == "knowledge/power/a.yaml"
    assert from_here("./knowledge/../knowledge/power") == "knowledge/power"
    monkeypatch.chdir("knowledge/power")
    assert from_here(".", "a.yaml") == "a.yaml"
    assert from_here("../other", "a.yaml") == (at_the_root / "knowledge/other/a.yaml").as_posix()


def test_a_folder_reached_by_a_link_is_named_by_the_link_if_that_is_below_and_by_its_target_if_only_that_is(
    at_the_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (at_the_root / "linked").symlink_to(outside)
    (outside / "back").symlink_to(at_the_root)
    assert from_here("linked", "a.yaml") == "linked/a.yaml"
    assert from_here(str(outside / "back/knowledge"), "a.yaml") == "knowledge/a.yaml"


# -- SARIF


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("findings", [ALL, (), (replace(DEAD, about="\x00\x1b[31m", text=Text("\x07", "\x07")),)])
def test_a_sarif_document_holds_to_the_schema(findings: tuple[Finding, ...], language: Language) -> None:
    titles = {"dead-rule": Text("死规则", "dead rule")}
    document = sarif(findings, "knowledge/power", language, titles=titles, pages={"gap": "# Gap"}, home="https://example.org/x")
    jsonschema.validate(document, SCHEMA)
    assert json.loads(json.dumps(document)) == document


def test_the_schema_would_notice_a_key_that_is_not_there() -> None:
    document = sarif(ALL, "knowledge/power", "en")
    results(document)[0]["location"] = []
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_every_result_has_what_code_scanning_asks_for() -> None:
    document = sarif(ALL, "knowledge/power", "en")
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    for finding, result in zip(ALL, results(document), strict=True):
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] == finding.id
        assert rule["shortDescription"]["text"]
        assert f"docs/findings/{finding.id}.md" in rule["help"]["text"]
        assert result["level"] == finding.severity
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == (finding.place.line if finding.place else 1)
        assert re.fullmatch(r"[0-9a-f]{16}:1", result["partialFingerprints"]["primaryLocationLineHash"])
    assert set(SEVERITIES) == {result["level"] for result in results(document)}


def test_files_are_named_by_addresses_relative_to_the_root_of_the_repository() -> None:
    artifacts = [
        result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results(sarif(ALL, "knowledge/power", "en"))
    ]
    assert [unquote(artifact["uri"]) for artifact in artifacts] == [
        "knowledge/power/rules/meter.yaml",
        "knowledge/power/facts/卡 表.yaml",
        "knowledge/power",
    ]
    for artifact in artifacts:
        assert artifact["uri"].isascii()
        assert " " not in artifact["uri"]
        assert artifact["uriBaseId"] == "%SRCROOT%"


def test_a_file_outside_the_repository_has_an_absolute_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    [result] = results(sarif([DEAD], str(outside), "en"))
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert urlsplit(artifact["uri"]).scheme == "file"
    assert urlsplit(artifact["uri"]).path == f"{outside.as_posix()}/rules/meter.yaml"
    assert "uriBaseId" not in artifact


def _fingerprint(finding: Finding, folder: str = "knowledge/power", language: Language = "en") -> str:
    [result] = results(sarif([finding], folder, language))
    mark: str = result["partialFingerprints"]["primaryLocationLineHash"]
    return mark


def test_a_fingerprint_outlives_moved_lines_other_words_and_another_language() -> None:
    moved = replace(DEAD, place=Place("rules/other.yaml", 99, 1), text=Text("别的", "else"), severity="note", example=None)
    assert _fingerprint(moved, language="zh") == _fingerprint(DEAD)


def test_fingerprints_tell_findings_kinds_and_bases_apart() -> None:
    others = [replace(DEAD, about="another-rule"), replace(DEAD, id="pre-empted")]
    marks = {_fingerprint(finding) for finding in (DEAD, *others)} | {_fingerprint(DEAD, "knowledge/desk")}
    assert len(marks) == 4
    twice = results(sarif([DEAD, replace(DEAD, place=Place("rules/meter.yaml", 20, 3))], "knowledge/power", "en"))
    assert len({result["partialFingerprints"]["primaryLocationLineHash"] for result in twice}) == 2


def test_mistakes_of_the_same_kind_found_by_loading_are_told_apart() -> None:
    first, second = (
        of_problem(Problem("unknown-fact", Place("rules/a.yaml", 3, 1), Text(f"没有 `{name}`", f"no `{name}`"))) for name in "xy"
    )
    moved = replace(first, place=Place("rules/a.yaml", 8, 1))
    assert _fingerprint(first) == _fingerprint(moved) != _fingerprint(second)


def test_a_kind_links_to_its_page_only_where_the_address_is_absolute() -> None:
    linked = sarif([DEAD], "knowledge/power", "en", home="https://example.org/tree/main/")["runs"][0]["tool"]["driver"]["rules"]
    assert linked[0]["helpUri"] == "https://example.org/tree/main/docs/findings/dead-rule.md"
    assert "helpUri" not in sarif([DEAD], "knowledge/power", "en")["runs"][0]["tool"]["driver"]["rules"][0]


def test_a_kind_of_several_grades_is_shown_as_the_gravest() -> None:
    document = sarif([replace(DEAD, severity="note"), replace(DEAD, severity="warning")], "knowledge/power", "en")
    assert document["runs"][0]["tool"]["driver"]["rules"][0]["defaultConfiguration"] == {"level": "warning"}


@pytest.mark.parametrize(
    ("language", "says"),
    [("zh", "永远不成立，请删掉；最小的一通来电：{meter_kind: card"), ("en", "delete it; smallest call: {meter_kind: card")],
)
def test_messages_speak_one_language_and_hold_the_example(language: Language, says: str) -> None:
    [result] = results(sarif([DEAD], "knowledge/power", language))
    assert says in result["message"]["text"]
    assert result["properties"] == {"about": "card-meter-empty", "example": dict(DEAD.example or {})}


# -- GitHub


def _read_command(line: str) -> tuple[str, dict[str, str], str]:
    """As GitHub's runner reads it: command, properties, message."""
    found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert found, line

    def plain(text: str) -> str:
        for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, character)
        return text

    properties = dict(part.split("=", 1) for part in found[2].split(","))
    return found[1], {name: plain(value) for name, value in properties.items()}, plain(found[3])


def test_every_finding_is_a_command_that_reads_back() -> None:
    commands = [_read_command(line) for line in github(ALL, "knowledge/power", "en")]
    assert [command for command, _, _ in commands] == ["error", "warning", "notice"]
    assert commands[0][1] == {
        "file": "knowledge/power/rules/meter.yaml",
        "line": "14",
        "col": "3",
        "title": "dead-rule: card-meter-empty",
    }
    assert commands[1][2] == "never matters: 100%; smallest call: {}"
    assert commands[2][1:] == ({"title": "gap"}, "knowledge/power: calls end in the default,\nsee the page")


@given(st.text(), st.text())
def test_no_text_breaks_out_of_a_command(about: str, text: str) -> None:
    [line] = github([replace(DEAD, about=about, text=Text(text, text), example=None)], "knowledge/power", "zh")
    assert not re.search(r"[\r\n\x1b]", line)
    command, properties, message = _read_command(line)
    assert (command, message) == ("error", legible(text))
    assert set(properties) == {"file", "line", "col", "title"}


# -- JUnit


def _counted(document: str) -> ET.Element:
    """The root of a document whose figures are right."""
    root = ET.fromstring(document)  # noqa: S314 - our own
    for element in (root, *root.iter("testsuite")):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for figure, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(figure) == str(len(list(element.iter(tag)))), figure
    return root


def test_every_finding_is_a_test_case_of_its_file_and_notes_fail_nothing() -> None:
    root = _counted(junit_findings(ALL, "knowledge/power", "en"))
    assert [suite.get("name") for suite in root] == [
        "knowledge/power",
        "knowledge/power/facts/卡 表.yaml",
        "knowledge/power/rules/meter.yaml",
    ]
    assert [[outcome.tag for outcome in case] for suite in root for case in suite] == [["skipped"], ["failure"], ["failure"]]
    [case] = root[2]
    assert (case.get("name"), case.get("file"), case.get("line")) == (
        "dead-rule card-meter-empty",
        "knowledge/power/rules/meter.yaml",
        "14",
    )
    [failure] = case
    assert (failure.get("type"), failure.get("message")) == (
        "dead-rule",
        "rule `card-meter-empty` can never fire; delete it; smallest call: {meter_kind: card, balance: zero}",
    )
    assert failure.text is not None
    assert failure.text.startswith("knowledge/power/rules/meter.yaml:14:3: rule")
    assert failure.text.endswith("[error: dead-rule]\ndocs/findings/dead-rule.md")


def test_a_base_without_findings_is_a_test_case_that_passes() -> None:
    root = _counted(junit_findings([], "knowledge/power", "zh"))
    assert [(case.get("name"), len(case)) for case in root.iter("testcase")] == [("没有发现问题", 0)]


@given(st.text(st.characters()), st.text(st.characters()))
def test_a_report_is_xml_whatever_an_author_wrote(about: str, text: str) -> None:
    finding = replace(DEAD, about=about, text=Text(text, text), place=Place(text.replace("\0", "") or "a", 1, 1), example=None)
    [failure] = _counted(junit_findings([finding], "knowledge/power", "zh")).iter("failure")
    assert failure.get("message") == legible(text)


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\x7f", "\x85", "\ud800", "\ufffe", "\uffff"])
def test_characters_no_format_takes_are_replaced(character: str) -> None:
    assert legible(f"a{character}b\tc\nd") == "a\N{REPLACEMENT CHARACTER}b\tc\nd"
    assert legible("卡表 🔌 \N{ZERO WIDTH JOINER}") == "卡表 🔌 \N{ZERO WIDTH JOINER}"


# -- runs of cases


@pytest.fixture(scope="module")
def system() -> ExpertSystem:
    return ExpertSystem.open(HOME)


@pytest.fixture(scope="module")
def cases(system: ExpertSystem) -> tuple[Case, ...]:
    return load_cases(HOME, system.knowledge)


Run = Callable[..., CaseRun]


@pytest.fixture
def run(system: ExpertSystem, cases: tuple[Case, ...]) -> Run:
    """A run of the home's cases, the last of which fails, as if they lay in knowledge/power."""

    def running(**more: Any) -> CaseRun:
        tried = tuple(Tried(run_case(system, case), 0.25) for case in cases)
        return CaseRun("knowledge/power", tried, total=len(cases), **more)

    return running


TORN = Problem("syntax", Place("cases/new.cases.yaml", 4, 2), Text("读不懂", "cannot be read"))
TOO_MANY = Problem("too-many-files", None, Text("文件太多", "too many files"))


def test_every_case_is_a_test_case_of_its_file_with_place_time_and_differences(run: Run, cases: tuple[Case, ...]) -> None:
    done = run()
    [suite] = _counted(junit_cases(done, "en"))
    assert (suite.get("name"), suite.get("time")) == ("knowledge/power/home.cases.yaml", "0.750")
    assert [(case.get("name"), case.get("line"), case.get("time")) for case in suite] == [
        (case.name, str(case.place.line), "0.250") for case in cases
    ]
    assert {case.get("classname") for case in suite} == {"knowledge.power.home"}
    [failure] = suite.iter("failure")
    assert failure.get("type") == "expect"
    assert failure.get("message") == "`fault` should be settled as `house` (the house), but is `line` (the line)"
    [failed] = [tried.outcome for tried in done.tried if not tried.outcome.passed]
    assert failure.text == describe(failed, "en", "knowledge/power")


def test_mistakes_in_case_files_are_errors_of_their_file(run: Run) -> None:
    root = _counted(junit_cases(run(problems=(TORN, TOO_MANY)), "zh"))
    assert {suite.get("name"): [e.get("message") for e in suite.iter("error")] for suite in root} == {
        "knowledge/power": ["文件太多"],
        "knowledge/power/cases/new.cases.yaml": ["读不懂"],
        "knowledge/power/home.cases.yaml": [],
    }
    assert "knowledge/power/cases/new.cases.yaml:4:2: 读不懂   [syntax]" in [error.text for error in root.iter("error")]


def test_laws_are_a_suite_of_their_own(run: Run) -> None:
    laws = (LawTried("evidence", ()), LawTried("invariants", ("`x` is broken", "`y` is broken")))
    root = _counted(junit_cases(run(laws=laws), "en"))
    [suite] = [suite for suite in root if suite.get("name") == "laws over all calls"]
    assert [(case.get("name"), [failure.text for failure in case]) for case in suite] == [
        ("evidence", []),
        ("invariants", ["`x` is broken\n`y` is broken"]),
    ]


def test_a_run_as_json_has_everything(run: Run, cases: tuple[Case, ...]) -> None:
    found = json.loads(json.dumps(cases_json(run(problems=(TORN, TOO_MANY), suggested=1), "en")))
    assert found["folder"] == "knowledge/power"
    assert found["summary"] == {
        "total": 3,
        "run": 3,
        "passed": 2,
        "failed": 1,
        "suggested": 1,
        "problems": 2,
        "laws_broken": None,
    }
    assert found["problems"] == [
        {"code": "syntax", "file": "knowledge/power/cases/new.cases.yaml", "line": 4, "column": 2, "text": "cannot be read"},
        {"code": "too-many-files", "file": None, "line": None, "column": None, "text": "too many files"},
    ]
    assert [(case["name"], case["passed"], case["seconds"]) for case in found["cases"]] == [
        (case.name, number < 2, 0.25) for number, case in enumerate(cases)
    ]
    [failure] = found["cases"][2]["failures"]
    assert (failure["turn"], failure["line"]) == (1, cases[2].turns[0].place.line)
    assert failure["differences"] == [
        {
            "key": "expect",
            "name": "fault",
            "expected": "house",
            "came": "line",
            "text": "`fault` should be settled as `house` (the house), but is `line` (the line)",
        }
    ]
    assert failure["trace"]["status"] == "decided"
    assert [fired["rule"] for fired in failure["trace"]["fired"]] == ["danger-means-line"]


def test_broken_laws_are_counted_in_json(run: Run) -> None:
    found = cases_json(run(laws=(LawTried("evidence", ("x",)), LawTried("invariants", ()))), "en")
    assert found["summary"]["laws_broken"] == 1
    assert found["laws"] == [
        {"law": "evidence", "holds": False, "broken": ["x"]},
        {"law": "invariants", "holds": True, "broken": []},
    ]


def test_findings_as_json_have_everything() -> None:
    first, second, third = json.loads(json.dumps(findings_json(ALL, "knowledge/power", "zh")))
    assert first == {
        "id": "dead-rule",
        "severity": "error",
        "about": "card-meter-empty",
        "file": "knowledge/power/rules/meter.yaml",
        "line": 14,
        "column": 3,
        "text": DEAD.text.zh,
        "example": {"meter_kind": "card", "balance": "zero"},
        "page": "docs/findings/dead-rule.md",
    }
    assert (second["example"], third["example"]) == ({}, None)
    assert (third["file"], third["line"], third["column"]) == (None, None, None)
