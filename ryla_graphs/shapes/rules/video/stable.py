"""Stable Video Diffusion, Stable 3D, Stable Cascade, and what edits or enlarges pictures with Stable Diffusion."""

from __future__ import annotations

import math
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both
from ryla_graphs.shapes.rules.latents.batches import numbered
from ryla_graphs.shapes.rules.latents.coding import codec_of, latent_of
from ryla_graphs.shapes.rules.video.common import coded, grey
from ryla_graphs.shapes.rules.video.wan import Pair
from ryla_graphs.shapes.unknown import Number, Unknown, Whole, most, rounded
from ryla_graphs.shapes.values import Conditioning, ImageShape, LatentShape, Opaque

_WIDTH = Unknown("how wide what an encoder of pictures gives is, depends on which it is", 1, math.inf)


def _embedded(clip_vision: Any, image: ImageShape) -> tuple[Any, Any]:
    """The output of an image encoder: how many embeddings, and how wide each is."""
    if clip_vision is None:
        raise NodeFails("there is no encoder of pictures, perhaps because the checkpoint holds none")
    width = clip_vision.facts.get("embeds", _WIDTH) if isinstance(clip_vision, Opaque) else _WIDTH
    return image.batch, width


def _latent(batch: Whole, width: Whole, height: Whole, **more: Any) -> LatentShape:
    return LatentShape((batch, 4, height // 8, width // 8), empty=True, **more)


@rule("SVD_img2vid_Conditioning")
def svd(clip_vision: Any, init_image: ImageShape, vae: Any, width: Whole, height: Whole, video_frames: Whole) -> Pair:
    batch, wide = _embedded(clip_vision, init_image)
    latents = coded(vae, grey(init_image.batch, height, width, init_image.channels), "sd15")
    keys = {"motion_bucket_id": None, "fps": None, "augmentation_level": None, "concat_latent_image": latents}
    seen = Conditioning((((1, batch, wide), keys),))
    return seen, seen, _latent(video_frames, width, height)


@rule("SV3D_Conditioning")
def sv3d(clip_vision: Any, init_image: ImageShape, vae: Any, width: Whole, height: Whole, video_frames: Whole) -> Pair:
    batch, wide = _embedded(clip_vision, init_image)
    latents = coded(vae, grey(init_image.batch, height, width, init_image.channels), "sd15")
    seen = Conditioning((((1, batch, wide), {"concat_latent_image": latents, "elevation": None, "azimuth": None}),))
    return seen, seen, _latent(video_frames, width, height)


@rule("StableZero123_Conditioning", "StableZero123_Conditioning_Batched")
def zero123(
    clip_vision: Any, init_image: ImageShape, vae: Any, width: Whole, height: Whole, call: Any, batch_size: Whole = 1
) -> Pair:
    batch, wide = _embedded(clip_vision, init_image)
    latents = coded(vae, grey(init_image.batch, height, width, init_image.channels), "sd15")
    many = call.class_type.endswith("_Batched")
    keys = {"concat_latent_image": latents}
    positive = Conditioning((((batch_size if many else 1, batch, wide + 4), keys),))
    negative = Conditioning((((1, batch, wide), keys),))
    numbers = numbered(batch_size) if many else None
    index = None if numbers is None else (0,) * len(numbers)
    return positive, negative, _latent(batch_size, width, height, batch_index=index)


@rule("InstructPixToPixConditioning")
def instruct(positive: Any, negative: Any, pixels: ImageShape, vae: Any) -> Pair:
    cut = grey(pixels.batch, pixels.height // 8 * 8, pixels.width // 8 * 8, pixels.channels)
    codec = codec_of(vae, "sd15")
    latents = codec.encode(cut)
    return *both(positive, negative, concat_latent_image=latents), latent_of(latents, codec, empty=True)


@rule("SD_4XUpscale_Conditioning")
def upscale(positive: Any, negative: Any, images: ImageShape, scale_ratio: Number = 4.0) -> Pair:
    width, height = (most(1, rounded(side * scale_ratio)) // 4 for side in (images.width, images.height))
    if width < 1 or height < 1:
        raise NodeFails("nothing can be scaled to a side of 0")
    pair = both(positive, negative, concat_image=None, noise_augmentation=None)
    return *pair, LatentShape((images.batch, 4, height, width), space=4, empty=True)


def _cascade(samples: tuple[Whole, ...], space: Whole, **more: Any) -> LatentShape:
    return LatentShape(samples, space=space, **more)


@rule("StableCascade_StageC_VAEEncode")
def cascade_encode(image: ImageShape, vae: Any, compression: Whole = 42) -> tuple[LatentShape, LatentShape]:
    codec = codec_of(vae, "cascade-c")
    if codec.time is not None:
        raise NodeFails("its VAE is one for videos")
    width, height = (side // compression * codec.space for side in (image.width, image.height))
    if width < 1 or height < 1:
        raise NodeFails("nothing can be scaled to a side of 0")
    latents = coded(vae, grey(image.batch, height, width, image.channels), "cascade-c")
    second = (latents[0], 4, image.height // 8 * 2, image.width // 8 * 2)
    return _cascade(latents, compression), _cascade(second, 4, empty=True)


@rule("StableCascade_SuperResolutionControlnet")
def cascade_enlarge(image: ImageShape, vae: Any) -> tuple[ImageShape, LatentShape, LatentShape]:
    """The first output is what the VAE made, handed on as a picture."""
    latents = coded(vae, image, "cascade-c")
    first = (image.batch, 16, image.height // 16, image.width // 16)
    second = (image.batch, 4, image.height // 2, image.width // 2)
    picture = ImageShape(latents[0], latents[-2], latents[-1], latents[1])
    return picture, _cascade(first, 16, empty=True), _cascade(second, 2, empty=True)
