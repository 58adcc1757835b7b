"""A base's rules as an Excel workbook: a sheet for every rule file, a guide, and the facts and values to look up.

Every text is stored as text, so nothing in it is ever a formula. Knows tables and how they look, not how they are read back.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from rich.cells import cell_len

from triage.errors import KnowledgeError
from triage.exchange.cells import SheetError, complain
from triage.exchange.guide import guide_lines
from triage.exchange.layout import (
    EXPORTED,
    FACTS,
    FIRST_ROW,
    GUIDE,
    HEADING_ROW,
    LABEL_MARK,
    LABEL_ROW,
    MAX_TEXT,
    NOTATION,
    VALUES,
    both,
)
from triage.exchange.looks import add_looks, fit_rows, put, set_column
from triage.exchange.tables import (
    BECAUSE_EN,
    BECAUSE_ZH,
    GROUP,
    ID,
    IF,
    PRIORITY,
    SAFE_SIDE,
    SOURCE,
    THEN,
    Table,
    fingerprint,
    rules_of,
    table_of,
)
from triage.loading import load_knowledge
from triage.loading.files import read_documents
from triage.loading.mistakes import Report
from triage.model import NOT_TOLD, UNKNOWN, KnowledgeBase, Text

__all__ = ["rule_files", "sheet_titles", "workbook_bytes"]

SPARE_ROWS = 200
"""Rows below the last rule that have drop-down lists too."""
LONGEST_TITLE = 31

_BANDS = {
    "name": Text("规则", "rule"),
    "if": Text("如果 · 条件", "IF · conditions"),
    "then": Text("那么 · 结论", "THEN · conclusions"),
    "words": Text("理由和出处", "reason and source"),
}
_LABELS = {
    ID: LABEL_MARK,
    PRIORITY: both(Text("优先级（不写为 50）", "priority (50 if left out)")),
    GROUP: both(Text("其他条件（YAML 写法）", "other conditions (as in YAML)")),
    BECAUSE_ZH: both(Text("理由（中文）", "reason, in Chinese")),
    BECAUSE_EN: both(Text("理由（英文）", "reason, in English")),
    SOURCE: both(Text("出处（每行一条）", "sources, one a line")),
    SAFE_SIDE: both(Text("出处没有定，按稳妥的一边", "left open by the sources, decided on the safe side")),
}
_WIDTHS = {ID: 30, PRIORITY: 9, GROUP: 34, BECAUSE_ZH: 46, BECAUSE_EN: 46, SOURCE: 24, SAFE_SIDE: 14}


def rule_files(folder: Path) -> tuple[str, ...]:
    """The files of a base that have a section for rules, by name.

    Raises:
        KnowledgeError: The base has mistakes.
    """
    return tuple(_tables(folder))


def workbook_bytes(folder: Path, files: Iterable[str] = ()) -> bytes:
    """The workbook of a base.

    Args:
        files: Rule files that get a sheet, named as in `rule_files`; none: all of them.

    Raises:
        KnowledgeError: The base has mistakes.
        SheetError: A text is too long for a cell.
    """
    knowledge = load_knowledge(folder)
    tables = _tables(folder)
    chosen = [tables[file] for file in (tuple(files) or tables)]
    _refuse_long_texts(folder, chosen)
    return _Writer(knowledge, chosen).bytes()


def _tables(folder: Path) -> dict[str, Table]:
    report = Report()
    documents, _ = read_documents(folder, report, cases=False)
    if report.problems:
        raise KnowledgeError(folder, report.problems)
    found = {root.place.file: rules_of(root) for root in documents}
    return {file: table_of(file, rules) for file, rules in found.items() if rules is not None}


def _refuse_long_texts(folder: Path, tables: Iterable[Table]) -> None:
    report = Report()
    for table in tables:
        for name, row in table.rows.items():
            if any(len(text) > MAX_TEXT for text in row.values()):
                complain(report, "too-long", None, file=table.file, rule=name, limit=MAX_TEXT)
    if report.problems:
        raise SheetError(folder, report.problems)


def sheet_titles(files: Sequence[str]) -> dict[str, str]:
    """A title for the sheet of every file: its name, where needed with a number; no two the same in Excel's eyes."""
    taken = {title.lower() for title in (GUIDE, FACTS, VALUES, EXPORTED, "history")}
    titles = {}
    for file in files:
        stem = re.sub(r"[\[\]:*?/\\']", "_", Path(file).stem) or "rules"
        numbered = (f"{stem[: LONGEST_TITLE - len(end)]}{end}" for end in ("", *(f" {n}" for n in range(2, len(files) + 7))))
        titles[file] = next(title for title in numbered if title.lower() not in taken)
        taken.add(titles[file].lower())
    return titles


def _band(title: str) -> str:
    if title in (ID, PRIORITY):
        return "name"
    return "if" if title.startswith(IF) else "then" if title.startswith(THEN) else "words"


class _Writer:
    """Writes one workbook."""

    def __init__(self, knowledge: KnowledgeBase, tables: Sequence[Table]) -> None:
        self.knowledge = knowledge
        self.tables = tables
        self.book = Workbook()
        self.titles = sheet_titles([table.file for table in tables])
        self.lookups: dict[str, str] = {}
        """By fact, where its values stand on the sheet of values, as drop-down lists name it."""
        add_looks(self.book)

    def bytes(self) -> bytes:
        """The whole file."""
        guide = self.book.active
        facts, values = self.book.create_sheet(FACTS), self.book.create_sheet(VALUES)
        self._values(values)
        for table in self.tables:
            self._table(self.book.create_sheet(self.titles[table.file]), table)
        self._facts(facts)
        self._guide(guide)
        self._exported(self.book.create_sheet(EXPORTED))
        for sheet in (values, facts):
            self.book.move_sheet(sheet, len(self.tables))
        stream = io.BytesIO()
        self.book.save(stream)
        return stream.getvalue()

    # a table of rules

    def _table(self, sheet: Any, table: Table) -> None:
        last = FIRST_ROW + len(table.rows) - 1
        for number, title in enumerate(table.columns, start=1):
            band = _band(title)
            if number > 1 and band != _band(table.columns[number - 2]):
                put(sheet, 1, number, both(_BANDS[band]).replace("\n", " / "), f"band-{band}")
            self._column(sheet, table, number, title, last)
        put(sheet, 1, 1, table.file, "band-name")
        sheet.freeze_panes = sheet.cell(FIRST_ROW, 2)
        sheet.auto_filter.ref = f"A{LABEL_ROW}:{get_column_letter(len(table.columns))}{max(last, LABEL_ROW)}"
        fit_rows(sheet, HEADING_ROW)
        sheet.print_title_rows = f"1:{LABEL_ROW}"
        _printed(sheet)

    def _column(self, sheet: Any, table: Table, number: int, title: str, last: int) -> None:
        band, letter = _band(title), get_column_letter(number)
        put(sheet, HEADING_ROW, number, title, f"heading-{band}")
        label = put(sheet, LABEL_ROW, number, self._label(title), f"label-{band}")
        self._comment(label, title)
        texts = [row.get(title, "") for row in table.rows.values()]
        for place, text in enumerate(texts, start=FIRST_ROW):
            put(sheet, place, number, *_shown(title, text))
        set_column(sheet, letter, _width(title, texts), text=title != PRIORITY)
        self._validate(sheet, letter, title, last + SPARE_ROWS)

    def _label(self, title: str) -> str:
        return _LABELS.get(title) or both(self._fact(title).text)

    def _fact(self, title: str) -> Any:
        name = title.removeprefix(IF) if title.startswith(IF) else title.removeprefix(THEN)
        return self.knowledge.facts.get(name) or self.knowledge.inferred[name]

    def _comment(self, cell: Any, title: str) -> None:
        """The values of a fact with their labels, shown where the pointer rests."""
        if title in _LABELS:
            return
        lines = [f"{value}  {text.zh} / {text.en}" for value, text in self._answers(self._fact(title).id)]
        cell.comment = Comment("\n".join(lines), "triage", height=22 * min(len(lines), 25) + 20, width=420)

    def _answers(self, fact: str) -> Iterator[tuple[str, Text]]:
        """What may stand in a cell about a fact, with what people read for it."""
        if fact in self.knowledge.inferred:
            yield from ((value, found.text) for value, found in self.knowledge.inferred[fact].values.items())
        else:
            yield from self.knowledge.facts[fact].values.items()
            yield UNKNOWN, NOT_TOLD

    def _validate(self, sheet: Any, letter: str, title: str, last: int) -> None:
        """Drop-down lists; other entries stay possible, since a cell may name several values."""
        if title == PRIORITY:
            rule = DataValidation("whole", operator="between", formula1="0", formula2="1000", allow_blank=True)
        elif title == SAFE_SIDE:
            rule = DataValidation("list", formula1='"true,false"', allow_blank=True)
        elif title not in _LABELS:
            rule = DataValidation("list", formula1=self.lookups[self._fact(title).id], allow_blank=True)
            rule.showErrorMessage = False
        else:
            return
        rule.add(f"{letter}{FIRST_ROW}:{letter}{last}")
        sheet.add_data_validation(rule)

    # sheets to look things up, and the guide

    def _values(self, sheet: Any) -> None:
        _headings(sheet, ("fact", "value", "中文", "English", "说明 note"), (26, 30, 36, 50, 34))
        row = 2
        for fact in (*self.knowledge.facts, *self.knowledge.inferred):
            first = row
            for value, text in self._answers(fact):
                self._line(sheet, row, (fact, value, text.zh, text.en, self._note(fact, value)))
                row += 1
            self.lookups[fact] = f"{quote_sheetname(VALUES)}!$B${first}:$B${row - 1}"
        sheet.auto_filter.ref = f"A1:E{max(row - 1, 1)}"
        fit_rows(sheet)
        _printed(sheet)

    def _note(self, fact: str, value: str) -> str:
        if fact not in self.knowledge.inferred:
            return "问了，没有答案 / asked, but not told" if value == UNKNOWN else ""
        inferred = self.knowledge.inferred[fact]
        members = inferred.values[value].members
        if value == inferred.default:
            return "没有规则下结论时 / where no rule concludes anything"
        return f"一组：{' | '.join(members)} / a group" if members else ""

    def _facts(self, sheet: Any) -> None:
        """Every fact, and the sheets that use it."""
        _headings(sheet, ("fact", "类别 kind", "中文", "English", "用在 used in"), (28, 20, 36, 50, 50))
        labels = [(name, "问到的 / told", fact.text) for name, fact in self.knowledge.facts.items()]
        labels += [(name, "推断的 / inferred", fact.text) for name, fact in self.knowledge.inferred.items()]
        for row, (name, kind, text) in enumerate(labels, start=2):
            self._line(sheet, row, (name, kind, text.zh, text.en, ", ".join(self._sheets_of(name))))
        sheet.auto_filter.ref = f"A1:E{len(labels) + 1}"
        fit_rows(sheet)
        _printed(sheet)

    def _sheets_of(self, fact: str) -> Iterator[str]:
        for table in self.tables:
            if {f"{IF}{fact}", f"{THEN}{fact}"} & {*table.columns}:
                yield self.titles[table.file]

    @staticmethod
    def _line(sheet: Any, row: int, texts: Sequence[str]) -> None:
        for column, text in enumerate(texts, start=1):
            put(sheet, row, column, text, "cell")

    def _guide(self, sheet: Any) -> None:
        sheet.title = GUIDE
        for letter, width in (("A", 34), ("B", 62), ("C", 76)):
            sheet.column_dimensions[letter].width = width
        sheets = {self.titles[table.file]: table for table in self.tables}
        for row, (look, texts) in enumerate(guide_lines(self.knowledge, sheets), start=1):
            for column, text in enumerate(texts, start=1):
                put(sheet, row, column, text, look if column == 1 or look != "code" else "cell")
        sheet.row_dimensions[1].height = 24
        fit_rows(sheet, first=2)
        sheet.sheet_view.showGridLines = False
        _printed(sheet)

    def _exported(self, sheet: Any) -> None:
        """What the import compares with; hidden."""
        sheet.sheet_state = "hidden"
        rows = [("notation", NOTATION, ""), ("base", self.knowledge.identity.id, self.knowledge.digest)]
        for table in self.tables:
            rows.append((table.file, "", ""))
            rows += [(table.file, name, fingerprint(row)) for name, row in table.rows.items()]
        for place, texts in enumerate(rows, start=1):
            for column, text in enumerate(texts, start=1):
                put(sheet, place, column, text, "plain")


# -- cells


def _shown(title: str, text: str) -> tuple[str | int, str]:
    """What is stored of a rule's text, and how it looks."""
    if title == PRIORITY and text.isdecimal():
        return int(text), "figure"
    return text, "id" if title == ID else "cell"


def _headings(sheet: Any, texts: Sequence[str], widths: Sequence[int]) -> None:
    for column, (text, width) in enumerate(zip(texts, widths, strict=True), start=1):
        put(sheet, 1, column, text, "head")
        set_column(sheet, get_column_letter(column), width, text=True)
    sheet.freeze_panes = "A2"


def _width(title: str, texts: Iterable[str]) -> float:
    """Wide enough for the heading and the longest value on a line of its own, within reason."""
    if title in _WIDTHS:
        return _WIDTHS[title]
    longest = max((cell_len(part) for text in (title, *texts) for part in re.split(r"(?<=\|) ", text)), default=0)
    return min(max(longest + 3, 14), 34)


def _printed(sheet: Any) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
