"""Charts as SVG: horizontal bars on a logarithmic scale, one panel for each group. No scripts, no fonts from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from benchmarks.report import Chart
from triage.drawing.lettering import width

__all__ = ["as_svg"]

LETTERS, TITLE = 12.0, 15.0
BAR, GAP, MARGIN = 14.0, 6.0, 16.0
SCALE = 420.0
"""Width of the widest bar."""
OURS, THEIRS = "#2a6f9e", "#b0b0b0"
"""Bars whose name begins with `ours`, and the others; they differ in grey, too."""
FONTS = "system-ui,'Noto Sans CJK SC',sans-serif"


def as_svg(charts: Sequence[Chart]) -> str:
    """One picture of all charts, below each other."""
    elements: list[str] = []
    top, widest = MARGIN, 0.0
    for chart in charts:
        left = MARGIN + max((width(name, LETTERS) for bars in chart.groups.values() for name in bars), default=0.0) + GAP
        low, high = _decades([figure for bars in chart.groups.values() for figure in bars.values()])
        elements.append(_text(MARGIN, top + TITLE, f"{chart.title} ({chart.unit}, logarithmic)", size=TITLE, bold=True))
        top += TITLE + 3 * GAP
        for group, bars in chart.groups.items():
            elements += _panel(group, bars, left, top, (low, high))
            top += LETTERS + 3 * GAP + (BAR + GAP) * len(bars) + 2 * LETTERS + GAP
        widest = max(widest, left + SCALE + 80.0, MARGIN + width(elements[0], TITLE))
    title = escape("; ".join(chart.title for chart in charts))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(widest)} {_n(top)}" width="{_n(widest)}" height="{_n(top)}"'
        f' font-family="{FONTS}" font-size="{_n(LETTERS)}" role="img"><title>{title}</title>'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *elements, "</svg>"]) + "\n"


def _panel(title: str, bars: Mapping[str, float], left: float, top: float, decades: tuple[int, int]) -> Iterator[str]:
    """A group: its name, its bars from the shortest down, its scale."""
    low, high = decades
    yield _text(MARGIN, top + LETTERS, title, bold=True)
    first = top + LETTERS + 2 * GAP
    last = first + (BAR + GAP) * len(bars)
    for decade in range(low, high + 1):
        x = left + SCALE * (decade - low) / (high - low)
        yield f'<line x1="{_n(x)}" y1="{_n(first - GAP / 2)}" x2="{_n(x)}" y2="{_n(last)}" stroke="#dddddd"/>'
        yield _text(x, last + LETTERS, f"{10.0**decade:,.10g}", anchor="middle", fill="#5c5c5c")
    for place, (name, figure) in enumerate(sorted(bars.items(), key=lambda item: (item[1], item[0]))):
        y = first + place * (BAR + GAP)
        long = SCALE * (math.log10(figure) - low) / (high - low)
        yield _text(left - GAP, y + BAR - 3, name, anchor="end")
        colour = OURS if name.startswith("ours") else THEIRS
        yield f'<rect x="{_n(left)}" y="{_n(y)}" width="{_n(long)}" height="{_n(BAR)}" fill="{colour}"/>'
        yield _text(left + long + GAP, y + BAR - 3, f"{figure:,.3g}" if figure < 1000 else f"{figure:,.0f}")


def _decades(figures: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around all figures, at least one apart."""
    low = math.floor(math.log10(min(figures, default=1.0)))
    return low, max(low + 1, math.ceil(math.log10(max(figures, default=1.0))))


def _text(
    x: float, y: float, words: str, *, size: float = LETTERS, bold: bool = False, anchor: str = "start", fill: str = "#222"
) -> str:
    looks = f'font-size="{_n(size)}" text-anchor="{anchor}" fill="{fill}"' + (' font-weight="bold"' if bold else "")
    return f'<text x="{_n(x)}" y="{_n(y)}" {looks}>{escape(words)}</text>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
