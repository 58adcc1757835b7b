"""`triage check` from the outside: every broken base in every form, both languages, exit codes, what cannot be read."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from triage.checking import KINDS, check
from triage.cli import Exit, main
from triage.formats.parts import page
from triage.model import LANGUAGES

ROOT = Path(__file__).parent.parent
DRAWER = Path("tests/findings")
SHOWN = sorted(path.name for path in (ROOT / DRAWER).iterdir() if (path / "broken").is_dir())
GRADES = {
    "zh": {"error": "错误", "warning": "警告", "note": "提示"},
    "en": {grade: grade for grade in ("error", "warning", "note")},
}


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")


Said = tuple[int, str, str]


def _say(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Said:
    code = main(["check", *map(str, arguments)])
    printed = capfd.readouterr()
    return code, printed.out, printed.err


def _spoilt(tmp_path: Path, name: str, *, file: str, text: str) -> Path:
    """A copy of a sound base with one more file."""
    folder = Path(shutil.copytree(ROOT / DRAWER / name / "sound", tmp_path / name))
    (folder / file).write_text(text, encoding="utf-8")
    return folder


# -- every kind in every form


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("language", LANGUAGES)
def test_in_the_terminal_a_finding_is_a_place_that_can_be_clicked_a_sentence_and_a_call(
    name: str, language: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = DRAWER / name / "broken"
    (finding,) = check(folder).findings
    code, out, err = _say(capfd, folder, "--lang", language)
    head, *rest = out.splitlines()
    where = f"{folder}/{finding.place}" if finding.place else str(folder)
    mark = "：" if language == "zh" else ": "
    text = finding.text.zh if language == "zh" else finding.text.en
    assert head == f"{where}: {GRADES[language][finding.severity]}{mark}{text}   [{finding.id}]"
    example = rest[0].strip() if finding.example is not None else None
    assert (example is not None and example.startswith(("例如", "on ", "with nothing"))) is (finding.example is not None)
    for fact in finding.example or {}:
        assert fact in rest[0]
    assert "--explain KIND" in " ".join(rest)
    assert (code, err) == (Exit.FINE if finding.severity == "note" else Exit.CASES_FAILED, "")


@pytest.mark.parametrize("name", SHOWN)
def test_as_json_sarif_junit_and_annotations_it_is_the_same_finding(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    folder = DRAWER / name / "broken"
    (finding,) = check(folder).findings
    said = {form: _say(capfd, folder, "--lang", "en", "--format", form) for form in ("json", "sarif", "junit", "github")}
    assert {code for code, _, _ in said.values()} == {Exit.FINE if finding.severity == "note" else Exit.CASES_FAILED}
    assert {err for _, _, err in said.values()} == {""}
    file = (folder / finding.place.file if finding.place else folder).as_posix()
    line = finding.place.line if finding.place else None

    (entry,) = json.loads(said["json"][1])
    assert (entry["id"], entry["severity"], entry["about"]) == (finding.id, finding.severity, finding.about)
    assert (entry["text"], entry["example"], entry["page"]) == (finding.text.en, finding.example, page(finding.id))
    assert entry["line"] == line
    assert finding.place is None or entry["file"] == file

    (run,) = json.loads(said["sarif"][1])["runs"]
    (rule,), (result,) = run["tool"]["driver"]["rules"], run["results"]
    assert (rule["id"], result["ruleId"], result["level"]) == (finding.id, finding.id, finding.severity)
    assert rule["shortDescription"]["text"] == KINDS[finding.id].title.en
    assert page(finding.id) in rule["help"]["text"]
    assert result["message"]["text"].startswith(finding.text.en)
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == file

    (case,) = ET.fromstring(said["junit"][1]).iter("testcase")  # noqa: S314 - our own
    assert case.get("file") == file
    assert case.get("line") == (str(line) if line else None)
    assert finding.text.en in "".join(case.itertext())

    annotation = said["github"][1]
    assert annotation.startswith({"error": "::error ", "warning": "::warning ", "note": "::notice "}[finding.severity])
    assert (f"file={file},line={line}," in annotation) is (finding.place is not None)
    assert annotation.count("\n") == 1


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "junit", "github"])
def test_of_a_sound_base_every_form_says_that_there_is_nothing(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = _say(capfd, DRAWER / "tie" / "sound", "--lang", "en", "--format", form)
    assert (code, err) == (Exit.FINE, "")
    if form == "terminal":
        assert out.startswith("nothing found (3 rules, all possible calls looked at)")
    elif form == "json":
        assert json.loads(out) == []
    elif form == "sarif":
        assert json.loads(out)["runs"][0]["results"] == []
    elif form == "junit":
        assert ET.fromstring(out).get("failures") == "0"  # noqa: S314
    else:
        assert out == ""


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "junit", "github"])
def test_a_file_gets_what_the_screen_would_have(form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder, file = DRAWER / "tie" / "broken", tmp_path / "found"
    code, shown, _ = _say(capfd, folder, "--lang", "zh", "--format", form)
    assert _say(capfd, folder, "--lang", "zh", "--format", form, "-o", file) == (code, "", "")
    written = file.read_text("utf-8")
    assert shown.startswith(written) if form == "terminal" else written == shown


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = _say(capfd, DRAWER / "tie" / "broken", "--lang", "en", "-o", tmp_path / "no" / "such" / "folder")
    assert (code, out) == (Exit.WRONG_USE, "")
    assert "cannot write" in err


# -- exit codes


@pytest.mark.parametrize(
    ("name", "codes"),
    [("tie", (1, 1, 1)), ("dead-rule", (0, 1, 1)), ("gap", (0, 0, 1))],
    ids=["an error", "a warning", "a note"],
)
def test_from_which_grade_on_a_check_fails_can_be_said(
    name: str, codes: tuple[int, int, int], capfd: pytest.CaptureFixture[str]
) -> None:
    for grade, expected in zip(("error", "warning", "note"), codes, strict=True):
        assert _say(capfd, DRAWER / name / "broken", "--fail-on", grade)[0] == expected
        assert _say(capfd, DRAWER / name / "sound", "--fail-on", grade)[0] == Exit.FINE


def test_what_is_no_base_is_wrong_use(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = _say(capfd, "no-such-base", "--lang", "en")
    assert (code, out) == (Exit.WRONG_USE, "")
    assert "`no-such-base`" in err


# -- what cannot be read

UNREADABLE = """\
rules:
- id: reads-nothing-known
  when: {lihgt: dim}
  then: {fault: no_such_value}
  because: {zh: 试, en: test}
  source: test
"""
HALF = "rules:\n- id: half-written\n  when: {light: dim\n"
CASES = """\
cases:
- case: 说了没有的事实
  source: test
  given: {lihgt: dim}
  expect: {fault: supply}
"""


def _codes(found: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(entry["id"], Path(entry["file"]).name, entry["line"]) for entry in found]


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "junit", "github"])
def test_every_mistake_of_a_base_that_cannot_be_read_is_told(
    form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = _spoilt(tmp_path, "tie", file="more.yaml", text=UNREADABLE)
    code, out, err = _say(capfd, folder, "--lang", "en", "--format", form)
    assert (code, err) == (Exit.WRONG_KNOWLEDGE, "")
    assert all(code in out for code in ("unknown-fact", "unknown-value"))
    if form == "json":
        assert _codes(json.loads(out)) == [("unknown-fact", "more.yaml", 3), ("unknown-value", "more.yaml", 4)]
    if form == "terminal":
        assert f"{folder}/more.yaml:3:10: error: unknown fact `lihgt`; did you mean `light`?   [unknown-fact]" in out
        assert "errors: 2; the base cannot be read, so nothing else was checked" in out
    if form == "sarif":
        assert {rule["help"]["text"] for rule in json.loads(out)["runs"][0]["tool"]["driver"]["rules"]} == {
            "See docs/findings/loading.md"
        }


def test_beside_a_half_written_file_the_others_are_checked_cases_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = _spoilt(tmp_path, "tie", file="half.yaml", text=HALF)
    (folder / "also.yaml").write_text("rules:\n- {id: Wrong, when: {light: dim}, colour: red}\n", encoding="utf-8")
    (folder / "half.cases.yaml").write_text("cases:\n- case: 'half\n", encoding="utf-8")
    code, out, _ = _say(capfd, folder, "--lang", "en", "--format", "json")
    assert code == Exit.WRONG_KNOWLEDGE
    found = {(name, file) for name, file, _ in _codes(json.loads(out))}
    assert {("malformed-id", "also.yaml"), ("unknown-key", "also.yaml")} <= found
    assert {("syntax", "half.yaml"), ("syntax", "half.cases.yaml")} <= found
    assert not any(name == "unknown-fact" for name, _ in found)


def test_cases_that_cannot_be_read_are_told_and_the_rest_is_checked_all_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(ROOT / DRAWER / "dead-rule" / "broken", tmp_path / "base"))
    (folder / "some.cases.yaml").write_text(CASES, encoding="utf-8")
    code, out, _ = _say(capfd, folder, "--lang", "en", "--format", "json")
    assert code == Exit.CASES_FAILED
    assert _codes(json.loads(out)) == [("unknown-fact", "some.cases.yaml", 4), ("dead-rule", "rules.yaml", 13)]


def test_a_deleted_rule_that_cases_still_name_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = CASES.replace("lihgt", "light") + "  fired: [dim-is-suply]\n"
    folder = _spoilt(tmp_path, "tie", file="some.cases.yaml", text=text)
    code, out, _ = _say(capfd, folder, "--lang", "en")
    assert code == Exit.CASES_FAILED
    assert re.search(r"some\.cases\.yaml:6:\d+: error: unknown rule `dim-is-suply`; did you mean `dim-is-supply`\?", out)


# -- examples


LIST = """\
- id: signs
  fills: [smoke, sparks, smell]
  tick: {ticked: seen, others: not_seen}
  text: {zh: 看到什么？, en: What do you see?}
"""


def test_an_example_adds_nothing_to_a_list_where_that_is_what_counts(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Spared only while `smell` is unknown: with the list ticked as a whole it would not be."""
    base = (ROOT / DRAWER / "evidence-law" / "sound" / "base.yaml").read_text("utf-8")
    sign = "  values: {seen: {zh: 看到, en: seen}, not_seen: {zh: 没看到, en: not seen}}\n  source: test\n"
    facts = "".join(f"- id: {name}\n  text: {{zh: 迹象, en: {name}}}\n{sign}" for name in ("smoke", "sparks", "smell"))
    base = base.replace("questions:\n", f"{facts}questions:\n{LIST}")
    rules = """\
rules:
- id: bulb
  when: {light: dark, voltage: within, smoke: not_seen, sparks: not_seen}
  then: {fault: bulb}
  because: {zh: 灯泡, en: the bulb}
  source: test
- id: supply
  when: {any: [{light: dim}, {voltage: low}, {smell: seen}]}
  then: {fault: supply}
  priority: 60
  because: {zh: 供电, en: the supply}
  source: test
"""
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    _, out, _ = _say(capfd, tmp_path, "--lang", "en")
    head, call, *_ = out.splitlines()
    assert "with `smell` unknown nobody is sent" in head
    assert "smoke: not_seen, sparks: not_seen" in call
    assert "signs" not in call


# -- explaining


@pytest.mark.parametrize(("language", "title"), [("zh", "# 永远不成立的规则"), ("en", "# rule that can never fire")])
def test_a_kind_is_explained_in_the_language_chosen(language: str, title: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = _say(capfd, "--explain", "dead-rule", "--lang", language)
    assert (code, err) == (Exit.FINE, "")
    assert out.startswith(f"{title}\n\n`dead-rule`")
    assert "  applies_when: {light: dark}\n" in out
    assert "---" not in out
    assert all(len(line) <= 100 for line in out.splitlines())


def test_a_mistake_found_by_loading_is_explained_by_its_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    assert _say(capfd, "--explain", "duplicate-key", "--lang", "en")[1] == (
        "# `duplicate-key`\n\n`…` stands here twice, first at …; delete one of them\n"
    )


def test_what_is_no_kind_is_answered_with_the_kinds_there_are(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = _say(capfd, "--explain", "dead-rules", "--lang", "en")
    assert (code, out) == (Exit.WRONG_USE, "")
    assert "did you mean `dead-rule`?" in err
    assert "only-systems-tell" in err
