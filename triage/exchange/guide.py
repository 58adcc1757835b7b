"""The first sheet of a workbook: how the tables are used, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from triage.exchange.tables import Table
from triage.model import KnowledgeBase

__all__ = ["Style", "guide_lines"]

Style = Literal["title", "section", "plain", "code", "cell"]
"""Of `triage.exchange.looks`."""

_STEPS = (
    (
        "每张表是一个规则文件，每一行是一条规则：同一行的条件都成立，就得出这一行的结论。",
        "Every sheet is a rule file, every row a rule: where all conditions of a row hold, its conclusions follow.",
    ),
    (
        "单元格里写值的名字（英文），下拉列表里有；意思见“取值”表，或把鼠标停在第 3 行的列名上。空着就是不管它。",
        "Cells hold the names of values; the drop-down lists have them. What they mean stands on the sheet of values, and where "
        "the pointer rests on row 3. An empty cell: it does not matter.",
    ),
    (
        "可以改单元格，在表里任何地方插入或删除一行，按任意列排序、筛选。新规则的名字用小写字母、数字和 -。",
        "Change cells, insert or delete rows anywhere, sort and filter as you like. Names of new rules: small letters, digits "
        "and -.",
    ),
    (
        "要多看一个事实，就插入一列，在第 2 行写 `if 事实名`；多得一个结论，写 `then 推断名`。名字见“事实”表。",
        "To look at another fact, insert a column and write `if` and the fact's name into row 2; for another conclusion, `then` "
        "and the inferred fact's name. The sheet of facts has the names.",
    ),
    (
        "不要合并单元格，不要改第 1～3 行里已有的字，也不要用公式。几条规则都可能成立时，优先级大的算数。",
        "Do not merge cells, do not change what stands in rows 1 to 3, and use no formulas. Where several rules hold, the one "
        "with the highest priority counts.",
    ),
    (
        "保存后先看会改什么：`triage import xlsx 文件.xlsx 知识库`；确认了再加 `--write`。写错的会指出是哪张表、哪个单元格。",
        "Save, then see what would change: `triage import xlsx FILE.xlsx BASE`; if it is what you meant, add `--write`. Mistakes "
        "are reported by sheet and cell.",
    ),
    (
        "导入之后请跑 `triage test 知识库`，再重新导出一份接着改。没改过的规则在文件里一个字都不会变。",
        "After importing run `triage test BASE`, and export anew before you go on. In the files, rules you did not change stay "
        "as they are to the letter.",
    ),
)

_NOTATION = (
    ("zero", "等于这个值", "has this value"),
    ("zero | low", "是其中一个值", "has one of these values"),
    ("not zero", "是别的值（说不清不算）", "has any other value (`unknown` does not count)"),
    ("not zero | low", "不是这几个值中的任何一个", "has none of these values, and is known"),
    ("unknown", "问了，但说不清（只有写出来才算）", "asked, but not told (counts only where it is written)"),
    ("meter @ 70", "结论；只有这一个结论用优先级 70", "a conclusion; this one alone has priority 70"),
    (
        "any: [{breaker: tripped}, {reclose: trips_again}]",
        "“if any/all/not”列：写法与 YAML 文件相同；any 至少一个成立，all 都成立，not 不成立",
        "column “if any/all/not”, written as in the YAML files: any: at least one holds; all: all hold; not: does not hold",
    ),
)


def guide_lines(knowledge: KnowledgeBase, sheets: Mapping[str, Table]) -> Iterator[tuple[Style, tuple[str, ...]]]:
    """What stands on the sheet, row by row: how it looks, and the texts of its cells.

    Args:
        sheets: The tables, by the titles of their sheets.
    """
    identity = knowledge.identity
    yield "title", (f"{identity.title.zh} · {identity.title.en}",)
    yield "plain", ("知识库 / base", f"{identity.id} · {identity.version}", knowledge.digest)
    yield "plain", ("",)
    yield "section", ("怎么用 / how to use it", "中文", "English")
    for number, (zh, en) in enumerate(_STEPS, start=1):
        yield "cell", (f"{number}", zh, en)
    yield "plain", ("",)
    yield "section", ("单元格里怎么写 / what to write", "意思", "meaning")
    for texts in _NOTATION:
        yield "code", texts
    yield "plain", ("",)
    yield "section", ("工作表 / sheet", "规则文件 / rule file", "规则数 / rules")
    for title, table in sheets.items():
        yield "cell", (title, table.file, str(len(table.rows)))
