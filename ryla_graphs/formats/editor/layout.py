"""Lays boxes out on a plane: in columns, links from left to right, in time linear in boxes and links.

The steps are the usual ones for drawing a graph in layers: choose a column for each box, order each column by the boxes
it is linked to, then choose positions that keep links as level as that order allows. Nothing depends on chance or on
hashes, so equal graphs are laid out equally.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

from ryla_graphs.formats.editor.boxes import COLUMN_GAP, HIGH, ROW_GAP, Box, Layout, Link
from ryla_graphs.formats.editor.rows import close_gaps, tops_of

BAND_GAP = 140.0
"""The gap between the lines that a very long graph is broken into."""

_FAR = 2
"""A box that could be this many columns further right is moved next to what it feeds."""
_LONG = 5600.0
"""A graph wider than this is broken into lines if it is also much wider than high."""
_SHAPE = 1.8
"""The preferred ratio of width to height for a whole graph: that of a screen."""


def layered(boxes: Sequence[Box], links: Sequence[Link], *, first: Collection[int] = ()) -> Layout:
    """Lay boxes out in columns from left to right; those in `first` get the first column to themselves.

    No two boxes overlap. A link that closes a cycle goes from right to left.

    >>> layered([Box(100, 50), Box(100, 50)], [Link(0, 10, 1, 10)]).corners
    ((0.0, 0.0), (180.0, 0.0))
    """
    if not boxes:
        return Layout((), Box(0.0, 0.0))
    layers = _layers(len(boxes), links, frozenset(first))
    columns = _columns(boxes, layers)
    place = {box: number for number, column in enumerate(columns) for box in column}
    tops = tops_of(boxes, columns, links)
    side = sum(1 for column in columns if layers[column[0]] == 0) if len(columns) > 1 else 0
    for column in columns[:side]:
        close_gaps(boxes, column, tops)
    spans = [sorted((place[link.source] - side, place[link.target] - side)) for link in links]
    bands = _bands(boxes, columns[side:], [(left, right) for left, right in spans if left >= 0])
    return _placed(boxes, columns[:side], bands, tops)


# --- columns -----------------------------------------------------------------------------------------------------


def _layers(count: int, links: Sequence[Link], first: frozenset[int]) -> list[int]:
    """The layer of each box: one after the last box that feeds it, or, if that is far away or it pays off, one
    before the first box that it feeds. Layer 0 is only for `first`."""
    order, forward = _order(count, links)
    outward: list[list[int]] = [[] for _ in range(count)]
    fed = [0] * count
    layer = [0 if box in first else 1 for box in range(count)]
    for link in forward:
        outward[link.source].append(link.target)
        fed[link.target] += link.source not in first
    for box in order:
        for target in outward[box]:
            if target not in first:
                layer[target] = max(layer[target], layer[box] + 1)
    for box in reversed(order):
        if outward[box] and box not in first:
            latest = min(layer[target] for target in outward[box]) - 1
            if fed[box] < len(outward[box]) or latest - layer[box] >= _FAR:
                layer[box] = max(layer[box], latest)
    return layer


def _order(count: int, links: Sequence[Link]) -> tuple[list[int], list[Link]]:
    """All boxes, sources first, and the links that follow that order: those that close a cycle do not."""
    waits = [0] * count
    outward: list[list[int]] = [[] for _ in range(count)]
    links = [link for link in links if link.orders]
    for link in links:
        outward[link.source].append(link.target)
        waits[link.target] += 1
    place: dict[int, int] = {}
    ready = deque(box for box in range(count) if not waits[box])
    for start in range(-1, count):
        # Boxes fed by a cycle are never ready; the first of them is placed ahead of the boxes that it waits for.
        if start >= 0 and start not in place:
            ready.append(start)
        while ready:
            box = ready.popleft()
            place.setdefault(box, len(place))
            for target in outward[box]:
                waits[target] -= 1
                if not waits[target] and target not in place:
                    ready.append(target)
    return list(place), [link for link in links if place[link.source] < place[link.target]]


def _columns(boxes: Sequence[Box], layers: Sequence[int]) -> list[list[int]]:
    """The boxes of each layer; a layer that would tower over the others takes several columns."""
    by_layer: list[list[int]] = [[] for _ in range(max(layers) + 1)]
    for box, layer in enumerate(layers):
        by_layer[layer].append(box)
    area = sum((box.width + COLUMN_GAP) * (box.height + ROW_GAP) for box in boxes)
    limit = max(HIGH, 1.3 * (area / _SHAPE) ** 0.5)
    return [column for layer in by_layer for column in _chunks(boxes, layer, limit)]


def _chunks(boxes: Sequence[Box], layer: Sequence[int], limit: float) -> Iterator[list[int]]:
    """A layer split into equal parts, one for each `limit` of its height."""
    ends = list(accumulate(boxes[box].height + ROW_GAP for box in layer))
    parts = max(1, round(ends[-1] / limit)) if ends else 0
    start = 0
    for part in range(1, parts + 1):
        end = bisect_right(ends, ends[-1] * part / parts)
        if end > start:
            yield list(layer[start:end])
        start = end


# --- lines of columns --------------------------------------------------------------------------------------------


def _bands(
    boxes: Sequence[Box], columns: Sequence[list[int]], spans: Sequence[tuple[int, int]]
) -> list[Sequence[list[int]]]:
    """The columns in lines, like words in a paragraph, if one line would be too long; breaks cross few links."""
    heights = [sum(boxes[box].height + ROW_GAP for box in column) for column in columns]
    ends = list(accumulate((_width(boxes, column) + COLUMN_GAP for column in columns), initial=0.0))
    lines = round((ends[-1] / (_SHAPE * (sum(heights) / len(heights) + BAND_GAP))) ** 0.5)
    if ends[-1] <= _LONG or lines < 2:
        return [columns]
    crossing = _crossing(len(columns), spans)
    length = ends[-1] / lines
    bands, start = [], 0
    while ends[-1] - ends[start] > 1.3 * length and start < len(columns) - 1:
        best = ends[start] + length
        near = range(bisect_left(ends, best - 0.3 * length), bisect_right(ends, best + 0.3 * length, hi=len(columns)))
        cut = min(near, key=lambda end: (crossing[end], abs(ends[end] - best)), default=start + 1)
        bands.append(columns[start:cut])
        start = cut
    return [*bands, columns[start:]]


def _crossing(columns: int, spans: Sequence[tuple[int, int]]) -> list[int]:
    """How many links cross the left edge of each column."""
    steps = [0] * (columns + 1)
    for left, right in spans:
        steps[left + 1] += 1
        steps[right + 1] -= 1
    return list(accumulate(steps))


def _width(boxes: Sequence[Box], column: Sequence[int]) -> float:
    return max(boxes[box].width for box in column)


def _placed(
    boxes: Sequence[Box], side: Sequence[list[int]], bands: Sequence[Sequence[list[int]]], tops: Sequence[float]
) -> Layout:
    """Corners from columns and tops; the columns at the `side` are next to all bands."""
    corners: list[tuple[float, float]] = [(0.0, 0.0)] * len(boxes)
    indent = sum(_width(boxes, column) + COLUMN_GAP for column in side)
    down = right = 0.0
    for number, band in enumerate(bands):
        columns = [*(side if number == 0 else ()), *band]
        high = min(tops[box] for column in columns for box in column)
        across = 0.0 if number == 0 else indent
        for column in columns:
            for box in column:
                corners[box] = (float(round(across)), float(round(down + tops[box] - high)))
            across += _width(boxes, column) + COLUMN_GAP
        right = max(right, across - COLUMN_GAP)
        # The next band goes next to the side columns, not below them.
        down = max(corners[box][1] + boxes[box].height for column in band for box in column) + BAND_GAP
    low = max(corner[1] + box.height for corner, box in zip(corners, boxes, strict=True))
    return Layout(tuple(corners), Box(right, low))
