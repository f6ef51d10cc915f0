"""Latents: empty ones, encoded and decoded, sampled, cut and joined."""

from __future__ import annotations

from ryla_graphs.shapes.rules.latents import batches, coding, cutting, empty, mixing, sampled

__all__ = ["batches", "coding", "cutting", "empty", "mixing", "sampled"]
