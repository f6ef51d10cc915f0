"""Rule: the positive and the negative prompt differ."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import AtNode, Problem, shorten
from ryla_graphs.validation.view import View

_CLOSE = 1e-9
"""Samplers treat a cfg this close to 1 as 1."""


def same_text_twice(view: View) -> Iterator[Problem]:
    """With the same text on both sides, cfg has no effect and doubles the time per step."""
    for node in view.samplers:
        positive, negative = node.wires.get("positive"), node.wires.get("negative")
        cfg = view.families.literal(node, "cfg")
        if positive is None or positive != negative or not isinstance(cfg, (int, float)):
            continue
        if abs(cfg - 1) > _CLOSE:
            effect = f"cfg {shorten(cfg)} has no effect and doubles the time"
            yield Problem(
                code="same_text_twice",
                message=f"positive and negative are the same conditioning, so {effect}",
                subject=AtNode(node=node.id, class_type=node.class_type, input="negative"),
                given=node.inputs["negative"],
                hint="use another text as negative, or ConditioningZeroOut and cfg 1",
            )
