"""What `new`, `schema`, `fmt` and `watch` say."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    # new
    "help-new": Text(
        "开个头：新的知识库、事实、规则。\n\n加进去的都能读入，要您写的地方都有“待写”字样；别的内容一个字不动。",
        "Make a beginning: a base, a fact, a rule.\n\nWhat is added can be loaded, what you have to write is marked TO WRITE, "
        "and everything else stays as it was, to the byte.",
    ),
    "help-new-examples": Text(
        "例：triage new base kitchen · triage new fact kitchen smell --values none,burnt · "
        "triage new rule kitchen burnt-smell-comes-first --when smell=burnt --then action=dispatch_now --priority 85",
        "Examples: triage new base kitchen · triage new fact kitchen smell --values none,burnt · "
        "triage new rule kitchen burnt-smell-comes-first --when smell=burnt --then action=dispatch_now --priority 85",
    ),
    "help-new-base": Text(
        "建一个小而完整的知识库。\n\n事实和问法、规则、话术、必须成立的要求、用例，每处都有中英文说明，一建好就能跑 triage test。"
        "内容是示例，照着写您自己的。",
        "Make a small, sound base.\n\nFacts with questions, rules, messages, what must hold, cases; with comments in both "
        "languages. `triage test` passes at once. What it says is an example: write your own beside it.",
    ),
    "help-new-folder": Text(
        "文件夹，也可以只写名字；当前文件夹下有 knowledge/ 就建在那里。文件夹的名字就是知识库的 id。",
        "The folder, or just a name: it goes into knowledge/ where there is one. The folder's name is the base's id.",
    ),
    "help-new-fact": Text(
        "加一个事实和问它的问题，名字相同。\n\n随后写上给人看的文字和出处，再写读它的规则。",
        "Add a fact, and the question for it by the same name.\n\nThen write what people read, the source, and a rule for it.",
    ),
    "help-new-fact-examples": Text(
        "例：triage new fact power neighbours_lights --values flare_too,steady --applies-when voltage_sign=flare_and_dim "
        "--applies-when appliances_burnt=this_home --file facts/supply.yaml",
        "Example: triage new fact power neighbours_lights --values flare_too,steady --applies-when voltage_sign=flare_and_dim "
        "--applies-when appliances_burnt=this_home --file facts/supply.yaml",
    ),
    "help-new-fact-id": Text("事实的名字，例如 neighbours_lights。", "The fact's name, such as neighbours_lights."),
    "help-new-values": Text(
        "它的值，用逗号隔开；`unknown` 不用写。", "Its values, with commas between; `unknown` goes without saying."
    ),
    "help-new-gate": Text(
        "适用条件：别的事实取这些值时才问、才算数，可重复；几个值用逗号隔开。不写就通通电话都可能问，已有的用例多半要跟着改。",
        "A gate: it is asked and counts only where another fact has this value; may be repeated; several values with commas "
        "between. Without one it may be asked on every call, and many cases will want changing.",
    ),
    "help-new-rule": Text(
        "加一条规则和一个用例，用例先不通过。\n\n规则里有一行使它永远不成立，写好理由和出处后删掉那一行，用例就通过。"
        "用例里的来电是满足条件的最小的一通（连同“适用条件”），由程序算出。",
        "Add a rule, and a case that fails at first.\n\nOne line keeps the rule from ever firing. Write why and where it is "
        "written, delete that line, and the case passes. The call in the case is the smallest one that fulfils the conditions, "
        "gates included.",
    ),
    "help-new-rule-examples": Text(
        "例：triage new rule power neighbours-lights-flare-too --when neighbours_lights=flare_too "
        "--then situation=neutral_broken --priority 65 --file rules/voltage.yaml",
        "Example: triage new rule power neighbours-lights-flare-too --when neighbours_lights=flare_too "
        "--then situation=neutral_broken --priority 65 --file rules/voltage.yaml",
    ),
    "help-new-rule-id": Text("规则的名字，例如 burnt-smell-indoors。", "The rule's name, such as burnt-smell-indoors."),
    "help-new-when": Text(
        "条件，可重复；几个值用逗号隔开。不写就留给您写。",
        "A condition; may be repeated; several values with commas between. Left to you if not given.",
    ),
    "help-new-then": Text(
        "结论，可重复。不写就先取默认值。", "A conclusion; may be repeated. The default, so far, if not given."
    ),
    "help-new-priority": Text("优先级，0–1000。", "The priority, 0 to 1000."),
    "help-new-file": Text(
        "写进哪个文件（从知识库的文件夹算起）；默认：已有的那个，有几个就新建 new.yaml。",
        "The file to write to, from the base's folder; by default the one there is, or new.yaml where there are several.",
    ),
    "help-new-cases": Text(
        "用例写进哪个文件；默认：和规则同名的那个。", "The file for the case; by default the one named like the rule's."
    ),
    "help-new-of": Text("知识库：文件夹，或 knowledge/ 下的名字。", "The base: a folder, or a name in knowledge/."),
    "new-base-done": Text("建好了知识库 {folder}（{count} 个文件）", "made the base {folder} ({count} files)"),
    "new-base-next": Text(
        "接下来：triage test {folder} · triage ask {folder} · 改着试：triage watch {folder}",
        "Next: triage test {folder} · triage ask {folder} · and while you write: triage watch {folder}",
    ),
    "new-fact": Text("{place}：事实 {name}", "{place}: the fact {name}"),
    "new-question": Text("{place}：问题 {name}", "{place}: the question {name}"),
    "new-rule": Text("{place}：规则 {name}", "{place}: the rule {name}"),
    "new-case": Text("{place}：用例，期望 {name} 起作用", "{place}: a case that expects {name} to fire"),
    "new-fact-ungated": Text(
        "注意：{name} 没有适用条件，读它的规则一写好，通通电话都可能要问，已有的用例多半会不通过。只在某种情况下才问的，"
        "在它下面写 applies_when: {{事实: 值}}",
        "Note: {name} has no gate, so once a rule reads it, it may be asked on every call, and many cases will fail. If it is "
        "for some calls only, write applies_when: {{fact: value}} below it",
    ),
    "new-fact-next": Text(
        "接下来：把“待写”的地方写好；再写读它的规则，例如 triage new rule {base} ID --when {name}={value}",
        "Next: write what is marked TO WRITE, then a rule that reads it: triage new rule {base} ID --when {name}={value}",
    ),
    "new-rule-next": Text(
        "用例现在不通过：triage test {base} --name {name}。写好“待写”的地方，删掉规则里标明的那一行，它就该通过了。",
        "The case fails for now: triage test {base} --name {name}. Write what is marked TO WRITE, delete the line marked in the "
        "rule, and it should pass.",
    ),
    "new-form": Text(
        "{option} 要写成 事实=值，例如 {option} {example}，不能是 `{given}`",
        "{option} takes fact=value, such as {option} {example}, not `{given}`",
    ),
    "new-twice": Text(
        "{option}：`{fact}` 写了两次；几个值用逗号隔开",
        "{option}: `{fact}` is given twice; put several values in one, with commas",
    ),
    "not-yours": Text(
        "`{name}` 是随软件附带的知识库，不在当前文件夹里，不能改；请给出您自己的文件夹",
        "`{name}` is shipped with the software and not in the current folder, so it is not changed; name a folder of your own",
    ),
    # schema
    "help-schema": Text(
        "给编辑器用的 JSON Schema。\n\n写知识文件、用例时补全名字和值，标出写错的地方，鼠标停上去看说明。"
        "不给 BASE 是一般的格式；给了 BASE，它的事实、值、规则、话术都能补全（名字增减后再运行一次，"
        "或用 triage watch --schema）。",
        "JSON Schema for editors.\n\nIt completes names and values in knowledge and case files, marks mistakes, explains on "
        "hover. Without BASE the general format; with BASE its own facts, values, rules and messages (run it again when "
        "names change, or use triage watch --schema).",
    ),
    "help-schema-examples": Text(
        "例：triage schema vscode power 写好两个文件，并告诉您 VS Code（装 YAML 扩展）怎样设置 · "
        "triage schema cases power -o cases.schema.json · triage schema knowledge",
        "Examples: triage schema vscode power writes both files and says what VS Code (with its YAML extension) has to be told · "
        "triage schema cases power -o cases.schema.json · triage schema knowledge",
    ),
    "help-schema-kind": Text(
        "knowledge 知识文件 · cases 用例文件 · vscode 两个都写进 .vscode/，并说怎样设置。",
        "`knowledge` files, `cases` files, or `vscode`: both, written to .vscode/, with the settings.",
    ),
    "help-schema-base": Text(
        "补全哪个知识库的名字；默认不补全，vscode 默认 power。",
        "The base whose names to complete; none by default, power for vscode.",
    ),
    "help-schema-output": Text(
        "写到这个文件；vscode 则是文件夹，默认 .vscode。", "Write to this file; for vscode a folder, .vscode by default."
    ),
    "schema-written": Text("写好了 {file}", "wrote {file}"),
    "schema-line": Text("单独一个文件要用它，把这一行放在文件开头：", "For a single file, put this line at its top:"),
    "schema-settings": Text(
        "在 {file} 里写上（要装 Red Hat 的 YAML 扩展）：", "Put this into {file} (with Red Hat's YAML extension installed):"
    ),
    # fmt
    "help-fmt": Text(
        "把知识文件和用例文件整理成一种样子。\n\n管的是缩进、空格、空行、行尾。字句、次序、引号、注释和长行都不动；意思不变才写回，"
        "读不懂的文件只报告，不动它。",
        "Bring knowledge and case files into one layout.\n\nIt sees to indentation, blanks, blank lines, line ends. "
        "Words, order, quotes, comments and long lines stay. A file is written only if it says the same as before; one that "
        "cannot be read is reported and left.",
    ),
    "help-fmt-examples": Text(
        "例：triage fmt power · triage fmt knowledge/power/rules/meter.yaml · "
        "triage fmt --check（在 CI 里：没整理好的退出码为 1）",
        "Examples: triage fmt power · triage fmt knowledge/power/rules/meter.yaml · "
        "triage fmt --check (in CI: code 1 if a file is not in its layout)",
    ),
    "help-fmt-paths": Text(
        "知识库、文件夹或文件，可以几个；默认 knowledge/power。", "Bases, folders or files; knowledge/power by default."
    ),
    "help-fmt-check": Text("只看不写；有没整理好的，退出码为 1。", "Write nothing; exit 1 if a file is not in its layout."),
    "help-fmt-diff": Text(
        "只看不写，列出会改哪些行；有没整理好的，退出码为 1。",
        "Write nothing, show the lines that would change; exit 1 if there are any.",
    ),
    "fmt-done": Text("整理了 {file}", "laid out {file}"),
    "fmt-would": Text("没有整理 {file}", "not in its layout: {file}"),
    "fmt-summary": Text("整理了 {changed} 个文件，另外 {fine} 个本来就好", "laid out: {changed}; fine before: {fine}"),
    "fmt-summary-check": Text(
        "没有整理的文件：{changed} 个，另外 {fine} 个是好的", "not in their layout: {changed}; fine: {fine}"
    ),
    "fmt-fine": Text("{fine} 个文件都是整理好的", "in their layout: all {fine} files"),
    "fmt-broken": Text("有错误、没有动的文件：{count} 个", "left alone because of mistakes: {count}"),
    "fmt-not-yaml": Text("`{file}` 不是 `.yaml` 文件", "`{file}` is no `.yaml` file"),
    # watch
    "help-watch": Text(
        "守着一个知识库，每次保存都看一遍。\n\n每次都重新读入，跑会受影响的用例，查全部来电，只说有什么变化。"
        "写了一半也不要紧。按 Ctrl-C 结束。",
        "Stay with a base while you write.\n\nAt every save it is loaded again, the cases that can go otherwise are run, "
        "all calls are checked, and what has changed is told. Half-written files do no harm. Ctrl-C ends it.",
    ),
    "help-watch-examples": Text(
        "例：triage watch power · triage watch power --schema .vscode（顺便更新编辑器用的 JSON Schema）",
        "Examples: triage watch power · triage watch power --schema .vscode (keeps the editor's JSON Schema up to date)",
    ),
    "help-watch-schema": Text(
        "每当名字或文字变了，就把 JSON Schema 写进这个文件夹，见 triage schema。",
        "Write the JSON Schema into this folder whenever names or texts change; see triage schema.",
    ),
    "watch-title": Text("{folder} {version}", "{folder} {version}"),
    "watch-broken": Text(
        "有 {count} 处错误，改好以后再跑用例、再检查", "mistakes: {count}; cases and checks wait until they are mended"
    ),
    "watch-left-out": Text(
        "用例文件有 {count} 处错误，有关的用例没有跑", "mistakes in case files: {count}; the cases they are in were left out"
    ),
    "watch-torn": Text("{file} 的 YAML 有错，里面的用例一条也没有跑", "{file} is not sound YAML: none of its cases was run"),
    "watch-failing": Text("不通过 {case}", "fails: {case}"),
    "watch-mended": Text("通过了 {case}", "passes again: {case}"),
    "watch-still": Text("仍不通过 {case}", "still fails: {case}"),
    "watch-difference": Text("    {text}", "    {text}"),
    "watch-more": Text("    ……还有 {count} 个", "    … and {count} more"),
    "watch-cases": Text(
        "用例：{passed}/{total} 通过，这次跑了 {ran} 个", "cases: {passed} of {total} pass; run this time: {ran}"
    ),
    "watch-checking": Text("正在检查所有可能的来电……", "checking all calls …"),
    "watch-looking": Text("正在读入、跑用例……", "loading, running cases …"),
    "watch-saved": Text("{file} 改了", "changed: {file}"),
    "watch-saved-more": Text("{file} 等 {count} 个文件改了", "changed: {file} and others, {count} files in all"),
    "watch-notes": Text(
        "检查：{errors} 个错误，{warnings} 个警告，{notes} 个提示（triage check {folder} 逐条列出）",
        "checks: errors {errors}, warnings {warnings}, notes {notes} (triage check {folder} shows them)",
    ),
    "watch-checks": Text(
        "检查：{errors} 个错误，{warnings} 个警告，{notes} 个提示；新的 {new} 个，没有了的 {gone} 个",
        "checks: errors {errors}, warnings {warnings}, notes {notes}; new {new}, gone {gone}",
    ),
    "watch-waiting": Text("等您保存（Ctrl-C 结束）", "waiting for a save (Ctrl-C ends)"),
    "watch-stopped": Text("不再守着了", "Stopped watching"),
}
