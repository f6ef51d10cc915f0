"""Pictures and masks that are really done, in rooms by kind; see `registry` for how a class gets its pixels."""

from __future__ import annotations

from ryla_graphs.engines.simulator.pictures import batches, colour, geometry, loading, masks, models
from ryla_graphs.engines.simulator.pictures.content import give_content

__all__ = ["batches", "colour", "geometry", "give_content", "loading", "masks", "models"]
