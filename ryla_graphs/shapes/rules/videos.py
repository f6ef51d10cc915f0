"""Videos and sound."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.unknown import Number, Unknown, Whole, rounded
from ryla_graphs.shapes.values import AudioShape, ImageShape, LatentShape, VideoShape


@rule("CreateVideo")
def create_video(images: ImageShape, fps: Number, audio: AudioShape | None = None) -> VideoShape:
    rate = fps if isinstance(fps, Unknown) else Fraction(fps)
    return VideoShape(images.batch, images.height, images.width, rate, audio)


@rule("GetVideoComponents")
def video_components(video: VideoShape) -> tuple[ImageShape, Any, Any]:
    rate = video.fps if isinstance(video.fps, Unknown) else float(video.fps)
    return ImageShape(video.frames, video.height, video.width), video.audio, rate


@rule("EmptyAudio")
def empty_audio(duration: Number, sample_rate: Whole = 44_100, channels: Whole = 2) -> AudioShape:
    return AudioShape(1, channels, rounded(duration * sample_rate), sample_rate)


@rule("VAEDecodeAudio")
def decode_audio(samples: LatentShape) -> AudioShape:
    return AudioShape(samples.batch, 2, samples.samples[-1] * 2048)
