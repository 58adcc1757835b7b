"""What `export` and `import` say."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    # export
    "help-export": Text(
        "把知识库写成别的程序用的格式：CLIPS 程序，Excel 工作簿。", "Write a base for other programs: CLIPS, Excel."
    ),
    "help-export-examples": Text(
        "例：triage export xlsx power -o power.xlsx · triage export clips power -o power.clp",
        "Examples: triage export xlsx power -o power.xlsx · triage export clips power -o power.clp",
    ),
    "help-export-clips": Text(
        "写成 CLIPS（6.30 以上）能运行的程序。\n\n断言一通电话，(run)，结论、起作用的规则、话术和矛盾都与 triage 相同。"
        "文件开头写着用法。",
        "Write a program that runs in CLIPS (6.30 or newer).\n\nAssert a call, (run): conclusions, winning rules, messages and "
        "contradictions are those of triage. The first lines of the file say how it is used.",
    ),
    "help-export-clips-examples": Text(
        "例：triage export clips power -o power.clp，然后 clips -f2 power.clp",
        "Example: triage export clips power -o power.clp, then clips -f2 power.clp",
    ),
    "help-export-clp": Text("写到哪个文件；不写就写到标准输出。", "The file to write; standard output without it."),
    "help-export-xlsx": Text(
        "写成 Excel 工作簿：一个规则文件一张表，一条规则一行。\n\n"
        "第一张表写着怎么改、怎么写；值有下拉列表。改完用 triage import xlsx 导回来。",
        "Write an Excel workbook: a sheet for each rule file, a row for each rule.\n\nThe first sheet says how to use it; values "
        "have drop-down lists. Changes come back with triage import xlsx.",
    ),
    "help-export-xlsx-examples": Text(
        "例：triage export xlsx power -o power.xlsx --file rules/meter.yaml",
        "Example: triage export xlsx power -o power.xlsx --file rules/meter.yaml",
    ),
    "help-export-output": Text(
        "写到哪个文件；不写就是当前文件夹下“知识库的名字.xlsx”。",
        "The file to write; without it, the base's name and .xlsx, here.",
    ),
    "help-export-file": Text(
        "只要这个规则文件；可重复。默认：所有规则文件。", "Only this rule file; may be repeated. Default: all of them."
    ),
    "help-export-overwrite": Text("文件已经有了也照写。", "Write over a file that is there already."),
    "export-clips-done": Text("已写出 {file}：{rules} 条规则。", "{file} written: {rules} rules."),
    "export-xlsx-done": Text("已写出 {file}：{count} 张规则表。", "{file} written; tables of rules: {count}."),
    "export-xlsx-next": Text(
        "改完看会变什么：triage import xlsx {file} {base}",
        "Change it, then see what would change: triage import xlsx {file} {base}",
    ),
    # import
    "help-import": Text("把在别的程序里改好的规则拿回知识库。", "Take rules that were changed elsewhere back into a base."),
    "help-import-examples": Text(
        "例：triage import xlsx power.xlsx power，看过之后 triage import xlsx power.xlsx power --write",
        "Example: triage import xlsx power.xlsx power, and once you have looked: triage import xlsx power.xlsx power --write",
    ),
    "help-import-xlsx": Text(
        "导入改过的 Excel 工作簿。\n\n先列出要增加、改动、删除的规则，加 --write 才写入。"
        "写错的按工作表和单元格全部列出，什么也不写。没改过的规则在文件里一个字不变，注释也在。",
        "Take over a workbook that was changed.\n\nLists the rules to be added, changed and removed; nothing is written without "
        "--write. Mistakes are all listed by sheet and cell, and then nothing is written either. Rules you did not change stay "
        "in the files to the letter, comments too.",
    ),
    "help-import-xlsx-examples": Text(
        "例：triage import xlsx power.xlsx power --write && triage test power",
        "Example: triage import xlsx power.xlsx power --write && triage test power",
    ),
    "help-import-book": Text("triage export xlsx 写出、又改过的工作簿。", "A workbook from triage export xlsx, changed."),
    "help-import-write": Text("写入知识库的文件。", "Write the files of the base."),
    "help-import-overwrite": Text(
        "导出之后文件里也改过的规则，以工作簿为准。",
        "For rules that were changed in the files too since the export, the workbook counts.",
    ),
    "import-added": Text("＋ {rule}{place}", "+ {rule}{place}"),
    "import-changed": Text("～ {rule}{place}", "~ {rule}{place}"),
    "import-renamed": Text("～ {rule}{place}（改名）", "~ {rule}{place} (renamed)"),
    "import-removed": Text("－ {rule}", "- {rule}"),
    "import-kept": Text(
        "＝ {rule}{place}：导出之后文件里改过，工作簿里没有改，保持文件里的样子",
        "= {rule}{place}: changed in the file since the export and not in the workbook; the file stays as it is",
    ),
    "import-at": Text("（{cell}）", " ({cell})"),
    "import-empty": Text("（空）", "(empty)"),
    "import-ignored": Text("工作表“{sheet}”不是规则表，没有读。", "The sheet “{sheet}” is no table of rules and was not read."),
    "import-left-out": Text("工作簿里没有这些文件，保持不变：{files}", "Not in the workbook, and left as they are: {files}"),
    "import-cases": Text(
        "这样改之后，用例里有 {count} 处对不上，请改用例：", "With this, cases no longer fit in {count} places; change them:"
    ),
    "import-summary": Text(
        "{files} 个文件：增加 {added} 条，改动 {changed} 条，改名 {renamed} 条，删除 {removed} 条。",
        "Files: {files}. Rules: {added} added, {changed} changed, {renamed} renamed, {removed} removed.",
    ),
    "import-nothing": Text("没有要改的。", "Nothing to change."),
    "import-dry": Text("还没有写入；确认后加 --write。", "Nothing has been written; add --write to do so."),
    "import-written": Text("已写入 {file}", "{file} written"),
    "import-next": Text(
        "接着跑 triage test {base}；再改之前请重新导出。", "Now run triage test {base}; export anew before you change more."
    ),
}
