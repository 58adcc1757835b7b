"""What a handbook says of its own, in both languages."""

from __future__ import annotations

from typing import Any

from triage.model import Language, Text

__all__ = ["word"]

_WORDS = {
    # cover
    "handbook": Text("知识库手册", "Handbook"),
    "base": Text("知识库", "base"),
    "version": Text("版本", "version"),
    "digest": Text("指纹", "digest"),
    "holds": Text("内容", "what it holds"),
    "counts": Text(
        "{situations} 种情形，{questions} 个问题，{rules} 条规则，{messages} 条话术和提醒，{cases} 个用例",
        "{situations} situations, {questions} questions, {rules} rules, {messages} messages, {cases} cases",
    ),
    "generated": Text(
        "本手册由知识库直接生成，没有手写的内容：知识库一改，重新生成即可；指纹相同，内容就相同。",
        "This handbook is generated from the base; nothing in it is written by hand. When the base changes, generate it again; "
        "the same digest means the same content.",
    ),
    "running-title": Text("{title} {version}", "{title} {version}"),
    "contents": Text("目录", "Contents"),
    "back": Text("↑ 目录", "↑ contents"),
    # chapters
    "chapter-reading": Text("怎样读这本手册", "How to read this"),
    "chapter-overview": Text("结论怎样得出", "How conclusions hang together"),
    "chapter-situations": Text("情形：怎样认、怎样办、怎样说", "Situations: how to tell, what to do, what to say"),
    "chapter-questions": Text("问题", "Questions"),
    "chapter-alerts": Text("安全提醒", "Safety alerts"),
    "chapter-rules": Text("规则", "Rules"),
    "chapter-inferred": Text("结论及其取值", "Conclusions and their values"),
    "chapter-wording": Text("话术和建议", "Wording and advice"),
    "chapter-order": Text("工单", "Work order"),
    "chapter-impossible": Text("对不上的回答", "Answers that do not fit"),
    "chapter-laws": Text("必须成立的要求", "What must always hold"),
    "chapter-grouping": Text("同一地点的别的来电", "Other calls at the same place"),
    "chapter-parameters": Text("数字和说法（按地区）", "Figures and phrases, by region"),
    "chapter-instructions": Text("让人做的事", "What people are told to do"),
    "chapter-tone": Text("用语规则", "Tone rules"),
    "chapter-sources": Text("出处索引", "Index of sources"),
    "chapter-index": Text("编号索引", "Index of ids"),
    # how to read
    "reading-way": Text(
        "一通来电是这样处理的：先问；问到的事实由规则推出结论；结论定了就不再问，按结论处理、照话术说。看到危险，不等问完就先提醒。",
        "A call goes like this: questions are asked; rules conclude from the facts told; once the conclusions are settled, "
        "nothing more is asked, and what is done and said follows from them. An alert is said as soon as its evidence is there.",
    ),
    "reading-unknown": Text(
        "“没有问明”：问过，但客户说不清，或者没有问到、不适用。规则不写明“没有问明”，就不会因为没有问明而成立。",
        "“Not told”: asked but the caller cannot tell, or not asked, or not applicable. A rule holds on what is not told only "
        "where it names it.",
    ),
    "reading-priority": Text(
        "几条规则同时成立、结论不同时，优先级数字大的作数；每条规则写着它压过哪些、被哪些压过（只列真会同时成立的）。",
        "Where several rules hold and conclude different things, the greater priority counts. Every rule names those it outranks "
        "and those that outrank it, as far as they can hold on the same call.",
    ),
    "reading-default": Text("没有规则成立时取默认值。", "Where no rule holds, a conclusion has its default."),
    "reading-safe": Text(
        "标有“取安全一侧”的规则，出处没有说清，按安全的一侧定。",
        "“Safe side” marks rules where the sources leave the matter open, and it is decided on the safe side.",
    ),
    "reading-slots": Text(
        "‹这样› 写的，由来电的内容填入；数字按一般规定，地区另有规定的见“{parameters}”。",
        "What stands in ‹such marks› is filled in from the call. Figures are the general ones; for regions that have their own "
        "see “{parameters}”.",
    ),
    "reading-ids": Text(
        "小字是编号：系统给出的理由里写的就是它，可以在“{index}”里查到。",
        "The small type is the id: reasons the system gives name it, and “{index}” lists it.",
    ),
    "reading-exact": Text(
        "“怎样办”和“要说的话”不是摘抄，而是对所有可能的来电逐一算出来的。",
        "What is done and what is said in a situation is no excerpt: it is worked out over all possible calls.",
    ),
    "reading-not-exact": Text(
        "知识库太大，没有对所有可能的来电逐一计算；各情形只列出规则。",
        "The base is too large to be worked out over all possible calls; situations name their rules only.",
    ),
    # overview
    "overview-text": Text(
        "从左到右推出；粗框是最后要定下来的。数字：有几条规则这样用。",
        "Concluded from left to right; what must be settled in the end has a thick frame. Numbers: how many rules do so.",
    ),
    # situations
    "situations-text": Text(
        "按最后的“{first}”分组。每种情形：怎样认出来（任一条规则成立）、怎样办、要说的话、例子。",
        "By what comes out as “{first}”. For every situation: how it is told (any one of the rules), what is done, what is said, "
        "examples.",
    ),
    "at-a-glance": Text("一览", "At a glance"),
    "situation": Text("情形", "situation"),
    "share": Text("约占来电的 {share}（按作者的权重）", "about {share} of calls (by the author's weights)"),
    "is-group": Text("分不清是哪一个：{members}", "one of these, it cannot be told which: {members}"),
    "no-call": Text("没有来电会得出：{values}", "No call ends so: {values}"),
    "means": Text("由此定为", "which makes it"),
    "told-by": Text("怎样认", "How it is told"),
    "told-by-default": Text("没有别的规则成立时（默认）。", "Where no other rule holds (the default)."),
    "told-by-any": Text("以下任一条规则成立：", "Any one of these rules holds:"),
    "done": Text("怎样办", "What is done"),
    "said": Text("要说的话", "What is said"),
    "maybe-said": Text("看情况", "depending on the call"),
    "common-said": Text("不论什么情形几乎都可能要说的", "What may be said in nearly any situation"),
    "examples": Text("例子", "Examples"),
    "or": Text(" 或 ", " or "),
    # questions
    "questions-text": Text(
        "按作者的次序。实际提问时，先问危险，再问最能分清情形的；不会改变结论的不问。",
        "In the author's order. On a call, danger comes first, then whatever tells most; nothing is asked that changes nothing.",
    ),
    "options": Text("回答", "Answers"),
    "tick-text": Text("可多选；都没有时说“以上都没有”。", "Several may hold; “none of these” otherwise."),
    "how": Text("怎样看", "How to check"),
    "purpose": Text("目的", "Purpose"),
    "purpose-decide": Text("判断", "to decide"),
    "purpose-safety": Text("安全", "safety"),
    "purpose-say": Text("说话", "for what is said"),
    "purpose-order": Text("写工单", "for the work order"),
    "kind-act": Text("要动手操作", "something is switched"),
    "ask-of": Text("问谁", "Asked of"),
    "caller": Text("来电人", "the caller"),
    "then": Text(" → ", " → "),
    "seconds": Text("用时", "Takes"),
    "seconds-number": Text("约 {seconds} 秒", "about {seconds} seconds"),
    "applies": Text("什么时候问", "Asked when"),
    "applies-always": Text("任何时候都可以问", "at any time"),
    "instructs": Text("让人做", "Has people do"),
    "number-given": Text("也可以直接给读数（{unit}）", "a reading may be given instead ({unit})"),
    "range-under": Text("低于 {limit} {unit}", "below {limit} {unit}"),
    "range-up-to": Text("不超过 {limit} {unit}", "up to {limit} {unit}"),
    "range-rest": Text("更高", "above"),
    "read-by": Text("用到它的", "Read by"),
    "read-by-nobody": Text("没有规则读它", "no rule reads it"),
    # rules
    "rules-text": Text("按规则文件，照作者的次序。", "By file, in the author's order."),
    "when": Text("条件", "When"),
    "concludes": Text("结论", "Then"),
    "priority": Text("优先级 {priority}", "priority {priority}"),
    "because": Text("理由", "Because"),
    "source": Text("出处", "Source"),
    "safe-side": Text("取安全一侧", "safe side"),
    "outranks": Text("压过", "Outranks"),
    "outranked": Text("被压过", "Outranked by"),
    "and-more": Text("及另外 {count} 条", "and {count} more"),
    "all-of": Text("以下都成立：", "all of these:"),
    "any-of": Text("以下至少一项成立：", "at least one of these:"),
    "always": Text("任何情况", "always"),
    "never": Text("从不", "never"),
    "one-of": Text("其中至少一项", "at least one of"),
    "each-of": Text("每一项", "each of"),
    "is": Text("：", ": "),
    "comma": Text("、", ", "),
    # inferred
    "inferred-text": Text(
        "每个结论可能的取值，以及得出它的规则。", "What every conclusion may be, and the rules that conclude it."
    ),
    "target": Text("必须定下来", "must be settled"),
    "default": Text("默认", "default"),
    "by-rules": Text("规则", "Rules"),
    "number": Text("数字：{number}", "figure: {number}"),
    # messages
    "alerts-text": Text(
        "一看到依据就说，不等问完；照原话说。", "Said as soon as the evidence is there, whatever else is open; word for word."
    ),
    "say": Text("话", "Words"),
    "verbatim": Text("照原话说", "word for word"),
    "to": Text("对谁", "To"),
    "to-caller": Text("来电人", "the caller"),
    "to-agent": Text("坐席", "the agent"),
    "to-crew": Text("抢修人员", "the crew"),
    "time-of-day": Text("时段", "Time of day"),
    "time-morning": Text("上午", "morning"),
    "time-noon": Text("中午", "noon"),
    "time-afternoon": Text("下午", "afternoon"),
    "time-evening": Text("晚上", "evening"),
    "time-night": Text("夜间", "night"),
    "time-holiday": Text("节日", "holiday"),
    "kind-alert": Text("安全提醒", "alert"),
    "kind-advice": Text("建议", "advice"),
    "kind-script": Text("话术", "script"),
    "kind-work_order": Text("工单", "work order"),
    "moment-greeting": Text("问候", "Greeting"),
    "moment-ask": Text("询问", "Asking"),
    "moment-wait": Text("请稍候", "Please wait"),
    "moment-confirm": Text("确认", "Confirming"),
    "moment-apology": Text("致歉", "Apology"),
    "moment-explain": Text("解释", "Explaining"),
    "moment-refusal": Text("婉拒", "Refusal"),
    "moment-transfer": Text("转接", "Transfer"),
    "moment-closing": Text("结束语", "Closing"),
    "advice": Text("建议", "Advice"),
    # work order
    "order-lines": Text("工单的各行", "Lines of the work order"),
    "order-text": Text(
        "条件成立的各行，按次序写进工单；还缺的项要补问。",
        "Lines whose condition holds, in this order; fields still missing are asked for.",
    ),
    "order-fields": Text("要填的项", "Fields"),
    "ask": Text("怎样问", "How it is asked"),
    "needed-when": Text("什么时候要", "Needed when"),
    "private": Text("个人信息", "personal data"),
    # impossible, laws
    "impossible-text": Text(
        "这些回答不可能同时属实：不下结论，先说明，再问一次；弄清之前按“派人查明”处理。",
        "These answers cannot all be true: nothing is decided, it is explained and asked again; until it is cleared up, somebody "
        "is sent to find out.",
    ),
    "ask-again": Text("再问", "Asked again"),
    "laws-text": Text(
        "对每一通可能的来电都要成立；改规则时由系统逐一验证。",
        "They hold on every possible call, and are proved anew whenever rules change.",
    ),
    "law-if": Text("只要", "Whenever"),
    "law-then": Text("就必定", "it follows that"),
    "law-safety": Text("连不可能的组合也算在内", "even counting impossible combinations"),
    "evidence": Text("没有依据不省", "Nobody is spared without evidence"),
    "evidence-text": Text(
        "没有问明的，不能帮人得出下面的结论（不派人、客户付费等）：若某项没有问明时会这样，那么它不论是什么都必定这样。",
        "What is not told never helps one of these outcomes (nobody is sent, the customer pays …): where a call ends so with "
        "something not told, it ends so whatever that is.",
    ),
    "evidence-exceptions": Text("例外", "Exceptions"),
    "evidence-exception": Text("“{fact}”没有问明时可以这样，条件：", "with “{fact}” not told it may end so, when:"),
    # grouping
    "grouping-text": Text(
        "服务数一数同一地点最近还有谁来电，够数就由“{system}”把它当作一项事实告诉这通来电；不顶替任何人说过的话。一个人来电几次只算一次。",
        "The service counts who else called from the same place of late; where there are enough, “{system}” tells the call so, "
        "as a fact of its own and never instead of what anybody said. However often somebody calls, they count once.",
    ),
    "grouping-starts": Text("算数的来电", "Calls that count"),
    "grouping-joins": Text("可以并入的来电", "Calls that may be merged"),
    "grouping-orders": Text("已经派人的来电", "Calls on which somebody is sent"),
    "grouping-levels": Text(
        "同一项事实，由上到下第一个够数的作数。“并单”：提议把这通来电并入那些来电。",
        "For each fact the first that is reached counts, from top to bottom. “Merge”: merging the call with theirs is proposed.",
    ),
    "grouping-place": Text("同一", "Same"),
    "grouping-callers": Text("另有几人来电", "Other callers"),
    "grouping-minutes": Text("最近多少分钟内", "Within minutes"),
    "grouping-tells": Text("则得知", "Then it is told that"),
    "grouping-merges": Text("并单", "Merge"),
    "grouping-different": Text("每个{place}只算一次", "one for each {place}"),
    "grouping-ordered": Text("其中有一单已派、还没办完", "an order of one of them is still open"),
    "grouping-proposed": Text("提议", "yes"),
    "grouping-apart": Text("不提议", "no"),
    "place-building": Text("楼", "building"),
    "place-transformer_area": Text("台区", "transformer area"),
    "place-feeder": Text("馈线", "feeder"),
    # the rest
    "value": Text("取值", "Value"),
    "general": Text("一般", "in general"),
    "regions": Text("地区", "Regions"),
    "forbidden": Text("不许让人做", "never to be told"),
    "used-by": Text("用在", "Used by"),
    "phrases": Text("说法", "Phrases"),
    "unless": Text("这些里面不算", "not within"),
    "instead": Text("改说", "Better"),
    "context": Text("用在", "Context"),
    "context-answer": Text("回答", "answers"),
    "context-listening": Text("倾听", "listening"),
    "context-work_order": Text("工单", "work orders"),
    "context-apology": Text("致歉", "apologies"),
    "context-any": Text("任何地方", "anywhere"),
    "severity-forbidden": Text("禁用", "forbidden"),
    "severity-advice": Text("建议不说", "better not"),
    "house-other": Text("别家的规定，仅供参考", "another house's rule, advice only"),
    "tone-text": Text(
        "~3 表示中间最多隔 3 个字；(甲/乙) 表示任一个；^ 和 $ 是句首和句尾。",
        "~3: at most three characters or words between; (a/b): either; ^ and $: where a clause begins and ends.",
    ),
    "sources-text": Text("每个出处支持哪些条目。", "What rests on each source."),
    "index-text": Text("所有编号，按字母排列。", "Every id, in alphabetical order."),
    "is-rule": Text("规则", "rule"),
    "is-question": Text("问题", "question"),
    "is-fact": Text("事实", "fact"),
    "is-inferred": Text("结论", "conclusion"),
    "is-message": Text("话", "message"),
    "is-parameter": Text("数字", "figure"),
    "is-field": Text("工单项", "field"),
    "is-impossible": Text("对不上", "contradiction"),
    "is-invariant": Text("要求", "law"),
    "is-instruction": Text("动作", "instruction"),
    "is-tone": Text("用语", "tone"),
}


def word(key: str, language: Language, **parts: Any) -> str:
    """One sentence with its parts filled in."""
    return _WORDS[key].get(language).format(**parts)
