"""Rule files as Excel workbooks: what goes out comes back without loss, and what is wrong is told by sheet and cell."""

from __future__ import annotations

import datetime
import io
import re
import shutil
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from string import Formatter
from typing import Any

import openpyxl
import pytest

from triage.cli import main
from triage.errors import KnowledgeError
from triage.exchange.cells import SENTENCES, Cell, SheetError
from triage.exchange.editing import same
from triage.exchange.importing import Plan, plan_import, write_plan
from triage.exchange.layout import EXPORTED, FACTS, FIRST_ROW, GUIDE, HEADING_ROW, VALUES
from triage.exchange.reading import MAX_UNPACKED
from triage.exchange.tables import Row, row_of, rule_of
from triage.exchange.writing import rule_files, sheet_titles, workbook_bytes
from triage.loading import load_knowledge
from triage.loading.documents import Mapping, read_document
from triage.loading.mistakes import Report

ROOT = Path(__file__).parent.parent
HOME = ROOT / "tests" / "cli_knowledge" / "home"
SHIPPED = [ROOT / "knowledge" / name for name in ("power", "desk")]


@cache
def exported(base: Path) -> bytes:
    return workbook_bytes(base)


class Book:
    """A base in a folder of its own, and its workbook, to be changed as people do."""

    def __init__(self, folder: Path, base: Path = HOME) -> None:
        self.base = folder / base.name
        shutil.copytree(base, self.base)
        self.path = folder / f"{base.name}.xlsx"
        self.path.write_bytes(exported(base))
        self.book = openpyxl.load_workbook(self.path)

    def export(self) -> None:
        """Export the base as it is by now."""
        self.path.write_bytes(workbook_bytes(self.base))
        self.book = openpyxl.load_workbook(self.path)

    def sheet(self, title: str = "rules") -> Any:
        return self.book[title]

    def column(self, heading: str, sheet: str = "rules") -> int:
        """The column of a heading, made where there is none."""
        headings = [cell.value for cell in self.sheet(sheet)[HEADING_ROW]]
        if heading not in headings:
            headings.append(heading)
            self.sheet(sheet).cell(HEADING_ROW, len(headings)).value = heading
        return headings.index(heading) + 1

    def row(self, rule: str, sheet: str = "rules") -> int:
        rows = self.sheet(sheet).iter_rows(min_row=FIRST_ROW, max_col=1)
        return int(next(cells[0].row for cells in rows if cells[0].value == rule))

    def cell(self, rule: str, heading: str) -> Any:
        return self.sheet().cell(self.row(rule), self.column(heading))

    def set(self, rule: str, heading: str, value: object) -> str:
        """Write a cell; where it is."""
        cell = self.cell(rule, heading)
        cell.value = value
        return f"rules!{cell.coordinate}"

    def add(self, after: str | None, **texts: object) -> int:
        """A new row below that of a rule, or on top; its number. `_` stands for a blank."""
        place = FIRST_ROW if after is None else self.row(after) + 1
        self.sheet().insert_rows(place)
        for heading, value in texts.items():
            self.sheet().cell(place, self.column(heading.replace("_", " "))).value = value
        return place

    def delete(self, rule: str) -> None:
        self.sheet().delete_rows(self.row(rule))

    def plan(self, *, overwrite: bool = False) -> Plan:
        self.book.save(self.path)
        return plan_import(self.base, self.path, overwrite=overwrite)

    def mistakes(self, *, overwrite: bool = False) -> list[str]:
        """The lines told, in English, without the codes."""
        with pytest.raises(SheetError) as caught:
            self.plan(overwrite=overwrite)
        assert caught.value.render("zh").count("\n") == caught.value.render("en").count("\n")
        return [re.sub(r" {3}\[[a-z-]+\]$", "", line) for line in caught.value.render("en").splitlines()]

    def text(self) -> str:
        """The rule file, which declares the inferred facts too."""
        return (self.base / "rules.yaml").read_text("utf-8")

    def write(self, text: str) -> None:
        (self.base / "rules.yaml").write_text(text, encoding="utf-8")

    def write_rules(self, rules: str) -> None:
        """Put other rules into the rule file."""
        self.write(self.text()[: self.text().index("rules:")] + rules)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def kinds(plan: Plan) -> dict[str, str]:
    return {change.rule: change.kind for change in plan.changes}


NEW = {
    "if_trouble": "flicker",
    "then_fault": "line",
    "because_zh": "新。",
    "because_en": "New.",
    "source": "S1",
}
"""What a new row needs besides an id."""


# -- there and back


@pytest.mark.parametrize("base", SHIPPED, ids=lambda base: base.name)
def test_a_shipped_base_comes_back_from_its_workbook_and_from_its_cells_alone(base: Path, tmp_path: Path) -> None:
    file, copy = tmp_path / "book.xlsx", tmp_path / "copy"
    file.write_bytes(exported(base))
    plan = plan_import(base, file)
    assert (plan.changes, plan.texts, plan.left_out, plan.ignored, plan.cases) == ((), {}, (), (), ())
    shutil.copytree(base, copy)
    for name in rule_files(base):
        (copy / name).write_text("# emptied\nrules: []\n", encoding="utf-8")
    write_plan(plan_import(copy, file, overwrite=True))
    assert load_knowledge(copy).digest == load_knowledge(base).digest
    assert (copy / rule_files(base)[0]).read_text("utf-8").startswith("# emptied\nrules:\n- id: ")


def test_conditions_and_conclusions_of_every_form_come_back_from_their_cells(tmp_path: Path) -> None:
    book = Book(tmp_path)
    rules = """rules:
- id: nested
  when:
    neighbours: {not: out}
    trouble: [no_power, unknown]
    breaker: {not: [tripped]}
    any:
    - {lamp: dark, all: [{fire: seen}, {not: {any: [{wire_down: seen}, {voltage: low}]}}]}
    - {voltage: {not: [low]}}
    not: {caller_patience: exhausted}
  then: {fault: {value: line, priority: 70}, action: {value: self_service}, arrival: fast}
  priority: 61
  because: {zh: "=1+1 是多少：{metres}", en: "'quoted', - dashed: # not a comment"}
  source: ["S1 §2(4)", "@S2", "- S3", "B1 [A]"]
  safe_side: true
- {id: always, when: {}, then: {arrival: normal}, because: {zh: "+1", en: "-1"}, source: "123"}
"""
    book.write_rules(rules)
    meant = load_knowledge(book.base)
    book.export()
    row = {book.sheet().cell(HEADING_ROW, cell.column).value: cell.value for cell in book.sheet()[FIRST_ROW] if cell.value}
    assert row["if neighbours"] == "not out"
    assert row["if trouble"] == "no_power | unknown"
    assert row["then fault"] == "line @ 70"
    assert row["if any/all/not"].startswith("any: [{lamp: dark, all: [{fire: seen}")
    assert (row["priority"], row["safe_side"], row["source"]) == (61, "true", "S1 §2(4)\n@S2\n- S3\nB1 [A]")
    book.write_rules("rules: []\n")
    write_plan(book.plan(overwrite=True))
    assert load_knowledge(book.base).digest == meant.digest


def _condition(rng: Random, depth: int) -> str:
    """A condition in one line of YAML, nested at random."""
    parts: dict[str, str] = {}
    for name in rng.sample(["f1", "f2", "f3", "any", "all", "not"], rng.randint(1, 3)):
        if name == "not":
            parts[name] = _condition(rng, depth - 1) if depth else "{f4: a}"
        elif name in ("any", "all"):
            inner = [_condition(rng, depth - 1) for _ in range(rng.randint(1, 3))] if depth else ["{f5: a}"]
            parts[name] = f"[{', '.join(inner)}]"
        else:
            values = rng.choice(["a", "[a]", "[a, b, unknown]", "unknown", '"a"'])
            parts[name] = f"{{not: {values}}}" if rng.random() < 0.3 else values
    return "{" + ", ".join(f"{name}: {part}" for name, part in parts.items()) + "}"


@dataclass
class _Row:
    texts: Row

    def cell(self, title: str) -> Cell:
        return Cell("rules", 4, 1 + list(self.texts).index(title) if title in self.texts else 1)


def test_any_condition_comes_back_from_its_row() -> None:
    for seed in range(200):
        rng = Random(seed)
        then = rng.choice(["{i1: a}", "{i1: {value: a, priority: 7}, i2: b}", "{i1: {value: a}}"])
        text = f"{{id: r, when: {_condition(rng, 2)}, then: {then}, because: {{zh: 一, en: o}}, source: [S1, S2]}}"
        report = Report()
        rule = read_document("x.yaml", text.encode(), report)
        assert isinstance(rule, Mapping)
        back = rule_of(_Row(row_of(rule)), None, report)
        back.entries.pop("priority")  # a cell shows the default
        assert report.problems == []
        assert same(back, rule), text


def test_texts_that_look_like_formulas_stay_texts(tmp_path: Path) -> None:
    book = Book(tmp_path)
    for place, sign in enumerate("=+-@"):
        book.add(None, id=f"text-{place}", **{**NEW, "because_zh": f"{sign}1+1", "source": f"{sign}S1"})
        for heading in ("because zh", "source"):
            cell = book.cell(f"text-{place}", heading)
            cell.data_type = "s"
    write_plan(book.plan())
    book.export()
    for place, sign in enumerate("=+-@"):
        cell = book.cell(f"text-{place}", "because zh")
        assert (cell.value, cell.data_type, cell.quotePrefix) == (f"{sign}1+1", "s", True)
    assert book.plan().texts == {}


# -- what a workbook looks like


def test_every_rule_file_has_a_sheet_with_its_rules_and_everything_to_look_up(book: Book) -> None:
    assert book.book.sheetnames == [GUIDE, "rules", FACTS, VALUES, EXPORTED]
    sheet, knowledge = book.sheet(), load_knowledge(book.base)
    assert sheet["A1"].value == "rules.yaml"
    assert {row[0].value for row in sheet.iter_rows(min_row=FIRST_ROW, max_col=1)} == set(knowledge.rules)
    assert (sheet.freeze_panes, sheet.auto_filter.ref.split(":")[0]) == ("B4", "A3")
    breaker = sheet.cell(3, book.column("if breaker"))
    assert breaker.value == "总开关\nmain switch"
    assert "tripped  跳开 / tripped" in breaker.comment.text
    assert all(cell.alignment.wrap_text for cell in sheet[FIRST_ROW])
    lists = {str(v.sqref).split(":")[0]: v.formula1 for v in sheet.data_validations.dataValidation}
    where = re.fullmatch(r"'.+'!\$B\$(\d+):\$B\$(\d+)", lists[f"{breaker.column_letter}{FIRST_ROW}"])
    assert where is not None
    offered = [book.book[VALUES].cell(row, 2).value for row in range(int(where[1]), int(where[2]) + 1)]
    assert offered == ["tripped", "closed", "unknown"]
    assert book.book[EXPORTED].sheet_state == "hidden"


def test_only_chosen_files_get_a_sheet_and_the_others_are_left_alone(book: Book) -> None:
    (book.base / "more.yaml").write_text("rules: []\n", encoding="utf-8")
    book.path.write_bytes(workbook_bytes(book.base, ["more.yaml"]))
    assert openpyxl.load_workbook(book.path).sheetnames == [GUIDE, "more", FACTS, VALUES, EXPORTED]
    plan = plan_import(book.base, book.path)
    assert (plan.texts, plan.left_out) == ({}, ("rules.yaml",))


def test_titles_of_sheets_are_short_legal_and_never_the_same() -> None:
    files = [
        "a/meter.yaml",
        "b/METER.yaml",
        "c/meter.yaml",
        f"{'x' * 40}.yaml",
        f"d/{'x' * 40}.yaml",
        "what?[now]'.yaml",
        "history.yaml",
    ]
    titles = list(sheet_titles(files).values())
    assert len({title.lower() for title in titles}) == len(files)
    assert all(0 < len(title) <= 31 and not set(title) & set("[]:*?/\\'") for title in titles)
    assert "history" not in titles


def test_a_text_too_long_for_a_cell_is_not_cut_off_in_silence(book: Book) -> None:
    file = book.base / "rules.yaml"
    file.write_text(book.text().replace("电压低。", "长" * 32_768), encoding="utf-8")
    with pytest.raises(SheetError, match=r"`low` in `rules.yaml` is longer than the 32767 characters"):
        workbook_bytes(book.base)


# -- changes


def test_only_what_was_changed_in_the_table_changes_in_the_file(book: Book) -> None:
    before = book.text()
    book.set("neighbours-out", "priority", 62)
    book.set("closed", "if breaker", "closed | unknown")
    book.set("closed", "because en", "It is closed: and yet dark.")
    book.set("tripped", "source", "S1\nS2\nB1 [A]")
    book.set("tripped", "safe_side", True)
    book.set("lamps-differ", "if fire", "not seen")
    book.set("low", "if voltage", None)
    book.set("low", "if any/all/not", "any: [{voltage: low}, {lamp: some}]")
    plan = book.plan()
    assert set(kinds(plan).values()) == {"changed"}
    write_plan(plan)
    expected = (
        before.replace("priority: 60", "priority: 62")
        .replace("breaker: closed}", "breaker: [closed, unknown]}")
        .replace("en: It is closed and yet dark; somebody has to look.", 'en: "It is closed: and yet dark."')
        .replace("source: [S1, S2]\n", 'source: [S1, S2, "B1 [A]"]\n  safe_side: true\n')
        .replace("lamp: some}\n  then", "lamp: some, fire: {not: seen}}\n  then")
        .replace("when: {voltage: low}\n  then", "when: {any: [{voltage: low}, {lamp: some}]}\n  then")
    )
    assert book.text() == expected


def test_a_new_row_becomes_a_rule_below_the_rule_above_it(book: Book) -> None:
    before = book.text()
    book.add("tripped", id="new-rule", priority=77, **NEW, **{"if_lamp": "dark | some", "then_action": "dispatch @ 20"})
    book.add(None, id="very-first", **NEW)
    write_plan(book.plan())
    new = """- id: new-rule
  when: {trouble: flicker, lamp: [dark, some]}
  then: {fault: line, action: {value: dispatch, priority: 20}}
  priority: 77
  because:
    zh: 新。
    en: New.
  source: S1
"""
    first = """- id: very-first
  when: {trouble: flicker}
  then: {fault: line}
  because:
    zh: 新。
    en: New.
  source: S1
"""
    assert book.text() == before.replace("- id: closed", f"{new}- id: closed").replace("- id: danger", f"{first}- id: danger")


def test_a_row_deleted_takes_its_rule_out_and_cases_that_name_it_are_told(book: Book) -> None:
    book.delete("tripped")
    plan = book.plan()
    assert kinds(plan) == {"tripped": "removed"}
    assert [str(problem.place).split(":")[0] for problem in plan.cases] == ["home.cases.yaml"]
    before = book.text()
    write_plan(plan)
    rule = before[before.index("- id: tripped") : before.index("- id: closed")]
    assert book.text() == before.replace(rule, "")


def test_a_new_id_renames_a_rule_and_nothing_else(book: Book) -> None:
    book.set("low", "id", "voltage-is-low")
    plan = book.plan()
    assert kinds(plan) == {"low": "renamed"}
    before = book.text()
    write_plan(plan)
    assert book.text() == before.replace("- id: low\n", "- id: voltage-is-low\n")


def test_all_rules_of_a_file_may_go_and_come(book: Book) -> None:
    for rule in load_knowledge(book.base).rules:
        book.delete(rule)
    write_plan(book.plan())
    assert book.text().endswith("rules: []\n") or "rules: []" in book.text()
    assert load_knowledge(book.base).rules == {}
    book.export()
    book.add(None, id="only-one", **NEW)
    write_plan(book.plan())
    assert list(load_knowledge(book.base).rules) == ["only-one"]


def test_sorting_filtering_moved_columns_blank_rows_and_own_sheets_change_nothing(book: Book) -> None:
    sheet = book.sheet()
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADING_ROW)]
    order = [0, *reversed(range(1, len(rows[0])))]
    backwards = [*rows[:2], *sorted(rows[2:], key=lambda row: str(row[0]), reverse=True)]
    for place, texts in enumerate(backwards, start=HEADING_ROW):
        for column, old in enumerate(order, start=1):
            sheet.cell(place, column).value = texts[old]
    sheet.insert_rows(FIRST_ROW + 2)
    sheet.cell(sheet.max_row + 3, 2).value = "   "
    book.book.create_sheet("my notes")["A1"] = "call the depot"
    plan = book.plan()
    assert (plan.changes, plan.texts, plan.ignored) == ((), {}, ("my notes",))


def test_what_other_programs_do_to_cells_is_understood(book: Book) -> None:
    book.set("closed", "safe_side", "=TRUE()")  # LibreOffice
    book.set("tripped", "safe_side", "=FALSE()")
    book.set("neighbours-out", "priority", 60.0)
    book.set("tripped", "priority", "50")
    book.set("low", "source", "S1_x000D_\n")
    book.set("lamps-differ", "if lamp", " some ")
    sheet = book.sheet()
    for cell in sheet[HEADING_ROW]:
        cell.value = f" {cell.value.title()} " if cell.value.startswith("if ") else cell.value
    assert book.plan().texts == {}


def test_several_values_may_be_joined_as_people_join_them(book: Book) -> None:
    for joint in ("|", " ｜ ", ",", "，", "、", "\n"):
        book.set("lamps-differ", "if lamp", f"dark{joint}some")
        steps = book.plan().changes[0].steps
        book.book = openpyxl.load_workbook(book.path)
        assert [step.after for step in steps] == [f"dark{joint}some"]
        assert b"lamp: [dark, some]" in book.plan().texts["rules.yaml"]


def test_yaml_in_a_cell_may_have_braces_or_lines(book: Book) -> None:
    for text in (
        "{any: [{lamp: dark}, {lamp: some}]}",
        "any:\n- lamp: dark\n- {lamp: some}",
        "any: [{lamp: dark}, {lamp: some}]",
    ):
        book.set("closed", "if any/all/not", text)
        assert b"any: [{lamp: dark}, {lamp: some}]" in book.plan().texts["rules.yaml"]


# -- when the files changed too


def test_what_somebody_else_changed_in_the_meantime_is_kept(book: Book) -> None:
    changed = book.text().replace("priority: 60", "priority: 63")
    changed = changed.replace(
        "- id: low\n", "- {id: fresh, when: {}, then: {arrival: normal}, because: {zh: 新, en: n}, source: S1}\n- id: low\n"
    )
    book.write(changed)
    book.set("low", "priority", 41)
    plan = book.plan()
    assert kinds(plan) == {"neighbours-out": "kept", "fresh": "kept", "low": "changed"}
    write_plan(plan)
    assert book.text() == changed.replace("priority: 40", "priority: 41")


def test_a_rule_changed_on_both_sides_is_refused_unless_the_workbook_is_to_count(book: Book) -> None:
    book.write(book.text().replace("priority: 60", "priority: 63"))
    book.set("neighbours-out", "priority", 64)
    row = book.row("neighbours-out")
    (line,) = book.mistakes()
    assert line.startswith(f"rules!A{row}: the rule `neighbours-out` was changed in `rules.yaml` too")
    assert b"priority: 64" in book.plan(overwrite=True).texts["rules.yaml"]


def test_a_workbook_may_be_imported_again_and_again(book: Book) -> None:
    book.set("low", "priority", 41)
    book.add("low", id="fresh", **NEW)
    write_plan(book.plan())
    assert book.plan().texts == {}
    book.set("closed", "because en", "Again.")
    assert kinds(book.plan()) == {"closed": "changed"}


def test_a_rule_taken_out_of_the_file_is_not_brought_back_in_silence(book: Book) -> None:
    text = book.text()
    rule = text[text.index("- id: low") : text.index("- id: no-more-patience")]
    book.write(text.replace(rule, ""))
    row = book.row("low")
    (line,) = book.mistakes()
    assert line.startswith(f"rules!A{row}: the rule `low` was taken out of `rules.yaml` since")
    assert kinds(book.plan(overwrite=True)) == {"low": "added"}


def test_without_the_hidden_sheet_the_table_counts(book: Book) -> None:
    del book.book[EXPORTED]
    book.delete("low")
    book.set("closed", "priority", 51)
    assert kinds(book.plan()) == {"closed": "changed", "low": "removed"}


# -- mistakes in cells: the loader's sentences, at the cell


def test_all_mistakes_are_told_at_once_in_the_loaders_words_each_at_its_cell(book: Book) -> None:
    low, new = book.row("low"), book.add("low", id="new-rule", **{**NEW, "because_en": None, "then_fault": "hose"})
    places = {
        "value": book.set("closed", "if breaker", "closd"),
        "group": book.set("tripped", "if any/all/not", "any: [{lmp: dark}, {lamp: drk}]"),
        "never": book.set("lamps-differ", "if lamp", "not some | dark"),
        "priority": book.set("low", "priority", 1001),
        "whole": book.set("tripped", "priority", 5.5),
        "own": book.set("closed", "then fault", "line @ high"),
        "blank": f"rules!{book.sheet().cell(new, book.column('because en')).coordinate}",
        "fault": f"rules!{book.sheet().cell(new, book.column('then fault')).coordinate}",
        "id": book.set("danger-means-line", "id", "Danger!"),
        "twice": book.set("no-more-patience", "id", "low"),
    }
    lines = book.mistakes()
    expected = {
        f"{places['value']}: `breaker: closd` is not a value of `breaker` (tripped, closed); did you mean `closed`?",
        f"{places['group']}: unknown fact `lmp`; did you mean `lamp`?",
        f"{places['group']}: `lamp: drk` is not a value of `lamp` (dark, some); did you mean `dark`?",
        f"{places['never']}: no other value of `lamp` is left, so this never holds; change it",
        f"{places['priority']}: `1001` is out of range; it must be 0 to 1000",
        f"{places['whole']}: expected a whole number, but `5.5` stands here",
        f"{places['own']}: expected a whole number, but `high` stands here",
        f"{places['blank']}: the text here is blank; write it",
        f"{places['fault']}: `fault: hose` is not a value of `fault` (line, house, line_or_house, undetermined); did you mean "
        "`house`?",
        f"{places['twice']}: rule `low` exists already, at rules!A{low}; rename or delete one",
    }
    assert expected <= set(lines)
    assert any(line.startswith(f"{places['id']}: `Danger!` cannot be an id") for line in lines)
    assert len(lines) == len(expected) + 1


def test_mistakes_in_the_whole_base_point_at_cells_too(book: Book) -> None:
    cell = book.set("tripped", "if action", "dispatch")
    (line,) = book.mistakes()
    assert line == f"{cell}: the rules go round in a circle: action → action; no inferred fact may depend on itself"
    book.set("tripped", "if action", None)
    book.set("closed", "priority", 60)
    row = book.row("neighbours-out")
    book.set("closed", "if neighbours", "out")
    (line,) = book.mistakes()
    assert line.startswith(f"rules!A{row}: rules `closed` and `neighbours-out` conclude `fault` with the same priority 60")


def test_a_rule_of_the_same_name_in_another_file_is_found(tmp_path: Path) -> None:
    book = Book(tmp_path)
    (book.base / "a.yaml").write_text(
        "rules:\n- {id: elsewhere, when: {lamp: dark}, then: {arrival: fast}, because: {zh: 一, en: o}, source: S1}\n",
        encoding="utf-8",
    )
    book.add("low", id="elsewhere", **NEW)
    (line,) = book.mistakes()
    assert line.endswith("rule `elsewhere` exists already, at a.yaml:2:8; rename or delete one")
    assert line.startswith(f"rules!A{book.row('elsewhere')}: ")


BAD_CELLS: list[tuple[str, object, str]] = [
    ("because en", "=1+1", "a formula, `=1+1`, stands here"),
    ("if breaker", '=CONCAT("clo","sed")', "a formula, "),
    ("because en", "#REF!", "an Excel error, `#REF!`, stands here"),
    ("source", datetime.datetime(2024, 3, 4), "a date, `2024-03-04 00:00:00`, stands here"),
    ("source", datetime.time(3, 4), "a date, `03:04:00`, stands here"),
    ("source", 12, "a number, `12`, stands here"),
    ("because zh", 1.5, "a number, `1.5`, stands here"),
    ("if breaker", 3, "a number, `3`, stands here"),
    ("because zh", True, "a truth value, `TRUE`, stands here where text is expected"),
    ("priority", True, "a truth value, `TRUE`, stands here where a number is expected"),
    ("priority", "urgent", "expected a whole number, but `urgent` stands here"),
    ("priority", datetime.date(2024, 3, 4), "a date, `2024-03-04 00:00:00`, stands here"),
    ("safe_side", "yes", "expected `true` or `false`, but `yes` stands here"),
    ("safe_side", 1, "a number, `1`, stands here"),
    ("if breaker", "closed |", "a value is missing in `closed |`"),
    ("if breaker", "not", "a value is missing in `not`"),
    ("if breaker", "closed | closed", "`closed` is listed twice; delete one of them"),
    ("if breaker", "not not closed", "`breaker: not closed` is not a value of `breaker`"),
    ("if any/all/not", "any: [{breaker: closed}", "this cannot be read as YAML"),
    ("if any/all/not", "breaker: tripped", "`breaker` stands here twice, first at rules!"),
    ("if any/all/not", "any: []", "too few entries; at least 1 needed"),
    ("then fault", "line | house", "`fault: line | house` is not a value of `fault`"),
    ("then fault", "not line", "`fault: not line` is not a value of `fault`"),
    ("because en", "strange\ufeff", "an invisible character U+FEFF stands here"),
]


@pytest.mark.parametrize(("heading", "value", "told"), BAD_CELLS, ids=lambda part: str(part)[:20])
def test_what_cannot_stand_in_a_cell_is_told_with_sheet_and_cell(book: Book, heading: str, value: object, told: str) -> None:
    cell = book.set("closed", heading, value)
    if str(value).startswith("#"):
        book.cell("closed", heading).data_type = "e"
    lines = book.mistakes()
    assert [line for line in lines if line.startswith(f"{cell}: ") and told in line], lines
    assert len(lines) == 1


def test_an_empty_cell_that_is_needed_is_told(book: Book) -> None:
    cells = [book.set("closed", heading, None) for heading in ("because zh", "because en", "source")]
    assert sorted(book.mistakes()) == sorted(f"{cell}: the text here is blank; write it" for cell in cells)
    book.export()
    row = book.row("closed")
    book.set("closed", "then fault", None)
    book.cell("closed", "id").value = None
    lines = book.mistakes()
    assert {line.split(": ")[0] for line in lines} == {f"rules!A{row}"}
    assert any("has no `id`; add it" in line for line in lines)
    assert any("`then` has too few entries" in line for line in lines)


# -- mistakes of a sheet


def _merge(book: Book) -> None:
    book.sheet().merge_cells("B4:B6")


def _rename_heading(book: Book) -> None:
    book.sheet().cell(HEADING_ROW, book.column("because zh")).value = "becuase zh"


def _drop_column(heading: str) -> Callable[[Book], None]:
    def drop(book: Book) -> None:
        book.sheet().delete_cols(book.column(heading))

    return drop


def _heading(old: str, new: str | None) -> Callable[[Book], None]:
    def put(book: Book) -> None:
        book.sheet().cell(HEADING_ROW, book.column(old)).value = new

    return put


def _write(cell: str, value: object) -> Callable[[Book], None]:
    def write(book: Book) -> None:
        book.sheet()[cell] = value

    return write


def _copy_sheet(book: Book) -> None:
    book.book.copy_worksheet(book.sheet())


BAD_SHEETS: list[tuple[Callable[[Book], None], str]] = [
    (_merge, "rules!B4: `B4:B6` are merged cells; unmerge them"),
    (_rename_heading, "`becuase zh` is no column of this table; did you mean `because zh`?"),
    (_drop_column("because en"), "rules!A2: the column `because en` is missing"),
    (_drop_column("id"), "rules!A1: A1 should hold the name of the rule file and is empty; put it back, such as `rules.yaml`"),
    (_heading("id", None), "rules!A2: the column `id` is missing"),
    (_drop_column("if breaker"), "the column `if breaker` is gone, and the rules `closed, tripped` use it"),
    (_drop_column("then action"), "the column `then action` is gone, and the rules `no-more-patience, tripped` use it"),
    (_drop_column("priority"), "the column `priority` is gone, and the rules"),
    (_heading("if breaker", "if braker"), "unknown fact `braker`; did you mean `breaker`?"),
    (_heading("if breaker", "if address"), "`address` is a field; only an observable fact or an inferred fact may stand here"),
    (_heading("then action", "then breaker"), "`breaker` is an observable fact; only an inferred fact may stand here"),
    (_heading("if breaker", "if lamp"), "the column `if lamp` stands at rules!"),
    (_heading("if breaker", None), "there is text in this column, but no heading in row 2"),
    (_heading("if breaker", "breaker"), "`breaker` is no column of this table"),
    (_write("A1", "ruls.yaml"), "rules!A1: A1 should hold the name of a rule file, and `ruls.yaml` is none"),
    (_write("A3", "danger-means-line"), "rules!A3: row 3 should say what the columns are"),
    (_write("A6000", "x"), "rules!A6000: the sheet goes on to row 6000, at most 5000 are read"),
    (_write("ZZ4", "x"), "rules!ZZ1: the sheet goes on to column 702, at most 500 are read"),
    (_copy_sheet, "`rules.yaml` is in the sheet `rules` already"),
]


@pytest.mark.parametrize(("change", "told"), BAD_SHEETS, ids=lambda part: part[:40] if isinstance(part, str) else "")
def test_what_breaks_a_table_is_told(book: Book, change: Callable[[Book], None], told: str) -> None:
    change(book)
    lines = book.mistakes()
    assert [line for line in lines if told in line], lines
    assert len(lines) == 1, lines


def test_a_workbook_of_another_base_or_notation_or_without_tables_is_refused(book: Book) -> None:
    hidden = book.book[EXPORTED]
    hidden["B2"] = "power"
    assert book.mistakes() == ["this workbook was exported from the base `power`, not from `home`; name `power` in the command"]
    hidden["B1"] = "0"
    assert "was exported by another version of triage" in book.mistakes()[0]
    for name in ("rules", EXPORTED):
        del book.book[name]
    assert book.mistakes()[0].startswith("there is no table of rules in the workbook")


# -- files that are no workbooks


def _archive(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _swelling(book: bytes) -> bytes:
    """A workbook with a sheet of entities of entities."""
    stream = io.BytesIO()
    bomb = '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8)
    )
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(stream, "w") as new:
        for part in old.infolist():
            is_sheet = part.filename == "xl/worksheets/sheet1.xml"
            new.writestr(part.filename, f"{bomb}]><worksheet>&i;</worksheet>" if is_sheet else old.read(part.filename))
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
NO_BOOKS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda _: b"", "it is empty"),
    ("csv", lambda _: "规则,优先级\na,1\n".encode(), "it looks like text or CSV"),
    ("csv in gbk", lambda _: "规则,优先级\na,1\n".encode("gbk"), "it looks like text or CSV"),
    ("html", lambda _: b"<html><table></table></html>", "it is a web page or XML"),
    ("picture", lambda _: b"\x89PNG\r\n\x1a\n\x00\x00", "it is some other file"),
    ("xls", lambda _: OLE, "is in the old format (.xls); save it as"),
    ("password", lambda _: OLE + "EncryptedPackage".encode("utf-16-le"), "is protected by a password"),
    ("half of it", lambda data: data[: len(data) // 2], "is damaged and cannot be read"),
    ("only the signature", lambda _: b"PK\x03\x04", "is damaged and cannot be read"),
    ("archive", lambda _: _archive(**{"readme.txt": b"hello"}), "it is some other archive or document"),
    ("nothing in it", lambda _: _archive(**{"[Content_Types].xml": b"<Types/>"}), "is damaged and cannot be read"),
    ("not xml", lambda _: _archive(**{"[Content_Types].xml": b"\x00\x01"}), "is damaged and cannot be read"),
    ("bomb", lambda _: _archive(**{"[Content_Types].xml": b" ", "x": bytes(MAX_UNPACKED)}), "is too large: 33 MB, at most 32 MB"),
    ("many parts", lambda _: _archive(**{f"{n}": b"" for n in range(2_001)}), "is too large"),
    ("swelling xml", _swelling, "EntitiesForbidden"),
]


@pytest.mark.parametrize(("make", "told"), [case[1:] for case in NO_BOOKS], ids=[case[0] for case in NO_BOOKS])
def test_a_file_that_is_no_workbook_is_refused_with_a_reason(book: Book, make: Callable[[bytes], bytes], told: str) -> None:
    book.path.write_bytes(make(book.path.read_bytes()))
    with pytest.raises(SheetError) as caught:
        plan_import(book.base, book.path)
    (problem,) = caught.value.problems
    assert problem.text.en.startswith("`home.xlsx` ")
    assert told in problem.text.en


@pytest.mark.parametrize("name", ["gone.xlsx", "home", "x" * 300])
def test_a_file_that_cannot_be_opened_is_told(book: Book, name: str) -> None:
    with pytest.raises(SheetError, match=r"cannot be opened: "):
        plan_import(book.base, book.path.parent / name)


def test_a_base_that_has_mistakes_already_says_so_first(book: Book) -> None:
    book.write(book.text().replace("lamp: some", "lamp: sme"))
    with pytest.raises(KnowledgeError, match="did you mean `some`"):
        book.plan()
    with pytest.raises(KnowledgeError):
        workbook_bytes(book.base)


def test_every_sentence_about_workbooks_is_used_and_has_the_same_parts_in_both_languages() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "triage" / "exchange").glob("*.py"))
    assert [code for code in SENTENCES if source.count(f'"{code}"') < 2] == []
    for text in SENTENCES.values():
        parts = [{name for _, name, _, _ in Formatter().parse(words) if name} for words in (text.zh, text.en)]
        assert parts[0] == parts[1], text


def test_rules_in_one_pair_of_brackets_or_with_references_are_not_torn(tmp_path: Path) -> None:
    rule = "{id: one, when: {lamp: dark}, then: {arrival: fast}, because: {zh: 一, en: o}, source: S1}"
    gated, again = rule.replace("{lamp: dark}", "&c {lamp: dark}"), rule.replace("one", "two").replace("{lamp: dark}", "*c")
    for text in (f"rules: [{rule}]\n", f"rules:\n- {gated}\n- {again}\n"):
        folder = tmp_path / str(len(text))
        folder.mkdir()
        book = Book(folder)
        book.write_rules(text)
        book.export()
        assert book.plan().texts == {}
        book.set("one", "if lamp", "some")
        (line,) = book.mistakes()
        assert line.startswith("the rules of `rules.yaml` are written in a way (brackets, `&` or `*`)")


# -- on the command line


def test_export_and_import_on_the_command_line(
    book: Book, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book.base.parent)
    book.path.unlink()
    assert main(["export", "xlsx", "home", "--lang", "en"]) == 0
    assert "home.xlsx written; tables of rules: 1." in capsys.readouterr().out
    assert main(["export", "xlsx", "home", "--lang", "en"]) == 2
    assert "choose another name, or add `--overwrite`" in capsys.readouterr().err
    assert main(["export", "xlsx", "home", "--overwrite", "--file", "./rules.yaml"]) == 0
    assert main(["export", "xlsx", "home", "-o", "home.xls", "--lang", "en"]) == 2
    assert main(["export", "xlsx", "home", "-o", "x.xlsx", "--file", "rule.yaml", "--lang", "en"]) == 2
    assert "did you mean `rules.yaml`?" in capsys.readouterr().err
    book.book = openpyxl.load_workbook(book.path)
    cell = book.set("low", "priority", 41)
    book.add("low", id="fresh", **NEW)
    book.book.save(book.path)
    before = book.text()
    assert main(["import", "xlsx", "home.xlsx", "home", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert f"{cell}  priority: 40 → 41" in said
    assert "+ fresh (rules!A" in said
    assert "Rules: 1 added, 1 changed, 0 renamed, 0 removed." in said
    assert "Nothing has been written" in said
    assert book.text() == before
    assert main(["import", "xlsx", "home.xlsx", "home", "--write", "--lang", "zh"]) == 0
    assert "已写入 home/rules.yaml" in capsys.readouterr().out
    assert "priority: 41" in book.text()
    assert main(["import", "xlsx", "home.xlsx", "home", "--lang", "en"]) == 0
    assert "Nothing to change." in capsys.readouterr().out


def test_mistakes_on_the_command_line_end_with_code_2_and_write_nothing(
    book: Book, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book.base.parent)
    cell = book.set("closed", "if breaker", "closd")
    book.book.save(book.path)
    before = book.text()
    assert main(["import", "xlsx", "home.xlsx", "home", "--write", "--lang", "zh"]) == 2
    assert f"{cell}: `breaker: closd` 不是 `breaker` 的值" in capsys.readouterr().err
    assert book.text() == before
    assert main(["import", "xlsx", "no.xlsx", "home", "--lang", "en"]) == 2
    assert "`no.xlsx` cannot be opened: No such file" in capsys.readouterr().err


def test_clips_on_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["export", "clips", str(HOME), "--lang", "en"]) == 0
    source = capsys.readouterr().out
    assert source.startswith("; 家里没电 / No power at home\n; base home, version 1.2.0")
    file = tmp_path / "home.clp"
    assert main(["export", "clips", str(HOME), "-o", str(file), "--lang", "en"]) == 0
    assert "home.clp written: 7 rules." in capsys.readouterr().out
    assert file.read_text("utf-8") == source


@pytest.mark.parametrize("command", ["export", "import"])
def test_without_a_format_the_help_says_which_there_are(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--lang", "en"]) == 0
    assert "xlsx" in capsys.readouterr().out


def test_reading_a_workbook_says_nothing_of_what_it_does_not_read(book: Book) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert book.plan().texts == {}
