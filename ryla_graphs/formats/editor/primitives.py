"""Primitive nodes: one widget in a box of its own, whose value the editor writes into each widget it is linked to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ryla_graphs.catalog.facts import Json
from ryla_graphs.catalog.schema import InputSpec
from ryla_graphs.formats.editor.loaded import Held, InSlot, LoadedGraph, LoadedNode
from ryla_graphs.formats.editor.parts import UNDEFINED
from ryla_graphs.formats.editor.proxies import PRIMITIVE

_REPLACES = "Run widget replace on values"
Number = int | float


def apply(graph: LoadedGraph, replaced: Callable[[str], str]) -> None:
    """Write the value of each primitive of a graph into the widgets it is linked to, whatever its mode.

    `replaced` fills in the tokens of a text, for primitives that are set to do so.
    """
    for node in graph.relays:
        if node.type != PRIMITIVE:
            continue
        value = _value(node, graph)
        if value is UNDEFINED:
            continue
        if value and isinstance(value, str) and node.file.properties.get(_REPLACES):
            value = replaced(value)
        for target, slot in _ends(node, graph):
            held = target.widget_at(slot)
            if held is None:
                continue
            slot.written = True
            if target.subgraph is not None:
                held.value = value
            else:
                target.set_value(held, typed(held, value), graph)


def _ends(node: LoadedNode, graph: LoadedGraph) -> Iterator[tuple[LoadedNode, InSlot]]:
    """The nodes and slots that a primitive is linked to; only its own list of links counts."""
    for name in node.outputs[0].links if node.outputs else ():
        link = graph.links.get(name)
        target = graph.nodes.get(link.target) if link is not None else None
        if link is not None and target is not None and 0 <= link.target_slot < len(target.inputs):
            yield target, target.inputs[link.target_slot]


def _value(node: LoadedNode, graph: LoadedGraph) -> Json:
    """What a primitive holds; it has a widget only if its first link leads to one."""
    links = node.outputs[0].links if node.outputs else ()
    first = graph.links.get(links[0]) if links else None
    target = graph.nodes.get(first.target) if first is not None else None
    if first is None or target is None or not 0 <= first.target_slot < len(target.inputs):
        return UNDEFINED
    held = target.widget_at(target.inputs[first.target_slot])
    if held is None:
        return UNDEFINED
    stored = node.file.values
    value = stored[0] if isinstance(stored, list) and stored else held.value
    spec = held.widget.spec
    if spec is None or held.widget.type not in ("INT", "FLOAT"):
        return value
    return typed(held, _inside(value, spec))


def _inside(value: Json, spec: InputSpec) -> Json:
    """A number limited to the range of the widget that the primitive is linked to."""
    if not _is_number(value):
        return value
    if spec.min is not None and value < spec.min:
        return spec.min
    return spec.max if spec.max is not None and value > spec.max else value


def typed(held: Held, value: Json) -> Json:
    """A number as the editor keeps it when a user types it in: on the grid of the widget's step."""
    spec = held.widget.spec
    if spec is None or not _is_number(value):
        return value
    if held.widget.type == "INT":
        return _on_grid(value, spec)
    return _rounded(value, spec) if held.widget.type == "FLOAT" else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _on_grid(value: Number, spec: InputSpec) -> Number:
    step = spec.step or 1
    if step == 1:
        return value if isinstance(value, int) else math.floor(value + 0.5)
    offset = math.fmod(spec.min or 0, step)
    return math.floor((value - offset) / step + 0.5) * step + offset


def _rounded(value: Number, spec: InputSpec) -> Number:
    step = spec.step if spec.step is not None else 0.5
    precision = max(0, -math.floor(math.log10(step))) if step > 0 else 0
    grid = spec.round or (10.0**-precision if precision else None)
    if not grid:
        return value
    onto = math.floor(value / grid + 0.5) * grid
    exact = Decimal(onto).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)
    low = spec.min if spec.min is not None else 0
    high = spec.max if spec.max is not None else 2048
    return min(max(float(exact), low), high)
