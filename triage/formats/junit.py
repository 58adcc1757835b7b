"""Runs of cases, and findings, as JUnit XML, which every CI service reads.

There is no one schema. This is the common ground of Jenkins, GitLab and GitHub's reporters: `testsuites` of `testsuite` of
`testcase`, each with at most one `failure` or `error`, and `file` and `line` for those who show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import Literal
from xml.etree import ElementTree as ET

from triage.errors import Problem
from triage.findings import Finding
from triage.formats.parts import from_here, legible, message, page
from triage.formats.runs import CaseRun, LawTried, Tried
from triage.loading.files import CASES
from triage.model import Language, Text
from triage.trying import describe

__all__ = ["junit_cases", "junit_findings"]

_FOUND_NOTHING = Text("没有发现问题", "nothing found")
_LAWS = Text("对所有来电都成立的要求", "laws over all calls")


def junit_cases(run: CaseRun, language: Language) -> str:
    """A run of cases: one suite for each case file, one test case for each case, passing ones too.

    A mistake in a case file is an error in that file's suite; the laws are a suite of their own.
    """
    cases = [_of_case(tried, run.folder, language) for tried in run.tried]
    cases += [_of_problem(problem, run.folder, language) for problem in run.problems]
    laws = [_of_law(law, run.folder, _LAWS.get(language)) for law in run.laws]
    return _document([*_suites(cases), *_suites(laws)])


def junit_findings(findings: Sequence[Finding], folder: str, language: Language) -> str:
    """Findings: one suite for each file they stand in, one test case for each; one that passes where there are none.

    Errors and warnings fail; a note counts as skipped, so that it is shown and nothing fails for it.
    """
    if not findings:
        name = from_here(folder)
        return _document(_suites([_Case(name, _FOUND_NOTHING.get(language), name, None)]))
    return _document(_suites(_of_finding(finding, folder, language) for finding in findings))


_Went = tuple[Literal["failure", "error", "skipped"], str, str, str]
"""How something did not pass: as what, of which type, one line, all of it."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One `testcase`; `went` is None where it passed."""

    suite: str
    name: str
    file: str
    line: int | None
    seconds: float = 0.0
    went: _Went | None = None


def _of_case(tried: Tried, folder: str, language: Language) -> _Case:
    case, outcome = tried.outcome.case, tried.outcome
    file = from_here(folder, case.place.file)
    first = next((d for failure in outcome.failures for d in failure.differences), None)
    went: _Went | None = None
    if first is not None:
        went = ("failure", first.key, first.text.get(language), describe(outcome, language, from_here(folder)))
    return _Case(file, case.name, file, case.place.line, tried.seconds, went)


def _of_problem(problem: Problem, folder: str, language: Language) -> _Case:
    place = problem.place
    file = from_here(folder, place.file if place else "")
    name = f"{problem.code} {place.line}:{place.column}" if place else problem.code
    whole = problem.render(language, from_here(folder))
    return _Case(file, name, file, place.line if place else None, 0.0, ("error", problem.code, problem.text.get(language), whole))


def _of_law(law: LawTried, folder: str, suite: str) -> _Case:
    went: _Went | None = ("failure", law.id, law.broken[0], "\n".join(law.broken)) if law.broken else None
    return _Case(suite, law.id, from_here(folder), None, 0.0, went)


def _of_finding(finding: Finding, folder: str, language: Language) -> _Case:
    place = finding.place
    file = from_here(folder, place.file if place else "")
    name = f"{finding.id} {finding.about}" if finding.about else finding.id
    text = message(finding, language)
    where = f"{file}:{place.line}:{place.column}" if place else file
    whole = f"{where}: {text}   [{finding.severity}: {finding.id}]\n{page(finding.id)}"
    how: Literal["failure", "skipped"] = "skipped" if finding.severity == "note" else "failure"
    return _Case(file, name, file, place.line if place else None, 0.0, (how, finding.id, text, whole))


# -- XML


def _suites(cases: Iterable[_Case]) -> Iterator[ET.Element]:
    """Suites by name; within one the cases keep their order."""
    for name, found in groupby(sorted(cases, key=lambda case: case.suite), key=lambda case: case.suite):
        yield _suite(name, list(found))


def _suite(name: str, cases: Sequence[_Case]) -> ET.Element:
    suite = _element("testsuite", name=name, **_counts(cases))
    suite.extend(_testcase(case) for case in cases)
    return suite


def _counts(cases: Sequence[_Case]) -> dict[str, str]:
    went = [case.went[0] for case in cases if case.went]
    figures = {
        "tests": len(cases),
        "failures": went.count("failure"),
        "errors": went.count("error"),
        "skipped": went.count("skipped"),
    }
    return {**{key: str(count) for key, count in figures.items()}, "time": f"{sum(case.seconds for case in cases):.3f}"}


def _testcase(case: _Case) -> ET.Element:
    line = {} if case.line is None else {"line": str(case.line)}
    found = _element("testcase", name=case.name, classname=_class(case.suite), file=case.file, **line, time=f"{case.seconds:.3f}")
    if case.went:
        how, kind, head, whole = case.went
        inner = _element(how, **({} if how == "skipped" else {"type": kind}), message=head)
        inner.text = legible(whole)
        found.append(inner)
    return found


def _class(suite: str) -> str:
    """A file's path in the form report viewers group by: parts joined by dots."""
    return ".".join(part for part in PurePosixPath(suite.removesuffix(CASES)).parts if part not in "./")


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: legible(value) for name, value in attributes.items()})


def _document(suites: Iterable[ET.Element]) -> str:
    root = _element("testsuites", name="triage")
    root.extend(suites)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'
