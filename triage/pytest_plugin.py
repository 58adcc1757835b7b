"""pytest collects knowledge bases: `pytest knowledge/` runs the cases of all `*.cases.yaml` files and checks the bases' laws.

A case is a test named after it and marked with its tags, so `-k` and `-m` choose cases by name and tag. The laws, which must hold
on every call, are tests of the file with the section `base`: `invariant ID` for each, `law evidence` and `law
forbidden-instructions`, all marked `laws`. What fails is told with differences and trace, or with a smallest call, without
Python's traceback. Files that belong to no base are left alone unless asked for. pytest loads this module in every run, of
whatever project: nothing else of the package is imported before a file of a base is met.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from triage.errors import Problem
    from triage.expert import ExpertSystem
    from triage.laws import Law
    from triage.loading.cases import Case, CasesRead
    from triage.model import Language, Place

__all__ = ["BaseFile", "CaseFile", "CaseItem", "FailedError", "LawItem", "MistakesItem", "SuggestedItem", "pytest_collect_file"]

ENDING = ".cases.yaml"
BASE = re.compile(rb"^base[ \t]*:", re.MULTILINE)
LAWS = "laws"
"""The mark of laws."""
MARK = re.compile(r"[^\W_][\w.+-]*")
"""Tags that can be marks; pytest's own marks do something, and a tag must not."""
TAKEN = frozenset({"filterwarnings", "parametrize", "skip", "skipif", "usefixtures", "xfail"})


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | BaseFile | None:
    """The cases of a file, if it holds any; the laws of a base, if it holds the section `base`."""
    if not file_path.name.endswith(".yaml") or file_path.name.startswith("."):
        return None
    named = parent.session.isinitpath(file_path)
    if not file_path.name.endswith(ENDING):
        whole = _has_base(file_path) and (named or next(file_path.parent.rglob(f"*{ENDING}"), None))
        return BaseFile.from_parent(parent, path=file_path) if whole else None
    folder = _base_around(parent.config, file_path)
    if folder is None and not named:
        return None
    return CaseFile.from_parent(parent, path=file_path, folder=folder)


def _has_base(file: Path) -> bool:
    """Whether a file has the section `base`; other projects' files may, too, but have no cases beside it."""
    try:
        return BASE.search(file.read_bytes()) is not None
    except OSError:
        return False


class CaseFile(pytest.File):
    """A case file; `folder` is that of the base it belongs to."""

    def __init__(self, *, folder: Path | None, **rest: Any) -> None:
        super().__init__(**rest)
        self._folder = folder

    def collect(self) -> Iterator[pytest.Item]:
        """The file's cases; what is wrong with others fails as a test of its own, so that these run all the same."""
        if self._folder is None:
            name = self.path.name
            raise self.CollectError(_said(f"`{name}` 不属于任何知识库", f"`{name}` belongs to no knowledge base"))
        base = _base_in(self.config, self._folder)
        if isinstance(base, str):
            raise self.CollectError(base)
        system, read = base
        file, shown = self.path.relative_to(self._folder).as_posix(), _shown(self._folder)
        for kind, cases in ((CaseItem, read.cases), (SuggestedItem, read.suggested)):
            for case in cases:
                if case.place.file == file:
                    yield kind.from_parent(self, name=_name(case), shown=shown, system=system, case=case)
        problems = tuple(problem for problem in read.problems if problem.place and problem.place.file == file)
        if problems:
            yield MistakesItem.from_parent(self, name="mistakes in the case file", shown=shown, problems=problems)


class BaseFile(pytest.File):
    """The file of a base that has the section `base`."""

    def collect(self) -> Iterator[pytest.Item]:
        """The laws of the base; none is looked at before it is run."""
        base = _base_in(self.config, self.path.parent)
        if isinstance(base, str):
            raise self.CollectError(base)
        self._system, shown = base[0], _shown(self.path.parent)
        places = {f"invariant {name}": invariant.place for name, invariant in self._system.knowledge.invariants.items()}
        for name, place in {**places, "law evidence": None, "law forbidden-instructions": None}.items():
            yield LawItem.from_parent(self, name=name, shown=shown, place=place)

    @cached_property
    def laws(self) -> dict[str, Law]:
        """How it stands with the laws, by the names of their tests."""
        from triage.cli.words import word  # noqa: PLC0415
        from triage.laws import laws  # noqa: PLC0415

        if self._system.too_large is not None:
            raise FailedError(word("too-large", _language(), facts=", ".join(self._system.too_large.facts)))
        return {f"invariant {law.name}" if law.name else f"law {law.kind}": law for law in laws(self._system.compiled)}


class FailedError(Exception):
    """A test did not go as it should; its only argument says how."""


class _Item(pytest.Item):
    """Something in a file of a base; `shown` is the base's folder as people name it."""

    def __init__(self, *, shown: str, line: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.shown = shown
        self._line = line

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What went wrong, in our own words; only a fault of the program itself has a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, FailedError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands; pytest counts lines from 0."""
        return self.path, self._line - 1, self.name


class CaseItem(_Item):
    """One case."""

    def __init__(self, *, system: ExpertSystem, case: Case, **rest: Any) -> None:
        super().__init__(line=case.place.line, **rest)
        self._system = system
        self._case = case
        self.extra_keyword_matches.update(case.tags)
        for tag in case.tags:
            if MARK.fullmatch(tag) and tag not in TAKEN:
                self.config.addinivalue_line("markers", f"{tag}: cases of knowledge bases tagged so")
                self.add_marker(tag)

    def runtest(self) -> None:
        """Run the case."""
        from triage.trying import describe, run_case  # noqa: PLC0415

        outcome = run_case(self._system, self._case)
        if not outcome.passed:
            raise FailedError(describe(outcome, _language(), self.shown))


class SuggestedItem(CaseItem):
    """A case that waits for its author to say what is expected: skipped."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self.add_marker(pytest.mark.skip(_said("建议的用例，等着写期望", "suggested: waits for what to expect")))


class MistakesItem(_Item):
    """What is wrong in a case file, at least one mistake."""

    def __init__(self, *, problems: tuple[Problem, ...], **rest: Any) -> None:
        super().__init__(line=problems[0].place.line if problems[0].place else 1, **rest)
        self._problems = problems

    def runtest(self) -> None:
        """Fail with all of it."""
        raise FailedError("\n".join(problem.render(_language(), self.shown) for problem in self._problems))


class LawItem(_Item):
    """One law; `place` is that of an invariant."""

    parent: BaseFile

    def __init__(self, *, place: Place | None, **rest: Any) -> None:
        super().__init__(line=place.line if place else 1, **rest)
        self._place = place
        self.config.addinivalue_line("markers", f"{LAWS}: what must hold on every call of a knowledge base")
        self.add_marker(LAWS)

    def runtest(self) -> None:
        """Fail with every way in which it does not hold."""
        broken = self.parent.laws[self.name].broken
        where = f"{self.shown}/{self._place}" if self._place else self.shown
        if broken:
            raise FailedError("\n".join(f"{where}: {sentence.get(_language())}" for sentence in broken))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where an invariant stands, which need not be the file with the section `base`."""
        path = self.path.parent / self._place.file if self._place else self.path
        return path, self._line - 1, self.name


# -- bases, each looked for and opened once


_AROUND = pytest.StashKey[dict[Path, "Path | None"]]()
_BASES = pytest.StashKey[dict[Path, "tuple[ExpertSystem, CasesRead] | str"]]()


def _base_around(config: pytest.Config, file: Path) -> Path | None:
    """The folder of the base that a case file belongs to."""
    from triage.loading.belonging import base_around  # noqa: PLC0415 - see the module's first lines

    around = config.stash.setdefault(_AROUND, {})
    if file.parent not in around:
        around[file.parent] = base_around(file)
    return around[file.parent]


def _base_in(config: pytest.Config, folder: Path) -> tuple[ExpertSystem, CasesRead] | str:
    """A base and everything in its case files; a sentence where it cannot be used, with all its mistakes the first time."""
    bases = config.stash.setdefault(_BASES, {})
    if folder not in bases:
        from triage.errors import KnowledgeError  # noqa: PLC0415
        from triage.expert import ExpertSystem  # noqa: PLC0415
        from triage.loading.cases import read_cases  # noqa: PLC0415

        shown = Path(_shown(folder))
        try:
            system = ExpertSystem.open(shown)
            read = read_cases(shown, system.knowledge)
            if any(problem.place is None for problem in read.problems):
                raise KnowledgeError(shown, read.problems)
            bases[folder] = system, read
        except KnowledgeError as error:
            bases[folder] = _said(f"知识库 `{shown}` 有错误，见上面", f"the base `{shown}` has mistakes, see above")
            return error.render(_language())
    return bases[folder]


# -- words


def _language() -> Language:
    from triage.cli.language import language_of  # noqa: PLC0415

    return language_of(os.environ)


def _said(zh: str, en: str) -> str:
    return zh if _language() == "zh" else en


def _shown(folder: Path) -> str:
    """A folder as people started pytest beside it."""
    from triage.formats.parts import from_here  # noqa: PLC0415

    return from_here(str(folder))


def _name(case: Case) -> str:
    """A case's name on one line, in characters that can be passed on to other programs (pytest puts it into the environment)."""
    encoding = sys.getfilesystemencoding()
    return " ".join(case.name.split()).encode(encoding, "backslashreplace").decode(encoding)
