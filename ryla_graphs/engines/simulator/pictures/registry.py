"""How the pixels of a node's outputs are made: tables for changes of a picture, for moves within batches, and for
combinations of several pictures.

    @draws("ImageInvert", frames=("image",))
    def invert(out: Out, image: Image.Image) -> Image.Image:
        return ImageOps.invert(image)

    @picks("ImageBatch")
    def batch(out: Out) -> list[Stretch]:
        return [whole_of(out["image1"]), whole_of(out["image2"])]

    @makes("ImageGrid")
    def grid(out: Out) -> Frames:
        return Frames(lambda index: …, lambda index, images: …)

A class in no table shows its first picture at the new size, or a picture that names the class. The size always comes
from the rule in `ryla_graphs.shapes`: a picture of another size is scaled to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from PIL import Image

from ryla_graphs.engines.simulator.frames import Frames, Source, content_of
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.values import ImageShape, MaskShape, VideoShape


@dataclass(frozen=True)
class Out:
    """One output of a call whose pixels are needed."""

    call: Call
    inputs: Mapping[str, Any]
    """All inputs as rules get them, with dotted names as nested dictionaries."""
    shape: ImageShape | MaskShape
    slot: int
    item: int
    """The number of the item, if the output is a list."""
    index: int
    """The number of the picture in the batch."""
    key: str

    def __getitem__(self, name: str) -> Any:
        """An input."""
        return self.inputs[name]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return int(self.shape.width), int(self.shape.height)

    @property
    def mode(self) -> str:
        """Pillow's mode."""
        if isinstance(self.shape, MaskShape):
            return "L"
        return {1: "L", 4: "RGBA"}.get(int(self.shape.channels), "RGB")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive pictures of a batch."""

    pictures: ImageShape | MaskShape | VideoShape
    start: int
    count: int


def whole_of(pictures: ImageShape | MaskShape) -> Stretch:
    """All pictures of a batch."""
    return Stretch(pictures, 0, int(pictures.batch))


Draw = Callable[..., Image.Image]
AnyDraw = TypeVar("AnyDraw", bound=Draw)
Pick = Callable[[Out], Sequence[Stretch]]


Behind = Sequence[str] | Callable[[Call], Sequence[Any]]
"""The pictures to draw from: names of inputs, or a function that finds them."""


class Drawing(NamedTuple):
    """A drawing function, and the pictures that it draws from."""

    draw: Draw
    frames: Behind


Make = Callable[[Out], Frames]
AnyMake = TypeVar("AnyMake", bound=Make)

DRAWINGS: dict[str, Drawing] = {}
PICKS: dict[str, Pick] = {}
MAKES: dict[str, Make] = {}


def draws(*class_types: str, frames: Behind = ()) -> Callable[[AnyDraw], AnyDraw]:
    """Register how classes draw a picture from the pictures with the same number in `frames`, None if missing.

    A shorter batch repeats from its first picture.
    """

    def register(draw: AnyDraw) -> AnyDraw:
        DRAWINGS.update(dict.fromkeys(class_types, Drawing(draw, frames)))
        return draw

    return register


def picks(*class_types: str) -> Callable[[Pick], Pick]:
    """Register which input pictures classes put into a batch."""

    def register(pick: Pick) -> Pick:
        PICKS.update(dict.fromkeys(class_types, pick))
        return pick

    return register


def makes(*class_types: str) -> Callable[[AnyMake], AnyMake]:
    """Register how classes draw pictures from any frames of their inputs."""

    def register(make: AnyMake) -> AnyMake:
        MAKES.update(dict.fromkeys(class_types, make))
        return make

    return register


def source(value: Any, index: int) -> Source | None:
    """One picture of a value, where a shorter batch repeats from the first; None if it has no pixels."""
    frames = content_of(value)
    count = int(value.frames if isinstance(value, VideoShape) else value.batch) if frames is not None else 0
    return None if frames is None or count == 0 else (frames, index % count)
