"""BiRefNet: a picture without its background."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    EmptyImage,
    GetImageSize,
    ImageCompositeMasked,
    InvertMask,
    JoinImageWithAlpha,
    LoadBackgroundRemovalModel,
    MaskToImage,
    RemoveBackground,
    ResizeImageMaskNode,
    SaveImage,
)
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Parameters, ReplacedBy, WeightFile
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.sockets import Image, Mask
from ryla_graphs.workflow import Workflow


class RemoveBackgroundParams(Parameters):
    """Parameters of `remove_background`."""

    image: Picture = Field(description=f"The picture: {GIVEN}")
    background_color: Annotated[str | None, ReplacedBy("background_image")] = Field(
        default=None,
        pattern="^#[0-9a-fA-F]{6}$",
        examples=["#ffffff", "#00ff00"],
        description="Background colour, such as #ffffff",
    )
    background_image: Picture | None = Field(
        default=None,
        description="Background picture, cropped to fit; with neither, the background is transparent",
    )
    save_mask: bool = Field(default=False, description="Save the mask too, white where the foreground is")
    model_name: WeightFile = Field(default="birefnet.safetensors", description="BiRefNet in models/background_removal")


@preset("remove-background", RemoveBackgroundParams, example={"image": "me.png"})
def remove_background(p: RemoveBackgroundParams) -> Workflow:
    """A picture without its background, as a PNG with transparency, or on another background.

    The foreground keeps soft edges: hair, fur, lace. It uses only ComfyUI's own nodes. BiRefNet's licence is MIT, so
    commercial use is free.
    """
    picture = load_picture(p.image, "original")
    model = LoadBackgroundRemovalModel(bg_removal_name=p.model_name).named("birefnet")
    foreground = RemoveBackground(bg_removal_model=model, image=picture).named("foreground")
    saved = [SaveImage(images=_cut(p, picture, foreground), filename_prefix="remove_background").named("save")]
    if p.save_mask:
        shown = MaskToImage(mask=foreground).named("mask")
        saved.append(SaveImage(images=shown, filename_prefix="remove_background/mask").named("save-mask"))
    return Workflow(*saved)


def _cut(p: RemoveBackgroundParams, picture: Source[Image], foreground: Source[Mask]) -> Source[Image]:
    if (behind := _behind(p, picture)) is not None:
        return ImageCompositeMasked(
            destination=behind, source=picture, x=0, y=0, resize_source=False, mask=foreground
        ).named("pasted")
    # ComfyUI's masks are the inverse of alpha, which this node inverts again.
    return JoinImageWithAlpha(image=picture, alpha=InvertMask(mask=foreground).named("background")).named("cut-out")


def _behind(p: RemoveBackgroundParams, picture: Source[Image]) -> Source[Image] | None:
    if p.background_image is not None:
        like = ResizeImageMaskNode.ResizeType.MatchSize(match=picture, crop="center")
        other = load_picture(p.background_image, "other-background")
        return ResizeImageMaskNode(input=other, resize_type=like, scale_method="lanczos").named("fitting")
    if p.background_color is None:
        return None
    size = GetImageSize(image=picture).named("size").out
    color = int(p.background_color[1:], 16)
    return EmptyImage(width=size.width, height=size.height, batch_size=1, color=color).named("colour")
