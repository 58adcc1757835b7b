"""Where things stand in a workbook, for those who write it and those who read it."""

from __future__ import annotations

from triage.model import Text

__all__ = [
    "EXPORTED",
    "FACTS",
    "FIRST_ROW",
    "GUIDE",
    "HEADING_ROW",
    "LABEL_MARK",
    "LABEL_ROW",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "MAX_TEXT",
    "NOTATION",
    "VALUES",
    "both",
]

HEADING_ROW, LABEL_ROW, FIRST_ROW = 2, 3, 4
"""In a table of rules: the file's name in A1, headings for machines in row 2, labels for people in row 3, then the rules."""
MAX_ROWS, MAX_COLUMNS = 5_000, 500
MAX_TEXT = 32_767
"""Characters a cell can hold."""

GUIDE, FACTS, VALUES = "说明 Guide", "事实 Facts", "取值 Values"
EXPORTED = "_exported"
"""A hidden sheet: which base this is, and what every rule was when it was exported."""
NOTATION = "1"
"""Which notation the cells are in; to be changed with it."""


def both(text: Text) -> str:
    """A text in both languages, for a cell."""
    return f"{text.zh}\n{text.en}"


LABEL_MARK = both(Text("规则的名字", "id of the rule"))
