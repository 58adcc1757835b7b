"""What an editor has to know to complete and check knowledge and case files: JSON Schema (draft 2020-12).

The shapes say the general part themselves (`triage.loading`). Here every key gets a hint, what depends on another key is added,
and, where a base is given, its own ids and values take the place of "some name". A schema sees one file at a time: what it
cannot see, such as an id given twice, loading tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from triage.authoring.hints import hint
from triage.loading import cases, sections
from triage.loading.conditions import CONDITION_DEFINITION
from triage.loading.shapes import Schema
from triage.model import CALLER, UNKNOWN, KnowledgeBase, Language, Text

__all__ = ["KINDS", "Kind", "editor_schema"]

Kind = Literal["knowledge", "cases"]
KINDS: tuple[Kind, ...] = ("knowledge", "cases")
_Path = tuple[str, ...]


def editor_schema(kind: Kind, language: Language, knowledge: KnowledgeBase | None = None) -> Schema:
    """The schema of one kind of files.

    Args:
        language: Of the hints and of what values are called.
        knowledge: The base whose names to complete; None for the general format.
    """
    plain = sections.schema() if kind == "knowledge" else cases.schema()
    names = {} if knowledge is None else _Names(knowledge, language).places(kind)
    definitions = {} if knowledge is None else _Names(knowledge, language).definitions(kind)
    if kind == "knowledge":
        definitions = {**CONDITION_DEFINITION, **definitions}
    return {
        "$schema": plain["$schema"],
        "title": _title(kind, knowledge).get(language),
        **_with_hints(_completed({k: v for k, v in plain.items() if k[0] != "$"}, (), names), (), language),
        "$defs": {name: _with_hints(part, ("when",), language) for name, part in definitions.items()},
    }


def _title(kind: Kind, knowledge: KnowledgeBase | None) -> Text:
    what = Text("知识文件", "knowledge file") if kind == "knowledge" else Text("用例文件", "case file")
    if knowledge is None:
        return what
    title = knowledge.identity.title
    return Text(f"{title.zh}：{what.zh}", f"{title.en}: {what.en}")


# going through a schema: a path is the keys on the way, `*` for any name


def _completed(schema: Schema, path: _Path, places: Mapping[_Path, Schema]) -> Schema:
    """A schema with parts replaced, and with what depends on another key added."""
    if path in places:
        return places[path]
    inside = {key: _within(key, part, path, places) for key, part in schema.items()}
    depends = [*_DEPENDENT.get(path, ()), *(_DEPENDENT_NAMES.get(path, ()) if places else ())]
    return {**inside, "allOf": depends} if depends and "properties" in schema else inside


def _within(key: str, part: Any, path: _Path, places: Mapping[_Path, Schema]) -> Any:
    if key == "properties":
        return {name: _completed(below, (*path, name), places) for name, below in part.items()}
    if key == "additionalProperties" and isinstance(part, dict):
        return _completed(part, (*path, "*"), places)
    if key == "items":
        return _completed(part, path, places)
    return [_completed(choice, path, places) for choice in part] if key == "anyOf" else part


def _with_hints(schema: Schema, path: _Path, language: Language) -> Schema:
    """A schema in which every key says what it is for."""
    found = dict(schema)
    for key, part in schema.items():
        if key == "properties":
            found[key] = {name: _named(below, (*path, name), language) for name, below in part.items()}
        elif key == "additionalProperties" and isinstance(part, dict):
            found[key] = _with_hints(part, (*path, "*"), language)
        elif key == "items" and isinstance(part, dict):
            found[key] = _with_hints(part, path, language)
        elif key == "anyOf":
            found[key] = [_with_hints(choice, path, language) for choice in part]
    return found


def _named(schema: Schema, path: _Path, language: Language) -> Schema:
    inside = _with_hints(schema, path, language)
    said = hint(_plain(path))
    return inside if said is None or "description" in inside else {"description": said.get(language), **inside}


def _plain(path: _Path) -> _Path:
    """Turns have the keys of cases."""
    return ("cases", path[-1]) if path[:2] == ("cases", "turns") and len(path) == 3 else path


# what depends on another key


def _if(key: str, value: Any, then: Schema, otherwise: Schema | None = None) -> Schema:
    condition = {"properties": {key: value}, "required": [key]}
    return {"if": condition, "then": then, **({"else": otherwise} if otherwise else {})}


def _without(*keys: str) -> Schema:
    return {"properties": dict.fromkeys(keys, False)}


_ALERT = {"const": "alert"}
_DEPENDENT: Mapping[_Path, tuple[Schema, ...]] = {
    ("messages",): (
        _if("kind", {"const": "script"}, {"required": ["moment"]}, _without("moment", "time_of_day")),
        _if("kind", _ALERT, {"required": ["when"]}),
    ),
    ("questions",): (_if("fills", {"minItems": 2}, {"required": ["tick"]}, _without("tick")),),
    ("tone",): (_if("house", {"const": "other"}, {"properties": {"severity": {"const": "advice"}}}),),
    ("cases",): (_if("turns", True, _without(*cases.TURN_KEYS)),),
}
_DEPENDENT_NAMES: Mapping[_Path, tuple[Schema, ...]] = {
    ("messages",): (_if("kind", _ALERT, {"properties": {"when": {"$ref": "#/$defs/observed"}}}),),
}
"""The same, where the names of a base are known."""


# the names of one base


class _Names:
    """What may stand in the places of a file of one base."""

    def __init__(self, knowledge: KnowledgeBase, language: Language) -> None:
        self._knowledge = knowledge
        self._language = language

    def places(self, kind: Kind) -> dict[_Path, Schema]:
        """By path, what stands there."""
        if kind == "knowledge":
            return self._in_knowledge()
        parts = self._in_cases()
        return {(*above, name): _defined(name) for above in (("cases",), ("cases", "turns")) for name in parts}

    def definitions(self, kind: Kind) -> dict[str, Schema]:
        """What those parts refer to: every list of names stands here once."""
        known = self._knowledge
        facts, inferred = known.facts, known.inferred
        values = {f"value-{name}": self._values(name, fact.domain) for name, fact in facts.items()}
        values |= {f"value-{name}": self._values(name, part.values) for name, part in inferred.items()}
        names = {
            "fact": self._names(facts),
            "question": self._names(known.questions),
            "field": self._names(known.fields),
            "instruction": self._names(known.instructions),
            "parameter": self._names(known.parameters),
            "source": self._names([*known.identity.systems, CALLER]),
            "rule": self._names(known.rules),
            "message": self._names(known.messages),
        }
        if kind == "cases":
            return {**values, **names, **self._in_cases()}
        told = {f"told-{name}": self._values(name, fact.values) for name, fact in facts.items()}
        return {**values, **told, **names, **self._conditions()}

    def _conditions(self) -> dict[str, Schema]:
        """Over anything, over observable facts without `unknown`, over inferred facts."""
        known = self._knowledge
        observed = {name: self._leaf(name, "told") for name in known.facts}
        facts = {name: self._leaf(name, "value") for name in known.facts}
        inferred = {name: self._leaf(name, "value") for name in known.inferred}
        return {
            "condition": _condition("condition", {**facts, **inferred}),
            "observed": _condition("observed", observed),
            "concluded": _condition("concluded", inferred),
        }

    def _in_knowledge(self) -> dict[_Path, Schema]:
        known = self._knowledge
        number = {"anyOf": [{"type": "number"}, _defined("parameter")]}
        instructs = _listed(_defined("instruction"), least=0)
        conclusions = {name: self._about(name, _conclusion(name)) for name in known.inferred}
        return {
            ("base", "decision"): _listed(self._names([*known.inferred, *known.fields])),
            ("base", "find_out"): _by_name({name: _defined(f"value-{name}") for name in known.inferred}),
            ("base", "resolved"): _defined("condition"),
            ("base", "patience", "fact"): _defined("fact"),
            ("base", "callers"): self._names(known.populations),
            ("facts", "applies_when"): _defined("observed"),
            ("facts", "weights", "given"): _defined("fact"),
            ("facts", "number", "ranges", "under"): number,
            ("facts", "number", "ranges", "up_to"): number,
            ("questions", "fills"): _listed(_defined("fact")),
            ("questions", "ask_of"): _listed(_defined("source")),
            ("questions", "instructs"): instructs,
            ("inferred", "values", "*", "number"): number,
            ("rules", "then"): _by_name(conclusions, least=1),
            ("messages", "instructs"): instructs,
            ("impossible", "when"): _defined("observed"),
            ("impossible", "resolve"): _defined("question"),
            ("evidence", "spared"): {"type": "array", "items": _defined("concluded")},
            ("evidence", "exceptions", "fact"): _defined("fact"),
            ("populations", "weights"): {"type": "object", "minProperties": 1, "propertyNames": _defined("fact")},
            ("grouping", "told_by"): self._names(known.identity.systems),
            ("grouping", "starts"): _defined("condition"),
            ("grouping", "joins"): _defined("condition"),
            ("grouping", "orders"): _defined("condition"),
            ("grouping", "levels", "fact"): _defined("fact"),
            ("grouping", "levels", "callers"): number,
            ("grouping", "levels", "minutes"): number,
            ("follow_up", "told_by"): self._names(known.identity.systems),
            ("follow_up", "tries"): _defined("fact"),
            ("follow_up", "over"): _defined("condition"),
        }

    def _in_cases(self) -> dict[str, Schema]:
        known = self._knowledge
        concluded = _by_name({name: self._about(name, _defined(f"value-{name}")) for name in known.inferred})
        targets = {name: self._about(name, _one_or_many(_defined(f"value-{name}"))) for name in known.targets}
        rules, messages = _listed(_defined("rule"), least=0), _listed(_defined("message"), least=0)
        return {
            "systems": _listed(self._names(known.identity.systems), least=0),
            "region": self._names({region for part in known.parameters.values() for region in part.regions}),
            "given": self._given(),
            "fields": _by_name({name: self._about(name, {"type": "string"}) for name in known.fields}),
            "no_answer": {
                "type": "object",
                "propertyNames": _defined("fact"),
                "additionalProperties": _one_or_many(_defined("source")),
            },
            "expect": concluded,
            "if_ended_now": concluded,
            "candidates": _by_name(targets),
            "asks_next": _defined("question"),
            "asks_of": _defined("source"),
            "never_asks": _listed(_defined("question"), least=0),
            "fired": rules,
            "not_fired": rules,
            "says": messages,
            "not_says": messages,
            "missing_fields": _listed(_defined("field"), least=0),
        }

    def _given(self) -> Schema:
        """Facts with their values or numbers, and lists to tick under the id of their question."""
        told: dict[str, Schema] = {}
        for name, fact in self._knowledge.facts.items():
            value = _defined(f"value-{name}")
            told[name] = self._about(name, {"anyOf": [value, {"type": "number"}]} if fact.ranges else value)
        for question in self._knowledge.questions.values():
            if question.tick:
                ticked = _listed(self._names(question.fills), least=0)
                told[question.id] = self._about(question.id, {"anyOf": [ticked, {"const": UNKNOWN}]})
        return _by_name(told)

    def _leaf(self, name: str, values: str) -> Schema:
        """What a condition may ask of a fact."""
        some = _one_or_many(_defined(f"{values}-{name}"))
        return self._about(name, {"anyOf": [*some["anyOf"], {"type": "object", **_only({"not": some}), "required": ["not"]}]})

    def _values(self, name: str, values: Iterable[str]) -> Schema:
        """Values of a fact with what people read for them, which editors show beside them."""
        listed = list(values)
        said = [self._knowledge.answer_text(name, value).get(self._language) for value in listed]
        return {"enum": listed, "enumDescriptions": said}

    def _names(self, names: Iterable[str]) -> Schema:
        """One of some ids, with what people read for them."""
        listed = sorted(names)
        return {"enum": listed, "enumDescriptions": [self._label(name) for name in listed]}

    def _about(self, name: str, schema: Schema) -> Schema:
        """A schema that says which fact, question or field it is about, and which values that has."""
        known, label = self._knowledge, self._label(name)
        values = (
            known.facts[name].domain if name in known.facts else known.inferred[name].values if name in known.inferred else ()
        )
        lines = [f"- {value}: {known.answer_text(name, value).get(self._language)}" for value in values]
        return {"title": label, "description": "\n".join(lines) or label, **schema}

    def _label(self, name: str) -> str:
        """What people read for an id, whatever it names; ids of a kind that has no text stand for themselves."""
        known = self._knowledge
        texts = (known.facts, known.inferred, known.fields, known.questions, known.instructions, known.populations)
        found = next((kind[name].text for kind in texts if name in kind), known.identity.systems.get(name))
        if found is None and name in known.rules:
            found = known.rules[name].because
        if found is None and name in known.messages:
            found = known.messages[name].say
        return name if found is None else found.get(self._language)


def _defined(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _condition(name: str, leaves: Mapping[str, Schema]) -> Schema:
    """Facts side by side, and `any`, `all`, `not` of the same kind."""
    several = {"type": "array", "items": _defined(name), "minItems": 1}
    return {"type": "object", **_only({"any": several, "all": several, "not": _defined(name), **leaves})}


def _conclusion(name: str) -> Schema:
    """A value, or one with a priority of its own."""
    value = _defined(f"value-{name}")
    long = {"type": "object", **_only({"value": value, "priority": sections.PRIORITY.schema()}), "required": ["value"]}
    return {"anyOf": [value, long]}


def _only(properties: Mapping[str, Schema]) -> Schema:
    return {"properties": dict(properties), "additionalProperties": False}


def _by_name(properties: Mapping[str, Schema], least: int = 0) -> Schema:
    return {"type": "object", **_only(properties), **({"minProperties": least} if least else {})}


def _listed(item: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": item, "uniqueItems": True, **({"minItems": least} if least else {})}


def _one_or_many(item: Schema) -> Schema:
    return {"anyOf": [item, _listed(item)]}
