"""Videos: loaded, assembled, taken apart, cut; and which frames of a file a part of it has."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ryla_graphs.shapes.registry import Call, NodeFails, rule
from ryla_graphs.shapes.rules.shuffling import Twister
from ryla_graphs.shapes.unknown import Number, Unknown, Whole, least, most
from ryla_graphs.shapes.values import AudioShape, ImageShape, VideoFile, VideoShape, unknown_of

_AAC_RATES = frozenset({96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350})
_AAC_FRAME = 1024
_MP4_TICKS = 10_000
"""An MP4 counts in ticks, at least so many a second: the frame rate times a power of two."""


@rule("LoadVideo")
def load_video(file: str, call: Call) -> VideoShape:
    found: Any = call.file(file, VideoShape)
    video: VideoShape = unknown_of("VIDEO", found.reason) if isinstance(found, Unknown) else found
    return video


@rule("CreateVideo")
def create_video(images: ImageShape, fps: Number, audio: AudioShape | None = None, bit_depth: Whole = 8) -> VideoShape:
    rate = fps if isinstance(fps, Unknown) else Fraction(fps)
    bits = bit_depth if isinstance(bit_depth, int) else 8
    return VideoShape(images.batch, images.height, images.width, rate, audio, bits=bits)


@rule("GetVideoComponents")
def video_components(video: VideoShape) -> tuple[ImageShape, Any, Any, Whole, str]:
    rate = video.fps if isinstance(video.fps, Unknown) else float(video.fps)
    return ImageShape(video.frames, video.height, video.width), video.audio, rate, video.bits, video.colours


@rule("Video Slice")
def slice_video(video: VideoShape, start_time: float, duration: float, strict_duration: bool) -> VideoShape:
    part = part_of(video, start_time, duration, strict=strict_duration)
    if part is None:
        raise NodeFails(f"its video of {float(video.duration):g} s has no {duration:g} s from {start_time:g} s on")
    return part


@rule("VideoTemporalCrop")
def crop_video(video: VideoShape, start_frame: Whole, length: Whole) -> VideoShape | None:
    total, rate = counted(video), float(video.fps)
    start = least(start_frame, most(total - 1, 0))
    return part_of(video, start / rate, least(length, total - start) / rate)


@rule("VideoRandomTemporalCrop")
def crop_video_somewhere(video: VideoShape, length: int, seed: int) -> VideoShape | None:
    total, rate = counted(video), float(video.fps)
    length = least(length, total)
    start = Twister(seed % (2**32 - 1)).up_to(total - length) if total > length else 0
    return part_of(video, start / rate, length / rate)


@rule("VideoFrameSample")
def sample_frames(video: VideoShape, num_frames: Whole, strategy: str) -> VideoShape | None:
    total, rate = counted(video), float(video.fps)
    count = least(num_frames, total)
    match strategy:
        case "head":
            return part_of(video, 0.0, count / rate)
        case "tail":
            return part_of(video, (total - count) / rate, count / rate)
        case "uniform" | "random":
            behind = saved(video)
            return VideoShape(count, behind.height, behind.width, behind.fps)
        case _:
            raise NodeFails(f"it knows no way to choose frames called {strategy!r}")


def sampled_frames(total: int, count: int, strategy: str, seed: int) -> list[int]:
    """Which frames of a video are kept when they are spread over it or drawn at random.

    >>> sampled_frames(12, 5, "uniform", 0)
    [0, 3, 6, 8, 11]
    """
    count = min(count, total)
    if strategy == "random":
        return sorted(Twister(seed % (2**32 - 1)).permutation(total)[:count])
    if count == 1:
        return [total // 2]
    return [round(index * (total - 1) / (count - 1)) for index in range(count)]


def saved(video: VideoShape) -> VideoShape:
    """The file that ComfyUI makes of a video before it cuts it: H.264 and AAC in an MP4.

    Raises `NodeFails` if the encoders would refuse it.
    """
    if video.file is not None:
        return video
    if isinstance(video.fps, Unknown) or isinstance(video.frames, Unknown):
        return replace(video, content=None)
    check_sides(video, "H.264")
    rate = saved_rate(video)
    ticks = rate.numerator
    while ticks < _MP4_TICKS:
        ticks *= 2
    audio = encoded_audio(video)
    if audio is not None and audio.rate not in _AAC_RATES:
        raise NodeFails(f"AAC knows no sound of {audio.rate} Hz")
    seconds = float(video.frames / rate)
    if audio is not None:
        audio = replace(audio, samples=-(-audio.samples // _AAC_FRAME) * _AAC_FRAME)
    file = VideoFile(video.frames, seconds, seconds, Fraction(1, ticks), audio)
    return replace(video, fps=rate, audio=audio, seconds=seconds, file=file)


def encoded_audio(video: VideoShape) -> AudioShape | None:
    """The sound of an assembled video as it is saved: the first of a batch, no longer than the pictures."""
    if video.audio is None:
        return None
    longest: Any = math.ceil(video.audio.rate / saved_rate(video) * video.frames)
    return replace(video.audio, batch=1, samples=least(video.audio.samples, longest))


def saved_rate(video: VideoShape) -> Fraction:
    """The frame rate of a video as it is saved: in thousandths."""
    rate: Any = video.fps
    return Fraction(round(rate * 1000), 1000)


def check_sides(video: VideoShape, encoder: str) -> None:
    """Raise `NodeFails` if an encoder with halved colour resolution refuses the size."""
    if video.width % 2 or video.height % 2:
        raise NodeFails(f"{encoder} takes even sides only, and its video is {video.width}x{video.height}")


def part_of(video: VideoShape, start: float, duration: float, *, strict: bool = False) -> VideoShape | None:
    """A part of a video, from `start` for `duration` (0: all of the rest); None if there is no such part.

    An assembled video must contain all of it; a file only if the caller is strict.
    """
    length = video.duration
    if video.file is None and not isinstance(length, Unknown) and length < start + duration:
        return None
    behind = saved(video)
    file = behind.file
    if file is None:
        return _some_of(behind, duration)
    part = windowed(behind, file, start + behind.start, duration)
    return None if strict and video.file is not None and part.duration < duration else part


def _some_of(video: VideoShape, duration: float) -> VideoShape:
    """A part of a video whose facts are not all known."""
    frames: Any = Unknown("the number of frames left is unknown without the video", 0, _highest(video.frames))
    seconds = Unknown("its length is unknown without the video", 0, _highest(video.duration))
    audio = video.audio
    if audio is not None:
        audio = replace(audio, samples=Unknown("its length is unknown without the video", 0, _highest(audio.samples)))
    return replace(video, frames=frames, audio=audio, seconds=seconds, limit=duration, content=None)


def _highest(value: Any) -> float:
    return value.high if isinstance(value, Unknown) else value


def windowed(video: VideoShape, file: VideoFile, start: float, limit: float) -> VideoShape:
    """The part of a file that lies between two times: its frames, its sound, and its stated duration."""
    first, last = frame_range(video, file, start, limit)
    begin = begin_of(file, start)
    left = min(file.seconds, -start) if start < 0 else file.seconds - start
    audio = _sound_of(file.audio, begin, limit)
    frames = last - first
    height, width = (video.height, video.width) if frames else (0, 0)
    seconds = min(limit, left) if limit else left
    return VideoShape(frames, height, width, video.fps, audio, seconds, file, start, limit, video.bits, video.colours)


def begin_of(file: VideoFile, start: float) -> float:
    """Where a part of a file begins, in seconds from the file's beginning."""
    return max(file.seconds + start, 0.0) if start < 0 else start


def frame_range(video: VideoShape, file: VideoFile, start: float, limit: float) -> tuple[int, int]:
    """The first frame of a part of a file, and the one after its last."""
    rate: Any = video.fps
    step = 1 / (rate * file.tick)
    begin = begin_of(file, start)
    first_tick = int(begin / file.tick)
    first = max(0, min(file.frames, math.ceil(first_tick / step)))
    if not limit:
        return first, file.frames
    end_tick = int((begin + limit) / file.tick)
    return first, max(first, min(file.frames, math.ceil(end_tick / step)))


def _sound_of(audio: AudioShape | None, begin: float, limit: float) -> AudioShape | None:
    if audio is None:
        return None
    samples = audio.samples - int(begin * audio.rate)
    if samples <= 0:
        return None
    return replace(audio, samples=min(samples, int(limit * audio.rate)) if limit else samples, content=None)


def counted(video: VideoShape) -> Any:
    """The number of frames that a video states, without reading it; for a part of a file, calculated from its times."""
    file = video.file
    if file is None or not (video.start or video.limit):
        return video.frames if file is None else file.frames
    if file.stream_seconds is not None:
        left = min(file.stream_seconds, -video.start) if video.start < 0 else file.stream_seconds - video.start
        guess = round(min(video.limit, left) * float(video.fps))
        if guess > 0:
            return guess
    first, last = frame_range(video, file, video.start, video.limit)
    if first >= file.frames:
        raise NodeFails("its video has no frames left")
    return max(1, last - first) if video.limit else 1
