"""What `graph` and `handbook` say."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    # graph
    "help-graph": Text(
        "把知识库画成图：事实、规则、结论怎样连在一起；加 --interview 则画问答的走法。输出 SVG（浏览器打开，可打印）或 Mermaid"
        "（可贴进 Markdown）。\n\n"
        "默认：规则不单独画，箭头上的数字表示有几条规则这样用。太密时，用 --about 只看一个，或用 --file 只看一份规则。",
        "Draw a knowledge base: how facts, rules and conclusions hang together; with --interview, the tree of questions. SVG "
        "(opens in a browser, prints) or Mermaid (goes into Markdown).\n\n"
        "By default rules are no boxes of their own: the number on an arrow says how many rules do so. Where that is too much, "
        "--about shows the neighbourhood of one thing, --file one file of rules.",
    ),
    "help-graph-examples": Text(
        "例：triage graph power -o power.svg · triage graph --about situation --rules -o situation.svg · triage graph --file "
        "rules/meter.yaml --rules -o meter.svg · triage graph --interview --given complaint=no_power --given danger_signs= "
        "-o no_power.svg",
        "Examples: triage graph power -o power.svg · triage graph --about situation --rules -o situation.svg · triage graph "
        "--file rules/meter.yaml --rules -o meter.svg · triage graph --interview --given complaint=no_power --given "
        "danger_signs= -o no_power.svg",
    ),
    "help-graph-output": Text(
        "写到哪个文件；结尾是 .svg、.mmd、.mermaid 或 .md，就用哪种格式。默认写到标准输出。",
        "The file to write; its ending .svg, .mmd, .mermaid or .md says which format. Standard output by default.",
    ),
    "help-graph-format": Text(
        "格式；默认看文件名的结尾，没有文件名则为 svg。", "Format; by the file's ending, svg where there is no file."
    ),
    "help-graph-rules": Text("每条规则都画出来。", "Rules are boxes of their own."),
    "help-graph-gates": Text(
        "也画虚线：哪些事实决定别的事实适用不适用。", "Also draw, dashed, which facts decide whether others apply."
    ),
    "help-graph-conclusions": Text("只画结论之间的关系，不画事实。", "Only what is concluded, without the facts."),
    "help-graph-about": Text(
        "只画与它直接有关的：一个事实、问题、规则或结论的 id。",
        "Only what hangs on this directly: the id of a fact, question, rule or conclusion.",
    ),
    "help-graph-file": Text(
        "只画这份文件（或文件夹）里的规则，例如 rules/meter.yaml。",
        "Only the rules of this file or folder, such as rules/meter.yaml.",
    ),
    "help-graph-interview": Text(
        "画问答的走法：先问什么，每个回答接着问什么，直到结论；与实际提问完全一样，走到同样情形的画在一起。",
        "Draw the interview: the first question, what every answer leads to, until the decision, exactly as it is asked; ways "
        "that come to the same point are joined.",
    ),
    "help-graph-given": Text(
        "从已知的事实开始，可重复；多选的一组写成 组=事实,事实，等号后空着表示都没有。只用于 --interview。",
        "Start from what is known; may be repeated. A list to tick is given as list=fact,fact, and empty for none of these. With "
        "--interview only.",
    ),
    "help-graph-share": Text(
        f"画到多大比例的来电为止，先画最常见的；默认 {0.8}，1 为全部。没有画出的会注明。只用于 --interview。",
        f"Draw until this share of calls is shown to its end, the likeliest first; {0.8} by default, 1 for all. What is left out "
        "is said. With --interview only.",
    ),
    "help-graph-depth": Text(
        "最多连着问几题；再往后不画。只用于 --interview。", "Questions in a row at most. With --interview only."
    ),
    "help-graph-links": Text(
        "手册的文件名（见 triage handbook）：点图中的框可以跳到那里。只用于 SVG。",
        "The file of the handbook (see triage handbook) that boxes link to. SVG only.",
    ),
    "graph-written": Text("已写入 {file}：{boxes} 个框，{arrows} 个箭头", "Wrote {file}: {boxes} boxes, {arrows} arrows"),
    "graph-mermaid-limits": Text(
        "注意：超过 {edges} 个箭头或 {characters} 个字符的图，Mermaid 默认不画；请用 SVG，或调高 maxEdges、maxTextSize",
        "Note: Mermaid draws no picture of more than {edges} arrows or {characters} characters unless maxEdges and maxTextSize "
        "are raised; SVG has no such limits",
    ),
    "graph-which-format": Text(
        "从文件名 `{name}` 看不出格式；请用这些结尾之一：{endings}，或加 --format",
        "the name `{name}` does not say which format; use one of the endings {endings}, or add --format",
    ),
    "graph-not-with-interview": Text("{option} 不能与 --interview 同用", "{option} cannot be used with --interview"),
    "graph-only-with-interview": Text("{option} 只用于 --interview", "{option} is for --interview only"),
    "graph-share": Text("--share 应大于 0，不超过 1，不能是 {share}", "--share must be above 0 and at most 1, not {share}"),
    "graph-depth": Text("--depth 至少为 1，不能是 {depth}", "--depth must be at least 1, not {depth}"),
    "graph-given-form": Text(
        "--given 要写成 事实=值，例如 complaint=no_power，不能是 `{given}`",
        "--given takes fact=value, such as complaint=no_power, not `{given}`",
    ),
    "graph-given-near": Text(
        "--given：没有事实 `{fact}`；是不是想写 `{near}`？", "--given: no fact `{fact}`; did you mean `{near}`?"
    ),
    "graph-given-unknown": Text("--given：知识库没有事实 `{fact}`", "--given: the base has no fact `{fact}`"),
    "graph-too-many": Text(
        "问答的情形太多，画不了；请用 --given 从更后面开始",
        "the interview has too many situations to be followed; start further on with --given",
    ),
    # handbook
    "help-handbook": Text(
        "把知识库写成一本可以读、可以打印的手册（一个 HTML 文件，不联网、没有脚本），用来培训坐席：每种情形怎样认、怎样办、"
        "怎样说，每个问题、规则（用平常话写的条件、理由、出处、优先级）、安全提醒、话术、工单、必须成立的要求，以及索引。\n\n"
        "语言用 --lang 选；知识库不变，生成的文件就一个字节都不变。",
        "Write a base as a manual to read and print (one HTML file, no network, no scripts), for training a desk: every "
        "situation, how it is told, what is done and said; every question; every rule, its conditions in plain words, with "
        "because, source and priority; alerts, wording, work order, laws; and indexes.\n\n"
        "--lang chooses the language; the same base gives the same file, byte for byte.",
    ),
    "help-handbook-examples": Text(
        "例：triage handbook power -o power.html --lang zh，用浏览器打开，打印成 A4。"
        "规则的位置是固定的：power.html#rule-规则编号。",
        "Example: triage handbook power -o power.html --lang en, then open it in a browser and print it on A4. A rule stands at "
        "power.html#rule-<id>, always.",
    ),
    "help-handbook-output": Text("写到哪个文件；默认写到标准输出。", "The file to write; standard output by default."),
    "handbook-written": Text("已写入 {file}（{kilobytes} kB）", "Wrote {file} ({kilobytes} kB)"),
}
