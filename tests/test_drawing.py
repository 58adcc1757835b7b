"""Pictures of a base: what is on them is what the rules say and what the expert system asks; nothing lies on anything else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest

from tests.random_bases import random_base
from triage.call import Call, Options, read_call
from triage.cli import main
from triage.compilation import TooLargeError
from triage.drawing import as_mermaid, as_svg, dependencies, interview_picture
from triage.drawing.dependencies import NotInBaseError, View
from triage.drawing.layout import Layout, Line, Rectangle, lay_out
from triage.drawing.lettering import width, wrap
from triage.drawing.picture import Arrow, Box, Kind, Picture
from triage.drawing.svg import LETTERS, SMALL, arrange
from triage.drawing.tree import Answers, Asked, Ending, Tree, drawn, interview_tree
from triage.expert import ExpertSystem
from triage.model import LANGUAGES, UNKNOWN, KnowledgeBase, Text, leaves
from triage.plain import in_words
from triage.planning import OutOfBudgetError, ask_best, follow_policy
from triage.prospect import ExactProspect

ROOT = Path(__file__).parent.parent
LAMP = ROOT / "tests/lamp_knowledge"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    '"]; click n0 call alert(1)',
    '%%{init: {"securityLevel": "loose"}}%%',
    "`**bold**` $$x$$ #lt;b#gt; &lt;i&gt;",
    "--> end subgraph x\n  n1 --> n0",
    "</svg><!-- --> ]]> style: fill#;",
    "\x00\x1b[31m \u202ebackwards javascript:alert(1)",
)


@pytest.fixture(scope="module")
def power() -> ExpertSystem:
    return ExpertSystem.open(ROOT / "knowledge/power")


@pytest.fixture(scope="module")
def desk() -> ExpertSystem:
    return ExpertSystem.open(ROOT / "knowledge/desk")


@pytest.fixture(scope="module")
def lamp() -> ExpertSystem:
    return ExpertSystem.open(LAMP)


@pytest.fixture(scope="module")
def tree(power: ExpertSystem) -> Tree:
    return interview_tree(power)


def _parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own


# -- setting out


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def _points(line: Line) -> Iterator[tuple[float, float]]:
    """Points on an arrow's way: ends of its level stretches, and some of the curves between them."""
    for left, right, level in line.stretches:
        yield from ((left, level), ((left + right) / 2, level), (right, level))
    for (_, x0, y0), (x3, _, y3) in pairwise(line.stretches):
        bend = (x3 - x0) / 2
        for t in (0.1, 0.3, 0.5, 0.7, 0.9):
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield a * x0 + b * (x0 + bend) + c * (x3 - bend) + d * x3, (a + b) * y0 + (c + d) * y3


def assert_clear(layout: Layout, ends: list[tuple[str, str]]) -> None:
    """No box or label on another, no arrow through a box, every arrow from left to right between its own boxes."""
    places = [*layout.boxes.values(), *(line.label for line in layout.lines if line.label is not None)]
    for number, one in enumerate(places):
        assert one.x >= -0.01
        assert one.x + one.width <= layout.width + 0.01
        assert one.y >= -0.01
        assert one.y + one.height <= layout.height + 0.01
        assert not any(_overlap(one, other) for other in places[:number])
    for (source, target), line in zip(ends, layout.lines, strict=True):
        left, right = layout.boxes[source], layout.boxes[target]
        assert line.start[0] == pytest.approx(left.x + left.width)
        assert left.y <= line.start[1] <= left.y + left.height
        assert line.end[0] == pytest.approx(right.x)
        assert right.y <= line.end[1] <= right.y + right.height
        for x, y in _points(line):
            for box in layout.boxes.values():
                inside = box.x + 0.5 < x < box.x + box.width - 0.5 and box.y + 0.5 < y < box.y + box.height - 0.5
                assert not inside, (source, target)


def _random_graph(seed: int) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str, tuple[float, float] | None]]]:
    rng = Random(seed)
    names = [f"n{number}" for number in range(rng.randint(1, 30))]
    sizes = {name: (rng.uniform(10, 200), rng.uniform(10, 90)) for name in names}
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :] if rng.random() < 3 / len(names)]
    labelled = rng.random() < 0.5
    return sizes, [
        (a, b, (rng.uniform(5, 120), rng.uniform(8, 60)) if labelled and rng.random() < 0.7 else None) for a, b in pairs
    ]


@pytest.mark.parametrize("seed", range(40))
def test_nothing_lies_on_anything_else_on_random_graphs(seed: int) -> None:
    sizes, arrows = _random_graph(seed)
    layout = lay_out(sizes, arrows)
    assert [(box.width, box.height >= sizes[name][1]) for name, box in layout.boxes.items()] == [
        (w, True) for w, _ in sizes.values()
    ]
    assert [line.label is not None for line in layout.lines] == [label is not None for _, _, label in arrows]
    assert_clear(layout, [(a, b) for a, b, _ in arrows])


def test_a_tree_is_drawn_without_crossings() -> None:
    children = {f"{n}": [f"{n}{k}" for k in "abc"] for n in ("", "a", "b", "c", "ac", "ba")}
    names = [""] + [kid for kids in children.values() for kid in kids]
    arrows = [(parent, kid, None) for parent, kids in children.items() for kid in kids]
    layout = lay_out(dict.fromkeys(sorted(names, key=lambda n: n[::-1]), (20.0, 20.0)), arrows)
    by_layer: dict[float, list[str]] = {}
    for name in sorted(names, key=lambda n: layout.boxes[n].y):
        by_layer.setdefault(layout.boxes[name].x, []).append(name)
    for layer in by_layer.values():
        parents = [name[:-1] for name in layer]
        assert parents == sorted(parents, key=lambda p: layout.boxes[p].y if p else 0)


def test_what_goes_round_in_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        lay_out({"a": (1, 1), "b": (1, 1)}, [("a", "b", None), ("b", "a", None)])


def test_nothing_at_all_can_be_set_out() -> None:
    assert lay_out({}, []).boxes == {}
    _parsed(as_svg(Picture("t", "d", (), ())))


# -- lettering


def test_lines_fit_and_say_everything() -> None:
    rng = Random(1)
    letters = "电表跳闸，。“”（）abcdefgh ij-_/WM 09.,()"
    for _ in range(300):
        text = " ".join("".join(rng.choice(letters) for _ in range(rng.randint(0, 60))).split())
        lines = wrap(text, 13, 120, 99)
        assert all(width(line, 13) <= 120 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("room", range(60, 300, 12))
def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(room: int) -> None:
    text = "请您看一下，电表上（插卡的地方）显示“请购电”，还是“拉闸”？说不清的话，也没有关系。"
    lines = wrap(text, 13, room, 99)
    assert "".join(lines) == text
    assert not any(line[0] in "，。”）？" or line[-1] in "（“" for line in lines)


def test_a_text_that_is_too_long_ends_in_dots() -> None:
    lines = wrap("很长的话" * 50, 13, 120, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert width(lines[-1], 13) <= 120


# -- writing down


def _picture(texts: tuple[str, ...] = HOSTILE) -> Picture:
    kinds: tuple[Kind, ...] = ("fact", "list", "inferred", "target", "rule", "question", "decision", "more")
    boxes = tuple(
        Box(f'{number}"<', kind, text, note=text, tip=text, link=f'x.html#"><script>{number}')
        for number, (text, kind) in enumerate(zip(texts, kinds, strict=False))
    )
    arrows = tuple(Arrow(a.id, b.id, a.label, 3, a.label, dashed=True) for a, b in pairwise(boxes))
    return Picture(texts[0], texts[-1], boxes, arrows, texts, dict.fromkeys(kinds, texts[0]))


def _words(text: str) -> str:
    return "".join("\ufffd" if not c.isprintable() else c for c in text if not c.isspace())


def test_hostile_texts_stay_text_in_svg() -> None:
    root = _parsed(as_svg(_picture()))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "title", "desc", "defs", "marker", "path", "style", "rect", "g", "a", "polygon", "text"}
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    shown = _words("".join(element.text or "" for element in root.iter(f"{SVG}text")))
    for text in HOSTILE:
        assert _words(text) in shown
    assert {e.attrib["href"].split("#")[0] for e in root.iter(f"{SVG}a")} == {"x.html"}


def test_a_picture_says_what_it_is_to_those_who_cannot_see_it() -> None:
    root = _parsed(as_svg(_picture(("one", "two"))))
    assert root.attrib["role"] == "img"
    named = dict(zip(("title", "desc"), root.attrib["aria-labelledby"].split(), strict=True))
    assert root.find(f"{SVG}title[@id='{named['title']}']") is not None
    assert root.find(f"{SVG}desc[@id='{named['desc']}']") is not None


_ENTITY = re.compile(r"#(\d+);")
_NODE = re.compile(r'  n\d+(\("|\[\["|\["|\{\{"|\(\[")([^"]*)("\)|"\]\]|"\]|"\}\}|"\]\)):::[a-z]+')
_EDGE = re.compile(r'  n\d+ (-->|-\.->)(?:\|"([^"]*)"\|)? n\d+')


def test_hostile_texts_stay_text_in_mermaid() -> None:
    lines = as_mermaid(_picture()).splitlines()
    assert lines[0] == "flowchart LR"
    body = [line for line in lines[3:] if not line.startswith("  classDef ")]
    labels = []
    for line in body:
        node, edge = _NODE.fullmatch(line), _EDGE.fullmatch(line)
        assert node or edge, line
        labels.append(node[2] if node else edge[2] if edge else "")
    for text in (*lines[1:3], *labels):
        plain = _ENTITY.sub("", text.replace("<br/>", "").replace("accTitle: ", "").replace("accDescr: ", ""))
        assert not set(plain) & set("\"'`<>&#;:%{}[]|\\~@^$")
    said = "".join(_ENTITY.sub(lambda match: chr(int(match[1])), label) for label in labels).replace("\N{ZERO WIDTH SPACE}", "")
    for text in HOSTILE:
        assert _words(text) in _words(said)


def test_what_mermaid_reads_even_in_entities_is_broken_up() -> None:
    text = as_mermaid(Picture("t", "d", (Box("a", "fact", "$$x$$ fa:fa-ban"),), ()))
    assert "#36;#36;" not in text
    assert "#58;fa" not in text.replace("\N{ZERO WIDTH SPACE}#58;fa", "")


def test_letters_fit_their_boxes(power: ExpertSystem) -> None:
    for language in ("zh", "en"):
        picture = dependencies(power.knowledge, language, View(rules=True, file="rules/meter.yaml"))
        root = _parsed(as_svg(picture))
        for group in root.iter(f"{SVG}g"):
            if group.attrib.get("class") in ("fact", "list", "inferred", "target"):
                box = group.find(f"{SVG}rect")
                assert box is not None
                for text in group.findall(f"{SVG}text"):
                    size = float(text.attrib["font-size"])
                    assert size in (LETTERS, SMALL)
                    assert width(text.text or "", size) <= float(box.attrib["width"])
                    top = float(box.attrib["y"])
                    assert top < float(text.attrib["y"]) < top + float(box.attrib["height"])


# -- what hangs on what


def _box_of(knowledge: KnowledgeBase, name: str) -> str:
    question = knowledge.question_of.get(name)
    return f"?{question.id}" if question is not None and question.tick is not None else name


def _arrows(picture: Picture) -> set[tuple[str, str]]:
    return {(arrow.source, arrow.target) for arrow in picture.arrows}


@pytest.mark.parametrize("base", ["power", "desk"])
def test_an_arrow_stands_for_the_rules_that_read_the_one_to_conclude_the_other(base: str, request: pytest.FixtureRequest) -> None:
    knowledge = request.getfixturevalue(base).knowledge
    expected: Counter[tuple[str, str]] = Counter()
    for rule in knowledge.rules.values():
        for read in {_box_of(knowledge, leaf.fact) for leaf in leaves(rule.when)}:
            expected.update((read, clause.fact) for clause in rule.clauses)
    picture = dependencies(knowledge, "en")
    assert {(a.source, a.target): int(a.weight) for a in picture.arrows} == dict(expected)
    assert {(a.source, a.target): a.label for a in picture.arrows} == {k: str(n) if n > 1 else "" for k, n in expected.items()}
    assert_clear(arrange(picture), [(arrow.source, arrow.target) for arrow in picture.arrows])
    kinds = {box.id: box.kind for box in picture.boxes}
    assert {name for name, kind in kinds.items() if kind == "target"} == set(knowledge.targets)


def test_with_rules_every_rule_is_a_box_between_what_it_reads_and_concludes(desk: ExpertSystem) -> None:
    knowledge = desk.knowledge
    picture = dependencies(knowledge, "zh", View(rules=True))
    rules = {box.id: box for box in picture.boxes if box.kind == "rule"}
    assert rules.keys() == knowledge.rules.keys()
    for rule in knowledge.rules.values():
        assert rule.because.zh in rules[rule.id].tip
        assert {a.source for a in picture.arrows if a.target == rule.id} == {
            _box_of(knowledge, leaf.fact) for leaf in leaves(rule.when)
        }
        assert {a.target for a in picture.arrows if a.source == rule.id} == {clause.fact for clause in rule.clauses}
    assert_clear(arrange(picture), [(arrow.source, arrow.target) for arrow in picture.arrows])


def test_one_file_shows_its_own_rules_only(power: ExpertSystem) -> None:
    rules = {rule.id for rule in power.knowledge.rules.values() if rule.place.file == "rules/motor.yaml"}
    picture = dependencies(power.knowledge, "en", View(rules=True, file="rules/motor.yaml"))
    assert {box.id for box in picture.boxes if box.kind == "rule"} == rules
    assert len(dependencies(power.knowledge, "en", View(rules=True, file="rules")).arrows) > len(picture.arrows)


def test_about_one_thing_everything_touches_it(power: ExpertSystem) -> None:
    whole = _arrows(dependencies(power.knowledge, "en"))
    for name in ("danger", "situation", "who_pays"):
        assert _arrows(dependencies(power.knowledge, "en", View(about=name))) == {pair for pair in whole if name in pair}
    gates = _arrows(dependencies(power.knowledge, "en", View(gates=True))) - whole
    assert gates
    about = _arrows(dependencies(power.knowledge, "en", View(about="breaker")))
    assert about == {pair for pair in whole | gates if "breaker" in pair}
    listed = _arrows(dependencies(power.knowledge, "en", View(about="smoke")))
    assert listed == _arrows(dependencies(power.knowledge, "en", View(about="danger_signs")))
    assert all("?danger_signs" in pair for pair in listed)


def test_about_a_rule_or_with_rules_only_its_neighbours_are_drawn(power: ExpertSystem) -> None:
    rule = power.knowledge.rules["display-asks-to-buy"]
    read = {_box_of(power.knowledge, leaf.fact) for leaf in leaves(rule.when)}
    concluded = {clause.fact for clause in rule.clauses}
    about = _arrows(dependencies(power.knowledge, "en", View(about=rule.id)))
    assert about == {(name, rule.id) for name in read} | {(rule.id, name) for name in concluded}
    caption = "\n".join(dependencies(power.knowledge, "en", View(about=rule.id)).caption)
    assert in_words(power.knowledge, rule.when, "en") in caption
    assert rule.because.en in caption
    around = dependencies(power.knowledge, "en", View(about="known_causes", rules=True))
    for arrow in around.arrows:
        assert (
            "known_causes" in (arrow.source, arrow.target)
            or arrow.target
            in {r.id for r in power.knowledge.rules.values() if any(clause.fact == "known_causes" for clause in r.clauses)}
            or any(leaf.fact == "known_causes" for leaf in leaves(power.knowledge.rules[arrow.source].when))
        )


def test_without_facts_every_conclusion_is_there(power: ExpertSystem) -> None:
    picture = dependencies(power.knowledge, "en", View(facts=False, links="book.html"))
    assert {box.id for box in picture.boxes} == set(power.knowledge.inferred)
    assert {box.link for box in picture.boxes} == {f"book.html#inferred-{name}" for name in power.knowledge.inferred}


def test_what_the_base_does_not_have_is_said_with_what_was_meant(power: ExpertSystem) -> None:
    with pytest.raises(NotInBaseError) as error:
        dependencies(power.knowledge, "en", View(about="situatio"))
    assert "did you mean `situation`?" in error.value.render("en")
    with pytest.raises(NotInBaseError) as error:
        dependencies(power.knowledge, "en", View(file="nowhere"))
    assert "rules/meter.yaml" in error.value.render("zh")


# -- the interview


def _after(tree: Tree, rng: Random) -> Iterator[tuple[dict[str, str], Asked | Ending]]:
    """A walk from the start: what has been answered, and the situation that leads to."""
    situation, told = tree.situations[tree.start], dict[str, str]()
    yield told, situation
    while isinstance(situation, Asked):
        ways = [(answer, number) for answers, number, _ in situation.answers for answer in _answers(situation, answers)]
        answer, number = rng.choice(ways)
        told, situation = told | answer, tree.situations[number]
        yield told, situation


def _answers(situation: Asked, answers: Answers) -> list[dict[str, str]]:
    """Answers that are named, by fact. (Those that leave only some facts of a list unknown do not say which.)"""
    asked = situation.question
    if asked.question.tick is None:
        return [dict(choice) for choice in answers.choices]
    others = dict.fromkeys(asked.facts, asked.question.tick[1])
    told = [{**others, **dict(ticks)} for ticks in answers.choices]
    return [*told, dict.fromkeys(asked.facts, UNKNOWN)] if answers.silent else told


def assert_led_so(system: ExpertSystem, told: dict[str, str], situation: Asked | Ending, systems: tuple[str, ...] = ()) -> None:
    """The expert system asks the same question after these answers, or has come to the same decision."""
    answer = system.assess(Call.of(told), Options(systems=systems, look_ahead=0, explain="none"))
    if isinstance(situation, Asked):
        assert answer.question is not None, told
        asked = situation.question
        assert (answer.question.id, answer.question.facts, answer.question.ask_of) == (
            asked.question.id,
            asked.facts,
            asked.ask_of,
        )
    else:
        assert answer.status == situation.kind, told
        found = {target: list(values) for target, values in answer.candidates.items()}
        decided = {target: [candidate.value for candidate in values] for target, values in found.items()}
        assert decided == {target: [value] for target, value in situation.outcome.items()}


@pytest.mark.parametrize("systems", [(), ("billing", "meter_system", "outage_system")])
def test_every_walk_is_asked_and_decided_as_the_expert_system_does(power: ExpertSystem, systems: tuple[str, ...]) -> None:
    tree, rng = interview_tree(power, systems=systems), Random(3)
    for _ in range(60):
        for told, situation in _after(tree, rng):
            assert_led_so(power, told, situation, systems)


def test_every_situation_is_what_its_own_answers_lead_to(desk: ExpertSystem, lamp: ExpertSystem) -> None:
    for system in (desk, lamp):
        for situation in interview_tree(system).situations:
            assert_led_so(system, dict(situation.known), situation)


@pytest.mark.parametrize("seed", range(12))
def test_interviews_of_random_bases_are_led_so_too(seed: int) -> None:
    system = ExpertSystem(random_base(seed))
    tree, rng = interview_tree(system), Random(seed)
    for _ in range(12):
        for told, situation in _after(tree, rng):
            answer = system.assess(Call.of(told), Options(look_ahead=0, explain="none"))
            if isinstance(situation, Asked):
                assert answer.question is not None
                assert (answer.question.id, answer.question.facts) == (situation.question.question.id, situation.question.facts)
            else:
                assert (answer.status if situation.kind != "decided" else "decided") == situation.kind
                assert situation.kind == "contradictory" or situation.outcome == {
                    target: answer.provisional[target].value if target in answer.provisional else situation.outcome[target]
                    for target in system.knowledge.targets
                }


@pytest.mark.parametrize("base", ["power", "desk", "lamp"])
def test_shares_add_up_to_what_is_expected_of_all_calls(base: str, request: pytest.FixtureRequest) -> None:
    system: ExpertSystem = request.getfixturevalue(base)
    tree = interview_tree(system)
    whole = drawn(tree)
    assert whole.covered == pytest.approx(1)
    assert not whole.cut
    for number, situation in enumerate(tree.situations):
        if isinstance(situation, Asked) and whole.reach.get(number):
            assert sum(share for _, _, share in situation.answers) == pytest.approx(1)
    first = system.knowledge.targets[0]
    ends: Counter[str] = Counter()
    for number, share in whole.reach.items():
        found = tree.situations[number]
        if isinstance(found, Ending):
            ends[found.outcome[first]] += share  # type: ignore[assignment]
    start = system.situation(Call(), Options())
    prospect = system.prospect(start.known, start.unasked)
    assert isinstance(prospect, ExactProspect)
    planned: Counter[str] = Counter()
    rest = follow_policy(system.knowledge, prospect, start.known, ask_best(system.knowledge, start.sources), 10_000)
    for (value, _), share in rest.lengths.items():
        planned[value] += share  # type: ignore[assignment]
    assert {value: pytest.approx(share) for value, share in planned.items() if share > 0} == {
        value: share for value, share in ends.items() if share > 0
    }


def test_the_likeliest_part_is_drawn_and_what_is_left_out_is_said(tree: Tree) -> None:
    part, larger = drawn(tree, 0.5), drawn(tree, 0.8)
    assert 0.5 <= part.covered < larger.covered < 0.9
    assert len(part.ways) < len(larger.ways)
    picture = interview_picture(tree, "en", part)
    asked = sum(isinstance(situation, Asked) for situation in tree.situations)
    assert f"drawn: {len(part.ways)} of {asked} questions" in picture.caption[1]
    assert f"{part.covered:.0%} of calls" in picture.caption[1]
    questions = [box for box in picture.boxes if box.kind == "question"]
    assert len(questions) == len(part.ways)
    for number, places in part.ways.items():
        situation = tree.situations[number]
        assert isinstance(situation, Asked)
        stub = [arrow for arrow in picture.arrows if arrow.source == str(number) and arrow.dashed]
        assert len(stub) == (len(places) < len(situation.answers))
    assert_clear(arrange(picture), [(arrow.source, arrow.target) for arrow in picture.arrows])


def test_no_deeper_than_told(tree: Tree) -> None:
    part = drawn(tree, 1.0, 2)
    assert part.covered < 0.5
    start = tree.situations[tree.start]
    assert isinstance(start, Asked)
    assert part.ways.keys() == {tree.start} | {
        after for _, after, _ in start.answers if isinstance(tree.situations[after], Asked)
    }
    assert part.cut
    picture = interview_picture(tree, "zh", part)
    assert {box.id for box in picture.boxes if box.kind == "more" and " " not in box.id} == {str(number) for number in part.cut}


def test_from_what_is_given_on_nothing_is_asked_again(power: ExpertSystem) -> None:
    call = read_call(power.knowledge, {"facts": {"complaint": "no_power", "danger_signs": []}})
    tree = interview_tree(power, call)
    asked = {situation.question.question.id for situation in tree.situations if isinstance(situation, Asked)}
    assert asked
    assert not asked & {"complaint", "danger_signs"}
    caption = " ".join(interview_picture(tree, "en").caption)
    assert "“no power”" in caption


def test_a_call_that_is_decided_or_contradicts_itself_is_one_box(power: ExpertSystem) -> None:
    first = interview_tree(power, Call.of({"complaint": "vehicle_hit_pole"}))
    decided = next(found for found in first.situations if isinstance(found, Ending))
    work = power.compiled.store.scratch()
    contradictory = power.compiled.smallest_call(work, work.negate(power.compiled.possible))
    assert contradictory
    for told, kind in ((dict(decided.known), "decided"), (dict(contradictory), "contradictory")):
        tree = interview_tree(power, Call.of(told))
        assert [found.kind for found in tree.situations if isinstance(found, Ending)] == [kind]
        for language in LANGUAGES:
            picture = interview_picture(tree, language)
            assert [box.kind for box in picture.boxes] == ["decision"]
            _parsed(as_svg(picture))


def test_too_large_a_base_or_interview_is_refused_not_guessed(power: ExpertSystem) -> None:
    with pytest.raises(OutOfBudgetError):
        interview_tree(power, budget=20)
    small = ExpertSystem(random_base(7, facts=40, inferred=6, clauses=240, local=False), node_budget=2_000)
    with pytest.raises(TooLargeError):
        interview_tree(small)


# -- a hostile base


def test_hostile_labels_of_a_base_stay_text(lamp: ExpertSystem) -> None:
    knowledge = lamp.knowledge
    evil = {name: Text(text, text) for name, text in zip(knowledge.facts, HOSTILE * 9, strict=False)}
    base = replace(
        knowledge,
        identity=replace(knowledge.identity, title=Text(HOSTILE[0], HOSTILE[0])),
        facts={name: replace(fact, text=evil[name]) for name, fact in knowledge.facts.items()},
        rules={name: replace(rule, because=Text(HOSTILE[5], HOSTILE[5])) for name, rule in knowledge.rules.items()},
        questions={name: replace(question, text=Text(HOSTILE[1], HOSTILE[1])) for name, question in knowledge.questions.items()},
    )
    for picture in (
        dependencies(base, "zh", View(rules=True, gates=True)),
        interview_picture(interview_tree(ExpertSystem(base)), "en"),
    ):
        root = _parsed(as_svg(picture))
        assert not any("script" in element.tag for element in root.iter())
        assert "<script" not in as_mermaid(picture)


# -- the command


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return capsys


def test_the_ending_of_the_file_says_which_format(tmp_path: Path, said: pytest.CaptureFixture[str]) -> None:
    for name, start in (("a.svg", "<svg "), ("a.mmd", "flowchart LR"), ("a.md", "```mermaid\nflowchart LR")):
        assert main(["graph", str(LAMP), "-o", str(tmp_path / name)]) == 0
        assert "boxes" in said.readouterr().out
        assert (tmp_path / name).read_text("utf-8").startswith(start)
    assert main(["graph", str(LAMP), "--format", "mermaid"]) == 0
    assert said.readouterr().out.startswith("flowchart LR")
    assert main(["graph", str(LAMP), "--interview", "--given", "signs=smoke", "--lang", "zh"]) == 0
    assert "已知：" in said.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-o", "a.png"], "does not say which format"),
        (["-o", "no/such/folder/a.svg"], "cannot write"),
        (["--about", "nothing-like-it"], "no fact, question, rule or conclusion"),
        (["--file", "rulez.yaml"], "did you mean `rules.yaml`"),
        (["--share", "0.5"], "for --interview only"),
        (["--interview", "--rules"], "cannot be used with --interview"),
        (["--interview", "--share", "2"], "at most 1"),
        (["--interview", "--depth", "0"], "at least 1"),
        (["--interview", "--given", "lamp"], "fact=value"),
        (["--interview", "--given", "lmp=off"], "did you mean `lamp`?"),
        (["--interview", "--given", "xyzzy=off"], "no fact `xyzzy`"),
        (["--interview", "--given", "lamp=of"], "did you mean `off`?"),
        (["--interview", "--system", "metre"], "did you mean `meter`?"),
    ],
)
def test_what_is_asked_wrongly_gets_a_sentence(
    arguments: list[str], sentence: str, said: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["graph", str(LAMP), *arguments]) == 2
    heard = said.readouterr()
    assert sentence in heard.err
    assert heard.out == ""
    assert list(tmp_path.iterdir()) == []


def test_more_than_mermaid_draws_is_said(said: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", str(ROOT / "knowledge/power"), "--rules", "--format", "mermaid"]) == 0
    assert "maxEdges" in said.readouterr().err
