"""The interview of a base as a tree: first question, answers, next question …, decision, exactly as the expert system leads it.

`interview_tree` follows every answer and meets like situations once; `drawn` chooses the likeliest part. The end of a caller's
patience is not followed: whoever leads the call sees to it. Knows nothing of pictures or wording.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from triage.call import Call, Options
from triage.compilation import Compiled
from triage.evaluation import evaluate
from triage.expert import ExpertSystem
from triage.interview import NextQuestion, settled
from triage.model import UNKNOWN, KnowledgeBase, leaves
from triage.planning import OutOfBudgetError, ask_best
from triage.prospect import Branch, ExactProspect

__all__ = ["Answers", "Asked", "Ending", "Shown", "Ticks", "Tree", "drawn", "interview_tree"]

BUDGET = 100_000
"""Situations a tree may have."""
KEPT, REMEMBERED = 8, 64
"""Choices that lead to the same situation: how many are named, and how many of a list's ticks are kept while looking."""

Key = tuple[object, ...]
Ticks = tuple[tuple[str, str], ...]
"""A choice of answers: facts and their values; of a list, only the facts that are ticked."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to one question that lead to the same situation.

    Attributes:
        choices: For a single fact, every such answer, `unknown` too. For a list, ticks that lead there: none at all, any one
            alone; several together only where neither does.
        more: How many further choices were left out of these.
        open: For a list, ticks that lead there while other facts of it are `unknown`.
        silent: For a list, whether `unknown` for all its facts does.
    """

    choices: tuple[Ticks, ...]
    more: int = 0
    open: tuple[Ticks, ...] = ()
    silent: bool = False


EndingKind = Literal["decided", "handover", "contradictory"]


@dataclass(frozen=True, slots=True)
class Ending:
    """Where an interview ends.

    Attributes:
        outcome: Values by target; for a hand-over, what holds provisionally.
        known: Answers that lead there, by fact, facts nobody can be asked among them.
    """

    kind: EndingKind
    outcome: Mapping[str, str]
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and where answers to it lead.

    Attributes:
        answers: Answers, the number of the situation they lead to, and their share at this question, 0..1.
        known: Answers that lead to the question, by fact.
    """

    question: NextQuestion
    answers: tuple[tuple[Answers, int, float], ...]
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tree:
    """All interviews from one start. Situations that look alike are one: same question, and the same tree behind each answer.

    Attributes:
        situations: Every situation after those it leads to; the last one is the start.
    """

    knowledge: KnowledgeBase
    situations: tuple[Asked | Ending, ...]
    systems: tuple[str, ...]
    given: Mapping[str, str]

    @property
    def start(self) -> int:
        """The number of the first situation."""
        return len(self.situations) - 1


def interview_tree(system: ExpertSystem, call: Call | None = None, systems: Sequence[str] = (), budget: int = BUDGET) -> Tree:
    """Follow every interview from what a call has told so far.

    Args:
        systems: Ids of the systems connected.
        budget: Situations to look at before giving up.

    Raises:
        TooLargeError: The base is too large for exact answers.
        OutOfBudgetError: Its interviews have more situations than `budget`.
    """
    compiled = system.compiled
    situation = system.situation(call or Call(), Options(systems=tuple(systems)))
    prospect = cast(ExactProspect, system.prospect(situation.known, situation.unasked))
    builder = _Builder(compiled, situation.sources, budget)
    start = builder.follow(prospect, situation.known)
    return Tree(system.knowledge, tuple(builder.weighed(start)), tuple(systems), dict(sorted(situation.told.items())))


@dataclass(frozen=True, slots=True)
class _Choices:
    """Answers to the facts of a question met so far.

    Attributes:
        told, open: Ticks with no fact unknown, and with some.
        example: One of the answers, by fact: with as few unknown, then as few ticked, as possible.
        cost: How many of the example's are.
    """

    told: frozenset[Ticks]
    open: frozenset[Ticks] = frozenset()
    silent: bool = True
    example: Mapping[str, str] = field(default_factory=dict)
    cost: tuple[int, int] = (0, 0)

    def with_answer(self, fact: str, value: str, tick: tuple[str, str] | None) -> _Choices:
        """One more fact answered."""
        unknown = value == UNKNOWN
        example, cost = {**self.example, fact: value}, (self.cost[0] + unknown, self.cost[1] + (not tick or value == tick[0]))
        if tick is None:
            return _Choices(frozenset([((fact, value),)]), frozenset(), False, example, cost)
        if unknown:
            return _Choices(frozenset(), self.told | self.open, self.silent, example, cost)
        ticked = ((fact, value),) if value == tick[0] else ()
        told, partly = (frozenset((*ticks, *ticked) for ticks in found) for found in (self.told, self.open))
        return _Choices(told, partly, False, example, cost)

    def joined(self, other: _Choices) -> _Choices:
        """Both."""
        better = min(self, other, key=lambda choices: choices.cost)
        return _Choices(
            _telling(self.told | other.told),
            _telling(self.open | other.open),
            self.silent or other.silent,
            better.example,
            better.cost,
        )

    def answers(self) -> Answers:
        """What is said of them."""
        told = sorted(self.told, key=lambda ticks: (len(ticks), ticks))
        return Answers(tuple(told[:KEPT]), max(len(told) - KEPT, 0), tuple(sorted(self.open)[:1]), self.silent)


def _telling(found: frozenset[Ticks]) -> frozenset[Ticks]:
    """No tick and single ticks; where there are none, the fewest together."""
    most = max(min(map(len, found), default=0), 1)
    return frozenset(sorted(ticks for ticks in found if len(ticks) <= most)[:REMEMBERED])


@dataclass(frozen=True, slots=True)
class _Met:
    """A situation as it is met, before like ones are put together: its number, and shares and keys of what follows."""

    number: int
    following: tuple[tuple[float, Key], ...] = ()


class _Builder:
    """Follows the interview from situation to situation; situations get numbers, the last ones first."""

    def __init__(self, compiled: Compiled, sources: Mapping[str, str], budget: int) -> None:
        self._compiled = compiled
        self._knowledge = compiled.knowledge
        self._policy = ask_best(compiled.knowledge, sources)
        self._budget = budget
        self._met: dict[Key, _Met] = {}
        self._alike: dict[Key, int] = {}
        self._situations: list[Asked | Ending] = []
        gates = (fact.applies_when for fact in self._knowledge.facts.values() if fact.applies_when is not None)
        given = (fact.weights.given for fact in self._knowledge.facts.values() if fact.weights.given is not None)
        self._telling = frozenset(leaf.fact for gate in gates for leaf in leaves(gate)).union(given)

    def follow(self, prospect: ExactProspect, known: Mapping[str, str]) -> Key:
        """The key of a situation, after everything behind it has its number."""
        asked = None if prospect.contradictory or settled(prospect) else self._policy(prospect, known)
        if asked is None:
            return self._end(prospect, known)
        told = tuple((name, known[name]) for name in sorted(self._telling) if name in known)
        key: Key = (prospect.root, asked.question.id, asked.facts, told)
        if key not in self._met:
            if len(self._met) >= self._budget:
                raise OutOfBudgetError
            self._ask(key, prospect, known, asked)
        return key

    def _end(self, prospect: ExactProspect, known: Mapping[str, str]) -> Key:
        kind, outcome = "decided", {target: next(iter(values), "") for target, values in prospect.candidates.items()}
        if prospect.contradictory:
            kind, outcome = "contradictory", {}
        elif not settled(prospect):
            verdict = evaluate(self._knowledge, known)
            kind, outcome = "handover", {target: verdict[target] for target in self._knowledge.targets}
        key: Key = (kind, *outcome.items())
        if key not in self._met:
            self._met[key] = _Met(self._number(key, Ending(cast(EndingKind, kind), outcome, dict(known))))
        return key

    def _ask(self, key: Key, prospect: ExactProspect, known: Mapping[str, str], asked: NextQuestion) -> None:
        following: list[tuple[float, Key]] = []
        by_next: dict[int, _Choices] = {}
        for choices, share, root in self._branches(prospect, asked):
            answers = choices.example
            after = self.follow(prospect.narrowed(Branch(share, answers, root, {})), {**known, **answers})
            following.append((share, after))
            number = self._met[after].number
            by_next[number] = by_next[number].joined(choices) if number in by_next else choices
        answered = tuple((choices.answers(), number, 0.0) for number, choices in sorted(by_next.items()))
        alike: Key = (asked.question.id, asked.facts, asked.ask_of, tuple((number, answers) for answers, number, _ in answered))
        number = self._number(alike, Asked(asked, answered, dict(known)))
        self._met[key] = _Met(number, tuple(following))

    def _number(self, alike: Key, situation: Asked | Ending) -> int:
        if alike not in self._alike:
            self._alike[alike] = len(self._situations)
            self._situations.append(situation)
        return self._alike[alike]

    def _branches(self, prospect: ExactProspect, asked: NextQuestion) -> Iterator[tuple[_Choices, float, int]]:
        """Possible answers, those after which nothing differs as one, with their share and the diagram left."""
        telling = [fact for fact in asked.facts if fact in self._telling]
        branches = prospect.branches(asked.facts, self._telling)
        shares = {(branch.root, *(branch.answers[fact] for fact in telling)): branch.share for branch in branches}
        for (root, *told), choices in self._choices(prospect, asked).items():
            if not prospect.narrowed(Branch(0.0, choices.example, root, {})).contradictory:
                yield choices, shares.get((root, *told), 0.0), root

    def _choices(self, prospect: ExactProspect, asked: NextQuestion) -> dict[tuple[Any, ...], _Choices]:
        """By the diagram left and the answers that tell more than it, the answers that leave it."""
        reached: dict[tuple[Any, ...], _Choices] = {(prospect.root,): _Choices(frozenset([()]))}
        for fact in asked.facts:
            following: dict[tuple[Any, ...], _Choices] = {}
            for (root, *told), choices in reached.items():
                for value in self._knowledge.facts[fact].domain:
                    left = prospect.store.restrict(root, self._compiled.indices({fact: value}))
                    key = (left, *told, value) if fact in self._telling else (left, *told)
                    more = choices.with_answer(fact, value, asked.question.tick)
                    following[key] = following[key].joined(more) if key in following else more
            reached = following
        return reached

    def weighed(self, start: Key) -> Iterator[Asked | Ending]:
        """The situations by number, with the shares of answers, over all calls, in the order of these."""
        reach: defaultdict[Key, float] = defaultdict(float, {start: 1.0})
        passing: defaultdict[tuple[int, int], float] = defaultdict(float)
        for key in reversed(self._met):  # what follows was met before
            for share, after in self._met[key].following:
                reach[after] += reach[key] * share
                passing[self._met[key].number, self._met[after].number] += reach[key] * share
        for number, situation in enumerate(self._situations):
            if isinstance(situation, Asked):
                weights = {after: passing[number, after] for _, after, _ in situation.answers}
                total = sum(weights.values()) or 1.0
                answers = [(answers, after, weights[after] / total) for answers, after, _ in situation.answers]
                yield replace(
                    situation, answers=tuple(sorted(answers, key=lambda found: (-round(found[2], 9), found[0].choices)))
                )
            else:
                yield situation


# -- what is drawn


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of a tree that is drawn.

    Attributes:
        ways: What is drawn of each question's answers: their places in `answers`, at least one.
        cut: Questions drawn without their answers, as they lie too deep or few calls go on from there.
        reach: Share of calls that come to a situation on drawn ways, 0..1.
        covered: Share of calls drawn to their end.
    """

    ways: Mapping[int, tuple[int, ...]]
    cut: frozenset[int]
    reach: Mapping[int, float]
    covered: float


def drawn(tree: Tree, share: float = 1.0, depth: int | None = None) -> Shown:
    """The likeliest part of a tree: answers are drawn, likeliest first, until a share of all calls is drawn to its end.

    Args:
        share: 0..1; 1 for everything.
        depth: Questions in a row at most; None for no limit.
    """
    deep = frozenset(() if depth is None else (number for number, steps in _steps(tree).items() if steps >= depth))
    ways: dict[int, tuple[int, ...]] = {}
    reach, covered = _reach(tree, {}), 0.0
    while True:
        for number in reach:
            situation = tree.situations[number]
            if isinstance(situation, Asked) and number not in deep:
                ways.setdefault(number, tuple(range(len(situation.answers))) if share >= 1 else ())
        reach, before = _reach(tree, ways), reach
        covered = sum(part for number, part in reach.items() if isinstance(tree.situations[number], Ending))
        if share >= 1 and reach.keys() == before.keys():
            break
        if share < 1:
            chosen = _likeliest(tree, ways, reach)
            if chosen is None or covered >= share - 1e-9:
                break
            ways[chosen[0]] = (*ways[chosen[0]], chosen[1])
    shown = {number: tuple(sorted(places)) for number, places in sorted(ways.items(), reverse=True) if places}
    cut = frozenset(number for number in reach if number not in shown and isinstance(tree.situations[number], Asked))
    return Shown(shown, cut, reach, covered)


def _steps(tree: Tree) -> dict[int, int]:
    """How many questions come before each situation, on the shortest way."""
    steps = {tree.start: 0}
    waiting = [tree.start]
    for number in waiting:
        situation = tree.situations[number]
        for _, after, _ in situation.answers if isinstance(situation, Asked) else ():
            if after not in steps:
                steps[after] = steps[number] + 1
                waiting.append(after)
    return steps


def _reach(tree: Tree, ways: Mapping[int, Sequence[int]]) -> dict[int, float]:
    """The share of calls that come to each situation on drawn ways."""
    reach = {tree.start: 1.0}
    for number in sorted(ways, reverse=True):  # what follows has smaller numbers
        situation = tree.situations[number]
        for place in ways[number] if isinstance(situation, Asked) and number in reach else ():
            _, after, part = cast(Asked, situation).answers[place]
            reach[after] = reach.get(after, 0.0) + reach[number] * part
    return reach


def _likeliest(tree: Tree, ways: Mapping[int, Sequence[int]], reach: Mapping[int, float]) -> tuple[int, int] | None:
    """The answer not yet drawn that most calls give: the number of its question and its place there."""
    best: tuple[float, int, int] | None = None
    for number, places in ways.items():
        if number in reach:
            for place, (_, _, part) in enumerate(cast(Asked, tree.situations[number]).answers):
                rank = (-round(reach[number] * part, 12), -number, place)
                if place not in places and (best is None or rank < best):
                    best = rank
    return None if best is None else (-best[1], best[2])
