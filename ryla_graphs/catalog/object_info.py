"""Where `Catalog` used to be; it is in `ryla_graphs.catalog.catalog` now. To go when nothing imports this."""

from __future__ import annotations

from ryla_graphs.catalog.catalog import Catalog

__all__ = ["Catalog"]
