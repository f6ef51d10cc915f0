"""ControlNets and other hints from pictures, next to a conditioning."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both, keyed
from ryla_graphs.shapes.values import Conditioning, ImageShape, Opaque

_CONTROL = ("control", "control_apply_to_uncond")


def _with(control_net: Any) -> dict[str, Any]:
    if control_net is None:
        raise NodeFails("there is no ControlNet")
    return dict.fromkeys(_CONTROL)


@rule("ControlNetApply")
def apply_controlnet(conditioning: Any, control_net: Any, strength: Any = 1.0) -> Any:
    return conditioning if strength == 0 else keyed(conditioning, **_with(control_net))


@rule("ControlNetApplyAdvanced", "ControlNetApplySD3")
def apply_controlnet_to_both(positive: Any, negative: Any, control_net: Any, strength: Any = 1.0) -> tuple[Any, Any]:
    return (positive, negative) if strength == 0 else both(positive, negative, **_with(control_net))


@rule("ControlNetInpaintingAliMamaApply")
def apply_inpainting_controlnet(positive: Any, negative: Any, control_net: Any, strength: Any = 1.0) -> tuple[Any, Any]:
    return apply_controlnet_to_both(positive, negative, control_net, strength)


_REDUX = 729
"""Tokens that Flux's Redux makes of one picture."""


@rule("StyleModelApply")
def apply_style_model(conditioning: Any, strength: Any = 1.0, strength_type: Any = "multiply") -> Any:
    """The picture's tokens follow the text."""
    if not isinstance(conditioning, Conditioning):
        return conditioning
    entries = []
    for shape, keys in conditioning.entries:
        masked = "attention_mask" in keys or (strength_type == "attn_bias" and strength != 1)
        more = dict.fromkeys(("attention_mask", "attention_mask_img_shape")) if masked else {}
        entries.append(((shape[0], shape[1] + _REDUX, *shape[2:]), {**keys, **more}))
    return Conditioning(tuple(entries))


@rule("unCLIPConditioning")
def unclip(conditioning: Any, strength: Any = 1.0) -> Any:
    return conditioning if strength == 0 else keyed(conditioning, unclip_conditioning=None)


@rule("HiDreamO1ReferenceImages")
def hidream_references(positive: Any, negative: Any) -> tuple[Any, Any]:
    return both(positive, negative, reference_latents=None)


@rule("CLIPVisionEncode")
def encode_vision(clip_vision: Any, image: ImageShape) -> Any:
    if clip_vision is None:
        raise NodeFails("there is no encoder of pictures, perhaps because the checkpoint holds none")
    return Opaque("CLIP_VISION_OUTPUT", {"batch": image.batch})
