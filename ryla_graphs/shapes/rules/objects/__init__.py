"""Values without a relevant size: samplers, guiders, noise, 3D bodies, boxes, and what detectors find."""

from __future__ import annotations

from ryla_graphs.shapes.rules.objects import bodies, cameras, documents, found, samplers

__all__ = ["bodies", "cameras", "documents", "found", "samplers"]
