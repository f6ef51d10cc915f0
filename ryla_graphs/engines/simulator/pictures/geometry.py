"""Nodes that create, scale, crop, rotate and pad pictures."""

from __future__ import annotations

import io
import math
from typing import Any

from PIL import Image, ImageChops, ImageOps

from ryla_graphs.engines.simulator.pictures.fitting import fitted
from ryla_graphs.engines.simulator.pictures.registry import Out, draws
from ryla_graphs.shapes.rules.images.scaling import fitting
from ryla_graphs.shapes.rules.images.tiles import grid
from ryla_graphs.shapes.rules.shuffling import Twister


@draws("EmptyImage")
def empty(out: Out) -> Image.Image:
    colour = out.inputs.get("color", 0)
    return Image.new("RGB", out.size, (colour >> 16 & 255, colour >> 8 & 255, colour & 255))


@draws("ImageScale", "ImageScaleBy", "ImageScaleToTotalPixels", "ImageScaleToMaxDimension", frames=("image",))
def scale(out: Out, image: Image.Image) -> Image.Image:
    return fitted(image, out.size, out["upscale_method"], out.inputs.get("crop", "disabled"))


@draws("ResizeImageMaskNode", frames=("input",))
def resize(out: Out, image: Image.Image) -> Image.Image:
    how = out["resize_type"]
    if how["resize_type"] == "scale to multiple":
        factor = max(out.size[0] / image.width, out.size[1] / image.height)
        width, height = (math.ceil(length * factor) for length in image.size)
        left, top = (width - out.size[0]) // 2, (height - out.size[1]) // 2
        covered = fitted(image, (width, height), out["scale_method"])
        return covered.crop((left, top, left + out.size[0], top + out.size[1]))
    return fitted(image, out.size, out["scale_method"], how.get("crop", "disabled"))


@draws("ResizeImagesByLongerEdge", "ResizeImagesByShorterEdge", frames=("images",))
def resize_by_edge(out: Out, image: Image.Image) -> Image.Image:
    return fitted(image, out.size, "lanczos")


@draws("FluxKontextImageScale", frames=("image",))
def scale_for_kontext(out: Out, image: Image.Image) -> Image.Image:
    return fitted(image, out.size, "lanczos", "center")


@draws("ResizeAndPadImage", frames=("image",))
def resize_and_pad(out: Out, image: Image.Image) -> Image.Image:
    width, height = map(int, fitting(image, *out.size))
    shown = fitted(image, (width, height), out["interpolation"])
    padded = Image.new(image.mode, out.size, "white" if out["padding_color"] == "white" else "black")
    padded.paste(shown, ((out.size[0] - shown.width) // 2, (out.size[1] - shown.height) // 2))
    return padded


@draws("ImageCrop", frames=("image",))
def crop(out: Out, image: Image.Image) -> Image.Image:
    return _cut(image, out["x"], out["y"], out.size)


@draws("ImageCropV2", frames=("image",))
def crop_region(out: Out, image: Image.Image) -> Image.Image:
    return _cut(image, out["crop_region"].get("x", 0), out["crop_region"].get("y", 0), out.size)


def _cut(image: Image.Image, x: int, y: int, size: tuple[int, int]) -> Image.Image:
    x, y = min(x, image.width - 1), min(y, image.height - 1)
    return image.crop((x, y, x + size[0], y + size[1]))


@draws("CenterCropImages", frames=("images",))
def crop_middle(out: Out, image: Image.Image) -> Image.Image:
    left, top = ((have - keep) // 2 for have, keep in zip(image.size, out.size, strict=True))
    return image.crop((left, top, left + out.size[0], top + out.size[1]))


@draws("RandomCropImages", frames=("images",))
def crop_anywhere(out: Out, image: Image.Image) -> Image.Image:
    numbers = Twister(out["seed"] % (2**32 - 1))
    left, top = (numbers.up_to(have - keep) for have, keep in zip(image.size, out.size, strict=True))
    return image.crop((left, top, left + out.size[0], top + out.size[1]))


@draws("SplitImageToTileList", frames=("image",))
def cut_tile(out: Out, image: Image.Image) -> Image.Image:
    boxes = grid(image.width, image.height, out["tile_width"], out["tile_height"], out["overlap"])
    return image.crop(boxes[out.item])


@draws("ImageCropToMask", frames=("images", "masks"))
def crop_to_mask(out: Out, image: Image.Image, mask: Image.Image | None) -> Image.Image:
    """The part inside the mask, centred, on a plain colour."""
    inside = Image.new("L", image.size, 255) if mask is None else fitted(mask, image.size, "bilinear")
    cut = Image.composite(image.convert("RGB"), Image.new("RGB", image.size, out["background"]), inside)
    width, height = out.size
    left, top, right, bottom = Image.eval(inside, lambda value: 255 if value > 204 else 0).getbbox() or (
        0,
        0,
        *cut.size,
    )
    # With the aspect ratio of the output, and a margin.
    high = max(bottom - top, (right - left) * height / width) * out["pad_factor"]
    half = high * width / height / 2, high / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    box = tuple(map(round, (x - half[0], y - half[1], x + half[0], y + half[1])))
    return fitted(_part(cut, box, out["background"]), out.size, "lanczos")


@draws("TripoSplatPreprocessImage", frames=("image", "mask"))
def crop_body(out: Out, image: Image.Image, mask: Image.Image | None) -> Image.Image:
    """A square around the part inside the mask, a fifth larger, on black."""
    inside = Image.new("L", image.size, 255) if mask is None else fitted(mask, image.size, "bilinear")
    cut = Image.composite(image.convert("RGB"), Image.new("RGB", image.size), inside)
    left, top, right, bottom = inside.getbbox() or (0, 0, *image.size)
    half, x, y = max(right - left, bottom - top) * 0.6, (left + right) / 2, (top + bottom) / 2
    box = tuple(map(round, (x - half, y - half, x + half, y + half)))
    return fitted(_part(cut, box, "black"), out.size, "lanczos")


def _part(image: Image.Image, box: tuple[int, ...], outside: str) -> Image.Image:
    """A part of a picture, which may extend beyond its borders."""
    left, top, right, bottom = box
    part = Image.new(image.mode, (max(1, right - left), max(1, bottom - top)), outside)
    part.paste(image, (-left, -top))
    return part


@draws("LTXVPreprocess", frames=("image",))
def compress(out: Out, image: Image.Image) -> Image.Image:
    """Even side lengths, and the detail that survives strong compression."""
    if out["img_compression"] == 0:
        return image
    buffer = io.BytesIO()
    even = image.convert("RGB").crop((0, 0, *out.size))
    even.save(buffer, "JPEG", quality=max(1, 100 - out["img_compression"]))
    return Image.open(buffer)


@draws("ImageFlip", frames=("image",))
def flip(out: Out, image: Image.Image) -> Image.Image:
    return ImageOps.flip(image) if out["flip_method"].startswith("x") else ImageOps.mirror(image)


_TURNS = {
    "90": Image.Transpose.ROTATE_270,
    "180": Image.Transpose.ROTATE_180,
    "270": Image.Transpose.ROTATE_90,
}


@draws("ImageRotate", frames=("image",))
def rotate(out: Out, image: Image.Image) -> Image.Image:
    turn = _TURNS.get(out["rotation"].partition(" ")[0])
    return image if turn is None else image.transpose(turn)


@draws("ImagePadForOutpaint", frames=("image",))
def pad(out: Out, image: Image.Image) -> Image.Image:
    place = out["left"], out["top"]
    if out.slot == 0:
        padded: Any = Image.new(image.mode, out.size, (128,) * len(image.getbands()))
        padded.paste(image, place)
    else:
        padded = Image.new("L", out.size, 255)
        padded.paste(_feathered(out, image.size), place)
    result: Image.Image = padded
    return result


def _feathered(out: Out, size: tuple[int, int]) -> Image.Image:
    """Black, brighter towards each padded edge; in a corner, the brighter edge counts."""
    width, height = size
    feather: int = out["feathering"]
    if not 0 < feather * 2 < min(width, height):
        return Image.new("L", size)

    def ramp(length: int, before: int, after: int) -> bytes:
        near = (min(at if before else length, length - at if after else length) for at in range(length))
        return bytes(round(255 * (max(0, feather - distance) / feather) ** 2) for distance in near)

    across = Image.frombytes("L", (width, 1), ramp(width, out["left"], out["right"])).resize(size)
    down = Image.frombytes("L", (1, height), ramp(height, out["top"], out["bottom"])).resize(size)
    return ImageChops.lighter(across, down)


@draws("SeedVR2Preprocess", frames=("resized_images",))
def pad_for_seedvr2(out: Out, image: Image.Image) -> Image.Image:
    width, height = out.size
    return ImageOps.expand(image.convert("RGB"), (0, 0, width - image.width, height - image.height))
