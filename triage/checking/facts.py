"""Facts, values, questions and messages that never matter; conclusions that need a system; calls the rules do not cover."""

from __future__ import annotations

from collections.abc import Iterator

from triage.behaviour import mentioned, visible
from triage.checking.examined import Examined, percent
from triage.compilation import IMPOSSIBLE
from triage.diagrams import Diagram
from triage.findings import Finding
from triage.interview import reachable
from triage.model import CALLER, UNKNOWN, Question, Text

__all__ = ["gaps", "only_systems_tell", "silent_messages", "unused_facts"]

Kids = dict[int, list[tuple[Diagram, ...]]]


def unused_facts(examined: Examined) -> Iterator[Finding]:
    """Questions never asked, facts that never matter, and values that are never told apart; by question, then fact."""
    knowledge, compiled = examined.knowledge, examined.compiled
    shown = [compiled.inferred[name] for name in visible(knowledge)]
    read = examined.reached((*shown, *compiled.messages.values(), compiled.possible))
    for question in knowledge.questions.values():
        idle = [name for name in question.fills if not _matters(examined, name, read)]
        if len(idle) == len(question.fills):
            yield examined.finding("never-asked", question.id, question.place, question=question.id)
        else:
            told = mentioned(knowledge)
            for name in idle:
                yield examined.finding("unused-fact", name, knowledge.facts[name].place, fact=name)
            for name in sorted(set(question.fills) - set(idle) - told):
                yield from _alike(examined, question, name, read)


def _matters(examined: Examined, fact: str, read: Kids) -> bool:
    """Whether some answer changes something where the fact applies."""
    applies = examined.store.both(examined.compiled.possible, examined.compiled.applies[fact])
    return examined.compiled.level[fact] in read and applies != examined.nowhere


def _alike(examined: Examined, question: Question, name: str, read: Kids) -> Iterator[Finding]:
    """Declared values whose children are the same in every node. Lists to tick have two values, and need both."""
    if question.tick is not None:
        return
    fact, groups = examined.knowledge.facts[name], dict[tuple[Diagram, ...], list[str]]()
    for index, value in enumerate(fact.values):
        groups.setdefault(tuple(kids[index] for kids in read[examined.compiled.level[name]]), []).append(value)
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
        yield examined.finding("gap", "", None, example, outcome=outcome, share=percent(examined.share(here, told)))
