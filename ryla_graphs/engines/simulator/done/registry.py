"""The table of what only a run can do, filled by the rooms beside this one."""

from __future__ import annotations

from ryla_graphs.shapes.registry import Rules

done = Rules()
"""Classes whose results depend on pixels, samples or time, which only a run has; before the rules of
`ryla_graphs.shapes`."""
