"""MiniMax H3: a video and its sound in one latent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.models.formats import frames_of_minimax
from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.conditioning.texts import encoded
from ryla_graphs.shapes.rules.keyed import keyed
from ryla_graphs.shapes.rules.latents.coding import codec_of
from ryla_graphs.shapes.unknown import Whole, least, most, rounded
from ryla_graphs.shapes.values import AudioShape, ImageShape, LatentShape


def _frames(length: Whole) -> Any:
    """The next number of frames that the model can make: 5, and 17 more each time."""
    length = most(5, length)
    return length + (5 - length) % 17


def _latent(width: Whole, height: Whole, length: Whole) -> LatentShape:
    frames = _frames(length)
    steps = most(2, (frames - 5) // 17 * 5 + 2)
    picture = 1, 24, steps, height // 16, width // 16
    return LatentShape(picture, space=16, more=((1, 32, 2, rounded(frames / 24 * 40)),), empty=True)


@rule("EmptyMiniMaxH3LatentAV")
def empty(width: Whole, height: Whole, length: Whole) -> LatentShape:
    return _latent(width, height, length)


@rule("MiniMaxH3ImageToVideo")
def image_to_video(
    clip: Any,
    vae: Any,
    prompt: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    first_frame: ImageShape | None = None,
    last_frame: ImageShape | None = None,
) -> tuple[Any, LatentShape]:
    text = encoded(clip, prompt)
    if first_frame is not None or last_frame is not None:
        codec_of(vae)
        text = keyed(text, minimax_keyframes=None)
    return text, _latent(width, height, length)


@rule("MiniMaxH3ReferenceToVideo")
def reference_to_video(
    clip: Any,
    vae: Any,
    prompt: Any,
    width: Whole,
    height: Whole,
    length: Whole,
    ref_images: Mapping[str, ImageShape] | None = None,
    ref_videos: Mapping[str, ImageShape] | None = None,
    ref_audios: Mapping[str, AudioShape] | None = None,
) -> tuple[Any, LatentShape]:
    videos = [frames for frames in (ref_videos or {}).values() if frames is not None]
    if any(least(frames.batch, _frames(length)) < 5 for frames in videos):
        raise NodeFails("its reference videos need at least 5 frames")
    text = encoded(clip, prompt)
    if videos or any(value is not None for given in (ref_images, ref_audios) for value in (given or {}).values()):
        codec_of(vae)
        text = keyed(text, minimax_refs=None)
    return text, _latent(width, height, length)


@rule("MiniMaxH3AddGuide")
def add_guide(
    positive: Any,
    latent: LatentShape,
    frame_idx: Any = 0,
    vae: Any = None,
    audio_vae: Any = None,
    image: ImageShape | None = None,
    audio: AudioShape | None = None,
) -> Any:
    dims = latent.samples
    if not latent.more or len(dims) != 5 or dims[1] != 24:
        raise NodeFails("it takes the latents of a video with its sound")
    if image is None and audio is None:
        raise NodeFails("there is neither a picture nor a sound to put in")
    if (image is not None and vae is None) or (audio is not None and audio_vae is None):
        raise NodeFails("there is no VAE for its guide")
    frames = frames_of_minimax(dims[2])
    guide = 1 if image is None or image.batch < 5 else image.batch - (image.batch - 5) % 17
    start = frame_idx if frame_idx >= 0 else frames + frame_idx
    if start < 0 or start + guide > frames:
        raise NodeFails(f"its guide does not fit into the {frames} frames of the video")
    return keyed(positive, minimax_keyframes=None)
