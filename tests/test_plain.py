"""Conditions in plain words: what stands in a rule, for people who do not read YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from triage.loading import load_knowledge
from triage.model import LANGUAGES, UNKNOWN, All, AnyOf, Condition, In, KnowledgeBase, Text, leaves
from triage.plain import PlainGroup, PlainLeaf, answers_in_words, in_words, label, plainly, quoted, readable, value_label

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def lamp() -> KnowledgeBase:
    return load_knowledge(ROOT / "tests/lamp_knowledge")


@pytest.fixture(scope="module", params=["power", "desk"])
def shipped(request: pytest.FixtureRequest) -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge" / request.param)


DARK, OPEN = In("lamp", ("off",)), In("switch", ("open",))
SMOKE, SPARKS = In("smoke", ("seen",)), In("sparks", ("seen",))


@pytest.mark.parametrize(
    ("condition", "zh", "en"),
    [
        (DARK, "灯：“不亮”", "the lamp: “dark”"),
        (In("lamp", ("off", "dim")), "灯：已问明，不论是什么", "the lamp: told, whatever it is"),
        (In("lamp", ("off", UNKNOWN)), "灯：“不亮”或没有问明", "the lamp: “dark” or not told"),
        (In("voltage", ("below", "within", UNKNOWN)), "电压：不是“偏高”，没有问明也算", "voltage: not “high”, or not told"),
        (All((DARK, OPEN)), "灯：“不亮”；并且开关：“断开”", "the lamp: “dark”; and the switch: “open”"),
        (AnyOf((DARK, OPEN)), "灯：“不亮”；或者开关：“断开”", "the lamp: “dark”; or the switch: “open”"),
        (
            All((DARK, AnyOf((OPEN, In("voltage", ("below",)))))),
            "灯：“不亮”；并且（开关：“断开”；或者电压：“偏低”）",
            "the lamp: “dark”; and (the switch: “open”; or voltage: “low”)",
        ),
        (AnyOf((SMOKE, SPARKS)), "“冒烟”、“火花”中至少一项：“看到”", "at least one of “smoke”, “sparks”: “seen”"),
        (All((SMOKE, SPARKS)), "“冒烟”、“火花”每一项：“看到”", "each of “smoke”, “sparks”: “seen”"),
        (All(()), "任何情况", "always"),
        (AnyOf(()), "从不", "never"),
    ],
)
def test_a_condition_reads_like_this(lamp: KnowledgeBase, condition: Condition, zh: str, en: str) -> None:
    assert in_words(lamp, condition, "zh") == zh
    assert in_words(lamp, condition, "en") == en


def test_what_matters_is_said_by_what_is_left_out_where_that_is_shorter(shipped: KnowledgeBase) -> None:
    fact = max(shipped.facts.values(), key=lambda found: len(found.values))
    first, *others = fact.values
    assert len(others) > 2
    said = in_words(shipped, In(fact.id, tuple(others)), "en")
    assert said.endswith(f"told, and not {quoted(value_label(shipped, fact.id, first, 'en'))}")
    assert in_words(shipped, In(fact.id, (*others, UNKNOWN)), "en").endswith("or not told")


def test_a_conclusion_that_is_anything_but_its_default_says_so(shipped: KnowledgeBase) -> None:
    inferred = max(shipped.inferred.values(), key=lambda found: len(found.values))
    rest = tuple(value for value in inferred.values if value != inferred.default)
    assert in_words(shipped, In(inferred.id, rest), "en").endswith(
        f"not {quoted(value_label(shipped, inferred.id, inferred.default, 'en'))}"
    )


def _conditions(knowledge: KnowledgeBase) -> Iterator[Condition]:
    yield from (rule.when for rule in knowledge.rules.values())
    yield from (message.when for message in knowledge.messages.values())
    yield from (fact.applies_when for fact in knowledge.facts.values() if fact.applies_when is not None)
    yield from (law.then for law in knowledge.invariants.values())


def test_every_fact_and_value_of_a_condition_is_named_in_both_languages(shipped: KnowledgeBase) -> None:
    for condition in _conditions(shipped):
        for language in LANGUAGES:
            said = in_words(shipped, condition, language)
            assert "{" not in said
            for leaf in leaves(condition):
                assert quoted(label(shipped, leaf.fact, language)).strip("“”") in said
                domain = [*(shipped.facts.get(leaf.fact) or shipped.inferred[leaf.fact]).values]
                rest = [value for value in domain if value not in leaf.values]
                named = [quoted(value_label(shipped, leaf.fact, value, language)) for value in leaf.values if value != UNKNOWN]
                unnamed = [quoted(value_label(shipped, leaf.fact, value, language)) for value in rest]
                assert all(value in said for value in named) or all(value in said for value in unnamed)


def _leaves(plain: PlainLeaf | PlainGroup) -> Iterator[PlainLeaf]:
    if isinstance(plain, PlainLeaf):
        yield plain
    else:
        for part in plain.parts:
            yield from _leaves(part)


def test_statements_keep_every_fact_once(shipped: KnowledgeBase) -> None:
    for condition in _conditions(shipped):
        told = [fact for leaf in _leaves(plainly(shipped, condition, "zh")) for fact in leaf.facts]
        assert sorted(told) == sorted(leaf.fact for leaf in leaves(condition))


def test_placeholders_become_general_values_and_labels(lamp: KnowledgeBase) -> None:
    text = Text("{phone}：{address}，{voltage_low} 伏，{fault}", "{phone}: {address}, {voltage_low} V, {fault}")
    assert readable(lamp, text, "en") == f"the desk: ‹address›, 198 V, ‹{label(lamp, 'fault', 'en')}›"
    assert readable(lamp, text, "zh").startswith("总台：‹地址›，198 伏，")


def test_what_a_parameter_says_is_not_read_again(lamp: KnowledgeBase) -> None:
    hostile = replace(lamp.parameters["phone"], value=Text("{address}", "{address}"))
    base = replace(lamp, parameters={**lamp.parameters, "phone": hostile})
    assert readable(base, Text("{phone}", "{phone}"), "en") == "{address}"


def test_answers_of_a_call_are_told_and_many_of_one_list_together(lamp: KnowledgeBase) -> None:
    assert answers_in_words(lamp, {"lamp": "off", "voltage": UNKNOWN}, "en") == "the lamp: “dark”, voltage: not told"
    assert answers_in_words(lamp, {}, "zh") == "什么都没有说"
    both = {"smoke": "not_seen", "sparks": "not_seen"}
    assert answers_in_words(lamp, both, "en") == "smoke, sparks: “not seen”"
    power = load_knowledge(ROOT / "knowledge/power")
    signs = dict.fromkeys(power.questions["danger_signs"].fills, "not_seen")
    said = answers_in_words(power, {**signs, "complaint": "no_power"}, "en")
    assert f"and {len(signs) - 1} more: “not seen”" in said
    assert said.endswith("what the call is about: “no power”")


def test_quotation_marks_within_a_label_become_inner_ones() -> None:
    assert quoted("显示“请购电”") == "“显示‘请购电’”"
