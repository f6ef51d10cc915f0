"""Noise schedules: how a model samples, the noise levels that schedulers make, and the nodes that change them."""

from __future__ import annotations

from ryla_graphs.shapes.rules.sampling import levels, patches, schedulers, tabled

__all__ = ["levels", "patches", "schedulers", "tabled"]
