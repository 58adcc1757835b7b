"""What a knowledge base declares, and looking it up with a hint where a name is misspelt.

Names come from everything that could be read, sound or not, so that one mistake does not bring a second about the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from triage.loading.files import Unread
from triage.loading.mistakes import Report, clipped, one_of
from triage.loading.shapes import Word
from triage.model import UNKNOWN, KnowledgeBase, Place, Text

__all__ = ["KINDS", "Domain", "Kind", "Names", "names_of"]

Kind = Literal["fact", "inferred", "field", "parameter"]
KINDS: dict[Kind, Text] = {
    "fact": Text("可以问到的事实", "an observable fact"),
    "inferred": Text("推断", "an inferred fact"),
    "field": Text("字段", "a field"),
    "parameter": Text("参数", "a parameter"),
}


@dataclass(frozen=True, slots=True)
class Domain:
    """What a condition may ask of a fact.

    Attributes:
        values: Declared values in the author's order; empty where they could not be read.
        default: The default of an inferred fact; None for an observable one, which has `unknown`.
    """

    values: tuple[str, ...]
    default: str | None

    @property
    def answers(self) -> tuple[str, ...]:
        """All values, for an observable fact `unknown` last."""
        return (*self.values, UNKNOWN) if self.default is None else self.values


@dataclass(slots=True)
class Names:
    """Everything declared.

    Attributes:
        unread: Files that could not be read: nobody is blamed for a name that one of them may declare.
        kinds: Facts, inferred facts, fields and parameters, which share one set of names.
        places: Where each of those is declared first.
        domains: Of observable and inferred facts.
    """

    report: Report
    unread: Unread = ()
    kinds: dict[str, Kind] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    systems: set[str] = field(default_factory=set)
    questions: set[str] = field(default_factory=set)
    instructions: set[str] = field(default_factory=set)

    def declare(self, word: Word, kind: Kind) -> None:
        """Add one of the shared names; one that is taken by another kind is reported."""
        if not word:
            return
        taken = self.kinds.setdefault(word, kind)
        place = self.places.setdefault(word, word.place)
        if taken != kind:
            self.report.add("name-taken", word.place, id=clipped(word), other=KINDS[taken], first=place)

    def of_kind(self, *kinds: Kind) -> list[str]:
        """The shared names of some kinds."""
        return [name for name, kind in self.kinds.items() if kind in kinds]

    def shared(self, word: Word, kinds: tuple[Kind, ...], code: str) -> bool:
        """Whether one of the shared names is of a kind that may stand here; reported if not, under `code` if unknown."""
        kind = self.kinds.get(word)
        if kind in kinds:
            return True
        if kind is not None:
            self.report.add("wrong-kind", word.place, id=clipped(word), found=KINDS[kind], expected=_either(kinds))
        else:
            self.listed(word, self.of_kind(*kinds), code)
        return False

    def readable(self, word: Word, kinds: tuple[Kind, ...]) -> Domain | None:
        """The values of a fact that may be read here; reported and None if there is no such fact."""
        return self.domains[word] if self.shared(word, kinds, "unknown-fact") else None

    def value(self, fact: str, domain: Domain, word: Word) -> str | None:
        """A value of a fact (for an observable one also `unknown`); reported and None if it is none of them."""
        if word in domain.answers:
            return str(word)
        if word and domain.values:
            self.report.add(
                "unknown-value",
                word.place,
                fact=clipped(fact),
                value=clipped(word),
                values=one_of(domain.values),
                near=self.report.near(word, domain.answers),
            )
        return None

    def declared_value(self, fact: str, domain: Domain, word: Word) -> str | None:
        """A declared value of a fact: `unknown` is reported too."""
        if word == UNKNOWN and domain.default is None:
            self.report.add("unknown-not-allowed", word.place, fact=clipped(fact))
            return None
        return self.value(fact, domain, word)

    def listed(self, word: Word, known: Collection[str], code: str) -> bool:
        """Whether a name is among those known; reported under `code` if not."""
        if word in known:
            return True
        if word:
            self.missing(word, known, code, word.place)
        return False

    def missing(self, name: str, known: Collection[str], code: str, place: Place) -> None:
        """Report a name that is not declared.

        Where a file could not be read, which may declare it or may have been about to, only what is plainly a slip of the pen.
        """
        near = self.report.near(name, known, sure=bool(self.unread))
        if not self.unread or (near.en and not any(_holds(data, name) for data in self.unread)):
            self.report.add(code, place, id=clipped(name), near=near)


def names_of(knowledge: KnowledgeBase, report: Report) -> Names:
    """What a loaded base declares, to look up in."""
    kinds: dict[str, Kind] = {}
    kinds.update(dict.fromkeys(knowledge.facts, "fact"))
    kinds.update(dict.fromkeys(knowledge.inferred, "inferred"))
    kinds.update(dict.fromkeys(knowledge.fields, "field"))
    kinds.update(dict.fromkeys(knowledge.parameters, "parameter"))
    names = Names(report, kinds=kinds)
    names.domains.update({name: Domain(tuple(fact.values), None) for name, fact in knowledge.facts.items()})
    names.domains.update({name: Domain(tuple(part.values), part.default) for name, part in knowledge.inferred.items()})
    return names


def _holds(data: bytes | None, name: str) -> bool:
    """Whether a name stands somewhere in what is known of a file, as a whole word."""
    return data is not None and bool(re.search(rb"(?<![a-z0-9_-])" + re.escape(name.encode()) + rb"(?![a-z0-9_-])", data))


def _either(kinds: tuple[Kind, ...]) -> Text:
    return Text("或".join(KINDS[kind].zh for kind in kinds), " or ".join(KINDS[kind].en for kind in kinds))
