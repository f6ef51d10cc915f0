"""Wan 2.1 video models."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import APACHE
from ryla_graphs.weights.weight import HubFile, Weight


def _repackaged(path: str) -> tuple[HubFile, ...]:
    return (HubFile("Comfy-Org/Wan_2.1_ComfyUI_repackaged", f"split_files/{path}"),)


ROWS: tuple[Weight, ...] = (
    Weight(
        name="wan2.1_t2v_1.3B_fp16.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="wan",
        variant="t2v",
        precision="fp16",
        size=2_838_303_560,
        sha256="be531024cd9018cb5b48c40cfbb6a6191645b1c792eb8bf4f8c1c6e10f924dc5",
        licence=APACHE,
        sources=_repackaged("diffusion_models/wan2.1_t2v_1.3B_fp16.safetensors"),
    ),
    Weight(
        name="wan2.1_t2v_14B_fp8_scaled.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="wan",
        variant="t2v",
        precision="fp8",
        size=14_293_896_178,
        sha256="2e39adde59c5e0e90edbb35873126b0d67928b5c11c501e384e976d6dc597cce",
        licence=APACHE,
        sources=_repackaged("diffusion_models/wan2.1_t2v_14B_fp8_scaled.safetensors"),
    ),
    Weight(
        name="wan2.1_i2v_480p_14B_fp16.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="wan",
        variant="i2v",
        precision="fp16",
        size=32_791_377_504,
        sha256="27988f6b510eb8d5fdd7485671b54897f8683f2bba7a772c5671be21d3491253",
        licence=APACHE,
        sources=_repackaged("diffusion_models/wan2.1_i2v_480p_14B_fp16.safetensors"),
    ),
    Weight(
        name="umt5_xxl_fp8_e4m3fn_scaled.safetensors",
        folder="text_encoders",
        content="text encoder",
        family="wan",
        precision="fp8",
        size=6_735_906_897,
        sha256="c3355d30191f1f066b26d93fba017ae9809dce6c627dda5f6a66eaa651204f68",
        licence=APACHE,
        sources=_repackaged("text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors"),
    ),
    Weight(
        name="umt5_xxl_fp16.safetensors",
        folder="text_encoders",
        content="text encoder",
        family="wan",
        precision="fp16",
        size=11_366_399_385,
        sha256="7b8850f1961e1cf8a77cca4c964a358d303f490833c6c087d0cff4b2f99db2af",
        licence=APACHE,
        sources=_repackaged("text_encoders/umt5_xxl_fp16.safetensors"),
    ),
    Weight(
        name="wan_2.1_vae.safetensors",
        folder="vae",
        content="vae",
        family="wan",
        size=253_815_318,
        sha256="2fc39d31359a4b0a64f55876d8ff7fa8d780956ae2cb13463b0223e15148976b",
        licence=APACHE,
        sources=_repackaged("vae/wan_2.1_vae.safetensors"),
    ),
    Weight(
        name="clip_vision_h.safetensors",
        folder="clip_vision",
        content="clip vision",
        size=1_264_219_396,
        sha256="64a7ef761bfccbadbaa3da77366aac4185a6c58fa5de5f589b42a65bcc21f161",
        licence=APACHE,
        sources=_repackaged("clip_vision/clip_vision_h.safetensors"),
    ),
)
