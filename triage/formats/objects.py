"""Findings and runs of cases as plain objects, ready for JSON. Texts in one language; ids as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triage.assessment import as_json
from triage.errors import Problem
from triage.findings import Finding
from triage.formats.parts import from_here, page
from triage.formats.runs import CaseRun, LawTried, Tried
from triage.model import Language, Place
from triage.trying import Difference, FailedTurn

__all__ = ["cases_json", "findings_json"]


def findings_json(findings: Sequence[Finding], folder: str, language: Language) -> list[dict[str, Any]]:
    """Every finding, in order; `file` is relative to the current directory where the base lies below it."""
    return [
        {
            "id": finding.id,
            "severity": finding.severity,
            "about": finding.about,
            **_place(finding.place, folder),
            "text": finding.text.get(language),
            "example": None if finding.example is None else dict(finding.example),
            "page": page(finding.id),
        }
        for finding in findings
    ]


def cases_json(run: CaseRun, language: Language) -> dict[str, Any]:
    """A run of cases: how many went how, the mistakes in case files, every case with its differences and trace, the laws."""
    broken = sum(bool(law.broken) for law in run.laws)
    counts = {"total": run.total, "run": len(run.tried), "passed": len(run.tried) - run.failed, "failed": run.failed}
    others = {"suggested": run.suggested, "problems": len(run.problems), "laws_broken": broken if run.laws else None}
    return {
        "folder": from_here(run.folder),
        "summary": {**counts, **others},
        "problems": [_problem(problem, run.folder, language) for problem in run.problems],
        "cases": [_case(tried, run.folder, language) for tried in run.tried],
        "laws": [_law(law) for law in run.laws],
    }


def _problem(problem: Problem, folder: str, language: Language) -> dict[str, Any]:
    return {"code": problem.code, **_place(problem.place, folder), "text": problem.text.get(language)}


def _case(tried: Tried, folder: str, language: Language) -> dict[str, Any]:
    case = tried.outcome.case
    return {
        "name": case.name,
        **_place(case.place, folder),
        "tags": list(case.tags),
        "source": list(case.source),
        "passed": tried.outcome.passed,
        "seconds": round(tried.seconds, 3),
        "failures": [_failure(failure, language) for failure in tried.outcome.failures],
    }


def _failure(failure: FailedTurn, language: Language) -> dict[str, Any]:
    return {
        "turn": failure.number,
        "line": failure.place.line,
        "differences": [_difference(difference, language) for difference in failure.differences],
        "trace": as_json(failure.trace),
    }


def _difference(difference: Difference, language: Language) -> dict[str, Any]:
    return {**as_json(difference), "text": difference.text.get(language)}


def _law(law: LawTried) -> dict[str, Any]:
    return {"law": law.id, "holds": not law.broken, "broken": list(law.broken)}


def _place(place: Place | None, folder: str) -> dict[str, Any]:
    """Nulls where it is about the folder as a whole."""
    if place is None:
        return {"file": None, "line": None, "column": None}
    return {"file": from_here(folder, place.file), "line": place.line, "column": place.column}
