"""The weight files that presets and common graphs use. One row a file; sources are on docs/weights.md."""

from __future__ import annotations

from ryla_graphs.weights.weight import Licence, Weight

APACHE = Licence(name="Apache-2.0", commercial=True)
FLUX_DEV = Licence(name="flux-1-dev-non-commercial", commercial=False)

MANIFEST: tuple[Weight, ...] = (
    Weight(
        name="flux1-dev.safetensors",
        folder="diffusion_models",
        content="diffusion model",
        family="flux1",
        variant="dev",
        licence=FLUX_DEV,
        repository="black-forest-labs/FLUX.1-dev",
        path="flux1-dev.safetensors",
        size=23_802_932_552,
        sha256="4610115bb0c89560703c892c59ac2742fa821e60ef5871b33493ba544683abd7",
        precision="bf16",
        gated=True,
    ),
)
