"""What the documents say is true: commands run, files exist, every command and every module is named."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from triage.assessment import Assessment, QuestionToAsk
from triage.cli import main
from triage.cli.app import app
from triage.loading.sections import LISTED

ROOT = Path(__file__).parent.parent
CHINESE = sorted((ROOT / "docs").rglob("*.zh.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "knowledge" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _between(text: str, mark: str) -> str:
    inside = text.split(f"<!-- {mark} -->")[1].split(f"<!-- /{mark} -->", maxsplit=1)[0]
    return inside.split("```sh\n")[1].split("```")[0].strip()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def test_the_readme_has_one_command_to_run_and_one_to_test_each_for_a_fresh_clone() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for mark, end in (("run", ".venv/bin/triage ask"), ("tests", ".venv/bin/python -m pytest -n auto")):
        command = _between(text, mark)
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
        assert command.endswith(end)


def test_the_call_in_the_readme_is_decided_as_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    command = _between((ROOT / "README.md").read_text("utf-8"), "example")
    call = tmp_path / "call.json"
    call.write_text(shlex.split(command.split("|")[0])[1], encoding="utf-8")
    assert main(["run", str(call)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "decided"
    assert {name: answer["decision"][name]["value"] for name in ("fault", "cause", "action")} == {
        "fault": "not_a_fault",
        "cause": "prepaid_exhausted",
        "action": "buy_electricity",
    }


def test_the_commands_of_the_authors_readme_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    commands = re.findall(r"^ *triage (test .*)$", (ROOT / "knowledge" / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        assert main(shlex.split(command)) == 0, command
        assert "passed" in (said := capsys.readouterr().out) or "通过" in said


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    names = [command.name for command in app.registered_commands] + [group.name for group in app.registered_groups]
    assert [name for name in names if f"`triage {name}" not in text] == []


def test_the_format_has_every_section_and_the_architecture_every_module() -> None:
    for document in ("knowledge-format.md", "knowledge-format.zh.md"):
        headings = _headings((ROOT / "docs" / document).read_text("utf-8"))
        missing = [n for n in (*LISTED, "base", "evidence", "cases") if not any(f"`{n}`" in heading for heading in headings)]
        assert missing == [], document
    modules = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    names = [path.stem if path.is_file() else f"{path.name}/" for path in (ROOT / "triage").iterdir()]
    assert [n for n in sorted(names) if not n.startswith("_") and n != "knowledge/" and f"`{n}`" not in modules] == []


@pytest.mark.parametrize("chinese", CHINESE, ids=lambda path: path.name)
def test_a_chinese_document_says_as_much_as_its_english_twin_and_each_leads_to_the_other(chinese: Path) -> None:
    twin = chinese.with_name(chinese.name.replace(".zh.md", ".md"))
    zh, en = chinese.read_text("utf-8"), twin.read_text("utf-8")
    assert f"]({chinese.name})" in en
    assert f"]({twin.name})" in zh
    assert [mark.split(" ")[0] for mark in _headings(zh)] == [mark.split(" ")[0] for mark in _headings(en)]
    for kind in ("- ", "| ", "1. "):
        assert len(_lines(zh, kind)) == len(_lines(en, kind)), kind
    assert [language for language, _ in _blocks(zh)] == [language for language, _ in _blocks(en)]
    for (language, shown), (_, other) in zip(_blocks(zh), _blocks(en), strict=True):
        assert language == "text" or _without_comments(shown) == _without_comments(other)
    words = set(re.findall(r"`([a-z][a-z_]*)`", _outside(en)))
    assert words - set(re.findall(r"`([a-z][a-z_]*)`", _outside(zh))) == set()


def test_the_twins_are_there_for_what_authors_read() -> None:
    assert {path.name for path in CHINESE} >= {"knowledge-format.zh.md", "sources.zh.md", "exchange.zh.md"}


def test_the_rules_and_cases_in_the_authors_readme_are_those_of_the_shipped_base() -> None:
    readme = (ROOT / "knowledge" / "README.md").read_text("utf-8")
    base = [path.read_text("utf-8") for path in sorted((ROOT / "knowledge" / "power").rglob("*.yaml"))]
    entries = [
        re.sub(r" +# .*$", "", entry, flags=re.MULTILINE)
        for language, block in _blocks(readme)
        if language == "yaml"
        for entry in re.split(r"^(?=- )", block, flags=re.MULTILINE)[1:]
    ]
    assert len(entries) == 4
    assert [entry for entry in entries if not any(entry in text for text in base)] == []


def _headings(text: str) -> list[str]:
    return re.findall(r"^#+ .*$", _outside(text), re.MULTILINE)


def _lines(text: str, start: str) -> list[str]:
    return [line for line in _outside(text).splitlines() if line.startswith(start)]


def _blocks(text: str) -> list[tuple[str, str]]:
    """Language and text of each block of code."""
    return re.findall(r"^ *```([a-z]+)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def _outside(text: str) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^ *```[a-z]+\n.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _without_comments(block: str) -> list[str]:
    return [re.sub(r"\s+# .*$", "", line).rstrip() for line in block.splitlines()]


def test_the_shapes_say_what_every_attribute_is_or_name_it_plainly() -> None:
    for shape in (Assessment, QuestionToAsk):
        assert shape.__doc__
        assert "Attributes:" in shape.__doc__
