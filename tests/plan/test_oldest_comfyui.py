"""The oldest ComfyUI that has the classes of a graph and knows its models."""

from __future__ import annotations

import pytest

from ryla_graphs.software.versions import OLDEST
from tests.plan.prompts import Prompt, flux, node, planned, wan, z_image


@pytest.mark.parametrize(
    ("prompt", "version", "because"),
    [
        (flux(), OLDEST, ""),
        (z_image(), "0.11.0", "Z-Image"),
        (wan(), "0.3.31", "SaveVideo"),
        ({"1": node("LoadImage", image="x"), "2": node("SaveImage", images=["1", 0])}, OLDEST, ""),
    ],
)
def test_the_oldest_comfyui(prompt: Prompt, version: str, because: str) -> None:
    plan = planned(prompt)
    assert plan.comfyui.version == version
    assert because in " ".join(plan.comfyui.because)


@pytest.mark.parametrize(
    ("unet", "version"),
    [
        ("flux-2-klein-4b.safetensors", "0.9.2"),
        ("flux2_dev_fp8mixed.safetensors", "0.4.0"),
        ("qwen_image_edit_2511_bf16.safetensors", "0.5.0"),
        ("qwen_image_layered_bf16.safetensors", "0.6.0"),
        ("qwen_image_edit_2509_fp8_e4m3fn.safetensors", "0.3.49"),
        ("ltxv-13b-0.9.7-dev.safetensors", "0.3.33"),
        ("ltx-video-2b-v0.9.5.safetensors", OLDEST),
        ("wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors", "0.3.46"),
        ("wan2.1_t2v_14B_fp16.safetensors", "0.3.16"),
    ],
)
def test_a_variant_may_need_a_newer_comfyui_than_its_family(unet: str, version: str) -> None:
    plan = planned(flux(unet=unet))
    assert plan.comfyui.version == version
