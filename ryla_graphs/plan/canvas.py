"""How large the pictures, videos and latents of a graph are.

`shapes` measures them. What it cannot know before the run, such as the size of an input picture, a plan still has to
estimate: such sizes are traced from the nodes that create them, and the canvas says what was assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from ryla_graphs.prompt import Known, Link, PromptNode
from ryla_graphs.shapes import ImageShape, LatentShape, MaskShape, NodeShapes, Shapes, VideoShape, evaluate
from ryla_graphs.validation.view import View

LARGEST = 10**12
"""The largest number that an estimate needs; a graph may hold numbers too large for a float."""

_ASSUMED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The size of a batch of pictures or videos, in pixels; for latents, the size of what they decode to."""

    width: int
    height: int
    frames: int = 1
    """Of one video; 1 for a picture."""
    batch: int = 1
    assumed: tuple[str, ...] = ()
    """What is unknown before the run, and the value assumed for it."""

    set_by: tuple[str, str] | None = None
    """The node whose width and height these are, and its class; None if no node says them."""

    @property
    def pixels(self) -> int:
        """All pixels of all frames of the batch."""
        return self.width * self.height * self.frames * self.batch

    def held(self) -> Canvas:
        """The canvas with no number above `LARGEST` and the latest assumptions, however long its chain of nodes is."""
        numbers = self.width, self.height, self.frames, self.batch
        if max(numbers) <= LARGEST and len(self.assumed) <= _ASSUMED:
            return self
        width, height, frames, batch = (min(number, LARGEST) for number in numbers)
        return replace(self, width=width, height=height, frames=frames, batch=batch, assumed=self.assumed[-_ASSUMED:])

    def scaled(self, factor: float) -> Canvas:
        """The canvas with both sides multiplied by a factor."""
        return replace(
            self, set_by=None, width=max(1, round(self.width * factor)), height=max(1, round(self.height * factor))
        )


UNKNOWN = Canvas(width=1024, height=1024)
"""A placeholder for a size that only a run can know."""
_VIDEO = replace(UNKNOWN, frames=81)

_VIDEO_FILES = frozenset({"LoadVideo", "VHS_LoadVideo", "VHS_LoadVideoPath"})
_CARRIES = ("LATENT", "IMAGE", "MASK", "VIDEO", "SEGS")
_REPEATS = {"RepeatLatentBatch": "amount", "RepeatImageBatch": "amount"}
_JOINS = frozenset({"ImageBatch", "LatentBatch", "BatchImagesNode", "BatchLatentsNode"})
_LENGTHS = ("length", "frames", "num_frames", "video_frames")
_SIZES = ("", "resize_type.")
"""Prefixes of the inputs that hold width and height."""
_SCALES: Mapping[str, Callable[[Canvas, float], float]] = {
    "scale_by": lambda _, wanted: wanted,
    "resize_type.multiplier": lambda _, wanted: wanted,
    "megapixels": lambda before, wanted: (wanted * 2**20 / (before.width * before.height)) ** 0.5,
    "resize_type.megapixels": lambda before, wanted: (wanted * 2**20 / (before.width * before.height)) ** 0.5,
    "largest_size": lambda before, wanted: wanted / max(before.width, before.height),
    "resize_type.longer_size": lambda before, wanted: wanted / max(before.width, before.height),
    "resize_type.shorter_size": lambda before, wanted: wanted / min(before.width, before.height),
    "resolution": lambda before, wanted: wanted / min(before.width, before.height),
}
"""The factor by which an input of such a name scales a picture."""
_MEGAPIXEL = frozenset({"FluxKontextImageScale"})
"""Classes that scale every picture to about a megapixel."""
_MODEL_FACTOR = 4
"""The factor by which upscaling models enlarge: most of them are made for this one."""


def canvases(view: View, shapes: Shapes | None = None) -> Mapping[str, Canvas]:
    """The canvas of every node that gives pictures, videos or latents, by id; pass `shapes` if you have them."""
    found: dict[str, Canvas] = {}
    shapes = evaluate(view) if shapes is None else shapes
    for node in view.run_order():
        canvas = _canvas(node, view, found)
        if (row := shapes.get(node.id)) is not None:
            canvas = _measured(row, canvas) or canvas
        if canvas is not None:
            found[node.id] = canvas.held()
    return found


class _Size(NamedTuple):
    """What `shapes` says of one value."""

    width: Any
    height: Any
    batch: Any
    frames: Any = None
    """None if the tensor does not tell pictures from the frames of one video."""

    @property
    def is_known(self) -> bool:
        sizes = self[:3] if self.frames is None else self
        return all(isinstance(size, int) and size > 0 for size in sizes)


def _measured(row: NodeShapes, traced: Canvas | None) -> Canvas | None:
    """The canvas of the first picture, video or latent that a node gives; of a mask if there is nothing else.

    None if `shapes` does not know it all, or if it is a list.
    """
    values = [wire[0] for wire in row.outputs if isinstance(wire, list) and len(wire) == 1]
    values.sort(key=lambda value: isinstance(value, MaskShape))
    size = next((size for value in values if (size := _size(value)) is not None), None)
    if size is None or not size.is_known:
        return None
    before = traced or UNKNOWN
    frames, batch = size.frames, size.batch
    if frames is None:
        split = (before.frames, before.batch) if before.frames * before.batch == batch else (batch, 1)
        frames, batch = split if before.frames > 1 else (1, batch)
    same = (before.width, before.height) == (size.width, size.height)
    origin = before.set_by if same else None
    return Canvas(width=size.width, height=size.height, frames=frames, batch=batch, set_by=origin)


def _size(value: Any) -> _Size | None:
    match value:
        case LatentShape() if len(value.samples) >= 4:
            return _Size(value.width, value.height, value.batch, value.frames)
        case VideoShape():
            return _Size(value.width, value.height, 1, value.frames)
        case ImageShape() | MaskShape():
            return _Size(value.width, value.height, value.batch)
    return None


def number_of(view: View, node: PromptNode, name: str) -> int | float | None:
    """The number that an input holds, itself or through its link; None if only a run can tell.

    A number above `LARGEST` counts as `LARGEST`, so that no product of several overflows a float.
    """
    found = view.value(node, name)
    value = found.value if isinstance(found, Known) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return max(-LARGEST, min(value, LARGEST))


def wired(node: PromptNode, *types: str) -> Iterator[tuple[str, Link]]:
    """The linked inputs of the given socket types, by name, in the class's order."""
    for name, spec in node.known.items():
        if name in node.wires and not types_apart(spec.type, types):
            yield name, node.wires[name]


@lru_cache(4096)
def types_apart(declared: str, wanted: tuple[str, ...]) -> bool:
    """Whether a declared type, perhaps a union, includes none of the wanted ones."""
    return not set(declared.split(",")) & set(wanted)


def _canvas(node: PromptNode, view: View, found: Mapping[str, Canvas]) -> Canvas | None:
    gives = [spec.type for spec in node.schema.outputs if isinstance(spec.type, str)]
    # A switch or a reroute passes on what it gets.
    passes = "*" in gives or any(spec.match for spec in node.schema.outputs)
    if not (node.schema.output_node or passes or any(kind in _CARRIES for kind in gives)):
        return None
    behind = [found[link[0]] for _, link in _pictures_into(node) if link[0] in found]
    class_type = node.schema.class_type
    if not behind:
        begun = _begun(node, view)
        return begun if begun and begun.width > 0 and begun.height > 0 else _file(node, gives)
    first = behind[0]
    if class_type in _JOINS:
        return replace(first, batch=sum(canvas.batch for canvas in behind))
    if class_type in _REPEATS:
        return replace(first, batch=first.batch * int(number_of(view, node, _REPEATS[class_type]) or 1))
    if any(spec.type == "UPSCALE_MODEL" for spec in node.known.values()):
        note = f"the factor of the upscaling model of '{node.id}' is taken as {_MODEL_FACTOR}"
        return replace(first.scaled(_MODEL_FACTOR), assumed=(*first.assumed, note))
    if class_type in _MEGAPIXEL:
        return first.scaled((2**20 / (first.width * first.height)) ** 0.5)
    return _resized(node, view, first)


def _file(node: PromptNode, gives: list[str]) -> Canvas | None:
    """The canvas of what comes from a file, or from an unknown source."""
    class_type = node.schema.class_type
    if class_type not in _VIDEO_FILES and "IMAGE" not in gives:
        return None
    canvas = _VIDEO if class_type in _VIDEO_FILES else UNKNOWN
    frames = f"{canvas.frames} frames of " if canvas.frames > 1 else ""
    note = f"what {class_type} '{node.id}' gives is taken as {frames}{canvas.width}x{canvas.height}"
    return replace(canvas, assumed=(note,))


def _pictures_into(node: PromptNode) -> Iterator[tuple[str, Link]]:
    """What a node makes its picture from: a latent takes priority over an image, and either over a mask."""
    yield from wired(node, "LATENT")
    yield from wired(node, "IMAGE", "VIDEO", "*", "COMFY_MATCHTYPE_V3")
    yield from wired(node, "SEGS", "MASK")


def _begun(node: PromptNode, view: View) -> Canvas | None:
    """The canvas from a node's own width and height; a side that it does not set is 0."""
    written = [prefix for prefix in _SIZES if f"{prefix}width" in node.known or f"{prefix}height" in node.known]
    if not written:
        return None
    sides = [f"{written[0]}{side}" for side in ("width", "height")]
    width, height = (number_of(view, node, side) if side in node.known else 0 for side in sides)
    frames, assumed = _frames(node, view)
    batch = number_of(view, node, "batch_size") or 1
    if width is None or height is None:
        note = f"the size of {node.schema.class_type} '{node.id}' comes over a link and is taken as 1024x1024"
        return replace(UNKNOWN, frames=frames, batch=int(batch), assumed=(note, *assumed))
    origin = node.id, node.schema.class_type
    return Canvas(width=int(width), height=int(height), frames=frames, batch=int(batch), assumed=assumed, set_by=origin)


def _frames(node: PromptNode, view: View) -> tuple[int, tuple[str, ...]]:
    """How many frames a node makes, and what had to be assumed for that: a length that only the run can tell."""
    for name in _LENGTHS:
        if name in node.known:
            if value := number_of(view, node, name):
                return int(value), ()
            if name in node.wires:
                default = node.known[name].default
                taken = default if isinstance(default, int) and default > 1 else _VIDEO.frames
                note = f"the `{name}` of {node.schema.class_type} '{node.id}' comes over a link and is taken as {taken}"
                return taken, (note,)
    return 1, ()


def _resized(node: PromptNode, view: View, before: Canvas) -> Canvas:
    """The canvas after a node that may set its sides, or scale it."""
    begun = _begun(node, view)
    if begun is not None:
        # A side of 0 keeps the proportions; a start picture does not decide a video's length.
        width = begun.width or round(before.width * begun.height / before.height) or before.width
        height = begun.height or round(before.height * begun.width / before.width) or before.height
        frames = begun.frames if any(name in node.known for name in _LENGTHS) else before.frames
        batch = begun.batch if "batch_size" in node.known else before.batch
        sized = begun.width and begun.height
        assumed = begun.assumed if sized else (*before.assumed, *begun.assumed)
        return replace(begun, width=width, height=height, frames=frames, batch=batch, assumed=assumed)
    for name, scale in _SCALES.items():
        if name in node.known and (wanted := number_of(view, node, name)) is not None:
            return before.scaled(scale(before, wanted))
    return before
