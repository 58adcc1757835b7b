"""The editor is told the truth: what is sound is accepted, mistakes of shape and names are marked, ids and values completed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from triage.authoring.editor_files import editor_settings
from triage.authoring.editor_schema import KINDS, Kind, editor_schema
from triage.authoring.hints import HINTS, hint
from triage.cli import main
from triage.loading import cases, load_knowledge, sections
from triage.loading.documents import Mapping, Node, Scalar, read_document
from triage.loading.mistakes import Report
from triage.model import LANGUAGES, UNKNOWN

TESTS = Path(__file__).parent
ROOT = TESTS.parent
BASES = [ROOT / "knowledge" / "power", ROOT / "knowledge" / "desk", ROOT / "triage" / "authoring" / "starter"]
BASES += [TESTS / "broken_knowledge" / "_sound", TESTS / "sample_knowledge" / "lamp", TESTS / "cli_knowledge" / "home"]
BROKEN = TESTS / "broken_knowledge"
LAMP = TESTS / "sample_knowledge" / "lamp"
SOUND = BROKEN / "_sound"


def kind_of(path: Path) -> Kind:
    return "cases" if path.name.endswith(".cases.yaml") else "knowledge"


@cache
def validator(kind: Kind, base: Path | None) -> Draft202012Validator:
    return Draft202012Validator(editor_schema(kind, "en", None if base is None else load_knowledge(base)))


def as_read(node: Node) -> Any:
    """What the loader sees: words such as `on` and `no` are words."""
    if isinstance(node, Scalar):
        return {"text": node.text, "number": node.number, "truth": node.truth, "nothing": None}[node.kind]
    if isinstance(node, Mapping):
        return {key: as_read(entry.value) for key, entry in node.entries.items()}
    return [as_read(item) for item in node.items]


def complaints(path: Path, base: Path | None) -> list[str]:
    """What the schema of one base, or the general one, has against a file that can be read."""
    root = read_document(path.name, path.read_bytes(), Report())
    assert root is not None
    return [f"{error.json_path}: {error.message}" for error in validator(kind_of(path), base).iter_errors(as_read(root))]


# what is sound


@pytest.mark.parametrize("base", BASES, ids=lambda path: path.name)
def test_every_sound_file_fits_the_general_schema_and_that_of_its_base(base: Path) -> None:
    files = sorted(base.rglob("*.yaml"))
    assert {kind_of(path) for path in files} == set(KINDS)
    for path in files:
        if path == SOUND / "some.cases.yaml":  # no cases at all: loading must not look at it
            continue
        assert complaints(path, None) == [], path
        assert complaints(path, base) == [], path


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_sound_in_both_languages_and_say_the_same(kind: Kind, language: Any) -> None:
    knowledge = load_knowledge(LAMP)
    schema = editor_schema(kind, language, knowledge)
    Draft202012Validator.check_schema(schema)
    other = editor_schema(kind, "en" if language == "zh" else "zh", knowledge)
    assert without_words(schema) == without_words(other)
    assert str(schema["title"]).startswith(knowledge.identity.title.get(language))
    Draft202012Validator.check_schema(editor_schema(kind, language))


def without_words(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            key: without_words(below) for key, below in part.items() if key not in ("title", "description", "enumDescriptions")
        }
    return [without_words(item) for item in part] if isinstance(part, list) else part


# what is not sound: every broken base of the tests of loading, by what it takes to see it

NOT_READ = {
    # The file is no YAML, or not the YAML that is read here: the editor's own parser, or loading, tells.
    *("comma-needs-quotes", "directive", "duplicate-key", "empty-file", "endless-alias", "key-not-a-word", "merge-key"),
    *("not-utf8", "several-documents", "strange-character", "syntax", "tag", "too-deep", "too-many-nodes", "unknown-anchor"),
}
OF_SHAPE = {
    # The general schema marks these.
    *("blank", "braces-need-quotes", "fullwidth-colon", "malformed-id", "missing-key", "missing-language", "moment-missing"),
    *("moment-not-needed", "needs-quotes", "not-one-of", "other-house-forbids", "out-of-range", "reserved-id", "tick-missing"),
    *("tick-not-needed", "time-of-day-not-needed", "too-few", "unknown-key", "wrong-type"),
}
OF_NAMES = {
    # So does the schema of the base, which knows its names and values.
    *("repeated", "unknown-fact", "unknown-instruction", "unknown-name", "unknown-not-allowed", "unknown-parameter"),
    *("unknown-population", "unknown-question", "unknown-system", "unknown-value", "wrong-kind"),
}
ONLY_LOADING = {
    # What stands in other places or files, what follows from it, and what texts hold: no schema can see it.
    *("asked-twice", "bad-group", "bad-phrase", "bad-ranges", "base-missing", "base-twice", "broken-braces", "duplicate-id"),
    *("empty-condition", "gate-cycle", "name-taken", "never-holds", "not-a-number", "not-asked", "placeholder-not-here"),
    *("not-asked-of", "section-twice", "takes-no-numbers"),
    *("resolves-nothing", "rule-cycle", "tick-same", "unknown-placeholder", "unreadable-file", "weights-chain"),
    *("weights-given-itself", "weights-incomplete", "weights-incomplete-given", "wrong-ending"),
}
BUT_NOT = {
    # Of those marked, the examples in which it depends on another entry, or JSON has no such number.
    *("out-of-range--not-a-number", "unknown-not-allowed--patience", "unknown-value--default"),
}
FAULTS = sorted(path.name for path in BROKEN.iterdir() if path.is_dir() and path != SOUND)


def test_every_kind_of_mistake_is_said_to_be_seen_or_not() -> None:
    codes = {fault.partition("--")[0] for fault in FAULTS}
    seen: list[set[str]] = [NOT_READ, OF_SHAPE, OF_NAMES, ONLY_LOADING]
    assert set().union(*seen) == codes
    assert sum(map(len, seen)) == len(codes)


def marked(fault: str, base: Path | None) -> list[str]:
    return [said for path in sorted((BROKEN / fault).glob("*.yaml")) if path.is_file() for said in complaints(path, base)]


def of(*codes: set[str]) -> list[str]:
    return [fault for fault in FAULTS if fault.partition("--")[0] in set().union(*codes) and fault not in BUT_NOT]


@pytest.mark.parametrize("fault", of(OF_SHAPE))
def test_a_mistake_of_shape_is_marked_by_the_general_schema(fault: str) -> None:
    assert marked(fault, None) != []


@pytest.mark.parametrize("fault", of(OF_NAMES))
def test_a_mistake_of_names_is_marked_by_the_schema_of_the_base(fault: str) -> None:
    assert marked(fault, SOUND) != []


@pytest.mark.parametrize("fault", [*of(ONLY_LOADING), *sorted(BUT_NOT)])
def test_what_only_loading_sees_is_listed_so_for_good_reason(fault: str) -> None:
    assert marked(fault, None) == []


CASES_OF_NAMES = {
    # Broken case files that the schema of the base marks and the general one does not.
    *("candidates_of_what_is_no_target", "expectation_within_expect", "list_for_a_single_fact", "observable_fact_expected"),
    *("number_for_a_fact_without_ranges", "one_word_for_a_list_to_tick", "question_in_place_of_its_fact"),
    *("source_that_does_not_exist", "ticked_but_not_on_the_list", "unknown_candidate", "unknown_conclusion", "unknown_fact"),
    *("unknown_field", "unknown_inferred_fact", "unknown_message", "unknown_missing_field", "unknown_question", "unknown_region"),
    *("unknown_rule", "unknown_system", "unknown_system_to_ask", "unknown_value"),
}
CASES_OF_SHAPE = {
    # Those that the general schema marks.
    *(
        "key_beside_turns",
        "no_source",
        "no_turns",
        "rules_in_a_case_file",
        "unknown_key",
        "unknown_status",
        "unknown_stop_reason",
    ),
}
CASES_UNSEEN = {
    # Those that only reading, or the rest of the case, shows.
    *("field_too_long", "not_yaml", "nothing_expected", "same_name_twice", "settled_before_it_can_be"),
    *("settled_in_a_contradiction",),
}


def test_broken_cases_are_marked_by_the_schema_that_can_see_them() -> None:
    files = {path.name.removesuffix(".cases.yaml"): path for path in (TESTS / "broken_cases").glob("*.yaml")}
    assert files.keys() == CASES_OF_NAMES | CASES_OF_SHAPE | CASES_UNSEEN
    for name, path in files.items():
        if name != "not_yaml":
            assert bool(complaints(path, None)) is (name in CASES_OF_SHAPE), name
            assert bool(complaints(path, LAMP)) is (name not in CASES_UNSEEN), name


# what is completed and shown


def resolved(schema: Any, part: Any) -> Any:
    """A part of a schema; where it only refers to a definition, that."""
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return part


def test_facts_and_their_values_are_completed_with_what_people_read() -> None:
    knowledge = load_knowledge(BASES[0])
    schema = editor_schema("knowledge", "zh", knowledge)
    when = resolved(schema, schema["properties"]["rules"]["items"]["properties"]["when"])["properties"]
    assert set(when) == {*knowledge.facts, *knowledge.inferred, "any", "all", "not"}
    assert when["balance"]["title"] == knowledge.facts["balance"].text.zh
    values = resolved(schema, when["balance"]["anyOf"][0])
    assert values["enum"] == [*knowledge.facts["balance"].values, UNKNOWN]
    assert values["enumDescriptions"] == [text.zh for text in knowledge.facts["balance"].values.values()] + ["说不清"]
    gate = resolved(schema, schema["properties"]["facts"]["items"]["properties"]["applies_when"])["properties"]
    assert set(gate) == {*knowledge.facts, "any", "all", "not"}
    assert UNKNOWN not in resolved(schema, gate["balance"]["anyOf"][0])["enum"]
    then = schema["properties"]["rules"]["items"]["properties"]["then"]["properties"]
    assert set(then) == set(knowledge.inferred)
    assert resolved(schema, then["fault"]["anyOf"][0])["enum"] == [*knowledge.inferred["fault"].values]


def test_rules_messages_questions_and_ticks_are_completed_in_cases() -> None:
    knowledge = load_knowledge(BASES[0])
    schema = editor_schema("cases", "en", knowledge)
    case = schema["properties"]["cases"]["items"]["properties"]
    for keys in (case, case["turns"]["items"]["properties"]):
        assert resolved(schema, resolved(schema, keys["fired"])["items"])["enum"] == sorted(knowledge.rules)
        assert resolved(schema, resolved(schema, keys["says"])["items"])["enum"] == sorted(knowledge.messages)
        assert resolved(schema, keys["asks_next"])["enum"] == sorted(knowledge.questions)
        given = resolved(schema, keys["given"])["properties"]
        ticks = {question.id for question in knowledge.questions.values() if question.tick}
        assert set(given) == {*knowledge.facts, *ticks}
        assert given["danger_signs"]["anyOf"][0]["items"]["enum"] == sorted(knowledge.questions["danger_signs"].fills)
        assert {"type": "number"} in given["meter_voltage"]["anyOf"]


def keys_of(schema: Any, path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], Any]]:
    """Every key that an author may write, with its part of the schema."""
    for name, part in schema.get("properties", {}).items():
        yield (*path, name), part
        yield from keys_of(part, (*path, name))
    for below in (schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())):
        if isinstance(below, dict):
            yield from keys_of(below, path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_the_format_has_a_hint(kind: Kind) -> None:
    schema = editor_schema(kind, "en")
    assert [".".join(path) for path, part in keys_of(schema) if not part.get("description")] == []


def test_every_hint_is_shown_somewhere_and_speaks_both_languages() -> None:
    shown = {part.get("description") for kind in KINDS for _, part in keys_of(editor_schema(kind, "en"))}
    shown |= {part.get("description") for _, part in keys_of(editor_schema("knowledge", "en")["$defs"]["condition"], ("when",))}
    assert {key for key, text in HINTS.items() if text.en not in shown} == set()
    assert all(re.search(r"[\u4e00-\u9fff]", text.zh) and not re.search(r"[\u4e00-\u9fff]", text.en) for text in HINTS.values())
    assert hint(("no", "such", "key")) is None


def test_the_general_schema_is_that_of_the_shapes_with_hints_and_what_depends_on_other_keys() -> None:
    def bare(part: Any) -> Any:
        if isinstance(part, dict):
            dependent = ("title", "description", "allOf")
            return {key: bare(below) for key, below in part.items() if key not in dependent or not isinstance(below, str | list)}
        return [bare(item) for item in part] if isinstance(part, list) else part

    assert bare(editor_schema("knowledge", "en")) == bare(sections.schema())
    assert bare(editor_schema("cases", "en")) == {**bare(cases.schema()), "$defs": {}}


# the command


def test_the_command_prints_a_schema_or_writes_it_with_the_line_for_the_editor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "knowledge", "--lang", "zh"]) == 0
    assert json.loads(capsys.readouterr().out) == editor_schema("knowledge", "zh")
    file = tmp_path / "deep" / "cases.json"
    assert main(["schema", "cases", str(LAMP), "-o", str(file), "--lang", "en"]) == 0
    assert json.loads(file.read_text("utf-8")) == editor_schema("cases", "en", load_knowledge(LAMP))
    assert f"# yaml-language-server: $schema={file.as_posix()}" in capsys.readouterr().out


def test_vscode_is_set_up_so_that_every_file_has_one_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(LAMP, tmp_path / "knowledge" / "lamp")
    assert main(["schema", "vscode", "lamp", "--lang", "en"]) == 0
    settings = json.loads((tmp_path / ".vscode" / "settings.json").read_text("utf-8"))
    for file in (tmp_path / "knowledge").rglob("*.yaml"):
        name = file.relative_to(tmp_path).as_posix()
        chosen = [schema for schema, patterns in settings["yaml.schemas"].items() if is_for(patterns, name)]
        assert chosen == [f"./.vscode/lamp-{kind_of(file)}.schema.json"]
        assert (tmp_path / chosen[0]).is_file()
    (tmp_path / ".vscode" / "settings.json").write_text('{"mine": true}', encoding="utf-8")
    capsys.readouterr()
    assert main(["schema", "vscode", "lamp", "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said[said.index("{") :]) == settings
    assert (tmp_path / ".vscode" / "settings.json").read_text("utf-8") == '{"mine": true}'


def is_for(patterns: list[str], name: str) -> bool:
    """As editors read them: one pattern must fit, and none behind an exclamation mark."""

    def fits(pattern: str) -> bool:
        return re.fullmatch(re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*"), name) is not None

    return any(fits(p) for p in patterns if p[0] != "!") and not any(fits(p[1:]) for p in patterns if p[0] == "!")


def test_the_settings_in_the_authors_readme_are_those_for_power(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = re.findall(r"```json\n(.*?)```", (ROOT / "knowledge" / "README.md").read_text("utf-8"), re.DOTALL)
    wanted = editor_settings(Path(".vscode"), Path("knowledge/power"), load_knowledge(BASES[0]))
    assert [json.loads(f"{{{text}}}") for text in shown] == [wanted, wanted]


def test_a_base_with_mistakes_gives_no_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "cases", str(BROKEN / "base-missing")]) == 3
    assert main(["schema", "rules", "--lang", "en"]) == 2
    assert "'rules' is not one of" in capsys.readouterr().err
