"""Masks: white is inside."""

from __future__ import annotations

from PIL import Image, ImageChops

from ryla_graphs.engines.simulator.pictures.registry import Out, draws

_BANDS = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}


@draws("SolidMask")
def solid(out: Out) -> Image.Image:
    return Image.new("L", out.size, round(255 * out["value"]))


@draws("InvertMask", frames=("mask",))
def invert(_: Out, mask: Image.Image) -> Image.Image:
    return Image.eval(mask, lambda value: 255 - value)


@draws("MaskToImage", frames=("mask",))
def to_image(_: Out, mask: Image.Image) -> Image.Image:
    return mask


@draws("ImageToMask", frames=("image",))
def from_image(out: Out, image: Image.Image) -> Image.Image:
    return image.getchannel(_BANDS[out["channel"]])


@draws("GrowMask", frames=("mask",))
def grow(out: Out, mask: Image.Image) -> Image.Image:
    by = out["expand"]
    steps = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    if not out["tapered_corners"]:
        steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    choose, outside = (ImageChops.lighter, 0) if by > 0 else (ImageChops.darker, 255)
    # After as many steps as the mask has sides, nothing changes any more.
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
    """Full strength, but rising over the first and falling over the last pixels."""
    first, last = min(first, length), min(last, length)
    rising = [min(1.0, (i + 1) / first) if first else 1.0 for i in range(length)]
    falling = [min(1.0, (length - i) / last) if last else 1.0 for i in range(length)]
    return bytes(round(255 * a * b) for a, b in zip(rising, falling, strict=True))


@draws("SegsToCombinedMask")
def regions(out: Out) -> Image.Image:
    """One region in the middle of the picture, whatever it shows."""
    width, height = out.size
    mask = Image.new("L", out.size, 0)
    if out["segs"].facts.get("count"):
        mask.paste(255, (width // 3, height // 4, 2 * width // 3, 3 * height // 4))
    return mask
