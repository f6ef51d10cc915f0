"""The contents of a workflow: its nodes, by class and by id, and the pictures that it makes."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ryla_graphs.graph.node import Node
from ryla_graphs.graph.wires import Source
from ryla_graphs.problems import NotFound, shorten
from ryla_graphs.sockets import Image

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.graph.graph import Graph

N = TypeVar("N", bound=Node)


class Searched(ABC):
    """The methods of a workflow that find nodes and pictures."""

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The nodes and links."""

    @abstractmethod
    def _classes(self) -> Catalog:
        """The classes that the graph is checked against."""

    def __iter__(self) -> Iterator[Node]:
        return iter(self.graph.nodes)

    def __len__(self) -> int:
        return len(self.graph.nodes)

    @overload
    def find(self, node_class: type[N], /) -> tuple[N, ...]: ...
    @overload
    def find(self, node_class: str, /) -> tuple[Node, ...]: ...
    def find(self, node_class: type[Any] | str, /) -> tuple[Any, ...]:
        """All nodes of a class, in order, by its Python class or by ComfyUI's name for it.

        In a graph that was read, only nodes with valid inputs are of their Python class. So ``find(KSampler)`` returns
        nodes whose inputs a type checker knows, and ``find("KSampler")`` returns all. Raises `NotFound`, with similar
        names, if neither the graph nor the catalog has the class.
        """
        if not isinstance(node_class, str):
            if not inspect.isclass(node_class):
                raise NotFound(f"{shorten(node_class)} is no class of nodes: find(KSampler), or find('KSampler')")
            return tuple(node for node in self if isinstance(node, node_class))
        found = tuple(node for node in self if node.class_type == node_class)
        if not found and node_class not in (known := self._classes()):
            names = dict.fromkeys((*(node.class_type for node in self), *known))
            raise NotFound.among("node class", node_class, names)
        return found

    def node(self, name: str) -> Node:
        """The node with this id; raises `NotFound`."""
        by_id = {number: node for node, number in self.graph.ids.items()}
        if name not in by_id:
            raise NotFound.among("node", name, by_id)
        return by_id[name]

    def ids(self) -> Mapping[Node, str]:
        """The id of each node in the JSON, before equal nodes are merged."""
        return self.graph.ids

    @property
    def pictures(self) -> Mapping[str, Source[Image]]:
        """The pictures that the workflow saves or shows, by the id of the save node, as inputs for other graphs."""
        found: dict[str, Source[Image]] = {}
        for wire in self.graph.wires():
            if wire.target.schema_.output_node:
                output = wire.source.output(wire.slot)
                if output.type == Image.wire_type:
                    found.setdefault(self.graph.ids[wire.target], output)
        return found

    @property
    def picture(self) -> Source[Image]:
        """The one picture that the workflow saves or shows, as an input for other graphs.

        Raises `NotFound` if there is none, or more than one.
        """
        pictures = self.pictures
        if len(pictures) != 1:
            names = ", ".join(f"pictures['{name}']" for name in pictures)
            raise NotFound(f"the workflow has {len(pictures)} pictures, not one{f'; take {names}' if names else ''}")
        return next(iter(pictures.values()))
