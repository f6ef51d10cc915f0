"""Reads input files of video and sound: sizes, frames, rates, lengths and content."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from PIL import Image

from ryla_graphs.engines.simulator.frames import Frames
from ryla_graphs.engines.simulator.media.pyav import pyav
from ryla_graphs.engines.simulator.media.sound import Planes, Sound
from ryla_graphs.shapes.values import AudioShape, VideoFile, VideoShape


def read_media(content: bytes) -> VideoShape | AudioShape | None:
    """A video or a sound; None if it is neither."""
    av = pyav()
    try:
        with av.open(io.BytesIO(content)) as container:
            if container.streams.video:
                return _video(container, content)
            return _sound(container, content) if container.streams.audio else None
    except (av.error.FFmpegError, ValueError, OverflowError):
        return None


def _video(container: Any, content: bytes) -> VideoShape | None:
    stream = container.streams.video[0]
    rate = Fraction(stream.average_rate) if stream.average_rate else Fraction(1)
    tick = Fraction(stream.time_base)
    length = None if stream.duration is None else float(stream.duration * tick)
    bits = max((part.bits for part in stream.format.components), default=8) if stream.format else 8
    size = stream.height, stream.width
    name, codec = container.format.name, stream.codec.canonical_name
    frames = stream.frames or sum(1 for packet in container.demux(stream) if packet.size)
    if not frames or not all(size):
        return None
    seconds = float(frames / rate) if container.duration is None else container.duration / 1_000_000
    audio = None
    if container.streams.audio:
        container.seek(0)
        audio = _sound(container, content)
    file = VideoFile(frames, seconds, length, tick, audio, name, codec)
    shown = _Decoder(content)
    shots = Frames(lambda _: (), lambda at, _: shown.frame(at))
    return VideoShape(frames, *size, rate, audio, seconds, file, bits=bits, content=shots)


def _sound(container: Any, content: bytes) -> AudioShape | None:
    stream = next((found for found in container.streams.audio if found.codec_context is not None), None)
    if stream is None:
        return None
    samples = sum(frame.samples for frame in container.decode(stream))
    if not samples:
        return None
    channels, rate = stream.codec_context.channels, stream.codec_context.sample_rate
    return AudioShape(1, channels, samples, rate, content=Sound(lambda: _planes(content)))


def _planes(content: bytes) -> Planes:
    av = pyav()
    with av.open(io.BytesIO(content)) as container:
        stream = next(found for found in container.streams.audio if found.codec_context is not None)
        resampler = av.AudioResampler(format="fltp")
        planes: Planes = []
        for frame in _frames_of(container, stream, resampler):
            planes = planes or [array("f") for _ in frame.planes]
            for plane, piece in zip(planes, frame.planes, strict=False):
                plane.frombytes(bytes(piece)[: 4 * frame.samples])
    return planes


def _frames_of(container: Any, stream: Any, resampler: Any) -> Iterator[Any]:
    for frame in container.decode(stream):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


class _Decoder:
    """Decodes frames of a video in order; going back restarts from the beginning."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._frames: Iterator[Any] = iter(())
        self._next = 0
        self._last: Image.Image | None = None

    def frame(self, index: int) -> Image.Image:
        """A frame; the last one if the file has fewer frames than it declares."""
        if self._last is None or index < self._next - 1:
            self._frames = self._opened()
            self._next = 0
        while self._next <= index:
            frame = next(self._frames, None)
            if frame is None:
                break
            self._last = frame.to_image()
            self._next += 1
        return self._last if self._last is not None else Image.new("RGB", (1, 1))

    def _opened(self) -> Iterator[Any]:
        av = pyav()
        with av.open(io.BytesIO(self._content)) as container:
            yield from container.decode(container.streams.video[0])
