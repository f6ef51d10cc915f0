"""The table of nodes that only a run can compute; the other modules of this package fill it."""

from __future__ import annotations

from ryla_graphs.shapes.registry import Rules

computed = Rules()
"""Classes whose results depend on pixels, samples or time, which only a run has; they take precedence over the rules in
`ryla_graphs.shapes`."""
