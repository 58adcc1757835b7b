"""Random knowledge bases, built as model objects: small ones for tests, large ones for benchmarks.

Everything loading guarantees holds for them: canonical order, declared values, no cycles, no ties between different values.
A base depends on nothing but the arguments, not on the hash seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal

from hypothesis import strategies as st

from triage.model import (
    CALLER,
    UNKNOWN,
    All,
    AnyOf,
    Clause,
    Condition,
    Evidence,
    Fact,
    Identity,
    ImpossibleCombination,
    In,
    Inferred,
    InferredValue,
    Instruction,
    KnowledgeBase,
    Message,
    Place,
    Question,
    Rule,
    Text,
    Weights,
)

__all__ = ["bases", "random_base", "random_completion"]

PLACE = Place("random.yaml", 1, 1)
SOURCE = ("random",)
STRATA = 3
PURPOSES: tuple[Literal["decide", "safety", "say", "order"], ...] = ("decide", "decide", "decide", "safety", "say", "order")
NEIGHBOURS = 2
"""In a local base a rule reads facts at most this far from its centre."""


def random_base(
    seed: int,
    *,
    facts: int | None = None,
    inferred: int | None = None,
    clauses: int | None = None,
    local: bool = False,
    gates: int | None = None,
    impossible: int | None = None,
) -> KnowledgeBase:
    """The base of this seed; sizes left out are drawn, and small.

    Args:
        facts: Observable facts, of 1–3 values each.
        inferred: Inferred facts, in up to three strata.
        clauses: Clauses, of which those of one rule share their condition; at least one, so that somebody decides something.
        local: Rules read neighbouring facts, as people write them; otherwise any facts together.
        gates: Observable facts with a gate, fewer than `facts`; gates may depend on gated facts.
        impossible: Impossible combinations.
    """
    return _Maker(seed, facts=facts, inferred=inferred, clauses=clauses, local=local, gates=gates, impossible=impossible).base()


def bases() -> st.SearchStrategy[KnowledgeBase]:
    """Small random bases; failures shrink towards few facts and clauses."""
    return st.builds(
        random_base,
        st.integers(0, 2**32),
        facts=st.integers(2, 6),
        inferred=st.integers(1, 4),
        clauses=st.integers(1, 14),
        local=st.booleans(),
        gates=st.integers(0, 3),
        impossible=st.integers(0, 2),
    )


def random_completion(kb: KnowledgeBase, rng: Random) -> dict[str, str]:
    """A value or `unknown` for every observable fact; gates are not applied, and it may be impossible."""
    return {name: rng.choice(fact.domain) for name, fact in kb.facts.items()}


class _Maker:
    """Draws one base. Only sequences are drawn from, so that the order is the same whatever the hash seed."""

    def __init__(
        self,
        seed: int,
        *,
        facts: int | None,
        inferred: int | None,
        clauses: int | None,
        local: bool,
        gates: int | None,
        impossible: int | None,
    ) -> None:
        self.rng = rng = Random(seed)
        facts = rng.randint(2, 6) if facts is None else facts
        inferred = rng.randint(1, 4) if inferred is None else inferred
        self.facts = [f"f{n:03}" for n in range(facts)]
        self.values = {name: [f"v{n}" for n in range(rng.randint(1, 3))] for name in self.facts}
        self.inferred = [f"i{n:03}" for n in range(inferred)]
        self.stratum = {name: rng.randrange(STRATA) for name in self.inferred}
        self.concluded = {name: [f"c{n}" for n in range(rng.randint(1, 3))] for name in self.inferred}
        self.clauses = rng.randint(1, 14) if clauses is None else clauses
        self.local = local
        self.gates = min(rng.randint(0, 3) if gates is None else gates, facts - 1)
        self.impossible = rng.randint(0, 2) if impossible is None else impossible

    def base(self) -> KnowledgeBase:
        gates = self._gates()
        targets = [name for name in self.inferred if self.rng.random() < 0.6] or self.inferred[:1]
        questions = self._questions(gates)
        return KnowledgeBase(
            identity=Identity("random", "1", _text("random"), {"meter": _text("meter")}, tuple(targets), {}, None, None),
            facts={name: self._fact(name, gates.get(name)) for name in self.facts},
            questions=questions,
            inferred={name: self._inferred(name, name in targets) for name in self.inferred},
            rules=self._rules(),
            messages=self._messages(),
            impossible=self._combinations(questions),
            invariants={},
            instructions={"keep-away": Instruction("keep-away", _text("keep away"), forbidden=False)},
            parameters={},
            fields={},
            evidence=Evidence((), ()),
        )

    # Facts and questions

    def _gates(self) -> dict[str, Condition]:
        """Gates over facts earlier in a random order, so that chains occur and cycles do not."""
        order = self.rng.sample(self.facts, len(self.facts))
        gated = sorted(self.rng.sample(range(1, len(order)), self.gates))
        gates: dict[str, Condition] = {}
        for place in gated:
            near = order[max(0, place - 4) : place]
            chained = [name for name in near if name in gates]
            read = self.rng.choice(chained if chained and self.rng.random() < 0.5 else near)
            gates[order[place]] = self._joined([self._told(read)] + [self._told(self.rng.choice(near))] * self.rng.randint(0, 1))
        return gates

    def _fact(self, name: str, gate: Condition | None) -> Fact:
        return Fact(name, _text(name), _texts(self.values[name]), gate, self._weights(name), SOURCE, PLACE)

    def _weights(self, name: str) -> Weights:
        others = [other for other in self.facts if other != name]
        if not others or self.rng.random() < 0.7:
            return Weights(None, {None: self._shares(name)})
        given = self.rng.choice(others)
        return Weights(given, {value: self._shares(name) for value in (*self.values[given], UNKNOWN)})

    def _shares(self, name: str) -> dict[str, float]:
        relative = {value: self.rng.randint(1, 9) for value in (*self.values[name], UNKNOWN)}
        return {value: weight / sum(relative.values()) for value, weight in relative.items()}

    def _questions(self, gates: dict[str, Condition]) -> dict[str, Question]:
        """One per fact, or one for two neighbours without gates."""
        questions: dict[str, Question] = {}
        waiting = list(self.facts)
        while waiting:
            fills = [waiting.pop(0)]
            tickable = [name for name in (*fills, *waiting[:1]) if name not in gates and len(self.values[name]) > 1]
            if len(tickable) == 2 and self.rng.random() < 0.2:
                fills.append(waiting.pop(0))
            question = self._question(fills, len(questions))
            questions[question.id] = question
        return questions

    def _question(self, fills: Sequence[str], order: int) -> Question:
        return Question(
            id=f"q-{fills[0]}",
            fills=tuple(fills),
            text=_text(fills[0]),
            how=None,
            purpose=self.rng.choice(PURPOSES),
            kind="look",
            ask_of=(("meter", CALLER) if self.rng.random() < 0.2 else (CALLER,)),
            seconds=float(self.rng.choice([4, 8, 8, 20])),
            order=order if self.rng.random() < 0.8 else 50,
            tick=("v0", "v1") if len(fills) > 1 else None,
            instructs=(),
            place=PLACE,
        )

    # Inferred facts and rules

    def _inferred(self, name: str, target: bool) -> Inferred:
        values = {value: InferredValue(_text(value)) for value in self.concluded[name]}
        if len(values) > 2:
            values["c2"] = InferredValue(_text("c0 or c1"), members=("c0", "c1"))
        return Inferred(name, _text(name), values | {"none": InferredValue(_text("none"))}, "none", target, PLACE)

    def _rules(self) -> dict[str, Rule]:
        """Rules of one or two conclusions until there are enough clauses."""
        rules: dict[str, Rule] = {}
        taken: dict[tuple[str, int], str] = {}
        width = len(str(self.clauses))
        missing = self.clauses
        while missing:
            concludes = self.rng.sample(self.inferred, min(self.rng.choice([1, 1, 1, 2]), missing, len(self.inferred)))
            rule = self._rule(f"r{len(rules):0{width}}", sorted(concludes), taken)
            rules[rule.id] = rule
            missing -= len(rule.clauses)
        return rules

    def _rule(self, name: str, concludes: Sequence[str], taken: dict[tuple[str, int], str]) -> Rule:
        when = self._when(concludes)
        clauses = tuple(self._clause(name, fact, when, taken) for fact in concludes)
        return Rule(name, when, clauses, _text(name), SOURCE, safe_side=False, place=PLACE)

    def _clause(self, rule: str, fact: str, when: Condition, taken: dict[tuple[str, int], str]) -> Clause:
        """A clause whose priority belongs to its value alone, so that no tie is between different values."""
        priority = self.rng.randint(1, 3 + 2 * self.clauses // len(self.inferred))
        value = taken.setdefault((fact, priority), self.rng.choice([*self.concluded[fact], self.concluded[fact][0]]))
        return Clause(f"{rule}.{fact}", rule, fact, value, priority, when)

    def _when(self, concludes: Sequence[str]) -> Condition:
        """A condition over observable facts and inferred facts of the strata below all that is concluded."""
        stratum = min(self.stratum[name] for name in concludes)
        observed: Sequence[str] = self.facts
        below: Sequence[str] = [name for name in self.inferred if self.stratum[name] < stratum]
        if self.local:
            place = self.rng.random()
            observed, below = _around(observed, place), _around(below, place)
        return All(tuple(self._part(observed, below, depth=2) for _ in range(self.rng.randint(1, 3))))

    def _part(self, observed: Sequence[str], below: Sequence[str], depth: int) -> Condition:
        """Mostly a leaf, else an `any` or `all` of up to three parts; now and then one with no parts."""
        if depth == 0 or self.rng.random() < 0.7:
            return self._leaf(observed, below)
        size = self.rng.randint(1, 3) if self.rng.random() < 0.97 else 0
        parts = tuple(self._part(observed, below, depth - 1) for _ in range(size))
        return AnyOf(parts) if self.rng.random() < 0.7 else All(parts)

    def _leaf(self, observed: Sequence[str], below: Sequence[str]) -> In:
        if below and self.rng.random() < 0.4:
            name = self.rng.choice(below)
            return In(name, self._some([*self.concluded[name], *["none"] * (self.rng.random() < 0.2)]))
        name = self.rng.choice(observed)
        return In(name, self._some([*self.values[name], *[UNKNOWN] * (self.rng.random() < 0.2)]))

    def _told(self, name: str) -> In:
        return In(name, self._some(self.values[name]))

    def _some(self, values: Sequence[str]) -> tuple[str, ...]:
        """One or more of the values, in their order, rather few."""
        chosen = self.rng.sample(values, min(len(values), self.rng.choice([1, 1, 2])))
        return tuple(value for value in values if value in chosen)

    def _joined(self, parts: Sequence[In]) -> Condition:
        if len(parts) == 1:
            return parts[0]
        return self.rng.choice((All, AnyOf))(tuple(parts))

    # Around the rules

    def _messages(self) -> dict[str, Message]:
        fact, inferred = self.rng.choice(self.facts), self.rng.choice(self.inferred)
        advice = In(inferred, self._some(self.concluded[inferred]))
        return {
            "advice": Message("advice", "advice", None, advice, _text("advice"), "caller", False, (), 50, SOURCE, PLACE),
            "alert": Message(
                "alert", "alert", None, self._told(fact), _text("alert"), "caller", True, ("keep-away",), 10, SOURCE, PLACE
            ),
        }

    def _combinations(self, questions: Mapping[str, Question]) -> dict[str, ImpossibleCombination]:
        """Positive combinations of two facts, or of one where there is no other."""
        combinations = {}
        for number in range(self.impossible):
            near = _around(self.facts, self.rng.random()) if self.local else self.facts
            together = self.rng.sample(near, min(2, len(near)))
            resolve = next(question.id for question in questions.values() if together[0] in question.fills)
            name = f"x{number}"
            when = All(tuple(self._told(fact) for fact in together))
            combinations[name] = ImpossibleCombination(name, when, _text(name), resolve, SOURCE, PLACE)
        return combinations


def _around(names: Sequence[str], place: float) -> Sequence[str]:
    """The names near a place, from 0 for the first to 1 for the last."""
    centre = int(place * len(names))
    return names[max(0, centre - NEIGHBOURS) : centre + NEIGHBOURS + 1]


def _text(words: str) -> Text:
    return Text(words, words)


def _texts(values: Sequence[str]) -> dict[str, Text]:
    return {value: _text(value) for value in values}
