"""Qwen-Image and Qwen-Image-Edit, with the LoRAs that let them work in four steps."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import APACHE
from ryla_graphs.weights.weight import HubFile, Weight

ROWS: tuple[Weight, ...] = (
    Weight(
        name="qwen_image_2512_fp8_e4m3fn.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="qwen-image",
        precision="fp8",
        size=20_430_679_144,
        sha256="5dc80554d5d83390046a2f4a94ece06afb7700bf7b0aaf8bde9769793875876b",
        licence=APACHE,
        sources=(
            HubFile(
                "Comfy-Org/Qwen-Image_ComfyUI", "split_files/diffusion_models/qwen_image_2512_fp8_e4m3fn.safetensors"
            ),
        ),
    ),
    Weight(
        name="qwen_image_edit_2511_fp8mixed.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="qwen-image",
        variant="edit",
        precision="mixed",
        size=20_533_762_817,
        sha256="c9fdc158e46d3b61ef75f21ae866ca2fe808bf4a53643120d1c1e87c19280a4e",
        licence=APACHE,
        sources=(
            HubFile(
                "Comfy-Org/Qwen-Image-Edit_ComfyUI",
                "split_files/diffusion_models/qwen_image_edit_2511_fp8mixed.safetensors",
            ),
        ),
    ),
    Weight(
        name="qwen_2.5_vl_7b_fp8_scaled.safetensors",
        folder="text_encoders",
        content="text encoder",
        precision="fp8",
        size=9_384_670_680,
        sha256="cb5636d852a0ea6a9075ab1bef496c0db7aef13c02350571e388aea959c5c0b4",
        licence=APACHE,
        sources=(
            HubFile("Comfy-Org/Qwen-Image_ComfyUI", "split_files/text_encoders/qwen_2.5_vl_7b_fp8_scaled.safetensors"),
            HubFile(
                "Comfy-Org/HunyuanVideo_1.5_repackaged",
                "split_files/text_encoders/qwen_2.5_vl_7b_fp8_scaled.safetensors",
            ),
        ),
    ),
    Weight(
        name="qwen_image_vae.safetensors",
        folder="vae",
        content="vae",
        family="qwen-image",
        precision="bf16",
        size=253_806_246,
        sha256="a70580f0213e67967ee9c95f05bb400e8fb08307e017a924bf3441223e023d1f",
        licence=APACHE,
        sources=(HubFile("Comfy-Org/Qwen-Image_ComfyUI", "split_files/vae/qwen_image_vae.safetensors"),),
    ),
    Weight(
        name="Qwen-Image-2512-Lightning-4steps-V1.0-fp32.safetensors",
        folder="loras",
        content="lora",
        family="qwen-image",
        precision="fp32",
        size=1_698_951_104,
        sha256="ad12117461cb41e2ea637fec8df6392ce8e8550c47fbe2b829ed3deb98262066",
        licence=APACHE,
        sources=(
            HubFile("lightx2v/Qwen-Image-2512-Lightning", "Qwen-Image-2512-Lightning-4steps-V1.0-fp32.safetensors"),
        ),
    ),
    Weight(
        name="Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors",
        folder="loras",
        content="lora",
        family="qwen-image",
        precision="bf16",
        size=849_608_296,
        sha256="22226e8d05d354bb356627d428809f5afd7819399b077238a2b70a82883a904f",
        licence=APACHE,
        sources=(
            HubFile(
                "lightx2v/Qwen-Image-Edit-2511-Lightning",
                "Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors",
            ),
        ),
    ),
)
