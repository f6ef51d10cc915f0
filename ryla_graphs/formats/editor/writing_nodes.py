"""The nodes of a prompt as the editor draws them: slots, widgets in their positions, sizes, what the editor offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ryla_graphs import catalogs, sockets
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.formats.editor.arranging import Parts
from ryla_graphs.formats.editor.layout import Box
from ryla_graphs.formats.editor.widgets import UNDEFINED, Sends, Widget, grow, slots
from ryla_graphs.formats.editor.writing_text import literal
from ryla_graphs.prompt import ForeignNode, Link, Prompt, PromptNode, is_link, unwrap
from ryla_graphs.software.packs import PACKS, folder_of
from ryla_graphs.weights import needed

TITLE_HEIGHT = 30.0
ROW = 20.0
WIDGET_ROW = 24.0


@dataclass(slots=True)
class Input:
    """An input slot that is drawn: a socket, or a widget with a link."""

    name: str
    type: str
    widget: bool = False
    source: Link | None = None
    label: str | None = None


class Output(NamedTuple):
    """An output slot."""

    name: str
    type: str


@dataclass(slots=True)
class Drawn:
    """A node as it stands in one graph of the file, before it has a place."""

    id: str
    type: str
    title: str | None
    inputs: list[Input]
    outputs: list[Output]
    values: list[tuple[Widget, Any]]
    """Those that have a position."""
    properties: dict[str, Any]
    box: Box
    parts: Parts = ()
    loads: bool = False
    """Whether it has its place in the column of models."""

    def enters(self, place: int) -> float:
        """How far below the node's upper edge its input at this place is."""
        sockets_only = [slot for slot in self.inputs if not slot.widget]
        if not self.inputs[place].widget:
            return TITLE_HEIGHT + ROW * (place + 0.7)
        rows = max(len(sockets_only), len(self.outputs))
        names = [widget.name for widget, _ in self.values]
        below = names.index(self.inputs[place].name) if self.inputs[place].name in names else 0
        return TITLE_HEIGHT + ROW * rows + WIDGET_ROW * (below + 0.5)

    def leaves(self, slot: int) -> float:
        """How far below the node's upper edge an output is."""
        return TITLE_HEIGHT + ROW * (slot + 0.7)


def drawn_nodes(prompt: Prompt) -> Iterator[Drawn]:
    """The nodes of a prompt in its order; links still name nodes by their ids in the prompt."""
    offered = _models(prompt)
    types = Types(prompt)
    for node in prompt.every_node():
        drawn = _known(node, types) if isinstance(node, PromptNode) else _foreign(node, types)
        if node.id in offered:
            drawn.properties["models"] = offered[node.id]
        yield drawn


class Types:
    """What the outputs of a prompt's nodes carry, those of match groups found upstream."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._found: dict[Link, str] = {}
        self.used: dict[str, int] = {}
        """The number of outputs of each node that others use."""
        for node in prompt.every_node():
            for link in node.wires.values():
                self.used[link.node] = max(self.used.get(link.node, 0), link.slot + 1)

    def of(self, link: Link) -> str:
        """The type as the editor writes it; ``*`` where it is not known."""
        path: list[Link] = []
        while link not in self._found:
            path.append(link)
            self._found[link] = sockets.ANY
            step = self._step(link)
            if isinstance(step, str):
                self._found[link] = step
                break
            link = step
        for passed in path:
            self._found[passed] = self._found[link]
        return self._found[link]

    def _step(self, link: Link) -> str | Link:
        """The type of an output, or the link that brings it."""
        node = self._prompt.nodes.get(link.node)
        if node is None or not 0 <= link.slot < len(node.schema.outputs):
            return sockets.ANY
        output = node.schema.outputs[link.slot]
        if output.match is None:
            return output.type if isinstance(output.type, str) else sockets.COMBO
        for name, wire in node.wires.items():
            spec = node.known.get(name)
            if spec is not None and spec.match == output.match:
                return wire
        return sockets.ANY


def _known(node: PromptNode, types: Types) -> Drawn:
    schema = node.schema
    given = {name: unwrap(value) for name, value in node.inputs.items() if not is_link(value)}
    values = [(widget, value) for widget, value in grow(schema, lambda w: _value(w, given)) if widget.saved]
    inputs = [
        Input(slot.name, slot.type, slot.widget is not None, node.wires.get(slot.name))
        for slot in slots(schema, node.wires, dict(given))
        if slot.widget is None or slot.name in node.wires
    ]
    named = {slot.name for slot in inputs}
    # What the class has no slot for keeps its link: the editor does, and a newer server may know the input.
    inputs += [Input(name, types.of(link), source=link) for name, link in node.wires.items() if name not in named]
    outputs = [Output(output.name, types.of(Link(node.id, slot))) for slot, output in enumerate(schema.outputs)]
    return Drawn(
        id=node.id,
        type=node.class_type,
        title=None,
        inputs=inputs,
        outputs=outputs,
        values=values,
        properties=_properties(schema),
        box=size_of(schema.display_name, inputs, outputs, values, shows=_shows_pictures(schema)),
    )


def _value(widget: Widget, given: Mapping[str, Any]) -> Any:
    """What a widget shows, so that the editor sends what was given; a value left out is the default."""
    if widget.name == "control_after_generate" and widget.spec is None:
        return "fixed"
    value = given.get(widget.name, widget.default)
    if value is UNDEFINED:
        return None
    return literal(value) if widget.sends is Sends.DYNAMIC_PROMPT and isinstance(value, str) else value


def _foreign(node: ForeignNode, types: Types) -> Drawn:
    """A node of an unknown class: its inputs and outputs are those that the prompt shows."""
    inputs = [Input(name, types.of(link), source=link) for name, link in node.wires.items()]
    outputs = [Output(f"output {slot}", sockets.ANY) for slot in range(types.used.get(node.id, 0))]
    values = [
        (Widget(name, _type_of(value)), unwrap(value)) for name, value in node.inputs.items() if not is_link(value)
    ]
    return Drawn(
        id=node.id,
        type=node.class_type,
        title=None,
        inputs=inputs,
        outputs=outputs,
        values=values,
        properties={"Node name for S&R": node.class_type},
        box=size_of(node.class_type, inputs, outputs, values),
    )


def _type_of(value: Any) -> str:
    kinds = {bool: "BOOLEAN", int: "INT", float: "FLOAT", str: "STRING"}
    return kinds.get(type(value), sockets.ANY)


# --- what the editor offers to fetch ---------------------------------------------------------------------------


def _properties(schema: NodeSchema) -> dict[str, Any]:
    """Where the class comes from, so that an editor without it can offer the pack."""
    named = {"Node name for S&R": schema.class_type}
    folder = folder_of(schema)
    if folder is None:
        return named | {"cnr_id": "comfy-core", "ver": catalogs.COMFYUI_VERSION}
    pack = PACKS.get(folder)
    if pack is None:
        return named
    registered = {"cnr_id": pack.registry_id} if pack.registry_id else {}
    return named | registered | {"aux_id": pack.repository, "ver": pack.commit}


def _models(prompt: Prompt) -> dict[str, list[dict[str, str]]]:
    """By node, the weight files that it names and where each can be had, so that an editor offers to download them."""
    found: dict[str, list[dict[str, str]]] = {}
    for need in needed(prompt):
        if need.weight is None or not need.weight.sources:
            continue
        # The editor downloads without a token, so an open copy of a gated file is of more use to it.
        source = min(need.weight.sources, key=lambda source: source.gated)
        model = {"name": need.name, "url": source.url, "directory": need.folder}
        if need.weight.sha256:
            model |= {"hash": need.weight.sha256, "hash_type": "SHA256"}
        found.setdefault(need.node, []).append(model)
    return found


# --- sizes ------------------------------------------------------------------------------------------------------

_LETTER = 8.4
"""The width of a letter of a slot or title, at most on average."""
_SMALL_LETTER = 6.6
"""That of a widget."""
_NARROWEST, _WITH_WIDGETS, _WIDEST = 210.0, 300.0, 420.0
_PICTURE = 280.0
"""Room for a picture below the widgets."""
_TEXT_WIDGETS = frozenset({"MARKDOWN", "TEXTAREA"})
_TALL_WIDGETS: Mapping[str, float] = {
    **dict.fromkeys(("LOAD_3D", "LOAD_3D_ADVANCED", "PREVIEW_3D", "IMAGECOMPARE", "WEBCAM", "PAINTER"), 400.0),
    **dict.fromkeys(("CURVE", "RANGE", "BOUNDING_BOXES", "COMPOSITOR", "GALLERIA", "CHART", "VIDEO_EDIT"), 250.0),
    **dict.fromkeys(("AUDIO_UI", "AUDIO_RECORD", "COLORS"), 60.0),
}


def size_of(
    title: str,
    inputs: Sequence[Input],
    outputs: Sequence[Output],
    values: Sequence[tuple[Widget, Any]],
    *,
    shows: bool = False,
) -> Box:
    """The size of a node, its title included: at least what the editor needs for its slots, widgets and texts."""
    left = max((len(slot.name) for slot in inputs if not slot.widget), default=0)
    right = max((len(output.name) for output in outputs), default=0)
    width = max(_NARROWEST, _LETTER * (left + right) + 30, _LETTER * len(title) + 50)
    height = TITLE_HEIGHT + ROW * max(sum(not slot.widget for slot in inputs), len(outputs)) + 6
    if values:
        width = max(width, _WITH_WIDGETS, *(_widget_width(*held) for held in values))
        height += sum(_widget_height(*held) for held in values) + 8
    return Box(min(width, _WIDEST) if values else width, height + (_PICTURE if shows else 0.0))


def _is_text(widget: Widget) -> bool:
    return widget.type in _TEXT_WIDGETS or (widget.type == "STRING" and widget.spec is not None and widget.spec.multiline)


def _widget_width(widget: Widget, value: Any) -> float:
    if _is_text(widget):
        return _WIDEST - 20
    return _SMALL_LETTER * (len(widget.name) + min(len(str(value)), 40)) + 80


def _widget_height(widget: Widget, value: Any) -> float:
    if not _is_text(widget):
        return _TALL_WIDGETS.get(widget.type, WIDGET_ROW)
    lines = sum(1 + len(line) // 60 for line in str(value).split("\n"))
    return min(max(60.0 + 14.0 * lines, 110.0), 340.0)


def _shows_pictures(schema: NodeSchema) -> bool:
    """Whether the editor shows a picture or a video in the node."""
    if any(spec.upload in ("image", "video") for spec in schema.inputs):
        return True
    return schema.output_node and any(spec.type in ("IMAGE", "VIDEO") for spec in schema.inputs)
