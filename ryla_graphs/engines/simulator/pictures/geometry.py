"""Pictures that are made, scaled, cut, turned and padded."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageOps

from ryla_graphs.engines.simulator.pictures.fitting import fitted
from ryla_graphs.engines.simulator.pictures.registry import Out, draws


@draws("EmptyImage")
def empty(out: Out) -> Image.Image:
    colour = out.inputs.get("color", 0)
    return Image.new("RGB", out.size, (colour >> 16 & 255, colour >> 8 & 255, colour & 255))


@draws("ImageScale", "ImageScaleBy", "ImageScaleToTotalPixels", frames=("image",))
def scale(out: Out, image: Image.Image) -> Image.Image:
    return fitted(image, out.size, out["upscale_method"], out.inputs.get("crop", "disabled"))


@draws("ResizeImageMaskNode", frames=("input",))
def resize(out: Out, image: Image.Image) -> Image.Image:
    how = out["resize_type"]
    covers = how["resize_type"] == "scale to multiple"
    return fitted(image, out.size, out["scale_method"], "center" if covers else how.get("crop", "disabled"))


@draws("ImageCrop", frames=("image",))
def crop(out: Out, image: Image.Image) -> Image.Image:
    x, y = min(out["x"], image.width - 1), min(out["y"], image.height - 1)
    return image.crop((x, y, x + out.size[0], y + out.size[1]))


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
        padded.paste(0, (*place, place[0] + image.width, place[1] + image.height))
    result: Image.Image = padded
    return result


@draws("SeedVR2Preprocess", frames=("resized_images",))
def pad_for_seedvr2(out: Out, image: Image.Image) -> Image.Image:
    width, height = out.size
    return ImageOps.expand(image.convert("RGB"), (0, 0, width - image.width, height - image.height))


@draws("SeedVR2PostProcessing", frames=("images",))
def finish_seedvr2(out: Out, image: Image.Image) -> Image.Image:
    return image.crop((0, 0, *out.size))
