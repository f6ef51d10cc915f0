"""The simulator: executes a graph in order with real shapes, names and counts, but without models.

It really computes image nodes that Pillow can do. For the outputs of models it draws pictures that are marked as
simulated, in their pixels and in their metadata. It needs no GPU, no server, and only milliseconds.
"""

from __future__ import annotations

from ryla_graphs.engines.simulator.engine import Simulator

__all__ = ["Simulator"]
