"""What an editor shows of every key of the format, in a sentence or less. `docs/knowledge-format.md` says it at length.

Keyed by the way to a key through the sections, such as `rules.when`; a key that means the same everywhere stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from triage.model import Text

__all__ = ["HINTS", "hint"]

HINTS: Mapping[str, Text] = {
    # the same everywhere
    "id": Text(
        "名字：小写字母、数字，词与词用 `_`（事实、值、字段等）或 `-`（规则、话术等）连接。",
        "The name: lower-case letters and digits, joined by `_` (facts, values, fields …) or `-` (rules, messages …).",
    ),
    "source": Text(
        "出处：标记和位置，例如 `S0 §2(4)`、`B1.6 [A]`；可以是列表。",
        "Where it is written, such as `S0 §2(4)` or `B1.6 [A]`; may be a list.",
    ),
    "text": Text("给人看的文字，中英文都要写。", "What people read, in both languages."),
    "because": Text("为什么，一句话，中英文都要写。", "Why, in one sentence, in both languages."),
    "when": Text(
        "条件：`事实: 值`、`事实: [几个值]`、`事实: {not: 值}`，并列的都要成立；还有 `any`、`all`、`not`。",
        "The condition: `fact: value`, `fact: [values]` or `fact: {not: value}`; those side by side must all hold; `any`, `all` "
        "and `not` too.",
    ),
    "say": Text(
        "说的话，中英文都要写；可以写 {事实}、{推断}、{字段}、{参数}。",
        "What is said, in both languages; may hold {facts}, {inferred facts}, {fields}, {parameters}.",
    ),
    "order": Text("次序，小的在先；默认 50。", "The order, small numbers first; default 50."),
    "instructs": Text("让人做的事，从 instructions 里选。", "What people are told to do, from the list of `instructions`."),
    "zh": Text("中文", "Chinese"),
    "en": Text("英文", "English"),
    "any": Text("至少一条成立。", "At least one of these holds."),
    "all": Text("每一条都成立。", "All of these hold."),
    "not": Text(
        "不成立：取其余声明过的值，不含 unknown 和默认值。",
        "Does not hold: the other declared values, without `unknown` and the default.",
    ),
    # base
    "base": Text("知识库是哪一个；整个文件夹只写一次。", "Which base this is; exactly once in the folder."),
    "base.version": Text("版本。", "The version."),
    "base.title": Text("标题，中英文都要写。", "The title, in both languages."),
    "base.systems": Text("来电人以外还可以问的系统。", "The systems one can ask besides the caller."),
    "base.decision": Text("结论卡片上的推断和字段，按次序。", "Inferred facts and fields on the decision card, in order."),
    "base.find_out": Text(
        "移交时的结论：派人查明；没写的取默认值。", "The values of a hand-over: somebody finds out; others take their default."
    ),
    "base.resolved": Text("什么时候算在电话里解决了；可不写。", "When a call counts as solved on the line; optional."),
    "base.patience": Text("连续几次说不清就不再追问；可不写。", "After how many `unknown` in a row no more is asked; optional."),
    "base.patience.unknown_in_a_row": Text("连续说不清的次数。", "How many `unknown` in a row."),
    "base.patience.fact": Text("那时给哪个事实定值。", "The fact that is set then."),
    "base.patience.value": Text("定成什么值。", "The value it is set to."),
    "base.callers": Text(
        "问题按哪一类来电人的权重来排；可不写，则按各事实自己的权重。",
        "The population whose weights the interview goes by; without it, the facts' own.",
    ),
    # facts and questions
    "facts": Text("来电人或系统能说出来的事实。", "What a caller or a system can tell."),
    "facts.values": Text(
        "它的值，每个值一段文字；`unknown` 总是可以的，不写。",
        "Its values, each with its text; `unknown` is always allowed and not written.",
    ),
    "facts.applies_when": Text(
        "只在这种情况下才问、才算数；只看别的事实，不写 unknown。",
        "Asked and counted only where this holds; other facts only, never `unknown`.",
    ),
    "facts.weights": Text(
        "各种回答的多少之比；可以按另一个事实分（`given`）。",
        "How often each answer is given; may depend on another fact (`given`).",
    ),
    "given": Text(
        "权重按哪个事实分；其余的值写 `otherwise`。", "The fact the weights depend on; `otherwise` for its other values."
    ),
    "facts.number": Text("也可以给数：单位和分段。", "Numbers may be given instead: unit and ranges."),
    "facts.number.unit": Text("单位，例如 V。", "The unit, such as V."),
    "facts.number.ranges": Text("分段，从小到大；最后一段没有上限。", "The ranges, ascending; the last one has no limit."),
    "facts.number.ranges.value": Text("这一段算哪个值。", "The value that numbers of this range count as."),
    "facts.number.ranges.under": Text("小于它：数，或参数的名字。", "Less than this: a number, or the name of a parameter."),
    "facts.number.ranges.up_to": Text(
        "不大于它：数，或参数的名字。", "Up to and including this: a number, or the name of a parameter."
    ),
    "questions": Text("怎么问；每个事实由一个问题来问。", "How facts are asked for; each is filled by exactly one question."),
    "questions.fills": Text("问的是哪些事实；几个事实就是一张勾选表。", "The facts it fills; several make a list to tick."),
    "questions.text": Text("问话，中英文都要写。", "What is asked, in both languages."),
    "questions.how": Text("怎样安全地看；可不写。", "How to check it safely; optional."),
    "questions.purpose": Text(
        "为什么问：decide 判断（默认）、safety 安全、say 说话用、order 工单用。",
        "Why: to decide (default), for safety, for what is said, for the order.",
    ),
    "questions.kind": Text("look 只看（默认）；act 要动手操作。", "`look` (default), or `act`: something is switched."),
    "questions.ask_of": Text(
        "先后问谁：系统或 caller（来电人，默认）。", "Whom to ask, first to last: systems or `caller` (default)."
    ),
    "questions.seconds": Text("问来电人要几秒；默认 8。", "Seconds that asking the caller takes; default 8."),
    "questions.tick": Text(
        "勾选表：勾了取什么值，没勾取什么值。", "A list to tick: the value of what is ticked, and of what is not."
    ),
    "questions.tick.ticked": Text("勾了的值。", "The value of a ticked fact."),
    "questions.tick.others": Text("没勾的值。", "The value of the others."),
    # inferred facts and rules
    "inferred": Text("规则要得出的结论。", "What rules conclude."),
    "inferred.target": Text(
        "true：问到它有定论为止；默认 false。", "true: it must be settled before the interview ends; default false."
    ),
    "inferred.default": Text("没有规则成立时的值；要稳妥。", "Its value where no rule holds; choose the safe one."),
    "inferred.values": Text("它的值，每个值一段文字。", "Its values, each with its text."),
    "inferred.values.*.members": Text("这个值代表的几个值（一组）。", "The values that this one stands for (a group)."),
    "inferred.values.*.number": Text(
        "它带的数：数，或参数的名字。", "A figure it carries: a number, or the name of a parameter."
    ),
    "rules": Text("规则：什么条件下得出什么。", "Rules: what is concluded when."),
    "rules.then": Text("结论：`推断: 值`，可以几个。", "The conclusions: `inferred fact: value`, one or several."),
    "rules.then.*.value": Text("得出的值。", "The value concluded."),
    "rules.then.*.priority": Text("只对这一项结论的优先级。", "The priority of this conclusion alone."),
    "rules.priority": Text(
        "优先级 0–1000，默认 50；同时成立时大的胜出。", "0 to 1000, default 50; of several that hold, the highest wins."
    ),
    "rules.safe_side": Text(
        "true：出处没有写明，按稳妥的一侧定。", "true: the sources leave it open, and it is decided on the safe side."
    ),
    # messages and what stands behind them
    "messages": Text("安全提醒、话术、建议、工单。", "Alerts, scripts, advice, the work order."),
    "messages.kind": Text(
        "alert 安全提醒 · advice 建议 · script 话术 · work_order 工单的一行。",
        "`alert` (safety), `advice`, `script` (what the agent says), or a line of the `work_order`.",
    ),
    "messages.moment": Text("话术用在什么时候。", "The moment of the call a script is for."),
    "messages.when": Text(
        "什么时候说；默认总是。安全提醒必须写，只看事实，不写 unknown。",
        "When it is said; default always. An alert needs one: facts only, never `unknown`.",
    ),
    "messages.to": Text(
        "对谁：caller 来电人（默认）、agent 座席、crew 抢修人员。", "To whom: the caller (default), the agent, the crew."
    ),
    "messages.must_say": Text("必须原话照说；安全提醒默认 true。", "Said word for word; true for alerts unless given."),
    "messages.time_of_day": Text("只在这些时候说；只用于话术。", "Said only at these times; scripts only."),
    "instructions": Text("可以让人做的事，和绝不能让人做的事。", "What people may be told to do, and what never."),
    "instructions.forbidden": Text("true：绝不能让人做。", "true: nobody is ever told to."),
    "parameters": Text("文字里用到的数和说法。", "Figures and phrases that fill texts."),
    "parameters.value": Text("数，或两种语言通用的文字，或 {zh, en}。", "A number, a text for both languages, or {zh, en}."),
    "parameters.regions": Text("个别地区另有的说法。", "What single regions say instead."),
    "fields": Text("工单上要填的文字；规则不读它。", "Free text for the work order; no rule reads it."),
    "fields.ask": Text("怎么问。", "How it is asked for."),
    "fields.when": Text("什么时候需要；默认总是。", "When it is needed; default always."),
    "fields.private": Text("true：个人资料。", "true: personal data."),
    # what must hold
    "impossible": Text("不可能同时成立的事实。", "Facts that cannot hold together."),
    "impossible.when": Text("只看事实，不写 unknown。", "Facts only, never `unknown`."),
    "impossible.resolve": Text("再问一次哪个问题。", "The question to ask again."),
    "invariants": Text("所有来电都必须成立的要求。", "What must hold on every call."),
    "invariants.then": Text("那时必须成立的条件。", "What must hold then."),
    "invariants.safety": Text(
        "true（默认）：不把任何组合当作不可能，一律查证。", "true (default): proved without leaving anything out as impossible."
    ),
    "evidence": Text(
        "没有依据不省：说不清不能帮人得出这些结论。",
        "No sparing without evidence: `unknown` may never help towards these outcomes.",
    ),
    "evidence.spared": Text(
        "不派人、客户付费等结论；只写推断。", "Outcomes in which nobody is sent or the customer pays; inferred facts only."
    ),
    "evidence.exceptions": Text("有出处的例外。", "Exceptions, each with its source."),
    "evidence.exceptions.fact": Text("哪个事实说不清。", "The fact that may be unknown."),
    # tone and populations
    "tone": Text("什么话不说，改说什么。", "What is not said, and what to say instead."),
    "tone.phrases": Text(
        "要找的说法；写法见 docs/knowledge-format.zh.md。",
        "What to look for; how it is written stands in docs/knowledge-format.md.",
    ),
    "tone.language": Text("管哪种语言的文字。", "The language of the texts it is for."),
    "tone.context": Text("管什么场合；默认 any。", "What the texts are for; default `any`."),
    "tone.house": Text(
        "ours 自家的（默认）；other 别家的，只作建议。", "`ours` (default), or another house's, which is advice only."
    ),
    "tone.instead": Text("改说什么。", "What to say instead."),
    "tone.severity": Text("forbidden 禁用，或 advice 建议。", "`forbidden` or `advice`."),
    "tone.unless": Text("在这些说法里就没关系。", "Within these a phrase is fine."),
    "populations": Text("另外的来电人群，用来看问答的长短。", "Other callers, to see how long interviews are with them."),
    "populations.weights": Text("他们的权重，按事实；没写的照旧。", "Their weights by fact; others keep theirs."),
    # calls beside and after one another
    "grouping": Text(
        "同一地点别人的来电怎样成为本通来电的事实；服务照着做。",
        "How other calls at the same place become facts of a call; the service goes by it.",
    ),
    "grouping.told_by": Text("以哪个系统的名义告知。", "The system in whose name it is told."),
    "grouping.starts": Text("哪些来电算数：按它自己的回答和结论。", "Calls that count, by their own answers and conclusions."),
    "grouping.joins": Text(
        "哪些来电可以并入；只并入别人的，不算数。",
        "Calls that may be merged with those that count; they do not count themselves.",
    ),
    "grouping.orders": Text("有结论后，哪些算已经派了人。", "Decided calls on which somebody is sent."),
    "grouping.levels": Text("几级；同一个事实，先写的先取。", "The levels; for each fact the first one that is reached counts."),
    "grouping.levels.fact": Text("成为哪个事实。", "The fact it becomes."),
    "grouping.levels.value": Text("取什么值。", "The value it has then."),
    "grouping.levels.place": Text("什么地点相同。", "What place they have in common."),
    "grouping.levels.callers": Text(
        "除本人外要有几位来电人：数，或参数的名字。", "How many other callers it takes: a number, or the name of a parameter."
    ),
    "grouping.levels.minutes": Text(
        "看最近几分钟：数，或参数的名字。", "How many minutes back: a number, or the name of a parameter."
    ),
    "grouping.levels.from_different": Text(
        "同一个这样的地点只算一次；可不写。", "Callers at the same place of this kind count once; optional."
    ),
    "grouping.levels.ordered": Text("true：其中还要有没办结的工单。", "true: it also takes an open order of one of them."),
    "grouping.levels.merges": Text("false：不提议并单；默认 true。", "false: merging is not proposed; default true."),
    "follow_up": Text(
        "这个知识库用来回访另一个知识库的来电；服务照着做。",
        "This base checks afterwards what became of the calls of another; the service goes by it.",
    ),
    "follow_up.of": Text("回访哪个知识库的来电。", "The base whose calls it checks."),
    "follow_up.told_by": Text("以哪个系统的名义告知。", "The system in whose name tries are told."),
    "follow_up.tries": Text(
        "哪个事实取以前回访的次数（数）；可不写。", "The fact that gets the number of earlier tries; optional."
    ),
    "follow_up.questions": Text("最多问几个问题。", "How many questions are asked at most."),
    "follow_up.over": Text("什么时候算已经了结。", "When the matter is over."),
    "follow_up.reopens": Text(
        "什么时候重新受理，先写的先取。", "When the matter is taken up again; the first that holds counts."
    ),
    "follow_up.reopens.tells": Text("新的一通先记下哪些事实。", "What is told on the new call to begin with."),
    # cases
    "cases": Text("用例：已知什么，应得出什么。", "Cases: what is known, and what must come out."),
    "cases.case": Text("一句话说清这是什么样的来电；同一文件里不重复。", "The call in a sentence; no two alike in a file."),
    "cases.tags": Text("标签，`triage test --tag` 用。", "Tags, for `triage test --tag`."),
    "cases.systems": Text("接通了哪些系统；默认没有。", "The systems connected; default none."),
    "cases.time_of_day": Text(
        "来电是在什么时候，用于只在某个时段说的话。", "When the call comes in, for lines said at that time only."
    ),
    "cases.region": Text("按哪个地区的参数。", "Whose regional parameters."),
    "cases.turns": Text("一轮一轮的对话；每轮在前面的基础上加。", "A dialogue, turn by turn; each adds to those before."),
    "cases.suggested": Text(
        "true：程序拟的草稿，不计入覆盖；写好期望后删掉这一行。",
        "true: a draft made by the program, not counted; delete this line once you have written what to expect.",
    ),
    "cases.given": Text(
        "已知的事实；勾选表写勾了的，`[]` 是一个都没有。", "What is known; for a list to tick what is ticked, `[]` for none."
    ),
    "cases.fields": Text("已填的文字。", "Free text that is filled in."),
    "cases.no_answer": Text("问过、没有回答的系统，按事实写。", "By fact, who was asked and did not answer."),
    "cases.expect": Text("应有的定论。", "What must be settled."),
    "cases.if_ended_now": Text("现在结束的话应有的结论。", "What holds if the call ended now."),
    "cases.status": Text("应有的状态。", "The status it must have."),
    "cases.stop_reason": Text("应因为什么结束。", "What it must have stopped for."),
    "cases.asks_next": Text("下一个应问的问题。", "The question that must come next."),
    "cases.asks_of": Text("下一个问题应问谁。", "Whom it must go to."),
    "cases.never_asks": Text("不该再问的问题。", "Questions that are not asked any more."),
    "cases.fired": Text("应起作用的规则。", "Rules that must speak."),
    "cases.not_fired": Text("不该起作用的规则。", "Rules that must not."),
    "cases.says": Text("应说的话。", "Messages that must be said."),
    "cases.not_says": Text("不该说的话。", "Messages that must not."),
    "cases.missing_fields": Text(
        "工单正好还缺哪些；`[]` 是不缺。", "Exactly the fields the work order still needs; `[]` for none."
    ),
    "cases.candidates": Text("正好还可能是哪些值。", "Exactly the values still possible."),
}


def hint(path: tuple[str, ...]) -> Text | None:
    """What to show of a key: by the whole way to it, else by its own name; None where there is nothing to say.

    >>> hint(("rules", "then")).en
    'The conclusions: `inferred fact: value`, one or several.'
    """
    return HINTS.get(".".join(path)) or HINTS.get(path[-1])
