"""`Prompt`: API JSON, however broken, and the answers to every question about it.

A document is read once. Rules, families, plans, limits, engines and the simulator all use a `Prompt`; none of them
parses links or looks for ``class_type`` itself. Nothing here recurses, so a chain of 100,000 nodes works as well as a
wide graph, and nothing raises, whatever the JSON contains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import KnownInputs, NodeSchema
from ryla_graphs.prompt.admission import Admission, admit
from ryla_graphs.prompt.links import Link, wires_of
from ryla_graphs.prompt.nodes import ForeignNode, PromptNode
from ryla_graphs.prompt.order import Survey, survey
from ryla_graphs.prompt.reading import Reader, Types, never, reader
from ryla_graphs.prompt.values import Known, Unknown, Values
from ryla_graphs.sockets import WireType

_new = tuple.__new__
"""Creates a named tuple in a third of the time that calling its class takes."""


class Glance(NamedTuple):
    """What is known about a document from writing it."""

    schemas: dict[str, NodeSchema]
    """The class of every node."""
    nodes: dict[str, PromptNode]
    """The nodes that cannot have problems; all others are read."""


class Prompt:
    """A document in API format, and the catalog it is read with."""

    def __init__(self, document: Any, catalog: Catalog, *, glance: Glance | None = None) -> None:
        self.document = document
        """The JSON as it was given."""
        self.catalog = catalog
        self.admission = admit(document, catalog) if glance is None else Admission(document, {}, glance.schemas)
        """The result of the server's steps before validation."""
        self.nodes: dict[str, PromptNode] = {}
        """The nodes of known classes, in the order of the document."""
        self.foreign: dict[str, ForeignNode] = {}
        """The nodes of unknown classes."""
        self.odd: list[PromptNode] = []
        """The nodes that may have problems; rules check no others."""
        self._ready: dict[str, tuple[KnownInputs, Reader]] = {}
        if (schemas := self.admission.schemas) is not None:
            seen = {} if glance is None else glance.nodes
            if len(seen) == len(schemas):
                self.nodes = seen
            else:
                self._read(schemas, {number: schema.output_types for number, schema in schemas.items()}, seen)
            return
        found: dict[str, NodeSchema] = {}
        for number, body in self.bodies.items():
            if isinstance(body, dict) and isinstance(class_type := body.get("class_type"), str):
                if class_type in catalog:
                    found[number] = catalog[class_type]
                elif isinstance(inputs := body.get("inputs"), dict):
                    self.foreign[number] = ForeignNode(number, class_type, inputs, wires_of(inputs))
        self._read(found, {}, {})

    def _read(self, schemas: Mapping[str, NodeSchema], types: Types, seen: Mapping[str, PromptNode]) -> None:
        """Read the nodes of known classes, except those in `seen`."""
        nodes, bodies, ready = self.nodes, self.bodies, self._ready
        for number, schema in schemas.items():
            if number in seen:
                nodes[number] = seen[number]
                continue
            inputs = bodies[number].get("inputs")
            if not isinstance(inputs, dict):
                continue
            known, read = ready.get(schema.class_type) or self._reader(schema, inputs)
            if (wires := read(inputs, types)) is not None:
                nodes[number] = _new(PromptNode, (number, schema, inputs, known, wires))
            else:
                nodes[number] = node = PromptNode(number, schema, inputs, known, wires_of(inputs))
                self.odd.append(node)

    def _reader(self, schema: NodeSchema, inputs: Mapping[str, Any]) -> tuple[KnownInputs, Reader]:
        """The inputs of a class for some values, and their reader; kept if it is the same for all values."""
        known = schema.flat_inputs(inputs)
        found = known, reader(known) if schema.behaviour.validator is None else never
        if not schema.is_dynamic and found[1] is not never:
            self._ready[schema.class_type] = found
        return found

    @property
    def bodies(self) -> Mapping[str, Any]:
        """The nodes as JSON, whatever they contain, with old classes replaced."""
        return self.admission.bodies

    def class_of(self, number: str) -> str | None:
        """The class of a node, known or not; None if there is no such node."""
        node = self.nodes.get(number) or self.foreign.get(number)
        return node.class_type if node is not None else None

    def every_node(self) -> Iterator[PromptNode | ForeignNode]:
        """The nodes that can be read, of known and unknown classes, in the order of the document."""
        for number in self.bodies:
            node = self.nodes.get(number) or self.foreign.get(number)
            if node is not None:
                yield node

    @cached_property
    def schemas(self) -> Mapping[str, NodeSchema]:
        """The class of each node whose class is known."""
        return {number: node.schema for number, node in self.nodes.items()}

    # Links

    def source(self, link: Link | None) -> PromptNode | None:
        """The node that a link comes from; None if it is missing or its class is unknown."""
        return self.nodes.get(link.node) if link is not None else None

    def carried(self, link: Link | None) -> WireType | None:
        """The type of the output that a link comes from; None if it is unknown."""
        source = self.source(link)
        if link is None or source is None:
            return None
        types = source.schema.output_types
        return types[link.slot] if -len(types) <= link.slot < len(types) else None

    @cached_property
    def _all(self) -> Mapping[str, PromptNode | ForeignNode]:
        """The nodes that can be read, by id, in the order of the document."""
        return {node.id: node for node in self.every_node()} if self.foreign else self.nodes

    @cached_property
    def links(self) -> Mapping[str, list[str]]:
        """The nodes linked into each node, by id, in the order of its inputs."""
        nodes = self._all
        return {
            number: [link.node for link in node.wires.values() if link.node in nodes] for number, node in nodes.items()
        }

    # Order

    @cached_property
    def _survey(self) -> Survey:
        return survey(self._all)

    @property
    def depths(self) -> Mapping[str, int]:
        """The number of nodes in the longest chain that ends at each node, for all nodes in `order`."""
        return self._survey.depths

    @cached_property
    def order(self) -> Sequence[str]:
        """The ids of the nodes, each after those linked into it; nodes on a cycle or behind one are left out.

        Nodes without incoming links come first, then those fed only by them, and so on; ties keep the document's order.
        """
        depths = self.depths
        return sorted(depths, key=depths.__getitem__)

    @property
    def is_acyclic(self) -> bool:
        """Whether no link closes a cycle."""
        return len(self.depths) == len(self._all)

    @cached_property
    def reached(self) -> frozenset[str]:
        """The ids of the nodes that some output needs, outputs included.

        A node of an unknown class may be an output. If there is no output at all, every node counts: the server
        refuses such a graph for that reason alone, but all its other problems are found too.
        """
        nodes = self._all
        if self._is_all_reached:
            return frozenset(nodes)
        outputs = [number for number, node in self.nodes.items() if node.schema.output_node]
        stack = [*outputs, *self.foreign] or list(self.nodes)
        found = set(stack)
        while stack:
            for source, _ in nodes[stack.pop()].wires.values():
                if source not in found and source in nodes:
                    found.add(source)
                    stack.append(source)
        return frozenset(found)

    @cached_property
    def _is_all_reached(self) -> bool:
        """A quick check whether outputs need every node: they do if each node feeds another or is an output."""
        depths, taken = self._survey
        if taken is None or len(depths) < len(self._all):
            return False
        return all(number in taken or node.schema.output_node for number, node in self.nodes.items())

    def is_used(self, number: str, slot: int) -> bool:
        """Whether an output feeds a node that runs, or one of an unknown class."""
        taken = self._survey.taken
        if taken is not None and self._is_all_reached:
            return bool(taken.get(number, 0) >> slot & 1)
        return (number, slot) in self._used

    @cached_property
    def _used(self) -> frozenset[tuple[str, int]]:
        """The outputs, as node and slot, that feed a node that runs, or one of an unknown class."""
        nodes = self._all
        used = frozenset[tuple[str, int]](chain.from_iterable(nodes[number].wires.values() for number in self.reached))
        from_last = [link for link in used if link[1] < 0 and link[0] in self.nodes]
        counted = {(number, slot + len(self.nodes[number].schema.outputs)) for number, slot in from_last}
        return used | counted if counted else used

    def run_order(self) -> Iterator[PromptNode]:
        """The nodes that run, each after those linked into it; the same for every order of the document."""
        return iter(self._runs)

    @cached_property
    def _runs(self) -> Sequence[PromptNode]:
        found: list[PromptNode] = []
        runs = set(self.order) & self.reached & self.nodes.keys()
        done: set[str] = set()
        for start in sorted(runs):
            stack = [(start, False)]
            while stack:
                number, ready = stack.pop()
                if ready:
                    found.append(self.nodes[number])
                elif number not in done and number in runs:
                    done.add(number)
                    stack.append((number, True))
                    stack += [(source, False) for source in reversed(self.links[number]) if source not in done]
        return found

    def sources_first(self) -> Iterator[PromptNode | ForeignNode]:
        """Every node that can be read, each after those linked into it, except across links that close a cycle."""
        nodes = {node.id: node for node in self.every_node()}
        done = set(self.order)
        yield from (nodes[number] for number in self.order)
        for start in nodes:
            path: dict[str, Iterator[str]] = {} if start in done else {start: iter(self.links[start])}
            while path:
                number, sources = next(reversed(path.items()))
                source = next((source for source in sources if source not in done and source not in path), None)
                if source is not None:
                    path[source] = iter(self.links[source])
                    continue
                path.popitem()
                done.add(number)
                yield nodes[number]

    # Values

    @cached_property
    def values(self) -> Values:
        """The resolver of the values behind the inputs."""
        return Values(self.nodes)

    def value(self, node: PromptNode, name: str) -> Known | Unknown:
        """The value of an input: its own, or the one behind its link if that is known before a run."""
        return self.values.value(node, name)

    def literal(self, node: PromptNode, name: str) -> Any:
        """The value of an input; None if it is unknown, or is null."""
        return self.values.literal(node, name)
