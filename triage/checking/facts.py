"""Facts, values, questions and messages that never matter; conclusions that need a system; calls the rules do not cover."""

from __future__ import annotations

from collections.abc import Iterator

from triage.behaviour import mentioned, visible
from triage.checking.asking import Asking
from triage.checking.examined import Examined, percent
from triage.compilation import IMPOSSIBLE
from triage.diagrams import Diagram
from triage.findings import Finding
from triage.interview import reachable
from triage.model import CALLER, UNKNOWN, Question, Text

__all__ = ["gaps", "only_systems_tell", "silent_messages", "unused_facts"]

Kids = dict[int, list[tuple[Diagram, ...]]]

_NOTHING = Text(
    "它的答案什么也改变不了；请在规则或话术里用到它，或删掉",
    "no answer to it changes anything; use it in a rule or message, or delete it",
)


def unused_facts(examined: Examined) -> Iterator[Finding]:
    """Questions never asked, facts that never matter, and values that are never told apart; by question, then fact."""
    knowledge, told = examined.knowledge, mentioned(examined.knowledge)
    read, asking = examined.reached(_shown(examined)), Asking(examined)
    for question in knowledge.questions.values():
        idle = [name for name in question.fills if examined.compiled.level[name] not in read and name not in told]
        why = _NOTHING if len(idle) == len(question.fills) else asking.why_never(question)
        if why is not None:
            yield examined.finding("never-asked", question.id, question.place, question=question.id, why=why)
            continue
        for name in idle:
            yield examined.finding("unused-fact", name, knowledge.facts[name].place, fact=name)
        for name in sorted(set(question.fills) - set(idle) - told):
            yield from _alike(examined, question, name, read)


def _shown(examined: Examined) -> Iterator[Diagram]:
    """All that a call comes to: whether it is possible, what it shows where it is, and its alerts in any case."""
    knowledge, compiled, store = examined.knowledge, examined.compiled, examined.store
    yield compiled.possible
    for name in visible(knowledge):
        yield store.choose(compiled.possible, compiled.inferred[name], store.leaf(IMPOSSIBLE))
    for name, message in knowledge.messages.items():
        here = compiled.messages[name]
        yield here if message.kind == "alert" else store.both(compiled.possible, here)
    conditions = [field.when for field in knowledge.fields.values()]
    for condition in (*conditions, *([knowledge.identity.resolved] if knowledge.identity.resolved else [])):
        yield store.both(compiled.possible, compiled.condition(condition, store))


def _alike(examined: Examined, question: Question, name: str, read: Kids) -> Iterator[Finding]:
    """Declared values that nothing tells apart, weights included. Lists to tick have two values, and need both."""
    if question.tick is not None:
        return
    fact, groups = examined.knowledge.facts[name], dict[tuple[object, ...], list[str]]()
    weighed = [f.weights.tables for f in examined.knowledge.facts.values() if f.weights.given == name]
    for index, value in enumerate(fact.values):
        ends = [kids[index] for kids in read[examined.compiled.level[name]]]
        shares = [tuple(tables[value].values()) for tables in weighed]
        groups.setdefault((*ends, *shares), []).append(value)
    for values in groups.values():
        if len(values) > 1:
            zh, en = "、".join(f"`{v}`" for v in values), ", ".join(f"`{v}`" for v in values)
            yield examined.finding("unused-value", name, fact.place, fact=name, values=Text(zh, en))


def silent_messages(examined: Examined) -> Iterator[Finding]:
    """Messages never said on any possible call (alerts: on any call at all), by id."""
    for name, message in examined.knowledge.messages.items():
        here = examined.compiled.messages[name]
        if message.kind != "alert":
            here = examined.store.both(examined.compiled.possible, here)
        if here == examined.nowhere:
            yield examined.finding("silent-message", name, message.place, message=name)


def only_systems_tell(examined: Examined) -> Iterator[Finding]:
    """Values of targets that no answer of the caller leads to, with a smallest call on which a system's answer does."""
    knowledge, compiled, store = examined.knowledge, examined.compiled, examined.store
    asked = reachable(knowledge, frozenset(), {}, ())
    unasked = [name for q in knowledge.questions.values() if q.id not in asked for name in q.fills]
    alone = compiled.indices(dict.fromkeys(unasked, UNKNOWN))
    for target in knowledge.targets:
        value_of = store.choose(compiled.possible, compiled.inferred[target], store.leaf(IMPOSSIBLE))
        without = store.payloads(store.restrict(value_of, alone))
        for value in knowledge.inferred[target].values:
            example = None if value in without else examined.example(store.convert(lambda v, w=value: v == w, value_of))  # type: ignore[misc]
            if example is not None:
                systems = {s for fact in example for s in knowledge.question_of[fact].ask_of if fact in unasked and s != CALLER}
                place = knowledge.inferred[target].place
                about, listed = f"{target}: {value}", ", ".join(sorted(systems))
                yield examined.finding("only-systems-tell", about, place, example, fact=target, value=value, systems=listed)


def gaps(examined: Examined) -> Iterator[Finding]:
    """Calls on which everything is told and no rule says more than a hand-over would: at most one finding."""
    knowledge, compiled, store = examined.knowledge, examined.compiled, examined.store
    ending = knowledge.identity.find_out or {name: knowledge.inferred[name].default for name in knowledge.targets}
    told = store.both(compiled.possible, examined.all_told)
    here = told
    for name, value in ending.items():
        here = store.both(here, store.convert(lambda v, w=value: v == w, compiled.inferred[name]))  # type: ignore[misc]
    example = examined.example(here)
    if example is not None:
        outcome = ", ".join(f"{name}: {value}" for name, value in ending.items())
        yield examined.finding(
            "gap", knowledge.identity.id, None, example, outcome=outcome, share=percent(examined.share(here, told))
        )
