"""Nodes that overlay pictures, and that add or remove alpha."""

from __future__ import annotations

from PIL import Image, ImageChops

from ryla_graphs.engines.simulator.pictures.colour import each
from ryla_graphs.engines.simulator.pictures.fitting import as_mode, fitted
from ryla_graphs.engines.simulator.pictures.registry import Out, draws


@draws("ImageCompositeMasked", frames=("destination", "source", "mask"))
def composite(
    out: Out, destination: Image.Image, source: Image.Image | None, mask: Image.Image | None = None
) -> Image.Image:
    if source is None:
        return destination
    size = destination.size if out["resize_source"] else source.size
    layer = None if mask is None else mask.resize(size, Image.Resampling.BILINEAR)
    result = destination.copy()
    result.paste(as_mode(source, destination.mode).resize(size), (out["x"], out["y"]), layer)
    return result


@draws("ImageBlend", frames=("image1", "image2"))
def blend(out: Out, image: Image.Image, other: Image.Image | None) -> Image.Image:
    if other is None:
        return image
    over = as_mode(fitted(other, image.size, "bicubic", "center"), image.mode)
    factor = out["blend_factor"]
    match out["blend_mode"]:
        case "multiply":
            blended = ImageChops.multiply(image, over)
        case "screen":
            blended = ImageChops.screen(image, over)
        case "overlay":
            blended = ImageChops.overlay(image, over)
        case "soft_light":
            blended = ImageChops.soft_light(image, over)
        case "difference":
            # The difference is below black before mixing, so mixing darkens the picture by that amount.
            return ImageChops.subtract(image, each(over, lambda value: value * factor))
        case _:
            blended = over
    return Image.blend(image, blended, factor)


@draws("SplitImageWithAlpha", frames=("image",))
def split_alpha(out: Out, image: Image.Image) -> Image.Image:
    if out.slot == 0:
        return image.convert("RGB")
    if "A" not in image.getbands():
        return Image.new("L", image.size, 0)
    return each(image.getchannel("A"), lambda value: 1 - value)


@draws("JoinImageWithAlpha", frames=("image", "alpha"))
def join_alpha(out: Out, image: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """White parts of the mask become transparent."""
    if alpha is None or out.mode != "RGBA":
        return image
    result = image.convert("RGB")
    result.putalpha(each(alpha.resize(image.size, Image.Resampling.BILINEAR), lambda value: 1 - value))
    return result


@draws("PorterDuffImageComposite", frames=("source", "source_alpha", "destination", "destination_alpha"))
def porter_duff(
    out: Out,
    source: Image.Image | None,
    source_mask: Image.Image | None,
    destination: Image.Image,
    destination_mask: Image.Image | None,
) -> Image.Image:
    size = out.size
    front, back = (_premultiplied(*layer, size) for layer in ((source, source_mask), (destination, destination_mask)))
    colours, alpha = _combined(out["mode"], front, back)
    if out.slot == 1:
        return each(alpha, lambda value: 1 - value)
    result = Image.merge("RGBa", (*colours.split(), alpha))
    plain = result.convert("RGBA").convert("RGB")
    return Image.composite(plain, Image.new("RGB", size), Image.eval(alpha, lambda value: 255 if value else 0))


Layer = tuple[Image.Image, Image.Image]
"""Premultiplied colours, and the alpha."""


def _premultiplied(image: Image.Image | None, mask: Image.Image | None, size: tuple[int, int]) -> Layer:
    picture = Image.new("RGB", size) if image is None else fitted(image.convert("RGB"), size, "bicubic", "center")
    white = Image.new("L", size, 255)
    alpha = white if mask is None else each(fitted(mask, size, "bicubic", "center"), lambda value: 1 - value)
    return _times(picture, alpha), alpha


def _times(colours: Image.Image, alpha: Image.Image) -> Image.Image:
    return ImageChops.multiply(colours, _grey(alpha))


def _combined(mode: str, front: Layer, back: Layer) -> Layer:
    """Combine two layers by the rule of a mode: how much of each is kept, or how they are mixed."""
    (over, a), (under, b) = front, back
    not_a, not_b = (each(alpha, lambda value: 1 - value) for alpha in (a, b))
    white, black = Image.new("L", a.size, 255), Image.new("L", a.size, 0)
    kept = {
        "CLEAR": (black, black), "SRC": (white, black), "DST": (black, white),
        "SRC_OVER": (white, not_a), "DST_OVER": (not_b, white), "SRC_IN": (b, black), "DST_IN": (black, a),
        "SRC_OUT": (not_b, black), "DST_OUT": (black, not_a), "SRC_ATOP": (b, not_a), "DST_ATOP": (not_b, a),
        "XOR": (not_b, not_a), "ADD": (white, white),
    }  # fmt: skip
    if mode in kept:
        of_front, of_back = kept[mode]
        colours = ImageChops.add(_times(over, of_front), _times(under, of_back))
        return colours, ImageChops.add(ImageChops.multiply(a, of_front), ImageChops.multiply(b, of_back))
    if mode == "MULTIPLY":
        return ImageChops.multiply(over, under), ImageChops.multiply(a, b)
    union = ImageChops.screen(a, b)
    if mode == "SCREEN":
        return ImageChops.screen(over, under), union
    alone = ImageChops.add(_times(over, not_b), _times(under, not_a))
    if mode in ("DARKEN", "LIGHTEN"):
        choose = ImageChops.darker if mode == "DARKEN" else ImageChops.lighter
        return ImageChops.add(alone, choose(over, under)), union
    return _overlaid(front, back), union


def _overlaid(front: Layer, back: Layer) -> Image.Image:
    """Multiply where the back is dark; elsewhere use ComfyUI's formula, which differs from the W3C's."""
    (over, a), (under, b) = front, back
    up, down = _apart(_grey(b), over), _apart(_grey(a), under)
    darker = ImageChops.add(ImageChops.multiply(up[0], down[0]), ImageChops.multiply(up[1], down[1]))
    lighter = ImageChops.add(ImageChops.multiply(up[0], down[1]), ImageChops.multiply(up[1], down[0]))
    light = ImageChops.add(_times(_grey(a), b), ImageChops.add(lighter, lighter))
    light = ImageChops.subtract(light, ImageChops.add(darker, darker))
    dark = ImageChops.multiply(over, under)
    is_dark = Image.eval(ImageChops.subtract(_grey(b), ImageChops.add(under, under)), lambda value: 255 if value else 0)
    bands = zip(ImageChops.add(dark, dark).split(), light.split(), is_dark.split(), strict=True)
    return Image.merge("RGB", [Image.composite(*images) for images in bands])


def _apart(first: Image.Image, second: Image.Image) -> tuple[Image.Image, Image.Image]:
    """How much brighter, and how much darker, one picture is than another."""
    return ImageChops.subtract(first, second), ImageChops.subtract(second, first)


def _grey(alpha: Image.Image) -> Image.Image:
    return Image.merge("RGB", [alpha] * 3)
