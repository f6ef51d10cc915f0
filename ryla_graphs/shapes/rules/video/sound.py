"""Wan models driven by sound: S2V, HuMo, InfiniteTalk, Dancer."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both
from ryla_graphs.shapes.rules.latents.empty import video
from ryla_graphs.shapes.rules.video.common import coded, first_of, grey, seen, started
from ryla_graphs.shapes.rules.video.wan import Pair
from ryla_graphs.shapes.tensors import copied, sliced
from ryla_graphs.shapes.unknown import Unknown, Whole, whole
from ryla_graphs.shapes.values import AudioShape, ImageShape, LatentShape, MaskShape, Opaque, TensorShape

_LAYERS = "encoded_audio_all_layers"


def _needs_layers(heard: Any) -> None:
    """Raise if another kind of encoder made the sound features, a dictionary with other keys."""
    if isinstance(heard, dict) and _LAYERS not in heard:
        raise NodeFails("its sound was not encoded by an encoder with layers")


@rule("AudioEncoderEncode")
def encode_sound(audio_encoder: Any, audio: AudioShape) -> Opaque:
    if audio_encoder is None or audio is None:
        raise NodeFails("there is no sound, or no encoder for it")
    return Opaque("AUDIO_ENCODER_OUTPUT", {"seconds": audio.seconds})


def _sound_to_video(
    pair: tuple[Any, Any],
    vae: Any,
    latent: LatentShape,
    length: Whole,
    ref_image: ImageShape | None,
    heard: Any,
    control_video: ImageShape | None,
) -> tuple[Any, Any]:
    dims = latent.samples
    height, width = latent.height, latent.width
    if heard is not None:
        _needs_layers(heard)
        pair = both(*pair, audio_embed=None)
    if ref_image is not None:
        pair = both(*pair, reference_latents=coded(vae, first_of(ref_image, 1, width, height)))
    if control_video is not None:
        frames = coded(vae, first_of(control_video, length, width, height))
        copied(frames, (*dims[:2], sliced(dims[2], None, frames[2]), *dims[3:]))
    return both(*pair, control_video=None)


@rule("WanSoundImageToVideo")
def sound_to_video(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    ref_image: ImageShape | None = None,
    audio_encoder_output: Any = None,
    control_video: ImageShape | None = None,
    ref_motion: ImageShape | None = None,
) -> Pair:
    latent = video(batch_size, 16, length, height, width)
    pair = _sound_to_video((positive, negative), vae, latent, length, ref_image, audio_encoder_output, control_video)
    if ref_motion is not None:
        pair = both(*pair, reference_motion=coded(vae, grey(73, height, width)))
    return *pair, latent


@rule("WanSoundImageToVideoExtend")
def sound_to_more_video(
    positive: Any,
    negative: Any,
    vae: Any,
    length: Whole,
    video_latent: LatentShape,
    ref_image: ImageShape | None = None,
    audio_encoder_output: Any = None,
    control_video: ImageShape | None = None,
) -> Pair:
    before = video_latent.samples
    if len(before) < 4:
        raise NodeFails("what it goes on from is no video")
    latent = video(before[0], 16, length, before[-2] * 8, before[-1] * 8)
    pair = _sound_to_video((positive, negative), vae, latent, length, ref_image, audio_encoder_output, control_video)
    return *both(*pair, reference_motion=before), latent


@rule("WanHuMoImageToVideo")
def humo(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
    ref_image: ImageShape | None = None,
    audio_encoder_output: Any = None,
) -> Pair:
    if ref_image is not None:
        coded(vae, first_of(ref_image, 1, width, height))
    _needs_layers(audio_encoder_output)
    pair = both(positive, negative, reference_latents=None, audio_embed=None)
    return *pair, video(batch_size, 16, length, height, width)


@rule("WanInfiniteTalkToVideo")
def infinite_talk(
    model: Any,
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    audio_encoder_output_1: Any = None,
    motion_frame_count: Any = 9,
    start_image: ImageShape | None = None,
    previous_frames: ImageShape | None = None,
    clip_vision_output: Any = None,
) -> tuple[Any, Any, Any, LatentShape, Any]:
    if previous_frames is not None and previous_frames.batch < motion_frame_count:
        raise NodeFails(f"it goes on from {motion_frame_count} frames, and is given {previous_frames.batch}")
    if start_image is None and previous_frames is None:
        raise NodeFails("it has neither a picture nor frames to go on from")
    if audio_encoder_output_1 is None:
        raise NodeFails("there is no sound")
    _needs_layers(audio_encoder_output_1)
    pair = positive, negative
    if start_image is not None:
        pair = started(*pair, coded(vae, grey(length, height, width, start_image.channels)))
    trimmed = 0 if previous_frames is None else motion_frame_count
    return model, *seen(*pair, clip_vision_output), video(1, 16, length, height, width), trimmed


@rule("WanDancerEncodeAudio")
def encode_dance(audio: AudioShape, video_frames: Any, audio_inject_scale: Any = 1.0) -> tuple[Any, Any]:
    """35 features for each of 30 parts of a second, and the rate of a video that is as long as the sound."""
    if audio is None:
        raise NodeFails("there is no sound")
    parts = 1 + -(-audio.samples * 15_360 // audio.rate) // 512
    if isinstance(parts, Unknown) or isinstance(video_frames, Unknown):
        rate: Any = Unknown("the rate of the video depends on how long its sound is", 0, 30)
        return {
            "audio_feature": TensorShape((1, parts, 35)),
            "fps": rate,
            "audio_inject_scale": audio_inject_scale,
        }, rate
    every = whole(parts / video_frames + 0.5) if video_frames else 0
    if not every:
        raise NodeFails(f"a sound of {parts} parts has no rate for {video_frames} frames")
    rate = 30 / every
    text = ", 帧率是30fps。" if int(rate + 0.5) == 30 else f" 帧率是{rate:.4f}"
    heard = {"audio_feature": TensorShape((1, parts, 35)), "fps": rate, "audio_inject_scale": audio_inject_scale}
    return heard, text


@rule("WanDancerVideo")
def dance(
    positive: Any,
    negative: Any,
    vae: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    start_image: ImageShape | None = None,
    mask: MaskShape | None = None,
    clip_vision_output: Any = None,
    audio_encoder_output: Any = None,
) -> Pair:
    pair = positive, negative
    if start_image is not None:
        latents = coded(vae, grey(length, height, width, start_image.channels))
        if mask is not None:
            _fits_steps(mask, length)
        pair = started(*pair, latents)
    if clip_vision_output is not None:
        pair = both(*pair, clip_vision_output=None, clip_vision_output_ref=None)
    if audio_encoder_output is not None:
        if isinstance(audio_encoder_output, dict) and "audio_feature" not in audio_encoder_output:
            raise NodeFails("its sound was not encoded for dancing")
        pair = both(*pair, audio_embed=None, fps=None, audio_inject_scale=None)
    return *pair, video(1, 16, length, height, width)


def _fits_steps(mask: MaskShape, length: Whole) -> None:
    """Raise where the frames of a mask, the first of them four times, cannot be cut in fours."""
    frames = sliced(mask.batch, None, length)
    if not isinstance(frames, Unknown) and (frames + 3) % 4:
        raise NodeFails(f"its mask has {frames} frames, which are no steps of four and one more")
