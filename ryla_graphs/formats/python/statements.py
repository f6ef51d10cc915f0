"""The statements of a function: a node, a chain of LoRAs, or a part that the graph has more than once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ryla_graphs.formats.python.wiring import Value, Wiring
from ryla_graphs.graph.node import Node


@dataclass(frozen=True, eq=False)
class Single:
    """One node."""

    node: Node

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes that the statement makes."""
        return (self.node,)


@dataclass(frozen=True, eq=False)
class Chain:
    """LoRAs of one class, each fed only by the one before; written as a loop."""

    nodes: tuple[Node, ...]
    carried: Mapping[str, int]
    """The linked inputs, and the slot of the previous node that each takes."""
    bases: Mapping[str, Value]
    """What these inputs of the first node take instead."""
    columns: Mapping[str, tuple[str, ...]]
    """The loop's variables, and the inputs that each sets."""
    rows: tuple[tuple[Any, ...], ...]

    @cached_property
    def ends(self) -> tuple[Value, ...]:
        """What comes out of the chain, for each link that goes in."""
        return tuple(Value(self.nodes[-1], slot) for slot in self.carried.values())


@dataclass(frozen=True, eq=False)
class Instance:
    """One of several equal parts of a graph; written as a function call."""

    prefix: str
    """What the ids of its nodes begin with: ``57:``."""
    nodes: tuple[Node, ...]
    """Its nodes, in the same order in each instance."""
    results: tuple[tuple[int, int | None], ...] = ()
    """What the function returns: the position of a node, and a slot or None for the node itself."""

    def values(self) -> list[Value]:
        """The results; a whole node is its first output."""
        return [Value(self.nodes[place], slot or 0) for place, slot in self.results]

    def wanted(self, wiring: Wiring) -> list[Value]:
        """The results of this instance that are used."""
        inside = set(self.nodes)
        return [
            value
            for value, (_, slot) in zip(self.values(), self.results, strict=True)
            if slot is None or any(use.target not in inside for use in wiring.uses.get(value, ()))
        ]


Statement = Single | Chain | Instance
