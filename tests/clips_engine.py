"""A third opinion: the same base written as CLIPS constructs and run by CLIPS.

Deliberately another translation than `triage.inference`: a condition is one test expression, every clause that holds is noted,
and what wins is found by negation over those notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import clips

from triage.model import All, Clause, Condition, In, KnowledgeBase, leaves
from triage.verdict import Conclusion, Verdict

__all__ = ["ClipsEngine"]

RUNS_PER_ENVIRONMENT = 500
"""clipspy 1.0.6 frees no facts, so the environment is built anew after so many runs."""
ALWAYS = '(eq "" "")'
NEVER = '(neq "" "")'


class ClipsEngine:
    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._slots = {name: f"f{place}" for place, name in enumerate(knowledge.facts)}
        self._variables = self._slots | {name: f"i{place}" for place, name in enumerate(knowledge.inferred)}
        self._order = [name for stratum in knowledge.strata for name in stratum]
        self.constructs = tuple(self._constructs(knowledge))
        self._runs = 0
        self._environment: Any = None

    def infer(self, counted: Mapping[str, str]) -> Verdict:
        environment = self._fresh_environment()
        environment.reset()
        observed = {self._slots[name]: value for name, value in counted.items()}
        environment.find_template("observed").assert_fact(**observed)
        environment.run()
        return self._verdict([(fact.template.name, dict(fact)) for fact in environment.facts()])

    def _fresh_environment(self) -> Any:
        if self._runs % RUNS_PER_ENVIRONMENT == 0:
            self._environment = clips.Environment()
            for construct in self.constructs:
                self._environment.build(construct)
        self._runs += 1
        return self._environment

    def _verdict(self, facts: list[tuple[str, dict[str, Any]]]) -> Verdict:
        values = {slots["fact"]: slots["value"] for name, slots in facts if name == "concluded"}
        conclusions = {}
        for fact in self._order:
            ranked = sorted((slots["rank"], slots["clause"], name) for name, slots in facts if slots.get("of") == fact)
            wins = tuple(clause for _, clause, name in ranked if name == "wins")
            loses = tuple(clause for _, clause, name in ranked if name == "loses")
            conclusions[fact] = Conclusion(values[fact], wins, loses)
        return Verdict(conclusions)

    # The constructs

    def _constructs(self, knowledge: KnowledgeBase) -> Iterator[str]:
        yield f"(deftemplate observed {' '.join(f'(slot {slot})' for slot in self._slots.values())})"
        yield "(deftemplate concluded (slot fact) (slot value))"
        yield "(deftemplate noted (slot fact) (slot clause) (slot priority) (slot rank) (slot value))"
        yield "(deftemplate wins (slot of) (slot clause) (slot rank))"
        yield "(deftemplate loses (slot of) (slot clause) (slot rank))"
        for place, fact in enumerate(self._order):
            salience = 3 * (len(self._order) - place)
            clauses = sorted(
                (clause for rule in knowledge.rules.values() for clause in rule.clauses if clause.fact == fact),
                key=lambda clause: (-clause.priority, clause.id),
            )
            for rank, clause in enumerate(clauses):
                yield self._clause(clause, rank, f"note-{place}-{rank}", salience)
            yield from self._judgement(fact, knowledge.inferred[fact].default, place, salience)

    def _clause(self, clause: Clause, rank: int, name: str, salience: int) -> str:
        read = {leaf.fact for leaf in leaves(clause.when)}
        slots = " ".join(f"({slot} ?{slot})" for fact, slot in self._slots.items() if fact in read)
        inferred = " ".join(
            f'(concluded (fact "{fact}") (value ?{self._variables[fact]}))' for fact in self._order if fact in read
        )
        return f"""(defrule {name} (declare (salience {salience}))
            (observed {slots}) {inferred} (test {self._expression(clause.when)}) =>
            (assert (noted (fact "{clause.fact}") (clause "{clause.id}") (priority {clause.priority}) (rank {rank})
                           (value "{clause.value}"))))"""

    def _expression(self, condition: Condition) -> str:
        if isinstance(condition, In):
            variable = self._variables[condition.fact]
            return self._joined("or", NEVER, [f'(eq ?{variable} "{value}")' for value in condition.values])
        parts = [self._expression(part) for part in condition.parts]
        return self._joined("and", ALWAYS, parts) if isinstance(condition, All) else self._joined("or", NEVER, parts)

    def _joined(self, function: str, empty: str, parts: list[str]) -> str:
        return f"({function} {empty} {' '.join(parts)})" if parts else empty

    def _judgement(self, fact: str, default: str, place: int, salience: int) -> Iterator[str]:
        yield f"""(defrule win-{place} (declare (salience {salience - 1}))
            (noted (fact "{fact}") (clause ?clause) (priority ?priority) (rank ?rank))
            (not (noted (fact "{fact}") (priority ?higher&:(> ?higher ?priority)))) =>
            (assert (wins (of "{fact}") (clause ?clause) (rank ?rank))))"""
        yield f"""(defrule lose-{place} (declare (salience {salience - 1}))
            (noted (fact "{fact}") (clause ?clause) (priority ?priority) (rank ?rank))
            (exists (noted (fact "{fact}") (priority ?higher&:(> ?higher ?priority)))) =>
            (assert (loses (of "{fact}") (clause ?clause) (rank ?rank))))"""
        yield f"""(defrule conclude-{place} (declare (salience {salience - 2}))
            (noted (fact "{fact}") (rank ?rank) (value ?value))
            (not (noted (fact "{fact}") (rank ?better&:(< ?better ?rank)))) =>
            (assert (concluded (fact "{fact}") (value ?value))))"""
        yield f"""(defrule default-{place} (declare (salience {salience - 2}))
            (not (noted (fact "{fact}"))) =>
            (assert (concluded (fact "{fact}") (value "{default}"))))"""
