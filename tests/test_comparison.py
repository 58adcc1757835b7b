"""Differences between two versions are exact: calls counted one by one by brute force come to the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import isclose
from pathlib import Path
from random import Random
from string import Formatter

import pytest

from tests.brute import completions, conclusions, said
from tests.random_bases import random_base
from triage.behaviour import visible
from triage.comparison import Comparison, compare
from triage.comparison_report import WORDS, as_json, as_markdown, as_terminal
from triage.evaluation import effective, evaluate
from triage.harmony import harmonised
from triage.inference import Inference
from triage.loading import load_knowledge
from triage.model import UNKNOWN, All, AnyOf, Clause, Condition, In, KnowledgeBase, Text, Weights, leaves
from triage.mutants import mutants
from triage.ordering import orders
from triage.verdict import Derivation

POWER = Path(__file__).parent.parent / "knowledge" / "power"


def _calls(old: KnowledgeBase, new: KnowledgeBase) -> list[dict[str, str]]:
    """Calls possible in both, answers that count in neither left out."""
    found = []
    for call in completions(old):
        if conclusions(old, call) is None or conclusions(new, call) is None:
            continue
        idle = [f for f in old.facts if call[f] != UNKNOWN and not _counts(old, call, f) and not _counts(new, call, f)]
        if not idle:
            found.append(call)
    return found


def _counts(knowledge: KnowledgeBase, call: dict[str, str], fact: str) -> bool:
    return effective(knowledge, call)[fact] == call[fact]


def _weight(knowledge: KnowledgeBase, call: dict[str, str]) -> float:
    total = 1.0
    for fact in knowledge.facts.values():
        given = fact.weights.given
        total *= fact.weights.tables[call[given] if given else None][call[fact.id]]
    return total


def _pairs(seed: int) -> list[tuple[KnowledgeBase, KnowledgeBase]]:
    knowledge = random_base(seed, facts=4, inferred=3, clauses=8, gates=1, impossible=seed % 2)
    planted = [mutant.knowledge for mutant in mutants(knowledge)]
    return [(knowledge, new) for new in Random(seed).sample(planted, 4)]


@pytest.mark.parametrize("seed", range(12))
def test_counts_and_shares_are_those_of_brute_force(seed: int) -> None:
    for old, new in _pairs(seed):
        found = compare(old, new)
        calls = _calls(old, new)
        everything = [c for c in completions(old) if conclusions(old, c) is not None and conclusions(new, c) is not None]
        whole = sum(_weight(new, call) for call in everything)
        assert found.total == len(calls)
        shown = visible(new)
        differing = [c for c in calls if any(conclusions(old, c)[n] != conclusions(new, c)[n] for n in shown)]
        assert (found.changed.calls if found.changed else 0) == len(differing)
        facts = {change.fact: change for change in found.facts}
        for name in shown:
            groups = Counter((conclusions(old, c)[name], conclusions(new, c)[name]) for c in calls)
            wanted = {pair: n for pair, n in groups.items() if pair[0] != pair[1]}
            told = {(g.before, g.after): g.where.calls for g in facts[name].groups} if name in facts else {}
            assert told == wanted
            for group in facts[name].groups if name in facts else ():
                here = [
                    c for c in everything if (conclusions(old, c)[name], conclusions(new, c)[name]) == (group.before, group.after)
                ]
                assert isclose(group.where.share, sum(_weight(new, c) for c in here) / whole)
                assert evaluate(old, group.where.example)[name] == group.before
                assert evaluate(new, group.where.example)[name] == group.after
                assert group.agreed


@pytest.mark.parametrize("seed", range(6))
def test_messages_are_said_and_silenced_where_brute_force_says(seed: int) -> None:
    for old, new in _pairs(seed):
        found, calls = compare(old, new), _calls(old, new)
        for name in old.messages:
            more = [c for c in calls if name in said(new, c) and name not in said(old, c)]
            fewer = [c for c in calls if name in said(old, c) and name not in said(new, c)]
            assert (found.said[name].calls if name in found.said else 0) == len(more)
            assert (found.silenced[name].calls if name in found.silenced else 0) == len(fewer)


def test_impossible_combinations_taken_out_clear_calls() -> None:
    old = random_base(1, facts=3, inferred=2, clauses=5, impossible=1)
    found = compare(old, replace(old, impossible={}))
    assert found.cleared is not None
    assert found.clashing is None
    back = compare(replace(old, impossible={}), old)
    assert back.clashing is not None
    assert back.clashing.calls == found.cleared.calls


def test_the_same_base_differs_in_nothing() -> None:
    knowledge = load_knowledge(POWER)
    found = compare(knowledge, load_knowledge(POWER))
    assert found.edits == ()
    assert found.decides_alike
    assert not found.only_texts
    assert found.total > 10**9


def test_texts_alone_are_said_to_be_only_that() -> None:
    knowledge = load_knowledge(POWER)
    rule = knowledge.rules["card-meter-empty"]
    message = next(iter(knowledge.messages.values()))
    new = replace(
        knowledge,
        rules={**knowledge.rules, rule.id: replace(rule, because=Text("换个说法", "in other words"))},
        messages={**knowledge.messages, message.id: replace(message, say=Text("您好。", "Hello."))},
    )
    found = compare(knowledge, new)
    assert found.only_texts
    assert {(edit.section, edit.id, edit.what) for edit in found.edits} == {
        ("rules", "card-meter-empty", "reworded"),
        ("messages", message.id, "reworded"),
    }


def test_weights_alone_are_no_change_of_what_is_decided() -> None:
    old = random_base(4, facts=3, inferred=2, clauses=5)
    name, fact = next(iter(old.facts.items()))
    table = {value: float(value == UNKNOWN) for value in fact.domain}
    found = compare(old, replace(old, facts={**old.facts, name: replace(fact, weights=Weights(None, {None: table}))}))
    assert found.decides_alike
    assert not found.only_texts
    assert [(edit.section, edit.what) for edit in found.edits] == [("facts", "reweighed")]


def _without_value(knowledge: KnowledgeBase, fact: str, value: str) -> KnowledgeBase:
    """The base with one value less, and the rules that name it gone."""
    narrowed = replace(
        knowledge.facts[fact],
        values={v: t for v, t in knowledge.facts[fact].values.items() if v != value},
        weights=Weights(
            None, {None: {v: 1 / (len(knowledge.facts[fact].domain) - 1) for v in knowledge.facts[fact].domain if v != value}}
        ),
    )
    rules = {n: r for n, r in knowledge.rules.items() if not _names(r.when, fact)}
    messages = {n: m for n, m in knowledge.messages.items() if not _names(m.when, fact)}
    facts = {n: replace(f, applies_when=None, weights=_plain(f)) for n, f in knowledge.facts.items()}
    return replace(knowledge, facts={**facts, fact: narrowed}, rules=rules, messages=messages, impossible={})


def _names(condition: Condition, fact: str) -> bool:
    return any(isinstance(leaf, In) and leaf.fact == fact for leaf in leaves(condition))


def _plain(fact: object) -> Weights:
    return Weights(None, {None: dict.fromkeys(fact.domain, 1 / len(fact.domain))})  # type: ignore[attr-defined]


def test_a_value_only_one_base_knows_is_named_and_its_calls_are_not_compared() -> None:
    base = random_base(6, facts=4, inferred=3, clauses=9)
    fact = next(f for f in base.facts.values() if len(f.values) > 1)
    value = next(iter(fact.values))
    new = _without_value(base, fact.id, value)
    old = replace(new, facts={**new.facts, fact.id: replace(fact, applies_when=None, weights=_plain(fact))})
    found = compare(old, new)
    assert found.only_old == {fact.id: (value,)}
    assert found.only_new == {}
    assert found.total == len(list(completions(new)))
    assert not found.decides_alike
    back = compare(new, old)
    assert (back.only_old, back.only_new) == ({}, found.only_old)


def test_a_fact_only_one_base_knows_is_open_to_the_other() -> None:
    old = random_base(8, facts=3, inferred=2, clauses=5, gates=0)
    extra = replace(next(iter(old.facts.values())), id="extra", applies_when=None)
    extra = replace(extra, weights=_plain(extra))
    question = replace(next(iter(old.questions.values())), id="extra", fills=("extra",), tick=None)
    target = old.targets[0]
    value = next(v for v in old.inferred[target].values if v != old.inferred[target].default)
    when = In("extra", (next(iter(extra.values)),))
    rule = replace(
        next(iter(old.rules.values())), id="extra", when=when, clauses=(Clause("extra/t", "extra", target, value, 999, when),)
    )
    new = replace(
        old,
        facts=dict(sorted({**old.facts, "extra": extra}.items())),
        questions=dict(sorted({**old.questions, "extra": question}.items())),
        rules=dict(sorted({**old.rules, "extra": rule}.items())),
    )
    found = compare(old, new)
    assert found.appeared == ("extra",)
    assert found.total == len(list(completions(new)))
    wanted = sum(1 for c in completions(new) if c["extra"] == when.values[0] and _old_value(old, c, target) != value)
    assert sum(change.calls for change in found.facts if change.fact == target) == wanted
    assert {group.new_rules for change in found.facts if change.fact == target for group in change.groups} == {("extra",)}
    assert compare(new, old).vanished == ("extra",)


def _old_value(old: KnowledgeBase, call: dict[str, str], target: str) -> str:
    return evaluate(old, {name: value for name, value in call.items() if name in old.facts})[target]


def test_harmony_leaves_bases_over_the_same_calls_as_they_are() -> None:
    old = random_base(9, facts=3, inferred=2, clauses=5)
    new = replace(old, rules=dict(list(old.rules.items())[1:]))
    order = next(iter(orders(old)))
    harmony = harmonised(old, new, order, order)
    assert harmony.old is old
    assert harmony.new is new


def _deleted() -> tuple[KnowledgeBase, Comparison]:
    old = load_knowledge(POWER)
    new = replace(old, rules={name: rule for name, rule in old.rules.items() if name != "card-meter-empty"})
    return new, compare(old, new)


def test_a_rule_deleted_from_the_shipped_base_is_told_in_every_format() -> None:
    new, found = _deleted()
    assert any("card-meter-empty" in group.old_rules for change in found.facts for group in change.groups)
    for language in ("zh", "en"):
        lines = [line for line, _ in as_terminal(found, new, language, 5, None)]
        assert any("card-meter-empty" in line for line in lines)
        page = as_markdown(found, new, language, ("main:power", "power"), 5, None)
        assert page.startswith("### ")
        assert "card-meter-empty" in page
    document = json.loads(as_json(found, None))
    assert document["decides_alike"] is False
    assert sum(group["where"]["calls"] for group in document["facts"][0]["groups"]) == document["facts"][0]["calls"]


def test_a_table_cell_cannot_break_its_table() -> None:
    new, found = _deleted()
    rows = [line for line in as_markdown(found, new, "en", ("a|b", "c"), 5, None).splitlines() if line.startswith("| ")]
    counts = {row.replace("\\|", "").count("|") for row in rows}
    assert counts == {6}


def test_every_sentence_has_the_same_parts_in_both_languages() -> None:
    def parts(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert [key for key, text in WORDS.items() if parts(text.zh) != parts(text.en)] == []


def test_all_made_any_is_something_an_author_changed() -> None:
    old = load_knowledge(POWER)
    whens = ((rule, rule.when) for rule in old.rules.values())
    rule, parts = next((rule, when.parts) for rule, when in whens if isinstance(when, All) and len(when.parts) > 1)
    new = replace(old, rules={**old.rules, rule.id: replace(rule, when=AnyOf(parts))})
    assert [(edit.section, edit.id, edit.what) for edit in compare(old, new).edits] == [("rules", rule.id, "changed")]


def test_experta_and_the_rules_are_asked_once_about_a_call_that_shows_several_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[tuple[str, str], ...]] = []
    infer = Inference.infer

    def counting(engine: Inference, counted: Mapping[str, str]) -> Derivation:
        asked.append(tuple(sorted(counted.items())))
        return infer(engine, counted)

    monkeypatch.setattr(Inference, "infer", counting)
    old = load_knowledge(POWER)
    for name in list(old.rules)[:3]:
        asked.clear()
        found = compare(old, replace(old, rules={id_: rule for id_, rule in old.rules.items() if id_ != name}))
        examples = {tuple(sorted(group.where.example.items())) for change in found.facts for group in change.groups}
        assert len(asked) == 2 * len(examples)
    asked.clear()
    compare(old, old)
    assert not asked
