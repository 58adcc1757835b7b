"""Small mistakes an author could make, planted one at a time: the bases that mutation testing tries the cases on.

Makes them only; whether anybody would notice is for `triage.mutation`.

Source: Martin, Xie, "A fault model and mutation testing of access control policies" (2007), for rules with conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from triage.model import All, Clause, Condition, In, KnowledgeBase, Language, Message, Rule, Text, leaves

__all__ = ["OPERATORS", "Mutant", "Operator", "mutants", "with_leaf"]

Operator = Literal[
    "delete-rule",
    "drop-condition",
    "flip-condition",
    "next-value",
    "swap-priorities",
    "change-conclusion",
    "drop-message",
]
OPERATORS: tuple[Operator, ...] = (
    "delete-rule",
    "drop-condition",
    "flip-condition",
    "next-value",
    "swap-priorities",
    "change-conclusion",
    "drop-message",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A base with one planted mistake.

    Attributes:
        id: Stable while the rule it is about stays as it is, such as `card-meter-empty: flip-condition balance`.
        kind, about: What is changed: a message's id, or rules' ids; two where priorities are swapped.
        text: What was changed.
        knowledge: The base with the mistake in it.
    """

    id: str
    operator: Operator
    kind: Literal["rule", "message"]
    about: tuple[str, ...]
    text: Text
    knowledge: KnowledgeBase


def mutants(knowledge: KnowledgeBase) -> Iterator[Mutant]:
    """Every mutant of a base, rules first, by id, then messages."""
    for rule in knowledge.rules.values():
        yield _deleted(knowledge, rule)
        yield from _conditions(knowledge, rule)
        yield from _conclusions(knowledge, rule)
        yield from _swaps(knowledge, rule)
    for message in knowledge.messages.values():
        yield _dropped(knowledge, message)
        yield from _conditions(knowledge, message)


def _deleted(knowledge: KnowledgeBase, rule: Rule) -> Mutant:
    rest = {name: other for name, other in knowledge.rules.items() if name != rule.id}
    text = Text(f"删掉规则 `{rule.id}`", f"rule `{rule.id}` deleted")
    return Mutant(f"{rule.id}: delete-rule", "delete-rule", "rule", (rule.id,), text, replace(knowledge, rules=rest))


def _dropped(knowledge: KnowledgeBase, message: Message) -> Mutant:
    rest = {name: other for name, other in knowledge.messages.items() if name != message.id}
    text = Text(f"删掉话术 `{message.id}`", f"message `{message.id}` dropped")
    return Mutant(
        f"{message.id}: drop-message", "drop-message", "message", (message.id,), text, replace(knowledge, messages=rest)
    )


# -- conditions


def with_leaf(condition: Condition, place: int, put: Condition | None) -> Condition:
    """A condition with its leaf at a place (from left to right, from 0) replaced, or taken out for None."""
    made, _ = _put(condition, place, put)
    return All(()) if made is None else made


def _put(condition: Condition, place: int, put: Condition | None) -> tuple[Condition | None, int]:
    """The condition with the leaf replaced, and how many leaves it had."""
    if isinstance(condition, In):
        return (put if place == 0 else condition), 1
    parts, seen = [], 0
    for part in condition.parts:
        made, size = _put(part, place - seen, put)
        seen += size
        if made is not None:
            parts.append(made)
    # An `any` that loses its only part must not turn into "never": the condition is gone, not false.
    return (None if not parts and condition.parts else type(condition)(tuple(parts))), seen


def _conditions(knowledge: KnowledgeBase, changed: Rule | Message) -> Iterator[Mutant]:
    """Every leaf of a rule's or message's condition dropped, turned round, and moved to the next value."""
    what = Text("规则", "rule") if isinstance(changed, Rule) else Text("话术", "message")
    for place, leaf in enumerate(leaves(changed.when)):
        for operator, change in _CHANGES:
            put = change(knowledge, leaf)
            if put == leaf:
                continue
            text = Text(
                f"{what.zh} `{changed.id}` {_shown(put, 'zh').format(leaf=_written(leaf))}",
                f"{what.en} `{changed.id}` {_shown(put, 'en').format(leaf=_written(leaf))}",
            )
            when = with_leaf(changed.when, place, put)
            kind: Literal["rule", "message"] = "rule" if isinstance(changed, Rule) else "message"
            mutated = _with_condition(knowledge, changed, when)
            yield Mutant(f"{changed.id}: {operator} {leaf.fact}#{place}", operator, kind, (changed.id,), text, mutated)


def _written(leaf: In) -> str:
    return f"{leaf.fact}: {' | '.join(leaf.values)}"


def _shown(put: In | None, language: Language) -> str:
    if put is None:
        return "去掉条件 `{leaf}`" if language == "zh" else "without its condition `{leaf}`"
    now = _written(put)
    return f"的条件 `{{leaf}}` 改为 `{now}`" if language == "zh" else f"with `{now}` for its condition `{{leaf}}`"


def _with_condition(knowledge: KnowledgeBase, changed: Rule | Message, when: Condition) -> KnowledgeBase:
    if isinstance(changed, Message):
        return replace(knowledge, messages={**knowledge.messages, changed.id: replace(changed, when=when)})
    clauses = tuple(replace(clause, when=when) for clause in changed.clauses)
    return _with_rules(knowledge, replace(changed, when=when, clauses=clauses))


def _declared(knowledge: KnowledgeBase, fact: str) -> tuple[str, ...]:
    """Values a condition can be turned to: the declared ones, without a default."""
    if fact in knowledge.facts:
        return tuple(knowledge.facts[fact].values)
    inferred = knowledge.inferred[fact]
    return tuple(value for value in inferred.values if value != inferred.default)


def _none(_: KnowledgeBase, __: In) -> None:
    return None


def _other_values(knowledge: KnowledgeBase, leaf: In) -> In:
    """The values not named; the leaf itself where there are none."""
    others = tuple(value for value in _declared(knowledge, leaf.fact) if value not in leaf.values)
    return In(leaf.fact, others) if others else leaf


def _next_value(knowledge: KnowledgeBase, leaf: In) -> In:
    """The last value named moved on to the next one that is not; the leaf itself where that is none, or turning round."""
    declared = _declared(knowledge, leaf.fact)
    free = [value for value in declared if value not in leaf.values]
    named = [value for value in leaf.values if value in declared]
    if len(free) < 2 or not named:
        return leaf
    start = declared.index(named[-1])
    after = next(value for value in (*declared[start:], *declared) if value in free)
    return In(leaf.fact, tuple(after if value == named[-1] else value for value in leaf.values))


_CHANGES: tuple[tuple[Operator, Callable[[KnowledgeBase, In], In | None]], ...] = (
    ("drop-condition", _none),
    ("flip-condition", _other_values),
    ("next-value", _next_value),
)
"""What a leaf is replaced by; None: nothing, itself: there is no such mutant."""


def _with_rules(knowledge: KnowledgeBase, *changed: Rule) -> KnowledgeBase:
    return replace(knowledge, rules={**knowledge.rules, **{rule.id: rule for rule in changed}})


# -- conclusions and priorities


def _conclusions(knowledge: KnowledgeBase, rule: Rule) -> Iterator[Mutant]:
    """Every conclusion moved to the next value of its fact."""
    for clause in rule.clauses:
        values = tuple(knowledge.inferred[clause.fact].values)
        other = values[(values.index(clause.value) + 1) % len(values)]
        if other == clause.value:
            continue
        clauses = tuple(replace(c, value=other) if c.id == clause.id else c for c in rule.clauses)
        text = Text(
            f"规则 `{rule.id}` 得出 `{clause.fact}: {other}`，而不是 `{clause.value}`",
            f"rule `{rule.id}` concludes `{clause.fact}: {other}`, not `{clause.value}`",
        )
        changed = _with_rules(knowledge, replace(rule, clauses=clauses))
        yield Mutant(f"{rule.id}: change-conclusion {clause.fact}", "change-conclusion", "rule", (rule.id,), text, changed)


def _swaps(knowledge: KnowledgeBase, rule: Rule) -> Iterator[Mutant]:
    """The rule's priorities and those of the next lower rule it competes with, each given the other's."""
    done: set[str] = set()
    for clause in rule.clauses:
        lower = _next_lower(knowledge, clause)
        if lower is None or lower.rule in done:
            continue
        done.add(lower.rule)
        other = knowledge.rules[lower.rule]
        high, low = clause.priority, lower.priority
        one = replace(rule, clauses=tuple(replace(c, priority=low) for c in rule.clauses))
        two = replace(other, clauses=tuple(replace(c, priority=high) for c in other.clauses))
        text = Text(
            f"规则 `{rule.id}` 与 `{other.id}` 的优先级对调（{high} / {low}）",
            f"rules `{rule.id}` and `{other.id}` with each other's priority ({high} / {low})",
        )
        about = (rule.id, other.id)
        yield Mutant(
            f"{rule.id}: swap-priorities {other.id}", "swap-priorities", "rule", about, text, _with_rules(knowledge, one, two)
        )


def _next_lower(knowledge: KnowledgeBase, clause: Clause) -> Clause | None:
    """The next clause that this one can pre-empt with another value."""
    clauses = knowledge.clauses[clause.fact]
    after = clauses[clauses.index(clause) + 1 :]
    return next((c for c in after if c.priority < clause.priority and c.value != clause.value), None)
