"""What `check`, `coverage`, `mutate` and `diff` say."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    # check
    "help-check": Text(
        "检查整个知识库：读入的错误，以及对所有可能的来电逐一证明的问题——结论冲突、永远不成立或总被压过的规则、"
        "没有用的事实和问题、"
        "说晚了的安全提醒、说不清反而省掉派人……每一条都举一通最小的来电，并经 experta 重放。",
        "Check a whole knowledge base: mistakes found by reading it, and what is proved over all possible calls: conflicts, "
        "rules "
        "that never fire or are always pre-empted, facts and questions that never matter, alerts that come late, unknown that "
        "spares a visit, and more. Every finding has a smallest example call, replayed through experta.",
    ),
    "help-check-examples": Text(
        "例：triage check power · triage check power --explain dead-rule · triage check power --format sarif -o check.sarif。"
        "没有发现（或只有提示）时退出码 0，有错误或警告时 1。",
        "Examples: triage check power · triage check power --explain dead-rule · triage check power --format sarif -o "
        "check.sarif. "
        "Exit code 0 without errors and warnings, else 1.",
    ),
    "help-format": Text("输出格式。", "Output format."),
    "help-output": Text("写到这个文件，不写到屏幕。", "Write to this file instead of the screen."),
    "help-fail-on": Text(
        "从哪一级起算不通过：error（错误）、warning（警告，默认）、note（提示）。",
        "From which grade on the check fails: error, warning (default), note.",
    ),
    "help-explain-kind": Text(
        "讲解一种问题，例如 dead-rule，或读入时的错误 unknown-fact（loading：全部）；不检查。",
        "Explain a kind of finding, such as dead-rule, or a mistake such as unknown-fact (loading: all of them), and stop.",
    ),
    "grade-error": Text("错误", "error"),
    "grade-warning": Text("警告", "warning"),
    "grade-note": Text("提示", "note"),
    "finding": Text("{where}{grade}：{text}   [{kind}]", "{where}{grade}: {text}   [{kind}]"),
    "finding-example": Text("  例如 {call}", "  on {call}"),
    "finding-at-once": Text("  例如什么都还没说的时候", "  with nothing told yet"),
    "check-clean": Text(
        "没有发现问题（{rules} 条规则，所有可能的来电都查过）",
        "nothing found ({rules} rules, all possible calls looked at)",
    ),
    "check-summary": Text(
        "{errors} 个错误，{warnings} 个警告，{notes} 个提示（{rules} 条规则，所有可能的来电都查过）；"
        "`triage check --explain KIND` 讲解一种问题",
        "errors: {errors}, warnings: {warnings}, notes: {notes} ({rules} rules, all possible calls looked at); "
        "`triage check --explain KIND` explains a kind",
    ),
    "check-unread": Text(
        "{count} 个错误，知识库读不进来，没有再往下查", "errors: {count}; the base cannot be read, so nothing else was checked"
    ),
    "check-inexact": Text("规则库过大，没有查所有的来电", "the base is too large: not all calls were looked at"),
    # coverage
    "help-coverage": Text(
        "用例覆盖了什么：每条规则起作用和不起作用、每个条件成立和不成立各一次且影响结果（MC/DC）、每个结论、话术、问题。"
        "任何来电都到不了的，证明后不计入分母。",
        "What the cases cover: every rule fired and silent, every condition seen both ways with effect (MC/DC on the chained "
        "base), "
        "every value, message and question. What no call can reach is proved so and left out of the denominator.",
    ),
    "help-coverage-examples": Text(
        "例：triage coverage power --fail-under 95 · triage coverage power --html coverage.html · triage coverage power "
        "--suggest 5。",
        "Examples: triage coverage power --fail-under 95 · triage coverage power --html coverage.html · "
        "triage coverage power --suggest 5.",
    ),
    "help-fail-under": Text(
        "低于这个百分比时退出码为 1（精确比较，不四舍五入）。", "Exit 1 below this percentage (compared exactly, never rounded)."
    ),
    "help-suggest": Text(
        "为没有覆盖到的写出这么多条用例草稿（`suggested: true`，不计数，写好期望后删掉这一行）。",
        "Write this many case stubs for what is not covered (`suggested: true`: not counted until you write what to expect and "
        "delete that line).",
    ),
    "help-unreachable": Text("列出任何来电都到不了的。", "List what no call can reach."),
    "help-html": Text("写一份 HTML 报告，规则按覆盖情况着色。", "Write an HTML report with the rules coloured."),
    "coverage-progress": Text("看用例覆盖了什么", "looking at what cases cover"),
    "coverage-failing": Text(
        "有 {count} 条用例现在不通过，仍按它们走到的地方计算覆盖：{places}（用 `triage test` 看原因）",
        "{count} cases fail as things are; what they run through counts all the same: {places} (`triage test` says why)",
    ),
    "mutate-failing": Text(
        "有 {count} 条用例现在就不通过，发现不了什么，没有用上：{places}（用 `triage test` 看原因）",
        "{count} cases fail as things are and can notice nothing; they were left out: {places} (`triage test` says why)",
    ),
    "coverage-rule": Text("规则", "rules"),
    "coverage-condition": Text("条件", "conditions"),
    "coverage-value": Text("结论", "values"),
    "coverage-message": Text("话术", "messages"),
    "coverage-question": Text("问题", "questions"),
    "coverage-line": Text("{what}：{share}（{covered}/{total}）{left}", "{what}: {share} ({covered}/{total}){left}"),
    "coverage-left": Text("，另有 {count} 项任何来电都到不了", ", {count} more that no call can reach"),
    "coverage-all": Text("合计：{share}（{covered}/{total}）", "in all: {share} ({covered}/{total})"),
    "coverage-missing": Text("没有用例覆盖到：", "no case reaches:"),
    "coverage-unreachable": Text(
        "任何来电都到不了（不计入）。其中的条件，规则的其余部分已经保证了：去掉它，如果 `triage diff` 说什么都没变，就是多余的：",
        "no call can reach (not counted). A condition among these is implied by what else is known: take it out, and if `triage "
        "diff` finds nothing changed it was needless:",
    ),
    "coverage-folded": Text(
        "任何来电都到不了的 {count} 项不计入（--unreachable 逐项列出）",
        "not counted, as no call can reach them: {count} (--unreachable lists them)",
    ),
    "coverage-item": Text("  {where}：{text}", "  {where}: {text}"),
    "coverage-more": Text("  ……还有 {count} 项（--format json 全部列出）", "  … and {count} more (--format json lists all)"),
    "coverage-below": Text("覆盖 {share}，低于 {wanted} %", "coverage {share} is below {wanted} %"),
    "suggested-none": Text("没有可建议的：来电能到的都覆盖到了", "nothing to suggest: whatever calls can reach is covered"),
    "suggested-name": Text("建议 {number}：{what}", "suggested {number}: {what}"),
    "suggested-comment": Text(
        "覆盖：{what}。看看这通来电该得出什么，写成 `{under}: {{{fact}: …}}`，再删掉 suggested。",
        "Covers: {what}. Decide what this call must come to, write it as `{under}: {{{fact}: …}}`, then delete `suggested`.",
    ),
    # mutate
    "help-mutate": Text(
        "用例能不能发现写错的规则？逐一种下小错（删规则，去掉、翻转条件，换值，对调优先级，改结论，删话术），看有没有用例失败。"
        "与原来完全等价的精确识别并剔除；没被发现的，给出能发现它的那通来电，可直接粘贴成用例。",
        "Would the cases notice a mistake? Plants small ones, one at a time (a rule deleted, a condition dropped or turned "
        "round, the "
        "next value, priorities swapped, another conclusion, a message dropped), and sees whether a case fails. Equivalent "
        "mutants "
        "are recognised exactly and left out; each survivor comes with the call that would kill it, ready to paste as a case.",
    ),
    "help-mutate-examples": Text(
        "例：triage mutate power · triage mutate power --rule card-meter-empty · triage mutate power --fail-under 95。",
        "Examples: triage mutate power · triage mutate power --rule card-meter-empty · triage mutate power --fail-under 95.",
    ),
    "help-mutate-rule": Text("只试这条规则或话术，可重复。", "Only this rule or message; may be repeated."),
    "help-most-shown": Text("最多列出几个没被发现的。", "How many survivors to show."),
    "mutate-progress": Text("种错试用例", "planting mistakes"),
    "mutate-summary": Text(
        "{total} 个小错：{killed} 个被用例发现，{survived} 个没有；另有 {equivalent} 个与原来完全等价、{refused} "
        "个读入时就会报错，不计入",
        "{total} mistakes planted: {killed} noticed by a case, {survived} not; {equivalent} are equivalent and {refused} would "
        "be "
        "refused by loading, and do not count",
    ),
    "mutate-score": Text("发现率 {score}", "mutation score {score}"),
    "mutate-none": Text("没有可试的小错", "nothing to plant a mistake in"),
    "mutate-survivor": Text("{where}：没有用例发现：{text}", "{where}: no case notices: {text}"),
    "mutate-paste": Text(
        "  能发现它的用例（期望是现在的结果，请核对后再粘贴）：",
        "  a case that would (it expects what comes out now: see that it is right):",
    ),
    "mutate-name": Text("待写：{what}", "TO WRITE: {what}"),
    "mutate-more": Text(
        "……还有 {count} 个没被发现（--show {all}，或 --format json）",
        "… and {count} more survivors (--show {all}, or --format json)",
    ),
    "mutate-below": Text("发现率 {score}，低于 {wanted} %", "mutation score {score} is below {wanted} %"),
    # diff
    "help-diff": Text(
        "两个版本差在哪里：精确到有多少种来电结论不同、占多少、从什么变成什么、由哪条规则引起，各举一通最小的来电。"
        "OLD、NEW 是文件夹，或 git 版本：main:knowledge/power。",
        "What differs between two versions, exactly: on how many calls the outcome changes, how often, from what to what, by "
        "which "
        "rules, with a smallest example each. OLD and NEW are folders, or git revisions such as main:knowledge/power.",
    ),
    "help-diff-examples": Text(
        "例：triage diff main:knowledge/power knowledge/power · triage diff HEAD~1:knowledge/power knowledge/power --format "
        "markdown。"
        "退出码：0 来电没有变化（或只改了文字），1 有变化。",
        "Examples: triage diff main:knowledge/power knowledge/power · triage diff HEAD~1:knowledge/power knowledge/power "
        "--format "
        "markdown. Exit code 0 where no call changes (or only texts do), 1 where some do.",
    ),
    "help-diff-old": Text("旧的：文件夹，或 REV:PATH。", "The old one: a folder, or REV:PATH."),
    "help-diff-new": Text("新的：文件夹，或 REV:PATH。", "The new one: a folder, or REV:PATH."),
    "help-diff-interviews": Text(
        "再比较要问几个问题（要多算几秒到几十秒）。",
        "Compare how long interviews get, too (takes some seconds to a minute more).",
    ),
    "help-diff-most": Text("每个结论最多列出几种变化。", "How many changes to show of each fact."),
}
