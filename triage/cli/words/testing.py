"""What `test` says."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    "help-test": Text(
        "运行知识库自带的用例（*.cases.yaml），不一致的逐条列出，并说明规则是怎么得出来的。\n\n"
        "用例文件有错时列出错误，其余照常运行。全部用例都运行时，还对所有可能的来电查证：说不清不能省掉派人、必须成立的要求、"
        "不许让人做的事。",
        "Run the cases of a knowledge base (*.cases.yaml) and show every difference with how the rules came to it.\n\n"
        "Mistakes in case files are listed, and the other cases run all the same. With all cases the laws are checked too, over "
        "every possible call: unknown never spares a visit, the invariants, nothing forbidden is instructed.",
    ),
    "help-test-more": Text(
        "例：triage test power · triage test power --tag A10 · triage test knowledge/power/cases/meter.cases.yaml:13 · "
        "triage test power --changed · triage test power --format junit -o report.xml。"
        "同样的用例也可以用 pytest 运行：pytest knowledge/。有用例不通过时退出码 1，用例文件有错时 3。",
        "Examples: triage test power · triage test power --tag A10 · triage test knowledge/power/cases/meter.cases.yaml:13 · "
        "triage test power --changed · triage test power --format junit -o report.xml. "
        "pytest runs the same cases: pytest knowledge/. Exit code 1 when a case fails, 3 when a case file has mistakes.",
    ),
    "help-test-base": Text(
        "知识库（文件夹或附带知识库的名字，默认 knowledge/power），或其中的一个用例文件，可以带行号：只运行那里的用例。",
        "A knowledge base (a folder, or the name of a shipped base; default knowledge/power), or one of its case files, also "
        "with a line: then only the cases there.",
    ),
    "help-tag": Text("只运行有这个标签的用例，可重复。", "Only cases with this tag; may be repeated."),
    "help-name": Text("只运行名称里有这些字的用例。", "Only cases whose name holds this text."),
    "help-path": Text(
        "只运行这个文件或文件夹里的用例，可以带行号（文件:行），可重复。",
        "Only cases in this file or folder, also with a line (FILE:LINE); may be repeated.",
    ),
    "help-changed": Text(
        "只运行受改动影响的用例：与 git 里的 HEAD 相比，新写或改写过的用例，以及结论、提问或话术可能变得不同的用例。"
        "这是对照新旧两版规则精确算出来的，不看改了哪些文件；改了事实、问题或不可能的组合时，运行全部用例。",
        "Only cases that the changes since git's HEAD affect: those new or rewritten, and those on whose calls something can be "
        "concluded, asked or said otherwise. Worked out by comparing the rules before and now, not by which files changed; where "
        "facts, questions or impossible combinations changed, all cases run.",
    ),
    "help-changed-since": Text(
        "同 --changed，但与这个版本（分支、标签、提交）相比。", "As --changed, but since this revision (a branch, tag or commit)."
    ),
    "help-fail-fast": Text("遇到第一个不通过的用例就停。", "Stop at the first case that fails."),
    "help-verbose": Text("通过的用例也列出，不通过的都写全。", "Show the cases that pass, too, and every failure in full."),
    "help-test-format": Text(
        "输出格式：terminal（默认）、json、junit（CI 用的测试报告）。",
        "Output format: terminal (default), json, or junit, the test report CI services read.",
    ),
    "help-test-output": Text(
        "把结果写到这个文件，屏幕上只留一句总结。", "Write the result to this file; the screen gets the summary."
    ),
    "test-none": Text("知识库没有用例。", "The knowledge base has no cases."),
    "test-none-chosen": Text("没有符合条件的用例（共 {total} 个）。", "No case was chosen (of {total})."),
    "test-none-affected": Text(
        "与 {revision} 相比的改动不影响任何用例（共 {total} 个）。", "What changed since {revision} affects no case (of {total})."
    ),
    "test-affected": Text(
        "与 {revision} 相比的改动影响 {chosen} 个用例（共 {total} 个）",
        "changes since {revision} affect {chosen} of {total} cases",
    ),
    "test-no-base-then": Text(
        "{revision} 里没有这个知识库，运行全部用例", "the base was not there at {revision}: all cases are run"
    ),
    "test-base-broken-then": Text(
        "{revision} 里的知识库有错误（{count} 个），无从比较，运行全部用例",
        "the base at {revision} has mistakes ({count}), so nothing can be compared: all cases are run",
    ),
    "test-folder": Text("知识库：{folder}", "base: {folder}"),
    "test-running": Text("运行用例", "running cases"),
    "test-problems": Text(
        "用例文件里的错误：{count} 个；有错的用例没有运行",
        "mistakes in case files: {count}; the cases they stand in were not run",
    ),
    "test-suggested": Text(
        "没有运行的建议用例：{count} 个，等着写期望", "suggested cases, not run: {count}; they wait for what to expect"
    ),
    "test-summary": Text(
        "{passed} 个通过，{failed} 个不通过（共 {total} 个用例）{left}", "{passed} passed, {failed} failed ({total} cases){left}"
    ),
    "test-one-failed": Text("1 个用例，没有通过{left}", "1 case, which failed{left}"),
    "test-all-passed": Text("{total} 个用例全部通过{left}", "all {total} cases passed{left}"),
    "test-one-passed": Text("1 个用例，通过{left}", "1 case passed{left}"),
    "test-none-run": Text("没有运行任何用例{left}", "no case was run{left}"),
    "test-left": Text("；另有{which}读不懂，没有运行", "; {which} could not be read and were not run"),
    "test-left-one": Text("；另有{which}读不懂，没有运行", "; {which} could not be read and was not run"),
    "test-left-cases": Text(" {count} 个", "{count} more"),
    "test-left-files": Text(" {files} 里的", "those in {files}"),
    "test-and": Text("和", " and "),
    "test-in-brief": Text(
        "前 {full} 个不通过的写全了，另外 {brief} 个只写一行；要看全：triage test 文件:行，或加 --verbose",
        "the first {full} failures are shown in full, {brief} more in one line each; for one in full: triage test FILE:LINE, for "
        "all: --verbose",
    ),
    "laws-hold": Text("对所有来电都成立的要求：全部成立", "laws over all calls: all hold"),
}
