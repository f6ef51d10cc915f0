"""Passes: pure functions `Graph -> Graph`, each in a file named after it."""

from __future__ import annotations

from ryla_graphs.graph.passes.merge_twins import merge_twins
from ryla_graphs.graph.passes.prefix import prefix, prefix_wires

__all__ = ["merge_twins", "prefix", "prefix_wires"]
