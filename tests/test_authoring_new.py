"""What is begun is sound: new bases pass at once, new entries load, new rules start red and turn green, nothing else changes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from triage.authoring.adding import new_fact, new_rule
from triage.authoring.formatting import format_data, format_folder
from triage.authoring.inserting import OneLineSectionError, with_entry
from triage.authoring.layers import earlier_layer, skipped_layers
from triage.authoring.refusing import RefusedError
from triage.authoring.skeletons import LINE_TO_DELETE, TO_WRITE, NewRule
from triage.authoring.starting import new_base
from triage.checking import check
from triage.cli import main
from triage.cli.words import WORDS
from triage.errors import KnowledgeError
from triage.expert import ExpertSystem
from triage.loading import load_cases, load_knowledge, select
from triage.trying import run_case

ROOT = Path(__file__).parent.parent
HOME = ROOT / "tests" / "cli_knowledge" / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a small base, all its rules in one file."""
    shutil.copytree(HOME, tmp_path / "home")
    return tmp_path / "home"


def texts(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(error: RefusedError) -> str:
    return f"{error.render('en')}\n{error.render('zh')}"


def differences(folder: Path, name: str) -> list[str]:
    """What is otherwise than expected in the cases whose name holds some words; there is one at least."""
    system = ExpertSystem.open(folder)
    cases = select(load_cases(folder, system.knowledge), name=name)
    assert cases
    failures = [failure for case in cases for failure in run_case(system, case).failures]
    return [difference.key for failure in failures for difference in failure.differences]


def finish(folder: Path, rule: str) -> None:
    """Do the author's part: take the line out that keeps a rule silent, with the two that say so."""
    path = folder / load_knowledge(folder).rules[rule].place.file
    lines = path.read_text("utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if line.strip() == f"# {LINE_TO_DELETE.zh}")
    assert lines[at + 1].strip() == f"# {LINE_TO_DELETE.en}"
    assert lines[at + 2].startswith("    all: ")
    path.write_text("\n".join(lines[:at] + lines[at + 3 :]), encoding="utf-8")


# a base


def test_a_new_base_passes_its_cases_and_nothing_is_found_in_it(tmp_path: Path) -> None:
    files = new_base(tmp_path / "kitchen-2")

    system = ExpertSystem.open(tmp_path / "kitchen-2")
    cases = load_cases(tmp_path / "kitchen-2", system.knowledge)
    assert system.knowledge.identity.id == "kitchen-2"
    assert len(cases) >= 5
    assert [case.name for case in cases if not run_case(system, case).passed] == []
    assert check(tmp_path / "kitchen-2").findings == ()
    assert set(files) == set((tmp_path / "kitchen-2").rglob("*.yaml"))


def test_every_file_of_a_new_base_is_laid_out_says_that_it_is_an_example_and_explains_itself_in_both_languages(
    tmp_path: Path,
) -> None:
    new_base(tmp_path / "kitchen")
    for file in format_folder(tmp_path / "kitchen"):
        text = file.before.decode()
        assert not file.changed
        comments = "".join(line for line in text.splitlines() if line.lstrip().startswith("#"))
        assert re.search(r"[\u4e00-\u9fff]", comments)
        assert re.search(r"[A-Za-z]{3} [a-z]{2}", comments)
        assert "EXAMPLE" in text
        assert "示例" in text


def test_in_a_new_base_everything_that_is_unknown_ends_with_somebody_sent(tmp_path: Path) -> None:
    new_base(tmp_path / "kitchen")
    system = ExpertSystem.open(tmp_path / "kitchen")
    ended = system.assess_json({"facts": dict.fromkeys(system.knowledge.facts, "unknown")}).decision
    assert ended is not None
    assert ended["action"].value == "dispatch"


def test_a_base_is_not_made_where_something_is(tmp_path: Path, folder: Path) -> None:
    before = texts(folder)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for there in (folder, tmp_path / "file"):
        with pytest.raises(RefusedError) as caught:
            new_base(there)
        assert "is there already and not empty" in refused(caught.value)
    assert texts(folder) == before
    assert new_base(tmp_path / "empty")


def test_a_base_s_name_is_held_to_the_rules_for_ids(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        new_base(tmp_path / "My Base")
    assert "such as `my-base`" in refused(caught.value)
    assert "例如 `my-base`" in refused(caught.value)
    assert not (tmp_path / "My Base").exists()


def test_the_command_puts_a_base_beside_the_others_and_says_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "knowledge").mkdir()
    assert main(["new", "base", "kitchen", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "made the base knowledge/kitchen (10 files)" in said
    for command in re.findall(r"triage (test) (\S+)", said):
        assert main([*command, "--lang", "en"]) == 0
    assert main(["new", "base", "elsewhere/kitchen"]) == 0
    assert (tmp_path / "elsewhere" / "kitchen" / "base.yaml").is_file()
    assert main(["new", "base", "kitchen", "--lang", "zh"]) == 2
    assert "已经有内容了" in capsys.readouterr().err


# entries as text

ADDED = {
    "an entry": "rules:\n- id: a\n  b: c\n+- id: new\n+  x: y\n",
    "another section below": "rules:\n- id: a\n+- id: new\n+  x: y\n\n# --- b\nfacts:\n- c\n",
    "a comment of the last entry": "rules:\n- id: a\n  # b\n+- id: new\n+  x: y\n# c\n",
    "blank lines between entries": "rules:\n- id: a\n\n- id: b\n+\n+- id: new\n+  x: y\n",
    "deeper lists": "rules:\n    - id: a\n      b: c\n+    - id: new\n+      x: y\n",
    "line ends of Windows": "rules:\r\n- id: a\r\n+- id: new\r\n+  x: y\r\n",
    "a byte order mark": "\ufeffrules:\n- id: a\n+- id: new\n+  x: y\n",
    "a folded text at the end": "rules:\n- a: >-\n    b\n    c\n+- id: new\n+  x: y\n\n\nd: e\n",
    "a text that keeps its blank lines": "rules:\n- a: |+\n    b\n\n\n+- id: new\n+  x: y\nd: e\n",
    "brackets over several lines": "rules:\n- a: {b: c,\n    d: e} # f\n+- id: new\n+  x: y\n",
    "an alias at the end": "a: &b [c]\nrules:\n- d: *b\n+- id: new\n+  x: y\ne: f\n",
    "a list in the last entry": "rules:\n- a:\n  - b\n  - c\n+- id: new\n+  x: y\n",
    "a key of the same name further in": "a:\n  rules:\n  - b\nrules:\n- c\n+- id: new\n+  x: y\n",
    "no such section": "facts:\n- a\n+\n+rules:\n+- id: new\n+  x: y\n",
    "no file": "+rules:\n+- id: new\n+  x: y\n",
}
"""Files, with a plus before every line that is added."""


@pytest.mark.parametrize("marked", ADDED.values(), ids=ADDED)
def test_an_entry_goes_to_the_end_of_its_section_and_all_else_stays_to_the_byte(marked: str) -> None:
    lines = marked.splitlines(keepends=True)
    before = "".join(line for line in lines if not line.startswith("+"))
    first = next(number for number, line in enumerate(lines, start=1) if "- id: new" in line)

    after, at = with_entry(before.encode(), "rules", ["- id: new", "  x: y"])

    assert after.decode() == "".join(line.removeprefix("+") for line in lines)
    assert at == first


def test_a_last_line_without_an_end_gets_one() -> None:
    assert with_entry(b"rules:\n- id: a", "rules", ["- id: new"]) == (b"rules:\n- id: a\n- id: new\n", 3)


@pytest.mark.parametrize("text", ["rules: []\n", "rules: [{id: a}]\n", "rules: {}\n", "rules: a\n"])
def test_a_section_in_brackets_takes_no_line(text: str) -> None:
    with pytest.raises(OneLineSectionError):
        with_entry(text.encode(), "rules", ["- id: new"])


# a fact


def test_a_new_fact_is_asked_for_and_changes_no_call(folder: Path) -> None:
    system = ExpertSystem.open(folder)
    passed = [run_case(system, case).passed for case in load_cases(folder, system.knowledge)]
    before = (folder / "facts.yaml").read_bytes()

    fact, question = new_fact(folder, "smell", ["none", "burnt"])

    grown = ExpertSystem.open(folder)
    assert tuple(grown.knowledge.facts["smell"].values) == ("none", "burnt")
    assert grown.knowledge.question_of["smell"].id == "smell"
    assert (fact.place, question.place) == (grown.knowledge.facts["smell"].place, grown.knowledge.questions["smell"].place)
    assert [run_case(grown, case).passed for case in load_cases(folder, grown.knowledge)] == passed
    after = (folder / "facts.yaml").read_bytes()
    added = [line for line in after.splitlines() if b"smell" in line or b"burnt" in line or TO_WRITE.en.encode() in line]
    assert len(added) == 8
    without = b"".join(
        part for part in after.splitlines(keepends=True) if part.strip() not in {a.strip() for a in added} | {b"values:"}
    )
    assert without == b"".join(part for part in before.splitlines(keepends=True) if part.strip() != b"values:")
    assert format_data("facts.yaml", after)[0] == after


def test_what_an_author_has_to_write_is_marked_in_both_languages(folder: Path) -> None:
    new_fact(folder, "smell", ["none", "burnt"])
    fact = load_knowledge(folder).facts["smell"]
    for text in (fact.text, *fact.values.values(), load_knowledge(folder).questions["smell"].text):
        assert TO_WRITE.zh in text.zh
        assert TO_WRITE.en in text.en
    assert TO_WRITE.en in fact.source[0]


def test_a_file_is_chosen_where_none_is_named_and_may_be_named(folder: Path) -> None:
    new_fact(folder, "one", ["a"])
    new_fact(folder, "two", ["a"], "more/facts.yaml")
    new_fact(folder, "three", ["a"])
    new_fact(folder, "four", ["a"], "rules.yaml")
    places = {name: fact.place.file for name, fact in load_knowledge(folder).facts.items()}
    assert [places[name] for name in ("one", "two", "three", "four")] == [
        "facts.yaml",
        "more/facts.yaml",
        "facts/new.yaml",
        "rules.yaml",
    ]


TAKEN = {
    "lamp": "the fact `lamp` exists already, at facts.yaml:28:3",
    "fault": "the inferred fact `fault` exists already, at rules.yaml:2:3",
    "address": "the field `address` exists already, at base.yaml:",
    "metres": "the parameter `metres` exists already, at base.yaml:",
    "dangers": "the question `dangers` exists already, at facts.yaml:",
    "Gas Smell": "a letter first, at most 80 characters, such as `gas_smell`",
    "气味": "`气味` cannot be an id",
    "unknown": "`unknown` is a reserved word",
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_name_that_cannot_be_used_is_refused_with_the_place_of_the_first(folder: Path, name: str) -> None:
    before = texts(folder)
    with pytest.raises(RefusedError) as caught:
        new_fact(folder, name, ["a"])
    assert TAKEN[name] in refused(caught.value)
    assert texts(folder) == before


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a", "a"], "the value `a` is given twice"),
        (["A"], "such as `a`"),
        (["unknown"], "reserved word"),
        ([""], "expected one word"),
    ],
)
def test_values_are_checked(folder: Path, values: list[str], said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        new_fact(folder, "smell", values)
    assert said in refused(caught.value)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("../x.yaml", "does not lie in the base's folder"),
        ("/tmp/x.yaml", "does not lie in the base's folder"),  # noqa: S108 - it is never written
        (".hidden/x.yaml", "does not lie in the base's folder"),
        ("x.yml", "must end in `.yaml`"),
        ("x.cases.yaml", "must end in `.yaml` (and not in `.cases.yaml`)"),
        (
            "cases/x.yaml",
            "stands among the cases, in `cases/`, and is no knowledge file; choose another folder, such as `facts/`",
        ),
    ],
)
def test_files_outside_the_base_or_of_another_kind_are_refused(folder: Path, file: str, said: str) -> None:
    before = texts(folder)
    with pytest.raises(RefusedError) as caught:
        new_fact(folder, "smell", ["a"], file)
    assert said in refused(caught.value)
    assert texts(folder) == before


def test_a_new_fact_may_have_a_gate_and_then_counts_only_there(folder: Path) -> None:
    new_fact(folder, "smell", ["none", "burnt"], gate={"trouble": ["no_power"], "lamp": ["dark", "some"]})
    text = (folder / "facts.yaml").read_text("utf-8")
    assert "  applies_when: {trouble: no_power, lamp: [dark, some]}\n" in text
    assert format_data("facts.yaml", text.encode())[0] == text.encode()
    facts = {"trouble": "flicker", "lamp": "dark", "smell": "burnt"}
    assert [answer.fact for answer in ExpertSystem.open(folder).assess_json({"facts": facts}).inapplicable] == ["smell"]


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ({"lmap": ["dark"]}, "unknown fact `lmap`; did you mean `lamp`?"),
        ({"lamp": ["drak"]}, "did you mean `dark`?"),
        ({"lamp": ["unknown"]}, "`lamp: unknown` may not stand here"),
        ({"fault": ["line"]}, "`fault` is an inferred fact; only an observable fact may stand here"),
        ({"smell": ["burnt"]}, "unknown fact `smell`"),
    ],
)
def test_gates_are_checked(folder: Path, gate: dict[str, list[str]], said: str) -> None:
    before = texts(folder)
    with pytest.raises(RefusedError) as caught:
        new_fact(folder, "smell", ["none", "burnt"], gate=gate)
    assert said in refused(caught.value)
    assert texts(folder) == before


def test_a_fact_without_a_gate_is_warned_of_and_one_with_a_gate_is_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "fact", str(folder), "one", "--lang", "en"]) == 0
    assert "Note: one has no gate" in capsys.readouterr().out
    assert main(["new", "fact", str(folder), "two", "--applies-when", "lamp=dark", "--lang", "en"]) == 0
    assert "Note" not in capsys.readouterr().out
    assert main(["new", "fact", str(folder), "three", "--applies-when", "lamp", "--lang", "en"]) == 2
    assert "--applies-when takes fact=value" in capsys.readouterr().err


def test_a_base_with_mistakes_is_told_of_them_and_not_touched(folder: Path) -> None:
    (folder / "rules.yaml").write_text(
        (folder / "rules.yaml").read_text("utf-8").replace("wire_down: seen", "wire_dwn: seen"), "utf-8"
    )
    before = texts(folder)
    with pytest.raises(KnowledgeError) as caught:
        new_fact(folder, "smell", ["a"])
    assert "unknown fact `wire_dwn`; did you mean `wire_down`?" in str(caught.value)
    with pytest.raises(KnowledgeError):
        new_rule(folder, NewRule("new"))
    assert texts(folder) == before


def test_sections_in_brackets_are_refused_with_a_way_out(folder: Path) -> None:
    (folder / "short.yaml").write_text("rules: []\n", encoding="utf-8")
    with pytest.raises(RefusedError) as caught:
        new_rule(folder, NewRule("new"), "short.yaml")
    assert "`rules` in `short.yaml` is written in brackets" in refused(caught.value)


# a rule

RULES: dict[str, tuple[NewRule, dict[str, object] | None]] = {
    "one condition": (NewRule("new", {"lamp": ["dark"]}, {"fault": "line"}, 30), {"lamp": "dark"}),
    "several values": (NewRule("new", {"lamp": ["some", "dark"]}, {"fault": "line"}, 30), {"lamp": "dark"}),
    "a gate": (NewRule("new", {"breaker": ["tripped"]}, {"arrival": "fast"}, 99), {"trouble": "no_power", "breaker": "tripped"}),
    "something concluded": (NewRule("new", {"fault": ["house"]}, {"arrival": "fast"}, 99), None),
    "a list to tick": (
        NewRule("new", {"wire_down": ["not_seen"], "fire": ["not_seen"]}, {"arrival": "fast"}, 99),
        {"dangers": []},
    ),
    "a stronger rule in the way": (
        NewRule("new", {"neighbours": ["out", "fine"]}, {"fault": "house"}, 55),
        {"neighbours": "fine"},
    ),
}


@pytest.mark.parametrize(("rule", "given"), RULES.values(), ids=RULES)
def test_a_new_rule_starts_red_and_is_green_once_its_author_has_done_his_part(
    folder: Path, rule: NewRule, given: dict[str, object] | None
) -> None:
    old = load_knowledge(folder)
    added = new_rule(folder, rule)

    assert [part.what for part in added] == ["rule", "case"]
    assert "fired" in differences(folder, rule.id)
    silent = load_knowledge(folder)
    assert {name: silent.rules[name] for name in old.rules} == dict(old.rules)
    case = select(load_cases(folder, silent), name="new")[0]
    assert case.turns[0].fired == ("new",)
    assert dict(case.turns[0].if_ended_now) == dict(rule.then)
    written = (folder / case.place.file).read_text("utf-8").split("- case: ")[-1]
    for fact, value in (given or {}).items():
        assert f"{fact}: {value}" in written

    finish(folder, "new")

    assert differences(folder, "new") == []
    assert [part for part in check(folder).findings if part.about == "new" and part.severity == "error"] == []


def test_a_rule_about_which_nothing_is_said_yet_loads_stays_silent_and_is_red(folder: Path) -> None:
    new_rule(folder, NewRule("new"))
    assert differences(folder, "new") == ["fired"]
    assert {"dead-rule"} >= {part.id for part in check(folder).findings if part.about == "new"}
    text = (folder / "rules.yaml").read_text("utf-8").split("- id: new")[1]
    assert text.count(TO_WRITE.zh) == 4
    assert text.count(TO_WRITE.en) == 4


def test_new_rules_leave_every_other_byte_and_the_layout_as_they_are(folder: Path) -> None:
    before = texts(folder)
    new_rule(folder, RULES["a gate"][0])
    after = texts(folder)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"rules.yaml", "home.cases.yaml"}
    assert after["rules.yaml"].startswith(before["rules.yaml"].split(b"messages:")[0].rstrip())
    assert after["home.cases.yaml"].startswith(before["home.cases.yaml"])
    assert [file.path for file in format_folder(folder) if file.changed] == []


def test_the_case_goes_to_the_file_named_like_the_rule_s(folder: Path) -> None:
    (folder / "cases").mkdir()
    text = "cases:\n- case: x\n  source: S1\n  given: {lamp: dark}\n  status: needs_input\n"
    (folder / "cases" / "lamps.cases.yaml").write_text(text, encoding="utf-8")
    places = [part.place.file for part in new_rule(folder, NewRule("one"), "rules/lamps.yaml")]
    assert places == ["rules/lamps.yaml", "cases/lamps.cases.yaml"]
    places = [part.place.file for part in new_rule(folder, NewRule("two"))]
    assert places == ["rules/new.yaml", "cases/new.cases.yaml"]
    places = [part.place.file for part in new_rule(folder, NewRule("three"), "rules.yaml", "some.cases.yaml")]
    assert places == ["rules.yaml", "some.cases.yaml"]


REFUSED = {
    "a rule there is": (NewRule("tripped"), "the rule `tripped` exists already, at rules.yaml:"),
    "an id with another joint": (NewRule("my_rule"), "such as `my-rule`"),
    "a fact misspelt": (NewRule("new", {"lmap": ["dark"]}), "unknown fact `lmap`; did you mean `lamp`?"),
    "a value misspelt": (
        NewRule("new", {"lamp": ["drak"]}),
        "`lamp: drak` is not a value of `lamp` (dark, some); did you mean `dark`?",
    ),
    "a field": (NewRule("new", {"address": ["x"]}), "`address` is a field; only an observable fact or an inferred fact"),
    "an observable fact concluded": (NewRule("new", {}, {"lamp": "dark"}), "`lamp` is an observable fact; only an inferred fact"),
    "a conclusion misspelt": (NewRule("new", {}, {"fault": "hous"}), "did you mean `house`?"),
    "a tie": (
        NewRule("new", {"neighbours": ["out"], "lamp": ["dark"]}, {"fault": "house"}, 60),
        "with the priority 60 it would tie with `neighbours-out`, which concludes `fault` otherwise, for example on "
        "{neighbours: out, lamp: dark}; choose another priority (the rules it can meet have 95, 90, 60, 40)",
    ),
    "what cannot be": (
        NewRule("new", {"breaker": ["closed"], "trouble": ["flicker"]}),
        "no possible call fulfils these conditions",
    ),
}


@pytest.mark.parametrize(("rule", "said"), REFUSED.values(), ids=REFUSED)
def test_a_rule_that_cannot_be_is_refused_with_what_was_probably_meant(folder: Path, rule: NewRule, said: str) -> None:
    before = texts(folder)
    with pytest.raises(RefusedError) as caught:
        new_rule(folder, rule)
    assert said in refused(caught.value)
    assert texts(folder) == before


def test_other_broken_case_files_do_no_harm_but_the_one_written_to_must_be_readable(folder: Path) -> None:
    (folder / "broken.cases.yaml").write_text("cases:\n- {case: x\n", encoding="utf-8")
    new_rule(folder, NewRule("new"))
    before = texts(folder)
    with pytest.raises(KnowledgeError) as caught:
        new_rule(folder, NewRule("other"), cases="broken.cases.yaml")
    assert re.search(r"broken\.cases\.yaml:\d:\d: this cannot be read as YAML", str(caught.value))
    assert texts(folder) == before


# the commands


def test_the_commands_say_where_and_what_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    assert main(["new", "fact", "home", "smell", "--values", "none, burnt", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "home/facts.yaml:46:3: the fact smell" in said
    assert "triage new rule home ID --when smell=none" in said
    rule = ["new", "rule", "home", "burnt", "--when", "smell=burnt", "--when", "lamp=dark,some", "--then", "fault=house"]
    assert main([*rule, "--priority", "98", "--file", "home/rules.yaml", "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"home/rules.yaml:\d+:3：规则 burnt", said)
    assert re.search(r"home/home.cases.yaml:\d+:3：用例，期望 burnt 起作用", said)
    assert "triage test home --name burnt" in said
    finish(folder, "burnt")
    assert differences(folder, "burnt") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--when", "lamp"], "--when takes fact=value, such as --when complaint=no_power,partial_power, not `lamp`"),
        (["--when", "=x"], "--when takes fact=value"),
        (["--then", "fault="], "--then takes fact=value"),
        (["--when", "lamp=dark", "--when", "lamp=some"], "--when: `lamp` is given twice; put several values in one, with commas"),
        (["--priority", "2000"], "--priority"),
    ],
)
def test_what_is_wrongly_asked_for_is_explained(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["new", "rule", str(folder), "new", *arguments, "--lang", "en"]) == 2
    assert said in capsys.readouterr().err


def test_shipped_bases_are_not_changed_where_they_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["new", "fact", "power", "smell"], ["new", "rule", "power", "new"], ["fmt", "power"], ["fmt"]):
        assert main([*command, "--lang", "en"]) == 2
        assert "`power` is shipped with the software and not in the current folder" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["base"], ["fact"], ["rule"]])
def test_the_help_of_every_beginning_speaks_one_language(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["new", *arguments, "--help", "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert "help-" not in said
    assert "显示这份帮助并退出" in said
    assert not re.search(r"Options|Arguments|Commands|Show this", said)


def test_what_help_shows_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts and rules, in the order they stand there, for a new base `kitchen` and for `power`."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")
    helped = [WORDS[key].en for key in ("help-new-examples", "help-new-fact-examples", "help-new-rule-examples")]
    shown = [line for text in helped for line in text.partition(": ")[2].split(" · ")]
    assert len(set(shown)) == 5
    for command in dict.fromkeys(shown):
        assert main(command.split()[1:]) == 0, command


@pytest.fixture
def power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped base, as seen from the folder above `knowledge/`."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "knowledge" / "power", tmp_path / "knowledge" / "power")
    return tmp_path / "knowledge" / "power"


def test_the_authors_readme_followed_as_it_stands_leaves_all_cases_passing(
    power: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both languages show the same two commands; between them and the end an author deletes one marked line."""
    readme = (ROOT / "knowledge" / "README.md").read_text("utf-8")
    zh, en = (
        [" ".join(c.split()) for c in re.findall(r"`(triage new (?:fact|rule) [^`]*)`", h)] for h in readme.split("\n---\n")
    )
    assert zh == en
    assert [command.split()[2] for command in zh] == ["fact", "rule"]
    cases = sum(path.read_text("utf-8").count("- case: ") for path in power.rglob("*.cases.yaml"))
    for command in zh:
        assert main([*command.split()[1:], "--lang", "en"]) == 0, command
    assert "Note:" not in capsys.readouterr().out
    finish(power, zh[1].split()[4])

    assert main(["test", "power", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert f"all {cases + 1} cases passed" in said
    assert "all hold" in said


def test_a_rule_that_skips_a_layer_is_told_which_conclusion_comes_first(power: Path, capsys: pytest.CaptureFixture[str]) -> None:
    knowledge = load_knowledge(power)
    assert earlier_layer(knowledge, "action") == ("situation",)
    assert earlier_layer(knowledge, "owner") == ("place", "situation")
    for first in ("situation", "finding", "danger", "priority"):
        assert earlier_layer(knowledge, first) == ()

    rule = ["new", "rule", "power", "new", "--when", "noise_level=above", "--then", "action=plan_works"]
    assert main([*rule, "--priority", "95", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "rules that conclude `action` all go by what is concluded earlier, first of all `situation`" in said
    assert "`--then situation=…`" in said
    assert {"new"} == {clause.rule for clause in load_knowledge(power).clauses["action"]} - {
        clause.rule for clause in knowledge.clauses["action"]
    }


def test_a_rule_that_goes_by_the_layer_before_is_left_in_peace(power: Path) -> None:
    knowledge = load_knowledge(power)
    for when, then in (
        ({"situation": ["noise_over"]}, {"action": "dispatch"}),
        ({"noise_level": ["above"]}, {"situation": "noise_over"}),
        ({"place": ["meter"]}, {"owner": "customer"}),
    ):
        assert list(skipped_layers(knowledge, NewRule("new", when, then))) == []
