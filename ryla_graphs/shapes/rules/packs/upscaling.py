"""Packs' models that redraw at another size: upscalers, detailers, segmenters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import Call, Guessed, NodeFails, rule
from ryla_graphs.shapes.rules.common import keeps, rows
from ryla_graphs.shapes.rules.latents.coding import decode
from ryla_graphs.shapes.unknown import Number, Whole, most, rounded, whole
from ryla_graphs.shapes.values import ImageShape, LatentShape, MaskShape, Opaque

_TILE = 8
_EMPTY = 64
_ENLARGED = 4
_FIXED = {"HD": (1280, 720), "FHD": (1920, 1080), "2k": (2560, 1440), "4k": (3840, 2160)}

_HELP = "https://github.com/Suzie1/ComfyUI_Comfyroll_CustomNodes/wiki"


@rule("UltimateSDUpscale", "UltimateSDUpscaleCustomSample")
def upscale_in_tiles(image: ImageShape, upscale_by: Number = 1.0) -> ImageShape:
    """Both sides are multiples of 8 afterwards."""
    width, height = (rounded(side * upscale_by / _TILE) * _TILE for side in (image.width, image.height))
    return ImageShape(image.batch, height, width)


@rule("UltimateSDUpscaleNoUpscale")
def redraw_in_tiles(upscaled_image: ImageShape) -> ImageShape:
    return upscale_in_tiles(upscaled_image)


@rule("UpscalerTensorrt")
def upscale_compiled(images: ImageShape, resize_to: str, resize_width: Whole, resize_height: Whole) -> ImageShape:
    width, height = images.width, images.height
    if resize_to == "custom":
        width, height = resize_width, resize_height
    elif resize_to in _FIXED:
        longer, shorter = _FIXED[resize_to]
        longer = shorter if width == height else longer
        width, height = (shorter, longer) if width < height else (longer, shorter)
    else:
        factor = _ENLARGED if resize_to == "none" else float(resize_to.partition("x")[0])
        width, height = whole(width * factor), whole(height * factor)
    return replace(images, height=height, width=width, content=None)


_DRAWN_ON = (
    "region_caption", "dense_region_caption", "region_proposal", "caption_to_phrase_grounding",
    "referring_expression_segmentation", "ocr_with_region",
)  # fmt: skip
_ALWAYS_MASKED = ("referring_expression_segmentation", "ocr_with_region")
_ASKED = ("referring_expression_segmentation", "caption_to_phrase_grounding", "docvqa")


@rule("Florence2Run")
def florence(image: ImageShape, text_input: str = "", task: str = "caption", fill_mask: Any = True) -> Guessed:
    """It draws what it sees on the pictures, or only returns text: then picture and mask are small and black."""
    if text_input and task not in _ASKED:
        raise NodeFails(f"the task '{task}' takes no text")
    if task == "docvqa" and not text_input:
        raise NodeFails("the task 'docvqa' needs a question")
    drawn, masked = task in (*_DRAWN_ON, "docvqa"), task in _ALWAYS_MASKED or (fill_mask and task in _DRAWN_ON)
    shown = ImageShape(image.batch, image.height, image.width) if drawn else ImageShape(1, _EMPTY, _EMPTY)
    found = MaskShape(image.batch, image.height, image.width) if masked else MaskShape(1, _EMPTY, _EMPTY)
    return Guessed((shown, found, "", Opaque("JSON")), "only a model knows what it sees in a picture")


@rule("RMBG")
def remove_background(image: ImageShape, background: str = "Alpha") -> tuple[ImageShape, MaskShape, ImageShape]:
    """The picture without its background, its mask, and the mask as a picture."""
    shown = replace(image, channels=4 if background == "Alpha" else 3, content=None)
    return shown, MaskShape(image.batch, image.height, image.width), replace(image, channels=3, content=None)


@rule("ImageRemoveBackground+")
def remove_background_essentials(image: ImageShape) -> tuple[ImageShape, MaskShape]:
    return replace(image, channels=4, content=None), MaskShape(image.batch, image.height, image.width)


rows(keeps, {"DetailerForEach": "image"})


@rule("CR Image Input Switch")
def switch_pictures(call: Call) -> tuple[Any, ...]:
    return call.inputs.get(
        "image1" if call.inputs["Input"] == 1 else "image2"
    ), f"{_HELP}/Logic-Nodes#cr-image-input-switch"


@rule("CR Color Panel")
def colour_panel(panel_width: Whole, panel_height: Whole) -> tuple[ImageShape, str]:
    return ImageShape(1, panel_height, panel_width), f"{_HELP}/Layout-Nodes#cr-color-panel"


@rule("ImageBatchExtendWithOverlap")
def extend_with_overlap(
    source_images: ImageShape, overlap: Whole, new_images: ImageShape | None = None
) -> tuple[ImageShape, ImageShape, ImageShape]:
    """The batch, where the next starts, and both with the overlap once."""
    if overlap > source_images.batch:
        return source_images, source_images, source_images
    start = replace(source_images, batch=overlap, content=None)
    if new_images is None:
        return source_images, start, ImageShape(1, _EMPTY, _EMPTY)
    if source_images.shape[1:3] != new_images.shape[1:3]:
        raise NodeFails("both batches must have the same size")
    both = source_images.batch - overlap + most(new_images.batch, overlap)
    return source_images, start, replace(source_images, batch=both, content=None)


@rule("LTXVTiledVAEDecode", "LTXVSpatioTemporalTiledVAEDecode")
def decode_tiled(latents: LatentShape, vae: Any = None) -> Any:
    """The same as without tiles; a repeated last frame is dropped again."""
    return decode(latents, vae)
