"""From links to calls and back: how ComfyUI turns the lists on a node's links into calls, and results into lists.

A link carries a list of values, usually only one. A node is called once for each of them; shorter lists repeat their
last value. Only a node that takes lists itself (``INPUT_IS_LIST``) is called once with all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.unknown import Unknown, most
from ryla_graphs.shapes.values import Blocked, Several

Wire = list[Any] | Several | Unknown
"""All values on a link; `Unknown` if not even their kind is known."""
Arguments = dict[str, Any]

MAX_CALLS = 4096
"""The most calls of one node; a longer list is a mistake in the graph, or an attack."""


def calls(wires: Mapping[str, Wire], schema: NodeSchema) -> list[Arguments | Blocked]:
    """The arguments of each call of a node."""
    if schema.input_is_list:
        lists: Arguments = dict(wires)
        blocked = next((v for w in lists.values() if isinstance(w, list) for v in w if isinstance(v, Blocked)), None)
        return [blocked or lists]
    if (alone := _only_call(wires)) is not None:
        return [alone]
    lengths = {len(wire) for wire in wires.values() if isinstance(wire, list)}
    count = max(lengths, default=1)
    if 0 in lengths:
        raise NodeFails("one of its links carries an empty list")
    if count > MAX_CALLS:
        raise NodeFails(f"it would be called {count:,} times, more than {MAX_CALLS:,}")
    return [_arguments(wires, index) for index in range(count)]


def _only_call(wires: Mapping[str, Wire]) -> Arguments | None:
    """The arguments if each link carries one value, as nearly all do, and none is blocked; else None."""
    given: Arguments = {}
    for name, wire in wires.items():
        if not isinstance(wire, list) or len(wire) != 1 or isinstance(wire[0], Blocked):
            return None
        given[name] = wire[0]
    return given


def _arguments(wires: Mapping[str, Wire], index: int) -> Arguments | Blocked:
    given: Arguments = {}
    for name, wire in wires.items():
        if isinstance(wire, list):
            value = wire[index] if index < len(wire) else wire[-1]
        else:
            value = wire.item if isinstance(wire, Several) else wire
        if isinstance(value, Blocked):
            return value
        given[name] = value
    return given


def repeats(wires: Mapping[str, Wire], schema: NodeSchema) -> Unknown | None:
    """How often a node is called, if that is unknown: once for each item of the longest list of unknown length."""
    if schema.input_is_list:
        return None
    counts = [
        wire.count if isinstance(wire, Several) else wire for wire in wires.values() if not isinstance(wire, list)
    ]
    if not counts:
        return None
    longest: Any = most(*counts, *(len(wire) for wire in wires.values() if isinstance(wire, list)))
    return longest if isinstance(longest, Unknown) else Unknown(counts[0].reason, 1, math.inf)


def merged(
    results: Sequence[tuple[Any, ...] | Blocked], schema: NodeSchema, times: Unknown | None = None
) -> tuple[Wire, ...]:
    """The links of a node from the results of its calls; `times` is set if one call stands for many."""
    return tuple(_wire(results, slot, output.is_list, times) for slot, output in enumerate(schema.outputs))


def _wire(results: Sequence[tuple[Any, ...] | Blocked], slot: int, is_list: bool, times: Unknown | None) -> Wire:
    wire: list[Any] = []
    for result in results:
        value: Any = result if isinstance(result, Blocked) else result[slot] if slot < len(result) else None
        if not is_list or isinstance(value, Blocked):
            wire.append(value)
        elif isinstance(value, (Several, Unknown)):
            return value
        else:
            wire += value if isinstance(value, (list, tuple)) else [value]
    if times is None:
        return wire
    return Several(wire[0], times * len(wire)) if wire else []
