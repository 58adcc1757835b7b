"""Where boxes and arrows go: layers from left to right, few crossings, no box on another, no arrow through a box.

The layered method: layers by longest path; long arrows get a place of their own in every layer they pass; the order within
layers by barycentres and exchanges of neighbours; places within layers by least squares that keep the order and the distances
(isotonic regression), so nothing can overlap. The same input gives the same output, to the last digit.

Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981); Gansner et al., "A
technique for drawing directed graphs" (1993).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Layout", "Line", "Rectangle", "Size", "lay_out"]

Size = tuple[float, float]
"""Width and height, in pixels."""

BOX_GAP, LINE_GAP = 12.0, 7.0
"""Least distance between boxes of one layer, and where an arrow passes."""
LAYER_GAP, WIDEST_GAP, SLOPE = 34.0, 150.0, 0.09
"""Distance between layers: the more arrows have to climb between them, the more."""
SWEEPS, EXCHANGES, RELAXATIONS = 16, 8, 24
STRAIGHT = 8.0
"""How much more than a box an arrow passing through a layer wants to stay straight."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A place: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow's way: from each stretch (left, right, height) it goes level through a layer, in curves from one to the next.

    Attributes:
        label: Where its label stands, or None.
    """

    start: tuple[float, float]
    stretches: tuple[tuple[float, float, float], ...]
    end: tuple[float, float]
    label: Rectangle | None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands; lines in the order of the arrows given."""

    width: float
    height: float
    boxes: Mapping[str, Rectangle]
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Spot:
    """A place in a layer: a box, the label of an arrow, or an arrow passing."""

    layer: int
    width: float
    height: float
    is_box: bool = False
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    middle: float = 0.0


def lay_out(boxes: Mapping[str, Size], arrows: Sequence[tuple[str, str, Size | None]]) -> Layout:
    """Set boxes and arrows out.

    Args:
        boxes: Sizes by id; where nothing else decides, their order does.
        arrows: Source, target and the size of the label, None for no label.

    Raises:
        ValueError: The arrows form a cycle.
    """
    work = _Work(boxes, arrows)
    work.order_layers()
    work.settle()
    return work.result()


class _Work:
    def __init__(self, boxes: Mapping[str, Size], arrows: Sequence[tuple[str, str, Size | None]]) -> None:
        self._arrows = arrows
        step = 2 if any(label for _, _, label in arrows) else 1  # labels stand in layers between those of boxes
        depth = _depths(list(boxes), [(source, target) for source, target, _ in arrows])
        self._spots = [_Spot(depth[name] * step, *size, is_box=True) for name, size in boxes.items()]
        self._index = {name: place for place, name in enumerate(boxes)}
        self._chains = [self._chain(*arrow) for arrow in arrows]
        self._widen_hubs()
        self._layers: list[list[int]] = [[] for _ in range(max((spot.layer for spot in self._spots), default=-1) + 1)]

    def _chain(self, source: str, target: str, label: Size | None) -> list[int]:
        """An arrow's spots from source to target; its label is the first one between them."""
        first, last = self._index[source], self._index[target]
        chain = [first]
        for layer in range(self._spots[first].layer + 1, self._spots[last].layer):
            size = label if label and len(chain) == 1 else (0.0, 1.0)
            self._spots.append(_Spot(layer, *size))
            chain.append(len(self._spots) - 1)
        chain.append(last)
        for here, there in pairwise(chain):
            self._spots[here].after.append(there)
            self._spots[there].before.append(here)
        return chain

    def _widen_hubs(self) -> None:
        """Boxes with many arrows are tall enough to tell these apart."""
        for spot in self._spots:
            if spot.is_box:
                spot.height = max(spot.height, min(6.0 * max(len(spot.before), len(spot.after)), 400.0))

    # -- order within layers

    def order_layers(self) -> None:
        """The order with fewest crossings that was met."""
        self._layers = self._as_met()
        best, fewest = [list(layer) for layer in self._layers], self._crossings()
        for sweep in range(SWEEPS):
            if not fewest:
                break
            self._sweep(down=sweep % 2 == 0)
            self._exchange()
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(layer) for layer in self._layers], crossings
        self._layers = best

    def _as_met(self) -> list[list[int]]:
        """Spots in the order a walk from the sources meets them: trees come out without crossings."""
        layers: list[list[int]] = [[] for _ in self._layers]
        seen: set[int] = set()
        for root in (place for place, spot in enumerate(self._spots) if not spot.before):
            waiting = [root]
            while waiting:
                place = waiting.pop()
                if place not in seen:
                    seen.add(place)
                    layers[self._spots[place].layer].append(place)
                    waiting.extend(reversed(self._spots[place].after))
        return layers

    def _sweep(self, *, down: bool) -> None:
        layers = self._layers if down else self._layers[::-1]
        for fixed, moving in pairwise(layers):
            rank = {place: float(number) for number, place in enumerate(fixed)}
            own = {place: float(number) for number, place in enumerate(moving)}

            def barycentre(place: int, rank: dict[int, float] = rank, own: dict[int, float] = own, down: bool = down) -> float:
                spot = self._spots[place]
                near = spot.before if down else spot.after
                return sum(rank[other] for other in near) / len(near) if near else own[place]

            moving.sort(key=barycentre)

    def _exchange(self) -> None:
        """Exchange neighbours as long as that saves crossings."""
        rank = {place: number for layer in self._layers for number, place in enumerate(layer)}
        for _ in range(EXCHANGES):
            changed = False
            for layer in self._layers:
                for number in range(len(layer) - 1):
                    upper, lower = layer[number], layer[number + 1]
                    if self._pair(lower, upper, rank) < self._pair(upper, lower, rank):
                        layer[number], layer[number + 1] = lower, upper
                        rank[upper], rank[lower] = rank[lower], rank[upper]
                        changed = True
            if not changed:
                return

    def _pair(self, upper: int, lower: int, rank: Mapping[int, int]) -> int:
        """Crossings among the arrows of two neighbours."""
        first, second = self._spots[upper], self._spots[lower]
        return sum(
            rank[a] > rank[b]
            for near, far in ((first.before, second.before), (first.after, second.after))
            for a in near
            for b in far
        )

    def _crossings(self) -> int:
        rank = {place: number for layer in self._layers for number, place in enumerate(layer)}
        total = 0
        for layer in self._layers:
            passed: list[int] = []
            for place in layer:
                ends = sorted(rank[other] for other in self._spots[place].after)
                total += sum(len(passed) - bisect_left(passed, end + 1) for end in ends)
                for end in ends:
                    insort(passed, end)
        return total

    # -- places within layers

    def settle(self) -> None:
        """Every spot near the middle of what it is joined to."""
        for layer in self._layers:
            self._place(layer, [0.0] * len(layer))
        for turn in range(RELAXATIONS):
            layers = self._layers if turn % 2 == 0 else self._layers[::-1]
            for layer in layers:
                self._place(layer, [self._wanted(place, turn) for place in layer])

    def _wanted(self, place: int, turn: int) -> float:
        spot = self._spots[place]
        near = [spot.before, spot.after][turn % 2] if turn < RELAXATIONS // 2 else [*spot.before, *spot.after]
        total = sum(self._pull(place, other) for other in near)
        return sum(self._pull(place, other) * self._spots[other].middle for other in near) / total if near else spot.middle

    def _pull(self, place: int, other: int) -> float:
        passing = (not self._spots[place].is_box) + (not self._spots[other].is_box)
        return (1.0, 2.0, STRAIGHT)[passing]

    def _place(self, layer: Sequence[int], wanted: Sequence[float]) -> None:
        """Least squares under the order and the distances: shifted by the distances, it is isotonic regression."""
        shifts, shift = [], 0.0
        for above, place in zip([None, *layer], layer, strict=False):
            if above is not None:
                shift += self._distance(self._spots[above], self._spots[place])
            shifts.append(shift)
        weights = [
            sum(self._pull(place, other) for other in (*self._spots[place].before, *self._spots[place].after)) or 1.0
            for place in layer
        ]
        found = _isotonic([want - shift for want, shift in zip(wanted, shifts, strict=True)], weights)
        for place, middle, shift in zip(layer, found, shifts, strict=True):
            self._spots[place].middle = middle + shift

    @staticmethod
    def _distance(above: _Spot, below: _Spot) -> float:
        gap = BOX_GAP if above.is_box and below.is_box else LINE_GAP
        return (above.height + below.height) / 2 + gap

    # -- the result

    def result(self) -> Layout:
        """Everything in pixels, from 0."""
        top = min((spot.middle - spot.height / 2 for spot in self._spots), default=0.0)
        bottom = max((spot.middle + spot.height / 2 for spot in self._spots), default=0.0)
        for spot in self._spots:
            spot.middle -= top
        lefts, widths = self._columns()
        boxes = {}
        for name, place in self._index.items():
            spot = self._spots[place]
            left = lefts[spot.layer] + (widths[spot.layer] - spot.width) / 2
            boxes[name] = Rectangle(left, spot.middle - spot.height / 2, spot.width, spot.height)
        lines = tuple(
            self._line(number, boxes[source], boxes[target], lefts, widths, label is not None)
            for number, (source, target, label) in enumerate(self._arrows)
        )
        total = lefts[-1] + widths[-1] if lefts else 0.0
        return Layout(total, bottom - top, boxes, lines)

    def _columns(self) -> tuple[list[float], list[float]]:
        lefts: list[float] = []
        widths = [max((self._spots[place].width for place in layer), default=0.0) for layer in self._layers]
        left = 0.0
        for number, layer in enumerate(self._layers):
            lefts.append(left)
            climbs = [abs(self._spots[p].middle - self._spots[q].middle) for p in layer for q in self._spots[p].after]
            left += widths[number] + min(max(LAYER_GAP, SLOPE * max(climbs, default=0.0)), WIDEST_GAP)
        return lefts, widths

    def _line(
        self, number: int, source: Rectangle, target: Rectangle, lefts: Sequence[float], widths: Sequence[float], labelled: bool
    ) -> Line:
        chain = self._chains[number]
        passing = [self._spots[place] for place in chain[1:-1]]
        start = (source.x + source.width, self._port(chain[0], chain[1], source, after=True))
        end = (target.x, self._port(chain[-1], chain[-2], target, after=False))
        stretches = [(lefts[spot.layer], lefts[spot.layer] + widths[spot.layer], spot.middle) for spot in passing]
        label = None
        if labelled:
            spot = passing[0]
            label = Rectangle(stretches[0][0], spot.middle - spot.height / 2, spot.width, spot.height)
        stretches = [
            (start[0], lefts[self._spots[chain[0]].layer] + widths[self._spots[chain[0]].layer], start[1]),
            *stretches,
            (lefts[self._spots[chain[-1]].layer], end[0], end[1]),
        ]
        return Line(start, tuple(stretches), end, label)

    def _port(self, place: int, other: int, box: Rectangle, *, after: bool) -> float:
        """The height at which an arrow leaves or enters a box: spread in the order of where they come from or go."""
        near = self._spots[place].after if after else self._spots[place].before
        ordered = sorted(near, key=lambda joined: (self._spots[joined].middle, joined))
        inner = box.height * 0.8
        return box.y + box.height * 0.1 + inner * (ordered.index(other) + 0.5) / len(ordered)


def _depths(names: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Layers by longest path; what nothing leads to stands right before the first thing it leads to."""
    following: dict[str, list[str]] = {name: [] for name in names}
    waits = dict.fromkeys(names, 0)
    for source, target in arrows:
        following[source].append(target)
        waits[target] += 1
    sources = [name for name in names if not waits[name]]
    depth = dict.fromkeys(names, 0)
    ready, done = list(sources), 0
    while ready:
        name = ready.pop()
        done += 1
        for target in following[name]:
            depth[target] = max(depth[target], depth[name] + 1)
            waits[target] -= 1
            if not waits[target]:
                ready.append(target)
    if done < len(names):
        raise ValueError("the arrows form a cycle")
    for name in sources:
        depth[name] = min((depth[target] for target in following[name]), default=1) - 1
    return depth


def _isotonic(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest ascending numbers, by weighted squares: pool adjacent violators."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, weight in zip(wanted, weights, strict=True):
        mean, total, count = want, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, more, members = blocks.pop()
            mean = (mean * total + other * more) / (total + more)
            total, count = total + more, count + members
        blocks.append((mean, total, count))
    return [mean for mean, _, count in blocks for _ in range(count)]
