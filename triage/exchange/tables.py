"""A rule file as a table of texts: a row for every rule, a column for every fact it reads or concludes.

Both ways: the row a rule makes (`row_of`), and the rule a row makes (`rule_of`). Knows YAML nodes and the notation of cells, no
workbooks and no files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from triage.exchange.cells import Cell
from triage.exchange.notation import (
    GROUPS,
    conclusion_node,
    conclusion_text,
    group_entries,
    group_text,
    leaf_node,
    leaf_text,
    moved,
    number,
    word,
)
from triage.loading.documents import Entry, Node, Scalar, Sequence
from triage.loading.documents import Mapping as YamlMapping
from triage.loading.mistakes import Report, clipped

__all__ = [
    "BECAUSE_EN",
    "BECAUSE_ZH",
    "GROUP",
    "ID",
    "IF",
    "NEEDED",
    "PRIORITY",
    "SAFE_SIDE",
    "SOURCE",
    "THEN",
    "Row",
    "Table",
    "Written",
    "fingerprint",
    "row_of",
    "rule_of",
    "rules_of",
    "table_of",
]

ID, PRIORITY, SOURCE, SAFE_SIDE = "id", "priority", "source", "safe_side"
BECAUSE_ZH, BECAUSE_EN = "because zh", "because en"
IF, THEN = "if ", "then "
"""What the headings of conditions and of conclusions begin with; the id of a fact follows."""
GROUP = "if any/all/not"
"""The column of all conditions that are more than one fact with its values."""
NEEDED = (ID, BECAUSE_ZH, BECAUSE_EN, SOURCE)
DEFAULT_PRIORITY = "50"

Row = Mapping[str, str]
"""A rule as texts, by the heading of the column; columns it leaves empty are not there."""


@dataclass(frozen=True, slots=True)
class Table:
    """A rule file as a table.

    Attributes:
        file: Its name, relative to the base's folder.
        columns: Headings, from left to right.
        rows: By the rule's id, in the order of the file.
    """

    file: str
    columns: tuple[str, ...]
    rows: Mapping[str, Row]


def rules_of(root: Node) -> dict[str, YamlMapping] | None:
    """The rules of a sound file by their ids, in its order; None for a file without a section for rules."""
    section = root.entries.get("rules") if isinstance(root, YamlMapping) else None
    if section is None or not isinstance(section.value, Sequence):
        return None
    return {_text(rule, ID): rule for rule in section.value.items if isinstance(rule, YamlMapping)}


def table_of(file: str, rules: Mapping[str, YamlMapping]) -> Table:
    """The table of a sound file's rules."""
    rows = {name: row_of(rule) for name, rule in rules.items()}
    return Table(file, tuple(_columns(rows.values())), rows)


def _columns(rows: Iterable[Row]) -> Iterator[str]:
    used = list(dict.fromkeys(title for row in rows for title in row))
    yield from (ID, PRIORITY)
    yield from (title for title in used if title.startswith(IF) and title != GROUP)
    yield GROUP
    yield from (title for title in used if title.startswith(THEN))
    yield from (BECAUSE_ZH, BECAUSE_EN, SOURCE, SAFE_SIDE)


def fingerprint(row: Row) -> str:
    """A short text that two rows share only if they say the same."""
    plain = json.dumps(sorted(row.items()), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


# -- from a rule to a row


def row_of(rule: YamlMapping) -> Row:
    """The row of a rule that the loader accepts."""
    because = _entries(rule, "because")
    row = {
        ID: _text(rule, ID),
        PRIORITY: _text(rule, PRIORITY) or DEFAULT_PRIORITY,
        **_conditions(_entries(rule, "when")),
        **{f"{THEN}{fact}": conclusion_text(entry.value) for fact, entry in _entries(rule, "then").items()},
        BECAUSE_ZH: _shown(because["zh"].value),
        BECAUSE_EN: _shown(because["en"].value),
        SOURCE: _lines(rule.entries[SOURCE].value),
        SAFE_SIDE: "true" if _text(rule, SAFE_SIDE).lower() == "true" else "",
    }
    return {title: text for title, text in row.items() if text}


def _conditions(when: Mapping[str, Entry]) -> dict[str, str]:
    row = {f"{IF}{fact}": leaf_text(entry.value) for fact, entry in when.items() if fact not in GROUPS}
    groups = [entry for key, entry in when.items() if key in GROUPS]
    return {**row, GROUP: group_text(groups)}


def _lines(node: Node) -> str:
    items = node.items if isinstance(node, Sequence) else [node]
    return "\n".join(_shown(item) for item in items)


def _shown(node: Node) -> str:
    """A text as a cell shows it: without blanks around it, lines ended in one way."""
    return "\n".join(node.text.splitlines()).strip() if isinstance(node, Scalar) else ""


def _text(rule: YamlMapping, key: str) -> str:
    return _shown(rule.entries[key].value) if key in rule.entries else ""


def _entries(rule: YamlMapping, key: str) -> Mapping[str, Entry]:
    value = rule.entries[key].value if key in rule.entries else None
    return value.entries if isinstance(value, YamlMapping) else {}


# -- from a row to a rule


class Written(Protocol):
    """A row of a sheet: its texts, and where each of them stands."""

    @property
    def texts(self) -> Row:
        """The texts that are not empty, by heading."""

    def cell(self, title: str) -> Cell:
        """The cell under a heading."""


def rule_of(written: Written, old: YamlMapping | None, report: Report) -> YamlMapping:
    """The rule a row stands for, its parts at the places of their cells.

    Args:
        old: The rule as it stands in the file: where a cell says what it would say of that rule, the rule's own part is taken, so
            that nothing is lost that a cell cannot show. None for a new rule.
        report: Takes what cannot be read; everything else is found by whoever reads the rule.
    """
    return _Writer(written, old, report).rule()


class _Writer:
    """Writes one rule."""

    def __init__(self, written: Written, old: YamlMapping | None, report: Report) -> None:
        self.texts = written.texts
        self.cell = written.cell
        self.old = old or YamlMapping(written.cell(ID))
        self.old_row = row_of(old) if old else {}
        self.report = report

    def rule(self) -> YamlMapping:
        home = self.cell(ID)
        parts: dict[str, Node | None] = {
            ID: word(self.texts[ID], home) if ID in self.texts else None,
            "when": YamlMapping(home, self._when()),
            "then": YamlMapping(self.cell(next(self._titles(THEN), ID)), dict(self._each(THEN))),
            PRIORITY: self._marked(PRIORITY),
            "because": YamlMapping(self.cell(BECAUSE_ZH), dict(self._because())),
            SOURCE: self._source(),
            SAFE_SIDE: self._marked(SAFE_SIDE),
        }
        return YamlMapping(home, {key: Entry(word(key, home), node) for key, node in parts.items() if node is not None})

    def _titles(self, band: str) -> Iterator[str]:
        return (title for title in self.texts if title.startswith(band) and title != GROUP)

    def _kept(self, title: str) -> bool:
        """Whether the cell says what it would say of the old rule."""
        return self.texts.get(title, "") == self.old_row.get(title, "")

    def _when(self) -> dict[str, Entry]:
        entries = dict(self._each(IF))
        for key, entry in self._groups().items():
            if key in entries:
                self.report.add("duplicate-key", self.cell(GROUP), key=clipped(key), first=entries[key].key.place)
            entries.setdefault(key, entry)
        return entries

    def _each(self, band: str) -> Iterator[tuple[str, Entry]]:
        """Entries of `when` or `then` that have a column of their own."""
        old = _entries(self.old, "when" if band == IF else "then")
        for title in self._titles(band):
            fact, cell, text = title.removeprefix(band), self.cell(title), self.texts[title]
            if self._kept(title):
                node = moved(old[fact].value, cell)
            else:
                node = leaf_node(text, cell, self.report) if band == IF else conclusion_node(text, cell)
            yield fact, Entry(word(fact, cell), node)

    def _groups(self) -> dict[str, Entry]:
        cell = self.cell(GROUP)
        if not self._kept(GROUP):
            return group_entries(self.texts[GROUP], cell, self.report) if GROUP in self.texts else {}
        old = {key: entry for key, entry in _entries(self.old, "when").items() if key in GROUPS}
        return {key: Entry(word(key, cell), moved(entry.value, cell)) for key, entry in old.items()}

    def _marked(self, key: str) -> Node | None:
        """A number or truth value, which may be left out."""
        cell = self.cell(key)
        if self._kept(key):
            return moved(self.old.entries[key].value, cell) if key in self.old.entries else None
        return number(self.texts[key], cell) if key in self.texts else None

    def _because(self) -> Iterator[tuple[str, Entry]]:
        old = _entries(self.old, "because")
        for key, title in (("zh", BECAUSE_ZH), ("en", BECAUSE_EN)):
            cell, text = self.cell(title), self.texts.get(title, "")
            kept = self._kept(title) and key in old
            yield key, Entry(word(key, cell), moved(old[key].value, cell) if kept else word(text, cell))

    def _source(self) -> Node:
        cell = self.cell(SOURCE)
        if self._kept(SOURCE) and SOURCE in self.old.entries:
            return moved(self.old.entries[SOURCE].value, cell)
        lines = [line.strip() for line in self.texts.get(SOURCE, "").splitlines() if line.strip()]
        words: list[Node] = [word(line, cell) for line in lines or [""]]
        return words[0] if len(words) == 1 else Sequence(cell, words)
