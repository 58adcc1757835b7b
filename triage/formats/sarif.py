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
    home: str | None = None,
) -> dict[str, Any]:
    """The findings of one base as one run.

    Files are named relative to the current directory, so it is to be called at the root of the repository. A finding has
    the same fingerprint when its lines have moved: it is made of the base's folder, the kind, and what the finding is about.

    Args:
        findings: Any number, in the order they are to be shown.
        folder: The base's folder, as it was named.
        titles: A few words for each kind of finding; those without are shown by their id.
        home: Absolute address of this project's files. With it every kind links to its page (`helpUri`, which must be
            absolute); without it the page is named in the help text only.
    """
    kinds = sorted({finding.id for finding in findings})
    graded = {kind: min((f.severity for f in findings if f.id == kind), key=SEVERITIES.index) for kind in kinds}
    driver = {
        "name": "triage",
        "semanticVersion": _version(),
        "language": _LOCALES[language],
        "rules": [_rule(kind, graded[kind], language, (titles or {}).get(kind), home) for kind in kinds],
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


def _rule(kind: str, severity: str, language: Language, title: Text | None, home: str | None) -> dict[str, Any]:
    words = legible(title.get(language)) if title else kind
    see = _HELP.get(language)
    link = f"{home.rstrip('/')}/{page(kind)}" if home else None
    return {
        "id": kind,
        "shortDescription": {"text": words},
        "fullDescription": {"text": words},
        "help": {
            "text": see.format(page=link or page(kind)),
            "markdown": see.format(page=f"[{page(kind)}]({link})" if link else f"`{page(kind)}`"),
        },
        **({"helpUri": link} if link else {}),
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
    region = {"region": {"startLine": place.line, "startColumn": place.column}} if place else {}
    return {"artifactLocation": artifact, **region}


def _properties(finding: Finding) -> dict[str, Any]:
    about = {"about": legible(finding.about)} if finding.about else {}
    return {**about, **({"example": dict(finding.example)} if finding.example is not None else {})}


def _uri(path: str) -> str:
    """A path as a URI reference; a colon in its first part would be read as a scheme."""
    return quote(path, safe="/", errors="replace")
