"""What a model reads when a tool could not do what was asked: what is wrong, where, what would be accepted, what to do.

A result with `isError`, never a protocol error, so that the model sees it and can try again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from api.problems import KINDS, Fault, ProblemError
from triage.model import Language, Text

__all__ = ["refusal"]

SHOWN = 40
"""Accepted values that are told at most."""
LONGEST = 300
"""Characters of a detail that are told; it may quote what was sent."""

STEPS: Mapping[str, Text] = {
    "invalid-input": Text(
        "请改正后重新调用。分不清来电人的意思就再问一次，不要猜。",
        "Correct the arguments and call again. If you cannot tell what the caller meant, ask again; do not guess.",
    ),
    "not-found": Text(
        "请使用 triage_fault 结果里的 decision_id。", "Use the decision_id of a triage_fault result, exactly as it was given."
    ),
    "scope-needed": Text(
        "这把密钥做不到；请告诉管理员，不要重试。", "This key cannot do that: tell an administrator, and do not retry."
    ),
    "too-complex": Text("请多给一些事实，或改用 triage_fault。", "Give more facts, or use triage_fault."),
    "database-gone": Text("请几秒后重试；triage_fault 不受影响。", "Try again in a few seconds; triage_fault goes on answering."),
    "overloaded": Text("请几秒后重试。", "Try again in a few seconds."),
    "internal": Text(
        "请按人工流程继续：有险情先提醒，查不明就派人。编号 {id} 可供管理员查日志。",
        "Go on by hand: warn of danger first; where it cannot be made out, send somebody. {id} is in the log.",
    ),
}


def refusal(error: ProblemError, language: Language, request_id: str) -> str:
    """The text of a result with `isError`."""
    kind = KINDS[error.code]
    step = STEPS.get(error.code, kind.advice).get(language).replace("{id}", request_id)
    heading = (error.detail if not error.faults and error.detail else kind.title).get(language)
    return "\n".join([f"{heading}  [{error.code}]", *(_line(fault, language) for fault in error.faults), step])


def _line(fault: Fault, language: Language) -> str:
    pointer = fault.pointer.removeprefix("/options").replace("/knowledge/name", "/knowledge")
    detail = Text("{}。", "{}.").get(language).format(fault.detail.get(language)[:LONGEST])
    return f"- {pointer}: {Text('', ' ').get(language).join([detail, *_advice(fault, language)])}"


def _advice(fault: Fault, language: Language) -> Iterator[str]:
    if fault.nearest is not None:
        yield Text(f"是不是想写 `{fault.nearest}`？", f"Did you mean `{fault.nearest}`?").get(language)
    if fault.accepted:
        shown = ", ".join(fault.accepted[:SHOWN]) + (" …" if len(fault.accepted) > SHOWN else "")
        yield Text(f"可用：{shown}", f"Accepted: {shown}").get(language)
    elif fault.code == "unknown-id":
        yield Text("全部事实见 list_facts。", "list_facts names them all.").get(language)
