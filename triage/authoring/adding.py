"""New facts and rules in a base that is there: entries to be written out, added as text to its files.

A new rule starts red: it holds a line that keeps it from ever firing, and a case expects it to fire. Whatever is added is loaded
before it is written, so that a sound base stays sound. What the entries say is in `skeletons`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from triage.authoring.inserting import OneLineSectionError, with_entry
from triage.authoring.naming import fact_id_mistakes, rule_id_mistakes, value_mistakes
from triage.authoring.refusing import RefusedError
from triage.authoring.skeletons import NewRule, case_lines, fact_lines, question_lines, rule_lines
from triage.authoring.speaking import speaking
from triage.authoring.writing import unusable, write_file
from triage.compilation import TooLargeError
from triage.errors import KnowledgeError
from triage.examples import Given
from triage.loading import load_knowledge
from triage.loading.cases import CasesRead, read_cases
from triage.loading.documents import read_document
from triage.loading.files import CASES, list_files
from triage.loading.mistakes import Report, clipped
from triage.loading.names import names_of
from triage.loading.shapes import Word
from triage.model import Fact, Field, Inferred, KnowledgeBase, Parameter, Place, Question, Text

__all__ = ["Added", "new_fact", "new_rule"]

_NOWHERE = Place("", 1, 1)
_CASES_FOLDER = "cases"
"""Knowledge is read from there too, but nobody looks for it there."""


@dataclass(frozen=True, slots=True)
class Added:
    """Something that was added (`fact`, `question`, `rule` or `case`), and where it stands."""

    what: str
    place: Place


def new_fact(
    folder: Path, name: str, values: Sequence[str], file: str | None = None, gate: Mapping[str, Sequence[str]] | None = None
) -> tuple[Added, ...]:
    """Add a fact and the question for it, both named `name`.

    Args:
        values: At least one.
        file: Relative to the base's folder; chosen if None.
        gate: Values of other observable facts, which must all have one of theirs for the fact to count; None: it always does.

    Raises:
        KnowledgeError: The base has mistakes.
        RefusedError: It cannot be done so; nothing is written.
    """
    knowledge = load_knowledge(folder)
    gate = gate or {}
    _refuse([*fact_id_mistakes(name), *value_mistakes(values), *_taken(knowledge, name), *_gate_mistakes(knowledge, gate)])
    target = file or _usual_file("facts", {fact.place.file for fact in knowledge.facts.values()})
    _refuse(_file_mistakes(target, cases=False))
    trial = _Trial(folder)
    trial.add(target, "facts", fact_lines(name, values, gate))
    trial.add(target, "questions", question_lines(name))
    done, _ = trial.load()
    trial.write()
    return (Added("fact", done.facts[name].place), Added("question", done.questions[name].place))


def new_rule(folder: Path, rule: NewRule, file: str | None = None, cases: str | None = None) -> tuple[Added, ...]:
    """Add a rule that does not fire yet, and a case that expects it to.

    The case gives the smallest call on which the rule's conditions hold and no stronger rule speaks, where there is one.

    Args:
        file, cases: Files for the rule and its case, relative to the base's folder; chosen if None.

    Raises:
        KnowledgeError: The base has mistakes, or the file of cases cannot be read.
        RefusedError: It cannot be done so, no call can fulfil the conditions, or the rule would tie; nothing is written.
    """
    knowledge = load_knowledge(folder)
    _refuse([*rule_id_mistakes(rule.id), *_rule_taken(knowledge, rule.id), *_unknown_names(knowledge, rule)])
    target = file or _usual_file("rules", {other.place.file for other in knowledge.rules.values()})
    case_target = cases or _usual_case_file(target, {case.place.file for case in read_cases(folder, knowledge).cases})
    _refuse([*_file_mistakes(target, cases=False), *_file_mistakes(case_target, cases=True)])
    given = _given(knowledge, rule)
    trial = _Trial(folder)
    trial.add(target, "rules", rule_lines(knowledge, rule))
    trial.add(case_target, "cases", case_lines(rule, given))
    done, read = trial.load()
    case = next((case for case in read.cases if any(rule.id in turn.fired for turn in case.turns)), None)
    if case is None:
        raise KnowledgeError(folder, read.problems)
    trial.write()
    return (Added("rule", done.rules[rule.id].place), Added("case", case.place))


def _given(knowledge: KnowledgeBase, rule: NewRule) -> Given:
    """What the case of a rule gives: a smallest call on which it would speak.

    Raises:
        RefusedError: There is none, or it would tie with another rule.
    """
    if not rule.when:
        return {}
    try:
        found = speaking(knowledge, rule)
    except TooLargeError:
        return {fact: values[0] for fact, values in rule.when.items() if fact in knowledge.facts}
    if found is None:
        text = Text("没有一通来电能同时满足这些条件；请改条件", "no possible call fulfils these conditions together; change them")
        raise RefusedError([text])
    _refuse(found.ties())
    return found.smallest_call()


# names


def _refuse(mistakes: Iterable[Text]) -> None:
    found = tuple(mistakes)
    if found:
        raise RefusedError(found)


def _taken(knowledge: KnowledgeBase, name: str) -> Iterator[Text]:
    """Who has the name of a fact or of its question already."""
    kinds: tuple[tuple[Text, Mapping[str, Fact | Inferred | Field | Parameter | Question]], ...] = (
        (Text("事实", "the fact"), knowledge.facts),
        (Text("推断", "the inferred fact"), knowledge.inferred),
        (Text("字段", "the field"), knowledge.fields),
        (Text("参数", "the parameter"), knowledge.parameters),
        (Text("问题", "the question"), {} if name in knowledge.facts else knowledge.questions),
    )
    for what, known in kinds:
        if name in known:
            yield _exists(what, name, known[name].place)


def _rule_taken(knowledge: KnowledgeBase, name: str) -> Iterator[Text]:
    if name in knowledge.rules:
        yield _exists(Text("规则", "the rule"), name, knowledge.rules[name].place)


def _exists(what: Text, name: str, place: Place) -> Text:
    return Text(
        f"{what.zh} `{name}` 已经有了，在 {place}；请换个名字",
        f"{what.en} `{name}` exists already, at {place}; choose another name",
    )


def _gate_mistakes(knowledge: KnowledgeBase, gate: Mapping[str, Sequence[str]]) -> list[Text]:
    """Facts a gate cannot read, and values it cannot name, each with what was probably meant."""
    report = Report()
    names = names_of(knowledge, report)
    for fact, values in gate.items():
        domain = names.readable(Word(fact, _NOWHERE), ("fact",))
        for value in values if domain else ():
            names.declared_value(fact, names.domains[fact], Word(value, _NOWHERE))
    return [problem.text for problem in report.problems]


def _unknown_names(knowledge: KnowledgeBase, rule: NewRule) -> list[Text]:
    """Facts and values that the base does not have, each with what was probably meant."""
    if not knowledge.facts or not knowledge.inferred:
        return [Text("知识库还没有事实或推断；请先加上", "the base has no facts or no inferred facts yet; add some first")]
    report = Report()
    names = names_of(knowledge, report)
    for fact, values in rule.when.items():
        domain = names.readable(Word(fact, _NOWHERE), ("fact", "inferred"))
        for value in values if domain else ():
            names.value(fact, names.domains[fact], Word(value, _NOWHERE))
    for fact, value in rule.then.items():
        if names.readable(Word(fact, _NOWHERE), ("inferred",)):
            names.value(fact, names.domains[fact], Word(value, _NOWHERE))
    return [problem.text for problem in report.problems]


# files


def _usual_file(section: str, used: set[str]) -> str:
    """The file that holds a section already; where there are several or none, one for new things."""
    return used.pop() if len(used) == 1 else f"{section}/new.yaml"


def _usual_case_file(rules: str, used: set[str]) -> str:
    """The case file named like the file of rules; else the only one; else a new one so named."""
    name = PurePosixPath(rules).name.removesuffix(".yaml") + CASES
    named = sorted(file for file in used if PurePosixPath(file).name == name)
    if named:
        return named[0]
    return used.pop() if len(used) == 1 else f"cases/{name}"


def _file_mistakes(file: str, *, cases: bool) -> list[Text]:
    path = PurePosixPath(file)
    if path.is_absolute() or any(part.startswith(".") for part in path.parts):
        return [Text(f"`{clipped(file)}` 不在知识库的文件夹里", f"`{clipped(file)}` does not lie in the base's folder")]
    if file.endswith(".yaml") and file.endswith(CASES) is cases:
        return [_among_cases(file)] if not cases and _CASES_FOLDER in path.parts[:-1] else []
    ending = CASES if cases else ".yaml"
    also = Text("", "") if cases else Text(f"（而不是 `{CASES}`）", f" (and not in `{CASES}`)")
    return [Text(f"`{clipped(file)}` 要以 `{ending}` 结尾{also.zh}", f"`{clipped(file)}` must end in `{ending}`{also.en}")]


def _among_cases(file: str) -> Text:
    return Text(
        f"`{clipped(file)}` 在放用例的文件夹 `{_CASES_FOLDER}/` 里，不是知识文件；请用别的文件夹，例如 `facts/` 或 `rules/`",
        f"`{clipped(file)}` stands among the cases, in `{_CASES_FOLDER}/`, and is no knowledge file; choose another folder, "
        "such as `facts/` or `rules/`",
    )


class _Trial:
    """Additions to the files of a base, held back until the whole is known to load."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed: dict[str, bytes] = {}

    def add(self, file: str, section: str, lines: Sequence[str]) -> None:
        """Add an entry to a section of a file, which need not exist."""
        before = self._changed[file] if file in self._changed else self._read(file)
        try:
            self._changed[file], _ = with_entry(before, section, lines)
        except OneLineSectionError:
            text = Text(
                f"`{file}` 的 `{section}` 写在方括号里，没法在后面加一行；请改成每项一行（以 `- ` 开头），或用别的文件",
                f"`{section}` in `{file}` is written in brackets, so no line can be added; write its entries below each other, "
                "each starting with `- `, or choose another file",
            )
            raise RefusedError([text]) from None

    def _read(self, file: str) -> bytes:
        path, report = self._folder / file, Report()
        try:
            data = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise RefusedError([unusable(path, error)]) from error
        read_document(file, data, report)
        problems = [problem for problem in report.problems if problem.code != "empty-file"]
        if problems:
            raise KnowledgeError(self._folder, problems)
        return data

    def load(self) -> tuple[KnowledgeBase, CasesRead]:
        """The base and its cases as they would be."""
        with TemporaryDirectory() as name:
            copy = Path(name)
            files = [file for cases in (False, True) for file in list_files(self._folder, Report(), cases=cases) or ()]
            for file, data in {**{file: path.read_bytes() for file, path in files}, **self._changed}.items():
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                (copy / file).write_bytes(data)
            try:
                knowledge = load_knowledge(copy)
                return knowledge, read_cases(copy, knowledge)
            except KnowledgeError as error:
                raise KnowledgeError(self._folder, error.problems) from None

    def write(self) -> None:
        """Put the additions in place."""
        for file, data in self._changed.items():
            write_file(self._folder / file, data)
