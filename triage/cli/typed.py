"""What a person typed, understood: numbers, ids, labels, readings and the few keys of the interview."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from triage.assessment import Option, QuestionToAsk
from triage.model import CALLER, UNKNOWN

__all__ = ["Key", "Reading", "UnclearError", "key_of", "understand"]

_SMALLEST_BARE_READING = 10
"""Whole numbers below this are more likely a mistyped option than a reading."""
_SEPARATORS = re.compile(r"[\s,;、和]+")
_READING = re.compile(r"=?\s*(-?\d{1,9}(?:\.\d{1,9})?)\s*(\D*)")


class Key(Enum):
    """What is not an answer."""

    WHY = auto()
    BACK = auto()
    STOP = auto()
    KEEP = auto()
    NO_ANSWER = auto()


_KEYS = {
    "?": Key.WHY,
    "b": Key.BACK,
    "back": Key.BACK,
    "s": Key.STOP,
    "stop": Key.STOP,
    "q": Key.STOP,
    "": Key.KEEP,
}
_UNKNOWN = {"u", UNKNOWN, "说不清", "不知道", "cannot tell"}
_NO_ANSWER = {"n", "no answer", "没有结果"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A number given instead of an option."""

    fact: str
    number: float


class UnclearError(Exception):
    """What was typed is no answer here; `key` names the sentence that says why, `parts` fill it."""

    def __init__(self, key: str, **parts: Any) -> None:
        super().__init__(key)
        self.key = key
        self.parts = parts


def understand(typed: str, question: QuestionToAsk, units: Mapping[str, str]) -> Key | Reading | dict[str, str]:
    """What was typed, as a key, a reading, or values by fact.

    Args:
        units: Of the question's facts that take numbers, their units.

    Raises:
        UnclearError: It is none of these.
    """
    text = _plain(typed)
    asks_caller = question.ask_of == CALLER
    if text in _KEYS:
        return _KEYS[text]
    if text in _UNKNOWN:
        return dict.fromkeys(question.facts, UNKNOWN) if asks_caller else Key.NO_ANSWER
    if text in _NO_ANSWER and not asks_caller:
        return Key.NO_ANSWER
    whole = _chosen(text, question)
    if whole is None and (reading := _reading(text, question, units)):
        return reading
    words = [text] if whole is not None else [part for part in _SEPARATORS.split(text) if part]
    return _ticked(words, question) if question.several else _one(words, question)


def key_of(typed: str) -> Key | None:
    """The key that was typed, or None; cannot tell and no answer count as nothing typed."""
    text = _plain(typed)
    return Key.KEEP if text in _UNKNOWN | _NO_ANSWER else _KEYS.get(text)


def _plain(typed: str) -> str:
    """Full-width letters, digits and signs as the narrow ones; small letters."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def _one(words: Sequence[str], question: QuestionToAsk) -> dict[str, str]:
    chosen = {option for option in (_chosen(each, question) for each in words) if option}
    if len(words) > 1 and len(chosen) > 1:
        raise UnclearError("unclear-one")
    if len(words) != 1 or not chosen:
        raise _no_choice(question)
    option = chosen.pop()
    return {option.fact: option.value}


def _ticked(words: Sequence[str], question: QuestionToAsk) -> dict[str, str]:
    others = question.none or UNKNOWN
    if words == ["0"]:
        return dict.fromkeys(question.facts, others)
    for key, special in (("unclear-none", {"0"}), ("unclear-unknown", _UNKNOWN)):
        if special & set(words):
            raise UnclearError(key)
    chosen = [_chosen(each, question) for each in words]
    ticked = {option.fact: option.value for option in chosen if option is not None}
    if not chosen or None in chosen:
        raise _no_choice(question)
    return {fact: ticked.get(fact, others) for fact in question.facts}


def _no_choice(question: QuestionToAsk) -> UnclearError:
    keys = ["0"] if question.several else []
    keys += ["u" if question.ask_of == CALLER else "n", "?", "b", "s"]
    return UnclearError("unclear-choice", most=len(question.options), keys=" ".join(keys))


def _chosen(text: str, question: QuestionToAsk) -> Option | None:
    """The option with this number, id or label; ids are facts in a list to tick, values elsewhere."""
    options = question.options
    if text.isdecimal() and len(text) < 4:
        place = int(text)
        return options[place - 1] if 1 <= place <= len(options) else None
    for option in options:
        label = _plain(option.text)
        if text in (option.fact if question.several else option.value, label):
            return option
    return None


def _reading(text: str, question: QuestionToAsk, units: Mapping[str, str]) -> Reading | None:
    fact = next((fact for fact in question.facts if fact in units), None)
    found = _READING.fullmatch(text)
    if fact is None or found is None or question.several:
        return None
    number, unit = found[1], found[2].strip()
    plain = unit == "" and not text.startswith("=") and "." not in number
    if unit not in ("", _plain(units[fact])):
        return None
    if plain and abs(int(number)) < _SMALLEST_BARE_READING:
        if number == "0" or int(number) <= len(question.options):
            return None
        raise UnclearError("unclear-reading", number=number, unit=units[fact])
    return Reading(fact, float(number))
