"""The captions of simulated pictures: the prompt text, and the sampling parameters."""

from __future__ import annotations

from ryla_graphs.prompt import Prompt
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.values import Sigmas

_TEXTS = ("text", "t5xxl", "clip_l", "prompt")
_WAYS = ("positive", "guider", "conditioning", "text")


def caption(call: Call, prompt: Prompt) -> str:
    """A short description of what a call made."""
    given = call.inputs
    match call.class_type:
        case "KSampler":
            return f"{_words(call.node, prompt)} seed {given['seed']}, {given['steps']} steps, cfg {given['cfg']:g}"
        case "KSamplerAdvanced":
            return f"{_words(call.node, prompt)} seed {given['noise_seed']}, {given['steps']} steps"
        case "SamplerCustom" | "SamplerCustomAdvanced":
            sigmas = given.get("sigmas")
            count = max(0, len(sigmas.values) - 1) if isinstance(sigmas, Sigmas) else 1
            return f"{_words(call.node, prompt)} {count} steps"
        case class_type:
            return class_type


def _words(start: str, prompt: Prompt) -> str:
    """The text of the first text node upstream."""
    pending, seen = [start], set[str]()
    while pending:
        number = pending.pop(0)
        node = prompt.nodes.get(number)
        if node is None or number in seen:
            continue
        seen.add(number)
        for name in _TEXTS:
            text = node.inputs.get(name)
            if isinstance(text, str) and text:
                return f"“{text}”"
        pending += [node.wires[name].node for name in _WAYS if name in node.wires]
        pending += [link.node for link in node.wires.values()]
    return ""
