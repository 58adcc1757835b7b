"""Every error the expert system raises: one root, a stable `code`, parts as fields, and a sentence in each language.

Knows nothing of files or of what is checked; `triage.loading.mistakes` has the words for authors' mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

from triage.model import Language, Place, Text

__all__ = ["InputError", "KnowledgeError", "Problem", "TriageError", "nearest"]

LONGEST_COMPARED = 64
NEAR, SURE, ALIKE = 0.7, 0.8, 0.6
"""Shares of letters, as difflib counts them: of ids, of ids beyond doubt, and of what is left without their common words."""


def nearest(name: str, known: Iterable[str], *, sure: bool = False) -> str | None:
    """The known id a misspelt one was probably meant to be; None where nothing is near.

    An id of which only some words were given comes first, if it is the only such; then those that are spelt alike.

    Args:
        sure: Only what can hardly be anything but a slip of the pen.
    """
    written, ids = name[:LONGEST_COMPARED], sorted(known)
    slip = get_close_matches(written, ids, n=1, cutoff=SURE)
    if sure:
        return slip[0] if slip else None
    begun = [known for known in ids if _abbreviates(written, known)]
    if len(begun) == 1:
        return begun[0]
    close = get_close_matches(written, ids, n=3, cutoff=NEAR)
    return slip[0] if slip else next((found for found in close if _alike_beside_common_words(written, found)), None)


def _abbreviates(name: str, known: str) -> bool:
    """Whether an id was begun and not ended, or some of its words were given: `none` of `none_seen`."""
    return len(name) > 2 and known != name and (known.startswith(name) or f"_{name}_" in f"_{known.replace('-', '_')}_")


def _alike_beside_common_words(name: str, known: str) -> bool:
    """Whether ids are alike in more than the words they begin and end with: not `meter_display` and `meter_noisy`."""
    ours, theirs = _words(name), _words(known)
    while ours and theirs and ours[0] == theirs[0]:
        ours, theirs = ours[1:], theirs[1:]
    while ours and theirs and ours[-1] == theirs[-1]:
        ours, theirs = ours[:-1], theirs[:-1]
    rests = "_".join(ours), "_".join(theirs)
    return not all(rests) or SequenceMatcher(None, *rests).ratio() >= ALIKE


def _words(name: str) -> list[str]:
    return name.replace("-", "_").split("_")


class TriageError(Exception):
    """Root of all errors of this package.

    Attributes:
        code: Stable name of the kind of error, for programs; never translated.
    """

    code = "error"

    def render(self, language: Language) -> str:
        """The error as a sentence (or lines) for people."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.render("en")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a knowledge base.

    Attributes:
        code: Stable name of the kind of mistake, such as `unknown-fact`.
        place: Where it stands; None where it is about the folder as a whole.
        text: What is wrong, with the author's own text in backticks, and what to do.
    """

    code: str
    place: Place | None
    text: Text

    def render(self, language: Language, folder: str = "") -> str:
        """One line: place, sentence, code. `folder` stands before the file's name."""
        where = "/".join(part for part in (folder, str(self.place) if self.place else "") if part not in ("", "."))
        return f"{where}{': ' if where else ''}{self.text.get(language)}   [{self.code}]"


class KnowledgeError(TriageError):
    """A knowledge base that cannot be used, with everything that is wrong with it.

    Attributes:
        folder: The base's folder as the caller named it.
        problems: At least one; sorted by place, those about the whole folder first.
    """

    code = "knowledge"

    def __init__(self, folder: Path, problems: Iterable[Problem]) -> None:
        found = tuple(sorted(set(problems), key=_by_place))
        super().__init__(folder, found)
        self.folder = folder
        self.problems = found

    def render(self, language: Language) -> str:
        """One line per problem."""
        folder = self.folder.as_posix()
        return "\n".join(problem.render(language, folder) for problem in self.problems)


class InputError(TriageError):
    """Something in a call's input that the base does not know.

    Attributes:
        path: JSON pointer (RFC 6901) to the offending part of the input, such as `/facts/balance`; empty for the whole.
        text: What is wrong and what to do.
        accepted: What would be accepted there; empty where that is not a list.
        nearest: The accepted entry that was probably meant, or None.
        also: More mistakes in the same input.
    """

    also: tuple[InputError, ...] = ()

    def __init__(self, code: str, path: str, text: Text, accepted: Iterable[str] = (), nearest: str | None = None) -> None:
        self.code = code
        self.path = path
        self.text = text
        self.accepted = tuple(accepted)
        self.nearest = nearest
        super().__init__(code, path, text, self.accepted, nearest)

    def render(self, language: Language) -> str:
        """One line per mistake: where, what, what was probably meant or would be accepted."""
        return "\n".join(error._line(language) for error in (self, *self.also))

    def _line(self, language: Language) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.text.get(language)}{self._advice().get(language)}   [{self.code}]"

    def _advice(self) -> Text:
        if self.nearest is not None:
            return Text(f"；是不是想写 `{self.nearest}`？", f"; did you mean `{self.nearest}`?")
        if self.accepted:
            choices = ", ".join(self.accepted)
            return Text(f"；可以是：{choices}", f"; accepted: {choices}")
        return Text("", "")


def _by_place(problem: Problem) -> tuple[bool, Place, str, str]:
    return (problem.place is not None, problem.place or Place("", 0, 0), problem.code, problem.text.en)
