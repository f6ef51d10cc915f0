"""Numbers, text, switches, pictures and masks of the twenty most used packs, by what their released code does."""

from __future__ import annotations

from ryla_graphs.shapes.rules.packs import batches, calculated, pictures, resizing, switches, texts

__all__ = ["batches", "calculated", "pictures", "resizing", "switches", "texts"]
