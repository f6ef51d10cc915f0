"""SDXL checkpoints, and a ControlNet for them."""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.weights.manifest.licences import APACHE, OPENRAIL
from ryla_graphs.weights.weight import Content, HubFile, Weight

_PARTS: Mapping[Content, int] = {"diffusion model": 5_134_927_368, "text encoder": 1_635_440_640, "vae": 167_307_726}

ROWS: tuple[Weight, ...] = (
    Weight(
        name="sd_xl_base_1.0.safetensors",
        folder="checkpoints",
        content="checkpoint",
        family="sdxl",
        precision="fp16",
        size=6_938_078_334,
        sha256="31e35c80fc4829d14f90153f4c74cd59c90b779f6afe05a74cd6120b893f7e5b",
        licence=OPENRAIL,
        sources=(HubFile("stabilityai/stable-diffusion-xl-base-1.0", "sd_xl_base_1.0.safetensors"),),
        parts=_PARTS,
    ),
    Weight(
        name="RealVisXL_V5.0_fp16.safetensors",
        folder="checkpoints",
        content="checkpoint",
        family="sdxl",
        precision="fp16",
        size=6_938_065_488,
        sha256="6a35a7855770ae9820a3c931d4964c3817b6d9e3c6f9c4dabb5b3a94e5643b80",
        licence=OPENRAIL,
        sources=(HubFile("SG161222/RealVisXL_V5.0", "RealVisXL_V5.0_fp16.safetensors"),),
        parts=_PARTS,
    ),
    Weight(
        name="xinsir-controlnet-union-sdxl-1.0-promax.safetensors",
        folder="controlnet",
        content="controlnet",
        family="sdxl",
        precision="fp16",
        size=2_513_342_408,
        sha256="9fae2e50cb431bfcbe05822b59ec2228df545ef27f711dea8949e9f4ed9f7cdc",
        licence=APACHE,
        sources=(HubFile("xinsir/controlnet-union-sdxl-1.0", "diffusion_pytorch_model_promax.safetensors"),),
    ),
)
