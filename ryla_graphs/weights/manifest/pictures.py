"""Files that work on finished pictures of any model: upscalers, and models that separate things from the background."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import APACHE, BSD, MIT
from ryla_graphs.weights.weight import HubFile, WebFile, Weight

ROWS: tuple[Weight, ...] = (
    Weight(
        name="RealESRGAN_x4plus.safetensors",
        folder="upscale_models",
        content="upscaler",
        precision="fp32",
        size=66_857_836,
        sha256="37f9a931c215f040aa6d50f711f2cb115f713c46df1d0d6469a8bd7bfe9a60bb",
        licence=BSD,
        sources=(HubFile("Comfy-Org/Real-ESRGAN_repackaged", "RealESRGAN_x4plus.safetensors"),),
    ),
    Weight(
        name="birefnet.safetensors",
        folder="background_removal",
        content="other",
        size=444_473_596,
        sha256="9ab37426bf4de0567af6b5d21b16151357149139362e6e8992021b8ce356a154",
        licence=MIT,
        sources=(HubFile("Comfy-Org/BiRefNet", "background_removal/birefnet.safetensors"),),
    ),
    Weight(
        name="sam_vit_b_01ec64.pth",
        folder="sams",
        content="detector",
        precision="fp32",
        size=375_042_383,
        sha256="ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        licence=APACHE,
        sources=(WebFile("https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth"),),
    ),
)
