"""Hunyuan Video and similar models: Kandinsky, Bernini."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both, keyed
from ryla_graphs.shapes.rules.latents.coding import codec_of, latent_of
from ryla_graphs.shapes.rules.latents.empty import video
from ryla_graphs.shapes.rules.video.common import coded, first_of, grey, seen, started
from ryla_graphs.shapes.rules.video.wan import Pair
from ryla_graphs.shapes.tensors import copied, sliced, surely
from ryla_graphs.shapes.unknown import Whole, least, most, rounded
from ryla_graphs.shapes.values import ImageShape, LatentShape

_USUAL, _USUAL_15 = "hunyuan-video", "hunyuan-video-15"


@rule("HunyuanImageToVideo")
def image_to_video(
    positive: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    guidance_type: Any = "v1 (concat)",
    start_image: ImageShape | None = None,
) -> tuple[Any, LatentShape]:
    latent = video(batch_size, 16, length, height, width)
    if start_image is None:
        return positive, latent
    dims = latent.samples
    frames = coded(vae, first_of(start_image, length, width, height), _USUAL)
    if guidance_type == "v2 (replace)":
        copied(frames, (*dims[:2], sliced(dims[2], None, frames[2]), *dims[3:]))
        mask = 1, 1, dims[2], frames[-2], frames[-1]
        return keyed(positive, guiding_frame_index=0), replace(latent, noise_mask=mask, empty=False)
    if guidance_type == "custom":
        return keyed(positive, ref_latent=frames), latent
    return keyed(positive, concat_latent_image=frames, concat_mask=None), latent


@rule("HunyuanVideo15ImageToVideo")
def image_to_video_15(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    start_image: ImageShape | None = None,
    clip_vision_output: Any = None,
) -> Pair:
    latent = video(batch_size, 32, length, height, width, space=16)
    if start_image is not None:
        dims = latent.samples
        frames = coded(vae, first_of(start_image, length, width, height), _USUAL_15)
        copied(frames, (*dims[:2], sliced(dims[2], None, frames[2]), *dims[3:]))
        positive, negative = started(positive, negative, dims)
    return *seen(positive, negative, clip_vision_output), latent


@rule("HunyuanVideo15SuperResolution")
def super_resolution(
    positive: Any,
    negative: Any,
    latent: LatentShape,
    vae: Any = None,
    start_image: ImageShape | None = None,
    clip_vision_output: Any = None,
) -> Pair:
    dims = latent.samples
    if len(dims) < 4:
        raise NodeFails("its latents are those of no picture")
    hint = (dims[0], dims[1] * 2 + 2, *dims[-3:])
    copied(dims, (hint[0], sliced(hint[1], dims[1] + 1, 2 * dims[1] + 1), *hint[2:]))
    if start_image is not None:
        shown = grey(start_image.batch, dims[-2] * 16, dims[-1] * 16, start_image.channels)
        frames = coded(vae, shown, _USUAL_15)
        copied(frames, (hint[0], dims[1], sliced(hint[2], None, frames[2]), *hint[3:]))
    pair = both(positive, negative, concat_latent_image=hint, noise_augmentation=None)
    return *seen(*pair, clip_vision_output), latent


@rule("HunyuanRefinerLatent")
def refine(positive: Any, negative: Any, latent: LatentShape) -> Pair:
    dims = latent.samples
    if len(dims) < 3:
        raise NodeFails("its latents are those of no picture")
    pair = both(positive, negative, concat_latent_image=dims, noise_augmentation=None)
    samples = (dims[0], 32, *dims[-3:])
    return *pair, LatentShape(samples, space=16, time=latent.time, empty=True)


@rule("Kandinsky5ImageToVideo")
def kandinsky(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    start_image: ImageShape | None = None,
) -> tuple[Any, Any, LatentShape, Any]:
    """Besides the video it outputs the latents of its picture; an empty dictionary if there is none."""
    latent = video(batch_size, 16, length, height, width)
    if start_image is None:
        return positive, negative, latent, {}
    frames = coded(vae, first_of(start_image, length, width, height), _USUAL)
    pair = both(positive, negative, time_dim_replace=frames, concat_mask=None)
    return *pair, latent, latent_of(frames, codec_of(vae, _USUAL))


@rule("NormalizeVideoLatentStart")
def normalize_start(latent: LatentShape) -> LatentShape:
    dims = latent.samples
    if surely(lambda: dims[2] > 1) and len(dims) != 5:
        raise NodeFails(f"its latents have {len(dims)} dimensions and no frames")
    return replace(latent, content=None)


@rule("BerniniConditioning")
def bernini(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    source_video: ImageShape | None = None,
    reference_video: ImageShape | None = None,
    reference_images: Mapping[str, ImageShape] | None = None,
    ref_max_size: Whole = 848,
) -> Pair:
    pair = positive, negative
    streams = [] if source_video is None else [first_of(source_video, length, width, height)]
    if reference_video is not None:
        streams.append(_at_most(first_of(reference_video, length, *_sides(reference_video)), ref_max_size))
    # All pictures of one batch have one size.
    streams += [_at_most(replace(shown, batch=1), ref_max_size) for shown in (reference_images or {}).values()]
    if streams:
        pair = both(*pair, context_latents=[coded(vae, stream) for stream in streams])
    return *pair, video(batch_size, 16, length, height, width)


def _sides(frames: ImageShape) -> tuple[Whole, Whole]:
    return frames.width, frames.height


def _at_most(frames: ImageShape, side: Whole, stride: int = 16) -> ImageShape:
    """Pictures whose longer side is cut down, each side to the nearest stride."""
    scale: Any = least(side / most(*_sides(frames)), 1.0)
    wide, high = (most(stride, rounded(length * scale / stride) * stride) for length in _sides(frames))
    return ImageShape(frames.batch, high, wide, frames.channels)
