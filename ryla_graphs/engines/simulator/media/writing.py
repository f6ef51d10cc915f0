"""Writes playable files of video and sound, marked as simulated in their metadata."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from PIL import Image

from ryla_graphs.engines.simulator.drawing import MARK
from ryla_graphs.engines.simulator.media.pyav import pyav, refused
from ryla_graphs.engines.simulator.media.sound import LAYOUTS, Planes, at_rate, frame_of
from ryla_graphs.shapes.registry import NodeFails

_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_MUXERS = {"mp4": "mp4", "mkv": "matroska", "webm": "webm"}
_ENCODERS = {"h264": "libx264", "av1": "libsvtav1", "vp9": "libvpx-vp9"}
_QUICK: Mapping[str, Mapping[str, str]] = {
    "h264": {"preset": "ultrafast"},
    "av1": {"preset": "12"},
    "vp9": {"deadline": "realtime", "cpu-used": "8"},
}
"""Encoder settings for speed: a simulated video need not look good."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a video."""

    container: str
    codec: str
    rate: Fraction
    pixels: str = "yuv420p"
    options: Mapping[str, str] = field(default_factory=dict)


def opus_rate(rate: int) -> int:
    """The sample rate at which Opus stores a sound: the next one that it supports."""
    return next((known for known in _OPUS_RATES if known >= rate), _OPUS_RATES[-1])


def video_file(
    images: Iterable[Image.Image],
    size: tuple[int, int],
    encoding: Encoding,
    metadata: Mapping[str, str],
    sound: tuple[Planes, int] | None = None,
) -> bytes:
    """A video. Raises `NodeFails` if the encoder fails."""
    av, buffer = pyav(), io.BytesIO()
    options = {"movflags": "use_metadata_tags"} if encoding.container == "mp4" else {}
    with (
        refused("encode its video"),
        av.open(buffer, "w", format=_MUXERS[encoding.container], options=options) as container,
    ):
        container.metadata.update({"comment": MARK, "simulated": MARK, **metadata})
        stream = container.add_stream(_ENCODERS[encoding.codec], rate=encoding.rate)
        stream.width, stream.height = size
        stream.pix_fmt, stream.options = encoding.pixels, {**encoding.options, **_QUICK[encoding.codec]}
        heard = None if sound is None else _sound_stream(container, encoding.container, *sound)
        mode = "RGBA" if "a" in encoding.pixels else "RGB"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_image(image.convert(mode))))
        container.mux(stream.encode(None))
        if heard is not None:
            stream, frame = heard
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return buffer.getvalue()


def _sound_stream(container: Any, kind: str, planes: Planes, rate: int) -> tuple[Any, Any]:
    codec, wanted = ("libopus", 48_000) if kind == "webm" else ("aac", rate)
    if len(planes) not in LAYOUTS:
        raise NodeFails(f"sound of {len(planes)} channels cannot be saved with a video")
    stream = container.add_stream(codec, rate=wanted, layout=LAYOUTS[len(planes)])
    return stream, frame_of(at_rate(planes, rate, wanted), wanted)


_SOUND_ENCODERS = {"flac": "flac", "mp3": "libmp3lame", "opus": "libopus"}


def sound_file(planes: Planes, rate: int, kind: str, metadata: Mapping[str, str], quality: str = "128k") -> bytes:
    """A file of sound: FLAC, MP3 or Opus. Raises `NodeFails` if the encoder fails."""
    av, buffer = pyav(), io.BytesIO()
    if len(planes) > 2:
        raise NodeFails(f"sound of {len(planes)} channels cannot be saved")
    if kind == "opus":
        planes, rate = at_rate(planes, rate, opus_rate(rate)), opus_rate(rate)
    with refused("encode its sound"), av.open(buffer, "w", format=kind) as container:
        container.metadata.update({"comment": MARK, "simulated": MARK, **metadata})
        stream = container.add_stream(_SOUND_ENCODERS[kind], rate=rate, layout=LAYOUTS[len(planes)])
        if kind != "flac" and quality.endswith("k"):
            stream.bit_rate = int(quality[:-1]) * 1000
        container.mux(stream.encode(frame_of(planes, rate)))
        container.mux(stream.encode(None))
    return buffer.getvalue()
