"""Masks: white is inside."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw

from ryla_graphs.engines.simulator.drawing import draw
from ryla_graphs.engines.simulator.pictures.filters import spread
from ryla_graphs.engines.simulator.pictures.registry import Out, draws

_BANDS = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}


@draws("SolidMask")
def solid(out: Out) -> Image.Image:
    return Image.new("L", out.size, round(255 * out["value"]))


@draws("InvertMask", "LayerMask: MaskInvert", frames=("mask",))
def invert(_: Out, mask: Image.Image) -> Image.Image:
    return Image.eval(mask, lambda value: 255 - value)


@draws("ThresholdMask", frames=("mask",))
def threshold(out: Out, mask: Image.Image) -> Image.Image:
    return Image.eval(mask, lambda value: 255 if value > 255 * out["value"] else 0)


@draws("CropMask", frames=("mask",))
def crop(out: Out, mask: Image.Image) -> Image.Image:
    return mask.crop((out["x"], out["y"], out["x"] + out.size[0], out["y"] + out.size[1]))


@draws("MaskComposite", frames=("destination", "source"))
def combine(out: Out, destination: Image.Image, source: Image.Image | None) -> Image.Image:
    if source is None:
        return destination
    x, y = out["x"], out["y"]
    part = destination.crop(
        (x, y, min(x + source.width, destination.width), min(y + source.height, destination.height))
    )
    other = source.crop((0, 0, *part.size))
    if out["operation"] in ("and", "or", "xor"):
        part, other = (Image.eval(mask, lambda value: 255 if value > 127 else 0) for mask in (part, other))
    combined = destination.copy()
    combined.paste(_COMBINED[out["operation"]](part, other), (x, y))
    return combined


_COMBINED = {
    "multiply": ImageChops.multiply,
    "add": ImageChops.add,
    "subtract": ImageChops.subtract,
    "and": ImageChops.darker,
    "or": ImageChops.lighter,
    "xor": ImageChops.difference,
}


@draws("ImageColorToMask", frames=("image",))
def of_colour(out: Out, image: Image.Image) -> Image.Image:
    """White where all three channels are those of the colour."""
    colour = out["color"]
    wanted = Image.new("RGB", image.size, (colour >> 16 & 255, colour >> 8 & 255, colour & 255))
    red, green, blue = ImageChops.difference(image.convert("RGB"), wanted).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return Image.eval(most, lambda value: 0 if value else 255)


@draws("VOIDQuadmaskPreprocess", frames=("mask",))
def quadmask(out: Out, mask: Image.Image) -> Image.Image:
    """Four levels, inverted, after growing the dark parts."""
    by = 2 * out.inputs.get("dilate_width", 0) + 1
    dark = spread(Image.eval(mask, lambda value: 255 if value < 128 else 0), by, ImageChops.lighter)
    kept = ImageChops.subtract(mask, dark) if by > 1 else mask
    return Image.eval(
        kept, lambda value: 255 - (0 if value <= 31 else 63 if value <= 95 else 127 if value <= 191 else 255)
    )


@draws("RemoveBackground", "SAM3_Detect", "SAM3_TrackToMask", "MediaPipeFaceMask", "RenderMesh", "RenderSplat")
def found(out: Out) -> Image.Image:
    """One object at the centre, whatever the picture shows."""
    if out.mode != "L":
        return draw(*out.size, out.key, out.index, out.call.class_type)
    width, height = out.size
    mask = Image.new("L", out.size, 0)
    ImageDraw.Draw(mask).ellipse((width // 4, height // 4, 3 * width // 4, 3 * height // 4), fill=255)
    return mask


@draws("MaskToImage", frames=("mask",))
def to_image(_: Out, mask: Image.Image) -> Image.Image:
    return mask


@draws("ImageToMask", frames=("image",))
def from_image(out: Out, image: Image.Image) -> Image.Image:
    return image.getchannel(_BANDS[out["channel"]])


@draws("GrowMask", frames=("mask",))
def grow(out: Out, mask: Image.Image) -> Image.Image:
    by = out["expand"]
    choose, outside = (ImageChops.lighter, 0) if by > 0 else (ImageChops.darker, 255)
    if not out["tapered_corners"]:
        return spread(mask, 2 * abs(by) + 1, choose)
    steps = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    # After as many steps as the mask is long, nothing changes any more.
    for _ in range(min(abs(by), mask.width + mask.height)):
        before = mask
        for step in steps:
            mask = choose(mask, _shifted(before, step, outside))
    return mask


def _shifted(mask: Image.Image, by: tuple[int, int], outside: int) -> Image.Image:
    shifted = Image.new("L", mask.size, outside)
    shifted.paste(mask, by)
    return shifted


@draws("FeatherMask", frames=("mask",))
def feather(out: Out, mask: Image.Image) -> Image.Image:
    """The borders of the picture fade, not those of the shape, as in ComfyUI."""
    across = _ramp(mask.width, out["left"], out["right"])
    down = _ramp(mask.height, out["top"], out["bottom"])
    columns = Image.frombytes("L", (mask.width, 1), across).resize(mask.size, Image.Resampling.NEAREST)
    rows = Image.frombytes("L", (1, mask.height), down).resize(mask.size, Image.Resampling.NEAREST)
    return ImageChops.multiply(ImageChops.multiply(mask, columns), rows)


def _ramp(length: int, first: int, last: int) -> bytes:
    """Full strength, rising over the first and falling over the last pixels."""
    first, last = min(first, length), min(last, length)
    rising = [min(1.0, (i + 1) / first) if first else 1.0 for i in range(length)]
    falling = [min(1.0, (length - i) / last) if last else 1.0 for i in range(length)]
    return bytes(round(255 * a * b) for a, b in zip(rising, falling, strict=True))


@draws("SegsToCombinedMask")
def regions(out: Out) -> Image.Image:
    """One region at the centre of the picture, whatever it shows."""
    width, height = out.size
    mask = Image.new("L", out.size, 0)
    if out["segs"].facts.get("count"):
        mask.paste(255, (width // 3, height // 4, 2 * width // 3, 3 * height // 4))
    return mask
