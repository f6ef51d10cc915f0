"""Rule: a guidance goes to a model that reads it."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.families.wording import written_by
from ryla_graphs.validation.view import View

_GUIDANCE = {"FluxGuidance": "guidance", "CLIPTextEncodeFlux": "guidance"}


def guidance_of_schnell(view: View) -> Iterator[Problem]:
    """Flux.1 schnell was distilled without guidance, so it ignores `FluxGuidance`."""
    reported: set[str] = set()
    for node in view.samplers:
        model = view.families.into(node, "model")
        if model is None or model.variant != "schnell" or model.families != {"flux1"}:
            continue
        for source in _texts(view, node):
            name = _GUIDANCE.get(source.class_type)
            if name is not None and source.id not in reported:
                reported.add(source.id)
                yield Problem(
                    code="guidance_without_effect",
                    message=f"Flux.1 schnell reads no guidance; the model is from {written_by(model.origin, view)}",
                    subject=AtNode(node=source.id, class_type=source.class_type, input=name),
                    given=source.inputs.get(name),
                    hint="remove the node, or use Flux.1 dev",
                )


def _texts(view: View, node: PromptNode) -> Iterator[PromptNode]:
    """The nodes that a sampler's text passes through."""
    stack, seen = [node.id], {node.id}
    while stack:
        current = view.nodes[stack.pop()]
        yield current
        for name, link in current.wires.items():
            spec = current.known.get(name)
            if spec is not None and spec.type == "CONDITIONING" and link.node in view.nodes and link.node not in seen:
                seen.add(link.node)
                stack.append(link.node)
