"""Which cases a change touches: never too few, held to running every case under both bases; and not all for the asking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.random_bases import random_base
from tests.random_cases import random_cases
from triage.affected import affected, rewritten
from triage.errors import KnowledgeError
from triage.expert import ExpertSystem
from triage.loading.cases import Case, load_cases
from triage.model import (
    UNKNOWN,
    Clause,
    Fact,
    In,
    KnowledgeBase,
    Message,
    Place,
    Question,
    Rule,
    Text,
    Weights,
)
from triage.trying import walk

LAMP = Path(__file__).parent / "sample_knowledge" / "lamp"
NEW = Place("new.yaml", 1, 1)
WORDS = Text("新", "new")


@pytest.fixture(scope="module")
def system() -> ExpertSystem:
    return ExpertSystem.open(LAMP)


@pytest.fixture(scope="module")
def knowledge(system: ExpertSystem) -> KnowledgeBase:
    return system.knowledge


@pytest.fixture(scope="module")
def cases(knowledge: KnowledgeBase) -> tuple[Case, ...]:
    return load_cases(LAMP, knowledge)


def everything(system: ExpertSystem, case: Case, rules: set[str]) -> list[object]:
    """Everything a case could expect of its turns."""
    found: list[object] = []
    for _, seen in walk(system, case):
        told, known = seen.assessment, seen.knowledge
        found.append(
            (
                (told.status, told.stop_reason, seen.said),
                told.question and (told.question.id, told.question.ask_of),
                {name: seen.value(name) for name in known.inferred},
                {target: set(seen.candidates(target)) for target in known.targets},
                {name: seen.can_be_asked(name) for name in known.questions},
                {rule: bool(seen.concluded(rule)) for rule in rules},
                {part.field for part in told.work_order.missing} if told.work_order else None,
            )
        )
    return found


def differing(system: ExpertSystem, before: KnowledgeBase, cases: list[Case]) -> set[str]:
    """The cases that turn out otherwise, found by running each under both bases."""
    other = ExpertSystem(before)
    rules = {*system.knowledge.rules, *before.rules}
    return {case.name for case in cases if everything(system, case, rules) != everything(other, case, rules)}


def edits(base: KnowledgeBase, rng: Random) -> Iterator[KnowledgeBase]:
    """The base as it may have been before: with other rules, other priorities, other messages."""
    rule, message = base.rules[rng.choice(list(base.rules))], base.messages[rng.choice(list(base.messages))]
    yield replace(base, rules={name: r for name, r in base.rules.items() if name != rule.id})
    raised = tuple(replace(clause, priority=rng.randrange(100, 200)) for clause in rule.clauses)
    yield replace(base, rules={**base.rules, rule.id: replace(rule, clauses=raised)})
    values = [list(base.inferred[clause.fact].values) for clause in rule.clauses]
    said = tuple(replace(c, value=rng.choice(v)) for c, v in zip(rule.clauses, values, strict=True))
    yield replace(base, rules={**base.rules, rule.id: replace(rule, clauses=said)})
    yield replace(base, messages={name: m for name, m in base.messages.items() if name != message.id})
    other = base.messages[rng.choice(list(base.messages))]
    if (other.kind == "alert") is (message.kind == "alert"):
        yield replace(base, messages={**base.messages, message.id: replace(message, when=other.when)})
        yield replace(base, messages={**base.messages, message.id: replace(other, id=message.id)})


def test_every_case_that_turns_out_otherwise_is_affected_and_many_others_are_not() -> None:
    differ, spared = 0, 0
    for seed in range(15):
        rng = Random(seed)
        base = random_base(seed)
        if not base.rules or not base.messages:
            continue
        system = ExpertSystem(base)
        cases = random_cases(system, rng, 10)
        for before in edits(base, rng):
            try:
                really = differing(system, before, cases)
            except KnowledgeError:  # with it, clauses could tie
                continue
            found = {case.name for case in affected(system, before, cases)}
            assert really <= found, (seed, before)
            differ += len(really)
            spared += len(cases) - len(found)
    assert differ > 50
    assert spared > 200


def names(cases: tuple[Case, ...]) -> list[str]:
    return [case.name for case in cases]


def test_only_cases_on_which_a_changed_rule_has_a_say_are_affected(
    system: ExpertSystem, knowledge: KnowledgeBase, cases: tuple[Case, ...]
) -> None:
    rule = knowledge.rules["bulb-gone"]
    said = tuple(replace(clause, value="supply") for clause in rule.clauses)
    before = replace(knowledge, rules={**knowledge.rules, rule.id: replace(rule, clauses=said)})
    assert names(affected(system, before, cases)) == ["一轮一轮问下去", "说法变了，以后说的为准"]


def test_a_rule_by_another_name_affects_the_cases_it_fires_in(
    system: ExpertSystem, knowledge: KnowledgeBase, cases: tuple[Case, ...]
) -> None:
    rule = knowledge.rules["off-at-the-switch"]
    clauses = tuple(replace(clause, id=f"other.{clause.fact}", rule="other") for clause in rule.clauses)
    rules = {name: r for name, r in knowledge.rules.items() if name != rule.id}
    before = replace(knowledge, rules={**rules, "other": replace(rule, id="other", clauses=clauses)})
    fired = [case for case in cases if any("off-at-the-switch" in turn.fired for turn in case.turns)]
    assert fired
    assert set(names(tuple(fired))) <= set(names(affected(system, before, cases))) < set(names(cases))


def test_words_reasons_and_sources_affect_nothing(
    system: ExpertSystem, knowledge: KnowledgeBase, cases: tuple[Case, ...]
) -> None:
    before = replace(
        knowledge,
        identity=replace(knowledge.identity, version="0", title=WORDS),
        facts={name: replace(fact, text=WORDS, source=("x",), place=NEW) for name, fact in knowledge.facts.items()},
        questions={name: replace(q, text=WORDS, how=WORDS, instructs=()) for name, q in knowledge.questions.items()},
        rules={name: replace(rule, because=WORDS, source=("x",), place=NEW) for name, rule in knowledge.rules.items()},
        messages={name: replace(message, say=WORDS, order=1) for name, message in knowledge.messages.items()},
        impossible={name: replace(c, say=WORDS) for name, c in knowledge.impossible.items()},
        fields={name: replace(field, ask=WORDS, order=1) for name, field in knowledge.fields.items()},
        parameters={},
    )
    assert affected(system, before, cases) == ()


def test_a_field_that_a_line_of_the_work_order_mentions_is_needed(
    system: ExpertSystem, knowledge: KnowledgeBase, cases: tuple[Case, ...]
) -> None:
    line = knowledge.messages["cause-line"]
    before = replace(knowledge, messages={**knowledge.messages, line.id: replace(line, say=Text("{contact}", "{contact}"))})
    assert affected(system, before, cases) != ()


def test_a_call_that_contradicts_itself_hears_a_script_by_what_finding_out_means(
    knowledge: KnowledgeBase, tmp_path: Path
) -> None:
    (tmp_path / "x.cases.yaml").write_text(
        "cases: [{case: clash, source: x, given: {light: bright, voltage: low, danger: []}, says: [wait-please]}]", "utf-8"
    )

    def with_script(*actions: str) -> KnowledgeBase:
        line = Message("wait-please", "script", "wait", In("action", actions), WORDS, "caller", False, (), 50, ("x",), NEW)
        return replace(knowledge, messages={**knowledge.messages, line.id: line})

    before = with_script("advise", "dispatch")  # on these calls the rules advise; finding out means to dispatch
    now = ExpertSystem(with_script("advise"))
    cases = load_cases(tmp_path, now.knowledge)
    assert differing(now, before, list(cases)) == {"clash"}
    assert names(affected(now, before, cases)) == ["clash"]


@pytest.mark.parametrize(
    "part",
    ["weights", "gate", "seconds", "whom", "fact gone", "default", "target", "impossible", "field", "find out", "another target"],
)
def test_whatever_decides_what_is_asked_affects_all_cases(
    part: str, system: ExpertSystem, knowledge: KnowledgeBase, cases: tuple[Case, ...]
) -> None:
    k = knowledge
    light, asks, hurry, cause = k.facts["light"], k.questions["measured"], k.inferred["hurry"], k.inferred["cause"]
    address = k.fields["address"]
    before = {
        "weights": lambda: replace(k, facts={**k.facts, "light": replace(light, weights=k.facts["smoke"].weights)}),
        "gate": lambda: replace(k, facts={**k.facts, "switch": replace(k.facts["switch"], applies_when=None)}),
        "seconds": lambda: replace(k, questions={**k.questions, asks.id: replace(asks, seconds=99)}),
        "whom": lambda: replace(k, questions={**k.questions, asks.id: replace(asks, ask_of=("caller",))}),
        "fact gone": lambda: replace(k, facts={**k.facts, "more": replace(light, id="more")}),
        "default": lambda: replace(k, inferred={**k.inferred, "hurry": replace(hurry, default="soon")}),
        "target": lambda: replace(k, inferred={**k.inferred, "hurry": replace(hurry, target=True)}),
        "impossible": lambda: replace(k, impossible={}),
        "field": lambda: replace(k, fields={"address": replace(address, when=In("hurry", ("soon",)))}),
        "find out": lambda: replace(k, identity=replace(k.identity, find_out={})),
        "another target": lambda: replace(k, inferred={name: i for name, i in k.inferred.items() if i is not cause}),
    }[part]()
    assert affected(system, before, cases) == cases


def test_a_fact_that_was_added_affects_only_the_calls_on_which_it_matters(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    weights = Weights(None, {None: {"yes": 0.5, "no": 0.45, UNKNOWN: 0.05}})
    fact = Fact("plugged", WORDS, {"yes": WORDS, "no": WORDS}, None, weights, ("x",), NEW)
    asked = Question("plugged", ("plugged",), WORDS, None, "decide", "look", ("caller",), 8, 50, None, (), NEW)
    when = knowledge.rules["bulb-gone"].when
    clause = Clause("unplugged.cause", "unplugged", "cause", "supply", 95, In("plugged", ("no",)))
    rule = Rule("unplugged", In("plugged", ("no",)), (clause,), WORDS, ("x",), False, NEW)
    more = Message("plug-it-in", "advice", None, when, WORDS, "caller", False, (), 50, ("x",), NEW)
    now = ExpertSystem(
        replace(
            knowledge,
            facts={**knowledge.facts, fact.id: fact},
            questions={**knowledge.questions, asked.id: asked},
            rules={**knowledge.rules, rule.id: rule},
        )
    )
    gated = ExpertSystem(replace(knowledge, messages={**knowledge.messages, more.id: more}))
    (tmp_path / "x.cases.yaml").write_text(
        "cases:\n"
        "- {case: open, source: x, given: {light: dark}, status: needs_input}\n"
        "- {case: bulb, source: x, given: {light: dark, switch: up, voltage: within, danger: []}, if_ended_now: {cause: bulb}}\n"
        "- {case: clash, source: x, given: {light: bright, voltage: low, danger: []}, status: contradictory}\n",
        "utf-8",
    )
    cases = load_cases(tmp_path, knowledge)
    assert names(affected(now, knowledge, cases)) == ["open", "bulb"]
    assert names(affected(gated, knowledge, cases)) == ["bulb"]
    assert differing(gated, knowledge, list(cases)) == {"bulb"}


def test_a_base_too_large_to_compare_affects_all_cases(knowledge: KnowledgeBase, cases: tuple[Case, ...]) -> None:
    assert affected(ExpertSystem(knowledge, node_budget=1), knowledge, cases) == cases


# -- rewritten


def test_cases_are_rewritten_where_anything_but_their_place_has_changed(cases: tuple[Case, ...]) -> None:
    first, *rest = cases
    moved = [replace(case, place=NEW, turns=tuple(replace(turn, place=NEW) for turn in case.turns)) for case in reversed(cases)]
    assert rewritten(cases, moved) == ()
    assert rewritten(cases, rest) == (first,)
    for other in (replace(first, name="else"), replace(first, turns=first.turns * 2), replace(first, systems=("grid",))):
        assert rewritten([other, *rest], cases) == (other,)


def test_of_cases_by_the_same_name_each_is_looked_for(cases: tuple[Case, ...]) -> None:
    first, second, *_ = cases
    same = replace(second, name=first.name)
    assert rewritten([first, same], [same, first]) == ()
    assert rewritten([first, same], [first]) == (same,)
