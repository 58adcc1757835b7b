"""Batches of a log as a base sees them: texts become indices, and what the base does not know is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.batches import NONE, Batch, Coded
from triage.columns import OPEN, Indices
from triage.model import KnowledgeBase

__all__ = ["STRANGE", "Fitted", "Mask", "fitted", "indices_of"]

STRANGE = OPEN - 1
"""Stands for a text the base does not know; no fact has as many values."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a batch tells a base.

    Attributes:
        told: By observable fact, indices into its `domain`; `OPEN` where it is not told, or what is told is not known.
        strange: What the base does not know: a fact (with None) or one of its values, and the records that tell it.
    """

    told: dict[str, Indices]
    strange: tuple[tuple[str, str | None, Mask], ...]


def fitted(knowledge: KnowledgeBase, batch: Batch) -> Fitted:
    """The known facts of a batch as a base sees them."""
    told: dict[str, Indices] = {}
    strange: list[tuple[str, str | None, Mask]] = []
    for name, column in batch.known.items():
        fact = knowledge.facts.get(name)
        if fact is None:
            where = column.codes != NONE
            if where.any():
                strange.append((name, None, where))
            continue
        told[name] = indices_of(column, fact.domain)
        unknown = told[name] == STRANGE
        strange += ((name, column.values[code], column.codes == code) for code in np.unique(column.codes[unknown]).tolist())
        told[name][unknown] = OPEN
    return Fitted(told, tuple(strange))


def indices_of(column: Coded, values: Sequence[str]) -> Indices:
    """A column of texts as indices into some values: `OPEN` where it has none, `STRANGE` where it is none of them."""
    place = {value: index for index, value in enumerate(values)}
    table = np.array([*(place.get(text, STRANGE) for text in column.values), OPEN], np.uint8)
    return table[column.codes]
