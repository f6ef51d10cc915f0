"""What the outputs and texts of a graph are for, in the names that ComfyUI users give them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ryla_graphs.formats.python.wiring import Value, Wiring
from ryla_graphs.formats.python.words import file_words, identifier, safe, snake
from ryla_graphs.graph.node import Node
from ryla_graphs.prompt.files import weight_folders

_OF_TYPES: Mapping[str, str] = {
    "AUDIO": "audio",
    "CLIP": "clip",
    "CLIP_VISION": "clip_vision",
    "CLIP_VISION_OUTPUT": "clip_vision_output",
    "CONDITIONING": "conditioning",
    "CONTROL_NET": "control_net",
    "GUIDER": "guider",
    "IMAGE": "image",
    "LATENT": "latent",
    "MASK": "mask",
    "MODEL": "model",
    "NOISE": "noise",
    "SAMPLER": "sampler",
    "SIGMAS": "sigmas",
    "STYLE_MODEL": "style_model",
    "UPSCALE_MODEL": "upscale_model",
    "VAE": "vae",
    "VIDEO": "video",
}
"""Type to name, if the type says it all."""

_LOADED = ("MODEL", "CLIP", "VAE")
_PLAIN = ("*", "BOOLEAN", "COMBO", "FLOAT", "INT", "STRING")

_OF_INPUTS: Mapping[str, str] = {"latent_image": "latent", "pixels": "image", "images": "image", "input_image": "image"}
"""Input to the name of what is linked into it, if the two differ."""

_VAGUE = re.compile(
    r"a|any|audio|b|c|conditioning|expression|image|input|latent|mask|model|on_false|on_true|samples|source|string"
    r"|string_a|string_b|switch|values?"
)
"""Names of inputs that say no more than the type does."""

_FAMILIES = frozenset({"comfy", "cosmos", "flux", "hunyuan", "kling", "ltx", "ltxv", "qwen", "wan"})
"""First words of class names that may be left out."""

_OF_CLASSES = {
    re.compile(pattern): noun
    for pattern, noun in {
        r"^(UNET|Unet|Diffusion)\w*Loader": "unet",
        r"^Lora|Lora\w*Load": "lora",
        r"^CLIPSetLastLayer$": "clip_skip",
        r"^ComfySwitch": "switch",
        r"^ComfyMath": "math",
        r"TextEncode": "text",
        r"^ConditioningZeroOut$": "zeroed",
        r"^FluxGuidance$": "guided",
        r"^(KSampler$|KSamplerAdvanced|SamplerCustom)": "samples",
        r"^ModelSampling": "shifted",
        r"^ControlNetApply": "controlled",
        r"^(Image|Latent)?Upscale|ImageUpscale": "upscaled",
        r"^(Image)?(Scale|Resize)|ImageScale": "scaled",
        r"^Preview": "preview",
    }.items()
}
"""The name of a class's output, for the steps between the first and the last node of a chain."""


def sides(wiring: Wiring) -> dict[Node, frozenset[str]]:
    """Where the outputs of each node end up: on a sampler's positive side, its negative side, both or neither."""
    found: dict[Node, frozenset[str]] = {}
    for node in reversed(wiring.graph.nodes):
        ends: set[str] = set()
        for slot in wiring.slots[node]:
            value = Value(node, slot)
            for use in wiring.uses[value]:
                side = next((side for side in ("positive", "negative") if use.key.startswith(side)), None)
                if side is not None:
                    ends.add(side)
                elif wiring.type(value) in ("CONDITIONING", "STRING"):
                    ends |= found[use.target]
        found[node] = frozenset(ends)
    return found


def role(wiring: Wiring, value: Value) -> str:
    """The name of an output: from the inputs that take it, or else from what it is."""
    kind = wiring.type(value)
    names: dict[str, int] = {}
    for use in wiring.uses.get(value, ()):
        if not _goes_on(wiring, use.target, use.key, kind):
            name = re.sub(r"_?\d+$", "", _OF_INPUTS.get(use.key, use.key))
            names[name] = names.get(name, 0) + 1
    clear = {name: count for name, count in names.items() if not _VAGUE.fullmatch(name)}
    if kind in _LOADED:
        clear = {name: count for name, count in clear.items() if name.endswith(f"_{kind.lower()}")}
    best = max(clear, key=lambda name: clear[name]) if clear else ""
    if kind in _LOADED and names and not best:
        return _OF_TYPES[kind]
    by_title = own_title(wiring, value.node) if kind in _PLAIN else None
    name_found = by_title or identifier(best)
    if name_found and is_knob(wiring, value.node):
        return f"{name_found}_value"
    return name_found or _given(value.node) or _OF_TYPES.get(kind) or noun(value.node)


def is_knob(wiring: Wiring, node: Node) -> bool:
    """Whether a node only holds a value for the user to set."""
    value = wiring.inputs[node].get("value")
    return node.class_type.startswith("Primitive") and value is not None and wiring.source(value) is None


def _goes_on(wiring: Wiring, target: Node, key: str, kind: str) -> bool:
    """Whether a node only changes what it takes, so that its output has the same role."""
    if kind == "LATENT" or kind in _PLAIN or key.startswith(("positive", "negative")):
        return False
    return kind in wiring.schemas[target].output_types


def noun(node: Node) -> str:
    """The name of a node by its class."""
    words = snake(node.class_type).removesuffix("_node").removesuffix("_advanced").split("_")
    if len(words) > 3 and words[0] in _FAMILIES:
        del words[0]
    name = re.sub(r"^[0-9_]+", "", "_".join(words))
    return _given(node) or (safe(name) if len(name) > 1 else f"{name}_node".lstrip("_"))


def _given(node: Node) -> str | None:
    return next((noun for pattern, noun in _OF_CLASSES.items() if pattern.search(node.class_type)), None)


def type_name(wiring: Wiring, value: Value) -> str:
    """The name of an output by its type: ``clip_vision``."""
    kind = wiring.type(value)
    return _OF_TYPES.get(kind) or identifier(kind) or "value"


def own_names(wiring: Wiring, node: Node) -> tuple[str | None, str | None]:
    """The names of a node from its id and from its title, if a person chose them."""
    name = node.name_ or ""
    by_id = identifier(name) if re.search(r"[A-Za-z]{2}", name) else None
    found = by_id, own_title(wiring, node)
    if noun(node) != "text":
        return found
    # The prompt is the text that is encoded; this is the result.
    by_id, by_title = (name and re.sub(r"_?prompt$", "_text", name).lstrip("_") for name in found)
    return by_id, by_title


def own_title(wiring: Wiring, node: Node) -> str | None:
    """A title that is not just the name of the class, as a name."""
    title, schema = node.title_, wiring.schemas[node]
    if not title or title in (schema.display_name, schema.class_type):
        return None
    title = re.sub(r"^(Int|Float|String|Boolean)\s*\((.+)\)$", r"\2", title)
    # "CLIP Text Encode (Positive Prompt)" has the real name in the brackets.
    bracketed = re.fullmatch(r"(.*?)\s*\((.+)\)", title)
    if bracketed and bracketed[1].startswith(("CLIP Text Encode", schema.display_name)):
        title = bracketed[2]
    return identifier(title)


def marks(wiring: Wiring) -> dict[Node, list[str]]:
    """The words in the weight file of each node, or of the node before it in a chain."""
    found: dict[Node, list[str]] = {}
    for node in wiring.graph.nodes:
        files = [wiring.inputs[node].get(name) for name in weight_folders(node.class_type)]
        words = [word for file in files if isinstance(file, str) for word in file_words(file)]
        if not words:
            gives = wiring.schemas[node].output_types
            words = next((found[v.node] for v in wiring.sources(node) if wiring.type(v) in gives), [])
        found[node] = words
    return found
