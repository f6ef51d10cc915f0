"""Models, text encoders, VAEs and what belongs to them: loaded, patched, merged."""

from __future__ import annotations

from ryla_graphs.shapes.rules.models import loaders, patched

__all__ = ["loaders", "patched"]
