"""Rule: numbers lie on the grid of their input."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ryla_graphs.catalog.schema import InputSpec, Kind
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View


def steps(view: View) -> Iterator[Problem]:
    """The server takes a width of 1001; the model then pads or crops, and the editor would show another value.

    Whole numbers are counted from the minimum, as in the editor. Others are rounded to `round`, else `step`; only the
    editor does that, so a finer value is only a note.
    """
    for node in view.odd:
        for name, spec in node.known.stepped.items():
            value = node.inputs.get(name)
            if (type(value) is int or type(value) is float) and abs(value) <= _LARGEST:
                nearest = _nearest(spec, value)
                if abs(nearest - value) > _TOLERANCE * max(1.0, abs(value)):
                    yield _problem(node, spec, value, nearest)


_TOLERANCE = 1e-9
_LARGEST = 2.0**1000
"""Anything larger is outside every range, and may not fit a float."""


def _nearest(spec: InputSpec, value: float) -> float:
    """The grid point nearest to a value."""
    step: Any = spec.step if spec.kind is Kind.INT else spec.round or spec.step
    anchor = (spec.min or 0) if spec.kind is Kind.INT else 0
    steps_away = (value - anchor) / step
    return value if not math.isfinite(steps_away) else anchor + round(steps_away) * step


def _problem(node: PromptNode, spec: InputSpec, value: float, nearest: float) -> Problem:
    step = spec.step if spec.kind is Kind.INT else spec.round or spec.step
    shown = nearest if spec.kind is Kind.FLOAT else int(nearest)
    return Problem(
        code="off_step",
        message=f"{value} is not on a step of {step}",
        subject=AtNode(node=node.id, class_type=node.class_type, input=spec.name),
        level="warning" if spec.kind is Kind.INT else "note",
        given=value,
        expected=f"a multiple of {step}" + (f" counted from {spec.min}" if spec.kind is Kind.INT and spec.min else ""),
        hint=f"the nearest value is {shown:.10g}" if isinstance(shown, float) else f"the nearest value is {shown}",
    )
