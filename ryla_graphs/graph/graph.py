"""`Graph`: the nodes that some sinks reach, in a stable order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ryla_graphs.graph.node import Node, Output
from ryla_graphs.graph.origin import UNNAMED, Origin
from ryla_graphs.graph.walk import inputs_first, mapped
from ryla_graphs.problems import AtNode, InvalidWorkflow, Problem

if TYPE_CHECKING:
    import networkx as nx


class Wire(NamedTuple):
    """One connection: output `slot` of `source` into input `name` of `target`."""

    source: Node
    slot: int
    target: Node
    name: str


class Graph:
    """The nodes reachable from `sinks`, inputs before consumers.

    The order depends on the sinks and on the order of inputs in the schemas, never on hashes or on when a node was
    made: equal graphs have equal order.
    """

    def __init__(self, sinks: tuple[Node, ...]) -> None:
        self.sinks = sinks
        self.nodes: tuple[Node, ...] = tuple(inputs_first(sinks))

    @cached_property
    def ids(self) -> Mapping[Node, str]:
        """The id of each node in the compiled prompt: its name, or else its position in the order.

        Raises `InvalidWorkflow` if two nodes have the same name.
        """
        placed = (node for node in self.nodes if len(node._origin) > UNNAMED)
        named = {node: name for node in placed if (name := node.name_) is not None}
        names: dict[str, Node] = {}
        clashes = []
        for node, name in named.items():
            if names.setdefault(name, node) is not node:
                clashes.append(_name_clash(name, node, names[name]))
        if clashes:
            raise InvalidWorkflow(clashes)
        ids: dict[Node, str] = {}
        spare = len(self.nodes)
        for place, node in enumerate(self.nodes, start=1):
            number = named.get(node)
            if number is None:
                number = str(place)
                while number in names:
                    spare += 1
                    number = str(spare)
            ids[node] = number
        return ids

    def wires(self) -> Iterator[Wire]:
        """All connections, by target in order."""
        for node in self.nodes:
            for name, value in node.given_inputs():
                if isinstance(value, Output):
                    yield Wire(value.node, value.slot, node, name)
                elif isinstance(value, Node):
                    yield Wire(value, 0, node, name)

    def rewire(
        self,
        changes: Mapping[Node, Node] = MappingProxyType({}),
        *,
        origins: Mapping[Node, Origin] = MappingProxyType({}),
        check: bool = True,
    ) -> Graph:
        """The graph with some nodes replaced or renamed, and everything downstream rebuilt on them.

        A replacement may be linked to nodes of this graph that are replaced themselves.

        `check` validates the nodes whose inputs change; without it the replacements must keep the types.
        Raises `InvalidNode` if a new node's output does not fit where the old one's did.
        """
        new: dict[Node, Node] = {}
        moved = moving(new)
        for node in self.nodes:
            stands_in = changes.get(node, node)
            if stands_in in new:  # another node of this graph, which may already have been rebuilt itself
                new[node] = new[stands_in]
                continue
            fields = stands_in.__dict__
            inputs = {field: mapped(value, moved) for field, value in fields.items()}
            changed = {field: value for field, value in inputs.items() if value is not fields[field]}
            origin = origins.get(stands_in, stands_in._origin)
            if changed:
                new[node] = stands_in._changed(changed, origin) if check else stands_in._copy(inputs, origin)
            elif stands_in in origins:
                new[node] = stands_in._copy(inputs, origin)
            elif stands_in is not node:
                new[node] = stands_in
        return Graph(tuple(new.get(sink, sink) for sink in self.sinks))

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """The graph for networkx: ids as nodes, one edge for each link, keyed by the input's name."""
        import networkx as nx  # noqa: PLC0415 - heavy, and few need it

        view: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        for node, number in self.ids.items():
            view.add_node(number, class_type=node.class_type, title=node.title_, node=node)
        for wire in self.wires():
            view.add_edge(self.ids[wire.source], self.ids[wire.target], key=wire.name, slot=wire.slot)
        return view


def moving(new: Mapping[Node, Node]) -> Callable[[Any], Any]:
    """A function for `walk.mapped` that makes links come from the replacements of their nodes."""

    def moved(wire: Any) -> Any:
        if isinstance(wire, Output):
            node = new.get(wire.node)
            return wire if node is None else node.output(wire.slot)
        return new.get(wire, wire)

    return moved


def _name_clash(name: str, node: Node, other: Node) -> Problem:
    return Problem(
        code="duplicate_name",
        message=f"two nodes are called '{name}': this one and {other.class_type} from {other.source_}",
        subject=AtNode(node=name, class_type=node.class_type),
        given=name,
        source=node.source_,
        hint="give each node a name of its own; `workflow.prefixed('first')` does so for a whole graph",
    )
