"""Paragraphs that break where Chinese breaks: between any two characters, never before a closing mark or after an opening one.

rich breaks at spaces only and takes a Chinese sentence for one long word.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

__all__ = ["Paragraph", "line_breaks"]

_NEVER_FIRST = frozenset("，。、；：？！）》】」』”’％…,.;:?!)]}%")
_NEVER_LAST = frozenset("（《【「『“‘([{")


class Paragraph:
    """One paragraph; newlines in it are kept."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def append(self, other: Paragraph) -> None:
        """Go on with another paragraph's text in its own style."""
        self._text.append_text(other._text)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._text.split("\n", allow_blank=True):
            for part in line.divide(line_breaks(line.plain, options.max_width)):
                part.rstrip()
                part.no_wrap, part.overflow = True, "ignore"
                yield part

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        lines = self._text.plain.split("\n")
        longest = max((cell_len(chunk.rstrip()) for line in lines for chunk in _chunks(line)), default=0)
        return Measurement(longest, max(cell_len(line) for line in lines)).clamp(0, options.max_width)


def line_breaks(line: str, width: int) -> list[int]:
    """Where to break a line so that no part is wider than `width` cells, spaces at the ends of parts not counted.

    >>> line_breaks("请离开，快。", 6)
    [2]
    """
    breaks, place, column = [], 0, 0
    for chunk in _chunks(line):
        needed = cell_len(chunk.rstrip())
        if column and column + needed > width:
            breaks.append(place)
            column = 0
        for character in chunk:
            if character != " " and column and column + cell_len(character) > width:  # a word longer than a line
                breaks.append(place)
                column = 0
            column += cell_len(character)
            place += 1
    return breaks


def _chunks(line: str) -> Iterator[str]:
    """The parts that are not broken, each with the spaces after it."""
    start = 0
    for place in range(1, len(line)):
        if _may_break(line[place - 1], line[place]):
            yield line[start:place]
            start = place
    if line:
        yield line[start:]


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NEVER_FIRST or before in _NEVER_LAST:
        return False
    return before == " " or cell_len(before) == 2 or cell_len(after) == 2
