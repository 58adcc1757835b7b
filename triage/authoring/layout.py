"""The one way a YAML file is laid out: indentation, blanks within a line, blank lines. Words, order, quotes and comments stay.

Goes from the parser's tokens to the same tokens in canonical columns; what stands in a token is copied. Lines are neither joined
nor cut, so texts stay as wide as their author made them. Knows nothing of knowledge bases, files or meaning.

The canonical form: two blanks for each level, `- ` in the column of its key, one blank after `:` and `,`, none within brackets;
further lines of a bracket start where its first item does; never two blank lines together, none at the ends of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

__all__ = ["Layout", "laid_out"]

STEP = 2
_LINE_END = re.compile(r"\r\n|\r|\n")
_MAPPING, _SEQUENCE, _FLOW = "mapping", "sequence", "flow"

_STARTS = {yaml.BlockMappingStartToken: _MAPPING, yaml.BlockSequenceStartToken: _SEQUENCE}
_OPENERS = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSERS = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_AT_THE_MARGIN = (yaml.DocumentStartToken, yaml.DocumentEndToken)
_INDICATORS = (yaml.BlockEntryToken, yaml.KeyToken, yaml.ValueToken)


@dataclass(frozen=True, slots=True)
class Layout:
    """A file laid out anew.

    Attributes:
        comments: Every comment in order, without blanks at its end.
    """

    text: str
    comments: tuple[str, ...]


def laid_out(text: str) -> Layout:
    """The canonical form of a YAML text, which has no byte order mark.

    Raises:
        yaml.YAMLError: It cannot be parsed.
    """
    lines = _LINE_END.split(text)
    if lines[-1]:
        lines.append("")
    printer = _Printer(lines)
    for token in yaml.scan("\n".join(lines), Loader=yaml.CSafeLoader):
        printer.take(token)
    return printer.finish()


@dataclass(slots=True)
class _Level:
    """An open list, mapping or pair of brackets.

    Attributes:
        old, new: Its column in the source and in the result (-1: not known yet); for brackets, that of what stands in them.
        close: For brackets, the column of a closing one that stands first on its line.
        broken: Brackets that go on over the end of a line.
        listing: A mapping whose current value is a list in its own column.
    """

    kind: str
    old: int
    new: int = -1
    close: int = -1
    broken: bool = False
    listing: bool = False


@dataclass(slots=True)
class _Printer:
    """Takes tokens one by one, holding the levels that are open.

    Attributes:
        line: The line being written; empty between lines.
        at: Line and column of the source up to which everything is written.
        fixed: Lines of the result that stay even if they are blank.
        above: The levels that were open when the last token was written.
        last: That token.
        key: A key comes next.
    """

    source: list[str]
    lines: list[str] = field(default_factory=list)
    line: str = ""
    at: tuple[int, int] = (0, 0)
    fixed: int = 0
    comments: list[str] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=list)
    above: list[_Level] = field(default_factory=list)
    last: Any = None
    key: bool = False

    def take(self, token: Any) -> None:
        """Write one token, or note what it opens or closes."""
        kind = type(token)
        if kind in _STARTS:
            self.levels.append(_Level(_STARTS[kind], token.start_mark.column))
            self.key = kind is yaml.BlockMappingStartToken
        elif kind is yaml.BlockEndToken:
            self.levels.pop()
        elif kind is yaml.KeyToken and token.start_mark.column == token.end_mark.column:
            self._expect_key()
        elif kind not in (yaml.StreamStartToken, yaml.StreamEndToken):
            self._write(token)

    def finish(self) -> Layout:
        """The whole, with what stands after the last token."""
        line, column = self.at
        self._between(self.source[line:], column, None, 0)
        while len(self.lines) > self.fixed and not self.lines[-1]:
            self.lines.pop()
        return Layout("".join(f"{line}\n" for line in self.lines), tuple(self.comments))

    def _expect_key(self) -> None:
        self.key = True
        if self.levels[-1].kind == _MAPPING:
            self.levels[-1].listing = False

    # one token

    def _write(self, token: Any) -> None:
        if isinstance(token, yaml.KeyToken):
            self._expect_key()
        if isinstance(token, yaml.BlockEntryToken) and self.levels[-1].kind == _MAPPING:
            self.levels[-1].listing = True
        line, column = self.at
        start = token.start_mark
        if self.line and start.line == line:
            self.line += self._blank(token)
            self._open_within_a_line(start.column, len(self.line))
        else:
            new = self._column(token)
            self._between(self.source[line : start.line], column, start.column, new)
            self.line = " " * new
        self._copy(token)
        self.last, self.above, self.key = token, list(self.levels), False

    def _open_within_a_line(self, old: int, new: int) -> None:
        """Settle what was opened just before this token, which stands on the same line."""
        if self.levels and self.levels[-1].new < 0:
            top = self.levels[-1]
            top.old, top.new, top.close = old, new, new

    def _blank(self, token: Any) -> str:
        """What stands between the last token and this one on the same line."""
        if isinstance(token, yaml.ValueToken | yaml.FlowEntryToken):
            return " " if isinstance(self.last, yaml.AliasToken | yaml.AnchorToken) else ""
        return "" if isinstance(token, _CLOSERS) or isinstance(self.last, _OPENERS) else " "

    def _column(self, token: Any) -> int:
        """Where a token goes that is the first on its line; settles what was opened just before it."""
        if not self.levels or isinstance(token, _AT_THE_MARGIN):
            return 0
        top = self.levels[-1]
        if top.kind == _FLOW:
            if not top.broken:
                self._break(top, token.start_mark.column)
            return top.close if isinstance(token, _CLOSERS) else top.new
        if top.new < 0:
            self._open_on_a_line(top)
        return top.new if self.key or isinstance(token, _INDICATORS) else top.new + STEP

    def _break(self, top: _Level, column: int) -> None:
        """Brackets that go on below: under their first item, or indented where none stands beside them or the author did so."""
        top.broken = True
        block = next((level.new for level in reversed(self.levels) if level.kind != _FLOW), 0)
        hanging = max(len(self.line) - len(self.line.lstrip()), block)
        if top.new >= 0 and (column >= top.old or hanging + STEP >= top.new):
            return
        within = len(self.levels) > 1 and self.levels[-2].kind == _FLOW
        top.new = hanging + STEP
        top.close = hanging if within else top.new

    def _open_on_a_line(self, top: _Level) -> None:
        """Settle a list or mapping that starts on a line of its own."""
        if len(self.levels) == 1:
            top.new = 0
            return
        holder = self.levels[-2]
        beside = top.kind == _SEQUENCE and holder.kind == _MAPPING and not holder.listing
        top.new = holder.new if beside else holder.new + STEP

    def _copy(self, token: Any) -> None:
        """The token itself, and what it opens or closes."""
        first, last = token.start_mark, token.end_mark
        if isinstance(token, _CLOSERS):
            self.levels.pop()
        if first.line == last.line:
            self.line += self.source[first.line][first.column : last.column]
            self.at = (last.line, last.column)
        elif token.style in ("|", ">"):
            self._copy_block(token)
        else:
            self._copy_folded(token)
        if isinstance(token, _OPENERS):
            self.levels.append(_Level(_FLOW, first.column))

    # texts of several lines

    def _continued(self) -> int:
        """Where the further lines of a text start."""
        if not self.levels:
            return 0
        top = self.levels[-1]
        return max(top.new, 0) if top.kind == _FLOW else top.new + STEP

    def _copy_folded(self, token: Any) -> None:
        """A text whose blanks around line ends mean nothing: plain, or in quotes."""
        first, last = token.start_mark, token.end_mark
        inside = self.source[first.line : last.line + 1]
        inside[-1] = inside[-1][: last.column]
        inside[0] = inside[0][first.column :]
        indent = " " * self._continued()
        for number, line in enumerate(inside):
            text = _without_end(line) if number + 1 < len(inside) else line
            if number:
                self.lines.append(self.line)
                self.line = indent + text.lstrip() if text.strip() else ""
            else:
                self.line += text
        self.at = (last.line, last.column)

    def _copy_block(self, token: Any) -> None:
        """A text after `|` or `>`: its lines move together."""
        first, last = token.start_mark, token.end_mark
        head = self.source[first.line][first.column :].rstrip()
        marks, hash_sign, comment = head.partition("#")
        if hash_sign:
            self.comments.append(f"#{comment}")
        body = self.source[first.line + 1 : last.line]
        indent = next((len(line) - len(line.lstrip(" ")) for line in body if line.strip(" ")), 0)
        shift = self._continued() - indent
        if stated := re.search("[1-9]", marks):
            top = self.levels[-1]
            indent, shift = top.old + int(stated.group()), top.new - top.old
        if "+" not in marks:
            while body and not body[-1].strip(" ") and len(body[-1]) <= indent:
                body.pop()
        self.lines += [self.line + head, *(_moved(line, indent, shift) for line in body)]
        self.line, self.at, self.fixed = "", (first.line + 1 + len(body), 0), len(self.lines)

    # what stands between tokens

    def _between(self, parts: list[str], column: int, old: int | None, new: int) -> None:
        """End the line being written, then write comments and blank lines.

        Args:
            parts: Lines of the source from where everything is written to before the next token's own, or to the end.
            column: Where in the first of them that is.
            old, new: The next token's column in the source and in the result; at the end of the file None and 0.
        """
        if self.line:
            rest = parts.pop(0)[column:]
            if comment := rest.strip():
                self.line += " " * max(1, len(rest) - len(rest.lstrip())) + comment
                self.comments.append(comment)
            self.lines.append(self.line)
            self.line = ""
        for part in parts:
            if comment := part.strip():
                indent = self._comment_column(len(part) - len(part.lstrip()), old, new)
                self.lines.append(" " * indent + comment)
                self.comments.append(comment)
            elif self.lines and self.lines[-1]:
                self.lines.append("")

    def _comment_column(self, column: int, old: int | None, new: int) -> int:
        """A comment goes with what stands below it, or with a level open above it whose column it has."""
        if column == old or (self.above and self.above[-1].kind == _FLOW):
            return new
        open_levels = [level for level in (*self.above, *self.levels) if level.kind != _FLOW and level.new >= 0]
        same = [level.new for level in open_levels if level.old == column]
        left = [level.new for level in open_levels if level.old < column]
        if same:
            return same[-1]
        return max(left) if left and (old is None or column > old) else new


def _without_end(line: str) -> str:
    """A line without blanks at its end, but for the one that a backslash before it keeps."""
    kept = line.rstrip()
    backslashes = len(kept) - len(kept.rstrip("\\"))
    return line[: len(kept) + 1] if backslashes % 2 else kept


def _moved(line: str, indent: int, shift: int) -> str:
    """A line of a text moved right or left; blanks alone are part of the text only beyond its indentation."""
    if not line.strip(" "):
        return " " * (len(line) + shift) if len(line) > indent else ""
    return " " * shift + line if shift >= 0 else line[-shift:]
