"""Z-Image; its VAE is Flux's `ae`."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import APACHE
from ryla_graphs.weights.weight import HubFile, Weight

ROWS: tuple[Weight, ...] = (
    Weight(
        name="z_image_turbo_bf16.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="z-image",
        variant="turbo",
        precision="bf16",
        size=12_309_866_400,
        sha256="2407613050b809ffdff18a4ac99af83ea6b95443ecebdf80e064a79c825574a6",
        licence=APACHE,
        sources=(HubFile("Comfy-Org/z_image_turbo", "split_files/diffusion_models/z_image_turbo_bf16.safetensors"),),
    ),
    Weight(
        name="z_image_turbo_int8_convrot.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="z-image",
        variant="turbo",
        precision="int8",
        size=6_201_001_296,
        sha256="be517ebd47c912a5626a588e1aeea43e6be4a43c0cdcd2b48a2a780d9f358635",
        licence=APACHE,
        sources=(
            HubFile("Comfy-Org/z_image_turbo", "split_files/diffusion_models/z_image_turbo_int8_convrot.safetensors"),
        ),
    ),
    Weight(
        name="z_image_bf16.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="z-image",
        variant="base",
        precision="bf16",
        licence=APACHE,
        sources=(HubFile("Comfy-Org/z_image", "split_files/diffusion_models/z_image_bf16.safetensors"),),
    ),
    Weight(
        name="qwen_3_4b.safetensors",
        folder="text_encoders",
        content="text encoder",
        precision="bf16",
        size=8_044_982_048,
        sha256="6c671498573ac2f7a5501502ccce8d2b08ea6ca2f661c458e708f36b36edfc5a",
        licence=APACHE,
        sources=(HubFile("Comfy-Org/z_image_turbo", "split_files/text_encoders/qwen_3_4b.safetensors"),),
    ),
    Weight(
        name="qwen_3_4b_fp8_mixed.safetensors",
        folder="text_encoders",
        content="text encoder",
        precision="mixed",
        size=5_631_994_051,
        sha256="72450b19758172c5a7273cf7de729d1c17e7f434a104a00167624cba94f68f15",
        licence=APACHE,
        sources=(HubFile("Comfy-Org/z_image_turbo", "split_files/text_encoders/qwen_3_4b_fp8_mixed.safetensors"),),
    ),
)
