"""The knowledge bases that are loaded: found by name, version or digest; one version of each is active.

What is loaded is never changed, only added to and pointed at: a request keeps the base it began with, whatever is activated
meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triage.assessment import KnowledgeName
from triage.errors import InputError, nearest
from triage.evaluation import complete, effective, verdict_of
from triage.expert import ExpertSystem
from triage.model import KnowledgeBase, Text

__all__ = ["Base", "Bases", "NotLoadedError", "Wanted", "engines_agree"]

TRIED = 12
"""Calls both engines must agree on before a base is used."""


@dataclass(frozen=True)
class Wanted:
    """Which base a request asks for; what is None is left to the service."""

    name: str | None = None
    version: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Base:
    """One version of a base, ready for calls.

    Attributes:
        folder: Where its files are, if they are still there.
        documents: Answers made from the base alone, kept once made.
    """

    system: ExpertSystem
    folder: Path | None = None
    documents: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    @property
    def knowledge(self) -> KnowledgeBase:
        """What it knows."""
        return self.system.knowledge

    @property
    def name(self) -> KnowledgeName:
        """Which base and version it is."""
        identity = self.knowledge.identity
        return KnowledgeName(identity.id, identity.version, self.knowledge.digest)

    @property
    def private(self) -> frozenset[str]:
        """Fields with personal data."""
        return frozenset(name for name, field_ in self.knowledge.fields.items() if field_.private)

    def document(self, name: str, make: Callable[[], bytes]) -> bytes:
        """An answer made from the base alone."""
        if name not in self.documents:
            self.documents[name] = make()
        return self.documents[name]


class NotLoadedError(InputError):
    """A version that is not open here; it may be stored.

    Attributes:
        wanted: What was asked for.
    """

    def __init__(self, *parts: Any, wanted: Wanted) -> None:
        super().__init__(*parts)
        self.wanted = wanted


class Bases:
    """Everything that is loaded.

    Args:
        first: Bases to begin with, all active; the first of them is used where a request names none.
    """

    def __init__(self, first: Iterable[Base]) -> None:
        self._loaded: dict[str, Base] = {}
        self._active: dict[str, str] = {}
        for base in first:
            self.load(base)
            self.activate(base.name)

    @classmethod
    def open(cls, folders: Iterable[Path]) -> Bases:
        """Open the bases in some folders.

        Raises:
            KnowledgeError: One has mistakes, all of them told.
        """
        return cls(Base(ExpertSystem.open(folder), folder) for folder in folders)

    def load(self, base: Base) -> None:
        """Have one more version; it is used by requests that ask for it until it is activated."""
        self._loaded = {**self._loaded, base.name.digest: base}

    def activate(self, name: KnowledgeName) -> None:
        """Use a loaded version for requests that name none. The same again rolls back to it."""
        if name.digest not in self._loaded:
            raise KeyError(name)
        self._active = {**self._active, name.name: name.digest}

    def drop(self, digest: str) -> None:
        """Have a version no more that is not active; requests under way keep theirs."""
        self._loaded = {name: base for name, base in self._loaded.items() if name != digest or self.is_active(base)}

    def find(self, wanted: Wanted = Wanted(), pointer: str = "/options/knowledge") -> Base:
        """The base a request asks for: by digest, or by name and version, or the active version of a name, or the first.

        Raises:
            NotLoadedError: There is none such.
            InputError: There are several of that version, none of them active.
        """
        if wanted.digest is not None:
            found = self._loaded.get(wanted.digest)
            if found is None or wanted.name not in (None, found.name.name) or wanted.version not in (None, found.name.version):
                raise _missing(f"{pointer}/digest", wanted.digest, self._loaded, wanted)
            return found
        name = wanted.name or next(iter(self._active))
        active = self.active(name, f"{pointer}/name")
        if wanted.version in (None, active.name.version):
            return active
        versions = [base for base in self.all() if base.name.name == name]
        meant = [base for base in versions if base.name.version == wanted.version]
        if not meant:
            accepted = dict.fromkeys(base.name.version for base in versions)
            raise _missing(f"{pointer}/version", str(wanted.version), accepted, Wanted(name, wanted.version))
        if len(meant) > 1:
            raise _several(pointer, meant)
        return meant[0]

    def active(self, name: str, pointer: str) -> Base:
        """The active version of a base.

        Raises:
            NotLoadedError: There is no base of that name.
        """
        if name not in self._active:
            raise _missing(pointer, name, self._active, Wanted(name))
        return self._loaded[self._active[name]]

    def is_active(self, base: Base) -> bool:
        """Whether requests that name no version get this one."""
        return self._active.get(base.name.name) == base.name.digest

    def all(self) -> tuple[Base, ...]:
        """Every version loaded, in the order they were."""
        return tuple(self._loaded.values())

    def by_digest(self, digest: str) -> Base | None:
        """The version with a digest, if it is loaded."""
        return self._loaded.get(digest)


def engines_agree(base: Base) -> bool:
    """Whether evaluation and experta say the same on a few calls that touch everything; makes this thread's engine ready too."""
    for turn in range(TRIED):
        known = {name: fact.domain[_chance(turn, name) % len(fact.domain)] for name, fact in base.knowledge.facts.items()}
        counted = effective(base.knowledge, complete(base.knowledge, known))
        if verdict_of(base.knowledge, counted).conclusions != base.system.infer(counted).verdict.conclusions:
            return False
    return True


def _chance(turn: int, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{turn} {name}".encode()).digest()[:4], "big")


def _several(pointer: str, meant: list[Base]) -> InputError:
    version = meant[0].name.version
    text = Text(f"有几个版本叫 `{version}`，请用 `digest` 指名", f"several versions are called `{version}`: name one by `digest`")
    return InputError("several-versions", f"{pointer}/version", text, [base.name.digest for base in meant])


def _missing(pointer: str, given: str, accepted: Iterable[str], wanted: Wanted) -> NotLoadedError:
    choices = tuple(accepted)
    text = Text(f"没有载入 `{given[:80]}`", f"`{given[:80]}` is not loaded")
    return NotLoadedError("unknown-knowledge", pointer, text, choices, nearest(given, choices), wanted=wanted)
