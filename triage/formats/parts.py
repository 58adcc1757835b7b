"""What the formats share: paths as other programs want them, texts that no format chokes on, a finding as one sentence."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from unicodedata import category

from triage.findings import Finding
from triage.loading.mistakes import SENTENCES
from triage.model import Language, Text

__all__ = ["call", "from_here", "legible", "message", "page"]

_WITH_EXAMPLE = Text("{text}；最小的一通来电：{call}", "{text}; smallest call: {call}")


def from_here(folder: str, file: str = "") -> str:
    """A file of a base (or its folder): relative to the current directory where it lies below that, absolute otherwise.

    Programs that show findings beside the code want it so when they are started at the root of a repository.

    Args:
        folder: The base's folder, as it was named.
        file: Relative to the folder.
    """
    named = Path(os.path.abspath(Path(folder, file)))  # noqa: PTH100 - `resolve` would follow links within the repository
    for path in (named, named.resolve()):
        if path.is_relative_to(Path.cwd()):
            return path.relative_to(Path.cwd()).as_posix()
    return named.as_posix()


def legible(text: str) -> str:
    """A text without the characters that XML forbids and terminals obey; each becomes U+FFFD. Tabs and line ends stay."""
    return "".join(character if _is_legible(character) else "\N{REPLACEMENT CHARACTER}" for character in text)


def _is_legible(character: str) -> bool:
    return character in "\t\n\r" or (category(character) not in ("Cc", "Cs") and character not in "\ufffe\uffff")


def message(finding: Finding, language: Language) -> str:
    """A finding as one sentence, with its example call."""
    text = finding.text.get(language)
    if finding.example is None:
        return legible(text)
    return legible(_WITH_EXAMPLE.get(language).format(text=text, call=call(finding.example)))


def call(example: Mapping[str, str]) -> str:
    """A call in ids, as a case's `given` takes it."""
    return "{" + ", ".join(f"{fact}: {value}" for fact, value in example.items()) + "}"


def page(kind: str) -> str:
    """Where the documentation of a kind of finding stands in this project; mistakes found by loading share a page."""
    return f"docs/findings/{'loading' if kind in SENTENCES else kind}.md"
