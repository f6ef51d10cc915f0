"""Conditionings: texts encoded, combined, cut to areas and times, with hints and hooks next to them."""

from __future__ import annotations

from ryla_graphs.shapes.rules.conditioning import changed, hints, hooked, pictures, texts

__all__ = ["changed", "hints", "hooked", "pictures", "texts"]
