"""Opening a node of the file: today's slots and widgets of its class, with the file's links and values.

Slots are matched by name, values by position. What the definition does not have any more but the file does stays as
an extra slot, because packs add slots in the browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from ryla_graphs import sockets
from ryla_graphs.catalog.object_info import Catalog
from ryla_graphs.catalog.schema import InputSpec, Json, NodeSchema
from ryla_graphs.formats.editor.document import EditorInput, EditorNode
from ryla_graphs.formats.editor.loaded import Held, InSlot, LoadedGraph, LoadedNode, OutSlot
from ryla_graphs.formats.editor.pack_nodes import own_placing
from ryla_graphs.formats.editor.parts import UNDEFINED, Slot, Widget
from ryla_graphs.formats.editor.widgets import autogrow, slots, widgets

_TITLES: Mapping[str, str] = {
    "LTXVConcatAVLatent": "LTXVConcatAVLatent",
    "LTXVSeparateAVLatent": "LTXVSeparateAVLatent",
    "ByteDanceSeedreamNodeV2": "ByteDance Seedream 4.5 & 5.0",
    "ByteDance2ReferenceNode": "ByteDance Seedance 2.5 Reference to Video",
    "IdeogramPImage": "Ideogram P-Image",
    "TopazImageEnhance": "Topaz Image Enhance",
}
"""The names of classes that the editor calls otherwise than the server does (ComfyUI 0.33 with its editor 1.49.6)."""


@dataclass(frozen=True)
class Template:
    """What every new node of a class starts with."""

    schema: NodeSchema

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return slots(self.schema)

    @cached_property
    def widgets(self) -> tuple[Widget, ...]:
        return widgets(self.schema)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        return tuple(_output_type(output.type) for output in self.schema.outputs)

    @cached_property
    def autogrow(self) -> Mapping[str, InputSpec]:
        return dict(autogrow(self.schema.inputs))

    @cached_property
    def positions(self) -> tuple[bool, ...] | None:
        """For files from before sockets lost their dummy values: which positions are of sockets; None for no such."""
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
        """Whether no value changes which widgets there are."""
        return not self.schema.is_dynamic and self.schema.class_type != "CustomCombo"


_TEMPLATES: WeakKeyDictionary[Catalog, dict[str, Template]] = WeakKeyDictionary()


def template(catalog: Catalog, class_type: str) -> Template | None:
    """The template of a class, made once a catalog; None where the catalog does not have the class."""
    known = _TEMPLATES.setdefault(catalog, {})
    found = known.get(class_type)
    if found is None and class_type in catalog:
        found = known[class_type] = Template(catalog[class_type])
    return found


def open_node(file: EditorNode, number: str, made: Template, graph: LoadedGraph) -> LoadedNode:
    """A node of a known class."""
    node = LoadedNode(
        file=file,
        id=number,
        schema=made.schema,
        title=file.title or _TITLES.get(made.schema.class_type, made.schema.display_name),
        inputs=_inputs(file.inputs or (), made.slots),
        outputs=_outputs(file, made.outputs),
        widgets=[Held(widget, widget.default) for widget in made.widgets],
        grows=dict(made.autogrow),
    )
    if node.grows:
        _grow(node, graph)
    own = own_placing(file.type)
    if own is not None and own(node, file.values, graph):
        return node
    if file.values is not None:
        _place(node, _without_sockets(file.values, made.positions), made.is_plain, graph)
    return node


def open_plain(file: EditorNode, number: str, *, inputs: Sequence[InSlot] = (), outputs: int = 0) -> LoadedNode:
    """A node that no definition describes: the file's own slots, or these where it has none."""
    given = [InSlot(slot.name, slot.type, slot.link, slot.widget, slot.label) for slot in file.inputs or ()]
    return LoadedNode(
        file=file,
        id=number,
        schema=None,
        title=file.title,
        inputs=[*given, *inputs[len(given) :]],
        outputs=_outputs(file, ("*",) * outputs),
    )


def _inputs(given: Sequence[EditorInput], defined: Sequence[Slot]) -> list[InSlot]:
    by_name = {slot.name: slot for slot in given}
    found: list[InSlot] = []
    for slot in defined:
        old = by_name.pop(slot.name, None)
        if old is None:
            found.append(InSlot(slot.name, slot.type, None, slot.widget))
        else:
            found.append(InSlot(slot.name, slot.type, old.link, slot.widget, old.label))
    if by_name:
        found += [
            InSlot(slot.name, slot.type, slot.link, slot.widget, slot.label) for slot in given if slot.name in by_name
        ]
    return found


def _outputs(file: EditorNode, types: Sequence[str]) -> list[OutSlot]:
    given = file.outputs or ()
    found = [OutSlot(kind, given[number].links if number < len(given) else ()) for number, kind in enumerate(types)]
    return found + [OutSlot(output.type, output.links) for output in given[len(types) :]]


def _output_type(declared: sockets.WireType) -> str:
    if not isinstance(declared, str):
        return sockets.COMBO
    return sockets.ANY if declared == sockets.MATCH else declared


def _grow(node: LoadedNode, graph: LoadedGraph) -> None:
    """Show the slot behind each linked one of the autogrow inputs."""
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


def _place(node: LoadedNode, values: Json, is_plain: bool, graph: LoadedGraph) -> None:
    """Give the widgets the file's values by position."""
    count = len(values) if isinstance(values, list) else None
    position = number = 0
    while number < len(node.widgets):
        held = node.widgets[number]
        number += 1
        if not held.widget.saved:
            continue
        if count is not None and position >= count:
            break
        value = values[position] if count is not None else values.get(str(position), UNDEFINED)
        position += 1
        value = as_held(held.widget, value)
        if is_plain:
            held.value = value
        else:
            node.set_value(held, value, graph)


def as_held(widget: Widget, value: Any) -> Any:
    """A value as the widget holds it: a text box of several lines shows something for nothing."""
    if value is None or value is UNDEFINED:
        spec = widget.spec
        if spec is not None and (widget.type == "MARKDOWN" or (widget.type == "STRING" and spec.multiline)):
            return "" if value is None else "undefined"
    return value
