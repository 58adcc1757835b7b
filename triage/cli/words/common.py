"""What the commands for calls say, and what all commands share."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    # help
    "help-triage": Text(
        "供电故障报修的规则专家系统：来电人说的情况进去，出来的是哪类故障、下一步问什么、派不派人，以及理由。",
        "Rule-based fault triage for a power hotline: what a caller says goes in; the fault, the next question, the dispatch "
        "decision and the reasons come out.",
    ),
    "help-exits": Text(
        "退出码：0 正常 · 1 有用例不通过，或有禁用的话 · 2 用法或输入有误 · 3 知识库有错误（已全部列出）· "
        "4 问答提前结束，还没有定论 · 70 程序自身出错 · 130 被 Ctrl-C 中断 · 141 输出的读取方已关闭",
        "Exit codes: 0 fine · 1 cases failed, or forbidden phrases found · 2 wrong usage or input · 3 the knowledge base has "
        "mistakes (all are printed) · 4 the interview was stopped undecided · 70 a fault of the program itself · 130 Ctrl-C · "
        "141 the reader of the output went away",
    ),
    "help-ask": Text(
        "在终端里一问一答。答编号；`?` 为什么问，`b` 上一题，`s` 到此为止，`u` 说不清。答案也可以从管道输入，每行一个。",
        "An interview in the terminal. Answer with numbers; `?` why it is asked, `b` back, `s` stop now, `u` cannot tell. "
        "Answers may also be piped in, one a line.",
    ),
    "help-run": Text(
        "判断一通电话，以 JSON 输出。输入也是 JSON：facts、fields、no_answer、options。",
        "Assess a call and print the assessment as JSON. The input is JSON too: facts, fields, no_answer, options.",
    ),
    "help-explain": Text(
        "讲清理由：哪些规则起了作用，别的可能为什么排除了，改哪个答案结论会变。",
        "Give the reasons: which rules spoke, what ruled the others out, which answers would change the decision.",
    ),
    "help-wording": Text(
        "检查一段话里有没有禁用或含糊的说法：位置、违反的规则、更好的说法。按文字本身是中文还是英文选规则。",
        "Find forbidden or vague phrases in a text: the place, the rule, a better phrase. The rules are those for the text's own "
        "language, Chinese or English.",
    ),
    "help-base": Text(
        "知识库：文件夹，或附带知识库的名字。默认：当前文件夹下的 knowledge/power，没有则用附带的 power。",
        "Knowledge base: a folder, or the name of a shipped base. Default: knowledge/power in the current folder, else the "
        "shipped power.",
    ),
    "help-facts": Text("JSON 文件；`-` 表示标准输入。", "A JSON file; `-` for standard input."),
    "help-system": Text(
        "已接通的系统，可重复；它能答的问题先问它。",
        "A system that is connected; may be repeated. What it can tell is asked of it first.",
    ),
    "help-region": Text("按哪个地区的参数说话。", "Whose regional parameters to use."),
    "help-explain-option": Text("给多少理由。", "How much of the reasons to give."),
    "help-max-questions": Text("问过这么多题就移交。", "Hand over after so many answered questions."),
    "help-questions": Text("列出几个下一步问题。", "How many next questions to list."),
    "help-look-ahead": Text(
        "估算剩余题数时最多看多少种情形；0 为不估算。", "Situations to look at for the questions ahead; 0 leaves them out."
    ),
    "help-now": Text(
        "判断读数是否过期所用的时间，ISO 8601，带时区。", "The time readings are judged stale by: ISO 8601 with its zone."
    ),
    "help-why-not": Text(
        "为什么不是这个结论：最少改哪些答案才会是它，例如 fault=meter。",
        "Why not this: the smallest change of answers that leads there, such as fault=meter.",
    ),
    "help-wording-text": Text("要检查的话；`-` 表示标准输入。", "The text to check; `-` for standard input."),
    "help-context": Text(
        "这段话用在哪里：回答（默认）、倾听时的回应、致歉、工单，或只查处处适用的规则。",
        "What the text is for: an answer (the default), a listening signal, an apology, a work order, or only the rules that "
        "hold anywhere.",
    ),
    "help-lang": Text("语言；默认看 LC_ALL、LC_MESSAGES、LANG。", "Language; from LC_ALL, LC_MESSAGES or LANG unless given."),
    "help-version": Text("显示版本并退出。", "Show the version and exit."),
    "help-help": Text("显示这份帮助并退出。", "Show this help and exit."),
    "panel-options": Text("选项", "Options"),
    "panel-arguments": Text("参数", "Arguments"),
    "panel-commands": Text("命令", "Commands"),
    "required": Text("[必填]", "[required]"),
    # errors
    "wrong-use": Text("用法不对：{why}", "Wrong usage: {why}"),
    "see-help": Text("用法见 `{command} --help`", "See `{command} --help`"),
    "missing-parameter": Text("缺少 {name}", "{name} is missing"),
    "bad-parameter": Text("{name} 的值不能用：{why}", "{name} cannot take this value: {why}"),
    "no-such-command": Text("没有命令 {name}", "there is no command {name}"),
    "no-such-command-near": Text("没有命令 {name}；是不是想写 {near}？", "there is no command {name}; did you mean {near}?"),
    "no-such-option": Text("没有选项 {name}", "there is no option {name}"),
    "no-such-option-near": Text("没有选项 {name}；是不是想写 {near}？", "there is no option {name}; did you mean {near}?"),
    "mistakes": Text("知识库有 {count} 处错误，没有使用", "{count} mistakes; the knowledge base was not used"),
    "mistake": Text("知识库有 1 处错误，没有使用", "1 mistake; the knowledge base was not used"),
    "interrupted": Text("已中断", "Interrupted"),
    "internal": Text(
        "程序内部出错（{what}）。请把所用的命令和输入告诉维护人员；设 TRIAGE_TRACEBACK=1 可以看到细节。",
        "A fault in the program itself ({what}). Please report it with the command and its input; TRIAGE_TRACEBACK=1 shows "
        "the details.",
    ),
    "too-large": Text(
        "知识库太大，答不出这一点（主要是 {facts}）", "the knowledge base is too large to tell (mostly because of {facts})"
    ),
    # names of things
    "and-others": Text("{first} 及其他 {others} 项", "{first} and {others} more"),
    "to-caller": Text("对来电人", "to the caller"),
    "to-agent": Text("给坐席", "for the agent"),
    "to-crew": Text("给抢修人员", "for the crew"),
    "verbatim": Text("原话照说", "word for word"),
    "moment-greeting": Text("问候", "greeting"),
    "moment-ask": Text("询问", "asking"),
    "moment-wait": Text("请稍候", "please wait"),
    "moment-confirm": Text("确认", "confirming"),
    "moment-apology": Text("致歉", "apology"),
    "moment-refusal": Text("婉拒", "refusal"),
    "moment-transfer": Text("转接", "transfer"),
    "moment-closing": Text("结束语", "closing"),
    "moment-explain": Text("解释", "explaining"),
    # ask: the frame
    "ask-title": Text("{title} · {name} {version}", "{title} · {name} {version}"),
    "keys-ask": Text("答编号；? 为什么问 · b 上一题 · s 到此为止", "Answer with a number; ? why this · b back · s stop now"),
    "connected": Text("已接通：{systems}。这些系统显示什么，请照着输入。", "Connected: {systems}. Please type what they show."),
    "alert-title": Text("先说安全", "Safety first"),
    "question-number": Text("第 {number} 问", "Question {number}"),
    "question-again": Text("再问一次", "Asked again"),
    "question-back": Text("改第 {number} 问", "Back to question {number}"),
    "ahead-last": Text("最后一题", "the last one"),
    "ahead-same": Text("还要问来电人 {count} 题", "{count} to go for the caller"),
    "ahead-system": Text("不用再问来电人", "nothing to go for the caller"),
    "ahead-exact": Text(
        "还要问来电人 {fewest}–{most} 题，约 {expected} 题", "{fewest}–{most} to go for the caller, about {expected}"
    ),
    "ahead-bounds": Text("最多还要问来电人 {most} 题", "at most {most} to go for the caller"),
    "of-system": Text("[{system}] 请输入系统显示的内容", "[{system}] Please type what the system shows"),
    "how": Text("怎样看：{text}", "How to check: {text}"),
    "act": Text("要动手：{text}", "Something is done here: {text}"),
    "act-plain": Text("这一步要动手操作", "Something is switched in this step"),
    "option-none": Text("以上都没有", "none of these"),
    "option-unknown": Text("说不清", "cannot tell"),
    "option-no-answer": Text("系统没有结果（接着问下一个）", "no answer from the system (the next source is asked)"),
    "option-number": Text("也可以直接输入读数，例如 215{unit}", "or the reading itself, such as 215{unit}"),
    "option-several": Text("可以选几个，例如 1 {last}", "several may hold, such as 1 {last}"),
    "your-answer-now": Text("现在的回答：{answer}（回车保留）", "Answered: {answer} (Enter keeps it)"),
    "noted": Text("记下：{fact} = {answer}", "Noted: {fact} = {answer}"),
    "noted-many": Text("记下：{answers}", "Noted: {answers}"),
    "noted-kept": Text("不变", "Unchanged"),
    "no-way-back": Text("前面没有问题了", "There is no earlier question"),
    "unclear-choice": Text("请答 1 到 {most} 的编号，或 {keys}", "Please answer with a number from 1 to {most}, or {keys}"),
    "unclear-one": Text("这里只能选一个", "Only one can hold here"),
    "unclear-none": Text("0 表示以上都没有，不能和别的一起选", "0 means none of these and cannot be joined with others"),
    "unclear-unknown": Text("u 表示说不清，不能和别的一起选", "u means cannot tell and cannot be joined with others"),
    "unclear-reading": Text("读数请带上单位，例如 {number}{unit}", "Please give a reading with its unit, such as {number}{unit}"),
    "inapplicable": Text("已不适用（仍保留）：{answers}", "No longer applies (kept): {answers}"),
    "applies-again": Text("重新适用：{answers}", "Applies again: {answers}"),
    "unasked": Text("没有接通的系统可问，按说不清处理：{facts}", "Nobody connected can tell, counts as unknown: {facts}"),
    "warning": Text("注意：{text}", "Note: {text}"),
    "patience": Text(
        "连续 {count} 次说不清，按“{fact} = {value}”处理，不再勉强追问",
        "{count} times “cannot tell” in a row: taken as {fact} = {value}",
    ),
    "contradiction-title": Text("对不上", "This does not fit together"),
    "contradiction-between": Text("对不上的回答：{answers}", "Answers that do not fit: {answers}"),
    "contradiction-again": Text("请再问一次；若错在别的回答，用 b 回去改", "It is asked again; b goes back to other answers"),
    # ask: why
    "why-decide": Text("答案会影响结论：", "The answer changes the outcome:"),
    "why-safety": Text("先排除危险。答案会影响结论：", "Danger comes first. The answer changes the outcome:"),
    "why-other": Text("后面的处理要用到。答案会影响结论：", "What follows needs it. The answer changes the outcome:"),
    "why-together": Text("要和别的回答合起来才分得出", "tells only together with other answers"),
    "why-indirect": Text(
        "单看这一答还排除不了什么，但和后面的回答合起来会影响结论。",
        "One answer alone rules nothing out, but together with later ones it changes the outcome.",
    ),
    "why-settled": Text("现在改它不会影响结论。", "At this point its answer does not change the outcome."),
    "why-contradiction": Text("有两个回答对不上，要弄清哪个是对的。", "Two answers do not fit; this clears up which is right."),
    "and-more": Text("另外 {count} 项也会缩小", "{count} more are narrowed"),
    "semicolon": Text("；", "; "),
    "why-only": Text("{target}：{values}", "{target}: {values}"),
    "why-left": Text("{target}：{values} 之一", "{target}: one of {values}"),
    "why-not-any-more": Text("{target}：不再是 {values}", "{target}: no longer {values}"),
    "why-narrower": Text("{target}：从 {before} 种减到 {after} 种", "{target}: {after} of {before} possibilities left"),
    # ask: the end
    "fields-title": Text("工单还缺几项（回车跳过）", "The work order still needs (Enter skips)"),
    "field-free": Text(
        "直接输入文字；回车跳过，s 跳过其余，b 改前面的回答", "Type the text; Enter skips it, s skips the rest, b goes back"
    ),
    "field-too-long": Text("太长了，请说短些", "Too long; please make it shorter"),
    "end-keys": Text("回车结束 · b 改前面的回答", "Enter ends · b goes back"),
    "end-unclear": Text("请按回车结束，或输入 b", "Enter to end, or b"),
    "ended-settled": Text("已有定论", "Decided"),
    "ended-resolved": Text("已在电话中解决", "Solved on the line"),
    "ended-question_budget": Text("提问次数已到，移交", "Enough has been asked: handed over"),
    "ended-nothing_left_to_ask": Text("没有可再问的，移交", "Nothing is left to ask: handed over"),
    "ended-engines_disagree": Text(
        "两套推理引擎结论不一致，已移交，请上报", "The engines disagree: handed over; please report it"
    ),
    "ended-contradictory": Text("回答互相矛盾，还没有结论", "The answers contradict each other: no decision"),
    "ended-stopped": Text("提前结束：暂定结论", "Stopped early: provisional decision"),
    "ended-open": Text("还没有问完：暂定结论", "Not finished: provisional decision"),
    # cards
    "decision-title": Text("结论", "Decision"),
    "provisional-title": Text("暂定结论（还没有问完）", "Provisional decision (more would be asked)"),
    "members": Text("{text}（即 {members}）", "{text} (that is {members})"),
    "say-title": Text("要说的话", "What to say"),
    "order-title": Text("工单", "Work order"),
    "order-missing": Text("还缺：{fields}", "Still missing: {fields}"),
    "reasons-title": Text("理由", "Reasons"),
    "reasons-none": Text("没有规则成立，各项取默认值。", "No rule matched; everything has its default."),
    "concludes": Text("得出 {conclusions}", "so {conclusions}"),
    "outvoted": Text("被更优先的规则压过：{conclusions}", "outvoted by a rule of higher priority: {conclusions}"),
    "because-of": Text("因为 {answers}", "since {answers}"),
    "source": Text("依据 {source}", "source: {source}"),
    "safe-side": Text("依据不明，取安全一侧", "the sources leave it open; decided on the safe side"),
    # explain
    "told-title": Text("已知", "What is known"),
    "told-nothing": Text("什么都还没说", "Nothing was told yet"),
    "from-source": Text("{answer}（{source}）", "{answer} ({source})"),
    "next-question": Text("下一问：{text}", "Next question: {text}"),
    "ruled-out-title": Text("排除了什么", "What is ruled out"),
    "ruled-out": Text("{target}不是 {values}", "{target} is not {values}"),
    "by-answers": Text("因为 {answers}", "because {answers}"),
    "by-rules": Text("没有条件可以得出", "whatever is answered"),
    "would-change-title": Text("改哪个答案结论会变", "Which single answer would change the outcome"),
    "would-change": Text("若 {fact} 是 {values}（{when}）", "If {fact} were {values} ({when})"),
    "would-change-none": Text("改任何一个答案，结论都不变。", "No single other answer would change it."),
    "effect": Text("{target}：{before} → {after}", "{target}: {before} → {after}"),
    "at-once": Text("立即有定论", "decided at once"),
    "more-to-ask": Text("还要再问", "more would be asked"),
    "why-not-title": Text("为什么不是 {target} = {value}", "Why not {target} = {value}"),
    "why-not-never": Text("没有哪种情况会得出它。", "No possible call ends so."),
    "why-not-already": Text("眼下的结论就是它。", "It is so already, as far as the call has come."),
    "why-not-changes": Text("至少要这样回答，才会是它：", "It would take at least these answers:"),
    "why-not-changed": Text("{fact}：{after}（现在：{before}）", "{fact}: {after} (now: {before})"),
    "why-not-added": Text("{fact}：{after}（还没问）", "{fact}: {after} (not asked yet)"),
    "why-not-form": Text(
        "--why-not 要写成 目标=值，例如 fault=meter；目标有：{targets}",
        "--why-not takes target=value, such as fault=meter; targets: {targets}",
    ),
    "why-not-target": Text(
        "--why-not：没有目标 `{target}`；目标有：{targets}", "--why-not: no target `{target}`; targets: {targets}"
    ),
    "why-not-value": Text(
        "--why-not：{target} 没有值 `{value}`；可以是：{values}", "--why-not: {target} has no value `{value}`; accepted: {values}"
    ),
    # interview
    "help-interview": Text(
        "统计知识库的问答有多长：本系统的问法，与作者给定的次序（同样的停止规则）相比，以及任何问法都少不了的下限。",
        "How long the interviews of a knowledge base are: the product's choice of questions beside the author's own order with "
        "the same stop rule, and a lower bound that no choice can beat.",
    ),
    "help-json": Text("以 JSON 输出。", "Print JSON."),
    "interview-title": Text("问来电人的问题数", "Questions put to the caller"),
    "interview-who": Text("来电人", "callers"),
    "interview-policy": Text("问法", "policy"),
    "interview-expected": Text("平均", "expected"),
    "interview-median": Text("中位", "median"),
    "interview-longest": Text("最长", "longest"),
    "interview-bound": Text("下限", "lower bound"),
    "interview-undetermined": Text("未定", "undetermined"),
    "interview-share": Text("占比", "share"),
    "interview-best": Text("本系统", "ours"),
    "interview-scripted": Text("作者次序", "author's order"),
    "interview-systems": Text("系统全部接入", "all systems connected"),
    "interview-no-systems": Text("没有接入系统", "no systems"),
    "interview-answering": Text("有问必答", "callers who answer"),
    "interview-author": Text("按作者权重", "the author's weights"),
    "interview-uniform": Text("各答案等权", "every answer alike"),
    "interview-asked": Text("问得最多：{questions}", "asked most: {questions}"),
    "interview-never": Text("从没问到：{questions}", "never asked: {questions}"),
    "interview-wrong": Text(
        "{total} 个用例照实回答走完问答：{wrong} 个得出别的处理",
        "{total} cases led with their own answers: {wrong} end otherwise",
    ),
    # wording
    "wording-forbidden": Text(
        "{place} 禁用“{phrase}”，请改说：{instead}   [{rule}]", "{place} forbidden: “{phrase}”; better: {instead}   [{rule}]"
    ),
    "wording-advice": Text(
        "{place} 建议不说“{phrase}”，可以改说：{instead}   [{rule}]", "{place} advice: “{phrase}”; better: {instead}   [{rule}]"
    ),
    "wording-why": Text("{because}（依据 {source}）", "{because} (source: {source})"),
    "wording-fine": Text("没有发现不当的说法", "Nothing to object to"),
    "wording-no-rules": Text("知识库没有用语规则，没有检查", "The base has no tone rules; nothing was checked"),
}
