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
    for mark, end in (("run", ".venv/bin/triage ask"), ("tests", ".venv/bin/python -m pytest")):
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
    assert [c.name for c in (*app.registered_commands, *app.registered_groups) if f"`triage {c.name}" not in text] == []


def test_the_format_has_every_section_and_the_architecture_every_module() -> None:
    sections = (ROOT / "docs" / "knowledge-format.md").read_text("utf-8")
    assert [name for name in (*LISTED, "base", "evidence", "cases") if f"`{name}`" not in sections] == []
    modules = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    names = [path.stem if path.is_file() else f"{path.name}/" for path in (ROOT / "triage").iterdir()]
    assert [n for n in sorted(names) if not n.startswith("_") and n != "knowledge/" and f"`{n}`" not in modules] == []


def test_the_shapes_say_what_every_attribute_is_or_name_it_plainly() -> None:
    for shape in (Assessment, QuestionToAsk):
        assert shape.__doc__
        assert "Attributes:" in shape.__doc__
