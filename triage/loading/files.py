"""The files of a knowledge base: which belong to it, and each of them as a document, within limits.

Files that end in `.cases.yaml` hold cases, all other `*.yaml` files knowledge; hidden files and folders (a name that starts with
a dot) and linked folders belong to neither.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from triage.loading.documents import MAX_FILE_BYTES, Node, read_document, size
from triage.loading.mistakes import Report, clipped
from triage.model import Place, Text
from triage.refusals import refusal

__all__ = ["CASES", "MAX_BYTES", "MAX_FILES", "Unread", "file_bytes", "list_files", "read_documents"]

MAX_FILES = 1000
MAX_BYTES = 8 * 1024 * 1024
"""All files together. A base of 300 rules in two languages has about a quarter of a megabyte."""
MAX_NODES_OF_BASE = 500_000
CASES = ".cases.yaml"

Unread = tuple[bytes | None, ...]
"""What belongs to a base and could not be read as a document: the bytes of each file, None where not all of them are known."""


def read_documents(folder: Path, report: Report, *, cases: bool) -> tuple[list[Node], Unread]:
    """Every case file of a folder, or every knowledge file, as a document, by name.

    Returns:
        The documents that could be read, and the rest; what is wrong is in the report.
    """
    before = len(report.problems)
    files = list_files(folder, report, cases=cases)
    if files is None:
        return [], (None,)
    unread: list[bytes | None] = [None] if len(report.problems) > before else []
    documents: list[Node] = []
    bytes_left, nodes_left = MAX_BYTES, MAX_NODES_OF_BASE
    for name, path in files:
        data = file_bytes(name, path, report)
        root = None if data is None else read_document(name, data, report)
        if data is None or root is None:
            unread.append(data if _whole(data) else None)
            continue
        bytes_left -= len(data)
        nodes_left -= size(root)
        if bytes_left < 0 or nodes_left < 0:
            limit = f"{MAX_BYTES} bytes" if bytes_left < 0 else f"{MAX_NODES_OF_BASE} entries"
            report.add("base-too-large", Place(name, 1, 1), limit=limit)
            unread.append(None)
            break
        documents.append(root)
    return documents, tuple(unread)


def _whole(data: bytes | None) -> bool:
    """Whether ids can be found in a file's bytes: there to the end, and each letter one byte (not so in UTF-16)."""
    return data is not None and len(data) <= MAX_FILE_BYTES and b"\0" not in data


def list_files(folder: Path, report: Report, *, cases: bool) -> list[tuple[str, Path]] | None:
    """The files wanted and the names places give them, by name; None where they cannot be listed."""
    if not _is_folder(folder):
        report.add("not-a-folder", None, path=clipped(folder.as_posix(), 200))
        return None
    files, before = [], len(report.problems)
    for name, path in sorted(_walk(folder, report)):
        if name.endswith(CASES) is cases and name.endswith(".yaml"):
            files.append((name, path))
        elif not name.endswith(".yaml") and not cases:
            report.add("wrong-ending", Place(name, 1, 1), name=clipped(path.name))
    if not files and not cases and len(report.problems) == before:
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
    """Every file whose name ends like YAML."""

    def unreadable(error: OSError) -> None:
        name = Path(error.filename).relative_to(folder)
        report.add("unreadable-file", Place(_shown(name), 1, 1), reason=refusal(error))

    for inside, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*names, *(name for name in folders if name.lower().endswith((".yaml", ".yml")))]:
            path = Path(inside, name)
            if name.lower().endswith((".yaml", ".yml")) and not name.startswith("."):
                yield _shown(path.relative_to(folder)), path


def _shown(path: Path) -> str:
    """A file's name for a message, also where the file system holds one that is not text."""
    return clipped(os.fsencode(path.as_posix()).decode("utf-8", "replace"), 500)


def file_bytes(name: str, path: Path, report: Report) -> bytes | None:
    """A file's bytes, at most one more than are allowed; None if it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            report.add("unreadable-file", Place(name, 1, 1), reason=Text("不是文件", "it is not a file"))
            return None
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        report.add("unreadable-file", Place(name, 1, 1), reason=refusal(error))
        return None
