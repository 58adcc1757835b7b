"""A long run: evaluation, bits, experta, diagrams and CLIPS say the same on very many calls; every clause wins on some of them.

Half of the calls are drawn uniformly; the others lead to where a clause wins, each clause in its turn, or to an impossible call,
along a random path of a diagram, everything the path leaves open drawn at random. Results depend on the seed alone, not on the
number of processes.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.calls import describe, load_base
from benchmarks.measuring import on_all_cores
from benchmarks.report import Section, Table, Target
from benchmarks.settings import Settings
from tests.random_bases import random_completion
from triage.call import Call, Options
from triage.compilation import IMPOSSIBLE, Compiled
from triage.diagrams import Diagram, Diagrams
from triage.evaluation import effective, holds, matching_impossible, verdict_of
from triage.expert import ExpertSystem
from triage.model import KnowledgeBase
from triage.verdict import Verdict

__all__ = ["Checked", "run"]

CALLS = 100_000
CLIPS_SAMPLE = 2_000
ASSESS_SAMPLE = 2_000
CHUNK = 250
EXAMPLES = 3
"""Disagreements shown in full."""


@dataclass
class Checked:
    """What some calls came to.

    Attributes:
        compared: Calls (or situations) by what was compared.
        wins: How often each clause won on possible calls, by who drew the call (`uniform`, `walked`) and clause.
        statuses: How assessments ended, by status and reason.
        disagreements: How often whom evaluation disagreed with.
        examples: The first of those, in words.
    """

    compared: Counter[str] = field(default_factory=Counter)
    wins: Counter[tuple[str, str]] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    disagreements: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, other: Checked) -> None:
        """Takes another's results in."""
        self.compared += other.compared
        self.wins += other.wins
        self.statuses += other.statuses
        self.disagreements += other.disagreements
        self.examples += other.examples

    def disagree(self, who: str, call: Mapping[str, str], said: object) -> None:
        """Notes a disagreement."""
        self.disagreements[who] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{who}: {said} on {dict(call)}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Calls to check, by their numbers in the whole run."""

    start: int
    stop: int


def run(settings: Settings) -> Section:
    """Draws, compares, counts."""
    knowledge = load_base(settings.base)
    calls = settings.calls or settings.sized(CALLS, 40)
    chunks = [Chunk(start, min(start + CHUNK, calls)) for start in range(0, calls, CHUNK)]
    arguments = (settings.base, settings.seed, calls)
    checked = Checked()
    for part in on_all_cores(_check, chunks, "agreement", prepare=_prepare, arguments=arguments, workers=settings.workers):
        checked.add(part)
    clauses = sorted(clause.id for found in knowledge.clauses.values() for clause in found)
    return Section(
        "agreement",
        "Agreement of the engines",
        (
            "Compared with evaluation on every call: bits and experta (every value, winning and pre-empted clauses), the diagrams"
            " (every value, every message, the outcome, and for each clause on possible calls whether it wins).",
            f"CLIPS on about {CLIPS_SAMPLE:,} calls (values, winning and pre-empted clauses); `ExpertSystem.assess` on about"
            f" {ASSESS_SAMPLE:,} calls as a whole and broken off somewhere: it must never hand over because engines disagree.",
            "Half of the calls are drawn uniformly, `unknown` among the answers, impossible calls included; the other half leads"
            " to where each clause in its turn wins, and to impossible calls in the same measure (random path of the diagram, the"
            " rest drawn uniformly).",
        ),
        {"seed": settings.seed, "calls": calls, **describe(settings.base, knowledge)},
        (_compared_table(checked), _hits_table(checked, clauses), _status_table(checked)),
        _targets(checked, clauses),
    )


# -- in each process


class _Checker:
    """Everything a process needs to check calls of one run."""

    def __init__(self, base: str, seed: int, calls: int) -> None:
        from tests.clips_engine import ClipsEngine  # noqa: PLC0415 - clipspy comes with the development tools only

        self.knowledge: KnowledgeBase = load_base(base)
        self.system = ExpertSystem(self.knowledge)
        self.clips: Any = ClipsEngine(self.knowledge)
        self.seed = seed
        self.calls = calls
        compiled = self.system.compiled
        self.store = compiled.store.scratch(sys.maxsize)
        clauses = sorted((c for found in self.knowledge.clauses.values() for c in found), key=lambda c: c.id)
        self.winning = {clause.id: compiled.winning(clause, self.store) for clause in clauses}
        places = (*self.winning.values(), self.store.negate(compiled.possible))
        self.walks = [_Walk(self.store, root) for root in places if root != self.store.leaf(False)]

    def call(self, number: int, rng: Random) -> tuple[str, dict[str, str]]:
        """The call of a number, and who drew it."""
        call = random_completion(self.knowledge, rng)
        if number % 2 == 0 or not self.walks:
            return "uniform", call
        walk = self.walks[number // 2 % len(self.walks)]
        return "walked", call | self.system.compiled.facts(walk.path(rng))

    def check(self, number: int, found: Checked) -> None:
        """Checks one call."""
        rng = Random(f"{self.seed} {number}")
        drawn, call = self.call(number, rng)
        counted = effective(self.knowledge, call)
        possible = not matching_impossible(self.knowledge, counted)
        verdict = verdict_of(self.knowledge, counted)
        found.compared[drawn] += 1
        found.compared["possible"] += possible
        if possible:
            found.wins.update((drawn, winner) for conclusion in verdict.conclusions.values() for winner in conclusion.winners)
        self._engine("bits", self.system.quick.verdict(call), verdict, call, found)
        self._engine("experta", self.system.infer(counted).verdict, verdict, call, found)
        if rng.random() * self.calls < CLIPS_SAMPLE:
            self._engine("CLIPS", self.clips.infer(counted), verdict, call, found)
        for what in self._diagrams_differ(call, counted, verdict, possible=possible):
            found.disagree("diagrams", call, what)
        found.compared["diagrams"] += 1
        if rng.random() * self.calls < ASSESS_SAMPLE:
            self._assess(call, found)
            self._assess({name: value for name, value in call.items() if rng.random() < 0.5}, found)

    def _engine(self, who: str, theirs: Verdict, ours: Verdict, call: Mapping[str, str], found: Checked) -> None:
        found.compared[who] += 1
        if theirs.conclusions != ours.conclusions:
            differing = [name for name, mine in ours.conclusions.items() if theirs.conclusions.get(name) != mine]
            found.disagree(who, call, ", ".join(differing))

    def _diagrams_differ(
        self, call: Mapping[str, str], counted: Mapping[str, str], verdict: Verdict, *, possible: bool
    ) -> Iterator[str]:
        compiled: Compiled = self.system.compiled
        choice = [compiled.index[name][call[name]] for name in compiled.order]
        values = {name: conclusion.value for name, conclusion in verdict.conclusions.items()}
        for name, diagram in compiled.inferred.items():
            if compiled.store.value(diagram, choice) != values[name]:
                yield f"value of {name}"
        for name, message in self.knowledge.messages.items():
            read = call if message.kind == "alert" else {**counted, **values}
            if compiled.store.value(compiled.messages[name], choice) != holds(message.when, read):
                yield f"message {name}"
        outcome = tuple(values[target] for target in self.knowledge.targets) if possible else IMPOSSIBLE
        if compiled.store.value(compiled.outcome, choice) != outcome:
            yield "outcome"
        winners = {winner for conclusion in verdict.conclusions.values() for winner in conclusion.winners} if possible else set()
        theirs = {clause for clause, diagram in self.winning.items() if self.store.value(diagram, choice)}
        if theirs != winners:
            yield f"winning clauses {sorted(theirs ^ winners)}"

    def _assess(self, told: Mapping[str, str], found: Checked) -> None:
        assessment = self.system.assess(Call.of(told), Options(look_ahead=0))
        found.compared["assessments"] += 1
        found.statuses[" / ".join(part for part in (assessment.status, assessment.stop_reason) if part)] += 1
        if assessment.stop_reason == "engines_disagree":
            found.disagree("assess", told, "handed over")


class _Walk:
    """Random paths of a diagram to where it is true: at each node every answer that leads there is as likely as the others."""

    def __init__(self, store: Diagrams, root: Diagram) -> None:
        self._root = root
        self._ways: dict[Diagram, list[tuple[int, Diagram]]] = {}
        self._levels: dict[Diagram, int] = {}
        reaching = {store.leaf(True)}
        for node in store.below(root):
            ways = [(index, kid) for index, kid in enumerate(store.kids(node)) if kid in reaching]
            if ways:
                reaching.add(node)
                self._ways[node], self._levels[node] = ways, store.level(node)

    def path(self, rng: Random) -> dict[int, int]:
        """Levels met and the value taken at each."""
        node, found = self._root, {}
        while node in self._ways:
            level = self._levels[node]
            found[level], node = rng.choice(self._ways[node])
        return found


_checker: list[_Checker] = []
"""This process's checker."""


def _prepare(base: str, seed: int, calls: int) -> None:
    _checker[:] = [_Checker(base, seed, calls)]


def _check(chunk: Chunk) -> Checked:
    found = Checked()
    for number in range(chunk.start, chunk.stop):
        _checker[0].check(number, found)
    return found


# -- telling


def _compared_table(checked: Checked) -> Table:
    calls = checked.compared["uniform"] + checked.compared["walked"]
    rows = [
        ("evaluation", calls, None),
        *(
            (who, checked.compared[what], checked.disagreements[who])
            for who, what in (
                ("bits", "bits"),
                ("experta", "experta"),
                ("diagrams", "diagrams"),
                ("CLIPS", "CLIPS"),
                ("assess", "assessments"),
            )
        ),
    ]
    possible, walked = checked.compared["possible"], checked.compared["walked"]
    note = f"{possible:,} of the {calls:,} calls were possible; {walked:,} were led somewhere."
    if checked.examples:
        note += " Disagreements, the first: " + "; ".join(checked.examples[:EXAMPLES]) + "."
    return Table("Compared", ("engine", "calls", "disagreements"), rows, note)


def _hits_table(checked: Checked, clauses: list[str]) -> Table:
    rows = []
    for drawn in ("uniform", "walked"):
        hits = sorted(checked.wins[drawn, clause] for clause in clauses)
        rows.append((drawn, len(hits), sum(n == 0 for n in hits), hits[0], hits[len(hits) // 2], hits[-1]))
    rarest = sorted((_hits(checked, clause), clause) for clause in clauses)[:5]
    note = "Rarest: " + ", ".join(f"`{clause}` {number:,}" for number, clause in rarest) + "."
    never = [clause for clause in clauses if not _hits(checked, clause)]
    note += f" Cannot win on any possible call: {', '.join(f'`{clause}`' for clause in never)}." if never else ""
    return Table("Wins per clause", ("calls", "clauses", "never", "least", "median", "most"), rows, note)


def _status_table(checked: Checked) -> Table:
    return Table("How assessments ended", ("status / reason", "assessments"), sorted(checked.statuses.items()))


def _targets(checked: Checked, clauses: list[str]) -> list[Target]:
    wrong = checked.disagreements.total()
    never = sum(not _hits(checked, clause) for clause in clauses)
    return [
        Target("disagreements", "0", f"{wrong}", wrong == 0),
        Target("clauses that never won", "0", f"{never}", never == 0),
    ]


def _hits(checked: Checked, clause: str) -> int:
    return checked.wins["uniform", clause] + checked.wins["walked", clause]
