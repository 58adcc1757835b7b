"""What the YAML parser complains about, in words for people who do not program."""

from __future__ import annotations

import re

import yaml

from triage.loading.mistakes import Report
from triage.model import Place, Text

__all__ = ["report_syntax"]

_NO_DIRECTIVES = Text(
    "不使用以 `%` 开头的指令；请删掉这一行", "directives (`%` at the start of a line) are not used; delete the line"
)

_COMPLAINTS: tuple[tuple[str, Text], ...] = (
    (
        "mapping values are not allowed",
        Text(
            "这里不该出现冒号；文字里有“: ”时请给整段文字加引号，或检查上一行和这一行的缩进",
            "a colon stands where none may; put text that holds `: ` in quotes, or check the indentation",
        ),
    ),
    (
        "block sequence entries are not allowed",
        Text("`- ` 不能写在这里；请另起一行", "`- ` may not stand here; start a new line for it"),
    ),
    (
        "mapping keys are not allowed",
        Text("不使用 `? ` 开头的写法；文字请加引号", "`? ` at the start is not used; put text in quotes"),
    ),
    (
        "could not find expected ':'",
        Text("这里少了冒号加空格（`: `）", "a colon followed by a space (`: `) is missing"),
    ),
    (
        "tab character",
        Text("这里用了 Tab；缩进请用空格", "a tab stands here; indent with spaces"),
    ),
    (
        "cannot start any token",
        Text(
            "这里的字符不能放在开头；缩进请用空格（不用 Tab），以 `@`、`%` 或反引号开头的文字请加引号",
            "this character cannot stand first; indent with spaces, not tabs, and put text that starts with `@`, `%` "
            "or a backtick in quotes",
        ),
    ),
    ("directive", _NO_DIRECTIVES),
    ("incompatible YAML document", _NO_DIRECTIVES),
    (
        "expected <document start>",
        Text("文件在上一行就结束了；请把 `...` 删掉", "the file has ended on the line before; delete the `...`"),
    ),
    (
        "end of stream",
        Text("从这里开始的引号没有结束；请补上另一半引号", "the quotation mark that opens here is never closed; close it"),
    ),
    (
        "document indicator",
        Text("从这里开始的引号没有结束；请补上另一半引号", "the quotation mark that opens here is never closed; close it"),
    ),
    (
        "did not find expected ',' or",
        Text(
            "这里之前应该有逗号或右括号；请检查括号和逗号，文字里有 `{`、`}`、`[`、`]` 时请给整段文字加引号",
            "a comma or closing bracket is missing before this; check brackets and commas, and put text that holds "
            "brackets or braces in quotes",
        ),
    ),
    (
        "did not find expected key",
        Text("这里应该是 `名字: 内容`；请检查缩进", "`name: content` is expected here; check the indentation"),
    ),
    (
        "did not find expected '-' indicator",
        Text("这里应该是以 `- ` 开头的一项；请检查缩进", "an entry starting with `- ` is expected here; check the indentation"),
    ),
    (
        "did not find expected node content",
        Text(
            "这里应该有内容，不该是逗号或右括号；请删掉多余的符号，以它开头的文字请加引号",
            "content is expected here, not a comma or closing bracket; delete it, or put text that starts with it in quotes",
        ),
    ),
    (
        "alphabetic or numeric character",
        Text("以 `*` 或 `&` 开头的文字请加引号", "put text that starts with `*` or `&` in quotes"),
    ),
    (
        "a block scalar",
        Text(
            "`|` 或 `>` 后面要另起一行写文字；以它们开头的文字请加引号",
            "text goes on the line after `|` or `>`; put text that starts with one of them in quotes",
        ),
    ),
    (
        "parsing a quoted scalar",
        Text("双引号里的反斜杠用法不对；请改用单引号", "a backslash in double quotes means something else; use single quotes"),
    ),
    (
        "a tag",
        Text("不使用以 `!` 开头的标签；文字请加引号", "tags that start with `!` are not used; put text in quotes"),
    ),
    (
        "undefined tag handle",
        Text("不使用以 `!` 开头的标签；文字请加引号", "tags that start with `!` are not used; put text in quotes"),
    ),
)
"""What the parser says (a part of it) and what we say instead. The first that fits is used."""

_UNCLOSED = Text(
    "从这里开始的括号没有结束，或者里面少了逗号；请补上",
    "the bracket that opens here is never closed, or a comma is missing in it; add what is missing",
)
_BRACKETS = ("did not find expected node content", "did not find expected ',' or")

_FULL_WIDTH = re.compile("[：，]")


def report_syntax(file: str, text: str, error: yaml.MarkedYAMLError, report: Report) -> None:
    """Report what stopped the parser, where the author can mend it: a quotation mark or bracket never closed where it opens."""
    said = f"{error.context or ''}: {error.problem or '?'}".removeprefix(": ")
    mark = error.problem_mark or error.context_mark
    if error.context_mark and ("end of stream" in said or "document indicator" in said):
        mark = error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    why = next((words for key, words in _COMPLAINTS if key in said), None)
    bracket = _open_bracket(text, mark) if mark and any(key in said for key in _BRACKETS) else None
    if bracket is not None and bracket[0] < line:
        why, (line, column) = _UNCLOSED, bracket
    if why is None:
        why = Text(f"请检查缩进、引号和括号（{said}）", f"check indentation, quotes and brackets ({said})")
    lines = re.split(r"\r\n|\r|\n", text)
    nearby = "\n".join(lines[max(0, line - 1) : line + 1])
    if _FULL_WIDTH.search(nearby):
        why = Text(
            why.zh + "；附近有中文的“：”或“，”，YAML 只认英文的",
            why.en + "; a full-width `：` or `，` stands nearby, and YAML only knows the ordinary ones",
        )
    report.add("syntax", Place(file, line + 1, column + 1), why=why)


def _open_bracket(text: str, until: yaml.Mark) -> tuple[int, int] | None:
    """Line and column, from 0, of the innermost bracket that is open at a mark; None where none is."""
    opened: list[tuple[int, int]] = []
    try:
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            mark = token.start_mark
            if (mark.line, mark.column) >= (until.line, until.column):
                break
            if isinstance(token, yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken):
                opened.append((mark.line, mark.column))
            elif isinstance(token, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken) and opened:
                opened.pop()
    except yaml.MarkedYAMLError:
        pass
    return opened[-1] if opened else None
