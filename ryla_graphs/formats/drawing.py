"""A graph as a picture: where its nodes and links are, as data and as SVG. Written only, never read.

The page draws a running graph from `drawn`; notebooks show `svg`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from html import escape
from math import ceil
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.formats.editor.boxes import Box
from ryla_graphs.formats.editor.boxes import Link as Line
from ryla_graphs.formats.editor.layout import layered
from ryla_graphs.prompt import Link, Prompt, PromptNode

HEAD, ROW, LETTER, NARROWEST, MARGIN = 44.0, 20.0, 7.2, 150.0, 12.0
"""Sizes in pixels: a box's head, a row of slots, a letter, the least width, and the space around it all."""

_LONGEST = 40
_COLOURS = {
    "MODEL": "#7c6fe0",
    "CLIP": "#c99a2e",
    "VAE": "#d05a5a",
    "CONDITIONING": "#d98236",
    "LATENT": "#d062a8",
    "IMAGE": "#3f8fd6",
    "MASK": "#4f9d6a",
    "CONTROL_NET": "#2f9e93",
}
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1d2330}.id,.slot{font-size:10.5px;fill:#5b6475}"
    ".node rect{fill:#fff;stroke:#b6becb}.link{fill:none;stroke-width:1.8;opacity:.85}"
    "@media(prefers-color-scheme:dark){text{fill:#e8ebf2}.id,.slot{fill:#9aa4b5}"
    ".node rect{fill:#232834;stroke:#4a5364}}"
    ".output rect{stroke:#2a7d4f;stroke-width:2}.marked rect{stroke:#d64545;stroke-width:2}"
)


@dataclass(frozen=True, slots=True)
class DrawnSlot:
    """An input that a link ends at, or an output that one begins at."""

    name: str
    type: str
    y: float
    """Below the top of its node."""


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A box."""

    id: str
    class_type: str
    title: str
    output: bool
    """Whether it is an output node."""
    x: float
    y: float
    width: float
    height: float
    inputs: tuple[DrawnSlot, ...]
    outputs: tuple[DrawnSlot, ...]


@dataclass(frozen=True, slots=True)
class DrawnLink:
    """A link from an output slot of one node into an input of another."""

    source: str
    slot: int
    target: str
    input: str
    type: str
    leaves: float
    """Below the top of its source."""
    enters: float
    """Below the top of its target."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and links, from 0, 0 to `width`, `height`."""

    nodes: tuple[DrawnNode, ...]
    links: tuple[DrawnLink, ...]
    width: float
    height: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return asdict(self)


def drawn(prompt: Prompt) -> Drawing:
    """Where everything in a prompt goes; equal prompts are drawn equally. Links that lead nowhere are left out."""
    boxes = [_Boxed(prompt, node) for node in prompt.every_node()]
    place = {box.id: number for number, box in enumerate(boxes)}
    for box in boxes:
        for name, link in box.wires.items():
            if link.node in place:
                boxes[place[link.node]].leaves(link.slot)
                box.arrives(name, _carried(prompt, link))
    lines, links = [], []
    for number, box in enumerate(boxes):
        for name, link in box.wires.items():
            if (source := place.get(link.node)) is not None:
                leaves, enters = boxes[source].below_out(link.slot), box.below_in(name)
                lines.append(Line(source, leaves, number, enters))
                links.append(DrawnLink(link.node, link.slot, box.id, name, _carried(prompt, link), leaves, enters))
    layout = layered([Box(box.width, box.height) for box in boxes], lines)
    nodes = tuple(box.at(*corner) for box, corner in zip(boxes, layout.corners, strict=True))
    return Drawing(nodes, tuple(links), *layout.size)


class _Boxed:
    """A node whose slots are still being collected."""

    def __init__(self, prompt: Prompt, node: Any) -> None:
        self.id: str = node.id
        self.wires = node.wires
        self._class = node.class_type
        self._schema = node.schema if isinstance(node, PromptNode) else None
        meta = prompt.bodies.get(node.id)
        title = (
            meta.get("_meta", {}).get("title")
            if isinstance(meta, dict) and isinstance(meta.get("_meta"), dict)
            else None
        )
        self._title = title if isinstance(title, str) and title else self._class
        self._ins: dict[str, str] = {}
        self._outs: set[int] = set()

    def arrives(self, name: str, carried: str) -> None:
        self._ins[name] = carried

    def leaves(self, slot: int) -> None:
        self._outs.add(slot)

    def below_in(self, name: str) -> float:
        return HEAD + ROW * (list(self._ins).index(name) + 0.5)

    def below_out(self, slot: int) -> float:
        return HEAD + ROW * (sorted(self._outs).index(slot) + 0.5)

    @property
    def width(self) -> float:
        rows = [_cut(self._title), _cut(self.id)]
        ins = max(map(len, self._ins), default=0)
        outs = max((len(self._output(slot)[0]) for slot in self._outs), default=0)
        return max(NARROWEST, float(ceil(LETTER * max(*map(len, rows), ins + outs + 4) + 2 * MARGIN)))

    @property
    def height(self) -> float:
        return HEAD + ROW * max(len(self._ins), len(self._outs)) + 6

    def _output(self, slot: int) -> tuple[str, str]:
        """The name and type of an output."""
        known = self._schema.outputs if self._schema is not None else ()
        if not 0 <= slot < len(known):
            return str(slot), sockets.ANY
        return known[slot].name, sockets.describe(known[slot].type)

    def at(self, x: float, y: float) -> DrawnNode:
        ins = tuple(DrawnSlot(name, carried, self.below_in(name)) for name, carried in self._ins.items())
        outs = tuple(DrawnSlot(*self._output(slot), self.below_out(slot)) for slot in sorted(self._outs))
        output = self._schema is not None and self._schema.output_node
        return DrawnNode(self.id, self._class, self._title, output, x, y, self.width, self.height, ins, outs)


def _carried(prompt: Prompt, link: Link) -> str:
    carried = prompt.carried(link)
    return sockets.ANY if carried is None else sockets.describe(carried)


def svg(drawing: Drawing, *, marked: Collection[str] = ()) -> str:
    """The drawing as a standalone SVG document, light or dark like the reader's screen; `marked` nodes stand out."""
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    box = f"{-MARGIN:g} {-MARGIN:g} {width:g} {height:g}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="graph of {len(drawing.nodes)} nodes" style="max-width:100%;height:auto"><style>{_STYLE}</style>'
    )
    return "".join(
        [head, *_links(drawing), *(piece for node in drawing.nodes for piece in _node(node, marked)), "</svg>"]
    )


def _links(drawing: Drawing) -> Iterator[str]:
    nodes = {node.id: node for node in drawing.nodes}
    for link in drawing.links:
        source, target = nodes[link.source], nodes[link.target]
        left, top = source.x + source.width, source.y + link.leaves
        right, low = target.x, target.y + link.enters
        bend = max(40.0, abs(right - left) / 2)
        colour = _COLOURS.get(link.type, "#8a93a3")
        curve = f"M{left:g} {top:g}C{left + bend:g} {top:g} {right - bend:g} {low:g} {right:g} {low:g}"
        yield f'<path class="link" stroke="{colour}" d="{curve}"><title>{_text(link.type)}</title></path>'


def _node(node: DrawnNode, marked: Collection[str]) -> Iterator[str]:
    kinds = " ".join(["node", *(["output"] if node.output else []), *(["marked"] if node.id in marked else [])])
    yield f'<g class="{kinds}" transform="translate({node.x:g} {node.y:g})"><title>{_text(node.id)}</title>'
    yield f'<rect width="{node.width:g}" height="{node.height:g}" rx="8"/>'
    yield f'<text x="{MARGIN:g}" y="19">{_text(_cut(node.title))}</text>'
    yield f'<text class="id" x="{MARGIN:g}" y="34">{_text(_cut(node.id))}</text>'
    for slot in node.inputs:
        yield f'<text class="slot" x="{MARGIN:g}" y="{slot.y + 4:g}">{_text(slot.name)}</text>'
    for slot in node.outputs:
        place = f'text-anchor="end" x="{node.width - MARGIN:g}" y="{slot.y + 4:g}"'
        yield f'<text class="slot" {place}>{_text(slot.name)}</text>'
    yield "</g>"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _text(text: str) -> str:
    """Text for XML, which allows no control characters."""
    return escape("".join(character if character.isprintable() else "�" for character in text))
