"""YAML 1.2 text to nodes that know where they stand.

Reads the parser's events and builds the nodes itself, without recursion, so that whatever an author (or an attacker) writes
ends in a node or in a mistake with a place. Knows nothing of what a knowledge base holds.

PyYAML's C parser (libyaml) gives the events. It resolves no types; plain words are given the types of YAML 1.2's core schema
here, so `on`, `off`, `yes` and `no` are words. There is no falling back to PyYAML's Python parser: it refuses `{en: What?}`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NoReturn

import yaml

from triage.loading.mistakes import Report, clipped
from triage.loading.syntax import report_syntax
from triage.model import Place, Text

__all__ = [
    "MAX_DEPTH",
    "MAX_FILE_BYTES",
    "MAX_NODES",
    "Entry",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "outline",
    "read_document",
    "size",
]

MAX_FILE_BYTES = 1024 * 1024
MAX_DEPTH = 32
"""Lists and mappings within one another, aliases written out. The parser takes quadratic time on deep nesting."""
MAX_NODES = 100_000
"""Entries of one file, aliases written out: a few aliases of aliases would otherwise stand for billions."""

if not yaml.__with_libyaml__:  # pragma: no cover - every wheel of PyYAML has it
    raise ImportError("PyYAML was built without libyaml; install one of its wheels")

_NOTHING = re.compile(r"|~|null|Null|NULL")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MOST_DIGITS = 300

_INVISIBLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What YAML forbids, and the separators that YAML 1.1 takes for line ends and YAML 1.2 does not."""
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class Scalar:
    """A word, number or text, as the author wrote it; `plain` means without quotes."""

    place: Place
    text: str
    plain: bool

    @property
    def kind(self) -> Literal["text", "number", "truth", "nothing"]:
        """What YAML 1.2's core schema takes it for."""
        if not self.plain:
            return "text"
        if _NOTHING.fullmatch(self.text):
            return "nothing"
        if _TRUTH.fullmatch(self.text):
            return "truth"
        return "number" if _INTEGER.fullmatch(self.text) or _DECIMAL.fullmatch(self.text) else "text"

    @property
    def truth(self) -> bool | None:
        """`true` or `false`; None where neither stands here."""
        return self.text.lower() == "true" if self.kind == "truth" else None

    @property
    def number(self) -> int | float | None:
        """The number, which may be infinite or not-a-number; None where no number stands here."""
        if self.kind != "number":
            return None
        if not _INTEGER.fullmatch(self.text) or len(self.text) > _MOST_DIGITS:
            return float(self.text.lower().replace(".inf", "inf").replace(".nan", "nan")) if self._decimal else float("inf")
        return int(self.text, 0) if self.text.startswith(("0o", "0x")) else int(self.text)

    @property
    def _decimal(self) -> bool:
        return _DECIMAL.fullmatch(self.text) is not None


@dataclass(slots=True)
class Sequence:
    """A list; may be empty."""

    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node


@dataclass(slots=True)
class Mapping:
    """Entries in the author's order, by the text of their key; may be empty."""

    place: Place
    entries: dict[str, Entry] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


@dataclass(slots=True)
class _Weight:
    """What a node costs written out: entries, and levels below it."""

    nodes: int = 1
    height: int = 0

    def add(self, part: _Weight) -> None:
        self.nodes += part.nodes
        if part.height >= self.height:
            self.height = part.height + 1


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    node: Sequence | Mapping
    anchor: str | None
    weight: _Weight = field(default_factory=_Weight)
    key: Scalar | None = None
    dropped: bool = False


_LEAF = _Weight()


class _StopReadingError(Exception):
    """A mistake after which the rest of the file makes no sense; it has been reported."""


def read_document(file: str, data: bytes, report: Report) -> Node | None:
    """The one document of a file.

    Args:
        file: The name places are given, relative to the base's folder.
        data: The file's bytes; no more than `MAX_FILE_BYTES` are read.
        report: Takes the mistakes: about characters, YAML, repeated keys and limits.

    Returns:
        The outermost node, or None if the file could not be read to its end. Mistakes that leave the rest readable (a
        repeated key) are reported and the node is returned without them.
    """
    try:
        text = _decoded(file, data, report)
        root = _Builder(file, report).build(text)
    except _StopReadingError:
        return None
    except yaml.MarkedYAMLError as error:
        report_syntax(file, text, error, report)
        return None
    if root is None or _is_empty(root):
        report.add("empty-file", Place(file, 1, 1))
        return None
    return root


def size(root: Node) -> int:
    """How many nodes there are, aliases written out."""
    count, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        count += 1
        if isinstance(node, Sequence):
            waiting.extend(node.items)
        elif isinstance(node, Mapping):
            waiting.extend(entry.value for entry in node.entries.values())
    return count


def outline(node: Node) -> Text:
    """What stands in a place, for a message: the author's own text in backticks, lists and mappings by their beginning."""
    if isinstance(node, Scalar):
        if node.kind == "nothing":
            return Text("空的", "nothing")
        return Text(f" `{clipped(node.text)}`", f"`{clipped(node.text)}`")
    if isinstance(node, Sequence):
        shown = clipped(", ".join(_inside(item) for item in node.items[:4]))
        return Text(f"列表 `[{shown}]`", f"the list `[{shown}]`")
    shown = clipped(", ".join(f"{key}{_after(entry.value)}" for key, entry in list(node.entries.items())[:3]))
    return Text(f" `{{{shown}}}`", f"the mapping `{{{shown}}}`")


def _is_empty(root: Node) -> bool:
    return root.kind == "nothing" if isinstance(root, Scalar) else isinstance(root, Mapping) and not root.entries


def _inside(node: Node) -> str:
    return clipped(node.text, 20) if isinstance(node, Scalar) else "…"


def _after(value: Node) -> str:
    return "" if isinstance(value, Scalar) and value.kind == "nothing" else f": {_inside(value)}"


def _decoded(file: str, data: bytes, report: Report) -> str:
    """The file's text without a byte order mark, free of characters that YAML forbids."""
    if len(data) > MAX_FILE_BYTES:
        report.add("file-too-large", Place(file, 1, 1), limit=MAX_FILE_BYTES)
        raise _StopReadingError
    mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        text = data[mark:].decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[mark : mark + error.start].decode("utf-8")
        report.add("not-utf8", _place_after(file, before), byte=mark + error.start + 1)
        raise _StopReadingError from None
    if found := _INVISIBLE.search(text):
        report.add("strange-character", _place_after(file, text[: found.start()]), character=_code_point(found.group()))
        raise _StopReadingError
    return text


def _place_after(file: str, before: str) -> Place:
    lines = _LINE_END.split(before)
    return Place(file, len(lines), len(lines[-1]) + 1)


def _code_point(character: str) -> str:
    return f"U+{ord(character):04X}"


class _Builder:
    """Puts one file's events together, holding the open lists and mappings on a stack of its own."""

    def __init__(self, file: str, report: Report) -> None:
        self.file = file
        self.report = report
        self.root: Node | None = None
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, _Weight] | None] = {}
        self.nodes = 0

    def build(self, text: str) -> Node | None:
        """The root node; None for a file without a document."""
        documents = 0
        for event in self._events(text):
            if isinstance(event, yaml.ScalarEvent):  # Four of five are, so they are asked for first.
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                self._start_document(event, documents)
        return self.root

    @staticmethod
    def _events(text: str) -> Iterator[yaml.Event]:
        events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        return events

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1, 1)

    def _start_document(self, event: yaml.DocumentStartEvent, count: int) -> None:
        if event.version or event.tags:
            self.report.add("directive", self._place(event))
        if count > 1:
            self._stop("several-documents", event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._refuse_tag(event)
        node = Scalar(self._place(event), event.value, not event.style)
        if strange := _INVISIBLE.search(event.value):
            self.report.add("strange-character", node.place, character=_code_point(strange.group()))
        self._count(1, event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, _LEAF)
        self._put(node, _LEAF)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        self._refuse_tag(event)
        self._count(1, event)
        if len(self.open) >= MAX_DEPTH:
            self._stop("too-deep", event, limit=MAX_DEPTH)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        place = self._place(event)
        node = Mapping(place) if isinstance(event, yaml.MappingStartEvent) else Sequence(place)
        self.open.append(_Open(node, event.anchor))

    def _end(self) -> None:
        closed = self.open.pop()
        if closed.anchor is not None:
            self.anchors[closed.anchor] = (closed.node, closed.weight)
        self._put(closed.node, closed.weight)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        if name not in self.anchors:
            self._stop("unknown-anchor", event, name=clipped(name))
        meant = self.anchors[name]
        if meant is None:
            self._stop("endless-alias", event, name=clipped(name))
        node, cost = meant
        self._count(cost.nodes, event)
        if len(self.open) + cost.height > MAX_DEPTH:
            self._stop("too-deep", event, limit=MAX_DEPTH)
        self._put(node, cost, self._place(event))

    def _put(self, node: Node, cost: _Weight, place: Place | None = None) -> None:
        """Hand a finished node to whatever is open: the next item, key or value."""
        if not self.open:
            self.root = node
            return
        holder = self.open[-1]
        holder.weight.add(cost)
        if isinstance(holder.node, Sequence):
            holder.node.items.append(node)
        elif holder.key is None:
            self._put_key(holder, holder.node, node, place or node.place)
        else:
            if not holder.dropped:
                holder.node.entries[holder.key.text] = Entry(holder.key, node)
            holder.key, holder.dropped = None, False

    def _put_key(self, holder: _Open, mapping: Mapping, node: Node, place: Place) -> None:
        key = node if isinstance(node, Scalar) else Scalar(place, "", plain=True)
        holder.key, holder.dropped = Scalar(place, key.text, key.plain), True
        if not isinstance(node, Scalar):
            self.report.add("key-not-a-word", place, found=outline(node))
        elif node.plain and node.text == "<<":
            self.report.add("merge-key", place)
        elif earlier := mapping.entries.get(node.text):
            self.report.add("duplicate-key", place, key=clipped(node.text), first=earlier.key.place)
        else:
            holder.dropped = False

    def _count(self, nodes: int, event: yaml.Event) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self._stop("too-many-nodes", event, limit=MAX_NODES)

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            self.report.add("tag", self._place(event), tag=clipped(event.tag.replace("tag:yaml.org,2002:", "!!")))

    def _stop(self, code: str, event: yaml.Event, **parts: str | int) -> NoReturn:
        self.report.add(code, self._place(event), **parts)
        raise _StopReadingError
