"""Coverage is exact: what counts as covered is seen in a case, what is left out no call can show."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from tests.brute import completions, conclusions, said, seen, winners
from tests.random_bases import random_base
from tests.random_cases import random_cases
from triage.behaviour import visible
from triage.compilation import Compiled
from triage.coverage import KINDS, CoverageReport, Obligation, coverage
from triage.coverage_page import coverage_page
from triage.evaluation import complete, effective, holds, verdict_of
from triage.exercise import exercise
from triage.expert import ExpertSystem
from triage.loading.cases import load_cases
from triage.model import All, AnyOf, KnowledgeBase, Message, leaves
from triage.mutants import with_leaf

SAMPLE = Path(__file__).parent / "sample_knowledge" / "lamp"


def _shows(knowledge: KnowledgeBase, wanted: Obligation, call: dict[str, str]) -> bool:
    """By brute force, whether a completion shows what is wanted."""
    values, names = conclusions(knowledge, call), visible(knowledge)
    if wanted.kind == "message":
        alert = knowledge.messages[wanted.about].kind == "alert"
        return wanted.about in said(knowledge, call) and (alert or values is not None)
    if wanted.kind == "condition":
        return _with_effect(knowledge, wanted, call, names)
    if values is None:
        return False
    if wanted.kind == "value":
        return bool(values[wanted.about] == wanted.wanted)
    clauses = {clause.id for clause in knowledge.rules[wanted.about].clauses}
    return clauses.isdisjoint(winners(knowledge, call)) is (wanted.wanted == "silent")


def _with_effect(knowledge: KnowledgeBase, wanted: Obligation, call: dict[str, str], names: tuple[str, ...]) -> bool:
    of = knowledge.rules if wanted.of == "rule" else knowledge.messages
    owner = of[wanted.about]
    counted = effective(knowledge, call)
    verdict = verdict_of(knowledge, counted)
    values = {**counted, **{name: verdict[name] for name in knowledge.inferred}}
    if isinstance(owner, Message) and owner.kind == "alert":
        values = {**values, **call}
    leaf = list(leaves(owner.when))[wanted.leaf or 0]
    if holds(leaf, values) is not (wanted.wanted == "true"):
        return False
    when = with_leaf(owner.when, wanted.leaf or 0, AnyOf(()) if wanted.wanted == "true" else All(()))
    if isinstance(owner, Message):
        other = replace(knowledge, messages={**knowledge.messages, owner.id: replace(owner, when=when)})
    else:
        clauses = tuple(replace(clause, when=when) for clause in owner.clauses)
        other = replace(knowledge, rules={**knowledge.rules, owner.id: replace(owner, when=when, clauses=clauses)})
    return bool(seen(knowledge, call, names) != seen(other, call, names))


@pytest.mark.parametrize("seed", range(16))
def test_what_no_call_can_show_is_exactly_what_brute_force_never_sees(seed: int) -> None:
    knowledge = random_base(seed, facts=3, inferred=3, clauses=6, gates=1, impossible=seed % 3)
    system = ExpertSystem(knowledge)
    report = coverage(Compiled(knowledge, system.compiled.order), [])
    calls = list(completions(knowledge))
    for wanted in report.obligations:
        assert not wanted.covered
        if wanted.kind != "question":
            assert wanted.reachable == any(_shows(knowledge, wanted, call) for call in calls), wanted
        if wanted.call is not None and wanted.kind != "question":
            assert _shows(knowledge, wanted, complete(knowledge, wanted.call)), wanted


@pytest.mark.parametrize("seed", range(10))
def test_what_counts_as_covered_is_seen_in_that_case(seed: int) -> None:
    knowledge = random_base(seed, facts=4, inferred=3, clauses=8, gates=1)
    system = ExpertSystem(knowledge)
    cases = random_cases(system, Random(seed), 12)
    tried = list(exercise(system, cases))
    report = coverage(Compiled(knowledge, system.compiled.order), tried)
    calls = {turn.case.name: complete(knowledge, turn.told) for turn in tried}
    for wanted in report.obligations:
        if wanted.kind in ("question", "message"):
            continue
        showing = [name for name, call in calls.items() if _shows(knowledge, wanted, call)]
        assert wanted.covered == bool(showing), wanted
        assert not wanted.covered or wanted.by in showing


def test_shares_are_exact_fractions_and_leave_out_what_cannot_be_reached() -> None:
    system = ExpertSystem.open(SAMPLE)
    tried = list(exercise(system, load_cases(SAMPLE, system.knowledge)))
    report = coverage(Compiled(system.knowledge, system.compiled.order), tried)
    one = report.obligations[0]
    some = [replace(one, by="a"), replace(one, by=""), replace(one, by="", reachable=False)]
    assert CoverageReport(some).share() == Fraction(1, 2)
    assert CoverageReport([]).share() == 1
    assert {o.kind for o in report.obligations} == set(KINDS)
    assert all(0 <= report.share(kind) <= 1 for kind in KINDS)


def test_a_rule_and_a_message_of_the_same_id_are_told_apart() -> None:
    knowledge = random_base(2, facts=3, inferred=2, clauses=5)
    rule, message = next(iter(knowledge.rules.values())), next(iter(knowledge.messages.values()))
    twin = replace(message, id=rule.id)
    both = replace(knowledge, messages={rule.id: twin})
    report = coverage(Compiled(both, ExpertSystem(both).compiled.order), [])
    leaf_counts = {
        of: sum(o.of == of and o.about == rule.id and o.kind == "condition" for o in report.obligations)
        for of in ("rule", "message")
    }
    assert leaf_counts == {"rule": 2 * len(list(leaves(rule.when))), "message": 2 * len(list(leaves(twin.when)))}


def test_the_page_names_every_rule_and_keeps_texts_texts() -> None:
    system = ExpertSystem.open(SAMPLE)
    tried = list(exercise(system, load_cases(SAMPLE, system.knowledge)))
    report = coverage(Compiled(system.knowledge, system.compiled.order), tried)
    hostile = [replace(o, by="<script>alert(1)</script>") if o.covered else o for o in report.obligations]
    for language in ("zh", "en"):
        page = coverage_page(system.knowledge, CoverageReport(hostile), language)
        assert "<script>" not in page
        assert [rule for rule in system.knowledge.rules if f'id="rule-{rule}"' not in page] == []
        assert [name for name in system.knowledge.messages if f'id="message-{name}"' not in page] == []
