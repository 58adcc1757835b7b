"""How parts of a rule are written in a cell, and read back: `a | b`, `not a`, `value @ 70`, and YAML for the rest.

Works on nodes of YAML. Whether what is written makes sense is the loader's business; only what cannot be read at all is reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

import yaml

from triage.errors import Problem
from triage.exchange.cells import Cell, complain
from triage.loading.documents import Entry, Node, Scalar, Sequence, read_document
from triage.loading.documents import Mapping as YamlMapping
from triage.loading.mistakes import Report
from triage.model import Place

__all__ = [
    "GROUPS",
    "conclusion_node",
    "conclusion_text",
    "flow",
    "group_entries",
    "group_text",
    "is_invisible",
    "leaf_node",
    "leaf_text",
    "moved",
    "number",
    "scalar",
    "word",
]

GROUPS = ("any", "all", "not")
"""Keys of a condition that hold further conditions."""

_BETWEEN_VALUES = re.compile(r"\s*[|｜,，、\n]\s*")
_NOT = re.compile(r"not\b\s*")
_PRIORITY = re.compile(r"(?P<value>[^@＠]*?)\s*[@＠]\s*(?P<priority>[^@＠]*)")


# -- leaves of a condition: `zero`, `zero | low`, `not positive`


def leaf_text(node: Node) -> str:
    """What stands beside a fact in a condition, for a cell."""
    if isinstance(node, YamlMapping):
        return "not " + leaf_text(node.entries["not"].value)
    items = node.items if isinstance(node, Sequence) else [node]
    return " | ".join(item.text for item in items if isinstance(item, Scalar))


def leaf_node(text: str, cell: Cell, report: Report) -> Node:
    """What a cell says of a fact."""
    negated = _NOT.match(text)
    values = _BETWEEN_VALUES.split(text[negated.end() :] if negated else text)
    if not all(values):
        complain(report, "value-missing", cell, found=text)
    words: list[Node] = [word(value, cell) for value in values if value]
    node = words[0] if len(words) == 1 else Sequence(cell, words)
    return _mapping(cell, {"not": node}) if negated else node


# -- conclusions: `zero`, `zero @ 70`


def conclusion_text(node: Node) -> str:
    """What stands beside an inferred fact in `then`, for a cell."""
    if not isinstance(node, YamlMapping):
        return leaf_text(node)
    value = leaf_text(node.entries["value"].value)
    return f"{value} @ {leaf_text(node.entries['priority'].value)}" if "priority" in node.entries else value


def conclusion_node(text: str, cell: Cell) -> Node:
    """What a cell concludes."""
    found = _PRIORITY.fullmatch(text)
    if found is None:
        return word(text, cell)
    return _mapping(cell, {"value": word(found["value"], cell), "priority": number(found["priority"], cell)})


# -- `any`, `all`, `not`: as in the file


def group_text(entries: Iterable[Entry]) -> str:
    """The `any`, `all` and `not` of a condition, for a cell: YAML, without the outermost braces."""
    return ",\n".join(f"{entry.key.text}: {flow(entry.value)}" for entry in entries)


def group_entries(text: str, cell: Cell, report: Report) -> dict[str, Entry]:
    """What the YAML in a cell says: entries of a condition, with or without braces, in one line or several."""
    tried = Report()
    for written in (text if text.startswith("{") else f"{{{text}}}", text):
        here = Report()
        root = read_document(cell.file, written.encode("utf-8", "replace"), here)
        if isinstance(root, YamlMapping) and not here.problems:
            moved_root = moved(root, cell)
            assert isinstance(moved_root, YamlMapping)  # noqa: S101 - moving changes no kinds
            return moved_root.entries
        tried = tried if tried.problems else here
    if not tried.problems:
        complain(report, "value-missing", cell, found=text)
    report.problems.extend(Problem(problem.code, cell, problem.text) for problem in tried.problems)
    return {}


# -- nodes of the texts in cells


def word(text: str, place: Place) -> Scalar:
    """Text that is never taken for a number or for nothing."""
    return Scalar(place, text, plain=False)


def number(text: str, place: Place) -> Scalar:
    """Text that should be a number or truth value."""
    return Scalar(place, text, plain=True)


def is_invisible(text: str) -> str | None:
    """The first character of a text that may not stand in a knowledge file, as its code point; None where there is none."""
    report = Report()
    read_document("", json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"), report)
    found = [re.search(r"U\+[0-9A-F]+", problem.text.en) for problem in report.problems]
    return next((match.group() for match in found if match), None)


def moved(node: Node, place: Place) -> Node:
    """The same node, as if all of it stood in one place."""
    if isinstance(node, Scalar):
        return Scalar(place, node.text, node.plain)
    if isinstance(node, Sequence):
        return Sequence(place, [moved(item, place) for item in node.items])
    entries = {
        key: Entry(Scalar(place, entry.key.text, entry.key.plain), moved(entry.value, place))
        for key, entry in node.entries.items()
    }
    return YamlMapping(place, entries)


def _mapping(place: Place, entries: Mapping[str, Node]) -> YamlMapping:
    return YamlMapping(place, {key: Entry(word(key, place), node) for key, node in entries.items()})


# -- YAML of nodes


def flow(node: Node) -> str:
    """A node in one line."""
    if isinstance(node, Scalar):
        return scalar(node, inside_brackets=True)
    if isinstance(node, Sequence):
        return f"[{', '.join(flow(item) for item in node.items)}]"
    inner = (f"{scalar(entry.key, inside_brackets=True)}: {flow(entry.value)}" for entry in node.entries.values())
    return f"{{{', '.join(inner)}}}"


def scalar(node: Scalar, *, inside_brackets: bool) -> str:
    """A word, number or text: as it is where YAML reads it so, else in double quotes."""
    shown = "{k: [%s]}" if inside_brackets else "k: %s"
    if _reads_as(shown % node.text, node):
        return node.text
    return json.dumps(node.text, ensure_ascii=False)


def _reads_as(text: str, wanted: Scalar) -> bool:
    try:
        values = [event for event in yaml.parse(text, Loader=yaml.CSafeLoader) if isinstance(event, yaml.ScalarEvent)]
    except yaml.YAMLError:
        return False
    if len(values) != 2 or values[1].style or values[1].value != wanted.text or values[1].anchor or values[1].tag:
        return False
    return Scalar(wanted.place, wanted.text, plain=True).kind == wanted.kind
