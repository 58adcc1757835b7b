"""Evaluation by bits: the same conclusions as `triage.evaluation`, which it is held to, in a few microseconds.

Every condition is one bit of one long integer, or a few where it has an `any`: one for each way to fulfil it. For each value of a
fact a mask holds the bits it does not violate. One pass over what is known ands the masks of the values told, and of the facts
that are open; what is left are the conditions that hold. Within an inferred fact clauses stand by priority, so the lowest bit
left wins.

From the lowest bit up: gates, a mark for each fact that is open, impossible combinations, clauses stratum by stratum. Knows
nothing of experta, diagrams or questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import compress, product
from operator import and_, getitem, or_

from triage.evaluation import holds
from triage.model import UNKNOWN, All, Condition, In, KnowledgeBase
from triage.verdict import Conclusion, Verdict

__all__ = ["Quick", "ways"]

MOST_WAYS = 64
"""Ways to fulfil one condition that get a bit each; a condition with more is read as it stands, unless plainly violated."""
KEPT = 256
"""Sets of matching clauses of which each inferred fact remembers the whole conclusion: nothing but a matter of speed."""

ZEROS_AND_ONES = bytes.maketrans(b"01", bytes((0, 1)))

Way = Mapping[str, frozenset[str]]
"""One way to fulfil a condition: by fact the values it may have; all must hold."""
Fired = tuple[str, tuple[str, ...]]
"""The value of an inferred fact, and the clauses that won; none where it has its default."""
Won = dict[int, tuple[int, Fired, int]]
"""By the first clause that matches, or 0 for none: the bits its value does not violate, the value with that clause, and the other
clauses of the same priority."""


class Quick:
    """One base, compiled to bits; threads may share it.

    Args:
        most_ways: See `MOST_WAYS`.

    Attributes:
        order: The inferred facts, in the order they are concluded.
    """

    def __init__(self, knowledge: KnowledgeBase, *, most_ways: int = MOST_WAYS) -> None:
        self._knowledge = knowledge
        self.order = tuple(name for stratum in knowledge.strata for name in stratum)
        bits = _Bits(most_ways)
        self._gates = bits.part()
        for name, fact in knowledge.facts.items():
            self._gates.bit_of[name] = bits.add(fact.applies_when or All(()), self._gates)
        self._gate_bits = sum(self._gates.bit_of.values())
        self._to_marks = bits.mark(self._gate_bits)
        self._impossible = bits.part()
        for name, combination in knowledge.impossible.items():
            self._impossible.bit_of[name] = bits.add(combination.when, self._impossible)
        self._strata = [_Stratum(knowledge, names, bits) for names in knowledge.strata]
        self._inferred = [fact for stratum in self._strata for fact in stratum.facts]
        self._start = bits.start
        self._told = {
            (name, value): bits.allowed_by(name, value) ^ (self._gates.bit_of[name] << self._to_marks)
            for name, fact in knowledge.facts.items()
            for value in fact.values
        } | {(name, UNKNOWN): bits.everything for name in knowledge.facts}
        self._open = list(
            _by_byte({self._gates.bit_of[name]: bits.allowed_by(name, UNKNOWN) for name in knowledge.facts}, bits.everything)
        )
        for stratum in self._strata:
            stratum.see(bits)

    def values(self, known: Mapping[str, str]) -> tuple[str, ...]:
        """What the rules conclude, gates applied: by the facts of `order`.

        Args:
            known: By observable fact; those left out are `unknown`.

        Raises:
            KeyError: A fact or a value is not declared.
        """
        return tuple([value for value, _ in self._concluded(known)[0]])

    def verdict(self, known: Mapping[str, str]) -> Verdict:
        """The same with the clauses that won and those pre-empted; equal to `evaluation.evaluate(knowledge, known)`."""
        matching = self._concluded(known)[1]
        return Verdict({fact.name: fact.conclusion(own) for fact, own in zip(self._inferred, matching, strict=True)})

    def fired(self, known: Mapping[str, str]) -> dict[str, Fired]:
        """By inferred fact its value and the clauses that won; those pre-empted, which may be hundreds, are not named."""
        return dict(zip(self.order, self._concluded(known)[0], strict=True))

    def counted(self, known: Mapping[str, str]) -> dict[str, str]:
        """Every observable fact's effective value; equal to `effective(knowledge, complete(knowledge, known))`."""
        counted = dict.fromkeys(self._knowledge.facts, UNKNOWN)
        counted.update(self._read(known)[0])
        return counted

    def impossible(self, known: Mapping[str, str]) -> tuple[str, ...]:
        """Ids of the impossible combinations that match; equal to those of `evaluation.matching_impossible`."""
        counted, left = self._read(known)
        found = self._impossible.holding(left)
        found = self._check(self._impossible, found, counted, {})
        return tuple(name for name, bit in self._impossible.bit_of.items() if bit & found)

    def _concluded(self, known: Mapping[str, str]) -> tuple[list[Fired], list[int]]:
        """By the facts of `order`: the value with the clauses that won, and all clauses that match, as bits."""
        counted, left = self._read(known)
        fired: list[Fired] = []
        matching: list[int] = []
        for stratum in self._strata:
            if stratum.part.wide:
                values = dict(zip(self.order, (value for value, _ in fired), strict=False))
                left = self._check(stratum.part, left, counted, values)
            together = stratum.matching(left)
            for lowest, clauses, won in stratum.won:
                own = together >> lowest & clauses
                allowed, first, alike = won[own & -own]
                left &= allowed
                also = own & alike
                fired.append(_all_fired(first, also, won) if also else first)
                matching.append(own)
        return fired, matching

    def _read(self, known: Mapping[str, str]) -> tuple[Mapping[str, str], int]:
        """What of the known counts, and the bits it does not violate.

        Gates are positive and never name `unknown`: what fails while more is counted fails all the more when less is, so facts
        whose gates fail are left out until none does.
        """
        masks, gates, to_marks = self._told.__getitem__, self._gate_bits, self._to_marks
        while True:
            left = reduce(and_, map(masks, known.items()), self._start)
            told = gates ^ (left >> to_marks & gates)
            left = reduce(and_, map(getitem, self._open, told.to_bytes(len(self._open), "little")), left)
            applying = told & self._gates.holding(left)
            if self._gates.wide:
                applying = self._check(self._gates, applying, known, {})
            if applying == told:
                return known, left
            known = {name: value for name, value in known.items() if self._gates.bit_of[name] & applying}

    def _check(self, part: _Part, found: int, known: Mapping[str, str], concluded: Mapping[str, str]) -> int:
        """The bits found, without conditions of too many ways that turn out not to hold."""
        for bit, condition in part.wide:
            if found & bit and not holds(condition, {**dict.fromkeys(self._knowledge.facts, UNKNOWN), **known, **concluded}):
                found ^= bit
        return found


def ways(condition: Condition, most: int = MOST_WAYS) -> list[Way] | None:
    """Every way to fulfil a condition; those that contradict themselves are left out. None where there are more than `most`.

    Example:
        >>> len(ways(All((In("a", ("x",)), In("b", ("y", "z"))))))
        1
    """
    if _count(condition) > most:
        return None
    return [way for way in _ways(condition) if all(way.values())]


@dataclass(slots=True)
class _Part:
    """Conditions that are judged together.

    Attributes:
        many: Bits of the ways of conditions that have several; the condition's own bit stands right above those.
        wide: Conditions of too many ways, and their bits, which say only that they are not plainly violated.
    """

    bit_of: dict[str, int] = field(default_factory=dict)
    many: int = 0
    wide: list[tuple[int, Condition]] = field(default_factory=list)

    def holding(self, left: int) -> int:
        """The bits of conditions that hold, among others: ones added to several ways carry into the bit above if one is left."""
        return left | ((left & self.many) + self.many) if self.many else left


class _Bits:
    """Gives conditions their bits, from the lowest up.

    Attributes:
        start: The bits of all ways to fulfil something.
    """

    def __init__(self, most_ways: int) -> None:
        self.start = 0
        self._most_ways = most_ways
        self._next = 1
        self._barred: dict[str, list[tuple[frozenset[str], int]]] = {}

    @property
    def everything(self) -> int:
        """All bits given so far."""
        return self._next - 1

    @property
    def taken(self) -> int:
        """How many those are."""
        return self.everything.bit_length()

    def part(self) -> _Part:
        """A new part."""
        return _Part()

    def mark(self, bits: int) -> int:
        """A mark for each of some bits, above all given so far, that conditions have nothing to do with.

        Returns:
            How far each mark stands above its bit.
        """
        distance = self.taken
        self.start |= bits << distance
        self._next <<= bits.bit_length()
        return distance

    def add(self, condition: Condition, part: _Part) -> int:
        """The bit of a condition, as a number."""
        found = ways(condition, self._most_ways)
        if found is None:
            bit = self._way(dict(_demanded(condition)))
            part.wide.append((bit, condition))
            return bit
        if len(found) == 1:
            return self._way(found[0])
        for way in found:
            part.many |= self._way(way)
        return self._take()

    def allowed_by(self, fact: str, value: str) -> int:
        """The mask of a value: everything it does not violate."""
        return self.everything - reduce(or_, (bit for values, bit in self._barred.get(fact, ()) if value not in values), 0)

    def _way(self, way: Way) -> int:
        bit = self._take()
        self.start |= bit
        for fact, values in way.items():
            self._barred.setdefault(fact, []).append((values, bit))
        return bit

    def _take(self) -> int:
        bit, self._next = self._next, self._next << 1
        return bit


class _Stratum:
    """Inferred facts that are concluded together. Their clauses' bits stand side by side, and are counted from the first."""

    def __init__(self, knowledge: KnowledgeBase, names: tuple[str, ...], bits: _Bits) -> None:
        self.part = bits.part()
        self._lowest = bits.taken
        self.facts = [_Inferred(knowledge, name, bits, self.part, self._lowest) for name in names]
        self._clauses = sum(fact.clauses << fact.lowest for fact in self.facts)

    def matching(self, left: int) -> int:
        """Its clauses that hold."""
        return self.part.holding(left) >> self._lowest & self._clauses

    def see(self, bits: _Bits) -> None:
        """Takes the masks of its facts' values, once all bits are given."""
        self.won = [(fact.lowest, fact.clauses, fact.won(bits)) for fact in self.facts]


class _Inferred:
    """One inferred fact: its clauses' bits, by priority from the lowest up.

    Attributes:
        lowest: The place of the first of them, within the stratum.
        clauses: All of them, counted from that.
    """

    def __init__(self, knowledge: KnowledgeBase, name: str, bits: _Bits, part: _Part, lowest: int) -> None:
        self.name = name
        self._inferred = knowledge.inferred[name]
        self.lowest = bits.taken - lowest
        self._by_bit = {bits.add(clause.when, part) >> lowest >> self.lowest: clause for clause in knowledge.clauses[name]}
        self.clauses = sum(self._by_bit)
        self._ids = [""] * self.clauses.bit_length()
        self._alike: dict[int, int] = {}
        for bit, clause in self._by_bit.items():
            self._ids[bit.bit_length() - 1] = clause.id
            self._alike[clause.priority] = self._alike.get(clause.priority, 0) | bit
        self.conclusion = lru_cache(KEPT)(self._conclusion)

    def won(self, bits: _Bits) -> Won:
        """What follows from each clause as the first that matches, once all bits are given."""
        masks = {value: bits.allowed_by(self.name, value) for value in self._inferred.values}
        found: Won = {
            bit: (masks[clause.value], (clause.value, (clause.id,)), self._alike[clause.priority] ^ bit)
            for bit, clause in self._by_bit.items()
        }
        default = self._inferred.default
        found[0] = (masks[default], (default, ()), 0)
        return found

    def _conclusion(self, own: int) -> Conclusion:
        """Its value where these of its clauses match, and those that won and were pre-empted."""
        if not own:
            return Conclusion(self._inferred.default, (), ())
        found = tuple(compress(self._ids, f"{own:b}"[::-1].encode().translate(ZEROS_AND_ONES)))
        first = self._by_bit[own & -own]
        winners = (own & self._alike[first.priority]).bit_count()
        return Conclusion(first.value, found[:winners], found[winners:])


def _all_fired(first: Fired, also: int, won: Won) -> Fired:
    """The value, and the clauses that won, where others are as strong as the first."""
    value, winners = first
    while also:
        winners += won[also & -also][1][1]
        also &= also - 1
    return value, winners


def _count(condition: Condition) -> int:
    """How many ways there are to fulfil a condition, those that contradict themselves included."""
    if isinstance(condition, In):
        return 1
    counts = [_count(part) for part in condition.parts]
    return reduce(lambda a, b: a * b, counts, 1) if isinstance(condition, All) else sum(counts)


def _ways(condition: Condition) -> Iterator[dict[str, frozenset[str]]]:
    if isinstance(condition, In):
        yield {condition.fact: frozenset(condition.values)}
    elif isinstance(condition, All):
        for chosen in product(*(list(_ways(part)) for part in condition.parts)):
            yield reduce(_together, chosen, {})
    else:
        for part in condition.parts:
            yield from _ways(part)


def _together(first: Way, second: Way) -> dict[str, frozenset[str]]:
    """Both must hold."""
    return {**first, **{fact: values & first.get(fact, values) for fact, values in second.items()}}


def _demanded(condition: Condition) -> Way:
    """What every way to fulfil a condition demands, as far as that is plain."""
    if isinstance(condition, In):
        return {condition.fact: frozenset(condition.values)}
    return reduce(_together, (_demanded(part) for part in condition.parts), {}) if isinstance(condition, All) else {}


def _by_byte(allowed_open: Mapping[int, int], everything: int) -> Iterator[list[int]]:
    """For each byte of the set of told facts, lowest first, by its value: what the open facts among its eight bits allow.

    Args:
        allowed_open: By a fact's bit, what it allows while it is open.
    """
    for start in range(0, max(allowed_open, default=0).bit_length(), 8):
        masks = [everything]
        for place in range(start, start + 8):
            allowed = allowed_open.get(1 << place, everything)
            masks = [mask & allowed for mask in masks] + masks
        yield masks
