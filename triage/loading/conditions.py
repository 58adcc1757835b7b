"""Conditions: from what an author may write to the positive form the model holds.

`ConditionShape` reads the written form (keys side by side, `any`, `all`, `not`); `resolve` looks the names up, pushes every
`not` down to the leaves by De Morgan and puts the result in canonical order.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any, Literal

from triage.loading.documents import Mapping, Node
from triage.loading.mistakes import Report, clipped
from triage.loading.names import Kind, Names
from triage.loading.shapes import ByForm, Key, ListOf, OneOrMany, Record, Reference, Schema, Shape, Word, full_width
from triage.model import UNKNOWN, All, AnyOf, Condition, In, Place, Text, leaves

__all__ = [
    "CONDITION",
    "CONDITION_DEFINITION",
    "Scope",
    "Written",
    "WrittenGroup",
    "WrittenLeaf",
    "canonical",
    "resolve",
    "written_leaves",
]

_VALUES = OneOrMany(Reference(), Text("值的列表", "the list of values"))
_OTHERS = Record(Text("条件", "the condition"), {"not": Key(_VALUES)})
_LEAF: ByForm = ByForm(_VALUES, _OTHERS)


@dataclass(frozen=True, slots=True)
class WrittenLeaf:
    """`fact: value`, `fact: [value, …]` or, negated, `fact: {not: …}`."""

    fact: Word
    values: tuple[Word, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class WrittenGroup:
    """Keys side by side (`all`), or what stands under `any`, `all` or `not`."""

    kind: Literal["all", "any", "not"]
    parts: tuple[Written, ...]
    place: Place


Written = WrittenLeaf | WrittenGroup
"""A condition as the author wrote it, names not looked up."""


@dataclass(frozen=True, slots=True)
class ConditionShape:
    """A condition: facts side by side, and `any`, `all`, `not`.

    Nesting is bounded by `triage.loading.documents.MAX_DEPTH`, so reading may recurse.
    """

    def read(self, node: Node, report: Report) -> WrittenGroup:
        """The condition as written; empty ones are found when it is resolved."""
        if not isinstance(node, Mapping):
            Record(Text("条件", "a condition"), {"fact": Key(_VALUES)}).read(node, report)
            return self.stand_in(node.place)
        parts = tuple(
            self._part(entry.key.text, entry.key.place, entry.value, report)
            for entry in node.entries.values()
            if not full_width(entry.key, report)
        )
        if node.entries and not parts:
            return self.stand_in(node.place)
        return WrittenGroup("all", parts, node.place)

    def _part(self, key: str, place: Place, node: Node, report: Report) -> Written:
        if key == "not":
            return WrittenGroup("not", (self.read(node, report),), place)
        if key in ("any", "all"):
            parts = _LIST.read(node, report)
            if not parts:
                return self.stand_in(place)
            return WrittenGroup("any" if key == "any" else "all", parts, place)
        found: Any = _LEAF.read(node, report)
        negated = not isinstance(found, tuple)
        return WrittenLeaf(Word(key, place), found["not"] if negated else found, negated)

    def stand_in(self, place: Place) -> WrittenGroup:
        """A condition that reads nothing and is not taken for an empty one."""
        return WrittenGroup("all", (WrittenLeaf(Word("", place), (), negated=False),), place)

    def schema(self) -> Schema:
        """A reference to the definition all conditions share."""
        return {"$ref": "#/$defs/condition"}


CONDITION: Shape[WrittenGroup] = ConditionShape()
_LIST: ListOf[WrittenGroup] = ListOf(CONDITION, Text("条件的列表", "the list of conditions"), least=1)


def _definition() -> Schema:
    combined = {"any": _LIST.schema(), "all": _LIST.schema(), "not": CONDITION.schema()}
    return {
        "type": "object",
        "properties": combined,
        "additionalProperties": _LEAF.schema(),
        "propertyNames": Reference().schema(),
    }


CONDITION_DEFINITION: Map[str, Schema] = {"condition": _definition()}
"""What the `$defs` of a schema that uses conditions must hold."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition may read where it stands.

    Attributes:
        kinds: Kinds of names.
        unknown: Whether it may match `unknown`.
        empty: Whether it may be empty, and so always hold.
    """

    kinds: tuple[Kind, ...] = ("fact", "inferred")
    unknown: bool = True
    empty: bool = True


def resolve(written: WrittenGroup, names: Names, scope: Scope) -> Condition:
    """The positive condition that is meant, in canonical order.

    Mistakes (unknown names and values, empty parts, parts that can never hold) go to the report of `names`; the result is
    then of no use.
    """
    if not written.parts and scope.empty:
        return All(())
    resolver = _Resolver(names, scope)
    condition = resolver.resolve(written, negated=False)
    resolver.report_unknown_matches(written, condition)
    return condition


@dataclass(frozen=True, slots=True)
class _Resolver:
    names: Names
    scope: Scope

    def resolve(self, written: Written, *, negated: bool) -> Condition:
        if isinstance(written, WrittenLeaf):
            return self._leaf(written, negated=negated != written.negated)
        if not written.parts and written.kind == "all":
            self.names.report.add("empty-condition", written.place)
        flipped = negated != (written.kind == "not")
        parts = [self.resolve(part, negated=flipped) for part in written.parts]
        if written.kind == "not":
            return parts[0]
        return _joined(parts, All if (written.kind == "all") != flipped else AnyOf)

    def _leaf(self, leaf: WrittenLeaf, *, negated: bool) -> Condition:
        domain = self.names.readable(leaf.fact, self.scope.kinds)
        if domain is None:
            return In(str(leaf.fact), ())
        found = [self.names.value(leaf.fact, domain, value) for value in leaf.values]
        named = {value for value in found if value is not None}
        if not negated:
            return In(str(leaf.fact), tuple(value for value in domain.answers if value in named))
        others = tuple(value for value in domain.answers if value not in (*named, UNKNOWN, domain.default))
        if not others and None not in found and leaf.values:
            self.names.report.add("never-holds", leaf.fact.place, fact=clipped(leaf.fact))
        return In(str(leaf.fact), others)

    def report_unknown_matches(self, written: WrittenGroup, condition: Condition) -> None:
        """Say where a condition matches `unknown` though it may not."""
        if self.scope.unknown:
            return
        matching = {leaf.fact for leaf in leaves(condition) if UNKNOWN in leaf.values}
        for leaf in written_leaves(written):
            if leaf.fact in matching and UNKNOWN in leaf.values:
                place = next(value.place for value in leaf.values if value == UNKNOWN)
                self.names.report.add("unknown-not-allowed", place, fact=clipped(leaf.fact))


def written_leaves(written: Written) -> list[WrittenLeaf]:
    """Every leaf as the author wrote it, from left to right."""
    if isinstance(written, WrittenLeaf):
        return [written]
    return [leaf for part in written.parts for leaf in written_leaves(part)]


def _joined(parts: list[Condition], group: type[All] | type[AnyOf]) -> Condition:
    """The parts as one group: like groups within it dissolved, no part twice, in canonical order, one part alone bare."""
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, group) else (part,))
    ordered = sorted(set(flat), key=canonical)
    return ordered[0] if len(ordered) == 1 else group(tuple(ordered))


def canonical(condition: Condition) -> tuple[Any, ...]:
    """A sort key under which equal conditions, and only those, are equal."""
    if isinstance(condition, In):
        return (0, condition.fact, condition.values)
    return (1 if isinstance(condition, All) else 2, tuple(canonical(part) for part in condition.parts))
