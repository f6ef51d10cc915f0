"""Rule: what a node patches is used patched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ryla_graphs.errors import Problem

if TYPE_CHECKING:
    from ryla_graphs.validation.view import NodeView, View

_PATCHED = {"MODEL": "strength_model", "CLIP": "strength_clip"}
"""What is patched, and the input that, where it is zero, leaves it as it is."""


def unused_patches(view: View) -> Iterator[Problem]:
    """The node runs for another of its outputs, but its MODEL or CLIP is used by nobody, so the patch is lost.

    So is a face where the sampler is still wired to the model before ``ApplyInstantID``.
    """
    for number, node in view.nodes.items():
        for slot, type_ in enumerate(node.schema.output_types):
            strength = _PATCHED.get(type_) if isinstance(type_, str) else None
            if strength is None or (number, slot) in view.used or number not in view.reached:
                continue
            if _takes(node, type_) and view.families.literal(node, strength) != 0:
                yield Problem(
                    code="unused_patch",
                    message=f"nobody uses its {type_}, so what it does to the {_NOUNS[str(type_)]} is lost",
                    level="warning",
                    node=number,
                    class_type=node.schema.class_type,
                    hint=f"wire its output {slot} ({node.schema.outputs[slot].name}) on, in the place of what goes in",
                )


_NOUNS = {"MODEL": "model", "CLIP": "text encoder"}


def _takes(node: NodeView, type_: object) -> bool:
    return any(spec.type == type_ and isinstance(node.inputs.get(name), list) for name, spec in node.known.items())
