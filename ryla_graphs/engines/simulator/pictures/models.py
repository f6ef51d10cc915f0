"""Placeholders for the pictures of models: colours that depend on all inputs, and a mark that is hard to miss."""

from __future__ import annotations

from PIL import Image

from ryla_graphs.engines.simulator.drawing import Drawn, draw
from ryla_graphs.engines.simulator.pictures.fitting import resample
from ryla_graphs.engines.simulator.pictures.registry import Out, draws


@draws("LTXVSpatioTemporalTiledVAEDecode", "LTXVTiledVAEDecode", "VAEDecode", "VAEDecodeTiled", "WanVideoDecode")
def decode(out: Out) -> Image.Image:
    behind = (out.inputs.get("samples") or out["latents"]).content
    drawn = behind if isinstance(behind, Drawn) else Drawn(out.key, "")
    width, height = out.size
    return draw(width, height, drawn.key, out.index, f"{drawn.caption} {width}x{height}".strip())


@draws("ImageUpscaleWithModel", "SeedVR2VideoUpscaler", frames=("image",))
def upscale(out: Out, image: Image.Image) -> Image.Image:
    """The size is correct, but the detail is not."""
    return image.resize(out.size, resample("bicubic"))
