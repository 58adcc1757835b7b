"""The handbook tells everything a base says, where its links say it is, and nothing a base says is more than text."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.brute import completions, conclusions, said
from tests.random_bases import random_base
from triage.cli import main
from triage.evaluation import effective, evaluate, holds
from triage.expert import ExpertSystem
from triage.handbook import handbook
from triage.handbook.insight import Insight
from triage.handbook.page import CHAPTERS
from triage.loading import Case, load_cases
from triage.model import KnowledgeBase, Language, Text, leaves
from triage.plain import readable, value_label

ROOT = Path(__file__).parent.parent
LAMP = ROOT / "tests/lamp_knowledge"
VOID = frozenset({"meta", "br", "link", "hr", "img", "input"})
HOSTILE = "<script>alert('x')</script> \"quoted\" --> ]]> &amp; <img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """A page read: what stands below every id, where links lead, which elements there are.

    Raises:
        AssertionError: An element is closed that was not opened.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.outer: list[str] = []
        self._words: defaultdict[str, list[str]] = defaultdict(list)
        self._open: list[tuple[str, str | None]] = []
        self._below: dict[str, str] = {}
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        self.attributes |= found.keys()
        name = found.get("id")
        if name is not None:
            self.ids.append(name)
        if tag == "a" and "href" in found:
            self.links.append(found["href"] or "")
        if tag not in VOID:
            self._open.append((tag, name))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open, tag
            assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self._words["-"].append(data)
        for _, name in self._open:
            if name is not None:
                self._words[name].append(data)

    def below(self, name: str) -> str:
        """All words below an id, blanks made one; below `-` those of the whole page."""
        if name not in self._below:
            self._below[name] = " ".join("".join(self._words[name]).split())
        return self._below[name]


@cache
def system(base: str) -> ExpertSystem:
    return ExpertSystem.open(ROOT / "knowledge" / base if base != "lamp" else LAMP)


@cache
def cases(base: str) -> tuple[Case, ...]:
    return load_cases(ROOT / "knowledge" / base if base != "lamp" else LAMP, system(base).knowledge)


@cache
def page(base: str, language: Language) -> Page:
    return Page(handbook(system(base), language, cases(base)))


BOOKS: Sequence[tuple[str, Language]] = (("power", "zh"), ("desk", "en"), ("lamp", "zh"), ("lamp", "en"))
books = pytest.mark.parametrize(("base", "language"), BOOKS)


def _one(text: str) -> str:
    return " ".join(text.split())


# -- everything is there


@books
def test_anchors_are_unique_and_every_link_leads_to_one(base: str, language: Language) -> None:
    found = page(base, language)
    assert len(found.ids) == len(set(found.ids))
    assert found.links
    assert {link for link in found.links if not link.startswith("#")} == set()
    assert {link[1:] for link in found.links} <= set(found.ids)


def _told(knowledge: KnowledgeBase) -> Iterator[tuple[str, list[Text], tuple[str, ...]]]:
    """By anchor: texts and sources that must stand there."""
    for rule in knowledge.rules.values():
        labels = [knowledge.answer_text(clause.fact, clause.value) for clause in rule.clauses]
        yield f"rule-{rule.id}", [rule.because, *labels, *(knowledge.inferred[c.fact].text for c in rule.clauses)], rule.source
    for question in knowledge.questions.values():
        facts = [knowledge.facts[name] for name in question.fills]
        texts = [question.text, *(fact.text for fact in facts), *(text for fact in facts for text in fact.values.values())]
        yield f"question-{question.id}", texts + ([question.how] if question.how else []), ()
        for fact in facts:
            yield f"fact-{fact.id}", [fact.text, *fact.values.values()], fact.source
    for message in knowledge.messages.values():
        yield f"message-{message.id}", [message.say], message.source
    for inferred in knowledge.inferred.values():
        yield f"inferred-{inferred.id}", [inferred.text], ()
        for value, declared in inferred.values.items():
            yield f"value-{inferred.id}-{value}", [declared.text], ()
    for found in knowledge.impossible.values():
        yield f"impossible-{found.id}", [found.say, knowledge.questions[found.resolve].text], found.source
    for law in knowledge.invariants.values():
        yield f"invariant-{law.id}", [law.because], law.source
    for parameter in knowledge.parameters.values():
        yield f"parameter-{parameter.id}", [parameter.value, *parameter.regions.values()], parameter.source
    for field in knowledge.fields.values():
        yield f"field-{field.id}", [field.text, field.ask], field.source
    for instruction in knowledge.instructions.values():
        yield f"instruction-{instruction.id}", [instruction.text], ()
    for tone in knowledge.tone.values():
        yield f"tone-{tone.id}", [tone.because, tone.instead, *(Text(p, p) for p in tone.phrases)], tone.source


@books
def test_everything_a_base_says_stands_at_its_anchor_with_its_source(base: str, language: Language) -> None:
    knowledge, found = system(base).knowledge, page(base, language)
    for anchor, texts, sources in _told(knowledge):
        below = found.below(anchor)
        for text in texts:
            assert _one(readable(knowledge, text, language)) in below, anchor
        for source in sources:
            assert _one(source) in below, anchor


@books
def test_the_laws_name_every_spared_outcome_and_every_exception_with_its_reason(base: str, language: Language) -> None:
    knowledge, below = system(base).knowledge, page(base, language).below("-")
    for exception in knowledge.evidence.exceptions:
        assert _one(readable(knowledge, exception.because, language)) in below


@books
def test_every_id_is_in_the_index(base: str, language: Language) -> None:
    found = page(base, language)
    knowledge = system(base).knowledge
    linked = set(found.links)
    for kind, names in {
        "rule": knowledge.rules,
        "question": knowledge.questions,
        "fact": knowledge.facts,
        "inferred": knowledge.inferred,
        "message": knowledge.messages,
        "parameter": knowledge.parameters,
        "field": knowledge.fields,
        "impossible": knowledge.impossible,
        "invariant": knowledge.invariants,
        "instruction": knowledge.instructions,
        "tone": knowledge.tone,
    }.items():
        assert {f"#{kind}-{name}" for name in names} <= linked


@books
def test_it_says_which_base_it_is_of_and_holds_no_placeholder(base: str, language: Language) -> None:
    knowledge, found = system(base).knowledge, page(base, language)
    everything = found.below("-")
    assert knowledge.digest in everything
    assert knowledge.identity.version in everything
    for name in (*knowledge.facts, *knowledge.inferred, *knowledge.fields, *knowledge.parameters):
        assert f"{{{name}}}" not in everything


def test_it_needs_no_script_and_nothing_from_elsewhere() -> None:
    for base, language in BOOKS:
        found = page(base, language)
        assert not found.tags & {"script", "iframe", "object", "img", "link", "form", "base"}
        assert not any(name.startswith("on") or name == "src" for name in found.attributes)
    text = handbook(system("lamp"), "en")
    assert "url(http" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_every_chapter_has_its_template_in_the_package() -> None:
    templates = files("triage.handbook") / "templates"
    assert {path.name for path in (templates / "chapters").iterdir()} == {f"{chapter}.html.jinja" for chapter in CHAPTERS}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_how_calls_at_the_same_place_are_grouped_is_told_with_its_figures(language: Language) -> None:
    knowledge, found = system("power").knowledge, page("power", language)
    grouping = knowledge.grouping
    assert grouping is not None
    below = found.below("grouping-grouping")
    for condition in (grouping.starts, grouping.joins, grouping.orders):
        for leaf in leaves(condition):
            fact = knowledge.facts.get(leaf.fact) or knowledge.inferred[leaf.fact]
            assert _one(fact.text.get(language)) in below
    for level in grouping.levels:
        assert _one(knowledge.facts[level.fact].values[level.value].get(language)) in below
        assert f"#parameter-{level.minutes}" in found.links
    assert all(source in below for source in grouping.source)
    assert {"zh": "每个台区只算一次", "en": "one for each transformer area"}[language] in below
    assert "#grouping-grouping" in found.links  # from the facts it reads, and from its sources
    assert "#chapter-grouping" not in page("desk", "en").links


# -- what is said of situations holds on every call


def _situation_calls(knowledge: KnowledgeBase, insight: Insight) -> dict[tuple[str, str], list[tuple[Any, set[str]]]]:
    found: dict[tuple[str, str], list[tuple[Any, set[str]]]] = defaultdict(list)
    for completion in completions(knowledge):
        values = conclusions(knowledge, completion)
        if values is not None:
            found[values[insight.first], values[insight.teller]].append((values, said(knowledge, completion)))
    return found


@pytest.mark.parametrize("seed", [None, 1, 4, 9, 16, 25, 36])
def test_situations_are_what_all_calls_come_to(seed: int | None) -> None:
    expert = system("lamp") if seed is None else ExpertSystem(random_base(seed, facts=5))
    knowledge, insight = expert.knowledge, Insight(expert)
    calls = _situation_calls(knowledge, insight)
    assert {(found.ending, found.value) for found in insight.situations} == calls.keys()
    for situation in insight.situations:
        here = calls[situation.ending, situation.value]
        for target, values in situation.outcome.items():
            assert set(values) == {concluded[target] for concluded, _ in here}
        every, some = set.intersection(*(heard for _, heard in here)), set.union(*(heard for _, heard in here))
        assert {message.id for message in situation.always} == every
        maybe = {message.id for message in situation.maybe}
        assert maybe <= some - every
        assert {name for name in some - every if knowledge.messages[name].kind == "alert"} <= maybe


@pytest.mark.parametrize("seed", [None, 2, 3, 5, 7])
def test_a_rule_outranks_those_it_can_silence_on_some_call(seed: int | None) -> None:
    expert = system("lamp") if seed is None else ExpertSystem(random_base(seed, facts=5))
    knowledge, insight = expert.knowledge, Insight(expert)
    together: set[tuple[str, str]] = set()
    for completion in completions(knowledge):
        values = conclusions(knowledge, completion)
        if values is None:
            continue
        every = {**effective(knowledge, completion), **values}
        for clauses in knowledge.clauses.values():
            holding = [clause for clause in clauses if holds(clause.when, every)]
            together |= {(a.id, b.id) for a in holding for b in holding if a.priority > b.priority and a.value != b.value}
    rule_of = {clause.id: clause.rule for rule in knowledge.rules.values() for clause in rule.clauses}
    for name, found in insight.outranking.items():
        assert set(found.over) == {rule_of[lower] for higher, lower in together if higher == name}
        assert set(found.under) == {rule_of[higher] for higher, lower in together if lower == name}


def test_every_situation_of_the_shipped_base_is_told_with_its_rules_and_what_is_done() -> None:
    expert, found = system("power"), page("power", "zh")
    knowledge, insight = expert.knowledge, Insight(expert)
    assert insight.teller == "situation"
    assert len(insight.situations) >= len(knowledge.inferred["situation"].values)
    for situation in insight.situations:
        below = found.below(f"situation-{situation.ending}-{situation.value}")
        assert value_label(knowledge, "situation", situation.value, "zh") in below
        for rule in knowledge.rules.values():
            if any((clause.fact, clause.value) == ("situation", situation.value) for clause in rule.clauses):
                assert _one(rule.because.zh) in below
        for target, values in situation.outcome.items():
            assert all(value_label(knowledge, target, value, "zh") in below for value in values)


def test_cases_show_the_situations_they_end_in() -> None:
    knowledge, found = system("power").knowledge, page("power", "zh")
    names: defaultdict[str, list[str]] = defaultdict(list)
    for case in cases("power"):
        if case.turns[-1].expect and case.turns[-1].status in (None, "decided"):
            told = {name: reading.value for turn in case.turns for name, reading in turn.told.readings.items()}
            verdict = evaluate(knowledge, told)
            names[f"situation-{verdict['fault']}-{verdict['situation']}"].append(case.name)
    assert len(names) > 50
    for anchor, ending_there in names.items():
        shown = sum(_one(name) in found.below(anchor) for name in ending_there)
        assert shown >= min(3, len(ending_there)), anchor


# -- hostile, large, broken


def _hostile(knowledge: KnowledgeBase) -> KnowledgeBase:
    text = Text(HOSTILE, HOSTILE)

    def each(things: Any, **changes: Any) -> Any:
        return {name: replace(thing, **changes) for name, thing in things.items()}

    return replace(
        knowledge,
        identity=replace(
            knowledge.identity, title=text, version=HOSTILE, systems=dict.fromkeys(knowledge.identity.systems, text)
        ),
        facts={
            name: replace(fact, text=text, values=dict.fromkeys(fact.values, text), source=(HOSTILE,), unit=fact.unit and HOSTILE)
            for name, fact in knowledge.facts.items()
        },
        questions=each(knowledge.questions, text=text, how=text),
        inferred={
            name: replace(found, text=text, values={v: replace(d, text=text) for v, d in found.values.items()})
            for name, found in knowledge.inferred.items()
        },
        rules=each(knowledge.rules, because=text, source=(HOSTILE, "</style><script>")),
        messages=each(knowledge.messages, say=text, source=(HOSTILE,)),
        impossible=each(knowledge.impossible, say=text, source=(HOSTILE,)),
        invariants=each(knowledge.invariants, because=text, source=(HOSTILE,)),
        instructions=each(knowledge.instructions, text=text),
        fields=each(knowledge.fields, text=text, ask=text, source=(HOSTILE,)),
        parameters={
            name: replace(found, regions=dict.fromkeys([HOSTILE], text), source=(HOSTILE,)) if found.id == "phone" else found
            for name, found in knowledge.parameters.items()
        },
    )


def test_hostile_texts_stay_text() -> None:
    expert = ExpertSystem(_hostile(system("lamp").knowledge))
    told = [replace(case, name=HOSTILE) for case in cases("lamp")]
    for language in ("zh", "en"):
        text = handbook(expert, language, told)
        found = Page(text)
        plain = page("lamp", language)
        assert found.tags == plain.tags
        assert found.attributes == plain.attributes
        assert "<script" not in text
        assert HOSTILE in found.below("-")
        style = text[text.index("<style>") : text.index("</style>")]
        assert "alert('" not in style
        assert "<" not in style.removeprefix("<style>")


def test_a_base_too_large_to_be_exact_still_has_its_handbook_and_says_so() -> None:
    knowledge = random_base(7, facts=40, inferred=6, clauses=240, local=False)
    expert = ExpertSystem(knowledge, node_budget=2_000)
    assert expert.too_large is not None
    found = Page(handbook(expert, "en"))
    assert "too large" in found.below("-")
    assert len(found.ids) == len(set(found.ids))
    assert {link[1:] for link in found.links} <= set(found.ids)
    assert {f"rule-{name}" for name in knowledge.rules} <= set(found.ids)


def test_the_same_base_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "import sys; from triage.cli import main; lamp = sys.argv[1]; main(['handbook', lamp, '--lang', 'zh']); "
        "[main(['graph', lamp, *more]) for more in ([], ['--rules', '--gates'], ['--interview'], ['--format', 'mermaid'])]"
    )
    sums = set()
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        out = subprocess.run([sys.executable, "-c", code, str(LAMP)], capture_output=True, env=env, check=True).stdout
        assert out.startswith(b"<!DOCTYPE html>")
        assert out.count(b"<svg ") == 4
        assert b"flowchart LR" in out
        sums.add(hashlib.sha256(out).hexdigest())
    assert len(sums) == 1


# -- the command


@pytest.fixture
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.mark.usefixtures("in_english")
def test_it_is_written_where_told_in_the_language_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "lamp.html"
    assert main(["handbook", str(LAMP), "-o", str(target), "--lang", "zh"]) == 0
    assert "已写入" in capsys.readouterr().out
    assert target.read_text("utf-8") == handbook(system("lamp"), "zh", cases("lamp"))
    assert main(["handbook", str(LAMP), "-o", str(tmp_path / "no" / "where.html")]) == 2
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.usefixtures("in_english")
def test_cases_with_mistakes_are_told_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in LAMP.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "half.cases.yaml").write_text("cases:\n- case: half\n  given: {lmp: off}\n", "utf-8")
    assert main(["handbook", str(tmp_path), "-o", str(tmp_path / "out.html")]) == 0
    heard = capsys.readouterr()
    assert "half.cases.yaml:" in heard.err
    assert "did you mean `lamp`?" in heard.err
    assert (tmp_path / "out.html").stat().st_size > 10_000
