"""The table of functions that write the files of output nodes; the other modules of this package fill it."""

from __future__ import annotations

from collections.abc import Callable

from ryla_graphs.engines.simulator.world import Node

Saver = Callable[[Node], None]

SAVERS: dict[str, Saver] = {}


def saves(*class_types: str) -> Callable[[Saver], Saver]:
    """Register the function that writes the files of classes."""

    def register(saver: Saver) -> Saver:
        SAVERS.update(dict.fromkeys(class_types, saver))
        return saver

    return register
