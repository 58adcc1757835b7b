"""Changing single rules in the text of a YAML file: everything else stays as it is, byte for byte.

Finds where every entry, key and value of the `rules` section begins and ends, and replaces just those stretches. Comments stay
where they are. Does not judge what it writes: whoever asks reads the result again and compares.
"""

from __future__ import annotations

import bisect
import codecs
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import yaml

from triage.exchange.notation import flow, scalar
from triage.loading.documents import Mapping as YamlMapping
from triage.loading.documents import Node, Scalar
from triage.loading.documents import Sequence as YamlSequence

__all__ = ["Added", "CannotEditError", "Edits", "edited", "same"]

ORDER = ("id", "when", "then", "priority", "because", "source", "safe_side")
"""The keys of a rule in the order they are written."""
WIDEST = 120
"""Columns a condition may take in one line."""


class CannotEditError(ValueError):
    """The rules are written in a way that single ones cannot be changed in: in one pair of brackets, or by reference (`*`)."""


@dataclass(frozen=True, slots=True)
class Added:
    """A new rule, and the id of the rule in the file it comes after; None: before all others."""

    rule: YamlMapping
    after: str | None


@dataclass(slots=True)
class Edits:
    """What is to be done to the rules of one file.

    Attributes:
        changed: By the rule's id in the file: the rule as it is, and as it is to be.
        removed: Ids.
        added: In the order they are to be written.
    """

    changed: dict[str, tuple[YamlMapping, YamlMapping]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    added: list[Added] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed or self.added)


def edited(data: bytes, edits: Edits) -> bytes:
    """A file with some of its rules changed.

    Raises:
        CannotEditError: Its rules are written in one pair of brackets, or by reference.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    text = data.removeprefix(mark).decode("utf-8")
    pieces = sorted(_Editor(text).pieces(edits), key=lambda piece: (piece.start, piece.end, piece.last))
    for piece in reversed(pieces):
        text = text[: piece.start] + piece.text + text[piece.end :]
    return mark + text.encode("utf-8")


def same(one: Node, other: Node) -> bool:
    """Whether two nodes say the same: one value or a list of it, the order of keys, and quotes make no difference."""
    return bool(_plain(one) == _plain(other))


def _plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.text.strip()
    if isinstance(node, YamlSequence):
        return _plain(node.items[0]) if len(node.items) == 1 else [_plain(item) for item in node.items]
    if list(node.entries) == ["value"]:
        return _plain(node.entries["value"].value)
    return {key: _plain(entry.value) for key, entry in node.entries.items()}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the text, and what comes in its place; `last`: after whatever else comes in the same place."""

    start: int
    end: int
    text: str
    last: bool = False


# -- where things stand


@dataclass(slots=True)
class _Spot:
    """Where a node stands: `end` is after its last character that is no blank and no comment.

    Attributes:
        flow: It stands within brackets, or is a pair of them.
        text: Of a word or text, what it says.
    """

    start: int
    end: int
    flow: bool
    text: str = ""
    items: list[_Spot] = field(default_factory=list)
    entries: dict[str, tuple[_Spot, _Spot]] = field(default_factory=dict)


def _spots(text: str) -> _Spot:
    """The outermost node of a text that can be read."""
    root = _Spot(0, len(text), flow=False)
    stack: list[tuple[_Spot, bool, list[_Spot]]] = [(root, False, [])]
    end = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            spot = _Spot(_start(event), 0, bool(event.flow_style) or stack[-1][0].flow)
            stack.append((spot, isinstance(event, yaml.MappingStartEvent), []))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            spot, is_mapping, parts = stack.pop()
            end = spot.end = max(end, _end(event)) if spot.flow else end
            if is_mapping:
                spot.entries = {key.text: (key, value) for key, value in zip(parts[::2], parts[1::2], strict=True)}
            else:
                spot.items = parts
            stack[-1][2].append(spot)
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            start = _start(event)
            end = start + len(text[start : _end(event)].rstrip())
            stack[-1][2].append(_Spot(start, end, stack[-1][0].flow, getattr(event, "value", "")))
    return stack[0][2][0]


def _start(event: Any) -> int:
    return int(event.start_mark.index)


def _end(event: Any) -> int:
    return int(event.end_mark.index)


class _Editor:
    """Finds the stretches of one text that have to change."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end_of_line = "\r\n" if "\r\n" in text else "\n"
        self.lines = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        self.key, self.section = _spots(text).entries["rules"]
        if self.section.items and (self.section.flow or not all("id" in rule.entries for rule in self.section.items)):
            raise CannotEditError
        self.rules = {rule.entries["id"][1].text: rule for rule in self.section.items}

    def pieces(self, edits: Edits) -> Iterator[_Piece]:
        """Stretches that do not overlap."""
        if not (edits.changed.keys() | edits.removed) <= self.rules.keys():
            raise CannotEditError
        for name, (old, new) in edits.changed.items():
            yield from self._changes(self.rules[name], old, new)
        for name in edits.removed:
            yield _Piece(*self._whole(self.rules[name]), "")
        if not self.rules:
            yield _Piece(self.key.end, self.section.end, ":" + self.end_of_line + self._written(edits.added, 0).rstrip("\r\n"))
        elif edits.added:
            yield from self._additions(edits.added)
        elif len(edits.removed) == len(self.rules):
            yield _Piece(self.key.end, self.key.end + 1, ": []")

    # whole rules

    def _additions(self, added: Sequence[Added]) -> Iterator[_Piece]:
        places: dict[int, list[Added]] = {}
        for one in added:
            first = next(iter(self.rules.values()))
            place = self._whole(self.rules[one.after])[1] if one.after is not None else self._whole(first)[0]
            places.setdefault(place, []).append(one)
        for place, here in places.items():
            before = "" if place == 0 or self.text[place - 1] in "\r\n" else self.end_of_line
            column = self._column(self._dash(next(iter(self.rules.values()))))
            yield _Piece(place, place, before + self._written(here, column), last=True)

    def _written(self, added: Iterable[Added], column: int) -> str:
        lines = (" " * column + line + self.end_of_line for one in added for line in _rule_lines(one.rule))
        return "".join(lines)

    def _whole(self, rule: _Spot) -> tuple[int, int]:
        """The lines of a rule, from its dash to the comments below it that are indented deeper than that."""
        start = self._line_start(self._dash(rule))
        end = self._line_end(rule.end)
        column = self._column(self._dash(rule))
        while end < len(self.text):
            line = self.text[end : self._line_end(end)]
            if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) <= column:
                break
            end = self._line_end(end)
        return start, end

    def _dash(self, rule: _Spot) -> int:
        """Where the dash of a rule stands: on the last line before it that starts with one."""
        start = self._after_previous(rule)
        place = self._line_start(rule.start)
        while place > start and not self.text[place : rule.start].lstrip(" ").startswith("-"):
            place = self._line_start(place - 1)
        return self.text.index("-", place)

    def _after_previous(self, rule: _Spot) -> int:
        place = self.section.items.index(rule)
        return self._line_end(self.section.items[place - 1].end) if place else self._line_end(self.key.end)

    # parts of a rule

    def _changes(self, rule: _Spot, old: YamlMapping, new: YamlMapping) -> Iterator[_Piece]:
        for key, entry in new.entries.items():
            if key not in old.entries:
                yield self._added(rule, key, entry.value)
            elif not same(old.entries[key].value, entry.value):
                yield from self._changed(rule, key, old.entries[key].value, entry.value)
        yield from self._cut(rule, old.entries.keys() - new.entries)

    def _changed(self, holder: _Spot, key: str, old: Node, new: Node) -> Iterator[_Piece]:
        spot = holder.entries[key][1]
        if isinstance(old, YamlMapping) and isinstance(new, YamlMapping) and spot.entries and old.entries.keys() & new.entries:
            yield from self._parts(spot, old, new)
        else:
            yield self._replaced(holder, key, new)

    def _parts(self, spot: _Spot, old: YamlMapping, new: YamlMapping) -> Iterator[_Piece]:
        """The changed entries of a mapping that keeps at least one of its keys."""
        for key, entry in old.entries.items():
            if key in new.entries and not same(entry.value, new.entries[key].value):
                yield self._replaced(spot, key, new.entries[key].value)
        yield from self._cut(spot, old.entries.keys() - new.entries)
        fresh = [(key, entry.value) for key, entry in new.entries.items() if key not in old.entries]
        if fresh:
            yield self._appended(spot, fresh, [key for key in spot.entries if key in new.entries][-1])

    def _replaced(self, holder: _Spot, key: str, new: Node) -> _Piece:
        name, value = holder.entries[key]
        shown = _value(new, inside_brackets=holder.flow)
        if self._line_start(name.start) == self._line_start(value.start):
            return _Piece(value.start, value.end, shown)
        return _Piece(name.end, value.end, f": {shown}")

    def _added(self, rule: _Spot, key: str, new: Node) -> _Piece:
        earlier = [name for name in ORDER[: ORDER.index(key)] if name in rule.entries]
        return self._appended(rule, [(key, new)], earlier[-1])

    def _appended(self, holder: _Spot, fresh: Sequence[tuple[str, Node]], after: str) -> _Piece:
        """New entries after one that stays."""
        end = holder.entries[after][1].end
        shown = [f"{key}: {_value(node, inside_brackets=holder.flow)}" for key, node in fresh]
        if holder.flow:
            return _Piece(end, end, "".join(f", {entry}" for entry in shown))
        column = self._column(next(iter(holder.entries.values()))[0].start)
        place = self._line_end(end)
        lines = "".join(" " * column + entry + self.end_of_line for entry in shown)
        ended = self.text[place - 1] in "\r\n"
        return _Piece(place, place, lines if ended else self.end_of_line + lines.removesuffix(self.end_of_line))

    def _cut(self, holder: _Spot, keys: Collection[str]) -> Iterator[_Piece]:
        """Take entries out of a mapping in which others stay: whole lines, or what stands between entries that stay."""
        before: int | None = None
        for is_cut, group in groupby(holder.entries.items(), key=lambda item: item[0] in keys):
            run = [entry for _, entry in group]
            if not is_cut:
                before = run[-1][1].end
                continue
            start, end = run[0][0].start, run[-1][1].end
            if not holder.flow and not self.text[self._line_start(start) : start].strip():
                yield _Piece(self._line_start(start), self._line_end(end), "")
                continue
            after = next((key.start for key, _ in holder.entries.values() if key.start > end), None)
            if after is not None:
                yield _Piece(start, after, "")
            elif before is not None:
                yield _Piece(before, end, "")

    # lines

    def _line_start(self, place: int) -> int:
        return self.lines[bisect.bisect_right(self.lines, place) - 1]

    def _line_end(self, place: int) -> int:
        """After the end of the line a place is on."""
        at = bisect.bisect_right(self.lines, place)
        return self.lines[at] if at < len(self.lines) else len(self.text)

    def _column(self, place: int) -> int:
        return place - self._line_start(place)


# -- new text


def _rule_lines(rule: YamlMapping) -> Iterator[str]:
    """A rule written out, in the order and layout of the shipped bases."""
    parts = [(key, rule.entries[key].value) for key in ORDER if key in rule.entries]
    lines = [line for key, node in parts for line in _part_lines(key, node)]
    yield f"- {lines[0]}"
    yield from (f"  {line}" for line in lines[1:])


def _part_lines(key: str, node: Node) -> list[str]:
    line = f"{key}: {_value(node, inside_brackets=False)}"
    if not isinstance(node, YamlMapping) or not node.entries or (key != "because" and len(line) <= WIDEST):
        return [line]
    return [f"{key}:", *(f"  {name}: {_value(entry.value, inside_brackets=False)}" for name, entry in node.entries.items())]


def _value(node: Node, *, inside_brackets: bool) -> str:
    return scalar(node, inside_brackets=inside_brackets) if isinstance(node, Scalar) else flow(node)
