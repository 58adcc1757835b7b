"""Shares and information are those of summing over every completion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from math import isclose, log2, prod
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.oracle import Oracle
from tests.random_bases import bases
from triage import prospect as prospect_
from triage.compilation import compile_knowledge
from triage.interview import NextQuestion, settled
from triage.model import CALLER, KnowledgeBase
from triage.planning import ask_best, follow_policy
from triage.prospect import ExactProspect, Sight

Joint = dict[tuple[tuple[str, ...], tuple[str, ...]], float]


def _weight(knowledge: KnowledgeBase, completion: Mapping[str, str], known: Mapping[str, str]) -> float:
    """The author's weight of the open part of a completion."""
    weight = 1.0
    for name, fact in knowledge.facts.items():
        if name not in known:
            table = fact.weights.tables[completion[fact.weights.given] if fact.weights.given else None]
            weight *= table[completion[name]]
    return weight


def _joint(knowledge: KnowledgeBase, known: Mapping[str, str], facts: tuple[str, ...]) -> Joint:
    """Share of every pair of answers to `facts` and outcome, over possible calls."""
    oracle, joint = Oracle(knowledge), defaultdict[tuple[tuple[str, ...], tuple[str, ...]], float](float)
    for completion in oracle.completions(known):
        outcome = oracle.outcome(completion)
        if outcome is not None:
            joint[tuple(completion[f] for f in facts), outcome] += _weight(knowledge, completion, known)
    total = sum(joint.values())
    return {key: share / total for key, share in joint.items()}


def _information(joint: Joint) -> float:
    answers, outcomes = defaultdict[object, float](float), defaultdict[object, float](float)
    for (answer, outcome), share in joint.items():
        answers[answer] += share
        outcomes[outcome] += share
    return sum(share * log2(share / answers[a] / outcomes[o]) for (a, o), share in joint.items() if share)


def _some_known(knowledge: KnowledgeBase, seed: int) -> dict[str, str]:
    rng = Random(seed)
    return {name: rng.choice(fact.domain) for name, fact in knowledge.facts.items() if rng.random() < 0.3}


@given(bases(), st.integers(0, 1000))
@settings(deadline=None, max_examples=120)
def test_the_information_of_an_answer_is_the_mutual_information_with_the_tuple_of_targets(
    knowledge: KnowledgeBase, seed: int
) -> None:
    assume(prod(len(fact.domain) for fact in knowledge.facts.values()) <= 600)
    known = _some_known(knowledge, seed)
    prospect = ExactProspect(Sight(compile_knowledge(knowledge)), known)
    assume(not prospect.contradictory)
    for fact in knowledge.facts.keys() - known.keys():
        joint = _joint(knowledge, known, (fact,))
        if prospect.is_relevant(fact):
            assert isclose(prospect.gain([fact]), _information(joint), abs_tol=1e-9)
    marginal = defaultdict[str, float](float)
    for (_, outcome), share in _joint(knowledge, known, ()).items():
        marginal[outcome[0]] += share
    assert prospect.candidates[knowledge.targets[0]].keys() == marginal.keys()
    for value, share in prospect.candidates[knowledge.targets[0]].items():
        assert isclose(share, marginal[value], abs_tol=1e-9)


@given(bases(), st.integers(0, 1000))
@settings(deadline=None, max_examples=120)
def test_a_list_to_tick_tells_what_its_answers_tell_together(knowledge: KnowledgeBase, seed: int) -> None:
    assume(prod(len(fact.domain) for fact in knowledge.facts.values()) <= 600)
    given_facts = {fact.weights.given for fact in knowledge.facts.values()} - {None}
    known = {**_some_known(knowledge, seed)}
    facts = tuple(sorted(knowledge.facts.keys() - known.keys()))[:3]
    assume(len(facts) > 1)
    prospect = ExactProspect(Sight(compile_knowledge(knowledge)), known)
    assume(not prospect.contradictory)
    expected = _information(_joint(knowledge, known, facts))
    if given_facts <= known.keys():
        assert isclose(prospect.gain(facts), expected, abs_tol=1e-9)
    else:
        assert prospect.gain(facts) <= expected + 1e-9
    branches = prospect.branches(facts, frozenset())
    assert isclose(sum(branch.share for branch in branches), 1.0)


@given(bases(), st.randoms(use_true_random=False), st.sampled_from([5, prospect_.KEPT]))
@settings(deadline=None, max_examples=120)
def test_what_earlier_calls_have_taught_changes_no_answer_however_much_is_kept(
    knowledge: KnowledgeBase, rng: Random, kept: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prospect_, "KEPT", kept)
        _teach(knowledge, rng)


def _teach(knowledge: KnowledgeBase, rng: Random) -> None:
    compiled = compile_knowledge(knowledge)
    shared = Sight(compiled)
    for _ in range(12):
        known = _some_known(knowledge, rng.randrange(1000))
        ours, alone = ExactProspect(shared, known), ExactProspect(Sight(compiled), known)
        open_facts = sorted(knowledge.facts.keys() - known.keys())
        assert ours.candidates == alone.candidates
        assert {fact: ours.left_by(fact) for fact in open_facts} == {fact: alone.left_by(fact) for fact in open_facts}
        for fact in open_facts:
            now = alone.candidates
            for value in knowledge.facts[fact].values:
                after = ExactProspect(Sight(compiled), {**known, fact: value})
                left = {t: tuple(found) for t, found in after.candidates.items() if found.keys() != now[t].keys()}
                assert ours.left_by(fact).get(value) == (None if after.contradictory else left)


@given(bases(), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_planned_lengths_are_those_of_following_every_answer(knowledge: KnowledgeBase, seed: int) -> None:
    assume(prod(len(fact.domain) for fact in knowledge.facts.values()) <= 600)
    known = _some_known(knowledge, seed)
    given_facts = {fact.weights.given for fact in knowledge.facts.values()} - {None}
    assume(given_facts <= known.keys())
    sight = Sight(compile_knowledge(knowledge))
    prospect = ExactProspect(sight, known)
    assume(not prospect.contradictory)
    policy = ask_best(knowledge, {question.id: CALLER for question in knowledge.questions.values()})

    def follow(now: Mapping[str, str]) -> dict[int, float]:
        here = ExactProspect(sight, now)
        asked: NextQuestion | None = None if settled(here) else policy(here, now)
        if asked is None:
            return {0: 1.0}
        lengths = defaultdict[int, float](float)
        joint = _joint(knowledge, now, asked.facts)
        for values in product(*(knowledge.facts[fact].domain for fact in asked.facts)):
            share = sum(part for (answer, _), part in joint.items() if answer == values)
            if share:
                for length, part in follow({**now, **dict(zip(asked.facts, values, strict=True))}).items():
                    lengths[length + 1] += part * share
        return lengths

    planned = defaultdict[int, float](float)
    for (_, length), share in follow_policy(knowledge, prospect, known, policy, 10_000).lengths.items():
        planned[length] += share
    expected = follow(known)
    assert planned.keys() == expected.keys()
    assert all(isclose(planned[length], expected[length], abs_tol=1e-9) for length in expected)
