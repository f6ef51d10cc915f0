"""Lazy samples of sound: for each channel an array of numbers from -1 to 1."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ryla_graphs.engines.simulator.media.pyav import pyav
from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.values import AudioShape

MAX_SAMPLES = 60_000_000
"""The most samples of one sound, all channels together: more than ten minutes in stereo."""
_BEEP, _PITCH, _LOUD = 0.15, 880.0, 0.2
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
Plane = array  # of floats
Planes = list[Any]


@dataclass(frozen=True, eq=False, slots=True)
class Sound:
    """The content of a sound."""

    make: Callable[[], Planes]
    """Returns one array per channel."""


def planes_of(audio: AudioShape) -> Planes:
    """The samples of the first sound of a batch, with the channels and length of its shape.

    Raises `NodeFails` if they would take too much memory.
    """
    channels, samples = int(audio.channels), int(audio.samples)
    if channels * samples > MAX_SAMPLES:
        raise NodeFails(
            f"its sound has {channels * samples / 1e6:,.0f} million samples;"
            f" the simulator writes up to {MAX_SAMPLES // 10**6} million"
        )
    made = audio.content.make() if isinstance(audio.content, Sound) else []
    made = made or [silence(samples)]
    return [_as_long(made[min(channel, len(made) - 1)], samples) for channel in range(channels)]


def silence(samples: int) -> Any:
    """Silent samples."""
    return array("f", bytes(4 * samples))


def _as_long(plane: Any, samples: int) -> Any:
    return plane if len(plane) == samples else plane[:samples] + silence(max(0, samples - len(plane)))


def beeps(rate: int, samples: int, pitch: float = _PITCH) -> Any:
    """A placeholder for a model's sound: a short beep every second, obviously not from a model."""
    beep = [_LOUD * math.sin(math.tau * pitch * at / rate) for at in range(min(rate, round(rate * _BEEP)))]
    second = array("f", beep) + silence(rate - len(beep))
    return (second * (samples // rate + 1))[:samples]


def at_rate(planes: Planes, rate: int, wanted: int) -> Planes:
    """The same sound at another rate."""
    if rate == wanted or not planes or not len(planes[0]):
        return planes
    av = pyav()
    changed = []
    for plane in planes:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=wanted)
        frames = [*resampler.resample(frame_of([plane], rate)), *resampler.resample(None)]
        made = array("f", b"".join(bytes(frame.planes[0])[: 4 * frame.samples] for frame in frames))
        changed.append(_as_long(made, -(-len(plane) * wanted // rate)))
    return changed


def frame_of(planes: Planes, rate: int) -> Any:
    """An FFmpeg frame that holds the whole sound."""
    layout = LAYOUTS.get(len(planes))
    if layout is None:
        raise NodeFails(f"sound of {len(planes)} channels cannot be saved")
    frame = pyav().AudioFrame(format="fltp", layout=layout, samples=max(1, len(planes[0])))
    frame.sample_rate, frame.pts = rate, 0
    for place, plane in zip(frame.planes, planes, strict=True):
        place.update(plane.tobytes().ljust(place.buffer_size, b"\0")[: place.buffer_size])
    return frame


def mixed(one: Sequence[float], other: Sequence[float], method: str) -> Any:
    """Two channels mixed into one, as long as the first; the second is silent after its end."""
    length = len(one)
    second = list(other[:length]) + [0.0] * (length - len(other))
    match method:
        case "subtract":
            values = (a - b for a, b in zip(one, second, strict=True))
        case "multiply":
            values = (a * b for a, b in zip(one, second, strict=True))
        case "mean":
            values = ((a + b) / 2 for a, b in zip(one, second, strict=True))
        case _:
            values = (a + b for a, b in zip(one, second, strict=True))
    return array("f", values)


def scaled(planes: Planes, factor: float) -> Planes:
    """A sound multiplied by a factor."""
    return [array("f", (value * factor for value in plane)) for plane in planes]


def no_louder_than_one(planes: Planes) -> Planes:
    """A sound, made quieter if it would clip."""
    peak = max((max(map(abs, plane), default=0.0) for plane in planes), default=0.0)
    return scaled(planes, 1 / peak) if peak > 1 else planes
