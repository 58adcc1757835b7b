"""How a workbook looks: named styles for headings, labels and cells, in a colour for each band of columns."""

from __future__ import annotations

from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.worksheet.dimensions import RowDimension
from rich.cells import cell_len

__all__ = ["add_looks", "fit_rows", "put", "set_column"]

FONT = "Microsoft YaHei"
"""Readable for Chinese and Latin letters; programs that lack it take another."""

BANDS = {"name": ("D9D9D9", "7F7F7F"), "if": ("DDEBF7", "2E75B6"), "then": ("E2EFDA", "548235"), "words": ("FFF2CC", "BF8F00")}
"""By band of columns: a light colour and a dark one."""

LINE = 14.5
"""Points a line of text needs."""
_THIN = Side(style="thin", color="BFBFBF")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def add_looks(book: Workbook) -> None:
    """Make the styles known to a workbook; those that begin with `band-`, `heading-` or `label-` end with a band."""
    styles = [
        _style("title", Font(name=FONT, size=16, bold=True), boxed=False),
        _style("plain", Font(name=FONT, size=10), boxed=False),
        _style("section", Font(name=FONT, size=12, bold=True), boxed=False),
        _style("cell", Font(name=FONT, size=10)),
        _style("figure", Font(name=FONT, size=10), number_format="General"),
        _style("code", Font(name="Consolas", size=10)),
        _style("id", Font(name=FONT, size=10, bold=True), "F2F2F2"),
        _style("head", Font(name=FONT, size=10, bold=True, color="FFFFFF"), BANDS["name"][1]),
    ]
    for band, (light, dark) in BANDS.items():
        styles += [
            _style(f"band-{band}", Font(name=FONT, size=10, bold=True, color=dark), boxed=False, wrap=False),
            _style(f"heading-{band}", Font(name=FONT, size=10, bold=True, color="FFFFFF"), dark),
            _style(f"label-{band}", Font(name=FONT, size=9, color="404040"), light),
        ]
    for style in styles:
        book.add_named_style(style)


def _style(
    name: str, font: Font, colour: str | None = None, *, boxed: bool = True, wrap: bool = True, number_format: str = "@"
) -> NamedStyle:
    style = NamedStyle(_name(name), font, number_format=number_format)
    style.alignment = Alignment(wrap_text=wrap, vertical="top")
    if colour is not None:
        style.fill = PatternFill("solid", fgColor=colour)
    if boxed:
        style.border = _BOX
    return style


def _name(look: str) -> str:
    return f"triage {look}"


def put(sheet: Any, row: int, column: int, value: str | int, look: str) -> Any:
    """Write one cell. A text is stored as text, whatever it begins with, and stays text when somebody edits it.

    Returns:
        The cell.
    """
    cell = sheet.cell(row, column)
    cell.style = _name(look)
    if value == "":
        return cell
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
    return cell


def set_column(sheet: Any, letter: str, width: float, *, text: bool) -> None:
    """A column's width, and what is typed into empty cells of it: text, or whatever it looks like."""
    column = sheet.column_dimensions[letter]
    column.width = width
    column.number_format = "@" if text else "General"
    column.font = Font(name=FONT, size=10)
    column.alignment = Alignment(wrap_text=True, vertical="top")


class _Fitted(RowDimension):
    """A row with a height that is not the author's wish, so that programs fit it again once somebody edits the row."""

    @property
    def customHeight(self) -> bool:  # noqa: N802 - openpyxl's name
        """Never."""
        return False


def fit_rows(sheet: Any, first: int = 1) -> None:
    """Make rows as high as their texts need; not every program does so by itself when it opens a file."""
    for row in sheet.iter_rows(min_row=first):
        lines = max((_lines(cell.value, sheet.column_dimensions[cell.column_letter].width) for cell in row), default=1)
        if lines > 1:
            sheet.row_dimensions[row[0].row] = _Fitted(sheet, row[0].row, ht=LINE * lines)


def _lines(value: object, width: float) -> int:
    """How many lines a text takes in a column."""
    return sum(max(1, -(-cell_len(line) // int(width))) for line in str(value or "").split("\n"))
