"""Wan 2.1 and 2.2 video models. Wan 2.2 14B consists of two experts, and takes 2.1's VAE and encoder."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import APACHE
from ryla_graphs.weights.weight import HubFile, Weight


def _repackaged(path: str) -> tuple[HubFile, ...]:
    return (HubFile("Comfy-Org/Wan_2.1_ComfyUI_repackaged", f"split_files/{path}"),)


def _expert(kind: str, noise: str, size: int, sha256: str) -> Weight:
    name = f"wan2.2_{kind}_{noise}_noise_14B_fp8_scaled.safetensors"
    return Weight(
        name=name,
        folder="diffusion_models",
        content="diffusion model",
        family="wan",
        variant=kind,
        precision="fp8",
        size=size,
        sha256=sha256,
        licence=APACHE,
        sources=(HubFile(_REPOSITORY_22, f"split_files/diffusion_models/{name}"),),
    )


def _four_steps(name: str, sha256: str) -> Weight:
    return Weight(
        name=name,
        folder="loras",
        content="lora",
        family="wan",
        size=1_226_977_424,
        sha256=sha256,
        licence=APACHE,
        sources=(HubFile(_REPOSITORY_22, f"split_files/loras/{name}"),),
    )


_REPOSITORY_22 = "Comfy-Org/Wan_2.2_ComfyUI_Repackaged"

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
    _expert("t2v", "high", 14_293_923_632, "cad711ae211c8b23455ec68cd6a190a33a3d874234a77eb57266d73f8f0e6c9f"),
    _expert("t2v", "low", 14_293_923_632, "e71b96d7c82e638694c5e7fb98fac4bfb0e4ddc5fbbb4b1df40da8f0f1278a97"),
    _expert("i2v", "high", 14_294_742_832, "6122e79d55e0f235698d11d657f3b196c5273c830da00b2b013c5a048d5e6a42"),
    _expert("i2v", "low", 14_294_742_832, "5471a457b6ac404202a5fbe6c11595a3d5641fc766b00f38763f72303fffc21e"),
    _four_steps(
        "wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors",
        "698321cb86bd30c4af06c9b84e656a1048c8cb54e06d50694536fb5de37fde41",
    ),
    _four_steps(
        "wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors",
        "ec95216e614b3c132c11bfb387b11feedf62163150ccc9068bca8a189771e75a",
    ),
    _four_steps(
        "wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors",
        "d176c808d6fc461999b68e321efcb7501b20b8c3797523ed0df14f7d1deff11e",
    ),
    _four_steps(
        "wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise.safetensors",
        "024f21de095bc8fad9809ded3e9e49a2e170dcf27075da8145ba7d60d8aab7f9",
    ),
)
