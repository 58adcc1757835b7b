"""The meaning of a knowledge base, written down to be read: what the rules say about a complete set of facts.

This is the specification. Inference, diagrams and every faster path are held to it. It knows nothing of
experta, diagrams or questions.
"""

from __future__ import annotations

from collections.abc import Mapping

from triage.model import UNKNOWN, AnyOf, Condition, In, KnowledgeBase
from triage.verdict import Conclusion, Verdict

__all__ = ["complete", "effective", "evaluate", "holds", "matching_impossible", "verdict_of"]


def holds(condition: Condition, values: Mapping[str, str]) -> bool:
    """Whether a condition holds, given a value for every fact it reads."""
    if isinstance(condition, In):
        return values[condition.fact] in condition.values
    wanted = isinstance(condition, AnyOf)  # one part that holds decides an `any`; one that does not, an `all`
    for part in condition.parts:
        found = values[part.fact] in part.values if isinstance(part, In) else holds(part, values)
        if found is wanted:
            return wanted
    return not wanted


def complete(knowledge: KnowledgeBase, known: Mapping[str, str]) -> dict[str, str]:
    """The completion in which every open fact is `unknown`: one value for every observable fact."""
    return {name: known.get(name, UNKNOWN) for name in knowledge.facts}


def effective(knowledge: KnowledgeBase, completion: Mapping[str, str]) -> dict[str, str]:
    """What of a completion counts: in gate order, a fact whose gate does not hold is `unknown`."""
    counted = dict(completion)
    for name in knowledge.gate_order:
        gate = knowledge.facts[name].applies_when
        if gate is not None and not holds(gate, counted):
            counted[name] = UNKNOWN
    return counted


def matching_impossible(knowledge: KnowledgeBase, counted: Mapping[str, str]) -> tuple[str, ...]:
    """Ids of the impossible combinations that match effective facts; none means the completion is possible."""
    return tuple(name for name, combination in knowledge.impossible.items() if holds(combination.when, counted))


def verdict_of(knowledge: KnowledgeBase, counted: Mapping[str, str]) -> Verdict:
    """What the rules conclude from effective facts: strata in order, the highest-priority matching clause wins.

    Of several matching clauses of highest priority all win; loading has made sure they agree on every possible call.
    """
    values = dict(counted)
    conclusions: dict[str, Conclusion] = {}
    for stratum in knowledge.strata:
        for name in stratum:
            matching = [clause for clause in knowledge.clauses[name] if holds(clause.when, values)]
            winners = [clause for clause in matching if clause.priority == matching[0].priority]
            value = winners[0].value if winners else knowledge.inferred[name].default
            conclusions[name] = Conclusion(value, tuple(c.id for c in winners), tuple(c.id for c in matching[len(winners) :]))
        values.update({name: conclusions[name].value for name in stratum})
    return Verdict(conclusions)


def evaluate(knowledge: KnowledgeBase, known: Mapping[str, str]) -> Verdict:
    """The provisional verdict on what is known: every open fact is `unknown`, gates apply."""
    return verdict_of(knowledge, effective(knowledge, complete(knowledge, known)))
