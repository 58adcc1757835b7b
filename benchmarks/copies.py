"""A base grown as bases grow: more matters of the same kind, each with facts and rules of its own, concluding the same things.

Copies of a base stand side by side. A first question says which of them a call is about; the rest counts for that one only.
"""

from __future__ import annotations

from dataclasses import replace

from triage.model import (
    CALLER,
    UNKNOWN,
    All,
    Clause,
    Condition,
    Evidence,
    Fact,
    ImpossibleCombination,
    In,
    KnowledgeBase,
    Place,
    Question,
    Rule,
    Text,
    Weights,
)

__all__ = ["MATTER", "copies"]

MATTER = "matter"
"""The fact that says which copy a call is about."""
NOWHERE = Place("", 0, 0)


def copies(base: KnowledgeBase, number: int) -> KnowledgeBase:
    """So many copies of a base in one. Texts, laws and what is kept beside the rules are left out."""
    facts = {MATTER: _matter(number)}
    questions = {MATTER: _which()}
    rules: dict[str, Rule] = {}
    impossible: dict[str, ImpossibleCombination] = {}
    for copy in range(1, number + 1):
        made = _Copy(base, copy)
        facts |= {fact.id: fact for fact in map(made.fact, base.facts.values())}
        questions |= {question.id: question for question in map(made.question, base.questions.values())}
        rules |= {rule.id: rule for rule in map(made.rule, base.rules.values())}
        impossible |= {found.id: found for found in map(made.impossible, base.impossible.values())}
    decision = tuple(name for name in base.identity.decision if name in base.inferred)
    return replace(
        base,
        identity=replace(base.identity, decision=decision, resolved=None, patience=None),
        facts=dict(sorted(facts.items())),
        questions=dict(sorted(questions.items())),
        rules=dict(sorted(rules.items())),
        impossible=dict(sorted(impossible.items())),
        messages={},
        invariants={},
        fields={},
        evidence=Evidence((), ()),
        populations={},
        grouping=None,
        follow_up=None,
    )


def _matter(number: int) -> Fact:
    values = {f"copy_{copy}": Text(str(copy), str(copy)) for copy in range(1, number + 1)}
    shares = dict.fromkeys(values, 0.999 / number) | {UNKNOWN: 0.001}
    return Fact(MATTER, Text("事项", "matter"), values, None, Weights(None, {None: shares}), ("made up",), NOWHERE)


def _which() -> Question:
    text = Text("哪一类？", "Which?")
    return Question(MATTER, (MATTER,), text, None, "decide", "look", (CALLER,), 5.0, -1, None, (), NOWHERE)


class _Copy:
    """One copy: its ids carry its number, its conditions ask for its matter."""

    def __init__(self, base: KnowledgeBase, number: int) -> None:
        self._base, self._number = base, number
        self._here = In(MATTER, (f"copy_{number}",))

    def fact(self, fact: Fact) -> Fact:
        gate = self._here if fact.applies_when is None else self._gated(fact.applies_when)
        given = fact.weights.given
        weights = fact.weights if given is None else replace(fact.weights, given=self._name(given))
        return replace(fact, id=self._name(fact.id), applies_when=gate, weights=weights)

    def question(self, question: Question) -> Question:
        return replace(question, id=self._name(question.id), fills=tuple(map(self._name, question.fills)))

    def rule(self, rule: Rule) -> Rule:
        return replace(rule, id=self._name(rule.id), when=self._gated(rule.when), clauses=tuple(map(self._clause, rule.clauses)))

    def impossible(self, found: ImpossibleCombination) -> ImpossibleCombination:
        return replace(found, id=self._name(found.id), when=self._gated(found.when), resolve=self._name(found.resolve))

    def _clause(self, clause: Clause) -> Clause:
        return replace(clause, id=self._name(clause.id), rule=self._name(clause.rule), when=self._gated(clause.when))

    def _gated(self, condition: Condition) -> Condition:
        return All((self._here, self._own(condition)))

    def _own(self, condition: Condition) -> Condition:
        if isinstance(condition, In):
            return replace(condition, fact=self._name(condition.fact)) if condition.fact in self._base.facts else condition
        return replace(condition, parts=tuple(map(self._own, condition.parts)))

    def _name(self, name: str) -> str:
        return f"{name}_{self._number}"
