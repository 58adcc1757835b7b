"""Loading gives the base that was meant, or every mistake at once, each where it stands.

`broken_knowledge/` has one folder per mistake, laid over the sound base in `_sound`: what stands in it is added to or replaces
the sound files; `expected.txt` holds the lines printed, English first, then Chinese.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.errors import KnowledgeError
from triage.loading import documents, load_knowledge
from triage.loading.files import MAX_BYTES, MAX_FILES
from triage.loading.mistakes import SENTENCES
from triage.loading.sections import LISTED, SINGLE, schema
from triage.model import UNKNOWN, All, AnyOf, Condition, In, KnowledgeBase, Place, Text

BROKEN = Path(__file__).parent / "broken_knowledge"
SOUND = BROKEN / "_sound"
FAULTS = sorted(path.name for path in BROKEN.iterdir() if path.is_dir() and path != SOUND)
EXPECTED = "expected.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sound base."""
    shutil.copytree(SOUND, tmp_path, dirs_exist_ok=True)
    return tmp_path


def lay_over(folder: Path, fault: str) -> None:
    shutil.copytree(BROKEN / fault, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(EXPECTED))


def mistakes(folder: Path) -> KnowledgeError:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    return caught.value


def lines(folder: Path) -> list[str]:
    return [problem.render("en") for problem in mistakes(folder).problems]


def code_of(fault: str) -> str:
    """The code a fault's folder is named for; what follows two dashes tells several of the same code apart."""
    return fault.partition("--")[0]


def plain(file: Path) -> Any:
    """What a file holds, in plain Python."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


# every mistake


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_base_is_told_exactly_what_is_wrong_with_it(folder: Path, fault: str) -> None:
    lay_over(folder, fault)

    problems = mistakes(folder).problems

    printed = [problem.render("en") for problem in problems] + [problem.render("zh") for problem in problems]
    assert printed == (BROKEN / fault / EXPECTED).read_text(encoding="utf-8").splitlines()
    assert {problem.code for problem in problems} == {code_of(fault)}


def too_many_files(folder: Path) -> None:
    for number in range(MAX_FILES):
        (folder / f"more-{number}.yaml").touch()


def too_large_a_file(folder: Path) -> None:
    (folder / "large.yaml").write_text("# " + "x" * documents.MAX_FILE_BYTES, encoding="utf-8")


def too_large_a_base(folder: Path) -> None:
    for number in range(MAX_BYTES // documents.MAX_FILE_BYTES + 1):
        (folder / f"large-{number}.yaml").write_text("rules: []\n#" + "x" * 1_048_500, encoding="utf-8")


def no_files(folder: Path) -> None:
    for file in folder.glob("*.yaml"):
        if not file.name.endswith(".cases.yaml"):
            file.unlink()


def no_folder(folder: Path) -> None:
    shutil.rmtree(folder)


MADE: dict[str, Callable[[Path], None]] = {
    "too-many-files": too_many_files,
    "file-too-large": too_large_a_file,
    "base-too-large": too_large_a_base,
    "no-files": no_files,
    "not-a-folder": no_folder,
}


@pytest.mark.parametrize("code", MADE)
def test_what_is_too_much_or_not_there_at_all_is_one_mistake(folder: Path, code: str) -> None:
    MADE[code](folder)

    assert [problem.code for problem in mistakes(folder).problems] == [code]


def test_every_mistake_there_is_a_sentence_for_has_an_example() -> None:
    in_cases = {file.read_text("utf-8").split("]")[0].split("[")[1] for file in (BROKEN.parent / "broken_cases").glob("*.yaml")}
    assert {code_of(fault) for fault in FAULTS} | set(MADE) | in_cases >= set(SENTENCES)


def test_mistakes_in_several_files_all_come_at_once_in_order_of_place(folder: Path) -> None:
    for fault, name in [("unknown-fact", "a/one.yaml"), ("repeated", "a/two.yaml"), ("missing-language", "b.yaml")]:
        (folder / name).parent.mkdir(exist_ok=True)
        text = (BROKEN / fault / "fault.yaml").read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("id: faulty", f"id: from-{fault}"), encoding="utf-8")

    assert lines(folder) == [
        "a/one.yaml:3:10: unknown fact `lihgt`; did you mean `light`?   [unknown-fact]",
        "a/two.yaml:3:29: `dark` is listed twice; delete one of them   [repeated]",
        "b.yaml:2:7: `from-missing-language` cannot be an id: lower-case letters, digits and `_` only, a letter first, "
        "at most 80 characters   [malformed-id]",
        "b.yaml:3:9: no text for `en`; every text needs both `zh` and `en`   [missing-language]",
    ]


def test_the_folder_stands_before_every_place(folder: Path) -> None:
    lay_over(folder, "unknown-fact")

    assert str(mistakes(folder)).startswith(f"{folder.as_posix()}/fault.yaml:3:10: ")


def test_columns_count_characters_also_after_chinese_text(folder: Path) -> None:
    (folder / "fault.yaml").write_text("instructions:\n- {id: look, text: {zh: 看一看电表, en: 3}}\n", encoding="utf-8")

    assert [problem.place for problem in mistakes(folder).problems] == [Place("fault.yaml", 2, 36)]


def test_a_file_that_cannot_be_read_does_not_make_its_names_unknown_elsewhere(folder: Path) -> None:
    (folder / "facts.yaml").write_text("facts: [", encoding="utf-8")
    lay_over(folder, "repeated")

    assert [problem.code for problem in mistakes(folder).problems] == ["syntax", "repeated"]


def test_a_misspelt_name_is_told_beside_a_half_written_file(folder: Path) -> None:
    (folder / "zz.yaml").write_text("rules:\n- id: half\n  when: {", encoding="utf-8")
    (folder / "more.yaml").write_text(
        "rules:\n- id: more\n  when: {lihgt: dark, elsewhere: 1}\n  then: {cause: supply}\n  because: {zh: 因, en: as}\n"
        "  source: S1\n",
        encoding="utf-8",
    )
    syntax = (
        "zz.yaml:3:9: this cannot be read as YAML: the bracket that opens here is never closed, or a comma is missing in it; add "
    )
    assert lines(folder) == [
        "more.yaml:3:10: unknown fact `lihgt`; did you mean `light`?   [unknown-fact]",
        f"{syntax}what is missing   [syntax]",
    ]


def test_a_name_that_stands_in_a_half_written_file_is_not_taken_for_a_misspelt_one(folder: Path) -> None:
    (folder / "zz.yaml").write_text("facts:\n- id: lihgt\n  values: {", encoding="utf-8")
    (folder / "more.yaml").write_text(
        "rules:\n- id: more\n  when: {lihgt: dark}\n  then: {cause: supply}\n  because: {zh: 因, en: as}\n  source: S1\n",
        encoding="utf-8",
    )
    assert [problem.code for problem in mistakes(folder).problems] == ["syntax"]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("rules:\n- id: half\n  when: {\n\n", (3, 9), "括号没有结束"),
        ("a: [x,\nb: {c: d}\ne: f\n", (1, 4), "括号没有结束"),
        ("a: [x: ]\nc: {\n  d: [1, 2]\n", (2, 4), "括号没有结束"),
        ("a: ]\n", (1, 4), "多余的符号"),
        ("a: *\n", (1, 5), "请加引号"),
        ("a: |x\n  t\n", (1, 5), "另起一行"),
        ('a: "\\x4"\n', (1, 7), "反斜杠"),
        ("%FOO\na: b\n", (1, 5), "指令"),
        ("a: b\n...\nc\n", (3, 1), "删掉"),
        ("a: !<x\n", (1, 7), "标签"),
        ("a: - b\n", (1, 4), "另起一行"),
        ("a: ? b\n", (1, 4), "加引号"),
    ],
)
def test_what_stops_the_parser_is_told_in_chinese_where_it_can_be_mended(
    folder: Path, text: str, place: tuple[int, int], says: str
) -> None:
    (folder / "zz.yaml").write_text(text, encoding="utf-8")
    (problem,) = mistakes(folder).problems
    assert problem.place == Place("zz.yaml", *place)
    assert says in problem.text.zh
    assert "expected" not in problem.text.zh


def test_a_file_with_the_wrong_ending_does_not_make_its_names_unknown_elsewhere(folder: Path) -> None:
    (folder / "words.yaml").rename(folder / "words.yml")

    assert lines(folder) == ["words.yml:1:1: `words.yml` would not be read; rename it to end in `.yaml`   [wrong-ending]"]


def test_the_authors_own_text_cannot_control_the_terminal(folder: Path) -> None:
    (folder / "fault.yaml").write_text('rules: "\\e[31m red"\n', encoding="utf-8")

    assert all(line.isprintable() for line in lines(folder))


def test_thousands_of_mistakes_are_all_told(folder: Path) -> None:
    entries = (f"  x{number}: dark\n" for number in range(5000))
    rule = "rules:\n- id: wrong\n  then: {cause: broken}\n  because: {zh: 因, en: since}\n  source: S1\n  when:\n"
    (folder / "fault.yaml").write_text(rule + "".join(f"  {entry}" for entry in entries), encoding="utf-8")
    assert len(mistakes(folder).problems) == 5000


# what is read


def test_the_sound_base_is_read_as_it_was_meant() -> None:
    knowledge = load_knowledge(SOUND)

    assert knowledge.identity.find_out == {"cause": "nothing_found"}
    assert knowledge.facts["light"].domain == ("dark", "dim", "bright", UNKNOWN)
    assert knowledge.facts["voltage"].ranges[1].limit == "voltage_high"
    assert knowledge.facts["voltage"].ranges[1].inclusive
    assert knowledge.questions["danger"].tick == ("seen", "not_seen")
    assert knowledge.questions["danger"].ask_of == ("caller",)
    assert knowledge.inferred["cause"].values["broken_or_supply"].members == ("broken", "supply")
    assert knowledge.inferred["hurry"].values["now"].number == 15
    assert [(c.id, c.priority) for c in knowledge.rules["dark-but-up"].clauses] == [("dark-but-up/cause", 70)]
    assert [(c.id, c.priority) for c in knowledge.rules["broken-in-a-hurry"].clauses] == [("broken-in-a-hurry/hurry", 50)]
    assert knowledge.messages["keep-away"].must_say
    assert not knowledge.messages["hello"].must_say
    assert knowledge.messages["hello"].when == All(())
    assert knowledge.parameters["voltage_low"].regions == {"island": Text("190", "190")}
    assert knowledge.grouping is not None
    assert [(level.callers, level.from_different, level.merges) for level in knowledge.grouping.levels] == [
        ("voltage_low", "transformer_area", True),
        (1, None, False),
    ]
    assert knowledge.follow_up is not None
    assert [dict(again.tells) for again in knowledge.follow_up.reopens] == [{"light": "dark"}, {"light": "dim"}]
    assert knowledge.strata == (("cause",), ("hurry",))
    assert knowledge.gate_order == ("switch",)


def test_weights_are_shares_of_all_answers() -> None:
    facts = load_knowledge(SOUND).facts

    assert facts["light"].weights.tables[None] == pytest.approx({"dark": 1 / 2, "dim": 1 / 6, "bright": 1 / 6, UNKNOWN: 1 / 6})
    assert facts["smoke"].weights.tables[None] == pytest.approx({"seen": 0.475, "not_seen": 0.475, UNKNOWN: 0.05})
    given_dark, given_unknown = (facts["switch"].weights.tables[answer] for answer in ("dark", UNKNOWN))
    assert given_dark == pytest.approx({"up": 0.2375, "down": 0.7125, UNKNOWN: 0.05})
    assert given_unknown == pytest.approx({"up": 0.475, "down": 0.475, UNKNOWN: 0.05})


def test_words_that_older_yaml_takes_for_truth_values_are_words(folder: Path) -> None:
    (folder / "more.yaml").write_text(
        "facts:\n- id: power\n  text: {zh: 电, en: off}\n  values: {on: {zh: 开, en: on}, off: {zh: 关, en: no}}\n  source: yes\n"
        "questions:\n- {id: power, fills: [power], text: {zh: 电？, en: y}}\n",
        encoding="utf-8",
    )

    fact = load_knowledge(folder).facts["power"]

    assert fact.values == {"on": Text("开", "on"), "off": Text("关", "no")}
    assert fact.source == ("yes",)


def test_files_may_start_with_a_byte_order_mark_and_end_lines_like_windows(folder: Path) -> None:
    digest = load_knowledge(folder).digest
    for file in folder.glob("*.yaml"):
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))

    assert load_knowledge(folder).digest == digest


def test_a_part_may_be_written_once_and_referred_to(folder: Path) -> None:
    (folder / "more.yaml").write_text(
        "parameters:\n- {id: one, value: 1, source: &where [S1, S2]}\n- {id: two, value: 2, source: *where}\n", encoding="utf-8"
    )

    assert load_knowledge(folder).parameters["two"].source == ("S1", "S2")


def test_hidden_files_do_not_belong_to_the_base(folder: Path) -> None:
    digest = load_knowledge(folder).digest
    (folder / ".git").mkdir()
    for name in (".#facts.yaml", ".git/other.yaml"):
        (folder / name).write_text("not: [knowledge", encoding="utf-8")

    assert load_knowledge(folder).digest == digest


def test_the_model_holds_plain_strings_only() -> None:
    assert {type(part) for part in parts(load_knowledge(SOUND)) if isinstance(part, str)} == {str}


def parts(thing: Any) -> Iterator[Any]:
    if is_dataclass(thing):
        for field in fields(thing):
            yield from parts(getattr(thing, field.name))
    elif isinstance(thing, dict):
        for pair in thing.items():
            yield from parts(pair)
    elif isinstance(thing, tuple):
        for part in thing:
            yield from parts(part)
    else:
        yield thing


# order changes nothing

ORDER_MATTERS = {"values", "fills", "ask_of", "decision", "members", "source", "ranges", "levels", "reopens"}


def shuffled(part: Any, random: Random, key: str = "") -> Any:
    """The part with its entries in another order, wherever order means nothing."""
    if isinstance(part, dict):
        entries = [(name, shuffled(value, random, name)) for name, value in part.items()]
        return dict(entries if key in ORDER_MATTERS else random.sample(entries, len(entries)))
    if isinstance(part, list):
        items = [shuffled(item, random) for item in part]
        return items if key in ORDER_MATTERS else random.sample(items, len(items))
    return part


def scatter(folder: Path, random: Random) -> None:
    """The sound base, its entries dealt to other files in another order."""
    loose: list[dict[str, Any]] = []
    for file in sorted(SOUND.glob("*.yaml")):
        content = plain(file)
        for section, entries in content.items():
            if section in LISTED:
                loose.extend({section: [entry]} for entry in entries)
            elif section != "cases":
                loose.append({section: entries})
    for number, part in enumerate(random.sample(loose, len(loose))):
        path = folder / random.choice("abc") / f"{number}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(shuffled(part, random), sort_keys=False, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_files_entries_and_keys_does_not_change_the_base(tmp_path: Path, seed: int) -> None:
    scatter(tmp_path, Random(seed))

    knowledge, original = load_knowledge(tmp_path), load_knowledge(SOUND)

    assert knowledge.digest == original.digest
    assert list(parts(without_places(knowledge))) == list(parts(without_places(original)))


def without_places(thing: Any) -> Any:
    """The base as nested tuples, in the order it stands."""
    if isinstance(thing, Place):
        return ()
    if is_dataclass(thing):
        return tuple(without_places(getattr(thing, field.name)) for field in fields(thing))
    if isinstance(thing, dict):
        return tuple((key, without_places(value)) for key, value in thing.items())
    return tuple(without_places(part) for part in thing) if isinstance(thing, tuple) else thing


def test_a_base_without_one_of_its_rules_has_another_digest(folder: Path) -> None:
    text = (folder / "rules.yaml").read_text(encoding="utf-8")
    (folder / "rules.yaml").write_text(text.replace("priority: 60", "priority: 61"), encoding="utf-8")

    assert load_knowledge(folder).digest != load_knowledge(SOUND).digest


# conditions

DARK, DIM, BRIGHT = (In("light", (value,)) for value in ("dark", "dim", "bright"))
NOT_DARK = In("light", ("dim", "bright"))
UP, DOWN = In("switch", ("up",)), In("switch", ("down",))
LOW = In("voltage", ("low",))
NOT_LOW = In("voltage", ("within", "high"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{}", All(())),
        ("{light: dark}", DARK),
        ("{light: [unknown, bright, dark]}", In("light", ("dark", "bright", UNKNOWN))),
        ("{light: {not: dark}}", NOT_DARK),
        ("{light: {not: [dark, dim]}}", BRIGHT),
        ("{light: {not: unknown}}", In("light", ("dark", "dim", "bright"))),
        ("{not: {light: dark}}", NOT_DARK),
        ("{not: {light: {not: dark}}}", DARK),
        ("{not: {not: {light: dark}}}", DARK),
        ("{not: {not: {light: [dark, unknown]}}}", In("light", ("dark", UNKNOWN))),
        ("{cause: {not: broken}}", In("cause", ("switched_off", "supply", "broken_or_supply"))),
        ("{cause: [nothing_found, broken]}", In("cause", ("broken", "nothing_found"))),
        ("{switch: up, light: dark}", All((DARK, UP))),
        ("{any: [{switch: up}, {light: dark}]}", AnyOf((DARK, UP))),
        ("{all: [{switch: up}, {light: dark}]}", All((DARK, UP))),
        ("{not: {any: [{light: dark}, {voltage: low}]}}", All((NOT_DARK, NOT_LOW))),
        ("{not: {light: dark, voltage: low}}", AnyOf((NOT_DARK, NOT_LOW))),
        ("{not: {all: [{light: dark}, {voltage: low}]}}", AnyOf((NOT_DARK, NOT_LOW))),
        ("{not: {voltage: low, any: [{light: dark}, {switch: up}]}}", AnyOf((NOT_LOW, All((NOT_DARK, DOWN))))),
        ("{not: {any: [{light: {not: dark}}, {not: {voltage: low}}]}}", All((DARK, LOW))),
        ("{any: [{light: dark}]}", DARK),
        ("{all: [{any: [{all: [{light: dark}]}]}]}", DARK),
        ("{any: [{any: [{light: dark}, {switch: up}]}, {voltage: low}]}", AnyOf((DARK, UP, LOW))),
        ("{light: dark, all: [{switch: up, voltage: low}]}", All((DARK, UP, LOW))),
        ("{any: [{light: dark}, {light: dark}]}", DARK),
        ("{voltage: low, any: [{light: dark}, {switch: up}]}", All((LOW, AnyOf((DARK, UP))))),
    ],
)
def test_conditions_are_positive_and_in_canonical_order(folder: Path, written: str, meant: Condition) -> None:
    (folder / "more.yaml").write_text(
        f"rules:\n- id: more\n  when: {written}\n  then: {{hurry: now}}\n  because: {{zh: 因, en: since}}\n  source: S1\n",
        encoding="utf-8",
    )

    rule = load_knowledge(folder).rules["more"]

    assert rule.when == meant
    assert rule.clauses[0].when == meant


# limits


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "? ", "{? "])
def test_deep_nesting_is_refused(folder: Path, opening: str) -> None:
    (folder / "deep.yaml").write_text(opening * (200_000 // len(opening)), encoding="utf-8")
    assert [problem.code for problem in mistakes(folder).problems] == ["too-deep"]


def test_depth_counts_with_aliases_written_out(folder: Path) -> None:
    links = "".join(f"x{number}: &x{number} [*x{number - 1}]\n" for number in range(1, 60))
    (folder / "deep.yaml").write_text(f"x0: &x0 [a]\n{links}", encoding="utf-8")

    assert [problem.code for problem in mistakes(folder).problems] == ["too-deep"]


def test_aliases_that_stand_for_billions_are_refused(folder: Path) -> None:
    links = "".join(f"x{number}: &x{number} [{', '.join([f'*x{number - 1}'] * 10)}]\n" for number in range(1, 15))
    (folder / "bomb.yaml").write_text(f"x0: &x0 [a]\n{links}", encoding="utf-8")
    assert [problem.code for problem in mistakes(folder).problems] == ["too-many-nodes"]


def test_many_files_of_aliases_together_are_refused(folder: Path) -> None:
    many = f"rules: [{', '.join(['*many'] * 90)}]\nx: &many [{', '.join('a' * 1000)}]\n"
    first, second = many.split("\n")[:2]
    for number in range(20):
        (folder / f"bomb-{number}.yaml").write_text(f"{second}\n{first}\n", encoding="utf-8")

    assert "base-too-large" in {problem.code for problem in mistakes(folder).problems}


def test_numbers_of_any_length_are_told_to_be_out_of_range(folder: Path) -> None:
    for digits in ("9" * 10_000, "1e999", "-.inf", "0x" + "f" * 200):
        text = f"instructions: []\nparameters:\n- id: x\n  value: 1\n  source: S1\nfields:\n- id: y\n  order: {digits}\n"
        (folder / "fault.yaml").write_text(text, encoding="utf-8")

        assert "out-of-range" in {problem.code for problem in mistakes(folder).problems}, digits


def test_three_hundred_rules_load(folder: Path) -> None:
    random = Random(0)
    rules = "".join(
        f"- id: rule-{number}\n"
        f"  when:\n    light: {random.choice(['dark', 'dim'])}\n    any: [{{switch: up}}, {{voltage: [low, high]}}]\n"
        "    not: {smoke: seen}\n"
        "  then: {cause: broken, hurry: now}\n"
        "  because:\n    zh: 卡表剩余电量为零会自动掉闸,开关合不上属正常现象,购电即可。\n"
        "    en: A card meter at zero trips by design and will not close; buying electricity restores supply.\n"
        "  source: S0 §2(4)\n"
        for number in range(300)
    )
    (folder / "many.yaml").write_text(f"rules:\n{rules}", encoding="utf-8")

    knowledge = load_knowledge(folder)

    assert len(knowledge.rules) == 303


# whatever is written, loading ends in a base or in mistakes


def load_or_mistakes(content: dict[str, bytes]) -> KnowledgeBase | KnowledgeError:
    """Load the sound base with some files added or replaced; fails on anything but a base that holds what loading promises."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(SOUND, name, dirs_exist_ok=True)
        for file, data in content.items():
            Path(name, file).write_bytes(data)
        try:
            knowledge = load_knowledge(Path(name))
        except KnowledgeError as error:
            printable = error.render("zh").encode() and error.render("en").encode()
            return error if printable else pytest.fail("an error that says nothing")
    assert knowledge.digest
    assert knowledge.strata or not knowledge.inferred
    assert len(knowledge.question_of) == len(knowledge.facts)
    return knowledge


SECTION_STARTS = ["rules:\n", "facts:\n", "questions:\n", "inferred:\n", "messages:\n", "evidence:\n", "base:\n"]
ENTRY_PARTS = ["- id: x\n", "  when: ", "  then: ", "  values: ", "source: S1\n", "{light: dark}", "{not: ", "{any: ["]
VALUES = [
    "{zh: 看, en: look}",
    "weights: {given: light}",
    "{cause}",
    "~",
    "true",
    "unknown",
    "caller",
    "1e999",
    "-.inf",
    ".nan",
    "0x1f",
]
MARKS = [
    "&a ",
    "*a",
    "<<: ",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ": ",
    ",",
    "'",
    '"',
    "|\n",
    ">\n",
    "\n",
    "\n  ",
    "!!x ",
    "#",
    "%YAML 1.1\n",
]
ODDITIES = ["：", "，", "\t", "\x85", "\u2028", "\\ud800", "---\n", "...\n", "\x00", "\ufeff"]
FRAGMENTS = [*SECTION_STARTS, *ENTRY_PARTS, *VALUES, *MARKS, *ODDITIES]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_base_or_mistakes(data: bytes) -> None:
    load_or_mistakes({"random.yaml": data})


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=25).map("".join))
def test_anything_like_yaml_gives_a_base_or_mistakes(text: str) -> None:
    load_or_mistakes({"random.yaml": text.encode("utf-8", "surrogatepass")})


SOUND_FILES = {file.name: plain(file) for file in SOUND.glob("*.yaml")}
WORDS = st.sampled_from(
    ["light", "dark", "cause", "broken", "unknown", "not", "any", "given", "otherwise", "zh", "id", "", "{x}"]
)
ANYTHING = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_sound_base_with_any_part_replaced_gives_a_base_or_mistakes(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SOUND_FILES)))
    content = json.loads(json.dumps(SOUND_FILES[name]))
    part = content
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(part[key], dict | list) or not part[key] or data.draw(st.integers(0, 4)) == 0:
            break
        part = part[key]
    part[key] = data.draw(ANYTHING)

    load_or_mistakes({name: yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass")})


# the schema for editors


def test_the_schema_describes_every_section_and_defines_what_it_refers_to() -> None:
    described = schema()

    assert set(described["properties"]) == {"base", "evidence", *LISTED, *SINGLE}
    refers_to = {reference.split('"')[0] for reference in json.dumps(described).split('"$ref": "#/$defs/')[1:]}
    assert refers_to == set(described["$defs"])
    assert described["properties"]["rules"]["items"]["required"] == ["id", "when", "then", "because", "source"]
