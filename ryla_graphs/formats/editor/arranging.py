"""Places for the nodes of a graph that has parts: parts within parts become frames within frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ryla_graphs.formats.editor.boxes import Box, Layout, Link
from ryla_graphs.formats.editor.layout import layered

Parts = tuple[str, ...]
"""The parts that a node is in, outermost first."""

LOADERS_TITLE = "Models"

_DEEPEST = 5
"""Parts within parts beyond this depth are drawn as one."""
_HUB = 8
"""A node that feeds more others than this does not tie them together."""
_PAD = 30.0
_HEADER = 60.0


class Frame(NamedTuple):
    """A titled rectangle around some nodes."""

    title: str
    corner: tuple[float, float]
    size: Box


class Arrangement(NamedTuple):
    """The upper left corner of each node, the frames around parts, and the size of all."""

    corners: tuple[tuple[float, float], ...]
    frames: tuple[Frame, ...]
    size: Box


def arrange(
    boxes: Sequence[Box], links: Sequence[Link], parts: Sequence[Parts], loaders: Collection[int] = ()
) -> Arrangement:
    """Lay out nodes: each part in a frame, `loaders` in a column of their own, unconnected graphs one below the other.

    `boxes`, `parts` and the ends of `links` go by the number of the node.
    """
    root = _tree(parts)
    for link in links:
        _innermost(root, parts[link.source], parts[link.target]).links.append(link)
    arranger = _Arranger(boxes, frozenset(loaders))
    size = arranger.lay_out(root)
    arranger.place(root, 0.0, 0.0)
    return Arrangement(tuple(arranger.corners), tuple(arranger.frames), size)


_NO_LAYOUT = Layout((), Box(0.0, 0.0))


@dataclass(eq=False)
class _Part:
    """A part, or a group without a title that is laid out like one."""

    title: str | None = None
    children: list[int | _Part] = field(default_factory=list)
    """Its own nodes and the parts in it."""
    members: list[int] = field(default_factory=list)
    """Its nodes and those of the parts in it."""
    links: list[Link] = field(default_factory=list)
    """Those between two of its children."""
    named: dict[str, _Part] = field(default_factory=dict)
    first: Sequence[int] = ()
    """The loaders among its children, by index."""
    layout: Layout = _NO_LAYOUT
    pad: float = 0.0
    header: float = 0.0

    def size(self) -> Box:
        """The size, including the frame if there is one."""
        width, height = self.layout.size
        return Box(width + 2 * self.pad, height + self.header + self.pad)


def _tree(parts: Sequence[Parts]) -> _Part:
    root = _Part()
    for node, path in enumerate(parts):
        part = root
        part.members.append(node)
        for name in path[:_DEEPEST]:
            if name not in part.named:
                part.named[name] = _Part(name)
                part.children.append(part.named[name])
            part = part.named[name]
            part.members.append(node)
        part.children.append(node)
    return root


def _innermost(root: _Part, one: Parts, other: Parts) -> _Part:
    """The innermost part that contains both nodes."""
    part = root
    for left, right in zip(one[:_DEEPEST], other[:_DEEPEST], strict=False):
        if left != right:
            break
        part = part.named[left]
    return part


def _nodes(child: int | _Part) -> Sequence[int]:
    return (child,) if isinstance(child, int) else child.members


class _Arranger:
    """Lays parts out from the inside out, each as one box in its surroundings; then places them from the outside in."""

    def __init__(self, boxes: Sequence[Box], loaders: frozenset[int]) -> None:
        self.corners: list[tuple[float, float]] = [(0.0, 0.0)] * len(boxes)
        self.frames: list[Frame] = []
        self._boxes = boxes
        self._loaders = loaders
        self._below = [0.0] * len(boxes)
        """How far each node is below the top of the outermost part laid out so far."""

    def lay_out(self, part: _Part, *, whole: bool = False) -> Box:
        """Lay out a part and return its size; `whole` means that it is connected."""
        if part.title is None and not whole:
            self._split(part)
        for child in part.children:
            if isinstance(child, _Part):
                self.lay_out(child, whole=child.title is None)
        number = {node: place for place, child in enumerate(part.children) for node in _nodes(child)}
        boxes = [self._boxes[child] if isinstance(child, int) else child.size() for child in part.children]
        links = [self._between(link, part.children, number) for link in part.links]
        part.first = self._first(part)
        part.layout = layered(boxes, links, first=part.first)
        if part.title is not None or len(part.first) > 1:
            part.pad, part.header = _PAD, _HEADER
        for child, (_, top) in zip(part.children, part.layout.corners, strict=True):
            for node in _nodes(child):
                self._below[node] += top + part.header
        return part.size()

    def _between(self, link: Link, children: Sequence[int | _Part], number: Mapping[int, int]) -> Link:
        """A link as a link between children of a part."""
        source, target = number[link.source], number[link.target]
        one, other = children[source], children[target]
        alike = isinstance(one, _Part) and isinstance(other, _Part) and _alike(len(one.members), len(other.members))
        leaves, enters = link.leaves + self._below[link.source], link.enters + self._below[link.target]
        return Link(source, leaves, target, enters, not alike)

    def place(self, part: _Part, left: float, top: float) -> None:
        """Set the corners of all nodes in a part and its frames, given the corner of the part."""
        left, top = left + part.pad, top + part.header
        if part.title is not None:
            self._frame(part.title, left, top, *part.layout.size)
        elif len(part.first) > 1:
            column = [
                (corner, self._boxes[child])
                for child, corner in zip(part.children, part.layout.corners, strict=True)
                if isinstance(child, int) and child in self._loaders
            ]
            width = max(x + box.width for (x, _), box in column)
            high = min(y for (_, y), _ in column)
            low = max(y + box.height for (_, y), box in column)
            self._frame(LOADERS_TITLE, left, top + high, width, low - high)
        for child, (x, y) in zip(part.children, part.layout.corners, strict=True):
            if isinstance(child, int):
                self.corners[child] = (left + x, top + y)
            else:
                self.place(child, left + x, top + y)

    def _frame(self, title: str, left: float, top: float, width: float, height: float) -> None:
        size = Box(width + 2 * _PAD, height + _HEADER + _PAD)
        self.frames.append(Frame(title, (left - _PAD, top - _HEADER), size))

    def _first(self, part: _Part) -> list[int]:
        """The loaders among the children of a part, by index."""
        return [place for place, child in enumerate(part.children) if isinstance(child, int) and child in self._loaders]

    def _split(self, part: _Part) -> None:
        """Turn each unconnected piece into a part without a title, if there are several."""
        number = {node: place for place, child in enumerate(part.children) for node in _nodes(child)}
        ends = [(number[link.source], number[link.target]) for link in part.links]
        piece = pieces(len(part.children), ends, self._first(part))
        found: dict[int, _Part] = {}
        for place, child in enumerate(part.children):
            found.setdefault(piece[place], _Part()).children.append(child)
        if sum(len(inner.children) > 1 for inner in found.values()) < 2:
            return
        between: list[Link] = []
        for link, (source, target) in zip(part.links, ends, strict=True):
            (found[piece[source]].links if piece[source] == piece[target] else between).append(link)
        part.children, part.links = [], between
        for inner in found.values():
            if len(inner.children) == 1:
                part.children += inner.children
            else:
                inner.members = [node for child in inner.children for node in _nodes(child)]
                part.children.append(inner)


def _alike(one: int, other: int) -> bool:
    """Whether parts of these node counts seem to do the same for different things.

    Such parts go one below the other, even if one gives the other something that both need.
    """
    return abs(one - other) <= max(one, other) / 5


def pieces(count: int, links: Sequence[tuple[int, int]], loaders: Collection[int]) -> list[int]:
    """Which of `count` things are connected: a number for each, the same within a piece.

    Neither a loader nor anything that feeds many ties others together. A loader joins what it feeds if that is a single
    piece; otherwise it is a piece of its own.
    """
    feeds = Counter(source for source, _ in links)
    parent = list(range(count))

    def head(thing: int) -> int:
        while parent[thing] != thing:
            parent[thing] = parent[parent[thing]]
            thing = parent[thing]
        return thing

    fed: dict[int, set[int]] = {loader: set() for loader in loaders}
    for source, target in links:
        if source not in fed and feeds[source] <= _HUB:
            one, other = head(source), head(target)
            parent[max(one, other)] = min(one, other)
    for source, target in links:
        if source in fed:
            fed[source].add(head(target))
    return [next(iter(fed[thing])) if len(fed.get(thing, ())) == 1 else head(thing) for thing in range(count)]
