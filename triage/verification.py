"""Laws of a base, checked exactly over all possible calls, each violation with a smallest example call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from triage.compilation import Compiled
from triage.diagrams import Diagram, Diagrams
from triage.model import UNKNOWN, Condition, EvidenceException

__all__ = [
    "EvidenceViolation",
    "ForbiddenInstruction",
    "InvariantViolation",
    "evidence_violations",
    "forbidden_instructions",
    "invariant_violations",
]


@dataclass(frozen=True, slots=True)
class EvidenceViolation:
    """A call on which leaving `fact` unknown ends in a spared outcome, but the answer `value` does not.

    Attributes:
        spared: Place of the outcome in `Evidence.spared`.
        example: The other facts of a smallest such call; facts not named are unknown.
    """

    spared: int
    fact: str
    value: str
    example: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InvariantViolation:
    """A call on which an invariant does not hold; facts `example` does not name are unknown."""

    invariant: str
    example: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ForbiddenInstruction:
    """Something forbidden that a message instructs on some call, or a question whenever it is asked.

    Attributes:
        by: Id of the message or question.
        example: A smallest call on which the message is said; empty for a question.
    """

    by: str
    instruction: str
    example: Mapping[str, str]


def evidence_violations(compiled: Compiled) -> Iterator[EvidenceViolation]:
    """Every way in which `unknown` helps a spared outcome, named exceptions left out; by fact, outcome and value."""
    knowledge, store = compiled.knowledge, compiled.store.scratch()
    endings = [_ending(compiled, store, outcome) for outcome in knowledge.evidence.spared]
    for fact in knowledge.facts:
        unexcepted = _unexcepted(compiled, store, [e for e in knowledge.evidence.exceptions if e.fact == fact])
        for spared, (so, otherwise) in enumerate(endings):
            helped = store.restrict(store.both(so, unexcepted), compiled.indices({fact: UNKNOWN}))
            for value in knowledge.facts[fact].values:
                told = store.restrict(otherwise, compiled.indices({fact: value}))
                example = compiled.smallest_call(store, store.both(helped, told))
                if example is not None:
                    yield EvidenceViolation(spared, fact, value, example)


def _ending(compiled: Compiled, store: Diagrams, outcome: Condition) -> tuple[Diagram, Diagram]:
    """The possible calls that end so, and those that do not."""
    ends_so = compiled.condition(outcome, store)
    return store.both(compiled.possible, ends_so), store.both(compiled.possible, store.negate(ends_so))


def _unexcepted(compiled: Compiled, store: Diagrams, exceptions: list[EvidenceException]) -> Diagram:
    """Where none of some exceptions holds."""
    found = store.leaf(False)
    for exception in exceptions:
        found = store.either(found, compiled.condition(exception.when, store))
    return store.negate(found)


def invariant_violations(compiled: Compiled) -> Iterator[InvariantViolation]:
    """Every invariant that some call breaks, by id. Safety invariants must hold on impossible calls too."""
    for name, invariant in compiled.knowledge.invariants.items():
        store = compiled.store.scratch()
        wrong = store.both(compiled.condition(invariant.when, store), store.negate(compiled.condition(invariant.then, store)))
        if not invariant.safety:
            wrong = store.both(wrong, compiled.possible)
        example = compiled.smallest_call(store, wrong)
        if example is not None:
            yield InvariantViolation(name, example)


def forbidden_instructions(compiled: Compiled) -> Iterator[ForbiddenInstruction]:
    """Every forbidden instruction that somebody may be given, on impossible calls too; messages first, each by id."""
    knowledge = compiled.knowledge
    forbidden = {name for name, instruction in knowledge.instructions.items() if instruction.forbidden}
    for message in knowledge.messages.values():
        for instruction in sorted(forbidden.intersection(message.instructs)):
            example = compiled.smallest_call(compiled.store, compiled.messages[message.id])
            if example is not None:
                yield ForbiddenInstruction(message.id, instruction, example)
    for question in knowledge.questions.values():
        for instruction in sorted(forbidden.intersection(question.instructs)):
            yield ForbiddenInstruction(question.id, instruction, {})
