"""Conditions in plain words: labels and "and", "or", "not" in place of ids and YAML, in Chinese or English.

Knows nothing of files, terminals or HTML: `in_words` gives one sentence, `plainly` the same with its parts and ids kept apart for
whoever sets links or lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from re import Match
from typing import Literal

from triage.model import PLACEHOLDER, UNKNOWN, AnyOf, Condition, In, KnowledgeBase, Language, Text

__all__ = [
    "Plain",
    "PlainGroup",
    "PlainLeaf",
    "answers_in_words",
    "in_words",
    "label",
    "plainly",
    "quoted",
    "readable",
    "value_label",
]

_FEW = 2
"""Values left out that are still named one by one instead of those that match."""


@dataclass(frozen=True, slots=True)
class PlainLeaf:
    """A statement about one fact, or about several of one list that are to have the same value.

    Attributes:
        facts: Ids of the facts it is about, at least one.
        how: For several facts, whether one of them (`any`) or every one (`all`) has to be so.
        says: What must hold of them, such as `“seen”` or `told, and not “home only”`.
    """

    facts: tuple[str, ...]
    how: Literal["any", "all"]
    says: str


@dataclass(frozen=True, slots=True)
class PlainGroup:
    """Several statements of which every one (`all`) or at least one (`any`) holds; with no parts, always or never."""

    how: Literal["any", "all"]
    parts: tuple[Plain, ...]


Plain = PlainLeaf | PlainGroup


def in_words(knowledge: KnowledgeBase, condition: Condition, language: Language) -> str:
    """A condition as one phrase, without a stop at its end.

    Example:
        `{scope: home_only, any: [{breaker: tripped}, {balance: {not: positive}}]}` reads
        `scope: “this home only”; and (switch: “tripped”; or remaining energy: told, and not “some left”)`.
    """
    return _phrase(knowledge, plainly(knowledge, condition, language), language, inner=False)


def plainly(knowledge: KnowledgeBase, condition: Condition, language: Language) -> Plain:
    """A condition as statements; facts of one list to tick that are to have the same value make one of them."""
    if isinstance(condition, In):
        return PlainLeaf((condition.fact,), "all", _says(knowledge, condition, language))
    how: Literal["any", "all"] = "any" if isinstance(condition, AnyOf) else "all"
    parts: dict[object, list[Condition]] = {}
    for part in condition.parts:
        parts.setdefault(_alike(knowledge, part), []).append(part)
    found = tuple(_together(knowledge, alike, how, language) for alike in parts.values())
    return found[0] if len(found) == 1 else PlainGroup(how, found)


def answers_in_words(knowledge: KnowledgeBase, answers: Mapping[str, str], language: Language) -> str:
    """Facts, observable or inferred, with the values they have, such as those of an example call; many facts of one list with the
    same value are told together."""
    groups: dict[tuple[object, str], list[str]] = {}
    for fact, value in answers.items():
        question = knowledge.question_of.get(fact)
        listed = question is not None and question.tick is not None
        groups.setdefault((question.id if question and listed else (fact,), value), []).append(fact)
    found = [
        _stated(_some(knowledge, facts, language), _quoted_value(knowledge, facts[0], value, language), language)
        for (_, value), facts in groups.items()
    ]
    return _COMMA.get(language).join(found) or _NOTHING.get(language)


def label(knowledge: KnowledgeBase, name: str, language: Language) -> str:
    """What people read for an observable or inferred fact."""
    fact = knowledge.facts.get(name) or knowledge.inferred[name]
    return readable(knowledge, fact.text, language)


def value_label(knowledge: KnowledgeBase, fact: str, value: str, language: Language) -> str:
    """What people read for a value of an observable or inferred fact; for `unknown`, that it is not told."""
    if value == UNKNOWN and fact in knowledge.facts:
        return _NOT_TOLD.get(language)
    return readable(knowledge, knowledge.answer_text(fact, value), language)


def readable(knowledge: KnowledgeBase, text: Text, language: Language) -> str:
    """A text with its placeholders filled for readers who have no call before them: parameters with their general values, what
    a call would fill in by its label, as in ‹address›."""

    def of(match: Match[str]) -> str:
        name = match[1]
        if name in knowledge.parameters:
            return knowledge.parameters[name].value.get(language)
        named = knowledge.fields.get(name) or knowledge.facts.get(name) or knowledge.inferred.get(name)
        return f"‹{named.text.get(language)}›" if named else match[0]

    return PLACEHOLDER.sub(of, text.get(language))


def quoted(text: str) -> str:
    """A label within a sentence; quotation marks of its own become inner ones."""
    return f"“{text.translate(_INNER)}”"


_INNER = str.maketrans("“”", "‘’")
_ALWAYS, _NEVER = Text("任何情况", "always"), Text("从不", "never")
_AND, _OR = Text("；并且", "; and "), Text("；或者", "; or ")
_COMMA, _NOTHING = Text("，", ", "), Text("什么都没有说", "nothing told")
_IS = Text("{subject}：{says}", "{subject}: {says}")
_BRACKETS = Text("（{inside}）", "({inside})")
_LIST_OR, _LIST_AND = Text("或", " or "), Text("、", ", ")
_ANY_OF, _EACH_OF = Text("{names}中至少一项", "at least one of {names}"), Text("{names}每一项", "each of {names}")
_AND_OTHERS = Text("{first}及另外 {others} 项", "{first} and {others} more")
_TOLD = Text("已问明，不论是什么", "told, whatever it is")
_TOLD_NOT = Text("已问明，但不是{values}", "told, and not {values}")
_WHATEVER = Text("不论是什么，没有问明也算", "whatever it is, told or not")
_ALSO_OPEN = Text("不是{values}，没有问明也算", "not {values}, or not told")
_CONCLUDED_NOT = Text("不是{values}", "not {values}")
_NOT_TOLD = Text("没有问明", "not told")


def _alike(knowledge: KnowledgeBase, part: Condition) -> object:
    """Equal for leaves that may be told in one statement."""
    question = knowledge.question_of.get(part.fact) if isinstance(part, In) else None
    if isinstance(part, In) and question is not None and question.tick is not None:
        return question.id, part.values
    return part


def _together(knowledge: KnowledgeBase, alike: Sequence[Condition], how: Literal["any", "all"], language: Language) -> Plain:
    first = alike[0]
    if len(alike) == 1 or not isinstance(first, In):
        return plainly(knowledge, first, language)
    facts = tuple(part.fact for part in alike if isinstance(part, In))
    return PlainLeaf(facts, how, _says(knowledge, first, language))


def _says(knowledge: KnowledgeBase, leaf: In, language: Language) -> str:
    """What a leaf demands of its fact: the values that match, or those that do not where these are fewer."""
    if leaf.fact in knowledge.inferred:
        values: Iterable[str] = knowledge.inferred[leaf.fact].values
        whatever, but = _WHATEVER, _CONCLUDED_NOT
    else:
        values = knowledge.facts[leaf.fact].values
        whatever, but = (_WHATEVER, _ALSO_OPEN) if UNKNOWN in leaf.values else (_TOLD, _TOLD_NOT)
    others = [value for value in values if value not in leaf.values]
    if not others:
        return whatever.get(language)
    if len(others) <= _FEW and len(others) + 1 < len(leaf.values):
        return but.get(language).format(values=_choice(knowledge, leaf.fact, others, language))
    return _choice(knowledge, leaf.fact, leaf.values, language)


def _choice(knowledge: KnowledgeBase, fact: str, values: Iterable[str], language: Language) -> str:
    return _LIST_OR.get(language).join(_quoted_value(knowledge, fact, value, language) for value in values)


def _quoted_value(knowledge: KnowledgeBase, fact: str, value: str, language: Language) -> str:
    text = value_label(knowledge, fact, value, language)
    return text if value == UNKNOWN and fact in knowledge.facts else quoted(text)


def _stated(subject: str, says: str, language: Language) -> str:
    return _IS.get(language).format(subject=subject, says=says)


def _some(knowledge: KnowledgeBase, facts: Sequence[str], language: Language) -> str:
    """Facts with one value: a few by name, of many the first."""
    if len(facts) <= _FEW:
        return _COMMA.get(language).join(label(knowledge, fact, language) for fact in facts)
    return _AND_OTHERS.get(language).format(first=quoted(label(knowledge, facts[0], language)), others=len(facts) - 1)


def _phrase(knowledge: KnowledgeBase, plain: Plain, language: Language, *, inner: bool) -> str:
    if isinstance(plain, PlainLeaf):
        return _stated(_subject(knowledge, plain, language), plain.says, language)
    if not plain.parts:
        return (_ALWAYS if plain.how == "all" else _NEVER).get(language)
    between = (_AND if plain.how == "all" else _OR).get(language)
    text = between.join(_phrase(knowledge, part, language, inner=True) for part in plain.parts)
    return _BRACKETS.get(language).format(inside=text) if inner else text


def _subject(knowledge: KnowledgeBase, leaf: PlainLeaf, language: Language) -> str:
    if len(leaf.facts) == 1:
        return label(knowledge, leaf.facts[0], language)
    names = _LIST_AND.get(language).join(quoted(label(knowledge, fact, language)) for fact in leaf.facts)
    return (_ANY_OF if leaf.how == "any" else _EACH_OF).get(language).format(names=names)
