"""What comes in over HTTP, before anything is made of it: bodies as JSON values, the language asked for, headers.

A body is refused rather than guessed at: repeated keys, NaN, nesting and half characters are problems, never 500s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from starlette.requests import Request

from api.problems import MOST_FAULTS, Fault, ProblemError
from triage.errors import nearest
from triage.model import LANGUAGES, Language, Text

__all__ = [
    "TAGS_PATTERN",
    "Body",
    "as_language",
    "knows",
    "language_of",
    "language_told",
    "object_of",
    "parsed",
    "read_json",
    "text_of",
    "unknown_keys",
]

Body = dict[str, Any]
TAGS_PATTERN = r'^(\*|(W/)?"[\x21\x23-\x7e]*"(, *(W/)?"[\x21\x23-\x7e]*")*)$'
_TAGS = re.compile(TAGS_PATTERN)
_QUALITY = re.compile(r"\s*([A-Za-z]{1,8})[-A-Za-z0-9]*\s*(?:;\s*q\s*=\s*([0-9.]{1,5}))?\s*")


async def read_json(request: Request, depth: int) -> Body:
    """The body of a request, an object.

    Raises:
        ProblemError: It is not sent as JSON, or not usable JSON, or no object.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise ProblemError("not-json-content")
    return parsed(await request.body(), depth)


def parsed(raw: bytes, depth: int) -> Body:
    """A JSON object from its bytes.

    Raises:
        ProblemError: It is not usable JSON, nested deeper than `depth`, or no object.
    """
    try:
        found = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refuse)
        if b"\\u" in raw:
            orjson.dumps(found)  # refuses half of a surrogate pair
    except UnicodeDecodeError as error:
        raise _broken(Text(f"第 {error.start + 1} 个字节不是 UTF-8", f"byte {error.start + 1} is not UTF-8")) from None
    except json.JSONDecodeError as error:
        zh = f"第 {error.lineno} 行第 {error.colno} 列读不懂（{error.msg}）"
        raise _broken(Text(zh, f"not JSON at line {error.lineno} column {error.colno}: {error.msg}")) from None
    except _RepeatedError as error:
        name = _short(error.name)
        raise _broken(Text(f"键 `{name}` 重复", f"the key `{name}` is repeated")) from None
    except (ValueError, TypeError, RecursionError):
        raise _broken(Text("有 JSON 不允许的值，或嵌套太深", "a value JSON does not have, or nested too deeply")) from None
    if raw.count(b"{") + raw.count(b"[") > depth and _depth(found, depth) > depth:
        raise _broken(Text(f"嵌套超过 {depth} 层", f"nested more than {depth} deep"))
    return object_of(found, "")


def object_of(given: Any, pointer: str) -> Body:
    """What should be a JSON object.

    Raises:
        ProblemError: It is something else.
    """
    if isinstance(given, dict):
        return given
    text = Text("应为 JSON 对象", "expected a JSON object")
    raise ProblemError("invalid-input", text, [Fault("wrong-type", pointer, text)])


def text_of(given: Any, pointer: str, pattern: re.Pattern[str], shape: Text) -> str:
    """What should be a short text of a given shape.

    Raises:
        ProblemError: It is something else.
    """
    if isinstance(given, str) and pattern.fullmatch(given):
        return given
    text = Text(f"应为{shape.zh}", f"expected {shape.en}")
    raise ProblemError("invalid-input", text, [Fault("wrong-type", pointer, text)])


def unknown_keys(given: Mapping[str, Any], accepted: Sequence[str], pointer: str) -> None:
    """Refuse keys that are not accepted.

    Raises:
        ProblemError: With every one of them.
    """
    faults = [
        Fault(
            "unknown-key",
            f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}",
            Text(f"不认识 `{_short(name)}`", f"`{_short(name)}` is not accepted"),
            tuple(accepted),
            nearest(name, accepted),
        )
        for name in islice((name for name in given if name not in accepted), MOST_FAULTS)
    ]
    if faults:
        raise ProblemError("invalid-input", faults[0].detail, faults)


def as_language(tag: str) -> Language | None:
    """Our language for a language tag such as `zh-CN`; None for languages we do not speak."""
    primary = tag.partition("-")[0].lower()
    return next((language for language in LANGUAGES if language == primary), None)


def language_told(body: Mapping[str, Any]) -> Language | None:
    """The language the options of a body ask for, whatever else is wrong with it; None where they do not say."""
    options = body.get("options")
    told = options.get("language") if isinstance(options, dict) else None
    return as_language(told) if isinstance(told, str) else None


def knows(if_match: str | None, tag: str) -> bool:
    """Whether a sender knows something as it is, by its `If-Match`.

    Raises:
        ProblemError: There is none, or it is no list of entity tags.
    """
    if if_match is None:
        raise ProblemError("if-match-needed", None, [Fault("missing-value", "header:If-Match", Text("缺少", "missing"))])
    if not _TAGS.fullmatch(if_match):
        text = Text(f"`If-Match` 的值要带双引号，例如 `{tag}`", f"the value of `If-Match` stands in quotes, such as `{tag}`")
        raise ProblemError("bad-request", text, [Fault("wrong-type", "header:If-Match", text)])
    return not {"*", tag}.isdisjoint(part.strip().removeprefix("W/") for part in if_match.split(","))


def language_of(header: str | None) -> Language:
    """The language of an answer by its `Accept-Language`: the best of ours, Chinese where none is asked for."""
    if not header:
        return "zh"
    ranked = sorted(_wanted(header[:200]), key=lambda pair: -pair[1])
    return next((language for language, quality in ranked if quality > 0), "zh")


def _wanted(header: str) -> Iterator[tuple[Language, float]]:
    for part in header.split(","):
        match = _QUALITY.fullmatch(part)
        language = as_language(match[1]) if match else None
        if match and language:
            try:
                yield language, float(match[2] or 1)
            except ValueError:
                continue


class _RepeatedError(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _once(pairs: list[tuple[str, Any]]) -> Body:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _RepeatedError(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _depth(given: Any, limit: int) -> int:
    """How deeply containers are nested; counting stops beyond the limit."""
    level, depth = [given], 0
    while level and depth <= limit:
        level = [
            kid
            for part in level
            if isinstance(part, dict | list)
            for kid in (part.values() if isinstance(part, dict) else part)
            if isinstance(kid, dict | list)
        ]
        depth += 1
    return depth


def _broken(text: Text) -> ProblemError:
    return ProblemError("not-json", text, [Fault("not-json", "", text)])


def _short(name: str) -> str:
    return name[:40].encode("utf-8", "replace").decode()
