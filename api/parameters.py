"""Parameters of paths and queries: those nobody knows are refused, and what is wrong with one is told in our words.

The framework checks them; it knows neither Chinese nor what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant

from api.problems import Fault, ProblemError
from triage.errors import nearest
from triage.model import Text

__all__ = ["TIME", "fault_of", "known_only"]

LONGEST = 80
"""Characters of a value that are told."""
TIME = Text(
    "日期（按 UTC，如 2026-01-31）或带时区的时间（如 2026-01-31T08:00:00+08:00）",
    "a date, which begins in UTC, such as 2026-01-31, or a time with its zone, such as 2026-01-31T08:00:00+08:00",
)
_BOOLEANS = ("true", "false")


async def known_only(request: Request) -> None:
    """A dependency that refuses query parameters the route does not name: one that is misspelt would select nothing.

    Raises:
        ProblemError: With every one of them.
    """
    accepted = tuple(_named(request.scope["route"].dependant))
    faults = [_unknown(name, accepted) for name in request.query_params if name not in accepted]
    if faults:
        raise ProblemError("invalid-input", faults[0].detail, faults)


def fault_of(found: Mapping[str, Any]) -> Fault:
    """One thing the framework found wrong with a parameter.

    Args:
        found: As pydantic tells it: `loc`, `type`, `input`, `ctx`, `msg`.
    """
    where, *rest = found["loc"]
    wanted, accepted = _wanted(str(found["type"]), found.get("ctx") or {})
    given = str(found.get("input"))[:LONGEST]
    text = Text(f"`{given}` 不能用，应为{wanted.zh}", f"`{given}` is not accepted, expected {wanted.en}")
    return Fault("wrong-type", f"{where}:{'/'.join(map(str, rest))}", text, accepted, nearest(given, accepted))


def _named(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route, and of what it depends on."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _named(inner)


def _unknown(name: str, accepted: tuple[str, ...]) -> Fault:
    shown = name[:LONGEST]
    near = nearest(name, accepted)
    zh, en = (f"；是不是想写 `{near}`？", f"; did you mean `{near}`?") if near else ("", "")
    text = Text(f"不认识查询参数 `{shown}`{zh}", f"the query parameter `{shown}` is not known{en}")
    return Fault("unknown-parameter", f"query:{shown}", text, accepted, near)


def _wanted(kind: str, more: Mapping[str, Any]) -> tuple[Text, tuple[str, ...]]:
    """What would be accepted, in words and as a list, where it is one."""
    if kind == "literal_error":
        choices = tuple(part.strip("'") for part in str(more["expected"]).replace(" or ", ", ").split(", "))
        return Text("、".join(choices), "one of " + ", ".join(choices)), choices
    if kind.startswith("bool_"):
        return Text("true 或 false", "true or false"), _BOOLEANS
    if kind.startswith("datetime_") or kind == "value_error":
        return TIME, ()
    shape = _SHAPES.get(kind)
    return shape(more) if shape else _OTHERWISE, ()


_OTHERWISE = Text("别的写法，见 `/docs`", "something else; see `/docs`")
_SHAPES: Mapping[str, Callable[[Mapping[str, Any]], Text]] = {
    "int_parsing": lambda _: Text("整数", "a whole number"),
    "greater_than_equal": lambda more: Text(f"不小于 {more['ge']} 的数", f"a number of {more['ge']} or more"),
    "less_than_equal": lambda more: Text(f"不大于 {more['le']} 的数", f"a number up to {more['le']}"),
    "string_pattern_mismatch": lambda more: Text(f" `{more['pattern']}` 这种写法", f"a text of the form `{more['pattern']}`"),
}
