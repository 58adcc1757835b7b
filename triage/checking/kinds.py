"""Every kind of finding over all possible calls, gravest first: how grave it is, its name for people, and its sentence.

What is said about a kind at length stands in `docs/findings/<id>.md`. Finding things is the business of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from triage.findings import Grade
from triage.model import Text

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    Attributes:
        sentence: What is wrong and what to do; `{parts}` are filled by whoever finds it.
    """

    severity: Grade
    title: Text
    sentence: Text


KINDS: Mapping[str, Kind] = {
    "tie": Kind(
        "error",
        Text("优先级相同、结论不同", "conflict"),
        Text("{said}", "{said}"),
    ),
    "engines-disagree": Kind(
        "error",
        Text("两个推理引擎不一致", "the engines disagree"),
        Text(
            "在这通来电上，experta 对 `{fact}` 得出 {theirs}，而规则的含义是 {ours}；这是软件的错误，请报告",
            "on this call experta concludes {theirs} of `{fact}`, while the rules mean {ours}; this is a fault of the software: "
            "please report it",
        ),
    ),
    "evidence-law": Kind(
        "error",
        Text("说不清反而省掉了派人", "unknown helps"),
        Text(
            "`{fact}` 说不清时不派人或由客户付费，答 `{value}` 时却不是；说不清不能帮人省掉派人：请改规则，或写明有出处的例外",
            "with `{fact}` unknown nobody is sent or the customer pays, but not with `{value}`; unknown must not spare a visit: "
            "change the rules, or name the exception with its source",
        ),
    ),
    "invariant-broken": Kind(
        "error",
        Text("必须成立的要求不成立", "invariant broken"),
        Text(
            "要求 `{invariant}` 在这通来电上不成立；请改规则或改要求",
            "the invariant `{invariant}` does not hold on this call; change the rules, or the invariant",
        ),
    ),
    "forbidden-instruction": Kind(
        "error",
        Text("让人做不许做的事", "forbidden instruction"),
        Text(
            "`{by}` 会让人做不许做的事 `{instruction}`；请改掉",
            "`{by}` has somebody do `{instruction}`, which is forbidden; take it out",
        ),
    ),
    "too-large": Kind(
        "error",
        Text("规则库过大，不能精确检查", "too large to be exact"),
        Text(
            "规则库过大（超过 {budget} 个节点，主要是 {facts}），以下都没有检查；请让这些事实少牵连一些规则，"
            "或把无关的题目分到另一个规则库。试过的顺序：{order}",
            "the base is too large (more than {budget} nodes, most of them on {facts}), so nothing further was checked; let "
            "fewer rules read these facts together, or move what is unrelated to another base. Order tried: {order}",
        ),
    ),
    "dead-rule": Kind(
        "warning",
        Text("永远不成立的规则", "rule that can never fire"),
        Text(
            "规则 `{rule}` 的条件在任何来电上都不成立；请改条件或删掉",
            "the condition of rule `{rule}` holds on no call; change it or delete the rule",
        ),
    ),
    "hidden-rule": Kind(
        "warning",
        Text("被不可能的组合挡住的规则", "rule hidden by an impossible combination"),
        Text(
            "规则 `{rule}` 只在 `{combinations}` 说不可能的来电上成立（它排除了 {share} 的来电）；请改其中一个",
            "rule `{rule}` holds only on calls that `{combinations}` says are impossible ({share} of calls are left out by it); "
            "change one of them",
        ),
    ),
    "preempted-rule": Kind(
        "warning",
        Text("总是被压过的规则", "rule always pre-empted"),
        Text(
            "规则 `{rule}` 对 `{fact}` 的结论总被优先级更高的 {by} 压过；请改优先级或条件，或删掉",
            "what rule `{rule}` concludes of `{fact}` is always pre-empted by {by}; change a priority or condition, or delete it",
        ),
    ),
    "silent-message": Kind(
        "warning",
        Text("永远不说的话", "message never said"),
        Text(
            "`{message}` 的条件在任何来电上都不成立；请改条件或删掉",
            "the condition of `{message}` holds on no call, so it is never said; change it or delete the message",
        ),
    ),
    "delayed-alert": Kind(
        "warning",
        Text("可能说晚了的安全提醒", "alert that can be delayed"),
        Text(
            "安全提醒 `{alert}` 要等 `{question}` 的回答；这通来电已经可以问它了，却先问 `{first}`：请给它 `purpose: safety`，"
            "或改提醒的条件",
            "the alert `{alert}` waits for the answer to `{question}`; on this call that could be asked already, but `{first}` "
            "is asked first: give it `purpose: safety`, or change what the alert reads",
        ),
    ),
    "alert-unproved": Kind(
        "warning",
        Text("没有查完的安全提醒", "alert not checked to the end"),
        Text(
            "安全提醒 `{alert}` 要等 `{question}` 的回答；访谈太多，没有走完，不知道它会不会说晚：请给 `{question}` "
            "`purpose: safety`",
            "the alert `{alert}` waits for the answer to `{question}`; there are too many interviews to follow, so it may be "
            "delayed: give `{question}` `purpose: safety`",
        ),
    ),
    "split-decision": Kind(
        "warning",
        Text("拼起来的结论", "decision put together"),
        Text(
            "这通来电的 `{fact}` 由规则 `{rule}` 得出，而它同时要得出的 `{other}: {wanted}` 被 `{by}` 换成了 `{came}`；"
            "两者应当一起成立：请改优先级，或分成两条规则",
            "on this call `{fact}` comes from rule `{rule}`, but the `{other}: {wanted}` it concludes with it is replaced by "
            "`{came}` from `{by}`; what belongs together should hold together: change a priority, or write two rules",
        ),
    ),
    "never-asked": Kind(
        "warning",
        Text("永远不问的问题", "question never asked"),
        Text(
            "问题 `{question}` 永远不会问：{why}",
            "the question `{question}` is never asked: {why}",
        ),
    ),
    "unused-fact": Kind(
        "warning",
        Text("不起作用的事实", "fact that never matters"),
        Text(
            "事实 `{fact}` 无论怎么回答都没有区别；请在规则里用到它，或删掉",
            "whatever is answered about `{fact}` makes no difference; use it in a rule, or delete it",
        ),
    ),
    "unreached-value": Kind(
        "warning",
        Text("得不出的结论", "conclusion never drawn"),
        Text(
            "没有一通来电会得出 `{fact}: {value}`；请写得出它的规则，或删掉这个值",
            "no call ends in `{fact}: {value}`; write a rule that concludes it, or delete the value",
        ),
    ),
    "idle-rule": Kind(
        "note",
        Text("改变不了什么的规则", "rule that changes nothing"),
        Text(
            "删掉规则 `{rule}`，任何来电的结论和话术都不变，只有理由不同：请删掉；确实需要它的理由才留着",
            "without rule `{rule}` every call ends the same and says the same, only the reasons differ: delete it, unless its "
            "reason is worth keeping",
        ),
    ),
    "unused-value": Kind(
        "note",
        Text("分不分都一样的值", "values that are never told apart"),
        Text(
            "`{fact}` 的 {values} 在任何规则和话术里都没有区别：请合成一个选项，少念一个；来电人确实要分开听的才留着",
            "no rule and no text tells {values} of `{fact}` apart: join them, so that the caller hears one option fewer, unless "
            "callers need both to find their answer",
        ),
    ),
    "only-systems-tell": Kind(
        "note",
        Text("来电人答不出的结论", "candidates no question to the caller tells apart"),
        Text(
            "`{fact}: {value}` 只有接通系统时才可能得出（{systems}）；没有接通时，问来电人多少题也分不出它：来电人也能知道的，"
            "在题目的 `ask_of` 里加上 `caller`；只有系统知道的，不用改",
            "`{fact}: {value}` can come out only where a system answers ({systems}); without it no question to the caller tells "
            "it from the rest: if callers can know, add `caller` to `ask_of` of the question; if only the system can, leave it",
        ),
    ),
    "gap": Kind(
        "note",
        Text("规则没有覆盖的来电", "gap"),
        Text(
            "什么都问清了，这通来电仍落到“去查明”（{outcome}）；这样的来电占 {share}：若不是有意如此，请补规则",
            "everything is told, and this call still ends in finding out ({outcome}), as do {share} of such calls; if that is "
            "not meant, write a rule for them",
        ),
    ),
}
