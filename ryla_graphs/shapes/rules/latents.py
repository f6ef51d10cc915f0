"""Latents: empty ones, encoded and decoded, sampled, scaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules.common import rows
from ryla_graphs.shapes.rules.images import picked
from ryla_graphs.shapes.unknown import Number, Whole, most, rounded
from ryla_graphs.shapes.values import ImageShape, LatentShape, MaskShape


class Empty(NamedTuple):
    """What an empty latent is like: channels, and what one step stands for in space and time."""

    channels: int
    space: int = 8
    time: int | None = None
    says_space: bool = True


_EMPTY: Mapping[str, Empty] = {
    "EmptyLatentImage": Empty(4),
    "EmptySD3LatentImage": Empty(16),
    "EmptyFlux2LatentImage": Empty(128, 16),
    "EmptyHunyuanImageLatent": Empty(64, 32),
    "EmptyHunyuanLatentVideo": Empty(16, 8, 4),
    "EmptyLTXVLatentVideo": Empty(128, 32, 8),
    "EmptyMochiLatentVideo": Empty(12, 8, 6),
    "EmptyCosmosLatentVideo": Empty(16, 8, 8),
}


def empty_latent(kind: Empty) -> Any:
    """A rule for a class that gives an empty latent of a size in pixels."""

    def work(width: Whole, height: Whole, batch_size: Whole = 1, length: Whole = 1) -> LatentShape:
        sides = height // kind.space, width // kind.space
        keys = {"downscale_ratio_spacial": kind.space} if kind.says_space else {}
        if kind.time is None:
            return LatentShape((batch_size, kind.channels, *sides), space=kind.space, keys=keys, empty=True)
        frames = (length - 1) // kind.time + 1
        samples = batch_size, kind.channels, frames, *sides
        return LatentShape(samples, space=kind.space, time=kind.time, keys=keys, empty=True)

    return work


rows(empty_latent, dict(_EMPTY))


@rule("KSampler", "KSamplerAdvanced")
def sampled(latent_image: LatentShape) -> LatentShape:
    return _noised(latent_image)


@rule("SamplerCustom", "SamplerCustomAdvanced")
def sampled_twice(latent_image: LatentShape) -> tuple[LatentShape, LatentShape]:
    return _noised(latent_image), _noised(latent_image)


def _noised(latent: LatentShape) -> LatentShape:
    keys = {key: value for key, value in latent.keys.items() if not key.startswith("downscale_ratio")}
    return replace(latent, keys=keys, empty=False, content=None)


@rule("VAEDecode", "VAEDecodeTiled")
def vae_decode(samples: LatentShape) -> ImageShape:
    return ImageShape(samples.batch * samples.frames, samples.height, samples.width)


@rule("VAEEncode", "VAEEncodeTiled")
def vae_encode(pixels: ImageShape) -> LatentShape:
    return LatentShape((pixels.batch, 4, pixels.height // 8, pixels.width // 8))


@rule("VAEEncodeForInpaint")
def vae_encode_for_inpaint(pixels: ImageShape) -> LatentShape:
    height, width = pixels.height // 8, pixels.width // 8
    return LatentShape((pixels.batch, 4, height, width), noise_mask=(1, 1, height * 8, width * 8))


@rule("WanImageToVideo", "WanFunInpaintToVideo", "WanFirstLastFrameToVideo", "LTXVImgToVideo")
def image_to_video(
    positive: Any, negative: Any, width: Whole, height: Whole, length: Whole, batch_size: Whole = 1
) -> tuple[Any, Any, LatentShape]:
    samples = batch_size, 16, (length - 1) // 4 + 1, height // 8, width // 8
    return positive, negative, LatentShape(samples)


@rule("LatentUpscale")
def latent_upscale(samples: LatentShape, width: Whole, height: Whole) -> LatentShape:
    if width == 0 and height == 0:
        return samples
    *rest, rows_, columns = samples.samples
    if width == 0:
        height = most(64, height)
        width = most(64, rounded(columns * height / rows_))
    elif height == 0:
        width = most(64, width)
        height = most(64, rounded(rows_ * width / columns))
    return samples.with_samples(*rest, most(64, height) // 8, most(64, width) // 8)


@rule("LatentUpscaleBy")
def latent_upscale_by(samples: LatentShape, scale_by: Number) -> LatentShape:
    *rest, height, width = samples.samples
    return samples.with_samples(*rest, rounded(height * scale_by), rounded(width * scale_by))


@rule("RepeatLatentBatch")
def repeat_latents(samples: LatentShape, amount: Whole) -> LatentShape:
    return samples.with_samples(samples.batch * amount, *samples.samples[1:])


@rule("LatentFromBatch")
def latents_from_batch(samples: LatentShape, batch_index: int, length: Whole) -> LatentShape:
    return samples.with_samples(picked(samples.batch, batch_index, length)[1], *samples.samples[1:])


@rule("SetLatentNoiseMask")
def set_noise_mask(samples: LatentShape, mask: MaskShape) -> LatentShape:
    return replace(samples, noise_mask=(mask.batch, 1, mask.height, mask.width), content=None)


@rule("EmptyLatentAudio")
def empty_latent_audio(seconds: Number, batch_size: Whole = 1) -> LatentShape:
    length = rounded(seconds * 44_100 / 2048 / 2) * 2
    return LatentShape((batch_size, 64, length), space=1, time=2048, keys={"type": "audio"}, empty=True)
