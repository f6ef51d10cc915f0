"""What is worked out only in a run: it needs pixels, samples, or a limit on its time."""

from __future__ import annotations

from ryla_graphs.engines.simulator.done import lists, packs, pictures, regexes, texts
from ryla_graphs.engines.simulator.done.registry import done

__all__ = ["done", "lists", "packs", "pictures", "regexes", "texts"]
