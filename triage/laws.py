"""The laws of a base, told: what must hold on every call, and where it does not a sentence with a smallest call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from triage.compilation import Compiled
from triage.model import Place, Text
from triage.verification import evidence_violations, forbidden_instructions, invariant_violations

__all__ = ["KINDS", "Law", "laws"]

Kind = Literal["evidence", "invariants", "forbidden-instructions"]
KINDS: tuple[Kind, ...] = ("evidence", "invariants", "forbidden-instructions")

_HELPED = Text(
    "违反“说不清不能省掉派人”：`{fact}` 说不清时得出不派人（或客户付费），说 `{value}` 时却不是；例如 {call}",
    "unknown helps: with `{fact}` unknown nobody is sent or the customer pays, with `{value}` it is otherwise; for example "
    "{call}",
)
_BROKEN = Text("违反必须成立的要求 `{name}`；例如 {call}", "the invariant `{name}` is broken; for example on {call}")
_INSTRUCTED = Text(
    "`{name}` 让人做不许做的事 `{what}`；例如 {call}", "`{name}` instructs `{what}`, which is forbidden; for example on {call}"
)


@dataclass(frozen=True, slots=True)
class Law:
    """One thing that must hold on every call.

    Attributes:
        name: The id of an invariant; empty for the other kinds, of which a base has one each.
        place: Where an invariant stands; None for the other kinds.
        broken: A sentence for each way in which it does not hold, with a smallest call; none where it holds.
    """

    kind: Kind
    name: str
    place: Place | None
    broken: tuple[Text, ...]


def laws(compiled: Compiled) -> Iterator[Law]:
    """Every law of a base, broken or not: evidence, each invariant, what must not be instructed."""
    helped = (_told(_HELPED, found.example, fact=found.fact, value=found.value) for found in evidence_violations(compiled))
    yield Law("evidence", "", None, tuple(helped))
    broken = {found.invariant: _told(_BROKEN, found.example, name=found.invariant) for found in invariant_violations(compiled)}
    for name, invariant in compiled.knowledge.invariants.items():
        yield Law("invariants", name, invariant.place, (broken[name],) if name in broken else ())
    instructed = forbidden_instructions(compiled)
    told = (_told(_INSTRUCTED, found.example, name=found.by, what=found.instruction) for found in instructed)
    yield Law("forbidden-instructions", "", None, tuple(told))


def _told(sentence: Text, example: Mapping[str, str], **parts: str) -> Text:
    call = "{" + ", ".join(f"{fact}: {value}" for fact, value in example.items()) + "}"
    return Text(sentence.zh.format(call=call, **parts), sentence.en.format(call=call, **parts))
