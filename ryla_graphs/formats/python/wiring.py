"""What the writer needs to know of a graph: how each node is written, where its outputs go, what its inputs hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ryla_graphs.catalog.schema import InputSpec
from ryla_graphs.formats.python.typed import NodeClasses, typed_nodes
from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node, Output
from ryla_graphs.sockets import ANY


class Value(NamedTuple):
    """An output of a node."""

    node: Node
    slot: int


class Use(NamedTuple):
    """An input that takes an output."""

    target: Node
    input: str
    """The name in the JSON, dotted for inputs of dynamic combos and autogrow inputs."""

    @property
    def key(self) -> str:
        """The last part of the name."""
        return self.input.rpartition(".")[2]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal in JSON: 1, 1.0 and True all differ, and so do 0.0 and -0.0."""
    return type(one) is type(other) and repr(one) == repr(other)


class Wiring:
    """A graph, its nodes as they are written, and the uses of each output. All nodes here are the graph's own."""

    def __init__(self, graph: Graph, classes: NodeClasses) -> None:
        self.graph = graph
        self.written = typed_nodes(graph, classes)
        self._of_written = {written: node for node, written in self.written.items()}
        self.schemas = {node: written.schema_ for node, written in self.written.items()}
        self.inputs: dict[Node, Mapping[str, Any]] = {n: dict(w.given_inputs()) for n, w in self.written.items()}
        """The inputs given to each node, by their names in the JSON; links lead to the written nodes."""
        self.sinks = frozenset(graph.sinks)
        self.whole = set(graph.sinks)
        """Nodes that get a variable of their own, not just their outputs."""
        self.uses: dict[Value, list[Use]] = {}
        self.slots: dict[Node, list[int]] = {node: [] for node in graph.nodes}
        """The slots of each node that are used."""
        for node in graph.nodes:
            for name, value in self.inputs[node].items():
                if (source := self.source(value)) is not None:
                    self.uses.setdefault(source, []).append(Use(node, name))
        for used in sorted(self.uses, key=lambda value: value.slot):
            self.slots[used.node].append(used.slot)

    def source(self, value: Any) -> Value | None:
        """The output that an input is linked to; None if it holds a value."""
        if isinstance(value, Output):
            return Value(self._of_written.get(value.node, value.node), value.slot)
        return Value(self._of_written.get(value, value), 0) if isinstance(value, Node) else None

    def sources(self, node: Node) -> Iterator[Value]:
        """The outputs that a node takes, in the order of its inputs."""
        return (source for value in self.inputs[node].values() if (source := self.source(value)) is not None)

    def is_known(self, node: Node) -> bool:
        """Whether a node is written as an object of its own class."""
        return not isinstance(self.written[node], AnyNode)

    def specs(self, node: Node) -> Mapping[str, InputSpec]:
        """The specs of the inputs that a node was given; empty if its class is unknown."""
        return self.schemas[node].flat_inputs(self.inputs[node])

    def type(self, value: Value) -> str:
        """The type of an output."""
        outputs = self.schemas[value.node].outputs
        found = outputs[value.slot].type if 0 <= value.slot < len(outputs) else ANY
        return found if isinstance(found, str) else "COMBO"
