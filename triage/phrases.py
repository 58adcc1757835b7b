"""Phrases to look for in a text, written as data: words, alternatives and short gaps; and finding them.

`(甲/乙)` is one of several, an empty one among them for "or nothing"; `~3` stands for at most three characters of Chinese or
words of other writing; `^` before a phrase and `$` after it bind it to the beginning and end of a clause, `^^` and `$$` to those
of the whole text. Nothing else is special and nothing repeats, so looking takes time in proportion to the text, whatever
anybody writes. Blanks, width of characters, capitals, accents and marks within a sentence make no difference. Knows nothing of
tone rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from triage.model import Text

__all__ = ["Phrase", "PhraseError", "Spoken", "Unit", "find", "listen", "read_phrase"]

LONGEST_PHRASE = 200
LONGEST_GAP = 20
SHORT = 4
"""A phrase of fewer units, and without gaps, is not looked for across commas: 很大，概不 is not 大概."""

NONE, PAUSE, STOP = 0, 1, 2
"""What stands before a unit: nothing or a blank, a comma or the like, the end of a sentence."""
WHOLE = 2
"""How often `^` or `$` stands where it means the whole text."""

_PAUSES = frozenset(",:\n\r、")
_STOPS = frozenset("!?;。")
_APOSTROPHES = frozenset("'’ʼ")
_FIRST_IDEOGRAPH = 0x2E80
_PARTS = re.compile(r"[()/]|~\d*|[^()/~]+")


class PhraseError(ValueError):
    """A phrase is not written as it should be; `why` says what is wrong."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = Text(zh, en)


@dataclass(frozen=True, slots=True)
class Unit:
    """A character of Chinese, or a word of other writing, in the one form that phrases are compared in.

    Attributes:
        start, end: Where it stands in the text, in characters.
        before: What parts it from the unit before.
    """

    text: str
    start: int
    end: int
    before: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text as its units, and where each of them stands."""

    units: Sequence[Unit]
    places: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase ready to be looked for.

    Attributes:
        parts: Each a gap (its greatest length) or alternatives, every one of them units in a row.
        firsts: Units it can begin with.
        begins, ends: 0: anywhere; 1: where a clause does; 2: where the text does.
        crosses: The greatest of `NONE`, `PAUSE` that may part its units.
    """

    parts: tuple[int | tuple[tuple[str, ...], ...], ...]
    firsts: frozenset[str]
    begins: int
    ends: int
    crosses: int


def listen(text: str) -> Spoken:
    """The units of a text.

    >>> [unit.text for unit in listen("大 概,Ｍaybe I'll").units]
    ['大', '概', 'maybe', 'ill']
    """
    units: list[Unit] = []
    before, within_word = STOP, False
    for place, character in enumerate(text):
        for part in _folded(character):
            if unicodedata.category(part) in ("Mn", "Me", "Cf") or (within_word and part in _APOSTROPHES):
                continue
            if not part.isalnum():
                before, within_word = max(before, _parting(part, text, place)), False
                continue
            if within_word and ord(part) < _FIRST_IDEOGRAPH:
                last = units.pop()
                units.append(Unit(last.text + part, last.start, place + 1, last.before))
            else:
                units.append(Unit(part, place, place + 1, before))
            before, within_word = NONE, ord(part) < _FIRST_IDEOGRAPH
    places: dict[str, list[int]] = {}
    for number, unit in enumerate(units):
        places.setdefault(unit.text, []).append(number)
    return Spoken(units, places)


def _folded(character: str) -> str:
    """A character without width, capitals and accents; dots that trail off part nothing."""
    return " " if character in "…⋯" else unicodedata.normalize("NFKD", character).casefold()


def _parting(mark: str, text: str, place: int) -> int:
    if mark == ".":  # a full stop, but not a point in a number or one of several dots
        return STOP if not text[place + 1 : place + 2].strip() and text[max(place - 1, 0)] != "." else NONE
    return STOP if mark in _STOPS else PAUSE if mark in _PAUSES else NONE


@lru_cache(maxsize=4096)
def read_phrase(written: str) -> Phrase:
    """A phrase from how it is written.

    Raises:
        PhraseError: It is not written as it should be.
    """
    if len(written) > LONGEST_PHRASE:
        raise PhraseError(f"超过 {LONGEST_PHRASE} 个字符", f"it is longer than {LONGEST_PHRASE} characters")
    plain = unicodedata.normalize("NFKC", written).strip()
    middle = plain.lstrip("^").rstrip("$")
    begins, ends = len(plain) - len(plain.lstrip("^")), len(plain) - len(plain.rstrip("$"))
    if max(begins, ends) > WHOLE or "^" in middle or "$" in middle:
        raise PhraseError(
            "`^` 只能在最前、`$` 只能在最后，最多两个", "`^` stands only first and `$` only last, at most two of them"
        )
    parts = tuple(_parts(middle))
    needed = [place for place, part in enumerate(parts) if not isinstance(part, int) and () not in part]
    gaps = [place for place, part in enumerate(parts) if isinstance(part, int)]
    if not needed:
        raise PhraseError("没有必须出现的字", "it has no words that must be there")
    if gaps and not needed[0] < gaps[0] <= gaps[-1] < needed[-1]:
        raise PhraseError("`~` 前后都要有必须出现的字", "words that must be there have to stand before and after `~`")
    shortest = sum(min(map(len, part)) for part in parts if not isinstance(part, int))
    crosses = PAUSE if gaps or shortest >= SHORT else NONE
    return Phrase(parts, frozenset(_firsts(parts)), begins, ends, crosses)


def _parts(middle: str) -> Iterator[int | tuple[tuple[str, ...], ...]]:
    """Words, alternatives and gaps, from left to right."""
    choices: list[str] | None = None
    for piece in _PARTS.findall(middle):
        if piece == "(" and choices is None:
            choices = [""]
        elif piece == ")" and choices is not None:
            if not any(map(_units, choices)):
                raise PhraseError("括号里没有字", "the parentheses hold no words")
            yield tuple(dict.fromkeys(map(_units, choices)))
            choices = None
        elif piece in ("(", ")", "/") and (choices is None or piece == "("):
            raise PhraseError(
                "括号不成对、套了括号，或 `/` 在括号外面",
                "parentheses do not pair, stand within each other, or `/` stands outside",
            )
        elif piece == "/" and choices is not None:
            choices.append("")
        elif piece.startswith("~"):
            if choices is not None or not 1 <= int(piece[1:] or 0) <= LONGEST_GAP:
                raise PhraseError(
                    f"`~` 后面要写 1 到 {LONGEST_GAP} 的数，而且不能在括号里",
                    f"`~` takes a number from 1 to {LONGEST_GAP} and stands outside parentheses",
                )
            yield int(piece[1:])
        elif choices is not None:
            choices[-1] += piece
        elif _units(piece):
            yield (_units(piece),)
    if choices is not None:
        raise PhraseError("括号没有结束", "a parenthesis is not closed")


def _units(words: str) -> tuple[str, ...]:
    return tuple(unit.text for unit in listen(words).units)


def _firsts(parts: Sequence[int | tuple[tuple[str, ...], ...]]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, int):
            return
        yield from (words[0] for words in part if words)
        if () not in part:
            return


def find(phrase: Phrase, spoken: Spoken) -> Iterator[tuple[int, int]]:
    """Where a phrase stands: the first unit and the one after the last, the longest from each beginning."""
    for first in phrase.firsts & spoken.places.keys():
        for start in spoken.places[first]:
            if _bound(phrase.begins, start, spoken):
                ends = [end for end in _reached(phrase, spoken.units, start) if _bound(phrase.ends, end, spoken)]
                if ends:
                    yield start, max(ends)


def _bound(wanted: int, place: int, spoken: Spoken) -> bool:
    """Whether a clause, or the whole text, begins or ends just before a unit."""
    if wanted == WHOLE:
        return place in (0, len(spoken.units))
    return not wanted or place == len(spoken.units) or spoken.units[place].before > NONE


def _reached(phrase: Phrase, units: Sequence[Unit], start: int) -> set[int]:
    """Everywhere a phrase that begins at a unit can end."""
    ends = {start}
    for part in phrase.parts:
        if isinstance(part, int):
            ends = {end for place in ends for end in _within(units, place, part)}
        else:
            ends = {place + len(words) for place in ends for words in part if _stand(words, units, place, start, phrase)}
        if not ends:
            break
    return ends


def _within(units: Sequence[Unit], place: int, longest: int) -> Iterator[int]:
    """The ends of a gap; it does not reach into the next sentence."""
    yield place
    for end in range(place, min(place + longest, len(units))):
        if units[end].before == STOP:
            return
        yield end + 1


def _stand(words: tuple[str, ...], units: Sequence[Unit], place: int, start: int, phrase: Phrase) -> bool:
    if not words:
        return True
    if place + len(words) > len(units) or units[place].text != words[0]:
        return False
    return all(
        units[number].text == word and (number == start or units[number].before <= phrase.crosses)
        for number, word in enumerate(words, place)
    )
