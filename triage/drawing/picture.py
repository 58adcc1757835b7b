"""What is drawn: boxes, arrows and words. Knows nothing of knowledge bases, nor of how things are set out or written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Arrow", "Box", "Kind", "Picture"]

Kind = Literal["fact", "list", "inferred", "target", "rule", "question", "decision", "more"]
"""What a box stands for: an observable fact, a list to tick, an inferred fact, a target, a rule; in an interview a question, a
decision, or what is left out."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes:
        id: Unique within the picture.
        note: A second, smaller text: the machine's id and the like.
        tip: Shown where a mouse rests; may have several lines.
        link: Where a click leads; empty: nowhere.
    """

    id: str
    kind: Kind
    label: str
    note: str = ""
    tip: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another.

    Attributes:
        weight: At least 1; the arrow is drawn the thicker for it.
        dashed: It leads to what need not be, such as a fact that may not apply.
    """

    source: str
    target: str
    label: str = ""
    weight: float = 1.0
    tip: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A directed graph without cycles.

    Attributes:
        description: For those who cannot see it.
        caption: Lines below the title.
        legend: What the kinds of boxes stand for, in the order to show them.
    """

    title: str
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    caption: tuple[str, ...] = ()
    legend: Mapping[Kind, str] = field(default_factory=dict)
