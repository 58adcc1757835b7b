"""Loading a knowledge base: a folder of YAML files in, a checked `KnowledgeBase` out, or every mistake at once.

This is the way in; the work is done by `documents` (YAML to nodes), `sections` and `shapes` (nodes to drafts) and `building`
(names looked up, the whole checked). Cases (`*.cases.yaml`) are read by `triage.cases`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from triage.building import Drafts, build
from triage.documents import MAX_FILE_BYTES, read_document, size
from triage.errors import KnowledgeError
from triage.mistakes import Report, clipped
from triage.model import KnowledgeBase, Place, Text
from triage.sections import FILE

__all__ = ["MAX_BYTES", "MAX_FILES", "load_knowledge"]

MAX_FILES = 1000
MAX_BYTES = 8 * 1024 * 1024
"""All files together. A base of 300 rules in two languages has about a quarter of a megabyte."""
MAX_NODES_OF_BASE = 500_000
CASES = ".cases.yaml"


def load_knowledge(folder: Path) -> KnowledgeBase:
    """The knowledge base in a folder.

    All `*.yaml` files below the folder belong to it, except `*.cases.yaml`; hidden files and folders (a name that starts
    with a dot) and linked folders do not. The result does not depend on which file holds what, nor on the order of entries.

    Args:
        folder: The base's own folder, such as `knowledge/power`.

    Raises:
        KnowledgeError: Something is wrong with the folder, a file or what it says; it holds all mistakes found.

    Example:
        >>> load_knowledge(Path("knowledge/power")).identity.id
        'power'
    """
    report = Report()
    knowledge = build(_read(folder, report), report)
    if report.problems:
        raise KnowledgeError(folder, report.problems)
    return knowledge


def _read(folder: Path, report: Report) -> Drafts:
    """Everything the files say, as far as it can be read."""
    drafts = Drafts()
    files = _files(folder, report)
    if files is None:
        return Drafts(complete=False)
    bytes_left, nodes_left = MAX_BYTES, MAX_NODES_OF_BASE
    drafts.complete = not report.problems
    for name, path in files:
        data = _bytes(name, path, report)
        root = None if data is None else read_document(name, data, report)
        if data is None or root is None:
            drafts.complete = False
            continue
        bytes_left -= len(data)
        nodes_left -= size(root)
        if bytes_left < 0 or nodes_left < 0:
            limit = f"{MAX_BYTES} bytes" if bytes_left < 0 else f"{MAX_NODES_OF_BASE} entries"
            report.add("base-too-large", Place(name, 1, 1), limit=limit)
            drafts.complete = False
            break
        found = FILE.read(root, report)
        for section, collected in drafts.listed.items():
            collected.extend(found[section])
        drafts.bases.extend(base for base in [found["base"]] if base)
        drafts.evidence.extend(part for part in [found["evidence"]] if part)
    return drafts


def _files(folder: Path, report: Report) -> list[tuple[str, Path]] | None:
    """The knowledge files and the names places give them, by name; None where they cannot be listed."""
    if not _is_folder(folder):
        report.add("not-a-folder", None, path=clipped(folder.as_posix(), 200))
        return None
    files = []
    for name, path in sorted(_walk(folder, report)):
        if name.endswith(".yaml"):
            files.append((name, path))
        else:
            report.add("wrong-ending", Place(name, 1, 1), name=clipped(path.name))
    if not files:
        if not report.problems:
            report.add("no-files", None)
        return None
    if len(files) > MAX_FILES:
        report.add("too-many-files", None, count=len(files), limit=MAX_FILES)
        return None
    return files


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _walk(folder: Path, report: Report) -> Iterator[tuple[str, Path]]:
    """Every file whose name ends like YAML, cases left out."""

    def unreadable(error: OSError) -> None:
        name = Path(error.filename).relative_to(folder)
        report.add("unreadable-file", Place(_shown(name), 1, 1), reason=error.strerror or type(error).__name__)

    for inside, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*names, *(name for name in folders if name.lower().endswith((".yaml", ".yml")))]:
            path = Path(inside, name)
            if name.lower().endswith((".yaml", ".yml")) and not name.startswith(".") and not name.endswith(CASES):
                yield _shown(path.relative_to(folder)), path


def _shown(path: Path) -> str:
    """A file's name for a message, also where the file system holds one that is not text."""
    return clipped(os.fsencode(path.as_posix()).decode("utf-8", "replace"), 500)


def _bytes(name: str, path: Path, report: Report) -> bytes | None:
    """A file's bytes, at most one more than are allowed; None if it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            report.add("unreadable-file", Place(name, 1, 1), reason=Text("不是文件", "it is not a file"))
            return None
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        report.add("unreadable-file", Place(name, 1, 1), reason=error.strerror or type(error).__name__)
        return None
