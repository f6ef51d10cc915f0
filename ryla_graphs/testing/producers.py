"""Which classes can feed which inputs, and at what cost: the knowledge that keeps random graphs finite."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from ryla_graphs import sockets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema

INFINITE = 10**6


class Producer(NamedTuple):
    """An output slot of a class."""

    class_type: str
    slot: int
    type: sockets.WireType


class Producers:
    """The classes of a catalog by their output types."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._found: dict[tuple[str, int], list[Producer]] = {}

    @cached_property
    def costs(self) -> dict[str, int]:
        """The length of the shortest chain of nodes that a class needs, itself included."""
        wanted = {name: [s for s in wires(schema) if s.required] for name, schema in self.catalog.items()}
        costs: dict[str, int] = {}
        cheapest: dict[sockets.WireType, int] = {}
        for rank in range(1, 40):
            found = [n for n, specs in wanted.items() if n not in costs and all(_fed(s, cheapest) for s in specs)]
            if not found:
                break
            for name in found:
                costs[name] = rank
            for name in found:
                for output in self.catalog[name].outputs:
                    cheapest.setdefault(output.type, rank)
        return costs

    @cached_property
    def sinks(self) -> list[str]:
        """Output nodes that a finite graph can end in."""
        return sorted(name for name in self.costs if self.catalog[name].output_node)

    def of(self, spec: InputSpec, budget: int) -> list[Producer]:
        """The producers that fit an input and need a chain of at most `budget` nodes."""
        key = (spec.type if spec.match is None else spec.match_types, budget)
        if spec.listed:
            return []
        if key not in self._found:
            self._found[key] = [
                Producer(name, slot, output.type)
                for name, cost in self.costs.items()
                if cost <= budget
                for slot, output in enumerate(self.catalog[name].outputs)
                if isinstance(output.type, str)
                and output.type not in (sockets.ANY, sockets.MATCH)
                and sockets.accepts(key[0], output.type)
            ]
        return self._found[key]

    def cheapest(self, spec: InputSpec) -> list[Producer]:
        """The producers that need the fewest nodes."""
        for budget in sorted(set(self.costs.values())):
            if found := self.of(spec, budget):
                return found
        return []


def wires(schema: NodeSchema) -> Iterable[InputSpec]:
    """The inputs that only a link can fill, those of all options included."""
    stack = list(schema.inputs)
    while stack:
        spec = stack.pop()
        if spec.kind is Kind.AUTOGROW:
            stack += spec.slots
        elif spec.kind is Kind.DYNAMIC_COMBO:
            stack += [inner for option in spec.options for inner in option.inputs]
        elif needs_wire(spec):
            yield spec


def needs_wire(spec: InputSpec) -> bool:
    """Whether an input, if given, must be a link."""
    if spec.kind is not Kind.SOCKET:
        return False
    return spec.is_wire_only or (spec.type == sockets.MATCH and spec.match_types != sockets.ANY)


def _fed(spec: InputSpec, cheapest: dict[sockets.WireType, int]) -> bool:
    wanted = spec.match_types if spec.match is not None else spec.type
    plain = (t for t in cheapest if isinstance(t, str) and t not in (sockets.ANY, sockets.MATCH))
    return any(sockets.accepts(wanted, each) for each in plain)
