"""The guide for integrators says what happens: its commands are run, and what it shows is in the answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.bases import Base, Bases
from api.problems import KINDS
from api.settings import Settings
from tests.service.conftest import KNOWLEDGE
from tests.service.serving import serve
from triage.expert import ExpertSystem

GUIDE = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")
ELLIPSIS = "…"


@pytest.fixture
def bases(opened: tuple[Base, Base]) -> Bases:
    """What `triage serve` serves."""
    power, desk = opened
    return Bases([power, Base(desk.system, KNOWLEDGE / "desk"), Base(ExpertSystem.open(KNOWLEDGE / "restoration"))])


def _examples() -> Iterator[tuple[str, Any]]:
    """Every command with what is shown of its answer."""
    for command, shown in re.findall(r"```sh\n(curl .*?)```\n\n(?:[^`]|`[^`])*?```json\n(.*?)```", GUIDE, re.DOTALL):
        yield command, json.loads(shown)


def test_every_command_of_the_guide_is_followed_by_its_answer() -> None:
    assert len(list(_examples())) == GUIDE.count("```sh\ncurl") >= 8


def test_the_guide_shows_what_happens(settings: Settings, bases: Bases, tmp_path: Path) -> None:
    call = ""
    _changed_copy(KNOWLEDGE / "desk", tmp_path / "my-base")
    with serve(settings, bases) as server:
        for command, shown in _examples():
            local = command.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{server.port}").replace("$CALL", call)
            done = subprocess.run(["bash", "-c", local], capture_output=True, check=True, cwd=tmp_path)
            answer = json.loads(done.stdout)
            call = answer.get("call_id", call)
            assert _differences(shown, answer, "") == [], command


@pytest.mark.parametrize("status", sorted({kind.status for kind in KINDS.values()} - {500}))
def test_every_status_is_in_the_guide(status: int) -> None:
    assert re.search(rf"\b{status}\b", GUIDE.split("| status | when |")[1].split("\n\n")[0])


def test_the_guide_starts_as_the_readme_does() -> None:
    command = GUIDE.split("<!-- run -->")[1].split("```sh\n")[1].split("```")[0].strip()
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")


def _changed_copy(base: Path, folder: Path) -> None:
    """A base with another version and one rule changed, as the guide says."""
    shutil.copytree(base, folder)
    changes = {
        "base.yaml": ("version: 0.1.0", "version: 0.2.0"),
        "rules/business.yaml": ("reading_cycle: [missed, unknown]}", "reading_cycle: missed}"),
    }
    for name, (old, new) in changes.items():
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")


def _differences(shown: Any, found: Any, place: str) -> list[str]:
    """What is shown and not found; `…` stands for the rest of a text or a list."""
    if isinstance(shown, str) and shown.endswith(ELLIPSIS):
        return [] if str(found).startswith(shown.removesuffix(ELLIPSIS)) else [f"{place}: {found!r}"]
    if isinstance(shown, dict) and isinstance(found, dict):
        missing = [f"{place}/{name}" for name in shown if name not in found]
        return missing + [
            line for name in shown if name in found for line in _differences(shown[name], found[name], f"{place}/{name}")
        ]
    if isinstance(shown, list) and isinstance(found, list) and shown[-1:] == [ELLIPSIS]:
        return [line for one, other in zip(shown[:-1], found, strict=False) for line in _differences(one, other, place)]
    if isinstance(shown, list) and isinstance(found, list) and len(shown) == len(found):
        return [line for one, other in zip(shown, found, strict=True) for line in _differences(one, other, place)]
    return [] if shown == found else [f"{place}: {shown!r} is {found!r}"]
