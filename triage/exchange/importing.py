"""A workbook taken over into a base: what would change, the texts of the changed files, or every mistake by sheet and cell.

The rules of the workbook are read by the loader itself, each part at the place of its cell, together with all other files of the
base. Then single rules are changed in the texts of the files, and the result must mean exactly what the workbook says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from triage.authoring.writing import write_file
from triage.errors import KnowledgeError, Problem
from triage.exchange.cells import Cell, SheetError, complain
from triage.exchange.editing import Added, CannotEditError, Edits, edited, same
from triage.exchange.layout import HEADING_ROW
from triage.exchange.reading import ReadWorkbook, Sheet, SheetRow, read_workbook
from triage.exchange.tables import ID, Row, fingerprint, row_of, rule_of, rules_of
from triage.loading import load_knowledge
from triage.loading.building import build
from triage.loading.cases import read_cases
from triage.loading.documents import Entry, Node, Sequence, read_document
from triage.loading.documents import Mapping as YamlMapping
from triage.loading.files import read_documents
from triage.loading.knowledge import drafts_of
from triage.loading.mistakes import Report, one_of
from triage.loading.names import names_of
from triage.model import KnowledgeBase
from triage.parts import compile_fitting
from triage.ties import refuse_ties

__all__ = ["Change", "Plan", "Step", "plan_import", "write_plan"]

Kind = Literal["added", "changed", "renamed", "removed", "kept"]


@dataclass(frozen=True, slots=True)
class Step:
    """One cell of a changed rule: its heading, and its text before and after, either of which may be empty."""

    cell: Cell
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one rule.

    Attributes:
        kind: `kept`: it was changed in the file since the export and not in the workbook, so the file stays as it is.
        rule: Its id in the file; of an added one, its new id.
        cell: Its id's cell; None where it has no row.
        steps: The cells that change it; for an added rule none.
    """

    kind: Kind
    rule: str
    file: str
    cell: Cell | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking over a workbook does; nothing has been written yet.

    Attributes:
        changes: File by file; in the order of the rows, removed rules last.
        texts: The new bytes of the files that change, by name.
        left_out: Rule files of the base that the workbook has no sheet for.
        ignored: Titles of sheets that are no tables.
        cases: Mistakes in the base's cases that the change brings, such as a removed rule they still name.
    """

    folder: Path
    changes: tuple[Change, ...]
    texts: Mapping[str, bytes]
    left_out: tuple[str, ...]
    ignored: tuple[str, ...]
    cases: tuple[Problem, ...]


def plan_import(folder: Path, workbook: Path, *, overwrite: bool = False) -> Plan:
    """What taking over a workbook does to the base in a folder.

    Args:
        overwrite: What the workbook says counts for rules, too, that have changed in the files since it was exported.

    Raises:
        KnowledgeError: The base has mistakes already.
        SheetError: The workbook cannot be read, or the base would have mistakes; all of them.
    """
    knowledge = load_knowledge(folder)
    report = Report()
    documents, _ = read_documents(folder, report, cases=False)
    files = {root.place.file: root for root in documents if rules_of(root) is not None}
    read = read_workbook(workbook, files, names_of(knowledge, report), report)
    if read is None:
        raise SheetError(folder, report.problems)
    if read.base is not None and read.base != knowledge.identity.id:
        report.problems.clear()
        complain(report, "other-base", None, found=read.base, base=knowledge.identity.id)
        raise SheetError(folder, report.problems)
    works = [_work(sheet, files[sheet.file], read, report, overwrite=overwrite) for sheet in read.sheets]
    left_out = tuple(sorted(files.keys() - {sheet.file for sheet in read.sheets}))
    changes = tuple(change for work in works for change in work.changes)
    if not report.problems and not any(work.edits for work in works):
        return Plan(folder, changes, {}, left_out, read.ignored, ())
    after = _checked(folder, documents, works, report)
    texts = _texts(folder, documents, works, after)
    before = set(read_cases(folder, knowledge).problems)
    cases = tuple(problem for problem in read_cases(folder, after).problems if problem not in before)
    return Plan(folder, changes, texts, left_out, read.ignored, cases)


# -- one sheet


@dataclass(slots=True)
class _Work:
    """What one sheet asks for.

    Attributes:
        title: The sheet's.
        rules: All rules the file is to have; those of the workbook at the places of their cells.
    """

    title: str
    file: str
    rules: list[YamlMapping] = field(default_factory=list)
    edits: Edits = field(default_factory=Edits)
    changes: list[Change] = field(default_factory=list)


def _work(sheet: Sheet, root: Node, read: ReadWorkbook, report: Report, *, overwrite: bool) -> _Work:
    """Compare a sheet with its file and with what it was when it was exported."""
    rules = rules_of(root) or {}
    exported = None if read.exported is None or overwrite else read.exported.get(sheet.file)
    _report_lost_columns(sheet, rules, report)
    return _Comparison(sheet, rules, exported, report).work()


def _report_lost_columns(sheet: Sheet, rules: Mapping[str, YamlMapping], report: Report) -> None:
    """Columns that rules of the sheet use and that are not there any more."""
    there = {row.texts.get(ID, "") for row in sheet.rows}
    users: dict[str, list[str]] = {}
    for name in rules.keys() & there:
        for title in row_of(rules[name]).keys() - sheet.columns.keys():
            users.setdefault(title, []).append(name)
    if sheet.broken or ID not in sheet.columns:
        return
    for title, names in users.items():
        found = f"`{one_of(sorted(names), 3)}`"
        complain(report, "lost-column", Cell(sheet.title, HEADING_ROW, 1), column=title, rules=found)


class _Comparison:
    """The rows of a sheet, the rules of the file, and what the rows were when they were exported (None: not known)."""

    def __init__(
        self, sheet: Sheet, rules: Mapping[str, YamlMapping], exported: Mapping[str, str] | None, report: Report
    ) -> None:
        self.sheet = sheet
        self.rules = rules
        self.rows = {name: row_of(rule) for name, rule in rules.items()}
        self.exported = exported
        self.report = report
        self.result = _Work(sheet.title, sheet.file)
        self.renamed = self._renamed()
        self.left = dict(rules)
        self.before: str | None = None

    def work(self) -> _Work:
        """Every row, then the rules that have none."""
        for row in self.sheet.rows:
            name = row.texts.get(ID, "")
            self._row(row, self.renamed.get(name, name))
        for name in self.left:
            self._without_row(name)
        return self.result

    def _renamed(self) -> dict[str, str]:
        """By new id, the rule of the file that has no row and says the same under another id."""
        named = {row.texts.get(ID, "") for row in self.sheet.rows}
        gone = {_nameless(row): name for name, row in self.rows.items() if name not in named and not self._changed_in_file(name)}
        fresh = [row.texts for row in self.sheet.rows if row.texts.get(ID, "") not in self.rows]
        return {texts[ID]: gone.pop(_nameless(texts)) for texts in fresh if ID in texts and _nameless(texts) in gone}

    def _row(self, row: SheetRow, name: str) -> None:
        """One row; `name` is the id its rule has in the file."""
        old = self.left.pop(name, None)
        rule = rule_of(row, old, self.report)
        if old is None:
            self._new(row, name, rule)
            return
        self.before = name
        if same(old, rule):
            self.result.rules.append(rule)
        else:
            self._different(row, name, rule)

    def _new(self, row: SheetRow, name: str, rule: YamlMapping) -> None:
        if self.exported is not None and name in self.exported and name not in self.rules:
            complain(self.report, "gone-meanwhile", row.cell(ID), rule=name, file=self.sheet.file)
        self.result.rules.append(rule)
        self.result.edits.added.append(Added(rule, self.before))
        self._note("added", name, row)

    def _different(self, row: SheetRow, name: str, rule: YamlMapping) -> None:
        if self._changed_in_file(name):
            if self.exported is not None and self.exported.get(name) == fingerprint(row.texts):
                self.result.rules.append(self.rules[name])
                self._note("kept", name, row)
                return
            complain(self.report, "changed-meanwhile", row.cell(ID), rule=name, file=self.sheet.file)
        self.result.rules.append(rule)
        self.result.edits.changed[name] = (self.rules[name], rule)
        kind: Kind = "changed" if row.texts.get(ID) == name else "renamed"
        self._note(kind, name, row, tuple(_steps(row, self.rows[name])))

    def _changed_in_file(self, name: str) -> bool:
        """Whether the file says something else than when the workbook was exported."""
        return self.exported is not None and self.exported.get(name) != fingerprint(self.rows[name])

    def _without_row(self, name: str) -> None:
        if self._changed_in_file(name):
            self.result.rules.append(self.rules[name])
            self._note("kept", name, None)
            return
        self.result.edits.removed.add(name)
        self._note("removed", name, None)

    def _note(self, kind: Kind, name: str, row: SheetRow | None, steps: tuple[Step, ...] = ()) -> None:
        self.result.changes.append(Change(kind, name, self.sheet.file, row.cell(ID) if row else None, steps))


def _nameless(row: Row) -> frozenset[tuple[str, str]]:
    return frozenset((title, text) for title, text in row.items() if title != ID)


def _steps(row: SheetRow, old: Row) -> Iterator[Step]:
    titles = sorted(old.keys() | row.texts.keys(), key=lambda title: row.columns.get(title, 0))
    for title in titles:
        before, after = old.get(title, ""), row.texts.get(title, "")
        if before != after:
            yield Step(row.cell(title), title, before, after)


# -- the whole base


def _checked(folder: Path, documents: Iterable[Node], works: Iterable[_Work], report: Report) -> KnowledgeBase:
    """The base as the workbook would have it.

    Raises:
        SheetError: It would have mistakes; or something in the workbook could not be read.
    """
    rules = {work.file: Sequence(Cell(work.title, 1, 1), [*work.rules]) for work in works}
    told = {problem.place for problem in report.problems if problem.place is not None}
    found = Report()
    knowledge = _built([_with_rules(root, rules.get(root.place.file)) for root in documents], found)
    problems = [*report.problems, *(problem for problem in found.problems if problem.place not in told)]
    if not problems:
        problems += _ties(knowledge, folder)
    if problems:
        raise SheetError(folder, problems)
    return knowledge


def _with_rules(root: Node, rules: Sequence | None) -> Node:
    if rules is None or not isinstance(root, YamlMapping):
        return root
    key = root.entries["rules"].key
    return YamlMapping(root.place, {**root.entries, "rules": Entry(key, rules)})


def _built(documents: Iterable[Node], report: Report) -> KnowledgeBase:
    return build(drafts_of(documents, (), report), report)


def _ties(knowledge: KnowledgeBase, folder: Path) -> tuple[Problem, ...]:
    try:
        refuse_ties(knowledge, compile_fitting(knowledge)[0], folder)
    except KnowledgeError as error:
        return error.problems
    return ()


# -- the texts of the files


def _texts(folder: Path, documents: Iterable[Node], works: Iterable[_Work], meant: KnowledgeBase) -> dict[str, bytes]:
    """The new bytes of the files that change.

    Raises:
        SheetError: A file is written in a way that single rules cannot be changed in.
    """
    changing = [work for work in works if work.edits]
    texts = {work.file: _text(folder, work) for work in changing}
    report = Report()
    changed = {file: read_document(file, data, report) for file, data in texts.items()}
    if report.problems:
        raise SheetError(folder, report.problems)
    for work in changing:
        if not _says(changed[work.file], work.rules):
            raise _cannot_edit(folder, work.file)
    roots = [changed.get(root.place.file) or root for root in documents]
    if _built(roots, report).digest != meant.digest:
        raise _cannot_edit(folder, *texts)
    return texts


def _text(folder: Path, work: _Work) -> bytes:
    try:
        return edited((folder / work.file).read_bytes(), work.edits)
    except CannotEditError as error:
        raise _cannot_edit(folder, work.file) from error


def _says(root: Node | None, rules: Iterable[YamlMapping]) -> bool:
    """Whether a file has just these rules."""
    found = None if root is None else rules_of(root)
    wanted = {name: rule for rule in rules if (name := row_of(rule)[ID])}
    return found is not None and found.keys() == wanted.keys() and all(same(found[name], wanted[name]) for name in wanted)


def _cannot_edit(folder: Path, *files: str) -> SheetError:
    report = Report()
    complain(report, "cannot-edit", None, file=one_of(files))
    return SheetError(folder, report.problems)


# -- writing


def write_plan(plan: Plan) -> tuple[Path, ...]:
    """Write the files that change; each is put in place at once.

    Raises:
        RefusedError: A file cannot be written.
    """
    paths = tuple(plan.folder / file for file in plan.texts)
    for path, data in zip(paths, plan.texts.values(), strict=True):
        write_file(path, data)
    return paths
