"""What `triage knowledge` and `triage log` say."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    "help-knowledge": Text(
        "服务所用知识库的版本：载入、启用、退回、放到影子里比对。换版本不中断任何请求。",
        "Versions of the service's knowledge bases: load, activate, roll back, compare in shadow. No request is interrupted.",
    ),
    "help-knowledge-examples": Text(
        "例：triage knowledge load my-base --activate · triage knowledge rollback power · "
        "triage knowledge list --url http://127.0.0.1:8000",
        "Examples: triage knowledge load my-base --activate · triage knowledge rollback power · "
        "triage knowledge list --url http://127.0.0.1:8000",
    ),
    "help-knowledge-list": Text(
        "列出知识库的各个版本：谁在应答，能退回到哪个，做过什么。",
        "List the versions of a base: which one answers, where a roll-back leads, what was done.",
    ),
    "help-knowledge-load": Text(
        "检查一个文件夹里的知识库（同 triage check），通过后存为一个版本。启用之前它不应答。",
        "Check the base in a folder (as triage check does) and keep it as a version. It does not answer before it is activated.",
    ),
    "help-knowledge-load-examples": Text(
        "例：triage knowledge load my-base --note 夏季规则 · triage knowledge load my-base --activate",
        "Examples: triage knowledge load my-base --note 'summer rules' · triage knowledge load my-base --activate",
    ),
    "help-knowledge-activate": Text(
        "让一个版本开始应答。正在进行的请求和通话用它们开始时的版本做完。",
        "Let a version answer. Requests and calls under way end with the version they began with.",
    ),
    "help-knowledge-rollback": Text(
        "退回到上一个版本。被退下的版本作废：用它开始的通话保留回答，改用现在的版本继续。",
        "Go back to the version before. The one left is withdrawn: calls begun with it go on with this one, their answers kept.",
    ),
    "help-knowledge-shadow": Text(
        "把一个版本放到影子里：真实通话答完之后也让它算一遍，只记下不同之处，绝不用它应答。不给 VERSION 时显示结果。",
        "Put a version in shadow: after live calls were answered it is asked as well, and only differences are kept; it never "
        "answers. Without VERSION: shows what was found.",
    ),
    "help-knowledge-shadow-examples": Text(
        "例：triage knowledge shadow power 0.2.0 --share 0.1 · triage knowledge shadow power · "
        "triage knowledge shadow power --end",
        "Examples: triage knowledge shadow power 0.2.0 --share 0.1 · triage knowledge shadow power · "
        "triage knowledge shadow power --end",
    ),
    "help-knowledge-base": Text("知识库的名称，如 power。", "The base's name, such as power."),
    "help-knowledge-version": Text(
        "版本名，或摘要的开头（至少 8 位）。", "A version's name, or the beginning of its digest (8 digits or more)."
    ),
    "help-knowledge-folder": Text("知识库的文件夹。", "The base's folder."),
    "help-knowledge-now": Text("载入后立即启用。", "Activate it at once."),
    "help-knowledge-note": Text("记入历史的一句话。", "A sentence for the history."),
    "help-allow-warnings": Text("检查有警告也载入。", "Load it although the check warns."),
    "help-shadow-share": Text("取多少通话来比，0 到 1。", "The share of calls to compare, 0 to 1."),
    "help-shadow-end": Text("结束比对，并显示结果。", "End the comparison and show what was found."),
    "help-url": Text(
        "正在运行的服务的地址；不给则直接使用数据库。", "URL of a running service; otherwise the database is used directly."
    ),
    "help-key": Text(
        "API 密钥；最好放在环境变量 TRIAGE_KEY 里。", "An API key; better given by the environment variable TRIAGE_KEY."
    ),
    "remote-url": Text(
        "`{url}` 不是网址；例如 http://127.0.0.1:8000", "`{url}` is no URL; expected one like http://127.0.0.1:8000"
    ),
    "remote-gone": Text("{url} 没有正常回答：{why}", "{url} does not answer as it should: {why}"),
    "knowledge-none": Text(
        "还没有任何版本。服务启动后会记下它所用的知识库；或者：triage knowledge load 文件夹",
        "There are no versions yet. A service records what it was started with; or: triage knowledge load FOLDER",
    ),
    "knowledge-title": Text("知识库 {base}", "Base {base}"),
    "knowledge-column-version": Text("版本", "version"),
    "knowledge-column-digest": Text("摘要", "digest"),
    "knowledge-column-state": Text("状态", "state"),
    "knowledge-column-loaded": Text("载入（UTC）", "loaded (UTC)"),
    "knowledge-column-note": Text("备注", "note"),
    "knowledge-is-active": Text("应答中", "answers"),
    "knowledge-is-previous": Text("可退回", "roll-back"),
    "knowledge-in-shadow": Text("影子", "in shadow"),
    "knowledge-withdrawn": Text("已作废", "withdrawn"),
    "knowledge-from-disk": Text("随服务启动", "started with"),
    "knowledge-event": Text("{number}. {at} {what} {digest}（密钥 {by}）", "{number}. {at} {what} {digest} (key {by})"),
    "knowledge-activated": Text("启用", "activated"),
    "knowledge-rolled-back": Text("退回到", "rolled back to"),
    "knowledge-shadow-began": Text("影子开始", "shadow began"),
    "knowledge-shadow-ended": Text("影子结束", "shadow ended"),
    "knowledge-loaded": Text(
        "已载入 {name} {version}（{digest}），检查另有 {findings} 条提示。",
        "Loaded {name} {version} ({digest}); the check notes {findings} things besides.",
    ),
    "knowledge-next": Text(
        "启用：triage knowledge activate {base} {version}", "To let it answer: triage knowledge activate {base} {version}"
    ),
    "knowledge-active": Text(
        "现在由 {name} {version}（{digest}）应答；各工作进程几秒内换好。",
        "{name} {version} ({digest}) answers now; all workers follow within seconds.",
    ),
    "shadow-both": Text("--end 不能与 VERSION 一起用。", "--end does not go with VERSION."),
    "shadow-begun": Text(
        "{base} {version} 已进入影子，比例 {share}。结果：triage knowledge shadow {base}",
        "{base} {version} is in shadow, share {share}. What is found: triage knowledge shadow {base}",
    ),
    "shadow-running": Text("进行中", "running"),
    "shadow-over": Text("已结束", "ended"),
    "shadow-title": Text("影子 {digest} 对 {against}（{state}）", "Shadow {digest} against {against} ({state})"),
    "shadow-counts": Text(
        "比对 {compared}：相同 {same}，不同 {changed}，不接受 {not_accepted}，出错 {failed}；来不及比对 {dropped}",
        "compared {compared}: same {same}, changed {changed}, not accepted {not_accepted}, failed {failed}; left out {dropped}",
    ),
    "shadow-column-what": Text("什么", "what"),
    "shadow-column-before": Text("现在", "now"),
    "shadow-column-after": Text("影子", "shadow"),
    "shadow-column-count": Text("次数", "count"),
    "shadow-column-example": Text("判断编号，例如", "decision, such as"),
    "shadow-more": Text("还有 {count} 种不同", "{count} more kinds of differences"),
    "help-decision-log": Text("服务的判断日志。", "The service's decision log."),
    "help-decision-log-examples": Text(
        "例：triage log export -o log.jsonl --since 2026-01-01", "Example: triage log export -o log.jsonl --since 2026-01-01"
    ),
    "help-log-export": Text(
        "导出判断日志，连同现场查明的结果；供 triage replay 和 triage report 使用。私密字段在记录时已经遮盖。",
        "Export the decision log with what was found on the spot, for triage replay and triage report. Private fields were "
        "masked when they were recorded.",
    ),
    "help-log-export-examples": Text(
        "例：triage log export -o log.parquet --base power --since 2026-01-01（Parquet 需要 pip install pyarrow） · "
        "triage log export | gzip > log.jsonl.gz",
        "Examples: triage log export -o log.parquet --base power --since 2026-01-01 (Parquet needs pip install pyarrow) · "
        "triage log export | gzip > log.jsonl.gz",
    ),
    "help-log-format": Text(
        "jsonl 或 parquet；默认看 -o 的扩展名。", "jsonl or parquet; by default what the name after -o ends in."
    ),
    "help-log-since": Text("从何时起，如 2026-01-31 或 2026-01-31T08:00+08:00。", "From when, such as 2026-01-31."),
    "help-log-until": Text("到何时为止（不含）。", "Until when, not included."),
    "help-log-base": Text(
        "只要这个知识库的判断（按其 id，如 power）；默认：服务所载全部知识库的。",
        "Only decisions of this base, by its id, such as power; by default those of all bases of the service.",
    ),
    "log-needs-file": Text("Parquet 要写到文件里：加 -o 文件名", "Parquet goes to a file: add -o FILE"),
    "log-not-written": Text("写不了 {path}：{why}", "cannot write {path}: {why}"),
    "log-time": Text(
        "{option}：`{given}` 不是时间；例如 2026-01-31", "{option}: `{given}` is no time; expected one like 2026-01-31"
    ),
    "log-exported": Text("已导出 {count} 条。", "{count} records exported."),
}
