"""Wan: from pictures, with control, with VACE, with a camera, with subjects."""

from __future__ import annotations

import json
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both, keyed
from ryla_graphs.shapes.rules.latents.coding import codec_of
from ryla_graphs.shapes.rules.latents.empty import video
from ryla_graphs.shapes.rules.video.common import coded, first_of, grey, last_of, seen, started, steps_of
from ryla_graphs.shapes.rules.video.ranged import ranged
from ryla_graphs.shapes.tensors import Dims, copied, differ, joined, sliced
from ryla_graphs.shapes.unknown import Unknown, Whole, least, most
from ryla_graphs.shapes.values import ImageShape, LatentShape

Pair = tuple[Any, Any, LatentShape]


@rule("WanImageToVideo")
def image_to_video(
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
    if start_image is not None:
        latents = coded(vae, grey(length, height, width, start_image.channels))
        positive, negative = started(positive, negative, latents)
    return *seen(positive, negative, clip_vision_output), video(batch_size, 16, length, height, width)


@rule("WanMoveTrackToVideo")
def move_track_to_video(
    tracks: Any = None, strength: Any = 1.0, start_image: ImageShape | None = None, batch_size: Whole = 1, **given: Any
) -> Pair:
    if tracks is not None and start_image is not None and strength > 0 and differ(batch_size, 1):
        raise NodeFails("its tracks move one video, not several")
    return image_to_video(start_image=start_image, batch_size=batch_size, **given)


@rule("WanTrackToVideo")
def track_to_video(tracks: Any, **given: Any) -> Pair:
    if found := _tracks(tracks):
        _one(found)
    return image_to_video(**{name: given[name] for name in _OF_IMAGE_TO_VIDEO if name in given})


_OF_IMAGE_TO_VIDEO = (
    "positive", "negative", "vae", "width", "height", "length", "batch_size", "start_image", "clip_vision_output",
)  # fmt: skip


def _tracks(text: Any) -> list[Any]:
    """Tracks parsed from JSON; none if the text is not JSON."""
    if isinstance(text, Unknown):
        return []
    try:
        parsed = json.loads(str(text).replace("'", '"'))
    except ValueError:
        return []
    if not isinstance(parsed, (list, dict)):
        raise NodeFails("its tracks are neither a list nor an object")
    return list(parsed)


def _one(tracks: list[Any]) -> None:
    """Raise if the first track has no points."""
    if not isinstance(tracks[0], (list, dict)) or not tracks[0]:
        raise NodeFails("its first track has no points")


def _put_in(into: Dims, latents: Dims, channels: Whole) -> None:
    """Copy encoded frames into some channels of a latent, from its beginning and as long as it is."""
    cut = (*latents[:2], least(latents[2], into[2]), *latents[3:])
    copied(cut, (into[0], channels, sliced(into[2], None, latents[2]), *into[3:]))


@rule("WanFunControlToVideo")
def fun_control(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    start_image: ImageShape | None = None,
    clip_vision_output: Any = None,
    control_video: ImageShape | None = None,
) -> Pair:
    latent = video(batch_size, 16, length, height, width)
    for frames in (start_image, control_video):
        if frames is not None:
            _put_in(latent.samples, coded(vae, first_of(frames, length, width, height)), 16)
    pair = both(positive, negative, concat_latent_image=latent.samples)
    return *seen(*pair, clip_vision_output), latent


@rule("Wan22FunControlToVideo")
def fun_control_22(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    ref_image: ImageShape | None = None,
    start_image: ImageShape | None = None,
    control_video: ImageShape | None = None,
) -> Pair:
    codec = codec_of(vae, "wan21")
    latent = video(batch_size, codec.channels, length, height, width, space=codec.space)
    for frames in (start_image, control_video):
        if frames is not None:
            _put_in(latent.samples, coded(vae, first_of(frames, length, width, height)), codec.channels)
    keys: dict[str, Any] = dict.fromkeys(("concat_latent_image", "concat_mask", "concat_mask_index"))
    if ref_image is not None:
        keys["reference_latents"] = coded(vae, first_of(ref_image, 1, width, height))
    return *both(positive, negative, **keys), latent


@rule("WanFirstLastFrameToVideo", "WanFunInpaintToVideo")
def first_last_frame(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    start_image: ImageShape | None = None,
    end_image: ImageShape | None = None,
    clip_vision_output: Any = None,
    clip_vision_start_image: Any = None,
    clip_vision_end_image: Any = None,
) -> Pair:
    codec = codec_of(vae, "wan21")
    frames = grey(length, height, width)
    if start_image is not None:
        _copy_frames(first_of(start_image, length, width, height), frames)
    if end_image is not None:
        _copy_frames(last_of(end_image, length, width, height), frames)
    pair = started(positive, negative, coded(vae, frames))
    shown = next(
        (v for v in (clip_vision_output, clip_vision_start_image, clip_vision_end_image) if v is not None), None
    )
    return *seen(*pair, shown), video(batch_size, codec.channels, length, height, width, space=codec.space)


def _copy_frames(frames: ImageShape, into: ImageShape) -> None:
    copied(frames.shape, (sliced(into.batch, None, frames.batch), *into.shape[1:]))


@rule("WanVaceToVideo")
def vace(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    control_video: ImageShape | None = None,
    reference_image: ImageShape | None = None,
) -> tuple[Any, Any, LatentShape, Any]:
    channels: Whole = 3 if control_video is None else control_video.channels
    frames = coded(vae, grey(length, height, width, channels))
    if differ(height % 8, 0) or differ(width % 8, 0):
        raise NodeFails("its mask is cut into squares of 8 pixels, which its sides are no multiples of")
    control = joined(frames, frames, dim=1)
    trimmed: Whole = 0
    if reference_image is not None:
        reference = coded(vae, first_of(reference_image, 1, width, height))
        joined(joined(reference, reference, dim=1), control, dim=2)
        trimmed = reference[2]
    pair = both(positive, negative, vace_frames=None, vace_mask=None, vace_strength=None)
    samples = batch_size, 16, steps_of(length) + trimmed, height // 8, width // 8
    return *pair, LatentShape(samples, empty=True), trimmed


@rule("WanCameraImageToVideo")
def camera(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    start_image: ImageShape | None = None,
    clip_vision_output: Any = None,
    camera_conditions: Any = None,
) -> Pair:
    latent = video(batch_size, 16, length, height, width)
    if start_image is not None:
        latents = coded(vae, first_of(start_image, length, width, height))
        _put_in(latent.samples, latents, 16)
        positive, negative = started(positive, negative, latent.samples)
    if camera_conditions is not None:
        positive, negative = both(positive, negative, camera_conditions=None)
    return *seen(positive, negative, clip_vision_output), latent


@rule("WanPhantomSubjectToVideo")
def phantom(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    images: ImageShape | None = None,
) -> tuple[Any, Any, Any, LatentShape]:
    latent = video(batch_size, 16, length, height, width)
    if images is None:
        return positive, negative, negative, latent
    subject = coded(vae, first_of(images, 1, width, height))
    keys = {"time_dim_concat": subject}
    return keyed(positive, **keys), keyed(negative, **keys), keyed(negative, **keys), latent


@rule("Wan22ImageToVideoLatent")
def image_to_latent_22(
    vae: Any, width: Whole, height: Whole, length: Whole, batch_size: Whole = 1, start_image: ImageShape | None = None
) -> LatentShape:
    """Without a picture it is one latent, whatever the batch size."""
    latent = video(1, 48, length, height, width, space=16)
    if start_image is None:
        return latent
    frames = codec_of(vae, "wan22").encode(first_of(start_image, length, width, height))
    dims = latent.samples
    copied(frames, (*dims[:2], sliced(dims[2], None, frames[-3]), *dims[3:]))
    return LatentShape((batch_size, *dims[1:]), space=16, noise_mask=(batch_size, 1, *dims[2:]))


@rule("WanSCAILToVideo")
def scail(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    pose_start: Any = 0.0,
    pose_end: Any = 1.0,
    video_frame_offset: Any = 0,
    previous_frame_count: Any = 5,
    reference_image: ImageShape | None = None,
    clip_vision_output: Any = None,
    pose_video: ImageShape | None = None,
    pose_video_mask: ImageShape | None = None,
    reference_image_mask: ImageShape | None = None,
    previous_frames: ImageShape | None = None,
) -> tuple[Any, Any, LatentShape, Any]:
    latent = video(batch_size, 16, length, height, width)
    pair = both(positive, negative, ref_mask_flag=None)
    before = None
    if previous_frames is not None and previous_frames.batch > 0:
        before = last_of(previous_frames, previous_frame_count, width, height)
        video_frame_offset = most(0, video_frame_offset - before.batch)
    if reference_image is not None:
        pair = both(*pair, reference_latents=coded(vae, first_of(reference_image, 1, width, height)))
    pair = seen(*pair, clip_vision_output)
    pose, mask = (_left(frames, video_frame_offset) for frames in (pose_video, pose_video_mask))
    lengths = [frames.batch for frames in (pose, mask) if frames is not None]
    kept = (least(*lengths, length) - 1) // 4 * 4 + 1 if lengths else length
    if pose is not None:
        coded(vae, first_of(pose, kept, width // 2, height // 2))
        pair = ranged(*pair, pose_start, pose_end, pose_video_latent=None)
    if mask is not None:
        pair = both(*pair, driving_mask_28ch=None)
    if reference_image_mask is not None and reference_image is not None:
        pair = both(*pair, ref_mask_28ch=None)
    if before is not None:
        dims = latent.samples
        frames = coded(vae, before)
        count = least(frames[2], dims[2])
        copied((*frames[:2], count, *frames[3:]), (*dims[:2], count, *dims[3:]))
        latent = LatentShape(dims, noise_mask=(1, 1, *dims[2:]))
    return *pair, latent, video_frame_offset + length


def _left(frames: ImageShape | None, offset: Any) -> ImageShape | None:
    """The frames after an offset; None if there are none left."""
    if frames is None or frames.batch <= offset:
        return None
    return ImageShape(frames.batch - offset, frames.height, frames.width, frames.channels)


@rule("ARVideoI2V")
def autoregressive(
    model: Any,
    vae: Any,
    start_image: ImageShape,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
) -> tuple[Any, LatentShape]:
    coded(vae, first_of(start_image, 1, width, height))
    if model is None:
        raise NodeFails("there is no model")
    return model, video(batch_size, 16, length, height, width)
