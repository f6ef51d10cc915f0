"""Graphs as flat rows, inputs first, so that they can be pickled to any depth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ryla_graphs.graph.origin import UNNAMED, Origin
from ryla_graphs.graph.walk import inputs_first, mapped, upstream
from ryla_graphs.graph.wires import AbstractNode, AbstractOutput


@dataclass(frozen=True, slots=True)
class _Ref(AbstractOutput):
    """A link: the row of the node it comes from, and the output slot; a slot of None means the node itself."""

    row: int
    slot: int | None


class _Row(NamedTuple):
    cls: Any
    inputs: dict[str, Any]
    origin: tuple[Any, ...]


def pack(sinks: Iterable[Any]) -> tuple[list[_Row], list[int]]:
    """The rows of all nodes that the sinks need, and the positions of the sinks among them."""
    sinks = list(sinks)
    rows: list[_Row] = []
    places: dict[Any, int] = {}

    def ref(wire: Any) -> _Ref:
        return _Ref(places[wire], None) if isinstance(wire, AbstractNode) else _Ref(places[wire.node], wire.slot)

    for node in inputs_first(sinks, _upstream_and_original):
        inputs = {field: mapped(value, ref) for field, value in node.__dict__.items()}
        origin = node.origin_
        original = None if origin.original is None else places[origin.original]
        origin = origin._replace(code=origin.source, instruction=-1, original=original)
        places[node] = len(rows)
        # A node without a name keeps its short origin, by which passes recognise it.
        rows.append(_Row(type(node), inputs, tuple(origin[: len(node._origin)])))
    return rows, [places[sink] for sink in sinks]


def unpack(rows: Sequence[_Row], sinks: Sequence[int]) -> list[Any]:
    """The nodes at these positions, with everything they need."""
    nodes: list[Any] = []

    def wire(ref: _Ref) -> Any:
        return nodes[ref.row] if ref.slot is None else nodes[ref.row].output(ref.slot)

    for cls, inputs, packed in rows:
        origin = packed if len(packed) == UNNAMED else Origin(*packed)
        if isinstance(origin, Origin) and origin.original is not None:
            origin = origin._replace(original=nodes[origin.original])
        nodes.append(cls._copy({field: mapped(value, wire) for field, value in inputs.items()}, origin))
    return [nodes[place] for place in sinks]


def _upstream_and_original(node: Any) -> list[Any]:
    original = node.origin_.original
    return [*upstream(node), *([] if original is None else [original])]
