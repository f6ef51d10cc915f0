"""Where a link really comes from: through reroutes, bypassed nodes and the borders of subgraphs.

Each step leads from an input slot to an output slot or back, so a route is followed in a loop, and its result is kept
for every place on the way: a hundred thousand consumers of one chain cost one walk along it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ryla_graphs.formats.editor.document import BYPASSED, INPUTS_ID, MOST_DEEP, MOST_NODES, MUTED
from ryla_graphs.formats.editor.loaded import LoadedGraph, LoadedNode
from ryla_graphs.problems import InvalidDocument


class Origin(NamedTuple):
    """An output slot of a node that runs."""

    node: str
    slot: int


class Value(NamedTuple):
    """The value that an instance of a subgraph has for a widget that it promotes."""

    value: Any


class Nothing(NamedTuple):
    """No origin, and why, so that the user learns where the link went."""

    why: str
    broken: bool = False
    """Whether the file is wrong there; the editor refuses to make a prompt from such a file."""


Found = Origin | Value | Nothing

_ANYTHING = frozenset({"", "*"})
_MOST_STEPS = 4 * MOST_NODES
UNLINKED = Nothing("nothing is linked there")


@dataclass(eq=False, slots=True)
class Scope:
    """A graph in one place: the root graph, or a definition in one of its instances."""

    graph: LoadedGraph
    prefix: str = ""
    """The prefix of its nodes' ids in the prompt: ``7:12:``."""
    instance: LoadedNode | None = None
    parent: Scope | None = None
    depth: int = 0
    inner: dict[str, Scope] = field(default_factory=dict)
    """The scopes of the instances in this graph, by node id."""

    def of(self, node: LoadedNode) -> Scope:
        """The scope inside an instance; raises `InvalidDocument` below `MOST_DEEP`."""
        scope = self.inner.get(node.id)
        if scope is None:
            assert node.subgraph is not None
            if self.depth >= MOST_DEEP:
                raise InvalidDocument(f"the subgraphs of this workflow are more than {MOST_DEEP} deep in one another")
            prefix = f"{self.prefix}{node.id}:"
            scope = self.inner[node.id] = Scope(node.subgraph, prefix, node, self, self.depth + 1)
        return scope

    def contains(self, graph: LoadedGraph) -> bool:
        """Whether this scope is inside that definition."""
        scope: Scope | None = self
        while scope is not None:
            if scope.graph is graph:
                return True
            scope = scope.parent
        return False


class Place(NamedTuple):
    """An input or output slot on the way."""

    scope: Scope
    node: LoadedNode
    slot: int
    is_output: bool
    type: str | None
    """For an output, the type that the input at the end of the route takes; for an input the same, if known."""


Virtual = Callable[[Scope, LoadedNode, int], Place | None]
"""Finds what a virtual node stands for, if that is not its own input."""


class Router:
    """Finds the origins of links in one loaded workflow."""

    def __init__(self, virtual: Virtual) -> None:
        self._virtual = virtual
        self._found: dict[tuple[int, int, int, bool, str | None], Found] = {}

    def origin(self, scope: Scope, node: LoadedNode, slot: int) -> Found:
        """What feeds an input slot of a node."""
        link = scope.graph.links.get(node.inputs[slot].link or "")
        source = scope.graph.nodes.get(link.origin) if link is not None else None
        if link is not None and source is not None and source.plain:
            return Origin(f"{scope.prefix}{source.id}", link.origin_slot)
        place: Place | Found = Place(scope, node, slot, False, None)
        seen: dict[tuple[int, int, int, bool, str | None], None] = {}
        while isinstance(place, Place):
            key = (id(place.scope), id(place.node), place.slot, place.is_output, place.type)
            if (known := self._found.get(key)) is not None:
                place = known
            elif key in seen:
                place = Nothing("the links form a cycle", broken=True)
            else:
                seen[key] = None
                if len(seen) + len(self._found) > _MOST_STEPS:
                    raise InvalidDocument("the links of this workflow lead through too many subgraphs to follow")
                place = self._from_output(place) if place.is_output else self._from_input(place)
        for key in seen:
            self._found[key] = place
        return place

    def _from_input(self, place: Place) -> Place | Found:
        scope, node, number, _, kind = place
        if not 0 <= number < len(node.inputs):
            return Nothing(f"{_name(node)} has no input {number}", broken=True)
        slot = node.inputs[number]
        if slot.link is None:
            return UNLINKED
        link = scope.graph.links.get(slot.link)
        if link is None:
            return Nothing(f"link {slot.link} is not in the file", broken=True)
        if link.origin == INPUTS_ID and scope.parent is not None and scope.instance is not None:
            return _outside(scope, link.origin_slot)
        origin = scope.graph.nodes.get(link.origin)
        if origin is None:
            return Nothing(f"link {slot.link} comes from node {link.origin}, which is not in the file", broken=True)
        return Place(scope, origin, link.origin_slot, True, slot.type if kind is None else kind)

    def _from_output(self, place: Place) -> Place | Found:
        scope, node, slot, _, kind = place
        mode = node.file.mode
        if mode == MUTED:
            return Nothing(f"{_name(node)} is muted")
        if mode == BYPASSED:
            return _around(place)
        if node.subgraph is not None:
            return _inside(scope, node, slot, kind)
        if not node.virtual:
            return Origin(f"{scope.prefix}{node.id}", slot)
        if (source := self._virtual(scope, node, slot)) is not None:
            return source._replace(type=kind)
        if 0 <= slot < len(node.inputs) and node.inputs[slot].link is not None:
            return Place(scope, node, slot, False, kind)
        return Nothing(f"{_name(node)} passes nothing on")


def _name(node: LoadedNode) -> str:
    return f"node {node.file.id} ({node.type})"


def _outside(scope: Scope, slot: int) -> Place | Found:
    """From an input of a subgraph to the matching input of the instance."""
    assert scope.instance is not None
    assert scope.parent is not None
    if not 0 <= slot < len(scope.instance.inputs):
        return Nothing(f"subgraph '{scope.graph.name}' has no input {slot}", broken=True)
    outer = scope.instance.inputs[slot]
    if outer.link is None:
        return Value(scope.instance.promoted[outer.name].value) if outer.widget is not None else UNLINKED
    return Place(scope.parent, scope.instance, slot, False, None)


def _inside(scope: Scope, node: LoadedNode, slot: int, kind: str | None) -> Place | Found:
    """From an output of an instance to the node inside."""
    graph = node.subgraph
    if graph is None or scope.contains(graph):
        return Nothing(f"{_name(node)} is inside of its own definition", broken=True)
    inner = scope.of(node)
    if not 0 <= slot < len(graph.outputs):
        return Nothing(f"subgraph '{graph.name}' has no output {slot}", broken=True)
    link = next((link for name in graph.outputs[slot].links if (link := graph.links.get(name)) is not None), None)
    if link is None:
        return Nothing(f"output {slot} of subgraph '{graph.name}' is not linked inside")
    if link.origin == INPUTS_ID:
        return _outside(inner, link.origin_slot)
    origin = graph.nodes.get(link.origin)
    if origin is None:
        return Nothing(f"output {slot} of subgraph '{graph.name}' comes from a node that is not there", broken=True)
    return Place(inner, origin, link.origin_slot, True, kind)


def _around(place: Place) -> Place | Found:
    """Past a bypassed node: from its output to the input that takes its place."""
    scope, node, slot, _, kind = place
    if not 0 <= slot < len(node.outputs):
        return Nothing(f"{_name(node)} is bypassed and has no output {slot}", broken=True)
    number = _bypass(node, slot, kind or "")
    if number is None:
        return Nothing(f"{_name(node)} is bypassed and has no input of type {kind}")
    return Place(scope, node, number, False, None)


def _bypass(node: LoadedNode, slot: int, kind: str) -> int | None:
    """The input that stands for an output of a bypassed node, for a consumer of this type."""
    types = [other.type for other in node.inputs]
    if kind in ("", "*"):
        return (slot if len(types) > slot else 0) if types else None
    output = node.outputs[slot].type
    if slot < len(types) and fits(types[slot], output) and fits(types[slot], kind):
        return slot
    if kind in types:
        return types.index(kind)
    return next((number for number, own in enumerate(types) if fits(own, output) and fits(own, kind)), None)


def fits(one: str, other: str) -> bool:
    """Whether the editor lets slots of these types be linked."""
    if one == other or one in _ANYTHING or other in _ANYTHING:
        return True
    if "," not in one and "," not in other:
        return one.lower() == other.lower()
    ours, theirs = ({part.lower() for part in kinds.split(",")} for kinds in (one, other))
    return not ours.isdisjoint(theirs) or not _ANYTHING.isdisjoint(ours | theirs)
