"""Which cases are meant on the command line: by base or case file, by name, tag and path, or by what has changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from triage.affected import affected, rewritten
from triage.cli.bases import UsageError, base_folder
from triage.cli.screen import Screen
from triage.errors import KnowledgeError, Problem
from triage.expert import ExpertSystem
from triage.formats.parts import from_here
from triage.loading import load_knowledge
from triage.loading.belonging import base_around
from triage.loading.cases import Case, read_cases, select
from triage.loading.files import CASES
from triage.loading.revisions import RevisionError, folder_at
from triage.model import Text

__all__ = ["affected_since", "base_and_paths", "chosen", "inside", "meant"]

_CASE_FILE = re.compile(rf"(.+{re.escape(CASES)})((?::\d+)*)")


def base_and_paths(named: str | None, paths: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """The folder of a base, and which of its files are meant, as `select` takes them; none means all.

    Args:
        named: As `triage.cli.bases.base_folder` takes it, or a case file, perhaps with `:LINE`.
        paths: Files and folders, as seen from the base's folder or from the current one, perhaps with `:LINE`.

    Raises:
        UsageError: There is no such base or file.
    """
    file = None if named is None else _CASE_FILE.fullmatch(named)
    if named is None or file is None:
        folder = base_folder(named)
        return folder, tuple(_within(folder, path) for path in paths)
    if not Path(file[1]).is_file():
        raise UsageError(Text(f"没有文件 `{file[1]}`", f"there is no file `{file[1]}`"))
    around = base_around(Path(file[1]))
    if around is None:
        raise UsageError(
            Text(
                f"`{file[1]}` 不属于任何知识库：它上面的文件夹里没有带 `base` 的文件",
                f"`{file[1]}` belongs to no knowledge base: no file with `base` in the folders above it",
            )
        )
    folder = Path(from_here(str(around)))
    return folder, tuple(_within(folder, path) for path in (named, *paths))


def _within(folder: Path, path: str) -> str:
    """A path as seen from a base's folder."""
    file, colon, line = path.partition(":")
    inside = folder.resolve()
    for seen in ((folder / file).resolve(), Path(file).resolve()):
        if seen.exists() and seen.is_relative_to(inside):
            return f"{seen.relative_to(inside).as_posix()}{colon}{line}"
    shown = folder.as_posix()
    raise UsageError(Text(f"知识库 `{shown}` 里没有 `{file}`", f"there is no `{file}` in the base `{shown}`"))


def chosen(cases: Sequence[Case], name: str, tags: Iterable[str], paths: Sequence[str]) -> tuple[Case, ...]:
    """The cases whose name holds `name`, that have all tags and stand in one of the paths, in their order."""
    wanted = {case.place for path in paths or ("",) for case in select(cases, name=name, tags=tags, path=path)}
    return tuple(case for case in cases if case.place in wanted)


def inside(problems: Iterable[Problem], paths: Sequence[str]) -> tuple[Problem, ...]:
    """The mistakes that stand in one of the files or folders meant; none means all."""
    return tuple(p for p in problems if p.place is None or meant(p.place.file, paths))


def meant(file: str, paths: Sequence[str]) -> bool:
    """Whether a file is one of those meant or lies below one; none means all."""
    files = [path.partition(":")[0] for path in paths or ("",)]
    return any(PurePosixPath(file).is_relative_to(PurePosixPath(wanted)) for wanted in files)


def affected_since(screen: Screen, expert: ExpertSystem, folder: Path, cases: Sequence[Case], revision: str) -> tuple[Case, ...]:
    """The cases that are new, rewritten or touched by what has changed in a base since a git revision.

    All of them, with a word of why, where the base was not there then, or had mistakes.

    Raises:
        RevisionError: No git, no repository, no such revision.
    """
    try:
        with folder_at(folder, revision) as then:
            before = load_knowledge(then)
            cases_before = read_cases(then, before).cases
    except RevisionError as error:
        if error.code != "unknown-path":
            raise
        screen.complain(screen.word("test-no-base-then", revision=revision), "yellow")
        return tuple(cases)
    except KnowledgeError as error:
        screen.complain(screen.word("test-base-broken-then", revision=revision, count=len(error.problems)), "yellow")
        return tuple(cases)
    new = {case.place for case in rewritten(cases, cases_before)}
    touched = {case.place for case in affected(expert, before, [case for case in cases if case.place not in new])}
    return tuple(case for case in cases if case.place in new | touched)
