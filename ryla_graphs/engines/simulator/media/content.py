"""The content of video and sound outputs: tables of functions by class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs.engines.simulator.frames import Frames, content_of
from ryla_graphs.engines.simulator.media.sound import (
    Planes,
    Sound,
    at_rate,
    beeps,
    mixed,
    no_louder_than_one,
    planes_of,
    scaled,
    silence,
)
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.rules.sound import trimmed
from ryla_graphs.shapes.rules.videos import begin_of, counted, frame_range, sampled_frames
from ryla_graphs.shapes.values import AudioShape, VideoShape

Make = Callable[[Mapping[str, Any], AudioShape, int], Planes]


def give_media(call: Call, value: Any, slot: int, key: str) -> Any:
    """A sound or video with its content; any other value unchanged."""
    if isinstance(value, AudioShape):
        return replace(value, content=Sound(lambda: _heard(call, value, slot, key)))
    if isinstance(value, VideoShape):
        return replace(value, content=_shown(call, value), audio=_sound_behind(value))
    return value


def _heard(call: Call, shape: AudioShape, slot: int, key: str) -> Planes:
    make = _MAKE.get(call.class_type)
    if make is not None:
        return make(call.inputs, shape, slot)
    given = next((value for value in call.inputs.values() if isinstance(value, AudioShape) and value.content), None)
    if given is not None:
        return at_rate(planes_of(given), int(given.rate), int(shape.rate))
    # Every sound gets its own pitch, so that two sounds differ.
    return [beeps(int(shape.rate), int(shape.samples), 440 + sum(key.encode()) % 12 * 40)]


def _trimmed(inputs: Mapping[str, Any], _: AudioShape, __: int) -> Planes:
    audio = inputs["audio"]
    start, end = trimmed(audio, inputs["start_index"], inputs["duration"])
    return [plane[start:end] for plane in planes_of(audio)]


def _stereo(audio: AudioShape, rate: int) -> Planes:
    planes = at_rate(planes_of(audio), int(audio.rate), rate)
    return planes * 2 if len(planes) == 1 else planes


def _concat(inputs: Mapping[str, Any], shape: AudioShape, _: int) -> Planes:
    both = [_stereo(inputs[name], int(shape.rate)) for name in ("audio1", "audio2")]
    first, second = both if inputs["direction"] == "after" else both[::-1]
    return [one + other for one, other in zip(first, second, strict=False)]


def _joined(inputs: Mapping[str, Any], shape: AudioShape, _: int) -> Planes:
    sides = (inputs["audio_left"], inputs["audio_right"])
    return [at_rate(planes_of(side), int(side.rate), int(shape.rate))[0] for side in sides]


def _merged(inputs: Mapping[str, Any], shape: AudioShape, _: int) -> Planes:
    one, other = (
        at_rate(planes_of(inputs[name]), int(inputs[name].rate), int(shape.rate)) for name in ("audio1", "audio2")
    )
    channels = range(int(shape.channels))
    method = inputs["merge_method"]
    return no_louder_than_one([mixed(one[at % len(one)], other[at % len(other)], method) for at in channels])


_MAKE: Mapping[str, Make] = {
    "EmptyAudio": lambda _, shape, __: [silence(int(shape.samples))],
    "TrimAudioDuration": _trimmed,
    "SplitAudioChannels": lambda inputs, _, slot: [planes_of(inputs["audio"])[slot]],
    "JoinAudioChannels": _joined,
    "AudioConcat": _concat,
    "AudioMerge": _merged,
    "AudioAdjustVolume": lambda inputs, _, __: scaled(planes_of(inputs["audio"]), 10 ** (inputs["volume"] / 20)),
}


def _shown(call: Call, shape: VideoShape) -> Frames | None:
    """The frames of a video: from its input pictures or input video, starting where the video begins."""
    given = next((value for value in call.inputs.values() if isinstance(value, VideoShape)), None)
    if given is None:
        return next((frames for value in call.inputs.values() if (frames := content_of(value)) is not None), None)
    frames = content_of(given)
    if frames is None:
        return None
    if call.class_type == "VideoFrameSample" and shape.file is None:
        wanted = sampled_frames(counted(given), int(shape.frames), call.inputs["strategy"], call.inputs["seed"])
        return _moved(frames, lambda index: wanted[index % len(wanted)])
    first = _first_frame(shape) - _first_frame(given)
    return frames if first == 0 else _moved(frames, lambda index: max(0, index + first))


def _sound_behind(video: VideoShape) -> AudioShape | None:
    """The sound of a video, starting where its pictures begin."""
    audio, file = video.audio, video.file
    if audio is None or audio.content is not None or file is None or file.audio is None:
        return audio
    whole, first = file.audio, int(begin_of(file, video.start) * float(audio.rate))
    return replace(audio, content=Sound(lambda: [plane[first:] for plane in planes_of(whole)]))


def _moved(frames: Frames, place: Callable[[int], int]) -> Frames:
    """The same frames in another order."""
    return Frames(lambda index: [(frames, place(index))], lambda _, images: images[0])


def _first_frame(video: VideoShape) -> int:
    """The frame in its file with which a video begins."""
    return 0 if video.file is None else frame_range(video, video.file, video.start, video.limit)[0]
