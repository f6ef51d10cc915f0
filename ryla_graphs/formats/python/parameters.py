"""The inputs that a user who runs a graph wants to set: prompts, input files, sizes, seeds and weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from ryla_graphs.catalog.schema import InputSpec
from ryla_graphs.formats.python import roles
from ryla_graphs.formats.python.wiring import Use, Value, Wiring
from ryla_graphs.formats.python.words import Names, Wish, file_words, variable
from ryla_graphs.graph.node import Node
from ryla_graphs.prompt.files import NOT_FILES, takes_input_file, weight_folders

_WEIGHTS = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)$", re.IGNORECASE)
_PROMPTS = re.compile(r"prompt|text|tags|lyrics|caption|clip_[lg]|t5xxl|llama|description|^value$|^string")
_PLAIN_TEXT = frozenset({"text", "value", "string", "prompt", "string_a", "string_b", "clip_l", "clip_g", "t5xxl"})
_SAYS_PROMPT = frozenset({"text", "prompt", "positive", "negative", "negative_prompt"})
"""Inputs that count as prompts in unknown classes."""
_SIZES = ("width", "height", "length", "video_frames", "resolution", "seconds")


_NO_COINCIDENCE = 20


class Kind(IntEnum):
    """What a parameter sets, in the order of the parameters."""

    PROMPT = 0
    FILE = 1
    KNOB = 2
    """The value of a primitive node, which its author put there to be set."""
    SIZE = 3
    SEED = 4
    WEIGHT = 5


class Parameter(NamedTuple):
    """A parameter of the function that makes the workflow."""

    name: str
    value: Any
    """The graph's own."""
    kind: Kind
    annotation: str


class _Found(NamedTuple):
    kind: Kind
    wish: Wish
    value: Any


Bound = Mapping[Use, Parameter]
"""The inputs that parameters set."""


def find_parameters(wiring: Wiring, names: Names, nodes: Iterable[Node]) -> Bound:
    """The parameters of a graph. Inputs of one kind with the same value share a parameter."""
    sides = roles.sides(wiring)
    inputs = {use: found for node in nodes for use, found in _of_node(wiring, node, sides[node])}
    merged: dict[tuple[Kind, str, str], list[Use]] = {}
    for use, found in inputs.items():
        merged.setdefault((found.kind, found.wish.base, repr(found.value)), []).append(use)
    order = sorted(merged, key=lambda key: key[0])
    first = [inputs[merged[key][0]] for key in order]
    named = names.share([found.wish for found in first])
    bound = {
        use: Parameter(name, found.value, found.kind, type(found.value).__name__)
        for key, name, found in zip(order, named, first, strict=True)
        for use in merged[key]
    }
    return bound | dict(_repeated(wiring, nodes, bound))


def _of_node(wiring: Wiring, node: Node, sides: frozenset[str]) -> Iterator[tuple[Use, _Found]]:
    specs = wiring.specs(node)
    for name, value in wiring.inputs[node].items():
        if isinstance(value, (str, int, float)):
            use = Use(node, name)
            found = _kind(wiring, use, specs.get(name), value)
            if found is not None:
                base = _base(wiring, use, found, sides)
                words = file_words(str(value)) if found is Kind.WEIGHT else ()
                yield use, _Found(found, Wish(base, _own(wiring, node, found), None, words), value)


def _kind(wiring: Wiring, use: Use, spec: InputSpec | None, value: Any) -> Kind | None:
    node, key = use.target, use.key
    if isinstance(value, str) and value:
        if use.input in weight_folders(node.class_type) and value not in NOT_FILES:
            return Kind.WEIGHT
        if takes_input_file(wiring.schemas[node], use.input):
            return Kind.FILE
        if spec is None and _WEIGHTS.search(value):
            return Kind.WEIGHT
    if node.class_type.startswith("Primitive") and key == "value":
        return Kind.PROMPT if isinstance(value, str) and wiring.specs(node)["value"].multiline else Kind.KNOB
    if isinstance(value, str):
        is_prompt = spec.multiline and _PROMPTS.search(key) if spec else key in _SAYS_PROMPT
        return Kind.PROMPT if is_prompt else None
    if type(value) is int and ((spec and spec.control_after_generate) or key.endswith("seed")):
        return Kind.SEED if wiring.inputs[node].get("add_noise") != "disable" else None
    return Kind.SIZE if key in _SIZES and not isinstance(value, bool) and _makes_canvas(wiring, node) else None


def _makes_canvas(wiring: Wiring, node: Node) -> bool:
    """Whether a node decides the size of the result."""
    return "LATENT" in wiring.schemas[node].output_types or node.schema_.api_node


def _base(wiring: Wiring, use: Use, kind: Kind, sides: frozenset[str]) -> str:
    node = use.target
    key = variable(use.key)
    outputs = [Value(node, slot) for slot in wiring.slots[node]]
    if kind is Kind.PROMPT and use.key in _PLAIN_TEXT:
        return "negative_prompt" if sides == {"negative"} else "prompt"
    if kind is Kind.SEED:
        return "seed"
    if kind is Kind.FILE and outputs:
        return f"{roles.own_title(wiring, node) or roles.role(wiring, outputs[0]).rstrip('_')}_file"
    if kind is Kind.WEIGHT and key in ("name", "model", "model_name") and outputs:
        return f"{roles.type_name(wiring, outputs[0])}_name"
    if kind is Kind.KNOB:
        named = roles.own_title(wiring, node) or (roles.role(wiring, outputs[0]) if outputs else key)
        return named.removesuffix("_value") or key
    return key


def _own(wiring: Wiring, node: Node, kind: Kind) -> tuple[str | None, ...]:
    by_id, by_title = roles.own_names(wiring, node)
    suffix = {Kind.FILE: "_file", Kind.WEIGHT: "_name", Kind.SEED: "_seed"}.get(kind, "")
    return tuple(name and f"{name.removesuffix(suffix)}{suffix}" for name in (by_title, by_id))


def _repeated(wiring: Wiring, nodes: Iterable[Node], bound: Bound) -> Iterator[tuple[Use, Parameter]]:
    """Inputs that repeat a size, such as a width given to a model, or a text too long to match by chance."""
    known = {(use.key, parameter.value): parameter for use, parameter in bound.items() if parameter.kind is Kind.SIZE}
    texts = {p.value: p for p in bound.values() if p.kind is Kind.PROMPT and len(p.value) > _NO_COINCIDENCE}
    for node in nodes:
        for name, value in wiring.inputs[node].items():
            use = Use(node, name)
            if type(value) in (int, str) and use not in bound:
                found = known.get((use.key, value)) or texts.get(value)
                if found is not None and type(found.value) is type(value):
                    yield use, found
