"""Logged decisions against another base: what stays, what changes from what to what, what no longer loads, what no call has met.

Decisions of bases of another name than those given are left out: a log of a service holds those of all its bases.
Works on batches of columns; knows nothing of terminals or of how results are shown.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from triage.assessment import KnowledgeName
from triage.batches import EPOCH, NONE, Batch, Coded
from triage.comparison import Comparison
from triage.expert import ExpertSystem
from triage.fitting import Mask, Reading, Side
from triage.logs import Broken, Log

__all__ = ["EXAMPLES", "Change", "Choice", "Example", "Group", "Misfit", "Move", "Replay", "Replayed", "Unseen", "replay"]

EXAMPLES = 3
"""Logged calls that are named for each difference: those with fewest facts told, of these the earliest."""

Key = TypeVar("Key")
Standing = Literal["decided", "open", "contradictory"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which decisions are replayed, and how.

    Attributes:
        unfinished: Also those of calls that still needed input: what they would have come to if they had ended there.
        test_traffic: Also nobody's calls.
        ignore_unknown: Facts the base does not know are left out, as for live calls; else the decision counts as one that no
            longer loads.
    """

    unfinished: bool = False
    test_traffic: bool = False
    ignore_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A logged call: what was told, by observable fact."""

    decision_id: str
    at: datetime
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Logged decisions that have something in common: how many, and the first few."""

    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the decision card that is another one under the new base."""

    fact: str
    before: str
    after: str
    logged: Group


@dataclass(frozen=True, slots=True)
class Move:
    """Decisions that stand otherwise under the new base.

    Attributes:
        before: The status that was logged.
        after: `decided`: settled by what was told; `open`: more would be asked, or it would be handed over; `contradictory`.
    """

    before: str
    after: Standing
    logged: Group


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something told that the new base does not know: a fact, or (`value`) one of a fact's values."""

    fact: str
    value: str | None
    logged: Group


@dataclass(frozen=True, slots=True)
class Unseen:
    """Calls on which the bases differ and of which none was logged; see `triage.comparison.Region`."""

    fact: str
    before: str
    after: str
    calls: int
    share: float
    example: Mapping[str, str]


@dataclass(frozen=True)
class Replayed:
    """What a replay came to. Of those `read` some are left out, some `unloadable`; the others `unchanged`, `changed` or `moved`.

    Attributes:
        logged_by: The bases that made the decisions of this base, most frequent first.
        others: Decisions that were left out because they are of other bases: how many, by the base's name, most frequent first.
        unfinished, test_traffic: Decisions that were left out because their call still needed input, or was nobody's.
        broken: Records that could not be read at all, the first few; `broken_count` counts all. They are not among `read`.
        unloadable: Decisions that could not be replayed, because of the `misfits`.
        changed: Decisions with another entry on the card; a decision may be in several `changes`, most frequent first.
        moved: Decisions with the same card that stand otherwise. `moves` has those with another card, too. None of either where
            the new base is too large to be exact.
        not_concluded: Facts logged as decided that the new base does not conclude.
        no_baseline: Entries of the new card that no logged card has.
        by_old: Replayed decisions that were made with the old base; None without one.
        unfaithful: Those of them whose card is not what the old base says.
        differences: In how many ways an entry of the card can differ between the bases; None without an exact comparison.
        unseen: Those of them that no replayed call has met.
    """

    knowledge: KnowledgeName
    old: KnowledgeName | None
    logged_by: tuple[tuple[KnowledgeName, int], ...]
    others: Mapping[str, int]
    read: int
    unfinished: int
    test_traffic: int
    broken: tuple[Broken, ...]
    broken_count: int
    unloadable: int
    misfits: tuple[Misfit, ...]
    replayed: int
    unchanged: int
    changed: int
    moved: int
    changes: tuple[Change, ...]
    moves: tuple[Move, ...]
    not_concluded: tuple[str, ...]
    no_baseline: tuple[str, ...]
    by_old: int | None
    unfaithful: Group | None
    differences: int | None
    unseen: tuple[Unseen, ...] | None

    @property
    def all_alike(self) -> bool:
        """Every decision was replayed, and none is another one now; a log of other bases only says nothing of that."""
        only_others = 0 < self.read == sum(self.others.values())
        return not (self.changed or self.moved or self.unloadable or only_others)


def replay(
    log: Log,
    new: ExpertSystem,
    old: ExpertSystem | None = None,
    choice: Choice | None = None,
    *,
    comparison: Comparison | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Run a whole log against another base.

    Args:
        old: The base the decisions were made with: says where the log itself cannot be right, and what no call has met. Where it
            has another name than the new one, decisions of both are replayed.
        comparison: The exact difference between both bases, for `Replayed.unseen`.
        progress: Told after each batch how much of `log.total` is done.

    Raises:
        LogError: The log cannot be read.
    """
    running = Replay(new, old, choice)
    for batch in log.batches():
        running.add(batch)
        progress(log.done)
    return running.found(comparison, log)


class Replay:
    """A replay under way: batches are added, what was found so far can be had at any time."""

    def __init__(self, new: ExpertSystem, old: ExpertSystem | None = None, choice: Choice | None = None) -> None:
        self._choice = choice or Choice()
        self._new = Side(new, ignore_unknown=self._choice.ignore_unknown)
        self._old = Side(old, ignore_unknown=self._choice.ignore_unknown) if old else None
        self._counts: Counter[str] = Counter()
        self._names = {side.name.name for side in (self._new, self._old) if side}
        self._logged_by: Counter[KnowledgeName] = Counter()
        self._others: Counter[str] = Counter()
        self._changes: defaultdict[tuple[str, str, str], _Tally] = defaultdict(_Tally)
        self._moves: defaultdict[tuple[str, Standing], _Tally] = defaultdict(_Tally)
        self._misfits: defaultdict[tuple[str, str | None], _Tally] = defaultdict(_Tally)
        self._unfaithful = _Tally()
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._cards: set[str] = set()

    def add(self, batch: Batch) -> None:
        """Replay some more."""
        self._counts["read"] += batch.size
        batch, others = batch.of_bases(self._names)
        self._others.update(others)
        look = _Look(batch)
        read = self._new.read(batch)
        chosen = self._chosen(batch)
        self._logged_by.update(_logged_by(batch))
        self._cards.update(name for name, column in batch.decision.items() if (column.codes != NONE).any())
        for fact, value, where in read.misfits:
            if (where & chosen).any():
                self._misfits[fact, value].add(where & chosen, look)
        rows = chosen & read.loads
        changed = self._note_changes(batch, look, rows, read)
        moved = self._note_moves(batch, look, rows, read)
        self._counts["unloadable"] += int((chosen & ~read.loads).sum())
        self._counts["replayed"] += int(rows.sum())
        self._counts["changed"] += int(changed.sum())
        self._counts["moved"] += int((moved & ~changed).sum())
        if self._old:
            self._note_old(batch, look, rows, read, self._old)

    def found(self, comparison: Comparison | None = None, log: Log | None = None) -> Replayed:
        """Everything found so far."""
        counts = self._counts
        card = self._new.card
        differences = list(self._differences(comparison)) if comparison and self._old else None
        return Replayed(
            knowledge=self._new.name,
            old=self._old.name if self._old else None,
            logged_by=tuple(self._logged_by.most_common()),
            others=dict(self._others.most_common()),
            read=counts["read"],
            unfinished=counts["unfinished"],
            test_traffic=counts["test_traffic"],
            broken=tuple(log.broken) if log else (),
            broken_count=log.broken_count if log else 0,
            unloadable=counts["unloadable"],
            misfits=tuple(Misfit(*key, group) for key, group in _most_frequent(self._misfits)),
            replayed=counts["replayed"],
            unchanged=counts["replayed"] - counts["changed"] - counts["moved"],
            changed=counts["changed"],
            moved=counts["moved"],
            changes=tuple(Change(*key, group) for key, group in _most_frequent(self._changes)),
            moves=tuple(Move(*key, group) for key, group in _most_frequent(self._moves)),
            not_concluded=tuple(sorted(self._cards - self._new.concludes)),
            no_baseline=tuple(name for name in card if name not in self._cards) if self._cards else (),
            by_old=counts["by_old"] if self._old else None,
            unfaithful=self._unfaithful.group() if self._old else None,
            differences=None if differences is None else len(differences),
            unseen=None
            if differences is None
            else tuple(one for one in differences if not self._seen[one.fact, one.before, one.after]),
        )

    # -- noting

    def _chosen(self, batch: Batch) -> Mask:
        """The records that are to be replayed; what is left out is counted."""
        chosen = np.ones(batch.size, np.bool_)
        if not self._choice.test_traffic:
            self._counts["test_traffic"] += int(batch.test_traffic.sum())
            chosen &= ~batch.test_traffic
        if not self._choice.unfinished:
            unfinished = chosen & batch.text("status").of("needs_input")
            self._counts["unfinished"] += int(unfinished.sum())
            chosen &= ~unfinished
        return chosen

    def _note_changes(self, batch: Batch, look: _Look, rows: Mask, read: Reading) -> Mask:
        changed = np.zeros(batch.size, np.bool_)
        for fact in self._new.card:
            column = batch.decision.get(fact)
            if column is None:
                continue
            after = self._new.decided(fact, read.concluded)
            here = rows & (column.codes != NONE) & (self._new.index(fact, column) != after)
            changed |= here
            for (before, now), where in _pairs(here, column.codes, after):
                key = (fact, column.values[before], self._new.values[fact][now])
                self._changes[key].add(where, look)
        return changed

    def _note_moves(self, batch: Batch, look: _Look, rows: Mask, read: Reading) -> Mask:
        moved = np.zeros(batch.size, np.bool_)
        settled = self._new.settled(read, batch)
        if settled is None:
            return moved
        clash, status = read.concluded.impossible, batch.text("status")
        now: dict[Standing, Mask] = {"contradictory": clash, "decided": settled & ~clash, "open": ~settled & ~clash}
        for before in status.values:
            was = _STANDING.get(before, "open")
            for standing, where in now.items():
                here = rows & status.of(before) & where
                if standing != was and here.any():
                    self._moves[before, standing].add(here, look)
                    moved |= here
        return moved

    def _note_old(self, batch: Batch, look: _Look, rows: Mask, read: Reading, old: Side) -> None:
        """Whether the log says what the old base says, and which differences between the bases the calls meet."""
        before = old.read(batch)
        own = before.loads & rows & batch.text("knowledge.digest").of(old.name.digest)
        wrong = np.zeros(batch.size, np.bool_)
        self._counts["by_old"] += int(own.sum())
        for fact in old.card:
            said = old.decided(fact, before.concluded)
            column = batch.decision.get(fact)
            if column is not None:
                wrong |= own & (column.codes != NONE) & (old.index(fact, column) != said)
            if fact in self._new.card:
                now = self._new.decided(fact, read.concluded)
                for (was, is_now), where in _pairs(rows & before.loads, said, now):
                    key = (fact, old.values[fact][was], self._new.values[fact][is_now])
                    if key[1] != key[2]:
                        self._seen[key] += int(where.sum())
        if wrong.any():
            self._unfaithful.add(wrong, look)

    def _differences(self, comparison: Comparison) -> Iterator[Unseen]:
        for change in comparison.facts:
            if change.fact in self._new.card:
                for group in change.groups:
                    where = group.where
                    yield Unseen(change.fact, group.before, group.after, where.calls, where.share, where.example)


_STANDING: Mapping[str, Standing] = {"decided": "decided", "contradictory": "contradictory"}


def _pairs(here: Mask, before: NDArray[np.integer], after: NDArray[np.integer]) -> Iterator[tuple[tuple[int, int], Mask]]:
    """Every pair of codes that occurs, and where."""
    places = np.flatnonzero(here)
    joined = before[places].astype(np.int64) << 32 | after[places].astype(np.int64)
    for pair in np.unique(joined).tolist():
        where = np.zeros(len(here), np.bool_)
        where[places[joined == pair]] = True
        yield (pair >> 32, pair & 0xFFFFFFFF), where


def _logged_by(batch: Batch) -> Counter[KnowledgeName]:
    parts = [batch.text(f"knowledge.{part}") for part in ("name", "version", "digest")]
    together, counts = np.unique(np.stack([part.codes for part in parts]), axis=1, return_counts=True)
    found: Counter[KnowledgeName] = Counter()
    for codes, count in zip(together.T.tolist(), counts.tolist(), strict=True):
        found[KnowledgeName(*(part.values[code] for part, code in zip(parts, codes, strict=True)))] += count
    return found


# -- examples


class _Look:
    """What examples of a batch are made from, as far as there are any."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    @cached_property
    def told(self) -> NDArray[np.int64]:
        """How many facts each record tells."""
        found = np.zeros(self._batch.size, np.int64)
        for column in self._batch.known.values():
            found += column.codes != NONE
        return found

    @property
    def at(self) -> NDArray[np.int64]:
        return self._batch.at

    @cached_property
    def _ids(self) -> Coded:
        return self._batch.text("decision_id")

    def example(self, place: int) -> Example:
        at = EPOCH + timedelta(microseconds=int(self._batch.at[place]))
        return Example(self._ids.values[self._ids.codes[place]], at, self._batch.told(self._batch.known, place))


class _Tally:
    """Counts records, and keeps the first few as examples."""

    def __init__(self) -> None:
        self.count = 0
        self._examples: list[tuple[tuple[int, int, str], Example]] = []

    def add(self, where: Mask, look: _Look) -> None:
        places = np.flatnonzero(where)
        self.count += len(places)
        for place in places[np.lexsort((look.at[places], look.told[places]))[:EXAMPLES]].tolist():
            rank = (int(look.told[place]), int(look.at[place]))
            if len(self._examples) < EXAMPLES or rank < self._examples[-1][0][:2]:
                example = look.example(place)
                insort(self._examples, ((*rank, example.decision_id), example), key=itemgetter(0))
                del self._examples[EXAMPLES:]

    def group(self) -> Group:
        return Group(self.count, tuple(example for _, example in self._examples))


def _most_frequent(tallies: Mapping[Key, _Tally]) -> list[tuple[Key, Group]]:
    return [(key, t.group()) for key, t in sorted(tallies.items(), key=lambda item: (-item[1].count, str(item[0])))]
