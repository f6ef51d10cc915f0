"""The shapes of what flows along the links of a graph: the shared vocabulary of rules, plan, limits and simulator.

Plain values are plain: ``int``, ``float``, ``str``, ``bool``, ``None``, ``list``, ``dict``. Numbers in a shape may be
`Unknown`, and so may a whole value. `content` belongs to the simulator, which keeps there what it can draw. A
rule that returns the value it got passes on its content; every new value starts without any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from ryla_graphs.shapes.unknown import Number, Undecided, Unknown, Whole

_CONTENT: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ImageShape:
    """A batch of pictures, or the frames of a video."""

    batch: Whole
    height: Whole
    width: Whole
    channels: Whole = 3
    content: Any = _CONTENT
    videos: int = 0
    """How many videos the frames belong to, if the tensor has an axis for that; 0 if it has none."""

    @property
    def shape(self) -> tuple[Whole, ...]:
        """As the tensor has it."""
        frames = self.batch, self.height, self.width, self.channels
        return (self.videos, self.batch // self.videos, *frames[1:]) if self.videos else frames


@dataclass(frozen=True, slots=True)
class MaskShape:
    """A batch of masks."""

    batch: Whole
    height: Whole
    width: Whole
    content: Any = _CONTENT

    @property
    def shape(self) -> tuple[Whole, ...]:
        """As the tensor has it."""
        return self.batch, self.height, self.width


@dataclass(frozen=True, slots=True)
class LatentShape:
    """Latents: a batch of pictures, videos, sounds or bodies, compressed.

    >>> LatentShape((1, 16, 13, 60, 104), space=8, time=4).frames
    49
    """

    samples: tuple[Whole, ...]
    """The shape of the tensor: batch, channels, then time, height and width as far as there are any."""
    space: Whole = 8
    """How many pixels one step stands for, used when the VAE is unknown."""
    time: Whole = 4
    """How many frames one step stands for; the first frame stands alone."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Other keys that nodes store next to the samples: ``type``, ``downscale_ratio_spacial``."""
    noise_mask: tuple[Whole, ...] | None = None
    batch_index: tuple[int, ...] | None = None
    more: tuple[tuple[Whole, ...], ...] = ()
    """Further tensors that go with it: the sound of a video."""
    more_masks: tuple[tuple[Whole, ...], ...] = ()
    """Their noise masks."""
    empty: bool = False
    """Whether it is all zeros, which core samplers fit to any model."""
    content: Any = _CONTENT

    @property
    def batch(self) -> Whole:
        """How many latents there are."""
        return self.samples[0]

    @property
    def height(self) -> Whole:
        """Of what it decodes to, in pixels."""
        return self.samples[-2] * self.space

    @property
    def width(self) -> Whole:
        """Of what it decodes to, in pixels."""
        return self.samples[-1] * self.space

    @property
    def frames(self) -> Whole:
        """The frames of one video that it decodes to; 1 for pictures."""
        return (self.samples[2] - 1) * self.time + 1 if len(self.samples) == 5 else 1

    def with_samples(self, *samples: Whole) -> LatentShape:
        """The same latents at another size: the rest of the dictionary stays, as nodes copy it."""
        return replace(self, samples=samples, content=None)


@dataclass(frozen=True, slots=True)
class TensorShape:
    """Numbers that are neither pictures nor anything else with a name here: tracks, embeddings."""

    shape: tuple[Whole, ...]


@dataclass(frozen=True, slots=True)
class AudioShape:
    """Sound."""

    batch: Whole
    channels: Whole
    samples: Whole
    rate: Whole = 44_100
    rows: tuple[Whole, ...] = ()
    """If a picture was decoded as sound: its height and frames, between the channels and the samples."""
    content: Any = _CONTENT

    @property
    def shape(self) -> tuple[Whole, ...]:
        """As the tensor has it."""
        return self.batch, self.channels, *self.rows, self.samples

    @property
    def seconds(self) -> Number:
        """How long it is."""
        return self.samples / self.rate


@dataclass(frozen=True, slots=True)
class VideoFile:
    """The whole file that a video comes from; all its facts are known."""

    frames: int
    seconds: float
    """How long the file says that it is."""
    stream_seconds: float | None
    """The duration of its pictures as the file states it; None if it does not, as in WebM and MKV."""
    tick: Fraction
    """The unit of its times, in seconds."""
    audio: AudioShape | None = None
    container: str = "mp4"
    codec: str = "h264"


@dataclass(frozen=True, slots=True)
class VideoShape:
    """Frames with a rate, and perhaps sound: from a file or a part of it, or assembled by a node."""

    frames: Whole
    height: Whole
    width: Whole
    fps: Fraction | Unknown
    audio: AudioShape | None = None
    seconds: Number | None = None
    """The duration that its file states; if None, the number of frames divided by their rate."""
    file: VideoFile | None = None
    """None if it was assembled and is not a file yet."""
    start: float = 0
    """Where in the file it begins, in seconds; counted from the end if negative."""
    limit: float = 0
    """The most seconds of the file that it covers; 0 for all of the rest."""
    bits: int = 8
    colours: str = "sRGB"
    content: Any = _CONTENT

    @property
    def duration(self) -> Any:
        """How long it is, in seconds."""
        return self.frames / self.fps if self.seconds is None else self.seconds


@dataclass(frozen=True, slots=True)
class Sigmas:
    """The noise levels of a sampler, one more than it has steps."""

    values: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Conditioning:
    """Texts and hints for a sampler: for each entry, the shape of its tensor and its further keys."""

    entries: tuple[tuple[tuple[Whole, ...], Mapping[str, Any]], ...]

    def with_keys(self, **keys: Any) -> Conditioning:
        """The same with more keys in every entry."""
        return Conditioning(tuple((shape, {**found, **keys}) for shape, found in self.entries))


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value without a relevant size: a model, a text encoder, a mesh. It may have facts for other rules."""

    type: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def fact(self, name: str) -> Any:
        """A fact. Raises `Undecided` if it is unknown."""
        if name not in self.facts:
            raise Undecided(self.facts.get("unknown", f"the {name} of this {self.type} is unknown"))
        return self.facts[name]

    def with_facts(self, **facts: Any) -> Opaque:
        """The same with more facts."""
        return Opaque(self.type, {**self.facts, **facts})


@dataclass(frozen=True, slots=True)
class Blocked:
    """No value, and none for the nodes behind it: what an ``ExecutionBlocker`` or a failing node outputs."""

    message: str | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """A list of unknown length on a link: the shape of each item, and how many there are at most."""

    item: Any
    count: Unknown

    def __iter__(self) -> Any:
        raise Undecided(self.count.reason)

    __len__ = __getitem__ = __iter__


_ONE_OR_MORE = (1, float("inf"))


def unknown_of(socket: str, reason: str) -> Any:
    """A value with only its socket type known.

    >>> unknown_of("IMAGE", "made by a model").channels
    3
    """

    def some() -> Unknown:
        return Unknown(reason, *_ONE_OR_MORE)

    match socket:
        case "IMAGE":
            return ImageShape(some(), some(), some())
        case "MASK":
            return MaskShape(some(), some(), some())
        case "LATENT":
            # Perhaps a video: a latent with unknown frames must not count as one picture.
            return LatentShape((some(), some(), some(), some(), some()))
        case "VIDEO":
            return VideoShape(some(), some(), some(), some())
        case "AUDIO":
            return AudioShape(some(), some(), some(), some())
        case "INT" | "FLOAT" | "STRING" | "BOOLEAN" | "COMBO" | "*" | "COMFY_MATCHTYPE_V3" | "SIGMAS":
            return Unknown(reason)
        case _:
            return Opaque(socket, {"unknown": reason})
