"""What people see: text on a terminal or in a pipe, in one language, without letting anybody's data command the terminal."""

from __future__ import annotations

import contextlib
import json
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any, NoReturn

from rich.console import Console, RenderableType
from rich.text import Text as Styled

from triage.assessment import as_json, as_text
from triage.cli.paragraph import Paragraph
from triage.cli.words import word
from triage.model import Language

__all__ = ["Screen", "clean", "styled", "title", "tolerant_streams"]


class _Console(Console):
    """A console that leaves a broken pipe to `main`."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


class Screen:
    """Standard output and standard error, in one language.

    Attributes:
        chosen: The language was given on the command line, not taken from the environment.
    """

    def __init__(self, language: Language, *, chosen: bool = False) -> None:
        self.language = language
        self.chosen = chosen
        self.out = _Console(highlight=False, markup=False, emoji=False)
        self.err = _Console(highlight=False, markup=False, emoji=False, stderr=True)

    def word(self, key: str, **parts: Any) -> str:
        """One of the command line's own sentences."""
        return word(key, self.language, **parts)

    def join(self, parts: Iterable[str]) -> str:
        """A list within a sentence."""
        return ("、" if self.language == "zh" else ", ").join(parts)

    def say(self, key: str, style: str = "", **parts: Any) -> None:
        """Print one of the command line's own sentences; in a pipe, where another program looks for it, never cut into lines."""
        text = self.word(key, **parts)
        if self.out.is_terminal:
            self.show(styled(text, style))
        else:
            self.out.print(title(text, style), soft_wrap=True)

    def show(self, *parts: RenderableType) -> None:
        """Print anything."""
        for part in parts:
            self.out.print(part)

    def complain(self, text: str, style: str = "red") -> None:
        """Print to standard error; never cut into lines, so that places stay clickable."""
        self.err.print(title(text, style), soft_wrap=True)

    def json(self, part: Any) -> None:
        """Print JSON: as it is where the stream is UTF-8, with everything else escaped where it is not."""
        text = as_text(part)
        if "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", ""):
            text = json.dumps(as_json(part), ensure_ascii=True, indent=2)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def styled(text: str, style: str = "") -> Paragraph:
    """A paragraph for the screen, cleaned; a style such as `bold red`."""
    return Paragraph(title(text, style))


def title(text: str, style: str = "") -> Styled:
    """A text for one line, such as a heading in a frame, cleaned."""
    return Styled(clean(text), style=style)


def clean(text: str) -> str:
    """A text without anything that would move the cursor, change colours or turn the direction of writing."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return " " if character == "\t" or unicodedata.category(character).startswith("Z") else "\N{REPLACEMENT CHARACTER}"


def tolerant_streams() -> None:
    """Show `?` for what a terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            with contextlib.suppress(OSError, ValueError):
                reconfigure(errors="replace")
