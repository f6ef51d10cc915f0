"""Image and mask nodes that Pillow can do: these are really done."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageChops, ImageFilter, ImageOps, UnidentifiedImageError

from ryla_graphs.engines.simulator.call import Call, handles
from ryla_graphs.engines.simulator.drawing import draw
from ryla_graphs.engines.simulator.values import Masks, Pictures, Size

_RESAMPLING = {
    "nearest-exact": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "area": Image.Resampling.BOX,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resample(method: str) -> Image.Resampling:
    """Pillow's name for ComfyUI's method."""
    return _RESAMPLING.get(method, Image.Resampling.BICUBIC)


def opened(call: Call, name: str) -> Image.Image:
    """An input file as a picture."""
    content = call.world.files.get(name)
    if content is None:
        raise call.fail(f"there is no input file '{name}'; give it as an input of the run")
    try:
        return ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise call.fail(f"the input file '{name}' is not a picture: {error}") from error


@handles("LoadImage", "LoadImageOutput")
def load_image(call: Call) -> tuple[Pictures, Masks]:
    image = opened(call, call["image"])
    alpha = ImageOps.invert(image.getchannel("A")) if "A" in image.getbands() else Image.new("L", (64, 64), 0)
    return Pictures((image.convert("RGB"),)), Masks((alpha,))


@handles("LoadImageMask")
def load_mask(call: Call) -> tuple[Masks]:
    image = opened(call, call["image"]).convert("RGBA")
    band = image.getchannel({"alpha": "A", "red": "R", "green": "G", "blue": "B"}[call["channel"]])
    return (Masks((ImageOps.invert(band) if call["channel"] == "alpha" else band,)),)


@handles("EmptyImage")
def empty_image(call: Call) -> tuple[Pictures]:
    colour = call["color"]
    call.afford(call["width"], call["height"], call["batch_size"])
    image = Image.new("RGB", (call["width"], call["height"]), (colour >> 16 & 255, colour >> 8 & 255, colour & 255))
    return (Pictures((image,) * call["batch_size"]),)


def fitted(image: Image.Image, size: Size, method: str, crop: str) -> Image.Image:
    """An image at a size, its middle only if `crop` says so."""
    if crop == "center":
        return ImageOps.fit(image, size, method=resample(method))
    return image.resize(size, resample(method))


@handles("ImageScale")
def image_scale(call: Call) -> tuple[Pictures]:
    pictures: Pictures = call["image"]
    width, height = call["width"], call["height"]
    if not width and not height:
        return (pictures,)
    wide, high = pictures.size
    size = (width or max(1, round(wide * height / high)), height or max(1, round(high * width / wide)))
    call.afford(*size, len(pictures.images))
    return (pictures.map(lambda image: fitted(image, size, call["upscale_method"], call["crop"])),)


@handles("ImageScaleBy")
def image_scale_by(call: Call) -> tuple[Pictures]:
    return (scaled(call, call["image"], call["scale_by"], call["upscale_method"]),)


@handles("ImageScaleToTotalPixels")
def image_scale_to_pixels(call: Call) -> tuple[Pictures]:
    pictures: Pictures = call["image"]
    wide, high = pictures.size
    factor, by = math.sqrt(call["megapixels"] * 1024 * 1024 / (wide * high)), call["resolution_steps"]
    size = (max(1, round(wide * factor / by) * by), max(1, round(high * factor / by) * by))
    call.afford(*size, len(pictures.images))
    return (pictures.map(lambda image: image.resize(size, resample(call["upscale_method"]))),)


def scaled(call: Call, pictures: Pictures, factor: float, method: str) -> Pictures:
    """Pictures so many times larger."""
    width, height = (max(1, round(side * factor)) for side in pictures.size)
    call.afford(width, height, len(pictures.images))
    return pictures.map(lambda image: image.resize((width, height), resample(method)))


@handles("ResizeImageMaskNode")
def resize(call: Call) -> tuple[Any]:
    given = call["input"]
    width, height = given.size
    target = _resize_target(call, width, height)
    call.afford(*target, len(given.images))
    crop = call.get("resize_type.crop", "disabled")
    return (given.map(lambda image: fitted(image, target, call["scale_method"], crop)),)


def _resize_target(call: Call, width: int, height: int) -> Size:
    """The size that a choice of `resize_type` asks for."""

    def value(name: str) -> Any:
        return call[f"resize_type.{name}"]

    kind = call["resize_type"]
    if kind == "match size":
        size: Size = value("match").size
        return size
    if kind == "scale to multiple":
        by = value("multiple")
        return max(by, width - width % by), max(by, height - height % by)
    if kind == "scale dimensions":
        wide, high = value("width"), value("height")
        return (wide or round(width * high / height) or width, high or round(height * (wide or width) / width))
    factors: dict[str, Callable[[], float]] = {
        "scale by multiplier": lambda: value("multiplier"),
        "scale longer dimension": lambda: value("longer_size") / max(width, height),
        "scale shorter dimension": lambda: value("shorter_size") / min(width, height),
        "scale width": lambda: value("width") / width,
        "scale height": lambda: value("height") / height,
        "scale total pixels": lambda: math.sqrt(value("megapixels") * 1024 * 1024 / (width * height)),
    }
    factor = factors[kind]()
    return max(1, round(width * factor)), max(1, round(height * factor))


@handles("ImageInvert")
def image_invert(call: Call) -> tuple[Pictures]:
    return (call["image"].map(ImageOps.invert),)


@handles("ImageCrop")
def image_crop(call: Call) -> tuple[Pictures]:
    wide, high = call["image"].size
    x, y = min(call["x"], wide - 1), min(call["y"], high - 1)
    box = (x, y, min(wide, x + call["width"]), min(high, y + call["height"]))
    return (call["image"].map(lambda image: image.crop(box)),)


@handles("ImageFlip")
def image_flip(call: Call) -> tuple[Pictures]:
    flip = ImageOps.mirror if call["flip_method"].startswith("y") else ImageOps.flip
    return (call["image"].map(flip),)


@handles("ImageRotate")
def image_rotate(call: Call) -> tuple[Pictures]:
    degrees = int("".join(filter(str.isdigit, call["rotation"])) or 0)
    return (call["image"].map(lambda image: image.rotate(-degrees, expand=True)),)


@handles("ImageBlur")
def image_blur(call: Call) -> tuple[Pictures]:
    return (call["image"].map(lambda image: image.filter(ImageFilter.GaussianBlur(call["sigma"]))),)


@handles("ImageQuantize")
def image_quantize(call: Call) -> tuple[Pictures]:
    dither = Image.Dither.NONE if call["dither"] == "none" else Image.Dither.FLOYDSTEINBERG
    return (call["image"].map(lambda image: image.quantize(call["colors"], dither=dither).convert("RGB")),)


@handles("ImagePadForOutpaint")
def image_pad(call: Call) -> tuple[Pictures, Masks]:
    border = (call["left"], call["top"], call["right"], call["bottom"])
    pictures: Pictures = call["image"]
    wide, high = pictures.size
    call.afford(wide + border[0] + border[2], high + border[1] + border[3], len(pictures.images))
    inside = Image.new("L", pictures.size, 0)
    padded = pictures.map(lambda image: ImageOps.expand(image, border, fill=(128, 128, 128)))
    return padded, Masks((ImageOps.expand(inside, border, fill=255),))


@handles("ImageBatch")
def image_batch(call: Call) -> tuple[Pictures]:
    return (_together([call["image1"], call["image2"]]),)


@handles("BatchImagesNode")
def batch_images(call: Call) -> tuple[Pictures]:
    return (_together(call.items("images")),)


def _together(batches: list[Pictures]) -> Pictures:
    """All images at the size of the first."""
    size = batches[0].size
    return Pictures(
        tuple(i if i.size == size else fitted(i, size, "bilinear", "center") for b in batches for i in b.images)
    )


@handles("RepeatImageBatch")
def repeat_images(call: Call) -> tuple[Pictures]:
    width, height = call["image"].size
    call.afford(width, height, len(call["image"].images) * call["amount"])
    return (Pictures(call["image"].images * call["amount"]),)


@handles("ImageFromBatch")
def image_from_batch(call: Call) -> tuple[Pictures]:
    images = call["image"].images
    start = min(call["batch_index"], len(images) - 1)
    return (Pictures(images[start : start + call["length"]]),)


@handles("ImageCompositeMasked")
def image_composite(call: Call) -> tuple[Pictures]:
    destination: Pictures = call["destination"]
    source: Pictures = call["source"]
    size = destination.size if call["resize_source"] else source.size
    mask = call.get("mask")
    layer = mask.images[0].resize(size) if mask is not None else Image.new("L", size, 255)

    def composed(image: Image.Image) -> Image.Image:
        result = image.copy()
        result.paste(source.images[0].resize(size), (call["x"], call["y"]), layer)
        return result

    return (destination.map(composed),)


@handles("ImageBlend")
def image_blend(call: Call) -> tuple[Pictures]:
    other = call["image2"].images[0].resize(call["image1"].size)
    return (call["image1"].map(lambda image: Image.blend(image, other, call["blend_factor"])),)


@handles("GetImageSize")
def image_size(call: Call) -> tuple[int, int, int]:
    return (*call["image"].size, len(call["image"].images))


@handles("MaskToImage")
def mask_to_image(call: Call) -> tuple[Pictures]:
    return (Pictures(tuple(image.convert("RGB") for image in call["mask"].images)),)


@handles("ImageToMask")
def image_to_mask(call: Call) -> tuple[Masks]:
    band = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}[call["channel"]]
    return (Masks(tuple(image.convert("RGBA").getchannel(band) for image in call["image"].images)),)


@handles("SolidMask")
def solid_mask(call: Call) -> tuple[Masks]:
    call.afford(call["width"], call["height"])
    return (Masks((Image.new("L", (call["width"], call["height"]), round(255 * call["value"])),)),)


@handles("InvertMask")
def invert_mask(call: Call) -> tuple[Masks]:
    return (call["mask"].map(ImageOps.invert),)


@handles("GrowMask")
def grow_mask(call: Call) -> tuple[Masks]:
    by = call["expand"]
    steps = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    if not call["tapered_corners"]:
        steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    choose, outside = (ImageChops.lighter, 0) if by > 0 else (ImageChops.darker, 255)

    def grown(mask: Image.Image) -> Image.Image:
        for _ in range(abs(by)):
            before = mask
            for step in steps:
                mask = choose(mask, _shifted(before, step, outside))
        return mask

    return (call["mask"].map(grown),)


def _shifted(mask: Image.Image, by: tuple[int, int], outside: int) -> Image.Image:
    shifted = Image.new("L", mask.size, outside)
    shifted.paste(mask, by)
    return shifted


@handles("FeatherMask")
def feather_mask(call: Call) -> tuple[Masks]:
    """The borders of the picture fade, not those of the shape, as in ComfyUI."""

    def feathered(mask: Image.Image) -> Image.Image:
        width, height = mask.size
        across = _ramp(width, call["left"], call["right"])
        down = _ramp(height, call["top"], call["bottom"])
        columns = Image.frombytes("L", (width, 1), across).resize(mask.size, Image.Resampling.NEAREST)
        rows = Image.frombytes("L", (1, height), down).resize(mask.size, Image.Resampling.NEAREST)
        return ImageChops.multiply(ImageChops.multiply(mask, columns), rows)

    return (call["mask"].map(feathered),)


def _ramp(length: int, first: int, last: int) -> bytes:
    """Full strength, but rising over the first and falling over the last pixels."""
    first, last = min(first, length), min(last, length)
    rising = [min(1.0, (i + 1) / first) if first else 1.0 for i in range(length)]
    falling = [min(1.0, (length - i) / last) if last else 1.0 for i in range(length)]
    return bytes(round(255 * a * b) for a, b in zip(rising, falling, strict=True))


def unknown_picture(call: Call, caption: str) -> Pictures:
    """A picture from a node that the simulator knows nothing of."""
    return Pictures((draw(512, 512, call.key, 0, caption),))
