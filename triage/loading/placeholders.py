"""The `{placeholders}` of a text: finding them, and checking that they name something."""

from __future__ import annotations

from triage.loading.mistakes import clipped
from triage.loading.names import KINDS, Kind, Names
from triage.loading.shapes import Sentence, Word
from triage.model import PLACEHOLDER, Text

__all__ = ["check_placeholders"]


def check_placeholders(sentence: Sentence, names: Names, kinds: tuple[Kind, ...]) -> Text:
    """The text, after reporting braces that enclose no name, and names that are not declared or not of these kinds."""
    for words in (sentence.zh, sentence.en):
        if "{" in words or "}" in words:
            _check(words, names, kinds)
    return sentence.text()


def _check(words: Word, names: Names, kinds: tuple[Kind, ...]) -> None:
    rest = PLACEHOLDER.sub("", words)
    if "{" in rest or "}" in rest:
        names.report.add("broken-braces", words.place, text=clipped(words))
    for name in dict.fromkeys(PLACEHOLDER.findall(words)):
        kind = names.kinds.get(name)
        if kind in kinds:
            continue
        if kind is not None:
            names.report.add("placeholder-not-here", words.place, id=clipped(name), allowed=_allowed(kinds))
        else:
            names.missing(name, names.of_kind(*kinds), "unknown-placeholder", words.place)


def _allowed(kinds: tuple[Kind, ...]) -> Text:
    if not kinds:
        return Text("不用占位", "this text takes none")
    return Text(
        f"只能写{'、'.join(KINDS[kind].zh for kind in kinds)}",
        f"it may name {' or '.join(KINDS[kind].en for kind in kinds)} only",
    )
