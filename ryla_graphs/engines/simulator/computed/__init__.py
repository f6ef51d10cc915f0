"""Nodes that only a run can compute: they need pixels, samples, or a time limit."""

from __future__ import annotations

from ryla_graphs.engines.simulator.computed import lists, packs, pictures, regexes, texts
from ryla_graphs.engines.simulator.computed.registry import computed

__all__ = ["computed", "lists", "packs", "pictures", "regexes", "texts"]
