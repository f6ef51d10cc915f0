"""Rule: the patched model or encoder that a node outputs is used."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View

_PATCHED = {"MODEL": ("strength_model", "model"), "CLIP": ("strength_clip", "text encoder")}
"""By type: the input that switches the patch off when it is zero, and what messages call the type."""


def unused_patches(view: View) -> Iterator[Problem]:
    """The node runs for another of its outputs, but nothing uses its MODEL or CLIP, so the patch is lost.

    A face is lost too if the sampler is still linked to the model before ``ApplyInstantID``.
    """
    is_used, reached = view.is_used, view.reached
    for node, plan in view.families.asking:
        for slot, type_ in plan.patched:
            if is_used(node.id, slot) or node.id not in reached:
                continue
            strength, noun = _PATCHED[type_]
            if _takes(node, type_) and view.families.literal(node, strength) != 0:
                yield Problem(
                    code="unused_patch",
                    message=f"nothing uses its {type_}, so its change to the {noun} is lost",
                    subject=AtNode(node=node.id, class_type=node.class_type),
                    hint=f"link its output {slot} ({node.schema.outputs[slot].name}) where its input is linked now",
                )


def _takes(node: PromptNode, type_: str) -> bool:
    return any(spec.type == type_ and name in node.wires for name, spec in node.known.items())
