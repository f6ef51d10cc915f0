"""Numbers and decisions: computed, converted, compared; sizes, colours, boxes, tracks."""

from __future__ import annotations

from ryla_graphs.shapes.rules.numeric import boxes, colours, expressions, logic, simple

__all__ = ["boxes", "colours", "expressions", "logic", "simple"]
