"""Which base a case file belongs to, found from where it lies. Reads no more than is needed to tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from triage.loading.files import CASES

__all__ = ["base_around"]

HIGHEST = 4
"""Folders above a case file that are looked at."""

_SECTION = re.compile(rb"^base[ \t]*:", re.MULTILINE)


def base_around(path: Path) -> Path | None:
    """The nearest folder above a file in which, or one folder below which, a file has the section `base`.

    None where there is none, or where the nearest folder holds several bases, so that the file belongs to none of them.
    """
    for folder in path.absolute().parents[:HIGHEST]:
        found = sum(_has_base(file) for file in _files(folder))
        if found:
            return folder if found == 1 else None
    return None


def _files(folder: Path) -> Iterator[Path]:
    for pattern in ("*.yaml", "*/*.yaml"):
        for file in folder.glob(pattern):
            if not file.name.endswith(CASES) and not any(part.startswith(".") for part in file.relative_to(folder).parts):
                yield file


def _has_base(file: Path) -> bool:
    try:
        return _SECTION.search(file.read_bytes()) is not None
    except OSError:
        return False
