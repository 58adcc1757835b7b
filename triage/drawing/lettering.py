"""Texts in pictures: how wide they are, and lines that fit.

Nobody knows which font will be there, so widths are upper estimates: a Chinese character is one em, Latin letters go by how wide
they are in a wide sans serif.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

__all__ = ["clean", "width", "wrap"]

_NEVER_FIRST = frozenset("，。、；：？！）》】」』”’％…,.;:?!)]}%·")
_NEVER_LAST = frozenset("（《【「『“‘([{")
_BREAKS_AFTER = frozenset("-_/")
_NARROW = frozenset("ijltfrI.,:;'|!()[]{}/ ")
_BROAD = frozenset("mwMW%@&ABCDEFGHJKLNOPQRSTUVXYZ")


def clean(text: str) -> str:
    """A text without characters that XML has no place for, or that would turn the direction of writing."""
    return "".join(c if c.isprintable() or c == "\n" else _stand_in(c) for c in text)


def _stand_in(character: str) -> str:
    return " " if character == "\t" or unicodedata.category(character).startswith("Z") else "\N{REPLACEMENT CHARACTER}"


def width(text: str, size: float) -> float:
    """Width of a line in pixels at a font size in pixels."""
    return sum(_ems(character) for character in text) * size


def wrap(text: str, size: float, room: float, most: int) -> list[str]:
    """Lines of at most `room` pixels, at most `most` of them; the last one ends in … where the text goes on.

    Breaks at spaces, after - _ /, between Chinese characters but not before a closing mark, and within words longer than a line.
    """
    lines: list[str] = []
    for paragraph in clean(text).splitlines() or [""]:
        line = ""
        for chunk in _chunks(paragraph):
            if line and width((line + chunk).rstrip(), size) > room:
                lines.append(line.rstrip())
                line = ""
            for character in chunk:
                if line and character != " " and width(line + character, size) > room:
                    lines.append(line.rstrip())
                    line = ""
                line += character
        lines.append(line.rstrip())
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(lines[most - 1], size, room)]
    return lines


def _shortened(line: str, size: float, room: float) -> str:
    while line and width(line + "…", size) > room:
        line = line[:-1]
    return line + "…"


def _ems(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WFA":
        return 1.0
    if character in _NARROW:
        return 0.4
    return 0.8 if character in _BROAD else 0.6


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
    return before == " " or before in _BREAKS_AFTER or _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
