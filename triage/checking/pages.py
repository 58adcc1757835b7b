"""What is said at length about a kind of finding: its page in the documentation, which comes with the package.

A page has the Chinese text first and the English one below, with a line `---` between them. Mistakes found by loading share one
page, made of their sentences.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import triage
from triage.checking.kinds import KINDS
from triage.loading.mistakes import SENTENCES
from triage.model import Language, Text

__all__ = ["EXPLAINED", "LOADING", "page_of", "sentence_of"]

LOADING = "loading"
"""The page of all mistakes found by loading."""

EXPLAINED = (*KINDS, *SENTENCES, LOADING)
"""Everything there is something to read about."""

_BETWEEN = "\n---\n"


def page_of(kind: str, language: Language) -> str | None:
    """What there is to read about a kind, in one language, as Markdown; None where there is no such kind.

    Of a mistake found by loading, its sentence.
    """
    if kind in SENTENCES:
        return f"# `{kind}`\n\n{sentence_of(kind).get(language)}"
    text = _page(kind) if kind in EXPLAINED else None
    if text is None:
        return None
    chinese, _, english = text.partition(_BETWEEN)
    return (chinese if language == "zh" else english).strip()


def _page(kind: str) -> str | None:
    package = Path(triage.__file__).parent
    for home in (package / "docs" / "findings", package.parent / "docs" / "findings"):
        path = home / f"{kind}.md"
        if path.is_file():
            return path.read_text("utf-8")
    return None


def sentence_of(code: str) -> Text:
    """The sentence of a mistake found by loading, with `…` for what differs from case to case."""
    parts = defaultdict(lambda: "…", near="")
    return Text(SENTENCES[code].zh.format_map(parts), SENTENCES[code].en.format_map(parts))
