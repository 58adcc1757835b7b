"""What of a base anybody outside can see, and where two versions of a base behave differently.

Visible is what an assessment shows: inferred facts on the decision card, targets, inferred facts that texts mention; messages,
fields of the work order, calls solved on the line. An inferred fact that only rules read is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from triage.compilation import Compiled
from triage.diagrams import Diagram, Diagrams
from triage.model import PLACEHOLDER, Condition, KnowledgeBase, Text
from triage.variants import Variant

__all__ = ["Change", "changes", "mentioned", "smallest_change", "visible"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something visible that differs between two versions of a base.

    Attributes:
        id: Of the inferred fact, message or field; `resolved` for calls solved on the line.
        where: The calls, in the variant's store; never nowhere.
    """

    kind: Literal["fact", "message", "field", "resolved"]
    id: str
    where: Diagram


def visible(knowledge: KnowledgeBase) -> tuple[str, ...]:
    """The inferred facts that an assessment shows: targets and the decision card first, then those that texts mention, by id."""
    shown = [name for name in (*knowledge.identity.decision, *knowledge.targets) if name in knowledge.inferred]
    return tuple(dict.fromkeys((*shown, *sorted(mentioned(knowledge) & knowledge.inferred.keys()))))


def mentioned(knowledge: KnowledgeBase) -> set[str]:
    """Everything that texts said on a call mention: ids of facts, inferred facts, fields and parameters."""
    texts: list[Text] = [message.say for message in knowledge.messages.values()]
    texts += [text for q in knowledge.questions.values() for text in (q.text, q.how) if text is not None]
    texts += [rule.because for rule in knowledge.rules.values()]
    texts += [c.say for c in knowledge.impossible.values()]
    texts += [field.ask for field in knowledge.fields.values()]
    return {name for text in texts for said in (text.zh, text.en) for name in PLACEHOLDER.findall(said)}


def changes(variant: Variant) -> Iterator[Change]:
    """Everything visible that differs between a base and a variant of it, in the order of `visible`, then messages, fields."""
    store, nowhere = variant.store, variant.store.leaf(False)
    old, new = variant.original.knowledge, variant.knowledge
    for name in visible(new):
        where = variant.changed(name)
        if where != nowhere:
            yield Change("fact", name, where)
    for name, alert, before, after in _messages(variant):
        where = _differ(variant, store, before, after, everywhere=alert)
        if where != nowhere:
            yield Change("message", name, where)
    conditions: tuple[tuple[Literal["field", "resolved"], Mapping[str, Condition], Mapping[str, Condition]], ...] = (
        ("field", {name: f.when for name, f in old.fields.items()}, {name: f.when for name, f in new.fields.items()}),
        ("resolved", _resolved(old), _resolved(new)),
    )
    for kind, olds, news in conditions:
        for name in sorted(olds.keys() | news.keys()):
            if olds.get(name) == news.get(name) and not variant.touched(news[name]):
                continue
            before, after = _holding(variant.original, olds.get(name), store), _holding(variant, news.get(name), store)
            where = _differ(variant, store, before, after, everywhere=False)
            if where != nowhere:
                yield Change(kind, name, where)


def _messages(variant: Variant) -> Iterator[tuple[str, bool, Diagram, Diagram]]:
    """Messages whose calls may differ: id, whether it is an alert, where it was said and where it is."""
    old, new, silent = variant.original, variant, variant.store.leaf(False)
    for name in sorted(old.messages.keys() | new.messages.keys()):
        before, after = old.messages.get(name, silent), new.messages.get(name, silent)
        if before != after:
            versions = (version.knowledge.messages.get(name) for version in (old, new))
            yield name, any(message is not None and message.kind == "alert" for message in versions), before, after


def _resolved(knowledge: KnowledgeBase) -> dict[str, Condition]:
    return {} if knowledge.identity.resolved is None else {"resolved": knowledge.identity.resolved}


def _holding(compiled: Compiled, condition: Condition | None, store: Diagrams) -> Diagram:
    return store.leaf(False) if condition is None else compiled.condition(condition, store)


def _differ(variant: Variant, store: Diagrams, before: Diagram, after: Diagram, *, everywhere: bool) -> Diagram:
    """Where one holds and the other does not; on impossible calls too where these count."""
    if before == after:
        return store.leaf(False)
    differ = store.choose(before, store.negate(after), after)
    return differ if everywhere else store.both(variant.original.possible, store.both(variant.possible, differ))


def smallest_change(variant: Variant) -> tuple[Change, dict[str, str]] | None:
    """A visible change and the fewest answers it takes to see it, a change of a value before others; None where none differs."""
    found = [(change, variant.smallest_call(variant.store, change.where) or {}) for change in changes(variant)]
    return min(found, key=lambda pair: (pair[0].kind != "fact", len(pair[1])), default=None)
