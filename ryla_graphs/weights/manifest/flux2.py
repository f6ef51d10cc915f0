"""Flux.2 Klein 4B; its text encoder is Z-Image's `qwen_3_4b`."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import APACHE
from ryla_graphs.weights.weight import HubFile, Weight

ROWS: tuple[Weight, ...] = (
    Weight(
        name="flux-2-klein-4b.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="flux2",
        variant="klein-4b",
        precision="bf16",
        size=7_751_105_712,
        sha256="ec3d4e733a771f61c052fb4856c48b336c55eaf2c65487c2a1faeb9bbda7a343",
        licence=APACHE,
        sources=(
            HubFile("black-forest-labs/FLUX.2-klein-4B", "flux-2-klein-4b.safetensors"),
            HubFile("Comfy-Org/flux2-klein", "split_files/diffusion_models/flux-2-klein-4b.safetensors"),
        ),
    ),
    Weight(
        name="flux-2-klein-base-4b.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="flux2",
        variant="klein-4b",
        precision="bf16",
        size=7_751_105_712,
        sha256="9c5fed22b76baea749d88fc2abe3ad53245e7b21a0d353a762665eea00043b92",
        licence=APACHE,
        sources=(
            HubFile("black-forest-labs/FLUX.2-klein-base-4B", "flux-2-klein-base-4b.safetensors"),
            HubFile("Comfy-Org/flux2-klein", "split_files/diffusion_models/flux-2-klein-base-4b.safetensors"),
        ),
    ),
    Weight(
        name="flux2-vae.safetensors",
        folder="vae",
        content="vae",
        family="flux2",
        precision="fp32",
        size=336_211_292,
        sha256="868fe7b343cc8f3a19dbcfcafbc3d5f888802be3f89bd81b65b3621a066ce8f3",
        licence=APACHE,
        sources=(
            HubFile("Comfy-Org/flux2-dev", "split_files/vae/flux2-vae.safetensors"),
            HubFile("Comfy-Org/flux2-klein", "split_files/vae/flux2-vae.safetensors"),
        ),
    ),
)
