"""What a request asks of the expert system: the part of its body that is the service's own, taken off and checked.

The rest is checked by `triage.call`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from api.bases import Base, Bases, Wanted
from api.doors import as_language, object_of, unknown_keys
from api.ids import stamp
from api.problems import Fault, Gathering, ProblemError
from triage.call import read_input
from triage.model import LANGUAGES, Language, Text

__all__ = ["OURS", "Asked", "read_asked"]

PARTS = ("facts", "fields", "no_answer")
OURS = ("knowledge", "test_traffic")
LIMITS = {"questions": 20, "look_ahead": 2_000, "max_questions": 1_000}
"""The largest values of options that cost time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call to be assessed.

    Attributes:
        given: `facts`, `fields` and `no_answer` as they were sent.
        options: The expert system's options: language and `now` always among them.
        timed: The answer may depend on `now`.
    """

    base: Base
    given: Mapping[str, Any]
    options: Mapping[str, Any]
    test_traffic: bool
    timed: bool

    @property
    def language(self) -> Language:
        """The language of the answer."""
        return self.options["language"]  # type: ignore[no-any-return]

    def key(self) -> bytes | None:
        """The same for requests that have the same answer, callers' words included.

        None where it may depend on `now`, or cannot be told.
        """
        if self.timed:
            return None
        options = {name: value for name, value in self.options.items() if name != "now"}
        try:
            return orjson.dumps([self.base.name.digest, self.given, options], option=orjson.OPT_SORT_KEYS)
        except TypeError:  # a whole number of more than 64 bits, which the expert system refuses
            return None

    def document(self) -> dict[str, Any]:
        """The input of the expert system."""
        return {**self.given, "options": dict(self.options)}

    def telling(self, more: Mapping[str, Any]) -> Asked:
        """The same with other facts besides."""
        facts = {**self.given.get("facts", {}), **more}
        return replace(self, given={**self.given, "facts": facts}, timed=self.timed or _timed(more))


def read_asked(
    body: Mapping[str, Any], bases: Bases, language: Language, moment: datetime, beside: tuple[str, ...] = ()
) -> Asked:
    """What a body asks for.

    Args:
        body: `facts`, `fields`, `no_answer`, `options`; nothing else but `beside`.
        language: Of the answer, where the options do not say.
        moment: `now`, where the options do not say.
        beside: Keys of the body that somebody else looks at.

    Raises:
        ProblemError, InputError: Something is not accepted.
    """
    wrong, options, wanted = Gathering(), {}, Wanted()
    with wrong:
        unknown_keys(body, (*PARTS, "options", *beside), "")
    with wrong:
        options = dict(object_of(body.get("options", {}), "/options"))
    with wrong:
        wanted = _wanted(options.pop("knowledge", None))
    test = options.pop("test_traffic", None)
    with wrong:
        if not isinstance(test, bool | None):
            raise _wrong("/options/test_traffic", Text("true 或 false", "true or false"))
    with wrong:
        options["language"] = _language(options.get("language"), language)
    told_now = options.get("now")
    if told_now is None:
        options["now"] = stamp(moment)
    for name, limit in LIMITS.items():
        with wrong:
            if isinstance(options.get(name), int) and options[name] > limit:
                raise _wrong(f"/options/{name}", Text(f"不超过 {limit} 的整数", f"a whole number up to {limit}"))
    given = {name: body[name] for name in PARTS if name in body}
    timed = told_now is not None or _timed(given.get("facts"))  # what was told as `now` is to be looked at every time
    asked = Asked(bases.find(wanted), given, options, bool(test), timed)
    if wrong.any:
        with wrong:  # what else is
            read_input(asked.base.knowledge, asked.document())
        wrong.tell()
    return asked


def _timed(facts: Any) -> bool:
    return isinstance(facts, Mapping) and any(isinstance(told, dict) and "ttl_seconds" in told for told in facts.values())


def _wanted(given: Any) -> Wanted:
    if given is None:
        return Wanted()
    if isinstance(given, str):
        return Wanted(given)
    parts = object_of(given, "/options/knowledge")
    accepted = ("name", "version", "digest")
    unknown_keys(parts, accepted, "/options/knowledge")
    for name, value in parts.items():
        if value is not None and not isinstance(value, str):
            raise _wrong(f"/options/knowledge/{name}", Text("文字", "text"))
    return Wanted(**parts)


def _language(given: Any, otherwise: Language) -> Language:
    if given is None:
        return otherwise
    language = as_language(given) if isinstance(given, str) else None
    if language is None:
        raise _wrong("/options/language", Text("zh、zh-CN、en 或 en-US 之类", "such as zh, zh-CN, en or en-US"), LANGUAGES)
    return language


def _wrong(pointer: str, wanted: Text, accepted: tuple[str, ...] = ()) -> ProblemError:
    text = Text(f"应为{wanted.zh}", f"expected {wanted.en}")
    return ProblemError("invalid-input", text, [Fault("wrong-type", pointer, text, accepted)])
