"""An Excel workbook in: its tables of rules as rows of texts, or every mistake by sheet and cell.

Whatever the file is, it ends in rows or in sentences: its kind and size are looked at before it is opened. Knows headings and
cells, not what rules mean.
"""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from triage.errors import nearest
from triage.exchange.cells import Cell, complain
from triage.exchange.layout import (
    EXPORTED,
    FACTS,
    FIRST_ROW,
    GUIDE,
    HEADING_ROW,
    LABEL_MARK,
    LABEL_ROW,
    MAX_COLUMNS,
    MAX_ROWS,
    NOTATION,
    VALUES,
)
from triage.exchange.notation import is_invisible
from triage.exchange.tables import (
    BECAUSE_EN,
    BECAUSE_ZH,
    GROUP,
    ID,
    IF,
    NEEDED,
    PRIORITY,
    SAFE_SIDE,
    SOURCE,
    THEN,
    Row,
)
from triage.loading.mistakes import Report, clipped
from triage.loading.names import Names
from triage.loading.shapes import Word
from triage.model import Text
from triage.refusals import refusal

__all__ = ["MAX_FILE", "MAX_PARTS", "MAX_UNPACKED", "ReadWorkbook", "Sheet", "SheetRow", "read_workbook"]

MAX_FILE = 16 * 1024 * 1024
MAX_UNPACKED = 32 * 1024 * 1024
"""Bytes of all parts of the file: the workbook of a base of 230 rules has a million."""
MAX_PARTS = 2_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What old workbooks (.xls) and those with a password begin with."""
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_TRUTHS = {"=TRUE()": "true", "=FALSE()": ""}
"""How LibreOffice stores a truth value."""
_FIXED = (ID, PRIORITY, GROUP, BECAUSE_ZH, BECAUSE_EN, SOURCE, SAFE_SIDE)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a table that is not empty.

    Attributes:
        columns: The number of every column that counts, by heading.
        texts: The texts of its cells that are not empty, by heading.
    """

    sheet: str
    number: int
    columns: Mapping[str, int]
    texts: Row

    def cell(self, title: str) -> Cell:
        """The cell under a heading; where there is no such column, the first one."""
        return Cell(self.sheet, self.number, self.columns.get(title, self.columns.get(ID, 1)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of rules.

    Attributes:
        title: Of the sheet.
        file: The rule file it stands for.
        columns: The number of every column that counts, by heading.
        broken: Headings of columns that are there and cannot be used, or blank; they have been reported.
    """

    title: str
    file: str
    columns: Mapping[str, int]
    broken: frozenset[str]
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class ReadWorkbook:
    """What a workbook holds.

    Attributes:
        base: The id of the base it was exported from; None where it does not say.
        exported: By file and rule, the `tables.fingerprint` of the rule's row when it was exported; None where it does not say.
        ignored: Titles of sheets that are no tables of rules and not ours.
    """

    base: str | None
    exported: Mapping[str, Mapping[str, str]] | None
    sheets: tuple[Sheet, ...]
    ignored: tuple[str, ...]


def read_workbook(path: Path, files: Collection[str], names: Names, report: Report) -> ReadWorkbook | None:
    """The tables of a workbook.

    Args:
        files: The rule files of the base.
        names: Its facts; headings are looked up there. Its report is the same as `report`.

    Returns:
        Everything that could be read, or None where the file could not be opened; what is wrong is in the report.
    """
    book = _opened(path, report)
    if book is None:
        return None
    base, exported = _exported(book, report)
    sheets: dict[str, Sheet] = {}
    ignored: list[str] = []
    for sheet in book.worksheets:
        found = _Table(sheet, names, report)
        if not found.is_one(files):
            ignored += [sheet.title] if sheet.title not in (GUIDE, FACTS, VALUES, EXPORTED) else []
        elif not found.file:
            meant = next((file for file in files if Path(file).stem == sheet.title), next(iter(files)))
            complain(report, "file-missing", Cell(sheet.title, 1, 1), file=meant)
        elif found.file not in files:
            near = report.near(found.file, files)
            complain(report, "unknown-file", Cell(sheet.title, 1, 1), found=found.file, near=near)
        elif found.file in sheets:
            complain(report, "file-twice", Cell(sheet.title, 1, 1), file=found.file, first=sheets[found.file].title)
        elif (read := found.read()) is not None:
            sheets[found.file] = read
    if not sheets and not report.problems:
        complain(report, "no-tables", None)
    return ReadWorkbook(base, exported, tuple(sheets.values()), tuple(ignored))


# -- opening


def _opened(path: Path, report: Report) -> Any:
    """The workbook; None, and a note in the report, where the file is none or too large."""
    name = clipped(path.name)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        complain(report, "no-workbook", None, name=name, reason=refusal(error))
        return None
    if not _is_sound(name, data, report):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that are not read, such as pictures
            return openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
    except Exception as error:  # noqa: BLE001 - whatever stands in the file, openpyxl may raise
        cause = error.__context__ or error  # openpyxl's own sentence says less than what it met
        complain(report, "broken-workbook", None, name=name, reason=f"{type(cause).__name__}: {cause}")
        return None


def _is_sound(name: str, data: bytes, report: Report) -> bool:
    """Whether a file is a workbook of a bearable size, as far as can be told without opening it."""
    if len(data) > MAX_FILE:
        complain(report, "huge-workbook", None, name=name, found=_bytes(len(data)), limit=_bytes(MAX_FILE))
    elif data.startswith(_OLE):
        complain(report, "locked-workbook" if _ENCRYPTED in data else "old-workbook", None, name=name)
    elif not data.startswith(b"PK"):
        complain(report, "not-a-workbook", None, name=name, found=_kind(data))
    else:
        return _is_bearable(name, data, report)
    return False


def _kind(data: bytes) -> Text:
    if not data:
        return Text("是空文件", "it is empty")
    if b"\0" in data[:4096]:
        return Text("是别的文件", "it is some other file")
    if data.lstrip().startswith(b"<"):
        return Text("是网页或 XML", "it is a web page or XML")
    return Text("像是文本或 CSV", "it looks like text or CSV")


def _is_bearable(name: str, data: bytes, report: Report) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        complain(report, "broken-workbook", None, name=name, reason=str(error))
        return False
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED:
        complain(report, "huge-workbook", None, name=name, found=_bytes(unpacked), limit=_bytes(MAX_UNPACKED))
    elif not any(part.filename.lower() == "[content_types].xml" for part in parts):
        found = Text("是别的压缩文件或文档", "it is some other archive or document")
        complain(report, "not-a-workbook", None, name=name, found=found)
    else:
        return True
    return False


def _bytes(count: int) -> str:
    return f"{-(-count // 1024**2)} MB"


def _exported(book: Any, report: Report) -> tuple[str | None, Mapping[str, Mapping[str, str]] | None]:
    """The base, and what rules were when they were exported."""
    if EXPORTED not in book.sheetnames:
        return None, None
    last = min(book[EXPORTED].max_row, 4 * MAX_ROWS)
    rows = [[str(value or "") for value in row] for row in book[EXPORTED].iter_rows(max_row=last, max_col=3, values_only=True)]
    if [row[:2] for row in rows[:1]] != [["notation", NOTATION]]:
        complain(report, "other-notation", None)
        return None, None
    prints: dict[str, dict[str, str]] = {}
    for file, rule, found in (row for row in rows[2:] if len(row) == 3):
        prints.setdefault(file, {}).update({rule: found} if rule else {})
    return next((row[1] for row in rows[1:2]), None), prints


# -- one sheet


class _Table:
    """Reads one sheet."""

    def __init__(self, sheet: Any, names: Names, report: Report) -> None:
        self.sheet = sheet
        self.title: str = sheet.title
        self.names = names
        self.report = report
        self.file = str(sheet.cell(1, 1).value or "").strip()
        self.broken: set[str] = set()

    def is_one(self, files: Collection[str]) -> bool:
        """Whether the sheet is a table of rules, or once was."""
        if self.title in (GUIDE, FACTS, VALUES, EXPORTED):
            return False
        headings = {_heading(self.sheet.cell(HEADING_ROW, column).value) for column in range(1, 6)}
        return self.file in files or bool(headings & {ID, PRIORITY})

    def read(self) -> Sheet | None:
        """Its columns and rows; None where they cannot be told."""
        if not self._is_bearable() or self._is_merged():
            return None
        label = self.sheet.cell(LABEL_ROW, 1).value
        if "".join(str(label or "").split()) != "".join(LABEL_MARK.split()):
            complain(self.report, "no-labels", self._at(LABEL_ROW, 1), label=LABEL_MARK.splitlines()[0])
            return None
        columns = self._columns()
        missing = [title for title in NEEDED if title not in columns]
        for title in missing:
            if title not in self.broken:
                complain(self.report, "missing-column", self._at(HEADING_ROW, 1), column=title)
        if missing:
            return None
        rows = tuple(self._rows(columns))
        return Sheet(self.title, self.file, columns, frozenset(self.broken), rows)

    def _at(self, row: int, column: int) -> Cell:
        return Cell(self.title, row, column)

    def _is_bearable(self) -> bool:
        rows, columns = self.sheet.max_row, self.sheet.max_column
        if rows > MAX_ROWS:
            complain(self.report, "huge-sheet", self._at(rows, 1), found=rows, limit=MAX_ROWS, what=Text("行", "row"))
        if columns > MAX_COLUMNS:
            what = Text("列", "column")
            complain(self.report, "huge-sheet", self._at(1, columns), found=columns, limit=MAX_COLUMNS, what=what)
        return bool(rows <= MAX_ROWS and columns <= MAX_COLUMNS)

    def _is_merged(self) -> bool:
        merged = [area for area in self.sheet.merged_cells.ranges if area.max_row >= HEADING_ROW]
        for area in merged:
            complain(self.report, "merged-cells", self._at(area.min_row, area.min_col), range=area.coord)
        return bool(merged)

    # columns

    def _columns(self) -> dict[str, int]:
        """The columns that count; those that cannot be used are reported and go to `broken`."""
        columns: dict[str, int] = {}
        for number in range(1, self.sheet.max_column + 1):
            value = self.sheet.cell(HEADING_ROW, number).value
            title, cell = _heading(value), self._at(HEADING_ROW, number)
            if not title:
                continue
            if title in columns:
                complain(self.report, "column-twice", cell, column=title, first=str(self._at(HEADING_ROW, columns.pop(title))))
                self.broken.add(title)
            elif title not in self.broken and self._is_usable(title, cell):
                columns[title] = number
            else:
                self.broken.add(title)
        return columns

    def _is_usable(self, title: str, cell: Cell) -> bool:
        if title in _FIXED:
            return True
        for band, kinds in ((IF, ("fact", "inferred")), (THEN, ("inferred",))):
            if title.startswith(band):
                return self.names.readable(Word(title.removeprefix(band), cell), kinds) is not None  # type: ignore[arg-type]
        meant = nearest(title, _FIXED)
        near = self.report.near(title, _FIXED)
        complain(self.report, "unknown-column", cell, column=title, near=near)
        if meant is not None:
            self.broken.add(meant)
        return False

    # rows

    def _rows(self, columns: Mapping[str, int]) -> Iterator[SheetRow]:
        headed = {number for number in range(1, self.sheet.max_column + 1) if self.sheet.cell(HEADING_ROW, number).value}
        stray: set[int] = set()
        for row in self.sheet.iter_rows(min_row=FIRST_ROW):
            filled = {cell.column: cell for cell in row if cell.value is not None and str(cell.value).strip()}
            for number in sorted(filled.keys() - headed - stray):
                complain(self.report, "no-header", self._at(filled[number].row, number))
                stray.add(number)
                self.broken.add("")
            texts = {title: self._text(title, filled[number]) for title, number in columns.items() if number in filled}
            if texts:
                number = row[0].row
                yield SheetRow(self.title, number, columns, {title: text for title, text in texts.items() if text})

    def _text(self, title: str, cell: Any) -> str:
        """What a cell says, as text; what is no text is reported."""
        value, kind, place = cell.value, cell.data_type, self._at(cell.row, cell.column)
        if kind == "f" and title == SAFE_SIDE and (written := _TRUTHS.get(str(value).upper())) is not None:
            return written
        if kind == "f":
            complain(self.report, "formula", place, found=str(getattr(value, "text", None) or value))
        elif kind == "e":
            complain(self.report, "cell-error", place, found=str(value))
        elif isinstance(value, bool):
            return self._truth(title, value, place)
        elif isinstance(value, datetime.date | datetime.time | datetime.timedelta):
            complain(self.report, "date", place, found=str(value))
        elif isinstance(value, int | float):
            return self._number(title, value, place)
        else:
            return self._clean(title, str(value), place)
        return ""

    def _truth(self, title: str, value: bool, place: Cell) -> str:
        if title == SAFE_SIDE:
            return "true" if value else ""
        what = Text("数字", "a number") if title == PRIORITY else Text("文字", "text")
        complain(self.report, "truth", place, found=str(value).upper(), what=what)
        return ""

    def _number(self, title: str, value: float, place: Cell) -> str:
        shown = str(int(value)) if value == int(value) else str(value)
        if title == PRIORITY:
            return shown
        complain(self.report, "number", place, found=shown)
        return ""

    def _clean(self, title: str, value: str, place: Cell) -> str:
        text = "\n".join(value.replace("_x000D_", "").splitlines()).strip()
        if not text.replace("\n", "").isprintable() and (character := is_invisible(text)):
            complain(self.report, "invisible", place, character=character)
        if title == SAFE_SIDE:
            return {"true": "true", "false": ""}.get(text.lower(), text)
        return text


def _heading(value: Any) -> str:
    """A heading as it is compared: small letters, single blanks."""
    return " ".join(str(value or "").lower().split())
