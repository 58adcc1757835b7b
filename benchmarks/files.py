"""A base written as a folder of files, so that seeded bases can be loaded as authors' bases are.

Only what seeded bases have is written; ids that files do not allow are changed, and conditions are written without parts that
always or never hold. What the rules conclude stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.contenders.shape import plain
from triage.model import All, Condition, In, Inferred, KnowledgeBase, Question, Rule, Text

__all__ = ["write_base"]

Entry = dict[str, Any]


def write_base(knowledge: KnowledgeBase, folder: Path) -> None:
    """Writes the base into a folder, a file for each section."""
    identity = knowledge.identity
    base = {
        "id": identity.id,
        "version": identity.version,
        "title": _text(identity.title),
        "systems": {name: _text(text) for name, text in identity.systems.items()},
        "decision": list(identity.decision),
        "find_out": {name: knowledge.inferred[name].default for name in knowledge.targets},
    }
    sections: dict[str, Any] = {
        "base": base,
        "facts": [_fact(knowledge, name) for name in knowledge.facts],
        "questions": [_question(question) for question in knowledge.questions.values()],
        "inferred": [_inferred(inferred) for inferred in knowledge.inferred.values()],
        "rules": list(_rules(knowledge.rules.values())),
        "impossible": [
            {
                "id": _dashed(found.id),
                "when": _condition(found.when),
                "say": _text(found.say),
                "resolve": _id(found.resolve),
                "source": list(found.source),
            }
            for found in knowledge.impossible.values()
        ],
    }
    for name, content in sections.items():
        if content:
            text = yaml.safe_dump({name: content}, sort_keys=False, allow_unicode=True)
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def _fact(knowledge: KnowledgeBase, name: str) -> Entry:
    fact = knowledge.facts[name]
    entry = {
        "id": name,
        "text": _text(fact.text),
        "values": {value: _text(text) for value, text in fact.values.items()},
        "weights": dict(fact.weights.tables[None]),
        "source": list(fact.source),
    }
    return entry | ({"applies_when": _condition(fact.applies_when)} if fact.applies_when else {})


def _question(question: Question) -> Entry:
    entry = {
        "id": _id(question.id),
        "fills": list(question.fills),
        "text": _text(question.text),
        "purpose": question.purpose,
        "kind": question.kind,
        "ask_of": list(question.ask_of),
        "seconds": question.seconds,
        "order": question.order,
    }
    return entry | ({"tick": dict(zip(("ticked", "others"), question.tick, strict=True))} if question.tick else {})


def _inferred(inferred: Inferred) -> Entry:
    values = {
        name: _text(value.text) | ({"members": list(value.members)} if value.members else {})
        for name, value in inferred.values.items()
    }
    return {
        "id": inferred.id,
        "target": inferred.target,
        "text": _text(inferred.text),
        "default": inferred.default,
        "values": values,
    }


def _rules(rules: Iterable[Rule]) -> Iterator[Entry]:
    """Those that can hold at all."""
    for rule in rules:
        if plain(rule.when) is not False:
            then = {clause.fact: {"value": clause.value, "priority": clause.priority} for clause in rule.clauses}
            when, source = _condition(rule.when), list(rule.source)
            yield {"id": _dashed(rule.id), "when": when, "then": then, "because": _text(rule.because), "source": source}


def _condition(condition: Condition) -> Entry:
    found = plain(condition)
    return {} if isinstance(found, bool) else _written(found)


def _written(condition: Condition) -> Entry:
    if isinstance(condition, In):
        return {condition.fact: list(condition.values)}
    return {"all" if isinstance(condition, All) else "any": [_written(part) for part in condition.parts]}


def _id(name: str) -> str:
    return name.replace("-", "_")


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _text(text: Text) -> Entry:
    return {"zh": text.zh, "en": text.en}
