"""Diagrams, prospects and interviews are held to `meaning.md` tried by brute force on small random bases."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.oracle import Oracle
from tests.random_bases import bases, random_base
from triage.call import Call, Options
from triage.compilation import Compiled, compile_knowledge
from triage.evaluation import effective, verdict_of
from triage.expert import ExpertSystem
from triage.interview import applicable, next_questions, reachable, settled
from triage.model import CALLER, KnowledgeBase
from triage.prospect import BroadProspect, ExactProspect, Sight

SMALL = 400
"""Completions a base may have for brute force."""


def _completions(knowledge: KnowledgeBase) -> int:
    return prod(len(fact.domain) for fact in knowledge.facts.values())


def _some_known(knowledge: KnowledgeBase, rng: Random) -> dict[str, str]:
    return {name: rng.choice(fact.domain) for name, fact in knowledge.facts.items() if rng.random() < 0.4}


@given(bases())
@settings(deadline=None, max_examples=150)
def test_diagrams_give_the_value_of_every_inferred_fact_and_message_on_every_completion(knowledge: KnowledgeBase) -> None:
    assume(_completions(knowledge) <= SMALL)
    oracle, compiled = Oracle(knowledge), compile_knowledge(knowledge)
    for completion in oracle.completions({}):
        verdict = verdict_of(knowledge, effective(knowledge, completion))
        choice = [compiled.index[name][completion[name]] for name in compiled.order]
        assert {f: compiled.store.value(compiled.inferred[f], choice) for f in knowledge.inferred} == {
            f: verdict[f] for f in knowledge.inferred
        }
        assert compiled.store.value(compiled.outcome, choice) == oracle.outcome(completion)


@given(bases(), st.integers(0, 1000))
@settings(deadline=None, max_examples=120)
def test_candidates_settled_entailed_and_relevant_are_those_of_the_definition(knowledge: KnowledgeBase, seed: int) -> None:
    assume(_completions(knowledge) <= 250)
    oracle, known = Oracle(knowledge), _some_known(knowledge, Random(seed))
    prospect = ExactProspect(Sight(compile_knowledge(knowledge)), known)
    assert prospect.contradictory == oracle.contradictory(known)
    if prospect.contradictory:
        return
    assert {target: set(values) for target, values in prospect.candidates.items()} == oracle.candidates(known)
    assert settled(prospect) == oracle.settled(known)
    gates_hold = applicable(knowledge, known)
    for fact in knowledge.facts.keys() - known.keys():
        assert prospect.is_relevant(fact) == oracle.relevant(known, fact)
        assert (fact in gates_hold) == oracle.entailed(known, fact)


def test_relevance_through_impossible_combinations_is_met_in_these_bases() -> None:
    """The generator really makes the case in which an answer matters only by ruling another one out."""
    hits = 0
    for seed in range(150):
        knowledge = random_base(seed)
        prospect = ExactProspect(Sight(compile_knowledge(knowledge)), {})
        hits += sum(prospect.is_relevant(f) and f not in prospect.certainly_relevant() for f in knowledge.facts)
    assert hits >= 10


@given(bases(), st.integers(0, 1000))
@settings(deadline=None, max_examples=120)
def test_the_over_approximation_misses_no_candidate_and_no_relevant_fact(knowledge: KnowledgeBase, seed: int) -> None:
    known = _some_known(knowledge, Random(seed))
    exact = ExactProspect(Sight(compile_knowledge(knowledge)), known)
    broad = BroadProspect(knowledge, known)
    assert broad.contradictory == exact.contradictory
    if exact.contradictory:
        return
    for target, values in exact.candidates.items():
        assert values.keys() <= broad.candidates[target].keys()
    for fact in knowledge.facts.keys() - known.keys():
        assert broad.is_relevant(fact) or not exact.is_relevant(fact)


def test_where_the_exact_test_of_relevance_is_too_dear_too_much_is_asked_never_too_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = [
        (knowledge, fact)
        for knowledge in map(random_base, range(60))
        for fact in knowledge.facts
        if ExactProspect(Sight(compile_knowledge(knowledge)), {}).is_relevant(fact)
    ]
    monkeypatch.setattr("triage.relevance._WIDENED_BUDGET", 1)
    assert len(exact) > 60
    assert all(ExactProspect(Sight(compile_knowledge(knowledge)), {}).is_relevant(fact) for knowledge, fact in exact)


@given(bases(), st.integers(0, 1000))
@settings(deadline=None, max_examples=80)
def test_diagrams_made_for_one_call_agree_with_those_of_the_whole_base(knowledge: KnowledgeBase, seed: int) -> None:
    known = _some_known(knowledge, Random(seed))
    whole = ExactProspect(Sight(compile_knowledge(knowledge)), known)
    own = ExactProspect(Sight(Compiled(knowledge, sorted(knowledge.facts), 20_000, known)), known)
    assert {t: set(v) for t, v in own.candidates.items()} == {t: set(v) for t, v in whole.candidates.items()}
    for fact in knowledge.facts.keys() - known.keys():
        assert own.is_relevant(fact) == whole.is_relevant(fact)


@given(bases(), st.integers(0, 1000))
@settings(deadline=None, max_examples=120)
def test_every_interview_ends_shrinks_its_candidates_and_asks_nothing_twice(knowledge: KnowledgeBase, seed: int) -> None:
    system, rng = ExpertSystem(knowledge), Random(seed)
    known = _some_known(knowledge, rng) if seed % 2 else {}
    failed: dict[str, tuple[str, ...]] = {}
    before: dict[str, set[str]] | None = None
    for _ in range(2 * len(knowledge.facts) + 1):
        call = replace(Call.of(known), no_answer=failed)
        answer = system.assess(call, Options(look_ahead=0, explain="none", systems=("meter",)))
        if answer.status != "needs_input":
            break
        now = {target: {candidate.value for candidate in found} for target, found in answer.candidates.items()}
        assert before is None or all(now[target] <= before[target] for target in now)
        assert all(answer.provisional[t].value in now[t] for t in now if t in answer.provisional)
        before = now
        assert answer.question is not None
        assert known.keys().isdisjoint(answer.question.facts)
        if answer.question.ask_of != CALLER and rng.random() < 0.5:
            failed |= dict.fromkeys(answer.question.facts, (answer.question.ask_of,))
        else:
            known.update({fact: rng.choice(knowledge.facts[fact].domain) for fact in answer.question.facts})
    else:
        pytest.fail("the interview does not end")
    assert answer.stop_reason in ("settled", "contradictory")


@given(bases(), st.integers(0, 1000))
@settings(deadline=None, max_examples=120)
def test_what_is_not_settled_has_a_next_question_and_what_is_settled_has_none(knowledge: KnowledgeBase, seed: int) -> None:
    known = _some_known(knowledge, Random(seed))
    prospect = ExactProspect(Sight(compile_knowledge(knowledge)), known)
    assume(not prospect.contradictory)
    sources = reachable(knowledge, ["meter"], {}, ())
    asked = list(next_questions(knowledge, prospect, known, sources))
    assert bool(asked) != settled(prospect)
