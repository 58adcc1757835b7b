"""What `replay` and `report` say."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    "help-log": Text(
        "判断日志：JSON Lines（每行一条，可用 gzip 压缩）或 Parquet；看文件内容识别，不看扩展名。",
        "A log of decisions: JSON Lines (one record a line, may be gzipped) or Parquet; told by what is in it, not by its name.",
    ),
    "help-test-traffic": Text("测试来电也算在内。", "Include test traffic."),
    "replay-running": Text("重放", "replaying"),
    # replay
    "help-replay": Text(
        "把记录下来的判断用另一个知识库重新判一遍：多少不变，变了的从什么变成什么（附例子），哪些在新库里读不进去。"
        "给出 --old 时，还列出两个库之间日志从没有遇到过的差别。",
        "Run logged decisions against another base: how many stay, what changes from what to what with examples, which no longer "
        "load. With --old also the differences between both bases that no logged call has met.",
    ),
    "help-replay-examples": Text(
        "例：triage replay decisions.jsonl.gz --knowledge my-base · "
        "triage replay decisions.parquet --knowledge my-base --old HEAD:my-base --format markdown -o replay.md · "
        "triage replay decisions.jsonl -k my-base --fail-on-change（有变化时退出码 1）",
        "Examples: triage replay decisions.jsonl.gz --knowledge my-base · "
        "triage replay decisions.parquet --knowledge my-base --old HEAD:my-base --format markdown -o replay.md · "
        "triage replay decisions.jsonl -k my-base --fail-on-change (exit code 1 if anything changes)",
    ),
    "help-replay-new": Text(
        "用来重放的知识库：文件夹、附带知识库的名字，或某个 git 版本里的文件夹，如 HEAD~3:my-base。默认同 `triage ask`。"
        "日志里其他知识库的判断略过不计。",
        "The base to replay with: a folder, the name of a shipped base, or a folder at a git revision, such as HEAD~3:my-base. "
        "Default as for `triage ask`. Decisions of other bases in the log are left out.",
    ),
    "help-replay-old": Text(
        "当时所用的知识库，写法同上：核对日志是否与它一致，并列出日志没遇到过的差别。",
        "The base that was used then, named the same way: the log is checked against it, and differences no logged call has met "
        "are listed.",
    ),
    "help-replay-unfinished": Text(
        "还没有问完的也重放：比较当时若到此为止的结论。",
        "Replay decisions of calls that still needed input, too: what they would have come to if they had ended there.",
    ),
    "help-ignore-unknown": Text(
        "新库没有的事实略去再判（与正式接听时一样）；不给则这样的判断列为“读不进去”。",
        "Leave out facts the new base does not know, as for live calls; else such decisions count as no longer loading.",
    ),
    "help-fail-on-change": Text(
        "有任何变化、读不进去的，或日志里只有其他知识库的判断，退出码 1。",
        "Exit with 1 if anything changes or no longer loads, or if the log holds decisions of other bases only.",
    ),
    "help-replay-show": Text("每一类列出几种。", "How many of each kind to list."),
    # report
    "help-report": Text(
        "从判断日志看知识库的成效：每通电话问了几题，结论与现场查明的是否一致（该派没派、不该派而派了各有多少），"
        "各个问题的回答各占多少；--weights 把学得的回答权重写成知识库可用的 YAML。",
        "What a log tells about a base: questions per call, decisions beside what was found on the spot (not sent where needed, "
        "sent where not needed), how questions were answered; --weights writes the answer weights learnt as YAML for the base.",
    ),
    "help-report-examples": Text(
        "例：triage report decisions.jsonl.gz · triage report decisions.parquet --outcomes · "
        "triage report decisions.jsonl -k my-base --weights my-base/learnt.yaml（再在 base 里写 callers: learnt）",
        "Examples: triage report decisions.jsonl.gz · triage report decisions.parquet --outcomes · "
        "triage report decisions.jsonl -k my-base --weights my-base/learnt.yaml (then write callers: learnt under base)",
    ),
    "help-report-base": Text(
        "统计哪个知识库，写法同 `triage replay`；日志里其他知识库的判断不计入。",
        "The base to report on, named as for `triage replay`. Decisions of other bases in the log are not counted.",
    ),
    "help-outcomes": Text(
        "完整列出判断与查明的对照表，而不只列不一致的。", "Show whole tables of decided and found, not only what differs."
    ),
    "help-weights": Text(
        "把学得的回答权重写进这个文件；不能写到别的知识库的文件夹里。",
        "Write the answer weights learnt to this file; not into the folder of another base.",
    ),
    "help-least": Text("问过不足这么多次的事实沿用原权重。", "Facts asked fewer times keep the author's weights."),
    "help-smoothing": Text(
        "给每种回答的次数都加上这么多，免得没出现过的回答算作不可能。",
        "Added to the count of every answer, so that one not met yet is rare and not impossible.",
    ),
    "report-running": Text("统计", "reading"),
    "report-title": Text("日志 `{log}`，知识库 {name}", "Log `{log}`, base {name}"),
    "report-counted": Text(
        "读了 {read} 条，计入 {calls} 通来电；未计入：{left_out}",
        "{read} records read, {calls} calls counted; not counted: {left_out}",
    ),
    "report-none": Text("无", "none"),
    "report-unfinished": Text("没问完的 {count}", "{count} that still needed input"),
    "report-test-traffic": Text("测试来电 {count}", "{count} test traffic"),
    "report-contradictory": Text("自相矛盾的 {count}", "{count} contradictory"),
    "report-superseded": Text("同一通来电较早的判断 {count}", "{count} earlier decisions of the same calls"),
    "report-others": Text("其他知识库的 {count}：{bases}", "{count} of other bases: {bases}"),
    "report-one-base": Text(
        "只统计一个知识库：用 -k 指定是哪个；triage log export --base 名字 只导出一个知识库的。",
        "One base is reported on: -k says which; triage log export --base NAME exports the decisions of one.",
    ),
    "report-of-base": Text("`{name}` {count}", "`{name}` {count}"),
    "report-broken": Text("有 {count} 条读不懂，其余照用：{why}", "{count} records cannot be read, the others are used: {why}"),
    "report-lengths": Text(
        "每通问 {mean} 题（中位数 {median}，九成不超过 {p90}，最多 {longest}；{calls} 通有记录）",
        "{mean} questions a call (median {median}, nine in ten at most {p90}, at most {longest}; {calls} calls tell)",
    ),
    "report-no-outcomes": Text(
        "日志里没有现场查明的结果（outcome），无从对照。", "The log has no outcomes, so decisions cannot be compared with them."
    ),
    "report-outcomes": Text("{count} 通有现场查明的结果", "{count} calls have an outcome"),
    "report-sent": Text(
        "派人：对照 {judged} 通，该派没派 {wrongly}，白跑一趟 {needless}（不派人：{outcome} 等）",
        "sending: of {judged} calls compared, nobody sent where needed {wrongly}, sent for nothing {needless} (nobody is sent: "
        "{outcome} …)",
    ),
    "report-spared": Text(
        "“{outcome}”：对照 {judged} 通，不该而如此 {wrongly}，该而未如此 {needless}",
        "{outcome}: of {judged} calls compared, ended so and should not have {wrongly}, should have and did not {needless}",
    ),
    "report-spared-unjudged": Text(
        "“{outcome}”：查明的结果里没有这一项，无从对照", "{outcome}: outcomes do not say, so it cannot be compared"
    ),
    "report-confusion": Text(
        "{fact}：对照 {judged} 通，一致 {right}，另有 {group} 通查明的在所判的一组之内",
        "{fact}: {judged} compared, {right} as decided, {group} more within the group decided",
    ),
    "report-confused": Text("  判为 {decided}，查明 {found}：{count}", "  decided {decided}, found {found}: {count}"),
    "report-matrix": Text("行：所判；列：查明", "rows: decided; columns: found"),
    "report-answers": Text(
        "各事实的回答（只数问过的来电；括号里是现有权重，差得最多的在前）",
        "Answers (only calls in which the fact was asked; in brackets the weights there are, furthest from them first)",
    ),
    "report-fact": Text("事实", "fact"),
    "report-asked": Text("问过", "asked"),
    "report-shares": Text("回答", "answers"),
    "report-more": Text("还有 {count} 个事实（--show 可多列）", "{count} more facts (--show lists more)"),
    "report-nothing-learnt": Text(
        "没有哪个事实问过 {least} 次，学不到权重，没有写文件。",
        "No fact was asked {least} times: nothing is learnt, no file is written.",
    ),
    "report-other-base": Text(
        "--weights：{file} 会归入知识库 `{other}`（{folder}），而统计的是 `{name}`，其权重那里用不上；"
        "请用 -k {folder} 统计那个知识库，或把权重写到别处",
        "--weights: {file} would belong to the base `{other}` ({folder}), while the report is about `{name}`, whose weights are "
        "of no use there; report on that base with -k {folder}, or write the weights elsewhere",
    ),
    "report-weights": Text(
        "权重已写入 {file}；要让提问按它排，在知识库的 `base` 里写 `callers: learnt`。",
        "Weights written to {file}; to have the interview go by them, write `callers: learnt` under the base's `base`.",
    ),
}
