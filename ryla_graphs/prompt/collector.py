"""Python's cycle collector, left out of large graphs."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LARGE = 1_000
"""Nodes."""
_FROZEN = 1_000
"""Python 3.12 begins with some 400 frozen objects; whoever freezes what was imported has many thousands."""


@contextmanager
def collector_paused(nodes: int) -> Iterator[None]:
    """Leave the collector out while a graph of so many nodes is read, judged or compiled.

    That makes many small objects that all live to the end and form no cycles, so every look the collector takes at
    them is wasted: a third of the time at 100,000 nodes. The collector is the whole process's, so it is left alone
    where other threads run.
    """
    if nodes < _LARGE or not gc.isenabled() or threading.active_count() > 1:
        yield
        return
    gc.collect(1)  # what the caller has dropped must not grow old with what is made here
    gc.disable()
    try:
        yield
    finally:
        _let_age()
        gc.enable()


def _let_age() -> None:
    """Move all young objects to the oldest generation, which is looked at least often.

    Else the collector would look at all of them when it is back. Freezing and unfreezing moves them without a look; it
    is left out where the caller has frozen objects, which must stay frozen.
    """
    if gc.get_freeze_count() < _FROZEN:
        gc.freeze()
        gc.unfreeze()
