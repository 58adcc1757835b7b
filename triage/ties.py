"""Refuses bases in which two clauses can tie: equal priority, different values, and no higher clause, on a possible call."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from triage.compilation import Compiled, Tie
from triage.errors import KnowledgeError, Problem
from triage.model import Clause, KnowledgeBase, Text, demands
from triage.parts import Parts

__all__ = ["refuse_ties", "tie_sentence"]


def refuse_ties(knowledge: KnowledgeBase, compiled: Compiled | Parts | None, folder: Path) -> None:
    """Look for ties: exactly by the diagrams; where there are none, wherever their absence is not plain to see.

    Raises:
        KnowledgeError: There are some; each problem names both clauses and, where known, a smallest example call.
    """
    problems = tuple(_ties(knowledge, compiled) if compiled else _unproved(knowledge))
    if problems:
        raise KnowledgeError(folder, problems)


def tie_sentence(tie: Tie) -> Text:
    """Which rules tie over what, and what to do."""
    first, second = tie.first, tie.second
    return Text(
        f"规则 `{first.rule}` 与 `{second.rule}` 优先级同为 {first.priority}，都会对 `{first.fact}` 下结论，但值不同"
        f"（{first.value} / {second.value}）；请改其中一条的优先级或条件",
        f"rules `{first.rule}` and `{second.rule}` conclude `{first.fact}` with the same priority {first.priority} and "
        f"different values ({first.value} / {second.value}); change a priority or a condition",
    )


def _ties(knowledge: KnowledgeBase, compiled: Compiled | Parts) -> Iterator[Problem]:
    for tie in compiled.ties():
        call = ", ".join(f"{fact}: {value}" for fact, value in tie.example.items())
        said = tie_sentence(tie)
        text = Text(f"{said.zh}。例如 {{{call}}}", f"{said.en}; for example on {{{call}}}")
        yield Problem("tie", knowledge.rules[tie.second.rule].place, text)


def _unproved(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for clauses in knowledge.clauses.values():
        for first, second in combinations(clauses, 2):
            if first.priority == second.priority and first.value != second.value and not _apart(first, second):
                text = Text(
                    f"规则 `{first.rule}` 与 `{second.rule}` 对 `{first.fact}` 下不同结论而优先级相同；规则库过大，"
                    "无法证明二者不会同时成立，请给不同的优先级",
                    f"rules `{first.rule}` and `{second.rule}` conclude different values of `{first.fact}` with the same "
                    "priority; the base is too large to prove that they never meet: give them different priorities",
                )
                yield Problem("tie-unproved", knowledge.rules[second.rule].place, text)


def _apart(first: Clause, second: Clause) -> bool:
    """Whether both conditions demand the same fact with no value in common."""
    demanded = {leaf.fact: set(leaf.values) for leaf in demands(first.when)}
    return any(demanded.get(leaf.fact, set(leaf.values)).isdisjoint(leaf.values) for leaf in demands(second.when))
