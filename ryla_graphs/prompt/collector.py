"""Pausing Python's cycle collector while large graphs are processed."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LARGE = 1_000
"""Nodes."""
_FROZEN = 1_000
"""Python 3.12 starts with about 400 frozen objects; a caller that freezes its imported modules has many thousands."""


@contextmanager
def collector_paused(nodes: int) -> Iterator[None]:
    """Pause the collector while a graph with this number of nodes is read, checked or compiled.

    That work creates many small objects that all live to the end and form no cycles, so every collection is wasted:
    a third of the time at 100,000 nodes. The collector belongs to the whole process, so it keeps running if there are
    other threads.
    """
    if nodes < _LARGE or not gc.isenabled() or threading.active_count() > 1:
        yield
        return
    gc.collect(1)  # objects the caller has dropped must not age with those created here
    gc.disable()
    try:
        yield
    finally:
        _let_age()
        gc.enable()


def _let_age() -> None:
    """Move all young objects to the oldest generation, which is collected least often.

    Otherwise the collector would scan all of them once it runs again. Freezing and unfreezing moves them without a
    scan; it is skipped if the caller has frozen objects, which must stay frozen.
    """
    if gc.get_freeze_count() < _FROZEN:
        gc.freeze()
        gc.unfreeze()
