"""Conditionings have the lengths and the keys that ComfyUI gives them, and say what is unknown about them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.shapes.models import clip_of, clip_of_files, vae_of
from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.unknown import Unknown, bounds
from ryla_graphs.shapes.values import Conditioning, ImageShape, LatentShape, MaskShape, Opaque
from tests.shapes.rules import outputs

SD15 = clip_of("checkpoints", "v1-5-pruned-emaonly.safetensors")
SDXL = clip_of("checkpoints", "sd_xl_base_1.0.safetensors")
FLUX = clip_of_files(("clip_l.safetensors", "t5xxl_fp16.safetensors"), "flux")
SD3 = clip_of_files(("clip_l.safetensors", "clip_g.safetensors", "t5xxl_fp16.safetensors"), None)
WAN = clip_of_files(("umt5_xxl_fp8_e4m3fn_scaled.safetensors",), "wan")
QWEN = clip_of_files(("qwen_2.5_vl_7b_fp8_scaled.safetensors",), "qwen_image")

ONE = Conditioning((((1, 77, 768), {"pooled_output": None}),))
TWO = Conditioning((((1, 154, 768), {}), ((1, 77, 768), {"area": (1, 2, 3, 4)})))
STRANGE = Opaque("CONDITIONING", {"unknown": "of another pack"})
PICTURE = ImageShape(1, 64, 64)
VAE = vae_of("vae", "ae.safetensors")
WAN_VAE = vae_of("vae", "wan_2.1_vae.safetensors")


def entry(class_type: str, **inputs: Any) -> tuple[tuple[Any, ...], set[str]]:
    """The first entry of what a class gives: its shape, and the names of what is next to it."""
    found = outputs(class_type, **inputs)
    shape, keys = (found[0] if isinstance(found, tuple) else found).entries[0]
    return shape, set(keys)


@pytest.mark.parametrize(
    ("clip", "text", "shape"),
    [
        (SD15, "a red bicycle", (1, 77, 768)),
        # CLIP reads 75 tokens at a time.
        (SD15, "word " * 100, (1, 154, 768)),
        (SDXL, "", (1, 77, 2048)),
        (FLUX, "a red bicycle", (1, 256, 4096)),
        (WAN, "a red bicycle", (1, 512, 4096)),
        (SD3, "a red bicycle", (1, 154, 4096)),
    ],
)
def test_lengths_of_texts(clip: Any, text: str, shape: tuple[int, ...]) -> None:
    assert entry("CLIPTextEncode", clip=clip, text=text) == (shape, {"pooled_output"})


def test_lengths_that_only_a_tokenizer_knows() -> None:
    (_, length, width), _ = entry("CLIPTextEncode", clip=QWEN, text="a red bicycle")
    low, high = bounds(length)
    assert isinstance(length, Unknown)
    assert 1 <= low < high < 100
    assert width == 3584


KEYS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("CLIPTextEncodeSDXL", {"clip": SDXL, "text_g": "a", "text_l": "b"},
     {"width", "height", "crop_w", "crop_h", "target_width", "target_height"}),
    ("CLIPTextEncodeFlux", {"clip": FLUX, "clip_l": "a", "t5xxl": "b", "guidance": 3.5}, {"guidance"}),
    ("FluxGuidance", {"conditioning": ONE, "guidance": 3.5}, {"guidance"}),
    ("ConditioningSetArea", {"conditioning": ONE}, {"area", "strength", "set_area_to_bounds"}),
    ("ConditioningSetMask", {"conditioning": ONE, "mask": MaskShape(1, 9, 9)},
     {"mask", "mask_strength", "set_area_to_bounds"}),
    ("ConditioningSetTimestepRange", {"conditioning": ONE, "start": 0.1, "end": 0.5},
     {"start_percent", "end_percent"}),
    ("ReferenceLatent", {"conditioning": ONE, "latent": LatentShape((1, 16, 8, 8))}, {"reference_latents"}),
    ("ReferenceLatent", {"conditioning": ONE}, set()),
    ("ControlNetApplyAdvanced", {"positive": ONE, "negative": TWO, "control_net": Opaque("CONTROL_NET"),
                                 "strength": 1.0}, {"control", "control_apply_to_uncond"}),
    ("ControlNetApplyAdvanced", {"positive": ONE, "negative": TWO, "control_net": None, "strength": 0.0}, set()),
    ("unCLIPConditioning", {"conditioning": ONE, "strength": 1.0}, {"unclip_conditioning"}),
    ("LTXVConditioning", {"positive": ONE, "negative": ONE}, {"frame_rate"}),
    ("InpaintModelConditioning", {"positive": ONE, "negative": TWO, "pixels": PICTURE, "vae": VAE,
                                  "mask": MaskShape(1, 64, 64), "noise_mask": True},
     {"concat_latent_image", "concat_mask"}),
    ("InstructPixToPixConditioning", {"positive": ONE, "negative": ONE, "vae": VAE, "pixels": PICTURE},
     {"concat_latent_image"}),
    ("WanImageToVideo", {"positive": ONE, "negative": ONE, "vae": WAN_VAE, "width": 64, "height": 64, "length": 5,
                         "start_image": PICTURE, "clip_vision_output": Opaque("CLIP_VISION_OUTPUT")},
     {"concat_latent_image", "concat_mask", "clip_vision_output"}),
    ("WanImageToVideo", {"positive": ONE, "negative": ONE, "vae": WAN_VAE, "width": 64, "height": 64, "length": 5},
     set()),
    ("WanVaceToVideo", {"positive": ONE, "negative": ONE, "vae": WAN_VAE, "width": 64, "height": 64, "length": 5,
                        "strength": 1.0}, {"vace_frames", "vace_mask", "vace_strength"}),
    ("WanCameraImageToVideo", {"positive": ONE, "negative": ONE, "vae": WAN_VAE, "width": 64, "height": 64,
                               "length": 5, "camera_conditions": Opaque("WAN_CAMERA_EMBEDDING")},
     {"camera_conditions"}),
]  # fmt: skip


@pytest.mark.parametrize(("class_type", "inputs", "keys"), KEYS)
def test_what_is_written_next_to_a_text(class_type: str, inputs: dict[str, Any], keys: set[str]) -> None:
    _, found = entry(class_type, **inputs)
    assert found == {"pooled_output", *keys}


def test_conditionings_together() -> None:
    assert outputs("ConditioningCombine", conditioning_1=ONE, conditioning_2=TWO).entries == ONE.entries + TWO.entries
    behind = outputs("ConditioningConcat", conditioning_to=TWO, conditioning_from=ONE)
    assert [shape for shape, _ in behind.entries] == [(1, 231, 768), (1, 154, 768)]
    averaged = outputs("ConditioningAverage", conditioning_to=ONE, conditioning_from=TWO, conditioning_to_strength=0.5)
    assert averaged == ONE


FAILING: list[tuple[str, dict[str, Any]]] = [
    # A checkpoint without a text encoder gives none.
    ("CLIPTextEncode", {"clip": None, "text": "a"}),
    ("CLIPTextEncodeSDXL", {"clip": FLUX, "text_g": "a", "text_l": "b"}),
    ("CLIPTextEncodeFlux", {"clip": SDXL, "clip_l": "a", "t5xxl": "b"}),
    ("ConditioningCombine", {"conditioning_1": None, "conditioning_2": ONE}),
    ("ConditioningConcat", {"conditioning_to": ONE, "conditioning_from": Conditioning((((1, 9, 4096), {}),))}),
    ("ControlNetApply", {"conditioning": ONE, "control_net": None, "strength": 1.0}),
    ("CLIPVisionEncode", {"clip_vision": None, "image": PICTURE, "crop": "center"}),
    ("FluxGuidance", {"conditioning": None, "guidance": 1.0}),
]


@pytest.mark.parametrize(("class_type", "inputs"), FAILING)
def test_failures(class_type: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(NodeFails):
        outputs(class_type, **inputs)


def test_what_is_unknown_stays_unknown() -> None:
    assert outputs("FluxGuidance", conditioning=STRANGE, guidance=1.0) == STRANGE
    assert outputs("ConditioningCombine", conditioning_1=ONE, conditioning_2=STRANGE) == STRANGE
    (_, length, _), _ = entry("CLIPTextEncode", clip=SD15, text=Unknown("a text from another pack"))
    assert isinstance(length, Unknown)


@given(st.text(max_size=400), st.sampled_from([SD15, SDXL, SD3, FLUX, WAN, QWEN]))
def test_texts_have_a_length(text: str, clip: Any) -> None:
    (batch, length, _), _ = entry("CLIPTextEncode", clip=clip, text=text)
    low, high = bounds(length)
    assert batch == 1
    assert 1 <= low <= high <= 77 + max(512, 2 + len(text.encode()) * 2)
