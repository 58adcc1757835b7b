"""pytest runs the cases of knowledge bases as authors and CI need it; every test here is a real run of pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import triage.laws
import triage.trying  # so that it is the same module within the runs
from triage.compilation import Compiled
from triage.expert import ExpertSystem
from triage.laws import Law
from triage.loading import load_cases, load_knowledge

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
LAMP = ROOT / "tests/sample_knowledge/lamp"
HOME = ROOT / "tests/cli_knowledge/home"
PLUGIN = ("-p", "triage.pytest_plugin")

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest in a project that has the lamp base; no other plugins, whatever is installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")
    shutil.copytree(LAMP, pytester.path / "knowledge/lamp")
    return lambda *arguments: pytester.runpytest_inprocess(*PLUGIN, "--strict-markers", "-W", "error", *arguments)


def write(pytester: pytest.Pytester, name: str, text: str) -> None:
    path = pytester.path / "knowledge/lamp" / name
    path.write_text(text, "utf-8")


def ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def told(result: pytest.RunResult) -> str:
    """What pytest printed, in which there is nothing of Python."""
    text = "\n".join(result.outlines)
    assert "Traceback" not in text
    assert "pytest_plugin.py" not in text
    return text


# -- what is collected


def test_every_case_is_a_test_named_after_it(run: Run) -> None:
    result = run("knowledge", "--collect-only", "-q")
    cases = load_cases(LAMP, load_knowledge(LAMP))
    laws = ("law evidence", "law forbidden-instructions")
    wanted = [f"knowledge/lamp/{case.place.file}::{case.name}" for case in cases]
    assert ids(result) == [*(f"knowledge/lamp/base.yaml::{law}" for law in laws), *wanted]
    run("knowledge").assert_outcomes(passed=len(laws) + len(cases))


def test_cases_run_without_naming_their_folder_beside_other_tests(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_something(): pass")
    run().assert_outcomes(passed=7)


def test_one_case_can_be_named(run: Run) -> None:
    run("knowledge/lamp/cases/talk.cases.yaml::一轮一轮问下去").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (("-k", "开关断开"), 2),
        (("-k", "开关断开 and not 冒烟"), 1),
        (("-k", "A1"), 2),
        (("-m", "A1"), 2),
        (("-m", "A1 and easy"), 1),
        (("-m", "not A1 and not laws"), 2),
        (("-m", "laws"), 2),
        (("-k", "evidence"), 1),
    ],
)
def test_cases_are_chosen_by_name_and_tag(run: Run, arguments: tuple[str, ...], passed: int) -> None:
    run("knowledge", *arguments).assert_outcomes(passed=passed, deselected=6 - passed)


def test_a_tag_never_does_what_pytests_own_marks_do(run: Run, pytester: pytest.Pytester) -> None:
    tags = "[skip, xfail, parametrize, 'two words', _under, 'a(b)', 带电]"
    case = f"{{case: one, tags: {tags}, source: x, given: {{light: dark}}, status: needs_input}}"
    write(pytester, "more.cases.yaml", f"cases: [{case}]")
    run("knowledge/lamp/more.cases.yaml").assert_outcomes(passed=1)
    run("knowledge/lamp/more.cases.yaml", "-m", "带电").assert_outcomes(passed=1)
    run("knowledge/lamp/more.cases.yaml", "-k", "xfail").assert_outcomes(passed=1)


def test_a_name_is_one_line(run: Run, pytester: pytest.Pytester) -> None:
    case = '{case: "a\\n\\t b", source: x, given: {light: dark}, status: needs_input}'
    write(pytester, "more.cases.yaml", f"cases: [{case}]")
    assert ids(run("knowledge/lamp/more.cases.yaml", "--collect-only", "-q")) == ["knowledge/lamp/more.cases.yaml::a b"]


def test_hidden_files_and_files_of_no_base_are_left_alone(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "other").mkdir()
    (pytester.path / "other/some.cases.yaml").write_text("what: else\n", "utf-8")
    (pytester.path / "other/app.yaml").write_text("base: of something else\n", "utf-8")
    write(pytester, ".hidden.cases.yaml", "cases: [")
    (pytester.path / "other/some.cases.yaml").rename(pytester.path / "other/some.yml")
    run().assert_outcomes(passed=6)
    (pytester.path / "other/app.yaml").unlink()
    (pytester.path / "other/some.yml").rename(pytester.path / "other/some.cases.yaml")
    run().assert_outcomes(passed=6)
    result = run("other/some.cases.yaml")
    result.assert_outcomes(errors=1)
    assert "`some.cases.yaml` belongs to no knowledge base" in told(result)


def test_a_file_belongs_to_the_nearest_base_above_it(run: Run, pytester: pytest.Pytester) -> None:
    shutil.copytree(LAMP, pytester.path / "knowledge/another")
    (pytester.path / "knowledge/stray.cases.yaml").write_text("cases: []\n", "utf-8")
    deep = pytester.path / "knowledge/another/cases/deep/er"
    deep.mkdir(parents=True)
    (deep / "x.cases.yaml").write_text("cases: [{case: x, source: x, given: {light: dark}, status: needs_input}]\n", "utf-8")
    run("knowledge").assert_outcomes(passed=13)


# -- what is told


@pytest.fixture
def home(run: Run, pytester: pytest.Pytester) -> Path:  # noqa: ARG001 - after it
    """A base one of whose cases fails."""
    shutil.rmtree(pytester.path / "knowledge/lamp")
    return Path(shutil.copytree(HOME, pytester.path / "knowledge/home"))


@pytest.mark.usefixtures("home")
def test_a_case_that_fails_shows_differences_and_trace_and_nothing_of_python(run: Run) -> None:
    result = run("knowledge")
    result.assert_outcomes(passed=4, failed=1)
    text = told(result)
    assert (
        "knowledge/home/home.cases.yaml:13:3: failed: 写错了期望\n"
        "  - `fault` should be settled as `house` (the house), but is `line` (the line)   [expect]\n"
        "    told: {dangers: [fire], trouble: no_power}\n"
    ) in text
    assert "FAILED knowledge/home/home.cases.yaml::写错了期望" in text


@pytest.mark.usefixtures("home")
def test_it_speaks_the_language_of_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "没通过: 写错了期望\n  - `fault` 应定为 `house` (家里)，实际定为 `line` (线路)" in told(run("knowledge"))


@pytest.mark.usefixtures("home")
def test_a_report_names_file_and_line_of_the_case(pytester: pytest.Pytester) -> None:
    reports = pytester.inline_run(*PLUGIN, "knowledge").getreports("pytest_runtest_logreport")
    places = {report.location for report in reports if isinstance(report, pytest.TestReport)}
    assert ("knowledge/home/home.cases.yaml", 12, "写错了期望") in places


def test_places_are_told_as_seen_from_where_pytest_was_started(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    assert "\nhome.cases.yaml:13:3: failed: 写错了期望" in told(run("."))


def test_a_fault_of_the_program_itself_has_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(triage.trying, "run_case", broken)
    result = run("knowledge")
    result.assert_outcomes(passed=2, failed=4)
    assert "ZeroDivisionError: oh" in "\n".join(result.outlines)


# -- laws


DANGEROUS = """
invariants:
- id: smoke-means-danger
  when: {smoke: seen}
  then: {cause: bulb}
  because: {zh: 换个灯泡。, en: Change the bulb.}
  source: test
"""


def test_a_law_that_does_not_hold_fails_with_a_smallest_call_where_it_stands(run: Run, pytester: pytest.Pytester) -> None:
    write(pytester, "more.yaml", DANGEROUS)
    result = run("knowledge", "-m", "laws")
    result.assert_outcomes(passed=2, failed=1, deselected=4)
    sentence = "knowledge/lamp/more.yaml:3:3: the invariant `smoke-means-danger` is broken; for example on {smoke: seen}"
    assert sentence in told(result)
    named = run("knowledge/lamp/base.yaml::invariant smoke-means-danger", "--no-header")
    named.assert_outcomes(failed=1)
    assert "FAILED knowledge/lamp/base.yaml::invariant smoke-means-danger" in told(named)
    found = pytester.inline_run(*PLUGIN, "knowledge").getreports("pytest_runtest_logreport")
    places = {report.location for report in found if isinstance(report, pytest.TestReport)}
    assert (str(Path("knowledge/lamp/more.yaml")), 2, "invariant smoke-means-danger") in places


def test_laws_are_told_in_the_language_of_the_environment(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    write(pytester, "more.yaml", DANGEROUS)
    assert "违反必须成立的要求 `smoke-means-danger`；例如 {smoke: seen}" in told(run("knowledge", "-m", "laws"))


def test_laws_are_looked_at_once_a_base_and_only_where_one_is_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Compiled] = []
    really = triage.laws.laws

    def counting(compiled: Compiled) -> Iterator[Law]:
        looked.append(compiled)
        return really(compiled)

    monkeypatch.setattr(triage.laws, "laws", counting)
    run("knowledge", "-m", "not laws").assert_outcomes(passed=4, deselected=2)
    assert not looked
    run("knowledge").assert_outcomes(passed=6)
    assert len(looked) == 1


def test_the_laws_of_a_base_too_large_to_tell_fail_and_say_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExpertSystem, "open", lambda folder: ExpertSystem(load_knowledge(folder), node_budget=5))
    result = run("knowledge", "-m", "laws")
    result.assert_outcomes(failed=2, deselected=4)
    assert "the knowledge base is too large to tell (mostly because of " in told(result)


def test_a_base_without_cases_has_laws_only_when_named(run: Run, pytester: pytest.Pytester) -> None:
    shutil.rmtree(pytester.path / "knowledge/lamp/cases")
    assert run("knowledge").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    run("knowledge/lamp/base.yaml").assert_outcomes(passed=2)


# -- mistakes


def test_a_base_with_mistakes_is_an_error_of_collection_told_in_full_once(run: Run, pytester: pytest.Pytester) -> None:
    write(pytester, "more.yaml", "facts: 3\nrules: 4\n")
    result = run("knowledge")
    result.assert_outcomes(errors=3)
    text = told(result)
    assert text.count("knowledge/lamp/more.yaml:1:8: ") == text.count("knowledge/lamp/more.yaml:2:8: ") == 1
    assert "the base `knowledge/lamp` has mistakes, see above" in text


def test_mistakes_in_a_case_file_fail_by_themselves_and_everything_else_runs(run: Run, pytester: pytest.Pytester) -> None:
    write(pytester, "half.cases.yaml", "cases:\n- case: half\n  given: {light")
    write(
        pytester,
        "old.cases.yaml",
        "cases:\n"
        "- {case: gone, source: x, fired: [gone-rule]}\n"
        "- {case: fine, source: x, given: {light: dark}, status: needs_input}\n",
    )
    result = run("knowledge")
    result.assert_outcomes(passed=7, failed=2)
    text = told(result)
    assert "knowledge/lamp/old.cases.yaml:2:35: unknown rule `gone-rule`   [unknown-rule]" in text
    assert "knowledge/lamp/half.cases.yaml:3:10: this cannot be read as YAML" in text


def test_a_suggested_case_is_skipped_with_the_reason(run: Run, pytester: pytest.Pytester) -> None:
    write(pytester, "more.cases.yaml", "cases: [{case: perhaps, suggested: true, source: x, given: {light: dark}}]")
    result = run("knowledge", "-rs")
    result.assert_outcomes(passed=6, skipped=1)
    assert "knowledge/lamp/more.cases.yaml: suggested: waits for what to expect" in told(result)


# -- what it costs


def test_a_base_is_opened_once_for_all_its_files_and_not_at_all_without_any(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    really = ExpertSystem.open

    def counting(folder: Path) -> ExpertSystem:
        opened.append(folder)
        return really(folder)

    monkeypatch.setattr(ExpertSystem, "open", counting)
    run("knowledge").assert_outcomes(passed=6)
    assert opened == [Path("knowledge/lamp")]
    pytester.makepyfile("def test_something(): pass")
    run("--ignore=knowledge").assert_outcomes(passed=1)
    assert len(opened) == 1


def process(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON", "PYTEST"))}
    env = {**kept, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "LC_ALL": "C.UTF-8", **environ}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_other_projects_pay_for_nothing_but_this_one_module(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n", "utf-8")
    script = (
        "import sys, pytest; code = pytest.main(['-q', '-p', 'triage.pytest_plugin']); "
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('triage', 'experta', 'yaml', 'rich')), code)"
    )
    assert process("-c", script, cwd=tmp_path).stdout.splitlines()[-1] == "['triage', 'triage.pytest_plugin'] 0"


def test_where_names_must_be_ascii_cases_run_all_the_same(tmp_path: Path) -> None:
    shutil.copytree(LAMP, tmp_path / "lamp")
    done = process("-m", "pytest", *PLUGIN, "-q", cwd=tmp_path, LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "6 passed" in done.stdout


def test_the_cases_among_our_own_tests_are_collected_only_when_named() -> None:
    folders = ("tests/broken_cases", "tests/cli_knowledge", "tests/sample_knowledge")
    left = process("-m", "pytest", *PLUGIN, "--collect-only", *folders, cwd=ROOT)
    assert left.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, left.stdout
    named = process("-m", "pytest", *PLUGIN, "--collect-only", "tests/sample_knowledge/lamp/cases/talk.cases.yaml", cwd=ROOT)
    assert named.returncode == pytest.ExitCode.OK
    assert "2 tests collected" in named.stdout


def test_pytest_finds_the_plugin_once_the_package_is_installed() -> None:
    import tomllib  # noqa: PLC0415

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    assert declared == {"triage": "triage.pytest_plugin"}
