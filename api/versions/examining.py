"""Checks and comparisons of versions, in a process of their own: they take seconds, and what is checked was sent by somebody.

`python -m api.versions.examining` is that process: files in as JSON, findings or differences out as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from api.problems import ProblemError
from api.versions.packing import Files, as_folder
from triage.checking import check
from triage.comparison import compare
from triage.comparison_report import as_json
from triage.compilation import TooLargeError
from triage.errors import KnowledgeError
from triage.expert import ExpertSystem
from triage.findings import Finding
from triage.loading import load_knowledge
from triage.loading.cases import Case, read_cases
from triage.model import KnowledgeBase, Text
from triage.trying import run_case

__all__ = ["Examined", "Examiner", "examine"]

SECONDS = 300
"""How long it may take."""
MOST_FINDINGS = 200
MOST_FAILING = 20
"""Cases that fail, told at most."""
FAILING = "failing-case"
NICE = 10
"""How far it stands back behind whoever answers."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check came to.

    Attributes:
        name, version, digest: Which base it is; None where it could not be read or used.
        findings: Gravest first, each with `kind`, `severity`, `about`, `file`, `line`, `column`, `text` (`zh`, `en`), `example`.
        count: How many there are in all.
    """

    name: str | None
    version: str | None
    digest: str | None
    findings: list[dict[str, Any]]
    count: int

    def grave(self, warnings: bool) -> list[dict[str, Any]]:
        """Those that keep a version from being loaded; `warnings`: those count, too."""
        kinds = ("error", "warning") if warnings else ("error",)
        return [finding for finding in self.findings if finding["severity"] in kinds]


class Examiner:
    """Examines one thing at a time; more are told to come again."""

    def __init__(self) -> None:
        self._busy = False

    async def check(self, files: Files) -> Examined:
        """Check a version.

        Raises:
            ProblemError: Another one is under way, or it takes too long.
        """
        return Examined(**await self._asked({"files": files}))

    async def compare(self, old: Files, new: Files) -> bytes:
        """What differs between two versions, as JSON.

        Raises:
            ProblemError: Another examination is under way, it takes too long, a base is too large to be exact, or this
                software cannot read one of them any more.
        """
        found = await self._asked({"old": old, "files": new})
        if "refused" in found:
            raise ProblemError("too-complex" if found["refused"] == "too-large" else "knowledge-gone")
        return json.dumps(found, ensure_ascii=False).encode()

    async def _asked(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        if self._busy:
            busy = Text("正在检查另一个版本", "another version is being checked")
            raise ProblemError("overloaded", busy, headers={"Retry-After": "5"})
        self._busy = True
        try:
            return await _in_a_process(json.dumps(wanted).encode())
        finally:
            self._busy = False


async def _in_a_process(given: bytes) -> dict[str, Any]:
    command = (sys.executable, "-m", "api.versions.examining")
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        out, _ = await asyncio.wait_for(process.communicate(given), SECONDS)
    except TimeoutError:
        zh, en = f"检查用了超过 {SECONDS} 秒", f"the check took more than {SECONDS} seconds"
        raise ProblemError("too-complex", Text(zh, en)) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"examining ended with {process.returncode}")
    found: dict[str, Any] = json.loads(out)
    return found


def examine(folder: Path) -> Examined:
    """Check the version in a folder and run its cases, in this process."""
    checked = check(folder)
    failing = [] if checked.knowledge is None else _failing(folder, checked.knowledge)
    shown = [_plain(finding) for finding in (*checked.findings, *failing)[:MOST_FINDINGS]]
    found = Examined(None, None, None, shown, len(checked.findings) + len(failing))
    if checked.knowledge is None:
        return found
    identity = checked.knowledge.identity
    return replace(found, name=identity.id, version=identity.version, digest=checked.knowledge.digest)


def _failing(folder: Path, knowledge: KnowledgeBase) -> list[Finding]:
    """The cases that do not go as they expect. What is wrong with case files themselves is told by the check."""
    system = ExpertSystem(knowledge)
    cases = (case for case in read_cases(folder, knowledge).cases if not run_case(system, case).passed)
    return [_failed(case) for case in islice(cases, MOST_FAILING)]


def _failed(case: Case) -> Finding:
    text = Text(f"用例 `{case.name}` 不通过；差别见 `triage test`", f"the case `{case.name}` fails; `triage test` tells how")
    return Finding(FAILING, "note", case.name, case.place, text)


def _plain(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "kind": finding.id,
        "severity": finding.severity,
        "about": finding.about,
        "file": place and place.file,
        "line": place and place.line,
        "column": place and place.column,
        "text": {"zh": finding.text.zh, "en": finding.text.en},
        "example": None if finding.example is None else dict(finding.example),
    }


def _answered(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked of this process."""
    with as_folder(wanted["files"]) as new:
        if "old" not in wanted:
            return asdict(examine(new))
        with as_folder(wanted["old"]) as old:
            try:
                found: dict[str, Any] = json.loads(as_json(compare(load_knowledge(old), load_knowledge(new)), None))
            except (TooLargeError, KnowledgeError) as error:
                return {"refused": error.code if isinstance(error, KnowledgeError) else "too-large"}
            return found


if __name__ == "__main__":
    os.nice(NICE)
    answer = json.dumps(_answered(json.load(sys.stdin.buffer)))
    sys.stdout.write(answer)
