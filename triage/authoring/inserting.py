"""Adding entries to an author's file as text: at the end of a section, everything else byte for byte as it was.

Knows YAML and where an entry ends, and nothing of what entries mean.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

__all__ = ["OneLineSectionError", "with_entry"]

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_OPENING = (yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken, yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


class OneLineSectionError(ValueError):
    """The section is written in brackets, `section: [...]`: there is no line to put an entry after."""


def with_entry(data: bytes, section: str, entry: Sequence[str]) -> tuple[bytes, int]:
    """A file with one more entry at the end of a section.

    Args:
        data: The file as it is, which can be read; empty for one that does not exist yet.
        section: A section that is a list, such as `rules`. Where the file has none, it is begun at its end.
        entry: Lines without line ends; the first starts with `- `.

    Returns:
        The new bytes, and the line the entry starts on, from 1. The file's own line ends are used.

    Raises:
        OneLineSectionError: The section is there, in brackets.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    text = data.removeprefix(mark).decode("utf-8")
    lines = _LINES.findall(text)
    end = "\r\n" if "\r\n" in text else "\n"
    found = _section(text, section)
    if found is None:
        at, before = len(lines), [*([""] if lines and lines[-1].strip() else []), f"{section}:"]
    else:
        at, before = found.end(lines), [""] if found.is_spaced(lines) else []
        entry = [" " * found.indent + line if line else "" for line in entry]
    if at and not lines[at - 1].endswith(("\n", "\r")):
        lines[at - 1] += end
    added = [line + end for line in (*before, *entry)]
    return mark + "".join((*lines[:at], *added, *lines[at:])).encode("utf-8"), at + len(before) + 1


@dataclass(slots=True)
class _Section:
    """Where a list under a key of the file stands.

    Attributes:
        indent: Column of its dashes.
        starts: The line of every entry, from 0.
        ends: The last line of every entry, without blank lines and comments below it.
    """

    indent: int
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def end(self, lines: Sequence[str]) -> int:
        """The number of lines up to its end; comments right below the last entry that are indented deeper belong to it."""
        at = self.ends[-1] + 1
        while at < len(lines) and lines[at].lstrip().startswith("#") and _indent(lines[at]) > self.indent:
            at += 1
        return at

    def is_spaced(self, lines: Sequence[str]) -> bool:
        """Whether a blank line stands between the last two entries."""
        if len(self.starts) < 2:
            return False
        return any(not line.strip() for line in lines[self.ends[-2] + 1 : self.starts[-1]])


def _section(text: str, name: str) -> _Section | None:
    """The list under a key of the file; None where there is none.

    Raises:
        OneLineSectionError: It is written in brackets.
    """
    found: _Section | None = None
    dashes = 0
    for depth, token in _inside(text, name):
        if found is None and not isinstance(token, yaml.BlockSequenceStartToken | yaml.BlockEntryToken):
            raise OneLineSectionError(name)
        if isinstance(token, yaml.BlockEntryToken) and (found is None or depth == dashes):
            found, dashes = found or _Section(token.start_mark.column), depth
            found.starts.append(token.start_mark.line)
            found.ends.append(token.start_mark.line)
        elif found is not None and token.start_mark.index != token.end_mark.index:
            found.ends[-1] = _last_line(token, text)
    return found


def _inside(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """What stands under a key of the file, token by token, each with the number of lists, mappings and brackets it stands in."""
    depth, key, inside = 0, False, False
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        depth -= isinstance(token, _CLOSING)
        if depth == 1 and isinstance(token, yaml.KeyToken):
            key, inside = True, False
        elif depth == 1 and key and isinstance(token, yaml.ScalarToken):
            key, inside = False, token.value == name
        elif inside and not (depth == 1 and isinstance(token, yaml.ValueToken)) and not isinstance(token, yaml.StreamEndToken):
            yield depth, token
        depth += isinstance(token, _OPENING)


def _last_line(token: Any, text: str) -> int:
    """The last line a token stands on, from 0, without blank lines below a text after `|` or `>` that are not part of it."""
    last = int(token.end_mark.line)
    if not isinstance(token, yaml.ScalarToken) or token.style not in ("|", ">"):
        return last
    body = _LINES.findall(text)[token.start_mark.line + 1 : last + bool(token.end_mark.column)]
    while body and not body[-1].strip() and not token.value.endswith("\n\n"):
        body.pop()
    return int(token.start_mark.line) + len(body)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
