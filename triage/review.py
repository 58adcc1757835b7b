"""What a log tells about the work of a base: decisions beside what was found on the spot, questions per call, answers given.

Decisions of bases of another name are left out. A call counts once, however often it was assessed: with its last decision, or the
one that has the outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from triage.assessment import KnowledgeName
from triage.batches import EPOCH, NONE, Batch, Coded
from triage.evaluation import holds
from triage.fitting import Mask
from triage.learning import Answers, Learning
from triage.logs import Broken, Log
from triage.model import Condition, KnowledgeBase, leaves

__all__ = ["Confusion", "Lengths", "Review", "Spared", "review"]


@dataclass(frozen=True, slots=True)
class Confusion:
    """An entry of the decision card beside what was found.

    Attributes:
        counts: Calls, by what was decided and what was found; most frequent first.
        right: Those in which both are the same. `right_group`: what was found is a member of the group decided.
    """

    fact: str
    counts: Mapping[tuple[str, str], int]
    judged: int
    right: int
    right_group: int


@dataclass(frozen=True, slots=True)
class Spared:
    """A spared outcome of the base (nobody is sent; the customer pays) beside what was found.

    Attributes:
        outcome: The condition; see `triage.model.Evidence`.
        nobody_sent: It is about who is sent: finding out, where somebody always is, is not among what it spares.
        judged: Calls whose decision and outcome name every fact it reads.
        wrongly_spared: Those that were spared and should not have been: nobody was sent where somebody was needed.
        needless: Those that were not and could have been: somebody was sent where nobody was needed.
    """

    outcome: Condition
    nobody_sent: bool
    judged: int
    right: int
    wrongly_spared: int
    needless: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """Questions that callers answered, over the calls that were counted; `p90`: at most so many in nine calls of ten."""

    calls: int
    mean: float
    median: int
    p90: int
    longest: int


@dataclass(frozen=True)
class Review:
    """What a log tells.

    Attributes:
        read: Records that could be read; `broken_count` could not.
        others: Those left out because they are of other bases: how many, by the base's name, most frequent first.
        calls: Those counted: decided or handed over, one for each call.
        unfinished, test_traffic, contradictory, superseded: Those not counted; superseded: the call has a later one.
        since, until: When the calls counted were decided; None without any.
        outcomes: Calls with an outcome.
        lengths: None where no call says how many questions it took.
        answers: By fact; see `triage.learning`.
    """

    knowledge: KnowledgeName
    read: int
    others: Mapping[str, int]
    broken: tuple[Broken, ...]
    broken_count: int
    calls: int
    unfinished: int
    test_traffic: int
    contradictory: int
    superseded: int
    since: datetime | None
    until: datetime | None
    outcomes: int
    confusion: tuple[Confusion, ...]
    spared: tuple[Spared, ...]
    lengths: Lengths | None
    answers: Mapping[str, Answers]


def review(
    log: Log,
    knowledge: KnowledgeBase,
    *,
    test_traffic: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Review:
    """Read a whole log, twice: first to see which records stand for their calls.

    Args:
        progress: Told after each batch how much of twice `log.total` is done.

    Raises:
        LogError: The log cannot be read.
    """
    choosing, name = _Choosing(test_traffic), knowledge.identity.id
    for everything in log.batches():
        batch, others = everything.of_bases({name})
        choosing.add(batch, others)
        progress(log.done)
    chosen, running, place = choosing.chosen(), _Review(knowledge), 0
    for everything in log.batches():
        batch, _ = everything.of_bases({name})
        running.add(batch, chosen[place : place + batch.size])
        place += batch.size
        progress(log.total + log.done)
    return running.found(choosing.counts, choosing.others, log)


class _Choosing:
    """Which records are counted. Holds some thirty bytes of each."""

    def __init__(self, test_traffic: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.others: Counter[str] = Counter()
        self._test_traffic = test_traffic
        self._final: list[Mask] = []
        self._call: list[NDArray[np.int64]] = []
        self._rank: list[NDArray[np.int64]] = []

    def add(self, batch: Batch, others: Counter[str]) -> None:
        self.others.update(others)
        status, call = batch.text("status"), batch.text("call_id")
        left = np.ones(batch.size, np.bool_)
        out = {
            "test_traffic": batch.test_traffic & (not self._test_traffic),
            "unfinished": status.of("needs_input"),
            "contradictory": status.of("contradictory"),
        }
        self.counts["read"] += batch.size + others.total()
        for why, where in out.items():
            self.counts[why] += int((left & where).sum())
            left &= ~where
        has_outcome = np.zeros(batch.size, np.int64)
        for column in batch.outcome.values():
            has_outcome |= column.codes != NONE
        # Calls are told apart by the hashes of their ids: 64 bits, while a log has far fewer than 2**32 calls.
        hashes = np.array([*map(hash, call.values), 0], np.int64)
        self._final.append(left)
        self._call.append(np.where(call.codes == NONE, 0, hashes[call.codes]))
        self._rank.append(batch.at + (has_outcome << 62))

    def chosen(self) -> Mask:
        """All records, in the order in which they were read."""
        if not self._final:
            return np.zeros(0, np.bool_)
        chosen, calls, ranks = np.concatenate(self._final), np.concatenate(self._call), np.concatenate(self._rank)
        places = np.flatnonzero(chosen & (calls != 0))
        order = places[np.lexsort((places, ranks[places], calls[places]))]
        replaced = order[:-1][calls[order[:-1]] == calls[order[1:]]]
        chosen[replaced] = False
        self.counts["superseded"] += len(replaced)
        return chosen


class _Review:
    """The calls counted."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge
        self._learning = Learning(knowledge)
        self._pairs: dict[str, Counter[tuple[str, str]]] = {}
        self._spared: Counter[tuple[int, bool, bool]] = Counter()
        self._lengths: Counter[int] = Counter()
        self._calls = self._outcomes = 0
        self._since = self._until = 0

    def add(self, batch: Batch, rows: Mask) -> None:
        times = batch.at[rows]
        if not len(times):
            return
        self._since = min(self._since, int(times.min())) if self._calls else int(times.min())
        self._until = max(self._until, int(times.max())) if self._calls else int(times.max())
        self._calls += len(times)
        asked = batch.questions[rows & (batch.questions != NONE)]
        self._lengths.update(dict(zip(*(part.tolist() for part in np.unique(asked, return_counts=True)), strict=True)))
        found = np.zeros(batch.size, np.bool_)
        for name, column in batch.outcome.items():
            found |= column.codes != NONE
            if name in batch.decision and name in self._knowledge.inferred:
                pairs = self._pairs.setdefault(name, Counter())
                for (decided, what), count in _together(rows, (batch.decision[name], column)):
                    pairs[decided, what] += count
        self._outcomes += int((rows & found).sum())
        for place, outcome in enumerate(self._knowledge.evidence.spared):
            self._judge(place, outcome, batch, rows)
        self._learning.add(batch, rows)

    def _judge(self, place: int, outcome: Condition, batch: Batch, rows: Mask) -> None:
        facts = sorted({leaf.fact for leaf in leaves(outcome)})
        if not all(fact in batch.decision and fact in batch.outcome for fact in facts):
            return
        columns = [part[fact] for part in (batch.decision, batch.outcome) for fact in facts]
        for values, count in _together(rows, columns):
            decided = holds(outcome, dict(zip(facts, values[: len(facts)], strict=True)))
            found = holds(outcome, dict(zip(facts, values[len(facts) :], strict=True)))
            self._spared[place, decided, found] += count

    def found(self, counts: Counter[str], others: Counter[str], log: Log) -> Review:
        identity = self._knowledge.identity
        return Review(
            knowledge=KnowledgeName(identity.id, identity.version, self._knowledge.digest),
            read=counts["read"],
            others=dict(others.most_common()),
            broken=tuple(log.broken),
            broken_count=log.broken_count,
            calls=self._calls,
            unfinished=counts["unfinished"],
            test_traffic=counts["test_traffic"],
            contradictory=counts["contradictory"],
            superseded=counts["superseded"],
            since=_time(self._since) if self._calls else None,
            until=_time(self._until) if self._calls else None,
            outcomes=self._outcomes,
            confusion=tuple(self._confusion()),
            spared=tuple(self._spared_outcomes()),
            lengths=_lengths(self._lengths),
            answers=self._learning.found(),
        )

    def _confusion(self) -> Iterator[Confusion]:
        """By entry of the decision card, then other facts by id."""
        card = [name for name in self._knowledge.identity.decision if name in self._pairs]
        for name in (*card, *sorted(self._pairs.keys() - set(card))):
            counts = dict(sorted(self._pairs[name].items(), key=lambda item: (-item[1], item[0])))
            values = self._knowledge.inferred[name].values
            right = sum(count for (decided, found), count in counts.items() if decided == found)
            grouped = sum(
                count
                for (decided, found), count in counts.items()
                if decided != found and decided in values and found in values[decided].members
            )
            if counts:
                yield Confusion(name, counts, sum(counts.values()), right, grouped)

    def _spared_outcomes(self) -> Iterator[Spared]:
        for place, outcome in enumerate(self._knowledge.evidence.spared):
            wrongly, needless = self._spared[place, True, False], self._spared[place, False, True]
            right = self._spared[place, True, True] + self._spared[place, False, False]
            sent = any(leaf.fact in self._knowledge.identity.find_out for leaf in leaves(outcome))
            yield Spared(outcome, sent, right + wrongly + needless, right, wrongly, needless)


def _together(rows: Mask, columns: Sequence[Coded]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every combination of values of some columns, and how often it occurs; records that lack one are left out."""
    where = rows.copy()
    for column in columns:
        where &= column.codes != NONE
    if where.any():
        found, counts = np.unique(np.stack([column.codes[where] for column in columns]), axis=1, return_counts=True)
        for codes, count in zip(found.T.tolist(), counts.tolist(), strict=True):
            yield tuple(column.values[code] for column, code in zip(columns, codes, strict=True)), count


def _lengths(counts: Counter[int]) -> Lengths | None:
    total = sum(counts.values())
    if not total:
        return None
    mean = sum(length * count for length, count in counts.items()) / total
    return Lengths(total, mean, _share(counts, 0.5), _share(counts, 0.9), max(counts))


def _share(counts: Counter[int], share: float) -> int:
    """The least number that this share of all does not exceed."""
    reached = 0
    for length in sorted(counts):
        reached += counts[length]
        if reached >= share * sum(counts.values()):
            return length
    return max(counts)


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
