"""What new entries say before their author has written them: marked texts, and for rules a line that keeps them silent.

Gives lines of YAML in the canonical layout; where they go is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from triage.examples import Given, on_one_line
from triage.model import UNKNOWN, KnowledgeBase, Text

__all__ = ["LINE_TO_DELETE", "TO_WRITE", "NewRule", "case_lines", "fact_lines", "question_lines", "rule_lines"]

TO_WRITE = Text("待写", "TO WRITE")
"""Stands in everything that the author has to write."""
LINE_TO_DELETE = Text(
    "还没写完：下一行使这条规则永远不成立；写好后把它删掉。",
    "Not finished: the next line keeps this rule from ever firing; delete it once the rule is written.",
)
_SOURCE = f"  source: {TO_WRITE.zh}（出处） {TO_WRITE.en} (the source)"
_WIDEST = 110
"""Characters of an entry in brackets; beyond, its parts go below each other."""


@dataclass(frozen=True, slots=True)
class NewRule:
    """What an author says of a rule beforehand; conditions and conclusions may be left to be written.

    Attributes:
        when: Values of observable or inferred facts: at least one for each, and it must have one of them.
        then: Values of inferred facts.
    """

    id: str
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    then: Mapping[str, str] = field(default_factory=dict)
    priority: int = 50


def fact_lines(name: str, values: Sequence[str], gate: Mapping[str, Sequence[str]]) -> list[str]:
    """An observable fact, with the gate it has, if any."""
    shown = ", ".join(f"{fact}: {_one_or_list(wanted)}" for fact, wanted in gate.items())
    return [
        f"- id: {name}",
        f"  text: {_text(name)}",
        "  values:",
        *(f"    {value}: {_text(value)}" for value in values),
        *([f"  applies_when: {{{shown}}}"] if gate else []),
        _SOURCE,
    ]


def question_lines(name: str) -> list[str]:
    """The question that fills it."""
    return [
        f"- id: {name}",
        f"  fills: [{name}]",
        f"  text: {{zh: {TO_WRITE.zh}（怎么问）, en: {TO_WRITE.en} (how it is asked)}}",
    ]


def rule_lines(knowledge: KnowledgeBase, rule: NewRule) -> list[str]:
    """A rule that never holds until its author has taken a line out, with what he wants of it as far as he said."""
    fact, value = _guarded(knowledge, rule)
    todo = f"# {TO_WRITE.zh}：条件。{TO_WRITE.en}: the conditions."
    when = [f"{name}: {_one_or_list(values)}" for name, values in rule.when.items()]
    return [
        f"- id: {rule.id}",
        "  when:",
        *(f"    {line}" for line in when or [todo]),
        f"    # {LINE_TO_DELETE.zh}",
        f"    # {LINE_TO_DELETE.en}",
        f"    all: [{{{fact}: {value}}}, {{{fact}: {UNKNOWN}}}]",
        *_conclusion_lines(knowledge, rule),
        f"  priority: {rule.priority}",
        "  because:",
        f"    zh: {TO_WRITE.zh}（为什么这样判）",
        f"    en: {TO_WRITE.en} (why this is concluded)",
        _SOURCE,
    ]


def case_lines(rule: NewRule, given: Given) -> list[str]:
    """A case that expects the rule to fire on a call."""
    expected = [f"{name}: {value}" for name, value in rule.then.items()]
    todo = f"  given: {{}}  # {TO_WRITE.zh}：已知的事实。{TO_WRITE.en}: what is known."
    return [
        f"- case: {TO_WRITE.zh}（什么样的来电由 {rule.id} 来判） {TO_WRITE.en} (a call that {rule.id} decides)",
        _SOURCE,
        *(_mapping_lines("given", given) if rule.when else [todo]),
        *([f"  if_ended_now: {{{', '.join(expected)}}}"] if expected else []),
        f"  fired: [{rule.id}]",
        f"  # 再写一条很像、但不该由它来判的（not_fired: [{rule.id}]）。Add one much like it in which the rule must stay silent.",
    ]


def _text(name: str) -> str:
    return f"{{zh: {TO_WRITE.zh}（{name}）, en: {TO_WRITE.en} ({name})}}"


def _guarded(knowledge: KnowledgeBase, rule: NewRule) -> tuple[str, str]:
    """A fact and a value of it: together with `unknown` they never hold."""
    named = [
        (name, value) for name, values in rule.when.items() if name in knowledge.facts for value in values if value != UNKNOWN
    ]
    return named[0] if named else next((name, next(iter(fact.values))) for name, fact in knowledge.facts.items())


def _conclusion_lines(knowledge: KnowledgeBase, rule: NewRule) -> list[str]:
    if rule.then:
        return _mapping_lines("then", rule.then)
    target = next(iter(knowledge.targets), next(iter(knowledge.inferred)))
    return [
        f"  # {TO_WRITE.zh}：结论；现在是默认值。{TO_WRITE.en}: the conclusion; so far it is the default.",
        f"  then: {{{target}: {knowledge.inferred[target].default}}}",
    ]


def _mapping_lines(key: str, entries: Given) -> list[str]:
    """`key: {a: b, …}`, or one entry a line where that is too wide."""
    line = f"  {key}: {on_one_line(entries)}"
    if len(line) <= _WIDEST:
        return [line]
    return [f"  {key}:", *(f"    {on_one_line({name: value})[1:-1]}" for name, value in entries.items())]


def _one_or_list(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"
