"""Wan Animate: a person in a picture moves like one in a video."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both
from ryla_graphs.shapes.rules.video.common import coded, first_of, grey, last_of, seen, steps_of
from ryla_graphs.shapes.tensors import copied, joined
from ryla_graphs.shapes.unknown import Whole, most
from ryla_graphs.shapes.values import Conditioning, ImageShape, LatentShape

Animated = tuple[Any, Any, LatentShape, Any, Any, Any]


def _continued(motion: ImageShape | None, count: Any, length: Whole, offset: Any) -> tuple[ImageShape | None, Any]:
    """The frames that a video goes on from, and where in the other videos it then begins."""
    if motion is None:
        return None, offset
    kept = last_of(motion, count, motion.width, motion.height)
    return last_of(kept, length, motion.width, motion.height), most(0, offset - kept.batch)


def _steps_before(motion: ImageShape | None) -> Any:
    return 0 if motion is None else steps_of(motion.batch)


@rule("WanAnimateToVideo")
def animate(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    continue_motion_max_frames: Any = 5,
    video_frame_offset: Any = 0,
    reference_image: ImageShape | None = None,
    clip_vision_output: Any = None,
    face_video: ImageShape | None = None,
    pose_video: ImageShape | None = None,
    continue_motion: ImageShape | None = None,
    background_video: ImageShape | None = None,
) -> Animated:
    shown = grey(1, height, width) if reference_image is None else first_of(reference_image, length, width, height)
    reference = coded(vae, shown)
    motion, offset = _continued(continue_motion, continue_motion_max_frames, length, video_frame_offset)
    frames = grey(length, height, width, 3 if motion is None else motion.channels)
    pair = seen(positive, negative, clip_vision_output)
    if pose_video is not None and pose_video.batch > offset:
        pair = both(*pair, pose_video_latent=coded(vae, grey(length, height, width, pose_video.channels)))
    if face_video is not None and face_video.batch > offset:
        pair = both(*pair, face_video_pixels=None)
    if background_video is not None and background_video.batch > offset:
        behind = ImageShape(1, height, width, background_video.channels)
        copied(behind.shape, (1, *frames.shape[1:]))
    latents = joined(reference, coded(vae, frames), dim=2)
    pair = both(*pair, concat_latent_image=latents, concat_mask=None)
    trimmed = reference[2]
    samples = batch_size, 16, steps_of(length) + trimmed, height // 8, width // 8
    overlap = most(0, _steps_before(motion) * 4 - 3)
    return *pair, LatentShape(samples, empty=True), trimmed, overlap, offset + length


@rule("WanAnimate2ToVideo")
def animate_2(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    video_frame_offset: Any = 0,
    reference_image: ImageShape | None = None,
    pose_video: ImageShape | None = None,
    clip_vision_output: Any = None,
    positive_pose: Any = None,
    clip_vision_output_pose: Any = None,
    continue_motion: ImageShape | None = None,
    pose_strength: Any = 1.0,
    pose_start_percent: Any = 0.0,
    pose_end_percent: Any = 1.0,
    reference_image_strength: Any = 1.0,
) -> Animated:
    if pose_start_percent > pose_end_percent:
        raise NodeFails("the pose ends before it starts")
    shown = grey(1, height, width) if reference_image is None else first_of(reference_image, 1, width, height)
    reference = coded(vae, shown)
    motion, offset = _continued(continue_motion, 1, length, video_frame_offset)
    frames = grey(length, height, width, 3 if motion is None else motion.channels)
    latents = joined(reference, coded(vae, frames), dim=2)
    pair = both(positive, negative, concat_latent_image=latents, concat_mask=None)
    pair = seen(*pair, clip_vision_output)
    if reference_image_strength != 1:
        pair = both(*pair, reference_strength=None)
    keys: dict[str, Any] = {}
    if pose_video is not None:
        if pose_video.batch <= offset:
            raise NodeFails(f"the pose has {pose_video.batch} frames, none of them after {offset}")
        keys["pose_video_latent"] = coded(vae, grey(length, height, width, pose_video.channels))
    if clip_vision_output_pose is not None or clip_vision_output is not None:
        keys["clip_vision_output_pose"] = None
    poses = positive if positive_pose is None else positive_pose
    if not isinstance(poses, Conditioning) or poses.entries:
        keys["cross_attn_pose"] = None
    if pose_strength != 1:
        keys["pose_strength"] = None
    pair = _windowed(*pair, keys, pose_start_percent, pose_end_percent)
    trimmed = reference[2]
    samples = batch_size, 16, steps_of(length) + trimmed, height // 8, width // 8
    overlap = most(0, _steps_before(motion) * 4 - 3)
    return *pair, LatentShape(samples, empty=True), trimmed, overlap, offset + length


def _windowed(positive: Any, negative: Any, keys: dict[str, Any], start: Any, end: Any) -> tuple[Any, Any]:
    """Both with a pose for some of the steps, followed by entries without one for the steps before and after."""
    if start <= 0 and end >= 1:
        return both(positive, negative, **keys)
    ranges = [{**keys, "start_percent": start, "end_percent": end}]
    ranges += [{"start_percent": 0.0, "end_percent": start}] if start > 0 else []
    ranges += [{"start_percent": end, "end_percent": 1.0}] if end < 1 else []
    return _each(positive, ranges), _each(negative, ranges)


def _each(conditioning: Any, ranges: list[dict[str, Any]]) -> Any:
    if not isinstance(conditioning, Conditioning):
        return conditioning
    return Conditioning(tuple(entry for keys in ranges for entry in conditioning.with_keys(**keys).entries))
