"""A larger picture: by an upscaling model, and on demand redrawn by SDXL, tile by tile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    GetImageSize,
    ImageMergeTileList,
    ImageUpscaleWithModel,
    ResizeImageMaskNode,
    SaveImage,
    SplitImageToTileList,
    UpscaleModelLoader,
    VAEEncode,
)
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import ActsWith, Denoise, Parameters, Prompt, Seed, WeightFile, random_seed
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.presets.parts.sampling import encode, negative_notice
from ryla_graphs.presets.parts.stable_diffusion import CheckpointParams, load_checkpoint, sample
from ryla_graphs.sockets import SDXL, Image
from ryla_graphs.workflow import Workflow


class _Redrawing(Parameters):
    """Whether a diffusion model takes part; a base of its own, since what the seed is follows from it."""

    tiled_diffusion: bool = Field(
        default=False,
        description="Redraw the enlarged picture with SDXL, tile by tile; the parameters below are for this",
    )


def _seed(given: dict[str, Any]) -> int:
    return random_seed() if given["tiled_diffusion"] else 0


class UpscaleParams(CheckpointParams, _Redrawing):
    """Parameters of `upscale`."""

    only_with: ClassVar[Mapping[str, frozenset[str]]] = {"tiled_diffusion": frozenset(CheckpointParams.model_fields)}

    image: Picture = Field(description=f"The picture to enlarge: {GIVEN}")
    scale: float = Field(default=2.0, ge=1, le=8, description="How many times as wide and as high it becomes")
    upscaler_name: WeightFile = Field(
        default="RealESRGAN_x4plus.safetensors", description="Upscaling model in models/upscale_models, of any factor"
    )
    prompt: Prompt = "sharp, highly detailed photo"
    seed: Seed = Field(default_factory=_seed)
    denoise: Annotated[Denoise, ActsWith("tiled_diffusion")] = 0.3
    tile_size: Annotated[int, ActsWith("tiled_diffusion")] = Field(
        default=1024, ge=256, le=2048, multiple_of=16, description="Pixels of a tile's side; SDXL draws best at 1024"
    )
    tile_overlap: Annotated[int, ActsWith("tiled_diffusion")] = Field(
        default=128, ge=0, le=512, multiple_of=16, description="By how many pixels tiles overlap and blend"
    )
    checkpoint_name: Annotated[WeightFile, ActsWith("tiled_diffusion")] = Field(
        default="RealVisXL_V5.0_fp16.safetensors", description="SDXL model in models/checkpoints"
    )


@preset("upscale", UpscaleParams, example={"image": "me.png"})
def upscale(p: UpscaleParams) -> Workflow:
    """A picture made larger by an upscaling model and, with `tiledDiffusion`, redrawn by SDXL.

    The model alone takes a second or two and invents little. With `tiledDiffusion`, the result is cut into
    overlapping tiles, and SDXL adds detail to each. `denoise` says how much: 0.2 sharpens, and above 0.4 each tile
    begins to show the whole prompt. Any size needs only the memory of one tile, and sides become multiples of 16. It
    uses only ComfyUI's own nodes. `seedvr2-upscale` stays closer to the original.
    """
    original = load_picture(p.image, "original")
    larger = _enlarged(p, original)
    if p.tiled_diffusion:
        larger = _redrawn(p, larger)
    saved = SaveImage(images=larger, filename_prefix="upscale").named("save")
    return Workflow(saved).noting(negative_notice(p) if p.tiled_diffusion else ())


def _enlarged(p: UpscaleParams, original: Source[Image]) -> Source[Image]:
    """Enlarged by the model, whatever its factor, then brought to the size that the original has times `scale`."""
    model = UpscaleModelLoader(model_name=p.upscaler_name).named("upscaler")
    enlarged = ImageUpscaleWithModel(upscale_model=model, image=original).named("enlarged")
    by = ResizeImageMaskNode.ResizeType.ScaleByMultiplier(multiplier=p.scale)
    measure = ResizeImageMaskNode(input=original, resize_type=by, scale_method="nearest-exact").named("measure")
    if p.tiled_diffusion:
        even = ResizeImageMaskNode.ResizeType.ScaleToMultiple(multiple=16)
        measure = ResizeImageMaskNode(input=measure, resize_type=even, scale_method="nearest-exact").named("even")
    same = ResizeImageMaskNode.ResizeType.MatchSize(match=measure, crop="center")
    return ResizeImageMaskNode(input=enlarged, resize_type=same, scale_method="lanczos").named("larger")


def _redrawn(p: UpscaleParams, picture: Source[Image]) -> Source[Image]:
    """Each tile redrawn, and all put together; the sampler runs once a tile, since tiles come as a list."""
    loaded = load_checkpoint(p, CheckpointLoaderSimple[SDXL](ckpt_name=p.checkpoint_name).named("sdxl"))
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    tiles = SplitImageToTileList(
        image=picture, tile_width=p.tile_size, tile_height=p.tile_size, overlap=p.tile_overlap
    ).named("tiles")
    canvas = VAEEncode(pixels=tiles, vae=loaded.vae).named("canvas")
    drawn = sample(p, loaded, text, canvas, denoise=p.denoise)
    size = GetImageSize(image=picture).named("size").out
    return ImageMergeTileList(
        image_list=drawn, final_width=size.width, final_height=size.height, overlap=p.tile_overlap
    ).named("merged")
