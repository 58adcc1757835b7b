"""How many questions callers are asked: the product's policy against the order the sources ask in, on the same calls.

Length is the number of questions put to the caller; what a system answers is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from benchmarks.calls import Drawing, describe, load_base, weighted
from benchmarks.measuring import on_all_cores, percentile
from benchmarks.report import Cell, Section, Table
from benchmarks.settings import Settings
from triage.call import Call, Options
from triage.compilation import IMPOSSIBLE
from triage.diagrams import Diagram
from triage.expert import ExpertSystem
from triage.interview import NextQuestion, applicable, next_questions
from triage.interviews import InterviewReport, interview_report
from triage.model import CALLER, KnowledgeBase, leaves
from triage.planning import OutOfBudgetError
from triage.prospect import ExactProspect, Sight

__all__ = ["POLICIES", "Leader", "run"]

CALLS = 20_000
PLAN = 150_000
"""Situations a plan may look at before only drawn calls are told of."""

CHUNK = 1_000
STORE_LIMIT = 500_000
"""Nodes after which a leader forgets what it has worked out."""

Known = Mapping[str, str]
Order = Callable[["Leader", Diagram, Known], "NextQuestion | None"]


@dataclass(frozen=True, slots=True)
class Setting:
    """Who is asked: systems connected or not, callers who may answer `unknown` or not."""

    connected: bool
    unknowns: bool

    def __str__(self) -> str:
        systems = "all systems connected" if self.connected else "no systems"
        return f"{systems}, {'unknown as often as the weights say' if self.unknowns else 'callers who answer'}"


SETTINGS = tuple(Setting(connected, unknowns) for unknowns in (False, True) for connected in (False, True))


class Leader:
    """Leads interviews under one policy and remembers which question comes next in which situation.

    Two situations are the same where the diagram left, the facts answered, and the answers that gates and weights depend on
    are the same: nothing else can make a difference to a policy.
    """

    def __init__(self, system: ExpertSystem, systems: tuple[str, ...], policy: Order, *, stops: bool) -> None:
        self.knowledge = system.knowledge
        situation = system.situation(Call(), Options(systems=systems))
        self.start, self.sources = situation.known, situation.sources
        self._compiled = system.compiled
        self._sight = Sight(self._compiled, situation.unasked)
        self._policy, self._stops = policy, stops
        gates = (leaf.fact for fact in self.knowledge.facts.values() if fact.applies_when for leaf in leaves(fact.applies_when))
        given = (fact.weights.given for fact in self.knowledge.facts.values() if fact.weights.given)
        self._telling = sorted({*gates, *given})
        self._by_order = sorted(self.knowledge.questions.values(), key=lambda q: (q.order, q.id))
        self._forget()

    def _forget(self) -> None:
        self.store = self._sight.store.scratch(10 * STORE_LIMIT)
        self._next: dict[tuple[object, ...], NextQuestion | None] = {}
        self._after: dict[tuple[Diagram, int, int], Diagram] = {}
        self._settled: dict[Diagram, bool] = {}

    def asked(self, call: Known) -> list[NextQuestion]:
        """The questions asked in an interview with somebody who answers so, in their order."""
        if self.store.size > STORE_LIMIT or len(self._next) > STORE_LIMIT:
            self._forget()
        known, root, found = dict(self.start), self._sight.root, []
        told = sum(1 << self._compiled.level[fact] for fact in known)
        while (asked := self._question(root, told, known)) is not None:
            found.append(asked)
            for fact in asked.facts:
                known[fact] = call[fact]
                told |= 1 << self._compiled.level[fact]
                root = self._narrowed(root, fact, call[fact])
        return found

    def _question(self, root: Diagram, told: int, known: Known) -> NextQuestion | None:
        if self._stops and self.is_settled(root):
            return None
        key = (root, told, tuple(known.get(name) for name in self._telling))
        if key not in self._next:
            self._next[key] = self._policy(self, root, known)
        return self._next[key]

    def _narrowed(self, root: Diagram, fact: str, value: str) -> Diagram:
        level, index = self._compiled.level[fact], self._compiled.index[fact][value]
        key = (root, level, index)
        if key not in self._after:
            self._after[key] = self.store.restrict(root, {level: index})
        return self._after[key]

    def is_settled(self, root: Diagram) -> bool:
        """One outcome is left."""
        if root not in self._settled:
            left = {self.store.payload(node) for node in self.store.below(root) if self.store.is_leaf(node)}
            self._settled[root] = len(left - {IMPOSSIBLE}) <= 1
        return self._settled[root]

    def prospect(self, root: Diagram, known: Known) -> ExactProspect:
        """What is possible in a situation."""
        return ExactProspect(self._sight, known, self.store, root)

    def in_order(self, known: Known) -> list[NextQuestion]:
        """Questions that can be asked now, in the author's order: open, gate entailed, somebody to ask."""
        open_facts = applicable(self.knowledge, known) - known.keys()
        return [
            NextQuestion(question, facts, self.sources[question.id])
            for question in self._by_order
            if question.id in self.sources and (facts := tuple(f for f in question.fills if f in open_facts))
        ]


def ask_best(leader: Leader, root: Diagram, known: Known) -> NextQuestion | None:
    """The product's policy."""
    return next(next_questions(leader.knowledge, leader.prospect(root, known), known, leader.sources), None)


def ask_in_order(leader: Leader, root: Diagram, known: Known) -> NextQuestion | None:  # noqa: ARG001 - one shape for all
    """The sources' own order, gates skipped, until settled."""
    return next(iter(leader.in_order(known)), None)


def ask_relevant_in_order(leader: Leader, root: Diagram, known: Known) -> NextQuestion | None:
    """The sources' own order, without questions that can no longer change anything."""
    prospect = leader.prospect(root, known)
    return next((asked for asked in leader.in_order(known) if any(map(prospect.is_relevant, asked.facts))), None)


POLICIES: Mapping[str, tuple[Order, bool]] = {
    "best": (ask_best, True),
    "order": (ask_in_order, True),
    "relevant in order": (ask_relevant_in_order, True),
    "order to the end": (ask_in_order, False),
}
"""Policies, and whether interviews end once everything is settled."""


def run(settings: Settings) -> Section:
    """Interviews drawn, and planned where the plan is not too large."""
    knowledge = load_base(settings.base)
    calls = settings.calls or settings.sized(CALLS, 30)
    drawn = {setting: _simulate(settings, setting, calls) for setting in SETTINGS}
    jobs = [(settings.base, setting, settings.sized(PLAN, 200)) for setting in SETTINGS]
    found = on_all_cores(_plan, jobs, "plans", workers=settings.workers)
    plans = dict(zip(SETTINGS, found, strict=True))
    tables = [_overview(drawn, plans)]
    tables += [_by_fault(str(setting), drawn[setting], plans[setting]) for setting in SETTINGS]
    tables += [_questions(knowledge, drawn), _never(knowledge, drawn)]
    return Section(
        "interviews",
        "Interviews: questions put to the caller",
        (
            "`best`: the product's policy (`triage.planning.ask_best`). `order`: the sources' own order (each question's `order`,"
            " then its id); a question whose gate is not entailed is skipped; same stop rule (all targets settled). `relevant"
            " in order`: the same, and questions that can no longer change a target are skipped too. `order to the"
            " end`: `order` without the stop rule, as a form is filled in.",
            f"Drawn: {calls:,} calls per setting from the author's weights conditioned on possible calls, the same calls for"
            " every policy; facts nobody is asked are `unknown` before a call is judged possible; `longest` is the longest that"
            " came up. Callers who answer: the weight of `unknown` is shared among the other answers, of systems too; policies"
            " go by the author's weights all the same.",
            "Planned: exact over all calls, every answer followed (`triage.interviews.interview_report`); `longest` is then the"
            " longest interview that any answers of some weight lead to. Lower bound: what no policy can do without (same"
            f" module). Left out where a plan has more than {PLAN:,} situations. Drawn and planned figures check each other.",
            "Systems answer from the same drawn call; a system that draws `unknown` has answered so, and nobody is asked again."
            " Systems' answers are not counted as questions. Without systems, facts only systems can tell are `unknown`.",
            "Patience (ending after several `unknown` in a row) is not simulated.",
        ),
        {"seed": settings.seed, "calls": calls, **describe(settings.base, knowledge)},
        tables,
    )


# -- drawn calls


@dataclass
class Drawn:
    """Interviews of drawn calls.

    Attributes:
        lengths: By policy, then fault and number of questions put to the caller, how many interviews.
        asked: By policy, then question, in how many interviews it was put to the caller.
        longer: In how many interviews a policy asked more than `best` did, and in how many less.
    """

    lengths: dict[str, Counter[tuple[str, int]]] = field(default_factory=lambda: {name: Counter() for name in POLICIES})
    asked: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in POLICIES})
    longer: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Drawn) -> None:
        """Takes another's interviews in."""
        for name in POLICIES:
            self.lengths[name] += other.lengths[name]
            self.asked[name] += other.asked[name]
        self.longer += other.longer


@dataclass(frozen=True, slots=True)
class Chunk:
    """Calls to draw, by their numbers in the whole run."""

    start: int
    stop: int


class _Drawer:
    """Everything a process needs for the interviews of one setting."""

    def __init__(self, base: str, seed: int, setting: Setting) -> None:
        self.system = ExpertSystem(load_base(base))
        knowledge = self.system.knowledge
        self.seed = seed
        systems = tuple(knowledge.identity.systems) if setting.connected else ()
        unasked = self.system.situation(Call(), Options(systems=systems)).unasked
        self.draw: Drawing = weighted(knowledge, unknowns=setting.unknowns, unasked=unasked)
        self.leaders = {name: Leader(self.system, systems, policy, stops=stops) for name, (policy, stops) in POLICIES.items()}

    def interview(self, number: int, found: Drawn) -> None:
        """Draws the call of a number and leads its interviews."""
        call = self.draw(Random(f"{self.seed} {number}"))
        counts = {}
        for name, leader in self.leaders.items():
            put = [asked.question.id for asked in leader.asked(call) if asked.ask_of == CALLER]
            found.asked[name].update(put)
            found.lengths[name][self._fault(call), len(put)] += 1
            counts[name] = len(put)
        for name, count in counts.items():
            if count != counts["best"]:
                found.longer[name, "more" if count > counts["best"] else "less"] += 1

    def _fault(self, call: Known) -> str:
        """The first target's value."""
        compiled = self.system.compiled
        choice = [compiled.index[name][call[name]] for name in compiled.order]
        return str(compiled.store.value(compiled.inferred[compiled.knowledge.targets[0]], choice))


_drawer: list[_Drawer] = []
"""This process's interviews."""


def _prepare(base: str, seed: int, setting: Setting) -> None:
    _drawer[:] = [_Drawer(base, seed, setting)]


def _draw(chunk: Chunk) -> Drawn:
    found = Drawn()
    for number in range(chunk.start, chunk.stop):
        _drawer[0].interview(number, found)
    return found


def _simulate(settings: Settings, setting: Setting, calls: int) -> Drawn:
    chunks = [Chunk(start, min(start + CHUNK, calls)) for start in range(0, calls, CHUNK)]
    arguments = (settings.base, settings.seed, setting)
    found = Drawn()
    for part in on_all_cores(_draw, chunks, str(setting), prepare=_prepare, arguments=arguments, workers=settings.workers):
        found.add(part)
    return found


# -- planned


def _plan(job: tuple[str, Setting, int]) -> InterviewReport | None:
    """The exact figures; None where there are too many situations."""
    base, setting, budget = job
    system = ExpertSystem(load_base(base))
    systems = tuple(system.knowledge.identity.systems) if setting.connected else ()
    try:
        return interview_report(system, systems, "author" if setting.unknowns else "answering", budget)
    except OutOfBudgetError:
        return None


# -- telling


def _overview(drawn: Mapping[Setting, Drawn], plans: Mapping[Setting, InterviewReport | None]) -> Table:
    rows: list[Sequence[Cell]] = []
    for setting, found in drawn.items():
        total = found.lengths["best"].total()
        for name in POLICIES:
            more, less = (found.longer[name, how] / total for how in ("more", "less"))
            compared = (None, None) if name == "best" else (100 * more, 100 * less)
            rows.append((str(setting), name, *_spread(found.lengths[name]), *compared))
        plan = plans[setting]
        if plan:
            for name, spread in (("best, planned", plan.best), ("order, planned", plan.scripted)):
                rows.append((str(setting), name, spread.expected, spread.median, None, spread.longest, None, None))
            rows.append((str(setting), "lower bound", plan.lower_bound, *[None] * 5))
    columns = ("setting", "policy", "mean", "median", "p90", "longest", "% longer than best", "% shorter")
    return Table("Questions put to the caller", columns, rows)


def _spread(lengths: Mapping[tuple[str, int], int]) -> tuple[Cell, ...]:
    """Mean, median, 90th percentile and longest."""
    counts, weights = [float(count) for _, count in lengths], [float(number) for number in lengths.values()]
    mean = sum(c * w for c, w in zip(counts, weights, strict=True)) / sum(weights)
    return (mean, int(percentile(counts, 0.5, weights)), int(percentile(counts, 0.9, weights)), int(max(counts)))


def _by_fault(title: str, drawn: Drawn, plan: InterviewReport | None) -> Table:
    faults = Counter[str]()
    for (fault, _), number in drawn.lengths["best"].items():
        faults[fault] += number
    rows: list[Sequence[Cell]] = []
    for fault, number in sorted(faults.items(), key=lambda item: (-item[1], item[0])):
        planned = plan.by_value.get(fault) if plan else None
        exact: list[Cell] = [f"{spread.expected:.2f} / {spread.median} / {spread.longest}" for spread in planned or ()] or [
            None,
            None,
        ]
        own = [{place: n for place, n in drawn.lengths[name].items() if place[0] == fault} for name in POLICIES]
        spreads = [_spread(lengths) for lengths in own]
        shown = [f"{mean:.2f} / {middle} / {longest}" for mean, middle, _, longest in spreads]
        rows.append((fault, 100 * number / faults.total(), *exact, *shown))
    columns = ("", "% of calls", "best, planned", "order, planned", *POLICIES)
    return Table(f"By fault: {title}", columns, rows, "Mean / median / longest.")


def _questions(knowledge: KnowledgeBase, drawn: Mapping[Setting, Drawn]) -> Table:
    """In how many of a hundred interviews each question is put to the caller, by the product and in the sources' order."""
    with_unknowns = [(setting, found) for setting, found in drawn.items() if setting.unknowns]
    shares: dict[str, list[float]] = {
        name: [100 * found.asked[p][name] / found.lengths[p].total() for _, found in with_unknowns for p in ("best", "order")]
        for name in knowledge.questions
    }
    columns = [
        "question",
        *(f"{p}, {'systems' if s.connected else 'no systems'}" for s, _ in with_unknowns for p in ("best", "order")),
    ]
    ranked = sorted(shares.items(), key=lambda item: (-item[1][0], item[0]))
    rows: list[Sequence[Cell]] = [(name, *found) for name, found in ranked if any(found)]
    return Table("Questions asked, % of interviews with unknowns", columns, rows)


def _never(knowledge: KnowledgeBase, drawn: Mapping[Setting, Drawn]) -> Table:
    rows = []
    for setting, found in drawn.items():
        never = [name for name in knowledge.questions if not found.asked["best"][name]]
        to_caller = [name for name in never if CALLER in knowledge.questions[name].ask_of]
        rows.append((str(setting), len(never), ", ".join(to_caller) or "none"))
    return Table(
        "Questions never put to the caller under `best`", ("setting", "questions", "of those, ones callers may be asked"), rows
    )
