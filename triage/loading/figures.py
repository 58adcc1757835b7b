"""The figures of a base: weights of answers, ranges that turn numbers into values, parameters that must be numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from triage.loading.mistakes import clipped
from triage.loading.names import Domain, Names
from triage.loading.shapes import Found, Word
from triage.model import UNKNOWN, Parameter, Place, Range, Text, Weights

__all__ = ["Figures"]

UNKNOWN_SHARE = 0.05
"""The share of `unknown` where the author gave it no weight (docs/knowledge-format.md)."""


class Figures:
    """Checks and builds what is counted; `parameters` are those figures may name."""

    def __init__(self, names: Names, parameters: Mapping[str, Parameter]) -> None:
        self.names = names
        self.report = names.report
        self.parameters = parameters

    def figure(self, written: Word | float | None) -> str | float | None:
        """A plain number as it is, or the name of a parameter; reported unless that is a number in every region."""
        if written is None or isinstance(written, float):
            return written
        if written and self.names.shared(written, ("parameter",), "unknown-parameter"):
            parameter = self.parameters[written]
            for value in (parameter.value, *parameter.regions.values()):
                if _number(value) is None:
                    shown = clipped(value.zh)
                    self.report.add("not-a-number", written.place, id=clipped(written), value=shown)
                    break
        return str(written)

    def ranges(self, fact: str, domain: Domain, written: tuple[Found, ...]) -> tuple[Range, ...]:
        """The ranges of a fact's numbers; reported unless each has a value of the fact and they ascend to the last."""
        made = []
        for step in written:
            self.names.declared_value(fact, domain, step["value"])
            limits = [step[key] for key in ("under", "up_to") if step[key] is not None]
            self._check_limits(step, len(limits), last=step is written[-1])
            limit = self.figure(limits[0]) if limits else None
            made.append(Range(str(step["value"]), limit, step["up_to"] is not None and step["under"] is None))
        self._check_ascending(made, written)
        return tuple(made)

    def _check_limits(self, step: Found, count: int, *, last: bool) -> None:
        if count == 2:
            self._bad_ranges(step.place, "`under` 和 `up_to` 只能写一个", "write either `under` or `up_to`, not both")
        elif last and count == 1:
            self._bad_ranges(step.place, "最后一段没有上限；请在后面再加一段", "the last one has no limit; add one after this")
        elif not last and count == 0:
            self._bad_ranges(step.place, "只有最后一段没有上限", "only the last one has no limit; give `under` or `up_to`")

    def _bad_ranges(self, place: Place, zh: str, en: str) -> None:
        self.report.add("bad-ranges", place, why=Text(zh, en))

    def _check_ascending(self, made: list[Range], written: tuple[Found, ...]) -> None:
        """Report the first step that does not lie above the one before it, in whatever region."""
        named = [self.parameters[str(step.limit)] for step in made if step.limit in self.parameters]
        for region in (None, *sorted({region for parameter in named for region in parameter.regions})):
            reached = (-math.inf, False)
            for step, found in zip(made, written, strict=True):
                limit = self._limit(step, region)
                if limit is None:
                    continue
                if (limit, step.inclusive) <= reached:
                    where = Text(f"（地区 {region}）", f" (region {region})") if region else Text("", "")
                    self._bad_ranges(
                        found.place,
                        f"上限 {limit:g}{where.zh} 不比前一段的高；请从小到大排列",
                        f"the limit {limit:g}{where.en} is not above the one before; put them in ascending order",
                    )
                    return
                reached = (limit, step.inclusive)

    def _limit(self, step: Range, region: str | None) -> float | None:
        if not isinstance(step.limit, str):
            return step.limit
        parameter = self.parameters.get(step.limit)
        if parameter is None:
            return None
        return _number(parameter.regions.get(region, parameter.value) if region else parameter.value)

    def weights(self, fact: Word, domain: Domain, written: Found | None) -> Weights:
        """The shares of a fact's answers; uniform where the author gave none."""
        if written is None:
            return Weights(None, {None: _shares(domain, dict.fromkeys(domain.values, 1.0))})
        if written["given"] is None:
            return Weights(None, {None: self._table(fact, domain, written["tables"][None], written.place)})
        given: Word = written["given"]
        if given == fact:
            self.report.add("weights-given-itself", given.place, fact=clipped(fact))
        known = self.names.readable(given, ("fact",))
        tables: dict[Word, dict[Word, float]] = written["tables"]
        made = {str(name): self._table(fact, domain, table, name.place) for name, table in tables.items()}
        if known is None:
            return Weights(str(given), {})
        return Weights(str(given), self._for_every_answer(given, known, tables, made, written.place))

    def _for_every_answer(
        self,
        given: Word,
        known: Domain,
        tables: Mapping[Word, object],
        made: Mapping[str, Mapping[str, float]],
        place: Place,
    ) -> dict[str | None, Mapping[str, float]]:
        for name in tables:
            if name != "otherwise":
                self.names.value(given, known, name)
        complete: dict[str | None, Mapping[str, float]] = {}
        for answer in known.answers:
            table = made.get(answer, made.get("otherwise"))
            if table is None:
                self.report.add("weights-incomplete-given", place, fact=clipped(given), value=answer)
            else:
                complete[answer] = table
        return complete

    def _table(self, fact: str, domain: Domain, written: Mapping[Word, float], place: Place) -> Mapping[str, float]:
        for word in written:
            self.names.value(fact, domain, word)
        for value in domain.values:
            if value not in written and written:
                self.report.add("weights-incomplete", place, value=value)
        return _shares(domain, {str(value): weight for value, weight in written.items()})


def _shares(domain: Domain, weights: Mapping[str, float]) -> dict[str, float]:
    """Weights as shares that sum to 1, in the fact's order; `unknown` has its fixed share if it has no weight."""
    told = math.fsum(weights.get(value, 0.0) for value in domain.values) or 1.0
    unknown = weights.get(UNKNOWN)
    if unknown is None:
        scale, share = (1 - UNKNOWN_SHARE) / told, UNKNOWN_SHARE
    else:
        scale, share = 1 / (told + unknown), unknown / (told + unknown)
    return {**{value: weights.get(value, 0.0) * scale for value in domain.values}, UNKNOWN: share}


def _number(text: Text) -> float | None:
    """The number a parameter stands for; None where it is a phrase."""
    try:
        number = float(text.zh)
    except ValueError:
        return None
    return number if math.isfinite(number) and text.zh == text.en else None
