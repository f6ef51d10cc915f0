"""Stable Diffusion 1.5, a better VAE for it, and its ControlNets."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import MIT, OPENRAIL_M
from ryla_graphs.weights.weight import HubFile, Weight


def _controlnet(name: str, sha256: str) -> Weight:
    return Weight(
        name=name,
        folder="controlnet",
        content="controlnet",
        family="sd15",
        precision="fp16",
        size=722_601_100,
        sha256=sha256,
        licence=OPENRAIL_M,
        sources=(HubFile("comfyanonymous/ControlNet-v1-1_fp16_safetensors", name),),
    )


ROWS: tuple[Weight, ...] = (
    Weight(
        name="v1-5-pruned-emaonly-fp16.safetensors",
        folder="checkpoints",
        content="checkpoint",
        family="sd15",
        precision="fp16",
        size=2_132_696_762,
        sha256="e9476a13728cd75d8279f6ec8bad753a66a1957ca375a1464dc63b37db6e3916",
        licence=OPENRAIL_M,
        sources=(HubFile("Comfy-Org/stable-diffusion-v1-5-archive", "v1-5-pruned-emaonly-fp16.safetensors"),),
        parts={"diffusion model": 1_719_041_928, "text encoder": 246_120_960, "vae": 167_307_726},
    ),
    Weight(
        name="vae-ft-mse-840000-ema-pruned.safetensors",
        folder="vae",
        content="vae",
        precision="fp32",
        size=334_641_190,
        sha256="735e4c3a447a3255760d7f86845f09f937809baa529c17370d83e4c3758f3c75",
        licence=MIT,
        sources=(HubFile("stabilityai/sd-vae-ft-mse-original", "vae-ft-mse-840000-ema-pruned.safetensors"),),
    ),
    _controlnet(
        "control_v11p_sd15_canny_fp16.safetensors",
        "8932b66e15aae835b3490dbf989f56c253104cee08a88bf21283762f557c9f10",
    ),
    _controlnet(
        "control_v11f1p_sd15_depth_fp16.safetensors",
        "1c4a79aa52fb63f607cb9ff479ea5aa1923b6ceb21267bd14b69bd05d7b617be",
    ),
    _controlnet(
        "control_v11p_sd15_openpose_fp16.safetensors",
        "4003c1da17b0e4ba444e02140e1c0d83bb24b79e4dcfd613c3a554d38f0f89c7",
    ),
)
