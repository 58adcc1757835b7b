"""Findings as commands of a GitHub workflow, which show them beside the changed lines of a pull request.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from triage.findings import Finding, Grade
from triage.formats.parts import from_here, legible, message
from triage.model import Language

__all__ = ["github"]

_COMMANDS: Mapping[Grade, str] = {"error": "error", "warning": "warning", "note": "notice"}


def github(findings: Sequence[Finding], folder: str, language: Language) -> Iterator[str]:
    """One line for each finding; files are named relative to the current directory, which is to be the repository's root."""
    for finding in findings:
        place = finding.place
        where = {"file": from_here(folder, place.file), "line": place.line, "col": place.column} if place else {}
        title = f"{finding.id}: {finding.about}" if finding.about else finding.id
        parts = ",".join(f"{name}={_property(str(value))}" for name, value in {**where, "title": title}.items())
        text = message(finding, language) if place else f"{from_here(folder)}: {message(finding, language)}"
        yield f"::{_COMMANDS[finding.severity]} {parts}::{_data(text)}"


def _data(text: str) -> str:
    return legible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
