"""What a base holds, as JSON for those who call: facts, questions, decisions, messages, rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from api.bases import Base
from triage.assessment import as_json
from triage.model import (
    AnyOf,
    Condition,
    Fact,
    Grouping,
    GroupLevel,
    In,
    Inferred,
    KnowledgeBase,
    Message,
    Question,
    Rule,
    Text,
)

__all__ = ["decisions_of", "facts_of", "in_short", "messages_of", "name_of", "questions_of", "rule_of"]


def name_of(base: Base, active: bool) -> dict[str, Any]:
    """Which base it is, and where to read on."""
    path = f"/v1/knowledge/{base.name.name}"
    parts = ("facts", "questions", "decisions", "messages", "schema", "openapi.json")
    return {
        **as_json(base.name),
        "title": _both(base.knowledge.identity.title),
        "active": active,
        "links": {"self": path, **{part.removesuffix(".json"): f"{path}/{part}" for part in parts}},
    }


def in_short(base: Base, active: bool) -> bytes:
    """A base in short."""
    knowledge = base.knowledge
    counts = {part: len(getattr(knowledge, part)) for part in ("facts", "questions", "rules", "messages")}
    systems = [_labelled(name, text) for name, text in knowledge.identity.systems.items()]
    more = {"systems": systems, "targets": knowledge.targets, "decision": knowledge.identity.decision, **counts}
    grouping = None if knowledge.grouping is None else _grouping(knowledge, knowledge.grouping)
    return orjson.dumps({**name_of(base, active), **more, "grouping": grouping})


def facts_of(base: Base) -> bytes:
    """Everything that can be told."""
    return _listed(base, "facts", (_fact(base, fact) for fact in base.knowledge.facts.values()))


def questions_of(base: Base) -> bytes:
    """Everything that can be asked."""
    return _listed(base, "questions", map(_question, base.knowledge.questions.values()))


def decisions_of(base: Base) -> bytes:
    """Everything that can be concluded."""
    return _listed(base, "decisions", map(_inferred, base.knowledge.inferred.values()))


def messages_of(base: Base) -> bytes:
    """Everything that can be said."""
    return _listed(base, "messages", map(_message, base.knowledge.messages.values()))


def rule_of(base: Base, rule: Rule) -> bytes:
    """One rule."""
    return orjson.dumps(
        {
            "id": rule.id,
            "base": as_json(base.name),
            "because": _both(rule.because),
            "source": rule.source,
            "safe_side": rule.safe_side,
            "when": _condition(rule.when),
            "then": [{"fact": clause.fact, "value": clause.value, "priority": clause.priority} for clause in rule.clauses],
        }
    )


def _listed(base: Base, part: str, entries: Iterable[Mapping[str, Any]]) -> bytes:
    return orjson.dumps({"knowledge": as_json(base.name), part: list(entries)})


def _fact(base: Base, fact: Fact) -> dict[str, Any]:
    question = base.knowledge.question_of[fact.id]
    return {
        "id": fact.id,
        "text": _both(fact.text),
        "values": [_labelled(value, text) for value, text in fact.values.items()],
        "unit": fact.unit,
        "question": question.id,
        "list_to_tick": question.tick is not None,
        "applies_when": None if fact.applies_when is None else _condition(fact.applies_when),
        "source": fact.source,
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "text": _both(question.text),
        "how": None if question.how is None else _both(question.how),
        "fills": question.fills,
        "purpose": question.purpose,
        "kind": question.kind,
        "ask_of": question.ask_of,
        "seconds": question.seconds,
        "instructs": question.instructs,
    }


def _inferred(inferred: Inferred) -> dict[str, Any]:
    return {
        "id": inferred.id,
        "text": _both(inferred.text),
        "target": inferred.target,
        "default": inferred.default,
        "values": [{**_labelled(name, value.text), "members": value.members} for name, value in inferred.values.items()],
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "kind": message.kind,
        "moment": message.moment,
        "to": message.to,
        "must_say": message.must_say,
        "text": _both(message.say),
        "when": _condition(message.when),
        "instructs": message.instructs,
        "source": message.source,
    }


def _grouping(knowledge: KnowledgeBase, grouping: Grouping) -> dict[str, Any]:
    return {
        "told_by": _labelled(grouping.told_by, knowledge.identity.systems[grouping.told_by]),
        "starts": _condition(grouping.starts),
        "joins": _condition(grouping.joins),
        "orders": _condition(grouping.orders),
        "levels": [_level(knowledge, level) for level in grouping.levels],
        "source": grouping.source,
    }


def _level(knowledge: KnowledgeBase, level: GroupLevel) -> dict[str, Any]:
    return {
        "fact": level.fact,
        "value": level.value,
        "text": _both(knowledge.facts[level.fact].values[level.value]),
        "place": level.place,
        "callers": _figure(knowledge, level.callers),
        "minutes": _figure(knowledge, level.minutes),
        "from_different": level.from_different,
        "ordered": level.ordered,
        "merges": level.merges,
    }


def _figure(knowledge: KnowledgeBase, figure: str | float) -> dict[str, Any]:
    if not isinstance(figure, str):
        return {"parameter": None, "value": figure, "regions": {}}
    parameter = knowledge.parameters[figure]
    regions = {region: float(value.en) for region, value in parameter.regions.items()}
    return {"parameter": figure, "value": float(parameter.value.en), "regions": regions}


def _condition(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, In):
        return {"fact": condition.fact, "values": condition.values}
    parts = [_condition(part) for part in condition.parts]
    return {"any": parts} if isinstance(condition, AnyOf) else {"all": parts}


def _labelled(value: str, text: Text) -> dict[str, Any]:
    return {"value": value, "text": _both(text)}


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
