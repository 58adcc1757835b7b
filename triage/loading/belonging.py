"""Which base a case file belongs to, found from where it lies. Reads no more than is needed to tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from triage.loading.files import CASES

__all__ = ["base_around"]

HIGHEST = 8
"""Folders above a case file that are looked into."""

_SECTION = re.compile(rb"^base[ \t]*:", re.MULTILINE)


def base_around(path: Path) -> Path | None:
    """The nearest folder above a file one of whose own files has the section `base`; None where there is none.

    A base may have that section deeper down, and is loaded all the same by its folder's name; it is not found from a file.
    """
    return next((folder for folder in path.absolute().parents[:HIGHEST] if any(map(_has_base, _knowledge(folder)))), None)


def _knowledge(folder: Path) -> Iterator[Path]:
    return (file for file in folder.glob("*.yaml") if not file.name.startswith(".") and not file.name.endswith(CASES))


def _has_base(file: Path) -> bool:
    try:
        return _SECTION.search(file.read_bytes()) is not None
    except OSError:
        return False
