"""A picture as Mermaid, for places that draw it themselves: Markdown viewers, wikis, pull requests.

Every character that could mean something to Mermaid, Markdown or HTML is written as an entity, so texts stay texts.
"""

from __future__ import annotations

from collections.abc import Iterator

from triage.drawing.lettering import clean
from triage.drawing.picture import Box, Kind, Picture

__all__ = ["EDGE_LIMIT", "TEXT_LIMIT", "as_mermaid"]

EDGE_LIMIT, TEXT_LIMIT = 500, 50_000
"""Arrows and characters beyond which Mermaid refuses a picture unless it is configured otherwise (`maxEdges`, `maxTextSize`)."""

_SHAPES: dict[Kind, tuple[str, str]] = {
    "fact": ("(", ")"),
    "list": ("[[", "]]"),
    "inferred": ("[", "]"),
    "target": ("[", "]"),
    "rule": ("{{", "}}"),
    "question": ("(", ")"),
    "decision": ("[", "]"),
    "more": ("([", "])"),
}
_LOOKS: dict[Kind, str] = {
    "fact": "fill:#e3f1fb,stroke:#2a6f9e,color:#1a1a1a",
    "list": "fill:#e3f1fb,stroke:#2a6f9e,color:#1a1a1a",
    "inferred": "fill:#fdf0d5,stroke:#9a6a00,color:#1a1a1a",
    "target": "fill:#fbdcc4,stroke:#a04000,stroke-width:3px,color:#1a1a1a",
    "rule": "fill:#f2f2f2,stroke:#5c5c5c,color:#1a1a1a",
    "question": "fill:#e3f1fb,stroke:#2a6f9e,color:#1a1a1a",
    "decision": "fill:#fbdcc4,stroke:#a04000,stroke-width:3px,color:#1a1a1a",
    "more": "fill:#ffffff,stroke:#5c5c5c,stroke-dasharray:4 3,color:#1a1a1a",
}
_PLAIN = frozenset(" -_.,!?()+*/=")
"""ASCII signs that mean nothing within a quoted label."""
_OWN = frozenset("ﬂ°¶ß")
"""What Mermaid itself writes for entities."""
_NOTHING = "\N{ZERO WIDTH SPACE}"


def as_mermaid(picture: Picture) -> str:
    """The picture as a flow chart."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "flowchart LR"
    yield f"  accTitle: {_words(picture.title)}"
    yield f"  accDescr: {_words(picture.description)}"
    numbers = {box.id: f"n{number}" for number, box in enumerate(picture.boxes)}
    for box in picture.boxes:
        opening, closing = _SHAPES[box.kind]
        yield f'  {numbers[box.id]}{opening}"{_label(box)}"{closing}:::{box.kind}'
    for arrow in picture.arrows:
        line = "-.->" if arrow.dashed else "-->"
        label = f'|"{_words(arrow.label)}"|' if arrow.label else ""
        yield f"  {numbers[arrow.source]} {line}{label} {numbers[arrow.target]}"
    for kind in sorted({box.kind for box in picture.boxes}):
        yield f"  classDef {kind} {_LOOKS[kind]}"


def _label(box: Box) -> str:
    return "<br/>".join(_words(part) for text in (box.label, box.note) for part in text.splitlines() if part) or " "


def _words(text: str) -> str:
    """A text on one line, every doubtful sign as an entity, and what would be read as formulas or icons even so, broken up."""
    line = " ".join(clean(text).split()).replace("$$", f"${_NOTHING}$").replace(":fa", f"{_NOTHING}:fa")
    return "".join(c if _is_plain(c) else f"#{ord(c)};" for c in line)


def _is_plain(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _PLAIN
    return character not in _OWN
