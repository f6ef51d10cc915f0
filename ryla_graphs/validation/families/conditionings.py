"""Rule: a model gets text from its own encoders."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ryla_graphs.problems import Problem
from ryla_graphs.problems import family_hints as hints
from ryla_graphs.validation.families.wording import (
    by_restriction,
    by_socket,
    disagreement,
    named,
    problem,
    refusal,
)
from ryla_graphs.validation.mismatches import Disagreement
from ryla_graphs.validation.view import View

_BY_MODEL = {"z-image": "lumina_text_encoder", "lumina2": "lumina_text_encoder", "flux2": "flux2_text_encoder"}
"""Models whose text layers fail in their own ways, with the code for each."""


def conditionings(view: View) -> Iterator[Problem]:
    """Text for another family has another width, so the sampler crashes at the first layer that reads it.

    The code is `conditioning_family` if the graph has the right encoder and only the links are crossed; else the
    encoder itself is wrong.
    """
    for found in by_socket(view, "CONDITIONING", "CLIP"):
        if _is_of_controlnet(found, view):
            hint = f"use a ControlNet made for {named(found.other.families)}, or leave it out"
            yield problem(found, "controlnet_family", disagreement(found, view), hint)
            continue
        code, hint = _judged(found, view)
        yield problem(found, code, disagreement(found, view), hint)
    for refused in by_restriction(view, "text"):
        hint = f"use CLIPTextEncode, or {hints.text_for(refused.restriction.families)}"
        yield problem(refused, "text_encoder_family", refusal(refused, view), hint)


def _is_of_controlnet(found: Disagreement, view: View) -> bool:
    """Whether the text's family is known only from a ControlNet that was applied to it."""
    origin = view.nodes.get(found.carried.origin.node)
    return origin is not None and "CONTROL_NET" in origin.schema.output_types


def _judged(found: Disagreement, view: View) -> tuple[str, str]:
    model = found.other.families
    fitting = _text_encoder(view, model) if found.carried.families != model else None
    if found.socket == "CONDITIONING" and fitting is not None:
        number = f"{view.nodes[fitting].schema.class_type} '{fitting}'"
        return (
            "conditioning_family",
            f"encode the text with the CLIP of {number}, which is {named(model)}'s; {hints.STAGES}",
        )
    code = next((code for name, code in _BY_MODEL.items() if name in model), "text_encoder_family")
    return code, f"for {named(model)} use {hints.text_for(model)}"


def _text_encoder(view: View, families: Collection[str]) -> str | None:
    """A node of the graph that gives a text encoder for these families."""
    for number in sorted(view.nodes, key=lambda number: (len(number), number)):
        outputs = view.nodes[number].schema.output_types
        for slot, carried in enumerate(view.families.out(number)):
            if carried is not None and outputs[slot] == "CLIP" and not carried.families.isdisjoint(families):
                return carried.origin.node
    return None
