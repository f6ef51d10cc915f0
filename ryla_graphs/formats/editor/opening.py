"""Opening a node of the file: today's slots and widgets of its class, with the file's links and values.

Slots are matched by name, values by position. A slot that the file has but the definition lacks stays as an extra
slot, because packs add slots in the browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary, proxy

from ryla_graphs import sockets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.facts import Json
from ryla_graphs.catalog.schema import InputSpec, NodeSchema
from ryla_graphs.formats.editor.document import EditorInput, EditorNode
from ryla_graphs.formats.editor.loaded import Held, InSlot, LoadedGraph, LoadedNode
from ryla_graphs.formats.editor.pack_nodes import own_placing
from ryla_graphs.formats.editor.parts import UNDEFINED, Brought, Slot, Widget
from ryla_graphs.formats.editor.widgets import autogrow, slots, widgets

_TITLES: Mapping[str, str] = {
    "LTXVConcatAVLatent": "LTXVConcatAVLatent",
    "LTXVSeparateAVLatent": "LTXVSeparateAVLatent",
    "ByteDanceSeedreamNodeV2": "ByteDance Seedream 4.5 & 5.0",
    "ByteDance2ReferenceNode": "ByteDance Seedance 2.5 Reference to Video",
    "IdeogramPImage": "Ideogram P-Image",
    "TopazImageEnhance": "Topaz Image Enhance",
}
"""Classes that the editor names differently from the server (ComfyUI 0.33 with its editor 1.49.6)."""


@dataclass(frozen=True)
class Template:
    """The state in which every new node of a class starts."""

    schema: NodeSchema

    @cached_property
    def title(self) -> str:
        """What the editor calls a node without a name of its own."""
        return _TITLES.get(self.schema.class_type, self.schema.display_name)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return slots(self.schema)

    @cached_property
    def widgets(self) -> tuple[Widget, ...]:
        return widgets(self.schema)

    @cached_property
    def saved(self) -> int:
        """How many of the widgets have a value in a file."""
        return sum(widget.saved for widget in self.widgets)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        return tuple(_output_type(output.type) for output in self.schema.outputs)

    @cached_property
    def brought(self) -> dict[tuple[str, str], Brought]:
        """What the choices of its dynamic combos bring, for the choices made so far."""
        return {}

    @cached_property
    def autogrow(self) -> Mapping[str, InputSpec]:
        return dict(autogrow(self.schema.inputs))

    @cached_property
    def positions(self) -> tuple[bool, ...] | None:
        """For old files, in which sockets have dummy values: which positions are sockets; None if there are none."""
        if not any(spec.force_input for spec in self.schema.inputs):
            return None
        names = {widget.name for widget in self.widgets}
        found: list[bool] = []
        for spec in self.schema.inputs:
            if spec.name in names or spec.force_input:
                found += [spec.force_input, False] if spec.control_after_generate else [spec.force_input]
        return tuple(found)

    @cached_property
    def is_plain(self) -> bool:
        """Whether slots and widgets never depend on links or values, and all values go by position."""
        name = self.schema.class_type
        return not self.schema.is_dynamic and name != "CustomCombo" and own_placing(name) is None


_TEMPLATES: WeakKeyDictionary[Catalog, Templates] = WeakKeyDictionary()


class Templates(dict[str, Template]):
    """The templates of a catalog's classes, each made on first use."""

    def __init__(self, catalog: Catalog) -> None:
        self._entries = proxy(catalog)

    def __missing__(self, class_type: str) -> Template:
        """The template of a class in the catalog; raises `KeyError` for others."""
        made = self[class_type] = Template(self._entries[class_type])
        return made


def templates(catalog: Catalog) -> Templates:
    """The templates of a catalog, kept as long as the catalog lives."""
    found = _TEMPLATES.get(catalog)
    if found is None:
        found = _TEMPLATES[catalog] = Templates(catalog)
    return found


def open_node(file: EditorNode, number: str, made: Template, graph: LoadedGraph) -> LoadedNode:
    """A node of a known class."""
    node = LoadedNode(
        file,
        number,
        made.schema,
        file.title or made.title,
        False,
        made.outputs,
        made.brought,
    )
    _match_inputs(node, file.inputs or (), made.slots)
    values = file.values
    if made.is_plain and (values is None or isinstance(values, list)):
        values = _without_sockets(values, made.positions)
        node.widgets = _held(made.widgets, values)
        if values is not None and len(values) > made.saved:
            graph.leave(node, values[made.saved :])
        return node
    node.widgets = _held(made.widgets, ())
    if made.autogrow:
        node.grows = made.autogrow
        _grow(node, graph)
    own = own_placing(file.type)
    if (own is None or not own(node, values, graph)) and values is not None:
        _place(node, _without_sockets(values, made.positions), graph)
    combos = (number for number, slot in enumerate(node.inputs) if slot.type == sockets.DYNAMIC_COMBO)
    if (first := next(combos, None)) is not None:
        # The editor inserts the inputs of a dynamic combo after it and re-aims their links at once, other links later.
        graph.aim_links(node, first + 1)
    return node


def open_plain(file: EditorNode, number: str, *, inputs: Sequence[InSlot] = (), outputs: int = 0) -> LoadedNode:
    """A node that no definition describes: with the file's own slots, or the given ones if it has none."""
    given = [InSlot(*slot) for slot in file.inputs or ()]
    return LoadedNode(
        file=file,
        id=number,
        schema=None,
        title=file.title,
        inputs=[*given, *inputs[len(given) :]],
        output_types=("*",) * outputs,
    )


def _match_inputs(node: LoadedNode, given: Sequence[EditorInput], defined: Sequence[Slot]) -> None:
    """Give a node the slots of its class, with the file's links by name, followed by the file's other slots."""
    inputs = []
    waiting = iter(given)
    old = next(waiting, None)
    for name, kind, widget in defined:
        # Most files have the slots in today's order, so try the next one before making a table of names.
        if old is not None and old[0] == name:
            inputs.append(InSlot(name, kind, old[2], widget, old[4]))
            old = next(waiting, None)
        else:
            inputs.append(InSlot(name, kind, None, widget))
    if old is not None:
        by_name = {slot.name: slot for slot in given}
        for slot in inputs:
            old = by_name.pop(slot.name, None)
            slot.link, slot.label = (None, None) if old is None else (old.link, old.label)
        node.extra = bool(by_name)
        inputs += [InSlot(*slot) for slot in given if slot.name in by_name]
    node.inputs = inputs


def _output_type(declared: sockets.WireType) -> str:
    if not isinstance(declared, str):
        return sockets.COMBO
    return sockets.ANY if declared == sockets.MATCH else declared


def _grow(node: LoadedNode, graph: LoadedGraph) -> None:
    """Show the slot after each linked slot of the autogrow inputs."""
    number = 0
    while number < len(node.inputs):
        slot = node.inputs[number]
        if slot.link is not None and slot.link in graph.links and "." in slot.name:
            node.extend(slot)
        number += 1


def _without_sockets(values: Json, positions: tuple[bool, ...] | None) -> Json:
    if positions is None or not isinstance(values, list) or len(values) != len(positions):
        return values
    return [value for value, of_socket in zip(values, positions, strict=True) if not of_socket]


def _held(widgets: Sequence[Widget], values: Sequence[Json] | None) -> list[Held]:
    """Widgets with values by position, and with their defaults after the last value."""
    given = iter(values or ())
    found = []
    for widget in widgets:
        value = next(given, widget.default) if widget.saved else widget.default
        found.append(Held(widget, value if value is not None else as_held(widget, None)))
    return found


def _place(node: LoadedNode, values: Json, graph: LoadedGraph) -> None:
    """Give the widgets the file's values by position, if values change which widgets follow."""
    listed: list[Json] | None = values if isinstance(values, list) else None
    named: dict[str, Json] = values if isinstance(values, dict) else {}
    position = number = 0
    while number < len(node.widgets):
        held = node.widgets[number]
        number += 1
        if not held.widget.saved:
            continue
        if listed is not None and position >= len(listed):
            break
        value = named.get(str(position), UNDEFINED) if listed is None else listed[position]
        position += 1
        node.set_value(held, as_held(held.widget, value), graph)
    if listed is not None and len(listed) > position:
        graph.leave(node, listed[position:])


def as_held(widget: Widget, value: Any) -> Any:
    """A value as the widget holds it: a multi-line text box shows a text even for an absent value."""
    if value is None or value is UNDEFINED:
        spec = widget.spec
        if widget.default is UNDEFINED and widget.type == "STRING":
            return UNDEFINED  # the server's own text, which is unknown here
        if spec is not None and (widget.type == "MARKDOWN" or (widget.type == "STRING" and spec.multiline)):
            return "" if value is None else "undefined"
    return value
