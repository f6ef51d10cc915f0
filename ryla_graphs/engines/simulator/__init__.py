"""The simulator: runs a graph in order, with real shapes, names and counts, and no model.

Image nodes that Pillow can do are really done. What a model would have made is a picture that says it is
simulated, in its pixels and in its metadata. Needs no GPU, no server, and milliseconds.
"""

from __future__ import annotations

from ryla_graphs.engines.simulator.engine import Simulator

__all__ = ["Simulator"]
