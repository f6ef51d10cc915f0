"""What flows through the wires of a simulated run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

Size = tuple[int, int]


@dataclass(frozen=True)
class Opaque:
    """Something only a GPU could hold: a model, a conditioning. It has an identity and no content."""

    type: str
    key: str


@dataclass(frozen=True)
class Latents:
    """A batch of latents, by the pictures they would decode to."""

    width: int
    """In pixels of the decoded picture."""
    height: int
    batch: int
    key: str
    frames: int = 1
    """Frames of video in each."""
    caption: str = ""


@dataclass(frozen=True)
class Video:
    """Frames with a rate."""

    frames: tuple[Image.Image, ...]
    fps: float


@dataclass(frozen=True)
class Audio:
    """Silence of a length."""

    seconds: float
    rate: int = 44_100


@dataclass(frozen=True)
class Pictures:
    """A batch of RGB images."""

    images: tuple[Image.Image, ...]

    @property
    def size(self) -> Size:
        """Width and height of the first."""
        return self.images[0].size

    def map(self, change: Any) -> Pictures:
        """Every image changed."""
        return Pictures(tuple(change(image) for image in self.images))


@dataclass(frozen=True)
class Masks:
    """A batch of masks: mode ``L``, white is inside."""

    images: tuple[Image.Image, ...]

    @property
    def size(self) -> Size:
        """Width and height of the first."""
        return self.images[0].size

    def map(self, change: Any) -> Masks:
        """Every mask changed."""
        return Masks(tuple(change(image) for image in self.images))


@dataclass(frozen=True)
class Regions:
    """Parts of a picture that a detector found: how many, in a picture of which size."""

    size: Size
    count: int
    key: str


def key_of(class_type: str, inputs: Mapping[str, Any]) -> str:
    """What tells one result from another: the class and everything that went into it."""
    digest = hashlib.sha256(class_type.encode())
    for name in sorted(inputs):
        digest.update(f"|{name}=".encode())
        digest.update(_identity(inputs[name]))
    return digest.hexdigest()


def _identity(value: Any) -> bytes:
    if isinstance(value, (Opaque, Latents, Regions)):
        return value.key.encode()
    if isinstance(value, (Pictures, Masks)):
        return b"".join(hashlib.sha256(image.tobytes()).digest() for image in value.images)
    if isinstance(value, Video):
        return _identity(Pictures(value.frames)) + repr(value.fps).encode()
    return repr(value).encode()
