"""Shapes: what may stand in a place of a knowledge file, declared as values that can be put together.

A shape reads a node into plain Python, noting every mistake and stopping at none: where something is wrong it goes on with a
stand-in (an empty text, the default), so that one reading finds everything. Whoever reads must throw the result away if
anything was reported. Every shape can say itself as JSON Schema (draft 2020-12). Shapes know nothing of triage.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from triage.errors import nearest
from triage.loading.documents import Entry, Mapping, Node, Scalar, Sequence, outline
from triage.loading.mistakes import Report, clipped, one_of
from triage.model import LANGUAGES, Place, Text

__all__ = [
    "REQUIRED",
    "ByForm",
    "Choice",
    "Found",
    "Identifier",
    "Key",
    "ListOf",
    "MapOf",
    "Number",
    "OneOrMany",
    "Record",
    "Reference",
    "Schema",
    "Sentence",
    "SentenceWith",
    "Shape",
    "String",
    "Truth",
    "Word",
    "full_width",
    "sentence",
]

Schema = dict[str, Any]
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LONGEST_ID = 80


class Word(str):
    """An author's word that knows where it stands. The empty word is a stand-in for one that could not be read."""

    __slots__ = ("place",)
    place: Place

    def __new__(cls, text: str, place: Place) -> Word:
        """The word `text` at `place`."""
        word = super().__new__(cls, text)
        word.place = place
        return word


class Shape(Protocol[T_co]):
    """What may stand in a place."""

    def read(self, node: Node, report: Report) -> T_co:
        """What stands there; a stand-in, and a note in the report, where it is not of this shape."""

    def stand_in(self, place: Place) -> T_co:
        """What to go on with where the part is missing."""

    def schema(self) -> Schema:
        """The shape as JSON Schema."""


def _wrong(node: Node, expected: Text, report: Report) -> None:
    if isinstance(node, Scalar) and node.kind in ("number", "truth") and expected is _TEXT:
        report.add("needs-quotes", node.place, found=clipped(node.text))
    elif isinstance(node, Mapping) and expected is _TEXT:
        report.add("braces-need-quotes", node.place, found=outline(node))
    else:
        report.add("wrong-type", node.place, expected=expected, found=outline(node))


_TEXT = Text("文字", "text")
_WORD = Text("一个词", "one word")


@dataclass(frozen=True, slots=True)
class String:
    """Text that is not translated: a version, a unit, a source."""

    def read(self, node: Node, report: Report) -> Word:
        """The text without blanks around it."""
        if not isinstance(node, Scalar) or node.kind != "text":
            _wrong(node, _TEXT, report)
            return self.stand_in(node.place)
        text = node.text.strip()
        if not text:
            report.add("blank", node.place)
        return Word(text, node.place)

    def stand_in(self, place: Place) -> Word:
        """The empty word."""
        return Word("", place)

    def schema(self) -> Schema:
        """A string that is not blank."""
        return {"type": "string", "pattern": r"\S"}


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name that is declared here.

    Attributes:
        joint: The character words are joined by: `_`, `-`, or both.
        reserved: Words that cannot be names.
    """

    joint: str
    reserved: frozenset[str]

    def read(self, node: Node, report: Report) -> Word:
        """The name; also a malformed one, so that those who mention it are not blamed too."""
        if not isinstance(node, Scalar) or node.kind == "nothing":
            _wrong(node, _WORD, report)
            return self.stand_in(node.place)
        shown = clipped(node.text)
        if node.text in self.reserved:
            report.add("reserved-id", node.place, id=shown)
        elif node.kind != "text" or len(node.text) > LONGEST_ID or not re.fullmatch(self._pattern, node.text):
            report.add("malformed-id", node.place, id=shown, joint=self.joint, longest=LONGEST_ID)
        return Word(node.text, node.place)

    @property
    def _pattern(self) -> str:
        return f"[a-z][a-z0-9{self.joint}]*"

    def stand_in(self, place: Place) -> Word:
        """The empty word."""
        return Word("", place)

    def schema(self) -> Schema:
        """A string of the right characters."""
        shape: Schema = {"type": "string", "pattern": f"^{self._pattern}$", "maxLength": LONGEST_ID}
        return {**shape, "not": {"enum": sorted(self.reserved)}} if self.reserved else shape


@dataclass(frozen=True, slots=True)
class Reference:
    """A name declared elsewhere; whether it exists is looked up later."""

    def read(self, node: Node, report: Report) -> Word:
        """The name as it stands."""
        if not isinstance(node, Scalar) or node.kind == "nothing":
            _wrong(node, _WORD, report)
            return self.stand_in(node.place)
        return Word(node.text, node.place)

    def stand_in(self, place: Place) -> Word:
        """The empty word."""
        return Word("", place)

    def schema(self) -> Schema:
        """A string of the characters ids have."""
        return {"type": "string", "pattern": "^[a-z][a-z0-9_-]*$"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a closed list."""

    words: tuple[str, ...]

    def read(self, node: Node, report: Report) -> str:
        """The word; an empty one if it is none of them."""
        if not isinstance(node, Scalar) or node.kind == "nothing":
            _wrong(node, Text(f"{one_of(self.words)} 之一", f"one of {one_of(self.words)}"), report)
        elif node.text in self.words:
            return self.words[self.words.index(node.text)]
        else:
            report.add(
                "not-one-of",
                node.place,
                found=clipped(node.text),
                choices=one_of(self.words),
                near=report.near(node.text, self.words),
            )
        return ""

    def stand_in(self, place: Place) -> str:  # noqa: ARG002 - every shape takes a place
        """The empty word."""
        return ""

    def schema(self) -> Schema:
        """An enumeration."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    def read(self, node: Node, report: Report) -> bool:
        """The truth value."""
        if isinstance(node, Scalar) and node.truth is not None:
            return node.truth
        _wrong(node, Text("`true` 或 `false`", "`true` or `false`"), report)
        return False

    def stand_in(self, place: Place) -> bool:  # noqa: ARG002
        """False."""
        return False

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a range, both ends included."""

    low: float
    high: float
    whole: bool = False

    def read(self, node: Node, report: Report) -> float:
        """The number: an int where `whole`, else a float."""
        number = node.number if isinstance(node, Scalar) else None
        if number is None or (self.whole and isinstance(number, float) and math.isfinite(number)):
            kind = Text("整数", "a whole number") if self.whole else Text("数字", "a number")
            _wrong(node, kind, report)
        elif not self.low <= number <= self.high:
            found = clipped(node.text) if isinstance(node, Scalar) else ""
            report.add("out-of-range", node.place, found=found, low=_figure(self.low), high=_figure(self.high))
        else:
            return number if self.whole else float(number)
        return self.stand_in(node.place)

    def stand_in(self, place: Place) -> float:  # noqa: ARG002
        """A number in the range."""
        return int(self.low) if self.whole else float(self.low)

    def schema(self) -> Schema:
        """A number or integer with its limits."""
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Sentence:
    """Text in both languages as it stands in a file, each part with its place."""

    zh: Word
    en: Word

    def text(self) -> Text:
        """The text alone."""
        return Text(str(self.zh), str(self.en))


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    """A list of one shape."""

    item: Shape[T]
    what: Text
    least: int = 0

    def read(self, node: Node, report: Report) -> tuple[T, ...]:
        """The items in the author's order; names listed twice are reported."""
        if not isinstance(node, Sequence):
            _wrong(node, Text("列表", "a list"), report)
            return ()
        if len(node.items) < self.least:
            report.add("too-few", node.place, what=self.what, least=self.least)
        items = tuple(self.item.read(item, report) for item in node.items)
        self._report_repeated(items, report)
        return items

    @staticmethod
    def _report_repeated(items: tuple[T, ...], report: Report) -> None:
        seen: set[str] = set()
        for item in items:
            if not isinstance(item, Word) or not item:
                continue
            if item in seen:
                report.add("repeated", item.place, name=clipped(item))
            seen.add(item)

    def stand_in(self, place: Place) -> tuple[T, ...]:  # noqa: ARG002
        """The empty list."""
        return ()

    def schema(self) -> Schema:
        """An array."""
        return {"type": "array", "items": self.item.schema(), **({"minItems": self.least} if self.least else {})}


@dataclass(frozen=True, slots=True)
class OneOrMany(Generic[T]):
    """One of a shape, or a list of at least one of it."""

    item: Shape[T]
    what: Text

    def read(self, node: Node, report: Report) -> tuple[T, ...]:
        """The items, also where only one stands there."""
        if isinstance(node, Sequence):
            return self._list.read(node, report)
        return (self.item.read(node, report),)

    @property
    def _list(self) -> ListOf[T]:
        return ListOf(self.item, self.what, least=1)

    def stand_in(self, place: Place) -> tuple[T, ...]:  # noqa: ARG002
        """No items."""
        return ()

    def schema(self) -> Schema:
        """Either form."""
        return {"anyOf": [self.item.schema(), self._list.schema()]}


@dataclass(frozen=True, slots=True)
class MapOf(Generic[T]):
    """Names, each with something of one shape."""

    key: Identifier | Reference
    value: Shape[T]
    what: Text
    least: int = 0

    def read(self, node: Node, report: Report) -> dict[Word, T]:
        """The entries in the author's order."""
        if not isinstance(node, Mapping):
            _wrong(node, Text("`名字: 内容` 的形式", "entries of the form `name: …`"), report)
            return {}
        if len(node.entries) < self.least:
            report.add("too-few", node.place, what=self.what, least=self.least)
        return {
            self.key.read(entry.key, report): self.value.read(entry.value, report)
            for entry in node.entries.values()
            if not full_width(entry.key, report)
        }

    def stand_in(self, place: Place) -> dict[Word, T]:  # noqa: ARG002
        """No entries."""
        return {}

    def schema(self) -> Schema:
        """An object."""
        limit = {"minProperties": self.least} if self.least else {}
        return {
            "type": "object",
            "propertyNames": self.key.schema(),
            "additionalProperties": self.value.schema(),
            **limit,
        }


class _Required:
    """Marks a key that must be there."""


REQUIRED = _Required()


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a record: what stands there, and what holds where it is left out."""

    shape: Shape[Any]
    default: Any = REQUIRED


@dataclass(slots=True)
class Found:
    """What a record held: a value for every key that it may have."""

    place: Place
    values: dict[str, Any]
    given: dict[str, Place]
    """Where each key stands that the author wrote."""

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


@dataclass(frozen=True, slots=True)
class Record:
    """Named parts, each of its own shape."""

    what: Text
    keys: Map[str, Key]

    def read(self, node: Node, report: Report) -> Found:
        """Every part; unknown and missing ones are reported."""
        if not isinstance(node, Mapping):
            expected = ", ".join(f"{key}: …" for key in self._required or list(self.keys)[:3])
            _wrong(node, Text(f"{self.what.zh}：`{{{expected}}}`", f"{self.what.en}: `{{{expected}}}`"), report)
            return self.stand_in(node.place)
        what = self._named(node)
        meant = _report_unknown(node, self.keys, what, report)
        return _read_keys(node, self.keys, what, meant, report)

    def _named(self, node: Mapping) -> Text:
        """What kind of thing it is, and its id where that can be read."""
        entry = node.entries.get("id")
        if entry is None or not isinstance(entry.value, Scalar):
            return self.what
        name = clipped(entry.value.text)
        return Text(f"{self.what.zh.strip()} `{name}` ", f"{self.what.en} `{name}`")

    @property
    def _required(self) -> list[str]:
        return [name for name, key in self.keys.items() if key.default is REQUIRED]

    def stand_in(self, place: Place) -> Found:
        """Every part left out."""
        return Found(place, {name: _left_out(key, place) for name, key in self.keys.items()}, {})

    def schema(self) -> Schema:
        """An object without further properties."""
        return {
            "type": "object",
            "properties": {name: key.shape.schema() for name, key in self.keys.items()},
            "required": self._required,
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class SentenceWith:
    """Text in both languages, and further keys beside `zh` and `en`."""

    keys: Map[str, Key]

    def read(self, node: Node, report: Report) -> Found:
        """The further keys, and the text itself as `text`."""
        if not isinstance(node, Mapping):
            _wrong(node, Text("两种语言的文字 `{zh: …, en: …}`", "text in both languages, `{zh: …, en: …}`"), report)
            return self.stand_in(node.place)
        what = Text("文字", "the text")
        known = [*LANGUAGES, *self.keys]
        node = _without_torn_text(node, known, report)
        meant = _report_unknown(node, known, what, report)
        found = _read_keys(node, self.keys, what, meant, report)
        found.values["text"] = Sentence(*(self._language(node, language, meant, report) for language in LANGUAGES))
        return found

    @staticmethod
    def _language(node: Mapping, language: str, meant: set[str], report: Report) -> Word:
        if language in node.entries:
            return String().read(node.entries[language].value, report)
        if language not in meant:
            report.add("missing-language", node.place, key=language)
        return Word("", node.place)

    def stand_in(self, place: Place) -> Found:
        """The empty text."""
        values = {name: _left_out(key, place) for name, key in self.keys.items()}
        return Found(place, {**values, "text": Sentence(Word("", place), Word("", place))}, {})

    def schema(self) -> Schema:
        """An object with both languages."""
        texts: Schema = {language: String().schema() for language in LANGUAGES}
        return {
            "type": "object",
            "properties": {**texts, **{name: key.shape.schema() for name, key in self.keys.items()}},
            "required": list(LANGUAGES),
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class _Sentence:
    """Text in both languages and nothing else."""

    def read(self, node: Node, report: Report) -> Sentence:
        """The text."""
        found: Sentence = SentenceWith({}).read(node, report)["text"]
        return found

    def stand_in(self, place: Place) -> Sentence:
        """The empty text."""
        return Sentence(Word("", place), Word("", place))

    def schema(self) -> Schema:
        """An object with both languages."""
        return SentenceWith({}).schema()


sentence = _Sentence()
"""Text in both languages: `{zh: …, en: …}`."""


@dataclass(frozen=True, slots=True)
class ByForm:
    """Something that may be written in a short form (one word or number) or a long one (a mapping)."""

    short: Shape[Any]
    long: Shape[Any]

    def read(self, node: Node, report: Report) -> Any:
        """Whichever form stands there."""
        return (self.long if isinstance(node, Mapping) else self.short).read(node, report)

    def stand_in(self, place: Place) -> Any:
        """That of the short form."""
        return self.short.stand_in(place)

    def schema(self) -> Schema:
        """Either form."""
        return {"anyOf": [self.short.schema(), self.long.schema()]}


def _figure(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _left_out(key: Key, place: Place) -> Any:
    return key.shape.stand_in(place) if key.default is REQUIRED else key.default


def _read_keys(node: Mapping, keys: Map[str, Key], what: Text, meant: set[str], report: Report) -> Found:
    """Every part; those left out are reported unless they were `meant` by a misspelt key."""
    found = Found(node.place, {}, {})
    for name, key in keys.items():
        entry: Entry | None = node.entries.get(name)
        if entry is not None:
            found.values[name] = key.shape.read(entry.value, report)
            found.given[name] = entry.key.place
            continue
        if key.default is REQUIRED and name not in meant:
            report.add("missing-key", node.place, what=what, key=name)
        found.values[name] = _left_out(key, node.place)
    return found


def _report_unknown(node: Mapping, known: Collection[str], what: Text, report: Report) -> set[str]:
    """Report the keys that may not stand here; the result are those that were probably meant."""
    left = [name for name in known if name not in node.entries]
    meant: set[str] = set()
    for text, entry in node.entries.items():
        if text in known:
            continue
        if full_width(entry.key, report):
            meant.update(name for name in left if text.startswith((f"{name}：", f"{name}，")))
            continue
        report.add("unknown-key", entry.key.place, what=what, key=clipped(text), near=report.near(text, left))
        meant.update(name for name in [nearest(text, left)] if name)
    return meant


def _without_torn_text(node: Mapping, known: Collection[str], report: Report) -> Mapping:
    """The mapping without keys that are the rest of a text with a comma: `{zh: …, en: first, second}`."""
    torn = [e.key for e in node.entries.values() if isinstance(e.value, Scalar) and e.value.kind == "nothing"]
    torn = [key for key in torn if key.text not in known and not full_width(key, report)]
    for key in torn:
        report.add("comma-needs-quotes", key.place, rest=clipped(key.text))
    return Mapping(node.place, {text: entry for text, entry in node.entries.items() if entry.key not in torn})


def full_width(key: Scalar, report: Report) -> bool:
    """Whether an author of Chinese text typed the colon or comma of that text; reported if so."""
    if "：" not in key.text and "，" not in key.text:
        return False
    report.add("fullwidth-colon", key.place, key=clipped(key.text))
    return True
