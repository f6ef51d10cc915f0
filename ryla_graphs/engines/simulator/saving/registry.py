"""What output nodes write: a table of functions of a `Node`, filled by the rooms beside this one."""

from __future__ import annotations

from collections.abc import Callable

from ryla_graphs.engines.simulator.world import Node

Saver = Callable[[Node], None]

SAVERS: dict[str, Saver] = {}


def saves(*class_types: str) -> Callable[[Saver], Saver]:
    """Register what classes write when they have worked."""

    def register(saver: Saver) -> Saver:
        SAVERS.update(dict.fromkeys(class_types, saver))
        return saver

    return register
