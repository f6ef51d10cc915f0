"""ComfyUI-WanVideoWrapper: the frames of its videos, from the first embeds to the decoded pictures."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules.latents.coding import codec_of
from ryla_graphs.shapes.unknown import Whole
from ryla_graphs.shapes.values import ImageShape, LatentShape, Opaque

_CHANNELS, _SPACE, _TIME, _BLOCK = 16, 8, 4, 16


def embeds(width: Whole, height: Whole, frames: Whole) -> Opaque:
    """The input of its sampler."""
    steps = (frames - 1) // _TIME + 1
    return Opaque("WANVIDIMAGE_EMBEDS", {"samples": (1, _CHANNELS, steps, height // _SPACE, width // _SPACE)})


@rule("WanVideoEmptyEmbeds", "WanVideoImageToVideoEncode")
def start(width: Whole, height: Whole, num_frames: Whole) -> Opaque:
    """A last picture adds one step of time, which is dropped when it decodes."""
    return embeds(width, height, num_frames)


@rule("WanVideoVACEEncode")
def start_vace(width: Whole, height: Whole, num_frames: Whole) -> Opaque:
    """Pictures to refer to add steps of time, which the sampler drops."""
    return embeds(width // _BLOCK * _BLOCK, height // _BLOCK * _BLOCK, num_frames)


@rule("WanVideoSampler")
def sample(image_embeds: Opaque, samples: LatentShape | None = None) -> tuple[LatentShape, LatentShape]:
    dims = image_embeds.fact("samples") if samples is None else samples.samples
    return LatentShape(dims, _SPACE, _TIME), LatentShape(dims, _SPACE, _TIME)


@rule("WanVideoEncode")
def encode(image: ImageShape, vae: Any = None) -> LatentShape:
    """Pictures are scaled to sides that are multiples of 16 first."""
    codec = codec_of(vae, "wan21")
    width, height = image.width // _BLOCK * _BLOCK, image.height // _BLOCK * _BLOCK
    return LatentShape(codec.encode(ImageShape(image.batch, height, width)), codec.decoded, _TIME)


@rule("WanVideoDecode")
def decode(samples: LatentShape) -> ImageShape:
    return ImageShape(samples.frames, samples.height, samples.width)
