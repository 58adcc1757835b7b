"""A picture as SVG: one document without scripts, fonts or anything else from elsewhere; it prints, and reads well in grey too.

Kinds of boxes differ by shape and outline as well as by colour (tints of the Okabe-Ito palette, safe for the colour-blind).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from triage.drawing.layout import Layout, Line, Rectangle, Size, lay_out
from triage.drawing.lettering import clean, width, wrap
from triage.drawing.picture import Arrow, Box, Kind, Picture

__all__ = ["arrange", "as_svg"]

LETTERS, SMALL = 13.0, 10.5
BOLDER = 1.12
"""How much wider bold letters are."""
LEADING, SMALL_LEADING = 17.0, 14.0
ROOM, LABEL_ROOM = 200.0, 132.0
"""Widest line in a box, and beside an arrow."""
MOST_LINES, MOST_NOTES = 7, 4
MARGIN, PADDING = 16.0, 8.0
SLANT = 12.0
"""How far the corners of a rule's box are cut."""
WIDEST_LINE = 5.0
LEGEND_SIZE: Size = (30.0, 16.0)
FONTS = "system-ui,'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"

_FILLS: dict[Kind, tuple[str, str, float]] = {
    "fact": ("#e3f1fb", "#2a6f9e", 1.0),
    "list": ("#e3f1fb", "#2a6f9e", 1.0),
    "inferred": ("#fdf0d5", "#9a6a00", 1.2),
    "target": ("#fbdcc4", "#a04000", 2.4),
    "rule": ("#f2f2f2", "#5c5c5c", 1.0),
    "question": ("#e3f1fb", "#2a6f9e", 1.2),
    "decision": ("#fbdcc4", "#a04000", 2.4),
    "more": ("#ffffff", "#5c5c5c", 1.0),
}
"""Filling, outline and its width."""


@dataclass(frozen=True, slots=True)
class _Lettering:
    """The lines of a box or label: larger ones, bold or not, and smaller ones."""

    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()
    bold: bool = False

    @property
    def size(self) -> Size:
        """Without padding."""
        letters = LETTERS * BOLDER if self.bold else LETTERS
        widest = max([width(line, letters) for line in self.lines] + [width(note, SMALL) for note in self.notes], default=0.0)
        return math.ceil(widest), len(self.lines) * LEADING + len(self.notes) * SMALL_LEADING


def arrange(picture: Picture) -> Layout:
    """Where everything of a picture stands, without title, caption and legend."""
    return _Drawing(picture, "").layout


def as_svg(picture: Picture, mark: str = "") -> str:
    """The picture as one `<svg>` element.

    Args:
        mark: Sets its ids apart from those of other pictures on one page.
    """
    return "\n".join(_Drawing(picture, mark).elements()) + "\n"


class _Drawing:
    def __init__(self, picture: Picture, mark: str) -> None:
        self._picture = picture
        self._mark = mark
        self._boxes = {box.id: _letters(box) for box in picture.boxes}
        self._labels = [_label(arrow) for arrow in picture.arrows]
        self.layout = lay_out(
            {box.id: _box_size(box, self._boxes[box.id]) for box in picture.boxes},
            [
                (arrow.source, arrow.target, _padded(label.size, 3.0, 1.0) if label else None)
                for arrow, label in zip(picture.arrows, self._labels, strict=True)
            ],
        )
        wide = max(self.layout.width, 340.0)
        self._heading = _Lettering(
            tuple(wrap(picture.title, LETTERS, wide, 3)),
            tuple(line for text in picture.caption for line in wrap(text, SMALL, wide, 6)),
            bold=True,
        )

    def elements(self) -> Iterator[str]:
        """The document, piece by piece."""
        legend = self._legend()
        heading = self._heading.size
        legend_width = sum(size for size, _ in legend)
        wide = max(self.layout.width, heading[0], min(legend_width, 700.0)) + 2 * MARGIN
        top = MARGIN + heading[1] + PADDING
        bottom = top + self.layout.height + MARGIN
        rows = _rows(legend, wide - 2 * MARGIN)
        high = bottom + len(rows) * 24.0 + MARGIN
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" height="{high:.0f}" '
            f'role="img" aria-labelledby="{self._mark}title {self._mark}desc" class="triage-graph">'
        )
        yield f'<title id="{self._mark}title">{_text(self._picture.title)}</title>'
        yield f'<desc id="{self._mark}desc">{_text(self._picture.description)}</desc>'
        yield from self._style()
        yield f'<rect width="{wide:.0f}" height="{high:.0f}" fill="#ffffff"/>'
        yield from self._words(self._heading, MARGIN, MARGIN, "start")
        yield f'<g transform="translate({MARGIN:.0f} {top:.1f})">'
        for arrow, line in zip(self._picture.arrows, self.layout.lines, strict=True):
            yield self._arrow(arrow, line)
        for box in self._picture.boxes:
            yield from self._box(box)
        for label, line in zip(self._labels, self.layout.lines, strict=True):
            if label is not None and line.label is not None:
                yield from self._label(label, line.label)
        yield "</g>"
        for number, row in enumerate(rows):
            yield from _legend_row(row, bottom + number * 24.0)
        yield "</svg>"

    def _style(self) -> Iterator[str]:
        yield "<defs>"
        yield (
            f'<marker id="{self._mark}head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
            'markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0.5 L8,4 L0,7.5 Z" fill="#4a4a4a"/></marker>'
        )
        yield "</defs>"
        yield (
            f"<style>.triage-graph text{{font-family:{FONTS};fill:#1a1a1a}}"
            ".triage-graph a{cursor:pointer}.triage-graph .line{fill:none;stroke:#6b6b6b}"
            ".triage-graph g:hover>.line{stroke:#000}</style>"
        )

    def _arrow(self, arrow: Arrow, line: Line) -> str:
        thick = min(1.0 + math.log2(max(arrow.weight, 1.0)) * 0.6, WIDEST_LINE)
        dashes = ' stroke-dasharray="5 4"' if arrow.dashed else ""
        tip = f"<title>{_text(arrow.tip)}</title>" if arrow.tip else ""
        return (
            f'<g>{tip}<path class="line" d="{_way(line)}" stroke-width="{thick:.1f}"{dashes} '
            f'marker-end="url(#{self._mark}head)"/></g>'
        )

    def _box(self, box: Box) -> Iterator[str]:
        place = self.layout.boxes[box.id]
        if box.link:
            yield f'<a href="{_attribute(box.link)}">'
        yield f'<g class="{box.kind}">'
        if box.tip:
            yield f"<title>{_text(box.tip)}</title>"
        yield from _outline(box.kind, place)
        words = self._boxes[box.id]
        top = place.y + (place.height - words.size[1]) / 2
        yield from self._words(words, place.x + place.width / 2, top, "middle")
        yield "</g>"
        if box.link:
            yield "</a>"

    def _label(self, label: _Lettering, place: Rectangle) -> Iterator[str]:
        yield (
            f'<rect x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" '
            'rx="3" fill="#ffffff" fill-opacity="0.92"/>'
        )
        yield from self._words(label, place.x + place.width / 2, place.y + 1.0, "middle")

    @staticmethod
    def _words(words: _Lettering, x: float, y: float, anchor: str) -> Iterator[str]:
        weight = ' font-weight="600"' if words.bold else ""
        for number, line in enumerate(words.lines):
            base = y + number * LEADING + LETTERS
            yield f'<text x="{x:.1f}" y="{base:.1f}" font-size="{LETTERS:g}" text-anchor="{anchor}"{weight}>{_text(line)}</text>'
        below = y + len(words.lines) * LEADING
        for number, line in enumerate(words.notes):
            base = below + number * SMALL_LEADING + SMALL
            yield (
                f'<text x="{x:.1f}" y="{base:.1f}" font-size="{SMALL:g}" text-anchor="{anchor}" style="fill:#4a4a4a">'
                f"{_text(line)}</text>"
            )

    def _legend(self) -> list[tuple[float, tuple[Kind, str]]]:
        met = {box.kind for box in self._picture.boxes}
        return [
            (LEGEND_SIZE[0] + width(text, SMALL) + 26.0, (kind, text))
            for kind, text in self._picture.legend.items()
            if kind in met
        ]


def _letters(box: Box) -> _Lettering:
    bold = box.kind in ("target", "decision")
    letters = LETTERS * BOLDER if bold else LETTERS
    return _Lettering(
        tuple(wrap(box.label, letters, ROOM, MOST_LINES)) if box.label else (),
        tuple(line for part in box.note.splitlines() for line in wrap(part, SMALL, ROOM, MOST_NOTES)),
        bold,
    )


def _label(arrow: Arrow) -> _Lettering | None:
    """An arrow's label is small."""
    if not arrow.label:
        return None
    return _Lettering((), tuple(wrap(arrow.label, SMALL, LABEL_ROOM, MOST_LINES)))


def _box_size(box: Box, words: _Lettering) -> Size:
    more = SLANT if box.kind == "rule" else PADDING if box.kind in ("fact", "list", "question") else 0.0
    return _padded(words.size, PADDING + more, PADDING)


def _padded(size: Size, x: float, y: float) -> Size:
    return size[0] + 2 * x, size[1] + 2 * y


def _outline(kind: Kind, place: Rectangle) -> Iterator[str]:
    """The shape of a box: round for what is told, square for what is concluded, cut corners for rules, doubled for lists."""
    fill, stroke, thick = _FILLS[kind]
    look = f'fill="{fill}" stroke="{stroke}" stroke-width="{thick:g}"'
    x, y, wide, high = place.x, place.y, place.width, place.height
    if kind == "rule":
        cut = min(SLANT, high / 2)
        points = (
            (x + cut, y),
            (x + wide - cut, y),
            (x + wide, y + high / 2),
            (x + wide - cut, y + high),
            (x + cut, y + high),
            (x, y + high / 2),
        )
        yield f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" {look}/>'
        return
    radius = {"fact": 12.0, "list": 12.0, "question": 12.0, "more": 12.0}.get(kind, 2.0)
    dashes = ' stroke-dasharray="4 3"' if kind == "more" else ""
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="{min(radius, high / 2):.1f}" {look}{dashes}/>'
    )
    if kind == "list":
        yield (
            f'<rect x="{x + 3:.1f}" y="{y + 3:.1f}" width="{wide - 6:.1f}" height="{high - 6:.1f}" rx="{radius - 3:.1f}" '
            f'fill="none" stroke="{stroke}" stroke-width="0.8"/>'
        )


def _way(line: Line) -> str:
    """Level through layers, in curves between them."""
    left, right, height = line.stretches[0]
    parts = [f"M{left:.1f},{height:.1f} L{right:.1f},{height:.1f}"]
    for left, after, level in line.stretches[1:]:
        bend = (left - right) / 2
        parts.append(f"C{right + bend:.1f},{height:.1f} {left - bend:.1f},{level:.1f} {left:.1f},{level:.1f}")
        parts.append(f"L{after:.1f},{level:.1f}")
        right, height = after, level
    return " ".join(parts)


def _rows(legend: Sequence[tuple[float, tuple[Kind, str]]], room: float) -> list[list[tuple[float, tuple[Kind, str]]]]:
    rows: list[list[tuple[float, tuple[Kind, str]]]] = []
    used = room + 1
    for entry in legend:
        if used + entry[0] > room:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += entry[0]
    return rows


def _legend_row(row: Sequence[tuple[float, tuple[Kind, str]]], y: float) -> Iterator[str]:
    x = MARGIN
    for size, (kind, text) in row:
        yield from _outline(kind, Rectangle(x, y, *LEGEND_SIZE))
        yield f'<text x="{x + LEGEND_SIZE[0] + 6:.1f}" y="{y + 12:.1f}" font-size="{SMALL:g}">{_text(text)}</text>'
        x += size


def _text(text: str) -> str:
    return escape(clean(text), quote=False)


def _attribute(text: str) -> str:
    return escape(clean(text).replace("\n", " "))
