"""Every completion of a small base, and what it comes to: brute force for what is claimed over all calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from triage.evaluation import effective, holds, matching_impossible, verdict_of
from triage.model import KnowledgeBase


def completions(knowledge: KnowledgeBase) -> Iterator[dict[str, str]]:
    """Every way to answer everything, `unknown` included."""
    for values in product(*(fact.domain for fact in knowledge.facts.values())):
        yield dict(zip(knowledge.facts, values, strict=True))


def conclusions(knowledge: KnowledgeBase, completion: Mapping[str, str]) -> Any:
    """Values of all inferred facts, or None where the completion is impossible."""
    counted = effective(knowledge, completion)
    if matching_impossible(knowledge, counted):
        return None
    verdict = verdict_of(knowledge, counted)
    return {name: verdict[name] for name in knowledge.inferred}


def winners(knowledge: KnowledgeBase, completion: Mapping[str, str]) -> set[str]:
    """Ids of the clauses that win."""
    verdict = verdict_of(knowledge, effective(knowledge, completion))
    return {winner for conclusion in verdict.conclusions.values() for winner in conclusion.winners}


def said(knowledge: KnowledgeBase, completion: Mapping[str, str]) -> set[str]:
    """Messages whose condition holds; alerts read what is told."""
    counted = effective(knowledge, completion)
    verdict = verdict_of(knowledge, counted)
    values = {**counted, **{name: verdict[name] for name in knowledge.inferred}}
    return {
        name
        for name, message in knowledge.messages.items()
        if holds(message.when, {**values, **completion} if message.kind == "alert" else values)
    }


def seen(knowledge: KnowledgeBase, completion: Mapping[str, str], names: tuple[str, ...]) -> Any:
    """What is visible of a call: values of the inferred facts named, messages said; of an impossible call only its alerts."""
    values = conclusions(knowledge, completion)
    messages = said(knowledge, completion)
    if values is None:
        return {name for name in messages if knowledge.messages[name].kind == "alert"}
    return {name: values[name] for name in names}, messages
