"""`Graph`: the nodes that some sinks reach, in a stable order. The only traversal code there is.

Nothing here recurses, so a chain of 100,000 nodes is as good as a wide graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ryla_graphs.graph.node import Node, Option, Origin
from ryla_graphs.graph.wires import Output
from ryla_graphs.problems import AtNode, InvalidWorkflow, Problem

if TYPE_CHECKING:
    import networkx as nx

_LEAVES = frozenset({int, float, str, bool, type(None)})


class Wire(NamedTuple):
    """One connection: output `slot` of `source` into input `name` of `target`."""

    source: Node
    slot: int
    target: Node
    name: str


class Graph:
    """The nodes reachable from `sinks`, inputs before consumers.

    The order depends on the sinks and on the order of inputs in the schemas, never on when a node was
    made or on hashes: equal graphs are in equal order.
    """

    def __init__(self, sinks: tuple[Node, ...]) -> None:
        self.sinks = sinks
        self.nodes: tuple[Node, ...] = tuple(_inputs_first(sinks))

    @cached_property
    def ids(self) -> Mapping[Node, str]:
        """The id of each node in the compiled prompt: its name, else its place in the order.

        Raises `InvalidWorkflow` where two nodes have one name.
        """
        names: dict[str, Node] = {}
        clashes = []
        for node in self.nodes:
            name = node.name_
            if name is not None and names.setdefault(name, node) is not node:
                clashes.append(_name_clash(name, node, names[name]))
        if clashes:
            raise InvalidWorkflow(clashes)
        ids: dict[Node, str] = {}
        spare = len(self.nodes)
        for place, node in enumerate(self.nodes, start=1):
            number = node.name_ or str(place)
            while node.name_ is None and number in names:
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
        """The graph with some nodes exchanged or named anew, and with them everything downstream.

        `check` validates the nodes that get another input; without it the exchange must keep types.
        Raises `InvalidNode` where a new node's output does not fit where the old one's did.
        """
        new: dict[Node, Node] = {}
        for node in self.nodes:
            if node in changes:
                # What stands in for a node may itself have been made anew by now.
                new[node] = new.get(changes[node], changes[node])
                continue
            inputs = {field: _rewired(value, new) for field, value in node.__dict__.items()}
            rewired = any(inputs[field] is not value for field, value in node.__dict__.items())
            origin = origins.get(node, node._origin)
            if rewired and check:
                given = {field: value for field, value in inputs.items() if value is not None}
                new[node] = node.made(given, origin)
            elif rewired or node in origins:
                new[node] = node._copy(inputs, origin)
        return Graph(tuple(new.get(sink, sink) for sink in self.sinks))

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """The graph for networkx: ids as nodes, one edge a wire, keyed by the input's name."""
        import networkx as nx  # noqa: PLC0415 - heavy, and few need it

        view: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        for node, number in self.ids.items():
            view.add_node(number, class_type=node.class_type, title=node.title_, node=node)
        for wire in self.wires():
            view.add_edge(self.ids[wire.source], self.ids[wire.target], key=wire.name, slot=wire.slot)
        return view


def _name_clash(name: str, node: Node, other: Node) -> Problem:
    return Problem(
        code="duplicate_name",
        message=f"two nodes are called '{name}': this one and {other.class_type} from {other.source_}",
        subject=AtNode(node=name, class_type=node.class_type),
        given=name,
        source=node.source_,
        hint="give each node a name of its own; whole graphs are told apart by `workflow.prefixed('first')`",
    )


def _inputs_first(sinks: tuple[Node, ...]) -> Iterator[Node]:
    done: set[int] = set()
    stack: list[tuple[Node, Iterator[Node]]] = []
    for sink in sinks:
        if id(sink) in done:
            continue
        done.add(id(sink))
        stack.append((sink, iter(upstream(sink))))
        while stack:
            node, sources = stack[-1]
            for source in sources:
                if id(source) not in done:
                    done.add(id(source))
                    stack.append((source, iter(upstream(source))))
                    break
            else:
                stack.pop()
                yield node


def upstream(node: Node) -> list[Node]:
    """The nodes wired into this one, in the order of its inputs."""
    found: list[Node] = []
    for value in node.input_values():
        kind = type(value)
        if kind is Output:
            found.append(value.node)
        elif kind not in _LEAVES:
            _collect(value, found)
    return found


def _collect(value: Any, found: list[Node]) -> None:
    if isinstance(value, Output):
        found.append(value.node)
    elif isinstance(value, Node):
        found.append(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _collect(item, found)
    elif isinstance(value, (dict, Option)):
        for item in (value if isinstance(value, dict) else value.__dict__).values():
            _collect(item, found)


def _rewired(value: Any, new: Mapping[Node, Node]) -> Any:
    if isinstance(value, Output):
        node = new.get(value.node)
        return value if node is None else node.output(value.slot)
    if isinstance(value, Node):
        return new.get(value, value)
    if isinstance(value, (list, tuple)):
        inner = [_rewired(item, new) for item in value]
        return type(value)(inner) if any(a is not b for a, b in zip(inner, value, strict=True)) else value
    if isinstance(value, dict):
        changed = {key: _rewired(item, new) for key, item in value.items()}
        return changed if any(changed[key] is not item for key, item in value.items()) else value
    if isinstance(value, Option):
        fields = {field: _rewired(item, new) for field, item in value.__dict__.items()}
        return value.model_copy(update=fields) if any(fields[f] is not v for f, v in value.__dict__.items()) else value
    return value
