"""What the commands that write an author's files share."""

from __future__ import annotations

from pathlib import Path

from triage.cli.bases import UsageError, base_folder, shipped_bases
from triage.cli.words import WORDS
from triage.model import Text

__all__ = ["own_folder", "refusal"]


def own_folder(named: str | None) -> Path:
    """The folder of a base that may be changed.

    Raises:
        UsageError: There is no such base, or it is found only where the software is installed.
    """
    folder = base_folder(named)
    if folder.is_absolute() and folder in shipped_bases().values() and not (named and Path(named).is_absolute()):
        raise refusal("not-yours", name=folder.name)
    return folder


def refusal(key: str, **parts: str) -> UsageError:
    """One of the command line's sentences as an error."""
    text = WORDS[key]
    return UsageError(Text(text.zh.format(**parts), text.en.format(**parts)))
