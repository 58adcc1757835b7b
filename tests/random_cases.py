"""Random cases that pass: calls of a random base, with expectations taken from what the base makes of them."""

from __future__ import annotations

from random import Random

from triage.call import Call, Options, Reading
from triage.evaluation import verdict_of
from triage.expert import ExpertSystem
from triage.loading.cases import Case, Turn
from triage.model import Place
from triage.trying import run_case, walk

PLACE = Place("random.cases.yaml", 1, 1)


def _turn(told: Call, **expected: object) -> Turn:
    parts: dict[str, object] = {
        "expect": {},
        "if_ended_now": {},
        "status": None,
        "stop_reason": None,
        "asks_next": None,
        "asks_of": None,
        "never_asks": (),
        "fired": (),
        "not_fired": (),
        "says": (),
        "not_says": (),
        "missing_fields": None,
        "candidates": {},
    }
    return Turn(told=told, place=PLACE, **{**parts, **expected})  # type: ignore[arg-type]


def _case(number: int, turn: Turn) -> Case:
    return Case(f"case {number}", (), ("random",), (), None, None, (turn,), PLACE)


def random_cases(system: ExpertSystem, rng: Random, count: int) -> list[Case]:
    """Cases of one turn each; every one passes."""
    cases = [_random_case(system, rng, number) for number in range(count)]
    assert [case for case in cases if not run_case(system, case).passed] == []
    return cases


def _random_case(system: ExpertSystem, rng: Random, number: int) -> Case:
    knowledge = system.knowledge
    facts = rng.sample(list(knowledge.facts), rng.randint(0, len(knowledge.facts)))
    call = Call({name: Reading(rng.choice(knowledge.facts[name].domain)) for name in facts}, {}, {})
    told = system.assess(call, Options(explain="none", look_ahead=0))
    (_, seen) = next(walk(system, _case(number, _turn(call))))
    ruled = told.status not in ("contradictory",) and told.stop_reason != "engines_disagree"
    winners = {w for c in verdict_of(knowledge, seen.situation.counted).conclusions.values() for w in c.winners}
    fired = [rule.id for rule in knowledge.rules.values() if any(clause.id in winners for clause in rule.clauses)]
    silent = [rule for rule in knowledge.rules if rule not in fired]
    expected: dict[str, object] = {}
    for name in knowledge.inferred:
        if rng.random() < 0.3:
            key = "expect" if told.status == "decided" and name in knowledge.targets else "if_ended_now"
            expected.setdefault(key, {})[name] = seen.value(name)  # type: ignore[index]
    if ruled and rng.random() < 0.5:
        expected["fired"] = tuple(rng.sample(fired, min(1, len(fired))))
        expected["not_fired"] = tuple(rng.sample(silent, min(1, len(silent))))
    if rng.random() < 0.5:
        expected["says"] = tuple(sorted(seen.said))[:1]
        expected["not_says"] = tuple(sorted(knowledge.messages.keys() - seen.said))[:1]
    if told.status == "needs_input" and rng.random() < 0.4:
        target = rng.choice(knowledge.targets)
        expected["candidates"] = {target: seen.candidates(target)}
    if rng.random() < 0.3:
        expected["status"] = told.status
    return _case(number, _turn(call, **expected))
