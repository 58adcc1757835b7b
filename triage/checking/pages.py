"""What is said at length about a kind of finding: its page in the documentation, which comes with the package."""

from __future__ import annotations

from pathlib import Path

import triage

__all__ = ["page_of"]


def page_of(kind: str) -> str | None:
    """The page of a kind, Markdown in both languages; None where there is none."""
    package = Path(triage.__file__).parent
    for home in (package / "docs" / "findings", package.parent / "docs" / "findings"):
        path = home / f"{kind}.md"
        if path.parent == home and path.is_file():
            return path.read_text("utf-8").rstrip()
    return None
