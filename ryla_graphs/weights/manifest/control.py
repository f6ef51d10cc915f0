"""ControlNets that take several kinds of maps, and the models that read depth and poses for them."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import APACHE, FLUX_DEV, MIT
from ryla_graphs.weights.weight import HubFile, Weight

ROWS: tuple[Weight, ...] = (
    Weight(
        name="FLUX.1-dev-ControlNet-Union-Pro-2.0.safetensors",
        folder="controlnet",
        content="controlnet",
        family="flux1",
        variant="dev",
        precision="bf16",
        size=4_281_779_224,
        sha256="9d03f63f36206bab2f36aed5cfedc8693c2881397534e9d5f9ae9a0a41362517",
        licence=FLUX_DEV,
        sources=(HubFile("Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro-2.0", "diffusion_pytorch_model.safetensors"),),
    ),
    Weight(
        name="Z-Image-Turbo-Fun-Controlnet-Union.safetensors",
        folder="model_patches",
        content="controlnet",
        family="z-image",
        variant="turbo",
        precision="bf16",
        licence=APACHE,
        sources=(
            HubFile("alibaba-pai/Z-Image-Turbo-Fun-Controlnet-Union", "Z-Image-Turbo-Fun-Controlnet-Union.safetensors"),
        ),
        parts={"controlnet": 3_101_556_736},
    ),
    Weight(
        name="depth_anything_3_mono_large.safetensors",
        folder="geometry_estimation",
        content="detector",
        precision="fp32",
        size=1_336_748_056,
        sha256="9b44eda5bedba5b4e125686fdb79d1db309c1b9785277576eb930f885b008f96",
        licence=APACHE,
        sources=(HubFile("Comfy-Org/Depth-Anything-3", "geometry_estimation/depth_anything_3_mono_large.safetensors"),),
    ),
    Weight(
        name="sdpose_wholebody_fp16.safetensors",
        folder="checkpoints",
        content="detector",
        precision="fp16",
        size=1_916_645_792,
        sha256="63d01f9a7494560693b24767f4469d59c9d3266b31ff0a253e74d1e611442721",
        licence=MIT,
        sources=(HubFile("Comfy-Org/SDPose", "checkpoints/sdpose_wholebody_fp16.safetensors"),),
    ),
)
