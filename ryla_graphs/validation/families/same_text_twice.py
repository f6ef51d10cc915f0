"""Rule: what a picture shall show and what it shall not are two texts."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.validation.view import View


def same_text_twice(view: View) -> Iterator[Problem]:
    """With one text on both sides cfg has nothing to push from: no effect, and twice the time a step."""
    for node in view.samplers:
        positive, negative = node.wires.get("positive"), node.wires.get("negative")
        cfg = view.families.literal(node, "cfg")
        if positive is None or positive != negative or not isinstance(cfg, (int, float)):
            continue
        if not math.isclose(cfg, 1.0):
            yield Problem(
                code="same_text_twice",
                message=f"positive and negative are one conditioning, so cfg {cfg} has no effect and doubles the time",
                subject=AtNode(node=node.id, class_type=node.class_type, input="negative"),
                given=node.inputs["negative"],
                hint="wire another text as negative, or ConditioningZeroOut and cfg 1",
            )
