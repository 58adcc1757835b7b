"""Calls of a base for tests: so drawn that most clauses of a shipped base win on some of a few thousand."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from benchmarks.calls import weighted
from tests.random_bases import random_completion
from triage.model import KnowledgeBase


def mixed_calls(knowledge: KnowledgeBase, number: int, seed: int) -> Iterator[dict[str, str]]:
    """In turn uniform and impossible ones among them, by the author's weights, and by these but broken off somewhere."""
    rng, draw = Random(seed), weighted(knowledge)
    for turn in range(number):
        if turn % 3 == 0:
            yield random_completion(knowledge, rng)
            continue
        call = list(draw(rng).items())
        if turn % 3 == 2:
            rng.shuffle(call)
            call = call[: rng.randrange(len(call))]
        yield dict(call)
