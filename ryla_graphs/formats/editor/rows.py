"""The order and heights of boxes in each column: few links cross, and they are as level as the order allows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from ryla_graphs.formats.editor.boxes import HIGH, ROW_GAP, Box, Link

_SWEEPS = 6
_CHANNELS = 8
"""A link that passes at most this many columns gets room to pass in each."""
_CHANNEL = 36.0
_WIDEST_GAP = 100.0


class _Pull(NamedTuple):
    """What a link wants of a box: its top is best at the other box's top plus `offset`."""

    other: int
    offset: float
    weight: float
    far: float
    """How far below the other box's top the link is."""


class _Rows:
    """The heights of the things in the columns, and what their links want: boxes first, then the channels of links.

    A channel is the room for a link to pass between the boxes of a column.
    """

    def __init__(self, boxes: Sequence[Box], columns: Sequence[list[int]], links: Sequence[Link]) -> None:
        self.heights = [box.height + ROW_GAP for box in boxes]
        self.columns = [list(column) for column in columns]
        self.left: list[list[_Pull]] = [[] for _ in boxes]
        self.right: list[list[_Pull]] = [[] for _ in boxes]
        self._place = {box: number for number, column in enumerate(columns) for box in column}
        self._passable = [sum(self.heights[box] for box in column) <= HIGH for column in columns]
        self._channels: dict[tuple[int, float, int], int] = {}
        for link in links:
            self._pull(link)
        self.both = [[*left, *right] for left, right in zip(self.left, self.right, strict=True)]

    def _pull(self, link: Link) -> None:
        start, end = self._place[link.source], self._place[link.target]
        if start == end:
            return
        before, leaves = link.source, link.leaves
        if 1 < end - start <= _CHANNELS:
            for column in filter(self._passable.__getitem__, range(start + 1, end)):
                channel = self._channels.get((link.source, link.leaves, column))
                if channel is None:
                    channel = self._channels[link.source, link.leaves, column] = len(self.heights)
                    self.heights.append(_CHANNEL)
                    self.columns[column].append(channel)
                    self.left.append([])
                    self.right.append([])
                    self._tie(before, leaves, channel, _CHANNEL / 2 - ROW_GAP / 2, 1.0)
                before, leaves, start = channel, _CHANNEL / 2 - ROW_GAP / 2, column
        if start < end:
            self._tie(before, leaves, link.target, link.enters, 1.0 / (end - start) ** 2)
        else:
            self._tie(link.target, link.enters, link.source, link.leaves, 1.0 / (start - end) ** 2)

    def _tie(self, left: int, leaves: float, right: int, enters: float, weight: float) -> None:
        self.right[left].append(_Pull(right, enters - leaves, weight, enters))
        self.left[right].append(_Pull(left, leaves - enters, weight, leaves))


def tops_of(boxes: Sequence[Box], columns: Sequence[list[int]], links: Sequence[Link]) -> list[float]:
    """The top of each box; also sorts the boxes of each column from top to bottom."""
    rows = _Rows(boxes, columns, links)
    tops = [0.0] * len(rows.heights)
    for column in rows.columns:
        for box, top in zip(column, accumulate((rows.heights[box] for box in column), initial=0.0), strict=False):
            tops[box] = top
    for sweep in range(_SWEEPS):
        rightwards = sweep % 2 == 0
        near, far = (rows.left, rows.right) if rightwards else (rows.right, rows.left)
        for column in rows.columns if rightwards else reversed(rows.columns):
            heights = {box: _mean_end(tops, box, near[box] or far[box]) for box in column}
            column.sort(key=heights.__getitem__)
            wanted = {box: _wanted(tops, box, near[box] or far[box]) for box in column}
            _settle(rows.heights, column, wanted, tops, near)
    for column in (*rows.columns, *reversed(rows.columns)):
        _settle(rows.heights, column, {box: _wanted(tops, box, rows.both[box]) for box in column}, tops, rows.both)
    for column in columns:
        column.sort(key=tops.__getitem__)
    return tops


def _mean_end(tops: Sequence[float], box: int, pulls: Sequence[_Pull]) -> float:
    """The average height that the links of a box come from: few links cross if boxes are in this order."""
    if not pulls:
        return tops[box]
    total = weights = 0.0
    for other, _, weight, far in pulls:
        total += weight * (tops[other] + far)
        weights += weight
    return total / weights


def _wanted(tops: Sequence[float], box: int, pulls: Sequence[_Pull]) -> float:
    """The best top for a box: the mean of what its links want."""
    if not pulls:
        return tops[box]
    total = weights = 0.0
    for other, offset, weight, _ in pulls:
        total += weight * (tops[other] + offset)
        weights += weight
    return total / weights


def _settle(
    heights: Sequence[float],
    column: Sequence[int],
    wanted: dict[int, float],
    tops: list[float],
    pulls: Sequence[Sequence[_Pull]],
) -> None:
    """Put the boxes of a column as close to their wanted positions as their order and heights allow.

    After subtracting the heights above each box, this is a least squares fit that must not decrease (isotonic
    regression); it is found by merging neighbours that would overlap into runs.
    """
    runs: list[tuple[float, float, int]] = []
    below = 0.0
    for box in column:
        weight = 0.01
        for pull in pulls[box]:
            weight += pull.weight
        run = ((wanted[box] - below) * weight, weight, 1)
        while runs and runs[-1][0] / runs[-1][1] > run[0] / run[1]:
            last = runs.pop()
            run = (last[0] + run[0], last[1] + run[1], last[2] + run[2])
        runs.append(run)
        below += heights[box]
    below = 0.0
    rest = iter(column)
    for total, weight, length in runs:
        for _ in range(length):
            box = next(rest)
            tops[box] = total / weight + below
            below += heights[box]


def close_gaps(boxes: Sequence[Box], column: Sequence[int], tops: list[float]) -> None:
    """Close wide gaps in a column, keeping its average position."""
    places = [0.0]
    for upper, lower in pairwise(column):
        places.append(places[-1] + min(tops[lower] - tops[upper], boxes[upper].height + _WIDEST_GAP))
    shift = sum(tops[box] - place for box, place in zip(column, places, strict=True)) / len(column)
    for box, place in zip(column, places, strict=True):
        tops[box] = place + shift
