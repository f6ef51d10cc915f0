"""What video nodes do with their input pictures before a VAE encodes them."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.rules.keyed import both
from ryla_graphs.shapes.rules.latents.coding import codec_of
from ryla_graphs.shapes.tensors import Dims, sliced
from ryla_graphs.shapes.unknown import Whole, least
from ryla_graphs.shapes.values import ImageShape

WAN = "wan21"


def steps_of(length: Whole) -> Whole:
    """The steps of time for a number of frames: four frames in each step but the first."""
    return (length - 1) // 4 + 1


def first_of(frames: ImageShape, count: Whole, width: Whole, height: Whole) -> ImageShape:
    """The first frames of a video, at another size."""
    return ImageShape(sliced(frames.batch, None, count), height, width, frames.channels)


def last_of(frames: ImageShape, count: Whole, width: Whole, height: Whole) -> ImageShape:
    """The last frames of a video, at another size."""
    return ImageShape(sliced(frames.batch, -count), height, width, frames.channels)


def colours(frames: ImageShape) -> ImageShape:
    """The frames without alpha."""
    return ImageShape(frames.batch, frames.height, frames.width, least(frames.channels, 3))


def coded(vae: Any, frames: ImageShape, usual: str = WAN) -> Dims:
    """The latents of frames without their alpha."""
    return codec_of(vae, usual).encode(colours(frames))


def grey(length: Whole, height: Whole, width: Whole, channels: Whole = 3) -> ImageShape:
    """Grey frames, which others are put into."""
    return ImageShape(length, height, width, channels)


def seen(positive: Any, negative: Any, clip_vision_output: Any) -> tuple[Any, Any]:
    """Both with the output of an image encoder, if there is any."""
    if clip_vision_output is None:
        return positive, negative
    return both(positive, negative, clip_vision_output=None)


def started(positive: Any, negative: Any, latents: Dims) -> tuple[Any, Any]:
    """Both with the latents of the pictures that a video begins with."""
    return both(positive, negative, concat_latent_image=latents, concat_mask=None)
