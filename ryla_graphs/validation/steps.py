"""Rule: numbers lie on the grid of their input."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ryla_graphs.errors import Problem
from ryla_graphs.schema import InputSpec, Kind
from ryla_graphs.validation.view import NodeView, View


def steps(view: View) -> Iterator[Problem]:
    """The server takes a width of 1001; the model then pads or crops, and the editor would show another.

    Whole numbers count from the minimum, as in the editor. Others are rounded to `round`, else `step`; only
    the editor does that, so being finer is but a note.
    """
    for node in view.nodes.values():
        for name, value in node.inputs.items():
            if type(value) not in (int, float) or (spec := node.known.get(name)) is None:
                continue
            if spec.kind is Kind.INT and (spec.step or 1) > 1:
                nearest = _on_grid(value, spec.step, spec.min or 0)
            elif spec.kind is Kind.FLOAT and (spec.round or spec.step):
                nearest = _on_grid(value, spec.round or spec.step, 0)
            else:
                continue
            if nearest is not None and not math.isclose(nearest, value, rel_tol=1e-9, abs_tol=1e-9):
                yield _problem(node, spec, value, nearest)


def _on_grid(value: float, step: Any, anchor: float) -> float | None:
    """The grid point nearest to a value; None where there is no grid."""
    if not math.isfinite(value) or step <= 0:
        return None
    return anchor + round((value - anchor) / step) * step


def _problem(node: NodeView, spec: InputSpec, value: float, nearest: float) -> Problem:
    step = spec.step if spec.kind is Kind.INT else spec.round or spec.step
    shown = nearest if spec.kind is Kind.FLOAT else int(nearest)
    return Problem(
        code="off_step",
        message=f"{value} is off the step of {step}",
        severity="warning" if spec.kind is Kind.INT else "note",
        node=node.id,
        class_type=node.schema.class_type,
        input=spec.name,
        given=value,
        expected=f"a multiple of {step}" + (f" counted from {spec.min}" if spec.kind is Kind.INT and spec.min else ""),
        hint=f"the nearest value is {shown:.10g}" if isinstance(shown, float) else f"the nearest value is {shown}",
    )
