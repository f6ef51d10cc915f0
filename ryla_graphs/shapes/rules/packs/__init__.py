"""Numbers, text and switches of the twenty most used packs, by what their released code does."""

from __future__ import annotations

from ryla_graphs.shapes.rules.packs import calculated, switches, texts

__all__ = ["calculated", "switches", "texts"]
