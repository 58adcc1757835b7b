"""What pictures say of their own, in both languages."""

from __future__ import annotations

from typing import Any

from triage.drawing.picture import Kind
from triage.model import Language, Text

__all__ = ["KINDS", "word"]

KINDS: dict[Kind, Text] = {
    "fact": Text("事实（问来的）", "fact (asked)"),
    "list": Text("可多选的一组事实", "facts to tick on one list"),
    "rule": Text("规则", "rule"),
    "inferred": Text("推出的结论", "inferred fact"),
    "target": Text("要定下来的结论", "target: must be settled"),
    "question": Text("问题", "question"),
    "decision": Text("结论", "decision"),
    "more": Text("没有画出", "not drawn"),
}
"""Kinds of boxes, for the legend."""

_WORDS = {
    # what hangs on what
    "dependencies": Text("{title}：事实、规则和结论的关系", "{title}: how facts, rules and conclusions hang together"),
    "dependencies-rules": Text("{title}：规则", "{title}: rules"),
    "dependencies-about": Text("{title}：与 {about} 有关的", "{title}: around {about}"),
    "dependencies-file": Text("{title}：{file}", "{title}: {file}"),
    "base": Text("知识库 {base} {version}（{digest}）", "base {base} {version} ({digest})"),
    "numbers-say-rules": Text("箭头上的数字：有几条规则这样用", "numbers on arrows: how many rules do so"),
    "dashed-is-gate": Text("虚线：前者决定后者适用不适用", "dashed: decides whether the other applies"),
    "described": Text(
        "从左到右：{facts} 个事实框，{rules} 条规则，{inferred} 个结论，{arrows} 个箭头。",
        "From left to right: {facts} boxes of facts, {rules} rules, {inferred} conclusions, {arrows} arrows.",
    ),
    "list-items": Text("{id} · {count} 项", "{id} · {count} items"),
    "facts-left-out": Text("{id} · 另读 {count} 个事实", "{id} · reads {count} facts too"),
    "rule-priority": Text("{id}\n优先级 {priority}", "{id}\npriority {priority}"),
    "asked": Text("问：{text}", "asked: {text}"),
    "applies-when": Text("适用：{condition}", "applies when: {condition}"),
    "values": Text("取值：{values}", "values: {values}"),
    "by-default": Text("默认：{value}", "by default: {value}"),
    "when": Text("条件：{condition}", "when: {condition}"),
    "because": Text("理由：{because}", "because: {because}"),
    "source": Text("出处：{source}", "source: {source}"),
    "safe-side": Text("依据不明，取安全一侧", "decided on the safe side"),
    "and-more": Text("另有 {count} 条", "and {count} more"),
    "no-such-id": Text("知识库没有事实、问题、规则或结论 `{id}`", "the base has no fact, question, rule or conclusion `{id}`"),
    "no-such-file": Text("没有规则文件 `{file}`", "there is no file of rules `{file}`"),
    # the interview
    "interview": Text("{title}：问答的走法", "{title}: the interview"),
    "interview-given": Text("已知：{answers}", "given: {answers}"),
    "interview-systems": Text("已接通：{systems}", "connected: {systems}"),
    "interview-drawn": Text(
        "画出 {drawn} 个问题（全部 {all} 个），占来电的 {share}；没有画出的占 {left}",
        "drawn: {drawn} of {all} questions of the whole tree, {share} of calls; not drawn: {left}",
    ),
    "interview-whole": Text("全部 {all} 个问题都已画出", "all {all} questions of the whole tree are drawn"),
    "interview-shares": Text("百分数按作者的权重估计", "shares by the author's weights"),
    "interview-patience": Text(
        "连续说不清时提前收住的情形没有画出", "calls ended early after several “cannot tell” in a row are not drawn"
    ),
    "interview-described": Text(
        "从左到右：先问“{first}”，按每个回答走到下一个问题，直到结论。",
        "From left to right: the first question is “{first}”; every answer leads to the next question, until the decision.",
    ),
    "of-system": Text("{id} · 问{system}", "{id} · asked of the {system}"),
    "act": Text("{id} · 要动手", "{id} · something is switched"),
    "handover": Text("移交：没有可再问的", "handed over: nothing is left to ask"),
    "contradictory": Text("互相矛盾", "contradictory"),
    "reached": Text("{share} 的来电", "{share} of calls"),
    "goes-on": Text("接着问（没有画出）", "goes on (not drawn)"),
    "others": Text("其他回答（{count} 种）", "other answers ({count})"),
    "answer": Text("{answers} · {share}", "{answers} · {share}"),
    "stub": Text("{what} · {share}", "{what} · {share}"),
    "none-ticked": Text("以上都没有", "none of these"),
    "cannot-tell": Text("说不清", "cannot tell"),
    "some-open": Text("有的说不清", "some cannot be told"),
    "or": Text(" / ", " / "),
    "and": Text("＋", " + "),
    "and-so-on": Text("{answers} 等 {count} 种", "{answers} … ({count} in all)"),
    "comma": Text("、", ", "),
}


def word(key: str, language: Language, **parts: Any) -> str:
    """One sentence with its parts filled in."""
    return _WORDS[key].get(language).format(**parts)
