"""Findings as a SARIF 2.1.0 document, which code scanning (GitHub's and others') shows beside the code.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and GitHub's page "SARIF support for code scanning".
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from triage.findings import SEVERITIES, Finding
from triage.formats.parts import from_here, legible, message, page
from triage.model import Language, Text

__all__ = ["sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LOCALES: Mapping[Language, str] = {"zh": "zh-CN", "en": "en-US"}
_HELP = Text("说明见 {page}", "See {page}")


def sarif(
    findings: Sequence[Finding],
    folder: str,
    language: Language,
    *,
    titles: Mapping[str, Text] | None = None,
    pages: Mapping[str, str] | None = None,
    home: str | None = None,
) -> dict[str, Any]:
    """The findings of one base as one run.

    Files are named relative to the current directory, so it is to be called at the root of the repository. A finding has
    the same fingerprint when its lines have moved: it is made of the base's folder, the kind, and what the finding is about.

    Args:
        findings: Any number, in the order they are to be shown.
        folder: The base's folder, as it was named.
        titles: A few words for each kind of finding; those without are shown by their id.
        pages: What is said at length about a kind, in Markdown; for those without the page in the documentation is named.
        home: Absolute address of this project's files. With it every kind links to its page (`helpUri`, which must be
            absolute).
    """
    kinds = sorted({finding.id for finding in findings})
    driver = {
        "name": "triage",
        "semanticVersion": _version(),
        "language": _LOCALES[language],
        "rules": [
            {**_named(kind, language, titles or {}), **_helped(kind, language, pages or {}, home), **_graded(kind, findings)}
            for kind in kinds
        ],
    }
    run = {
        "tool": {"driver": driver},
        "language": _LOCALES[language],
        "automationDetails": {"id": f"triage/{_uri(from_here(folder)).strip('/')}/"},
        "columnKind": "unicodeCodePoints",
        "results": _results(findings, folder, language, kinds),
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _version() -> str:
    try:
        return version("power-triage")
    except PackageNotFoundError:  # run from the source tree
        return "0.0.0"


def _named(kind: str, language: Language, titles: Mapping[str, Text]) -> dict[str, Any]:
    words = legible(titles[kind].get(language)) if kind in titles else kind
    return {"id": kind, "shortDescription": {"text": words}, "fullDescription": {"text": words}}


def _helped(kind: str, language: Language, pages: Mapping[str, str], home: str | None) -> dict[str, Any]:
    link = f"{home.rstrip('/')}/{page(kind)}" if home else None
    see = _HELP.get(language).format(page=link or page(kind))
    text = legible(pages.get(kind, see))
    return {"help": {"text": text, "markdown": text}, **({"helpUri": link} if link else {})}


def _graded(kind: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """The gravest of its findings; all of them are proved, so none is a guess."""
    severity = min((finding.severity for finding in findings if finding.id == kind), key=SEVERITIES.index)
    return {
        "defaultConfiguration": {"level": severity},
        "properties": {"precision": "very-high", "tags": ["knowledge"]},
    }


def _results(findings: Sequence[Finding], folder: str, language: Language, kinds: Sequence[str]) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    results = []
    for finding in findings:
        mark = _fingerprint(finding, folder)
        seen[mark] += 1
        results.append(
            {
                "ruleId": finding.id,
                "ruleIndex": kinds.index(finding.id),
                "level": finding.severity,
                "message": {"text": message(finding, language)},
                "locations": [{"physicalLocation": _location(finding, folder)}],
                "partialFingerprints": {"primaryLocationLineHash": f"{mark}:{seen[mark]}"},
                "properties": _properties(finding),
            }
        )
    return results


def _fingerprint(finding: Finding, folder: str) -> str:
    """Under the name by which GitHub looks for it; nothing in it depends on lines.

    Mistakes found by loading are about nothing that has an id: their file and sentence stand in for it.
    """
    about = finding.about or f"{finding.place.file if finding.place else ''}\n{finding.text.en}"
    return hashlib.sha256("\n".join((from_here(folder), finding.id, about)).encode(errors="replace")).hexdigest()[:16]


def _location(finding: Finding, folder: str) -> dict[str, Any]:
    """Where the finding stands; the folder where it is about that as a whole."""
    place = finding.place
    path = from_here(folder, place.file if place else "")
    outside = Path(path).is_absolute()
    artifact = {"uri": Path(path).as_uri()} if outside else {"uri": _uri(path), "uriBaseId": _ROOT}
    region = {"startLine": place.line, "startColumn": place.column} if place else {"startLine": 1}  # GitHub wants some line
    return {"artifactLocation": artifact, "region": region}


def _properties(finding: Finding) -> dict[str, Any]:
    about = {"about": legible(finding.about)} if finding.about else {}
    return {**about, **({"example": dict(finding.example)} if finding.example is not None else {})}


def _uri(path: str) -> str:
    """A path as a URI reference; a colon in its first part would be read as a scheme."""
    return quote(path, safe="/", errors="replace")
