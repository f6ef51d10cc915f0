"""VAEs: the size of the latents they make from pictures, and of the pictures they make from latents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.tensors import Dims, differ, surely
from ryla_graphs.shapes.unknown import Whole, most
from ryla_graphs.shapes.values import ImageShape

Frames = Callable[[Whole], Whole]


def _every(factor: int) -> tuple[Frames, Frames]:
    """Frames to steps and back, when the first frame is a step of its own."""
    return (lambda frames: (frames + factor - 1) // factor), (lambda steps: most(0, steps * factor - factor + 1))


def _steps_of_minimax(frames: Whole) -> Any:
    return most(1, (frames - 5) // 17 * 5 + 2) if frames > 1 else 1


def _frames_of_minimax(steps: Whole) -> Any:
    return most(1, (steps - 2) // 5 * 17 + 5)


@dataclass(frozen=True, slots=True)
class Codec:
    """One kind of VAE."""

    channels: int
    space: int = 8
    """How many pixels one step stands for when it encodes."""
    time: int | None = None
    """How many frames one step stands for; None for a VAE of pictures."""
    decoded_space: int | None = None
    """The same when it decodes, where that differs."""
    pictures_alone: bool = False
    """Whether a VAE for videos keeps a batch of pictures as a batch."""
    colours: int = 3
    pads_colours: bool = False
    steps_of: Frames | None = None
    frames_of: Frames | None = None
    own_tiles: bool = False
    """Whether it chooses its own tiles."""
    flat: bool = False
    """For sounds and bodies: it gives no pictures."""
    rate: int | None = None
    """For sounds: how many samples a second it takes; `space` is how many of them a step stands for."""
    before: tuple[int, ...] = ()
    """For sounds: dimensions between channels and time, such as the parts of a spectrum."""
    after: tuple[int, ...] = ()
    """For sounds: dimensions behind time."""

    @property
    def decoded(self) -> int:
        """How many pixels one step becomes."""
        return self.decoded_space or self.space

    def steps(self, frames: Whole) -> Whole:
        """How many steps of time some frames become."""
        return self.steps_of(frames) if self.steps_of else _every(self.time or 1)[0](frames)

    def frames(self, steps: Whole) -> Whole:
        """How many frames some steps of time become."""
        return self.frames_of(steps) if self.frames_of else _every(self.time or 1)[1](steps)

    def encode(self, pixels: ImageShape) -> Dims:
        """The latents of pictures, or of the frames of a video."""
        self._takes(pixels)
        sides = pixels.height // self.space, pixels.width // self.space
        if self.time is None:
            return pixels.batch, self.channels, *sides
        if self.pictures_alone:
            return pixels.batch, self.channels, 1, *sides
        return 1, self.channels, self.steps(pixels.batch), *sides

    def _takes(self, pixels: ImageShape) -> None:
        if self.flat:
            raise NodeFails("this VAE encodes no pictures")
        if not self.pads_colours and surely(lambda: pixels.channels < self.colours):
            raise NodeFails(f"this VAE encodes pictures of {self.colours} channels, not of {pixels.channels}")
        if any(surely(lambda side=side: side < self.space) for side in (pixels.height, pixels.width)):
            raise NodeFails(f"this VAE encodes no pictures with a side below {self.space} pixels")

    def decode(self, samples: Dims) -> ImageShape:
        """The pictures of latents; the frames of all videos in sequence."""
        if self.flat:
            raise NodeFails("this VAE decodes no pictures")
        if self.time is None and len(samples) == 5:
            samples = (*samples[:2], *samples[3:])
        if len(samples) != (4 if self.time is None else 5):
            raise NodeFails(f"this VAE does not decode latents of {len(samples)} dimensions")
        if differ(samples[1], self.channels) and self.space > 1:
            raise NodeFails(f"this VAE decodes latents of {self.channels} channels, not of {samples[1]}")
        height, width = samples[-2] * self.decoded, samples[-1] * self.decoded
        frames = self.frames(samples[2]) if self.time is not None else 1
        return ImageShape(samples[0] * frames, height, width, self.colours if self.space > 1 else samples[1])


CODECS: Mapping[str, Codec] = {
    "sd15": Codec(4),
    "sdxl": Codec(4),
    "sd-x4": Codec(4, 4),
    "cascade-c": Codec(16, 32, decoded_space=8),
    "cascade-b": Codec(4, 4),
    "sd3": Codec(16),
    "flux": Codec(16),
    "flux2": Codec(128, 16),
    "wan21": Codec(16, 8, 4, pads_colours=True),
    "wan22": Codec(48, 16, 4),
    "hunyuan-video": Codec(16, 8, 4),
    "hunyuan-video-15": Codec(32, 16, 4),
    "hunyuan-image": Codec(64, 32),
    "hunyuan-image-refiner": Codec(32, 16, 4, pictures_alone=True),
    "hunyuan-3d": Codec(64, flat=True),
    "ltxv": Codec(128, 32, 8),
    "mochi": Codec(12, 8, 6),
    "cosmos": Codec(16, 8, 8),
    "cogvideox": Codec(16, 8, 4),
    "seedvr2": Codec(16, 8, 4, own_tiles=True),
    "minimax-h3": Codec(24, 16, 4, steps_of=_steps_of_minimax, frames_of=_frames_of_minimax, own_tiles=True),
    "stable-audio": Codec(64, 2048, flat=True, rate=44_100),
    "stable-audio-3": Codec(256, 4096, flat=True, rate=44_100),
    "ace": Codec(8, 4096, flat=True, rate=44_100, before=(16,)),
    "ace15": Codec(64, 1920, flat=True, rate=48_000),
    "minimax-music": Codec(128, 512, flat=True),
    "minimax-h3-audio": Codec(32, 800, flat=True, rate=32_000, before=(2,)),
    "ltxv-audio": Codec(8, 640, flat=True, rate=16_000, after=(16,)),
    "trellis2": Codec(32, flat=True),
    "triposplat": Codec(16, flat=True),
    "pixels": Codec(3, 1),
}
"""By the format of their latents."""
