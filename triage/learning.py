"""Answer weights learnt from a log, to be used in place of the author's.

A share is taken only over calls in which the fact was asked, and never over those in which it was not: what was not asked says
nothing about what would have been answered. Where the base's weights of a fact depend on another one, so do those learnt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from triage.batches import Batch
from triage.columns import OPEN, Columns
from triage.fitting import Mask, fitted
from triage.model import KnowledgeBase

__all__ = ["LEAST", "POPULATION", "SMOOTHING", "Answers", "Learning", "Smoothing", "as_population", "expected"]

LEAST = 50
"""Answers from which on shares are learnt; with fewer the author's weights stay."""
SMOOTHING = 1.0
"""What is added to the count of every answer, `unknown` among them: one never given yet is rare, not impossible."""
POPULATION = "learnt"

Key = str | None
"""A value of the fact that weights depend on; None where they depend on none."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How a fact was answered.

    Attributes:
        given: The fact its weights depend on, or None.
        tables: By `Key`, how often each answer was given; every answer of `Fact.domain` has a count.
        uncounted: Calls in which it was asked, but not the fact its weights depend on.
    """

    given: str | None
    tables: Mapping[Key, Mapping[str, int]]
    uncounted: int

    @property
    def asked(self) -> int:
        """Calls in which it was asked."""
        return self.uncounted + sum(sum(table.values()) for table in self.tables.values())


def expected(knowledge: KnowledgeBase, fact: str, answers: Answers) -> dict[str, float]:
    """The shares of a fact's answers that the base's weights would have in the same calls; all 0 where it was not asked."""
    tables = knowledge.facts[fact].weights.tables
    asked = {key: sum(table.values()) for key, table in answers.tables.items()}
    total = sum(asked.values()) or 1
    return {
        answer: sum(count * tables[key][answer] for key, count in asked.items()) / total
        for answer in knowledge.facts[fact].domain
    }


class Learning:
    """Counts answers, batch by batch."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge
        self._columns = Columns(knowledge)
        patience = knowledge.identity.patience
        self._facts = {name: fact for name, fact in knowledge.facts.items() if patience is None or name != patience.fact}
        self._counts = {name: np.zeros(self._shape(name), np.int64) for name in self._facts}
        self._uncounted = dict.fromkeys(self._facts, 0)

    def _shape(self, name: str) -> tuple[int, int]:
        fact = self._facts[name]
        given = fact.weights.given
        return len(self._knowledge.facts[given].domain) if given else 1, len(fact.domain)

    def add(self, batch: Batch, rows: Mask) -> None:
        """Count the answers of some records: one for each call, and none that contradict themselves."""
        told = fitted(self._knowledge, batch).told
        concluded = self._columns.conclude(told, batch.size)
        for name, fact in self._facts.items():
            if name not in told:
                continue
            asked = rows & (told[name] != OPEN)
            if fact.applies_when is not None:
                asked &= concluded.where(fact.applies_when)
            given = fact.weights.given
            key = np.zeros(batch.size, np.int64)
            if given:
                above = told.get(given, np.full(batch.size, OPEN, np.uint8))
                self._uncounted[name] += int((asked & (above == OPEN)).sum())
                asked &= above != OPEN
                key = above.astype(np.int64)
            np.add.at(self._counts[name], (key[asked], told[name][asked]), 1)

    def found(self) -> dict[str, Answers]:
        """By fact, in the base's order."""
        return {name: self._answers(name) for name in self._facts}

    def _answers(self, name: str) -> Answers:
        fact = self._facts[name]
        given = fact.weights.given
        keys: tuple[Key, ...] = self._knowledge.facts[given].domain if given else (None,)
        counts = self._counts[name].tolist()
        tables = {key: dict(zip(fact.domain, row, strict=True)) for key, row in zip(keys, counts, strict=True)}
        return Answers(given, tables, self._uncounted[name])


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How counts become weights."""

    least: int = LEAST
    added: float = SMOOTHING


def as_population(
    knowledge: KnowledgeBase, found: Mapping[str, Answers], source: str, smoothing: Smoothing | None = None
) -> str | None:
    """The learnt weights as a section of YAML for the base, with the size of every sample beside it.

    Args:
        source: Where the answers come from: which log, from when to when, how many calls.

    Returns:
        The text of a file that declares the population `learnt`; None where no fact was asked often enough.
    """
    writer = _Writer(knowledge, found, smoothing or Smoothing())
    lines = list(writer.lines(source))
    return "\n".join(lines) + "\n" if len(writer.kept) < len(found) else None


@dataclass
class _Writer:
    """Writes one population."""

    knowledge: KnowledgeBase
    found: Mapping[str, Answers]
    smoothing: Smoothing
    kept: dict[str, int] = field(default_factory=dict)

    def lines(self, source: str) -> Iterator[str]:
        weights = [line for name, answers in self.found.items() for line in self._fact(name, answers)]
        added, least = f"{self.smoothing.added:g}", self.smoothing.least
        yield f"# 由 `triage report` 从日志学得的回答权重：{source}"
        yield f"# Answer weights learnt by `triage report`: {source}"
        yield f"# 只数问过这个事实的来电；每种回答的次数都加 {added}，没出现过的回答算少见而不算不可能。"
        yield f"# Only calls in which a fact was asked are counted; {added} is added to every count, so that an answer"
        yield "# not met yet is rare, not impossible. Shares in percent; behind them the number of answers."
        if self.kept:
            named = ", ".join(f"{name} ({count})" for name, count in sorted(self.kept.items()))
            yield f"# 问过不足 {least} 次，沿用原权重。Asked fewer than {least} times, so the author's weights stay: {named}"
        yield "# 要让提问按这些权重排，在 `base` 里写 `callers: learnt`。"
        yield "# To have the interview go by these weights, write `callers: learnt` under `base`."
        yield "populations:"
        yield f"- id: {POPULATION}"
        yield "  text: {zh: 日志里的来电人, en: callers of the log}"
        yield f'  source: "{source.translate(_PLAIN)}"'
        yield "  weights:"
        yield from weights

    def _fact(self, name: str, answers: Answers) -> Iterator[str]:
        """The weights of a fact, or nothing where all of the author's stay."""
        enough = {key for key, table in answers.tables.items() if sum(table.values()) >= self.smoothing.least}
        if not enough:
            self.kept[name] = answers.asked
        elif answers.given is None:
            yield f"    {name}: {self._learnt(answers.tables[None])}"
        else:
            yield f"    {name}:"
            yield f"      given: {answers.given}"
            for key, table in answers.tables.items():
                yield f"      {key}: {self._learnt(table) if key in enough else self._as_before(name, key, table)}"

    def _learnt(self, table: Mapping[str, int]) -> str:
        total = sum(table.values())
        whole = total + self.smoothing.added * len(table)
        shares = {answer: (count + self.smoothing.added) / whole for answer, count in table.items()}
        return f"{_percent(shares, digits=4)}  # {total:,}"

    def _as_before(self, name: str, key: Key, table: Mapping[str, int]) -> str:
        shares = self.knowledge.facts[name].weights.tables[key]
        return f"{_percent(shares, digits=10)}  # 沿用原权重 as before ({sum(table.values()):,})"


def _percent(shares: Mapping[str, float], digits: int) -> str:
    """Shares as the format takes them: no weight may be 0."""
    written = {answer: f"{max(100 * share, 0.0001):.{digits}f}".rstrip("0").rstrip(".") for answer, share in shares.items()}
    return "{" + ", ".join(f"{answer}: {weight}" for answer, weight in written.items()) + "}"


_PLAIN = str.maketrans({'"': "'", "\\": "/", **{chr(code): " " for code in range(32)}})
"""Keeps a text within its quotation marks."""
