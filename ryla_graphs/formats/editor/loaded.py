"""A workflow as the editor holds it after loading the file: slots of today's definitions, widgets with values.

Loading changes things (a link to a removed slot is cut, a promoted widget gets a port), so these are mutable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.formats.editor.document import BYPASSED, MUTED, EditorLink, EditorNode
from ryla_graphs.formats.editor.fields import output
from ryla_graphs.formats.editor.parts import Brought, Sends, Widget
from ryla_graphs.formats.editor.widgets import chosen, custom_option
from ryla_graphs.problems import shorten


@dataclass(eq=False, slots=True)
class InSlot:
    """An input slot."""

    name: str
    type: str
    link: str | None = None
    widget: str | None = None
    label: str | None = None
    written: bool = False
    """Whether a primitive wrote its value into the slot's widget."""


@dataclass(eq=False, slots=True)
class OutSlot:
    """An output slot, with the links that the file gives it."""

    type: str
    links: list[str] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Held:
    """A widget and its value."""

    widget: Widget
    value: Any

    @property
    def name(self) -> str:
        return self.widget.name


@dataclass(eq=False, slots=True)
class LoadedNode:
    """A node as the editor holds it."""

    file: EditorNode
    id: str
    schema: NodeSchema | None
    title: str | None
    virtual: bool = False
    output_types: tuple[str, ...] = ()
    """The types of the outputs that the class has; the file may have more."""
    brought: dict[tuple[str, str], Brought] = field(default_factory=dict)
    """What choices of dynamic combos brought, by name and choice; shared by nodes of one class."""
    inputs: list[InSlot] = field(default_factory=list)
    widgets: list[Held] = field(default_factory=list)
    subgraph: LoadedGraph | None = None
    """The definition, if the node is an instance of a subgraph."""
    promoted: dict[str, Held] = field(default_factory=dict)
    """The widgets that an instance promotes, with values of its own, by the names of its inputs."""
    grows: Mapping[str, InputSpec] = field(default_factory=dict)
    """The autogrow inputs seen so far, by name."""
    extra: bool = False
    """Whether the file has slots that the class does not."""
    _outputs: list[OutSlot] | None = None

    @property
    def outputs(self) -> list[OutSlot]:
        """The output slots, made on first use, because few nodes' outputs are looked at."""
        if self._outputs is None:
            given, types = [output(slot) for slot in self.file.outputs or ()], self.output_types
            found = [OutSlot(kind, list(slot.links)) for kind, slot in zip(types, given, strict=False)]
            found += [OutSlot(kind) for kind in types[len(given) :]]
            self._outputs = found + [OutSlot(slot.type, list(slot.links)) for slot in given[len(types) :]]
        return self._outputs

    @outputs.setter
    def outputs(self, slots: list[OutSlot]) -> None:
        self._outputs = slots

    @property
    def type(self) -> str:
        return self.file.type

    @property
    def runs(self) -> bool:
        return self.file.mode not in (MUTED, BYPASSED)

    @property
    def plain(self) -> bool:
        """Whether a link from this node really comes from it."""
        return not self.virtual and self.file.mode not in (MUTED, BYPASSED)

    def held(self, name: str | None) -> Held | None:
        """The first widget of this name."""
        return next((held for held in self.widgets if held.widget.name == name), None)

    def widget_at(self, slot: InSlot) -> Held | None:
        """The widget of one of the node's slots."""
        if slot.widget is None:
            return None
        return self.promoted.get(slot.widget) if self.subgraph is not None else self.held(slot.widget)

    def input(self, name: str) -> InSlot | None:
        return next((slot for slot in self.inputs if slot.name == name), None)

    def set_value(self, held: Held, value: Any, graph: LoadedGraph) -> None:
        """Give a widget a value, and change everything that the editor then changes."""
        held.value = value
        spec = held.widget.spec
        if spec is not None and spec.kind is Kind.DYNAMIC_COMBO:
            self._choose(held, spec, graph)
        elif held.widget.sends is Sends.OPTION and value and self.widgets[-1] is held:
            self.widgets.append(Held(custom_option(len(self.widgets) - 1), ""))

    def _choose(self, held: Held, spec: InputSpec, graph: LoadedGraph) -> None:
        """Replace the inputs of a dynamic combo's last choice by those of the new one."""
        prefix = f"{spec.name}."
        gone = [slot for slot in self.inputs if slot.name.startswith(prefix)]
        self.inputs = [slot for slot in self.inputs if not slot.name.startswith(prefix)]
        self.widgets[:] = [other for other in self.widgets if not other.name.startswith(prefix)]
        brought = self._brought(spec, held.value)
        if brought is not None:
            self._insert(held, brought)
        for old in gone:
            new = self.input(old.name)
            if new is None:
                graph.lose(self, old, f"{held.name} is {shorten(held.value)}, which brings no such input")
                continue
            new.link = old.link
            if old.link in graph.links:
                self.extend(new)

    def _brought(self, spec: InputSpec, value: Any) -> Brought | None:
        assert self.schema is not None
        if not isinstance(value, str):
            return chosen(self.schema, spec, value)
        found = self.brought.get((spec.name, value))
        if found is None and (found := chosen(self.schema, spec, value)) is not None:
            self.brought[spec.name, value] = found
        return found

    def _insert(self, held: Held, brought: Brought) -> None:
        place = next(number for number, other in enumerate(self.widgets) if other is held) + 1
        self.widgets[place:place] = [Held(widget, widget.default) for widget in brought.widgets]
        own = next((number for number, slot in enumerate(self.inputs) if slot.name == held.name), len(self.inputs) - 1)
        self.inputs[own + 1 : own + 1] = [InSlot(slot.name, slot.type, None, slot.widget) for slot in brought.slots]
        self.grows = {**self.grows, **brought.autogrow}

    def extend(self, linked: InSlot) -> None:
        """Show the slot after a linked slot of an autogrow input."""
        group, _, _ = linked.name.rpartition(".")
        if (spec := self.grows.get(group)) is None:
            return
        ordinal = next((number for number, slot in enumerate(spec.slots) if slot.name == linked.name), None)
        if ordinal is None or ordinal + 1 >= len(spec.slots):
            return
        following = spec.slots[ordinal + 1]
        old = self.input(following.name)
        new = InSlot(following.name, following.type, old.link if old else None)
        if old is not None:
            self.inputs.remove(old)
        self.inputs.insert(self.inputs.index(linked) + 1, new)


class Lead(NamedTuple):
    """Where an input of a subgraph leads inside."""

    source: tuple[str, str] | None
    """The first node with a widget there, or instance, and the widget or input."""
    promotes: tuple[LoadedNode, InSlot] | None
    """The first node with a widget there, or instance that itself promotes one, and the slot of that widget."""


@dataclass(eq=False, slots=True)
class LoadedPort:
    """An input or output of a subgraph, with its links inside, in the order they were made."""

    name: str
    type: str
    links: list[str]
    label: str | None = None
    lead: Lead | None = None
    """Kept by `promotion.lead` until the links change."""


@dataclass(eq=False, slots=True)
class LoadedGraph:
    """The root graph or a subgraph definition, loaded."""

    id: str | None
    """The definition's id; None for the root graph."""
    name: str
    place: str
    nodes: dict[str, LoadedNode] = field(default_factory=dict)
    links: dict[str, EditorLink] = field(default_factory=dict)
    inputs: list[LoadedPort] = field(default_factory=list)
    outputs: list[LoadedPort] = field(default_factory=list)
    relays: list[LoadedNode] = field(default_factory=list)
    """The reroutes and primitives among the nodes."""
    lost: list[tuple[str, str, str]] = field(default_factory=list)
    """What the class of a node no longer has a place for: the node, the thing lost, and why."""
    setters: dict[tuple[str, str], LoadedNode] | None = None
    """Named sources among the nodes, found on first use."""
    instances: list[LoadedNode] = field(default_factory=list)
    """The nodes, in any graph, that are instances of this definition."""
    size: int = 0
    """How many nodes it has, including nested subgraphs; an undercount if subgraphs contain themselves."""
    made: int = 0
    """How many links were made on loading."""

    def cut(self, link: str | None) -> None:
        """Remove a link from the table, unless another slot has it too."""
        if link is None or (gone := self.links.get(link)) is None:
            return
        target = self.nodes.get(gone.target)
        if target is None or all(slot.link != link for slot in target.inputs):
            del self.links[link]

    def aim_links(self, node: LoadedNode, start: int = 0) -> None:
        """Point the links into a node at the slots that name them; slots move when a definition changes."""
        for number in range(start, len(node.inputs)):
            name = node.inputs[number].link
            link = self.links.get(name) if name is not None else None
            if link is not None and link.target_slot != number:
                self.links[link.id] = link._replace(target_slot=number)

    def lose(self, node: LoadedNode, slot: InSlot, why: str) -> None:
        """Remove the link of a slot that the node no longer has, and record why."""
        if slot.link is not None:
            self.lost.append((node.id, f"the link into {slot.name}", why))
            self.cut(slot.link)
            slot.link = None

    def leave(self, node: LoadedNode, values: Sequence[Any]) -> None:
        """Record the values of a node that no widget takes."""
        given = [shorten(value) for value in values if value is not None and value != ""]
        if given:
            what = f"the values {', '.join(given[:5])}" + (f" and {len(given) - 5} more" if len(given) > 5 else "")
            self.lost.append((node.id, what, f"{node.type} has no more widgets"))

    def new_link(self) -> str:
        """An unused id for a new link."""
        self.made += 1
        while f"new{self.made}" in self.links:
            self.made += 1
        return f"new{self.made}"
