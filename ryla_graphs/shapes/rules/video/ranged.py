"""Hints for only a part of the steps: each entry of a conditioning is split into up to three."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.values import Conditioning

_START, _END = "start_percent", "end_percent"


def ranged(positive: Any, negative: Any, start: float, end: float, **keys: Any) -> tuple[Any, Any]:
    """Both with more next to their entries from one part of the way to another, and as they were before and after."""
    return _one(positive, start, end, keys), _one(negative, start, end, keys)


def _one(conditioning: Any, start: float, end: float, keys: dict[str, Any]) -> Any:
    if not isinstance(conditioning, Conditioning) or start > end:
        return conditioning
    entries: list[Any] = []
    for shape, found in conditioning.entries:
        own_start, own_end = found.get(_START, 0.0), found.get(_END, 1.0)
        # Nodes write ranges without their numbers; an unknown range covers everything.
        own_start, own_end = 0.0 if own_start is None else own_start, 1.0 if own_end is None else own_end
        begin, stop = max(start, own_start), min(end, own_end)
        if begin >= stop:
            entries.append((shape, found))
            continue
        if begin > own_start:
            entries.append((shape, {**found, _START: own_start, _END: begin}))
        entries.append((shape, {**found, **keys, _START: begin, _END: stop}))
        if stop < own_end:
            entries.append((shape, {**found, _START: stop, _END: own_end}))
    return Conditioning(tuple(entries))
