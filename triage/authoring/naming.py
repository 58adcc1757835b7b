"""Ids that an author gives on the command line, held to the rules for those in files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from triage.loading.documents import Scalar
from triage.loading.mistakes import Report, clipped
from triage.loading.sections import BASE_ID, DASHED_ID, VALUE_ID, WORD_ID
from triage.loading.shapes import Identifier
from triage.model import Place, Text

__all__ = ["base_id_mistakes", "fact_id_mistakes", "rule_id_mistakes", "value_mistakes"]

_NOWHERE = Place("", 1, 1)


def base_id_mistakes(name: str) -> list[Text]:
    """Why a word cannot be the id of a base; empty if it can."""
    return _mistakes(BASE_ID, "-", name)


def fact_id_mistakes(name: str) -> list[Text]:
    """Why a word cannot be the id of a fact and its question; empty if it can."""
    return _mistakes(WORD_ID, "_", name)


def rule_id_mistakes(name: str) -> list[Text]:
    """Why a word cannot be the id of a rule; empty if it can."""
    return _mistakes(DASHED_ID, "-", name)


def value_mistakes(values: Iterable[str]) -> Iterator[Text]:
    """Why words cannot be the values of one fact."""
    seen: set[str] = set()
    for value in values:
        yield from _mistakes(VALUE_ID, "_", value)
        if value in seen:
            yield Text(f"值 `{clipped(value)}` 写了两次；请删掉一个", f"the value `{clipped(value)}` is given twice; delete one")
        seen.add(value)


def _mistakes(shape: Identifier, joint: str, name: str) -> list[Text]:
    found = _problems(shape, name)
    mended = re.sub("[^a-z0-9]+", joint, name.lower()).strip(joint)
    if not found or _problems(shape, mended):
        return found
    return [Text(f"{text.zh}，例如 `{mended}`", f"{text.en}, such as `{mended}`") for text in found]


def _problems(shape: Identifier, name: str) -> list[Text]:
    report = Report()
    shape.read(Scalar(_NOWHERE, name, plain=True), report)
    return [problem.text for problem in report.problems]
