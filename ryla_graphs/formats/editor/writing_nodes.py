"""The nodes of a prompt as the editor draws them: slots, widgets by position, sizes, downloads that it offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from ryla_graphs import catalogs, sockets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.origins import repositories_of
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.formats.editor.convert import LeftOut
from ryla_graphs.formats.editor.drawn import Drawn, Held, Input, Output, shows_pictures, size_of
from ryla_graphs.formats.editor.opening import Template, templates
from ryla_graphs.formats.editor.texts import DATE
from ryla_graphs.formats.editor.virtual import NEVER_SENT
from ryla_graphs.formats.editor.widgets import UNDEFINED, Sends, Slot, Widget, grow, slots
from ryla_graphs.formats.editor.writing_packs import added_widgets, properties_of, reads_names
from ryla_graphs.formats.editor.writing_text import can_be_literal, literal
from ryla_graphs.problems import shorten
from ryla_graphs.prompt import ForeignNode, Link, Prompt, PromptNode, is_link, unwrap
from ryla_graphs.software.packs import folder_of, pack_in
from ryla_graphs.weights import needed


def drawn_nodes(prompt: Prompt, lost: list[LeftOut]) -> Iterator[Drawn]:
    """The nodes of a prompt in its order; links still name nodes by their ids in the prompt.

    What the editor cannot hold is added to `lost`.
    """
    offered = _models(prompt)
    types = Types(prompt)
    classes = templates(prompt.catalog)
    for node in prompt.every_node():
        if isinstance(node, PromptNode):
            made = classes[node.class_type]
            held = [*_held(node, made), *added_widgets(node, made.slots)]
            drawn = _known(node, held, made, types)
            _keep_positions(drawn, made)
            yield from _values_of_sockets(node, drawn, prompt.catalog, lost)
            lost += _lost(node, drawn, held)
        else:
            drawn = _foreign(node, types)
        if node.id in offered:
            drawn.properties["models"] = offered[node.id]
        yield drawn


class Types:
    """The types of the outputs of a prompt's nodes; those of match groups are found upstream."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._found: dict[Link, str] = {}
        self.used: dict[str, int] = {}
        """For each node, one more than the highest output slot that others use."""
        for node in prompt.every_node():
            for link in node.wires.values():
                self.used[link.node] = max(self.used.get(link.node, 0), link.slot + 1)

    def of(self, link: Link) -> str:
        """The type as the editor writes it; ``*`` if it is unknown."""
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

    def link(self, link: Link) -> Link:
        """A link whose slot counts from the first output, if the outputs are known."""
        node = self._prompt.nodes.get(link.node)
        slot = link.slot + len(node.schema.outputs) if link.slot < 0 and node is not None else -1
        return Link(link.node, slot) if slot >= 0 else link

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


def _held(node: PromptNode, made: Template) -> Iterable[Held]:
    """The widgets with their values."""
    if made.is_plain:
        return ((widget, _value(node.inputs, widget)) for widget in made.widgets)
    return grow(node.schema, partial(_value, node.inputs))


def _slots(node: PromptNode, made: Template, held: Sequence[Held]) -> Sequence[Slot]:
    return made.slots if made.is_plain else slots(node.schema, node.inputs, {w.name: value for w, value in held})


def _known(node: PromptNode, held: Sequence[Held], made: Template, types: Types) -> Drawn:
    schema = node.schema
    values = [(widget, value) for widget, value in held if widget.saved]
    wires = {name: types.link(link) for name, link in node.wires.items()}
    inputs = [
        Input(slot.name, slot.type, slot.widget is not None, wires.get(slot.name))
        for slot in _slots(node, made, held)
        if slot.widget is None or slot.name in wires
    ]
    named = {slot.name for slot in inputs}
    # An input that the class has no slot for keeps its link: so in the editor, and a newer server may know the input.
    inputs += [Input(name, types.of(link), source=link) for name, link in wires.items() if name not in named]
    outputs = [Output(output.name, types.of(Link(node.id, slot))) for slot, output in enumerate(schema.outputs)]
    return Drawn(
        id=node.id,
        type=node.class_type,
        title=None,
        inputs=inputs,
        outputs=outputs,
        values=values,
        properties=_properties(node.class_type, schema) | properties_of(node),
        by_name=reads_names(schema.class_type),
        ends=schema.output_node,
        box=size_of(schema.display_name, inputs, outputs, held, shows=shows_pictures(schema)),
    )


def _value(inputs: Mapping[str, Any], widget: Widget) -> Any:
    """What a widget shows, so that the editor sends what was given; a value left out is the default."""
    if widget.name == "control_after_generate" and widget.spec is None:
        return "fixed"
    value = inputs.get(widget.name, widget.default)
    if value is UNDEFINED or is_link(value):
        return None if widget.default is UNDEFINED else widget.default
    value = unwrap(value)
    return literal(value) if widget.sends is Sends.DYNAMIC_PROMPT and isinstance(value, str) else value


def _keep_positions(drawn: Drawn, made: Template) -> None:
    """Append a value if the editor would mistake the list for an old file's and remove the values of sockets."""
    if made.positions is not None and len(made.positions) == len(drawn.values):
        drawn.values.append((Widget("", sockets.ANY), None))


_PRIMITIVES: Mapping[type, str] = {
    bool: "PrimitiveBoolean",
    int: "PrimitiveInt",
    float: "PrimitiveFloat",
    str: "PrimitiveStringMultiline",
}


def _values_of_sockets(node: PromptNode, drawn: Drawn, catalog: Catalog, lost: list[LeftOut]) -> Iterator[Drawn]:
    """A node for each value of an input that has a socket but no widget in the editor, and so can only be linked."""
    for slot in drawn.inputs:
        value = node.inputs.get(slot.name)
        if slot.source is not None or slot.name not in node.inputs:
            continue
        class_type = _PRIMITIVES.get(type(value))
        if class_type is None or class_type not in catalog:
            lost.append(LeftOut(node.id, slot.name, f"the editor has no widget for it, so {shorten(value)} stays out"))
            continue
        schema = catalog[class_type]
        number = f"{node.id}-{slot.name}"
        slot.source = Link(number, 0)
        held = list(grow(schema, partial(_value, {"value": value})))
        outputs = [Output(output.name, str(output.type)) for output in schema.outputs]
        box = size_of(slot.name, (), outputs, held)
        yield Drawn(number, class_type, slot.name, [], outputs, held, _properties(class_type, schema), box)


def _lost(node: PromptNode, drawn: Drawn, held: Sequence[Held]) -> Iterator[LeftOut]:
    """The values of a node that the editor does not send unchanged."""
    if node.class_type in NEVER_SENT:
        yield LeftOut(node.id, node.class_type, "the editor sends no node of this class")
        return
    widgets = {widget.name: widget for widget, _ in held if widget.sends is not Sends.NOTHING}
    sockets_here = {slot.name for slot in drawn.inputs}
    for name, value in node.inputs.items():
        if is_link(value) or name in sockets_here:
            continue
        widget = widgets.get(name)
        if widget is None:
            yield LeftOut(node.id, name, f"{node.class_type} has no such widget in the editor")
        elif not _comes_back(widget, unwrap(value)):
            yield LeftOut(node.id, name, f"the editor makes something else of {shorten(value)}")


_HELD = frozenset({Sends.VALUE, Sends.DYNAMIC_PROMPT, Sends.FILE_NAME, Sends.OPTION, Sends.INDEX})
"""The kinds of widgets that send what they hold."""
_MADE = frozenset({Sends.OWN_ID, Sends.VIEW, Sends.COMPARED})
"""The kinds that send what only the editor makes."""


def _comes_back(widget: Widget, value: Any) -> bool:
    """Whether the editor sends a value as the widget was given it."""
    if not widget.saved:
        return bool(value == widget.default)
    if widget.sends is Sends.DYNAMIC_PROMPT and isinstance(value, str):
        return can_be_literal(value)
    if widget.sends is Sends.FILE_NAME and isinstance(value, str):
        return DATE.search(value) is None
    if widget.sends is Sends.IF_SAVED:
        return bool(value == "")
    return widget.sends not in _MADE and (widget.sends in _HELD or bool(value == widget.default))


_MOST = 1000
"""The most outputs that an unknown class is drawn with, whatever slots the links name."""


def _foreign(node: ForeignNode, types: Types) -> Drawn:
    """A node of an unknown class: its inputs and outputs are those seen in the prompt."""
    wires = {name: types.link(link) for name, link in node.wires.items()}
    inputs = [Input(name, types.of(link), source=link) for name, link in wires.items()]
    outputs = [Output(f"output {slot}", sockets.ANY) for slot in range(min(types.used.get(node.id, 0), _MOST))]
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
        properties=_properties(node.class_type),
        box=size_of(node.class_type, inputs, outputs, values),
    )


def _type_of(value: Any) -> str:
    kinds = {bool: "BOOLEAN", int: "INT", float: "FLOAT", str: "STRING"}
    return kinds.get(type(value), sockets.ANY)


# --- what the editor offers to fetch ---------------------------------------------------------------------------


def _properties(class_type: str, schema: NodeSchema | None = None) -> dict[str, Any]:
    """Where a class comes from, so that an editor without it can offer the pack."""
    named = {"Node name for S&R": class_type}
    folder = folder_of(schema) if schema is not None else None
    if schema is not None and folder is None:
        return named | {"cnr_id": "comfy-core", "ver": catalogs.COMFYUI_VERSION}
    if folder is not None and (pack := pack_in(folder)) is not None:
        registered = {"cnr_id": pack.registry_id} if pack.registry_id else {}
        return named | registered | {"aux_id": pack.repository, "ver": pack.commit}
    found = _repository(class_type)
    return named | ({"aux_id": found} if found else {})


@lru_cache(maxsize=4096)
def _repository(class_type: str) -> str | None:
    return next(iter(repositories_of(class_type)), None)


def _models(prompt: Prompt) -> dict[str, list[dict[str, str]]]:
    """By node, the weight files that it names and where to get each, so that an editor offers to download them."""
    found: dict[str, list[dict[str, str]]] = {}
    for need in needed(prompt):
        if need.weight is None or not need.weight.sources:
            continue
        # The editor downloads without a token, so an open copy of a gated file is more useful to it.
        source = min(need.weight.sources, key=lambda source: source.gated)
        model = {"name": need.name, "url": source.url, "directory": need.folder}
        if need.weight.sha256:
            model |= {"hash": need.weight.sha256, "hash_type": "SHA256"}
        found.setdefault(need.node, []).append(model)
    return found
