"""Bases to measure on, and calls to measure with: drawn from the author's weights or uniformly, always from a seed.

A base is named by its folder, or `random:SEED:FACTS:CLAUSES` (add `:INFERRED` for so many inferred facts, `:wild` for rules that
read any facts together), or `copies:NUMBER:BASE` for so many copies of a base in one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

from benchmarks.copies import copies
from tests.random_bases import random_base, random_completion
from triage.call import Call, Options
from triage.evaluation import effective, matching_impossible
from triage.expert import ExpertSystem, Situation
from triage.interview import NextQuestion, next_questions, settled
from triage.loading import load_knowledge
from triage.model import UNKNOWN, Fact, KnowledgeBase, Weights
from triage.prospect import Prospect

__all__ = [
    "ROOT",
    "SHIPPED",
    "Drawing",
    "describe",
    "draw_uniform",
    "interview",
    "load_base",
    "next_of",
    "next_step",
    "plain_random",
    "weighted",
]

SHIPPED = "knowledge/power"
ROOT = Path(__file__).resolve().parent.parent
TRIES = 10_000

Drawing = Callable[[Random], dict[str, str]]
"""Draws a value or `unknown` for every observable fact; always a possible call."""


def load_base(name: str) -> KnowledgeBase:
    """The base of a name.

    Raises:
        KnowledgeError: The folder holds no sound base.
    """
    if name.startswith("copies:"):
        _, number, base = name.split(":", 2)
        return copies(load_base(base), int(number))
    if not name.startswith("random:"):
        folder = Path(name)
        return load_knowledge(folder if folder.is_absolute() else ROOT / folder)
    seed, facts, clauses, *rest = name.split(":")[1:]
    inferred = next((int(part) for part in rest if part.isdigit()), None)
    return plain_random(int(seed), int(facts), int(clauses), local="wild" not in rest, inferred=inferred)


def plain_random(seed: int, facts: int, clauses: int, *, local: bool, inferred: int | None = None) -> KnowledgeBase:
    """A random base of a size, inferred facts unless given as in the shipped one. Its weights depend on no other fact."""
    inferred = inferred or max(2, clauses // 10)
    base = random_base(
        seed, facts=facts, inferred=inferred, clauses=clauses, local=local, gates=facts // 5, impossible=facts // 10
    )
    return replace(base, facts={name: _independent(fact) for name, fact in base.facts.items()})


def _independent(fact: Fact) -> Fact:
    """The fact with the first of its tables of weights for all calls: what depends on many facts takes exponential time."""
    return replace(fact, weights=Weights(None, {None: next(iter(fact.weights.tables.values()))}))


def describe(name: str, knowledge: KnowledgeBase) -> dict[str, str | int | float | None]:
    """What a base is and how large."""
    return {
        "base": f"{name} {knowledge.identity.version}",
        "digest": knowledge.digest[:12],
        "facts": len(knowledge.facts),
        "questions": len(knowledge.questions),
        "rules": len(knowledge.rules),
        "clauses": sum(len(found) for found in knowledge.clauses.values()),
        "inferred facts": len(knowledge.inferred),
        "impossible combinations": len(knowledge.impossible),
    }


# -- drawing calls


def draw_uniform(knowledge: KnowledgeBase) -> Drawing:
    """Every value of every fact, `unknown` among them, is as likely as the others; impossible calls are drawn again."""
    return lambda rng: _possible(knowledge, lambda: random_completion(knowledge, rng))


def weighted(knowledge: KnowledgeBase, *, unknowns: bool = True, unasked: Collection[str] = ()) -> Drawing:
    """Calls as the author's weights have them, conditioned on possible calls.

    Args:
        unknowns: Whether anybody may answer `unknown`; otherwise the other answers share its weight.
        unasked: Facts nobody is asked: `unknown` before calls are judged possible, as they are for the product.
    """
    order = _given_first(knowledge)

    def draw(rng: Random) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in order:
            fact = knowledge.facts[name]
            if name in unasked:
                found[name] = UNKNOWN
                continue
            given = fact.weights.given
            table = fact.weights.tables[found[given] if given else None]
            values = fact.domain if unknowns else tuple(fact.values)
            shares = [table[value] for value in values]
            found[name] = rng.choices(values, shares if sum(shares) > 0 else None)[0]
        return {name: found[name] for name in knowledge.facts}

    return lambda rng: _possible(knowledge, lambda: draw(rng))


def _given_first(knowledge: KnowledgeBase) -> list[str]:
    """The facts, each after the one its weights depend on."""
    order: list[str] = []

    def add(name: str, above: tuple[str, ...]) -> None:
        given = knowledge.facts[name].weights.given
        if name in above:
            raise ValueError(f"weights of {name} depend on themselves")
        if name not in order:
            if given:
                add(given, (*above, name))
            order.append(name)

    for name in knowledge.facts:
        add(name, ())
    return order


def _possible(knowledge: KnowledgeBase, draw: Callable[[], dict[str, str]]) -> dict[str, str]:
    for _ in range(TRIES):
        found = draw()
        if not matching_impossible(knowledge, effective(knowledge, found)):
            return found
    raise ValueError(f"{TRIES} calls drawn, none of them possible")


# -- leading interviews


def interview(system: ExpertSystem, call: Mapping[str, str], systems: tuple[str, ...]) -> Iterator[Situation]:
    """The situations of an interview led by the product, the last one settled, contradictory or with nothing left to ask."""
    told: dict[str, str] = {}
    while True:
        situation = system.situation(Call.of(told), Options(systems=systems))
        yield situation
        asked = next_step(system, situation)
        if asked is None:
            return
        told |= {fact: call[fact] for fact in asked.facts}


def next_step(system: ExpertSystem, situation: Situation) -> NextQuestion | None:
    """The next question, or None where the interview ends: what one step of an interview works out."""
    return next_of(system.knowledge, system.prospect(situation.known, situation.unasked), situation)


def next_of(knowledge: KnowledgeBase, prospect: Prospect, situation: Situation) -> NextQuestion | None:
    """The same, the prospect given."""
    if prospect.contradictory or settled(prospect):
        return None
    return next(next_questions(knowledge, prospect, situation.known, situation.sources), None)
