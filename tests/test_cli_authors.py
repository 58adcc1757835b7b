"""`coverage`, `mutate` and `diff` in the terminal."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from triage.cli import main
from triage.loading import load_knowledge
from triage.loading.cases import load_cases, read_cases

LAMP = Path(__file__).parent / "sample_knowledge" / "lamp"
DESK = Path(__file__).parent.parent / "knowledge" / "desk"


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LAMP, tmp_path / "lamp"))


def run(capsys: pytest.CaptureFixture[str], *arguments: object, lang: str = "en") -> tuple[int, str, str]:
    code = main([*map(str, arguments), "--lang", lang])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_coverage_tells_shares_and_what_is_missing(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for language, word in (("en", "conditions"), ("zh", "条件")):
        code, out, _ = run(capsys, "coverage", lamp, lang=language)
        assert code == 0
        assert word in out
    code, out, _ = run(capsys, "coverage", lamp, "--format", "json")
    told = json.loads(out)
    assert code == 0
    missing = [o for o in told["obligations"] if o["reachable"] and o["covered_by"] is None]
    counts = told["kinds"].values()
    assert len(missing) == sum(kind["total"] - kind["covered"] for kind in counts)


def test_what_no_call_can_reach_is_one_line_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    folded = run(capsys, "coverage", DESK)[1].splitlines()
    count = sum(not o["reachable"] for o in json.loads(run(capsys, "coverage", DESK, "--format", "json")[1])["obligations"])
    assert folded[-1] == f"not counted, as no call can reach them: {count} (--unreachable lists them)"
    assert not any("no call can reach (" in line for line in folded)
    listed = run(capsys, "coverage", DESK, "--unreachable")[1].splitlines()
    [heading] = [place for place, line in enumerate(listed) if line.startswith("no call can reach (not counted).")]
    assert len(listed[heading + 1 :]) == count > 0
    assert run(capsys, "coverage", DESK, lang="zh")[1].splitlines()[-1].startswith(f"任何来电都到不了的 {count} 项不计入")


def test_sentences_are_cut_into_lines_on_a_terminal_only(
    lamp: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, out, _ = run(capsys, "mutate", lamp)
    assert "would be refused by loading, and do not count" in next(
        line for line in out.splitlines() if "mistakes planted" in line
    )
    _, out, _ = run(capsys, "check", DESK)
    assert out.splitlines()[-1].endswith("all possible calls looked at); `triage check --explain KIND` explains a kind")
    monkeypatch.setenv("FORCE_COLOR", "1")  # taken for a terminal then
    assert max(map(len, run(capsys, "mutate", lamp)[1].splitlines()[-3:])) < 60


def test_too_little_coverage_fails_and_is_never_rounded_up(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next((lamp / "cases").glob("*.cases.yaml")).unlink()
    code, _, err = run(capsys, "coverage", lamp, "--fail-under", "100")
    assert code == 1
    assert "100 %" in err
    assert run(capsys, "coverage", lamp, "--fail-under", "0")[0] == 0


def test_suggested_cases_load_do_not_count_and_ask_for_an_expectation(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next((lamp / "cases").glob("*.cases.yaml")).unlink()
    stubs = lamp / "cases" / "suggested.cases.yaml"
    code, _, _ = run(capsys, "coverage", lamp, "--suggest", "3", "-o", stubs, lang="zh")
    assert code == 0
    read = read_cases(lamp, load_knowledge(lamp))
    assert read.problems == ()
    assert len(read.suggested) == 3
    assert {case.name for case in load_cases(lamp, load_knowledge(lamp))}.isdisjoint(case.name for case in read.suggested)
    before = run(capsys, "coverage", lamp, "--format", "json")[1]
    stubs.unlink()
    assert run(capsys, "coverage", lamp, "--format", "json")[1] == before


def test_a_report_is_written_as_a_page(lamp: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "coverage.html"
    assert run(capsys, "coverage", lamp, "--html", page)[0] == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_mutation_tells_the_score_and_a_case_for_each_survivor(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "mutate", lamp, "--format", "json")
    assert code == 0
    told = json.loads(out)
    assert told["score"]["of"] == sum(m["fate"] in ("killed", "survived") for m in told["mutants"])
    assert len(told["survivors"]) == told["score"]["of"] - told["score"]["killed"]
    for language in ("zh", "en"):
        code, out, _ = run(capsys, "mutate", lamp, "--show", "1", lang=language)
        assert code == 0
        assert out.count("- case:") == min(1, len(told["survivors"]))
        assert ("待写" if language == "zh" else "TO WRITE") in out or not told["survivors"]


def test_the_case_a_survivor_comes_with_kills_it(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for cases in (lamp / "cases").glob("*.cases.yaml"):
        cases.unlink()
    survivors = json.loads(run(capsys, "mutate", lamp, "--format", "json")[1])["survivors"]
    assert survivors
    pasted = "\n".join(found["case"] for found in survivors)
    (lamp / "cases" / "pasted.cases.yaml").write_text(f"cases:\n{pasted}\n", encoding="utf-8")
    told = json.loads(run(capsys, "mutate", lamp, "--format", "json", "--fail-under", "100")[1])
    assert told["survivors"] == []
    assert run(capsys, "test", lamp)[0] == 0


def test_only_one_rules_mutants_are_tried_where_one_is_named(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = next(iter(load_knowledge(lamp).rules))
    told = json.loads(run(capsys, "mutate", lamp, "--rule", rule, "--format", "json")[1])
    assert told["mutants"]
    assert all(rule in mutant["id"] for mutant in told["mutants"])
    code, _, err = run(capsys, "mutate", lamp, "--rule", rule + "x")
    assert code == 2
    assert f"`{rule}`" in err


def test_cases_that_fail_or_cannot_be_read_are_named_and_the_others_are_measured(
    lamp: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {command: run(capsys, command, lamp, "--format", "json")[1] for command in ("coverage", "mutate")}
    knowledge = load_knowledge(lamp)
    target = knowledge.targets[0]
    default = knowledge.inferred[target].default
    other = next(value for value in knowledge.inferred[target].values if value != default)
    wrong = f"cases:\n- case: wrong\n  if_ended_now: {{{target}: {other}}}\n  source: none\n"
    (lamp / "cases" / "wrong.cases.yaml").write_text(wrong, encoding="utf-8")
    for command in ("coverage", "mutate"):
        code, out, err = run(capsys, command, lamp, "--format", "json")
        assert code == 1
        assert "wrong.cases.yaml:2" in err
        assert json.loads(out).keys() == json.loads(figures[command]).keys()
    assert json.loads(run(capsys, "mutate", lamp, "--format", "json")[1])["score"] == json.loads(figures["mutate"])["score"]
    (lamp / "cases" / "wrong.cases.yaml").write_text("cases:\n- case: half\n  given: {", encoding="utf-8")
    for command in ("coverage", "mutate"):
        code, out, err = run(capsys, command, lamp, "--format", "json")
        assert code == 3
        assert "wrong.cases.yaml" in err
        assert out == figures[command]


def _delete_first_rule(lamp: Path) -> str:
    """The first rule of the base taken out of its file."""
    rule = min(load_knowledge(lamp).rules.values(), key=lambda rule: rule.place)
    path = lamp / rule.place.file
    lines = path.read_text("utf-8").splitlines(keepends=True)
    start = rule.place.line - 1
    stop = next((n for n in range(start + 1, len(lines)) if lines[n].lstrip().startswith("- id:")), len(lines))
    path.write_text("".join(lines[:start] + lines[stop:]), encoding="utf-8")
    return rule.id


def test_a_difference_is_told_in_every_format_and_by_the_exit_code(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "diff", LAMP, lamp)[:2] == (0, "nothing differs\n")
    gone = _delete_first_rule(lamp)
    for language in ("zh", "en"):
        code, out, _ = run(capsys, "diff", LAMP, lamp, lang=language)
        assert code == 1
        assert gone in out
    code, out, _ = run(capsys, "diff", LAMP, lamp, "--format", "markdown")
    assert (code, out[:4]) == (1, "### ")
    code, out, _ = run(capsys, "diff", LAMP, lamp, "--format", "json", "--interviews")
    assert code == 1
    told = json.loads(out)
    assert told["decides_alike"] is False
    assert told["interviews"].keys() == {"before", "after"}


def test_a_base_is_compared_with_itself_at_a_git_revision(
    lamp: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = lamp.parent
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], cwd=home, check=True)
    monkeypatch.chdir(home)
    assert run(capsys, "diff", "HEAD:lamp", "lamp")[0] == 0
    gone = _delete_first_rule(lamp)
    code, out, _ = run(capsys, "diff", "HEAD:lamp", "lamp")
    assert code == 1
    assert gone in out
    code, _, err = run(capsys, "diff", "nowhere:lamp", "lamp")
    assert code == 2
    assert "nowhere" in err


def test_a_base_that_cannot_be_read_is_not_compared(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (lamp / "half.yaml").write_text("rules:\n- id: half\n  when: {", encoding="utf-8")
    code, _, err = run(capsys, "diff", LAMP, lamp)
    assert code == 3
    assert "half.yaml" in err
