"""LTX-Video; its text encoder is Flux's T5."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import LTX_VIDEO
from ryla_graphs.weights.weight import HubFile, Weight

ROWS: tuple[Weight, ...] = (
    Weight(
        name="ltx-video-2b-v0.9.5.safetensors",
        folder="checkpoints",
        content="checkpoint",
        family="ltxv",
        precision="bf16",
        size=6_340_729_500,
        sha256="720d15c9f19f7d0f6b2a92bbbc34410e2cfb2f6856a100b38f734fbf973d4adf",
        licence=LTX_VIDEO,
        sources=(HubFile("Lightricks/LTX-Video", "ltx-video-2b-v0.9.5.safetensors"),),
        parts={"diffusion model": 3_846_770_944, "vae": 2_493_827_556},
    ),
)
