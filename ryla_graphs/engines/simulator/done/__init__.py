"""Nodes that only a run can compute: they need pixels, samples, or a time limit."""

from __future__ import annotations

from ryla_graphs.engines.simulator.done import lists, packs, pictures, regexes, texts
from ryla_graphs.engines.simulator.done.registry import done

__all__ = ["done", "lists", "packs", "pictures", "regexes", "texts"]
