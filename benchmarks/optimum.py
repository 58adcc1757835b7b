"""How far our choice of questions is from the best there is, and beside other ways to choose: in questions put to the caller.

Where few facts are open the best possible interview is worked out exactly, every question tried in every situation; on the whole
base interviews of drawn calls are led by every policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import fmean

from benchmarks.calls import describe, interview, load_base, weighted
from benchmarks.interviews import Known, Leader, Order, ask_best, ask_in_order
from benchmarks.measuring import on_all_cores, percentile, watched
from benchmarks.report import Cell, Section, Table, Target
from benchmarks.settings import Settings
from triage.call import Call, Options
from triage.diagrams import Diagram
from triage.expert import ExpertSystem
from triage.interview import NextQuestion, applicable, settled
from triage.interviews import in_order, shortest_proofs
from triage.model import CALLER, KnowledgeBase, leaves
from triage.planning import OutOfBudgetError, Policy, follow_policy
from triage.planning import ask_best as ours
from triage.prospect import ExactProspect, Prospect, Sight

__all__ = ["Optimum", "run"]

FEWEST, OPEN = 3, 10
"""Facts that may be open where the optimum is worked out; with fewer there is little to choose."""
STATES = 60_000
"""Situations looked at before the optimum of a topic is given up."""
INTERVIEWS = 200
"""Led to find the topics of the base named."""
RANDOM_BASES = 12
CALLS = 2_000
ORDERS = 5
"""Random orders that are tried on the whole base."""
WITHIN = 1.10

Weigh = Callable[[NextQuestion], float]


@dataclass(frozen=True, slots=True)
class Topic:
    """A beginning of an interview: a base, and what is told of a call.

    Attributes:
        met: How many interviews came by.
        name: The base's, or for the base named what was told but for what does not apply.
    """

    base: str
    told: tuple[tuple[str, str], ...]
    met: int
    name: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is left to ask from a topic on, expected under the author's weights: questions put to the caller, and their seconds.

    Attributes:
        best: The fewest questions, and the fewest seconds, any policy needs; None where working it out was given up.
        safest: The same where safety questions come first, as ours has to ask them.
    """

    topic: Topic
    facts: int
    states: int
    by: Mapping[str, tuple[float, float]]
    random: float | None
    best: tuple[float, float] | None
    safest: tuple[float, float] | None
    bound: float


class Optimum:
    """The least that interviews cost, over all ways to choose among relevant questions: dynamic programming over situations.

    Two situations are the same where the diagram left and the answers that gates and weights read are the same.

    Args:
        cost: Of putting a question; what a system is asked costs nothing unless it says so.
        choose: What of the costs of all questions counts: `min` for the best choice, the mean for a random one.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        sources: Mapping[str, str],
        cost: Weigh,
        *,
        choose: Callable[[Iterable[float]], float] = min,
        safety_first: bool = False,
        budget: int = STATES,
    ) -> None:
        self._knowledge, self._sources, self._cost = knowledge, sources, cost
        self._choose, self._safety_first, self._budget = choose, safety_first, budget
        self._telling = frozenset(_telling(knowledge))
        self._found: dict[tuple[object, ...], float] = {}

    @property
    def states(self) -> int:
        """Situations looked at."""
        return len(self._found)

    def expected(self, prospect: ExactProspect, known: Known) -> float:
        """What is expected from a situation on.

        Raises:
            OutOfBudgetError: There are more situations than may be looked at.
        """
        if settled(prospect):
            return 0.0
        key = (prospect.root, *(known.get(name) for name in sorted(self._telling)))
        if key not in self._found:
            if len(self._found) >= self._budget:
                raise OutOfBudgetError
            choices = list(relevant(self._knowledge, prospect, known, self._sources))
            if self._safety_first:
                choices = [asked for asked in choices if asked.question.purpose == "safety"] or choices
            self._found[key] = self._choose([self._after(asked, prospect, known) for asked in choices]) if choices else 0.0
        return self._found[key]

    def _after(self, asked: NextQuestion, prospect: ExactProspect, known: Known) -> float:
        return self._cost(asked) + sum(
            branch.share * self.expected(prospect.narrowed(branch), {**known, **branch.answers})
            for branch in prospect.branches(asked.facts, self._telling)
        )


def relevant(knowledge: KnowledgeBase, prospect: Prospect, known: Known, sources: Mapping[str, str]) -> Iterator[NextQuestion]:
    """Every question that can be asked now and can still change a target, in the author's order."""
    certain = prospect.certainly_relevant()
    open_facts = applicable(knowledge, known) - known.keys()
    for question in sorted(knowledge.questions.values(), key=lambda q: (q.order, q.id)):
        facts = tuple(fact for fact in question.fills if fact in open_facts)
        if question.id in sources and (not certain.isdisjoint(facts) or any(map(prospect.is_relevant, facts))):
            yield NextQuestion(question, facts, sources[question.id])


def run(settings: Settings) -> Section:
    """Topics with their optimum, then the whole base."""
    knowledge = load_base(settings.base)
    topics = _topics(settings)
    weighed = on_all_cores(_weigh, topics, "optimum", workers=settings.workers)
    own = [found for found in weighed if found.topic.base == settings.base]
    others = [found for found in weighed if found.topic.base != settings.base]
    lengths = _led(settings)
    return Section(
        "optimum",
        "Interviews beside the best possible ones",
        (
            "Policies: `ours` (`triage.interview`: safety first, then bits per second of asking), `script` (the sources' own"
            " order, gates skipped, same stop rule), `entropy` (the relevant question that tells most bits), `random` (any"
            " relevant question).",
            f"Topics: beginnings of interviews after which the outcome depends on {FEWEST} to {OPEN} facts. Of the base named,"
            f" the first such situation of each of {INTERVIEWS} interviews (callers drawn from the author's weights, no systems),"
            f" weighted by how many came by; and {RANDOM_BASES} seeded bases of {OPEN} facts, from their start.",
            "On topics every figure is exact: expected under the author's weights, every answer followed. `best`: dynamic"
            " programming over all situations, every relevant question tried (`benchmarks.optimum.Optimum`), questions and"
            " seconds each by itself. `best, safety first`: the same, held to asking safety questions first. `bound`: what it"
            " takes to prove each outcome, which no policy can do without and perhaps none reaches.",
            "The meaning of a base has safety questions asked first whatever they tell, so ours is held to the best of policies"
            " that do; what asking them first costs is the difference between both optima. In seeded bases any question may be a"
            " safety question.",
            f"Whole base: {settings.calls or settings.sized(CALLS, 10):,} drawn calls, the same for every policy, no systems;"
            f" `random`: {ORDERS} seeded orders of all questions, of which the first relevant one is asked. The optimum of the"
            " whole base is not known; its lower bound stands under `interviews`.",
        ),
        {"seed": settings.seed, **describe(settings.base, knowledge)},
        (_overview(own, others), *([_topic_table(own)] if own else []), _whole_table(lengths)),
        list(_targets(own, others)),
    )


# -- topics


def _topics(settings: Settings) -> list[Topic]:
    rng, system = Random(f"{settings.seed} topics"), ExpertSystem(load_base(settings.base))
    draw = weighted(system.knowledge)
    met: Counter[tuple[tuple[str, str], ...]] = Counter()
    number = settings.sized(INTERVIEWS, 3)
    for _ in watched(range(number), "topics", number):
        for situation in interview(system, draw(rng), ()):
            prospect = system.prospect(situation.known, situation.unasked)
            if isinstance(prospect, ExactProspect) and not settled(prospect) and _open(prospect) <= OPEN:
                if _open(prospect) >= FEWEST:
                    met[tuple(sorted(situation.told.items()))] += 1
                break
    own = [Topic(settings.base, told, count, _name(system.knowledge, told)) for told, count in met.items()]
    seeds = range(settings.seed, settings.seed + settings.sized(RANDOM_BASES, 1))
    names = [f"random:{seed}:{OPEN}:30{suffix}" for seed in seeds for suffix in ("", ":wild")][: len(seeds)]
    return [*own, *(Topic(name, (), 1, name) for name in names)]


def _open(prospect: ExactProspect) -> int:
    """Facts the outcome still depends on."""
    return len(prospect.store.support(prospect.root))


def _name(knowledge: KnowledgeBase, told: Sequence[tuple[str, str]]) -> str:
    """What was told, without options of lists that were not ticked."""
    return ", ".join(value for fact, value in told if not ((tick := knowledge.question_of[fact].tick) and value == tick[1]))


@lru_cache(1)
def _system(base: str) -> ExpertSystem:
    """This process's; topics of one base stand together."""
    return ExpertSystem(load_base(base))


def _weigh(topic: Topic) -> Weighed:
    system = _system(topic.base)
    knowledge = system.knowledge
    situation = system.situation(Call.of(dict(topic.told)), Options())
    known, sources = situation.known, situation.sources
    start = ExactProspect(Sight(system.compiled, situation.unasked), known)
    policies = {
        "ours": ours(knowledge, sources),
        "script": in_order(knowledge, sources),
        "entropy": _telling_most(knowledge, sources),
    }
    by = {name: _followed(knowledge, start, known, policy) for name, policy in policies.items()}
    fewest = Optimum(knowledge, sources, _one)
    best = _either(fewest, Optimum(knowledge, sources, _seconds), start, known)
    safest = _either(
        Optimum(knowledge, sources, _one, safety_first=True),
        Optimum(knowledge, sources, _seconds, safety_first=True),
        start,
        known,
    )
    anyhow = _tried(Optimum(knowledge, sources, _one, choose=fmean), start, known)
    return Weighed(topic, _open(start), fewest.states, by, anyhow, best, safest, _bound(knowledge, system, start, sources))


def _one(asked: NextQuestion) -> float:
    return float(asked.ask_of == CALLER)


def _seconds(asked: NextQuestion) -> float:
    return asked.question.seconds if asked.ask_of == CALLER else 0.0


def _tried(optimum: Optimum, start: ExactProspect, known: Known) -> float | None:
    try:
        return optimum.expected(start, known)
    except OutOfBudgetError:
        return None


def _either(questions: Optimum, seconds: Optimum, start: ExactProspect, known: Known) -> tuple[float, float] | None:
    """The least of both, each by itself."""
    found = _tried(questions, start, known), _tried(seconds, start, known)
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _followed(knowledge: KnowledgeBase, start: ExactProspect, known: Known, policy: Policy) -> tuple[float, float]:
    """Questions and seconds a policy needs."""
    rest = follow_policy(knowledge, start, known, policy, STATES)
    return (
        sum(rest.asked.values()),
        sum(share * knowledge.questions[name].seconds for name, share in rest.asked.items()),
    )


def _telling_most(knowledge: KnowledgeBase, sources: Mapping[str, str]) -> Policy:
    """The relevant question whose answer tells most."""

    def policy(prospect: Prospect, known: Known) -> NextQuestion | None:
        choices = list(relevant(knowledge, prospect, known, sources))
        return max(choices, key=lambda asked: round(prospect.gain(asked.facts), 9), default=None)

    return policy


def _bound(knowledge: KnowledgeBase, system: ExpertSystem, start: ExactProspect, sources: Mapping[str, str]) -> float:
    """Mean over outcomes of the fewest questions that prove them. A fact of a list counts as its part of the question."""
    cost = [
        float(sources.get((question := knowledge.question_of[name]).id) == CALLER) / len(question.fills)
        for name in system.compiled.order
    ]
    proofs = {start.store.payload(leaf): cost for leaf, cost in shortest_proofs(start.store, start.root, cost).items()}
    return sum(share * proofs[outcome] for outcome, share in start.outcomes.items())


def _telling(knowledge: KnowledgeBase) -> Iterator[str]:
    """Facts whose answers matter beyond the diagram they leave."""
    for fact in knowledge.facts.values():
        yield from (leaf.fact for leaf in (leaves(fact.applies_when) if fact.applies_when else ()))
        if fact.weights.given:
            yield fact.weights.given


# -- the whole base


def _led(settings: Settings) -> Mapping[str, Sequence[int]]:
    """Questions put to the caller, by policy, a figure for each drawn call."""
    system = ExpertSystem(load_base(settings.base))
    policies: dict[str, Order] = {"ours": ask_best, "script": ask_in_order, "entropy": _ask_telling_most}
    policies |= {
        f"random {number}": _ask_in(system.knowledge, settings.seed + number) for number in range(settings.sized(ORDERS, 1))
    }
    leaders = {name: Leader(system, (), policy, stops=True) for name, policy in policies.items()}
    unasked = system.situation(Call(), Options()).unasked
    draw = weighted(system.knowledge, unasked=unasked)
    found: dict[str, list[int]] = {name: [] for name in policies}
    number = settings.calls or settings.sized(CALLS, 10)
    for place in watched(range(number), "policies", number):
        call = draw(Random(f"{settings.seed} whole {place}"))
        for name, leader in leaders.items():
            found[name].append(sum(asked.ask_of == CALLER for asked in leader.asked(call)))
    return found


def _ask_telling_most(leader: Leader, root: Diagram, known: Known) -> NextQuestion | None:
    return _telling_most(leader.knowledge, leader.sources)(leader.prospect(root, known), known)


def _ask_in(knowledge: KnowledgeBase, seed: int) -> Order:
    """The first relevant question of a random order."""
    names = list(knowledge.questions)
    Random(f"{seed} order").shuffle(names)
    place = {name: number for number, name in enumerate(names)}

    def ask(leader: Leader, root: Diagram, known: Known) -> NextQuestion | None:
        prospect = leader.prospect(root, known)
        choices = sorted(leader.in_order(known), key=lambda asked: place[asked.question.id])
        certain = prospect.certainly_relevant()
        return next((a for a in choices if not certain.isdisjoint(a.facts) or any(map(prospect.is_relevant, a.facts))), None)

    return ask


# -- telling


POLICIES = ("ours", "script", "entropy")
COLUMNS = (*POLICIES, "random", "best, safety first", "best", "bound")
SHOWN = 15


def _figures(found: Weighed) -> tuple[float | None, ...]:
    safest, best = (pair[0] if pair else None for pair in (found.safest, found.best))
    return (*(found.by[name][0] for name in POLICIES), found.random, safest, best, found.bound)


def _overview(own: Sequence[Weighed], others: Sequence[Weighed]) -> Table:
    rows: list[Sequence[Cell]] = []
    for name, group in (("base named", own), ("seeded bases", others)):
        known = _solved(group)
        if known:
            counts = (len(known), len(group) - len(known))
            fewest = [_mean(known, [_figures(found)[place] for found in known]) for place in range(len(COLUMNS))]
            by = [_mean(known, [found.by[policy][1] for found in known]) for policy in POLICIES]
            safest = _mean(known, [found.safest[1] for found in known if found.safest])
            best = _mean(known, [found.best[1] for found in known if found.best])
            worst = [max(_over(found, place) for found in known) for place in (0, 1)]
            rows.append((f"{name}, questions", *counts, *fewest, _share(known, 0), worst[0]))
            rows.append((f"{name}, seconds", *counts, *by, None, safest, best, None, _share(known, 1), worst[1]))
    columns = ("", "topics", "given up", *COLUMNS, "ours / best, safety first", "the most on a topic")
    return Table(
        "Topics: expected questions, and seconds of asking", columns, rows, "Means over topics, weighted by how often met."
    )


def _solved(group: Sequence[Weighed]) -> list[Weighed]:
    """Those whose optimum is known."""
    return [found for found in group if found.best and found.safest and found.random is not None]


def _mean(known: Sequence[Weighed], figures: Sequence[float | None]) -> float:
    """Over topics, by how often they were met."""
    met = sum(found.topic.met for found in known)
    return sum(found.topic.met * (figure or 0.0) for found, figure in zip(known, figures, strict=True)) / met


def _share(known: Sequence[Weighed], place: int) -> float:
    """How many times the best policy that asks safety questions first ours needs on average, in questions or seconds."""
    best = _mean(known, [found.safest[place] for found in known if found.safest])
    return _mean(known, [found.by["ours"][place] for found in known]) / best if best else 1.0


def _over(found: Weighed, place: int = 0) -> float:
    """The same on one topic."""
    return _share([found], place)


def _topic_table(own: Sequence[Weighed]) -> Table:
    ranked = sorted(own, key=lambda found: (-found.topic.met, found.topic.name))[:SHOWN]
    rows: list[Sequence[Cell]] = []
    for found in ranked:
        over = (_over(found), _over(found, 1))
        rows.append((found.topic.name, found.topic.met, found.facts, found.states, *_figures(found), *over))
    columns = ("told", "met", "open facts", "situations", *COLUMNS, "ours / best, safety first", "in seconds")
    note = f"Those met most often, of {len(own)}. Situations: looked at for the optimum."
    return Table("Topics of the base named: expected questions", columns, rows, note)


def _whole_table(lengths: Mapping[str, Sequence[int]]) -> Table:
    rows: list[Sequence[Cell]] = []
    random = [figure for name, found in lengths.items() if name.startswith("random") for figure in found]
    for name, found in (*((n, f) for n, f in lengths.items() if not n.startswith("random")), ("random", random)):
        spread = (int(percentile([float(figure) for figure in found], share)) for share in (0.5, 0.9, 1.0))
        rows.append((name, fmean(found), *spread, fmean(found) / fmean(lengths["ours"]) if sum(lengths["ours"]) else None))
    return Table("Whole base: questions put to the caller", ("policy", "mean", "median", "p90", "longest", "times ours"), rows)


def _targets(own: Sequence[Weighed], others: Sequence[Weighed]) -> Iterator[Target]:
    for name, group in (("base named", own), ("seeded bases", others)):
        known = _solved(group)
        for what, place in (("questions", 0), ("seconds", 1)):
            if known:
                found = _share(known, place)
                told = f"{100 * (found - 1):.1f} % more"
                yield Target(f"{what} beside the best that ask safety first, {name}", "at most 10 % more", told, found <= WITHIN)
