"""What differs between two versions of a base, exactly: on how many calls, how often, from what to what, by which rules.

A call is a set of answers that count: facts whose gate does not hold are left out. Shares are weighed as the author of the new
base weighs answers. Every example is replayed through experta with both bases.

Source: counting the requests a change of rules touches, by diagrams: Fisler et al., "Verification and change-impact analysis of
access-control policies" (2005).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, cached_property
from typing import Any, Literal

from triage.behaviour import visible
from triage.compilation import IMPOSSIBLE, NODE_BUDGET, Compiled, compile_knowledge, loudly
from triage.diagrams import Diagram, Diagrams
from triage.evaluation import complete, effective, verdict_of
from triage.harmony import Harmony, harmonised
from triage.inference import Inference
from triage.model import KnowledgeBase, Text
from triage.ordering import orders
from triage.variants import Regions, Variant, counted_once
from triage.verdict import Verdict
from triage.weighing import Weighing

__all__ = ["Comparison", "Edit", "FactChange", "Group", "Region", "What", "compare"]

What = Literal["added", "removed", "changed", "reworded", "reweighed"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Something an author wrote that is not as it was.

    Attributes:
        section: As in the files, such as `rules`.
        what: `reworded`: only what people read; `reweighed`: only how often answers are given or in which order they are asked.
        before, after: What it was and is, as the model has it; None where there is none.
    """

    section: str
    id: str
    what: What
    before: Any = field(default=None, compare=False, repr=False)
    after: Any = field(default=None, compare=False, repr=False)

    def parts(self) -> Iterator[tuple[str, Any, Any]]:
        """What of it was changed: name in the model, before, after. Nothing for what was added or removed."""
        if self.before is None or self.after is None:
            return
        for part in fields(self.before):
            old, new = getattr(self.before, part.name), getattr(self.after, part.name)
            if part.name != "place" and _plain(old) != _plain(new):
                yield part.name, old, new


@dataclass(frozen=True, slots=True)
class Region:
    """Some calls.

    Attributes:
        calls: How many.
        share: How often, 0..1, of calls possible in both bases.
        example: A smallest one; facts not named are unknown.
    """

    calls: int
    share: float
    example: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Calls on which one inferred fact goes from one value to another.

    Attributes:
        old_rules, new_rules: What concluded differently on the example, at the root of it; empty for a default.
        agreed: Whether experta says the same of the example, before and after.
    """

    before: str
    after: str
    where: Region
    old_rules: tuple[str, ...]
    new_rules: tuple[str, ...]
    agreed: bool


@dataclass(frozen=True, slots=True)
class FactChange:
    """What becomes of one inferred fact; at least one group, those on most calls first."""

    fact: str
    calls: int
    share: float
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Comparison:
    """Everything that differs.

    Attributes:
        total: Calls possible in both bases.
        changed: Those of them on which anything decided differs; None where nothing does.
        facts: In the order of the decision card.
        said, silenced: Per message, calls on which it is said now and was not, and the other way round.
        clashing, cleared: Calls that contradict themselves now and did not, and the other way round.
        appeared, vanished: Questions that some answer now makes matter to the decision and did not, and the other way round.
        only_old, only_new: Values of facts that only one base knows: calls that give them are not compared.
    """

    edits: tuple[Edit, ...]
    total: int
    changed: Region | None
    facts: tuple[FactChange, ...]
    said: Mapping[str, Region]
    silenced: Mapping[str, Region]
    clashing: Region | None
    cleared: Region | None
    appeared: tuple[str, ...]
    vanished: tuple[str, ...]
    only_old: Mapping[str, tuple[str, ...]]
    only_new: Mapping[str, tuple[str, ...]]

    @property
    def decides_alike(self) -> bool:
        """No call is decided, asked, or answered otherwise; texts may differ."""
        found = (self.changed, self.facts, self.said, self.silenced, self.clashing, self.cleared, self.appeared, self.vanished)
        return not any((*found, self.only_old, self.only_new))

    @property
    def only_texts(self) -> bool:
        """Nothing but what people read differs."""
        return bool(self.edits) and self.decides_alike and all(edit.what == "reworded" for edit in self.edits)


def compare(old: KnowledgeBase, new: KnowledgeBase, budget: int = NODE_BUDGET) -> Comparison:
    """Compare two versions of a base.

    Raises:
        TooLargeError: One of them is too large to be exact.
    """
    edits = tuple(_edits(old, new))
    first = compile_knowledge(old, budget)
    harmony = harmonised(old, new, first.order, next(iter(orders(new))))
    compiled = first if harmony.old is old else Compiled(harmony.old, harmony.order, budget)
    with loudly(compiled.order):
        return _Comparing(harmony, compiled).comparison(edits)


# -- what was written


_SECTIONS = (
    "facts",
    "questions",
    "inferred",
    "rules",
    "messages",
    "impossible",
    "invariants",
    "instructions",
    "parameters",
    "fields",
    "tone",
    "populations",
)
_WEIGHING = frozenset({"weights", "seconds", "order"})


def _edits(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Edit]:
    for section in _SECTIONS:
        before, after = getattr(old, section), getattr(new, section)
        for name in sorted(before.keys() | after.keys()):
            was, now = before.get(name), after.get(name)
            if was is None or now is None:
                yield Edit(section, name, "removed" if now is None else "added", was, now)
            elif _plain(was) != _plain(now):
                yield Edit(section, name, _how(was, now), was, now)
    for section, part in (("base", "identity"), ("evidence", "evidence"), ("grouping", "grouping"), ("follow_up", "follow_up")):
        before, after = getattr(old, part), getattr(new, part)
        if before is None or after is None:
            if before is not after:
                yield Edit(section, section, "added" if before is None else "removed")
        elif _plain(before) != _plain(after):
            yield Edit(section, new.identity.id if section == "base" else section, _how(before, after))


def _how(before: Any, after: Any) -> What:
    if _plain(before, texts=False) == _plain(after, texts=False):
        return "reworded"
    same = _plain(before, texts=False, weights=False) == _plain(after, texts=False, weights=False)
    return "reweighed" if same and not hasattr(before, "say") else "changed"


def _plain(thing: Any, *, texts: bool = True, weights: bool = True) -> Any:
    """A part of the model as comparable data: places left out, and texts or weights where these do not count."""
    if isinstance(thing, Text):
        return (thing.zh, thing.en) if texts else ()
    if is_dataclass(thing):
        names = _kept(type(thing), texts, weights)  # type: ignore[arg-type]  # classes are hashable, also those of data
        return [type(thing), *(_plain(getattr(thing, name), texts=texts, weights=weights) for name in names)]
    if isinstance(thing, Mapping):
        return [(key, _plain(value, texts=texts, weights=weights)) for key, value in thing.items()]
    if isinstance(thing, tuple):
        return [_plain(part, texts=texts, weights=weights) for part in thing]
    return thing


@cache
def _kept(kind: type[Any], texts: bool, weights: bool) -> tuple[str, ...]:
    """The parts of a kind of thing that count."""
    parts = [part.name for part in fields(kind) if part.name != "place" and (weights or part.name not in _WEIGHING)]
    return tuple(name for name in parts if texts or name not in ("version", "source"))


# -- what it means


class _Comparing:
    """Compares two bases over the same calls."""

    def __init__(self, harmony: Harmony, compiled: Compiled) -> None:
        self._harmony = harmony
        self._old = compiled
        self._new = Variant(Regions(compiled, many=False), harmony.new)
        self._store: Diagrams = self._new.store
        self._weighing = Weighing(self._new, compiled.store)
        self._both = self._store.both(compiled.possible, self._new.possible)
        self._counted = counted_once(self._store, compiled, self._new)
        self._whole = self._weights(self._both).get(True, 0.0)
        self._replays: dict[tuple[tuple[str, str], ...], tuple[Verdict, Verdict, bool]] = {}
        self._supports: dict[tuple[Diagram, Diagram], set[int]] = {}

    @cached_property
    def _engines(self) -> tuple[Inference, Inference]:
        """One for each base, made when there is something to replay: it takes longer than most of the rest."""
        return Inference(self._harmony.old), Inference(self._harmony.new)

    def _weights(self, diagram: Diagram) -> dict[object, float]:
        """How often calls end in each payload; None is left out."""
        found: dict[object, float] = {}
        for view in self._weighing.views(self._store, diagram, {}):
            for leaf, share in self._weighing.distribution(self._store, view, view.root).items():
                payload = self._store.payload(leaf)
                found[payload] = found.get(payload, 0.0) + view.share * share
        return found

    def _calls(self, diagram: Diagram) -> dict[object, int]:
        """How many calls end in each payload; None is left out."""
        found = self._store.count(self._store.choose(self._counted, diagram, self._store.leaf(None)))
        return {payload: number for payload, number in found.items() if payload is not None}

    def _region(self, where: Diagram) -> Region | None:
        """A region, or None where it is empty."""
        example = self._old.smallest_call(self._store, where)
        if example is None:
            return None
        calls = self._calls(self._store.convert(lambda here: here or None, where)).get(True, 0)
        return Region(calls, self._share(self._weights(where).get(True, 0.0)), example)

    def _share(self, weight: float) -> float:
        return weight / self._whole if self._whole else 0.0

    # -- what differs

    def comparison(self, edits: tuple[Edit, ...]) -> Comparison:
        """Everything put together."""
        store, harmony = self._store, self._harmony
        shown = [name for name in visible(harmony.new) if name in harmony.old.inferred]
        facts = tuple(change for name in shown if (change := self._fact(name)) is not None)
        changed = store.leaf(False)
        for name in shown:
            changed = store.either(changed, self._new.changed(name))
        said, silenced = self._messages()
        old_asks, new_asks = self._asks(self._old), self._asks(self._new)
        clashing = store.both(self._old.possible, store.negate(self._new.possible))
        cleared = store.both(self._new.possible, store.negate(self._old.possible))
        return Comparison(
            edits=edits,
            total=self._calls(store.convert(lambda here: here or None, self._both)).get(True, 0),
            changed=self._region(changed),
            facts=facts,
            said=said,
            silenced=silenced,
            clashing=self._region(clashing),
            cleared=self._region(cleared),
            appeared=tuple(sorted(new_asks - old_asks)),
            vanished=tuple(sorted(old_asks - new_asks)),
            only_old=harmony.only_old,
            only_new=harmony.only_new,
        )

    def _fact(self, name: str) -> FactChange | None:
        """What becomes of an inferred fact, or None where nothing does."""
        if name not in self._new.pairs:
            return None
        store = self._store
        pairs = store.choose(self._both, store.changes(self._old.inferred[name], self._new.inferred[name]), store.leaf(None))
        calls, weights = self._calls(pairs), self._weights(pairs)
        groups = []
        for pair in sorted(calls, key=lambda pair: (-calls[pair], str(pair))):
            here = store.convert(lambda found, wanted=pair: found == wanted, pairs)  # type: ignore[misc]
            example = self._old.smallest_call(store, here) or {}
            groups.append(self._group(name, pair, Region(calls[pair], self._share(weights.get(pair, 0.0)), example)))
        if not groups:
            return None
        return FactChange(name, sum(calls.values()), self._share(sum(weights.values())), tuple(groups))

    def _group(self, name: str, pair: Any, where: Region) -> Group:
        before, after = pair
        old, new, agreed = self._verdicts(where.example)
        root = self._root(name, old, new)
        old_rules, new_rules = self._concluding(old, self._harmony.old, root), self._concluding(new, self._harmony.new, root)
        return Group(before, after, where, old_rules, new_rules, agreed)

    def _verdicts(self, call: Mapping[str, str]) -> tuple[Verdict, Verdict, bool]:
        """What both bases conclude of a call, and whether experta says the same; worked out once, as many groups share a call."""
        key = tuple(sorted(call.items()))
        if key not in self._replays:
            bases = self._harmony.old, self._harmony.new
            old, new = (verdict_of(base, effective(base, complete(base, call))) for base in bases)
            self._replays[key] = old, new, self._replayed(call, old, new)
        return self._replays[key]

    def _root(self, name: str, old: Verdict, new: Verdict) -> str:
        """Where it begins: of the inferred facts that differ on a call, the first one concluded."""
        both = self._harmony.old.inferred.keys() & self._harmony.new.inferred.keys()
        order = [fact for stratum in self._harmony.new.strata for fact in stratum if fact in both]
        return next((fact for fact in order if old[fact] != new[fact]), name)

    @staticmethod
    def _concluding(verdict: Verdict, base: KnowledgeBase, fact: str) -> tuple[str, ...]:
        rules = {clause.id: clause.rule for clause in base.clauses[fact]}
        return tuple(rules[winner] for winner in verdict.conclusions[fact].winners)

    def _replayed(self, call: Mapping[str, str], old: Verdict, new: Verdict) -> bool:
        """Whether experta concludes the same of a call as the rules mean, with both bases."""
        for engine, base, verdict in zip(self._engines, (self._harmony.old, self._harmony.new), (old, new), strict=True):
            theirs = engine.infer(effective(base, complete(base, call))).verdict
            if any(theirs[fact] != verdict[fact] for fact in base.inferred):
                return False
        return True

    def _messages(self) -> tuple[dict[str, Region], dict[str, Region]]:
        store, silent = self._store, self._store.leaf(False)
        said: dict[str, Region] = {}
        silenced: dict[str, Region] = {}
        for name in sorted(self._old.messages.keys() | self._new.messages.keys()):
            before, after = self._old.messages.get(name, silent), self._new.messages.get(name, silent)
            for found, here, there in ((said, after, before), (silenced, before, after)):
                if before != after:
                    region = self._region(store.both(self._both, store.both(here, store.negate(there))))
                    if region is not None:
                        found[name] = region
        return said, silenced

    def _asks(self, compiled: Compiled) -> set[str]:
        """Questions that some answer makes matter to a target."""
        levels = set[int]().union(*(self._read(compiled, target) for target in compiled.knowledge.targets))
        read = {compiled.order[level] for level in levels}
        return {q.id for q in compiled.knowledge.questions.values() if not read.isdisjoint(q.fills)}

    def _read(self, compiled: Compiled, target: str) -> set[int]:
        """The levels a target depends on, on possible calls; most targets are the same in both bases."""
        store, meant = self._store, (compiled.possible, compiled.inferred[target])
        if meant not in self._supports:
            self._supports[meant] = store.support(store.choose(*meant, store.leaf(IMPOSSIBLE)))
        return self._supports[meant]
