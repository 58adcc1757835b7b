"""Files in their canonical form: read, laid out, and shown to mean the same as before.

A file is left alone if it cannot be read, or if laying it out would change a word, an order or a comment: what comes out is read
again with the loader's own reader and compared, which is stricter than comparing digests of whole bases. Writes nothing.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import Any

from triage.authoring.layout import Layout, laid_out
from triage.errors import KnowledgeError, Problem
from triage.loading.documents import Mapping, Node, Scalar, read_document
from triage.loading.files import file_bytes, list_files
from triage.loading.mistakes import Report
from triage.model import Place, Text

__all__ = ["Formatted", "format_data", "format_file", "format_folder"]


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file and its canonical form.

    Attributes:
        after: Its canonical form; None where it has mistakes and is to be left alone.
        problems: Those mistakes; places name the whole path.
    """

    path: Path
    before: bytes
    after: bytes | None
    problems: tuple[Problem, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the file is not in its canonical form."""
        return self.after is not None and self.after != self.before

    def diff(self) -> Iterator[str]:
        """What would change, line by line without line ends; empty where nothing would that can be seen in a line."""
        after = self.before if self.after is None else self.after
        old, new = (data.decode("utf-8").splitlines() for data in (self.before, after))
        name = self.path.as_posix()
        return unified_diff(old, new, name, name, lineterm="")


def format_folder(folder: Path) -> Iterator[Formatted]:
    """Every knowledge and case file below a folder, by name, and its canonical form; then what else is wrong there.

    Raises:
        KnowledgeError: There are none.
    """
    report = Report()
    files = [file for cases in (False, True) for file in list_files(folder, report, cases=cases) or ()]
    if not files:
        raise KnowledgeError(folder, report.problems)
    for _, path in sorted(files):
        yield format_file(path)
    for problem in dict.fromkeys(report.problems):
        if problem.place:
            path = folder / problem.place.file
            yield Formatted(path, b"", None, (replace(problem, place=replace(problem.place, file=path.as_posix())),))


def format_file(path: Path) -> Formatted:
    """A file and its canonical form."""
    report, name = Report(), path.as_posix()
    data = file_bytes(name, path, report)
    if data is None:
        return Formatted(path, b"", None, tuple(report.problems))
    after, problems = format_data(name, data)
    return Formatted(path, data, after, problems)


def format_data(name: str, data: bytes) -> tuple[bytes | None, tuple[Problem, ...]]:
    """The canonical form of a file's bytes, or None and what is wrong with them."""
    report = Report()
    root = read_document(name, data, report)
    if root is None or report.problems:
        return None, tuple(report.problems)
    layout = laid_out(data.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
    if not _is_the_same(name, root, layout):
        return None, (_refusal(name),)
    return layout.text.encode("utf-8"), ()


def _is_the_same(name: str, root: Node, layout: Layout) -> bool:
    """Whether a layout says what the document says, and would not be laid out differently again."""
    report = Report()
    again = read_document(name, layout.text.encode("utf-8"), report)
    if again is None or report.problems or _plain(again) != _plain(root):
        return False
    return laid_out(layout.text) == layout


def _plain(node: Node) -> Any:
    """Everything a document says, in order, without places; a line end after a text's last line says nothing."""
    if isinstance(node, Scalar):
        return (node.text.rstrip("\n"), node.plain)
    if isinstance(node, Mapping):
        return [(entry.key.text, entry.key.plain, _plain(entry.value)) for entry in node.entries.values()]
    return ["-", *(_plain(item) for item in node.items)]


def _refusal(name: str) -> Problem:
    text = Text(
        "这个文件的写法太特殊，整理会改变它的意思，所以没有动它；请把多行的文字和注释写得简单些",
        "the file is written so unusually that laying it out would change it, so it was left alone; write texts of several lines "
        "and comments more plainly",
    )
    return Problem("not-formatted", Place(name, 1, 1), text)
