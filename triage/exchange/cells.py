"""Places in a workbook, and what can be wrong there.

A `Cell` is a place as the loader knows them, so that the loader's own sentences point at cells. What only a workbook can have
wrong with it has its sentences here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from openpyxl.utils import get_column_letter, quote_sheetname

from triage.errors import Problem, TriageError
from triage.loading.mistakes import Report, clipped
from triage.model import Language, Place, Text

__all__ = ["Cell", "SheetError", "complain"]


class Cell(Place):
    """A cell of a sheet: `file` is the sheet's title, `line` its row, `column` its column, from 1."""

    __slots__ = ()

    def __str__(self) -> str:
        title = self.file if self.file.isidentifier() else quote_sheetname(self.file)
        return f"{title}!{get_column_letter(self.column)}{self.line}"


class SheetError(TriageError):
    """A workbook that cannot be taken over, with everything that is wrong with it.

    Attributes:
        folder: The base's folder.
        problems: At least one. The place is a `Cell`, a place in one of the base's files, or None where it is about the workbook
            as a whole.
    """

    code = "sheet"

    def __init__(self, folder: Path, problems: Iterable[Problem]) -> None:
        self.folder = folder
        self.problems = tuple(sorted(set(problems), key=_by_place))
        super().__init__(folder, self.problems)

    def render(self, language: Language) -> str:
        """One line for each problem."""
        return "\n".join(p.render(language, self._folder(p)) for p in self.problems)

    def _folder(self, problem: Problem) -> str:
        in_file = problem.place is not None and not isinstance(problem.place, Cell)
        return self.folder.as_posix() if in_file else ""


def complain(report: Report, code: str, cell: Cell | None, **parts: str | int | Text) -> None:
    """Note something that is wrong with a workbook: `code` chooses the sentence, `parts` fill it."""
    sentence = SENTENCES[code]
    zh = sentence.zh.format(**{name: _put(part, "zh") for name, part in parts.items()})
    en = sentence.en.format(**{name: _put(part, "en") for name, part in parts.items()})
    report.problems.append(Problem(code, cell, Text(zh, en)))


def _put(part: str | int | Text, language: Language) -> str:
    return clipped(part.get(language) if isinstance(part, Text) else str(part), 120)


def _by_place(problem: Problem) -> tuple[bool, bool, str, int, int, str]:
    place = problem.place or Place("", 0, 0)
    return (problem.place is not None, isinstance(place, Cell), place.file, place.line, place.column, problem.text.en)


SENTENCES: Mapping[str, Text] = {
    # the workbook as a whole
    "no-workbook": Text("`{name}` 打不开：{reason}", "`{name}` cannot be opened: {reason}"),
    "old-workbook": Text(
        "`{name}` 是旧格式（.xls）；请在 Excel 里另存为“Excel 工作簿 (*.xlsx)”",
        "`{name}` is in the old format (.xls); save it as “Excel Workbook (*.xlsx)”",
    ),
    "locked-workbook": Text(
        "`{name}` 有密码；请在 Excel 里去掉密码（文件 → 信息 → 保护工作簿）再导入",
        "`{name}` is protected by a password; remove it (File → Info → Protect Workbook) and import again",
    ),
    "not-a-workbook": Text(
        "`{name}` 不是 Excel 工作簿（.xlsx），{found}；请用 `triage export xlsx` 导出的文件，或在 Excel 里另存为 .xlsx",
        "`{name}` is no Excel workbook (.xlsx): {found}; take a file that `triage export xlsx` wrote, or save it as .xlsx",
    ),
    "broken-workbook": Text(
        "`{name}` 损坏，读不出来（{reason}）；请在 Excel 里打开、修复后重新保存",
        "`{name}` is damaged and cannot be read ({reason}); open it in Excel, have it repaired and save it again",
    ),
    "huge-workbook": Text(
        "`{name}` 太大：{found}，最多 {limit}；请删掉多余的工作表、空行和图片",
        "`{name}` is too large: {found}, at most {limit}; delete sheets, empty rows and pictures that are not needed",
    ),
    "other-base": Text(
        "这个工作簿是从知识库 `{found}` 导出的，不是 `{base}`；请在命令里写上 `{found}`",
        "this workbook was exported from the base `{found}`, not from `{base}`; name `{found}` in the command",
    ),
    "other-notation": Text(
        "这个工作簿是另一个版本的 triage 导出的；请重新导出，再把改动写进去",
        "this workbook was exported by another version of triage; export anew and put the changes in there",
    ),
    "no-tables": Text(
        "工作簿里没有规则表：没有一张工作表的 A1 写着规则文件的名字；请用 `triage export xlsx` 导出的文件",
        "there is no table of rules in the workbook: no sheet has the name of a rule file in A1; take a file that "
        "`triage export xlsx` wrote",
    ),
    # a sheet
    "unknown-file": Text(
        "A1 应写规则文件的名字，`{found}` 不是这个知识库的规则文件{near}",
        "A1 should hold the name of a rule file, and `{found}` is none of this base{near}",
    ),
    "file-missing": Text(
        "A1 应写规则文件的名字，现在是空的；请补上，例如 `{file}`",
        "A1 should hold the name of the rule file and is empty; put it back, such as `{file}`",
    ),
    "file-twice": Text(
        "`{file}` 已经在工作表 `{first}` 里；一个文件只能有一张表，请删掉一张",
        "`{file}` is in the sheet `{first}` already; a file has one sheet, so delete one of them",
    ),
    "huge-sheet": Text(
        "表一直到第 {found} {what}，最多 {limit}；请删掉表格外面的空{what}",
        "the sheet goes on to {what} {found}, at most {limit} are read; delete the empty ones beyond the table",
    ),
    "merged-cells": Text(
        "`{range}` 是合并的单元格；请取消合并（开始 → 合并后居中），每一行都写上内容",
        "`{range}` are merged cells; unmerge them (Home → Merge & Center) and write every row out",
    ),
    "no-labels": Text(
        "第 3 行应是各列的说明（A3 写“{label}”），这一行被删掉或改动了；规则从第 4 行开始，请重新导出或恢复这一行",
        "row 3 should say what the columns are (“{label}” in A3), but it was deleted or changed; rules start in row 4: put the "
        "row back, or export anew",
    ),
    # columns
    "missing-column": Text(
        "缺少 `{column}` 这一列；请在第 2 行补上，或重新导出",
        "the column `{column}` is missing; put it back into row 2, or export anew",
    ),
    "lost-column": Text(
        "`{column}` 这一列没有了，而规则 {rules} 用到它；请恢复这一列；要去掉这个条件或结论，请只清空单元格",
        "the column `{column}` is gone, and the rules {rules} use it; put it back. To drop a condition or conclusion, empty its "
        "cells",
    ),
    "unknown-column": Text(
        "`{column}` 不是这张表的列{near}；条件写 `if 事实`，结论写 `then 推断`",
        "`{column}` is no column of this table{near}; conditions are headed `if fact`, conclusions `then inferred fact`",
    ),
    "column-twice": Text(
        "`{column}` 这一列已经在 {first}；请删掉一列", "the column `{column}` stands at {first} already; delete one of them"
    ),
    "no-header": Text(
        "这一列有内容，但第 2 行没有列名；请写上列名，或清空这一列",
        "there is text in this column, but no heading in row 2; write the heading, or empty the column",
    ),
    # cells
    "formula": Text(
        "这里是公式 `{found}`；请直接写内容（复制 → 选择性粘贴 → 值）",
        "a formula, `{found}`, stands here; write the text itself (copy, then paste as values)",
    ),
    "cell-error": Text("这里是 Excel 的错误值 `{found}`；请改成文字", "an Excel error, `{found}`, stands here; write text"),
    "date": Text(
        "这里是日期 `{found}`，应是文字；请把单元格设为“文本”格式再写",
        "a date, `{found}`, stands here where text is expected; set the cell's format to Text and write it again",
    ),
    "number": Text(
        "这里是数字 `{found}`，应是文字；请在前面加一个单引号（'{found}）",
        "a number, `{found}`, stands here where text is expected; put an apostrophe before it ('{found})",
    ),
    "truth": Text("这里是 `{found}`（真假值），应是{what}", "a truth value, `{found}`, stands here where {what} is expected"),
    "value-missing": Text(
        "`{found}` 里少了一个值；几个值之间写一个 `|`，`not` 后面要有值",
        "a value is missing in `{found}`; write one `|` between values, and a value after `not`",
    ),
    "invisible": Text("这里有看不见的字符 {character}；请删掉", "an invisible character {character} stands here; delete it"),
    # what changed elsewhere
    "changed-meanwhile": Text(
        "规则 `{rule}` 在导出之后，文件 `{file}` 里也改过；请重新导出再改，或加 `--overwrite` 以工作簿为准",
        "the rule `{rule}` was changed in `{file}` too since this workbook was exported; export anew and change it there, or add "
        "`--overwrite`: then the workbook counts",
    ),
    "gone-meanwhile": Text(
        "规则 `{rule}` 在导出之后从文件 `{file}` 里删掉了；请删掉这一行，或加 `--overwrite` 以工作簿为准",
        "the rule `{rule}` was taken out of `{file}` since this workbook was exported; delete this row, or add `--overwrite`: "
        "then the workbook counts",
    ),
    "cannot-edit": Text(
        "`{file}` 里这些规则的写法（括号、`&` 或 `*`）没法逐条改；请先在文件里写成一条一条的 `- id: …`",
        "the rules of `{file}` are written in a way (brackets, `&` or `*`) that cannot be changed one by one; first write them "
        "as `- id: …` in the file",
    ),
    "too-long": Text(
        "文件 `{file}` 里规则 `{rule}` 的文字超过一个单元格能放的 {limit} 个字符；请在文件里改短",
        "a text of the rule `{rule}` in `{file}` is longer than the {limit} characters a cell can hold; shorten it in the file",
    ),
}
"""What is wrong and what to do; `{parts}` are filled by whoever finds it."""
