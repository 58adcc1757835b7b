"""Loading a knowledge base: a folder of YAML files in, a checked `KnowledgeBase` out, or every mistake at once."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from triage.errors import KnowledgeError
from triage.loading.building import Drafts, build
from triage.loading.documents import Node
from triage.loading.files import Unread, read_documents
from triage.loading.mistakes import Report
from triage.loading.sections import FILE
from triage.model import KnowledgeBase

__all__ = ["declared_id", "drafts_of", "load_knowledge"]


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
    with _uncollected():
        knowledge = build(_read(folder, report), report)
    if report.problems:
        raise KnowledgeError(folder, report.problems)
    return knowledge


def declared_id(folder: Path) -> str | None:
    """The id that the base in a folder says it has, be it as wrong otherwise as may be; None where it says none."""
    bases = _read(folder, Report()).bases
    return str(bases[0]["id"]) or None if bases else None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keeps Python's garbage collector from looking, again and again, through a tree that only grows: a third of the time.

    What is made here refers to nothing above it, so nothing waits for the collector. Threads may load at once.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _read(folder: Path, report: Report) -> Drafts:
    """Everything the files say, as far as it can be read."""
    return drafts_of(*read_documents(folder, report, cases=False), report)


def drafts_of(documents: Iterable[Node], unread: Unread, report: Report) -> Drafts:
    """Everything documents say, as far as it can be read; `unread`: the other files of the base."""
    drafts = Drafts(unread)
    for root in documents:
        found = FILE.read(root, report)
        for section, collected in drafts.listed.items():
            collected.extend(found[section])
        drafts.bases.extend(base for base in [found["base"]] if base)
        drafts.evidence.extend(part for part in [found["evidence"]] if part)
        for section, once in drafts.single.items():
            once.extend(part for part in [found[section]] if part)
    return drafts
